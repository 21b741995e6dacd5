/**
 * A zone as canonical text, one absolute record per line, in the order and spelling of BIND's
 * `named-compilezone -s full`: owners in canonical order (RFC 4034 §6.1), at each owner SOA, NS, then types by number
 * with their RRSIG behind them, records in canonical order (§6.3); the NSEC3 chain comes last.
 * Must not know: files, terminals.
 */
import { TYPE_NS, TYPE_NSEC3, TYPE_RRSIG, TYPE_SOA } from '../wire/constants.js';
import { nameText } from '../wire/name-text.js';
import { readU16 } from '../wire/octets.js';
import { rdataText } from '../wire/rdata-text.js';
import { typeText } from '../wire/rrtypes.js';
import { canonicalOrder } from './canonical.js';
import { canonicalRdata, compareRdata } from './canonical-rdata.js';
import type { OwnerId } from './name-table.js';
import type { Zone } from './zone.js';

/** Lines without line ends: `owner TTL IN TYPE RDATA`. */
export function* zoneLines(zone: Zone): Generator<string> {
  for (const record of zoneRecords(zone)) yield lineOf(zone, record);
}

/** One record of a zone: its owner, its number in the columns of records, its type. */
export type ZoneRecord = {
  readonly owner: OwnerId;
  readonly index: number;
  readonly type: number;
};

/** All records of a zone in the order of its text. */
export function* zoneRecords(zone: Zone): Generator<ZoneRecord> {
  const order = canonicalOrder(zone);
  let chained = false;
  for (const owner of order) {
    for (const record of sortedRecords(zone, owner)) {
      if (isNsec3(record)) chained = true;
      else yield record;
    }
  }
  if (!chained) return;
  for (const owner of order) {
    for (const record of sortedRecords(zone, owner)) if (isNsec3(record)) yield record;
  }
}

type SortedRecord = ZoneRecord & {
  /** The type covered, for an RRSIG. */
  readonly covered: number;
  readonly canonical: Uint8Array;
};

function isNsec3(record: SortedRecord): boolean {
  return record.covered === TYPE_NSEC3;
}

function sortedRecords(zone: Zone, owner: OwnerId): SortedRecord[] {
  const records: SortedRecord[] = [];
  const rrsetEnd = zone.ownerRrsetFirst[owner + 1]!;
  for (let rrset = zone.ownerRrsetFirst[owner]!; rrset < rrsetEnd; rrset++) {
    const type = zone.rrsetType[rrset]!;
    const end = zone.rrsetRecordFirst[rrset + 1]!;
    for (let index = zone.rrsetRecordFirst[rrset]!; index < end; index++) {
      const offset = zone.recordRdata[index]!;
      const canonical = canonicalRdata(type, zone.rdata, offset, zone.recordLength[index]!);
      const covered = type === TYPE_RRSIG ? readU16(zone.rdata, offset) : type;
      records.push({ owner, index, type, covered, canonical });
    }
  }
  if (records.length < 2) return records;
  return records.sort(
    (a, b) =>
      rank(a.covered) - rank(b.covered) ||
      Number(a.type === TYPE_RRSIG) - Number(b.type === TYPE_RRSIG) ||
      compareRdata(a.canonical, b.canonical),
  );
}

function rank(type: number): number {
  if (type === TYPE_SOA) return -2;
  return type === TYPE_NS ? -1 : type;
}

/** The RDATA of a record as text. */
export function recordText(zone: Zone, { index, type }: ZoneRecord): string {
  return rdataText(type, zone.rdata, zone.recordRdata[index]!, zone.recordLength[index]!);
}

function lineOf(zone: Zone, record: ZoneRecord): string {
  const { owner, index, type } = record;
  const name = nameText(zone.names.octets, zone.names.offsets[owner]!);
  const rdata = recordText(zone, record);
  const head = `${name} ${zone.recordTtl[index]!} IN ${typeText(type)}`;
  return rdata === '' ? head : `${head} ${rdata}`;
}
