/**
 * When two RDATA are the same: octet by octet, but names without regard to case (RFC 4034 §6.2, RFC 4343).
 * Must not know: RRsets, zones.
 */
import { FOLD } from '../wire/name.js';
import { compareOctets } from '../wire/octets.js';
import {
  COMPRESS_NAME,
  COMPRESS_TWO_NAMES,
  COMPRESS_U16_NAME,
  TYPE_COMPRESS,
} from '../wire/rrtypes.js';
import { canonicalRdata, compareRdata, hasFoldedNames } from './canonical-rdata.js';

/** Octets before the names of the type's RDATA and after them; between them case does not count. */
function fixedBefore(type: number): number {
  switch (TYPE_COMPRESS[type]) {
    case COMPRESS_NAME:
    case COMPRESS_TWO_NAMES:
      return 0;
    case COMPRESS_U16_NAME:
      return 2;
    default:
      return -1;
  }
}

/** Whether two RDATA in the same arena are the same data. */
export function sameRdata(
  type: number,
  arena: Uint8Array,
  aOffset: number,
  aLength: number,
  bOffset: number,
  bLength: number,
): boolean {
  if (aLength !== bLength) return false;
  const before = fixedBefore(type);
  if (before < 0) {
    if (compareOctets(arena, aOffset, aLength, arena, bOffset, bLength) === 0) return true;
    if (!hasFoldedNames(type)) return false;
    const a = canonicalRdata(type, arena, aOffset, aLength);
    return compareRdata(a, canonicalRdata(type, arena, bOffset, bLength)) === 0;
  }
  // the SOA's numbers come last
  const after = TYPE_COMPRESS[type] === COMPRESS_TWO_NAMES && type === 6 ? 20 : 0;
  for (let i = 0; i < aLength; i++) {
    const a = arena[aOffset + i]!;
    const b = arena[bOffset + i]!;
    if (a === b) continue;
    if (i < before || i >= aLength - after || FOLD[a] !== FOLD[b]) return false;
  }
  return true;
}
