/** The server as a process of its own, to be killed, or to be put where it cannot write. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { UdpClient } from './client.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const PATIENCE_MS = 30_000;

export class ServerProcess {
  /** Of the last run. */
  output = '';
  readonly port: number;
  private child: ChildProcess | null = null;
  private client: UdpClient | null = null;

  constructor(t: TestContext, port: number) {
    this.port = port;
    t.after(() => this.end('SIGKILL'));
  }

  /**
   * Starts it; resolves when it listens.
   * @param args of `serve`
   * @param shell what a shell does in a mount namespace of its own before it becomes the server
   */
  async start(args: readonly string[], shell: string | null = null): Promise<void> {
    const listen = ['--local-port', `${this.port}`, '--local-address', '127.0.0.1'];
    const server = [process.execPath, MAIN, 'serve', ...args, ...listen];
    this.output = '';
    const child =
      shell === null
        ? spawn(process.execPath, server.slice(1))
        : spawn('unshare', ['-m', 'sh', '-ec', `${shell}\nexec "$@"`, 'sh', ...server]);
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    await this.logged('listen');
    this.client = new UdpClient(this.port);
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  async logged(event: string): Promise<void> {
    await this.until(() => this.output.includes(`"event":"${event}"`), event);
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!isSo()) {
      assert.ok(this.isRunning && Date.now() < end, `${what}: ${this.output}`);
      await sleep(2);
    }
  }

  get isRunning(): boolean {
    const { child } = this;
    return child !== null && child.exitCode === null && child.signalCode === null;
  }

  /** @returns its exit code, if it was not killed */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const { child } = this;
    this.client?.close();
    this.client = null;
    if (child === null || !this.isRunning) return child?.exitCode ?? null;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  /** Text of `t.<zone>`, or the rcode if there is none. */
  async see(zone: string): Promise<string> {
    const answer = await this.client?.ask(`t.${zone}`);
    return answer?.txt ?? answer?.rcode ?? 'silence';
  }

  async untilSeen(zone: string, wanted: string): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const seen = await this.see(zone);
      if (seen === wanted) return;
      assert.ok(Date.now() < end, `${zone} stays ${seen}, not ${wanted}\n${this.output}`);
      await sleep(5);
    }
  }

  /** Lines of warnings and errors. */
  faults(): string[] {
    return this.output.split('\n').filter((line) => /"level":"(?:warn|error|fatal)"/.test(line));
  }

  /** How often an event was logged. */
  count(event: string): number {
    return this.output.split(`"event":"${event}"`).length - 1;
  }
}
