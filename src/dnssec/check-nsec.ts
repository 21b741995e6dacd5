/**
 * Checks of a zone's chain of NSEC records (RFC 4034 §4.1, RFC 4035 §2.3): one at each name that owns something, its
 * types, and the name that follows. Must not know: signatures, NSEC3.
 */
import { TYPE_NSEC } from '../wire/constants.js';
import { equalNames, nameLength } from '../wire/name.js';
import { nameText } from '../wire/name-text.js';
import { equalOctets } from '../wire/octets.js';
import { typeText } from '../wire/rrtypes.js';
import type { OwnerId } from '../zone/name-table.js';
import { findRrset } from '../zone/zone.js';
import { BITMAP_OCTETS_MAX, isEmpty, NAME_LEFT_OUT, writeBitmap } from './authoritative-names.js';
import type { SignedZone } from './signed-zone.js';

const rightful: Uint8Array = new Uint8Array(BITMAP_OCTETS_MAX);

export function checkNsecChain(signed: SignedZone): void {
  const { order, kinds } = signed.names;
  let first = -1;
  let former = -1;
  for (let i = 0; i < order.length; i++) {
    const owner = order[i]!;
    if (isEmpty(kinds[owner]!)) continue;
    if (former < 0) first = owner;
    else checkNsec(signed, former, owner);
    former = owner;
  }
  checkNsec(signed, former, first);
  checkNeedless(signed);
}

/** NSEC records at names that have no part in the chain. */
function checkNeedless({ zone, names, report }: SignedZone): void {
  for (let rrset = 0; rrset < zone.rrsetCount; rrset++) {
    if (zone.rrsetType[rrset] !== TYPE_NSEC) continue;
    const kind = names.kinds[zone.rrsetOwner[rrset]!]!;
    if (kind !== NAME_LEFT_OUT && !isEmpty(kind)) continue;
    report.reportRrset('DNSSEC_NSEC_NEEDLESS', rrset, () => {
      return `NSEC at ${report.ownerText(rrset)}, where the zone has nothing of its own`;
    });
  }
}

/** NSEC records of a zone whose chain is one of NSEC3. */
export function checkStrayNsec({ zone, report }: SignedZone): void {
  for (let rrset = 0; rrset < zone.rrsetCount; rrset++) {
    if (zone.rrsetType[rrset] !== TYPE_NSEC) continue;
    report.reportRrset('DNSSEC_NSEC_NEEDLESS', rrset, () => {
      return `NSEC at ${report.ownerText(rrset)}, in a zone with NSEC3`;
    });
  }
}

function checkNsec(signed: SignedZone, owner: OwnerId, next: OwnerId): void {
  const { zone, report, names } = signed;
  const rrset = findRrset(zone, owner, TYPE_NSEC);
  if (rrset < 0) {
    const first = zone.ownerRrsetFirst[owner]!;
    report.reportRrset('DNSSEC_NSEC_MISSING', first, () => `no NSEC at ${report.nameText(owner)}`);
    return;
  }
  const record = zone.rrsetRecordFirst[rrset]!;
  if (zone.rrsetRecordFirst[rrset + 1]! - record > 1) {
    report.report('DNSSEC_NSEC_NEEDLESS', record + 1, () => {
      return `a second NSEC at ${report.nameText(owner)}`;
    });
  }
  const at = zone.recordRdata[record]!;
  const length = nameLength(zone.rdata, at);
  const { octets, offsets, lengths } = zone.names;
  if (lengths[next] !== length || !equalNames(zone.rdata, at, octets, offsets[next]!, length)) {
    report.report('DNSSEC_NSEC_NEXT', record, () => {
      const found = nameText(zone.rdata, at);
      return `after ${report.nameText(owner)} comes ${report.nameText(next)}, not ${found}`;
    });
  }
  checkBitmap(
    signed,
    owner,
    names.kinds[owner]!,
    record,
    at + length,
    TYPE_NSEC,
    'DNSSEC_NSEC_TYPES',
  );
}

/** Compares the bitmap from `at` to the end of a record with the one that is right. */
export function checkBitmap(
  { zone, report }: SignedZone,
  owner: OwnerId,
  kind: number,
  record: number,
  at: number,
  denial: number,
  code: 'DNSSEC_NSEC_TYPES' | 'DNSSEC_NSEC3_TYPES',
): void {
  const octets = zone.recordRdata[record]! + zone.recordLength[record]! - at;
  const right = writeBitmap(zone, owner, kind, denial, rightful, 0);
  if (octets === right && equalOctets(zone.rdata, at, rightful, 0, right)) return;
  report.report(code, record, () => {
    const told = typesOf(zone.rdata, at, octets);
    const owned = typesOf(rightful, 0, right);
    const extra = told.filter((type) => !owned.includes(type)).map(typeText);
    const missing = owned.filter((type) => !told.includes(type)).map(typeText);
    const parts = [
      extra.length === 0 ? '' : `lists ${extra.join(' ')}`,
      missing.length === 0 ? '' : `does not list ${missing.join(' ')}`,
    ];
    const what = parts.filter((part) => part !== '').join(' and ');
    return `the ${typeText(denial)} of ${report.nameText(owner)} wrongly ${what}`;
  });
}

/** The types in a valid bitmap. */
function typesOf(octets: Uint8Array, offset: number, length: number): number[] {
  const types: number[] = [];
  for (let at = offset; at < offset + length; at += 2 + octets[at + 1]!) {
    for (let bit = 0; bit < octets[at + 1]! * 8; bit++) {
      const isSet = (octets[at + 2 + (bit >>> 3)]! & (0x80 >>> (bit & 7))) !== 0;
      if (isSet) types.push(octets[at]! * 256 + bit);
    }
  }
  return types;
}
