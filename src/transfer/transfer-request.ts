/**
 * The questions of a secondary as octets: SOA, AXFR (RFC 5936 §2.1) and IXFR (RFC 1995 §3), with EDNS and the option
 * EXPIRE (RFC 7314 §4), signed if there is a key (RFC 8945). Must not know: sockets, who is asked.
 */
import { UDP_OCTETS_DEFAULT } from '../base/limits.js';
import { CLASS_IN, HEADER_OCTETS, TYPE_IXFR, TYPE_OPT, TYPE_SOA } from '../wire/constants.js';
import { OPT_OCTETS, OPTION_HEAD_OCTETS } from '../wire/edns.js';
import { writeU16, writeU32 } from '../wire/octets.js';
import { signTsigRequest, tsigRequestOctets } from '../wire/tsig.js';
import type { TsigKey } from '../wire/tsig-key.js';
import { TsigVerifier } from '../wire/tsig-stream.js';
import { EDNS_OPTION_EXPIRE } from './expire-option.js';

export type TransferQuestion = {
  readonly id: number;
  /** Uncompressed. */
  readonly apex: Uint8Array;
  readonly type: number;
  /** Of IXFR: what we have. */
  readonly serial: number;
  /** Whether to send EDNS: some old servers end the connection then. */
  readonly edns: boolean;
};

/** A question ready to be sent, and what verifies the replies; null without a key. */
export type WrittenRequest = {
  readonly octets: Uint8Array;
  readonly verifier: TsigVerifier | null;
};

/** Type and class. */
const QUESTION_TAIL_OCTETS = 4;
/** Owner as a pointer, type, class, TTL, RDLENGTH, then two root names and five numbers. */
const IXFR_SOA_OCTETS = 12 + 2 + 20;
const QNAME_POINTER = 0xc000 | HEADER_OCTETS;

/** @param nowSeconds since 1970 */
export function writeRequest(
  question: TransferQuestion,
  key: TsigKey | null,
  nowSeconds: number,
): WrittenRequest {
  const { apex, type } = question;
  const room = key === null ? 0 : tsigRequestOctets(key);
  const octets = new Uint8Array(HEADER_OCTETS + apex.length + 64 + room);
  writeU16(octets, 0, question.id);
  writeU16(octets, 4, 1);
  octets.set(apex, HEADER_OCTETS);
  let at = HEADER_OCTETS + apex.length;
  writeU16(octets, at, type);
  writeU16(octets, at + 2, CLASS_IN);
  at += QUESTION_TAIL_OCTETS;
  if (type === TYPE_IXFR) at = writeSoa(octets, at, question.serial);
  if (question.edns) at = writeExpireOpt(octets, at);
  if (key === null) return { octets: octets.subarray(0, at), verifier: null };
  const { length, mac } = signTsigRequest(octets, at, key, nowSeconds);
  return { octets: octets.subarray(0, length), verifier: new TsigVerifier(key, mac) };
}

/** The authority section of IXFR: only the serial is looked at (RFC 1995 §3). */
function writeSoa(octets: Uint8Array, at: number, serial: number): number {
  writeU16(octets, 8, 1);
  writeU16(octets, at, QNAME_POINTER);
  writeU16(octets, at + 2, TYPE_SOA);
  writeU16(octets, at + 4, CLASS_IN);
  writeU16(octets, at + 10, IXFR_SOA_OCTETS - 12);
  writeU32(octets, at + 14, serial);
  return at + IXFR_SOA_OCTETS;
}

function writeExpireOpt(octets: Uint8Array, at: number): number {
  writeU16(octets, 10, 1);
  writeU16(octets, at + 1, TYPE_OPT);
  writeU16(octets, at + 3, UDP_OCTETS_DEFAULT);
  writeU16(octets, at + 9, OPTION_HEAD_OCTETS);
  writeU16(octets, at + OPT_OCTETS, EDNS_OPTION_EXPIRE);
  return at + OPT_OCTETS + OPTION_HEAD_OCTETS;
}
