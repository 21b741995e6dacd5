/**
 * Loads zones off the main thread, in the order of asking. A thread that dies costs the zone it was loading, no other.
 * Must not know: why a zone is loaded, or what becomes of it.
 */
import { Worker } from 'node:worker_threads';
import { assert, errorText } from '../base/errors.js';
import { LOADS_IN_FLIGHT_MAX } from '../base/limits.js';
import type { LoadReply } from './load-message.js';
import type { LoadRequest } from './load-zone.js';

/** Whatever loads zones; tests have their own. */
export type ZoneLoader = {
  /** Never rejects: a failure is a problem in the reply. */
  load(request: LoadRequest): Promise<LoadReply>;
  stop(): Promise<void>;
};

type Job = { readonly request: LoadRequest; readonly settle: (reply: LoadReply) => void };

/** The loader thread and the requests that wait for it. */
export class Loader implements ZoneLoader {
  private readonly script: URL;
  private waiting: Job[] = [];
  /** Jobs of `waiting` that are no longer waiting. */
  private taken = 0;
  /** Handed to the thread, oldest first. */
  private inFlight: Job[] = [];
  private thread: Worker | null;
  private stopped = false;

  /** @param script the thread's entry; tests give one that fails. */
  constructor(script: URL = new URL('./loader-thread.js', import.meta.url)) {
    this.script = script;
    // At once, not with the first zone, which would wait for it.
    this.thread = this.startThread();
  }

  load(request: LoadRequest): Promise<LoadReply> {
    return new Promise((settle) => {
      this.waiting.push({ request, settle });
      this.feed();
    });
  }

  /** Ends the thread. Requests under way are never answered. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.waiting = [];
    await this.thread?.terminate();
  }

  private feed(): void {
    const room = LOADS_IN_FLIGHT_MAX - this.inFlight.length;
    // Several requests to a message: with many small zones the messages cost more than the loads.
    const isWorthIt = room >= LOADS_IN_FLIGHT_MAX / 2;
    if (this.stopped || this.taken === this.waiting.length || !isWorthIt) return;
    const jobs = this.waiting.slice(this.taken, this.taken + room);
    this.taken += jobs.length;
    if (this.taken === this.waiting.length) {
      this.waiting = [];
      this.taken = 0;
    }
    this.inFlight.push(...jobs);
    this.thread ??= this.startThread();
    this.thread.postMessage(jobs.map((job) => job.request));
  }

  private startThread(): Worker {
    const thread = new Worker(this.script);
    let cause = 'it ended';
    thread.on('message', (reply: LoadReply) => {
      const job = this.inFlight.shift();
      assert(job !== undefined, 'a reply has a request');
      job.settle(reply);
      this.feed();
    });
    thread.on('error', (error) => {
      cause = errorText(error);
    });
    thread.on('exit', () => this.replaceThread(cause));
    return thread;
  }

  private replaceThread(cause: string): void {
    this.thread = null;
    if (this.stopped) return;
    const [failed, ...rest] = this.inFlight;
    this.inFlight = [];
    this.waiting = [...rest, ...this.waiting.slice(this.taken)];
    this.taken = 0;
    if (failed !== undefined) failed.settle(failedReply(failed.request, cause));
    this.feed();
  }
}

function failedReply(request: LoadRequest, cause: string): LoadReply {
  const { path, origin } = request;
  return {
    result: {
      apex: origin,
      image: null,
      problems: [
        {
          code: 'LOADER_FAILED',
          severity: 'error',
          file: path,
          line: 0,
          column: 0,
          length: 1,
          text: `the loader stopped: ${cause}`,
        },
      ],
      errorCount: 1,
      warningCount: 0,
      serial: 0,
      recordCount: 0,
      files: [],
    },
    durationMs: 0,
  };
}
