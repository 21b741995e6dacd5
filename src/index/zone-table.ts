/**
 * Which zone is a name in? Apexes in a hash table by the suffix hashes that a parsed name already has, so the longest
 * match costs at most one probe per label, whatever the number of zones (RFC 1034 §4.3.2 step 2).
 * Written by the control plane between packets, read per packet. Must not know: what is in a zone.
 */
import { assert } from '../base/errors.js';
import { equalNames, NameView, parseName } from '../wire/name.js';
import { slotOf } from './image.js';
import { NONE, type ZoneView } from './zone-index.js';

/** Number of a zone in the table, stable until the zone is removed. */
export type ZoneSlot = number;

const FREE = -1;
const GONE = -2;

/** Zones by apex. A zone whose view is `null` is ours but has nothing to serve yet (SERVFAIL, never REFUSED). */
export class ZoneTable {
  private slots: Int32Array = new Int32Array(16).fill(FREE);
  private used = 0;
  private readonly apexes: (Uint8Array | null)[] = [];
  private readonly views: (ZoneView | null)[] = [];
  private readonly hashes: number[] = [];
  private readonly labels: number[] = [];
  private readonly vacant: ZoneSlot[] = [];
  private labelsMax = 0;
  private readonly scratch = new NameView();
  /** Zones in the table. */
  count = 0;

  // === hot path

  /**
   * The zone with the longest apex that is a suffix of `name` from `label` on, or NONE. Asking from a later label
   * finds the parent zone (DS queries, RFC 4035 §3.1.4.1).
   */
  find(name: NameView, label: number): ZoneSlot {
    const skip = name.labelCount - this.labelsMax;
    for (let i = label > skip ? label : skip; i <= name.labelCount; i++) {
      const zone = this.exact(name, i);
      if (zone !== NONE) return zone;
    }
    return NONE;
  }

  /** The zone's current version, or `null` if it has never loaded. */
  view(zone: ZoneSlot): ZoneView | null {
    return this.views[zone]!;
  }

  /** Labels of the zone's apex. */
  apexLabels(zone: ZoneSlot): number {
    return this.labels[zone]!;
  }

  private exact(name: NameView, label: number): ZoneSlot {
    const slots = this.slots;
    const mask = slots.length - 1;
    const hash = name.hash[label]!;
    const start = name.labelOffset[label]!;
    const length = name.offset + name.length - start;
    let slot = slotOf(hash, mask);
    for (;;) {
      const zone = slots[slot]!;
      if (zone === FREE) return NONE;
      if (zone >= 0 && this.hashes[zone] === hash) {
        const apex = this.apexes[zone]!;
        if (apex.length === length && equalNames(name.octets, start, apex, 0, length)) return zone;
      }
      slot = (slot + 1) & mask;
    }
  }

  // === end of hot path

  /** The zone with exactly this apex (wire octets), or NONE. */
  findApex(apex: Uint8Array): ZoneSlot {
    const length = parseName(this.scratch, apex, 0, apex.length);
    assert(length === apex.length, 'apex is a name');
    return this.exact(this.scratch, 0);
  }

  /** Adds a zone or replaces its version. `apex` is kept, and must not change. */
  set(apex: Uint8Array, view: ZoneView | null): ZoneSlot {
    const known = this.findApex(apex);
    if (known !== NONE) {
      this.views[known] = view;
      return known;
    }
    const zone = this.vacant.pop() ?? this.views.length;
    this.apexes[zone] = apex;
    this.views[zone] = view;
    this.hashes[zone] = this.scratch.hash[0]!;
    this.labels[zone] = this.scratch.labelCount;
    this.labelsMax = Math.max(this.labelsMax, this.scratch.labelCount);
    this.count++;
    if ((this.used + 1) * 2 > this.slots.length) this.rehash();
    else this.insert(zone);
    return zone;
  }

  /** Takes a zone out; names in it fall to its parent zone, if that is served, or to REFUSED. */
  remove(apex: Uint8Array): boolean {
    const zone = this.findApex(apex);
    if (zone === NONE) return false;
    const mask = this.slots.length - 1;
    let slot = slotOf(this.hashes[zone]!, mask);
    while (this.slots[slot] !== zone) slot = (slot + 1) & mask;
    this.slots[slot] = GONE;
    this.apexes[zone] = null;
    this.views[zone] = null;
    this.vacant.push(zone);
    this.count--;
    return true;
  }

  private rehash(): void {
    let size = 16;
    while (size < this.count * 4) size *= 2;
    this.slots = new Int32Array(size).fill(FREE);
    this.used = 0;
    for (let zone = 0; zone < this.apexes.length; zone++) {
      if (this.apexes[zone] !== null) this.insert(zone);
    }
  }

  private insert(zone: ZoneSlot): void {
    const mask = this.slots.length - 1;
    let slot = slotOf(this.hashes[zone]!, mask);
    while (this.slots[slot]! >= 0) slot = (slot + 1) & mask;
    if (this.slots[slot] === FREE) this.used++;
    this.slots[slot] = zone;
  }
}
