/**
 * Fields that are names, and the words for what `scanName` refuses. RFC 1035 §5.1.
 * Must not know: which types use them.
 */
import {
  SCAN_BAD_ESCAPE,
  SCAN_EMPTY_LABEL,
  SCAN_LABEL_TOO_LONG,
  SCAN_NAME_TOO_LONG,
  scanName,
} from '../wire/name-text.js';
import { TOKEN_WORD } from './lexer.js';
import type { RdataContext } from './rdata-context.js';
import { atEntryEnd, failToken } from './words.js';

// === hot path

/** One name, completed with the origin if it is relative. */
export function parseName(ctx: RdataContext): boolean {
  return ctx.lexer.next() === TOKEN_WORD ? appendName(ctx) : failToken(ctx, 'name');
}

/** Appends the name that the token last read spells. */
export function appendName(ctx: RdataContext): boolean {
  const lexer = ctx.lexer;
  const at = ctx.length;
  const length = scanName(
    lexer.octets,
    lexer.start,
    lexer.stop,
    ctx.out,
    at,
    ctx.origin,
    ctx.originLength,
  );
  if (length < 0) return failName(ctx, length);
  ctx.length = at + length;
  return true;
}

// === end of hot path

/** Zero or more names to the end of the entry. */
export function parseNames(ctx: RdataContext): boolean {
  while (ctx.lexer.next() === TOKEN_WORD) if (!appendName(ctx)) return false;
  return atEntryEnd(ctx);
}

/** Reports why `scanName` refused the token last read; `reason` is one of its SCAN_…. */
export function failName(ctx: RdataContext, reason: number): false {
  switch (reason) {
    case SCAN_EMPTY_LABEL:
      return ctx.fail('NAME_INVALID', 'empty label in a name');
    case SCAN_LABEL_TOO_LONG:
      return ctx.fail('NAME_TOO_LONG', 'label of more than 63 octets');
    case SCAN_NAME_TOO_LONG:
      return ctx.fail('NAME_TOO_LONG', 'name of more than 255 octets');
    case SCAN_BAD_ESCAPE:
      return ctx.fail('SYNTAX_ESCAPE', 'bad escape in a name');
    default:
      return ctx.fail('NAME_INVALID', 'relative name without an origin');
  }
}
