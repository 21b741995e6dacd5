/**
 * Scanners of addresses: octets in, octets out, false if they are none. IPv4 as a full dotted quad without leading
 * zeros, IPv6 as in RFC 4291 §2.2, hyphened octets (RFC 7043) and colon groups (RFC 6742).
 * Must not know: tokens, problems.
 */
import { writeU16 } from '../wire/octets.js';

const DOT = 0x2e;
const COLON = 0x3a;
const HYPHEN = 0x2d;

// === hot path

/** Value of a hexadecimal digit; 255 for other octets. */
export const HEX_VALUE: Uint8Array = new Uint8Array(256).fill(255);
for (let i = 0; i < 10; i++) HEX_VALUE[0x30 + i] = i;
for (let i = 0; i < 6; i++) HEX_VALUE[0x41 + i] = HEX_VALUE[0x61 + i] = 10 + i;

/** Writes four octets at `out[to]`. */
export function scanIp4(
  octets: Uint8Array,
  start: number,
  stop: number,
  out: Uint8Array,
  to: number,
): boolean {
  let value = 0;
  let digits = 0;
  let at = to;
  for (let i = start; i < stop; i++) {
    const octet = octets[i]!;
    if (octet === DOT) {
      if (digits === 0 || at === to + 3) return false;
      out[at++] = value;
      value = 0;
      digits = 0;
      continue;
    }
    const digit = octet - 0x30;
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return false;
    value = value * 10 + digit;
    if (value > 255) return false;
    digits++;
  }
  if (digits === 0 || at !== to + 3) return false;
  out[at] = value;
  return true;
}

/** Writes sixteen octets at `out[to]`. */
export function scanIp6(
  octets: Uint8Array,
  start: number,
  stop: number,
  out: Uint8Array,
  to: number,
): boolean {
  let count = 0;
  let gap = -1;
  let value = 0;
  let digits = 0;
  let groupAt = start;
  let i = start;
  if (octets[i] === COLON && (i + 1 === stop || octets[++i] !== COLON)) return false;
  for (; i < stop; i++) {
    const octet = octets[i]!;
    const digit = HEX_VALUE[octet]!;
    if (digit < 16) {
      if (digits === 4) return false;
      value = (value << 4) | digit;
      digits++;
    } else if (octet === COLON) {
      groupAt = i + 1;
      if (digits === 0) {
        if (gap >= 0) return false;
        gap = count;
      } else {
        if (count === 8 || groupAt === stop) return false;
        writeU16(out, to + 2 * count++, value);
        value = 0;
        digits = 0;
      }
    } else if (octet === DOT) {
      if (count > 6 || !scanIp4(octets, groupAt, stop, out, to + 2 * count)) return false;
      count += 2;
      digits = 0;
      break;
    } else return false;
  }
  if (digits > 0) {
    if (count === 8) return false;
    writeU16(out, to + 2 * count++, value);
  }
  if (gap < 0) return count === 8;
  if (count === 8) return false;
  spreadGap(out, to, gap, count);
  return true;
}

/** Moves the groups after a `::` to the end and zeroes the gap. */
function spreadGap(out: Uint8Array, to: number, gap: number, count: number): void {
  const after = 2 * (count - gap);
  for (let i = 1; i <= after; i++) out[to + 16 - i] = out[to + 2 * count - i]!;
  for (let i = to + 2 * gap; i < to + 16 - after; i++) out[i] = 0;
}

// === end of hot path

/** Writes `count` octets, each one or two hexadecimal digits, joined by hyphens. */
export function scanHyphened(
  octets: Uint8Array,
  start: number,
  stop: number,
  out: Uint8Array,
  to: number,
  count: number,
): boolean {
  return scanGroups(octets, start, stop, HYPHEN, 2, count, (group, value) => {
    out[to + group] = value;
  });
}

/** Writes eight octets: four groups of up to four hexadecimal digits, joined by colons. */
export function scanLocator(
  octets: Uint8Array,
  start: number,
  stop: number,
  out: Uint8Array,
  to: number,
): boolean {
  return scanGroups(octets, start, stop, COLON, 4, 4, (group, value) => {
    writeU16(out, to + 2 * group, value);
  });
}

function scanGroups(
  octets: Uint8Array,
  start: number,
  stop: number,
  separator: number,
  digitsMax: number,
  count: number,
  store: (group: number, value: number) => void,
): boolean {
  let at = start;
  for (let group = 0; group < count; group++) {
    if (group > 0 && octets[at++] !== separator) return false;
    let value = 0;
    const first = at;
    while (at < stop && HEX_VALUE[octets[at]!]! < 16)
      value = value * 16 + HEX_VALUE[octets[at++]!]!;
    if (at === first || at - first > digitsMax) return false;
    store(group, value);
  }
  return at === stop;
}
