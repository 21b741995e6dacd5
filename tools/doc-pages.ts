/**
 * Pages of docs/ that are written from tables of the code, one row each. `npm run docs` writes them, the tidy test
 * compares them. Must not know: who asks.
 */
import { PROBLEM_CODES } from '../src/base/problem-codes.js';

/** One page: its path from the repository's root, and its text. */
export type GeneratedPage = { readonly path: string; readonly render: () => string };

export const GENERATED_PAGES: readonly GeneratedPage[] = [
  { path: 'docs/ERRORS.md', render: errorsPage },
];

function errorsPage(): string {
  const rows = Object.entries(PROBLEM_CODES).map(
    ([code, { severity, help }]) =>
      `| \`${code}\` | ${severity} | ${help.replaceAll('|', '\\|')} |`,
  );
  return [
    '# Problem codes',
    '',
    'What `hotzone check`, the log and the status commands say about an input has the form',
    '`file:line:column: severity: text [CODE]`. A zone with an error is not loaded and its last good version stays;',
    'a warning is told and the zone is loaded. Codes are stable.',
    '',
    'This page is written by `npm run docs` from `src/base/problem-codes.ts`.',
    '',
    '| code | severity | meaning |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
