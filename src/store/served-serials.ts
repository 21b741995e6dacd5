/**
 * The serial that each zone was served under last, where it is not its file's own, and what stands for the content of
 * its files then. Must not know: how serials are chosen.
 */
import { readU32, writeU32 } from '../wire/octets.js';
import type { DelayedWrites } from './delayed-writes.js';
import { keyOf } from './store-keys.js';

const TABLE = 'served';
const SERIAL_OCTETS = 4;

/** Throws what the store throws. An apex is a name in wire form, of any case. */
export class ServedSerials {
  private readonly writes: DelayedWrites;

  constructor(writes: DelayedWrites) {
    this.writes = writes;
  }

  get(apex: Uint8Array): { readonly serial: number; readonly print: string } | null {
    const value = this.writes.get(TABLE, keyOf(apex));
    if (value === null) return null;
    const print = Buffer.from(value.subarray(SERIAL_OCTETS)).toString('latin1');
    return { serial: readU32(value, 0), print };
  }

  /** All zones, in no order; the apex is in lower case. */
  *all(): Generator<{ readonly apex: Uint8Array; readonly serial: number }> {
    for (const { key, value } of this.writes.range(TABLE)) {
      yield { apex: key, serial: readU32(value, 0) };
    }
  }

  /**
   * @param print one octet a character
   * @param isNew whether others may soon know it: if a crash cost it, the next version would have the same
   */
  set(apex: Uint8Array, serial: number, print: string, isNew: boolean): void {
    const value = new Uint8Array(SERIAL_OCTETS + print.length);
    writeU32(value, 0, serial);
    value.set(Buffer.from(print, 'latin1'), SERIAL_OCTETS);
    if (isNew) this.writes.putNow(TABLE, keyOf(apex), value);
    else this.writes.put(TABLE, keyOf(apex), value);
  }

  forget(apex: Uint8Array): void {
    this.writes.put(TABLE, keyOf(apex), null);
  }
}
