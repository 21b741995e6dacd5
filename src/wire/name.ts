/**
 * Domain names as octets: length-prefixed labels ending in the root's zero octet (RFC 1035 §3.1), uncompressed,
 * case kept, compared without case (RFC 4343). Hashing, canonical order (RFC 4034 §6.1) and the parsed `NameView`
 * that a query works on. Text forms are in name-text.ts. Must not know: messages, zones.
 */
import { LABEL_COUNT_MAX, NAME_OCTETS_MAX } from '../base/limits.js';

/** ASCII letters folded to lower case, every other octet itself (RFC 4343 §3). */
export const FOLD: Uint8Array = new Uint8Array(256);
for (let i = 0; i < 256; i++) FOLD[i] = i >= 65 && i <= 90 ? i + 32 : i;

/** Hash of the root; every other name's hash grows from its parent's. */
export const HASH_ROOT = 0x2b3c5d17 | 0;

/** Two set bits mark a compression pointer, RFC 1035 §4.1.4. */
const POINTER_BITS = 0xc0;

/**
 * A name with the places and hashes of all its suffixes, reused from query to query. Label 0 is the leftmost;
 * `labelOffset[labelCount]` is the root's zero octet.
 */
export class NameView {
  /** Octets that hold the name; belongs to whoever called `parseName`. */
  octets: Uint8Array = new Uint8Array(NAME_OCTETS_MAX);
  /** Where the name starts in `octets`. */
  offset = 0;
  /** Octets of the name, the root's included. */
  length = 1;
  labelCount = 0;
  /** Offset in `octets` of each label's length octet. */
  readonly labelOffset: Int32Array = new Int32Array(LABEL_COUNT_MAX + 1);
  /** Signed 32-bit hash of the suffix that starts at each label, case folded. */
  readonly hash: Int32Array = new Int32Array(LABEL_COUNT_MAX + 1);
  /** What `octets` is at first. */
  readonly nothing: Uint8Array = this.octets;
}

// === hot path

/** Hash of a name from its parent's hash and its first label, whose length octet is at `offset`. */
export function hashLabel(parentHash: number, octets: Uint8Array, offset: number): number {
  const length = octets[offset]!;
  let hash = Math.imul(parentHash ^ length, 0x01000193);
  for (let i = offset + 1; i <= offset + length; i++) {
    hash = Math.imul(hash ^ FOLD[octets[i]!]!, 0x01000193);
  }
  return hash ^ (hash >>> 15);
}

/**
 * Fills `view` with the uncompressed name at `offset`.
 * @returns the name's length in octets, or -1 if it is not a valid uncompressed name that ends before `end`.
 */
export function parseName(view: NameView, octets: Uint8Array, offset: number, end: number): number {
  const limit = end < offset + NAME_OCTETS_MAX ? end : offset + NAME_OCTETS_MAX;
  const labelOffset = view.labelOffset;
  let at = offset;
  let count = 0;
  for (;;) {
    if (at >= limit) return -1;
    const length = octets[at]!;
    labelOffset[count] = at;
    if (length === 0) break;
    if (length > 63) return -1;
    count++;
    at += length + 1;
  }
  view.octets = octets;
  view.offset = offset;
  view.length = at + 1 - offset;
  view.labelCount = count;
  const hashes = view.hash;
  let hash = HASH_ROOT;
  hashes[count] = hash;
  for (let i = count - 1; i >= 0; i--) {
    hash = hashLabel(hash, octets, labelOffset[i]!);
    hashes[i] = hash;
  }
  return view.length;
}

/** Lets go of the octets that hold the name: they may be those of a whole zone. */
export function forgetName(view: NameView): void {
  view.octets = view.nothing;
}

/** @returns the offset after a name that may end in a compression pointer, or -1 if it is malformed or cut short. */
export function skipName(octets: Uint8Array, offset: number, length: number): number {
  let at = offset;
  while (at < length) {
    const octet = octets[at]!;
    if (octet === 0) return at + 1;
    if (octet >= POINTER_BITS) return at + 2;
    if (octet > 63) return -1;
    at += octet + 1;
  }
  return -1;
}

/** Length in octets of the valid uncompressed name at `offset`, the root's octet included. */
export function nameLength(octets: Uint8Array, offset: number): number {
  let at = offset;
  while (octets[at]! !== 0) at += octets[at]! + 1;
  return at + 1 - offset;
}

/** Labels of the valid uncompressed name at `offset`, the root not counted. */
export function countLabels(octets: Uint8Array, offset: number): number {
  let count = 0;
  for (let at = offset; octets[at]! !== 0; at += octets[at]! + 1) count++;
  return count;
}

/** Whether two stretches of `length` octets are the same name or suffix, case folded. Length octets are < 64. */
export function equalNames(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) {
    const x = a[aOffset + i]!;
    const y = b[bOffset + i]!;
    if (x !== y && FOLD[x]! !== FOLD[y]!) return false;
  }
  return true;
}

/** Octets that `name` has before the suffix `parent`; -1 if `parent` is not a suffix. Equal names give 0. */
export function suffixOffset(
  name: Uint8Array,
  nameStart: number,
  nameOctets: number,
  parent: Uint8Array,
  parentStart: number,
  parentOctets: number,
): number {
  const before = nameOctets - parentOctets;
  // Most names that are not below the parent differ in the first octet that is looked at.
  if (before < 0 || !equalNames(name, nameStart + before, parent, parentStart, parentOctets)) {
    return -1;
  }
  let at = 0;
  while (at < before) at += name[nameStart + at]! + 1;
  return at === before ? before : -1;
}

// === end of hot path

const offsetsA = new Int32Array(LABEL_COUNT_MAX + 1);
const offsetsB = new Int32Array(LABEL_COUNT_MAX + 1);

/** Canonical order of two uncompressed names: by label from the root down, folded (RFC 4034 §6.1). */
export function compareNames(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
): number {
  const aCount = labelOffsets(a, aOffset, offsetsA);
  const bCount = labelOffsets(b, bOffset, offsetsB);
  const common = Math.min(aCount, bCount);
  for (let i = 1; i <= common; i++) {
    const order = compareLabels(a, offsetsA[aCount - i]!, b, offsetsB[bCount - i]!);
    if (order !== 0) return order;
  }
  return aCount - bCount;
}

function labelOffsets(octets: Uint8Array, offset: number, out: Int32Array): number {
  let count = 0;
  for (let at = offset; octets[at]! !== 0; at += octets[at]! + 1) out[count++] = at;
  return count;
}

function compareLabels(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number): number {
  const aLength = a[aOffset]!;
  const bLength = b[bOffset]!;
  const length = Math.min(aLength, bLength);
  for (let i = 1; i <= length; i++) {
    const order = FOLD[a[aOffset + i]!]! - FOLD[b[bOffset + i]!]!;
    if (order !== 0) return order;
  }
  return aLength - bLength;
}
