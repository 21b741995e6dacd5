/**
 * The octets that an RRSIG signs (RFC 4034 §3.1.8.1): its RDATA before the signature, then each record of the RRset in
 * canonical form and order (§6), each once, under the original TTL; the owner of a wildcard's answer as the wildcard
 * (RFC 4035 §5.3.2). One buffer for all RRsets of a run. Must not know: keys, signatures, what is right.
 *
 *     RRSIG RDATA:  type covered 2 | algorithm 1 | labels 1 | original TTL 4 | expiration 4 | inception 4 | key tag 2 |
 *                   signer's name, folded | signature
 */
import { NAME_OCTETS_MAX } from '../base/limits.js';
import { CLASS_IN } from '../wire/constants.js';
import { countLabels, FOLD, nameLength } from '../wire/name.js';
import { compareOctets, copyOctets, readU16, writeU16 } from '../wire/octets.js';
import { foldRdata, hasFoldedNames } from '../zone/canonical-rdata.js';
import type { Zone } from '../zone/zone.js';

// Where the fields of RRSIG RDATA start
export const RRSIG_ALGORITHM_AT = 2;
export const RRSIG_LABELS_AT = 3;
export const RRSIG_TTL_AT = 4;
export const RRSIG_EXPIRATION_AT = 8;
export const RRSIG_INCEPTION_AT = 12;
export const RRSIG_TAG_AT = 16;
export const RRSIG_SIGNER_AT = 18;

const ASTERISK = 0x2a;
/** Type, class, TTL, length of RDATA. */
const FIXED_OCTETS = 10;
const FIRST_OCTETS = 1 << 16;
/** RRsets larger than this are sorted by n log n, others by insertion. */
const INSERTION_MAX = 32;

export class SignedOctets {
  /** What is signed, from 0 to `length`; valid until the next call. */
  octets: Uint8Array = new Uint8Array(FIRST_OCTETS);
  length = 0;
  /** RDATA in canonical form, one behind the other, and where each starts. */
  private rdata: Uint8Array = new Uint8Array(FIRST_OCTETS);
  private starts: Int32Array = new Int32Array(64);
  private order: Int32Array = new Int32Array(64);
  private count = 0;
  /** Owner, type, class and TTL, which all records begin with. */
  private readonly head: Uint8Array = new Uint8Array(NAME_OCTETS_MAX + FIXED_OCTETS);
  private headOctets = 0;

  /** The signed part, for node:crypto; valid until the next call. */
  get signed(): Uint8Array {
    return this.octets.subarray(0, this.length);
  }

  /**
   * Fills `octets` for an RRset of a zone.
   * @param rrsig holds at `at` the RDATA of an RRSIG, at least up to the end of the signer's name
   * @returns false if the RRSIG counts more labels than the owner has: then it can sign nothing there
   */
  fill(zone: Zone, rrset: number, rrsig: Uint8Array, at: number): boolean {
    const { names, rrsetOwner, rrsetRecordFirst, recordRdata, recordLength } = zone;
    const owner = names.offsets[rrsetOwner[rrset]!]!;
    if (!this.begin(names.octets, owner, zone.rrsetType[rrset]!, rrsig, at)) return false;
    const end = rrsetRecordFirst[rrset + 1]!;
    for (let record = rrsetRecordFirst[rrset]!; record < end; record++) {
      this.add(zone.rrsetType[rrset]!, zone.rdata, recordRdata[record]!, recordLength[record]!);
    }
    this.finish();
    return true;
  }

  /** Starts with an RRset that is in no zone. `add` its records, then `finish`. @returns as `fill` */
  begin(owner: Uint8Array, ownerAt: number, type: number, rrsig: Uint8Array, at: number): boolean {
    this.count = 0;
    this.starts[0] = 0;
    const signer = nameLength(rrsig, at + RRSIG_SIGNER_AT);
    copyOctets(rrsig, at, this.octets, 0, RRSIG_SIGNER_AT + signer);
    for (let i = RRSIG_SIGNER_AT; i < RRSIG_SIGNER_AT + signer; i++) {
      this.octets[i] = FOLD[this.octets[i]!]!;
    }
    this.length = RRSIG_SIGNER_AT + signer;
    const nameOctets = this.writeOwner(owner, ownerAt, rrsig[at + RRSIG_LABELS_AT]!);
    if (nameOctets < 0) return false;
    const { head } = this;
    writeU16(head, nameOctets, type);
    writeU16(head, nameOctets + 2, CLASS_IN);
    copyOctets(rrsig, at + RRSIG_TTL_AT, head, nameOctets + 4, 4);
    this.headOctets = nameOctets + 8;
    return true;
  }

  // === hot path

  /** Adds a record of the RRset begun, its RDATA valid and in any case. */
  add(type: number, rdata: Uint8Array, offset: number, length: number): void {
    const start = this.starts[this.count]!;
    if (start + length > this.rdata.length) this.growRdata(length);
    if (this.count + 2 > this.starts.length) this.growStarts();
    copyOctets(rdata, offset, this.rdata, start, length);
    if (hasFoldedNames(type)) foldRdata(type, this.rdata, start);
    this.order[this.count] = this.count;
    this.starts[++this.count] = start + length;
  }

  /** Writes the records added, in canonical order and without duplicates, to `octets`. */
  finish(): void {
    const { order, count, head, headOctets } = this;
    if (count > INSERTION_MAX) this.sortMany();
    else this.sortFew();
    const needed = this.length + count * (headOctets + 2) + this.starts[count]!;
    if (needed > this.octets.length) this.growOctets(needed);
    const { octets, rdata, starts } = this;
    let to = this.length;
    for (let i = 0; i < count; i++) {
      if (i > 0 && this.compare(order[i - 1]!, order[i]!) === 0) continue;
      const start = starts[order[i]!]!;
      const length = starts[order[i]! + 1]! - start;
      copyOctets(head, 0, octets, to, headOctets);
      to += headOctets;
      writeU16(octets, to, length);
      copyOctets(rdata, start, octets, to + 2, length);
      to += 2 + length;
    }
    this.length = to;
  }

  /** @returns octets of the name that is signed, folded; -1 if the owner has fewer labels. */
  private writeOwner(owner: Uint8Array, ownerAt: number, labels: number): number {
    const { head } = this;
    let at = ownerAt;
    let to = 0;
    const isWildcard = owner[at] === 1 && owner[at + 1] === ASTERISK;
    const own = countLabels(owner, at) - (isWildcard ? 1 : 0);
    if (labels > own) return -1;
    if (labels < own) {
      // an expanded wildcard, whose label takes the place of those that it stands for
      for (let skip = own - labels + (isWildcard ? 1 : 0); skip > 0; skip--) at += owner[at]! + 1;
      head[to++] = 1;
      head[to++] = ASTERISK;
    }
    const length = nameLength(owner, at);
    for (let i = 0; i < length; i++) head[to++] = FOLD[owner[at + i]!]!;
    return to;
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
    const larger = new Uint8Array((this.rdata.length + needed) * 2);
    larger.set(this.rdata);
    this.rdata = larger;
  }

  private growOctets(needed: number): void {
    const larger = new Uint8Array(needed * 2);
    larger.set(this.octets);
    this.octets = larger;
  }

  private growStarts(): void {
    const starts = new Int32Array(this.starts.length * 2);
    const order = new Int32Array(this.starts.length * 2);
    starts.set(this.starts);
    order.set(this.order);
    this.starts = starts;
    this.order = order;
  }
}

/** The type that the RRSIG at `at` covers. */
export function coveredType(rrsig: Uint8Array, at: number): number {
  return readU16(rrsig, at);
}

/** Octets of RRSIG RDATA before the signature. */
export function rrsigHeadOctets(rrsig: Uint8Array, at: number): number {
  return RRSIG_SIGNER_AT + nameLength(rrsig, at + RRSIG_SIGNER_AT);
}

/** RFC 4034 §3.1.3: labels as an RRSIG counts them, neither the root's nor a wildcard's. */
export function rrsigLabels(owner: Uint8Array, ownerAt: number): number {
  const isWildcard = owner[ownerAt] === 1 && owner[ownerAt + 1] === ASTERISK;
  return countLabels(owner, ownerAt) - (isWildcard ? 1 : 0);
}
