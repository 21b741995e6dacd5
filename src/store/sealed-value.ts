/**
 * Values as they lie on disk: the octets, then a checksum over table, key and octets, so that what a disk or another
 * program has changed is noticed and never served. Must not know: what the values mean.
 */
import { crc32 } from 'node:zlib';
import { readU32, writeU32 } from '../wire/octets.js';

const CHECKSUM_OCTETS = 4;

/** A copy of `value` with its checksum behind it. */
export function sealValue(table: string, key: Uint8Array, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(value.length + CHECKSUM_OCTETS);
  sealed.set(value);
  writeU32(sealed, value.length, checksum(table, key, value));
  return sealed;
}

/** The value without its checksum, in the same memory; null if the checksum is wrong. */
export function openValue(table: string, key: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length < CHECKSUM_OCTETS) return null;
  const value = sealed.subarray(0, sealed.length - CHECKSUM_OCTETS);
  return readU32(sealed, value.length) === checksum(table, key, value) ? value : null;
}

/**
 * Table and key count, too: a value in another's place is as wrong as a changed one. The value comes first: it may be
 * empty, and for an empty buffer that has no memory `crc32` answers 0, whatever it was to go on from.
 */
function checksum(table: string, key: Uint8Array, value: Uint8Array): number {
  return crc32(key, crc32(table, crc32(value)));
}
