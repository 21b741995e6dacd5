/**
 * Segments: what a restored one keeps, what is let go and when, and that readers find the same octets while a segment
 * is read elsewhere.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PACKED_IMAGE_OCTETS_MAX } from '../../src/base/limits.js';
import { mapFile, whyUnmappable } from '../../src/base/memory.js';
import { IMAGE_SIZE } from '../../src/index/image.js';
import { type Segment, Segments } from '../../src/index/segments.js';
import {
  alignedSize,
  locationOf,
  offsetOf,
  SEGMENT_OCTETS,
  type StoreMessage,
  segmentOf,
} from '../../src/index/table-layout.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { seededRandom } from '../fuzz/random.js';
import { compileText, name, tableIn } from '../support/zones.js';
import { serialIn } from './read-serial.js';

/** What stands for an image: its size where an image has it, and a number all over. */
function image(octets: number, fill: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(octets);
  new Uint8Array(buffer).fill(fill);
  new Int32Array(buffer, 0, IMAGE_SIZE + 1)[IMAGE_SIZE] = octets;
  return buffer;
}

class Events {
  readonly messages: StoreMessage[] = [];
  readonly emptied: number[] = [];
  readonly retired: number[] = [];
  readonly segments = new Segments({
    tell: (message) => this.messages.push(message),
    empty: ({ id }) => this.emptied.push(id),
    retire: ({ id }) => this.retired.push(id),
  });
  readonly all = (): Segment[] => [...this.segments.all()];
}

/** Memory that holds images of these sizes, one behind the other, and where each is. */
function packed(sizes: readonly number[]): { memory: SharedArrayBuffer; used: number } {
  const used = sizes.reduce((sum, size) => sum + alignedSize(size), 0);
  const memory = new SharedArrayBuffer(used);
  let at = 0;
  for (const [i, size] of sizes.entries()) {
    new Uint8Array(memory, at, size).set(new Uint8Array(image(size, i + 1)));
    at += alignedSize(size);
  }
  return { memory, used };
}

test('a restored segment stays, used or not, until it is not pinned any more', () => {
  const events = new Events();
  const { segments } = events;
  const { memory, used } = packed([1000, 1000, 1000]);
  const segment = segments.restore(memory, used, false);
  assert.deepEqual([segment.live, segment.used, segment.isPinned], [0, used, true]);
  const location = locationOf(segment.id, 0);
  segments.claim(location);
  assert.equal(segment.live, alignedSize(1000));
  segments.release(location);
  assert.deepEqual([segment.live, events.retired], [0, []]);
  segments.unpin();
  assert.deepEqual(events.retired, [segment.id]);
  assert.deepEqual(events.emptied, [], 'nothing lived in it');
});

test('a restored segment with little in use is emptied when it is not pinned any more', () => {
  const rows = [
    { claimed: 3, emptied: false },
    { claimed: 2, emptied: false },
    { claimed: 1, emptied: true },
  ];
  for (const { claimed, emptied } of rows) {
    const events = new Events();
    const { memory, used } = packed([1000, 1000, 1000]);
    const segment = events.segments.restore(memory, used, false);
    for (let i = 0; i < claimed; i++) {
      events.segments.claim(locationOf(segment.id, i * alignedSize(1000)));
    }
    events.segments.unpin();
    assert.deepEqual(events.emptied, emptied ? [segment.id] : [], `${claimed} of 3`);
    assert.deepEqual(events.retired, emptied ? [segment.id] : []);
  }
});

test('what was the open segment goes on being filled, and nothing in it is touched', () => {
  const events = new Events();
  const { segments } = events;
  const { memory, used } = packed([1000]);
  const room = new SharedArrayBuffer(SEGMENT_OCTETS);
  new Uint8Array(room).set(new Uint8Array(memory));
  const segment = segments.restore(room, used, true);
  assert.ok(segments.isOpen(segment));
  const location = segments.place(image(500, 9), 0);
  assert.deepEqual([segmentOf(location), offsetOf(location)], [segment.id, used]);
  assert.deepEqual(segment.octets.subarray(0, used), new Uint8Array(memory));
  segments.unpin();
  assert.deepEqual(events.retired, [], 'an open segment stays');
});

test('a segment that is not open gets nothing', () => {
  const { segments } = new Events();
  const { memory, used } = packed([1000]);
  const segment = segments.restore(memory, used, false);
  assert.notEqual(segmentOf(segments.place(image(500, 9), 0)), segment.id);
  assert.equal(segment.used, used);
});

test('a large image keeps its buffer, as a segment of its own that is never open', () => {
  const { segments } = new Events();
  const large = image(PACKED_IMAGE_OCTETS_MAX + 1, 3);
  const location = segments.place(large, 0);
  const segment = segments.get(segmentOf(location));
  assert.ok(segment !== undefined && segment.memory === large && !segments.isOpen(segment));
});

test('a segment is moved where the same octets are, and readers are told once', () => {
  const events = new Events();
  const { segments } = events;
  const { memory, used } = packed([1000, 3000]);
  const segment = segments.restore(memory, used, false);
  const elsewhere = new SharedArrayBuffer(used);
  new Uint8Array(elsewhere).set(new Uint8Array(memory));
  segments.move(segment, elsewhere);
  const { id } = segment;
  assert.deepEqual(events.messages.at(-1), { kind: 'segment', id, memory: elsewhere });
  assert.equal(segment.octets.buffer, elsewhere);
  const open = segments.get(segmentOf(segments.place(image(500, 9), 0)));
  assert.ok(open !== undefined);
  assert.throws(() => segments.move(open, elsewhere), /a full segment/);
  const gone: Segment = { ...segment };
  assert.throws(() => segments.move(gone, elsewhere), /a full segment/);
});

function mappedCopy(t: TestContext, segment: Segment, number: number) {
  const path = join(temporaryDirectory(t), `${number}`);
  const octets = segment.octets.subarray(0, Math.min(segment.used, segment.octets.length));
  writeFileSync(path, octets);
  return mapFile(path, octets.length);
}

test('zones are found, and keep their versions, while their segments move to files and back', (t) => {
  if (whyUnmappable() !== null) return t.skip(`${whyUnmappable()}`);
  const random = seededRandom(11);
  const store = new ZoneStore();
  const table = tableIn(store);
  const serials = new Map<string, number>();
  const text = (serial: number, padding: number) =>
    `@ 60 SOA ns hm ${serial} 2 3 4 5\n@ 60 NS ns.x.\n` +
    Array.from({ length: padding }, (_, i) => `p${i} 60 TXT "${'y'.repeat(200)}"\n`).join('');
  let moves = 0;
  for (let step = 1; step <= 400; step++) {
    const apex = `z${random(60)}.`;
    const held = `z${random(60)}.`;
    table.begin();
    const before = serialIn(table, held);
    store.set(name(apex), compileText(apex, text(step, random(random(4) === 0 ? 9000 : 400))));
    serials.set(apex, step);
    for (const segment of [...store.segments.all()]) {
      if (store.segments.isOpen(segment) || random(5) !== 0) continue;
      const isShared = segment.memory instanceof SharedArrayBuffer;
      const memory = isShared
        ? mappedCopy(t, segment, step)
        : new SharedArrayBuffer(segment.octets.length);
      if (memory instanceof SharedArrayBuffer) new Uint8Array(memory).set(segment.octets);
      store.segments.move(segment, memory);
      moves++;
    }
    // the packet at hand sees what it saw
    assert.equal(serialIn(table, held), before);
    for (const reader of step % 50 === 0 ? [table, tableIn(store)] : [table]) {
      for (const [zone, serial] of serials) {
        reader.begin();
        assert.equal(serialIn(reader, zone), serial);
      }
    }
  }
  assert.ok(moves > 50, `${moves} moves`);
});
