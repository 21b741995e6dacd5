/**
 * Checks of what records point at: name servers (RFC 1034 §4.2.1, RFC 2181 §10.3), mail exchangers and services
 * (RFC 2181 §10.3, RFC 2782). Only names of the zone itself are judged: others are not asked for.
 * Must not know: other rules.
 */
import type { ProblemCode } from '../base/problem-codes.js';
import { TYPE_NS } from '../wire/constants.js';
import { nameLength, suffixOffset } from '../wire/name.js';
import { nameText } from '../wire/name-text.js';
import {
  OWNER_OCCLUDED,
  OWNER_SERVER,
  TARGET_BELOW_DNAME,
  TARGET_CNAME,
  TARGET_HAS_ADDRESS,
  TARGET_NO_ADDRESS,
  TARGET_NO_GLUE,
  TARGET_OUTSIDE,
  type ZoneFacts,
} from './check-facts.js';
import { findRrset } from './zone.js';

/** RFC 1034 §4.2.1: the apex owns NS, and those that the zone holds have addresses. */
export function checkApexServers(facts: ZoneFacts): void {
  const { zone } = facts;
  const rrset = findRrset(zone, zone.apex, TYPE_NS);
  if (rrset < 0) {
    const apex = nameText(zone.names.octets, zone.names.offsets[zone.apex]!);
    facts.reportZone('NS_MISSING', `no NS at ${apex}`);
    return;
  }
  const end = zone.rrsetRecordFirst[rrset + 1]!;
  for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
    const offset = zone.recordRdata[record]!;
    if (facts.target(offset) === TARGET_HAS_ADDRESS) markServer(facts);
    else reportTarget(facts, record, offset, 'NS_ALIAS', 'NS_ADDRESS_MISSING');
  }
}

/** The addresses of a name server are needed beside a referral, even where a zone cut hides them. */
function markServer(facts: ZoneFacts): void {
  // an address by a wildcard has no owner to mark
  if (facts.targetOwner >= 0) facts.flags[facts.targetOwner]! |= OWNER_SERVER;
}

/** As `checkApexServers`, for delegations; addresses below a zone cut are glue. */
export function checkDelegation(facts: ZoneFacts, rrset: number): void {
  const { zone, flags } = facts;
  const owner = zone.rrsetOwner[rrset]!;
  if (owner === zone.apex || (flags[owner]! & OWNER_OCCLUDED) !== 0) return;
  const end = zone.rrsetRecordFirst[rrset + 1]!;
  for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
    checkServer(facts, rrset, record);
  }
}

function checkServer(facts: ZoneFacts, rrset: number, record: number): void {
  const { zone } = facts;
  const offset = zone.recordRdata[record]!;
  const target = facts.target(offset);
  if (target === TARGET_OUTSIDE) return;
  if (target === TARGET_HAS_ADDRESS) {
    markServer(facts);
    return;
  }
  if (target !== TARGET_NO_GLUE) {
    reportTarget(facts, record, offset, 'DELEGATION_ALIAS', 'DELEGATION_ADDRESS_MISSING');
    return;
  }
  facts.report('GLUE_MISSING', record, () => {
    const server = nameText(zone.rdata, offset);
    return isBelow(facts, offset, zone.rrsetOwner[rrset]!)
      ? `no glue for ${server}: ${facts.ownerText(rrset)} cannot be reached through it`
      : `no address for ${server}, which is below another zone cut`;
  });
}

function isBelow(facts: ZoneFacts, offset: number, owner: number): boolean {
  const { rdata, names } = facts.zone;
  const { octets, offsets, lengths } = names;
  const length = nameLength(rdata, offset);
  return suffixOffset(rdata, offset, length, octets, offsets[owner]!, lengths[owner]!) >= 0;
}

/** RFC 2181 §10.3: the exchange of an MX is no alias. */
export function checkMailExchanger(facts: ZoneFacts, rrset: number): void {
  checkTargets(facts, rrset, 2, 'MX_ALIAS', 'MX_ADDRESS_MISSING');
}

/** RFC 2782: the target of an SRV is no alias. */
export function checkService(facts: ZoneFacts, rrset: number): void {
  checkTargets(facts, rrset, 6, 'SRV_ALIAS', 'SRV_ADDRESS_MISSING');
}

function checkTargets(
  facts: ZoneFacts,
  rrset: number,
  nameAt: number,
  alias: ProblemCode,
  missing: ProblemCode,
): void {
  const { zone, flags } = facts;
  if ((flags[zone.rrsetOwner[rrset]!]! & OWNER_OCCLUDED) !== 0) return;
  const end = zone.rrsetRecordFirst[rrset + 1]!;
  for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
    const offset = zone.recordRdata[record]! + nameAt;
    // `.` says that there is no such service (RFC 2782, RFC 7505)
    if (zone.rdata[offset] !== 0) reportTarget(facts, record, offset, alias, missing);
  }
}

function reportTarget(
  facts: ZoneFacts,
  record: number,
  offset: number,
  alias: ProblemCode,
  missing: ProblemCode,
): void {
  const name = () => nameText(facts.zone.rdata, offset);
  switch (facts.target(offset)) {
    case TARGET_CNAME:
      facts.report(alias, record, () => `${name()} is a CNAME`);
      break;
    case TARGET_BELOW_DNAME:
      facts.report(alias, record, () => `${name()} is below a DNAME`);
      break;
    case TARGET_NO_ADDRESS:
      facts.report(missing, record, () => `${name()} has neither A nor AAAA`);
      break;
    default:
      break;
  }
}
