/**
 * What a UDP worker and the main thread share besides counters: a word to stop, and the epoch of the zone store that
 * the worker has seen. Must not know: sockets, zones.
 */

// Words
const STOP = 0;
const SEEN = 1;
const WORDS = 2;

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

  /** For a new thread in the place of one that died. */
  restart(): void {
    this.setSeen(0);
  }

  stop(): void {
    Atomics.store(this.words, STOP, 1);
  }
}
