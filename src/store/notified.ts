/**
 * Which serial of a zone each secondary was last notified of (RFC 1996), so that a restart notifies those that have
 * missed a change, and no others. Must not know: how NOTIFY is sent.
 */
import { readU32, writeU32 } from '../wire/octets.js';
import type { DelayedWrites } from './delayed-writes.js';
import { afterName, keyOf } from './store-keys.js';

const TABLE = 'notified';

/** Throws what the store throws. An apex is a name in wire form, of any case. */
export class Notified {
  private readonly writes: DelayedWrites;

  constructor(writes: DelayedWrites) {
    this.writes = writes;
  }

  /** @param target the secondary as text, one form for one secondary, such as `192.0.2.1:53` */
  get(apex: Uint8Array, target: string): number | null {
    const value = this.writes.get(TABLE, targetKey(apex, target));
    return value === null ? null : readU32(value, 0);
  }

  set(apex: Uint8Array, target: string, serial: number): void {
    const value = new Uint8Array(4);
    writeU32(value, 0, serial);
    this.writes.put(TABLE, targetKey(apex, target), value);
  }

  /** All secondaries of all zones, in no order; the apex is in lower case. */
  *all(): Generator<{
    readonly apex: Uint8Array;
    readonly target: string;
    readonly serial: number;
  }> {
    for (const { key, value } of this.writes.range(TABLE)) {
      const apex = keyOf(key);
      const target = Buffer.from(key.subarray(apex.length)).toString();
      yield { apex, target, serial: readU32(value, 0) };
    }
  }

  /** Forgets all targets of a zone, or only those that `isKept` does not name. */
  forget(apex: Uint8Array, isKept: (target: string) => boolean = () => false): void {
    const zone = keyOf(apex);
    for (const { key } of this.writes.range(TABLE, zone, afterName(zone))) {
      const target = Buffer.from(key.subarray(zone.length)).toString();
      if (!isKept(target)) this.writes.put(TABLE, key, null);
    }
  }
}

function targetKey(apex: Uint8Array, target: string): Uint8Array {
  return Buffer.concat([keyOf(apex), Buffer.from(target)]);
}
