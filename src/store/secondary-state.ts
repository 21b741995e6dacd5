/**
 * What is known of each secondary zone across restarts: the serial, when it was last found current, when it must be
 * asked for again and when it expires (RFC 1035 §3.3.13, RFC 1034 §4.3.5). Without it a restart would ask for all zones
 * at once, and serve again what had expired. Must not know: how zones are transferred, and what time it is.
 *
 *     value: serial known 1, serial 4, refreshed at 8, expires at 8, next at 8, failures 4, then the primary as text
 */
import { readU32, writeU32 } from '../wire/octets.js';
import type { DelayedWrites } from './delayed-writes.js';
import { keyOf, readU64, writeU64 } from './store-keys.js';

const TABLE = 'secondaries';
const FIXED_OCTETS = 33;

/** Times are milliseconds since 1970, as of Date.now; 0 is never. */
export type SecondaryState = {
  /** Null as long as no version was had. */
  readonly serial: number | null;
  /** When a primary last confirmed that version. */
  readonly refreshedAt: number;
  /** When it may not be served any more. */
  readonly expiresAt: number;
  /** When a primary is asked next. */
  readonly nextAt: number;
  /** Who is asked next, or gave the version: text of the caller's. */
  readonly primary: string;
  /** In a row, since the last success. */
  readonly failures: number;
};

/** Throws what the store throws. An apex is a name in wire form, of any case. */
export class SecondaryStates {
  private readonly writes: DelayedWrites;

  constructor(writes: DelayedWrites) {
    this.writes = writes;
  }

  get(apex: Uint8Array): SecondaryState | null {
    const value = this.writes.get(TABLE, keyOf(apex));
    return value === null ? null : stateOf(value);
  }

  set(apex: Uint8Array, state: SecondaryState): void {
    this.writes.put(TABLE, keyOf(apex), rowOf(state));
  }

  forget(apex: Uint8Array): void {
    this.writes.put(TABLE, keyOf(apex), null);
  }

  /** All zones, in no order; the apex is in lower case. */
  *all(): Generator<readonly [apex: Uint8Array, state: SecondaryState]> {
    for (const { key, value } of this.writes.range(TABLE)) yield [key, stateOf(value)];
  }
}

function rowOf(state: SecondaryState): Uint8Array {
  const primary = Buffer.from(state.primary);
  const value = new Uint8Array(FIXED_OCTETS + primary.length);
  value[0] = state.serial === null ? 0 : 1;
  writeU32(value, 1, state.serial ?? 0);
  writeU64(value, 5, state.refreshedAt);
  writeU64(value, 13, state.expiresAt);
  writeU64(value, 21, state.nextAt);
  writeU32(value, 29, state.failures);
  value.set(primary, FIXED_OCTETS);
  return value;
}

function stateOf(value: Uint8Array): SecondaryState {
  return {
    serial: value[0] === 0 ? null : readU32(value, 1),
    refreshedAt: readU64(value, 5),
    expiresAt: readU64(value, 13),
    nextAt: readU64(value, 21),
    failures: readU32(value, 29),
    primary: Buffer.from(value.subarray(FIXED_OCTETS)).toString(),
  };
}
