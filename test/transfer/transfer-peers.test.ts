/**
 * Zones from BIND, NSD, Knot and PowerDNS: whole and as differences, signed, over IPv6; each record arrives as it
 * was, and the file that is written loads in BIND.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { ZonePeer } from '../../src/load/configured-zone.js';
import { probeSoa } from '../../src/transfer/soa-probe.js';
import { EXCHANGE_BOUNDS } from '../../src/transfer/tcp-exchange.js';
import type { TransferReply, TransferredZone } from '../../src/transfer/transfer-job.js';
import { receiveZone } from '../../src/transfer/zone-receiver.js';
import type { TsigKey } from '../../src/wire/tsig-key.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { startPowerDns } from '../metrics/powerdns.js';
import { type Peer, type PeerOptions, requirePeer, startPeer } from '../peers/peer.js';
import { hasIpv6 } from '../suites/transport-suite.js';
import { runPeer } from '../support/peer-tool.js';
import { testKey } from '../support/tsig-messages.js';
import { name, readText } from '../support/zones.js';

const ORIGIN = 'transfer.test';
const PATIENCE_MS = 20_000;
const KEY = testKey('hmac-sha256', { name: name('k.test.') });
const SECRET = Buffer.from(KEY.secret).toString('base64');

/** Enough for several messages, and names in every type that may have them compressed. */
const BODY = `
@ 300 IN NS ns1
@ 300 IN NS ns2.Elsewhere.example.
@ 300 IN MX 10 mail
@ 300 IN TXT "plain" "quo\\"te" "\\000\\255"
@ 300 IN CAA 0 issue "ca.example"
ns1 300 IN A 192.0.2.1
ns1 300 IN AAAA 2001:db8::1
mail 60 IN A 192.0.2.2
*.wild 60 IN CNAME mail
sub 60 IN NS ns.sub
ns.sub 60 IN A 192.0.2.3
sub 60 IN DS 12345 13 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF
_sip._tcp 60 IN SRV 1 2 5060 mail
naptr 60 IN NAPTR 1 2 "u" "E2U+sip" "!^.*$!sip:a@b!" .
here 60 IN LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
host 60 IN SSHFP 4 2 123456789ABCDEF67890123456789ABCDEF67890123456789ABCDEF123456789
svc 60 IN SVCB 1 mail.transfer.test. alpn="h2,h3" port=8443
own 60 IN TYPE65280 \\# 4 0A000001
Mixed.Case 60 IN PTR Other.Case
apl 60 IN APL 1:192.168.32.0/21 !1:192.168.38.0/28
${Array.from({ length: 3000 }, (_, i) => `t${i} 60 IN TXT "${i} ${'x'.repeat(100)}"`).join('\n')}
`;

function zoneText(serial: number, more = ''): string {
  return `$ORIGIN ${ORIGIN}.\n@ 300 IN SOA ns1 hostmaster ${serial} 3600 600 86400 300\n${BODY}${more}\n`;
}

function linesOf(text: string): string[] {
  const { zone } = readText(`${ORIGIN}.`, text);
  assert.ok(zone !== null);
  return [...zoneLines(zone)];
}

type Held = {
  readonly reply: TransferReply;
  readonly zone: TransferredZone;
  readonly path: string;
};

/** Has the zone, whole or from a version on. */
async function have(
  path: string,
  primary: ZonePeer,
  key: TsigKey | null = null,
  former: TransferredZone | null = null,
): Promise<Held> {
  const base = { memory: former?.image ?? new SharedArrayBuffer(0), offset: 0 };
  const reply = await receiveZone({
    apex: name(`${ORIGIN}.`),
    path,
    primary,
    key,
    held: former === null ? null : { serial: former.serial, base },
    strict: false,
    ignoreBroken: false,
    nsec3IterationsMax: 100,
    exchange: EXCHANGE_BOUNDS,
    bounds: { octetsMax: 1 << 24, recordsMax: 100_000 },
  });
  assert.ok(reply.outcome.kind === 'zone', JSON.stringify(reply.outcome));
  return { reply, zone: reply.outcome, path };
}

/** @param folds whether the primary writes names in lower case: NSD and Knot all, PowerDNS owners */
function checkFile(t: TestContext, { path }: Held, wanted: readonly string[], folds = false): void {
  const shown = (lines: readonly string[]) =>
    folds ? lines.map((line) => line.toLowerCase()) : lines;
  assert.deepEqual(shown(linesOf(readFileSync(path, 'utf8'))), shown(wanted));
  const run = runPeer(t, 'timeout', ['20', 'named-checkzone', '-i', 'none', ORIGIN, path]);
  if (run !== null) assert.match(run.stdout, /\nOK/);
}

function files(t: TestContext): { readonly theirs: string; readonly ours: string } {
  const folder = temporaryDirectory(t);
  const theirs = join(folder, 'theirs.zone');
  writeFileSync(theirs, zoneText(1));
  return { theirs, ours: join(folder, 'ours.zone') };
}

async function peer(t: TestContext, kind: Peer['kind'], more: string, options: PeerOptions = {}) {
  const started = await startPeer(kind, [], { more, ...options });
  t.after(() => started.stop());
  const { address, port, pid } = started;
  return { address, port, pid, key: null };
}

/** Waits until the primary has a serial. */
async function until(primary: ZonePeer, serial: number, key: TsigKey | null = null): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const reply = await probeSoa({ apex: name(`${ORIGIN}.`), primary, key });
    if (reply.kind === 'soa' && reply.serial === serial) return;
    assert.ok(Date.now() < deadline, JSON.stringify(reply));
    await setTimeout(50);
  }
}

/** Changes the zone as RFC 2136 has it: one record goes, one comes, one has another TTL. */
function update(t: TestContext, { address, port }: ZonePeer): void {
  const commands = [
    `server ${address} ${port}`,
    `zone ${ORIGIN}`,
    `update delete t1.${ORIGIN}. TXT`,
    `update add new.${ORIGIN}. 60 IN MX 5 Mail.${ORIGIN}.`,
    `update delete mail.${ORIGIN}. A`,
    `update add mail.${ORIGIN}. 61 IN A 192.0.2.2`,
    'send',
  ];
  const run = runPeer(t, 'timeout', ['20', 'nsupdate'], `${commands.join('\n')}\n`);
  assert.equal(run?.status, 0, run?.stderr);
}

const UPDATED = (serial: number): string =>
  zoneText(serial, `new 60 IN MX 5 Mail.${ORIGIN}.`)
    .replace(/^t1 .*\n/m, '')
    .replace('mail 60', 'mail 61');

test('transfer from BIND: whole, then as differences after an update, the same file', {
  timeout: 60_000,
}, async (t) => {
  if (!requirePeer(t, 'named')) return;
  const { theirs, ours } = files(t);
  const zone =
    `zone "${ORIGIN}" { type primary; file "${theirs}"; ` +
    'allow-transfer { any; }; allow-update { any; }; };\n';
  const primary = await peer(t, 'named', zone, { ip6: await hasIpv6() });
  await until(primary, 1);
  const whole = await have(ours, primary);
  assert.ok(whole.reply.cost.messages > 1);
  assert.equal(whole.zone.form, 'axfr');
  checkFile(t, whole, linesOf(zoneText(1)));
  update(t, primary);
  await until(primary, 2);
  const next = await have(ours, primary, null, whole.zone);
  assert.deepEqual([next.zone.form, next.reply.fallback], ['ixfr', null]);
  // BIND tells how long its zone lives to whoever asks for the SOA (RFC 7314).
  const told = await probeSoa({ apex: name(`${ORIGIN}.`), primary, key: null });
  assert.deepEqual(told, { kind: 'soa', serial: 2, expireSeconds: 86400 });
  checkFile(t, next, linesOf(UPDATED(2)));
  const anew = await have(ours, primary);
  assert.deepEqual(linesOf(readFileSync(ours, 'utf8')), linesOf(UPDATED(2)));
  assert.equal(anew.zone.recordCount, next.zone.recordCount);
  if (!(await hasIpv6())) return;
  const over6 = await have(ours, { address: '::1', port: primary.port, key: null });
  assert.equal(over6.zone.recordCount, next.zone.recordCount);
});

test('transfer from BIND: signed, and not without the key', { timeout: 60_000 }, async (t) => {
  if (!requirePeer(t, 'named')) return;
  const { theirs, ours } = files(t);
  const text =
    `key "k.test" { algorithm hmac-sha256; secret "${SECRET}"; };\n` +
    `zone "${ORIGIN}" { type primary; file "${theirs}"; allow-transfer { key "k.test"; }; };\n`;
  const primary = await peer(t, 'named', text);
  await until(primary, 1, KEY);
  checkFile(t, await have(ours, primary, KEY), linesOf(zoneText(1)));
  const wrong = { ...KEY, secret: Buffer.from('another') };
  for (const [key, wanted] of [
    [null, /answers REFUSED/],
    [wrong, /refuses our signature: BADSIG/],
    [{ ...KEY, name: name('other.test.') }, /refuses our signature: BADKEY/],
  ] as const) {
    await assert.rejects(have(ours, primary, key), wanted);
  }
});

test('transfer from NSD: whole, then as differences after a reload, signed', {
  timeout: 60_000,
}, async (t) => {
  if (!requirePeer(t, 'nsd')) return;
  const { theirs, ours } = files(t);
  const more = `
key:
  name: "k.test"
  algorithm: hmac-sha256
  secret: "${SECRET}"
zone:
  name: "${ORIGIN}"
  zonefile: "${theirs}"
  provide-xfr: 127.0.0.1 k.test
  store-ixfr: yes
  create-ixfr: yes
`;
  const primary = await peer(t, 'nsd', more);
  await until(primary, 1);
  const whole = await have(ours, primary, KEY);
  assert.equal(whole.zone.form, 'axfr');
  checkFile(t, whole, linesOf(zoneText(1)), true);
  // NSD looks at whole seconds of the file's time.
  await setTimeout(1100);
  writeFileSync(theirs, UPDATED(2));
  process.kill(primary.pid, 'SIGHUP');
  await until(primary, 2);
  const next = await have(ours, primary, KEY, whole.zone);
  assert.deepEqual([next.zone.form, next.reply.fallback], ['ixfr', null]);
  checkFile(t, next, linesOf(UPDATED(2)), true);
});

test('transfer from Knot: whole, then as differences after an update', {
  timeout: 60_000,
}, async (t) => {
  if (!requirePeer(t, 'knot')) return;
  const { theirs, ours } = files(t);
  const more = `
acl:
  - id: change
    address: 127.0.0.1
    action: update
zone:
  - domain: "${ORIGIN}"
    file: "${theirs}"
    acl: [transfer, change]
    journal-content: changes
`;
  const primary = await peer(t, 'knot', more);
  await until(primary, 1);
  const whole = await have(ours, primary);
  assert.equal(whole.zone.form, 'axfr');
  checkFile(t, whole, linesOf(zoneText(1)), true);
  update(t, primary);
  await until(primary, 2);
  const next = await have(ours, primary, null, whole.zone);
  assert.deepEqual([next.zone.form, next.reply.fallback], ['ixfr', null]);
  checkFile(t, next, linesOf(UPDATED(2)), true);
});

test('transfer from PowerDNS: whole, also where differences are asked for', {
  timeout: 60_000,
}, async (t) => {
  if (!requirePeer(t, 'pdns_server')) return;
  const { ours } = files(t);
  const server = await startPowerDns(t, ORIGIN, zoneText(5), ['--allow-axfr-ips=127.0.0.1']);
  const primary = { address: '127.0.0.1', port: server.port, key: null };
  const whole = await have(ours, primary);
  checkFile(t, whole, linesOf(zoneText(5)), true);
  const next = await have(ours, primary, null, { ...whole.zone, serial: 4 });
  assert.equal(next.zone.form, 'axfr');
  assert.equal(next.zone.recordCount, whole.zone.recordCount);
});
