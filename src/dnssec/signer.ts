/**
 * A zone, and the same zone signed (RFC 4035 §2): its keys, CDS and CDNSKEY, the chain of denial, signatures, and the
 * zone's digest if it is to have one. What is unchanged keeps its signatures, so that a small change is a small
 * difference. Must not know: files, timers, who serves the zone.
 */
import { hash } from 'node:crypto';
import type { SigningPolicy } from '../config/signing-policy.js';
import {
  TYPE_CDNSKEY,
  TYPE_CDS,
  TYPE_DNSKEY,
  TYPE_DS,
  TYPE_NSEC,
  TYPE_NSEC3,
  TYPE_NSEC3PARAM,
  TYPE_SOA,
  TYPE_ZONEMD,
} from '../wire/constants.js';
import { equalOctets, writeU32 } from '../wire/octets.js';
import { findRrset, type Zone } from '../zone/zone.js';
import { type ChainNames, chainNames, isCut, NAME_AUTHORITATIVE } from './authoritative-names.js';
import { addNsec3Chain, addNsec3Param, addNsecChain } from './denial-chain.js';
import type { SignatureRows } from './kept-signatures.js';
import type { KeyPlan } from './key-plan.js';
import { SignatureMaker } from './signature-maker.js';
import { ZoneAdditions } from './zone-additions.js';
import { zonemdOctets, zonemdRecord } from './zonemd-record.js';

export type SigningInput = {
  readonly policy: SigningPolicy;
  /** Without lack. */
  readonly plan: KeyPlan;
  /** Signatures of former versions. */
  readonly former: SignatureRows;
  /** Seconds since 1970. */
  readonly now: number;
  /** Stands for what the zone was made of. */
  readonly print: string;
  /** Whether keys and CDS that the zone has already are those of others, and stay. */
  readonly keepsSync: boolean;
  /**
   * The serial of this version.
   * @param print stands for all of its content but the serial
   * @param isKept whether the signature of the SOA can be kept if it has this serial
   */
  readonly chooseSerial: (print: string, isKept: (serial: number) => boolean) => number;
};

export type SignedZone = {
  readonly zone: Zone;
  readonly serial: number;
  /** As it was given to `chooseSerial`. */
  readonly print: string;
  /** Signatures, all and those made anew. */
  readonly signatures: number;
  readonly made: number;
  /** Seconds since 1970: when the zone should be signed again, and when the first signature expires. */
  readonly dueAt: number;
  readonly expiresAt: number;
  readonly rows: SignatureRows;
};

/** Octets of a signature with its record, as most algorithms have it. */
const SIGNATURE_OCTETS = 112;
const OWN_TYPES: ReadonlySet<number> = new Set([
  TYPE_DNSKEY,
  TYPE_CDS,
  TYPE_CDNSKEY,
  TYPE_NSEC3PARAM,
  TYPE_ZONEMD,
]);
/** RFC 5155 §5: an odd salt is the hash of the zone's name. */
const SALT_OCTETS_MAX = 32;

/** Signs a zone that is not signed; it is not to be used any more. */
export function signZone(zone: Zone, input: SigningInput): SignedZone {
  return new Signing(zone, input).run();
}

class Signing {
  private zone: Zone;
  private readonly input: SigningInput;
  private readonly apex: Uint8Array;
  private readonly more: ZoneAdditions;
  private readonly maker: SignatureMaker;

  constructor(zone: Zone, input: SigningInput) {
    const { octets, offsets, lengths } = zone.names;
    const start = offsets[zone.apex]!;
    this.zone = zone;
    this.input = input;
    this.apex = octets.slice(start, start + lengths[zone.apex]!);
    const expected = zone.rrsetCount + zone.names.count + 16;
    this.more = new ZoneAdditions(zone, expected, expected * SIGNATURE_OCTETS);
    const { plan, policy, former, now } = input;
    this.maker = new SignatureMaker(this.apex, plan, policy, former, this.more, now);
  }

  run(): SignedZone {
    const { more, maker, input } = this;
    this.addApexRecords();
    const names = chainNames(this.zone);
    this.addChain(names);
    this.signAll(names);
    const { rows } = maker;
    const content = hash('sha256', rows.octets.subarray(0, rows.size), 'base64');
    const print = hash('sha256', `${input.print}${content}`, 'base64').slice(0, 22);
    const serial = this.signSoa(print);
    this.zone = more.applied(this.zone);
    if (input.policy.zonemd !== null) this.signDigest(input.policy.zonemd, serial);
    const dueAt = Math.min(maker.dueAt, input.plan.changesAt);
    const { made, expiresAt } = maker;
    return { zone: this.zone, serial, print, signatures: rows.count, made, dueAt, expiresAt, rows };
  }

  // --- records ------------------------------------------------------------------------------------------------

  private addApexRecords(): void {
    const { zone, more, input } = this;
    const { plan, policy, keepsSync } = input;
    const { cds, cdnskey } = plan;
    const added = (type: number, ttl: number, records: readonly Uint8Array[], keeps: boolean) => {
      const all = keeps ? [...records, ...this.recordsAt(type)] : records;
      for (const rdata of distinct(all)) more.put(zone.apex, type, ttl, rdata);
    };
    const keys = plan.published.map(({ rdata }) => rdata);
    added(TYPE_DNSKEY, policy.dnskeyTtl, keys, true);
    added(TYPE_CDS, policy.dnskeyTtl, cds, keepsSync && !policy.leaves);
    added(TYPE_CDNSKEY, policy.dnskeyTtl, cdnskey, keepsSync && !policy.leaves);
    if (policy.nsec3 !== null) addNsec3Param(zone, policy.nsec3, this.salt(), more);
    if (policy.zonemd !== null) {
      const ttl = zone.recordTtl[zone.rrsetRecordFirst[findRrset(zone, zone.apex, TYPE_SOA)]!]!;
      more.put(zone.apex, TYPE_ZONEMD, ttl, new Uint8Array(zonemdOctets(policy.zonemd)));
    }
    // what the zone has of these is among the additions, or is not wanted
    this.zone = more.applied(zone, (owner, type) => owner === zone.apex && OWN_TYPES.has(type));
  }

  /** RDATA at the apex, copied. */
  private recordsAt(type: number): Uint8Array[] {
    const { zone } = this;
    const rrset = findRrset(zone, zone.apex, type);
    if (rrset < 0) return [];
    const records: Uint8Array[] = [];
    const end = zone.rrsetRecordFirst[rrset + 1]!;
    for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
      const at = zone.recordRdata[record]!;
      records.push(zone.rdata.slice(at, at + zone.recordLength[record]!));
    }
    return records;
  }

  /** The same in each version, since a new salt is a new chain (RFC 9276 §3.1 wants none at all). */
  private salt(): Uint8Array {
    const octets = Math.min(this.input.policy.nsec3?.saltOctets ?? 0, SALT_OCTETS_MAX);
    return hash('sha256', this.apex, 'buffer').subarray(0, octets);
  }

  private addChain(names: ChainNames): void {
    const { zone, more, input } = this;
    const { nsec3 } = input.policy;
    if (nsec3 === null) addNsecChain(zone, names, more);
    else addNsec3Chain(zone, names, nsec3, this.salt(), more);
    this.zone = more.applied(zone);
  }

  // --- signatures ---------------------------------------------------------------------------------------------

  /** All but those of the SOA and the digest, which depend on the others. */
  private signAll({ kinds }: ChainNames): void {
    const { zone, maker } = this;
    for (let rrset = 0; rrset < zone.rrsetCount; rrset++) {
      const owner = zone.rrsetOwner[rrset]!;
      const type = zone.rrsetType[rrset]!;
      const isLast = owner === zone.apex && (type === TYPE_SOA || type === TYPE_ZONEMD);
      if (isLast || !isSigned(owner < kinds.length ? kinds[owner]! : 0, type)) continue;
      maker.sign(zone, rrset);
    }
  }

  private signSoa(print: string): number {
    const { zone, maker, input } = this;
    const rrset = findRrset(zone, zone.apex, TYPE_SOA);
    const isKept = (serial: number): boolean => {
      this.writeSerial(serial);
      return maker.isKept(zone, rrset);
    };
    const serial = input.chooseSerial(print, isKept);
    this.writeSerial(serial);
    maker.sign(zone, rrset);
    return serial;
  }

  /** To the octets that are signed, and to those that become the zone. */
  private writeSerial(serial: number): void {
    const { zone, more } = this;
    const record = zone.rrsetRecordFirst[findRrset(zone, zone.apex, TYPE_SOA)]!;
    const at = zone.recordRdata[record]! + zone.recordLength[record]! - 20;
    writeU32(zone.rdata, at, serial);
    writeU32(more.arena, at, serial);
  }

  private signDigest(algorithm: number, serial: number): void {
    const { zone, more, maker } = this;
    const rrset = findRrset(zone, zone.apex, TYPE_ZONEMD);
    const at = zone.recordRdata[zone.rrsetRecordFirst[rrset]!]!;
    const record = zonemdRecord(zone, algorithm, serial);
    zone.rdata.set(record, at);
    more.arena.set(record, at);
    maker.sign(zone, rrset);
    this.zone = more.applied(zone);
  }
}

/** @param kind NAME_… of the owner; of the owner of an NSEC3, what it is besides */
function isSigned(kind: number, type: number): boolean {
  if (type === TYPE_NSEC || type === TYPE_NSEC3) return true;
  return kind === NAME_AUTHORITATIVE || (isCut(kind) && type === TYPE_DS);
}

function distinct(records: readonly Uint8Array[]): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const rdata of records) {
    const isKnown = found.some(
      (known) => known.length === rdata.length && equalOctets(known, 0, rdata, 0, rdata.length),
    );
    if (!isKnown) found.push(rdata);
  }
  return found;
}
