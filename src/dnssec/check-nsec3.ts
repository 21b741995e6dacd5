/**
 * Checks of a zone's chains of NSEC3 records (RFC 5155 §7.1, RFC 9276): parameters and the links from hash to hash,
 * which cost little, and whether each name has its record, which costs a hash for each. Must not know: signatures,
 * NSEC.
 */
import { NSEC3_ITERATIONS_ADVISED, NSEC3_ITERATIONS_MAX } from '../base/limits.js';
import { TYPE_NSEC3, TYPE_NSEC3PARAM } from '../wire/constants.js';
import { NSEC3_HASH_OCTETS, NSEC3_SHA1, Nsec3Hasher } from '../wire/nsec3-hash.js';
import type { OwnerId } from '../zone/name-table.js';
import { findRrset, type Zone } from '../zone/zone.js';
import { isEmpty, isInsecure } from './authoritative-names.js';
import { checkBitmap } from './check-nsec.js';
import {
  isHashOwner,
  NSEC3_FLAGS_AT,
  NSEC3_OPT_OUT,
  Nsec3Chain,
  nextHashAt,
  nsec3Iterations,
  sameParameters,
} from './nsec3-chain.js';
import type { SignedZone } from './signed-zone.js';

/** Parameters, records that belong to no chain, and the links of each chain. */
export function checkNsec3Chains(signed: SignedZone): void {
  const { zone, report } = signed;
  const parameters = parametersOf(zone);
  if (parameters.length === 0) {
    report.reportRrset('DNSSEC_NSEC3_PARAMETERS', firstNsec3(zone), () => {
      return 'NSEC3, but no NSEC3PARAM at the apex that says which chain is whole';
    });
  }
  for (const record of parameters) checkIterations(signed, record);
  checkStrays(signed, parameters);
  for (const chain of chainsOf(zone, parameters)) {
    if (chain.count === 0) {
      report.report('DNSSEC_NSEC3_PARAMETERS', parameters[0]!, () => {
        return 'NSEC3PARAM, but no NSEC3 with its parameters';
      });
    }
    checkLinks(signed, chain);
  }
}

function firstNsec3(zone: Zone): number {
  return zone.rrsetType.subarray(0, zone.rrsetCount).indexOf(TYPE_NSEC3);
}

/** Records of NSEC3PARAM that speak of a chain (RFC 5155 §4.1.2). */
function parametersOf(zone: Zone): number[] {
  const rrset = findRrset(zone, zone.apex, TYPE_NSEC3PARAM);
  if (rrset < 0) return [];
  const found: number[] = [];
  const end = zone.rrsetRecordFirst[rrset + 1]!;
  for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
    const at = zone.recordRdata[record]!;
    if (zone.rdata[at] === NSEC3_SHA1 && zone.rdata[at + NSEC3_FLAGS_AT] === 0) found.push(record);
  }
  return found;
}

/** A chain for each NSEC3PARAM; without one, that of the first NSEC3. */
function chainsOf(zone: Zone, parameters: readonly number[]): Nsec3Chain[] {
  const first = firstNsec3(zone);
  if (parameters.length > 0) {
    return parameters.map((record) => Nsec3Chain.of(zone, zone.recordRdata[record]!));
  }
  return first < 0 ? [] : [Nsec3Chain.of(zone, zone.recordRdata[zone.rrsetRecordFirst[first]!]!)];
}

function checkIterations({ zone, report }: SignedZone, record: number): void {
  const iterations = nsec3Iterations(zone.rdata, zone.recordRdata[record]!);
  if (iterations <= NSEC3_ITERATIONS_ADVISED) return;
  report.report('DNSSEC_NSEC3_ITERATIONS', record, () => {
    const rest =
      iterations > NSEC3_ITERATIONS_MAX ? '; the chain is not compared with the names' : '';
    return `${iterations} iterations: validators take such a zone for unsigned, 0 is right${rest}`;
  });
}

function checkStrays({ zone, report }: SignedZone, parameters: readonly number[]): void {
  const { rdata, recordRdata } = zone;
  for (let rrset = 0; rrset < zone.rrsetCount; rrset++) {
    if (zone.rrsetType[rrset] !== TYPE_NSEC3) continue;
    if (!isHashOwner(zone, rrset)) {
      report.reportRrset('DNSSEC_NSEC3_NEEDLESS', rrset, () => {
        return `NSEC3 at ${report.ownerText(rrset)}, which is no hash`;
      });
      continue;
    }
    const end = zone.rrsetRecordFirst[rrset + 1]!;
    for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
      const at = recordRdata[record]!;
      if (parameters.length === 0) continue;
      if (parameters.some((one) => sameParameters(rdata, recordRdata[one]!, at))) continue;
      report.report('DNSSEC_NSEC3_PARAMETERS', record, () => {
        return `no NSEC3PARAM has the parameters of the NSEC3 at ${report.ownerText(rrset)}`;
      });
    }
  }
}

function checkLinks({ zone, report }: SignedZone, chain: Nsec3Chain): void {
  const { records, count } = chain;
  for (let i = 0; i < count; i++) {
    const next = i + 1 === count ? 0 : i + 1;
    const record = records[i]!;
    if (chain.isHash(zone.rdata, nextHashAt(zone.rdata, zone.recordRdata[record]!), next)) continue;
    report.report('DNSSEC_NSEC3_NEXT', record, () => {
      const ownerOf = (one: number) => report.nameText(ownerOfRecord(zone, one));
      return `after ${ownerOf(record)} comes ${ownerOf(records[next]!)}, the NSEC3 says otherwise`;
    });
  }
}

/** Slow, for texts. */
function ownerOfRecord(zone: Zone, record: number): OwnerId {
  let low = 0;
  let high = zone.rrsetCount - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (zone.rrsetRecordFirst[middle]! <= record) low = middle;
    else high = middle - 1;
  }
  return zone.rrsetOwner[low]!;
}

/** Hashes each name and compares: a record for each, its types, and none that stands for no name. */
export function checkHashedNames(signed: SignedZone): void {
  const { zone } = signed;
  for (const chain of chainsOf(zone, parametersOf(zone))) {
    if (nsec3Iterations(zone.rdata, chain.parametersAt) > NSEC3_ITERATIONS_MAX) continue;
    if (chain.count > 0) checkHashes(signed, chain);
  }
}

function checkHashes(signed: SignedZone, chain: Nsec3Chain): void {
  const { zone, names, report } = signed;
  const { octets, offsets, lengths } = zone.names;
  const hasher = new Nsec3Hasher();
  hasher.takeParameters(zone.rdata, chain.parametersAt);
  const isUsed = new Uint8Array(chain.count);
  for (let i = 0; i < names.order.length; i++) {
    const owner = names.order[i]!;
    hasher.hashName(octets, offsets[owner]!, lengths[owner]!);
    const index = chain.find(hasher.hash);
    if (index < 0) {
      checkLeftOut(signed, chain, i, chain.before(-1 - index));
      continue;
    }
    isUsed[index] = 1;
    const record = chain.records[index]!;
    const at = nextHashAt(zone.rdata, zone.recordRdata[record]!) + NSEC3_HASH_OCTETS;
    checkBitmap(signed, owner, names.kinds[owner]!, record, at, TYPE_NSEC3, 'DNSSEC_NSEC3_TYPES');
  }
  for (let i = 0; i < chain.count; i++) {
    if (isUsed[i] === 1) continue;
    const record = chain.records[i]!;
    report.report('DNSSEC_NSEC3_NEEDLESS', record, () => {
      return `no name of the zone has the hash ${report.nameText(ownerOfRecord(zone, record))}`;
    });
  }
}

/** A name without NSEC3: right for insecure delegations that the record before covers with opt-out. */
function checkLeftOut(signed: SignedZone, chain: Nsec3Chain, at: number, before: number): void {
  const { zone, names, report } = signed;
  const { order, kinds } = names;
  const owner = order[at]!;
  const flags = zone.rdata[zone.recordRdata[chain.records[before]!]! + NSEC3_FLAGS_AT]!;
  if (isInsecure(kinds[owner]!) && (flags & NSEC3_OPT_OUT) !== 0) return;
  // an empty non-terminal has no place in the text: the next name is below it and may have one
  let place = at;
  while (place + 1 < order.length && isEmpty(kinds[order[place]!]!)) place++;
  report.reportRrset('DNSSEC_NSEC3_MISSING', zone.ownerRrsetFirst[order[place]!]!, () => {
    return `no NSEC3 for ${report.nameText(owner)}`;
  });
}
