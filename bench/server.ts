/**
 * One server under measurement: started, waited for, looked at, ended. Must not know: which server it is.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, programPath } from '../test/peers/peer.js';
import { Asker, soaQuery } from './asker.js';
import { pinned } from './pinning.js';
import { cpuMicros, pssOctets } from './process-tree.js';
import type { Setup, Subject } from './subjects.js';
import type { ZoneData } from './zone-data.js';

const START_MS_MAX = 180_000;
const STOP_MS_MAX = 15_000;
const LOG_TAIL = 2000;
/** Zones that are asked for, evenly spread, until all of them answer. */
const ZONES_WATCHED = 200;

/** What runs now, to be ended if this process ends first. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) killGroup(child, 'SIGKILL');
});

export class Server {
  readonly subject: Subject;
  readonly setup: Setup;
  /** Time from starting the program until every zone answered. */
  startMs = 0;
  private readonly child: ChildProcess;

  private constructor(subject: Subject, setup: Setup, child: ChildProcess) {
    this.subject = subject;
    this.setup = setup;
    this.child = child;
  }

  /**
   * Starts a server and waits until all its zones answer.
   * @param core the only processor that it may use; `null`: any
   * @param port to listen on; without it, one that is free
   * @throws with the end of its log, if it ends or takes too long
   */
  static async start(
    subject: Subject,
    data: ZoneData,
    root: string,
    core: number | null,
    port?: number,
  ): Promise<Server> {
    const folder = join(root, subject.name);
    mkdirSync(folder, { recursive: true });
    const ports = { port: port ?? (await freePort()), controlPort: await freePort() };
    const setup = { folder, ...ports, data };
    const [program = '', ...args] = pinned(resolved(subject.prepare(setup)), core);
    const log = openSync(join(folder, 'log'), 'w');
    const start = performance.now();
    const child = spawn(program, args, {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    running.add(child);
    child.once('exit', () => running.delete(child));
    const server = new Server(subject, setup, child);
    try {
      await server.waitForZones();
      server.startMs = performance.now() - start;
      return server;
    } catch (error) {
      const end = server.log().slice(-LOG_TAIL);
      await server.stop();
      throw new Error(`${subject.title}: ${String(error)}; its log ends:\n${end}`);
    }
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  cpuMicros(): number {
    return cpuMicros(this.pid);
  }

  pssOctets(): number {
    return pssOctets(this.pid);
  }

  log(): string {
    return readFileSync(join(this.setup.folder, 'log'), 'latin1');
  }

  /** Tells it that a zone has changed; returns when its command does. */
  reload(origin: string): void {
    const command = this.subject.reload?.(this.setup, origin);
    if (command === undefined) return;
    const [program = '', ...args] = resolved(command);
    // A command may give up on a zone that takes long (pdns_control after 7 s): the answer counts, not its exit code.
    spawnSync(program, args, { stdio: 'ignore' });
  }

  async stop(): Promise<void> {
    if (!this.hasEnded()) {
      const exited = new Promise((resolve) => this.child.once('exit', resolve));
      const timer = setTimeout(() => killGroup(this.child, 'SIGKILL'), STOP_MS_MAX);
      this.child.kill('SIGTERM');
      await exited;
      clearTimeout(timer);
    }
    killGroup(this.child, 'SIGKILL');
    rmSync(this.setup.folder, { recursive: true, force: true });
  }

  private hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private async waitForZones(): Promise<void> {
    const { zones } = this.setup.data;
    const step = Math.max(1, Math.floor(zones.length / ZONES_WATCHED));
    const watched = zones.filter((_, i) => i % step === 0 || i === zones.length - 1).reverse();
    const asker = await Asker.open(this.setup.port);
    const deadline = performance.now() + START_MS_MAX;
    try {
      for (const { origin } of watched) {
        const query = soaQuery(origin);
        await asker.until(query, () => {
          if (this.hasEnded()) throw new Error('it ended');
          if (performance.now() > deadline) throw new Error(`no answer for ${origin} in time`);
        });
      }
    } finally {
      asker.close();
    }
  }
}

function resolved([program = '', ...args]: readonly string[]): string[] {
  const path = programPath(program) ?? program;
  return [path, ...args];
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended, and all its children.
  }
}
