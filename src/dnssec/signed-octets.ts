/**
 * The octets that an RRSIG signs (RFC 4034 §3.1.8.1): its RDATA before the signature, then each record of the RRset in
 * canonical form and order (§6), each once, under the original TTL; the owner of a wildcard's answer as the wildcard
 * (RFC 4035 §5.3.2). One buffer for all RRsets of a run. Must not know: keys, signatures, what is right.
 *
 *     RRSIG RDATA:  type covered 2 | algorithm 1 | labels 1 | original TTL 4 | expiration 4 | inception 4 | key tag 2 |
 *                   signer's name, folded | signature
 */
import { grown } from '../base/columns.js';
import { NAME_OCTETS_MAX } from '../base/limits.js';
import { CLASS_IN } from '../wire/constants.js';
import { countLabels, FOLD, nameLength } from '../wire/name.js';
import { copyOctets, readU16, writeU16 } from '../wire/octets.js';
import type { Zone } from '../zone/zone.js';
import { CanonicalRrset } from './canonical-rrset.js';

// Where the fields of RRSIG RDATA start
export const RRSIG_ALGORITHM_AT = 2;
export const RRSIG_LABELS_AT = 3;
export const RRSIG_TTL_AT = 4;
export const RRSIG_EXPIRATION_AT = 8;
export const RRSIG_INCEPTION_AT = 12;
export const RRSIG_TAG_AT = 16;
export const RRSIG_SIGNER_AT = 18;

const ASTERISK = 0x2a;
/** Type, class and TTL. */
const HEAD_OCTETS = 8;
/** More than any RRSIG has before its signature. */
const FIRST_OCTETS = 1 << 10;

export class SignedOctets {
  /** What is signed, from 0 to `length`; valid until the next call. */
  octets: Uint8Array = new Uint8Array(FIRST_OCTETS);
  length = 0;
  private readonly records = new CanonicalRrset();
  /** Owner, type, class and TTL, which all records begin with. */
  private readonly head: Uint8Array = new Uint8Array(NAME_OCTETS_MAX + HEAD_OCTETS);
  private headOctets = 0;

  /** The signed part, for node:crypto; valid until the next call. */
  get signed(): Uint8Array {
    return this.octets.subarray(0, this.length);
  }

  // === hot path

  /**
   * Fills `octets` for an RRset of a zone.
   * @param rrsig holds at `at` the RDATA of an RRSIG, at least up to the end of the signer's name
   * @returns false if the RRSIG counts more labels than the owner has: then it can sign nothing there
   */
  fill(zone: Zone, rrset: number, rrsig: Uint8Array, at: number): boolean {
    const { names, rrsetOwner, rrsetType, rrsetRecordFirst, recordRdata, recordLength } = zone;
    const owner = names.offsets[rrsetOwner[rrset]!]!;
    const type = rrsetType[rrset]!;
    if (!this.begin(names.octets, owner, type, rrsig, at)) return false;
    const end = rrsetRecordFirst[rrset + 1]!;
    for (let record = rrsetRecordFirst[rrset]!; record < end; record++) {
      this.add(type, zone.rdata, recordRdata[record]!, recordLength[record]!);
    }
    this.finish();
    return true;
  }

  /** Starts with an RRset that is in no zone. `add` its records, then `finish`. @returns as `fill` */
  begin(owner: Uint8Array, ownerAt: number, type: number, rrsig: Uint8Array, at: number): boolean {
    const { head, octets, records } = this;
    records.clear();
    const signed = rrsigHeadOctets(rrsig, at);
    copyOctets(rrsig, at, octets, 0, signed);
    for (let i = RRSIG_SIGNER_AT; i < signed; i++) octets[i] = FOLD[octets[i]!]!;
    this.length = signed;
    const nameOctets = this.writeOwner(owner, ownerAt, rrsig[at + RRSIG_LABELS_AT]!);
    if (nameOctets < 0) return false;
    writeU16(head, nameOctets, type);
    writeU16(head, nameOctets + 2, CLASS_IN);
    copyOctets(rrsig, at + RRSIG_TTL_AT, head, nameOctets + 4, 4);
    this.headOctets = nameOctets + HEAD_OCTETS;
    return true;
  }

  /** Adds a record of the RRset begun, its RDATA valid and in any case. */
  add(type: number, rdata: Uint8Array, offset: number, length: number): void {
    this.records.add(type, rdata, offset, length);
  }

  /** Writes the records added, in canonical order and without duplicates, to `octets`. */
  finish(): void {
    const { head, headOctets, records } = this;
    const rdataOctets = records.sort();
    const needed = this.length + records.count * (headOctets + 2) + rdataOctets;
    if (needed > this.octets.length) this.grow(needed);
    const { octets } = this;
    const { order, rdata, starts, count } = records;
    let to = this.length;
    for (let i = 0; i < count; i++) {
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
    const own = rrsigLabels(owner, ownerAt);
    if (labels > own) return -1;
    let at = ownerAt;
    let to = 0;
    if (labels < own) {
      // an expanded wildcard, whose label takes the place of those that it stands for
      const isWildcard = countLabels(owner, ownerAt) > own;
      for (let skip = own - labels + (isWildcard ? 1 : 0); skip > 0; skip--) at += owner[at]! + 1;
      head[to++] = 1;
      head[to++] = ASTERISK;
    }
    const length = nameLength(owner, at);
    for (let i = 0; i < length; i++) head[to++] = FOLD[owner[at + i]!]!;
    return to;
  }

  // === end of hot path

  private grow(needed: number): void {
    this.octets = grown(this.octets, new Uint8Array(needed * 2));
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
