/**
 * What a UDP worker and the main thread share besides counters: a word to stop, the epoch of the zone store that the
 * worker has seen, and how many of its queries the main thread has not done with. Must not know: sockets, zones.
 */

// Words
const STOP = 0;
const SEEN = 1;
const DEFERRED_OPEN = 2;
const WORDS = 3;

/** Both sides make one over the same buffer. */
export class WorkerStatus {
  readonly buffer: SharedArrayBuffer;
  private readonly words: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4)) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
  }

  // === hot path

  isStopping(): boolean {
    return Atomics.load(this.words, STOP) !== 0;
  }

  setSeen(epoch: number): void {
    Atomics.store(this.words, SEEN, epoch);
  }

  // === end of hot path

  /** The newest epoch that the worker has seen between packets. */
  seen(): number {
    return Atomics.load(this.words, SEEN);
  }

  /** Queries that were handed to the main thread, and are not done with. */
  deferredOpen(): number {
    return Atomics.load(this.words, DEFERRED_OPEN);
  }

  /** @param change 1 when the worker hands one over, -1 when the main thread has done with it */
  addDeferred(change: number): void {
    Atomics.add(this.words, DEFERRED_OPEN, change);
  }

  /**
   * For a new thread in the place of one that died.
   * @param deferredOpen what the main thread has of it
   */
  restart(deferredOpen: number): void {
    this.setSeen(0);
    Atomics.store(this.words, DEFERRED_OPEN, deferredOpen);
  }

  stop(): void {
    Atomics.store(this.words, STOP, 1);
  }
}
