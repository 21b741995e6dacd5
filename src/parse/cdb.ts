/**
 * D. J. Bernstein's constant database, as cr.yp.to/cdb/cdb.txt describes it (no RFC): keys and values of octets, in the
 * order of writing, found by two probes of a hash table. A writer whose output is octet for octet that of Bernstein's
 * own, and a reader that no damaged file can mislead into reading elsewhere, or for ever.
 *
 * A file is a header, the entries, the hash tables; all numbers have 32 bits, little-endian.
 *
 *     header   256 × (offset of a table, number of its slots)
 *     entry    (octets of the key, octets of the value), key, value
 *     table    slots of (hash, offset of the entry); offset 0 is an empty slot
 *
 * Must not know: what keys and values mean.
 */
import { grown } from '../base/columns.js';
import { CDB_OCTETS_MAX } from '../base/limits.js';
import { copyOctets, equalOctets, viewOfOctets } from '../wire/octets.js';

const TABLES = 256;
/** Octets of a pair of numbers: a row of the header, the head of an entry, a slot. */
const PAIR_OCTETS = 8;
const HEADER_OCTETS = TABLES * PAIR_OCTETS;
const HASH_START = 5381;
/** Slots of a table for each of its entries: half of them stay empty, so that probing is short. */
const SLOTS_PER_ENTRY = 2;
const ENTRIES_FIRST = 1024;
const OCTETS_FIRST = 1 << 16;
/** How much larger memory is each time that there is too little: what is never written costs nothing, copying does. */
const GROWTH = 4;

// === hot path

/** Hash of a key: the low eight bits choose the table, the others the first slot that is tried. */
function hashKey(octets: Uint8Array, at: number, length: number): number {
  let hash = HASH_START;
  for (let i = 0; i < length; i++) hash = Math.imul(hash, 33) ^ octets[at + i]!;
  return hash >>> 0;
}

function readNumber(octets: Uint8Array, at: number): number {
  return (
    (octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24)) >>> 0
  );
}

// === end of hot path

/**
 * Makes a database in memory: any number of `add`, or of `begin` and `end` in pairs, then `finish` once. They throw
 * RangeError if memory is short.
 */
export class CdbWriter {
  /** The header, which `finish` fills, and the entries. */
  octets: Uint8Array = new Uint8Array(OCTETS_FIRST);
  /** The same memory. */
  view: DataView = viewOfOctets(this.octets);
  private readonly octetsMax: number;
  private size = HEADER_OCTETS;
  /** Octets of the key of the entry that has begun. */
  private keyLength = 0;
  private count = 0;
  /** Of each entry. */
  private hashes = new Uint32Array(ENTRIES_FIRST);
  private positions = new Uint32Array(ENTRIES_FIRST);
  private isFull = false;

  /** @param octetsMax of the whole database */
  constructor(octetsMax: number = CDB_OCTETS_MAX) {
    this.octetsMax = octetsMax;
  }

  // === hot path

  /** Takes a key and a value; a key may come again. Once an entry did not fit, further ones are ignored. */
  add(key: Uint8Array, keyLength: number, value: Uint8Array, valueLength: number): void {
    const at = this.begin(keyLength, valueLength);
    if (at < 0) return;
    copyOctets(key, 0, this.octets, at, keyLength);
    copyOctets(value, 0, this.octets, at + keyLength, valueLength);
    this.end();
  }

  /**
   * Begins an entry, whose key and value, one behind the other, the caller writes into `octets` before `end`.
   * @returns where the key goes; -1 if the entry does not fit, nor will any later one
   */
  begin(keyLength: number, valueLength: number): number {
    const at = this.size;
    const stop = at + PAIR_OCTETS + keyLength + valueLength;
    if (!this.hasRoom(stop)) return -1;
    this.writePair(at, keyLength, valueLength);
    this.positions[this.count] = at;
    this.keyLength = keyLength;
    this.size = stop;
    return at + PAIR_OCTETS;
  }

  /** Ends the entry that has begun. */
  end(): void {
    const keyAt = this.positions[this.count]! + PAIR_OCTETS;
    this.hashes[this.count] = hashKey(this.octets, keyAt, this.keyLength);
    this.count++;
  }

  /** Whether entries may go on to `stop`; makes room for it and for one entry more. */
  private hasRoom(stop: number): boolean {
    if (this.isFull) return false;
    const tables = (this.count + 1) * SLOTS_PER_ENTRY * PAIR_OCTETS;
    if (stop + tables > this.octetsMax) this.isFull = true;
    else if (stop > this.octets.length)
      this.growOctets(Math.max(stop, this.octets.length * GROWTH));
    if (this.count === this.hashes.length) this.growColumns();
    return !this.isFull;
  }

  private writePair(at: number, first: number, second: number): void {
    this.view.setUint32(at, first, true);
    this.view.setUint32(at + 4, second, true);
  }

  // === end of hot path

  /** @returns the database, or `null` if its entries do not fit one */
  finish(): Uint8Array | null {
    if (this.isFull) return null;
    const tables = this.count * SLOTS_PER_ENTRY * PAIR_OCTETS;
    if (this.size + tables > this.octets.length) this.growOctets(this.size + tables);
    const first = this.tableStarts();
    const entries = this.entriesByTable(first);
    let at = this.size;
    for (let table = 0; table < TABLES; table++) {
      const start = first[table]!;
      const stop = first[table + 1]!;
      const slots = (stop - start) * SLOTS_PER_ENTRY;
      this.writePair(table * PAIR_OCTETS, at, slots);
      this.fillTable(at, slots, entries.subarray(start * 2, stop * 2));
      at += slots * PAIR_OCTETS;
    }
    return this.octets.subarray(0, at);
  }

  /** How many entries the tables before each one have; the last row is the number of all. */
  private tableStarts(): Uint32Array {
    const first = new Uint32Array(TABLES + 1);
    for (let i = 0; i < this.count; i++) first[(this.hashes[i]! & 0xff) + 1]!++;
    for (let table = 0; table < TABLES; table++) first[table + 1]! += first[table]!;
    return first;
  }

  /** Hash and offset of each entry by table, in the order of their coming within a table. */
  private entriesByTable(first: Uint32Array): Uint32Array {
    const next = first.slice();
    const entries = new Uint32Array(this.count * 2);
    for (let i = 0; i < this.count; i++) {
      const hash = this.hashes[i]!;
      const to = next[hash & 0xff]!++ * 2;
      entries[to] = hash;
      entries[to + 1] = this.positions[i]!;
    }
    return entries;
  }

  /** Puts each entry into the first empty slot from the one on that its hash asks for. */
  private fillTable(at: number, slots: number, entries: Uint32Array): void {
    const free = new Uint32Array(slots);
    for (let slot = 0; slot < slots; slot++) free[slot] = slot;
    for (let i = 0; i < entries.length; i += 2) {
      const hash = entries[i]!;
      const slot = takeSlot(free, (hash >>> 8) % slots);
      this.writePair(at + slot * PAIR_OCTETS, hash, entries[i + 1]!);
    }
  }

  private growOctets(wanted: number): void {
    this.octets = grown(this.octets, new Uint8Array(Math.min(wanted, this.octetsMax)));
    this.view = viewOfOctets(this.octets);
  }

  private growColumns(): void {
    this.hashes = grown(this.hashes, new Uint32Array(this.count * GROWTH));
    this.positions = grown(this.positions, new Uint32Array(this.count * GROWTH));
  }
}

/**
 * Takes the first empty slot from `wanted` on. `free` leads from each taken slot to a later one, and is shortened on
 * the way: a key with a hundred thousand values would else be probed past all of them each time.
 */
function takeSlot(free: Uint32Array, wanted: number): number {
  let slot = wanted;
  while (free[slot]! !== slot) slot = free[slot]!;
  const after = slot + 1 === free.length ? 0 : slot + 1;
  for (let at = wanted; at !== slot; ) {
    const next = free[at]!;
    free[at] = after;
    at = next;
  }
  free[slot] = after;
  return slot;
}

/** Reads a database, whole or damaged: `next` in the order of the file, `find` by key. Both set the entry at hand. */
export class CdbReader {
  readonly octets: Uint8Array;
  /** What is wrong with the file; `null` as far as is known. */
  fault: string | null;
  /** The entry at hand: where it begins, and its key and value. */
  at = 0;
  keyAt = 0;
  keyLength = 0;
  valueAt = 0;
  valueLength = 0;
  /** Where entries end and hash tables begin. */
  private readonly entriesEnd: number;
  private nextAt = HEADER_OCTETS;
  /** Whether there is no further entry to read, or none that could be believed. */
  private isOver: boolean;
  /** Sums of what the entries so far must have in the hash tables, as 32-bit numbers. */
  private readonly tally = new Uint32Array(3);
  /** What `find` looks for, and where it goes on. */
  private key: Uint8Array = new Uint8Array(0);
  private soughtLength = 0;
  private hash = 0;
  private tableAt = 0;
  private slots = 0;
  private slot = 0;
  private slotsLeft = 0;

  /** @param length of the file; `octets` may have more */
  constructor(octets: Uint8Array, length: number) {
    this.octets = octets;
    this.entriesEnd = entriesEnd(octets, length);
    this.isOver = this.entriesEnd < 0;
    this.fault = this.isOver ? 'the header is not that of a constant database' : null;
  }

  // === hot path

  /** Goes to the next entry in the order of the file; false after the last one, and where the file is damaged. */
  next(): boolean {
    if (this.isOver) return false;
    const at = this.nextAt;
    if (at === this.entriesEnd) return this.end();
    if (!this.take(at)) return this.damaged(at);
    this.nextAt = this.valueAt + this.valueLength;
    this.count(hashKey(this.octets, this.keyAt, this.keyLength), at, 1);
    return true;
  }

  /** Goes to the first entry of a key; false if there is none. The key must stay as it is while `findNext` is used. */
  find(key: Uint8Array, keyLength: number): boolean {
    if (this.entriesEnd < 0) return false;
    const hash = hashKey(key, 0, keyLength);
    const row = (hash & 0xff) * PAIR_OCTETS;
    this.key = key;
    this.soughtLength = keyLength;
    this.hash = hash;
    this.tableAt = readNumber(this.octets, row);
    this.slots = readNumber(this.octets, row + 4);
    this.slotsLeft = this.slots;
    this.slot = this.slots === 0 ? 0 : (hash >>> 8) % this.slots;
    return this.findNext();
  }

  /** Goes to the next entry of the key of `find`; false if there is no other. */
  findNext(): boolean {
    while (this.slotsLeft > 0) {
      const slotAt = this.tableAt + this.slot * PAIR_OCTETS;
      const at = readNumber(this.octets, slotAt + 4);
      this.slotsLeft = at === 0 ? 0 : this.slotsLeft - 1;
      this.slot = this.slot + 1 === this.slots ? 0 : this.slot + 1;
      if (at !== 0 && readNumber(this.octets, slotAt) === this.hash && this.takeSought(at)) {
        return true;
      }
    }
    return false;
  }

  private takeSought(at: number): boolean {
    return (
      this.take(at) &&
      this.keyLength === this.soughtLength &&
      equalOctets(this.octets, this.keyAt, this.key, 0, this.keyLength)
    );
  }

  /** Makes the entry at `at` the one at hand; false if no entry of this file can be there. */
  private take(at: number): boolean {
    const end = this.entriesEnd;
    if (at < HEADER_OCTETS || end - at < PAIR_OCTETS) return false;
    const keyLength = readNumber(this.octets, at);
    const valueLength = readNumber(this.octets, at + 4);
    const keyAt = at + PAIR_OCTETS;
    if (keyLength + valueLength > end - keyAt) return false;
    this.at = at;
    this.keyAt = keyAt;
    this.keyLength = keyLength;
    this.valueAt = keyAt + keyLength;
    this.valueLength = valueLength;
    return true;
  }

  private count(hash: number, at: number, sign: number): void {
    const tally = this.tally;
    tally[0]! += sign;
    tally[1]! += sign * hash;
    tally[2]! += sign * at;
  }

  // === end of hot path

  /** Each entry stands in a hash table once: else those who look up see other data than those who read through. */
  private end(): false {
    const { octets, tally } = this;
    for (let row = 0; row < HEADER_OCTETS; row += PAIR_OCTETS) {
      const start = readNumber(octets, row);
      const stop = start + readNumber(octets, row + 4) * PAIR_OCTETS;
      for (let slotAt = start; slotAt < stop; slotAt += PAIR_OCTETS) {
        const at = readNumber(octets, slotAt + 4);
        if (at !== 0) this.count(readNumber(octets, slotAt), at, -1);
      }
    }
    if (tally.some((sum) => sum !== 0)) this.fault = 'the hash tables do not fit the entries';
    this.isOver = true;
    return false;
  }

  private damaged(at: number): false {
    this.fault = `the entry at octet ${at} runs into the hash tables`;
    this.isOver = true;
    return false;
  }
}

/** Where the first hash table begins; -1 unless all of them lie behind the header, in the file, and side by side. */
function entriesEnd(octets: Uint8Array, length: number): number {
  if (length < HEADER_OCTETS) return -1;
  let end = length;
  let tableOctets = 0;
  for (let row = 0; row < HEADER_OCTETS; row += PAIR_OCTETS) {
    const start = readNumber(octets, row);
    const size = readNumber(octets, row + 4) * PAIR_OCTETS;
    if (start < HEADER_OCTETS || start + size > length) return -1;
    if (start < end) end = start;
    tableOctets += size;
  }
  return tableOctets <= length - end ? end : -1;
}
