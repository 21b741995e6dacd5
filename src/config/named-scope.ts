/**
 * Reads the statements of one scope of named.conf by its table: honoured ones by their reader, others with a warning.
 * Says what is unknown, misplaced, repeated or runs on without `;`, and goes on. Must not know: what statements mean.
 */
import { placeOf } from '../base/source.js';
import { Cursor } from './named-cursor.js';
import type { ConfigFiles } from './named-files.js';
import { IGNORED, type IgnoredStatement, type ScopeName } from './named-ignored.js';
import type { NamedReport } from './named-report.js';
import { quoted } from './named-report.js';
import { type Part, type Statement, statementsOf, type Word } from './named-tree.js';
import { nearestName } from './nearest-name.js';

/** A statement that is honoured. */
export type StatementRow<Target> = {
  /** Takes the parts after the name. @returns false if it reported why it could not. */
  readonly read: (cursor: Cursor, target: Target, scope: AnyScope) => boolean;
  /** May stand more than once. */
  readonly many?: true;
};

export type Rows<Target> = Readonly<Record<string, StatementRow<Target>>>;

/** A scope, whatever it reads into. */
export type AnyScope = {
  readonly name: ScopeName;
  readonly outer: AnyScope | null;
  readonly files: ConfigFiles;
  /** Whether a statement of this name, in lower case, may stand here. */
  knows(name: string): boolean;
  read(statements: Iterable<Statement>): void;
  /** A scope for the block of a statement of this one. */
  inner<Inner>(name: ScopeName, rows: Rows<Inner>, target: Inner): AnyScope;
};

/** Where honoured statements belong that are often left outside by a brace too many. */
const HOMES: Readonly<Record<string, ScopeName>> = {
  algorithm: 'key',
  directory: 'options',
  file: 'zone',
  'listen-on': 'options',
  'listen-on-v6': 'options',
  masters: 'zone',
  'match-clients': 'view',
  'match-destinations': 'view',
  'max-udp-size': 'options',
  'minimal-responses': 'options',
  'pid-file': 'options',
  port: 'options',
  primaries: 'zone',
  secret: 'key',
  type: 'zone',
};

export class Scope<Target> implements AnyScope {
  readonly name: ScopeName;
  readonly outer: AnyScope | null;
  readonly files: ConfigFiles;
  readonly report: NamedReport;
  private readonly rows: Rows<Target>;
  private readonly target: Target;
  /** Statements that may stand only once, where they stood. */
  private readonly seen = new Map<string, Statement>();

  constructor(
    name: ScopeName,
    rows: Rows<Target>,
    target: Target,
    from: { outer: AnyScope | null; files: ConfigFiles; report: NamedReport },
  ) {
    this.name = name;
    this.rows = rows;
    this.target = target;
    this.outer = from.outer;
    this.files = from.files;
    this.report = from.report;
  }

  inner<Inner>(name: ScopeName, rows: Rows<Inner>, target: Inner): AnyScope {
    return new Scope(name, rows, target, { outer: this, files: this.files, report: this.report });
  }

  knows(name: string): boolean {
    return name === 'include' || Object.hasOwn(this.rows, name) || IGNORED[this.name].has(name);
  }

  read(statements: Iterable<Statement>): void {
    for (const statement of statements) {
      let rest: Statement | null = statement;
      while (rest !== null) rest = this.readOne(rest);
    }
  }

  /** @returns what stands after the statement without `;` between and is a statement by itself, else `null`. */
  private readOne(statement: Statement): Statement | null {
    const first = statement.parts[0];
    const cursor = new Cursor(statement, this.report);
    if (first?.kind !== 'word') {
      if (first !== undefined) cursor.fault('CONFIG_SYNTAX', first, 'a statement is expected');
      return null;
    }
    const name = first.text.toLowerCase();
    if (name === 'include') return this.include(cursor);
    const row = Object.hasOwn(this.rows, name) ? this.rows[name] : undefined;
    const ignored = row === undefined ? IGNORED[this.name].get(name) : undefined;
    if (row !== undefined) {
      if (row.many !== true && this.isRepeated(cursor, first, name)) return this.after(cursor);
      const isWhole = row.read(cursor, this.target, this);
      return isWhole ? this.end(cursor) : this.after(cursor);
    }
    if (ignored !== undefined) return this.ignore(cursor, first, name, ignored);
    this.unknown(cursor, first, name);
    return null;
  }

  private include(cursor: Cursor): Statement | null {
    const path = cursor.word('a file name');
    if (path === null) return this.after(cursor);
    this.files.include(path.text, cursor.spot(path), (source) =>
      this.read(statementsOf(source, this.report)),
    );
    return this.end(cursor);
  }

  private isRepeated(cursor: Cursor, first: Word, name: string): boolean {
    const earlier = this.seen.get(name);
    if (earlier === undefined) {
      this.seen.set(name, cursor.statement);
      return false;
    }
    const { line } = placeOf(earlier.source, earlier.parts[0]?.start ?? 0);
    const text = `'${name}' stands already at ${earlier.source.path}:${line}, which counts`;
    cursor.fault('CONFIG_REPEATED', first, text);
    return true;
  }

  private ignore(
    cursor: Cursor,
    first: Word,
    name: string,
    { shape, reason, fits }: IgnoredStatement,
  ): Statement | null {
    if (!shape.endsWith('+') && this.isRepeated(cursor, first, name)) return this.after(cursor);
    if (!asksFor(cursor.statement.parts, fits)) {
      cursor.fault('CONFIG_IGNORED', first, `'${name}' has no effect: ${reason}`);
    }
    if (!shape.startsWith('one')) return this.after(cursor);
    return cursor.word('a value') === null ? this.after(cursor) : this.end(cursor);
  }

  /** The statement should end here. */
  private end(cursor: Cursor): Statement | null {
    const part = cursor.peek();
    if (part === undefined) return null;
    if (part.kind === 'word' && this.knows(part.text.toLowerCase())) {
      return this.split(cursor, cursor.index, part);
    }
    cursor.expected("';'");
    return this.after(cursor);
  }

  /** Looks for a statement that begins a line in what was not read: a `;` is missing before it. */
  private after(cursor: Cursor): Statement | null {
    const { source, parts } = cursor.statement;
    for (let i = cursor.index; i < parts.length; i++) {
      const part = parts[i]!;
      if (part.kind !== 'word' || !this.knows(part.text.toLowerCase())) continue;
      if (beginsLine(source.octets, part.start)) return this.split(cursor, i, part);
    }
    return null;
  }

  private split(cursor: Cursor, index: number, part: Word): Statement {
    const { source, parts } = cursor.statement;
    cursor.fault('CONFIG_SEMICOLON', part, `';' is missing before '${part.text.toLowerCase()}'`);
    return { source, parts: parts.slice(index) };
  }

  private unknown(cursor: Cursor, first: Word, name: string): void {
    const { statement } = cursor;
    const hasBlock = statement.parts.some((part) => part.kind === 'block');
    for (let outer = this.outer; hasBlock && outer !== null; outer = outer.outer) {
      if (!outer.knows(name)) continue;
      const text = `'${name}' does not belong into '${this.name}': is a '}' missing before it?`;
      cursor.fault('CONFIG_BRACE', first, text);
      outer.read([statement]);
      return;
    }
    const home = homeOf(name);
    if (home !== null) {
      const place = this.name === 'top' ? 'outside of all blocks' : `into '${this.name}'`;
      cursor.fault('CONFIG_MISPLACED', first, `'${name}' belongs into '${home}', not ${place}`);
      return;
    }
    // What is no statement may be a secret that was left without one.
    const isShown = this.name !== 'key' && /^[a-z][a-z0-9-]*$/i.test(first.text);
    const shown = isShown ? ` ${quoted(first.text)}` : '';
    const known = ['include', ...Object.keys(this.rows), ...IGNORED[this.name].keys()];
    const near = this.report.list.wants('CONFIG_UNKNOWN') ? nearestName(name, known) : null;
    const hint = near === null ? '' : `; is '${near}' meant?`;
    cursor.fault('CONFIG_UNKNOWN', first, `no such statement${shown}${hint}`);
  }
}

/** Another scope that has a statement of this name. */
function homeOf(name: string): ScopeName | null {
  const home = Object.hasOwn(HOMES, name) ? HOMES[name] : undefined;
  if (home !== undefined) return home;
  const scopes: readonly ScopeName[] = ['options', 'zone', 'view', 'top'];
  return scopes.find((scope) => IGNORED[scope].has(name)) ?? null;
}

/** Whether the statement's only value, or the only one in its block, is `fits`. */
function asksFor(parts: readonly Part[], fits: string | null): boolean {
  const value = parts[1];
  if (fits === null || value === undefined || parts.length !== 2) return false;
  if (value.kind !== 'block') return value.text.toLowerCase() === fits;
  const inner = value.statements[0]?.parts;
  const word = value.statements.length === 1 && inner?.length === 1 ? inner[0] : undefined;
  return word !== undefined && word.kind !== 'block' && word.text.toLowerCase() === fits;
}

function beginsLine(octets: Uint8Array, offset: number): boolean {
  let at = offset - 1;
  while (at >= 0 && (octets[at] === 0x20 || octets[at] === 0x09)) at--;
  return at < 0 || octets[at] === 0x0a;
}
