/**
 * Prefixes of clients in `%` lines of tinydns `data`: whole octets of IPv4 as djb has them, hexadecimal digits of IPv6
 * as in fefe's patch, and addresses with a number of bits (RFC 4632 §3.1, RFC 4291 §2.3).
 * Must not know: which dialect has which form, locations, who takes the prefixes.
 */
import { TINYDNS_PREFIX_OCTETS_MAX } from '../base/limits.js';
import { HEX_VALUE, scanIp4, scanIp6 } from './scan-address.js';
import { IP6_OCTETS } from './tinydns-address.js';
import type { TinydnsLine } from './tinydns-line.js';

/** Clients whose address begins with the first `bits` of `address`, which has 4 octets or 16, zero after them. */
export type ClientPrefix = { readonly address: Uint8Array; readonly bits: number };

const IP4_OCTETS = 4;
const OCTET_BITS = 8;
const DIGIT_BITS = 4;
const BITS_DIGITS_MAX = 3;

const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const LETTER_F = 0x66;
const LETTER_S = 0x73;

/** Reads whole octets between dots, by djb's rules. @returns `null` if no client can have the prefix */
export function readOctets(line: TinydnsLine, field: number): ClientPrefix | null {
  const stop = line.stopOf(field);
  const { address: scanner, octets } = line;
  const parts: number[] = [];
  scanner.at = line.startOf(field);
  scanner.isWrapped = false;
  for (;;) {
    if (scanner.at < stop && octets[scanner.at] === DOT) {
      scanner.at++;
      continue;
    }
    const part = scanner.scanPart(octets, stop);
    if (part < 0) break;
    parts.push(part);
  }
  if (scanner.isWrapped || scanner.at < stop) line.reportAddress(field);
  if (parts.length > TINYDNS_PREFIX_OCTETS_MAX) {
    line.report('TINYDNS_PREFIX', field, 'a prefix of more than four octets: no client has it');
    return null;
  }
  const address = new Uint8Array(IP4_OCTETS);
  address.set(parts);
  return { address, bits: parts.length * OCTET_BITS };
}

/** As `readOctets`, after an `f` if there is one; hexadecimal digits of IPv6 after an `s`. */
export function readOctetsOrDigits(line: TinydnsLine, field: number): ClientPrefix | null {
  const first = line.isEmpty(field) ? 0 : line.octets[line.startOf(field)];
  if (first === LETTER_S) return readDigits(line, field);
  if (first === LETTER_F) line.skipLeading(field, 1);
  return readOctets(line, field);
}

function readDigits(line: TinydnsLine, field: number): ClientPrefix | null {
  const stop = line.stopOf(field);
  const address = new Uint8Array(IP6_OCTETS);
  const start = line.startOf(field) + 1;
  let at = start;
  for (; at < stop && HEX_VALUE[line.octets[at]!]! < 16; at++) {
    const digit = at - start;
    address[digit >>> 1]! |= HEX_VALUE[line.octets[at]!]! << (digit % 2 === 0 ? DIGIT_BITS : 0);
  }
  if (at < stop) line.reportRest(field, at);
  const bits = (at - start) * DIGIT_BITS;
  if (bits <= IP6_OCTETS * OCTET_BITS) return { address, bits };
  line.report('TINYDNS_PREFIX_INVALID', field, 'an IPv6 prefix has 32 digits at most');
  return null;
}

/** Whether the rest of the line from a field on has a slash, or more colons than a line of djb's has there. */
export function isAddressAndBits(line: TinydnsLine, field: number): boolean {
  let colons = 0;
  for (let at = line.startOf(field); at < line.stop; at++) {
    if (line.octets[at] === SLASH) return true;
    if (line.octets[at] === COLON) colons++;
  }
  return colons > 1;
}

/** Reads the rest of the line as an address, alone or with `/bits`. @returns `null` after an error */
export function readAddressAndBits(line: TinydnsLine, field: number): ClientPrefix | null {
  line.joinRest(field);
  const { octets } = line;
  const start = line.startOf(field);
  const stop = line.stopOf(field);
  const slashAt = octets.subarray(start, stop).indexOf(SLASH);
  const addressStop = slashAt < 0 ? stop : start + slashAt;
  const isIp6 = octets.subarray(start, addressStop).includes(COLON);
  const address = new Uint8Array(isIp6 ? IP6_OCTETS : IP4_OCTETS);
  const scan = isIp6 ? scanIp6 : scanIp4;
  if (!scan(octets, start, addressStop, address, 0)) {
    const text = `not an ${isIp6 ? 'IPv6' : 'IPv4'} address`;
    line.reportAt('TINYDNS_PREFIX_INVALID', start, addressStop - start, text);
    return null;
  }
  const bitsMax = address.length * OCTET_BITS;
  const bits = slashAt < 0 ? bitsMax : scanBits(octets, addressStop + 1, stop);
  if (bits < 0 || bits > bitsMax) {
    const text = `the number of bits is 0 to ${bitsMax}`;
    line.reportAt('TINYDNS_PREFIX_INVALID', addressStop + 1, stop - addressStop - 1, text);
    return null;
  }
  if (clearRest(address, bits)) {
    line.report('TINYDNS_REST', field, 'the address goes on after the prefix: this is ignored');
  }
  return { address, bits };
}

/** A decimal number; -1 if it is none, or too long. */
function scanBits(octets: Uint8Array, start: number, stop: number): number {
  if (start >= stop || stop - start > BITS_DIGITS_MAX) return -1;
  let bits = 0;
  for (let at = start; at < stop; at++) {
    const digit = octets[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    bits = bits * 10 + digit;
  }
  return bits;
}

/** Makes the bits after the prefix zero. @returns whether one of them was set */
function clearRest(address: Uint8Array, bits: number): boolean {
  let wasSet = false;
  for (const [i, octet] of address.entries()) {
    const kept = Math.min(Math.max(bits - i * OCTET_BITS, 0), OCTET_BITS);
    const cleared = octet & (0xff00 >>> kept) & 0xff;
    if (cleared !== octet) wasSet = true;
    address[i] = cleared;
  }
  return wasSet;
}
