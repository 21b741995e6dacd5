/**
 * The records of an RRset in canonical form and order, each once (RFC 4034 §6.2, §6.3), in memory that is used again
 * for the next RRset. Must not know: owners, TTLs, what the records are for.
 */
import { grown } from '../base/columns.js';
import { compareOctets, copyOctets } from '../wire/octets.js';
import { foldRdata, hasFoldedNames } from '../zone/canonical-rdata.js';

const FIRST_OCTETS = 1 << 12;
const FIRST_RECORDS = 16;
/** RRsets larger than this are sorted by n log n, others by insertion. */
const INSERTION_MAX = 32;

export class CanonicalRrset {
  /** Records in `order` once sorted. */
  count = 0;
  /** Numbers of records as they were added, from 0, in canonical order. */
  order: Int32Array = new Int32Array(FIRST_RECORDS);
  /** RDATA one behind the other; that of record i lies from `starts[i]` to `starts[i + 1]`. */
  rdata: Uint8Array = new Uint8Array(FIRST_OCTETS);
  starts: Int32Array = new Int32Array(FIRST_RECORDS);

  // === hot path

  clear(): void {
    this.count = 0;
    this.starts[0] = 0;
  }

  /** Takes a copy of valid RDATA, in any case. */
  add(type: number, rdata: Uint8Array, offset: number, length: number): void {
    const start = this.starts[this.count]!;
    if (start + length > this.rdata.length) this.growRdata(length);
    if (this.count + 2 > this.starts.length) this.growRecords();
    copyOctets(rdata, offset, this.rdata, start, length);
    if (hasFoldedNames(type)) foldRdata(type, this.rdata, start);
    this.order[this.count] = this.count;
    this.starts[++this.count] = start + length;
  }

  /** Sorts the records and drops duplicates. @returns octets of all RDATA that are left */
  sort(): number {
    const { order, starts, count } = this;
    if (count > INSERTION_MAX) this.sortMany();
    else this.sortFew();
    let octets = 0;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const record = order[i]!;
      if (kept > 0 && this.compare(order[kept - 1]!, record) === 0) continue;
      order[kept++] = record;
      octets += starts[record + 1]! - starts[record]!;
    }
    this.count = kept;
    return octets;
  }

  private compare(a: number, b: number): number {
    const { rdata, starts } = this;
    const aAt = starts[a]!;
    const bAt = starts[b]!;
    return compareOctets(rdata, aAt, starts[a + 1]! - aAt, rdata, bAt, starts[b + 1]! - bAt);
  }

  private sortFew(): void {
    const { order, count } = this;
    for (let i = 1; i < count; i++) {
      const record = order[i]!;
      let at = i;
      while (at > 0 && this.compare(order[at - 1]!, record) > 0) {
        order[at] = order[at - 1]!;
        at--;
      }
      order[at] = record;
    }
  }

  // === end of hot path

  private sortMany(): void {
    this.order.subarray(0, this.count).sort((a, b) => this.compare(a, b));
  }

  private growRdata(needed: number): void {
    this.rdata = grown(this.rdata, new Uint8Array((this.rdata.length + needed) * 2));
  }

  private growRecords(): void {
    const size = this.starts.length * 2;
    this.starts = grown(this.starts, new Int32Array(size));
    this.order = grown(this.order, new Int32Array(size));
  }
}
