/**
 * Problems as text: `file:line:column: severity: text [CODE]`, which editors and log scanners know; for a person also
 * the line itself with a mark under the place. Must not know: how zones are checked.
 */
import { styleText } from 'node:util';
import { type Problem, problemLine } from '../base/problem.js';
import { lineText } from '../base/source.js';
import type { CheckedZone, Reporter } from './checked-zone.js';

/** Columns of a line that are shown around the mark. */
const EXCERPT_COLUMNS = 100;
/** Columns before the mark, if a line is too long to be shown whole. */
const EXCERPT_BEFORE = 40;
const TAB_COLUMNS = 8;

export type TextOptions = {
  /** Whether the line is shown that a problem stands in. */
  readonly excerpts: boolean;
  readonly colour: boolean;
};

export class TextReporter implements Reporter {
  private readonly out: { write(text: string): unknown };
  private readonly options: TextOptions;

  constructor(out: { write(text: string): unknown }, options: TextOptions) {
    this.out = out;
    this.options = options;
  }

  zone(checked: CheckedZone): void {
    for (const problem of checked.problems) this.out.write(this.problemText(problem, checked));
    this.out.write(`${summaryText(checked)}\n`);
  }

  end(): void {}

  private problemText(problem: Problem, { sources }: CheckedZone): string {
    const colour = problem.severity === 'error' ? 'red' : 'yellow';
    const line = printable(problemLine(problem));
    const coloured = line.replace(`: ${problem.severity}: `, (text) => this.paint(colour, text));
    if (!this.options.excerpts || problem.line === 0) return `${coloured}\n`;
    const source = sources.find(({ path }) => path === problem.file);
    const text = source === undefined ? null : lineText(source, problem.line);
    if (text === null) return `${coloured}\n`;
    const { shown, mark } = excerpt(text, problem.column, problem.length);
    const margin = `${String(problem.line).padStart(5)} | `;
    const below = `${' '.repeat(margin.length - 2)}| `;
    return `${coloured}\n${margin}${shown}\n${below}${this.paint(colour, mark)}\n`;
  }

  private paint(colour: 'red' | 'yellow', text: string): string {
    return this.options.colour
      ? styleText(['bold', colour], text, { validateStream: false })
      : text;
  }
}

/** `example.com. serial 2026010101: 42 records, 0 errors, 1 warning`. */
function summaryText(checked: CheckedZone): string {
  const { file, name, serial, recordCount, errorCount, warningCount, problems } = checked;
  const zones = checked.zoneCount ? counted(checked.zoneCount, 'zone') : 'no zone';
  const about = name === null ? `${file}: ${zones}` : `${name} serial ${serial}: `;
  const records = name === null ? '' : counted(recordCount, 'record');
  const hidden = errorCount + warningCount - problems.length;
  return printable(
    `${about}${records}, ${counted(errorCount, 'error')}, ${counted(warningCount, 'warning')}` +
      `${hidden > 0 ? ` (${hidden} not shown)` : ''}`,
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The part of a line around a place given in octets, and a mark to stand below it. */
export function excerpt(
  text: string,
  column: number,
  length: number,
): { shown: string; mark: string } {
  const octets = Buffer.from(text);
  const before = printable(expandTabs(octets.toString('utf8', 0, column - 1)));
  const start = [...before].length;
  const stop = Math.max(
    start + 1,
    [...expandTabs(octets.toString('utf8', 0, column - 1 + length))].length,
  );
  const columns = [...printable(expandTabs(text))];
  const cut = columns.length <= EXCERPT_COLUMNS ? 0 : Math.max(0, start - EXCERPT_BEFORE);
  const end = Math.min(columns.length, cut + EXCERPT_COLUMNS);
  const shown = columns.slice(cut, end).join('');
  const marked = Math.max(1, Math.min(stop, Math.max(end, start + 1)) - start);
  const lead = cut > 0 ? '…' : '';
  return {
    shown: `${lead}${shown}${end < columns.length ? '…' : ''}`,
    mark: `${' '.repeat(start - cut + lead.length)}^${'~'.repeat(marked - 1)}`,
  };
}

function expandTabs(text: string): string {
  let expanded = '';
  let column = 0;
  for (const char of text) {
    const width = char === '\t' ? TAB_COLUMNS - (column % TAB_COLUMNS) : 1;
    expanded += char === '\t' ? ' '.repeat(width) : char;
    column += width;
  }
  return expanded;
}

/** Without control characters, which a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, '?');
}
