/**
 * Fields of text: character strings (RFC 1035 §3.3) with their escapes (§5.1), text to the end, CAA tags
 * (RFC 8659 §4.1). Must not know: which types use them.
 */
import { escapeLength, scanEscape } from '../wire/name-text.js';
import { copyOctets } from '../wire/octets.js';
import { TOKEN_QUOTED, TOKEN_WORD } from './lexer.js';
import type { RdataContext } from './rdata-context.js';
import { atEntryEnd, failField, nextString, nextWord } from './words.js';

const STRING_OCTETS_MAX = 255;
const BACKSLASH = 0x5c;

// === hot path

/** Writes the text `octets[start, stop)` without its escapes at `out[to]`; returns octets written, -1 if one is bad. */
export function scanText(
  octets: Uint8Array,
  start: number,
  stop: number,
  out: Uint8Array,
  to: number,
): number {
  let at = to;
  let i = start;
  while (i < stop) {
    const octet = octets[i]!;
    if (octet !== BACKSLASH) {
      out[at++] = octet;
      i++;
      continue;
    }
    const value = scanEscape(octets, i, stop);
    if (value < 0) return -1;
    out[at++] = value;
    i += escapeLength(octets, i);
  }
  return at - to;
}

/** Appends the token last read as text without length octet; returns octets written, or -1 with a problem reported. */
export function appendText(ctx: RdataContext, to: number): number {
  const lexer = ctx.lexer;
  const length = lexer.stop - lexer.start;
  if (!lexer.escaped) {
    copyOctets(lexer.octets, lexer.start, ctx.out, to, length);
    return length;
  }
  const written = scanText(lexer.octets, lexer.start, lexer.stop, ctx.out, to);
  if (written < 0) failField(ctx, 'SYNTAX_ESCAPE', 'bad escape');
  return written;
}

function appendString(ctx: RdataContext): boolean {
  const at = ctx.length;
  const length = appendText(ctx, at + 1);
  if (length < 0) return false;
  if (length > STRING_OCTETS_MAX) {
    return failField(ctx, 'RDATA_STRING', 'string of more than 255 octets');
  }
  ctx.out[at] = length;
  ctx.length = at + 1 + length;
  return true;
}

/** One character string, quoted or not. */
export function parseString(ctx: RdataContext): boolean {
  return nextString(ctx, 'string') && appendString(ctx);
}

/** One or more character strings to the end of the entry. */
export function parseStrings(ctx: RdataContext): boolean {
  if (!nextString(ctx, 'string')) return false;
  let kind = 0;
  do {
    if (!appendString(ctx)) return false;
    kind = ctx.lexer.next();
  } while (kind === TOKEN_WORD || kind === TOKEN_QUOTED);
  return atEntryEnd(ctx);
}

// === end of hot path

/** A character string, or the end of the entry. */
export function parseStringOptional(ctx: RdataContext): boolean {
  const kind = ctx.lexer.next();
  return kind === TOKEN_WORD || kind === TOKEN_QUOTED ? appendString(ctx) : atEntryEnd(ctx);
}

/** One string without length octet, quoted or not. */
export function parseText(ctx: RdataContext): boolean {
  return nextString(ctx, 'text') && appendRest(ctx);
}

/** One quoted string without length octet. */
export function parseQuoted(ctx: RdataContext): boolean {
  if (!nextString(ctx, 'quoted text')) return false;
  if (ctx.lexer.kind === TOKEN_QUOTED) return appendRest(ctx);
  return failField(ctx, 'RDATA_STRING', 'text without quotes');
}

function appendRest(ctx: RdataContext): boolean {
  const length = appendText(ctx, ctx.length);
  if (length < 0) return false;
  ctx.length += length;
  return true;
}

/** An unquoted word of 1 to 255 ASCII letters and digits. */
export function parseTag(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'tag')) return false;
  const { octets, start, stop } = ctx.lexer;
  for (let i = start; i < stop; i++) {
    const octet = octets[i]!;
    const isDigit = octet >= 0x30 && octet <= 0x39;
    const isLetter = (octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a;
    if (!isDigit && !isLetter) return failField(ctx, 'RDATA_VALUE', 'tag with other than letters');
  }
  return appendString(ctx);
}
