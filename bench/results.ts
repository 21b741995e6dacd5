/**
 * What a run found, as it is kept in `bench/results.json`: raw samples, and the machine they are from.
 * Must not know: how they are measured or shown.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import type { Report } from './report.js';
import type { SubjectName } from './subjects.js';

/** One round of one server in one scenario. */
export type Sample = {
  readonly scenario: string;
  readonly subject: SubjectName;
  readonly round: number;
  readonly figures: Readonly<Record<string, number>>;
};

/** One row of the micro-benchmarks. */
export type MicroRow = {
  readonly name: string;
  /** What `perSecond` and the times are of: a query, a record. */
  readonly unit: string;
  readonly medianNs: number;
  readonly minNs: number;
  /** Octets of heap for one operation; `null` where it means nothing. */
  readonly octets: number | null;
};

export type Machine = {
  readonly cores: number;
  readonly cpu: string;
  readonly kernel: string;
  readonly node: string;
};

export type Results = {
  readonly machine: Machine;
  /** Of the last run that added to this, as YYYY-MM-DD. */
  readonly date: string;
  /** What was compared, with versions. */
  readonly versions: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
  readonly micro: readonly MicroRow[];
  /** Of programs that stand by themselves, by their names. */
  readonly reports: Readonly<Record<string, Report>>;
};

export function thisMachine(): Machine {
  return {
    // Not what this process may use: it may be pinned.
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    kernel: release(),
    node: process.version,
  };
}

/** `null` if there are none yet. */
export function readResults(path: string): Results | null {
  if (!existsSync(path)) return null;
  const results = JSON.parse(readFileSync(path, 'utf8')) as Omit<Results, 'reports'>;
  return { reports: {}, ...results };
}

export function writeResults(path: string, results: Results): void {
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
}

/**
 * Adds a run: what it measured anew replaces the old samples of the same scenario and server, other samples stay.
 * Results of another machine are dropped: they cannot be compared.
 */
export function mergeResults(old: Results | null, run: Results): Results {
  if (old === null || JSON.stringify(old.machine) !== JSON.stringify(run.machine)) return run;
  const key = (sample: Sample): string => `${sample.scenario} ${sample.subject}`;
  const anew = new Set(run.samples.map(key));
  return {
    ...run,
    versions: { ...old.versions, ...run.versions },
    samples: [...old.samples.filter((sample) => !anew.has(key(sample))), ...run.samples],
    micro: run.micro.length > 0 ? run.micro : old.micro,
    reports: { ...old.reports, ...run.reports },
  };
}

/** A figure's values of one server in one scenario, in order of rounds. */
export function valuesOf(
  results: Results,
  scenario: string,
  subject: SubjectName,
  figure: string,
): number[] {
  return results.samples
    .filter((sample) => sample.scenario === scenario && sample.subject === subject)
    .map((sample) => sample.figures[figure] ?? Number.NaN)
    .filter((value) => !Number.isNaN(value));
}
