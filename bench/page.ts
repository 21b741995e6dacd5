/**
 * Writes what `bench/results.json` says into `docs/PERFORMANCE.md`, between its two markers, and the pictures beside
 * it. Must not know: how anything is measured.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIGURES, type Figure, summaries } from './figures.js';
import { picture } from './picture.js';
import { PROGRAMS } from './programs.js';
import { loadText, type Report } from './report.js';
import type { Results } from './results.js';
import {
  figureTable,
  goalTable,
  markdownTable,
  microTable,
  queryTable,
  titleOf,
} from './tables.js';

const BEGIN = '<!-- results: written by npm run bench -->';
const END = '<!-- end of results -->';
const PICTURES = 'performance';

/** Replaces what stands between the markers. @throws if they are not there */
export function withResults(page: string, text: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error('the page has no markers for results');
  return `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`;
}

/** Updates the page and its pictures below `docs`. */
export function writePage(docs: string, results: Results): void {
  mkdirSync(join(docs, PICTURES), { recursive: true });
  const parts = [machineText(results), '### Goals', markdownTable(goalTable(results))];
  for (const figure of FIGURES) {
    const table = figureTable(results, figure);
    if (table === null) continue;
    const file = `${figure.scenario}-${figure.key}.svg`;
    writeFileSync(join(docs, PICTURES, file), pictureOf(results, figure));
    parts.push(`### ${figure.title}`, `![${figure.title}](${PICTURES}/${file})`);
    parts.push(markdownTable(table));
    const more = figure.key === 'micros' ? queryTable(results, figure.scenario) : null;
    if (more !== null) parts.push(markdownTable(more));
  }
  if (results.micro.length > 0) {
    parts.push('### Parts of hotzone by themselves', markdownTable(microTable(results.micro)));
  }
  for (const { name, title } of PROGRAMS) {
    const report = results.reports[name];
    if (report !== undefined) parts.push(`### ${title}`, ...reportParts(report));
  }
  const path = join(docs, 'PERFORMANCE.md');
  if (!existsSync(path)) throw new Error(`${path} is missing`);
  writeFileSync(path, withResults(readFileSync(path, 'utf8'), parts.join('\n\n')));
}

function machineText({ machine, date, versions }: Results): string {
  const servers = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return (
    `Measured ${date} on ${machine.cores} cores (${machine.cpu}), Linux ${machine.kernel}, ` +
    `Node.js ${machine.node}: ${servers.join(', ')}.`
  );
}

function reportParts(report: Report): string[] {
  const when = `Measured ${report.date}; ${loadText(report)}.`;
  return [when, ...report.tables.map(markdownTable)];
}

function pictureOf(results: Results, figure: Figure): string {
  const bars = [...summaries(results, figure)].map(([name, { median, min, max }]) => ({
    title: titleOf(name),
    value: median,
    min,
    max,
    own: name === 'hotzone',
  }));
  return picture(figure.title, figure.unit, bars);
}
