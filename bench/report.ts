/**
 * What a program of the bench that stands by itself has found: tables, and how busy the machine was. Printed, and left
 * in a file for whoever has started the program. Must not know: what was measured.
 */
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { type Table, textTable } from './tables.js';

export type Report = {
  /** Of the measurement, as YYYY-MM-DD. */
  readonly date: string;
  /** Processes that ran, by the kernel's average of a minute: when the program began, and when it ended. */
  readonly loadBefore: number;
  readonly loadAfter: number;
  readonly tables: readonly Table[];
};

const loadBefore = loadavg()[0] ?? 0;

/** Prints the tables. @param path of a file for the report; without it none is written */
export function deliver(tables: readonly Table[], path: string | undefined): void {
  const loadAfter = loadavg()[0] ?? 0;
  for (const table of tables) console.log(`\n${textTable(table)}`);
  console.log(`\n${loadText({ loadBefore, loadAfter })}`);
  if (path === undefined) return;
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    ...{ loadBefore, loadAfter, tables },
  };
  writeFileSync(path, JSON.stringify(report));
}

export function loadText(report: Pick<Report, 'loadBefore' | 'loadAfter'>): string {
  const [before, after] = [report.loadBefore, report.loadAfter].map((load) => load.toFixed(1));
  return `load average ${before} when it began, ${after} when it ended`;
}
