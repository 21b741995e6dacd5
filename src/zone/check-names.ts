/**
 * Checks of how names look: hostnames where hosts are meant (RFC 952, RFC 1123 §2.1), mailboxes (RFC 1035 §8),
 * addresses written as names, wildcards that match nothing. Exceptions as BIND's check-names has them.
 * Must not know: other rules.
 */
import { isIP } from 'node:net';
import {
  TYPE_A,
  TYPE_AAAA,
  TYPE_HTTPS,
  TYPE_MX,
  TYPE_NS,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_SVCB,
} from '../wire/constants.js';
import { equalNames, nameLength, suffixOffset } from '../wire/name.js';
import { nameFromText, nameText } from '../wire/name-text.js';
import type { ZoneFacts } from './check-facts.js';

const ASTERISK = 0x2a;
const COLON = 0x3a;

/** 0: in no hostname; 1: inside a label of one; 2: at its ends, too. */
const HOST_OCTET: Uint8Array = new Uint8Array(256);
for (let i = 0; i < 10; i++) HOST_OCTET[0x30 + i] = 2;
for (let i = 0; i < 26; i++) HOST_OCTET[0x41 + i] = HOST_OCTET[0x61 + i] = 2;
HOST_OCTET[0x2d] = 1;

// === hot path

/** Whether the labels of the name at `offset` are a host's: letters, digits and inner hyphens. So is the root. */
function isHostname(octets: Uint8Array, offset: number): boolean {
  let at = offset;
  for (;;) {
    const length = octets[at]!;
    if (length === 0) return true;
    const stop = at + length;
    if (HOST_OCTET[octets[at + 1]!]! < 2 || HOST_OCTET[octets[stop]!]! < 2) return false;
    for (let i = at + 2; i < stop; i++) if (HOST_OCTET[octets[i]!]! === 0) return false;
    at = stop + 1;
  }
}

/** As `isHostname`, and the first label may be `*`. */
function isHostOwner(octets: Uint8Array, offset: number): boolean {
  const wildcard = octets[offset] === 1 && octets[offset + 1] === ASTERISK;
  return isHostname(octets, wildcard ? offset + 2 : offset);
}

/** Whether the first label holds printable octets and the rest is a hostname (RFC 1035 §8). */
function isMailbox(octets: Uint8Array, offset: number): boolean {
  const length = octets[offset]!;
  for (let i = offset + 1; i <= offset + length; i++) {
    if (octets[i]! <= 0x20 || octets[i]! > 0x7e) return false;
  }
  return length === 0 || isHostname(octets, offset + length + 1);
}

/** Whether a label other than the first is `*`: it matches itself only (RFC 4592 §2.1.2). */
function hasInnerAsterisk(octets: Uint8Array, offset: number): boolean {
  for (let at = offset + octets[offset]! + 1; octets[at]! > 0; at += octets[at]! + 1) {
    if (octets[at]! === 1 && octets[at + 1]! === ASTERISK) return true;
  }
  return false;
}

// === end of hot path

/** Hosts own A, AAAA and MX; BIND asks the same of WKS and A6, which nobody uses. */
export const HOST_OWNER_TYPES: readonly number[] = [TYPE_A, TYPE_AAAA, TYPE_MX];

export function checkHostOwner(facts: ZoneFacts, rrset: number): void {
  const { names, rrsetOwner, rrsetType } = facts.zone;
  const { octets, offsets } = names;
  const offset = offsets[rrsetOwner[rrset]!]!;
  if (isHostOwner(octets, offset) || isExempt(rrsetType[rrset]!, octets, offset)) return;
  facts.reportRrset('HOSTNAME_OWNER', rrset, () => `${facts.ownerText(rrset)} is not a hostname`);
}

const CATALOG_LABELS = Buffer.from('\x02gc\x06_msdcs', 'latin1');
const SPF_LABELS = ['\x04_spf', '\x09_spf_rate', '\x0b_spf_verify'].map((label) =>
  Buffer.from(label, 'latin1'),
);

/** Active Directory's `gc._msdcs` has addresses, and SPF's `exists:` wants A records below `_spf` and its like. */
function isExempt(type: number, octets: Uint8Array, offset: number): boolean {
  if (type === TYPE_MX) return false;
  const length = CATALOG_LABELS.length;
  if (equalNames(octets, offset, CATALOG_LABELS, 0, length)) {
    return isHostname(octets, offset + length);
  }
  if (type !== TYPE_A) return false;
  for (let at = offset; octets[at]! > 0; at += octets[at]! + 1) {
    if (SPF_LABELS.some((label) => equalNames(octets, at, label, 0, label.length))) return true;
  }
  return false;
}

type TargetRow = {
  readonly type: number;
  /** Where the name starts in the RDATA. */
  readonly at: number;
  readonly mailbox: boolean;
};

/** RDATA that names hosts or mailboxes; the second name of SOA and MINFO is seen to by `checkTarget`. */
const TARGET_ROWS: readonly TargetRow[] = [
  { type: TYPE_NS, at: 0, mailbox: false },
  { type: TYPE_SOA, at: 0, mailbox: false },
  { type: 7, at: 0, mailbox: true }, // MB
  { type: TYPE_PTR, at: 0, mailbox: false },
  { type: 14, at: 0, mailbox: true }, // MINFO
  { type: TYPE_MX, at: 2, mailbox: false },
  { type: 17, at: 0, mailbox: true }, // RP
  { type: 18, at: 2, mailbox: false }, // AFSDB
  { type: 21, at: 2, mailbox: false }, // RT
  { type: TYPE_SRV, at: 6, mailbox: false },
  { type: TYPE_SVCB, at: 2, mailbox: false },
  { type: TYPE_HTTPS, at: 2, mailbox: false },
];
const TYPE_MINFO = 14;

const ROW_OF_TYPE: readonly (TargetRow | undefined)[] = Array.from({ length: 66 }, (_, type) =>
  TARGET_ROWS.find((row) => row.type === type),
);

/** Types whose records name hosts or mailboxes. */
export const HOST_TARGET_TYPES: readonly number[] = TARGET_ROWS.map(({ type }) => type);

/** What records name as host or mailbox looks like one. */
export function checkHostTarget(facts: ZoneFacts, rrset: number): void {
  const { rrsetType, rrsetRecordFirst } = facts.zone;
  const row = ROW_OF_TYPE[rrsetType[rrset]!];
  if (row === undefined || (row.type === TYPE_PTR && !isReverse(facts, rrset))) return;
  const end = rrsetRecordFirst[rrset + 1]!;
  for (let record = rrsetRecordFirst[rrset]!; record < end; record++) {
    checkTarget(facts, row, record);
  }
}

function checkTarget(facts: ZoneFacts, row: TargetRow, record: number): void {
  const { rdata, recordRdata } = facts.zone;
  const start = recordRdata[record]!;
  const offset = start + row.at;
  // in alias mode the target need be no host (RFC 9460 §2.4.2)
  const service = row.type === TYPE_SVCB || row.type === TYPE_HTTPS;
  if (service && rdata[start] === 0 && rdata[start + 1] === 0) return;
  if (row.mailbox) checkMailbox(facts, record, offset);
  else if (!isHostname(rdata, offset)) {
    facts.report('HOSTNAME_TARGET', record, () => `${nameText(rdata, offset)} is not a hostname`);
  }
  if (row.type === TYPE_SOA || row.type === TYPE_MINFO) {
    checkMailbox(facts, record, offset + nameLength(rdata, offset));
  }
}

function checkMailbox(facts: ZoneFacts, record: number, offset: number): void {
  const { rdata } = facts.zone;
  if (isMailbox(rdata, offset)) return;
  facts.report('HOSTNAME_TARGET', record, () => `${nameText(rdata, offset)} is not a mailbox`);
}

const REVERSE_TREES = ['in-addr.arpa', 'ip6.arpa', 'ip6.int'].map(
  (text) => nameFromText(text) ?? new Uint8Array(1),
);

function isReverse(facts: ZoneFacts, rrset: number): boolean {
  const { names, rrsetOwner } = facts.zone;
  const owner = rrsetOwner[rrset]!;
  const offset = names.offsets[owner]!;
  const length = names.lengths[owner]!;
  return REVERSE_TREES.some(
    (tree) => suffixOffset(names.octets, offset, length, tree, 0, tree.length) >= 0,
  );
}

/** NS and MX name hosts: an address in their place is a common slip. */
export function checkAddressTarget(facts: ZoneFacts, rrset: number): void {
  const { rrsetType, rrsetRecordFirst, recordRdata, rdata } = facts.zone;
  const isMx = rrsetType[rrset] === TYPE_MX;
  const end = rrsetRecordFirst[rrset + 1]!;
  for (let record = rrsetRecordFirst[rrset]!; record < end; record++) {
    const offset = recordRdata[record]! + (isMx ? 2 : 0);
    if (!maybeAddress(rdata, offset)) continue;
    const text = writtenText(facts, offset);
    if (isIP(text) === 0) continue;
    facts.report('TARGET_IS_ADDRESS', record, () => {
      return `${isMx ? 'MX' : 'NS'} names a host, not an address: ${text}`;
    });
  }
}

/** Whether the first label is digits only, or has a colon. */
function maybeAddress(octets: Uint8Array, offset: number): boolean {
  const first = octets[offset + 1]!;
  const length = octets[offset]!;
  if (length > 0 && length <= 3 && first >= 0x30 && first <= 0x39) return true;
  for (let i = offset + 1; i <= offset + length; i++) if (octets[i] === COLON) return true;
  return false;
}

/** The name without final dot, and without the zone's apex, which was added to it if it was written relative. */
function writtenText(facts: ZoneFacts, offset: number): string {
  const { rdata, names, apex } = facts.zone;
  const length = nameLength(rdata, offset);
  const apexAt = names.offsets[apex]!;
  const before = suffixOffset(rdata, offset, length, names.octets, apexAt, names.lengths[apex]!);
  const own = new Uint8Array(length);
  own.set(rdata.subarray(offset, offset + (before > 0 ? before : length)));
  return nameText(own, 0).slice(0, -1);
}

/** RFC 4592 §2.1.2: only a first label `*` is a wildcard. Told once for each owner. */
export function checkWildcard(facts: ZoneFacts, rrset: number): void {
  const { names, ownerRrsetFirst, rrsetOwner } = facts.zone;
  const owner = rrsetOwner[rrset]!;
  if (rrset !== ownerRrsetFirst[owner]) return;
  if (!hasInnerAsterisk(names.octets, names.offsets[owner]!)) return;
  facts.reportRrset('WILDCARD_INSIDE', rrset, () => {
    return `the * inside ${facts.ownerText(rrset)} is no wildcard`;
  });
}
