/**
 * Verifies every signature of a zone that a key of the zone may have made (RFC 4035 §5.3.3), in the threads of
 * node:crypto, and tells of those that are wrong in the order of the text. What an RRSIG says of itself is checked
 * elsewhere. Must not know: the time, chains.
 */
import type { KeyObject } from 'node:crypto';
import { VERIFY_AT_ONCE } from '../base/limits.js';
import { TYPE_RRSIG } from '../wire/constants.js';
import { readU16 } from '../wire/octets.js';
import { typeText } from '../wire/rrtypes.js';
import type { OwnerId } from '../zone/name-table.js';
import { findRrset, type Zone } from '../zone/zone.js';
import { verifyLater } from './algorithms.js';
import { keyText } from './check-keys.js';
import {
  coveredType,
  RRSIG_ALGORITHM_AT,
  RRSIG_TAG_AT,
  rrsigHeadOctets,
  SignedOctets,
} from './signed-octets.js';
import { SIGNATURE_SOUND, type SignedZone } from './signed-zone.js';

/** Verdicts on a signature. */
const RIGHT = 1;
const WRONG = 2;

/** How far a verification has come, in signatures; whoever shows it reads it. */
export type VerifyProgress = { done: number; total: number };

/** A signature that is being verified, in memory that is used again for another. */
type Slot = {
  readonly signed: SignedOctets;
  record: number;
  result: Promise<boolean>;
};

export async function verifySignatures(
  signed: SignedZone,
  progress: VerifyProgress,
): Promise<void> {
  const { zone } = signed;
  progress.total += countSignatures(zone);
  /** By record: 1 of a signature that is right, 2 of one that is wrong. */
  const verdicts = new Uint8Array(zone.recordCount);
  const ring = new VerifyRing(signed, progress, verdicts);
  for (let owner = 0; owner < zone.names.count; owner++) {
    const rrsigs = findRrset(zone, owner, TYPE_RRSIG);
    if (rrsigs < 0) continue;
    const end = zone.rrsetRecordFirst[rrsigs + 1]!;
    for (let record = zone.rrsetRecordFirst[rrsigs]!; record < end; record++) {
      if (ring.isFull) await ring.take();
      if (!ring.put(owner, record)) progress.done++;
    }
  }
  while (!ring.isEmpty) await ring.take();
  if (verdicts.includes(WRONG)) reportWrong(signed, verdicts);
}

/** In the order of the owners in the text. */
function reportWrong({ zone, report }: SignedZone, verdicts: Uint8Array): void {
  for (let rrset = 0; rrset < zone.rrsetCount; rrset++) {
    if (zone.rrsetType[rrset] !== TYPE_RRSIG) continue;
    const end = zone.rrsetRecordFirst[rrset + 1]!;
    for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
      if (verdicts[record] !== WRONG) continue;
      const isSpare = hasRightOne(zone, rrset, record, verdicts);
      const code = isSpare ? 'DNSSEC_SIGNATURE_SPARE' : 'DNSSEC_SIGNATURE_BOGUS';
      report.report(code, record, () => {
        const at = zone.recordRdata[record]!;
        const tag = readU16(zone.rdata, at + RRSIG_TAG_AT);
        const key = keyText({ tag, algorithm: zone.rdata[at + RRSIG_ALGORITHM_AT]! });
        const type = typeText(coveredType(zone.rdata, at));
        const beside = isSpare ? ', beside one that is right' : '';
        return `the signature of the ${type} RRset by ${key} is wrong${beside}`;
      });
    }
  }
}

/** Whether another signature of the same type by the same algorithm is right: validators have to try all. */
function hasRightOne(zone: Zone, rrset: number, wrong: number, verdicts: Uint8Array): boolean {
  const { rdata, recordRdata } = zone;
  const at = recordRdata[wrong]!;
  const end = zone.rrsetRecordFirst[rrset + 1]!;
  for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
    const other = recordRdata[record]!;
    if (verdicts[record] !== RIGHT || coveredType(rdata, other) !== coveredType(rdata, at))
      continue;
    if (rdata[other + RRSIG_ALGORITHM_AT] === rdata[at + RRSIG_ALGORITHM_AT]) return true;
  }
  return false;
}

function countSignatures(zone: Zone): number {
  let count = 0;
  for (let rrset = 0; rrset < zone.rrsetCount; rrset++) {
    if (zone.rrsetType[rrset] !== TYPE_RRSIG) continue;
    count += zone.rrsetRecordFirst[rrset + 1]! - zone.rrsetRecordFirst[rrset]!;
  }
  return count;
}

/** The signatures under way, taken in the order in which they were put in. */
class VerifyRing {
  private readonly signed: SignedZone;
  private readonly progress: VerifyProgress;
  private readonly verdicts: Uint8Array;
  private readonly slots: readonly Slot[];
  private first = 0;
  private count = 0;

  constructor(signed: SignedZone, progress: VerifyProgress, verdicts: Uint8Array) {
    this.signed = signed;
    this.progress = progress;
    this.verdicts = verdicts;
    this.slots = Array.from({ length: VERIFY_AT_ONCE }, () => ({
      signed: new SignedOctets(),
      record: 0,
      result: Promise.resolve(true),
    }));
  }

  get isFull(): boolean {
    return this.count === VERIFY_AT_ONCE;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** Begins with a signature. @returns false if nothing can be computed of it */
  put(owner: OwnerId, record: number): boolean {
    const { signed } = this;
    if (signed.judge(owner, record) !== SIGNATURE_SOUND) return false;
    const keys = keysOf(signed, record);
    if (keys.length === 0) return false;
    const slot = this.slots[(this.first + this.count) % VERIFY_AT_ONCE]!;
    const { zone } = signed;
    const at = zone.recordRdata[record]!;
    slot.signed.fill(zone, signed.coveredRrset(owner, record), zone.rdata, at);
    slot.record = record;
    const signatureAt = at + rrsigHeadOctets(zone.rdata, at);
    const signature = zone.rdata.subarray(signatureAt, at + zone.recordLength[record]!);
    const algorithm = zone.rdata[at + RRSIG_ALGORITHM_AT]!;
    slot.result = verifyByOne(algorithm, keys, slot.signed.signed, signature);
    this.count++;
    return true;
  }

  /** Waits for the signature that was put in first. */
  async take(): Promise<void> {
    const slot = this.slots[this.first]!;
    this.verdicts[slot.record] = (await slot.result) ? RIGHT : WRONG;
    this.first = (this.first + 1) % VERIFY_AT_ONCE;
    this.count--;
    this.progress.done++;
  }
}

/** The keys that may have made a signature: nearly always one. */
function keysOf({ zone, keys }: SignedZone, record: number): KeyObject[] {
  const at = zone.recordRdata[record]!;
  const algorithm = zone.rdata[at + RRSIG_ALGORITHM_AT]!;
  const tag = readU16(zone.rdata, at + RRSIG_TAG_AT);
  const type = coveredType(zone.rdata, at);
  const found: KeyObject[] = [];
  for (
    let i = keys.find(algorithm, tag, type);
    i >= 0;
    i = keys.find(algorithm, tag, type, i + 1)
  ) {
    const key = keys.object(keys.all[i]!);
    if (key !== null) found.push(key);
  }
  return found;
}

async function verifyByOne(
  algorithm: number,
  keys: readonly KeyObject[],
  octets: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  for (const key of keys) if (await verifyLater(algorithm, key, octets, signature)) return true;
  return false;
}
