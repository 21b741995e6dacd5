/**
 * One record's RDATA from text for tests: octets on success, code and text of the problem otherwise.
 */
import assert from 'node:assert/strict';
import type { ProblemCode } from '../../src/base/problem-codes.js';
import { parseRdata } from '../../src/parse/fields.js';
import { Lexer, TOKEN_END } from '../../src/parse/lexer.js';
import type { RdataContext } from '../../src/parse/rdata-context.js';
import { nameFromText } from '../../src/wire/name-text.js';
import { typeFromText } from '../../src/wire/rrtypes.js';

export type RdataResult = {
  /** In hexadecimal; empty on failure. */
  readonly hex: string;
  /** `null` on success. */
  readonly code: ProblemCode | null;
  /** The octets of the text that the problem is about. */
  readonly at: string;
};

/** Parses `text` as the RDATA of `type` with the origin `example.`, and holds `parseRdata` to its promises. */
export function readRdata(type: string, text: string): RdataResult {
  const octets = Buffer.from(`${text}\n`);
  const lexer = new Lexer(octets, 0, octets.length - 1);
  const origin = nameFromText('example.') ?? new Uint8Array(0);
  const codes: ProblemCode[] = [];
  const ctx: RdataContext = {
    lexer,
    out: new Uint8Array(65535 + 512),
    length: 0,
    origin,
    originLength: origin.length,
    type: typeFromText(type),
    fail(code: ProblemCode): false {
      codes.push(code);
      return false;
    },
  };
  lexer.kind = -1;
  const done = parseRdata(ctx);
  assert.equal(codes.length, done ? 0 : 1, `one problem or none: ${type} ${text}`);
  if (!done) {
    const at = octets.toString('latin1', lexer.start, lexer.stop);
    return { hex: '', code: codes[0] ?? null, at };
  }
  assert.equal(lexer.kind, TOKEN_END);
  assert.ok(lexer.atEnd());
  return { hex: Buffer.from(ctx.out.subarray(0, ctx.length)).toString('hex'), code: null, at: '' };
}
