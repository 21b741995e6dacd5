/**
 * Service parameters of SVCB and HTTPS on the wire: the table of keys and the check of RFC 9460 §2.2, §7 and §8.
 * Must not know: text forms.
 */
import { readU16 } from './octets.js';

/** Shapes of a parameter's value. */
export const SVC_OPAQUE = 0;
/** List of keys, ascending. */
export const SVC_KEYS = 1;
/** List of strings with length octets. */
export const SVC_STRINGS = 2;
export const SVC_NOTHING = 3;
export const SVC_PORT = 4;
export const SVC_IP4 = 5;
export const SVC_BASE64 = 6;
export const SVC_IP6 = 7;
/** URI template with a variable `dns` (RFC 9461 §5). */
export const SVC_TEMPLATE = 8;

const KEY_MANDATORY = 0;
const KEY_ALPN = 1;
const KEY_NO_DEFAULT_ALPN = 2;

export type SvcKey = {
  readonly name: string;
  readonly shape: number;
  /** Whether the name is printed; BIND 9.18 prints dohpath as `key7`. */
  readonly printed: boolean;
};

/** One row per key, in the order of their numbers; all others are `keyNNN` with an opaque value. */
export const SVC_KEYS_KNOWN: readonly SvcKey[] = [
  { name: 'mandatory', shape: SVC_KEYS, printed: true },
  { name: 'alpn', shape: SVC_STRINGS, printed: true },
  { name: 'no-default-alpn', shape: SVC_NOTHING, printed: true },
  { name: 'port', shape: SVC_PORT, printed: true },
  { name: 'ipv4hint', shape: SVC_IP4, printed: true },
  { name: 'ech', shape: SVC_BASE64, printed: true },
  { name: 'ipv6hint', shape: SVC_IP6, printed: true },
  { name: 'dohpath', shape: SVC_TEMPLATE, printed: false },
];

/** Number of a key's name or of `keyNNN` without leading zeros; -1 if it is neither. */
export function svcKeyNumber(text: string): number {
  const known = SVC_KEYS_KNOWN.findIndex((row) => row.name === text);
  if (known >= 0) return known;
  const digits = /^key(0|[1-9]\d{0,4})$/.exec(text)?.[1];
  if (digits === undefined) return -1;
  return Number(digits) <= 0xffff ? Number(digits) : -1;
}

/** The name to print for a key. */
export function svcKeyText(key: number): string {
  const row = SVC_KEYS_KNOWN[key];
  return row?.printed === true ? row.name : `key${key}`;
}

/**
 * Whether `octets[at, end)` are parameters that RFC 9460 allows together.
 * @returns null, or what is wrong with them.
 */
export function checkSvcParams(octets: Uint8Array, at: number, end: number): string | null {
  let before = -1;
  let hasAlpn = false;
  for (let i = at; i < end; ) {
    if (end - i < 4) return 'truncated service parameter';
    const key = readU16(octets, i);
    const length = readU16(octets, i + 2);
    const value = i + 4;
    if (value + length > end) return 'truncated service parameter';
    if (key === before) return `duplicate service parameter ${svcKeyText(key)}`;
    if (key < before) return 'service parameters out of order';
    before = key;
    if (key === KEY_ALPN) hasAlpn = true;
    if (key === KEY_NO_DEFAULT_ALPN && !hasAlpn) return 'no-default-alpn without alpn';
    if (!checkValue(SVC_KEYS_KNOWN[key]?.shape ?? SVC_OPAQUE, octets, value, value + length)) {
      return `invalid value of service parameter ${svcKeyText(key)}`;
    }
    if (key === KEY_MANDATORY && !mandatoryPresent(octets, value, value + length, end)) {
      return 'mandatory service parameter missing';
    }
    i = value + length;
  }
  return null;
}

function checkValue(shape: number, octets: Uint8Array, at: number, end: number): boolean {
  const length = end - at;
  switch (shape) {
    case SVC_KEYS:
      return length > 0 && length % 2 === 0 && keysAscend(octets, at, end);
    case SVC_STRINGS:
      return length > 0 && stringsFit(octets, at, end);
    case SVC_NOTHING:
      return length === 0;
    case SVC_PORT:
      return length === 2;
    case SVC_IP4:
      return length > 0 && length % 4 === 0;
    case SVC_IP6:
      return length > 0 && length % 16 === 0;
    case SVC_TEMPLATE:
      return /^\/.*\{[^{}]*\bdns\b[^{}]*\}/s.test(
        Buffer.from(octets.subarray(at, end)).toString('latin1'),
      );
    default:
      return true;
  }
}

/** Key 0 itself may not be listed, nor any key twice (RFC 9460 §8). */
function keysAscend(octets: Uint8Array, at: number, end: number): boolean {
  let before = 0;
  for (let i = at; i < end; i += 2) {
    const key = readU16(octets, i);
    if (key <= before) return false;
    before = key;
  }
  return true;
}

function stringsFit(octets: Uint8Array, at: number, end: number): boolean {
  let i = at;
  while (i < end) {
    if (octets[i] === 0) return false;
    i += octets[i]! + 1;
  }
  return i === end;
}

/** Both the list and the parameters after it ascend: one walk finds them all. */
function mandatoryPresent(octets: Uint8Array, at: number, end: number, stop: number): boolean {
  let i = end;
  for (let k = at; k < end; k += 2) {
    const wanted = readU16(octets, k);
    while (i + 4 <= stop && readU16(octets, i) < wanted) i += 4 + readU16(octets, i + 2);
    if (i + 4 > stop || readU16(octets, i) !== wanted) return false;
  }
  return true;
}
