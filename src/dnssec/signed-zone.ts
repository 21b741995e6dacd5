/**
 * What the checks of a signed zone share: its keys, the names of its chains, and what becomes of an RRSIG before
 * anybody computes (RFC 4035 §2.2, §5.3.1). Must not know: single rules.
 */
import type { ProblemList } from '../base/problem.js';
import { TYPE_DS, TYPE_NSEC, TYPE_NSEC3, TYPE_RRSIG } from '../wire/constants.js';
import { equalNames, nameLength } from '../wire/name.js';
import { readU16, readU32 } from '../wire/octets.js';
import type { Locate } from '../zone/builder.js';
import type { OwnerId } from '../zone/name-table.js';
import { findRrset, type Zone } from '../zone/zone.js';
import { ZoneReport } from '../zone/zone-report.js';
import { type ChainNames, chainNames, isCut, NAME_AUTHORITATIVE } from './authoritative-names.js';
import { isBefore } from './signature-time.js';
import {
  RRSIG_ALGORITHM_AT,
  RRSIG_EXPIRATION_AT,
  RRSIG_INCEPTION_AT,
  RRSIG_LABELS_AT,
  RRSIG_SIGNER_AT,
  RRSIG_TAG_AT,
  RRSIG_TTL_AT,
  rrsigLabels,
} from './signed-octets.js';
import { ZoneKeys } from './zone-keys.js';

/** A key of the zone may have made the signature of an RRset that is to have one. */
export const SIGNATURE_SOUND = 0;
/** Covers a type that its owner has not, and one that is not the zone's to sign. */
export const SIGNATURE_OF_NOTHING = 1;
export const SIGNATURE_NEEDLESS = 2;
/** What it says of its signer, of labels, of the TTL or of its times cannot be. */
export const SIGNATURE_OF_OTHERS = 3;
export const SIGNATURE_LABELS = 4;
export const SIGNATURE_TTL = 5;
export const SIGNATURE_TIMES = 6;
/** No key of the zone has its algorithm and tag. */
export const SIGNATURE_KEYLESS = 7;

export class SignedZone {
  readonly zone: Zone;
  readonly report: ZoneReport;
  readonly keys: ZoneKeys;
  private chain: ChainNames | null = null;

  constructor(zone: Zone, problems: ProblemList, locate: Locate) {
    this.zone = zone;
    this.report = new ZoneReport(zone, problems, locate);
    this.keys = new ZoneKeys(zone);
  }

  /** Made when first asked for: it takes the time of sorting all names. */
  get names(): ChainNames {
    this.chain ??= chainNames(this.zone);
    return this.chain;
  }

  // === hot path

  /** Whether the zone has to sign an owner's RRset of a type (RFC 4035 §2.2, RFC 5155 §7.1). */
  isToSign(owner: OwnerId, type: number): boolean {
    if (type === TYPE_RRSIG) return false;
    if (type === TYPE_NSEC3) return this.zone.parents[owner] === this.zone.apex;
    const kind = this.names.kinds[owner]!;
    if (kind === NAME_AUTHORITATIVE) return true;
    return isCut(kind) && (type === TYPE_DS || type === TYPE_NSEC);
  }

  /** The RRset that an RRSIG of an owner covers, or -1. */
  coveredRrset(owner: OwnerId, record: number): number {
    return findRrset(this.zone, owner, readU16(this.zone.rdata, this.zone.recordRdata[record]!));
  }

  /** What an RRSIG is worth: one of SIGNATURE_…. */
  judge(owner: OwnerId, record: number): number {
    const { zone } = this;
    const { rdata, names, apex } = zone;
    const at = zone.recordRdata[record]!;
    const rrset = this.coveredRrset(owner, record);
    if (rrset < 0) return SIGNATURE_OF_NOTHING;
    const type = zone.rrsetType[rrset]!;
    if (!this.isToSign(owner, type)) return SIGNATURE_NEEDLESS;
    const apexOctets = names.lengths[apex]!;
    const signerAt = at + RRSIG_SIGNER_AT;
    if (
      nameLength(rdata, signerAt) !== apexOctets ||
      !equalNames(rdata, signerAt, names.octets, names.offsets[apex]!, apexOctets)
    ) {
      return SIGNATURE_OF_OTHERS;
    }
    const labels = rrsigLabels(names.octets, names.offsets[owner]!);
    if (rdata[at + RRSIG_LABELS_AT] !== labels) return SIGNATURE_LABELS;
    const ttl = zone.recordTtl[zone.rrsetRecordFirst[rrset]!]!;
    if (readU32(rdata, at + RRSIG_TTL_AT) !== ttl) return SIGNATURE_TTL;
    const expiration = readU32(rdata, at + RRSIG_EXPIRATION_AT);
    if (isBefore(expiration, readU32(rdata, at + RRSIG_INCEPTION_AT))) return SIGNATURE_TIMES;
    const tag = readU16(rdata, at + RRSIG_TAG_AT);
    const key = this.keys.find(rdata[at + RRSIG_ALGORITHM_AT]!, tag, type);
    return key < 0 ? SIGNATURE_KEYLESS : SIGNATURE_SOUND;
  }

  // === end of hot path
}
