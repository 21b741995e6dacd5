/**
 * What keys and values of several tables are made of. Must not know: which tables there are.
 */
import { FOLD, nameLength } from '../wire/name.js';
import { readU32, writeU32 } from '../wire/octets.js';

/** The key of a zone: a copy of its apex, case folded. */
export function keyOf(apex: Uint8Array): Uint8Array {
  // Not slice, which shares its memory if the apex is a Buffer.
  const key = new Uint8Array(apex.subarray(0, nameLength(apex, 0)));
  foldName(key);
  return key;
}

/** Folds the case of a name's octets; those that are lengths of labels are below the letters. */
export function foldName(octets: Uint8Array, length: number = octets.length): void {
  for (let i = 0; i < length; i++) octets[i] = FOLD[octets[i]!]!;
}

/** The least octets greater than all that begin with this name. No name is the beginning of another: all end in 0. */
export function afterName(name: Uint8Array): Uint8Array {
  const after = new Uint8Array(name);
  after[name.length - 1] = 1;
  return after;
}

/** A number below 2^53. */
export function readU64(octets: Uint8Array, at: number): number {
  return readU32(octets, at) * 2 ** 32 + readU32(octets, at + 4);
}

export function writeU64(octets: Uint8Array, at: number, value: number): void {
  writeU32(octets, at, Math.floor(value / 2 ** 32));
  writeU32(octets, at + 4, value >>> 0);
}
