/**
 * Signs a zone that was read, in the thread that loads it: reads its keys, takes what was signed before, chooses the
 * serial, and leaves the signatures for the next time. What prevents it is a problem of the zone.
 * Must not know: when a zone is loaded, what is served.
 */
import { join } from 'node:path';
import { errorText } from '../base/errors.js';
import { type ProblemList, wholeFile } from '../base/problem.js';
import type { ZoneSigning } from '../config/signing-policy.js';
import { readSignatures, SignatureRows, writeSignatures } from '../dnssec/kept-signatures.js';
import { readZoneKeys, type ZoneKey } from '../dnssec/key-folder.js';
import { type PublishedKey, planKeys } from '../dnssec/key-plan.js';
import { stateOf } from '../dnssec/key-times.js';
import { type SignedZone, signZone } from '../dnssec/signer.js';
import {
  TYPE_DNSKEY,
  TYPE_NSEC,
  TYPE_NSEC3,
  TYPE_NSEC3PARAM,
  TYPE_RRSIG,
} from '../wire/constants.js';
import { nameText } from '../wire/name-text.js';
import { equalOctets } from '../wire/octets.js';
import { foldedName } from '../wire/tsig-key.js';
import type { Intake, IntakeRecord } from '../zone/intake.js';
import { findRrset, type Zone } from '../zone/zone.js';
import { nextSerial } from './serials.js';
import type { KeyFacts, SigningFacts, SigningOrder } from './signing-order.js';

/** How the zone is to be signed; `null`: not. @param apex in any case */
export function signingOf({ rules }: SigningOrder, apex: Uint8Array): ZoneSigning | null {
  const { all, zones } = rules;
  const text = nameText(foldedName(apex), 0);
  return Object.hasOwn(zones, text) ? (zones[text] ?? null) : all;
}

/** Takes the records of a zone that is to be signed, but those that signing makes. */
export class UnsignedIntake {
  /** Records left out of each such type, and where the first of all stands. */
  readonly leftOut: Map<number, number> = new Map();
  first: { readonly file: number; readonly offset: number } | null = null;
  private readonly taken: Intake;
  private hasSkippedOwner = false;

  constructor(taken: Intake) {
    this.taken = taken;
  }

  record(record: IntakeRecord & { ownerRepeated: boolean }): void {
    const { type, file, offset } = record;
    if (isMade(type)) {
      this.leftOut.set(type, (this.leftOut.get(type) ?? 0) + 1);
      this.first ??= { file, offset };
      // the owner that later records repeat has not been seen by the one behind
      if (!record.ownerRepeated) this.hasSkippedOwner = true;
      return;
    }
    if (this.hasSkippedOwner && record.ownerRepeated) {
      record.ownerRepeated = false;
      this.taken.record(record);
      record.ownerRepeated = true;
    } else this.taken.record(record);
    this.hasSkippedOwner = false;
  }

  /** Whether the zone was signed elsewhere. */
  get isPresigned(): boolean {
    return this.leftOut.has(TYPE_RRSIG);
  }
}

function isMade(type: number): boolean {
  return (
    type === TYPE_RRSIG || type === TYPE_NSEC || type === TYPE_NSEC3 || type === TYPE_NSEC3PARAM
  );
}

export type ZoneToSign = {
  readonly zone: Zone;
  readonly apex: Uint8Array;
  /** The zone's main file, for problems. */
  readonly path: string;
  readonly serial: number;
  /** Stands for the content of its files. */
  readonly print: string;
  readonly isPresigned: boolean;
};

export type Signed = { readonly signed: SignedZone; readonly facts: SigningFacts };

/**
 * Signs a zone, which is not to be used any more then.
 * @returns `null` if it could not, which is an error among the problems, or if it is to be without signatures now
 */
export function signRead(
  input: ZoneToSign,
  { policy, keyFolder }: ZoneSigning,
  order: SigningOrder,
  problems: ProblemList,
): Signed | null {
  const { zone, apex, path } = input;
  const now = Math.floor(order.nowMs / 1000);
  const found = readZoneKeys(keyFolder, apex);
  for (const problem of found.problems) problems.take(problem);
  if (problems.errorCount > 0) return null;
  const plan = planKeys(found.keys, policy, foldedName(apex), now);
  if (plan.lack !== null) {
    // a zone that leaves DNSSEC has left it when its last key has
    if (policy.leaves && plan.published.length === 0) return null;
    const text = `${plan.lack}: keys of ${nameText(apex, 0)} are looked for in ${keyFolder}`;
    problems.add('KEY_MISSING', wholeFile(path), text);
    return null;
  }
  if (input.isPresigned && !hasKeyOf(zone, plan.published)) {
    const text = 'the file is signed by keys that are not in the key directory';
    problems.add('PRESIGNED_KEYS', wholeFile(path), text);
    return null;
  }
  checkTtls(zone, policy.maxZoneTtl, path, problems);
  if (problems.errorCount > 0) return null;
  const keptPath = order.keptFolder === null ? null : join(order.keptFolder, fileName(apex));
  const signed = signZone(zone, {
    policy,
    plan,
    former: keptPath === null ? new SignatureRows() : readSignatures(keptPath),
    now,
    print: input.print,
    keepsSync: !input.isPresigned,
    chooseSerial: (print, isKept) => chooseSerial(order, input.serial, print, isKept),
  });
  if (keptPath !== null && signed.made > 0) keep(keptPath, signed.rows, path, problems);
  return { signed, facts: factsOf(policy.name, signed, found.keys, plan.published, now) };
}

/** Signed zones are raised in any case: a version with other signatures is another version. */
function chooseSerial(
  { former, method, nowMs }: SigningOrder,
  own: number,
  print: string,
  isKept: (serial: number) => boolean,
): number {
  if (former !== null && former.print === print && isKept(former.serial)) return former.serial;
  const raising = method === 'keep' ? 'increment' : method;
  return nextSerial(raising, own, former?.serial ?? null, nowMs);
}

/** Without them the next load takes longer, and that is all. */
function keep(keptPath: string, rows: SignatureRows, path: string, problems: ProblemList): void {
  try {
    writeSignatures(keptPath, rows);
  } catch (error) {
    problems.add('SIGNATURES_UNKEPT', wholeFile(path), errorText(error));
  }
}

/** A name may hold any octet, a file name may not. */
function fileName(apex: Uint8Array): string {
  const text = nameText(foldedName(apex), 0);
  return `${text === '.' ? 'root' : encodeURIComponent(text.slice(0, -1))}.signatures`;
}

/** Whether one of the zone's own DNSKEY records is that of a key. */
function hasKeyOf(zone: Zone, published: readonly PublishedKey[]): boolean {
  const rrset = findRrset(zone, zone.apex, TYPE_DNSKEY);
  if (rrset < 0) return false;
  const end = zone.rrsetRecordFirst[rrset + 1]!;
  for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
    const at = zone.recordRdata[record]!;
    const length = zone.recordLength[record]!;
    const isOurs = published.some(
      ({ rdata }) => rdata.length === length && equalOctets(zone.rdata, at, rdata, 0, length),
    );
    if (isOurs) return true;
  }
  return false;
}

function checkTtls(zone: Zone, ttlMax: number, path: string, problems: ProblemList): void {
  if (ttlMax === 0) return;
  let highest = 0;
  for (let record = 0; record < zone.recordCount; record++) {
    if (zone.recordTtl[record]! > highest) highest = zone.recordTtl[record]!;
  }
  if (highest <= ttlMax) return;
  const text = `a TTL of ${highest} is above the policy's max-zone-ttl of ${ttlMax}`;
  problems.add('TTL_ABOVE_POLICY', wholeFile(path), text);
}

function factsOf(
  policy: string,
  signed: SignedZone,
  keys: readonly ZoneKey[],
  published: readonly PublishedKey[],
  now: number,
): SigningFacts {
  const { print, dueAt, expiresAt, signatures, made } = signed;
  return {
    policy,
    print,
    dueAtMs: dueAt * 1000,
    expiresAtMs: expiresAt * 1000,
    signatures,
    made,
    keys: keys.map((key): KeyFacts => {
      const use = published.find((one) => one.key === key);
      return {
        tag: key.tag,
        algorithm: key.algorithm,
        isSep: key.isSep,
        signsKeys: use?.signsKeys ?? false,
        signsZone: use?.signsZone ?? false,
        state: stateOf(key.times, now),
      };
    }),
  };
}
