/**
 * Threads that are started before there is a socket for them: while zones are loading there is time for it, and then
 * the first answer need not wait for it. Must not know: what the threads do.
 */
import { Worker } from 'node:worker_threads';

/** A worker holds little: tables of the engine, and no records. */
export const WORKER_HEAP_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };

/** Threads of UDP workers. */
export function spareUdpWorkers(count: number): SpareWorkers {
  return new SpareWorkers(new URL('./udp-worker.js', import.meta.url), count);
}

export class SpareWorkers {
  private readonly threads: Worker[] = [];

  /** @param script waits for a message with what it is to start with, if it is started without */
  constructor(script: URL, count: number) {
    for (let i = 0; i < count; i++) {
      const thread = new Worker(script, { name: 'udp', resourceLimits: WORKER_HEAP_LIMITS });
      // Nobody waits for one that is never needed, nor for one that has died.
      thread.unref();
      thread.on('error', () => this.drop(thread));
      thread.once('exit', () => this.drop(thread));
      this.threads.push(thread);
    }
  }

  /** A thread that waits for its message; `null` if there is none. */
  take(): Worker | null {
    const thread = this.threads.pop() ?? null;
    thread?.removeAllListeners();
    thread?.ref();
    return thread;
  }

  private drop(thread: Worker): void {
    const at = this.threads.indexOf(thread);
    if (at >= 0) this.threads.splice(at, 1);
  }
}
