/** Zones that autoprimaries offer: asked of BIND, NSD and Knot, added to a server, within bounds. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AUTOSECONDARY_AGAIN_MS,
  AUTOSECONDARY_ASKING_MAX,
  AUTOSECONDARY_MINUTE_MAX,
} from '../../src/base/transfer-limits.js';
import type { ZonePeer } from '../../src/load/configured-zone.js';
import { AutoprimaryFile } from '../../src/transfer/autoprimary-file.js';
import { Autosecondaries } from '../../src/transfer/autosecondaries.js';
import { askZone } from '../../src/transfer/zone-question.js';
import { nameText } from '../../src/wire/name-text.js';
import { Site } from '../e2e/site.js';
import { type LogLine, memoryLog, temporaryDirectory, zoneFile } from '../e2e/test-server.js';
import { freePort, type PeerKind, requirePeer, startPeer } from '../peers/peer.js';
import { name } from '../support/zones.js';

const PATIENCE_MS = 15_000;
const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const TYPE_NS = 2;
const TYPE_SOA = 6;

async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!isSo()) {
    assert.ok(Date.now() < end, what);
    await sleep(5);
  }
}

// --- the file

const FILE_ROWS: readonly (readonly [line: string, result: string])[] = [
  ['192.0.2.1 me', '192.0.2.1:53 - me'],
  ['  192.0.2.1\tme  ', '192.0.2.1:53 - me'],
  ['192.0.2.1', '192.0.2.1:53 - '],
  ['192.0.2.1 ns1.example me # why', '192.0.2.1:53 ns1.example. me'],
  ['2001:db8::1 me', '2001:db8::1:53 - me'],
  ['[2001:db8::1]:5300 NS.example. me', '2001:db8::1:5300 NS.example. me'],
  ['192.0.2.1:5300 me', '192.0.2.1:5300 - me'],
  ['# nothing', ''],
  ['', ''],
  ['192.0.2 me', "1: '192.0.2' is not an address: want A, A:PORT or [A]:PORT"],
  ['192.0.2.1 a..b me', "1: 'a..b' is not a domain name"],
  ['192.0.2.1 a b c', '1: want ADDRESS ACCOUNT, or ADDRESS NAMESERVER ACCOUNT'],
];

test('autoprimaries: lines of the file', (t) => {
  const path = join(temporaryDirectory(t), 'autoprimaries');
  for (const [line, result] of FILE_ROWS) {
    const { log, lines } = memoryLog();
    writeFileSync(path, `${line}\n`);
    const file = new AutoprimaryFile(path, log);
    const found = [
      Uint8Array.of(192, 0, 2, 1),
      Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    ].flatMap((address) => file.of(address));
    const texts = found.map(({ address, port, nameserver, account }) => {
      return `${address}:${port} ${nameserver === null ? '-' : nameText(nameserver, 0)} ${account}`;
    });
    const told = lines.map(({ text }) => text.replace(`${path}:`, ''));
    assert.deepEqual([...texts, ...told], result === '' ? [] : [result], line);
  }
});

test('autoprimaries: the file is read anew when it has changed, and without it there are none', (t) => {
  const path = join(temporaryDirectory(t), 'autoprimaries');
  const { log, lines } = memoryLog();
  const file = new AutoprimaryFile(path, log);
  assert.equal(file.of(LOOPBACK).length, 0);
  assert.equal(file.of(LOOPBACK).length, 0);
  assert.equal(lines.length, 1);
  assert.match(lines[0]?.text ?? '', /cannot be read, so there are no autoprimaries: ENOENT/);
  writeFileSync(path, '127.0.0.1 me\n127.0.0.1 other\n127.0.0.2 them\n');
  assert.deepEqual(
    file.of(LOOPBACK).map(({ account }) => account),
    ['me', 'other'],
  );
});

// --- questions

for (const kind of ['named', 'nsd', 'knot'] as const satisfies readonly PeerKind[]) {
  test(`autosecondary: ${kind} is asked for SOA and NS, over TCP if they are many`, async (t) => {
    if (!requirePeer(t, kind)) return;
    const file = join(temporaryDirectory(t), 'many');
    const many = Array.from({ length: 40 }, (_, i) => `@ NS ns${i}.${'x'.repeat(40)}.example.\n`);
    writeFileSync(file, `$ORIGIN many.test.\n${zoneFile(1, 'x', many.join(''))}`);
    const peer = await startPeer(kind, [{ origin: 'many.test', file }]);
    t.after(() => peer.stop());
    const soa = await askZone({ peer, apex: name('many.test'), type: TYPE_SOA });
    assert.ok(soa.kind === 'records');
    assert.deepEqual(
      soa.names.map((one) => nameText(one, 0)),
      ['ns1.many.test.'],
    );
    const servers = await askZone({ peer, apex: name('many.test'), type: TYPE_NS });
    assert.ok(servers.kind === 'records');
    assert.equal(servers.names.length, 41);
    const other = await askZone({ peer, apex: name('other.test'), type: TYPE_SOA });
    assert.ok(other.kind === 'fault');
    assert.match(other.text, /^it says (REFUSED|NOTAUTH|SERVFAIL)$/);
  });
}

test('autosecondary: who does not answer is told', async () => {
  const peer = { address: '127.0.0.1', port: await freePort() };
  const answer = await askZone({ peer, apex: name('a.test'), type: TYPE_SOA, waitMs: 50 });
  assert.deepEqual(answer, {
    kind: 'fault',
    text: `127.0.0.1:${peer.port} does not answer`,
  });
});

// --- offers

type Added = { readonly zone: string; readonly path: string; readonly primary: ZonePeer };

class Offers {
  readonly added: Added[] = [];
  readonly lines: LogLine[];
  readonly autosecondaries: Autosecondaries;
  clock = 0;
  count = 0;

  constructor(t: TestContext, autoprimaries: string, allowUnsigned = true) {
    const { log, lines } = memoryLog();
    this.lines = lines;
    const path = join(temporaryDirectory(t), 'autoprimaries');
    writeFileSync(path, autoprimaries);
    const { added } = this;
    const count = () => this.count;
    this.autosecondaries = new Autosecondaries({
      primaries: new AutoprimaryFile(path, log),
      folder: '/zones',
      allowUnsigned,
      adder: {
        get count() {
          return count();
        },
        isKnown: (apex) => added.some(({ zone }) => zone === nameText(apex, 0)),
        addSecondary: async (apex, file, primary) => {
          added.push({ zone: nameText(apex, 0), path: file, primary });
          return null;
        },
      },
      log,
      now: () => this.clock,
    });
    t.after(() => this.autosecondaries.stop());
  }

  offer(zone: string, key: string | null = null, from = LOOPBACK): void {
    this.autosecondaries.offered(name(zone), from, key === null ? null : name(key));
  }

  async refused(text: RegExp): Promise<void> {
    const isTold = () => this.lines.some((line) => text.test(line.text));
    await until(isTold, `never told: ${text}`);
  }
}

async function primary(t: TestContext): Promise<number | null> {
  if (!requirePeer(t, 'nsd')) return null;
  const file = join(temporaryDirectory(t), 'a');
  writeFileSync(file, `$ORIGIN a.test.\n${zoneFile(1, 'x')}`);
  const peer = await startPeer('nsd', [{ origin: 'a.test', file }]);
  t.after(() => peer.stop());
  return peer.port;
}

test('autosecondary: a zone that an autoprimary serves is added with its key, and its account is told', async (t) => {
  const port = await primary(t);
  if (port === null) return;
  const offers = new Offers(t, `127.0.0.1:${port} me\n`);
  offers.offer('a.test', 'Key.Example');
  offers.offer('a.test', 'Key.Example');
  await until(() => offers.added.length > 0, 'never added');
  const peer = { address: '127.0.0.1', port, key: 'key.example' };
  assert.deepEqual(offers.added, [{ zone: 'a.test.', path: '/zones/a.test.zone', primary: peer }]);
  await offers.refused(/^a\.test: added as a secondary zone of 127\.0\.0\.1:\d+ for account me$/);
});

test('autosecondary: the line counts whose name server the zone names', async (t) => {
  const port = await primary(t);
  if (port === null) return;
  const line = (server: string, account: string) => `127.0.0.1:${port} ${server} ${account}\n`;
  const offers = new Offers(t, `${line('ns.other.test', 'other')}${line('NS1.a.test', 'me')}`);
  offers.offer('a.test');
  await offers.refused(/^a\.test: added as a secondary zone of .* for account me$/);
  const others = new Offers(t, line('ns.other.test', 'other'));
  others.offer('a.test');
  await others.refused(/is not added: the zone's NS records do not name ns\.other\.test\.$/);
  assert.deepEqual(others.added, []);
});

test('autosecondary: whoever is no autoprimary, signs nothing, or has no such zone adds nothing', async (t) => {
  const port = await primary(t);
  if (port === null) return;
  const row = `127.0.0.1:${port} me\n`;
  const offers = new Offers(t, row);
  offers.offer('a.test', null, Uint8Array.of(127, 0, 0, 2));
  await offers.refused(/^a\.test, offered by 127\.0\.0\.2, is not added: it is no autoprimary$/);
  const unsigned = new Offers(t, row, false);
  unsigned.offer('a.test');
  await unsigned.refused(/is not added: its NOTIFY is not signed/);
  const absent = new Offers(t, row);
  absent.offer('b.test');
  await absent.refused(/^b\.test, offered by 127\.0\.0\.1, is not added: it says REFUSED$/);
  assert.deepEqual([...offers.added, ...unsigned.added, ...absent.added], []);
});

test('autosecondary: what is asked at once and within a minute is bounded, and what was no good rests', async (t) => {
  const port = await freePort();
  const offers = new Offers(t, `127.0.0.1:${port} me\n`);
  const { autosecondaries } = offers;
  const asking = () => autosecondaries.asking;
  for (let i = 0; i < 2 * AUTOSECONDARY_ASKING_MAX; i++) offers.offer(`z${i}.test`);
  assert.equal(asking(), AUTOSECONDARY_ASKING_MAX);
  await until(() => asking() === 0, 'questions never end');
  offers.offer('z0.test');
  assert.equal(asking(), 0);
  offers.clock = AUTOSECONDARY_AGAIN_MS;
  offers.offer('z0.test');
  assert.equal(asking(), 1);
  await until(() => asking() === 0, 'the question never ends');
});

test('autosecondary: no more zones than may come within a minute', async (t) => {
  const port = await primary(t);
  if (port === null) return;
  const offers = new Offers(t, `127.0.0.1:${port} me\n`);
  for (let i = 0; i < AUTOSECONDARY_MINUTE_MAX; i++) {
    offers.offer(`z${i}.test`);
    await until(() => offers.autosecondaries.asking === 0, 'the question never ends');
  }
  offers.offer('a.test');
  assert.equal(offers.autosecondaries.asking, 0);
  offers.clock = 60_000;
  offers.offer('a.test');
  await until(() => offers.added.length === 1, 'never added');
  offers.count = 10_000;
  offers.offer('b.test');
  assert.equal(offers.autosecondaries.asking, 0);
});

// --- a whole server

test('autosecondary: the zone is there after a restart, once, and the file says whose it is', async (t) => {
  const port = await primary(t);
  if (port === null) return;
  const autoprimaries = join(temporaryDirectory(t), 'autoprimaries');
  writeFileSync(autoprimaries, `127.0.0.1:${port} me\n`);
  const server = new Site(t, { autosecondary: 'yes', 'bind-autoprimaries': autoprimaries });
  server.configure([]);
  await server.start();
  assert.equal(await server.see('a.test'), 'REFUSED');
  for (let i = 0; i < 3; i++) await server.notify('a.test');
  await server.until('a.test', 'x');
  await server.notify('a.test');
  assert.equal(server.lines.filter(({ event }) => event === 'autosecondary.added').length, 1);
  const conf = readFileSync(server.path('state/added-zones.conf'), 'utf8');
  const file = server.path('state/autosecondary/a.test.zone');
  assert.equal(
    conf
      .split('\n')
      .filter((line) => line.startsWith('zone'))
      .join('\n'),
    `zone "a.test." { type secondary; file "${file}"; primaries { 127.0.0.1 port ${port}; }; };`,
  );
  await server.stop();
  await server.start();
  assert.equal(await server.see('a.test'), 'x');
  const added = await server.run('bind-add-zone', 'b.test', file);
  assert.match(added.text, /b\.test/);
  assert.match(
    readFileSync(server.path('state/added-zones.conf'), 'utf8'),
    /"a\.test\." \{ type secondary.*\n.*"b\.test\." \{ type native/,
  );
  const { text } = await server.run('bind-domain-extended-status', 'a.test');
  assert.match(text, new RegExp(`Primaries: \n\t\t - 127\\.0\\.0\\.1:${port}\n`));
});
