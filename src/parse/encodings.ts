/**
 * Fields of encoded octets: hexadecimal and base64 to the end of the entry, and the one-word forms of NSEC3, NSAP and
 * DOA. RFC 4648 §4, §7, §8; unused bits must be zero. Must not know: which types use them.
 */
import { TOKEN_WORD } from './lexer.js';
import type { RdataContext } from './rdata-context.js';
import { HEX_VALUE } from './scan-address.js';
import { atEntryEnd, failField, failToken, nextWord } from './words.js';

const DASH = 0x2d;
const PAD = 0x3d;

// === hot path

/** Value of a base64 digit; 255 for other octets. */
const BASE64_VALUE: Uint8Array = new Uint8Array(256).fill(255);
for (let i = 0; i < 26; i++) {
  BASE64_VALUE[0x41 + i] = i;
  BASE64_VALUE[0x61 + i] = 26 + i;
}
for (let i = 0; i < 10; i++) BASE64_VALUE[0x30 + i] = 52 + i;
BASE64_VALUE[0x2b] = 62;
BASE64_VALUE[0x2f] = 63;

/** Value of a base32hex digit in either case; 255 for other octets. */
const BASE32_VALUE: Uint8Array = new Uint8Array(256).fill(255);
for (let i = 0; i < 10; i++) BASE32_VALUE[0x30 + i] = i;
for (let i = 0; i < 22; i++) BASE32_VALUE[0x41 + i] = BASE32_VALUE[0x61 + i] = 10 + i;

/** Hexadecimal words to the end of the entry. Pairs of digits may straddle words, as BIND allows. */
export function parseHex(ctx: RdataContext): boolean {
  return ctx.lexer.next() === TOKEN_WORD ? hexWords(ctx) : failToken(ctx, 'hexadecimal digits');
}

/** As `parseHex`, or nothing at all. */
export function parseHexEmpty(ctx: RdataContext): boolean {
  return ctx.lexer.next() === TOKEN_WORD ? hexWords(ctx) : atEntryEnd(ctx);
}

function hexWords(ctx: RdataContext): boolean {
  const lexer = ctx.lexer;
  const octets = lexer.octets;
  const out = ctx.out;
  let to = ctx.length;
  let high = -1;
  do {
    const stop = lexer.stop;
    for (let i = lexer.start; i < stop; i++) {
      const digit = HEX_VALUE[octets[i]!]!;
      if (digit > 15) return failField(ctx, 'RDATA_HEX', 'invalid hexadecimal digit');
      if (high < 0) high = digit;
      else {
        out[to++] = (high << 4) | digit;
        high = -1;
      }
    }
  } while (lexer.next() === TOKEN_WORD);
  if (high >= 0) return failField(ctx, 'RDATA_HEX', 'odd number of hexadecimal digits');
  ctx.length = to;
  return atEntryEnd(ctx);
}

/** Base64 words to the end of the entry. */
export function parseBase64(ctx: RdataContext): boolean {
  return ctx.lexer.next() === TOKEN_WORD ? base64Words(ctx) : failToken(ctx, 'base64');
}

/** As `parseBase64`, or nothing at all. */
export function parseBase64Empty(ctx: RdataContext): boolean {
  return ctx.lexer.next() === TOKEN_WORD ? base64Words(ctx) : atEntryEnd(ctx);
}

function base64Words(ctx: RdataContext): boolean {
  const lexer = ctx.lexer;
  base64Start();
  do {
    const length = base64Word(lexer.octets, lexer.start, lexer.stop, ctx.out, ctx.length);
    if (length < 0) return failField(ctx, 'RDATA_BASE64', 'invalid base64');
    ctx.length += length;
  } while (lexer.next() === TOKEN_WORD);
  return base64Ends() ? atEntryEnd(ctx) : failField(ctx, 'RDATA_BASE64', 'incomplete base64');
}

/** State of the base64 text being decoded: words are decoded one after the other. */
let base64Bits = 0;
let base64Held = 0;
let base64Digits = 0;
let base64Pads = 0;

/** Begins a new base64 text. */
export function base64Start(): void {
  base64Bits = 0;
  base64Held = 0;
  base64Digits = 0;
  base64Pads = 0;
}

/** Decodes one more word; returns octets written at `out[to]`, or -1 if an octet is wrong. */
export function base64Word(
  octets: Uint8Array,
  start: number,
  stop: number,
  out: Uint8Array,
  to: number,
): number {
  let bits = base64Bits;
  let held = base64Held;
  let at = to;
  for (let i = start; i < stop; i++) {
    const value = BASE64_VALUE[octets[i]!]!;
    if (value > 63) {
      if (octets[i]! !== PAD) return -1;
      base64Pads++;
      continue;
    }
    if (base64Pads > 0) return -1;
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = held >>> bits;
    }
  }
  base64Bits = bits;
  base64Held = held;
  base64Digits += stop - start;
  return at - to;
}

/** Whether the text may end here: whole groups of four, at most two of them pads, unused bits zero. */
export function base64Ends(): boolean {
  if ((base64Digits & 3) !== 0 || base64Pads > 2) return false;
  return base64Pads * 2 === base64Bits && (base64Held & ((1 << base64Bits) - 1)) === 0;
}

/** One word of base32hex without padding after a length octet (NSEC3 next hashed owner name, RFC 5155 §3.3). */
export function parseBase32(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'hashed owner name')) return false;
  const lexer = ctx.lexer;
  const octets = lexer.octets;
  const out = ctx.out;
  const first = ctx.length + 1;
  let to = first;
  let held = 0;
  let bits = 0;
  for (let i = lexer.start; i < lexer.stop; i++) {
    const value = BASE32_VALUE[octets[i]!]!;
    if (value > 31) return failField(ctx, 'RDATA_BASE32', 'invalid base32hex');
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[to++] = held >>> bits;
    }
  }
  if (bits >= 5 || (held & ((1 << bits) - 1)) !== 0 || to - first > 255 || to === first) {
    return failField(ctx, 'RDATA_BASE32', 'invalid base32hex');
  }
  out[first - 1] = to - first;
  ctx.length = to;
  return true;
}

/** Writes the hexadecimal digits of `octets[start, stop)`; returns octets written, or -1 if they are not pairs. */
export function scanHex(
  octets: Uint8Array,
  start: number,
  stop: number,
  out: Uint8Array,
  to: number,
): number {
  if (((stop - start) & 1) !== 0) return -1;
  let at = to;
  for (let i = start; i < stop; i += 2) {
    const high = HEX_VALUE[octets[i]!]!;
    const low = HEX_VALUE[octets[i + 1]!]!;
    if (high > 15 || low > 15) return -1;
    out[at++] = (high << 4) | low;
  }
  return at - to;
}

/** One word of hexadecimal after a length octet, `-` if empty (NSEC3 salt, RFC 5155 §3.3). */
export function parseSalt(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'salt')) return false;
  const { octets, start, stop } = ctx.lexer;
  const at = ctx.length;
  let length = 0;
  if (stop - start !== 1 || octets[start]! !== DASH) {
    length = scanHex(octets, start, stop, ctx.out, at + 1);
    if (length < 0 || length > 255) return failField(ctx, 'RDATA_HEX', 'invalid salt');
  }
  ctx.out[at] = length;
  ctx.length = at + 1 + length;
  return true;
}

// === end of hot path

/** One word of base64, `-` if empty (DOA data). */
export function parseBase64Dash(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'data')) return false;
  const { octets, start, stop } = ctx.lexer;
  if (stop - start !== 1 || octets[start] !== DASH) return base64Words(ctx);
  return true;
}

/** `0x` and pairs of hexadecimal digits with dots between (RFC 1706 §7). */
export function parseNsap(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'address')) return false;
  const { octets, start, stop } = ctx.lexer;
  const prefixed = octets[start] === 0x30 && (octets[start + 1]! | 0x20) === 0x78;
  let high = -1;
  let at = ctx.length;
  for (let i = start + 2; prefixed && i < stop; i++) {
    const digit = HEX_VALUE[octets[i]!]!;
    if (octets[i] === 0x2e) continue;
    if (digit > 15) return failField(ctx, 'RDATA_ADDRESS', 'invalid NSAP address');
    if (high < 0) high = digit;
    else {
      ctx.out[at++] = (high << 4) | digit;
      high = -1;
    }
  }
  if (high >= 0 || at === ctx.length) {
    return failField(ctx, 'RDATA_ADDRESS', 'invalid NSAP address');
  }
  ctx.length = at;
  return true;
}
