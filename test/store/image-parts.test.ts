/** What is remembered of images: it is read as it was written, and rows of another layout are left out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type ImagePart,
  ImageParts,
  PART_OCTETS,
  partName,
  type StoredPart,
  type StoredZone,
} from '../../src/store/image-parts.js';
import { openStore } from '../../src/store/store.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { temporaryStore } from './stores.js';

const PLAIN = { noNullPrototype: true } as const;
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
/** Octets as the print has them, one a character. */
const octetText = fc
  .uint8Array({ maxLength: 200 })
  .map((octets) => Buffer.from(octets).toString('latin1'));
/** Any text that UTF-8 can say, and numbers that a file system gives. */
const path = fc.string({ unit: 'binary', maxLength: 300 });
const float = fc.double({ noNaN: true });
const stamp = fc.option(
  fc.record({ inode: fc.double(), size: float, mtimeMs: float, ctimeMs: float }, PLAIN),
  { nil: null },
);
const file = fc.record({ path, stamp, print: octetText }, PLAIN);
const zone: fc.Arbitrary<StoredZone> = fc.record(
  {
    offset: u32,
    octets: u32,
    serial: u32,
    recordCount: u32,
    rules: u32,
    readAt: float,
    signaturesEnd: u32,
    isCurrent: fc.boolean(),
    apex: fc.uint8Array({ maxLength: 255 }),
    files: fc.array(file, { minLength: 1, maxLength: 5 }),
    problems: fc.string({ unit: 'binary', maxLength: 2000 }),
  },
  PLAIN,
);
const part: fc.Arbitrary<ImagePart> = fc.record(
  {
    file: u32,
    part: u32,
    from: u32,
    to: u32,
    checksum: u32,
    program: u32,
    zones: fc.array(zone, { minLength: 1, maxLength: 12 }),
  },
  PLAIN,
);

function zonesOf(stored: StoredPart): StoredZone[] {
  const zones: StoredZone[] = [];
  let at = stored.first;
  for (let left = stored.count; left > 0; left--) {
    const one = stored.zone(at);
    assert.deepEqual(
      [one.offset, one.octets, one.rules, one.readAt, Buffer.from(one.apex)],
      [
        stored.offset(at),
        stored.octets(at),
        stored.rules(at),
        stored.readAt(at),
        Buffer.from(stored.apex(at)),
      ],
    );
    assert.equal(stored.path(at).toString(), one.files[0]?.path);
    zones.push({ ...one, apex: Uint8Array.from(one.apex) });
    at = stored.next(at);
  }
  return zones;
}

function plain(stored: StoredPart): ImagePart {
  const { file: number, part: index, from, to, checksum, program } = stored;
  return { file: number, part: index, from, to, checksum, program, zones: zonesOf(stored) };
}

function byName(parts: readonly ImagePart[]): ImagePart[] {
  return [...parts].sort((a, b) => a.file - b.file || a.part - b.part);
}

test('parts are read as they were written, in the order of files and places', async (t) => {
  const folder = temporaryDirectory(t);
  let store = openStore(folder);
  t.after(() => store.close());
  const distinct = fc.uniqueArray(part, { selector: partName, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(distinct, async (written) => {
      new ImageParts(store).put(written);
      await store.close();
      store = openStore(folder);
      const parts = new ImageParts(store);
      const { parts: read, unreadable } = parts.all();
      assert.equal(unreadable, 0);
      assert.deepEqual(read.map(plain), byName(written));
      parts.keepOnly(() => false);
      assert.deepEqual(parts.all().parts, []);
    }),
    { numRuns: 60 },
  );
});

function partWith(number: number, index: number, count: number): ImagePart {
  const one: StoredZone = {
    offset: index * PART_OCTETS,
    octets: 64,
    serial: 1,
    recordCount: 1,
    rules: 0,
    readAt: 0,
    signaturesEnd: 0,
    isCurrent: true,
    apex: Uint8Array.of(0),
    files: [{ path: '/x', stamp: null, print: '' }],
    problems: '',
  };
  const head = { file: number, part: index, from: 0, to: 1, checksum: 0, program: 0 };
  return { ...head, zones: Array.from({ length: count }, () => one) };
}

test('a zone may have any number of files, with names of any length', (t) => {
  const parts = new ImageParts(temporaryStore(t));
  const [zone] = partWith(1, 0, 1).zones;
  assert.ok(zone !== undefined);
  const many = Array.from({ length: 70_000 }, () => ({ path: '/y', stamp: null, print: '' }));
  const long = { path: `/${'z'.repeat(70_000)}`, stamp: null, print: '' };
  const files = [long, ...many, long];
  parts.put([{ ...partWith(1, 0, 1), zones: [{ ...zone, files }, zone] }]);
  const [read] = parts.all().parts;
  assert.ok(read !== undefined);
  assert.deepEqual(
    zonesOf(read).map((one) => one.files),
    [files, zone.files],
  );
});

test('a part without zones goes, in the same transaction in which others come', (t) => {
  const parts = new ImageParts(temporaryStore(t));
  parts.put([partWith(1, 0, 2), partWith(1, 1, 1)]);
  parts.put([partWith(1, 0, 0), partWith(2, 0, 1)]);
  assert.deepEqual(parts.all().parts.map(partName), ['1/1', '2/0']);
  // one that is not there goes, too
  parts.put([partWith(9, 9, 0)]);
  assert.equal(parts.all().parts.length, 2);
});

test('rows of another layout are counted, and go with those that are not wanted', (t) => {
  const store = temporaryStore(t);
  const parts = new ImageParts(store);
  parts.put([partWith(1, 0, 1), partWith(1, 1, 1), partWith(2, 0, 1)]);
  const table = store.table('images');
  const [first] = [...table.range()];
  assert.ok(first !== undefined);
  first.value[3] = 2;
  table.put(first.key, first.value);
  table.put(Buffer.from('short'), Buffer.from('odd'));
  table.put(Buffer.alloc(8, 1), Buffer.alloc(23));
  const { parts: read, unreadable } = parts.all();
  assert.deepEqual([read.map(partName), unreadable], [['1/1', '2/0'], 3]);
  parts.keepOnly((one) => partName(one) === '2/0');
  assert.deepEqual([...table.range()].length, 1);
  assert.deepEqual(parts.all().parts.map(partName), ['2/0']);
});
