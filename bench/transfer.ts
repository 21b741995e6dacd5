/**
 * `npm run bench:transfer [-- --records N --rounds N --subjects NAME,… --report FILE]`: hotzone beside BIND, NSD and
 * Knot as they send a zone of 1.0 million records whole, as they send what has changed by an edit of one line, and as
 * they receive such a zone. One client and one primary for all, taking turns. Must not know: how a server is
 * configured.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { askUdp } from '../test/peers/query.js';
import { serialOf, soaQuery } from './asker.js';
import { deliver } from './report.js';
import { Server } from './server.js';
import { median, numberText } from './statistics.js';
import { missingPrograms } from './subjects.js';
import type { Table } from './tables.js';
import { type InRow, measureIn } from './transfer-in.js';
import { type Received, receive, transferQuery } from './transfer-receiver.js';
import { TRANSFER_NAMES, TRANSFER_SUBJECTS } from './transfer-subjects.js';
import { copyOfZone, FULL_SIZES, type ZoneData, ZoneDataMaker } from './zone-data.js';

const SERIAL_FIRST = 2026010100;
const EDIT_MS_MAX = 60_000;
const POLL_MS = 20;
/** Time for a server to come to rest after an edit, such as to free the version before. */
const SETTLE_MS = 2000;

const { values: options } = parseArgs({
  options: {
    records: { type: 'string', default: String(FULL_SIZES.tldRecords) },
    rounds: { type: 'string', default: '5' },
    subjects: { type: 'string', default: TRANSFER_NAMES.join() },
    report: { type: 'string' },
  },
});

type Row = {
  readonly server: Server;
  readonly whole: (Received & { readonly cpuMs: number })[];
  readonly changes: Received[];
  /** From the edit until the changes were here. */
  readonly editMs: number[];
};

async function startAll(data: ZoneData, root: string): Promise<Row[]> {
  const names = options.subjects.split(',');
  const rows: Row[] = [];
  for (const subject of TRANSFER_SUBJECTS) {
    if (!names.includes(subject.name)) continue;
    if (missingPrograms(subject).length > 0) {
      console.log(`  left out: ${subject.title}, which is not installed`);
      continue;
    }
    const own = copyOfZone(data, join(root, 'zones', subject.name));
    const server = await Server.start(subject, own, root, null);
    rows.push({ server, whole: [], changes: [], editMs: [] });
  }
  return rows;
}

async function takeWhole({ server, whole }: Row, serial: number): Promise<void> {
  const { port, data } = server.setup;
  const before = server.cpuMicros();
  const received = await receive(port, transferQuery(originOf(data), null), serial);
  whole.push({ ...received, cpuMs: (server.cpuMicros() - before) / 1000 });
}

/** Changes an address and the serial, and takes what has changed when the server has the new version. */
async function takeChanges({ server, changes, editMs }: Row, serial: number): Promise<void> {
  const { port, data } = server.setup;
  const file = data.zones[0]?.file ?? '';
  const text = readFileSync(file, 'latin1');
  const edited = text
    .replace(String(serial - 1), String(serial))
    .replace(/^(a\.nic A )\S+/m, `$1192.0.2.${serial % 256}`);
  writeFileSync(`${file}.new`, edited, 'latin1');
  const start = performance.now();
  renameSync(`${file}.new`, file);
  server.reload(originOf(data));
  const query = soaQuery(originOf(data));
  for (;;) {
    const reply = await askUdp({ port }, query, { timeoutMs: 200, retries: 0 });
    if (reply !== null && serialOf(reply, query.length) === serial) break;
    if (performance.now() - start > EDIT_MS_MAX) throw new Error('the edit is not taken');
    await sleep(POLL_MS);
  }
  changes.push(await receive(port, transferQuery(originOf(data), serial - 1), serial));
  editMs.push(performance.now() - start);
}

function originOf(data: ZoneData): string {
  return data.zones[0]?.origin ?? '';
}

function medianMs(values: readonly { readonly milliseconds: number }[]): number {
  return median(values.map(({ milliseconds }) => milliseconds));
}

/** The least of the servers that are not ours. */
function bestPeer<T>(
  rows: readonly T[],
  name: (row: T) => string,
  value: (row: T) => number,
): number {
  return Math.min(...rows.filter((row) => name(row) !== 'hotzone').map(value));
}

function outTables(rows: readonly Row[]): Table[] {
  const nameOf = ({ server }: Row): string => server.subject.name;
  const best = bestPeer(rows, nameOf, (row) => medianMs(row.whole));
  const bestEdit = bestPeer(rows, nameOf, (row) => median(row.editMs));
  const whole = rows.map(({ server, whole: all }) => [
    server.subject.title,
    numberText(medianMs(all)),
    numberText(medianMs(all) / best),
    numberText(median(all.map(({ cpuMs }) => cpuMs))),
    numberText((all[0]?.octets ?? 0) / 1e6),
    String(all[0]?.messages ?? 0),
    String(all[0]?.records ?? 0),
  ]);
  const changed = rows.map(({ server, changes, editMs }) => [
    server.subject.title,
    numberText(medianMs(changes)),
    numberText(median(editMs)),
    numberText(median(editMs) / bestEdit),
    String(Math.max(...changes.map(({ records }) => records))),
    numberText(Math.max(...changes.map(({ octets }) => octets))),
  ]);
  return [
    {
      head: ['AXFR out', 'ms', '÷ best peer', 'CPU ms', 'MB', 'messages', 'records'],
      rows: whole,
    },
    {
      head: [
        ...['IXFR of one line', 'ms', 'ms since the edit', '÷ best peer'],
        ...['records', 'octets'],
      ],
      rows: changed,
    },
  ];
}

function inTable(rows: readonly InRow[]): Table {
  const best = bestPeer(
    rows,
    ({ name }) => name,
    ({ milliseconds }) => median(milliseconds),
  );
  return {
    head: ['AXFR in', 'ms from NOTIFY to answer', '÷ best peer', 'CPU ms'],
    rows: rows.map(({ title, milliseconds, cpuMs }) => [
      title,
      numberText(median(milliseconds)),
      numberText(median(milliseconds) / best),
      numberText(median(cpuMs)),
    ]),
  };
}

async function measureOut(data: ZoneData, root: string, rounds: number): Promise<Table[]> {
  const rows = await startAll(data, root);
  try {
    for (let round = 0; round < rounds; round++) {
      for (const row of rows) await takeWhole(row, SERIAL_FIRST + round);
      for (const row of rows) {
        await takeChanges(row, SERIAL_FIRST + round + 1);
        await sleep(SETTLE_MS);
      }
    }
    return outTables(rows);
  } finally {
    for (const { server } of rows) await server.stop();
  }
}

async function main(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'hotzone-transfer-'));
  try {
    const sizes = { ...FULL_SIZES, tldRecords: Number(options.records), queries: 1 };
    const data = new ZoneDataMaker(root, sizes).get('tld');
    const rounds = Number(options.rounds);
    const tables = await measureOut(data, root, rounds);
    const names = options.subjects.split(',');
    const received = await measureIn(data, root, rounds, names, SERIAL_FIRST);
    if (received.length > 0) tables.push(inTable(received));
    deliver(tables, options.report);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

await main();
