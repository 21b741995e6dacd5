/**
 * Which location is a client in? Address prefixes become sorted ranges in one buffer, so that a look-up is a binary
 * search; the longest prefix around an address wins. Position-independent like an image. The number of leading bits
 * that decide is for the scope of a client subnet (RFC 7871 §7.2.1). Must not know: zones, what a location means.
 *
 *     word 0    LOCATIONS_FORMAT | octets of the whole | ranges of IPv4 | ranges of IPv6
 *     word 4    ranges of IPv4, ascending: | first address | location |
 *               ranges of IPv6, ascending: | first address, 4 words | location |
 *
 * Ranges cover all addresses; each ends where the next begins, and neighbours differ in location. Addresses are
 * unsigned words in network order. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) counts as IPv4: the range of those
 * says LOCATION_MAPPED in the table of IPv6, unless all of IPv4 is one range.
 */
import { assert } from '../base/errors.js';
import { readU32 } from '../wire/octets.js';

export const LOCATIONS_FORMAT = 0x687a_0201;

/** Clients of no location. */
export const LOCATION_ANY = 0;
const LOCATION_MAPPED = -1;

const HEADER_WORDS = 4;
const MAGIC = 0;
/** The same word as an image's. */
const SIZE = 1;
const COUNT_4 = 2;
const COUNT_6 = 3;

const NO_WORDS = new Int32Array(HEADER_WORDS);

const MAPPED_BITS = 96;
const MAPPED_FIRST = 0xffff_0000_0000n;

/** All addresses that begin with the first `bits` bits of `address`. */
export type LocationPrefix = {
  /** Not negative. 0 takes addresses out of a wider prefix. */
  readonly location: number;
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  readonly bits: number;
};

type Prefix = { first: bigint; last: bigint; bits: number; location: number };
type Range = { first: bigint; location: number };

/**
 * Compiles prefixes. Of one that is there twice the first counts. No bits of 4 octets stand for every client, IPv6 too,
 * unless there is a prefix of no bits of 16 octets.
 */
export function compileLocations(prefixes: readonly LocationPrefix[]): SharedArrayBuffer {
  const ip4: Prefix[] = [];
  const ip6: Prefix[] = [];
  for (const prefix of prefixes) {
    const octets = prefix.address.length;
    assert(octets === 4 || octets === 16, 'an address has 4 or 16 octets');
    assert(prefix.bits >= 0 && prefix.bits <= octets * 8, 'a prefix is a part of an address');
    if (octets === 4) ip4.push(normalized(prefix, 32));
    else if (isMapped(prefix)) ip4.push(normalized(unmapped(prefix), 32));
    else ip6.push(normalized(prefix, 128));
  }
  const catchAll = prefixes.find(({ address, bits }) => address.length === 4 && bits === 0);
  // the last of its like: one of 16 octets goes first
  if (catchAll !== undefined) ip6.push(everywhere(catchAll.location));
  const ranges4 = flatten(ip4, 32);
  const only4 = ranges4.length === 1 ? ranges4[0] : undefined;
  const mapped: Prefix = {
    first: MAPPED_FIRST,
    last: MAPPED_FIRST | 0xffff_ffffn,
    bits: MAPPED_BITS,
    location: only4?.location ?? LOCATION_MAPPED,
  };
  // no longer one is left in it
  const ranges6 = flatten([mapped, ...ip6], 128);
  return write(ranges4, ranges6);
}

function everywhere(location: number): Prefix {
  return { first: 0n, last: (1n << 128n) - 1n, bits: 0, location };
}

function bitsOf(address: Uint8Array): bigint {
  return address.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

function isMapped({ address, bits }: LocationPrefix): boolean {
  return bits >= MAPPED_BITS && bitsOf(address) >> 32n === MAPPED_FIRST >> 32n;
}

function unmapped({ address, bits, location }: LocationPrefix): LocationPrefix {
  return { address: address.subarray(12), bits: bits - MAPPED_BITS, location };
}

/** @param width bits of an address */
function normalized({ address, bits, location }: LocationPrefix, width: number): Prefix {
  const rest = (1n << BigInt(width - bits)) - 1n;
  const last = bitsOf(address) | rest;
  return { first: last - rest, last, bits, location };
}

/** Ranges of all addresses, each with the location of the longest prefix around it. */
function flatten(prefixes: readonly Prefix[], width: number): Range[] {
  // stable: of the same prefix the first stays the first
  const sorted = [...prefixes].sort((a, b) =>
    a.first === b.first ? a.bits - b.bits : a.first < b.first ? -1 : 1,
  );
  const end = (1n << BigInt(width)) - 1n;
  const ranges: Range[] = [{ first: 0n, location: LOCATION_ANY }];
  const around: Prefix[] = [];
  const close = (): void => {
    const closed = around.pop();
    if (closed === undefined || closed.last === end) return;
    begin(ranges, closed.last + 1n, around.at(-1)?.location ?? LOCATION_ANY);
  };
  for (const prefix of sorted) {
    while ((around.at(-1)?.last ?? end) < prefix.first) close();
    const top = around.at(-1);
    if (top !== undefined && top.first === prefix.first && top.bits === prefix.bits) continue;
    begin(ranges, prefix.first, prefix.location);
    around.push(prefix);
  }
  while (around.length > 0) close();
  return ranges;
}

/** Addresses from `first` on have this location, until told otherwise. */
function begin(ranges: Range[], first: bigint, location: number): void {
  if (ranges.at(-1)?.first === first) ranges.pop();
  if (ranges.at(-1)?.location !== location) ranges.push({ first, location });
}

function write(ranges4: readonly Range[], ranges6: readonly Range[]): SharedArrayBuffer {
  const count = HEADER_WORDS + ranges4.length * 2 + ranges6.length * 5;
  const buffer = new SharedArrayBuffer(count * 4);
  const words = new Int32Array(buffer);
  words[MAGIC] = LOCATIONS_FORMAT;
  words[SIZE] = count * 4;
  words[COUNT_4] = ranges4.length;
  words[COUNT_6] = ranges6.length;
  let at = HEADER_WORDS;
  for (const { first, location } of ranges4) {
    words[at++] = Number(BigInt.asIntN(32, first));
    words[at++] = location;
  }
  for (const { first, location } of ranges6) {
    for (let shift = 96n; shift >= 0n; shift -= 32n) {
      words[at++] = Number(BigInt.asIntN(32, first >> shift));
    }
    words[at++] = location;
  }
  return buffer;
}

/** Reads one table at a time, wherever it lies in a segment. */
export class LocationTable {
  private words: Int32Array = NO_WORDS;
  private at = 0;
  /** The address looked for, one word or four. */
  private readonly address = new Int32Array(4);
  /** Words of an address. */
  private width = 0;
  /** The range found, the first and the end of its table: offsets of words. */
  private range = 0;
  private first = 0;
  private end = 0;
  /** Bits before the address in its own notation: of an IPv4-mapped one. */
  private bitsBefore = 0;

  // === hot path

  /** Moves to the table at word `at`. */
  attach(words: Int32Array, at: number): void {
    this.words = words;
    this.at = at;
  }

  /** Lets go of the memory. */
  forget(): void {
    this.words = NO_WORDS;
  }

  /** @param address 4 or 16 octets; any other number is nobody's. @returns its location */
  find(address: Uint8Array): number {
    const { words, at } = this;
    const octets = address.length;
    this.width = 0;
    if (octets !== 4 && octets !== 16) return LOCATION_ANY;
    for (let i = 0; i < octets >>> 2; i++) this.address[i] = readU32(address, i * 4);
    const ip4At = at + HEADER_WORDS;
    const ip4End = ip4At + words[at + COUNT_4]! * 2;
    this.bitsBefore = 0;
    if (octets === 4) return this.search(ip4At, ip4End, 1);
    const location = this.search(ip4End, ip4End + words[at + COUNT_6]! * 5, 4);
    if (location !== LOCATION_MAPPED) return location;
    this.address[0] = this.address[3]!;
    this.bitsBefore = MAPPED_BITS;
    return this.search(ip4At, ip4End, 1);
  }

  /** Bits of the shortest prefix around the address found last in which every address has its location. */
  scopeBits(): number {
    const { width, range, first, end } = this;
    if (width === 0) return 0;
    const next = range + width + 1;
    const below = range === first ? -1 : this.commonBits(range, 1);
    const above = next === end ? -1 : this.commonBits(next, 0);
    const bits = (below > above ? below : above) + 1;
    return bits === 0 ? 0 : this.bitsBefore + bits;
  }

  /** The location of the last range that begins at or before the address. */
  private search(first: number, end: number, width: number): number {
    const stride = width + 1;
    let low = 0;
    let high = (end - first) / stride - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.isBefore(first + middle * stride, width)) high = middle - 1;
      else low = middle;
    }
    this.width = width;
    this.first = first;
    this.end = end;
    this.range = first + low * stride;
    return this.words[this.range + width]!;
  }

  /** Whether the address is less than the one at `at`. */
  private isBefore(at: number, width: number): boolean {
    for (let i = 0; i < width; i++) {
      const own = this.address[i]! >>> 0;
      const other = this.words[at + i]! >>> 0;
      if (own !== other) return own < other;
    }
    return false;
  }

  /** Leading bits that the address has in common with the one at `at`, less `minus`: 0 or 1. */
  private commonBits(at: number, minus: number): number {
    const { width, words, address } = this;
    for (let i = 0; i < width; i++) {
      // the words after this one are all zero: taking one away borrows from here
      let borrow = minus;
      for (let rest = i + 1; rest < width; rest++) if (words[at + rest] !== 0) borrow = 0;
      const difference = address[i]! ^ (words[at + i]! - borrow);
      if (difference !== 0) return i * 32 + Math.clz32(difference);
    }
    return width * 32;
  }
}
