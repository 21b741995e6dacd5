/**
 * What a zone's keys do at one moment: which DNSKEY records there are, who signs what, what CDS and CDNSKEY ask of the
 * parent (RFC 7344 §3, RFC 8078 §4), until when signatures of a retired key may stay, and when that changes.
 * Must not know: files, other records of the zone.
 */
import type { SigningPolicy } from '../config/signing-policy.js';
import { readU16, writeU16 } from '../wire/octets.js';
import type { ZoneKey } from './key-folder.js';
import { DIGEST_AT, dsDigest, KEY_FLAG_REVOKE, KEY_PROTOCOL, keyTag } from './key-record.js';
import { type KeyTimes, nextChange, useOf } from './key-times.js';

/** A key whose DNSKEY is in the zone. */
export type PublishedKey = {
  readonly key: ZoneKey;
  /** DNSKEY RDATA as it is published, with REVOKE if it is revoked. */
  readonly rdata: Uint8Array;
  readonly tag: number;
  /** Makes signatures of the DNSKEY, CDS and CDNSKEY RRsets, and of all others. */
  readonly signsKeys: boolean;
  readonly signsZone: boolean;
  /**
   * Seconds since 1970 until which signatures that it has made may stay, though it makes none any more: those of all
   * but keys. Infinity if nothing says that it will leave.
   */
  readonly keepUntil: number;
};

export type KeyPlan = {
  readonly published: readonly PublishedKey[];
  /** RDATA of CDS and CDNSKEY records. */
  readonly cds: readonly Uint8Array[];
  readonly cdnskey: readonly Uint8Array[];
  /** Seconds since 1970 when the plan changes; infinity if it does not. */
  readonly changesAt: number;
  /** Why the zone cannot be signed; `null` if it can. */
  readonly lack: string | null;
};

/** RFC 8078 §4: the parent should have no DS. */
const CDS_DELETE = new Uint8Array([0, 0, 0, 0, 0]);
const CDNSKEY_DELETE = new Uint8Array([0, 0, KEY_PROTOCOL, 0, 0]);

/** @param now seconds since 1970 */
export function planKeys(
  keys: readonly ZoneKey[],
  policy: SigningPolicy,
  zone: Uint8Array,
  now: number,
): KeyPlan {
  const used = keys.map((key) => ({ key, use: useOf(key.times, now) }));
  const active = used.filter(({ use }) => use.isActive).map(({ key }) => key);
  const published = used
    .filter(({ use }) => use.isPublished)
    .map(({ key, use }) => publishedKey(key, use.isActive, use.isRevoked, active, policy));
  const synced = policy.leaves ? [] : used.filter(({ use }) => use.isSynced).map(({ key }) => key);
  return {
    published,
    cds: policy.leaves ? [CDS_DELETE] : cdsRecords(synced, policy, zone),
    cdnskey: policy.leaves
      ? [CDNSKEY_DELETE]
      : policy.cdnskey
        ? synced.map(({ rdata }) => rdata)
        : [],
    changesAt: changesAt(keys, published, policy, now),
    lack: lackOf(published),
  };
}

function publishedKey(
  key: ZoneKey,
  isActive: boolean,
  isRevoked: boolean,
  active: readonly ZoneKey[],
  policy: SigningPolicy,
): PublishedKey {
  const rdata = new Uint8Array(key.rdata);
  if (isRevoked) writeU16(rdata, 0, readU16(rdata, 0) | KEY_FLAG_REVOKE);
  const peers = active.filter(({ algorithm }) => algorithm === key.algorithm);
  const isUsed = isActive && key.secret !== null;
  return {
    key,
    rdata,
    tag: keyTag(rdata, 0, rdata.length),
    // RFC 5011 §2.1: a key that is revoked says so itself
    signsKeys: (isUsed && hasKeyRole(key, peers)) || (isRevoked && key.secret !== null),
    signsZone: isUsed && !isRevoked && hasZoneRole(key, peers),
    keepUntil: isRevoked ? Number.NEGATIVE_INFINITY : keepUntil(key.times, policy),
  };
}

/** Whether a key signs keys: if it says so, or if no other key of its algorithm does. */
function hasKeyRole(key: ZoneKey, peers: readonly ZoneKey[]): boolean {
  const signs = ({ roles, isSep }: ZoneKey): boolean => roles?.signsKeys ?? isSep;
  return signs(key) || !peers.some(signs);
}

/** As `hasKeyRole`, for all the rest: a KSK without a ZSK is a CSK. */
function hasZoneRole(key: ZoneKey, peers: readonly ZoneKey[]): boolean {
  const signs = ({ roles, isSep }: ZoneKey): boolean => roles?.signsZone ?? !isSep;
  return signs(key) || !peers.some(signs);
}

/** Signatures must have left the caches when the key leaves the zone (RFC 7583 §3.2.1: Iret). */
function keepUntil({ Delete }: KeyTimes, policy: SigningPolicy): number {
  if (Delete === undefined) return Number.POSITIVE_INFINITY;
  return Delete - policy.maxZoneTtl - policy.zonePropagationDelay;
}

function cdsRecords(
  synced: readonly ZoneKey[],
  { cdsDigests }: SigningPolicy,
  zone: Uint8Array,
): Uint8Array[] {
  return synced.flatMap(({ rdata }) =>
    cdsDigests.flatMap((type) => dsRecord(rdata, type, zone) ?? []),
  );
}

/** RDATA of a DS or CDS record for a key; `null` if the digest type is not known. @param rdata of its DNSKEY */
export function dsRecord(
  rdata: Uint8Array,
  digestType: number,
  zone: Uint8Array,
): Uint8Array | null {
  const digest = dsDigest(digestType, zone, 0, rdata);
  if (digest === null) return null;
  const record = new Uint8Array(DIGEST_AT + digest.length);
  writeU16(record, 0, keyTag(rdata, 0, rdata.length));
  record[2] = rdata[3]!;
  record[3] = digestType;
  record.set(digest, DIGEST_AT);
  return record;
}

function changesAt(
  keys: readonly ZoneKey[],
  published: readonly PublishedKey[],
  policy: SigningPolicy,
  now: number,
): number {
  const moments = keys.map(({ times }) => nextChange(times, now));
  for (const { key } of published) {
    const end = keepUntil(key.times, policy);
    if (end > now) moments.push(end);
  }
  return Math.min(Number.POSITIVE_INFINITY, ...moments);
}

function lackOf(published: readonly PublishedKey[]): string | null {
  if (published.length === 0) return 'no key is published';
  if (!published.some(({ signsZone }) => signsZone)) return 'no key signs the zone';
  if (!published.some(({ signsKeys }) => signsKeys)) return 'no key signs the keys';
  return null;
}
