/**
 * The whole server signing: with BIND, NSD and Knot as secondaries, which get small differences, under a clock that
 * moves, while keys come and go, over restarts, and when keys are missing. RFC 1995, RFC 4035 §2, RFC 6781 §4.1.
 */
import assert from 'node:assert/strict';
import { readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { KEY_COMMANDS, runKeyCommand } from '../../src/control/key-commands.js';
import { verdicts } from '../dnssec/signed-zones.js';
import { type Peer, type PeerKind, startPeer } from '../peers/peer.js';
import type { Server } from '../peers/query.js';
import { runPeerLater } from '../support/peer-tool.js';
import { recordsAt, serialAt } from './edited-zone.js';
import { keyName, keyOf, NAMED_KEYS } from './peer-keys.js';
import { SECONDARIES, TAKE_DIFFERENCES } from './peer-secondaries.js';
import { addressOf, installed, places, siteAt } from './peer-site.js';
import { Site } from './site.js';
import { temporaryDirectory, zoneFile } from './test-server.js';

const ZONE = 'example.com';
const DAY_MS = 86_400_000;
const PATIENCE_MS = 20_000;

/** Runs `hotzone key …` on a folder of keys. */
function key(folder: string, nowMs: number, command: string, ...args: string[]): string {
  const row = KEY_COMMANDS.find((one) => one.name === command);
  assert.ok(row !== undefined, command);
  const words = args.filter((word) => !word.startsWith('--'));
  const flags = args
    .filter((word) => word.startsWith('--'))
    .map((word) => word.slice(2).split('=') as [string, string]);
  let text = '';
  const take = { write: (part: string) => (text += part) };
  const call = { args: [ZONE, ...words], flags: new Map([...flags, ['key-directory', folder]]) };
  const seconds = Math.floor(nowMs / 1000);
  const code = runKeyCommand(row, call, { stdout: take, stderr: take }, {}, seconds);
  assert.equal(code, 0, text);
  return text;
}

async function untilSerial(server: Server, serial: number, told: () => string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (let has = await serialAt(server, ZONE); has !== serial; has = await serialAt(server, ZONE)) {
    assert.ok(Date.now() < end, `serial ${has}, never ${serial}: ${told()}`);
    await sleep(20);
  }
}

async function untilGrown(site: Site, former: number): Promise<number> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const serial = await serialAt(site, ZONE);
    if (serial > former) return serial;
    assert.ok(
      Date.now() < end,
      `the serial stays ${former}: ${JSON.stringify(site.lines.slice(-3))}`,
    );
    await sleep(20);
  }
}

/** What the tools say against the zone that a server has. */
async function judged(t: TestContext, server: Required<Server>): Promise<string[]> {
  const args = [`@${server.address}`, '-p', String(server.port), '+noall', '+answer', '+onesoa'];
  const run = await runPeerLater(t, 'dig', [...args, 'AXFR', ZONE]);
  if (run === null) return [];
  const lines = run.stdout.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
  assert.ok(lines.length > 10, run.stdout);
  return verdicts(t, temporaryDirectory(t), lines);
}

test('BIND, NSD and Knot take signed versions, by small differences, over edits, time and rollovers', {
  timeout: 180_000,
}, async (t) => {
  const kinds = (await installed(t)).filter((kind) => TAKE_DIFFERENCES.includes(kind));
  const { site, port } = await siteAt(t);
  const where = await places(t, kinds);
  const keys = site.path('keys');
  // what is signed now, and in nine days, which is today, is valid today
  let now = Date.now() - 9.5 * DAY_MS;
  site.clock = () => now;
  key(keys, now, 'generate', '--role=ksk');
  key(keys, now, 'generate', '--role=zsk');
  const targets = [...where].map(
    ([kind, place]) => `${addressOf(kind)} port ${place.port} key "${keyName(kind)}";`,
  );
  const owners = [...kinds, 'test' as const].map((owner) => `key "${keyName(owner)}";`);
  const policy =
    'dnssec-policy p { signatures-validity 14d; signatures-refresh 5d; max-zone-ttl 60; };';
  site.write(
    'named.conf',
    `${NAMED_KEYS}${policy}\noptions { directory "${site.root}"; };\n` +
      `zone "${ZONE}" { type primary; file "${ZONE}"; dnssec-policy p; key-directory "keys";\n` +
      `notify explicit; allow-transfer { 127.0.0.1; ${owners.join(' ')} }; also-notify { ${targets.join(' ')} }; };\n`,
  );
  const names = Array.from({ length: 200 }, (_, i) => `h${i} A 192.0.2.${i}\n`).join('');
  site.write(ZONE, zoneFile(1, 'first', names));
  await site.start();
  const peers = new Map<PeerKind, Peer>();
  for (const kind of kinds) {
    const place = where.get(kind);
    assert.ok(place !== undefined);
    const setup = SECONDARIES[kind](ZONE, { address: addressOf(kind), port });
    const peer = await startPeer(kind, [], { ...setup, place });
    t.after(() => peer.stop());
    peers.set(kind, peer);
  }
  let serial = 1;
  /** All have the version, the same, and its signatures are good; those that ask for differences had them. */
  const check = async (what: string, from: number, recordsMax: number | null): Promise<void> => {
    const wanted = await recordsAt(site, ZONE, keyOf('test'));
    for (const [kind, peer] of peers) {
      await untilSerial(peer, serial, () => `${what}: ${kind}: ${peer.log().slice(-2000)}`);
      assert.deepEqual(await recordsAt(peer, ZONE), wanted, `${what}: ${kind}`);
    }
    assert.deepEqual(await judged(t, { address: '127.0.0.1', port }), [], what);
    // a difference of more than the zone is given as the zone
    if (recordsMax === null) return;
    for (const { event, fields, text } of site.lines.slice(from)) {
      if (event !== 'transfer.out' || fields['key'] === `${keyName('test')}.`) continue;
      if (fields['kind'] !== 'ixfr') continue;
      assert.equal(fields['form'], 'ixfr', `${what}: ${text}`);
      assert.ok(Number(fields['records']) <= recordsMax, `${what}: ${text}`);
    }
  };
  await check('at the start', 0, null);

  let mark = site.lines.length;
  site.write(ZONE, zoneFile(1, 'second', names));
  await site.until(ZONE, 'second');
  serial = await untilGrown(site, serial);
  assert.equal(serial, 2);
  // SOA and TXT with their signatures, old and new, and the SOA before and behind
  await check('an edit', mark, 10);

  mark = site.lines.length;
  now += 9.2 * DAY_MS;
  site.rescan();
  serial = await untilGrown(site, serial);
  assert.ok(serial <= 4);
  await check('signatures that are due', mark, null);

  mark = site.lines.length;
  key(keys, now, 'rollover', '--role=zsk');
  serial = await untilGrown(site, serial);
  await check('a new ZSK', mark, 12);

  // the new ZSK takes over, which changes nothing at once: signatures of the old one stay until they are due
  now += 3 * 3_600_000;
  site.rescan();
  const end = Date.now() + PATIENCE_MS;
  const states = async () =>
    (await signingOf(site))?.keys
      .map(({ isSep, state }) => `${isSep ? 'KSK' : 'ZSK'} ${state}`)
      .sort()
      .join(', ');
  while ((await states()) !== 'KSK active, ZSK active, ZSK retired') {
    assert.ok(Date.now() < end, `${await states()}`);
    await sleep(20);
  }
  assert.equal(await serialAt(site, ZONE), serial);
  mark = site.lines.length;
  site.write(ZONE, zoneFile(1, 'third', names));
  await site.until(ZONE, 'third');
  serial = await untilGrown(site, serial);
  await check('the new ZSK signs', mark, 10);
});

type Signing = {
  readonly policy: string;
  readonly dueAt: string;
  readonly keys: readonly { readonly isSep: boolean; readonly state: string }[];
};

async function signingOf(site: Site): Promise<Signing | null> {
  const reply = (await site.json('bind-domain-extended-status', ZONE)) as {
    readonly data?: readonly { readonly signing: Signing | null }[];
  };
  return reply.data?.[0]?.signing ?? null;
}

/** A site whose zone is signed with a key of today. */
async function signedSite(
  t: TestContext,
  more: Readonly<Record<string, string>> = {},
): Promise<Site> {
  const site = new Site(t, { 'dnssec-policy': 'default', ...more });
  site.write('named.conf', `options { directory "${site.root}"; };\n`);
  const stanza = `zone "${ZONE}" { type primary; file "${ZONE}"; dnssec-policy default; key-directory "keys"; };\n`;
  site.write('named.conf', `options { directory "${site.root}"; };\n${stanza}`);
  site.write(ZONE, zoneFile(7, 'first'));
  key(site.path('keys'), site.clock(), 'generate');
  await site.start();
  return site;
}

test('a restart serves the same signatures and serial; without what is kept, newer ones', async (t) => {
  const site = await signedSite(t);
  site.write(ZONE, zoneFile(7, 'second'));
  await site.until(ZONE, 'second');
  const serial = await serialAt(site, ZONE);
  assert.equal(serial, 8);
  const before = await recordsAt(site, ZONE);
  await site.stop();
  await site.start();
  assert.deepEqual(await recordsAt(site, ZONE), before);
  await site.stop();
  for (const file of readdirSync(site.path('state/signatures')))
    unlinkSync(site.path(`state/signatures/${file}`));
  await site.start();
  // what was served before is served until the zone has been signed again
  await untilSerial(site, serial + 1, () => 'signed anew');
  assert.deepEqual(await judged(t, { address: '127.0.0.1', port: site.port }), []);
});

test('a key that is away or broken leaves the last good version, and is taken when it is back', async (t) => {
  const site = await signedSite(t);
  const folder = site.path('keys');
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.private'));
  const serial = await serialAt(site, ZONE);
  renameSync(`${folder}/${file}`, `${folder}/away`);
  await site.logged('zone.problem', /KEY_MISSING|KEY_UNREADABLE/);
  site.write(ZONE, zoneFile(7, 'second'));
  await sleep(500);
  assert.equal(await site.see(ZONE), 'first');
  writeFileSync(`${folder}/${file}`, 'Private-key-format: v1.3\nAlgorithm: 9\n', { mode: 0o600 });
  await site.logged(
    'zone.problem',
    new RegExp(`${file.replace(/\+/g, '\\+')}:2: error: algorithm 9`),
  );
  renameSync(`${folder}/away`, `${folder}/${file}`);
  await site.until(ZONE, 'second');
  assert.ok((await serialAt(site, ZONE)) > serial);
  assert.deepEqual(await judged(t, { address: '127.0.0.1', port: site.port }), []);
});

test('a zone without keys is SERVFAIL, never unsigned; its first key has it served', async (t) => {
  const site = new Site(t);
  const stanza = `zone "${ZONE}" { type primary; file "${ZONE}"; dnssec-policy default; key-directory "keys"; };\n`;
  site.write('named.conf', `options { directory "${site.root}"; };\n${stanza}`);
  site.write(ZONE, zoneFile(7, 'first'));
  // there has to be a folder to be watched
  key(site.path('keys'), site.clock(), 'generate');
  for (const file of readdirSync(site.path('keys'))) unlinkSync(site.path(`keys/${file}`));
  await site.start();
  assert.equal(await site.see(ZONE), 'SERVFAIL');
  assert.ok(site.lines.some(({ text }) => text.includes('[KEY_MISSING]')));
  key(site.path('keys'), site.clock(), 'generate');
  await site.until(ZONE, 'first');
});

test('a policy that comes or goes with named.conf has the zone loaded anew', async (t) => {
  const site = await signedSite(t);
  const signed = (await recordsAt(site, ZONE)).length;
  const stanza = `zone "${ZONE}" { type primary; file "${ZONE}"; };\n`;
  site.write(ZONE, zoneFile(100, 'first'));
  site.write('named.conf', `options { directory "${site.root}"; };\n${stanza}`);
  const end = Date.now() + PATIENCE_MS;
  while ((await recordsAt(site, ZONE)).length >= signed) {
    assert.ok(Date.now() < end, 'it stays signed');
    await sleep(50);
  }
  assert.equal(await signingOf(site), null);
});
