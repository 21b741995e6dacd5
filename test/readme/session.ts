/**
 * Runs the commands that a page shows, in a directory of their own with a copy of zones/. `hotzone` is this build,
 * `npm start` starts it as package.json does; port 5300 is a free port in truth and 5300 again in what is printed.
 * Must not know: which page.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../peers/peer.js';
import { type Command, outputMatches } from './blocks.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const SHOWN_PORT = '5300';
const SERVER = /^(?:npm start|hotzone serve)\b/;
/** How long a server may take to start, or a saved file to show in an answer. */
const PATIENCE_MS = 10_000;
const COMMAND_MS = 30_000;
const POLL_MS = 100;

/** One page's commands share a session: files that one writes are there for the next. */
export class Session {
  private readonly folder: string;
  private readonly port: number;
  private server: ChildProcess | null = null;
  private serverOutput = '';

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  static async open(): Promise<Session> {
    const folder = mkdtempSync(join(tmpdir(), 'hotzone-readme-'));
    for (const name of ['zones', 'named.conf.example']) {
      if (existsSync(join(ROOT, name)))
        cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    }
    const session = new Session(folder, await freePort());
    session.addProgram('hotzone', '"$@"');
    session.addProgram('npm', `serve zones --local-port ${session.port}`);
    return session;
  }

  /** Runs one command and returns what it printed, and whether that is what was shown. */
  async run({ command, output }: Command): Promise<{ ok: boolean; printed: string }> {
    const real = command.replaceAll(SHOWN_PORT, String(this.port));
    if (SERVER.test(command)) return this.start(real, output);
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const { code, printed } = await this.finish(real);
      const shown = printed.replaceAll(String(this.port), SHOWN_PORT);
      const ok = output.length === 0 ? code === 0 : outputMatches(output, shown);
      // A change is live soon after it is saved, not at once: what asks the server may ask again.
      if (ok || !/^(?:dig|kdig)\b/.test(command) || Date.now() > deadline)
        return { ok, printed: shown };
      await sleep(POLL_MS);
    }
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server !== null && server.exitCode === null && server.signalCode === null) {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      const timer = setTimeout(() => server.kill('SIGKILL'), PATIENCE_MS);
      server.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async start(
    real: string,
    output: readonly string[],
  ): Promise<{ ok: boolean; printed: string }> {
    if (this.server !== null) throw new Error('a page starts one server');
    this.server = this.spawn(`exec ${real.replace(/\s*&$/, '')}`, (text) => {
      this.serverOutput += text;
    });
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const printed = this.serverOutput.replaceAll(String(this.port), SHOWN_PORT);
      const matches = output.length === 0 || outputMatches([...output, '…'], printed);
      if (matches && (await this.listens())) return { ok: true, printed };
      if (Date.now() > deadline || this.server.exitCode !== null) return { ok: false, printed };
      await sleep(POLL_MS);
    }
  }

  private listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  }

  private finish(command: string): Promise<{ code: number; printed: string }> {
    return new Promise((resolve) => {
      let printed = '';
      const child = this.spawn(command, (text) => {
        printed += text;
      });
      const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
      child.once('close', (code) => {
        clearTimeout(timer);
        resolve({ code: code ?? 1, printed });
      });
    });
  }

  private spawn(command: string, take: (text: string) => void): ChildProcess {
    const path = `${join(this.folder, '.bin')}${delimiter}${process.env['PATH'] ?? ''}`;
    const env = {
      ...process.env,
      PATH: path,
      NO_COLOR: '1',
      HOTZONE_SOCKET_DIR: join(this.folder, '.run'),
      HOTZONE_STATE_DIR: join(this.folder, '.state'),
    };
    const child = spawn('bash', ['-c', command], {
      cwd: this.folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    return child;
  }

  private addProgram(name: string, args: string): void {
    const bin = join(this.folder, '.bin');
    const path = join(bin, name);
    mkdirSync(bin, { recursive: true });
    const started = name === 'npm' ? '[ "$1" = start ] || exit 1\n' : '';
    writeFileSync(path, `#!/bin/sh\n${started}exec '${process.execPath}' '${MAIN}' ${args}\n`);
    chmodSync(path, 0o755);
  }
}
