/**
 * Writes a reply into the caller's buffer: question, RRsets by section with name compression (RFC 1035 §4.1.4, limited
 * to the types of RFC 3597 §4), header last. An RRset goes in whole or not at all (RFC 2181 §9), and can be taken back
 * if its signatures do not go in with it (RFC 4035 §3.1.1).
 * Must not know: zones, which RRsets belong into an answer.
 */
import { POINTER_TARGET_MAX, RESPONSE_RRSETS_MAX } from '../base/limits.js';
import { CLASS_IN, HEADER_OCTETS, TYPE_CNAME, TYPE_DNAME, TYPE_RRSIG } from './constants.js';
import { NameView, parseName } from './name.js';
import { copyOctets, readU16, writeU16, writeU32 } from './octets.js';
import {
  COMPRESS_NAME,
  COMPRESS_NONE,
  COMPRESS_TWO_NAMES,
  COMPRESS_U16_NAME,
  TYPE_COMPRESS,
} from './rrtypes.js';
import { SuffixTable } from './suffix-table.js';

export const SECTION_ANSWER = 0;
export const SECTION_AUTHORITY = 1;
export const SECTION_ADDITIONAL = 2;

/** Offset of the question's name in every reply: what `C0 0C` points at. */
export const QNAME_OFFSET: number = HEADER_OCTETS;
/** Keep the TTL that the records have. */
export const TTL_AS_STORED = -1;

const NO_OCTETS = new Uint8Array(0);
const POINTER = 0xc000;
const NO_SPACE = -1;
/** Type, class, TTL and RDLENGTH. */
const RECORD_FIXED_OCTETS = 10;
/** Owner pointer and the fixed part, as RRsets are stored. */
const RECORD_HEAD_OCTETS = 2 + RECORD_FIXED_OCTETS;

/**
 * One reply in the making, reused from query to query.
 */
export class ResponseWriter {
  octets: Uint8Array = new Uint8Array(0);
  /** Where the next octet goes. */
  position = 0;
  /** No octet is written at or beyond this offset. */
  limit = 0;
  /** Section that RRsets go into; only ever moves on. */
  section: number = SECTION_ANSWER;
  /** RRsets begin with their record of this number, counted round; the owner's to change from reply to reply. */
  turn = 0;
  /** Records per section: answer, authority, additional. */
  readonly counts: Uint16Array = new Uint16Array(3);

  private questionCount = 0;
  private question: NameView = new NameView();
  private questionEntered = false;
  private readonly names = new SuffixTable();
  private rrsetCount = 0;
  /** Per RRset in the reply: offset of its owner name << 16 | type. */
  private readonly rrsetKeys = new Int32Array(RESPONSE_RRSETS_MAX);
  private readonly scratch = new NameView();
  /** Where the owner of the RRset written last stands in the reply; 0 if no pointer can reach it. */
  private lastOwnerAt = 0;
  /** What there was before the RRset written last. */
  private lastStart = 0;
  private lastEntries = 0;
  private lastRecords = 0;
  private lastRrsets = 0;

  // === hot path

  /** Starts a reply of at most `limit` octets. */
  begin(octets: Uint8Array, limit: number): void {
    this.octets = octets;
    this.limit = limit;
    this.position = HEADER_OCTETS;
    this.section = SECTION_ANSWER;
    this.counts[0] = 0;
    this.counts[1] = 0;
    this.counts[2] = 0;
    this.questionCount = 0;
    this.rrsetCount = 0;
    this.questionEntered = true;
    this.names.begin(octets);
  }

  /** Echoes the question octet by octet, so the client's spelling comes back (RFC 4343 §4.1). `qname` is kept. */
  writeQuestion(qname: NameView, questionOctets: number): void {
    copyOctets(qname.octets, qname.offset, this.octets, this.position, questionOctets);
    this.position += questionOctets;
    this.questionCount = 1;
    this.question = qname;
    this.questionEntered = false;
  }

  /** Lets go of the octets that RDATA came from. */
  forget(): void {
    this.scratch.octets = NO_OCTETS;
  }

  /** Writes the header: the reply is complete. @returns its length. */
  finish(id: number, flags: number): number {
    const octets = this.octets;
    writeU16(octets, 0, id);
    writeU16(octets, 2, flags);
    writeU16(octets, 4, this.questionCount);
    writeU16(octets, 6, this.counts[0]!);
    writeU16(octets, 8, this.counts[1]!);
    writeU16(octets, 10, this.counts[2]!);
    return this.position;
  }

  /**
   * Adds an RRset to the current section, or nothing if it does not fit.
   * @param owner its name. @param ownerOffset where that name already stands in the reply; 0 if that is not known.
   * @param from @param offset @param length the records in the layout of zone-index.ts.
   * @param ttl seconds instead of the stored TTL, or TTL_AS_STORED.
   * @returns whether it fitted.
   */
  writeRrset(
    owner: NameView,
    ownerOffset: number,
    from: Uint8Array,
    offset: number,
    length: number,
    type: number,
    records: number,
    ttl: number,
  ): boolean {
    let at = ownerOffset;
    this.lastStart = this.position;
    this.lastEntries = this.names.count;
    if (
      ownerOffset === QNAME_OFFSET &&
      ttl === TTL_AS_STORED &&
      TYPE_COMPRESS[type]! === COMPRESS_NONE
    ) {
      if (this.position + length > this.limit) return false;
      const first = this.firstRecord(from, offset, records);
      const before = first - offset;
      copyOctets(from, first, this.octets, this.position, length - before);
      copyOctets(from, offset, this.octets, this.position + length - before, before);
      this.position += length;
    } else {
      const first = this.firstRecord(from, offset, records);
      at = this.writeRecords(owner, ownerOffset, from, first, offset + length, type, ttl);
      if (at !== NO_SPACE && first !== offset) {
        at = this.writeRecords(owner, at, from, offset, first, type, ttl);
      }
      if (at === NO_SPACE) {
        this.rollback(this.lastStart, this.lastEntries);
        return false;
      }
    }
    this.noteRrset(at, type, records);
    return true;
  }

  /**
   * Adds the RRSIG records of the RRset written last, or nothing if they do not fit. Signer's names are not compressed
   * (RFC 4034 §3.1.7). Parameters as those of `writeRrset`, `owner` the same.
   */
  writeSignatures(
    owner: NameView,
    from: Uint8Array,
    offset: number,
    length: number,
    records: number,
    ttl: number,
  ): boolean {
    if (this.lastOwnerAt === QNAME_OFFSET && ttl === TTL_AS_STORED) {
      if (this.position + length > this.limit) return false;
      copyOctets(from, offset, this.octets, this.position, length);
      this.position += length;
    } else {
      const start = this.position;
      const entries = this.names.count;
      const end = offset + length;
      if (
        this.writeRecords(owner, this.lastOwnerAt, from, offset, end, TYPE_RRSIG, ttl) === NO_SPACE
      ) {
        this.rollback(start, entries);
        return false;
      }
    }
    this.counts[this.section] = this.counts[this.section]! + records;
    return true;
  }

  /** Takes the RRset written last out again. */
  takeBack(): void {
    this.counts[this.section] = this.lastRecords;
    this.rrsetCount = this.lastRrsets;
    this.rollback(this.lastStart, this.lastEntries);
  }

  /** Adds the CNAME that a DNAME implies (RFC 6672 §3.1). @returns whether it fitted. */
  writeCname(owner: NameView, ownerOffset: number, ttl: number, target: NameView): boolean {
    const start = this.position;
    const entries = this.names.count;
    const ownerAt = this.writeOwner(owner, ownerOffset);
    if (ownerAt !== NO_SPACE && this.position + RECORD_FIXED_OCTETS <= this.limit) {
      const head = this.position;
      this.position = head + RECORD_FIXED_OCTETS;
      if (this.writeName(target) !== NO_SPACE) {
        writeU16(this.octets, head, TYPE_CNAME);
        writeU16(this.octets, head + 2, CLASS_IN);
        writeU32(this.octets, head + 4, ttl);
        writeU16(this.octets, head + 8, this.position - head - RECORD_FIXED_OCTETS);
        this.noteRrset(ownerAt, TYPE_CNAME, 1);
        return true;
      }
    }
    this.rollback(start, entries);
    return false;
  }

  /** Where a name stands in the reply so that a pointer can reach it, or 0. */
  offsetOf(name: NameView): number {
    return name.labelCount === 0 ? 0 : this.findName(name, 0);
  }

  /** Whether the reply has an RRset of this type under the name at `ownerOffset`, whatever the section. */
  hasRrset(ownerOffset: number, type: number): boolean {
    if (ownerOffset === 0) return false;
    const key = (ownerOffset << 16) | type;
    for (let i = 0; i < this.rrsetCount; i++) if (this.rrsetKeys[i]! === key) return true;
    return false;
  }

  private noteRrset(ownerOffset: number, type: number, records: number): void {
    this.lastOwnerAt = ownerOffset;
    this.lastRecords = this.counts[this.section]!;
    this.lastRrsets = this.rrsetCount;
    this.counts[this.section] = this.counts[this.section]! + records;
    if (ownerOffset === 0 || this.rrsetCount === RESPONSE_RRSETS_MAX) return;
    this.rrsetKeys[this.rrsetCount++] = (ownerOffset << 16) | type;
  }

  /** Where the record starts that this reply begins an RRset with. */
  private firstRecord(from: Uint8Array, offset: number, records: number): number {
    let at = offset;
    for (let skip = this.turn % records; skip > 0; skip--) {
      at += RECORD_HEAD_OCTETS + readU16(from, at + RECORD_HEAD_OCTETS - 2);
    }
    return at;
  }

  /** Writes the records up to `end`. @returns where the owner stands, 0 if no pointer can reach it, NO_SPACE. */
  private writeRecords(
    owner: NameView,
    ownerOffset: number,
    from: Uint8Array,
    offset: number,
    end: number,
    type: number,
    ttl: number,
  ): number {
    const octets = this.octets;
    const compress = TYPE_COMPRESS[type]!;
    let ownerAt = ownerOffset;
    for (let at = offset; at < end; ) {
      ownerAt = this.writeOwner(owner, ownerAt);
      if (ownerAt === NO_SPACE) return NO_SPACE;
      const head = this.position;
      const rdata = at + RECORD_HEAD_OCTETS;
      const rdataOctets = readU16(from, rdata - 2);
      if (head + RECORD_FIXED_OCTETS > this.limit) return NO_SPACE;
      copyOctets(from, at + 2, octets, head, RECORD_FIXED_OCTETS);
      if (ttl !== TTL_AS_STORED) writeU32(octets, head + 4, ttl);
      this.position = head + RECORD_FIXED_OCTETS;
      if (!this.writeRdata(from, rdata, rdataOctets, compress)) return NO_SPACE;
      // Written whole (RFC 6672 §2.5), but the CNAME made from it can point at it.
      if (type === TYPE_DNAME) this.enterRdataName(from, rdata, end, head + RECORD_FIXED_OCTETS);
      writeU16(octets, head + 8, this.position - head - RECORD_FIXED_OCTETS);
      at = rdata + rdataOctets;
    }
    return ownerAt;
  }

  private writeRdata(from: Uint8Array, offset: number, length: number, compress: number): boolean {
    let at = offset;
    if (compress === COMPRESS_U16_NAME) {
      if (!this.writeOctets(from, at, 2)) return false;
      at += 2;
    }
    const names = compress === COMPRESS_NONE ? 0 : compress === COMPRESS_TWO_NAMES ? 2 : 1;
    for (let i = 0; i < names; i++) {
      const nameOctets = parseName(this.scratch, from, at, offset + length);
      if (this.writeName(this.scratch) === NO_SPACE) return false;
      at += nameOctets;
    }
    return compress === COMPRESS_NAME || this.writeOctets(from, at, offset + length - at);
  }

  private enterRdataName(from: Uint8Array, offset: number, end: number, start: number): void {
    const name = this.scratch;
    parseName(name, from, offset, end);
    let label = 0;
    while (label < name.labelCount && this.findName(name, label) === 0) label++;
    this.names.enter(name, label, start);
  }

  private writeOctets(from: Uint8Array, offset: number, length: number): boolean {
    if (this.position + length > this.limit) return false;
    copyOctets(from, offset, this.octets, this.position, length);
    this.position += length;
    return true;
  }

  private writeOwner(owner: NameView, ownerOffset: number): number {
    if (ownerOffset === 0) return this.writeName(owner);
    if (this.position + 2 > this.limit) return NO_SPACE;
    writeU16(this.octets, this.position, POINTER | ownerOffset);
    this.position += 2;
    return ownerOffset;
  }

  /** Writes a name as its new labels and a pointer to the rest. @returns as `writeRecords`. */
  private writeName(name: NameView): number {
    const count = name.labelCount;
    let label = 0;
    let known = 0;
    for (; label < count; label++) {
      known = this.findName(name, label);
      if (known !== 0) break;
    }
    const start = this.position;
    const plain = name.labelOffset[label]! - name.offset;
    const end = start + plain + (known !== 0 ? 2 : 1);
    if (end > this.limit) return NO_SPACE;
    copyOctets(name.octets, name.offset, this.octets, start, plain);
    this.position = end;
    if (known !== 0) writeU16(this.octets, end - 2, POINTER | known);
    else this.octets[end - 1] = 0;
    this.names.enter(name, label, start);
    if (label === 0) return known;
    return start <= POINTER_TARGET_MAX ? start : 0;
  }

  /** Offset of the suffix of `name` at `label` if the reply has it, else 0. Case does not matter. */
  private findName(name: NameView, label: number): number {
    if (!this.questionEntered) {
      this.questionEntered = true;
      this.names.enter(this.question, this.question.labelCount, QNAME_OFFSET);
    }
    return this.names.find(name, label);
  }

  /** Back to `position`, with the first `entries` names. */
  private rollback(position: number, entries: number): void {
    this.position = position;
    this.names.keep(entries);
    // The question's own names were entered first, by whoever needed a name first.
    if (entries === 0) this.questionEntered = false;
  }
}
