/**
 * Checks of signed zones: THE tables of rules. Those of the first table cost little and are applied whenever a zone is
 * loaded; those of the second compute, and are applied where somebody asks for it. docs/DNSSEC.md has them beside
 * what other checkers say. Must not know: how a zone is served.
 */
import type { ProblemList } from '../base/problem.js';
import {
  TYPE_DNSKEY,
  TYPE_NSEC,
  TYPE_NSEC3,
  TYPE_NSEC3PARAM,
  TYPE_RRSIG,
  TYPE_SOA,
} from '../wire/constants.js';
import type { Locate } from '../zone/builder.js';
import { findRrset, type Zone } from '../zone/zone.js';
import { ZoneReport } from '../zone/zone-report.js';
import { apexRecords } from './apex-records.js';
import { checkCoverage } from './check-coverage.js';
import { checkKeyObjects, checkKeys } from './check-keys.js';
import { checkNsecChain, checkStrayNsec } from './check-nsec.js';
import { checkHashedNames, checkNsec3Chains } from './check-nsec3.js';
import { checkParentRecords } from './check-parent-records.js';
import { checkZonemdDigest, checkZonemdFields } from './check-zonemd.js';
import { checkTimes } from './signature-times.js';
import { SignedZone } from './signed-zone.js';
import { type VerifyProgress, verifySignatures } from './verify-signatures.js';

type Rule = { readonly name: string; readonly check: (signed: SignedZone) => void };

/** Of zones that have keys and signatures. */
const LOAD_RULES: readonly Rule[] = [
  { name: 'keys', check: checkKeys },
  { name: 'signatures and RRsets', check: checkCoverage },
  { name: 'chains', check: checkChains },
];

const VERIFY_RULES: readonly Rule[] = [
  { name: 'keys as such', check: checkKeyObjects },
  { name: 'names and their hashes', check: checkHashedNames },
];

export type VerifyOptions = {
  /** Whether signatures are verified, which takes nearly all of the time. */
  readonly signatures: boolean;
  readonly nowSeconds: number;
  /** Days before its end from which on a signature is told of. */
  readonly warningDays: number;
};

/** Applies the rules that compute nothing. A zone without keys and signatures costs next to nothing. */
export function checkSigned(zone: Zone, problems: ProblemList, locate: Locate): void {
  const report = new ZoneReport(zone, problems, locate);
  checkZonemdFields(zone, report);
  checkParentRecords(zone, report);
  const [key] = apexRecords(zone, TYPE_DNSKEY);
  const rrsig = firstOf(zone, TYPE_RRSIG);
  if (key === undefined && rrsig < 0) return;
  if (key === undefined) {
    report.reportRrset('DNSSEC_KEYS_MISSING', rrsig, () => 'signatures, but no DNSKEY at the apex');
    return;
  }
  const signed = new SignedZone(zone, problems, locate);
  if (rrsig < 0) {
    report.report('DNSSEC_UNSIGNED', key, () => 'DNSKEY at the apex, but no signatures');
    checkKeys(signed);
    return;
  }
  for (const { check } of LOAD_RULES) check(signed);
}

/**
 * Applies the rules that compute, to a zone that `checkSigned` has seen.
 * @param progress counts signatures while they are verified
 */
export async function verifyZone(
  zone: Zone,
  problems: ProblemList,
  locate: Locate,
  options: VerifyOptions,
  progress: VerifyProgress,
): Promise<void> {
  const report = new ZoneReport(zone, problems, locate);
  checkTimes(zone, report, options.nowSeconds, options.warningDays);
  checkZonemdDigest(zone, report);
  const hasKeys = apexRecords(zone, TYPE_DNSKEY).length > 0;
  if (!hasKeys || firstOf(zone, TYPE_RRSIG) < 0) return;
  const signed = new SignedZone(zone, problems, locate);
  for (const { check } of VERIFY_RULES) check(signed);
  if (options.signatures) await verifySignatures(signed, progress);
}

/** RFC 4035 §2.3, RFC 5155 §7.1: a signed zone has a chain of NSEC or one of NSEC3. */
function checkChains(signed: SignedZone): void {
  const { zone, report } = signed;
  const hasNsec3 = firstOf(zone, TYPE_NSEC3) >= 0;
  const atApex = findRrset(zone, zone.apex, TYPE_NSEC);
  if (hasNsec3) {
    checkNsec3Chains(signed);
    if (atApex < 0) checkStrayNsec(signed);
    else {
      report.reportRrset('DNSSEC_DENIAL_TWICE', atApex, () => 'NSEC and NSEC3 in one zone');
      checkNsecChain(signed);
    }
  } else if (firstOf(zone, TYPE_NSEC) >= 0) checkNsecChain(signed);
  else {
    const soa = findRrset(zone, zone.apex, TYPE_SOA);
    report.reportRrset('DNSSEC_DENIAL_MISSING', soa, () => 'a signed zone without NSEC and NSEC3');
  }
  const [parameters] = apexRecords(zone, TYPE_NSEC3PARAM);
  if (parameters === undefined || hasNsec3) return;
  report.report('DNSSEC_NSEC3_PARAMETERS', parameters, () => 'NSEC3PARAM, but no NSEC3');
}

/** The first RRset of a type, or -1. */
function firstOf({ rrsetType, rrsetCount }: Zone, type: number): number {
  return rrsetType.subarray(0, rrsetCount).indexOf(type);
}
