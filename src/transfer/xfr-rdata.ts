/**
 * Names and RDATA of a message without compression, as zones hold them (RFC 1035 §4.1.4, RFC 3597 §4). Sure of its
 * bounds: a pointer leads back, a name has 255 octets at most. Must not know: sections, what the records are for.
 */
import { NAME_OCTETS_MAX } from '../base/limits.js';
import { HEADER_OCTETS } from '../wire/constants.js';
import { copyOctets, readU16 } from '../wire/octets.js';
import * as kinds from '../wire/rrtypes.js';
import { typeByCode } from '../wire/rrtypes.js';

/** What is no name, or no RDATA that could be one of its type. */
export const MALFORMED = -1;

/**
 * Types whose names may be compressed where a message is read (RFC 3597 §4): those of RFC 1035 with names, and RP,
 * AFSDB, RT, SIG, PX, NXT, SRV, NAPTR. A pointer in any other is a fault.
 */
const COMPRESSED: readonly number[] = [
  2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 17, 18, 21, 24, 26, 30, 33, 35,
];

/** Octets of the kinds of field that stand before names in these types; strings have their own length. */
const FIELD_OCTETS: ReadonlyMap<number, number> = new Map([
  [kinds.FIELD_U8, 1],
  [kinds.FIELD_U16, 2],
  [kinds.FIELD_U32, 4],
  [kinds.FIELD_TIME, 4],
  [kinds.FIELD_TYPE, 2],
  [kinds.FIELD_ALGORITHM, 1],
]);

// Steps of a layout beside numbers of octets to copy.
const STEP_NAME = -1;
const STEP_STRING = -2;

/** By type: its fields up to the last name, as steps; what follows is copied. */
const LAYOUTS: (Int8Array | null)[] = new Array(Math.max(...COMPRESSED) + 1).fill(null);
for (const type of COMPRESSED) LAYOUTS[type] = layoutOf(type);

function layoutOf(type: number): Int8Array {
  const fields = typeByCode(type)?.fields ?? [];
  const last = fields.lastIndexOf(kinds.FIELD_NAME);
  return Int8Array.from(fields.slice(0, last + 1), (kind) => {
    if (kind === kinds.FIELD_NAME) return STEP_NAME;
    return FIELD_OCTETS.get(kind) ?? STEP_STRING;
  });
}

const POINTER_BITS = 0xc0;

let written = 0;

// === hot path

/**
 * Writes the name at `offset` of a message of `length` octets to `out[outAt]`, which has room for 255 octets.
 * @returns the offset after the name in the message, or MALFORMED
 */
export function expandName(
  octets: Uint8Array,
  offset: number,
  length: number,
  out: Uint8Array,
  outAt: number,
): number {
  const limit = outAt + NAME_OCTETS_MAX;
  let at = offset;
  let to = outAt;
  let end = MALFORMED;
  // A pointer leads back before what was read last, so this ends.
  let before = offset;
  while (at < length) {
    const octet = octets[at]!;
    if (octet >= POINTER_BITS) {
      if (at + 2 > length) return MALFORMED;
      if (end < 0) end = at + 2;
      const target = readU16(octets, at) & 0x3fff;
      if (target < HEADER_OCTETS || target >= before) return MALFORMED;
      before = target;
      at = target;
      continue;
    }
    const next = at + octet + 1;
    if (octet > 63 || next > length || to + octet + 1 > limit) return MALFORMED;
    copyOctets(octets, at, out, to, octet + 1);
    to += octet + 1;
    at = next;
    if (octet === 0) {
      written = to - outAt;
      return end < 0 ? at : end;
    }
  }
  return MALFORMED;
}

/** Octets of the name that `expandName` wrote last. */
export function expandedOctets(): number {
  return written;
}

/**
 * Writes the RDATA in `octets[offset, end)` of a message to `out`, which has room for MESSAGE_OCTETS_MAX. Only names
 * are looked at: whether the rest is right, `checkRdata` says.
 * @returns octets written, or MALFORMED
 */
export function expandRdata(
  type: number,
  octets: Uint8Array,
  offset: number,
  end: number,
  out: Uint8Array,
): number {
  const layout = type < LAYOUTS.length ? LAYOUTS[type]! : null;
  let at = offset;
  let to = 0;
  if (layout !== null) {
    for (let i = 0; i < layout.length; i++) {
      const step = layout[i]!;
      if (step === STEP_NAME) {
        at = expandName(octets, at, end, out, to);
        if (at < 0 || to + NAME_OCTETS_MAX > out.length) return MALFORMED;
        to += written;
      } else {
        const size = step === STEP_STRING && at < end ? octets[at]! + 1 : step;
        if (size < 0 || at + size > end) return MALFORMED;
        copyOctets(octets, at, out, to, size);
        at += size;
        to += size;
      }
    }
  }
  if (to + end - at > out.length) return MALFORMED;
  copyOctets(octets, at, out, to, end - at);
  return to + end - at;
}

// === end of hot path
