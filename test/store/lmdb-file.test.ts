/**
 * The check of an LMDB file: what LMDB writes is sound, what is changed in it is found, and what is not found does LMDB
 * no harm.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkLmdbFile } from '../../src/store/lmdb-file.js';
import { openStore, type Store } from '../../src/store/store.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { type Random, seededRandom } from '../fuzz/random.js';

const PAGE = 4096;
const META_OCTETS = 168;

/** Rows of all sizes, many of them replaced and removed, so that there are branches, large values and free pages. */
function work(store: Store, random: Random, transactions: number): void {
  for (let i = 0; i < transactions; i++) {
    store.write(() => {
      for (let j = 0; j < 12; j++) {
        const key = Buffer.from(`key${random(400)}`);
        const table = store.table(j % 2 === 0 ? 'journal-records' : 'notified');
        if (random(3) === 0) table.remove(key);
        else table.put(key, Buffer.alloc(random(random(8) === 0 ? 20_000 : 300), random(256)));
      }
    });
  }
}

async function usedFolder(t: TestContext, transactions: number): Promise<string> {
  const folder = temporaryDirectory(t);
  const store = openStore(folder);
  work(store, seededRandom(2), transactions);
  await store.close();
  return folder;
}

test('what LMDB has committed is sound after each transaction', (t) => {
  const store = openStore(temporaryDirectory(t));
  t.after(() => store.close());
  const random = seededRandom(3);
  for (let i = 0; i < 60; i++) {
    const found = checkLmdbFile(store.stats().path);
    assert.ok(typeof found === 'object', String(found));
    assert.ok(found.usedPages * PAGE >= store.stats().liveOctets);
    work(store, random, 3);
  }
});

test('every length that is too short is found', async (t) => {
  const folder = await usedFolder(t, 40);
  const path = join(folder, 'store.mdb');
  const whole = readFileSync(path);
  const found = checkLmdbFile(path);
  assert.ok(typeof found === 'object');
  for (let length = 1; length < found.usedPages * PAGE; length += 3001) {
    writeFileSync(path, whole.subarray(0, length));
    assert.equal(typeof checkLmdbFile(path), 'string', `${length} of ${whole.length}`);
  }
});

/** A field of a meta page, and what a change of it is found by. */
const META_FIELDS: readonly (readonly [what: string, at: number, text: RegExp])[] = [
  ['page number', 0, /meta page is damaged/],
  ['flags', 18, /not a file of LMDB/],
  ['magic', 24, /not a file of LMDB/],
  ['data version', 28, /another data version/],
  ['page size', 48, /meta page is damaged/],
  ['flags of the free tree', 52, /of a wrong kind/],
  ['flags of the main tree', 100, /of a wrong kind/],
  ['transaction', 152, /do not follow each other/],
];

test('a change of either meta page is found by what it changes', async (t) => {
  const path = join(await usedFolder(t, 20), 'store.mdb');
  const whole = readFileSync(path);
  for (const page of [0, 1]) {
    for (const [what, at, text] of META_FIELDS) {
      const changed = Buffer.from(whole);
      changed[page * PAGE + at]! ^= 4;
      writeFileSync(path, changed);
      assert.match(String(checkLmdbFile(path)), text, `${what} of page ${page}`);
    }
  }
});

/** Where the keys of the list of free pages are, which fits one page, and the newest transaction. */
function freeKeys(file: Buffer): { keys: number[]; newest: bigint } {
  const [even, odd] = [file.readBigUInt64LE(152), file.readBigUInt64LE(PAGE + 152)];
  const meta = odd > even ? PAGE : 0;
  assert.equal(file.readUInt16LE(meta + 48 + 6), 1, 'one level');
  const page = Number(file.readBigUInt64LE(meta + 48 + 40)) * PAGE;
  const count = file.readUInt16LE(page + 20) / 2;
  const keys = Array.from(
    { length: count },
    (_, i) => page + 24 + file.readUInt16LE(page + 24 + 2 * i) + 8,
  );
  return { keys, newest: odd > even ? odd : even };
}

test('free pages of no transaction, or of one out of order, are found', async (t) => {
  const path = join(await usedFolder(t, 40), 'store.mdb');
  const whole = readFileSync(path);
  const { keys, newest } = freeKeys(whole);
  assert.ok(keys.length > 1, `${keys.length} keys`);
  for (const [i, at] of keys.entries()) {
    const former = i === 0 ? 0n : whole.readBigUInt64LE(keys[i - 1]!);
    for (const transaction of [0n, former, newest + 1n, 1n << 40n]) {
      const changed = Buffer.from(whole);
      changed.writeBigUInt64LE(transaction, at);
      writeFileSync(path, changed);
      assert.equal(checkLmdbFile(path), 'the list of free pages is out of order', `${transaction}`);
    }
  }
});

/** Bits that are flipped one at a time: all through the meta pages, and anywhere. */
function flips(random: Random, length: number): [at: number, bit: number][] {
  const meta = Array.from({ length: 2 * META_OCTETS }, (_, i): [number, number] => [
    (i % 2) * PAGE + (i >> 1),
    random(8),
  ]);
  const anywhere = Array.from({ length: 600 }, (): [number, number] => [
    random(2) === 0 ? random(length / PAGE) * PAGE + random(64) : random(length),
    random(8),
  ]);
  return [...meta, ...anywhere];
}

test('a flipped bit is found, or LMDB reads the same rows and can go on writing', async (t) => {
  const folder = await usedFolder(t, 12);
  const whole = readFileSync(join(folder, 'store.mdb'));
  const rows = rowsOf(openStore(folder));
  const random = seededRandom(4);
  const parent = temporaryDirectory(t);
  let found = 0;
  let harmless = 0;
  for (const [i, [at, bit]] of flips(random, whole.length).entries()) {
    const flipped = Buffer.from(whole);
    flipped[at]! ^= 1 << bit;
    const path = join(parent, 'store.mdb');
    writeFileSync(path, flipped);
    if (typeof checkLmdbFile(path) === 'string') found++;
    // Opening takes longer than all else, so not each of the others is tried.
    else if (harmless++ % 8 === 0) {
      const copy = join(parent, String(i));
      mkdirSync(copy);
      copyFileSync(path, join(copy, 'store.mdb'));
      copyFileSync(join(folder, 'format'), join(copy, 'format'));
      const store = openStore(copy);
      assert.equal(store.stats().aside, null);
      assert.equal(await rowsOf(store, () => work(store, random, 5)), await rows, `${at}.${bit}`);
      assert.equal(typeof checkLmdbFile(join(copy, 'store.mdb')), 'object', `${at}.${bit}`);
    }
  }
  assert.ok(found > 200 && harmless > 80, `${found} found, ${harmless} harmless`);
});

/** All rows as text; closes the store after `more`. */
async function rowsOf(store: Store, more: () => void = () => {}): Promise<string> {
  const entries = (['journal-records', 'notified'] as const).flatMap((name) =>
    [...store.table(name).range()].map(
      ({ key, value }) =>
        `${Buffer.from(key).toString()} ${Buffer.from(value).toString('base64')}\n`,
    ),
  );
  more();
  await store.close();
  return entries.join('');
}
