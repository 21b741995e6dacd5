/**
 * Text of named.conf to statements: words, strings and blocks of statements, ended by `;`. Goes on after every fault,
 * so that one reading finds all of them. Must not know: which statements there are, but those whose blocks are text.
 */
import { CONFIG_NESTING_MAX } from '../base/limits.js';
import type { ProblemCode } from '../base/problem-codes.js';
import type { Source } from '../base/source.js';
import { CLOSE, END, NamedLexer, OPEN, SEMICOLON, STRING } from './named-lexer.js';
import type { NamedReport } from './named-report.js';

export type Word = {
  readonly kind: 'word' | 'string';
  /** Of a string without its quotes. */
  readonly text: string;
  readonly start: number;
  readonly stop: number;
};

export type Block = {
  readonly kind: 'block';
  readonly statements: readonly Statement[];
  /** The octets of its opening brace. */
  readonly start: number;
  readonly stop: number;
};

export type Part = Word | Block;

/** At least one part. */
export type Statement = { readonly source: Source; readonly parts: readonly Part[] };

/** Statements whose block is read by others than BIND: anything with braces that pair. */
const FREE_TEXT: ReadonlySet<string> = new Set(['plugin', 'dyndb', 'dnsrps-options']);

/** The statements of a file, one by one: a large file is never held as a whole. */
export function* statementsOf(source: Source, report: NamedReport): Generator<Statement> {
  const parser = new StatementParser(source, report);
  for (;;) {
    const statement = parser.statement(0);
    if (statement === null) return;
    yield statement;
  }
}

class StatementParser {
  private readonly source: Source;
  private readonly report: NamedReport;
  private readonly lexer: NamedLexer;
  /** Set once the brace that ends the block at hand has been read together with its last statement. */
  private closed = false;
  /** Set if the current token is to be read again. */
  private held = false;
  private unclosedReported = false;

  constructor(source: Source, report: NamedReport) {
    this.source = source;
    this.report = report;
    this.lexer = new NamedLexer(source);
  }

  /** The next statement, `null` at the end of the file, or of the block if `depth` is not 0. */
  statement(depth: number): Statement | null {
    const { lexer } = this;
    const parts: Part[] = [];
    for (;;) {
      const kind = this.next();
      if (kind === END || (kind === CLOSE && depth > 0)) {
        if (parts.length === 0) return null;
        this.missingSemicolon(parts, kind);
        if (kind === CLOSE) this.closed = true;
        return { source: this.source, parts };
      }
      if (kind === SEMICOLON) {
        if (parts.length > 0) return { source: this.source, parts };
        this.fault('CONFIG_SYNTAX', "a statement is expected before ';'");
      } else if (kind === CLOSE) {
        this.fault('CONFIG_BRACE', "'}' closes nothing");
        if (parts.length > 0) return { source: this.source, parts };
        this.skipSemicolon();
      } else if (kind === OPEN) parts.push(this.block(depth + 1, isFreeText(parts)));
      else {
        const { start, stop } = lexer;
        parts.push({ kind: kind === STRING ? 'string' : 'word', text: lexer.text(), start, stop });
      }
    }
  }

  private next(): number {
    if (this.held) {
      this.held = false;
      return this.lexer.kind;
    }
    const kind = this.lexer.next();
    if (this.lexer.fault === 'quote') {
      this.fault('CONFIG_QUOTE', 'the quoted string does not end on its line');
    } else if (this.lexer.fault === 'comment') {
      this.fault('CONFIG_COMMENT', 'a comment does not end');
    }
    return kind;
  }

  private skipSemicolon(): void {
    if (this.next() !== SEMICOLON) this.held = true;
  }

  private block(depth: number, free: boolean): Block {
    const { start, stop } = this.lexer;
    const statements: Statement[] = [];
    if (depth > CONFIG_NESTING_MAX) {
      this.fault('CONFIG_NESTING', `blocks nested more than ${CONFIG_NESTING_MAX} deep`);
      this.skipBlock();
    } else if (free) this.skipBlock();
    else {
      for (;;) {
        const statement = this.closed ? null : this.statement(depth);
        if (statement === null) break;
        statements.push(statement);
      }
      this.closed = false;
    }
    if (this.lexer.kind === END && !this.unclosedReported) {
      this.unclosedReported = true;
      this.report.add(
        'CONFIG_BRACE',
        { source: this.source, start, stop },
        "this '{' is not closed",
      );
    }
    return { kind: 'block', statements, start, stop };
  }

  private skipBlock(): void {
    for (let open = 1; open > 0; ) {
      const kind = this.next();
      if (kind === OPEN) open++;
      else if (kind === CLOSE) open--;
      else if (kind === END) return;
    }
  }

  private missingSemicolon(parts: readonly Part[], kind: number): void {
    if (kind === END && this.unclosedReported) return;
    const last = parts.at(-1);
    const at = last?.kind === 'block' ? this.lexer.start : (last?.stop ?? 0);
    const before = kind === CLOSE ? "'}'" : 'the end of the file';
    this.report.add(
      'CONFIG_SEMICOLON',
      { source: this.source, start: at, stop: at + 1 },
      `';' is missing before ${before}`,
    );
  }

  private fault(code: ProblemCode, text: string): void {
    const { start, stop } = this.lexer;
    this.report.add(code, { source: this.source, start, stop }, text);
  }
}

function isFreeText(parts: readonly Part[]): boolean {
  const first = parts[0];
  return first !== undefined && first.kind === 'word' && FREE_TEXT.has(first.text.toLowerCase());
}
