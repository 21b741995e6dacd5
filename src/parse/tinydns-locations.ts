/**
 * Client locations of one `data`: which ones `%` lines define, and which ones records name. A `%` line may stand after
 * its use, so what is missing is known at the end only. Must not know: lines, fields, problems.
 */
import type { ClientPrefix } from './tinydns-prefix.js';

const USED = 1;
const DEFINED = 2;

export class LocationLedger {
  /** USED and DEFINED by location. */
  private readonly state: Uint8Array = new Uint8Array(65536);
  /** Offsets at which locations are used first. */
  private readonly firstUse = new Map<number, number>();
  /** Offsets of the first line of each prefix. */
  private readonly firstOfPrefix = new Map<string, number>();

  /** A record has this location. */
  use(location: number, offset: number): void {
    if ((this.state[location]! & USED) !== 0) return;
    this.state[location]! |= USED;
    this.firstUse.set(location, offset);
  }

  /** A `%` line has this location. */
  define(location: number): void {
    this.state[location]! |= DEFINED;
  }

  /** A `%` line has this prefix. @returns the offset of the first line that has it */
  addPrefix({ address, bits }: ClientPrefix, offset: number): number {
    const key = `${address.join('.')}/${bits}`;
    const first = this.firstOfPrefix.get(key);
    if (first === undefined) this.firstOfPrefix.set(key, offset);
    return first ?? offset;
  }

  /** Locations that are used but not defined, with the offset of the first use, in the order of the text. */
  *unknown(): Generator<readonly [location: number, offset: number]> {
    for (const use of this.firstUse) if ((this.state[use[0]]! & DEFINED) === 0) yield use;
  }
}
