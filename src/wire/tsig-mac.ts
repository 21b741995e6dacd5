/**
 * Message authentication codes of TSIG: what goes into them, RFC 8945 §4.3, and how they are compared.
 * Must not know: requests, replies, errors.
 */
import { createHmac, type Hmac, timingSafeEqual } from 'node:crypto';
import { CLASS_ANY, HEADER_OCTETS } from './constants.js';
import { readU16, writeU16 } from './octets.js';
import { algorithmName, digestOctets, hashOf, macOctetsMin, type TsigKey } from './tsig-key.js';
import { type TsigFields, writeTime } from './tsig-record.js';

/** The fields that a MAC covers besides the message. */
export type TsigVariables = Pick<TsigFields, 'timeSigned' | 'fudge' | 'error' | 'other'>;

/** A MAC of a message or stream in the making. */
export class TsigDigest {
  private readonly key: TsigKey;
  private readonly hmac: Hmac;

  /** @param priorMac of the request, or of the signed message before; `null` for a request (RFC 8945 §4.3.1). */
  constructor(key: TsigKey, priorMac: Uint8Array | null) {
    this.key = key;
    this.hmac = createHmac(hashOf(key.algorithm), key.secret);
    if (priorMac === null) return;
    const size = new Uint8Array(2);
    writeU16(size, 0, priorMac.length);
    this.hmac.update(size).update(priorMac);
  }

  /** A message that has no TSIG record, as it is. */
  addPlain(octets: Uint8Array, length: number): void {
    this.hmac.update(octets.subarray(0, length));
  }

  /** A message up to its TSIG record as it was before that, RFC 8945 §4.3.2. `records` are those of ARCOUNT then. */
  addMessage(octets: Uint8Array, length: number, originalId: number, records: number): void {
    const header = Uint8Array.from(octets.subarray(0, HEADER_OCTETS));
    writeU16(header, 0, originalId);
    writeU16(header, 10, records);
    this.hmac.update(header).update(octets.subarray(HEADER_OCTETS, length));
  }

  /** All variables, RFC 8945 §4.3.3. */
  addVariables(variables: TsigVariables): void {
    const { other, error } = variables;
    const owner = new Uint8Array(6);
    writeU16(owner, 0, CLASS_ANY);
    this.hmac.update(this.key.name).update(owner).update(algorithmName(this.key.algorithm));
    this.addTimers(variables);
    const tail = new Uint8Array(4);
    writeU16(tail, 0, error);
    writeU16(tail, 2, other.length);
    this.hmac.update(tail).update(other);
  }

  /** What stands for the variables in all but the first message of a stream, RFC 8945 §5.3.1. */
  addTimers({ timeSigned, fudge }: Pick<TsigFields, 'timeSigned' | 'fudge'>): void {
    const timers = new Uint8Array(8);
    writeTime(timers, 0, timeSigned);
    writeU16(timers, 6, fudge);
    this.hmac.update(timers);
  }

  /** The MAC as it is sent, cut to the key's octets. Ends this digest. */
  mac(): Uint8Array {
    return this.hmac.digest().subarray(0, this.key.macOctets);
  }

  /** Whether this is the MAC, or its beginning, in a time that does not depend on the octets. Ends this digest. */
  equals(mac: Uint8Array): boolean {
    const digest = this.hmac.digest();
    return mac.length <= digest.length && timingSafeEqual(mac, digest.subarray(0, mac.length));
  }
}

/** Whether a MAC may have this size at all, RFC 8945 §5.2.2.1; what a key demands is more. */
export function isMacSize(key: TsigKey, octets: number): boolean {
  return octets >= macOctetsMin(key.algorithm) && octets <= digestOctets(key.algorithm);
}

/** ARCOUNT without the TSIG record. */
export function recordsBefore(octets: Uint8Array): number {
  return readU16(octets, 10) - 1;
}
