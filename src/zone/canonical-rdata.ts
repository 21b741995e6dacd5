/**
 * Canonical form and order of RDATA (RFC 4034 §6.2, §6.3; RFC 6840 §5.1): names of the types listed there in lower
 * case, then octet by octet. Must not know: RRsets, zones.
 */
import { FOLD, nameLength } from '../wire/name.js';
import { compareOctets } from '../wire/octets.js';
import * as kinds from '../wire/rrtypes.js';
import { typeByCode } from '../wire/rrtypes.js';

/**
 * Types whose names are folded: NS MD MF CNAME SOA MB MG MR PTR MINFO MX RP AFSDB RT SIG PX NXT NAPTR KX SRV DNAME
 * RRSIG.
 */
const FOLDED: ReadonlySet<number> = new Set([
  2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 17, 18, 21, 24, 26, 30, 33, 35, 36, 39, 46,
]);

/** Octets of the kinds of field that stand before names in these types; strings and names have their own length. */
const FIELD_OCTETS: ReadonlyMap<number, number> = new Map([
  [kinds.FIELD_U8, 1],
  [kinds.FIELD_U16, 2],
  [kinds.FIELD_U32, 4],
  [kinds.FIELD_PERIOD, 4],
  [kinds.FIELD_TIME, 4],
  [kinds.FIELD_TYPE, 2],
  [kinds.FIELD_ALGORITHM, 1],
]);

/** Whether names in the type's RDATA compare without regard to case (RFC 4034 §6.2). */
export function hasFoldedNames(type: number): boolean {
  return FOLDED.has(type);
}

/** A copy of valid RDATA in canonical form. */
export function canonicalRdata(
  type: number,
  octets: Uint8Array,
  offset: number,
  length: number,
): Uint8Array {
  const out = octets.slice(offset, offset + length);
  foldRdata(type, out, 0);
  return out;
}

/** Brings valid RDATA into canonical form where it is. */
export function foldRdata(type: number, octets: Uint8Array, offset: number): void {
  if (!FOLDED.has(type)) return;
  let at = offset;
  for (const kind of typeByCode(type)?.fields ?? []) {
    if (kind === kinds.FIELD_NAME) {
      const stop = at + nameLength(octets, at);
      for (; at < stop; at++) octets[at] = FOLD[octets[at]!]!;
    } else if (kind === kinds.FIELD_STRING) at += 1 + octets[at]!;
    else {
      const fixed = FIELD_OCTETS.get(kind);
      // what has no fixed size comes after the last name
      if (fixed === undefined) break;
      at += fixed;
    }
  }
}

/** Compares two canonical RDATA (RFC 4034 §6.3). */
export function compareRdata(a: Uint8Array, b: Uint8Array): number {
  return compareOctets(a, 0, a.length, b, 0, b.length);
}
