/**
 * Checks of what a zone asks its parent to publish: CDS and CDNSKEY (RFC 7344 §3, §4; RFC 8078 §4), against its keys
 * and each other. A zone need not be signed to have them. Must not know: signatures, chains.
 */
import { TYPE_CDNSKEY, TYPE_CDS, TYPE_DNSKEY } from '../wire/constants.js';
import { readU16 } from '../wire/octets.js';
import type { Zone } from '../zone/zone.js';
import type { ZoneReport } from '../zone/zone-report.js';
import { algorithmText } from './algorithms.js';
import { apexRecords, rdataOf } from './apex-records.js';
import { DIGEST_AT, dsDigest, keyTag } from './key-record.js';

/** A CDS or CDNSKEY with this algorithm asks the parent to delete the DS RRset (RFC 8078 §4). */
const ALGORITHM_DELETE = 0;
// Where the RDATA of each has the algorithm; a DNSKEY has it where a CDNSKEY has it
const CDS_ALGORITHM_AT = 2;
const KEY_ALGORITHM_AT = 3;
const CDS_DIGEST_TYPE_AT = 3;

export function checkParentRecords(zone: Zone, report: ZoneReport): void {
  const cds = apexRecords(zone, TYPE_CDS);
  const cdnskeys = apexRecords(zone, TYPE_CDNSKEY);
  if (cds.length + cdnskeys.length === 0) return;
  const check = new ParentCheck(zone, report);
  const toldCds = check.usable(cds, CDS_ALGORITHM_AT, 'CDS');
  const toldKeys = check.usable(cdnskeys, KEY_ALGORITHM_AT, 'CDNSKEY');
  for (const record of toldCds) check.cds(record, toldKeys);
  for (const record of toldKeys) check.cdnskey(record, toldCds);
}

class ParentCheck {
  private readonly zone: Zone;
  private readonly report: ZoneReport;
  private readonly keys: readonly number[];

  constructor(zone: Zone, report: ZoneReport) {
    this.zone = zone;
    this.report = report;
    this.keys = apexRecords(zone, TYPE_DNSKEY);
  }

  /** Reports records that named refuses. @returns those that speak of a key which may be in the zone */
  usable(records: readonly number[], algorithmAt: number, type: string): number[] {
    const algorithm = (record: number) => rdataOf(this.zone, record)[algorithmAt]!;
    const others = records.filter((record) => algorithm(record) !== ALGORITHM_DELETE);
    const first = records.find((record) => algorithm(record) === ALGORITHM_DELETE);
    if (first !== undefined && others.length > 0) {
      this.report.report('DNSSEC_CDS_DELETE', first, () => {
        return `a ${type} that asks to delete the DS RRset stands beside others`;
      });
    }
    const own = new Set(this.keys.map((key) => rdataOf(this.zone, key)[KEY_ALGORITHM_AT]!));
    return others.filter((record) => {
      if (own.has(algorithm(record))) return true;
      this.report.report('DNSSEC_CDS_ALGORITHM', record, () => {
        return `a ${type} of ${algorithmText(algorithm(record))}, of which the zone has no DNSKEY`;
      });
      return false;
    });
  }

  cds(record: number, cdnskeys: readonly number[]): void {
    const rdata = rdataOf(this.zone, record);
    const isKey = this.hasKeyOf(this.keys, rdata);
    if (isKey && (cdnskeys.length === 0 || this.hasKeyOf(cdnskeys, rdata))) return;
    this.report.report('DNSSEC_CDS_MISMATCH', record, () => {
      const other = isKey ? 'CDNSKEY' : 'DNSKEY';
      return `the CDS of key ${readU16(rdata, 0)} has no ${other} with its digest`;
    });
  }

  cdnskey(record: number, cds: readonly number[]): void {
    const rdata = rdataOf(this.zone, record);
    const isKey = this.keys.some((key) => Buffer.compare(rdataOf(this.zone, key), rdata) === 0);
    const hasCds = (one: number) => this.hasKeyOf([record], rdataOf(this.zone, one));
    if (isKey && (cds.length === 0 || cds.some(hasCds))) return;
    this.report.report('DNSSEC_CDS_MISMATCH', record, () => {
      const tag = keyTag(rdata, 0, rdata.length);
      return `the CDNSKEY of key ${tag} has no ${isKey ? 'CDS' : 'DNSKEY'} that is the same key`;
    });
  }

  /** Whether one of the keys has tag, algorithm and digest of a CDS, the digest as far as it can be computed. */
  private hasKeyOf(keys: readonly number[], cds: Uint8Array): boolean {
    const { octets, offsets } = this.zone.names;
    return keys.some((key) => {
      const rdata = rdataOf(this.zone, key);
      if (rdata[KEY_ALGORITHM_AT] !== cds[CDS_ALGORITHM_AT]) return false;
      if (keyTag(rdata, 0, rdata.length) !== readU16(cds, 0)) return false;
      const digest = dsDigest(cds[CDS_DIGEST_TYPE_AT]!, octets, offsets[this.zone.apex]!, rdata);
      return digest === null || Buffer.compare(digest, cds.subarray(DIGEST_AT)) === 0;
    });
  }
}
