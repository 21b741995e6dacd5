/**
 * Fields that list RR types: the windowed bitmap of NSEC, NSEC3 and CSYNC (RFC 4034 §4.1.2) and the plain one of NXT
 * (RFC 2535 §5.2). Must not know: which types use them.
 */
import { typeFromOctets } from '../wire/rrtypes.js';
import { TOKEN_WORD } from './lexer.js';
import type { RdataContext } from './rdata-context.js';
import { atEntryEnd, failField } from './words.js';

/** One bit per type, network bit order; all zero between calls. */
const bits: Uint8Array = new Uint8Array(8192);
/** Octets of each window that are in use. */
const windowLength: Uint8Array = new Uint8Array(256);
const WINDOW_OCTETS = 32;
/** NXT has no window header: its bitmap ends at type 127 (RFC 2535 §5.2). */
const NXT_TYPE_MAX = 127;

// === hot path

/** Zero or more types to the end of the entry, as windows. */
export function parseTypes(ctx: RdataContext): boolean {
  const lexer = ctx.lexer;
  let windowMax = -1;
  let known = true;
  while (lexer.next() === TOKEN_WORD) {
    const type = typeFromOctets(lexer.octets, lexer.start, lexer.stop);
    if (type < 0) {
      known = false;
      break;
    }
    const window = type >>> 8;
    const octet = (type & 0xff) >>> 3;
    const at = window * WINDOW_OCTETS + octet;
    bits[at] = bits[at]! | (0x80 >>> (type & 7));
    if (windowLength[window]! <= octet) windowLength[window] = octet + 1;
    if (window > windowMax) windowMax = window;
  }
  writeWindows(ctx, windowMax);
  return known ? atEntryEnd(ctx) : failField(ctx, 'RDATA_TYPE', 'unknown RR type');
}

/** Appends the windows in use and clears them for the next call. */
function writeWindows(ctx: RdataContext, windowMax: number): void {
  const out = ctx.out;
  let to = ctx.length;
  for (let window = 0; window <= windowMax; window++) {
    const length = windowLength[window]!;
    if (length === 0) continue;
    windowLength[window] = 0;
    out[to++] = window;
    out[to++] = length;
    const from = window * WINDOW_OCTETS;
    for (let i = from; i < from + length; i++) {
      out[to++] = bits[i]!;
      bits[i] = 0;
    }
  }
  ctx.length = to;
}

// === end of hot path

/** As `parseTypes`, and at least one type. */
export function parseTypesSome(ctx: RdataContext): boolean {
  const before = ctx.length;
  if (!parseTypes(ctx)) return false;
  return ctx.length > before || failField(ctx, 'SYNTAX_MISSING', 'missing RR type');
}

/** One or more types below 128 to the end of the entry, as one bitmap of 4 … 16 octets. */
export function parseNxtTypes(ctx: RdataContext): boolean {
  const bitmap = new Uint8Array((NXT_TYPE_MAX + 1) / 8);
  let length = 0;
  while (ctx.lexer.next() === TOKEN_WORD) {
    const type = typeFromOctets(ctx.lexer.octets, ctx.lexer.start, ctx.lexer.stop);
    if (type < 0) return failField(ctx, 'RDATA_TYPE', 'unknown RR type');
    if (type < 1 || type > NXT_TYPE_MAX) {
      return failField(ctx, 'RDATA_TYPE', 'RR type out of the bitmap');
    }
    bitmap[type >>> 3] = bitmap[type >>> 3]! | (0x80 >>> (type & 7));
    length = Math.max(length, (type >>> 3) + 1);
  }
  ctx.out.set(bitmap.subarray(0, length), ctx.length);
  ctx.length += length;
  return atEntryEnd(ctx);
}
