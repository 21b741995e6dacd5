/**
 * A zone that depends on who asks and when: several images of it in one buffer, of which a client gets the one for its
 * location and the time. Position-independent and packed like an image. Must not know: addresses, clocks, messages.
 *
 *     word 0          header: VARIED_FORMAT | octets of the whole (the same word as an image's) | VARIED_… below
 *     locationsAt     locations, ascending, 0 the first: | location | its first row | row after its last |
 *     rowsAt          rows, by location, ascending in time: | from (seconds, unsigned) | word of its image, 0: hidden |
 *     then            images
 *
 * Rows are numbers, words count from the start of the whole. A time beyond 32 bits is held to the nearest that fits.
 */
import { assert } from '../base/errors.js';
import { IMAGE_ARENA_OCTETS_MAX } from '../base/limits.js';
import type { Zone } from '../zone/zone.js';
import { type CompileRules, compileZone, type ImageRoom, takeRoom } from './compile.js';
import { ENDING_LOWEST, ENDING_NONE, ENDING_OWN, type Ending, NONE } from './zone-index.js';

export const VARIED_FORMAT = 0x687a_0101;

// Header words
const MAGIC = 0;
const SIZE = 1;
/** Unix time that ends of records are counted from, unsigned. */
export const VARIED_BASE = 2;
/** What becomes of their TTLs: ENDING_…. */
export const VARIED_ENDING = 3;
/** Slot of the table that says which location an address is in; NONE: every client is in location 0. */
export const VARIED_TABLE = 4;
export const VARIED_LOCATION_COUNT = 5;
const HEADER_WORDS = 6;

const LOCATION_WORDS = 3;
const ROW_WORDS = 2;
const SECONDS_MAX = 0xffff_ffff;

/** The zone is not to be seen. */
export const HIDDEN = -1;

type Row = {
  readonly location: number;
  readonly fromSeconds: number;
  readonly image: SharedArrayBuffer | null;
};

/** Puts the variants of one zone together. */
export class VariantWriter {
  private readonly baseSeconds: number;
  private readonly rules: CompileRules;
  private readonly rows: Row[] = [];
  private hasEnds = false;

  /** @param baseSeconds Unix time that ends of records are counted from: what `recordTtl` of the zones says */
  constructor(baseSeconds: number, rules: CompileRules) {
    assert(baseSeconds >= 0 && baseSeconds <= SECONDS_MAX, 'a time of 32 bits');
    this.baseSeconds = baseSeconds;
    this.rules = rules;
  }

  /**
   * Adds what clients of a location see from a time on until the next row of the same location. Rows may come in any
   * order; of several with one time the last counts. The zone's memory may be used again after the call.
   * @param location 0: clients of no location, or of one without rows
   * @param fromSeconds Unix time; before the first row of a location that row holds, too
   * @param zone `null`: for these clients there is no such zone
   * @throws RangeError if the zone would not fit a buffer
   */
  add(location: number, fromSeconds: number, zone: Zone | null): void {
    assert(location >= 0, 'location 0 is the first');
    const image = zone === null ? null : compileZone(zone, null, this.rules);
    if (zone !== null) this.hasEnds ||= hasEnds(zone);
    this.rows.push({ location, fromSeconds, image });
  }

  /**
   * As compileZone: into the room if it fits, else a buffer of its own.
   * @throws RangeError if the zones would not fit a buffer
   */
  finish(room: ImageRoom | null): SharedArrayBuffer {
    const rows = [...this.rows];
    if (!rows.some(({ location }) => location === 0)) {
      rows.push({ location: 0, fromSeconds: 0, image: null });
    }
    rows.sort((a, b) => a.location - b.location || a.fromSeconds - b.fromSeconds);
    const locations = groupByLocation(rows);
    const rowsAt = HEADER_WORDS + locations.length * LOCATION_WORDS;
    const imagesAt = rowsAt + rows.length * ROW_WORDS;
    const octets = rows.reduce((sum, { image }) => sum + (image?.byteLength ?? 0), imagesAt * 4);
    if (octets > IMAGE_ARENA_OCTETS_MAX) throw new RangeError('the zone is too large');
    const { buffer, at } = takeRoom(room, octets);
    const words = new Int32Array(buffer, at, octets >>> 2);
    words[MAGIC] = VARIED_FORMAT;
    words[SIZE] = octets;
    words[VARIED_BASE] = this.baseSeconds;
    words[VARIED_ENDING] = this.ending();
    words[VARIED_TABLE] = NONE;
    words[VARIED_LOCATION_COUNT] = locations.length;
    words.set(locations.flat(), HEADER_WORDS);
    let next = imagesAt;
    for (const [i, { fromSeconds, image }] of rows.entries()) {
      const from = Math.min(Math.max(fromSeconds, 0), SECONDS_MAX);
      words.set([from, image === null ? 0 : next], rowsAt + i * ROW_WORDS);
      if (image === null) continue;
      words.set(new Int32Array(image), next);
      next += image.byteLength >>> 2;
    }
    return buffer;
  }

  private ending(): Ending {
    if (!this.hasEnds) return ENDING_NONE;
    return this.rules.tinydns ? ENDING_OWN : ENDING_LOWEST;
  }
}

/** Location, first row, and row after the last, of each location; the rows are sorted. */
function groupByLocation(rows: readonly Row[]): (readonly [number, number, number])[] {
  const groups: [number, number, number][] = [];
  for (const [i, { location }] of rows.entries()) {
    const last = groups.at(-1);
    if (last?.[0] === location) last[2] = i + 1;
    else groups.push([location, i, i + 1]);
  }
  return groups;
}

function hasEnds({ recordTtl, recordCount }: Zone): boolean {
  for (let record = 0; record < recordCount; record++) if (recordTtl[record]! < 0) return true;
  return false;
}

/** The words at which the images of the zone at word `at` start. */
export function* variantWords(words: Int32Array, at: number): Generator<number> {
  const locationCount = words[at + VARIED_LOCATION_COUNT]!;
  const rowsAt = at + HEADER_WORDS + locationCount * LOCATION_WORDS;
  const rowCount = words[rowsAt - LOCATION_WORDS + 2]!;
  for (let row = 0; row < rowCount; row++) {
    const image = words[rowsAt + row * ROW_WORDS + 1]!;
    if (image !== 0) yield at + image;
  }
}

// === hot path

/** The place of a location's entry, or of location 0's if it has none: a word's offset from `at`. */
export function findLocation(words: Int32Array, at: number, location: number): number {
  let low = 0;
  let high = words[at + VARIED_LOCATION_COUNT]! - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (words[at + HEADER_WORDS + middle * LOCATION_WORDS]! > location) high = middle - 1;
    else low = middle;
  }
  const entry = HEADER_WORDS + low * LOCATION_WORDS;
  return words[at + entry] === location ? entry : HEADER_WORDS;
}

/** Whether a location's entry has several rows, so that time matters. */
export function hasTimes(words: Int32Array, at: number, entry: number): boolean {
  return words[at + entry + 2]! - words[at + entry + 1]! > 1;
}

/** The word, counted from `at`, of the image that a location's entry has at a time, or HIDDEN. */
export function findVariant(words: Int32Array, at: number, entry: number, now: number): number {
  const rowsAt = at + HEADER_WORDS + words[at + VARIED_LOCATION_COUNT]! * LOCATION_WORDS;
  let low = words[at + entry + 1]!;
  let high = words[at + entry + 2]! - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (words[rowsAt + middle * ROW_WORDS]! >>> 0 > now) high = middle - 1;
    else low = middle;
  }
  const image = words[rowsAt + low * ROW_WORDS + 1]!;
  return image === 0 ? HIDDEN : image;
}
