/**
 * What is measured: one row for each scenario. Rounds of all servers take turns, so that whatever else the machine
 * does meets all of them alike. Must not know: how results are shown.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from './load.js';
import { SERVER_CORE } from './pinning.js';
import { Probe } from './probe.js';
import { monotonicMs } from './prober.js';
import type { Sample } from './results.js';
import { Server } from './server.js';
import type { Subject } from './subjects.js';
import { type BenchZone, copyOfZone, type ZoneData, type ZoneDataKind } from './zone-data.js';

const WARM_UP_SECONDS = 1;
const QUIET_MS = 3000;
const RELOAD_MS_MAX = 60_000;
/** Time for a server to come to rest after a start or a reload, and then for the probe to see the usual. */
const SETTLE_MS = 2000;
/** Queries a second while a large zone is reloaded. */
const RELOAD_LOAD = 5000;
const SERIAL_FIRST = 2026010100;

/** What a run of one scenario needs. */
export type Bench = {
  readonly subjects: readonly Subject[];
  readonly data: ZoneData;
  /** Directory for the servers' files. */
  readonly root: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly note: (line: string) => void;
  readonly take: (sample: Omit<Sample, 'scenario'>) => void;
};

export type Scenario = {
  readonly name: string;
  readonly text: string;
  readonly kind: ZoneDataKind;
  readonly rounds: number;
  readonly run: (bench: Bench) => Promise<void>;
};

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'query-mixed',
    text: 'one zone of 117 000 records, all kinds of answers',
    kind: 'mixed',
    rounds: 5,
    run: measureQueries,
  },
  {
    name: 'query-many',
    text: '100 000 small zones',
    kind: 'many',
    rounds: 5,
    run: measureQueries,
  },
  {
    name: 'query-tld',
    text: 'one zone of 1.0 million records, nearly all delegations',
    kind: 'tld',
    rounds: 5,
    run: measureQueries,
  },
  {
    name: 'query-nsec',
    text: 'one signed zone of 100 000 names with NSEC, half of the answers are denials, DO set',
    kind: 'nsec',
    rounds: 5,
    run: measureQueries,
  },
  {
    name: 'query-nsec3',
    text: 'the same zone with NSEC3',
    kind: 'nsec3',
    rounds: 5,
    run: measureQueries,
  },
  {
    name: 'start-tld',
    text: 'start with one zone of 1.0 million records',
    kind: 'tld',
    rounds: 5,
    run: measureStarts,
  },
  {
    name: 'start-many',
    text: 'start with 100 000 small zone files',
    kind: 'many',
    rounds: 3,
    run: measureStarts,
  },
  {
    name: 'reload-tld',
    text: 'one line of a zone of 1.0 million records changes, under load',
    kind: 'tld',
    rounds: 3,
    run: (bench) => measureReloads(bench, true),
  },
  {
    name: 'reload-one-of-many',
    text: 'one of 100 000 small zones changes',
    kind: 'many',
    rounds: 5,
    run: (bench) => measureReloads(bench, false),
  },
];

// --- queries ----------------------------------------------------------------------------------------------------

async function measureQueries(bench: Bench): Promise<void> {
  await withServers(
    bench,
    SERVER_CORE,
    () => bench.data,
    async (servers) => {
      for (const server of servers) await load(bench, server, WARM_UP_SECONDS);
      for (let round = 1; round <= bench.rounds; round++) {
        for (const server of servers) {
          const before = server.cpuMicros();
          const { completed, lost, perSecond, rcodes } = await load(bench, server, bench.seconds);
          const micros = (server.cpuMicros() - before) / completed;
          bench.take({
            subject: server.subject.name,
            round,
            figures: {
              micros,
              perSecond,
              lost,
              noerrorPercent: rcodes['NOERROR'] ?? 0,
              nxdomainPercent: rcodes['NXDOMAIN'] ?? 0,
            },
          });
        }
      }
    },
  );
}

function load(bench: Bench, server: Server, seconds: number) {
  const { queries, dnssecOk = false } = bench.data;
  return startLoad({ port: server.setup.port, queries, seconds, dnssecOk }).done;
}

/** Starts all servers, one after the other, and ends them whatever happens. One that does not start is left out. */
async function withServers(
  bench: Bench,
  core: number | null,
  dataOf: (subject: Subject) => ZoneData,
  work: (servers: readonly Server[]) => Promise<void>,
): Promise<void> {
  const servers: Server[] = [];
  try {
    for (const subject of bench.subjects) {
      const server = await startOrTell(bench, subject, dataOf(subject), core);
      if (server !== null) servers.push(server);
    }
    await sleep(SETTLE_MS);
    await work(servers);
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function startOrTell(
  bench: Bench,
  subject: Subject,
  data: ZoneData,
  core: number | null,
): Promise<Server | null> {
  try {
    return await Server.start(subject, data, bench.root, core);
  } catch (error) {
    bench.note(`left out: ${String(error)}`);
    return null;
  }
}

// --- start ------------------------------------------------------------------------------------------------------

async function measureStarts(bench: Bench): Promise<void> {
  for (let round = 1; round <= bench.rounds; round++) {
    for (const subject of bench.subjects) {
      const server = await startOrTell(bench, subject, bench.data, null);
      if (server === null) continue;
      try {
        await sleep(QUIET_MS);
        bench.take({
          subject: subject.name,
          round,
          figures: {
            seconds: server.startMs / 1000,
            cpuSeconds: server.cpuMicros() / 1e6,
            megabytes: server.pssOctets() / 1e6,
          },
        });
      } finally {
        await server.stop();
      }
    }
  }
}

// --- reload -----------------------------------------------------------------------------------------------------

async function measureReloads(bench: Bench, underLoad: boolean): Promise<void> {
  // A zone of its own for each: what one server is told of must not wake the others.
  const dataOf = (subject: Subject): ZoneData =>
    bench.data.zones.length === 1
      ? copyOfZone(bench.data, join(bench.root, 'zones', subject.name))
      : bench.data;
  await withServers(bench, null, dataOf, async (servers) => {
    const able = servers.map((server, i) => {
      const { zones } = server.setup.data;
      const zone = zones.at(-1 - (i % zones.length));
      return { server, zone: zone ?? { origin: '', file: '' } };
    });
    for (let round = 1; round <= bench.rounds; round++) {
      for (const { server, zone } of [...able]) {
        try {
          await measureReload(bench, server, zone, round, underLoad);
        } catch (error) {
          bench.note(`left out: ${server.subject.title}: ${String(error)}`);
          able.splice(
            able.findIndex((one) => one.server === server),
            1,
          );
        }
      }
    }
  });
}

async function measureReload(
  bench: Bench,
  server: Server,
  zone: BenchZone,
  round: number,
  underLoad: boolean,
): Promise<void> {
  const { port } = server.setup;
  const background = underLoad
    ? startLoad({ port, queries: bench.data.queries, seconds: 600, rate: RELOAD_LOAD })
    : null;
  const probe = new Probe(port, zone.origin);
  try {
    await probe.firstSeen(SERIAL_FIRST + round - 1, RELOAD_MS_MAX);
    await sleep(SETTLE_MS / 2);
    await probe.take();
    await sleep(SETTLE_MS / 2);
    const usual = await probe.take();
    const edited = prepareEdit(zone, bench.root, round);
    await sleep(SETTLE_MS / 4);
    await probe.take();
    const start = monotonicMs();
    renameSync(edited, zone.file);
    server.reload(zone.origin);
    const seen = await probe.firstSeen(SERIAL_FIRST + round, RELOAD_MS_MAX);
    await sleep(SETTLE_MS / 4);
    const report = await probe.take();
    bench.take({
      subject: server.subject.name,
      round,
      figures: {
        milliseconds: seen - start,
        stall: report.longestMs,
        stallBefore: usual.longestMs,
        proberLate: report.lateMs,
      },
    });
  } finally {
    probe.stop();
    background?.stop();
    await background?.done;
  }
}

/** The zone's file with the next serial, ready to be renamed over it. */
function prepareEdit(zone: BenchZone, root: string, round: number): string {
  const text = readFileSync(zone.file, 'latin1');
  const edited = text.replace(String(SERIAL_FIRST + round - 1), String(SERIAL_FIRST + round));
  if (edited === text) throw new Error(`${zone.file} has no serial to change`);
  const path = join(root, 'edited.zone');
  writeFileSync(path, edited, 'latin1');
  return path;
}
