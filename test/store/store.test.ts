/**
 * The store: tables against a sorted array, transactions, what a restart keeps, bounds, and closed stores.
 */
import assert from 'node:assert/strict';
import { existsSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStore, type Range, type Store } from '../../src/store/store.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { seededRandom } from '../fuzz/random.js';
import { octets, temporaryStore } from './stores.js';

const TABLE = 'journal-records';

function keys(store: Store, range?: Range): string[] {
  return [...store.table(TABLE).range(range)].map(({ key }) => Buffer.from(key).toString());
}

test('a range takes its first key, not its last, in either direction', (t) => {
  const store = temporaryStore(t);
  for (const key of ['a', 'b', 'ba', 'c', 'd']) store.table(TABLE).put(octets(key), octets(key));
  const rows: [range: Range, keys: string[]][] = [
    [{}, ['a', 'b', 'ba', 'c', 'd']],
    [{ reverse: true }, ['d', 'c', 'ba', 'b', 'a']],
    [{ from: octets('b') }, ['b', 'ba', 'c', 'd']],
    [{ from: octets('bb') }, ['c', 'd']],
    [{ to: octets('c') }, ['a', 'b', 'ba']],
    [{ from: octets('b'), to: octets('c') }, ['b', 'ba']],
    [{ from: octets('b'), to: octets('c'), reverse: true }, ['ba', 'b']],
    [{ from: octets('b'), to: octets('cc'), reverse: true }, ['c', 'ba', 'b']],
    [{ to: octets('c'), reverse: true, limit: 1 }, ['ba']],
    [{ from: octets('b'), limit: 2 }, ['b', 'ba']],
    [{ from: octets('e') }, []],
    [{ to: octets('a'), reverse: true }, []],
    [{ from: octets('c'), to: octets('b') }, []],
    [{ limit: 0 }, []],
  ];
  for (const [range, expected] of rows) {
    assert.deepEqual(keys(store, range), expected, JSON.stringify(range));
  }
});

test('tables hold what a sorted map holds, over random transactions and restarts', async (t) => {
  const folder = temporaryDirectory(t);
  const random = seededRandom(1);
  const model = new Map<string, Buffer>();
  for (let restart = 0; restart < 4; restart++) {
    const store = openStore(folder);
    assert.equal(store.stats().aside, null);
    assert.equal(store.stats().rows[TABLE], model.size);
    for (let i = 0; i < 40; i++) randomTransaction(store, random, model);
    const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
    const rows = [...store.table(TABLE).range()].map(({ key, value }) => [
      Buffer.from(key).toString('latin1'),
      Buffer.from(value),
    ]);
    assert.deepEqual(rows, expected);
    const reversed = [...store.table(TABLE).range({ reverse: true })].map(({ value }) => value);
    assert.deepEqual(
      reversed.map((value) => Buffer.from(value)),
      expected.map(([, value]) => value).reverse(),
    );
    await store.close();
  }
  assert.ok(model.size > 10);
});

/** Puts and removes, of which some transactions leave nothing since they throw. */
function randomTransaction(
  store: Store,
  random: ReturnType<typeof seededRandom>,
  model: Map<string, Buffer>,
): void {
  const table = store.table(TABLE);
  const changes: [key: string, value: Buffer | null][] = Array.from({ length: 8 }, () => {
    const key = `${random(40)}${'k'.repeat(random(3) * 100)}`;
    const value = Buffer.alloc(random(4) === 0 ? random(70_000) : random(40), random(256));
    return [key, random(3) === 0 ? null : value];
  });
  const fails = random(4) === 0;
  const work = (): void => {
    for (const [key, value] of changes) {
      if (value === null) table.remove(Buffer.from(key, 'latin1'));
      else table.put(Buffer.from(key, 'latin1'), value);
      const seen = table.get(Buffer.from(key, 'latin1'));
      assert.deepEqual(seen === null ? null : Buffer.from(seen), value);
    }
    if (fails) throw new RangeError('not today');
  };
  if (fails) assert.throws(() => store.write(work), RangeError);
  else {
    store.write(work);
    for (const [key, value] of changes) {
      if (value === null) model.delete(key);
      else model.set(key, value);
    }
  }
}

test('a write within a write is a part of it', (t) => {
  const store = temporaryStore(t);
  const table = store.table(TABLE);
  const work = (): void => {
    store.write(() => table.put(octets('inner'), octets('1')));
    assert.deepEqual(keys(store), ['inner']);
    throw new RangeError('after the inner one');
  };
  assert.throws(() => store.write(work), RangeError);
  assert.deepEqual(keys(store), []);
});

test('a range sees the table as it was at the first step', (t) => {
  const store = temporaryStore(t);
  const table = store.table(TABLE);
  for (const key of ['a', 'b', 'c']) table.put(octets(key), octets(key));
  const range = table.range();
  range.next();
  table.remove(octets('b'));
  const rest = [...range].map(({ key }) => Buffer.from(key).toString());
  assert.deepEqual(rest, ['b', 'c']);
  assert.deepEqual(keys(store), ['a', 'c']);
});

test('what a reader got is its own', (t) => {
  const table = temporaryStore(t).table(TABLE);
  for (const size of [1, 100, 5000, 70_000]) {
    table.put(octets('a'), Buffer.alloc(size, 1));
    const value = table.get(octets('a'));
    value?.fill(9);
    table.put(octets('a'), Buffer.alloc(size, 2));
    assert.ok(value?.every((octet) => octet === 9));
    assert.ok(table.get(octets('a'))?.every((octet) => octet === 2));
  }
});

test('a transaction beyond the bound leaves nothing, and smaller ones go on', (t) => {
  const store = temporaryStore(t, 1 << 20);
  const table = store.table(TABLE);
  table.put(octets('small'), octets('1'));
  const tooMuch = (): void => {
    for (let i = 0; i < 20; i++) table.put(octets(`big${i}`), Buffer.alloc(60_000));
  };
  assert.throws(() => store.write(tooMuch), { name: 'ServerError', code: 'STORE_FULL' });
  assert.deepEqual(keys(store), ['small']);
  table.put(octets('other'), octets('2'));
  assert.deepEqual(keys(store), ['other', 'small']);
});

test('pages are used again: the file does not grow with what was replaced', (t) => {
  const store = temporaryStore(t);
  for (let i = 0; i < 300; i++) store.table(TABLE).put(octets('row'), Buffer.alloc(60_000, i));
  const { octets: file, liveOctets } = store.stats();
  assert.ok(liveOctets < 100_000, `${liveOctets} live`);
  assert.ok(file < 1 << 20, `${file} in the file`);
});

test('only the owner may read the files', (t) => {
  const folder = join(temporaryDirectory(t), 'new', 'store');
  const store = openStore(folder);
  t.after(() => store.close());
  store.table(TABLE).put(octets('a'), octets('b'));
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(store.stats().path).mode & 0o777, 0o600);
});

test('a closed store refuses everything, and may be closed twice', async (t) => {
  const folder = temporaryDirectory(t);
  const store = openStore(folder);
  const table = store.table(TABLE);
  await store.close();
  await store.close();
  const closed = { name: 'ServerError', code: 'STORE_FAILED', message: /closed/ };
  assert.throws(() => table.get(octets('a')), closed);
  assert.throws(() => table.put(octets('a'), octets('b')), closed);
  assert.throws(() => [...table.range()], closed);
  assert.throws(() => store.stats(), closed);
  assert.ok(!existsSync(join(folder, 'owner')));
});

const HARM: readonly (readonly [what: string, harm: (path: string) => void, text: RegExp])[] = [
  ['cut', (path) => truncateSync(path, 8192), /cut short/],
  ['removed', (path) => renameSync(path, `${path}.gone`), /gone/],
  [
    'replaced',
    (path) => {
      renameSync(path, `${path}.gone`);
      writeFileSync(path, Buffer.alloc(1 << 20));
    },
    /replaced/,
  ],
];

for (const [what, harm, text] of HARM) {
  test(`a file that is ${what} while it is open is noticed before it is used`, async (t) => {
    const store = openStore(temporaryDirectory(t));
    const table = store.table(TABLE);
    table.put(octets('a'), Buffer.alloc(50_000));
    harm(store.stats().path);
    const damaged = { name: 'ServerError', code: 'STORE_DAMAGED', message: text };
    assert.throws(() => table.get(octets('a')), damaged);
    assert.throws(() => [...table.range()], damaged);
    assert.throws(() => table.put(octets('a'), octets('b')), damaged);
    await store.close();
  });
}
