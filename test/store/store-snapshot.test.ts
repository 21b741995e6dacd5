/**
 * Stores that are read without being owned: the same rows as through LMDB, also while another process writes as fast as
 * it can, and nothing left behind. HOTZONE_STORE_READS sets the number of reads.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openStore, type Range, type Store, type TableName } from '../../src/store/store.js';
import { readStore } from '../../src/store/store-snapshot.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { seededRandom } from '../fuzz/random.js';
import { octets, startUser } from './stores.js';

const TABLE: TableName = 'journal-records';
/** Rows that are never touched, so many that reading them takes longer than some commits. */
const STILL_ROWS = 20_000;
const READS = Number(process.env['HOTZONE_STORE_READS'] ?? 20);

function shown(store: Store, name: TableName, range: Range = {}): string[] {
  return [...store.table(name).range(range)].map(
    ({ key, value }) => `${Buffer.from(key)}=${value.length}:${value[0]}`,
  );
}

/** A folder with a closed store of many rows. */
async function fullFolder(t: TestContext, rows = STILL_ROWS): Promise<string> {
  const folder = temporaryDirectory(t);
  const store = openStore(folder);
  store.write(() => {
    for (let i = 0; i < rows; i++) {
      store.table('served').put(octets(`still${i}`), Buffer.alloc(100, i % 251));
    }
  });
  await store.close();
  return folder;
}

test('a snapshot has the rows, ranges and counts that LMDB has', (t) => {
  const folder = temporaryDirectory(t);
  const store = openStore(folder);
  t.after(() => store.close());
  const random = seededRandom(11);
  for (let i = 0; i < 30; i++) {
    store.write(() => {
      for (let j = 0; j < 40; j++) {
        const key = octets(`key${random(300)}`);
        if (random(3) === 0) store.table(TABLE).remove(key);
        else store.table(TABLE).put(key, Buffer.alloc(random(random(9) === 0 ? 9000 : 90) + 1, j));
      }
    });
  }
  const snapshot = readStore(folder, (name) => name === TABLE);
  const ranges: Range[] = [
    {},
    { from: octets('key2') },
    { from: octets('key10'), to: octets('key20') },
    { to: octets('key3'), reverse: true },
    { from: octets('key1'), reverse: true, limit: 5 },
    { from: octets('zzz') },
    { limit: 0 },
  ];
  for (const range of ranges) {
    assert.deepEqual(shown(snapshot, TABLE, range), shown(store, TABLE, range));
  }
  for (let i = 0; i < 300; i++) {
    const key = octets(`key${i}`);
    const read: Uint8Array | null = snapshot.table(TABLE).get(key);
    const own: Uint8Array | null = store.table(TABLE).get(key);
    assert.deepEqual(Buffer.from(read ?? []), Buffer.from(own ?? []));
  }
  const { rows, liveOctets, octets: size } = snapshot.stats();
  const live = store.stats();
  assert.deepEqual(rows, live.rows);
  assert.equal(size, live.octets);
  assert.equal(liveOctets, live.liveOctets);
  assert.deepEqual([snapshot.owner, snapshot.format, snapshot.faults], [process.pid, 1, []]);
  assert.ok(readStore(folder, () => true).file.isWhole);
  const readOnly = { code: 'STORE_READ_ONLY' };
  assert.throws(() => snapshot.table(TABLE).put(octets('a'), octets('b')), readOnly);
  assert.throws(() => snapshot.table(TABLE).remove(octets('a')), readOnly);
  assert.throws(() => snapshot.write(() => {}), readOnly);
});

test('a store is read whole while another process commits without pause', async (t) => {
  const folder = await fullFolder(t);
  const user = startUser(t, folder, 'commit');
  assert.ok(user.stdout !== null);
  await once(user.stdout, 'data');
  user.stdout.resume();
  let moved = 0;
  let newest = -1;
  for (let i = 0; i < READS; i++) {
    const store = readStore(folder, () => true);
    assert.equal(store.owner, user.pid);
    assert.deepEqual(store.faults, []);
    assert.equal(shown(store, 'served').length, STILL_ROWS);
    const last = Number(Buffer.from(store.table('notified').get(octets('last')) ?? []).toString());
    assert.ok(last >= newest, `${last} after ${newest}`);
    newest = last;
    if (!store.file.isWhole) moved++;
    for (const { value } of store.table(TABLE).range()) {
      assert.ok(value.every((octet) => octet === value[0]));
    }
  }
  t.diagnostic(`${moved} of ${READS} reads went over several states of the file`);
  assert.ok(newest > 0);
  user.kill('SIGKILL');
  await once(user, 'close');
  const store = openStore(folder);
  t.after(() => store.close());
  assert.equal(store.stats().aside, null);
});

test('reading leaves no trace: no file, no lock, no other octets', async (t) => {
  const folder = await fullFolder(t, 10);
  const copy = join(temporaryDirectory(t), 'copy');
  mkdirSync(copy);
  for (const name of ['store.mdb', 'format']) copyFileSync(join(folder, name), join(copy, name));
  const before = readFileSync(join(copy, 'store.mdb'));
  assert.equal(
    shown(
      readStore(copy, () => true),
      'served',
    ).length,
    10,
  );
  assert.deepEqual(readdirSync(copy).sort(), ['format', 'store.mdb']);
  assert.deepEqual(readFileSync(join(copy, 'store.mdb')), before);
});

test('of a damaged table the rest is read, and of the others all', async (t) => {
  const folder = await fullFolder(t, 3000);
  const path = join(folder, 'store.mdb');
  const data = readFileSync(path);
  const at = data.lastIndexOf('still1500') + 40;
  data[at]! ^= 1;
  writeFileSync(path, data);
  const store = readStore(folder, () => true);
  assert.equal(shown(store, 'served').length, 2999);
  const [fault, ...others] = store.faults;
  assert.deepEqual(others, []);
  assert.match(fault?.text ?? '', /^a value of table served has a wrong checksum$/);
  assert.ok(at >= (fault?.at ?? 0) && at < (fault?.at ?? 0) + 104);
});

const NO_STORE: readonly (readonly [what: string, make: (file: string) => void, code: string])[] = [
  ['none', () => {}, 'STORE_ABSENT'],
  ['of another program', (file) => writeFileSync(file, 'x'), 'STORE_FOREIGN'],
  ['a folder', (file) => mkdirSync(file), 'STORE_FOREIGN'],
];

for (const [what, make, code] of NO_STORE) {
  test(`a store that is ${what} is refused as ${code}`, (t) => {
    const folder = temporaryDirectory(t);
    make(join(folder, 'store.mdb'));
    assert.throws(() => readStore(folder, () => true), { name: 'ServerError', code });
  });
}

test('an empty file is a store without rows', (t) => {
  const folder = temporaryDirectory(t);
  writeFileSync(join(folder, 'store.mdb'), '');
  writeFileSync(join(folder, 'format'), 'hotzone store 1\n');
  const store = readStore(folder, () => true);
  assert.deepEqual([store.faults, store.stats().rows, store.owner], [[], {}, 0]);
});
