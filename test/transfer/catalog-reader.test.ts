/** What is read of a catalog zone, and what BIND and Knot make of the same zone (RFC 9432 §4). */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { apexText, octetsOf } from '../../src/load/zone.js';
import { type CatalogReading, readCatalog } from '../../src/transfer/catalog-reader.js';
import { temporaryDirectory, zoneFile } from '../e2e/test-server.js';
import { type Peer, requirePeer, startPeer } from '../peers/peer.js';
import { runPeer } from '../support/peer-tool.js';
import { imageFromText, name } from '../support/zones.js';
import { type ConsumerKind, isTaken, startConsumer } from './catalog-peers.js';
import { CATALOGS, type CatalogRow } from './catalog-texts.js';

const HEAD = '$TTL 0\n@ SOA invalid. invalid. 1 3600 600 86400 0\n@ NS invalid.\n';
const PATIENCE_MS = 15_000;

function textOf({ text }: CatalogRow, own: string): string {
  return HEAD + text.replaceAll('NAME', own);
}

async function read(row: CatalogRow): Promise<CatalogReading> {
  const origin = 'CATALOG.';
  return readCatalog(name(origin), imageFromText(origin, textOf(row, 'name')));
}

function lines(reading: CatalogReading): string[] {
  assert.ok(reading.ok, reading.ok ? '' : reading.faults.join('; '));
  return [...reading.content.members]
    .map(([key, { label, groups, newOwner }]) => {
      const own = Buffer.from(`${String.fromCharCode(label.length)}${label}\0`, 'latin1');
      const zone = apexText(octetsOf(key)).replace('name', 'NAME');
      const owner = newOwner === null ? '-' : apexText(octetsOf(newOwner));
      return `${zone} ${apexText(own).replace('\\.', '.')} [${groups.join()}] ${owner}`;
    })
    .sort();
}

for (const row of CATALOGS) {
  test(`catalog: ${row.name}`, async () => {
    const reading = await read(row);
    if (Array.isArray(row.ours)) {
      assert.deepEqual(lines(reading), row.ours);
      return;
    }
    assert.equal(reading.ok, false);
    const faults = reading.ok ? [] : reading.faults;
    assert.match(faults.join('; '), row.ours as RegExp);
  });
}

test('catalog: it is not a member of itself, and says so', async () => {
  const text = `${HEAD}version TXT "2"\nx.zones PTR CATALOG.\ny.zones PTR a.test.\n`;
  const reading = await readCatalog(name('catalog.'), imageFromText('catalog.', text));
  assert.ok(reading.ok);
  assert.deepEqual(
    [...reading.content.members.values()].map(({ label }) => label),
    ['y'],
  );
  assert.deepEqual(reading.content.remarks, ['it is a member of itself, which is ignored']);
});

test('catalog: of many faults the first are told, and how many there are', async () => {
  const twice = Array.from({ length: 30 }, (_, i) => `x${i}.zones PTR a.test.\n`).join('');
  const text = `${HEAD}version TXT "2"\n${twice}`;
  const reading = await readCatalog(name('catalog.'), imageFromText('catalog.', text));
  assert.ok(!reading.ok);
  assert.equal(reading.faults.length, 11);
  assert.equal(reading.faults.at(-1), 'and 19 more');
});

// --- peers

/** All catalogs of the table as files, each with members of its own. */
function writeCatalogs(t: TestContext): { origin: string; file: string }[] {
  const folder = temporaryDirectory(t);
  return CATALOGS.map((row, index) => {
    const file = join(folder, `c${index}.zone`);
    writeFileSync(file, `$ORIGIN c${index}.test.\n${textOf(row, `m${index}.test`)}`);
    return { origin: `c${index}.test`, file };
  });
}

async function takenBy(peer: Peer, index: number): Promise<string> {
  const taken: string[] = [];
  for (const letter of ['a', 'b', 'c', 'd']) {
    if (await isTaken(peer, `${letter}.m${index}.test`)) taken.push(letter);
  }
  return taken.join('');
}

async function compare(t: TestContext, kind: ConsumerKind): Promise<void> {
  if (!requirePeer(t, kind)) return;
  const zones = writeCatalogs(t);
  const peer = await startConsumer(kind, zones);
  t.after(() => peer.stop());
  const first = CATALOGS.findIndex(({ name: text }) => text === 'two members');
  const end = Date.now() + PATIENCE_MS;
  while ((await takenBy(peer, first)) !== 'ab') {
    assert.ok(Date.now() < end, `${kind} takes no members:\n${peer.log()}`);
    await sleep(50);
  }
  // Catalogs are processed one after the other.
  await sleep(1000);
  const seen: string[] = [];
  const wanted: string[] = [];
  for (const [index, row] of CATALOGS.entries()) {
    const ours = Array.isArray(row.ours) ? row.ours.map((line: string) => line[0]).join('') : '';
    wanted.push(`${row.name}: ${(row[kind] ?? [ours])[0]}`);
    seen.push(`${row.name}: ${await takenBy(peer, index)}`);
  }
  assert.deepEqual(seen, wanted);
}

test('catalog: BIND takes the same members', (t) => compare(t, 'named'));
test('catalog: Knot takes the same members', (t) => compare(t, 'knot'));

test('catalog: what Knot makes of its zones is read, with their groups', async (t) => {
  if (!requirePeer(t, 'knot')) return;
  const folder = temporaryDirectory(t);
  const members = ['a', 'b'].map((zone) => {
    const file = join(folder, zone);
    writeFileSync(file, `$ORIGIN ${zone}.test.\n${zoneFile(1, 'x')}`);
    const role = '    catalog-role: member\n    catalog-zone: made.test\n';
    const group = zone === 'a' ? '    catalog-group: some\n' : '';
    return `  - domain: ${zone}.test\n    file: ${file}\n${role}${group}`;
  });
  const catalog =
    '  - domain: made.test\n    catalog-role: generate\n    acl: transfer\n' +
    '    zonefile-load: none\n    journal-content: all\n';
  const peer = await startPeer('knot', [], { more: `zone:\n${catalog}${members.join('')}` });
  t.after(() => peer.stop());
  const end = Date.now() + PATIENCE_MS;
  // It refuses questions to a catalog.
  while (!/\[made\.test\.\] loaded/.test(peer.log())) {
    assert.ok(Date.now() < end, `no catalog:\n${peer.log()}`);
    await sleep(50);
  }
  const args = [
    '@127.0.0.1',
    '-p',
    String(peer.port),
    'made.test',
    'AXFR',
    '+onesoa',
    '+noall',
    '+answer',
  ];
  const run = runPeer(t, 'dig', args);
  if (run === null) return;
  const reading = await readCatalog(name('made.test'), imageFromText('made.test', run.stdout));
  assert.ok(reading.ok, run.stdout);
  const read = [...reading.content.members].map(
    ([key, { groups }]) => `${apexText(octetsOf(key))} ${groups.join()}`,
  );
  assert.deepEqual(read.sort(), ['a.test some', 'b.test ']);
});
