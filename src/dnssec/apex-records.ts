/**
 * Records of a zone's apex, and their RDATA. Must not know: types.
 */
import { findRrset, type Zone } from '../zone/zone.js';

/** Numbers of the apex's records of a type, in the order of the text. */
export function apexRecords(zone: Zone, type: number): number[] {
  const rrset = findRrset(zone, zone.apex, type);
  if (rrset < 0) return [];
  const first = zone.rrsetRecordFirst[rrset]!;
  return Array.from({ length: zone.rrsetRecordFirst[rrset + 1]! - first }, (_, i) => first + i);
}

/** The RDATA of a record, in place. */
export function rdataOf(zone: Zone, record: number): Uint8Array {
  const at = zone.recordRdata[record]!;
  return zone.rdata.subarray(at, at + zone.recordLength[record]!);
}
