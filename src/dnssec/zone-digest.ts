/**
 * ZONEMD (RFC 8976): the digest of a whole zone by the scheme SIMPLE, and its record. Must not know: whether a digest
 * in a zone is right, keys.
 */
import { createHash } from 'node:crypto';
import { NAME_OCTETS_MAX } from '../base/limits.js';
import { CLASS_IN, TYPE_RRSIG, TYPE_ZONEMD } from '../wire/constants.js';
import { FOLD } from '../wire/name.js';
import { compareOctets, readU16, writeU16, writeU32 } from '../wire/octets.js';
import { canonicalOrder } from '../zone/canonical.js';
import { canonicalRdata } from '../zone/canonical-rdata.js';
import type { OwnerId } from '../zone/name-table.js';
import type { Zone } from '../zone/zone.js';

/** RFC 8976 §2.2.2: the only scheme. */
const SCHEME_SIMPLE = 1;
const DIGEST_AT = 6;
/** Type, class, TTL, length of RDATA. */
const FIXED_OCTETS = 10;

/** By hash algorithm (RFC 8976 §2.2.3), what node:crypto calls it and the octets of its digest. */
const HASHES: ReadonlyMap<number, { readonly name: string; readonly octets: number }> = new Map([
  [1, { name: 'sha384', octets: 48 }],
  [2, { name: 'sha512', octets: 64 }],
]);

/** Octets of the RDATA of a ZONEMD record; the hash algorithm must be one of RFC 8976. */
export function zonemdOctets(algorithm: number): number {
  return DIGEST_AT + (HASHES.get(algorithm)?.octets ?? 0);
}

/** RDATA of the zone's ZONEMD record (RFC 8976 §3); those that the zone has do not count. */
export function zonemdRecord(zone: Zone, algorithm: number, serial: number): Uint8Array {
  const rdata = new Uint8Array(zonemdOctets(algorithm));
  writeU32(rdata, 0, serial);
  rdata[4] = SCHEME_SIMPLE;
  rdata[5] = algorithm;
  rdata.set(zoneDigest(zone, HASHES.get(algorithm)?.name ?? 'sha384'), DIGEST_AT);
  return rdata;
}

/** RFC 8976 §3.3: all records in canonical form and order, but the apex's ZONEMD and their signatures. */
function zoneDigest(zone: Zone, hash: string): Uint8Array {
  const digest = createHash(hash);
  const head = new Uint8Array(NAME_OCTETS_MAX + FIXED_OCTETS);
  for (const owner of canonicalOrder(zone)) {
    const ownerOctets = writeOwner(zone, owner, head);
    const end = zone.ownerRrsetFirst[owner + 1]!;
    for (let rrset = zone.ownerRrsetFirst[owner]!; rrset < end; rrset++) {
      for (const { rdata, ttl } of sortedRecords(zone, rrset, owner === zone.apex)) {
        writeU16(head, ownerOctets, zone.rrsetType[rrset]!);
        writeU16(head, ownerOctets + 2, CLASS_IN);
        writeU32(head, ownerOctets + 4, ttl);
        writeU16(head, ownerOctets + 8, rdata.length);
        digest.update(head.subarray(0, ownerOctets + FIXED_OCTETS)).update(rdata);
      }
    }
  }
  return digest.digest();
}

function writeOwner({ names }: Zone, owner: OwnerId, to: Uint8Array): number {
  const start = names.offsets[owner]!;
  const length = names.lengths[owner]!;
  for (let i = 0; i < length; i++) to[i] = FOLD[names.octets[start + i]!]!;
  return length;
}

type CanonicalRecord = { readonly rdata: Uint8Array; readonly ttl: number };

/** The records that are digested of an RRset, each once. */
function sortedRecords(zone: Zone, rrset: number, atApex: boolean): CanonicalRecord[] {
  const type = zone.rrsetType[rrset]!;
  if (atApex && type === TYPE_ZONEMD) return [];
  const records: CanonicalRecord[] = [];
  const end = zone.rrsetRecordFirst[rrset + 1]!;
  for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
    const at = zone.recordRdata[record]!;
    const rdata = canonicalRdata(type, zone.rdata, at, zone.recordLength[record]!);
    if (atApex && type === TYPE_RRSIG && readU16(rdata, 0) === TYPE_ZONEMD) continue;
    records.push({ rdata, ttl: zone.recordTtl[record]! });
  }
  return records.sort((a, b) =>
    compareOctets(a.rdata, 0, a.rdata.length, b.rdata, 0, b.rdata.length),
  );
}
