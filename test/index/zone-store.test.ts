/**
 * Publishing: versions, packing, giving memory back, and what a reader in the middle of a packet may rely on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { compileLocations } from '../../src/index/locations.js';
import {
  CONTROL_EPOCH,
  CONTROL_MESSAGES,
  type StoreMessage,
} from '../../src/index/table-layout.js';
import { Viewpoint } from '../../src/index/viewpoint.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import { ZoneTable } from '../../src/index/zone-table.js';
import { compileText, compileVariants, name, tableIn, type VariantText } from '../support/zones.js';
import { serialIn, viewOf } from './read-serial.js';

function image(serial: number, padding = 0): SharedArrayBuffer {
  const lines = [`@ 60 SOA ns hm ${serial} 2 3 4 5`, '@ 60 NS ns.x.'];
  for (let i = 0; i < padding; i++) lines.push(`p${i} 60 TXT "${'x'.repeat(200)}"`);
  return compileText('example.', `${lines.join('\n')}\n`);
}

/** A reader in another thread, as far as the store can tell: messages wait, the epoch is what it says. */
class Distant {
  readonly table = new ZoneTable();
  readonly waiting: StoreMessage[] = [];
  readonly kinds: string[] = [];
  epoch = 0;

  constructor(store: ZoneStore) {
    store.subscribe({
      message: (message) => {
        this.waiting.push(message);
        this.kinds.push(message.kind);
      },
      seen: () => this.epoch,
    });
    this.table.onMissing = () => this.drain();
    this.drain();
  }

  drain(): void {
    for (const message of this.waiting.splice(0)) this.table.take(message);
  }
}

function epochOf(store: ZoneStore): number {
  return new Int32Array(store.control)[CONTROL_EPOCH] ?? -1;
}

test('a new version is seen by the next packet, not by the one at hand', () => {
  const store = new ZoneStore();
  store.set(name('example.'), image(1));
  const table = tableIn(store);
  table.begin();
  assert.equal(serialIn(table, 'example.'), 1);
  store.set(name('example.'), image(2));
  assert.equal(serialIn(table, 'example.'), 1);
  table.begin();
  assert.equal(serialIn(table, 'example.'), 2);
  store.set(name('example.'), null);
  table.begin();
  assert.equal(serialIn(table, 'example.'), null);
});

test('a reader that comes later sees everything, through any number of rebuilds', () => {
  const store = new ZoneStore();
  const early = tableIn(store);
  for (let i = 0; i < 5000; i++) store.set(name(`z${i}.example.`), image(i));
  const late = tableIn(store);
  for (let i = 0; i < 5000; i += 7) {
    early.begin();
    late.begin();
    assert.equal(serialIn(early, `z${i}.example.`), i);
    assert.equal(serialIn(late, `z${i}.example.`), i);
  }
});

test('what a distant reader may still use is kept until it has seen a later epoch', async () => {
  const store = new ZoneStore();
  const large = (serial: number) => image(serial, 20_000);
  store.set(name('example.'), large(1));
  const reader = new Distant(store);
  reader.table.begin();
  assert.equal(serialIn(reader.table, 'example.'), 1);
  store.set(name('example.'), large(2));
  assert.equal(serialIn(reader.table, 'example.'), 1);
  assert.ok(!reader.kinds.includes('drop'));
  reader.epoch = epochOf(store);
  await sleep(400);
  assert.ok(reader.kinds.includes('drop'));
  reader.table.begin();
  assert.equal(serialIn(reader.table, 'example.'), 2);
});

test('a segment that a reader has not heard of is fetched when it is met', () => {
  const store = new ZoneStore();
  const reader = new Distant(store);
  const before = new Int32Array(store.control)[CONTROL_MESSAGES] ?? 0;
  store.set(name('example.'), image(3));
  assert.ok((new Int32Array(store.control)[CONTROL_MESSAGES] ?? 0) > before);
  reader.table.begin();
  assert.equal(serialIn(reader.table, 'example.'), 3);
  assert.equal(reader.waiting.length, 0);
});

test('a zone is never seen before its first version, nor without its last one', () => {
  const store = new ZoneStore();
  const table = new ZoneTable();
  const seen: (number | null)[] = [];
  const reader = {
    message: (message: StoreMessage) => {
      table.take(message);
      table.begin();
      // between the making of room and the publishing
      seen.push(serialIn(table, 'example.'));
    },
    seen: () => Number.POSITIVE_INFINITY,
  };
  store.subscribe(reader);
  store.set(name('example.'), image(1));
  assert.ok(seen.length >= 2 && seen.every((serial) => serial === -1), seen.join());
  table.begin();
  const zone = table.find(viewOf('example.'), 0);
  store.remove(name('example.'));
  assert.equal(table.view(zone)?.serial, 1);
  table.begin();
  assert.equal(serialIn(table, 'example.'), -1);
});

test('a zone number is not given to another zone while a reader may hold it', () => {
  const store = new ZoneStore();
  const reader = new Distant(store);
  store.set(name('a.'), image(1));
  const zone = reader.table.find(viewOf('a.'), 0);
  store.remove(name('a.'));
  store.set(name('b.'), image(2));
  assert.notEqual(reader.table.find(viewOf('b.'), 0), zone);
  reader.epoch = epochOf(store);
  store.set(name('c.'), image(3));
  store.set(name('d.'), image(4));
  assert.equal(reader.table.find(viewOf('d.'), 0), zone);
});

test('a claim makes a zone ours, and leaves what is served', () => {
  const store = new ZoneStore();
  const table = tableIn(store);
  const slot = store.claim(name('a.'));
  table.begin();
  assert.equal(serialIn(table, 'a.'), null);
  assert.equal(store.set(name('a.'), image(1)), slot);
  assert.equal(store.claim(name('a.')), slot);
  table.begin();
  assert.equal(serialIn(table, 'a.'), 1);
});

test('replacing zones over and over gives memory back, and moves nobody aside', () => {
  const store = new ZoneStore();
  const kinds: string[] = [];
  const table = tableIn(store);
  store.subscribe({
    message: ({ kind }) => kinds.push(kind),
    seen: () => Number.POSITIVE_INFINITY,
  });
  const padded = (serial: number) => image(serial, 3000);
  for (let i = 0; i < 20; i++) store.set(name(`still${i}.example.`), image(1000 + i));
  for (let round = 1; round <= 200; round++) store.set(name('busy.example.'), padded(round));
  const segments = kinds.filter((kind) => kind === 'segment').length;
  const drops = kinds.filter((kind) => kind === 'drop').length;
  assert.ok(segments > 3 && segments - drops <= 2, `${segments} segments, ${drops} dropped`);
  table.begin();
  assert.equal(serialIn(table, 'busy.example.'), 200);
  for (let i = 0; i < 20; i++) assert.equal(serialIn(table, `still${i}.example.`), 1000 + i);
});

// --- locations ------------------------------------------------------------------------------------------------------

/** Addresses that begin with 10 are in this location. */
function locations(location: number, padding = 0): SharedArrayBuffer {
  const ten = { location, address: Uint8Array.of(10, 0, 0, 0), bits: 8 };
  const others = Array.from({ length: padding }, (_, i) => ({
    location: i + 1000,
    address: Uint8Array.of(192, i >>> 16, i >>> 8, i),
    bits: 32,
  }));
  return compileLocations([ten, ...others]);
}

function serialText(serial: number): string {
  return `@ 60 SOA ns hm ${serial} 2 3 4 5\n@ 60 NS ns.x.\n`;
}

/** Location 1 sees serial `base` + 1, location 2 `base` + 2, others `base`. */
function varied(base: number): SharedArrayBuffer {
  const rows = [0, 1, 2].map((i): VariantText => [i, 0, serialText(base + i)]);
  return compileVariants('example.', rows);
}

/** Begins a packet from 10.0.0.1. */
function beginAtTen(table: ZoneTable): void {
  const viewpoint = new Viewpoint();
  viewpoint.begin(Uint8Array.of(10, 0, 0, 1));
  table.begin(viewpoint);
}

function serialAtTen(table: ZoneTable, apex: string): number | null {
  beginAtTen(table);
  return serialIn(table, apex);
}

test('a table of locations is found by zones that are set with it, and by no name', () => {
  const store = new ZoneStore();
  const table = tableIn(store);
  const one = store.addLocations(locations(1));
  const two = store.addLocations(locations(2));
  store.set(name('a.'), varied(10), 0, one);
  store.set(name('b.'), varied(20), 0, two);
  store.set(name('c.'), varied(30));
  assert.deepEqual(
    ['a.', 'b.', 'c.', '.', 'd.'].map((apex) => serialAtTen(table, apex)),
    [11, 22, 30, -1, -1],
  );
  assert.equal(store.count, 3);
});

test('tables of locations outlive rebuilds of the zone table and the moving of segments', () => {
  const store = new ZoneStore();
  const kinds: string[] = [];
  store.subscribe({
    message: ({ kind }) => kinds.push(kind),
    seen: () => Number.POSITIVE_INFINITY,
  });
  const early = tableIn(store);
  const slot = store.addLocations(locations(1, 5000));
  store.set(name('a.'), varied(10), 0, slot);
  for (let i = 0; i < 500; i++) store.set(name(`z${i}.`), varied(100 + i), 0, slot);
  for (let round = 1; round <= 200; round++) store.set(name('busy.'), image(round, 3000));
  assert.ok(kinds.filter((kind) => kind === 'table').length > 2, 'rebuilt');
  assert.ok(kinds.filter((kind) => kind === 'drop').length > 2, 'moved');
  for (const table of [early, tableIn(store)]) {
    assert.equal(serialAtTen(table, 'a.'), 11);
    for (let i = 0; i < 500; i += 7) assert.equal(serialAtTen(table, `z${i}.`), 101 + i);
  }
});

test('a packet sees a zone and the table of one version, whatever is replaced meanwhile', () => {
  const store = new ZoneStore();
  const reader = new Distant(store);
  let slot = store.addLocations(locations(1));
  store.set(name('a.'), varied(10), 0, slot);
  store.set(name('b.'), varied(10), 0, slot);
  for (let round = 1; round <= 300; round++) {
    const former = slot;
    const base = 10 * round;
    const epoch = epochOf(store);
    reader.drain();
    reader.epoch = epoch;
    beginAtTen(reader.table);
    const before = serialIn(reader.table, 'a.');
    // the location that a client is in changes with the version: 1 and 2 in turn
    slot = store.addLocations(locations(1 + (round % 2), 1000));
    assert.equal(serialIn(reader.table, 'b.'), before);
    store.set(name('a.'), varied(base), 0, slot);
    store.set(name('b.'), varied(base), 0, slot);
    assert.equal(serialIn(reader.table, 'a.'), before);
    reader.drain();
    assert.equal(serialAtTen(reader.table, 'b.'), base + 1 + (round % 2));
    store.removeLocations(former);
    assert.equal(serialAtTen(reader.table, 'a.'), base + 1 + (round % 2));
    store.set(name(`n${round}.`), null);
  }
});

test('a zone found before its table was removed is still answered by that table', () => {
  const store = new ZoneStore();
  const reader = new Distant(store);
  const former = store.addLocations(locations(1));
  store.set(name('a.'), varied(10), 0, former);
  reader.drain();
  // what the reader has found is in memory that it knows; all else happens before it asks for the location
  const zone = reader.table.find(viewOf('a.'), 0);
  const next = store.addLocations(locations(2));
  store.removeLocations(former);
  for (let i = 0; i < 200; i++) store.set(name(`n${i}.`), null);
  reader.drain();
  beginAtTen(reader.table);
  assert.equal(reader.table.view(zone)?.serial, 11);
  store.set(name('a.'), varied(20), 0, next);
  assert.equal(serialAtTen(reader.table, 'a.'), 22);
});

test('the slot of a table that was removed is used again when no reader may hold it', () => {
  const store = new ZoneStore();
  const slot = store.addLocations(locations(1));
  assert.throws(() => store.removeLocations(slot + 1), /a table of locations/);
  store.removeLocations(slot);
  store.set(name('a.'), varied(10));
  const table = tableIn(store);
  assert.equal(table.find(viewOf('a.'), 0), slot);
  assert.throws(() => store.removeLocations(slot), /a table of locations/);
});

/** Of each zone, whether a reader sees it restricted. */
function restrictedIn(table: ZoneTable, ...apexes: string[]): boolean[] {
  return apexes.map((apex) => {
    const view = viewOf(apex);
    const zone = table.find(view, 0);
    assert.deepEqual(table.apex(zone), name(apex));
    assert.equal(table.apexLabels(zone), view.labelCount);
    return table.isRestricted(zone);
  });
}

test('a restricted zone stays restricted over new versions and new tables, until it is removed', () => {
  const store = new ZoneStore();
  const table = tableIn(store);
  const labels = `${'a.'.repeat(126)}b.`;
  const some = ['.', 'example.', 'sub.Example.', labels];
  assert.equal(store.restrict(name('example.'), true), false);
  for (const apex of some) store.set(name(apex), null);
  assert.deepEqual(restrictedIn(table, ...some), [false, false, false, false]);
  for (const apex of ['example.', labels]) assert.equal(store.restrict(name(apex), true), true);
  const wanted = [false, true, false, true];
  assert.deepEqual(restrictedIn(table, ...some), wanted);
  for (const serial of [1, 2]) store.set(name('example.'), image(serial));
  for (let i = 0; i < 1000; i++) store.set(name(`z${i}.test.`), null);
  assert.deepEqual(restrictedIn(table, ...some), wanted);
  assert.equal(serialIn(table, 'EXAMPLE.'), 2);
  store.restrict(name('EXAMPLE.'), false);
  store.restrict(name(labels), true);
  assert.deepEqual(restrictedIn(table, ...some), [false, false, false, true]);
  store.remove(name(labels));
  store.set(name(labels), null);
  assert.deepEqual(restrictedIn(table, labels), [false]);
});
