/**
 * What a UDP worker and the main thread share: a word to stop, the epoch of the zone store that the worker has seen,
 * and its counters. Must not know: sockets, zones.
 */

// Words
const STOP = 0;
const SEEN = 1;
// Counters, of 64 bits, behind the words
const COUNTERS_AT = 8;
const REQUESTS = 0;
const REPLIES = 1;
const BATCHES = 2;
const SEND_FAILURES = 3;
const COUNTERS = 4;

export type WorkerCounters = {
  readonly requests: number;
  readonly replies: number;
  /** Times that requests were read; each time as many as were there, up to a limit. */
  readonly batches: number;
  readonly sendFailures: number;
};

/** Both sides make one over the same buffer. */
export class WorkerStatus {
  readonly buffer: SharedArrayBuffer;
  private readonly words: Int32Array;
  /** Written by the worker alone. Whole numbers up to 2^53, which a store never tears. */
  private readonly counts: Float64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(COUNTERS_AT + COUNTERS * 8)) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, COUNTERS_AT / 4);
    this.counts = new Float64Array(buffer, COUNTERS_AT, COUNTERS);
  }

  // === hot path

  isStopping(): boolean {
    return Atomics.load(this.words, STOP) !== 0;
  }

  countBatch(requests: number, replies: number, sendFailures: number): void {
    const { counts } = this;
    counts[REQUESTS] = counts[REQUESTS]! + requests;
    counts[REPLIES] = counts[REPLIES]! + replies;
    counts[BATCHES] = counts[BATCHES]! + 1;
    counts[SEND_FAILURES] = counts[SEND_FAILURES]! + sendFailures;
  }

  setSeen(epoch: number): void {
    Atomics.store(this.words, SEEN, epoch);
  }

  // === end of hot path

  /** The newest epoch that the worker has seen between packets. */
  seen(): number {
    return Atomics.load(this.words, SEEN);
  }

  /** For a new thread in the place of one that died. Counters go on. */
  restart(): void {
    this.setSeen(0);
  }

  stop(): void {
    Atomics.store(this.words, STOP, 1);
  }

  counters(): WorkerCounters {
    const { counts } = this;
    return {
      requests: counts[REQUESTS]!,
      replies: counts[REPLIES]!,
      batches: counts[BATCHES]!,
      sendFailures: counts[SEND_FAILURES]!,
    };
  }
}
