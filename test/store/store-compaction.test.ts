/**
 * Compaction: the file becomes as small as what lives in it, and whenever it is broken off, by a kill or a full disk,
 * the store is as good as before. HOTZONE_KILL_ROUNDS sets the number of kills.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { open } from 'lmdb';
import { checkLmdbFile } from '../../src/store/lmdb-file.js';
import { sealValue } from '../../src/store/sealed-value.js';
import { openExistingStore, openStore, type Store } from '../../src/store/store.js';
import { compactStore } from '../../src/store/store-compaction.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { type Random, seededRandom } from '../fuzz/random.js';
import { octets, startUser } from './stores.js';

const ROUNDS = Number(process.env['HOTZONE_KILL_ROUNDS'] ?? 10);
const ROW_OCTETS = 9000;
const WORKED = 12;

/** Puts rows and removes all but every tenth. */
async function fill(folder: string, rows: number): Promise<void> {
  const store = openStore(folder);
  assert.equal(store.stats().aside, null);
  const table = store.table('journal-records');
  store.write(() => {
    for (let i = 0; i < rows; i++) table.put(octets(`row${i}`), Buffer.alloc(ROW_OCTETS, i));
  });
  store.write(() => {
    for (let i = 0; i < rows; i++) if (i % 10 !== 0) table.remove(octets(`row${i}`));
  });
  await store.close();
}

async function assertFilled(folder: string, rows: number): Promise<void> {
  const store = openStore(folder);
  assert.equal(store.stats().aside, null);
  const found = [...store.table('journal-records').range()];
  assert.equal(found.length, Math.ceil(rows / 10));
  for (const { key, value } of found) {
    const number = Number(Buffer.from(key).toString().slice(3));
    assert.ok(value.length === ROW_OCTETS && value.every((octet) => octet === number % 256));
  }
  // it can be written to, too
  store.table('notified').put(octets('key'), octets('value'));
  await store.close();
}

async function compact(folder: string): Promise<{ before: number; after: number }> {
  const store = openExistingStore(folder);
  try {
    return await compactStore(store, folder);
  } finally {
    await store.close();
  }
}

test('the file is as small as what lives in it, and the store works on', async (t) => {
  const folder = temporaryDirectory(t);
  // also of an odd number of transactions
  for (let round = 0; round < 4; round++) {
    await fill(folder, 2000);
    chmodSync(join(folder, 'store.mdb'), 0o600);
    const { before, after } = await compact(folder);
    const { size, mode } = statSync(join(folder, 'store.mdb'));
    assert.equal(size, after);
    assert.equal(mode & 0o777, 0o600);
    assert.ok(before > 2000 * ROW_OCTETS, `${before} before`);
    assert.ok(after < 2000 * ROW_OCTETS * 0.15, `${after} after`);
    assert.equal(typeof checkLmdbFile(join(folder, 'store.mdb')), 'object');
    if (round % 2 === 1) await compact(folder);
    await assertFilled(folder, 2000);
    assert.deepEqual(readdirSync(folder).sort(), ['format', 'store.mdb', 'store.mdb-lock']);
  }
});

/** Rows of all sizes in three tables, put and removed, and now and then all of them removed at once. */
function work(store: Store, random: Random, transactions: number): void {
  const names = ['journal-records', 'images', 'notified'] as const;
  const sizes = [100, 3000, 9000, 60_000, 260_000] as const;
  for (let i = 0; i < transactions; i++) {
    store.write(() => {
      for (let j = 0; j < 10; j++) {
        const table = store.table(names[random(names.length)] ?? 'images');
        const key = octets(`key${random(60)}`);
        if (random(10) < 4) table.remove(key);
        else table.put(key, Buffer.alloc(1 + random(sizes[random(sizes.length)] ?? 1), i));
      }
    });
    if (random(3) > 0) continue;
    store.write(() => {
      for (const name of names) {
        const keys = [...store.table(name).range()].map(({ key }) => key);
        for (const key of keys) store.table(name).remove(key);
      }
    });
  }
}

test('whatever is done with a compacted store, LMDB finds its pages', async (t) => {
  const seed = Date.now() % 0x7fffffff;
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  for (let round = 0; round < WORKED; round++) {
    const folder = temporaryDirectory(t);
    let store = openStore(folder);
    work(store, random, 1 + random(6));
    for (let i = 0; i < 8; i++) {
      store.table('images').put(octets(`large${i}`), Buffer.alloc(200_000));
    }
    const rows = store.stats().rows;
    await store.close();
    await compact(folder);
    store = openStore(folder);
    assert.deepEqual([store.stats().aside, store.stats().rows], [null, rows]);
    if (round % 2 === 0) {
      store.write(() => {
        const keys = [...store.table('images').range()].map(({ key }) => key);
        for (const key of keys) store.table('images').remove(key);
      });
    }
    work(store, random, 6);
    await store.close();
    assert.equal(typeof checkLmdbFile(join(folder, 'store.mdb')), 'object');
  }
});

test('a table that is not known stops it: its rows would be lost', async (t) => {
  const folder = temporaryDirectory(t);
  await fill(folder, 100);
  const path = join(folder, 'store.mdb');
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const newer = open({ ...binary, path, noSubdir: true, maxDbs: 16, overlappingSync: false });
  const table = newer.openDB('newer', binary);
  const key = octets('key');
  table.putSync(key, sealValue('newer', key, octets('value')));
  await newer.close();
  const message = /^table newer is one of a newer version/;
  await assert.rejects(compact(folder), { code: 'STORE_FAILED', message });
  await assertFilled(folder, 100);
  const found = checkLmdbFile(path);
  assert.ok(typeof found === 'object');
  assert.ok(found.tables.some(({ name, rows }) => name === 'newer' && rows === 1));
});

test('a store without rows can be compacted', async (t) => {
  const folder = temporaryDirectory(t);
  await openStore(folder).close();
  const { before, after } = await compact(folder);
  assert.ok(after <= before, `${after} after ${before}`);
  await assertFilled(folder, 0);
});

test('a kill at any moment leaves the store whole, and what was copied goes', async (t) => {
  const folder = temporaryDirectory(t);
  let done = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await fill(folder, 3000);
    const user = startUser(t, folder, 'compact');
    assert.ok(user.stdout !== null);
    let said = '';
    user.stdout.on('data', (chunk) => {
      said += chunk;
    });
    const closed = once(user, 'close');
    await once(user.stdout, 'data');
    await wait(Math.random() ** 2 * 800);
    user.kill('SIGKILL');
    await closed;
    if (/^\d+$/m.test(said)) done++;
    assert.equal(typeof checkLmdbFile(join(folder, 'store.mdb')), 'object');
    await assertFilled(folder, 3000);
    assert.ok(!readdirSync(folder).includes('copy'));
  }
  t.diagnostic(`${done} of ${ROUNDS} were done before the kill`);
});

test('where there is no room for the copy the store is as it was', async (t) => {
  const folder = temporaryDirectory(t);
  await fill(folder, 6000);
  const before = readFileSync(join(folder, 'store.mdb'));
  const program = fileURLToPath(new URL('./store-user.js', import.meta.url));
  // As in store-kill.test.ts; 2 MiB for a copy of 7.
  const script = `trap '' XFSZ; ulimit -f 4096; exec "$0" "$1" "$2" compact`;
  const { stdout, status } = spawnSync('sh', ['-c', script, process.execPath, program, folder], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^open\nSTORE_(?:FULL|FAILED)\n$/);
  assert.ok(before.equals(readFileSync(join(folder, 'store.mdb'))));
  assert.ok(!readdirSync(folder).includes('copy'));
  await assertFilled(folder, 6000);
});

test('a store that is damaged, foreign or not there is left as it is', async (t) => {
  const folder = temporaryDirectory(t);
  const path = join(folder, 'store.mdb');
  assert.throws(() => openExistingStore(folder), { code: 'STORE_ABSENT' });
  assert.throws(() => openExistingStore(join(folder, 'none')), { code: 'STORE_ABSENT' });
  assert.deepEqual(readdirSync(folder), []);
  await fill(folder, 100);
  const good = readFileSync(path);
  const cut = good.subarray(0, 3 * 4096);
  writeFileSync(path, cut);
  assert.throws(() => openExistingStore(folder), { code: 'STORE_DAMAGED', message: /cut short/ });
  assert.ok(cut.equals(readFileSync(path)));
  writeFileSync(path, good);
  writeFileSync(join(folder, 'format'), 'hotzone store 2\n');
  assert.throws(() => openExistingStore(folder), { code: 'STORE_DAMAGED', message: /is newer/ });
  assert.deepEqual(readdirSync(folder).sort(), ['format', 'store.mdb', 'store.mdb-lock']);
});
