/**
 * The near end of a prober process (prober.ts). Must not know: what is done to the server.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProbeReport, SerialSeen } from './prober.js';

const PROBER = fileURLToPath(new URL('./prober.js', import.meta.url));

export class Probe {
  private readonly child: ChildProcess;
  private readonly seen = new Map<number, number>();
  private waiting: (() => void)[] = [];
  private report: ((report: ProbeReport) => void) | null = null;

  constructor(port: number, origin: string) {
    this.child = fork(PROBER, [String(port), origin], { execArgv: [] });
    this.child.on('message', (message: SerialSeen | ProbeReport) => {
      if ('sent' in message) this.report?.(message);
      else this.note(message);
    });
  }

  /** When `serial` was first answered, milliseconds of the shared clock. */
  async firstSeen(serial: number, timeoutMs: number): Promise<number> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const at = this.seen.get(serial);
      if (at !== undefined) return at;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`serial ${serial} was not served in ${timeoutMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** What has been seen since the last call. */
  take(): Promise<ProbeReport> {
    return new Promise((resolve) => {
      this.report = resolve;
      this.child.send('take');
    });
  }

  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }

  private note({ serial, at }: SerialSeen): void {
    if (!this.seen.has(serial)) this.seen.set(serial, at);
    const waiting = this.waiting;
    this.waiting = [];
    for (const go of waiting) go();
  }
}
