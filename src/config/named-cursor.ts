/**
 * Reads the parts of one statement in order, and the plain values of BIND's grammar: booleans, numbers, choices,
 * strings. What is wrong is reported; the value is `null` then. Must not know: which statements there are.
 */
import { CONFIG_NUMBER_MAX } from '../base/limits.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { type NamedReport, quoted, type Spot } from './named-report.js';
import type { Block, Part, Statement, Word } from './named-tree.js';
import type { Given } from './named-types.js';

const PORT_MAX = 65535;

export class Cursor {
  readonly statement: Statement;
  readonly report: NamedReport;
  /** Of the part to be read next. */
  index: number;

  constructor(statement: Statement, report: NamedReport, index = 1) {
    this.statement = statement;
    this.report = report;
    this.index = index;
  }

  peek(): Part | undefined {
    return this.statement.parts[this.index];
  }

  /** Takes the unquoted word, in any case, if it comes next. */
  takeWord(text: string): boolean {
    const part = this.peek();
    const matches = part?.kind === 'word' && part.text.toLowerCase() === text;
    if (matches) this.index++;
    return matches;
  }

  /** Takes a word or string. */
  word(what: string): Word | null {
    const part = this.peek();
    if (part === undefined || part.kind === 'block') return this.expected(what);
    this.index++;
    return part;
  }

  block(): Block | null {
    const part = this.peek();
    if (part?.kind !== 'block') return this.expected("'{'");
    this.index++;
    return part;
  }

  /** The part, in its file. */
  spot(part: Part): Spot {
    return { source: this.statement.source, start: part.start, stop: part.stop };
  }

  fault(code: ProblemCode, part: Part, text: string): null {
    this.report.add(code, this.spot(part), text);
    return null;
  }

  /** Reports that something else should stand here. */
  expected(what: string): null {
    const { source, parts } = this.statement;
    const part = this.peek();
    const text = `${what} is expected`;
    if (part !== undefined) return this.fault('CONFIG_SYNTAX', part, text);
    const last = parts.at(-1);
    const start = last?.stop ?? 0;
    this.report.add('CONFIG_SYNTAX', { source, start, stop: start + 1 }, text);
    return null;
  }
}

/** A word of a table, in any case. */
export function readChoice<Value extends string>(
  cursor: Cursor,
  choices: Readonly<Record<string, Value>>,
): Value | null {
  const part = cursor.peek();
  const lower = part === undefined || part.kind === 'block' ? '' : part.text.toLowerCase();
  const value = Object.hasOwn(choices, lower) ? choices[lower] : undefined;
  if (value !== undefined) {
    cursor.index++;
    return value;
  }
  const names = Object.keys(choices).join(', ');
  const word = cursor.word(`one of ${names}`);
  if (word === null) return null;
  return cursor.fault('CONFIG_VALUE', word, `${quoted(word.text)} is none of ${names}`);
}

/** BIND's spellings of yes and no. */
export const BOOLEANS = {
  yes: 'yes',
  no: 'no',
  true: 'yes',
  false: 'no',
  '1': 'yes',
  '0': 'no',
} as const;

export function readNumber(cursor: Cursor, max = CONFIG_NUMBER_MAX): number | null {
  const word = cursor.word('a number');
  if (word === null) return null;
  const value = /^\d{1,10}$/.test(word.text) ? Number(word.text) : Number.NaN;
  if (value <= max) return value;
  return cursor.fault('CONFIG_VALUE', word, `${quoted(word.text)} is no number up to ${max}`);
}

/** `[ port N ]`; `false` if it is wrong, `null` if there is none. */
export function readPort(cursor: Cursor): number | null | false {
  if (!cursor.takeWord('port')) return null;
  return readNumber(cursor, PORT_MAX) ?? false;
}

export function readPortNumber(cursor: Cursor): number | null {
  return readNumber(cursor, PORT_MAX);
}

/** A string, or unquoted `none` or `hostname`. */
export function readGiven(cursor: Cursor): Given | null {
  const word = cursor.word('a string');
  if (word === null) return null;
  const keyword = word.kind === 'word' ? word.text.toLowerCase() : '';
  if (keyword === 'none' || keyword === 'hostname') return { kind: keyword };
  return { kind: 'text', text: word.text };
}
