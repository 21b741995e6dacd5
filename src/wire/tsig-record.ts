/**
 * The TSIG record, RFC 8945 §4.2: found and read strictly, written at the end of a message. Names in it are written
 * without compression and read with it. Must not know: keys, what makes a record valid.
 */
import { MESSAGE_OCTETS_MAX } from '../base/limits.js';
import { CLASS_ANY, HEADER_OCTETS, TYPE_TSIG } from './constants.js';
import { readName } from './message-name.js';
import { skipName } from './name.js';
import { readU16, readU32, writeU16, writeU32 } from './octets.js';

/** What a TSIG record says, whoever wrote it. */
export type TsigFields = {
  /** Uncompressed; lower case if it was read. */
  readonly keyName: Uint8Array;
  /** Uncompressed; lower case if it was read. */
  readonly algorithm: Uint8Array;
  /** Seconds since 1970, 48 bits. */
  readonly timeSigned: number;
  /** Seconds. */
  readonly fudge: number;
  readonly mac: Uint8Array;
  /** Of the message when it was signed; forwarders change the header's. */
  readonly originalId: number;
  /** 0 or one of TSIG_…; other codes are the peer's. */
  readonly error: number;
  readonly other: Uint8Array;
};

/** A record that was read; it holds copies, not views. */
export type TsigRecord = TsigFields & {
  /** Of its owner name: what is signed ends here. */
  readonly offset: number;
};

/** Results of `findTsig` that are no offsets. */
export const TSIG_NONE = 0;
export const TSIG_MALFORMED = -1;

/** Type, class, TTL and RDLENGTH. */
const RECORD_FIXED_OCTETS = 10;
/** Time signed, fudge, MAC size, original ID, error, other length. */
const RDATA_FIXED_OCTETS = 16;
const TWO_POW_32 = 2 ** 32;

/** Of BADTIME: the server's time. */
export const TIME_OCTETS = 6;

/** Seconds since 1970 in 48 bits, RFC 8945 §4.2. */
export function writeTime(octets: Uint8Array, offset: number, seconds: number): void {
  writeU16(octets, offset, Math.floor(seconds / TWO_POW_32));
  writeU32(octets, offset + 2, seconds % TWO_POW_32);
}

export function readTime(octets: Uint8Array, offset: number): number {
  return readU16(octets, offset) * TWO_POW_32 + readU32(octets, offset + 2);
}

/**
 * Looks for the TSIG record of any message, which is the last record or there is none (RFC 8945 §5.1). Requests need
 * no second walk: `Request.tsigOffset` is the same.
 * @returns the offset of its owner name, TSIG_NONE, or TSIG_MALFORMED if records are not whole or it is not the last
 */
export function findTsig(octets: Uint8Array, length: number): number {
  if (length < HEADER_OCTETS) return TSIG_MALFORMED;
  let at = HEADER_OCTETS;
  for (let i = readU16(octets, 4); i > 0; i--) {
    at = skipName(octets, at, length);
    if (at < 0 || at + 4 > length) return TSIG_MALFORMED;
    at += 4;
  }
  const additional = readU16(octets, 10);
  const count = readU16(octets, 6) + readU16(octets, 8) + additional;
  for (let i = 1; i <= count; i++) {
    const owner = at;
    at = skipName(octets, owner, length);
    if (at < 0 || at + RECORD_FIXED_OCTETS > length) return TSIG_MALFORMED;
    const type = readU16(octets, at);
    at += RECORD_FIXED_OCTETS + readU16(octets, at + 8);
    if (at > length) return TSIG_MALFORMED;
    if (type === TYPE_TSIG) return i === count && additional > 0 ? owner : TSIG_MALFORMED;
  }
  return TSIG_NONE;
}

/**
 * Reads the TSIG record at `offset`, the last of a message of `length` octets.
 * @returns `null` if it is malformed, not of class ANY or TTL 0, or if anything follows it: that would not be signed.
 */
export function readTsig(octets: Uint8Array, offset: number, length: number): TsigRecord | null {
  const owner = readName(octets, offset, length);
  if (owner === null) return null;
  const head = owner.end;
  if (head + RECORD_FIXED_OCTETS > length) return null;
  const isTsig = readU16(octets, head) === TYPE_TSIG && readU16(octets, head + 2) === CLASS_ANY;
  if (!isTsig || readU32(octets, head + 4) !== 0) return null;
  const rdata = head + RECORD_FIXED_OCTETS;
  if (rdata + readU16(octets, head + 8) !== length) return null;
  const algorithm = readName(octets, rdata, length);
  if (algorithm === null || algorithm.end + RDATA_FIXED_OCTETS > length) return null;
  const time = algorithm.end;
  const mac = time + 10;
  const macEnd = mac + readU16(octets, time + 8);
  if (macEnd + 6 > length) return null;
  if (macEnd + 6 + readU16(octets, macEnd + 4) !== length) return null;
  return {
    offset,
    keyName: owner.name,
    algorithm: algorithm.name,
    timeSigned: readTime(octets, time),
    fudge: readU16(octets, time + 6),
    mac: copyOf(octets, mac, macEnd),
    originalId: readU16(octets, macEnd),
    error: readU16(octets, macEnd + 2),
    other: copyOf(octets, macEnd + 6, length),
  };
}

/** Octets of a TSIG record with names, MAC and other data of these lengths. */
export function tsigOctets(
  keyName: Uint8Array,
  algorithm: Uint8Array,
  macOctets: number,
  otherOctets: number,
): number {
  const names = keyName.length + algorithm.length;
  return names + RECORD_FIXED_OCTETS + RDATA_FIXED_OCTETS + macOctets + otherOctets;
}

/** Whether the message may be made longer by so many octets in this buffer. */
export function hasRoom(octets: Uint8Array, length: number, more: number): boolean {
  return length + more <= Math.min(octets.length, MESSAGE_OCTETS_MAX);
}

/**
 * Writes a TSIG record after a message and counts it. The caller has made room, see `tsigOctets`.
 * @returns the message's new length.
 */
export function appendTsig(octets: Uint8Array, length: number, fields: TsigFields): number {
  const { keyName, algorithm, mac, other } = fields;
  octets.set(keyName, length);
  let at = length + keyName.length;
  writeU16(octets, at, TYPE_TSIG);
  writeU16(octets, at + 2, CLASS_ANY);
  writeU32(octets, at + 4, 0);
  const rdlength = algorithm.length + RDATA_FIXED_OCTETS + mac.length + other.length;
  writeU16(octets, at + 8, rdlength);
  at += RECORD_FIXED_OCTETS;
  octets.set(algorithm, at);
  at += algorithm.length;
  writeTime(octets, at, fields.timeSigned);
  writeU16(octets, at + 6, fields.fudge);
  writeU16(octets, at + 8, mac.length);
  at += 10;
  octets.set(mac, at);
  at += mac.length;
  writeU16(octets, at, fields.originalId);
  writeU16(octets, at + 2, fields.error);
  writeU16(octets, at + 4, other.length);
  octets.set(other, at + 6);
  writeU16(octets, 10, readU16(octets, 10) + 1);
  return at + 6 + other.length;
}

/** Not `slice`, which of a Buffer makes a view: the message's octets may be reused before the record is. */
function copyOf(octets: Uint8Array, start: number, stop: number): Uint8Array {
  return Uint8Array.from(octets.subarray(start, stop));
}
