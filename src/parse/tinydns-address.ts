/**
 * Addresses of tinydns `data`, by djb's rules: four numbers modulo 256 between dots, whatever follows is left; or 32
 * hexadecimal digits as in fefe's patch. And the names of reverse mapping, RFC 1035 §3.5, RFC 3596 §2.5.
 * Must not know: lines, fields, problems.
 */
import { HEX_VALUE } from './scan-address.js';
import type { TinydnsName } from './tinydns-text.js';

export const IP6_OCTETS = 16;
const IP6_DIGITS = 2 * IP6_OCTETS;
const DOT = 0x2e;

const HEX_DIGIT: Uint8Array = Buffer.from('0123456789abcdef');
const IN_ADDR_ARPA: Uint8Array = Buffer.from('\x07in-addr\x04arpa\0', 'latin1');
/** `.ip6.arpa`, and what RFC 1886 had before it: fefe's compiler writes both. */
export const IP6_ARPA: Uint8Array = Buffer.from('\x03ip6\x04arpa\0', 'latin1');
export const IP6_INT: Uint8Array = Buffer.from('\x03ip6\x03int\0', 'latin1');

// === hot path

/** An address and what was odd about it. */
export class AddressScanner {
  /** IPv4, 0 … 2^32-1. */
  ip4 = 0;
  readonly ip6: Uint8Array = new Uint8Array(IP6_OCTETS);
  /** Where scanning stopped. */
  at = 0;
  /** Whether a number was above 255. */
  isWrapped = false;

  /** Reads an IPv4 address at the beginning of `octets[start, stop)`. @returns whether there is one */
  scanIp4(octets: Uint8Array, start: number, stop: number): boolean {
    this.at = start;
    this.isWrapped = false;
    let address = 0;
    for (let i = 0; i < 4; i++) {
      if (i > 0) {
        if (this.at === stop || octets[this.at] !== DOT) return false;
        this.at++;
      }
      const part = this.scanPart(octets, stop);
      if (part < 0) return false;
      address = address * 256 + part;
    }
    this.ip4 = address;
    return true;
  }

  /** The number at `at` modulo 256; -1 if there is none. */
  scanPart(octets: Uint8Array, stop: number): number {
    const start = this.at;
    let at = start;
    let value = 0;
    for (; at < stop; at++) {
      const digit = octets[at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      if (value > 0xff) {
        this.isWrapped = true;
        value &= 0xff;
      }
    }
    this.at = at;
    return at === start ? -1 : value;
  }

  /** Reads 32 hexadecimal digits at the beginning of `octets[start, stop)`. @returns whether they are there */
  scanIp6(octets: Uint8Array, start: number, stop: number): boolean {
    this.at = start + IP6_DIGITS;
    this.isWrapped = false;
    if (this.at > stop) return false;
    for (let i = 0; i < IP6_OCTETS; i++) {
      const high = HEX_VALUE[octets[start + 2 * i]!]!;
      const low = HEX_VALUE[octets[start + 2 * i + 1]!]!;
      if (high > 15 || low > 15) return false;
      this.ip6[i] = (high << 4) | low;
    }
    return true;
  }
}

/** Writes the name of an IPv4 address under in-addr.arpa. */
export function writeReverse4(ip4: number, name: TinydnsName): void {
  const out = name.octets;
  let to = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    const part = (ip4 >>> shift) & 0xff;
    const digits = part > 99 ? 3 : part > 9 ? 2 : 1;
    out[to++] = digits;
    if (digits === 3) out[to++] = 0x30 + Math.trunc(part / 100);
    if (digits >= 2) out[to++] = 0x30 + (Math.trunc(part / 10) % 10);
    out[to++] = 0x30 + (part % 10);
  }
  name.length = copySuffix(IN_ADDR_ARPA, out, to);
}

/** Writes the name of an IPv6 address under `suffix`, IP6_ARPA or IP6_INT. */
export function writeReverse6(ip6: Uint8Array, suffix: Uint8Array, name: TinydnsName): void {
  const out = name.octets;
  let to = 0;
  for (let i = IP6_OCTETS - 1; i >= 0; i--) {
    const octet = ip6[i]!;
    out[to++] = 1;
    out[to++] = HEX_DIGIT[octet & 15]!;
    out[to++] = 1;
    out[to++] = HEX_DIGIT[octet >>> 4]!;
  }
  name.length = copySuffix(suffix, out, to);
}

function copySuffix(suffix: Uint8Array, out: Uint8Array, to: number): number {
  for (let i = 0; i < suffix.length; i++) out[to + i] = suffix[i]!;
  return to + suffix.length;
}

// === end of hot path
