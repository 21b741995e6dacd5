/**
 * What is wrong with an input, as data: file, line, column, stable code, severity, text. Parsers, the zone builder
 * and the checks collect problems; `check`, logs and status print them. Must not know: who prints them, and how.
 */
import { PROBLEMS_MAX } from './limits.js';
import { PROBLEM_CODES, type ProblemCode } from './problem-codes.js';
import type { ProblemRow, Spoils } from './problem-row.js';

export type Severity = 'error' | 'warning';

/** One finding. Readonly and made of plain values, so it may cross a thread border. */
export type Problem = {
  readonly code: ProblemCode;
  readonly severity: Severity;
  /** Path as the user wrote or would write it. */
  readonly file: string;
  /** From 1; 0 if the whole file is meant. */
  readonly line: number;
  /** In octets from 1; 0 if the whole line is meant. */
  readonly column: number;
  /** Octets from `column` on that are meant, for the caret; at least 1. */
  readonly length: number;
  /** Lower case, no full stop. */
  readonly text: string;
};

/** What a problem is about. */
type Place = Omit<Problem, 'code' | 'severity' | 'text'>;

/** A file as a whole. */
export function wholeFile(file: string): Place {
  return { file, line: 0, column: 0, length: 1 };
}

/** A problem of a file as a whole. */
export function fileProblem(
  code: ProblemCode,
  severity: Severity,
  file: string,
  text: string,
): Problem {
  return { code, severity, ...wholeFile(file), text };
}

/** Collects problems up to a limit; errors are never crowded out by warnings. */
export class ProblemList {
  readonly items: Problem[] = [];
  errorCount = 0;
  warningCount = 0;
  /** Whether an error that does not spoil the zone is a warning: whoever reports it leaves its record out. */
  readonly ignoreBroken: boolean;
  private readonly limit: number;
  private readonly strict: boolean;
  private readonly validates: boolean;

  /**
   * @param strict turns every warning into an error, those of broken records included.
   * @param validates whether what validators would refuse is an error; where zones are served it is a warning
   */
  constructor(
    strict = false,
    limit: number = PROBLEMS_MAX,
    ignoreBroken = false,
    validates = false,
  ) {
    this.strict = strict;
    this.limit = limit;
    this.ignoreBroken = ignoreBroken;
    this.validates = validates;
  }

  /**
   * Whether a further problem of this code would still be kept: lets callers save the work of describing it.
   * @param spoils what the problem spoils where it stands, if that is more than the table says
   */
  wants(code: ProblemCode, spoils: Spoils = spoilsOf(code)): boolean {
    return (
      this.items.length < this.limit || (this.isError(code, spoils) && this.errorCount < this.limit)
    );
  }

  add(code: ProblemCode, at: Place, text: string, spoils: Spoils = spoilsOf(code)): void {
    const isError = this.isError(code, spoils);
    if (isError) this.errorCount++;
    else this.warningCount++;
    const kept = isError ? this.errorCount <= this.limit : this.items.length < this.limit;
    if (!kept) return;
    const severity: Severity = isError ? 'error' : 'warning';
    const isLeftOut = !isError && spoils === 'record' && isErrorCode(code);
    this.items.push({ code, severity, ...at, text: isLeftOut ? `${text}, left out` : text });
  }

  /** Adds a problem of another list. */
  take(problem: Problem): void {
    if (problem.severity === 'error') this.errorCount++;
    else this.warningCount++;
    if (this.items.length < this.limit) this.items.push(problem);
  }

  /** Counts a problem that `wants` said would not be kept. */
  skip(code: ProblemCode, spoils: Spoils = spoilsOf(code)): void {
    if (this.isError(code, spoils)) this.errorCount++;
    else this.warningCount++;
  }

  private isError(code: ProblemCode, spoils: Spoils): boolean {
    if (this.strict) return true;
    if (!isErrorCode(code)) return false;
    if (spoils === 'validation') return this.validates;
    return !(this.ignoreBroken && spoils !== 'zone');
  }
}

/** What a problem of this code spoils, unless it stands where it spoils more. */
function spoilsOf(code: ProblemCode): Spoils {
  const row: ProblemRow = PROBLEM_CODES[code];
  return row.spoils ?? 'zone';
}

function isErrorCode(code: ProblemCode): boolean {
  return PROBLEM_CODES[code].severity === 'error';
}

/** The one line form: `file:line:column: severity: text [CODE]`. */
export function problemLine(problem: Problem): string {
  const { file, line, column, severity, text, code } = problem;
  const place = line === 0 ? file : column === 0 ? `${file}:${line}` : `${file}:${line}:${column}`;
  return `${place}: ${severity}: ${text} [${code}]`;
}
