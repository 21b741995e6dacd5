/**
 * What every field parser does first: fetch the next token and say in one way what is wrong with it.
 * Must not know: single fields.
 */
import type { ProblemCode } from '../base/problem-codes.js';
import { typeText } from '../wire/rrtypes.js';
import {
  LEX_PARENTHESIS_CLOSE,
  LEX_QUOTE,
  type Lexer,
  TOKEN_END,
  TOKEN_ERROR,
  TOKEN_QUOTED,
  TOKEN_WORD,
} from './lexer.js';
import type { RdataContext } from './rdata-context.js';

/** Reads a token that must be an unquoted word; `field` names it for the problem. */
export function nextWord(ctx: RdataContext, field: string): boolean {
  return ctx.lexer.next() === TOKEN_WORD || failToken(ctx, field);
}

/** Reads a token that must be a word or a quoted string. */
export function nextString(ctx: RdataContext, field: string): boolean {
  const kind = ctx.lexer.next();
  return kind === TOKEN_WORD || kind === TOKEN_QUOTED || failToken(ctx, field);
}

/** Reports `what` (no verb: "invalid address") about the record at hand. */
export function failField(ctx: RdataContext, code: ProblemCode, what: string): false {
  return ctx.fail(code, `${what} in ${typeText(ctx.type)}`);
}

/** Reports that the token last read is not what `field` needs. */
export function failToken(ctx: RdataContext, field: string): false {
  const lexer = ctx.lexer;
  if (lexer.kind === TOKEN_END) return failField(ctx, 'SYNTAX_MISSING', `missing ${field}`);
  if (lexer.kind === TOKEN_ERROR) return failLexer(ctx);
  return failField(ctx, 'SYNTAX_QUOTED', `quoted ${field}`);
}

/** Ends a field that took words to the end of the entry: whatever stopped it must be that end. */
export function atEntryEnd(ctx: RdataContext): boolean {
  const kind = ctx.lexer.kind;
  if (kind === TOKEN_END) return true;
  if (kind === TOKEN_ERROR) return failLexer(ctx);
  return failField(ctx, 'SYNTAX_EXTRA', 'text after the last field');
}

/** Reports why the token last read is TOKEN_ERROR. */
export function failLexer(ctx: RdataContext): false {
  const error = ctx.lexer.error;
  if (error === LEX_QUOTE)
    return ctx.fail('SYNTAX_QUOTE', 'the quoted string does not end on its line');
  const which = error === LEX_PARENTHESIS_CLOSE ? 'closing' : 'opening';
  return ctx.fail('SYNTAX_PARENTHESIS', `${which} parenthesis without its partner`);
}

/** The token last read with its escapes undone: a file name, a directive. */
export function tokenString(lexer: Lexer): string {
  const text = Buffer.from(lexer.octets.subarray(lexer.start, lexer.stop)).toString('utf8');
  return lexer.escaped ? text.replace(/\\(.)/g, '$1') : text;
}
