/**
 * Writes records into the messages of a transfer, names compressed (RFC 1035 §4.1.4, limited to the types of RFC 3597
 * §4). Apart from response.ts, which is for one small reply and RRsets: here millions of records go through, each for
 * itself, most under a name that has not been seen, and names are hashed four octets at a time.
 * Must not know: zones, what a transfer consists of.
 */
import { LABEL_COUNT_MAX, POINTER_TARGET_MAX } from '../base/limits.js';
import { TRANSFER_NAMES_MAX } from '../base/transfer-limits.js';
import { HEADER_OCTETS } from '../wire/constants.js';
import { FOLD } from '../wire/name.js';
import { copyByWords, copyOctets, readU16, viewOfOctets, writeU16 } from '../wire/octets.js';
import {
  COMPRESS_NAME,
  COMPRESS_NONE,
  COMPRESS_TWO_NAMES,
  COMPRESS_U16_NAME,
  TYPE_COMPRESS,
} from '../wire/rrtypes.js';

/** Keep the TTL that the record has. */
export const TTL_AS_STORED = -1;
/** Octets of a record before its RDATA: two that stand for the owner, type, class, TTL, RDLENGTH. */
export const RECORD_HEAD_OCTETS = 12;

const FIXED_OCTETS = 10;
const POINTER = 0xc000;
const NO_SPACE = -1;
const SLOTS = TRANSFER_NAMES_MAX * 2;
const SLOT_MASK = SLOTS - 1;
/** Odd numbers that spread what they are multiplied with. */
const WORD_FACTOR = 0x85ebca6b | 0;
const LABEL_FACTOR = 0x9e3779b1 | 0;
/** Makes letters lower case; that other octets fall together, too, costs a comparison. */
const FOLD_WORD = 0x2020_2020;

const NO_OCTETS: Uint8Array = new Uint8Array(0);
const NO_VIEW: DataView = viewOfOctets(NO_OCTETS);

/** One message in the making; used again from message to message. */
export class RecordWriter {
  octets: Uint8Array = NO_OCTETS;
  /** Where the next octet goes. */
  position = 0;
  /** No octet is written at or beyond this offset. */
  limit = 0;
  /** Records so far. */
  count = 0;
  private view: DataView = NO_VIEW;
  private questionCount = 0;
  private owner: Uint8Array = NO_OCTETS;
  private ownerView: DataView = NO_VIEW;
  private ownerOffset = 0;
  /** Where the owner stands in the message; 0 if no pointer can reach it. */
  private ownerAt = 0;
  /** Suffixes of names that stand in the message, in a hash table: where, or 0 in a free slot. */
  private readonly slotOffset = new Uint16Array(SLOTS);
  private readonly slotHash = new Int32Array(SLOTS);
  private readonly entrySlot = new Uint16Array(TRANSFER_NAMES_MAX);
  private entryCount = 0;
  /** Of the name at hand: where its labels start, and the hash of each suffix. */
  private readonly labelOffset = new Int32Array(LABEL_COUNT_MAX + 1);
  private readonly suffixHash = new Int32Array(LABEL_COUNT_MAX + 1);
  /** Where it ends in its own octets. */
  private nameEnd = 0;

  /** Starts a message. The owner stays, and is written anew. */
  begin(octets: Uint8Array, limit: number): void {
    this.octets = octets;
    this.view = viewOfOctets(octets);
    this.limit = limit;
    this.position = HEADER_OCTETS;
    this.count = 0;
    this.questionCount = 0;
    this.ownerAt = 0;
    this.entryCount = 0;
    this.slotOffset.fill(0);
  }

  /** Writes the question whose octets stand at an offset: an uncompressed name, type and class. */
  writeQuestion(from: Uint8Array, offset: number, length: number): void {
    const nameOctets = length - 4;
    this.writeName(from, viewOfOctets(from), offset);
    copyOctets(from, offset + nameOctets, this.octets, this.position, 4);
    this.position += 4;
    this.questionCount = 1;
  }

  /** Lets go of all that records came from. */
  forget(): void {
    this.octets = NO_OCTETS;
    this.view = NO_VIEW;
    this.owner = NO_OCTETS;
    this.ownerView = NO_VIEW;
  }

  // === hot path

  /** Names the owner of the records that follow: an uncompressed name, in octets that are also given as a view. */
  setOwner(from: Uint8Array, view: DataView, offset: number): void {
    this.owner = from;
    this.ownerView = view;
    this.ownerOffset = offset;
    this.ownerAt = 0;
  }

  /**
   * Adds a record of the owner, or nothing if it does not fit.
   * @param offset of the record in the layout of zone-index.ts; its first two octets do not matter
   * @param ttl seconds, or TTL_AS_STORED
   * @returns whether it fitted
   */
  writeRecord(from: Uint8Array, view: DataView, offset: number, ttl: number): boolean {
    const start = this.position;
    const { ownerAt, entryCount } = this;
    if (this.writeOwner() && this.writeRest(from, view, offset, ttl)) {
      this.count++;
      return true;
    }
    this.position = start;
    this.ownerAt = ownerAt;
    // in reverse order, which keeps every probe sequence whole
    while (this.entryCount > entryCount) {
      this.slotOffset[this.entrySlot[--this.entryCount]!] = 0;
    }
    return false;
  }

  /** Writes the header. @returns the message's length */
  finish(id: number, flags: number, additional: number): number {
    const { octets } = this;
    writeU16(octets, 0, id);
    writeU16(octets, 2, flags);
    writeU16(octets, 4, this.questionCount);
    writeU16(octets, 6, this.count);
    writeU16(octets, 8, 0);
    writeU16(octets, 10, additional);
    return this.position;
  }

  private writeOwner(): boolean {
    if (this.ownerAt !== 0) {
      if (this.position + 2 > this.limit) return false;
      this.view.setUint16(this.position, POINTER | this.ownerAt);
      this.position += 2;
      return true;
    }
    const at = this.writeName(this.owner, this.ownerView, this.ownerOffset);
    if (at === NO_SPACE) return false;
    this.ownerAt = at;
    return true;
  }

  private writeRest(from: Uint8Array, view: DataView, offset: number, ttl: number): boolean {
    const out = this.view;
    const head = this.position;
    const rdata = offset + RECORD_HEAD_OCTETS;
    const length = view.getUint16(rdata - 2);
    if (head + FIXED_OCTETS > this.limit) return false;
    const typeClass = view.getInt32(offset + 2);
    out.setInt32(head, typeClass);
    out.setInt32(head + 4, ttl === TTL_AS_STORED ? view.getInt32(offset + 6) : ttl);
    this.position = head + FIXED_OCTETS;
    const compress = TYPE_COMPRESS[typeClass >>> 16]!;
    if (compress === COMPRESS_NONE) {
      if (this.position + length > this.limit) return false;
      copyByWords(view, rdata, out, this.position, length);
      this.position += length;
    } else if (!this.writeNames(from, view, rdata, length, compress)) {
      return false;
    }
    out.setUint16(head + 8, this.position - head - FIXED_OCTETS);
    return true;
  }

  /** Writes RDATA that has names which may be compressed. */
  private writeNames(
    from: Uint8Array,
    view: DataView,
    offset: number,
    length: number,
    compress: number,
  ): boolean {
    const end = offset + length;
    let at = offset;
    if (compress === COMPRESS_U16_NAME) {
      if (this.position + 2 > this.limit) return false;
      this.view.setUint16(this.position, view.getUint16(at));
      this.position += 2;
      at += 2;
    }
    const names = compress === COMPRESS_TWO_NAMES ? 2 : 1;
    for (let i = 0; i < names; i++) {
      if (this.writeName(from, view, at) === NO_SPACE) return false;
      at = this.nameEnd;
    }
    if (compress === COMPRESS_NAME) return true;
    if (this.position + end - at > this.limit) return false;
    copyOctets(from, at, this.octets, this.position, end - at);
    this.position += end - at;
    return true;
  }

  /** Writes a name as its new labels and a pointer to the rest. @returns where it stands, 0, or NO_SPACE. */
  private writeName(from: Uint8Array, view: DataView, offset: number): number {
    const { labelOffset, suffixHash } = this;
    let count = 0;
    let at = offset;
    for (let length = from[at]!; length !== 0; length = from[at]!) {
      labelOffset[count++] = at;
      at += length + 1;
    }
    labelOffset[count] = at;
    this.nameEnd = at + 1;
    let hash = 0;
    for (let label = count - 1; label >= 0; label--) {
      hash = hashLabel(hash, view, labelOffset[label]!, labelOffset[label + 1]!);
      suffixHash[label] = hash;
    }
    let label = 0;
    let known = 0;
    for (; label < count; label++) {
      known = this.findSuffix(suffixHash[label]!, from, labelOffset[label]!);
      if (known !== 0) break;
    }
    const start = this.position;
    const plain = labelOffset[label]! - offset;
    const end = start + plain + (known !== 0 ? 2 : 1);
    if (end > this.limit) return NO_SPACE;
    copyOctets(from, offset, this.octets, start, plain);
    this.position = end;
    if (known !== 0) this.view.setUint16(end - 2, POINTER | known);
    else this.octets[end - 1] = 0;
    for (let i = 0; i < label; i++) {
      this.enterSuffix(suffixHash[i]!, start + labelOffset[i]! - offset);
    }
    if (label === 0) return known;
    return start <= POINTER_TARGET_MAX ? start : 0;
  }

  /** Where a suffix stands in the message, or 0. */
  private findSuffix(hash: number, from: Uint8Array, offset: number): number {
    const { slotOffset, slotHash } = this;
    let slot = hash & SLOT_MASK;
    for (let at = slotOffset[slot]!; at !== 0; at = slotOffset[slot]!) {
      if (slotHash[slot]! === hash && this.isSuffix(at, from, offset)) return at;
      slot = (slot + 1) & SLOT_MASK;
    }
    return 0;
  }

  private enterSuffix(hash: number, offset: number): void {
    if (offset > POINTER_TARGET_MAX || this.entryCount === TRANSFER_NAMES_MAX) return;
    const { slotOffset } = this;
    let slot = hash & SLOT_MASK;
    while (slotOffset[slot]! !== 0) slot = (slot + 1) & SLOT_MASK;
    slotOffset[slot] = offset;
    this.slotHash[slot] = hash;
    this.entrySlot[this.entryCount++] = slot;
  }

  /** Whether the name at `offset` of the message is the uncompressed one. Our own pointers only ever go back. */
  private isSuffix(offset: number, from: Uint8Array, fromOffset: number): boolean {
    const { octets } = this;
    let at = offset;
    let other = fromOffset;
    for (;;) {
      while (octets[at]! >= 0xc0) at = readU16(octets, at) & 0x3fff;
      const length = octets[at]!;
      if (length !== from[other]!) return false;
      if (length === 0) return true;
      const end = at + length;
      while (at < end) {
        const a = octets[++at]!;
        const b = from[++other]!;
        if (a !== b && FOLD[a]! !== FOLD[b]!) return false;
      }
      at++;
      other++;
    }
  }
}

/** Hash of a suffix from that of its parent and its first label, which is at `start` up to `end`; case folded. */
function hashLabel(parent: number, view: DataView, start: number, end: number): number {
  let hash = Math.imul(parent ^ (end - start), LABEL_FACTOR);
  if (end - start < 4) {
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ (view.getUint8(at) | 0x20), WORD_FACTOR);
    }
  } else {
    const last = end - 4;
    for (let at = start; at < last; at += 4) {
      hash = Math.imul(hash ^ (view.getInt32(at) | FOLD_WORD), WORD_FACTOR);
    }
    // may overlap the word before
    hash = Math.imul(hash ^ (view.getInt32(last) | FOLD_WORD), WORD_FACTOR);
  }
  return hash ^ (hash >>> 15);
}

// === end of hot path
