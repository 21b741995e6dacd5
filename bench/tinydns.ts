/**
 * `npm run bench:tinydns [-- LINES --report FILE]`: programs on tinydns `data` of 1.0 million `+` lines unless told
 * otherwise, whole processes in turn, round by round: hotzone beside Debian's tinydns-data, wall time, user time and
 * their ratios. The zone file that is loaded beside the data has the same records.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from './random.js';
import { deliver } from './report.js';
import { median, numberText } from './statistics.js';
import type { Table } from './tables.js';

const ROUNDS = 5;
const LINES = 1_000_000;
const RUN_MS_MAX = 120_000;
const SEED = 1;
const APEX = 'example.com';
const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
const LOAD_ONCE = fileURLToPath(new URL('./load-once.js', import.meta.url));

/** One program's run in the folder that `data` is in. The first row is what the others are compared with. */
type Row = { readonly name: string; readonly command: string; readonly args: readonly string[] };

const ROWS: readonly Row[] = [
  { name: 'tinydns-data', command: 'tinydns-data', args: [] },
  {
    name: 'hotzone convert --to cdb',
    command: process.execPath,
    args: [MAIN, 'convert', '--to', 'cdb', 'data', '-o', 'our.cdb'],
  },
  {
    name: 'hotzone loads data',
    command: process.execPath,
    args: [LOAD_ONCE, 'data', 'data'],
  },
  {
    name: 'hotzone loads the zone file',
    command: process.execPath,
    args: [LOAD_ONCE, 'zone', 'zone', APEX],
  },
];

type Times = { readonly wallMs: number; readonly userMs: number };

/** Writes `data` and `zone`. */
async function writeBoth(folder: string, lines: number): Promise<void> {
  const random = new Random(SEED);
  const data = createWriteStream(join(folder, 'data'));
  const zone = createWriteStream(join(folder, 'zone'));
  data.write(`.${APEX}::ns.example.net\n`);
  zone.write(
    `$TTL 86400\n@ 2560 SOA ns.example.net. hostmaster 1 16384 2048 1048576 2560\n@ 259200 NS ns.example.net.\n`,
  );
  for (let i = 0; i < lines; i++) {
    const address = random.ip4();
    data.write(`+host${i}.${APEX}:${address}\n`);
    zone.write(`host${i} A ${address}\n`);
    for (const file of [data, zone]) if (file.writableNeedDrain) await once(file, 'drain');
  }
  for (const file of [data, zone]) {
    file.end();
    await finished(file);
  }
}

/** Runs a row to its end; the shell tells its times. */
async function timed(row: Row, folder: string): Promise<Times> {
  const shell = 'TIMEFORMAT="%R %U"; time "$@"';
  const args = ['-c', shell, 'bash', row.command, ...row.args];
  const child = spawn('bash', args, { cwd: folder, timeout: RUN_MS_MAX });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const found = /([\d.]+) ([\d.]+)\n$/.exec(text);
  if (status !== 0 || found === null) throw new Error(`${row.name}: ${text}`);
  return { wallMs: Number(found[1]) * 1000, userMs: Number(found[2]) * 1000 };
}

function tableOf(times: readonly (readonly Times[])[]): Table {
  const wall = times.map((runs) => median(runs.map(({ wallMs }) => wallMs)));
  const user = times.map((runs) => median(runs.map(({ userMs }) => userMs)));
  const ratio = (values: readonly number[], i: number): string =>
    numberText((values[i] ?? Number.NaN) / (values[0] ?? Number.NaN));
  const rows = ROWS.map(({ name }, i) => [
    name,
    ...[wall, user].flatMap((values) => [numberText(values[i] ?? Number.NaN), ratio(values, i)]),
  ]);
  return { head: ['', 'wall ms', 'ratio', 'user ms', 'ratio'], rows };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { report: { type: 'string' } },
  });
  const lines = Number(positionals[0] ?? LINES);
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-tinydns-'));
  try {
    await writeBoth(folder, lines);
    const times: Times[][] = ROWS.map(() => []);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, row] of ROWS.entries()) times[i]?.push(await timed(row, folder));
    }
    console.log(`${lines} lines, Node ${process.version}, medians of ${ROUNDS} rounds in turn`);
    deliver([tableOf(times)], values.report);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main();
