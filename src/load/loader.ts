/**
 * Loads zones off the main thread, in as many threads as there are cores: edits before the bulk of a start, each queue
 * in the order of asking. A thread that dies costs the zone it was loading, no other. Threads come with the work and
 * end without it, which gives their memory back; one fresh thread stays for the next edit.
 * Must not know: why a zone is loaded, or what becomes of it.
 */

import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import { errorText } from '../base/errors.js';
import {
  LOAD_BATCH_MAX,
  LOAD_ROOM_OCTETS,
  LOADER_IDLE_MS,
  LOADER_THREADS_MAX,
  LOADER_WORN_LOADS,
  LOADER_WORN_MS,
  LOADER_YOUNG_MEGABYTES,
  LOADS_WAITING_MAX,
} from '../base/limits.js';
import { fileProblem } from '../base/problem.js';
import { JobQueue, type LoadJob } from './job-queue.js';
import { type BatchReply, type LoadBatch, type LoadReply, ReplyReader } from './load-message.js';
import type { SigningOrder } from './signing-order.js';
import { stampAt } from './tracked-zone.js';
import { zoneOfFileName } from './zone-files.js';

/** Whatever loads zones; tests have their own. */
export type ZoneLoader = {
  /** Never fails: what goes wrong is a problem in the reply. */
  load(job: LoadJob): void;
  /** Whether so many loads wait that whoever has more to ask for should wait, too. */
  readonly isFull: boolean;
  /** Resolves when it is not full. */
  room(): Promise<void>;
  stop(): Promise<void>;
};

type LoaderThread = {
  readonly worker: Worker;
  readonly room: SharedArrayBuffer;
  readonly progress: SharedArrayBuffer;
  /** What the thread is loading; `null` if it is idle. */
  batch: readonly LoadJob[] | null;
  /** All that it has done so far. */
  loads: number;
  busyMs: number;
  startedAt: number;
};

export type LoaderOptions = {
  /** Threads at most; by default one for each core, and two at least: a large zone must not hold up the others. */
  readonly threads?: number;
  /** The threads' entry; tests give one that fails. */
  readonly script?: URL;
  readonly idleMs?: number;
};

/** The loader threads and the loads that wait for them. */
export class Loader implements ZoneLoader {
  private readonly script: URL;
  private readonly threadsMax: number;
  private readonly idleMs: number;
  private readonly urgent = new JobQueue();
  private readonly bulk = new JobQueue();
  private readonly threads = new Set<LoaderThread>();
  private readonly wantRoom: (() => void)[] = [];
  private idleTimer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(options: LoaderOptions = {}) {
    const cores = Math.max(2, availableParallelism());
    this.script = options.script ?? new URL('./loader-thread.js', import.meta.url);
    this.threadsMax = options.threads ?? Math.min(cores, LOADER_THREADS_MAX);
    this.idleMs = options.idleMs ?? LOADER_IDLE_MS;
    // At once, not with the first zone, which would wait for it.
    this.startThread();
  }

  /** Threads that there are now. */
  get threadCount(): number {
    return this.threads.size;
  }

  load(job: LoadJob): void {
    (job.urgent ? this.urgent : this.bulk).push(job);
    this.feed();
  }

  get isFull(): boolean {
    return this.waiting >= LOADS_WAITING_MAX;
  }

  async room(): Promise<void> {
    if (this.isFull) await new Promise<void>((resolve) => this.wantRoom.push(resolve));
  }

  /** Ends the threads. Loads under way are never answered. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.urgent.clear();
    this.bulk.clear();
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    for (const resolve of this.wantRoom.splice(0)) resolve();
    await Promise.all([...this.threads].map((thread) => thread.worker.terminate()));
  }

  private get waiting(): number {
    return this.urgent.size + this.bulk.size;
  }

  // --- work

  private feed(): void {
    for (const thread of this.threads) {
      if (this.waiting === 0) break;
      if (thread.batch === null) this.give(thread);
    }
    // With one load or a few the thread that is there is soon done; a new one takes longer to start.
    while (this.waiting > 0 && !this.stopped && this.threads.size < this.threadsMax) {
      this.give(this.startThread());
    }
    if (this.waiting <= LOADS_WAITING_MAX / 2) {
      for (const resolve of this.wantRoom.splice(0)) resolve();
    }
  }

  private give(thread: LoaderThread): void {
    const queue = this.urgent.size > 0 ? this.urgent : this.bulk;
    const jobs = queue.take(LOAD_BATCH_MAX);
    const [first] = jobs;
    if (first === undefined) return;
    thread.batch = jobs;
    thread.startedAt = performance.now();
    Atomics.store(new Int32Array(thread.progress), 0, 0);
    const { room, progress } = thread;
    const batch: LoadBatch = {
      rules: first.rules,
      paths: jobs.map(pathOf),
      apexes: jobs.map(apexOf),
      signings: jobs.some((job) => signingOf(job) !== null) ? jobs.map(signingOf) : null,
      room,
      progress,
    };
    thread.worker.postMessage(batch);
  }

  private take(thread: LoaderThread, reply: BatchReply): void {
    const jobs = thread.batch ?? [];
    const replies = new ReplyReader(reply, thread.room);
    for (const [index, job] of jobs.entries()) job.settle(replies.next(index, job.path));
    thread.batch = null;
    thread.loads += jobs.length;
    thread.busyMs += performance.now() - thread.startedAt;
    this.feed();
    if (thread.batch === null && !this.stopped) this.restSoon();
  }

  // --- threads

  private startThread(): LoaderThread {
    const worker = new Worker(this.script, {
      resourceLimits: { maxYoungGenerationSizeMb: LOADER_YOUNG_MEGABYTES },
    });
    const thread: LoaderThread = {
      worker,
      room: new SharedArrayBuffer(LOAD_ROOM_OCTETS),
      progress: new SharedArrayBuffer(4),
      batch: null,
      loads: 0,
      busyMs: 0,
      startedAt: 0,
    };
    this.threads.add(thread);
    let cause = 'it ended';
    worker.on('message', (reply: BatchReply) => this.take(thread, reply));
    worker.on('error', (error) => {
      cause = errorText(error);
    });
    worker.on('exit', () => this.bury(thread, cause));
    return thread;
  }

  private bury(thread: LoaderThread, cause: string): void {
    this.threads.delete(thread);
    if (this.stopped || thread.batch === null) return;
    const culprit = Atomics.load(new Int32Array(thread.progress), 0);
    const failed = thread.batch[culprit];
    const others = thread.batch.filter((job) => job !== failed);
    // Nothing of the batch has been answered: the rest of it is loaded anew.
    this.urgent.putBack(others.filter((job) => job.urgent));
    this.bulk.putBack(others.filter((job) => !job.urgent));
    failed?.settle(failedReply(failed, cause));
    this.feed();
  }

  /** After a while without work gives up all threads but a fresh one. */
  private restSoon(): void {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => this.rest(), this.idleMs).unref();
  }

  private rest(): void {
    let spare = false;
    for (const thread of this.threads) {
      if (thread.batch !== null) return;
      const isWorn = thread.loads > LOADER_WORN_LOADS || thread.busyMs > LOADER_WORN_MS;
      if (!isWorn && !spare) {
        spare = true;
        continue;
      }
      this.threads.delete(thread);
      void thread.worker.terminate();
    }
    if (!spare) this.startThread();
  }
}

function pathOf(job: LoadJob): string {
  return job.path;
}

function apexOf(job: LoadJob): Uint8Array | null {
  return job.apex;
}

function signingOf(job: LoadJob): SigningOrder | null {
  return job.signing ?? null;
}

function failedReply({ path, apex }: LoadJob, cause: string): LoadReply {
  return {
    result: {
      apex: apex ?? zoneOfFileName(basename(path)).origin,
      image: null,
      imageAt: 0,
      problems: [fileProblem('LOADER_FAILED', 'error', path, `the loader stopped: ${cause}`)],
      errorCount: 1,
      warningCount: 0,
      serial: 0,
      recordCount: 0,
      // Not to be tried again until the file changes.
      files: [{ path, stamp: stampAt(path) ?? null, print: '' }],
    },
    durationMs: 0,
  };
}
