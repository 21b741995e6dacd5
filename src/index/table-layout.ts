/**
 * The zone table's layout in shared memory, and how a zone's image is addressed. Written by zone-store.ts, read by
 * zone-table.ts in every thread. Must not know: what is in a zone.
 *
 *     word 0     slot count | zone capacity | most labels of an apex | octets of names in use
 *     word 4     slots: slotCount words, each a zone + 1, 0 free, -1 gone; open addressing, at most half full
 *     zonesAt    zones, ZONE_WORDS each: | hash | name offset | name length << 8 + RESTRICTED_BIT + labels | location |
 *     namesAt    apex names, uncompressed (octets)
 *
 * A location is one word, so that a zone's version changes in one store: segment number in the upper 14 bits, offset in
 * the segment in units of 64 octets in the lower 18; 0 while the zone has no version.
 */
import type { Memory } from '../base/memory.js';

export const TABLE_SLOT_COUNT = 0;
export const TABLE_ZONE_CAPACITY = 1;
export const TABLE_LABELS_MAX = 2;
export const TABLE_NAME_OCTETS = 3;
export const TABLE_HEADER_WORDS = 4;

export const SLOT_FREE = 0;
export const SLOT_GONE = -1;

export const ZONE_WORDS = 4;
export const ZONE_HASH = 0;
export const ZONE_NAME = 1;
export const ZONE_LENGTH_LABELS = 2;
export const ZONE_LOCATION = 3;

/** Of the word of length and labels: a name has 127 labels at most. */
export const LABELS_MASK = 0x7f;
/** Of the same word: not everybody may ask for what is in the zone. */
export const RESTRICTED_BIT = 0x80;

/** No version to serve. */
export const LOCATION_NONE = 0;
const OFFSET_BITS = 18;
const OFFSET_MASK = (1 << OFFSET_BITS) - 1;
const UNIT_SHIFT = 6;
/** Images start at multiples of this many octets. */
export const IMAGE_ALIGNMENT = 1 << UNIT_SHIFT;
/** Octets of a segment that holds several images: what a location can address. */
export const SEGMENT_OCTETS = 1 << (OFFSET_BITS + UNIT_SHIFT);
/** Segments, of which number 0 is none. */
export const SEGMENT_COUNT_MAX = 1 << (32 - OFFSET_BITS);

// Words of the control block, which tells readers that there is something to do
/** Grows whenever memory is given up; a reader that has seen it uses none of what was given up before. */
export const CONTROL_EPOCH = 0;
/** Messages sent to each reader so far. */
export const CONTROL_MESSAGES = 1;
export const CONTROL_WORDS = 2;

/**
 * What a reader is told, in order. Plain values, so they may be posted to a thread. A segment that is known already is
 * read elsewhere from now on.
 */
export type StoreMessage =
  | { readonly kind: 'table'; readonly buffer: SharedArrayBuffer }
  | { readonly kind: 'segment'; readonly id: number; readonly memory: Memory }
  | { readonly kind: 'drop'; readonly id: number };

/** Whoever reads what is served. */
export type StoreReader = {
  /** Takes a message, or posts it to where it is taken; order is kept. */
  message(message: StoreMessage): void;
  /** The newest epoch that the reader has seen between packets; Infinity if it never holds anything between calls. */
  seen(): number;
};

/** Octets that an image of so many takes in a segment. */
export function alignedSize(octets: number): number {
  return Math.ceil(octets / IMAGE_ALIGNMENT) * IMAGE_ALIGNMENT;
}

/** An empty table. @param nameOctets room for names */
export function newTable(capacity: number, nameOctets: number): SharedArrayBuffer {
  let slotCount = 16;
  while (slotCount < capacity * 2) slotCount *= 2;
  const words = TABLE_HEADER_WORDS + slotCount + capacity * ZONE_WORDS;
  const buffer = new SharedArrayBuffer((words + Math.ceil(nameOctets / 4)) * 4);
  const header = new Int32Array(buffer, 0, TABLE_HEADER_WORDS);
  header[TABLE_SLOT_COUNT] = slotCount;
  header[TABLE_ZONE_CAPACITY] = capacity;
  return buffer;
}

// === hot path

export function locationOf(segment: number, offset: number): number {
  return (segment << OFFSET_BITS) | (offset >>> UNIT_SHIFT);
}

export function segmentOf(location: number): number {
  return location >>> OFFSET_BITS;
}

export function offsetOf(location: number): number {
  return (location & OFFSET_MASK) << UNIT_SHIFT;
}
