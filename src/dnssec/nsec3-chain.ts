/**
 * The NSEC3 records of a zone that share one set of parameters, in the order of their hashes (RFC 5155 §7.1), in
 * columns. Must not know: which names they stand for, what is wrong with them.
 */
import { TYPE_NSEC3 } from '../wire/constants.js';
import { compareHashes, NSEC3_HASH_WORDS, NSEC3_SHA1, readHashLabel } from '../wire/nsec3-hash.js';
import { equalOctets, readU16, readU32 } from '../wire/octets.js';
import type { Zone } from '../zone/zone.js';

// Where the fields of NSEC3 RDATA start; in NSEC3PARAM the same, up to the salt
export const NSEC3_FLAGS_AT = 1;
const NSEC3_ITERATIONS_AT = 2;
const NSEC3_SALT_AT = 4;
/** Unsigned delegations may be left out behind this record, RFC 5155 §3.1.2.1. */
export const NSEC3_OPT_OUT = 1;

export function nsec3Iterations(octets: Uint8Array, rdata: number): number {
  return readU16(octets, rdata + NSEC3_ITERATIONS_AT);
}

/** Whether two records, each NSEC3 or NSEC3PARAM, have the same hash algorithm, iterations and salt. */
export function sameParameters(octets: Uint8Array, a: number, b: number): boolean {
  if (octets[a] !== octets[b]) return false;
  const length = 3 + octets[a + NSEC3_SALT_AT]!;
  return equalOctets(octets, a + NSEC3_ITERATIONS_AT, octets, b + NSEC3_ITERATIONS_AT, length);
}

/** Where the next hash of an NSEC3 is; the bitmap comes after it. */
export function nextHashAt(octets: Uint8Array, rdata: number): number {
  return rdata + NSEC3_SALT_AT + 1 + octets[rdata + NSEC3_SALT_AT]! + 1;
}

export class Nsec3Chain {
  /** The records, in the order of their owners' hashes. */
  readonly records: Int32Array;
  /** NSEC3_HASH_WORDS words of each. */
  readonly hashes: Int32Array;
  /** Where the RDATA of a record with the parameters is. */
  readonly parametersAt: number;

  private constructor(records: Int32Array, hashes: Int32Array, parametersAt: number) {
    this.records = records;
    this.hashes = hashes;
    this.parametersAt = parametersAt;
  }

  get count(): number {
    return this.records.length;
  }

  /**
   * The records that have the parameters at `parametersAt` of the zone's RDATA, and an owner that can be a hash.
   */
  static of(zone: Zone, parametersAt: number): Nsec3Chain {
    const rrsets = nsec3Rrsets(zone);
    const found = new Int32Array(recordsIn(zone, rrsets));
    const words = new Int32Array(found.length * NSEC3_HASH_WORDS);
    let count = 0;
    for (let i = 0; i < rrsets.length; i++) {
      const rrset = rrsets[i]!;
      const owner = zone.names.offsets[zone.rrsetOwner[rrset]!]!;
      const end = zone.rrsetRecordFirst[rrset + 1]!;
      for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
        if (!sameParameters(zone.rdata, zone.recordRdata[record]!, parametersAt)) continue;
        readHashLabel(zone.names.octets, owner, words, count * NSEC3_HASH_WORDS);
        found[count++] = record;
      }
    }
    const order = hashOrder(words, count);
    const records = new Int32Array(count);
    const hashes = new Int32Array(count * NSEC3_HASH_WORDS);
    for (let i = 0; i < count; i++) {
      const from = order[i]! * NSEC3_HASH_WORDS;
      records[i] = found[order[i]!]!;
      hashes.set(words.subarray(from, from + NSEC3_HASH_WORDS), i * NSEC3_HASH_WORDS);
    }
    return new Nsec3Chain(records, hashes, parametersAt);
  }

  // === hot path

  /** The index of the record with a hash; if there is none, -1 - that of the first one with a greater. */
  find(hash: Int32Array): number {
    let low = 0;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareHashes(this.hashes, middle * NSEC3_HASH_WORDS, hash, 0);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return -1 - low;
  }

  /** The index of the record before the one at `index`, in the circle. */
  before(index: number): number {
    return index === 0 ? this.records.length - 1 : index - 1;
  }

  /** Whether the 20 octets at an offset are the hash at an index. */
  isHash(octets: Uint8Array, offset: number, index: number): boolean {
    for (let word = 0; word < NSEC3_HASH_WORDS; word++) {
      const value = this.hashes[index * NSEC3_HASH_WORDS + word]!;
      if ((readU32(octets, offset + 4 * word) | 0) !== value) return false;
    }
    return true;
  }

  // === end of hot path
}

/** The RRsets that are NSEC3 at a hash. */
function nsec3Rrsets(zone: Zone): Int32Array {
  const rrsets = new Int32Array(zone.rrsetCount);
  let count = 0;
  for (let rrset = 0; rrset < zone.rrsetCount; rrset++) {
    if (isHashOwner(zone, rrset)) rrsets[count++] = rrset;
  }
  return rrsets.subarray(0, count);
}

function recordsIn({ rrsetRecordFirst }: Zone, rrsets: Int32Array): number {
  let count = 0;
  for (let i = 0; i < rrsets.length; i++) {
    count += rrsetRecordFirst[rrsets[i]! + 1]! - rrsetRecordFirst[rrsets[i]!]!;
  }
  return count;
}

const label = new Int32Array(NSEC3_HASH_WORDS);

/** Whether an RRset is NSEC3 of the one hash algorithm, one label below the apex, that label a hash. */
export function isHashOwner(zone: Zone, rrset: number): boolean {
  if (zone.rrsetType[rrset] !== TYPE_NSEC3) return false;
  const owner = zone.rrsetOwner[rrset]!;
  const { octets, offsets } = zone.names;
  if (zone.rdata[zone.recordRdata[zone.rrsetRecordFirst[rrset]!]!] !== NSEC3_SHA1) return false;
  return zone.parents[owner] === zone.apex && readHashLabel(octets, offsets[owner]!, label, 0);
}

/** Numbers of hashes in ascending order: sorted by their first words, the few that agree in them by all. */
function hashOrder(words: Int32Array, count: number): Int32Array {
  const pairs = new BigUint64Array(count);
  const halves = new Uint32Array(pairs.buffer);
  const high = new Uint8Array(new Uint32Array([1]).buffer)[0]!;
  for (let i = 0; i < count; i++) {
    halves[2 * i + high] = words[i * NSEC3_HASH_WORDS]!;
    halves[2 * i + 1 - high] = i;
  }
  pairs.sort();
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const one = halves[2 * i + 1 - high]!;
    let at = i;
    while (at > 0 && isLess(words, one, order[at - 1]!)) {
      order[at] = order[at - 1]!;
      at--;
    }
    order[at] = one;
  }
  return order;
}

function isLess(words: Int32Array, a: number, b: number): boolean {
  return compareHashes(words, a * NSEC3_HASH_WORDS, words, b * NSEC3_HASH_WORDS) < 0;
}
