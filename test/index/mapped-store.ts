/**
 * The same zones twice: in memory, and in files that were written and are mapped, as a server has them after a restart.
 */
import assert from 'node:assert/strict';
import type { Segment } from '../../src/index/segments.js';
import { locationOf, offsetOf, segmentOf } from '../../src/index/table-layout.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import type { ZoneTable } from '../../src/index/zone-table.js';
import { ImageFiles } from '../../src/store/image-files.js';
import { tableIn } from '../support/zones.js';

/** Apex and image of a zone. */
export type Compiled = readonly [apex: Uint8Array, image: SharedArrayBuffer];

export type Pair = { readonly memory: ZoneTable; readonly mapped: ZoneTable };

/** @param folder takes the files, which must stay */
export async function pairOf(folder: string, zones: readonly Compiled[]): Promise<Pair> {
  const files = new ImageFiles(folder);
  const memory = new ZoneStore();
  const slots = zones.map(([apex, image]) => memory.set(apex, image));
  const mapped = new ZoneStore();
  const segments = new Map<number, Segment>();
  for (const { id, octets, used } of memory.segments.all()) {
    const number = files.newNumber();
    const length = Math.min(used, octets.length);
    await files.write(number, octets.subarray(0, length), 0);
    segments.set(id, mapped.segments.restore(files.map(number, length), used, false));
  }
  for (const [i, [apex]] of zones.entries()) {
    const from = memory.locationOf(slots[i] ?? -1);
    const segment = segments.get(segmentOf(from));
    assert.ok(segment !== undefined);
    const offset = offsetOf(from);
    const location = locationOf(segment.id, offset);
    mapped.set(apex, { location, memory: segment.memory, offset });
  }
  mapped.segments.unpin();
  for (const segment of mapped.segments.all()) {
    assert.ok(!(segment.memory instanceof SharedArrayBuffer), 'a mapped file');
  }
  return { memory: tableIn(memory), mapped: tableIn(mapped) };
}
