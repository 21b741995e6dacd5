/**
 * `npm run bench:control [RECORDS]`: how long other commands wait while a large zone is reloaded by command. One
 * server, a zone of 1.0 million records unless told otherwise, a `rping` every few milliseconds.
 * Must not know: what commands do.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROUNDS = 5;
const PAUSE_MS = 3;
const RECORDS = '1000000';

/** Sends a line; resolves with the reply and the time that it took. */
function ask(path: string, line: string): Promise<{ text: string; ms: number }> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(path, () => socket.write(`${line}\n`));
    socket.setEncoding('utf8');
    socket.on('data', (part) => {
      text += part;
    });
    socket.once('end', () => resolve({ text, ms: performance.now() - start }));
    socket.once('error', reject);
  });
}

/** Pings until `done` has resolved. @returns how long each ping took */
async function pingWhile(path: string, done: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let isDone = false;
  void done.then(() => {
    isDone = true;
  });
  while (!isDone) {
    times.push((await ask(path, 'rping')).ms);
    await sleep(PAUSE_MS);
  }
  return times;
}

function quantile(times: readonly number[], part: number): string {
  const sorted = [...times].sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
}

function row(what: string, times: readonly number[]): void {
  const columns = [0.5, 0.99, 1].map((part) => quantile(times, part).padStart(7));
  console.log(`${what.padEnd(34)}${columns.join('')}  ${times.length} pings`);
}

async function measure(path: string): Promise<void> {
  while (
    !(await ask(path, 'bind-domain-status tld').catch(() => ({ text: '' }))).text.includes('parsed')
  ) {
    await sleep(100);
  }
  console.log(`${'rping, ms'.padEnd(34)}  median    99%    max`);
  row('nothing else to do', await pingWhile(path, sleep(2000)));
  const during: number[] = [];
  const reloads: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const reload = ask(path, 'bind-reload-now tld');
    during.push(...(await pingWhile(path, reload)));
    reloads.push((await reload).ms);
  }
  row('while the zone is reloaded', during);
  console.log(`${'reload, ms'.padEnd(34)}${quantile(reloads, 0.5).padStart(7)}`);
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-control-'));
  let server: ChildProcess | null = null;
  try {
    const zone = join(folder, 'tld.zone');
    const records = process.argv[2] ?? RECORDS;
    const generator = fileURLToPath(new URL('./generate.js', import.meta.url));
    execFileSync(process.execPath, [
      generator,
      'tld',
      zone,
      '--origin',
      'tld',
      '--records',
      records,
    ]);
    const program = fileURLToPath(new URL('../src/main.js', import.meta.url));
    const own = ['--socket-dir', folder, '--state-dir', folder, '--local-port', '0'];
    server = spawn(process.execPath, [program, 'serve', zone, ...own], { stdio: 'ignore' });
    await sleep(500);
    await measure(join(folder, 'pdns.controlsocket'));
  } finally {
    server?.kill('SIGTERM');
    rmSync(folder, { recursive: true });
  }
}

await main();
