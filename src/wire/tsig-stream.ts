/**
 * Replies of one or many messages, as AXFR over TCP has them, RFC 8945 §5.3.1: signed by a server, verified by a client
 * (§5.4). A MAC goes over the MAC before it, so messages cannot be dropped, doubled or moved.
 * Must not know: sockets, what is in the messages, when a stream ends.
 */
import { assert } from '../base/errors.js';
import { TSIG_UNSIGNED_MAX } from '../base/limits.js';
import { TSIG_BADKEY, TSIG_BADSIG, TSIG_BADTIME, TSIG_BADTRUNC } from './constants.js';
import { readU16 } from './octets.js';
import {
  appendSigned,
  isInTime,
  plainVariables,
  type TsigVerdict,
  tsigRequestOctets,
} from './tsig.js';
import { algorithmName, sameName, type TsigKey } from './tsig-key.js';
import { isMacSize, recordsBefore, TsigDigest } from './tsig-mac.js';
import {
  findTsig,
  readTime,
  readTsig,
  TIME_OCTETS,
  TSIG_MALFORMED,
  TSIG_NONE,
  type TsigRecord,
} from './tsig-record.js';

/** Signs the messages of one reply in order: the first, the last, and every n-th between. */
export class TsigSigner {
  /** Octets that each message needs after it. */
  readonly octets: number;
  private readonly key: TsigKey;
  private readonly every: number;
  private digest: TsigDigest;
  private isFirst = true;
  private unsigned = 0;

  /**
   * @param verdict of the request, without error
   * @param every 1 signs every message, as RFC 8945 asks for; up to TSIG_UNSIGNED_MAX, clients must accept less
   */
  constructor({ error, key, record }: TsigVerdict, every = 1) {
    assert(error === 0 && key !== null, 'a stream for a request that is not in order');
    assert(every >= 1 && every <= TSIG_UNSIGNED_MAX, 'more unsigned messages than clients take');
    this.key = key;
    this.every = every;
    this.octets = tsigRequestOctets(key);
    this.digest = new TsigDigest(key, record.mac);
  }

  /**
   * Takes the next message, complete but for its TSIG record, in `octets[0, length)`.
   * @returns its new length
   */
  sign(octets: Uint8Array, length: number, isLast: boolean, nowSeconds: number): number {
    this.unsigned++;
    if (!this.isFirst && !isLast && this.unsigned < this.every) {
      this.digest.addPlain(octets, length);
      return length;
    }
    const variables = plainVariables(nowSeconds);
    this.digest.addMessage(octets, length, readU16(octets, 0), readU16(octets, 10));
    if (this.isFirst) this.digest.addVariables(variables);
    else this.digest.addTimers(variables);
    const signed = appendSigned(octets, length, this.key, variables, this.digest.mac());
    this.digest = new TsigDigest(this.key, signed.mac);
    this.isFirst = false;
    this.unsigned = 0;
    return signed.length;
  }
}

/** Why a reply is not to be believed. */
export type TsigFault =
  | 'malformed'
  | 'unsigned'
  | 'other-key'
  | 'bad-mac'
  | 'bad-time'
  | 'short-mac'
  | 'peer-error';

/** For log lines. */
export const TSIG_FAULT_TEXTS: Readonly<Record<TsigFault, string>> = {
  malformed: 'the TSIG record is malformed',
  unsigned: 'the reply is not signed',
  'other-key': 'the reply is signed with another key or algorithm',
  'bad-mac': 'the signature is wrong: are the secrets the same?',
  'bad-time': 'it was signed at another time: do the clocks differ?',
  'short-mac': 'the signature is cut to fewer octets than the key demands',
  'peer-error': 'the peer refuses our signature',
};

/** Of the codes that peers send; others have none. */
const ERROR_NAMES: ReadonlyMap<number, string> = new Map([
  [TSIG_BADSIG, 'BADSIG'],
  [TSIG_BADKEY, 'BADKEY'],
  [TSIG_BADTIME, 'BADTIME'],
  [TSIG_BADTRUNC, 'BADTRUNC'],
]);

/** The name of a TSIG error, or its number. */
export function tsigErrorText(error: number): string {
  return ERROR_NAMES.get(error) ?? `TSIG error ${error}`;
}

/**
 * Verifies the messages of one reply in order. After a fault nothing of the reply may be used, and every further call
 * tells the same fault.
 */
export class TsigVerifier {
  /** Of `peer-error`: TSIG_…, or another code of the peer; 0 without. */
  peerError = 0;
  /** The peer's clock, in seconds since 1970, if it said BADTIME and that was signed. */
  peerSeconds: number | null = null;
  private readonly key: TsigKey;
  private digest: TsigDigest;
  private isFirst = true;
  /** Messages since the last one that was signed; -1 before any. */
  private unsigned = -1;
  private fault: TsigFault | null = null;

  /** @param requestMac of the signed request */
  constructor(key: TsigKey, requestMac: Uint8Array) {
    this.key = key;
    this.digest = new TsigDigest(key, requestMac);
  }

  /**
   * Takes the next message in `octets[0, length)`. What it says may be used once `finish` agrees; until then it may be
   * read, to see where the stream ends.
   * @returns what is wrong, or `null`
   */
  take(octets: Uint8Array, length: number, nowSeconds: number): TsigFault | null {
    this.fault ??= this.judge(octets, length, nowSeconds);
    return this.fault;
  }

  /** To be asked after the last message, which must have been signed: what is wrong, or `null`. */
  finish(): TsigFault | null {
    if (this.unsigned !== 0) this.fault ??= 'unsigned';
    return this.fault;
  }

  private judge(octets: Uint8Array, length: number, nowSeconds: number): TsigFault | null {
    const offset = findTsig(octets, length);
    if (offset === TSIG_MALFORMED) return 'malformed';
    if (offset === TSIG_NONE) {
      if (this.isFirst || this.unsigned >= TSIG_UNSIGNED_MAX) return 'unsigned';
      this.unsigned++;
      this.digest.addPlain(octets, length);
      return null;
    }
    const record = readTsig(octets, offset, length);
    if (record === null) return 'malformed';
    return this.judgeSigned(octets, record, nowSeconds);
  }

  private judgeSigned(
    octets: Uint8Array,
    record: TsigRecord,
    nowSeconds: number,
  ): TsigFault | null {
    const { key } = this;
    const isOurs =
      sameName(record.keyName, key.name) &&
      sameName(record.algorithm, algorithmName(key.algorithm));
    if (!isOurs) return 'other-key';
    // RFC 8945 §5.3.2: a peer that does not know our key, or got another MAC, cannot sign.
    if (record.mac.length === 0) return record.error === 0 ? 'unsigned' : this.refusedBy(record);
    if (!isMacSize(key, record.mac.length)) return 'malformed';
    this.digest.addMessage(octets, record.offset, record.originalId, recordsBefore(octets));
    if (this.isFirst) this.digest.addVariables(record);
    else this.digest.addTimers(record);
    if (!this.digest.equals(record.mac)) return 'bad-mac';
    if (record.error !== 0) {
      const tells = record.error === TSIG_BADTIME && record.other.length === TIME_OCTETS;
      if (tells) this.peerSeconds = readTime(record.other, 0);
      return this.refusedBy(record);
    }
    if (!isInTime(record, nowSeconds)) return 'bad-time';
    if (record.mac.length < key.macOctets) return 'short-mac';
    this.digest = new TsigDigest(key, record.mac);
    this.isFirst = false;
    this.unsigned = 0;
    return null;
  }

  private refusedBy({ error }: TsigRecord): TsigFault {
    this.peerError = error;
    return 'peer-error';
  }
}
