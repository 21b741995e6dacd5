/**
 * `npm run bench`: hotzone beside BIND, NSD, Knot, PowerDNS and dns2, in one run, taking turns. Prints tables and
 * updates `bench/results.json`, `docs/PERFORMANCE.md` and its pictures.
 *
 *     --only NAME,…      scenarios, and programs of bench/programs.ts; default all
 *     --subjects NAME,…  servers; default all that are installed
 *     --rounds N         instead of each scenario's own number
 *     --seconds N        of load in a round of a query scenario
 *     --quick            smaller zones and one round; writes nothing
 *     --page             only writes the page and pictures again
 *
 * Must not know: how a server is configured, what a scenario does.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { programPath } from '../test/peers/peer.js';
import { FIGURES } from './figures.js';
import { writePage } from './page.js';
import { LOAD_CORE, pinSelf } from './pinning.js';
import { PROGRAMS, type Program, runProgram } from './programs.js';
import {
  mergeResults,
  type Results,
  readResults,
  type Sample,
  thisMachine,
  writeResults,
} from './results.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import { numberText } from './statistics.js';
import { missingPrograms, SUBJECTS, type Subject } from './subjects.js';
import { figureTable, goalTable, queryTable, textTable } from './tables.js';
import { FULL_SIZES, QUICK_SIZES, ZoneDataMaker } from './zone-data.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RESULTS = join(ROOT, 'bench/results.json');
const DOCS = join(ROOT, 'docs');
const SECONDS = 5;
const QUICK_ROUNDS = 1;
const QUICK_SECONDS = 2;
/** Others' work on the machine, in processes that run, from which on a run is not to be trusted. */
const BUSY = 0.5;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    subjects: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
  },
});

function note(line: string): void {
  console.log(`  ${line}`);
}

/** The rows that `list` names, or all. @throws for a name that is none */
function picked<T extends { readonly name: string }>(
  rows: readonly T[],
  list: string | undefined,
): T[] {
  const names = list?.split(',') ?? rows.map((row) => row.name);
  return names.map((name) => {
    const row = rows.find((one) => one.name === name);
    if (row !== undefined) return row;
    throw new Error(`no ${name}; there are ${rows.map((one) => one.name).join(', ')}`);
  });
}

function installed(subjects: readonly Subject[]): Subject[] {
  return subjects.filter((subject) => {
    const missing = missingPrograms(subject);
    if (missing.length > 0) note(`left out: ${subject.title}, for ${missing} is not installed`);
    return missing.length === 0;
  });
}

/** The first number with a dot that the program prints of itself. */
function versionOf(subject: Subject): string {
  const program = programPath(subject.programs[0] ?? '') ?? subject.programs[0] ?? '';
  const { stdout, stderr } = spawnSync(program, subject.version, { encoding: 'utf8' });
  return /\d+\.\d+(?:\.\d+)?/.exec(`${stdout}${stderr}`)?.[0] ?? '';
}

async function runScenario(
  scenario: Scenario,
  subjects: readonly Subject[],
  maker: ZoneDataMaker,
  root: string,
): Promise<Sample[]> {
  const start = performance.now();
  const samples: Sample[] = [];
  const able = subjects.filter((subject) => subject.kinds.includes(scenario.kind));
  console.log(`\n${scenario.name}: ${scenario.text}`);
  await scenario.run({
    subjects: able,
    data: maker.get(scenario.kind),
    root: join(root, scenario.name),
    rounds: Number(options.rounds ?? (options.quick ? QUICK_ROUNDS : scenario.rounds)),
    seconds: Number(options.seconds ?? (options.quick ? QUICK_SECONDS : SECONDS)),
    note,
    take: (sample) => {
      samples.push({ scenario: scenario.name, ...sample });
      const figures = Object.entries(sample.figures).map(
        ([key, value]) => `${key} ${numberText(value)}`,
      );
      note(`${sample.round}. ${sample.subject.padEnd(8)} ${figures.join(', ')}`);
    },
  });
  note(`${((performance.now() - start) / 1000).toFixed(0)} s`);
  return samples;
}

function printFigures(results: Results, scenarios: readonly Scenario[]): void {
  for (const figure of FIGURES) {
    if (!scenarios.some((scenario) => scenario.name === figure.scenario)) continue;
    const table = figureTable(results, figure);
    if (table === null) continue;
    console.log(`\n${figure.title}\n${textTable(table)}`);
    const more = figure.key === 'micros' ? queryTable(results, figure.scenario) : null;
    if (more !== null) console.log(textTable(more));
  }
  console.log(`\n${textTable(goalTable(results))}`);
}

async function main(): Promise<void> {
  const chosen = picked<Scenario | Program>([...SCENARIOS, ...PROGRAMS], options.only);
  const scenarios = chosen.filter((one): one is Scenario => 'run' in one);
  const programs = chosen.filter((one): one is Program => !('run' in one));
  const subjects = installed(picked(SUBJECTS, options.subjects));
  if (programPath('dnsperf') === null) throw new Error('dnsperf is not installed');
  const busy = loadavg()[0] ?? 0;
  if (busy > BUSY) note(`the machine is busy (load ${busy.toFixed(1)}): only ratios mean anything`);
  pinSelf(LOAD_CORE);
  const root = mkdtempSync(join(tmpdir(), 'hotzone-bench-'));
  process.once('exit', () => rmSync(root, { recursive: true, force: true }));
  const maker = new ZoneDataMaker(root, options.quick ? QUICK_SIZES : FULL_SIZES);
  const samples: Sample[] = [];
  for (const scenario of scenarios) {
    samples.push(...(await runScenario(scenario, subjects, maker, root)));
  }
  const run: Results = {
    machine: thisMachine(),
    date: new Date().toISOString().slice(0, 10),
    versions: Object.fromEntries(subjects.map((one) => [one.title, versionOf(one)])),
    samples,
    micro: [],
    reports: {},
  };
  if (scenarios.length > 0) printFigures(run, scenarios);
  const reports = Object.fromEntries(
    programs.map((program) => [program.name, runProgram(program, options.quick, root)]),
  );
  if (options.quick) return;
  const results = mergeResults(readResults(RESULTS), { ...run, reports });
  writeResults(RESULTS, results);
  writePage(DOCS, results);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
if (options.page) {
  const known = readResults(RESULTS);
  if (known === null) throw new Error(`${RESULTS} is missing`);
  writePage(DOCS, known);
} else await main();
