/**
 * Which RRsets of a signed zone have signatures, and which signatures have RRsets (RFC 4035 §2.2), as far as that can
 * be said without computing. Must not know: node:crypto, chains, the time.
 */
import { TYPE_DNSKEY, TYPE_RRSIG } from '../wire/constants.js';
import { nameText } from '../wire/name-text.js';
import { readU16, readU32 } from '../wire/octets.js';
import { typeText } from '../wire/rrtypes.js';
import type { OwnerId } from '../zone/name-table.js';
import { findRrset, type Zone } from '../zone/zone.js';
import { algorithmText } from './algorithms.js';
import { apexRecords } from './apex-records.js';
import { keyText } from './check-keys.js';
import { KEY_FLAG_SEP } from './key-record.js';
import {
  coveredType,
  RRSIG_ALGORITHM_AT,
  RRSIG_LABELS_AT,
  RRSIG_SIGNER_AT,
  RRSIG_TAG_AT,
  RRSIG_TTL_AT,
} from './signed-octets.js';
import {
  SIGNATURE_KEYLESS,
  SIGNATURE_LABELS,
  SIGNATURE_NEEDLESS,
  SIGNATURE_OF_NOTHING,
  SIGNATURE_OF_OTHERS,
  SIGNATURE_SOUND,
  SIGNATURE_TTL,
  type SignedZone,
} from './signed-zone.js';
import type { ZoneKey } from './zone-keys.js';

/** Goes over all owners, those that are left out of chains among them. */
export function checkCoverage(signed: SignedZone): void {
  const { zone } = signed;
  const algorithms = signingAlgorithms(signed);
  for (let owner = 0; owner < zone.names.count; owner++) {
    const rrsigs = findRrset(zone, owner, TYPE_RRSIG);
    if (rrsigs >= 0) checkRrsigs(signed, owner, rrsigs);
    const end = zone.ownerRrsetFirst[owner + 1]!;
    for (let rrset = zone.ownerRrsetFirst[owner]!; rrset < end; rrset++) {
      if (signed.isToSign(owner, zone.rrsetType[rrset]!)) {
        checkCovered(signed, owner, rrset, rrsigs, algorithms);
      }
    }
  }
}

/** The keys that may have signed the DNSKEY RRset. */
function keySigners(signed: SignedZone): ZoneKey[] {
  const { zone, keys } = signed;
  const found: ZoneKey[] = [];
  for (const record of apexRecords(zone, TYPE_RRSIG)) {
    const at = zone.recordRdata[record]!;
    if (coveredType(zone.rdata, at) !== TYPE_DNSKEY) continue;
    if (signed.judge(zone.apex, record) !== SIGNATURE_SOUND) continue;
    const tag = readU16(zone.rdata, at + RRSIG_TAG_AT);
    const key = keys.find(zone.rdata[at + RRSIG_ALGORITHM_AT]!, tag, TYPE_DNSKEY);
    if (key >= 0) found.push(keys.all[key]!);
  }
  return found;
}

/**
 * The algorithms that all RRsets have to be signed with (RFC 4035 §2.2, RFC 6840 §5.11): those that sign the keys
 * themselves. One whose keys are published and do not sign yet is told of once.
 */
function signingAlgorithms(signed: SignedZone): number[] {
  const { keys, report } = signed;
  const signers = keySigners(signed);
  const algorithms = new Set(signers.map(({ algorithm }) => algorithm));
  if (signers.length === 0) return [];
  const told = new Set<number>();
  for (const key of keys.all) {
    const { algorithm } = key;
    if (algorithms.has(algorithm) || told.has(algorithm) || !key.isZoneKey) continue;
    told.add(algorithm);
    report.report('DNSSEC_ALGORITHM_UNUSED', key.record, () => {
      return `${keyText(key)} is published, but no key of that algorithm signs the keys`;
    });
  }
  const entry = keys.all.find(isEntry);
  if (entry !== undefined && !signers.some(isEntry)) {
    report.report('DNSSEC_ENTRY_UNSIGNED', entry.record, () => {
      return 'no key that the parent may point at signs the keys of the zone';
    });
  }
  return [...algorithms];
}

/** Whether a key is one that DS records point at, by custom (RFC 4034 §2.1.1). */
function isEntry({ flags, isZoneKey, isRevoked }: ZoneKey): boolean {
  return isZoneKey && !isRevoked && (flags & KEY_FLAG_SEP) !== 0;
}

/** A signature by each algorithm, or by any key if it is not known which algorithms there are. */
function checkCovered(
  signed: SignedZone,
  owner: OwnerId,
  rrset: number,
  rrsigs: number,
  algorithms: readonly number[],
): void {
  if (algorithms.length === 0) {
    if (!hasSignature(signed, owner, rrset, rrsigs, -1)) reportMissing(signed, rrset, '');
    return;
  }
  for (const algorithm of algorithms) {
    if (hasSignature(signed, owner, rrset, rrsigs, algorithm)) continue;
    const by = algorithms.length === 1 ? '' : ` by ${algorithmText(algorithm)}`;
    reportMissing(signed, rrset, by);
  }
}

function reportMissing({ zone, report }: SignedZone, rrset: number, by: string): void {
  report.reportRrset('DNSSEC_SIGNATURE_MISSING', rrset, () => {
    const type = typeText(zone.rrsetType[rrset]!);
    return `no signature${by} of the ${type} RRset at ${report.ownerText(rrset)}`;
  });
}

/** Whether a key of the zone may have signed an RRset. @param algorithm -1 for any */
function hasSignature(
  signed: SignedZone,
  owner: OwnerId,
  rrset: number,
  rrsigs: number,
  algorithm: number,
): boolean {
  if (rrsigs < 0) return false;
  const { zone } = signed;
  const type = zone.rrsetType[rrset]!;
  const end = zone.rrsetRecordFirst[rrsigs + 1]!;
  for (let record = zone.rrsetRecordFirst[rrsigs]!; record < end; record++) {
    const at = zone.recordRdata[record]!;
    if (coveredType(zone.rdata, at) !== type) continue;
    if (algorithm >= 0 && zone.rdata[at + RRSIG_ALGORITHM_AT] !== algorithm) continue;
    if (signed.judge(owner, record) === SIGNATURE_SOUND) return true;
  }
  return false;
}

function checkRrsigs(signed: SignedZone, owner: OwnerId, rrsigs: number): void {
  const { zone, report } = signed;
  const end = zone.rrsetRecordFirst[rrsigs + 1]!;
  for (let record = zone.rrsetRecordFirst[rrsigs]!; record < end; record++) {
    const found = signed.judge(owner, record);
    if (found === SIGNATURE_SOUND) continue;
    const code =
      found === SIGNATURE_KEYLESS
        ? 'DNSSEC_SIGNATURE_KEYLESS'
        : found === SIGNATURE_OF_NOTHING || found === SIGNATURE_NEEDLESS
          ? 'DNSSEC_SIGNATURE_NEEDLESS'
          : 'DNSSEC_SIGNATURE_FIELDS';
    report.report(code, record, () => faultText(zone, owner, record, found));
  }
}

function faultText(zone: Zone, owner: OwnerId, record: number, found: number): string {
  const { rdata, names } = zone;
  const at = zone.recordRdata[record]!;
  const what = `the signature of ${typeText(coveredType(rdata, at))}`;
  switch (found) {
    case SIGNATURE_OF_NOTHING:
      return `${what} has no such RRset at ${nameText(names.octets, names.offsets[owner]!)}`;
    case SIGNATURE_NEEDLESS:
      return `${what} is of data that this zone does not sign: glue, or the NS of a delegation`;
    case SIGNATURE_OF_OTHERS:
      return `${what} is by ${nameText(rdata, at + RRSIG_SIGNER_AT)}, which is not the zone`;
    case SIGNATURE_LABELS:
      return `${what} counts ${rdata[at + RRSIG_LABELS_AT]} labels, which its owner has not`;
    case SIGNATURE_TTL:
      return `${what} is for a TTL of ${readU32(rdata, at + RRSIG_TTL_AT)}, which the RRset has not`;
    case SIGNATURE_KEYLESS: {
      const tag = readU16(rdata, at + RRSIG_TAG_AT);
      const key = keyText({ tag, algorithm: rdata[at + RRSIG_ALGORITHM_AT]! });
      return `${what} is by ${key}, which is not among the zone's`;
    }
    default:
      return `${what} expires before it begins`;
  }
}
