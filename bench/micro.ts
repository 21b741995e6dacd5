/**
 * `npm run bench:micro`: the parts of the server by themselves, each scenario in a process of its own with a fixed
 * number of operations. Prints a table and keeps it in `bench/results.json`. `--only WORD` picks scenarios whose name
 * has the word. Must not know: how a scenario does its work.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MICRO_SCENARIOS, type MicroScenario } from './micro-scenarios.js';
import { writePage } from './page.js';
import { LOAD_CORE, pinned } from './pinning.js';
import { type MicroRow, mergeResults, readResults, thisMachine, writeResults } from './results.js';
import { median } from './statistics.js';
import { microTable, textTable } from './tables.js';
import { FULL_SIZES, ZoneDataMaker } from './zone-data.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RESULTS = join(ROOT, 'bench/results.json');
const SELF = fileURLToPath(import.meta.url);

/** What a scenario's process prints: for each round nanoseconds and octets of heap for one operation. */
type Rounds = { readonly ns: readonly number[]; readonly octets: readonly number[] };

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    /** Set in a scenario's own process. */
    scenario: { type: 'string' },
    zone: { type: 'string', default: '' },
  },
});

/** Runs the rounds of one scenario in this process. */
function runRounds(scenario: MicroScenario, zone: string): Rounds {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error('run with --expose-gc');
  const ns: number[] = [];
  const octets: number[] = [];
  const round = scenario.make(zone);
  for (let i = 0; i < scenario.warmUp + scenario.rounds; i++) {
    const work = round();
    collect();
    const heap = process.memoryUsage().heapUsed;
    const start = performance.now();
    const done = work();
    const ms = performance.now() - start;
    const grown = process.memoryUsage().heapUsed - heap;
    if (done === 0) throw new Error(`${scenario.name} did nothing`);
    if (i < scenario.warmUp) continue;
    ns.push((ms * 1e6) / scenario.operations(zone));
    octets.push(Math.max(0, grown / scenario.operations(zone)));
  }
  return { ns, octets };
}

/** Runs a scenario in a process of its own; one that starts cold has one for each round. */
function measure(scenario: MicroScenario, zone: string): MicroRow {
  const runs = Array.from({ length: scenario.cold ? scenario.rounds : 1 }, () =>
    spawn(scenario, zone),
  );
  const ns = runs.flatMap((run) => run.ns);
  const octets = Math.min(...runs.flatMap((run) => run.octets));
  return {
    name: scenario.name,
    unit: scenario.unit,
    medianNs: median(ns),
    minNs: Math.min(...ns),
    octets: scenario.countsHeap ? Math.round(octets) : null,
  };
}

function spawn(scenario: MicroScenario, zone: string): Rounds {
  const args = ['--expose-gc', SELF, '--scenario', scenario.name, '--zone', zone];
  const [program = '', ...rest] = pinned(
    [process.execPath, ...args],
    scenario.cold ? null : LOAD_CORE,
  );
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${scenario.name}: ${stderr}`);
  return JSON.parse(stdout) as Rounds;
}

function main(): void {
  const root = mkdtempSync(join(tmpdir(), 'hotzone-bench-'));
  const rows: MicroRow[] = [];
  try {
    const maker = new ZoneDataMaker(root, FULL_SIZES);
    for (const scenario of MICRO_SCENARIOS) {
      if (!scenario.name.includes(options.only)) continue;
      const zone = maker.get(scenario.kind).zones[0]?.file ?? '';
      rows.push(measure(scenario, zone));
      console.log(textTable(microTable(rows.slice(-1))).split('\n')[1]);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  console.log(`\n${textTable(microTable(rows))}`);
  if (options.only !== '') return;
  const run = {
    machine: thisMachine(),
    date: new Date().toISOString().slice(0, 10),
    versions: {},
    samples: [],
    reports: {},
    micro: rows,
  };
  const results = mergeResults(readResults(RESULTS), run);
  writeResults(RESULTS, results);
  writePage(join(ROOT, 'docs'), results);
}

const own = MICRO_SCENARIOS.find((scenario) => scenario.name === options.scenario);
if (own === undefined) main();
else process.stdout.write(JSON.stringify(runRounds(own, options.zone)));
