/**
 * The constant database: what is written is read, in order and by key, tinycdb reads and writes the same, what does not
 * fit is refused, and damage is told, never followed.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CdbReader, CdbWriter } from '../../src/parse/cdb.js';
import { type Random, seededRandom } from '../fuzz/random.js';
import { dumpCdb } from '../support/cdb-dump.js';
import { runPeer } from '../support/peer-tool.js';

type Entry = readonly [key: string, value: string];

const HEADER_OCTETS = 2048;

const ROWS: readonly (readonly [name: string, entries: readonly Entry[]])[] = [
  ['no entry', []],
  ['one entry', [['a', '1']]],
  ['an empty key and an empty value', [['', '']]],
  [
    'a key with several values',
    [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
      ['a', ''],
    ],
  ],
  ['more entries than room at first', many(3000)],
  ['more octets than room at first', [['long', 'x'.repeat(200_000)]]],
];

function many(count: number): Entry[] {
  return Array.from({ length: count }, (_, i) => [`key ${i % 1500}`, `value ${i}`] as const);
}

function written(entries: readonly Entry[], octetsMax?: number): Buffer | null {
  const writer = new CdbWriter(octetsMax);
  for (const [key, value] of entries) {
    writer.add(Buffer.from(key), Buffer.byteLength(key), Buffer.from(value), value.length);
  }
  const octets = writer.finish();
  return octets === null ? null : Buffer.from(octets);
}

function database(entries: readonly Entry[]): Buffer {
  const octets = written(entries);
  assert.ok(octets !== null);
  return octets;
}

function entryAt({ octets, keyAt, keyLength, valueAt, valueLength }: CdbReader): Entry {
  const text = (at: number, length: number): string =>
    Buffer.from(octets.subarray(at, at + length)).toString('latin1');
  return [text(keyAt, keyLength), text(valueAt, valueLength)];
}

function allOf(
  octets: Uint8Array,
  length = octets.length,
): { entries: Entry[]; fault: string | null } {
  const reader = new CdbReader(octets, length);
  const entries: Entry[] = [];
  while (reader.next()) entries.push(entryAt(reader));
  assert.equal(reader.next(), false, 'there is no entry after the last one');
  return { entries, fault: reader.fault };
}

function valuesOf(octets: Uint8Array, key: string): string[] {
  const reader = new CdbReader(octets, octets.length);
  const values: string[] = [];
  let isFound = reader.find(Buffer.from(key), key.length);
  for (; isFound; isFound = reader.findNext()) values.push(entryAt(reader)[1]);
  return values;
}

for (const [name, entries] of ROWS) {
  test(`a database of ${name} is read as it was written`, () => {
    const octets = database(entries);
    assert.deepEqual(allOf(octets), { entries, fault: null });
    const asHex = entries.map((entry) => entry.map((text) => Buffer.from(text).toString('hex')));
    assert.deepEqual(dumpCdb(octets), asHex);
    const keys = [...new Set(entries.map(([key]) => key)), 'no such key'];
    for (const key of keys) {
      const expected = entries.filter(([known]) => known === key).map(([, value]) => value);
      assert.deepEqual(valuesOf(octets, key), expected, key);
    }
  });
}

test('a reader can be asked for a key while it goes through the entries', () => {
  const octets = database(many(100));
  const reader = new CdbReader(octets, octets.length);
  let count = 0;
  for (; reader.next(); count++) assert.ok(reader.find(Buffer.from('key 7'), 5));
  assert.deepEqual([count, reader.fault], [100, null]);
});

test('octets after the last table belong to no entry', () => {
  const entries = many(10);
  const octets = Buffer.concat([database(entries), Buffer.from('\n')]);
  assert.deepEqual(allOf(octets), { entries, fault: null });
  assert.deepEqual(allOf(octets, octets.length - 1), { entries, fault: null });
});

test('a database that would be too large is not written, at any entry', () => {
  const entries = many(50);
  const size = database(entries).length;
  assert.equal(written(entries, size)?.length, size);
  for (let octetsMax = HEADER_OCTETS; octetsMax < size; octetsMax += 7) {
    assert.equal(written(entries, octetsMax), null, `${octetsMax}`);
  }
});

test('a hundred thousand values of one key are written without probing past all of them each time', () => {
  const entries = Array.from({ length: 100_000 }, (_, i): Entry => ['key', `${i}`]);
  const octets = database(entries);
  assert.equal(allOf(octets).fault, null);
  assert.equal(valuesOf(octets, 'key').length, entries.length);
});

// --- tinycdb ----------------------------------------------------------------------------------------------

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-cdb-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('tinycdb lists what is written, and finds it', (t) => {
  const file = join(temporaryFolder(t), 'test.cdb');
  const entries = many(500);
  writeFileSync(file, database(entries));
  const listed = runPeer(t, 'cdb', ['-d', file]);
  if (listed === null) return;
  const lines = entries.map(([key, value]) => `+${key.length},${value.length}:${key}->${value}\n`);
  assert.equal(listed.stdout, `${lines.join('')}\n`);
  assert.equal(runPeer(t, 'cdb', ['-q', file, 'key 3'])?.stdout, 'value 3');
});

test('what tinycdb writes is read', (t) => {
  const file = join(temporaryFolder(t), 'test.cdb');
  for (const entries of [many(0), many(5), many(2000)]) {
    const lines = entries.map(
      ([key, value]) => `+${key.length},${value.length}:${key}->${value}\n`,
    );
    if (runPeer(t, 'cdb', ['-c', file], `${lines.join('')}\n`) === null) return;
    assert.deepEqual(allOf(readFileSync(file)), { entries, fault: null });
  }
});

// --- damage -----------------------------------------------------------------------------------------------

const HEADER_FAULT = 'the header is not that of a constant database';
const TABLE_FAULT = 'the hash tables do not fit the entries';
const SMALL = many(3);
/** `key 0` and `value 0` in their entry. */
const KEY_OF_FIRST = HEADER_OCTETS + 8;
const ENTRY_OCTETS = 8 + 5 + 7;

const DAMAGE: readonly (readonly [
  name: string,
  damage: (octets: Buffer) => Buffer,
  fault: string,
])[] = [
  ['an empty file', () => Buffer.alloc(0), HEADER_FAULT],
  ['half a header', (octets) => octets.subarray(0, 1000), HEADER_FAULT],
  ['a header of zeros', (octets) => octets.fill(0, 0, HEADER_OCTETS), HEADER_FAULT],
  ['text', () => Buffer.alloc(10_000, '+www.example.com:192.0.2.1\n'), HEADER_FAULT],
  ['a file that was cut', (octets) => octets.subarray(0, octets.length - 1), HEADER_FAULT],
  ['a table in the header', (octets) => put(octets, 0, HEADER_OCTETS - 8), HEADER_FAULT],
  ['tables that overlap', (octets) => everyTable(octets, octets.length - 8, 1), HEADER_FAULT],
  ['a table of 2^32 - 1 slots', (octets) => put(octets, 4, 2 ** 32 - 1), HEADER_FAULT],
  [
    'a key that is too long',
    (octets) => put(octets, HEADER_OCTETS, 2 ** 32 - 1),
    'the entry at octet 2048 runs into the hash tables',
  ],
  [
    'a value that is too long',
    (octets) => put(octets, HEADER_OCTETS + ENTRY_OCTETS + 4, 100),
    `the entry at octet ${HEADER_OCTETS + ENTRY_OCTETS} runs into the hash tables`,
  ],
  [
    'an entry without room for its lengths',
    (octets) => put(octets, HEADER_OCTETS + 2 * ENTRY_OCTETS + 4, 3),
    `the entry at octet ${HEADER_OCTETS + 3 * ENTRY_OCTETS - 4} runs into the hash tables`,
  ],
  ['another key', (octets) => put(octets, KEY_OF_FIRST, 0x31313131), TABLE_FAULT],
  ['empty tables', (octets) => octets.fill(0, HEADER_OCTETS + 3 * ENTRY_OCTETS), TABLE_FAULT],
];

function put(octets: Buffer, at: number, value: number): Buffer {
  octets.writeUInt32LE(value, at);
  return octets;
}

function everyTable(octets: Buffer, start: number, slots: number): Buffer {
  for (let at = 0; at < HEADER_OCTETS; at += 8) put(put(octets, at, start), at + 4, slots);
  return octets;
}

for (const [name, damage, fault] of DAMAGE) {
  test(`damage is told: ${name}`, () => {
    assert.equal(allOf(damage(database(SMALL))).fault, fault);
  });
}

test('a key that only the tables of a damaged file know is not found', () => {
  const octets = database(SMALL);
  const tables = HEADER_OCTETS + 3 * ENTRY_OCTETS;
  for (let at = tables; at < octets.length; at += 8) put(octets, at + 4, octets.length - 4);
  assert.deepEqual(valuesOf(octets, 'key 0'), []);
});

const MUTATIONS = 2000;

test('mutated databases are read without end, error or reading elsewhere', (t) => {
  const seed = Date.now() % 0x7fffffff;
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const whole = database(many(60));
  let faults = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const octets = mutated(whole, random);
    const reader = new CdbReader(octets, octets.length);
    let count = 0;
    for (; reader.next(); count++) {
      const { at, keyAt, keyLength, valueAt, valueLength } = reader;
      assert.ok(at >= HEADER_OCTETS && keyAt === at + 8 && valueAt === keyAt + keyLength);
      assert.ok(valueAt + valueLength <= octets.length);
    }
    assert.ok(count <= octets.length / 8);
    if (reader.fault !== null) faults++;
    for (let key = 0; key < 60; key += 7)
      assert.ok(valuesOf(octets, `key ${key}`).length <= count + 60);
  }
  assert.ok(faults > MUTATIONS / 2, `${faults} faults`);
});

/** Numbers of the header, the entries and the tables changed, and sometimes the end cut off. */
function mutated(whole: Buffer, random: Random): Buffer {
  const octets = Buffer.from(whole);
  for (let count = 1 + random(4); count > 0; count--) {
    const at = random(octets.length - 4);
    const kind = random(4);
    if (kind === 0) octets[at] = random(256);
    else if (kind === 1) put(octets, at, random(octets.length));
    else if (kind === 2) put(octets, at & ~3, 2 ** 32 - 1 - random(9));
    else octets.copyWithin(at, random(octets.length), octets.length);
  }
  return random(5) === 0 ? octets.subarray(0, random(octets.length)) : octets;
}
