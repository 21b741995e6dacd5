/**
 * Names between presentation text and octets (RFC 1035 §5.1, RFC 4343 §2.1): `scanName` for the parsers' tokens,
 * `nameFromText` for command lines and settings, `nameText` spelled as BIND spells it.
 * Must not know: master files, zones.
 */
import { LABEL_OCTETS_MAX, NAME_OCTETS_MAX } from '../base/limits.js';
import { copyOctets } from './octets.js';

/** Why `scanName` refused a name. All are negative: lengths are positive. */
export const SCAN_EMPTY_LABEL = -1;
export const SCAN_LABEL_TOO_LONG = -2;
export const SCAN_NAME_TOO_LONG = -3;
export const SCAN_BAD_ESCAPE = -4;
/** The name is relative, or `@`, and there is no origin. */
export const SCAN_NO_ORIGIN = -5;

/** Longest text of a name: every octet of it written `\DDD`. */
const NAME_TEXT_OCTETS_MAX = 4 * NAME_OCTETS_MAX;

const ROOT: Uint8Array = new Uint8Array(1);

const DOT = 0x2e;
const BACKSLASH = 0x5c;
const AT = 0x40;

// === hot path

/**
 * Turns the text `octets[start, stop)` into an absolute uncompressed name at `out[outOffset]`. `@` alone is the
 * origin; a name without final dot is completed with the origin, `originLength` octets at `origin[0]`, 0 if none.
 * `out` needs room for 255 octets; on failure what is in it is undefined.
 * @returns octets written, or one of SCAN_….
 */
export function scanName(
  octets: Uint8Array,
  start: number,
  stop: number,
  out: Uint8Array,
  outOffset: number,
  origin: Uint8Array,
  originLength: number,
): number {
  if (stop - start <= 1) {
    if (start === stop) return SCAN_EMPTY_LABEL;
    if (octets[start] === AT) {
      if (originLength === 0) return SCAN_NO_ORIGIN;
      copyOctets(origin, 0, out, outOffset, originLength);
      return originLength;
    }
    if (octets[start] === DOT) {
      out[outOffset] = 0;
      return 1;
    }
  }
  if (stop - start > NAME_TEXT_OCTETS_MAX) return SCAN_NAME_TOO_LONG;
  let labelAt = outOffset;
  let to = outOffset + 1;
  let at = start;
  for (;;) {
    let octet = 0;
    while (at < stop) {
      octet = octets[at]!;
      if (octet === DOT || octet === BACKSLASH) break;
      out[to++] = octet;
      at++;
    }
    if (at >= stop) break;
    if (octet === DOT) {
      const length = to - labelAt - 1;
      if (length === 0) return SCAN_EMPTY_LABEL;
      if (length > LABEL_OCTETS_MAX) return SCAN_LABEL_TOO_LONG;
      out[labelAt] = length;
      labelAt = to++;
      at++;
    } else {
      const value = scanEscape(octets, at, stop);
      if (value < 0) return SCAN_BAD_ESCAPE;
      out[to++] = value;
      at += escapeLength(octets, at);
    }
  }
  const length = to - labelAt - 1;
  if (length === 0) {
    if (to - outOffset > NAME_OCTETS_MAX) return SCAN_NAME_TOO_LONG;
    out[labelAt] = 0;
    return to - outOffset;
  }
  if (length > LABEL_OCTETS_MAX) return SCAN_LABEL_TOO_LONG;
  if (originLength === 0) return SCAN_NO_ORIGIN;
  if (to - outOffset + originLength > NAME_OCTETS_MAX) return SCAN_NAME_TOO_LONG;
  out[labelAt] = length;
  copyOctets(origin, 0, out, to, originLength);
  return to - outOffset + originLength;
}

/** Value of the escape whose backslash is at `at`: `\DDD` up to 255, or `\X`; -1 if it is neither. */
export function scanEscape(octets: Uint8Array, at: number, stop: number): number {
  if (at + 1 >= stop) return -1;
  const first = octets[at + 1]!;
  if (first < 0x30 || first > 0x39) return first;
  if (at + 3 >= stop) return -1;
  const second = octets[at + 2]! - 0x30;
  const third = octets[at + 3]! - 0x30;
  if (second < 0 || second > 9 || third < 0 || third > 9) return -1;
  const value = (first - 0x30) * 100 + second * 10 + third;
  return value <= 255 ? value : -1;
}

/** Octets of the valid escape at `at`, its backslash included. */
export function escapeLength(octets: Uint8Array, at: number): number {
  const first = octets[at + 1]!;
  return first >= 0x30 && first <= 0x39 ? 4 : 2;
}

// === end of hot path

/** The absolute name that `text` spells, with or without its final dot, or `null` if it is none. */
export function nameFromText(text: string): Uint8Array | null {
  const octets = Buffer.from(text);
  const out = new Uint8Array(NAME_OCTETS_MAX);
  const length = scanName(octets, 0, octets.length, out, 0, ROOT, ROOT.length);
  return length > 0 ? out.slice(0, length) : null;
}

/** How each octet of a label is written: itself, `\X`, or `\DDD` if it is not printable. */
const LABEL_TEXT: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  const char = String.fromCharCode(octet);
  if ('"();.\\@$'.includes(char)) return `\\${char}`;
  return octet > 0x20 && octet < 0x7f ? char : `\\${String(octet).padStart(3, '0')}`;
});

/** Absolute presentation form of the valid uncompressed name at `offset`, spelled as BIND spells it. */
export function nameText(octets: Uint8Array, offset: number): string {
  if (octets[offset] === 0) return '.';
  let text = '';
  for (let at = offset; octets[at]! > 0; at += octets[at]! + 1) {
    const stop = at + 1 + octets[at]!;
    for (let i = at + 1; i < stop; i++) text += LABEL_TEXT[octets[i]!]!;
    text += '.';
  }
  return text;
}

/** Whether an octet of a label stands for itself in text: 1, or 0. */
const IS_PLAIN: Uint8Array = Uint8Array.from(LABEL_TEXT, (text) => (text.length === 1 ? 1 : 0));

// === hot path

/**
 * As `nameText`, into octets: the labels of `octets[offset, stop)`, a dot after each.
 * @param out has room for four octets for each of these
 * @returns where the text ends in `out`
 */
export function writeLabelsText(
  octets: Uint8Array,
  offset: number,
  stop: number,
  out: Uint8Array,
  outAt: number,
): number {
  let to = outAt;
  for (let at = offset; at < stop; ) {
    const end = at + 1 + octets[at]!;
    for (at++; at < end; at++) {
      const octet = octets[at]!;
      if (IS_PLAIN[octet]! === 1) {
        out[to++] = octet;
      } else {
        const text = LABEL_TEXT[octet]!;
        for (let i = 0; i < text.length; i++) out[to++] = text.charCodeAt(i);
      }
    }
    out[to++] = DOT;
  }
  return to;
}

// === end of hot path
