/**
 * `npm run bench:secondaries [-- ZONES --seconds N --report FILE]`: hotzone as secondary of 10,000 zones of one primary
 * on loopback. How long until all are served, then how their SOA questions are spread over time, and whether memory is
 * steady. The refresh time in the zones is 10 s; hotzone takes that for its least, a minute.
 * Must not know: how a server is configured.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { programPath } from '../test/peers/peer.js';
import { askMany } from '../test/peers/query.js';
import { isAnswer, soaQuery } from './asker.js';
import { MEMORY_FILE } from './memory-teller.js';
import { parseKilobytes } from './process-tree.js';
import { deliver } from './report.js';
import { PRIMARY, secondarySubjects } from './secondary-subjects.js';
import { Server } from './server.js';
import { numberText } from './statistics.js';
import { missingPrograms } from './subjects.js';
import type { Table } from './tables.js';
import { FULL_SIZES, type ZoneData, ZoneDataMaker } from './zone-data.js';

const ZONES = 10_000;
/** Two refresh times: every zone is asked for at least twice. */
const SECONDS = 120;
/** Of one row of the table. */
const SECONDS_PER_ROW = 20;
const POLL_MS = 100;
const MEMORY_MS_MAX = 5000;
const MEGABYTE = 1e6;

/** Of some seconds. */
type Watched = {
  readonly fromSecond: number;
  /** Questions for an SOA in each second. */
  readonly questions: readonly number[];
  /** Milliseconds of processor time in a second. */
  readonly cpuMs: number;
  readonly memory: Memory;
};

/** Octets. The heap is what is left when garbage has been collected. */
type Memory = { readonly rss: number; readonly heapUsed: number; readonly arrayBuffers: number };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: String(SECONDS) },
      report: { type: 'string' },
    },
  });
  if (missingPrograms(PRIMARY).length > 0) throw new Error(`${PRIMARY.title} is not installed`);
  const root = mkdtempSync(join(tmpdir(), 'hotzone-secondaries-'));
  const servers: Server[] = [];
  try {
    const data = zonesOf(root, Number(positionals[0] ?? ZONES));
    const primary = await Server.start(PRIMARY, data, join(root, 'primary'), null);
    servers.push(primary);
    // Those of the wait for the primary.
    const asked = questionsOf(primary);
    const start = performance.now();
    const server = await startSecondary(primary, root);
    servers.push(server);
    await untilAllAnswer(server);
    const seconds = (performance.now() - start) / 1000;
    const served = servedTable(server, seconds, questionsOf(primary) - asked);
    const rows: Watched[] = [];
    for (let from = 0; from < Number(values.seconds); from += SECONDS_PER_ROW) {
      rows.push(await watch(primary, server, from));
    }
    deliver([served, watchedTable(rows), spreadTable(rows)], values.report);
  } finally {
    for (const server of servers.reverse()) await server.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

function zonesOf(root: string, count: number): ZoneData {
  const data = new ZoneDataMaker(root, { ...FULL_SIZES, manyZones: count, queries: 1 }).get('many');
  for (const { file } of data.zones) {
    const text = readFileSync(file, 'latin1');
    writeFileSync(file, text.replace(/(hostmaster \d+) \d+ \d+/, '$1 10 10'), 'latin1');
  }
  return data;
}

async function startSecondary(primary: Server, root: string): Promise<Server> {
  const subject = secondarySubjects(primary.setup.port).find(({ name }) => name === 'hotzone');
  if (subject === undefined) throw new Error('hotzone receives no zones');
  const folder = join(root, 'received');
  mkdirSync(folder);
  const { data } = primary.setup;
  const zones = data.zones.map(({ origin }) => ({ origin, file: join(folder, `${origin}.zone`) }));
  const teller = fileURLToPath(new URL('./memory-teller.js', import.meta.url));
  process.env['HOTZONE_NODE_FLAGS'] = `--expose-gc --import ${teller}`;
  process.env['BENCH_MEMORY'] = 'tell';
  return await Server.start(subject, { ...data, zones }, root, null);
}

/** `Server.start` has only seen some of them. */
async function untilAllAnswer({ setup }: Server): Promise<void> {
  let queries = setup.data.zones.map(({ origin }) => soaQuery(origin));
  while (queries.length > 0) {
    const replies = await askMany({ port: setup.port }, queries);
    queries = queries.filter((_, i) => !isAnswer(replies[i] ?? Buffer.alloc(0)));
    if (queries.length > 0) await sleep(POLL_MS);
  }
}

/** Questions for an SOA that the primary has had. */
function questionsOf({ setup }: Server): number {
  const socket = join(setup.folder, 'knot.sock');
  const program = programPath('knotc') ?? 'knotc';
  const { stdout } = spawnSync(program, ['-s', socket, 'stats', 'mod-stats.query-type'], {
    encoding: 'utf8',
  });
  return Number(/\[SOA\] = (\d+)/.exec(stdout)?.[1] ?? 0);
}

async function memoryOf(server: Server): Promise<Memory> {
  const path = join(server.setup.folder, MEMORY_FILE);
  rmSync(path, { force: true });
  process.kill(server.pid, 'SIGUSR2');
  const deadline = performance.now() + MEMORY_MS_MAX;
  while (performance.now() < deadline) {
    await sleep(POLL_MS);
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as Memory;
    } catch {
      // Not yet.
    }
  }
  throw new Error('the server does not tell of its memory');
}

async function watch(primary: Server, server: Server, fromSecond: number): Promise<Watched> {
  const memory = await memoryOf(server);
  const questions: number[] = [];
  const cpu = server.cpuMicros();
  const start = performance.now();
  let before = questionsOf(primary);
  for (let second = 1; second <= SECONDS_PER_ROW; second++) {
    await sleep(Math.max(0, start + second * 1000 - performance.now()));
    const now = questionsOf(primary);
    questions.push(now - before);
    before = now;
  }
  const seconds = (performance.now() - start) / 1000;
  return { fromSecond, questions, cpuMs: (server.cpuMicros() - cpu) / 1000 / seconds, memory };
}

function servedTable(server: Server, seconds: number, questions: number): Table {
  const rss = parseKilobytes(readFileSync(`/proc/${server.pid}/status`, 'utf8'), 'VmRSS') * 1024;
  return {
    head: [
      'Start without files',
      'zones',
      's until all answer',
      'CPU s',
      'SOA questions',
      'RSS MB',
    ],
    rows: [
      [
        server.subject.title,
        String(server.setup.data.zones.length),
        numberText(seconds),
        numberText(server.cpuMicros() / 1e6),
        String(questions),
        numberText(rss / MEGABYTE),
      ],
    ],
  };
}

function watchedTable(rows: readonly Watched[]): Table {
  return {
    head: [
      ...['s since then', 'SOA questions/s', 'least', 'most', 'CPU ms/s'],
      ...['RSS MB', 'heap MB', 'buffers MB'],
    ],
    rows: rows.map(({ fromSecond, questions, cpuMs, memory }) => [
      `${fromSecond} – ${fromSecond + questions.length}`,
      numberText(meanOf(questions)),
      String(Math.min(...questions)),
      String(Math.max(...questions)),
      numberText(cpuMs),
      numberText(memory.rss / MEGABYTE),
      numberText(memory.heapUsed / MEGABYTE),
      numberText(memory.arrayBuffers / MEGABYTE),
    ]),
  };
}

function spreadTable(rows: readonly Watched[]): Table {
  const all = rows.flatMap(({ questions }) => questions);
  const mean = meanOf(all);
  const most = Math.max(...all);
  return {
    head: ['Spread of SOA questions', 'mean per s', 'most in a second', 'most ÷ mean'],
    rows: [['all the time', numberText(mean), String(most), numberText(most / mean)]],
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

await main();
