/**
 * `npm run bench:warm [-- --records N --zones N --huge N --rounds N --report FILE]`: hotzone started again with what an
 * earlier run has kept, beside its own start from the files and beside NSD and Knot; what a query costs from either
 * index; the memory of a zone ten times as large; and the gap in the answers when a server under load is restarted.
 * Must not know: how a server is configured.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startLoad } from './load.js';
import { SERVER_CORE } from './pinning.js';
import { Probe } from './probe.js';
import { parseKilobytes } from './process-tree.js';
import { deliver } from './report.js';
import { Server } from './server.js';
import { median, numberText } from './statistics.js';
import { missingPrograms, SUBJECTS, type Subject } from './subjects.js';
import type { Table } from './tables.js';
import { FULL_SIZES, type ZoneData, ZoneDataMaker } from './zone-data.js';

const PEERS = ['nsd', 'knot'];
/** Until all that is served is on disk, whatever else the machine does. */
const KEPT_MS_MAX = 180_000;
const QUIET_MS = 3000;
const QUERY_SECONDS = 5;
const RESTART_LOAD = 5000;
const SERIAL = 2026010100;

const { values: options } = parseArgs({
  options: {
    records: { type: 'string', default: String(FULL_SIZES.tldRecords) },
    zones: { type: 'string', default: String(FULL_SIZES.manyZones) },
    huge: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '5' },
    report: { type: 'string' },
  },
});
const rounds = Number(options.rounds);

type Index = 'memory' | 'lmdb';

/** hotzone with a folder for what it keeps that outlives it, which other servers' folders do not. */
function keeping(index: Index, folder: string): Subject {
  const subject = SUBJECTS.find(({ name }) => name === 'hotzone');
  if (subject === undefined) throw new Error('there is no hotzone');
  return {
    ...subject,
    title: `hotzone, index ${index}`,
    prepare: (setup) => [
      ...subject.prepare(setup).map((word) => (word === setup.folder ? folder : word)),
      ...['--index', index, '--socket-dir', setup.folder],
    ],
  };
}

/** The servers that are compared, as far as they are installed. */
function peers(): Subject[] {
  return SUBJECTS.filter(
    (subject) => PEERS.includes(subject.name) && missingPrograms(subject).length === 0,
  );
}

/** Runs a server until all that it serves is kept. */
async function keep(subject: Subject, data: ZoneData, root: string, folder: string): Promise<void> {
  const server = await Server.start(subject, data, root, null);
  try {
    await untilKept(folder);
  } finally {
    await server.stop();
  }
}

async function untilKept(folder: string): Promise<void> {
  const images = join(folder, 'store', 'images');
  let before = -1;
  for (const end = performance.now() + KEPT_MS_MAX; performance.now() < end; ) {
    const octets = octetsBelow(images);
    if (octets > 0 && octets === before) return;
    before = octets;
    await sleep(QUIET_MS);
  }
  throw new Error('nothing is kept');
}

function octetsBelow(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

async function startMs(subject: Subject, data: ZoneData, root: string): Promise<number> {
  const server = await Server.start(subject, data, root, null);
  await server.stop();
  return server.startMs;
}

/** Starts in turn: from the files, with what was kept, and the peers'. */
async function measureStarts(title: string, data: ZoneData, root: string): Promise<Table> {
  const folders = { memory: join(root, 'kept-memory'), lmdb: join(root, 'kept-lmdb') };
  const cold = keeping('memory', join(root, 'none'));
  const rows: { readonly title: string; readonly isPeer: boolean; readonly ms: number[] }[] = [];
  const run: (() => Promise<void>)[] = [];
  const add = (name: string, isPeer: boolean, start: () => Promise<number>): void => {
    const row = { title: name, isPeer, ms: [] as number[] };
    rows.push(row);
    run.push(async () => void row.ms.push(await start()));
  };
  add('hotzone, from the files', false, async () => {
    rmSync(join(root, 'none'), { recursive: true, force: true });
    return startMs(cold, data, root);
  });
  for (const index of ['memory', 'lmdb'] as const) {
    const subject = keeping(index, folders[index]);
    await keep(subject, data, root, folders[index]);
    add(`hotzone, kept, index ${index}`, false, () => startMs(subject, data, root));
  }
  for (const peer of peers()) add(peer.title, true, () => startMs(peer, data, root));
  for (let round = 0; round < rounds; round++) for (const one of run) await one();
  const coldMs = median(rows[0]?.ms ?? []);
  const peerMs = Math.min(...rows.filter(({ isPeer }) => isPeer).map(({ ms }) => median(ms)));
  return {
    head: [`Start, ${title}`, 'ms', 'min – max', '÷ from the files', '÷ best peer'],
    rows: rows.map((row) => {
      const ms = median(row.ms);
      const range = `${numberText(Math.min(...row.ms))} – ${numberText(Math.max(...row.ms))}`;
      return [row.title, numberText(ms), range, numberText(ms / coldMs), numberText(ms / peerMs)];
    }),
  };
}

/** CPU time per query of both indexes, one process at a time on one core, in turn. */
async function measureQueries(title: string, data: ZoneData, root: string): Promise<Table> {
  const servers: Server[] = [];
  try {
    for (const index of ['memory', 'lmdb'] as const) {
      const folder = join(root, `kept-${index}`);
      const subject = keeping(index, folder);
      await keep(subject, data, root, folder);
      const own = join(root, `query-${index}`);
      mkdirSync(own, { recursive: true });
      servers.push(await Server.start(subject, data, own, SERVER_CORE));
    }
    await sleep(QUIET_MS);
    const micros = servers.map((): number[] => []);
    for (let round = 0; round <= rounds; round++) {
      for (const [i, server] of servers.entries()) {
        const before = server.cpuMicros();
        const { port } = server.setup;
        const load = startLoad({ port, queries: data.queries, seconds: QUERY_SECONDS });
        const { completed } = await load.done;
        // the first round warms up
        if (round > 0) micros[i]?.push((server.cpuMicros() - before) / completed);
      }
    }
    const memory = median(micros[0] ?? []);
    return {
      head: [`CPU per query, ${title}`, 'µs', '÷ index memory'],
      rows: servers.map(({ subject }, i) => {
        const value = median(micros[i] ?? []);
        return [subject.title, numberText(value), numberText(value / memory)];
      }),
    };
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** Memory of one zone that the index lmdb serves: after it was read from its file, and when it was started again. */
async function measureHuge(root: string): Promise<Table> {
  const records = Number(options.huge);
  const data = new ZoneDataMaker(root, { ...FULL_SIZES, tldRecords: records, queries: 1 }).get(
    'tld',
  );
  const folder = join(root, 'kept-huge');
  const subject = keeping('lmdb', folder);
  const rows: string[][] = [];
  for (const name of ['from the file', 'kept']) {
    const server = await Server.start(subject, data, root, null);
    try {
      await untilKept(folder);
      await sleep(10 * QUIET_MS);
      const status = readFileSync(`/proc/${server.pid}/status`, 'latin1');
      const megabytes = (key: string) => numberText((parseKilobytes(status, key) * 1024) / 1e6);
      rows.push([name, numberText(server.startMs), megabytes('RssAnon'), megabytes('RssFile')]);
    } finally {
      await server.stop();
    }
  }
  rmSync(folder, { recursive: true, force: true });
  const head = [`${numberText(records / 1e6)} million records, index lmdb`, 'start, ms'];
  return { head: [...head, 'private memory, MB', 'mapped files, MB'], rows };
}

/** The longest time without an answer while a server under load is stopped and another one started. */
async function measureRestart(data: ZoneData, root: string): Promise<Table> {
  const rows: string[][] = [];
  for (const index of ['memory', 'lmdb'] as const) {
    const folder = join(root, `kept-${index}`);
    const subject = keeping(index, folder);
    await keep(subject, data, root, folder);
    const gaps: number[] = [];
    for (let round = 0; round < rounds; round++) gaps.push(await gapOf(subject, data, root));
    const range = `${numberText(Math.min(...gaps))} – ${numberText(Math.max(...gaps))}`;
    rows.push([subject.title, numberText(median(gaps)), range]);
  }
  return { head: ['Restart under load', 'ms without answers', 'min – max'], rows };
}

async function gapOf(subject: Subject, data: ZoneData, root: string): Promise<number> {
  const first = await Server.start(subject, data, root, null);
  const { port } = first.setup;
  const origin = data.zones.at(-1)?.origin ?? '';
  const load = startLoad({ port, queries: data.queries, seconds: 600, rate: RESTART_LOAD });
  const probe = new Probe(port, origin);
  let second: Server | null = null;
  try {
    await probe.firstSeen(SERIAL, KEPT_MS_MAX);
    await sleep(QUIET_MS);
    await probe.take();
    await first.stop();
    second = await Server.start(subject, data, root, null, port);
    await sleep(QUIET_MS);
    return (await probe.take()).silentMs;
  } finally {
    probe.stop();
    load.stop();
    await load.done;
    await (second ?? first).stop();
  }
}

async function main(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'hotzone-warm-'));
  try {
    const sizes = {
      ...FULL_SIZES,
      tldRecords: Number(options.records),
      manyZones: Number(options.zones),
    };
    const maker = new ZoneDataMaker(root, sizes);
    const one = `one zone of ${numberText(sizes.tldRecords / 1e6)} million records`;
    const many = `${numberText(sizes.manyZones)} small zones`;
    const tables = [
      await measureStarts(one, maker.get('tld'), join(root, 'start-tld')),
      await measureStarts(many, maker.get('many'), join(root, 'start-many')),
      await measureQueries('117 000 records', maker.get('mixed'), join(root, 'query-mixed')),
      await measureQueries(one, maker.get('tld'), join(root, 'query-tld')),
      await measureRestart(maker.get('many'), join(root, 'restart')),
      await measureHuge(join(root, 'huge')),
    ];
    deliver(tables, options.report);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

await main();
