/**
 * What a process and all its descendants have used, from Linux's /proc. Must not know: what the processes do.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc/PID/stat: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Of one process, in proc_pid_stat(5). */
export type ProcessStat = {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of all its threads and of the children it has waited for. */
  readonly ticks: number;
};

/** Reads /proc/PID/stat. The command in parentheses may hold anything, also parentheses. */
export function parseProcessStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (field: number): number => Number(fields[field - 3]);
  return {
    pid: Number.parseInt(text, 10),
    parent: number(4),
    ticks: number(14) + number(15) + number(16) + number(17),
  };
}

/** The kilobytes of a line such as `Pss:  123 kB`; 0 without it. */
export function parseKilobytes(text: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
}

/** The process and its descendants that live. */
function processTree(root: number): ProcessStat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => read(`/proc/${name}/stat`))
    .filter((text) => text !== '')
    .map(parseProcessStat);
  const tree = all.filter((one) => one.pid === root);
  for (const one of tree) tree.push(...all.filter((other) => other.parent === one.pid));
  return tree;
}

/** Microseconds of processor time since the start, of the whole tree. */
export function cpuMicros(root: number): number {
  const ticks = processTree(root).reduce((sum, one) => sum + one.ticks, 0);
  return (ticks * 1e6) / TICKS_PER_SECOND;
}

/** Octets of memory, pages shared with others counted in proportion (PSS), of the whole tree. */
export function pssOctets(root: number): number {
  return processTree(root)
    .map((one) => parseKilobytes(read(`/proc/${one.pid}/smaps_rollup`), 'Pss') * 1024)
    .reduce((sum, octets) => sum + octets, 0);
}

/** Empty if the process has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
