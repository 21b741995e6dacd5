/**
 * Checks of a zone's ZONEMD records (RFC 8976 §4): the serial and the kind of digest that each is of, and the digest
 * itself. A zone need not be signed to have them. Must not know: how a digest is made.
 */
import { TYPE_SOA, TYPE_ZONEMD } from '../wire/constants.js';
import { readU32 } from '../wire/octets.js';
import { findRrset, type Zone } from '../zone/zone.js';
import type { ZoneReport } from '../zone/zone-report.js';
import { apexRecords, rdataOf } from './apex-records.js';
import { isDigestKnown, ZONEMD_SIMPLE, zoneDigests } from './zone-digest.js';

// Where the fields of ZONEMD RDATA start, RFC 8976 §2.2
const SCHEME_AT = 4;
const HASH_AT = 5;
const DIGEST_AT = 6;

/** Without computing: what the records say they are. */
export function checkZonemdFields(zone: Zone, report: ZoneReport): void {
  const serial = serialOf(zone);
  for (const record of apexRecords(zone, TYPE_ZONEMD)) {
    const rdata = rdataOf(zone, record);
    if (!isUsable(rdata)) {
      report.report('ZONEMD_UNSUPPORTED', record, () => {
        return `scheme ${rdata[SCHEME_AT]} with hash ${rdata[HASH_AT]} cannot be checked here`;
      });
    }
    if (readU32(rdata, 0) !== serial) {
      report.report('ZONEMD_SERIAL', record, () => {
        return `the ZONEMD is of serial ${readU32(rdata, 0)}, the zone has ${serial}`;
      });
    }
  }
}

/**
 * Computes the digest of the zone as it is, for records that are of its serial and of a known kind. One that is right
 * is enough (RFC 8976 §4).
 */
export function checkZonemdDigest(zone: Zone, report: ZoneReport): void {
  const serial = serialOf(zone);
  const records = apexRecords(zone, TYPE_ZONEMD).filter((record) => {
    const rdata = rdataOf(zone, record);
    return isUsable(rdata) && readU32(rdata, 0) === serial;
  });
  if (records.length === 0) return;
  const algorithms = records.map((record) => rdataOf(zone, record)[HASH_AT]!);
  const digests = zoneDigests(zone, algorithms);
  const wrong = records.filter((record, i) => {
    const told = rdataOf(zone, record).subarray(DIGEST_AT);
    return Buffer.compare(told, digests[i] ?? told) !== 0;
  });
  const isSpare = wrong.length < records.length;
  for (const record of wrong) {
    report.report(isSpare ? 'ZONEMD_SPARE' : 'ZONEMD_MISMATCH', record, () => {
      return isSpare
        ? 'the digest is not that of the zone, another one is'
        : 'the digest is not that of the zone: records were changed after it was made';
    });
  }
}

function isUsable(rdata: Uint8Array): boolean {
  return rdata[SCHEME_AT] === ZONEMD_SIMPLE && isDigestKnown(rdata[HASH_AT]!);
}

function serialOf(zone: Zone): number {
  const record = zone.rrsetRecordFirst[findRrset(zone, zone.apex, TYPE_SOA)]!;
  return readU32(zone.rdata, zone.recordRdata[record]! + zone.recordLength[record]! - 20);
}
