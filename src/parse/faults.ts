/**
 * How the master-file parser says what is wrong: at the token last read, or, for text that was made of something else,
 * such as a $GENERATE, at that.
 * Must not know: the grammar.
 */
import { PROBLEM_TOKEN_OCTETS_MAX } from '../base/limits.js';
import type { ProblemList } from '../base/problem.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { placeOf, type Source } from '../base/source.js';
import type { Lexer } from './lexer.js';

/** What text that is none of a source's own was made of: where that is, and what it is called. */
type Origin = { readonly at: number; readonly length: number; readonly name: string };

/** Where the parser is, as far as problems go; kept up to date by the parser. */
export class Faults {
  source: Source;
  lexer: Lexer;
  /** What the text that is being parsed was made of; `null` if it is the source's own. */
  madeOf: Origin | null = null;
  /** Whether the entry at hand is a directive: what is wrong with it gives another meaning to all that follows. */
  inDirective = false;
  private readonly problems: ProblemList;

  constructor(problems: ProblemList, source: Source, lexer: Lexer) {
    this.problems = problems;
    this.source = source;
    this.lexer = lexer;
  }

  /** Errors so far, those of other parsers with the same list included. */
  get errorCount(): number {
    return this.problems.errorCount;
  }

  /** Whether a record with an error is left out, so that the others are served. */
  get ignoreBroken(): boolean {
    return this.problems.ignoreBroken;
  }

  /** Reports a problem at the token last read. */
  atToken(code: ProblemCode, text: string): false {
    const { start, stop } = this.lexer;
    this.at(code, start, stop - start, text);
    return false;
  }

  /** Reports a problem at `length` octets from `offset` on. */
  at(code: ProblemCode, offset: number, length: number, text: string): void {
    const spoils = this.spoilsRest(code) ? 'zone' : undefined;
    if (!this.problems.wants(code, spoils)) {
      this.problems.skip(code, spoils);
      return;
    }
    const { madeOf, source } = this;
    const place = placeOf(source, madeOf?.at ?? offset);
    const at = { file: source.path, ...place, length: Math.max(1, madeOf?.length ?? length) };
    this.problems.add(code, at, madeOf === null ? text : `in ${madeOf.name}: ${text}`, spoils);
  }

  /** Whether an error spoils more than its record: a string without end may hide a closing parenthesis. */
  private spoilsRest(code: ProblemCode): boolean {
    return this.inDirective || (code === 'SYNTAX_QUOTE' && this.lexer.depth > 0);
  }

  /** The token in quotes for a message, cut short: an include may have opened a file that is none of ours. */
  tokenText(): string {
    const { octets, start, stop } = this.lexer;
    const shown = octets.subarray(start, Math.min(stop, start + PROBLEM_TOKEN_OCTETS_MAX));
    const text = Buffer.from(shown)
      .toString('latin1')
      .replace(/[^\x20-\x7e]/g, '?');
    return stop - start > PROBLEM_TOKEN_OCTETS_MAX ? `'${text}…'` : `'${text}'`;
  }
}
