/**
 * What a field parser works with: the lexer that holds the text, the origin, and the RDATA written so far.
 * One object per parse, reused for every record. Must not know: owner names, TTLs, zones.
 */
import type { ProblemCode } from '../base/problem-codes.js';
import type { Lexer } from './lexer.js';

/** RDATA under construction. Field parsers append at `length` and move it. */
export type RdataContext = {
  lexer: Lexer;
  /** 65,535 octets and slack; the RDATA starts at 0. */
  readonly out: Uint8Array;
  /** Octets of RDATA written so far. */
  length: number;
  /** The origin as an uncompressed name, at offset 0; `originLength` is 0 if there is none. */
  origin: Uint8Array;
  originLength: number;
  /** Type code of the record, for messages. */
  type: number;
  /** Reports a problem at the token last read, and returns false so that a field parser can return it. */
  fail(code: ProblemCode, text: string): false;
};
