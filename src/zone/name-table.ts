/**
 * A set of owner names: each once, whatever its case (RFC 4343), under a small number. Octets in one arena, look-up by
 * the suffix hashes of a parsed name. Must not know: what a name owns.
 */
import { type ColumnMemory, grown, ownMemory } from '../base/columns.js';
import { equalNames, type NameView } from '../wire/name.js';

/** Number of a name in its table, from 0 in the order of adding. */
export type OwnerId = number;

const FREE = -1;

export class NameTable {
  /** All names, uncompressed, case as first added. */
  octets: Uint8Array;
  /** Offset in `octets` of each name. */
  offsets: Int32Array;
  /** Octets of each name. */
  lengths: Uint8Array;
  /** Hash of each name, case folded (wire/name.ts). */
  hashes: Int32Array;
  count = 0;
  /** Octets in use. */
  size = 0;
  private slots: Int32Array;
  private readonly memory: ColumnMemory;

  /**
   * @param expected names that are likely to come; the table grows as needed.
   * @param memory of the names, but not of what finds them
   */
  constructor(expected: number, memory: ColumnMemory = ownMemory) {
    const capacity = Math.max(4, expected);
    this.memory = memory;
    this.octets = new Uint8Array(memory(capacity * 20));
    this.offsets = new Int32Array(memory(4 * capacity));
    this.lengths = new Uint8Array(memory(capacity));
    this.hashes = new Int32Array(capacity);
    this.slots = new Int32Array(slotCount(capacity)).fill(FREE);
  }

  /** Forgets all names; the memory is used again. */
  clear(): void {
    this.count = 0;
    this.size = 0;
    this.slots.fill(FREE);
  }

  // === hot path

  /** The number of the suffix of `name` that starts at `label`, or -1. */
  find(name: NameView, label: number): OwnerId {
    const slot = this.slotFor(name, label);
    return this.slots[slot]!;
  }

  /** As `find`, and adds the name if it is new. */
  add(name: NameView, label: number): OwnerId {
    const slot = this.slotFor(name, label);
    const known = this.slots[slot]!;
    if (known !== FREE) return known;
    const start = name.labelOffset[label]!;
    const length = name.offset + name.length - start;
    const owner = this.count++;
    if (owner === this.offsets.length) this.growColumns();
    if (this.size + length > this.octets.length) this.growOctets(length);
    for (let i = 0; i < length; i++) this.octets[this.size + i] = name.octets[start + i]!;
    this.offsets[owner] = this.size;
    this.lengths[owner] = length;
    this.hashes[owner] = name.hash[label]!;
    this.size += length;
    this.slots[slot] = owner;
    if (this.count * 2 > this.slots.length) this.rehash();
    return owner;
  }

  private slotFor(name: NameView, label: number): number {
    const slots = this.slots;
    const mask = slots.length - 1;
    const hash = name.hash[label]!;
    const start = name.labelOffset[label]!;
    const length = name.offset + name.length - start;
    let slot = mix(hash) & mask;
    for (;;) {
      const owner = slots[slot]!;
      if (owner === FREE) return slot;
      if (
        this.hashes[owner] === hash &&
        this.lengths[owner] === length &&
        equalNames(name.octets, start, this.octets, this.offsets[owner]!, length)
      ) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  // === end of hot path

  private growColumns(): void {
    const { memory } = this;
    const capacity = this.offsets.length * 2;
    this.offsets = grown(this.offsets, new Int32Array(memory(4 * capacity)));
    this.lengths = grown(this.lengths, new Uint8Array(memory(capacity)));
    this.hashes = grown(this.hashes, new Int32Array(capacity));
  }

  private growOctets(needed: number): void {
    const capacity = Math.max(this.octets.length * 2, this.size + needed);
    this.octets = grown(this.octets, new Uint8Array(this.memory(capacity)));
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2);
    this.fillSlots(() => true);
  }

  /** Keeps the number of each name, but finds only those that are `known`. No name can be added any more. */
  retain(known: (owner: OwnerId) => boolean): void {
    this.fillSlots(known);
  }

  private fillSlots(known: (owner: OwnerId) => boolean): void {
    const mask = this.slots.length - 1;
    this.slots.fill(FREE);
    for (let owner = 0; owner < this.count; owner++) {
      if (!known(owner)) continue;
      let slot = mix(this.hashes[owner]!) & mask;
      while (this.slots[slot] !== FREE) slot = (slot + 1) & mask;
      this.slots[slot] = owner;
    }
  }
}

function mix(hash: number): number {
  const mixed = Math.imul(hash, 0x9e3779b1 | 0);
  return mixed ^ (mixed >>> 16);
}

function slotCount(capacity: number): number {
  let count = 16;
  while (count < capacity * 2) count *= 2;
  return count;
}
