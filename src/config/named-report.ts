/**
 * Problems of a named.conf at offsets of its files. Must not know: statements.
 */
import { PROBLEM_TOKEN_OCTETS_MAX } from '../base/limits.js';
import { ProblemList, wholeFile } from '../base/problem.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { placeOf, type Source } from '../base/source.js';

/** Octets of a file that are meant. */
export type Spot = { readonly source: Source; readonly start: number; readonly stop: number };

export class NamedReport {
  readonly list: ProblemList;

  constructor(limit?: number) {
    this.list = new ProblemList(false, limit);
  }

  add(code: ProblemCode, { source, start, stop }: Spot, text: string): void {
    if (!this.list.wants(code)) {
      this.list.skip(code);
      return;
    }
    const { line, column } = placeOf(source, start);
    const length = Math.max(1, stop - start);
    this.list.add(code, { file: source.path, line, column, length }, text);
  }

  /** A problem with a whole file. */
  addFile(code: ProblemCode, file: string, text: string): void {
    this.list.add(code, wholeFile(file), text);
  }
}

/** The text in quotes, shortened: an included file may be none of ours. */
export function quoted(text: string): string {
  const printable = text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?');
  const short = printable.length <= PROBLEM_TOKEN_OCTETS_MAX;
  return short ? `'${printable}'` : `'${printable.slice(0, PROBLEM_TOKEN_OCTETS_MAX)}…'`;
}
