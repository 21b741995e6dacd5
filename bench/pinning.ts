/**
 * Which processor does what: the server has the first one to itself, all that measures has the others. On one
 * processor nothing is pinned. Must not know: what runs.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { programPath } from '../test/peers/peer.js';

const coreCount = availableParallelism();
const canPin = coreCount > 1 && programPath('taskset') !== null;

export const SERVER_CORE: number | null = canPin ? 0 : null;
export const LOAD_CORE: number | null = canPin ? 1 : null;

/** A command that runs on one processor; `null`: on any, even if this process is pinned. */
export function pinned(command: readonly string[], core: number | null): string[] {
  if (!canPin) return [...command];
  return ['taskset', '-c', core === null ? `0-${coreCount - 1}` : String(core), ...command];
}

/** Pins this process from now on. */
export function pinSelf(core: number | null): void {
  if (core === null) return;
  execFileSync('taskset', ['-a', '-c', '-p', String(core), String(process.pid)], { stdio: 'pipe' });
}
