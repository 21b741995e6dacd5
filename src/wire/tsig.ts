/**
 * Signed requests and their replies, RFC 8945 §5.1 to §5.3: a request is verified and its reply signed, or a request is
 * signed. Streams of replies, and replies as a client reads them, are in tsig-stream.ts. Clocks are passed in.
 *
 * What was signed last with a key is not remembered: the check that RFC 8945 §5.2.3 suggests refuses messages that
 * overtake each other, which datagrams, several servers with one key, and parallel transfers all do. BIND, NSD and Knot
 * remember nothing either. A replay is answered for as long as the fudge allows, to whoever may send it then.
 *
 * Must not know: sockets, who may do what, how an error reply is made but for its TSIG record.
 */
import { assert } from '../base/errors.js';
import { TSIG_FUDGE_SECONDS } from '../base/limits.js';
import {
  RCODE_FORMERR,
  RCODE_NOERROR,
  RCODE_NOTAUTH,
  TSIG_BADKEY,
  TSIG_BADSIG,
  TSIG_BADTIME,
  TSIG_BADTRUNC,
} from './constants.js';
import { readU16 } from './octets.js';
import { algorithmName, type TsigKey, type TsigKeyring } from './tsig-key.js';
import { isMacSize, recordsBefore, TsigDigest, type TsigVariables } from './tsig-mac.js';
import {
  appendTsig,
  hasRoom,
  readTsig,
  TIME_OCTETS,
  type TsigRecord,
  tsigOctets,
  writeTime,
} from './tsig-record.js';

/** What is known of a request with a TSIG record, and all that its reply needs. */
export type TsigVerdict = {
  /** 0 if the request is signed as it should be, else TSIG_BADKEY, TSIG_BADSIG, TSIG_BADTIME or TSIG_BADTRUNC. */
  readonly error: number;
  /** Who signed; replies are signed with it. `null`: nobody that we know, and the reply is not signed. */
  readonly key: TsigKey | null;
  readonly record: TsigRecord;
};

/** A signed message. */
export type TsigSigned = {
  readonly length: number;
  /** The reply's MAC goes over it. */
  readonly mac: Uint8Array;
};

const NO_OCTETS: Uint8Array = new Uint8Array(0);

/**
 * Judges the request in `octets[0, length)`, in the order of RFC 8945 §5.2: key, MAC, time, truncation.
 * @param offset of the TSIG record, as `Request.tsigOffset` or `findTsig` has it
 * @param nowSeconds since 1970
 * @returns `null` for FORMERR: the record is malformed or its MAC has a size that no key allows
 */
export function verifyTsigRequest(
  octets: Uint8Array,
  length: number,
  offset: number,
  keyring: TsigKeyring,
  nowSeconds: number,
): TsigVerdict | null {
  const record = readTsig(octets, offset, length);
  if (record === null) return null;
  const key = keyring.find(record.keyName, record.algorithm);
  if (key === null) return { error: TSIG_BADKEY, key: null, record };
  if (!isMacSize(key, record.mac.length)) return null;
  const digest = new TsigDigest(key, null);
  digest.addMessage(octets, offset, record.originalId, recordsBefore(octets));
  digest.addVariables(record);
  if (!digest.equals(record.mac)) return { error: TSIG_BADSIG, key: null, record };
  if (!isInTime(record, nowSeconds)) return { error: TSIG_BADTIME, key, record };
  if (record.mac.length < key.macOctets) return { error: TSIG_BADTRUNC, key, record };
  return { error: 0, key, record };
}

/** The response code that a verdict asks for: NOERROR, FORMERR, or NOTAUTH (RFC 8945 §5.2). */
export function tsigRcode(verdict: TsigVerdict | null): number {
  if (verdict === null) return RCODE_FORMERR;
  return verdict.error === 0 ? RCODE_NOERROR : RCODE_NOTAUTH;
}

/** Whether the record was signed within its fudge of now, RFC 8945 §5.2.3. */
export function isInTime({ timeSigned, fudge }: TsigRecord, nowSeconds: number): boolean {
  return Math.abs(nowSeconds - timeSigned) <= fudge;
}

/** Octets that signing a request adds. */
export function tsigRequestOctets({ name, algorithm, macOctets }: TsigKey): number {
  return tsigOctets(name, algorithmName(algorithm), macOctets, 0);
}

/** Octets that signing the reply adds, for every verdict. */
export function tsigReplyOctets({ error, key, record }: TsigVerdict): number {
  const other = error === TSIG_BADTIME ? TIME_OCTETS : 0;
  return tsigOctets(record.keyName, record.algorithm, key?.macOctets ?? 0, other);
}

/**
 * Signs the request in `octets[0, length)`: its TSIG record follows it, and ARCOUNT counts it. The buffer has room for
 * `tsigRequestOctets` more.
 */
export function signTsigRequest(
  octets: Uint8Array,
  length: number,
  key: TsigKey,
  nowSeconds: number,
): TsigSigned {
  const variables = plainVariables(nowSeconds);
  const digest = new TsigDigest(key, null);
  digest.addMessage(octets, length, readU16(octets, 0), readU16(octets, 10));
  digest.addVariables(variables);
  return appendSigned(octets, length, key, variables, digest.mac());
}

/**
 * Gives the reply in `octets[0, length)` the TSIG record that the verdict asks for: signed, with the server's time for
 * BADTIME (RFC 8945 §5.2.3), and without a MAC for BADKEY and BADSIG (§5.3.2). The header, its response code included,
 * is complete, and the buffer has room for `tsigReplyOctets` more.
 * @returns the reply's new length
 */
export function signTsigReply(
  octets: Uint8Array,
  length: number,
  verdict: TsigVerdict,
  nowSeconds: number,
): number {
  const { key, record } = verdict;
  const variables = replyVariables(verdict, nowSeconds);
  if (key !== null) {
    const digest = new TsigDigest(key, record.mac);
    digest.addMessage(octets, length, readU16(octets, 0), readU16(octets, 10));
    digest.addVariables(variables);
    return appendSigned(octets, length, key, variables, digest.mac()).length;
  }
  assert(hasRoom(octets, length, tsigReplyOctets(verdict)), 'no room for a TSIG record');
  return appendTsig(octets, length, {
    ...variables,
    keyName: record.keyName,
    algorithm: record.algorithm,
    mac: NO_OCTETS,
    originalId: readU16(octets, 0),
  });
}

/** Of a message that tells no error. */
export function plainVariables(nowSeconds: number): TsigVariables {
  return { timeSigned: nowSeconds, fudge: TSIG_FUDGE_SECONDS, error: 0, other: NO_OCTETS };
}

/** Writes the record of a message whose MAC is known. */
export function appendSigned(
  octets: Uint8Array,
  length: number,
  key: TsigKey,
  variables: TsigVariables,
  mac: Uint8Array,
): TsigSigned {
  assert(
    hasRoom(octets, length, tsigRequestOctets(key) + variables.other.length),
    'no room to sign',
  );
  const end = appendTsig(octets, length, {
    ...variables,
    keyName: key.name,
    algorithm: algorithmName(key.algorithm),
    mac,
    originalId: readU16(octets, 0),
  });
  return { length: end, mac };
}

function replyVariables({ error, record }: TsigVerdict, nowSeconds: number): TsigVariables {
  if (error !== TSIG_BADTIME) return { ...plainVariables(nowSeconds), error };
  // The client's own time and fudge, so that its clock does not refuse the reply, too.
  const other = new Uint8Array(TIME_OCTETS);
  writeTime(other, 0, nowSeconds);
  return { timeSigned: record.timeSigned, fudge: record.fudge, error, other };
}
