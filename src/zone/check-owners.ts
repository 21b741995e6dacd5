/**
 * Checks of what may stand together at a name, above and below it: CNAME (RFC 1034 §3.6.2, RFC 2181 §10.1), DNAME
 * (RFC 6672 §2.4), zone cuts (RFC 1034 §4.2.1), DNSSEC types (RFC 4035 §2), SPF (RFC 7208 §3.1), sizes.
 * Must not know: other rules.
 */
import { OWNER_TYPES_ADVISED, RRSET_RECORDS_ADVISED } from '../base/limits.js';
import {
  TYPE_A,
  TYPE_AAAA,
  TYPE_DNSKEY,
  TYPE_DS,
  TYPE_NS,
  TYPE_NSEC,
  TYPE_NSEC3PARAM,
  TYPE_RRSIG,
  TYPE_SOA,
  TYPE_TXT,
  TYPE_ZONEMD,
} from '../wire/constants.js';
import { typeByCode, typeText } from '../wire/rrtypes.js';
import {
  OWNER_BELOW_DNAME,
  OWNER_CNAME,
  OWNER_CUT,
  OWNER_OCCLUDED,
  OWNER_SERVER,
  type ZoneFacts,
} from './check-facts.js';
import { BESIDE_CNAME } from './owner-sieve.js';
import { findRrset } from './zone.js';

const TYPE_CSYNC = 62;
export const TYPE_SPF = 99;
const NSEC3_SHA1 = 1;

/** RFC 1034 §3.6.2: an alias owns nothing else. */
export function checkCname(facts: ZoneFacts, rrset: number): void {
  const { zone, flags } = facts;
  if ((flags[zone.rrsetOwner[rrset]!]! & OWNER_CNAME) === 0) return;
  const type = zone.rrsetType[rrset]!;
  if (BESIDE_CNAME.has(type)) return;
  facts.reportRrset('CNAME_OTHER_DATA', rrset, () => {
    return `${typeText(type)} beside a CNAME at ${facts.ownerText(rrset)}`;
  });
}

/** Types that say where a name goes: two answers to that are none. */
export function checkSingle(facts: ZoneFacts, rrset: number): void {
  const { zone } = facts;
  const first = zone.rrsetRecordFirst[rrset]!;
  if (zone.rrsetRecordFirst[rrset + 1]! - first < 2) return;
  const type = zone.rrsetType[rrset]!;
  // a second SOA was reported when the zone was built
  if (type === TYPE_SOA || typeByCode(type)?.single !== true) return;
  facts.report('RRSET_NOT_SINGLE', first + 1, () => {
    return `a second ${typeText(type)} at ${facts.ownerText(rrset)}`;
  });
}

/** RFC 1034 §4.2.1, RFC 6672 §2.4: data that no query is answered with, because a zone cut or DNAME hides it. */
export function checkOccluded(facts: ZoneFacts, rrset: number): void {
  const { zone, flags } = facts;
  const found = flags[zone.rrsetOwner[rrset]!]!;
  if ((found & (OWNER_OCCLUDED | OWNER_CUT)) === 0) return;
  const type = zone.rrsetType[rrset]!;
  const isAddress = type === TYPE_A || type === TYPE_AAAA;
  const belowDname = (found & OWNER_BELOW_DNAME) !== 0;
  if (!belowDname && isAddress && (found & OWNER_SERVER) !== 0) return;
  const atCut = (found & OWNER_OCCLUDED) === 0;
  if (atCut && BESIDE_NS.has(type)) return;
  facts.reportRrset('OCCLUDED', rrset, () => {
    const by = belowDname ? 'the DNAME above' : `the delegation ${atCut ? 'beside' : 'above'}`;
    return `${typeText(type)} of ${facts.ownerText(rrset)} is hidden by ${by} it`;
  });
}

/** What the parent's side of a zone cut owns. */
const BESIDE_NS: ReadonlySet<number> = new Set([TYPE_NS, TYPE_DS, TYPE_NSEC, TYPE_RRSIG]);

/** A delegation by wildcard would be a zone cut at every name; BIND refuses it, too (RFC 4592 §4.2). */
export function checkWildcardServer(facts: ZoneFacts, rrset: number): void {
  const { zone } = facts;
  const { octets, offsets } = zone.names;
  const offset = offsets[zone.rrsetOwner[rrset]!]!;
  if (octets[offset] !== 1 || octets[offset + 1] !== 0x2a) return;
  facts.reportRrset('NS_WILDCARD', rrset, () => `NS at the wildcard ${facts.ownerText(rrset)}`);
}

/** RFC 4035 §2.4: DS belongs to the parent's side of a zone cut. */
export function checkDs(facts: ZoneFacts, rrset: number): void {
  const { zone, flags } = facts;
  const owner = zone.rrsetOwner[rrset]!;
  if (owner === zone.apex) {
    facts.reportRrset('DS_AT_APEX', rrset, () => 'DS at the apex belongs into the parent zone');
  } else if ((flags[owner]! & (OWNER_CUT | OWNER_OCCLUDED)) === 0) {
    facts.reportRrset('DS_WITHOUT_NS', rrset, () => {
      return `DS at ${facts.ownerText(rrset)}, which is no delegation`;
    });
  }
}

/** Types that speak of the whole zone: RFC 4034 §2, RFC 5155 §4, RFC 7477 §2, RFC 8976 §2. */
export const APEX_ONLY: readonly number[] = [TYPE_DNSKEY, TYPE_NSEC3PARAM, TYPE_CSYNC, TYPE_ZONEMD];

export function checkApexOnly(facts: ZoneFacts, rrset: number): void {
  const { zone } = facts;
  if (zone.rrsetOwner[rrset] === zone.apex) return;
  const type = zone.rrsetType[rrset]!;
  facts.reportRrset('APEX_ONLY', rrset, () => `${typeText(type)} below the apex means nothing`);
}

/** RFC 5155 §4.1.1: a zone whose NSEC3 nobody can compute cannot be served. */
export function checkNsec3Param(facts: ZoneFacts, rrset: number): void {
  const { zone } = facts;
  if (zone.rrsetOwner[rrset] !== zone.apex) return;
  const end = zone.rrsetRecordFirst[rrset + 1]!;
  for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
    if (zone.rdata[zone.recordRdata[record]!] === NSEC3_SHA1) return;
  }
  facts.reportRrset(
    'NSEC3PARAM_HASH',
    rrset,
    () => 'NSEC3PARAM has no hash algorithm but unknown ones',
  );
}

/** RFC 7208 §3.1: the SPF type is obsolete, receivers look at TXT. */
export function checkSpf(facts: ZoneFacts, rrset: number): void {
  if (hasSpfText(facts, facts.zone.rrsetOwner[rrset]!)) return;
  facts.reportRrset('SPF_WITHOUT_TXT', rrset, () => {
    return `SPF at ${facts.ownerText(rrset)} without a TXT that says the same`;
  });
}

function hasSpfText(facts: ZoneFacts, owner: number): boolean {
  const { zone } = facts;
  const rrset = findRrset(zone, owner, TYPE_TXT);
  if (rrset < 0) return false;
  const end = zone.rrsetRecordFirst[rrset + 1]!;
  for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
    const start = zone.recordRdata[record]!;
    const stop = start + 1 + zone.rdata[start]!;
    const text = Buffer.from(zone.rdata.subarray(start + 1, stop)).toString('latin1');
    if (/^v=spf1(?: |$)/i.test(text)) return true;
  }
  return false;
}

/** What BIND 9.18.28 and later refuse unless told otherwise: secondaries may not take the zone. */
export function checkSize(facts: ZoneFacts, rrset: number): void {
  const { zone } = facts;
  const count = zone.rrsetRecordFirst[rrset + 1]! - zone.rrsetRecordFirst[rrset]!;
  if (count > RRSET_RECORDS_ADVISED) {
    facts.reportRrset('RRSET_LARGE', rrset, () => {
      const type = typeText(zone.rrsetType[rrset]!);
      return `${count} ${type} records at ${facts.ownerText(rrset)}: BIND takes ${RRSET_RECORDS_ADVISED}`;
    });
  }
  const owner = zone.rrsetOwner[rrset]!;
  const types = zone.ownerRrsetFirst[owner + 1]! - rrset;
  if (types <= OWNER_TYPES_ADVISED || rrset !== zone.ownerRrsetFirst[owner]) return;
  facts.reportRrset('OWNER_LARGE', rrset, () => {
    return `${types} types at ${facts.ownerText(rrset)}: BIND takes ${OWNER_TYPES_ADVISED}`;
  });
}
