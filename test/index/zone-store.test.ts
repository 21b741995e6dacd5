/**
 * Publishing: versions, packing, giving memory back, and what a reader in the middle of a packet may rely on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CONTROL_EPOCH,
  CONTROL_MESSAGES,
  type StoreMessage,
} from '../../src/index/table-layout.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import { ZoneTable } from '../../src/index/zone-table.js';
import { NameView, parseName } from '../../src/wire/name.js';
import { compileText, name, tableIn } from '../support/zones.js';

function image(serial: number, padding = 0): SharedArrayBuffer {
  const lines = [`@ 60 SOA ns hm ${serial} 2 3 4 5`, '@ 60 NS ns.x.'];
  for (let i = 0; i < padding; i++) lines.push(`p${i} 60 TXT "${'x'.repeat(200)}"`);
  return compileText('example.', `${lines.join('\n')}\n`);
}

/** The serial that a reader sees in a zone, `null` if nothing is served, -1 if there is no zone. */
function serialIn(table: ZoneTable, apex: string): number | null {
  const octets = name(apex);
  const view = new NameView();
  parseName(view, octets, 0, octets.length);
  const zone = table.find(view, 0);
  if (zone < 0) return -1;
  return table.view(zone)?.serial ?? null;
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

function viewOf(text: string): NameView {
  const octets = name(text);
  const view = new NameView();
  parseName(view, octets, 0, octets.length);
  return view;
}
