/**
 * Names in messages, which may be compressed (RFC 1035 §4.1.4), read one by one. Must not know: whose names they are.
 */
import { NAME_OCTETS_MAX } from '../base/limits.js';
import { HEADER_OCTETS } from './constants.js';
import { readU16 } from './octets.js';
import { foldedName } from './tsig-key.js';

/** Two set bits mark a compression pointer. */
const POINTER_BITS = 0xc0;

/** A name that may be compressed, in lower case, and the offset after it; `null` if it is malformed. */
export function readName(
  octets: Uint8Array,
  offset: number,
  length: number,
): { readonly name: Uint8Array; readonly end: number } | null {
  const name = new Uint8Array(NAME_OCTETS_MAX);
  let written = 0;
  let at = offset;
  let end = -1;
  // A pointer leads back before what was read last, so this ends.
  let before = offset;
  while (at < length) {
    const octet = octets[at]!;
    if (octet >= POINTER_BITS) {
      if (at + 2 > length) return null;
      if (end < 0) end = at + 2;
      const target = readU16(octets, at) & 0x3fff;
      if (target < HEADER_OCTETS || target >= before) return null;
      before = target;
      at = target;
      continue;
    }
    const next = at + octet + 1;
    if (octet > 63 || next > length || written + octet + 1 > NAME_OCTETS_MAX) return null;
    name.set(octets.subarray(at, next), written);
    written += octet + 1;
    if (octet === 0) {
      return { name: foldedName(name.subarray(0, written)), end: end < 0 ? next : end };
    }
    at = next;
  }
  return null;
}
