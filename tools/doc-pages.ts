/**
 * Pages of docs/ that are written from tables of the code, one row each. `npm run docs` writes them, the tidy test
 * compares them. Must not know: who asks.
 */
import { PROBLEM_CODES } from '../src/base/problem-codes.js';
import type { ProblemRow, Spoils } from '../src/base/problem-row.js';
import { configPage } from './config-page.js';

/** One page: its path from the repository's root, and its text. */
export type GeneratedPage = { readonly path: string; readonly render: () => string };

export const GENERATED_PAGES: readonly GeneratedPage[] = [
  { path: 'docs/ERRORS.md', render: errorsPage },
  { path: 'docs/CONFIG.md', render: configPage },
];

/** What becomes of a record with an error where broken records are ignored. */
const IGNORED: Readonly<Record<Spoils, string>> = {
  record: 'left out',
  nothing: 'served',
  zone: '',
  validation: 'warning unless checked',
};

function errorsPage(): string {
  const rows = Object.entries(PROBLEM_CODES).map(([code, row]: [string, ProblemRow]) => {
    const ignored = IGNORED[row.spoils ?? 'zone'];
    return `| \`${code}\` | ${row.severity} | ${ignored} | ${row.help.replaceAll('|', '\\|')} |`;
  });
  return [
    '# Problem codes',
    '',
    'What `hotzone check`, the log and the status commands say about an input has the form',
    '`file:line:column: severity: text [CODE]`. A zone with an error is not loaded and its last good version stays;',
    'a warning is told and the zone is loaded. Codes are stable.',
    '',
    'Where [broken records are ignored](ZONEFILE.md#broken-records), an error that concerns one record is a warning;',
    'the third column says whether that record is then left out or served all the same. An empty field: no change.',
    '`warning unless checked`: an error for `hotzone check`, which [validates](DNSSEC.md#checking); where zones are',
    'served it is a warning, whatever is to be ignored.',
    '',
    'This page is written by `npm run docs` from `src/base/problem-codes.ts`.',
    '',
    '| code | severity | broken records ignored | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
