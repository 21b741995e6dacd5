/**
 * The digest of a zone as ZONEMD has it (RFC 8976 §3.3.1, scheme SIMPLE): every record in canonical form and order, but
 * for the apex's ZONEMD and what signs it. Must not know: ZONEMD records, what is right.
 */
import { createHash } from 'node:crypto';
import { NAME_OCTETS_MAX } from '../base/limits.js';
import { CLASS_IN, TYPE_RRSIG, TYPE_ZONEMD } from '../wire/constants.js';
import { FOLD } from '../wire/name.js';
import { copyOctets, readU16, writeU16, writeU32 } from '../wire/octets.js';
import { canonicalOrder } from '../zone/canonical.js';
import type { Zone } from '../zone/zone.js';
import { CanonicalRrset } from './canonical-rrset.js';

/** RFC 8976 §5.2: the only scheme. */
export const ZONEMD_SIMPLE = 1;

/** By hash algorithm (RFC 8976 §5.3), what node:crypto calls the hash. */
const HASHES: ReadonlyMap<number, string> = new Map([
  [1, 'sha384'],
  [2, 'sha512'],
]);

/** Type, class, TTL and length of RDATA. */
const FIXED_OCTETS = 10;
const RDATA_OCTETS_MAX = 65535;
const CHUNK_OCTETS = 1 << 17;

/** Whether a digest by this hash algorithm can be computed. */
export function isDigestKnown(algorithm: number): boolean {
  return HASHES.has(algorithm);
}

/**
 * Digests of a zone by several hash algorithms, all of them known, in one pass.
 * @returns for each algorithm octets of its own
 */
export function zoneDigests(zone: Zone, algorithms: readonly number[]): Uint8Array[] {
  const hashes = algorithms.map((algorithm) => createHash(HASHES.get(algorithm) ?? ''));
  const writer = new RecordStream(zone, (octets) => {
    for (const hash of hashes) hash.update(octets);
  });
  const order = canonicalOrder(zone);
  for (let i = 0; i < order.length; i++) writer.writeOwner(order[i]!);
  writer.flush();
  return hashes.map((hash) => hash.digest());
}

/** Writes records in canonical form and hands them on in chunks. */
class RecordStream {
  private readonly zone: Zone;
  private readonly take: (octets: Uint8Array) => void;
  private readonly out: Uint8Array = new Uint8Array(CHUNK_OCTETS);
  private used = 0;
  private readonly records = new CanonicalRrset();
  /** The TTL of each record of the RRset, as they were added. */
  private ttls: number[] = [];
  private readonly owner: Uint8Array = new Uint8Array(NAME_OCTETS_MAX);
  private ownerOctets = 0;

  constructor(zone: Zone, take: (octets: Uint8Array) => void) {
    this.zone = zone;
    this.take = take;
  }

  writeOwner(owner: number): void {
    const { names, ownerRrsetFirst } = this.zone;
    const first = ownerRrsetFirst[owner]!;
    const end = ownerRrsetFirst[owner + 1]!;
    if (first === end) return;
    const at = names.offsets[owner]!;
    this.ownerOctets = names.lengths[owner]!;
    for (let i = 0; i < this.ownerOctets; i++) this.owner[i] = FOLD[names.octets[at + i]!]!;
    for (let rrset = first; rrset < end; rrset++) this.writeRrset(rrset, owner);
  }

  private writeRrset(rrset: number, owner: number): void {
    const { zone, records } = this;
    const type = zone.rrsetType[rrset]!;
    const atApex = owner === zone.apex;
    if (atApex && type === TYPE_ZONEMD) return;
    records.clear();
    this.ttls.length = 0;
    const end = zone.rrsetRecordFirst[rrset + 1]!;
    for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
      const at = zone.recordRdata[record]!;
      if (atApex && type === TYPE_RRSIG && readU16(zone.rdata, at) === TYPE_ZONEMD) continue;
      records.add(type, zone.rdata, at, zone.recordLength[record]!);
      this.ttls.push(zone.recordTtl[record]!);
    }
    records.sort();
    for (let i = 0; i < records.count; i++) this.writeRecord(type, records.order[i]!);
  }

  private writeRecord(type: number, record: number): void {
    if (this.used + NAME_OCTETS_MAX + FIXED_OCTETS + RDATA_OCTETS_MAX > CHUNK_OCTETS) this.flush();
    const { out, records, ownerOctets } = this;
    const start = records.starts[record]!;
    const length = records.starts[record + 1]! - start;
    let at = this.used;
    copyOctets(this.owner, 0, out, at, ownerOctets);
    at += ownerOctets;
    writeU16(out, at, type);
    writeU16(out, at + 2, CLASS_IN);
    writeU32(out, at + 4, this.ttls[record]!);
    writeU16(out, at + 8, length);
    copyOctets(records.rdata, start, out, at + FIXED_OCTETS, length);
    this.used = at + FIXED_OCTETS + length;
  }

  flush(): void {
    this.take(this.out.subarray(0, this.used));
    this.used = 0;
  }
}
