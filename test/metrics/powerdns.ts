/**
 * Runs PowerDNS with its BIND backend on loopback, to compare statistics with: one zone, its own port and directory.
 * Must not know: what is asked of it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { freePort, programPath } from '../peers/peer.js';

const START_MS = 20_000;
const POLL_MS = 50;
const RUN_SECONDS = 60;

export type PowerDns = {
  readonly port: number;
  /** The reply to a command of pdns_control, without its last line end. */
  control(...words: readonly string[]): string;
};

/**
 * Starts it and waits until it takes commands; ends it and removes its directory after the test.
 * @param more settings, as on its command line
 */
export async function startPowerDns(
  t: TestContext,
  origin: string,
  text: string,
  more: readonly string[] = [],
): Promise<PowerDns> {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-pdns-'));
  const port = await freePort();
  const webPort = await freePort();
  const bindConfig = join(folder, 'named.conf');
  writeFileSync(join(folder, 'zone'), text);
  writeFileSync(bindConfig, `zone "${origin}" { type master; file "${join(folder, 'zone')}"; };\n`);
  const socketDirectory = `--socket-dir=${folder}`;
  const configDirectory = `--config-dir=${folder}`;
  // Clients are remembered only while the web server runs.
  const settings = [
    ...[configDirectory, socketDirectory, '--daemon=no', '--guardian=no', '--disable-syslog'],
    ...['--launch=bind', `--bind-config=${bindConfig}`, '--security-poll-suffix='],
    ...['--local-address=127.0.0.1', `--local-port=${port}`],
    ...['--webserver=yes', '--webserver-address=127.0.0.1', `--webserver-port=${webPort}`],
    ...more,
  ];
  const program = programPath('pdns_server') ?? '';
  const limited = ['-k', '1', String(RUN_SECONDS), program, ...settings];
  const child = spawn('timeout', limited, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  t.after(async () => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  });
  const control = (...words: readonly string[]): string => {
    const args = [configDirectory, socketDirectory, ...words];
    return spawnSync('pdns_control', args, { encoding: 'latin1' }).stdout.replace(/\n$/, '');
  };
  const deadline = Date.now() + START_MS;
  while (!log.includes('ready to distribute questions') || control('rping') !== 'PONG') {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`PowerDNS: ${log}`);
    await setTimeout(POLL_MS);
  }
  return { port, control };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}
