/**
 * Signatures of RRsets: those that were made before where they still may be used, new ones else (RFC 4034 §3,
 * RFC 4035 §2.2). Expirations are spread by what is signed, so that the same RRset has the same place in the spread
 * wherever and whenever it is signed. Must not know: which RRsets are signed, files.
 */
import { hash } from 'node:crypto';
import type { SigningPolicy } from '../config/signing-policy.js';
import {
  TYPE_CDNSKEY,
  TYPE_CDS,
  TYPE_DNSKEY,
  TYPE_RRSIG,
  TYPE_SOA,
  TYPE_ZONEMD,
} from '../wire/constants.js';
import { FOLD } from '../wire/name.js';
import { copyOctets, readU32, writeU16, writeU32 } from '../wire/octets.js';
import type { Zone } from '../zone/zone.js';
import { sign } from './algorithms.js';
import { NO_SIGNATURE, SIGNED_NAME_OCTETS, SignatureRows } from './kept-signatures.js';
import type { KeyPlan, PublishedKey } from './key-plan.js';
import {
  RRSIG_ALGORITHM_AT,
  RRSIG_EXPIRATION_AT,
  RRSIG_INCEPTION_AT,
  RRSIG_LABELS_AT,
  RRSIG_SIGNER_AT,
  RRSIG_TAG_AT,
  RRSIG_TTL_AT,
  rrsigLabels,
  SignedOctets,
} from './signed-octets.js';
import type { ZoneAdditions } from './zone-additions.js';

/** A signature begins to count so long before it is made: clocks differ. */
const INCEPTION_BEFORE_SECONDS = 3600;
/** Signatures that are due within this time are made anew together; and at most this part of the time for refresh. */
const AHEAD_SECONDS_MAX = 3600;
const AHEAD_PART = 10;

/** Types that the keys which sign keys sign (RFC 7344 §4.1). */
export function isSignedByKeySigners(type: number): boolean {
  return type === TYPE_DNSKEY || type === TYPE_CDS || type === TYPE_CDNSKEY;
}

/** A key and the beginning of its signatures' RDATA. */
type Signer = {
  readonly from: PublishedKey;
  readonly algorithm: number;
  readonly head: Uint8Array;
  /** Eight octets that stand for the public key: tags are not unique. */
  readonly mark: Uint8Array;
  /** Makes new signatures; else only former ones are of use. */
  readonly isActive: boolean;
};

export class SignatureMaker {
  /** All that are used, for the next time. */
  readonly rows: SignatureRows = new SignatureRows();
  /** Signatures that were made anew. */
  made = 0;
  /** Seconds since 1970: when the first has to be made anew, and when the first expires. */
  dueAt = Number.POSITIVE_INFINITY;
  expiresAt = Number.POSITIVE_INFINITY;
  private readonly former: SignatureRows;
  private readonly policy: SigningPolicy;
  private readonly now: number;
  private readonly ahead: number;
  private readonly keySigners: readonly Signer[];
  private readonly zoneSigners: readonly Signer[];
  private readonly signed = new SignedOctets();
  private readonly to: ZoneAdditions;

  /**
   * @param apex folded
   * @param to takes the RRSIG records
   * @param now seconds since 1970
   */
  constructor(
    apex: Uint8Array,
    plan: KeyPlan,
    policy: SigningPolicy,
    former: SignatureRows,
    to: ZoneAdditions,
    now: number,
  ) {
    this.former = former;
    this.policy = policy;
    this.now = now;
    this.to = to;
    this.ahead = Math.min(AHEAD_SECONDS_MAX, Math.floor(policy.signaturesRefresh / AHEAD_PART));
    const { published } = plan;
    this.keySigners = published
      .filter(({ signsKeys }) => signsKeys)
      .map((key) => signerOf(key, apex, true));
    // Those that make signatures first: where they have one, no older one is wanted.
    this.zoneSigners = [
      ...published.filter(({ signsZone }) => signsZone).map((key) => signerOf(key, apex, true)),
      ...published
        .filter(({ signsZone, keepUntil }) => !signsZone && keepUntil > now)
        .map((key) => signerOf(key, apex, false)),
    ];
  }

  /** Adds the signatures of an RRset. */
  sign(zone: Zone, rrset: number): void {
    const type = zone.rrsetType[rrset]!;
    if (isSignedByKeySigners(type)) {
      for (const signer of this.keySigners) this.signBy(signer, zone, rrset);
      return;
    }
    for (const signer of this.zoneSigners) {
      if (!signer.isActive || this.keep(signer, zone, rrset)) continue;
      const retired = this.usableOfRetired(signer.algorithm, zone, rrset);
      if (retired === null || !this.keep(retired, zone, rrset)) this.signBy(signer, zone, rrset);
    }
  }

  /** Whether all signatures of an RRset can be kept as they are. */
  isKept(zone: Zone, rrset: number): boolean {
    return this.zoneSigners.every(
      (signer) =>
        !signer.isActive ||
        this.usableRow(signer, zone, rrset) !== NO_SIGNATURE ||
        this.usableOfRetired(signer.algorithm, zone, rrset) !== null,
    );
  }

  /** A key that makes no signatures any more, if one of its may stay in place of another of this algorithm. */
  private usableOfRetired(algorithm: number, zone: Zone, rrset: number): Signer | null {
    for (const signer of this.zoneSigners) {
      if (signer.isActive || signer.algorithm !== algorithm) continue;
      if (this.usableRow(signer, zone, rrset) !== NO_SIGNATURE) return signer;
    }
    return null;
  }

  private signBy(signer: Signer, zone: Zone, rrset: number): void {
    if (this.keep(signer, zone, rrset)) return;
    const name = this.nameOf(signer, zone, rrset);
    const inception = this.now - INCEPTION_BEFORE_SECONDS;
    const expiration = this.expirationFor(zone.rrsetType[rrset]!, name);
    const { octets } = this.signed;
    writeU32(octets, RRSIG_EXPIRATION_AT, expiration);
    writeU32(octets, RRSIG_INCEPTION_AT, inception);
    const { secret } = signer.from.key;
    if (secret === null) return;
    const signature = sign(signer.algorithm, secret, this.signed.signed);
    this.made++;
    this.take(signer, zone, rrset, name, inception, expiration, signature);
  }

  /** Uses a former signature, if there is one that still may be used. */
  private keep(signer: Signer, zone: Zone, rrset: number): boolean {
    const row = this.usableRow(signer, zone, rrset);
    if (row === NO_SIGNATURE) return false;
    const { former } = this;
    const name = former.octets.subarray(row, row + SIGNED_NAME_OCTETS);
    this.take(
      signer,
      zone,
      rrset,
      name,
      former.inception(row),
      former.expiration(row),
      former.signature(row),
    );
    return true;
  }

  private usableRow(signer: Signer, zone: Zone, rrset: number): number {
    const { former } = this;
    if (former.size === 0) return NO_SIGNATURE;
    const row = former.find(this.nameOf(signer, zone, rrset));
    if (row === NO_SIGNATURE) return row;
    const isEarly = former.inception(row) > this.now;
    const dueAt = former.expiration(row) - this.policy.signaturesRefresh;
    return isEarly || dueAt - this.ahead <= this.now ? NO_SIGNATURE : row;
  }

  /** What is signed by whom, as a hash; the octets to be signed are in `signed`, their times still open. */
  private nameOf(signer: Signer, zone: Zone, rrset: number): Uint8Array {
    const { head } = signer;
    const owner = zone.names.offsets[zone.rrsetOwner[rrset]!]!;
    writeU16(head, 0, zone.rrsetType[rrset]!);
    head[RRSIG_LABELS_AT] = rrsigLabels(zone.names.octets, owner);
    writeU32(head, RRSIG_TTL_AT, zone.recordTtl[zone.rrsetRecordFirst[rrset]!]!);
    this.signed.fill(zone, rrset, head, 0);
    copyOctets(signer.mark, 0, this.signed.octets, RRSIG_EXPIRATION_AT, signer.mark.length);
    return hash('sha256', this.signed.signed, 'buffer');
  }

  /** The SOA's, and that of ZONEMD, are not spread: they are made with each version. */
  private expirationFor(type: number, name: Uint8Array): number {
    const { signaturesValidity, signaturesValidityDnskey, signaturesJitter } = this.policy;
    const isSpread = type !== TYPE_SOA && type !== TYPE_ZONEMD && !isSignedByKeySigners(type);
    const spread = isSpread ? readU32(name, 0) % (signaturesJitter + 1) : 0;
    const validity = isSignedByKeySigners(type) ? signaturesValidityDnskey : signaturesValidity;
    return this.now + validity - spread;
  }

  private take(
    { head }: Signer,
    zone: Zone,
    rrset: number,
    name: Uint8Array,
    inception: number,
    expiration: number,
    signature: Uint8Array,
  ): void {
    const { to } = this;
    const ttl = zone.recordTtl[zone.rrsetRecordFirst[rrset]!]!;
    const length = head.length + signature.length;
    to.begin(zone.rrsetOwner[rrset]!, TYPE_RRSIG, ttl, length);
    const at = to.size;
    copyOctets(head, 0, to.arena, at, head.length);
    writeU32(to.arena, at + RRSIG_EXPIRATION_AT, expiration);
    writeU32(to.arena, at + RRSIG_INCEPTION_AT, inception);
    copyOctets(signature, 0, to.arena, at + head.length, signature.length);
    to.size += length;
    this.rows.add(name, inception, expiration, signature);
    this.dueAt = Math.min(this.dueAt, expiration - this.policy.signaturesRefresh);
    this.expiresAt = Math.min(this.expiresAt, expiration);
  }
}

function signerOf(from: PublishedKey, apex: Uint8Array, isActive: boolean): Signer {
  const { algorithm, rdata } = from.key;
  const head = new Uint8Array(RRSIG_SIGNER_AT + apex.length);
  head[RRSIG_ALGORITHM_AT] = algorithm;
  writeU16(head, RRSIG_TAG_AT, from.tag);
  for (let i = 0; i < apex.length; i++) head[RRSIG_SIGNER_AT + i] = FOLD[apex[i]!]!;
  const mark = hash('sha256', rdata, 'buffer').subarray(0, 8);
  return { from, algorithm, head, mark, isActive };
}
