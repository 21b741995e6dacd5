/**
 * Checks of a signed zone's keys, and of what tells its parent of them: DNSKEY (RFC 4034 §2.1), CDS and CDNSKEY
 * (RFC 7344 §3, §4; RFC 8078 §4). Must not know: signatures, chains.
 */
import { TYPE_CDNSKEY, TYPE_CDS, TYPE_DNSKEY } from '../wire/constants.js';
import { readU16 } from '../wire/octets.js';
import type { Zone } from '../zone/zone.js';
import { algorithmText, isSupported } from './algorithms.js';
import { apexRecords, rdataOf } from './apex-records.js';
import { DIGEST_AT, dsDigest, keyTag } from './key-record.js';
import type { SignedZone } from './signed-zone.js';
import type { ZoneKey } from './zone-keys.js';

/** A CDS or CDNSKEY with this algorithm asks the parent to delete the DS RRset (RFC 8078 §4). */
const ALGORITHM_DELETE = 0;
// Where the RDATA of each has the algorithm
const CDS_ALGORITHM_AT = 2;
const CDNSKEY_ALGORITHM_AT = 3;

export function checkKeys({ keys, report }: SignedZone): void {
  for (const key of keys.all) {
    if (!key.isZoneKey) {
      report.report('DNSSEC_KEY_UNUSABLE', key.record, () => {
        return `${keyText(key)} may not sign the zone: its flags or its protocol forbid it`;
      });
    } else if (!isSupported(key.algorithm)) {
      report.report('DNSSEC_ALGORITHM_UNSUPPORTED', key.record, () => {
        return `${keyText(key)} has an algorithm whose signatures cannot be checked here`;
      });
    }
  }
}

/** Whether the octets of each key are one of its algorithm. */
export function checkKeyObjects({ keys, report }: SignedZone): void {
  for (const key of keys.all) {
    if (!key.isZoneKey || !isSupported(key.algorithm) || keys.object(key) !== null) continue;
    report.report('DNSSEC_KEY_UNUSABLE', key.record, () => {
      return `${keyText(key)} is not a public key of that algorithm`;
    });
  }
}

/** `key 12345 (ECDSAP256SHA256)`. */
export function keyText({ tag, algorithm }: Pick<ZoneKey, 'tag' | 'algorithm'>): string {
  return `key ${tag} (${algorithmText(algorithm)})`;
}

/** What the zone asks its parent to publish, and whether it has the keys for that. */
export function checkParentRecords(signed: SignedZone): void {
  const { zone } = signed;
  const cds = apexRecords(zone, TYPE_CDS);
  const cdnskeys = apexRecords(zone, TYPE_CDNSKEY);
  if (cds.length + cdnskeys.length === 0) return;
  if (isMixed(signed, cds, CDS_ALGORITHM_AT, 'CDS')) return;
  if (isMixed(signed, cdnskeys, CDNSKEY_ALGORITHM_AT, 'CDNSKEY')) return;
  const dnskeys = apexRecords(zone, TYPE_DNSKEY);
  for (const record of cds) {
    const rdata = rdataOf(zone, record);
    if (rdata[CDS_ALGORITHM_AT] === ALGORITHM_DELETE) continue;
    if (hasKeyOf(zone, dnskeys, rdata) === false) reportCds(signed, record, 'DNSKEY', rdata);
    else if (cdnskeys.length > 0 && hasKeyOf(zone, cdnskeys, rdata) === false) {
      reportCds(signed, record, 'CDNSKEY', rdata);
    }
  }
  for (const record of cdnskeys) checkCdnskey(signed, record, dnskeys, cds);
}

function checkCdnskey(
  signed: SignedZone,
  record: number,
  dnskeys: readonly number[],
  cds: readonly number[],
): void {
  const { zone, report } = signed;
  const rdata = rdataOf(zone, record);
  if (rdata[CDNSKEY_ALGORITHM_AT] === ALGORITHM_DELETE) return;
  const isKey = dnskeys.some((key) => Buffer.compare(rdataOf(zone, key), rdata) === 0);
  const isToldToo =
    cds.length === 0 || cds.some((one) => hasKeyOf(zone, [record], rdataOf(zone, one)) !== false);
  if (isKey && isToldToo) return;
  report.report('DNSSEC_CDS_MISMATCH', record, () => {
    const tag = keyTag(rdata, 0, rdata.length);
    return `the CDNSKEY of key ${tag} has no ${isKey ? 'CDS' : 'DNSKEY'} that is the same key`;
  });
}

function reportCds(signed: SignedZone, record: number, other: string, rdata: Uint8Array): void {
  signed.report.report('DNSSEC_CDS_MISMATCH', record, () => {
    return `the CDS of key ${readU16(rdata, 0)} has no ${other} with its digest`;
  });
}

/** Whether a request to delete all stands beside others, which is an error. */
function isMixed(
  signed: SignedZone,
  records: readonly number[],
  algorithmAt: number,
  type: string,
): boolean {
  const deletes = records.filter(
    (record) => rdataOf(signed.zone, record)[algorithmAt] === ALGORITHM_DELETE,
  );
  const [first] = deletes;
  if (first === undefined || deletes.length === records.length) return false;
  signed.report.report('DNSSEC_CDS_DELETE', first, () => {
    return `a ${type} that asks to delete the DS RRset stands beside others`;
  });
  return true;
}

/** Whether one of the keys has the tag, algorithm and digest of a DS; `null` if its digest type is not known. */
function hasKeyOf(zone: Zone, keys: readonly number[], ds: Uint8Array): boolean | null {
  const { octets, offsets } = zone.names;
  for (const key of keys) {
    const rdata = rdataOf(zone, key);
    if (rdata[CDNSKEY_ALGORITHM_AT] !== ds[CDS_ALGORITHM_AT]) continue;
    if (keyTag(rdata, 0, rdata.length) !== readU16(ds, 0)) continue;
    const digest = dsDigest(ds[3]!, octets, offsets[zone.apex]!, rdata);
    if (digest === null) return null;
    if (Buffer.compare(digest, ds.subarray(DIGEST_AT)) === 0) return true;
  }
  return false;
}
