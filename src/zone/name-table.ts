/**
 * A set of owner names: each once, whatever its case (RFC 4343), under a small number. Octets in one arena, look-up by
 * the suffix hashes of a parsed name. Must not know: what a name owns.
 */
import { type ColumnMemory, grown, ownMemory } from '../base/columns.js';
import { equalNames, type NameView } from '../wire/name.js';
import { copyByWords, viewOfOctets } from '../wire/octets.js';

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
  /** Names that can be found; those after them were appended. */
  private settled = 0;
  /** What `fetch` has seen; it is of no use, but nobody may find that out. */
  seen = 0;
  private octetsView: DataView;
  /** The names' own buffer, nearly always the same one. */
  private source: Uint8Array = new Uint8Array(0);
  private sourceView: DataView = viewOfOctets(this.source);
  private readonly memory: ColumnMemory;

  /**
   * @param expected names that are likely to come; the table grows as needed.
   * @param memory of the names, but not of what finds them
   */
  constructor(expected: number, memory: ColumnMemory = ownMemory) {
    const capacity = Math.max(4, expected);
    this.memory = memory;
    this.octets = new Uint8Array(memory(capacity * 20));
    this.octetsView = viewOfOctets(this.octets);
    this.offsets = new Int32Array(memory(4 * capacity));
    this.lengths = new Uint8Array(memory(capacity));
    this.hashes = new Int32Array(capacity);
    this.slots = new Int32Array(slotCount(capacity)).fill(FREE);
  }

  /** Forgets all names; the memory is used again. */
  clear(): void {
    this.count = 0;
    this.size = 0;
    this.settled = 0;
    this.slots.fill(FREE);
  }

  // === hot path

  /** The number of the suffix of `name` that starts at `label`, or -1. */
  find(name: NameView, label: number): OwnerId {
    const slot = this.slotFor(name, label);
    return this.slots[slot]!;
  }

  /** As `find`, and adds the name if it is new. Not while names that were appended are not settled. */
  add(name: NameView, label: number): OwnerId {
    const slot = this.slotFor(name, label);
    const known = this.slots[slot]!;
    if (known !== FREE) return known;
    const owner = this.append(name, label);
    this.settled = this.count;
    this.slots[slot] = owner;
    if (this.count * 2 > this.slots.length) this.rehash();
    return owner;
  }

  /** Adds a name that may be there already, which `settle` finds out. @returns its number until then */
  append(name: NameView, label: number): OwnerId {
    const start = name.labelOffset[label]!;
    const length = name.offset + name.length - start;
    const owner = this.count++;
    const to = this.size;
    if (owner === this.offsets.length) this.growColumns();
    if (to + length > this.octets.length) this.growOctets(length);
    if (name.octets !== this.source) this.readFrom(name.octets);
    copyByWords(this.sourceView, start, this.octetsView, to, length);
    this.offsets[owner] = to;
    this.lengths[owner] = length;
    this.hashes[owner] = name.hash[label]!;
    this.size = to + length;
    return owner;
  }

  /**
   * Finds out which of the names appended since the last time were there already, and leaves them out. Many at once, so
   * that the processor waits for several slots at the same time.
   * @returns the numbers of these names, in the order of appending; null if each keeps that which it was given
   */
  settle(): Int32Array | null {
    const { hashes, lengths, offsets, octets, count, settled: first } = this;
    while (count * 2 > this.slots.length) this.rehash();
    const slots = this.slots;
    const mask = slots.length - 1;
    this.fetch(first);
    let numbers: Int32Array | null = null;
    let next = first;
    for (let name = first; name < count; name++) {
      const hash = hashes[name]!;
      const length = lengths[name]!;
      let slot = mix(hash) & mask;
      let owner = slots[slot]!;
      while (
        owner !== FREE &&
        (hashes[owner] !== hash ||
          lengths[owner] !== length ||
          !equalNames(octets, offsets[name]!, octets, offsets[owner]!, length))
      ) {
        slot = (slot + 1) & mask;
        owner = slots[slot]!;
      }
      if (owner === FREE) {
        slots[slot] = next;
        if (next < name) this.move(name, next);
        owner = next++;
      } else numbers ??= sequence(first, count);
      if (numbers !== null) numbers[name - first] = owner;
    }
    this.count = next;
    this.settled = next;
    this.size = next === 0 ? 0 : offsets[next - 1]! + lengths[next - 1]!;
    return numbers;
  }

  /**
   * Looks at what `settle` will look at, without a branch that depends on it: so the processor has many places fetched
   * at the same time, where else it would wait for each.
   */
  private fetch(first: OwnerId): void {
    const { hashes, slots, count } = this;
    const mask = slots.length - 1;
    let seen = 0;
    for (let name = first; name < count; name++) seen ^= slots[mix(hashes[name]!) & mask]!;
    for (let name = first; name < count; name++) {
      const owner = slots[mix(hashes[name]!) & mask]!;
      // the first one for a free slot
      seen ^= hashes[owner & ~(owner >> 31)]!;
    }
    this.seen = seen;
  }

  /** Gives a name the number `to`, whose octets go behind those of the name before it. */
  private move(name: OwnerId, to: OwnerId): void {
    const { hashes, lengths, offsets, octets } = this;
    const length = lengths[name]!;
    const from = offsets[name]!;
    const at = offsets[to - 1]! + lengths[to - 1]!;
    // Forwards: the places may overlap.
    for (let i = 0; i < length; i++) octets[at + i] = octets[from + i]!;
    offsets[to] = at;
    lengths[to] = length;
    hashes[to] = hashes[name]!;
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

  private readFrom(source: Uint8Array): void {
    this.source = source;
    this.sourceView = viewOfOctets(source);
  }

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
    this.octetsView = viewOfOctets(this.octets);
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
    for (let owner = 0; owner < this.settled; owner++) {
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

function sequence(first: number, end: number): Int32Array {
  const numbers = new Int32Array(end - first);
  for (let i = 0; i < numbers.length; i++) numbers[i] = first + i;
  return numbers;
}

function slotCount(capacity: number): number {
  let count = 16;
  while (count < capacity * 2) count *= 2;
  return count;
}
