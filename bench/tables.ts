/**
 * Results as tables: aligned columns for a terminal, Markdown for the page. Must not know: where they are shown.
 */
import { FIGURES, type Figure, judge, summaries } from './figures.js';
import type { MicroRow, Results } from './results.js';
import { numberText } from './statistics.js';
import { SUBJECTS, type SubjectName } from './subjects.js';

/** A heading, and rows as long as it. The first column is text, all others are numbers. */
export type Table = { readonly head: readonly string[]; readonly rows: readonly string[][] };

/** Columns aligned with blanks. */
export function textTable({ head, rows }: Table): string {
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
}

export function markdownTable({ head, rows }: Table): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** Each goal with what was found. */
export function goalTable(results: Results): Table {
  const rows = FIGURES.flatMap((figure) =>
    judge(results, figure)
      .filter(({ verdict }) => verdict !== 'not measured')
      .map(({ goal, value, verdict }) => [
        figure.title,
        goal.text,
        numberText(value),
        `≤ ${numberText(goal.must)}`,
        numberText(goal.aim),
        verdict,
      ]),
  );
  return {
    head: ['figure', 'hotzone', 'is', 'must', 'aim', 'result'],
    rows: [...rows, ...heapRows(results)],
  };
}

/** The goal that has no peer: a reply leaves nothing on the heap. */
function heapRows({ micro }: Results): string[][] {
  const replies = micro.filter(({ name }) => name.startsWith('reply: '));
  if (replies.length === 0) return [];
  const octets = Math.max(...replies.map((row) => row.octets ?? 0));
  const verdict = octets === 0 ? 'reaches the aim' : 'miss';
  return [
    [
      'Heap for one UDP query, any kind of reply',
      'itself, octets',
      numberText(octets),
      '≤ 0',
      '0',
      verdict,
    ],
  ];
}

/** The servers' values of one figure; `null` if there are none. */
export function figureTable(results: Results, figure: Figure): Table | null {
  const all = summaries(results, figure);
  if (all.size === 0) return null;
  const hotzone = all.get('hotzone')?.median ?? Number.NaN;
  const rows = [...all].map(([name, { median, min, max, count }]) => [
    titleOf(name),
    numberText(median),
    `${numberText(min)} – ${numberText(max)}`,
    String(count),
    name === 'hotzone' ? '' : numberText(hotzone / median),
  ]);
  return { head: [figure.unit, 'median', 'min – max', 'rounds', 'hotzone ÷ it'], rows };
}

/** What else the query scenarios told. */
export function queryTable(results: Results, scenario: string): Table | null {
  const keys = ['perSecond', 'lost', 'noerrorPercent', 'nxdomainPercent'];
  const rows = SUBJECTS.flatMap(({ name, title }) => {
    const samples = results.samples.filter(
      (sample) => sample.scenario === scenario && sample.subject === name,
    );
    if (samples.length === 0) return [];
    const middle = (key: string): number => {
      const values = samples.map((sample) => sample.figures[key] ?? 0).sort((a, b) => a - b);
      return values[values.length >> 1] ?? 0;
    };
    return [[title, ...keys.map((key) => numberText(middle(key)))]];
  });
  if (rows.length === 0) return null;
  return { head: ['', 'queries/s', 'lost', 'NOERROR %', 'NXDOMAIN %'], rows };
}

export function microTable(rows: readonly MicroRow[]): Table {
  return {
    head: ['', 'median', 'min', 'per second', 'octets of heap'],
    rows: rows.map(({ name, unit, medianNs, minNs, octets }) => [
      name,
      timeText(medianNs),
      timeText(minNs),
      `${numberText(1e9 / medianNs)} ${unit}`,
      octets === null ? '' : numberText(octets),
    ]),
  };
}

/** Nanoseconds in the unit that fits. */
export function timeText(ns: number): string {
  if (ns < 1e3) return `${numberText(ns)} ns`;
  if (ns < 1e6) return `${numberText(ns / 1e3)} µs`;
  return ns < 1e9 ? `${numberText(ns / 1e6)} ms` : `${numberText(ns / 1e9)} s`;
}

export function titleOf(name: SubjectName): string {
  return SUBJECTS.find((subject) => subject.name === name)?.title ?? name;
}
