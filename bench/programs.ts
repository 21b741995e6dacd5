/**
 * Programs of the bench that stand by themselves, each in a process of its own: one row for each. What they print is
 * passed on, what they found comes back as tables. Must not know: what they measure.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pinned } from './pinning.js';
import type { Report } from './report.js';

export type Program = {
  /** Of its file, too. */
  readonly name: string;
  /** Its section of the page. */
  readonly title: string;
  /** Arguments for figures, and for a look at whether all works. */
  readonly full: readonly string[];
  readonly quick: readonly string[];
};

export const PROGRAMS: readonly Program[] = [
  {
    name: 'transfer',
    title: 'Transfers',
    full: ['--rounds', '3'],
    quick: ['--rounds', '1', '--records', '100000'],
  },
  { name: 'tinydns', title: 'tinydns data', full: [], quick: ['100000'] },
  {
    name: 'warm',
    title: 'Starting again',
    full: [],
    quick: ['--records', '100000', '--zones', '5000', '--huge', '500000', '--rounds', '1'],
  },
  {
    name: 'secondaries',
    title: 'Secondary zones',
    full: [],
    quick: ['1000', '--seconds', '20'],
  },
];

/**
 * Runs a program to its end, on all cores even if this process is pinned.
 * @param folder for what it leaves
 * @throws if it fails
 */
export function runProgram(program: Program, isQuick: boolean, folder: string): Report {
  const file = fileURLToPath(new URL(`./${program.name}.js`, import.meta.url));
  const path = join(folder, `${program.name}.json`);
  const args = [...(isQuick ? program.quick : program.full), '--report', path];
  const [command = '', ...rest] = pinned([process.execPath, file, ...args], null);
  const { status } = spawnSync(command, rest, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${program.name} failed`);
  return JSON.parse(readFileSync(path, 'utf8')) as Report;
}
