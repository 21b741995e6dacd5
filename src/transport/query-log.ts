/**
 * Whether queries are logged, in a word that all threads share, and what is logged of one. For looking into a problem:
 * each logged query costs some microseconds, so they are bounded by time. Must not know: who logs.
 */
import { LOGGED_QUERIES_PER_SECOND } from '../base/limits.js';
import type { Engine } from '../engine/process.js';
import { HEADER_OCTETS } from '../wire/constants.js';
import { nameText } from '../wire/name-text.js';
import { rcodeText } from '../wire/rcode-text.js';
import { typeText } from '../wire/rrtypes.js';

/** A query that was answered. */
export type LoggedQuery = {
  /** With final dot. */
  readonly name: string;
  readonly type: string;
  readonly rcode: string;
  /** Queries before this one that were too many to be logged. */
  readonly skipped: number;
};

export class QueryLog {
  readonly buffer: SharedArrayBuffer;
  private readonly word: Int32Array;
  private second = 0;
  private count = 0;
  private skipped = 0;

  /** Each thread makes one over the same buffer. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.buffer = buffer;
    this.word = new Int32Array(buffer);
  }

  turn(on: boolean): void {
    Atomics.store(this.word, 0, on ? 1 : 0);
  }

  // === hot path

  isOn(): boolean {
    return this.word[0] !== 0;
  }

  // === end of hot path

  /** What to log of a query that `engine`, or another, has just answered; `null` for nothing. */
  entryOf(engine: Pick<Engine, 'qtype' | 'rcode'>, request: Uint8Array): LoggedQuery | null {
    // without a type there was no question that could be read
    if (engine.qtype === 0) return null;
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.count = 0;
    }
    if (++this.count > LOGGED_QUERIES_PER_SECOND) {
      this.skipped++;
      return null;
    }
    const { skipped } = this;
    this.skipped = 0;
    return {
      name: nameText(request, HEADER_OCTETS),
      type: typeText(engine.qtype),
      rcode: rcodeText(engine.rcode),
      skipped,
    };
  }
}

/** The log line of a query. */
export function queryText({ name, type, rcode, skipped }: LoggedQuery): string {
  const more = skipped === 0 ? '' : ` (${skipped} before it not logged)`;
  return `query ${name} ${type}: ${rcode}${more}`;
}
