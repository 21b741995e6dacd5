/**
 * NOTIFY messages as octets: writes the request of a primary and reads a secondary's reply (RFC 1996 §3, §4).
 * Must not know: sockets, who is to be notified.
 */
import { UDP_OCTETS_PLAIN } from '../base/limits.js';
import {
  CLASS_IN,
  FLAG_AA,
  FLAG_QR,
  HEADER_OCTETS,
  OPCODE_MASK,
  OPCODE_NOTIFY,
  OPCODE_SHIFT,
  RCODE_MASK,
  TYPE_SOA,
} from './constants.js';
import { NameView, parseName } from './name.js';
import { readU16, writeU16 } from './octets.js';

/** What a reply says, and which message it is of. */
export type NotifyReply = {
  readonly id: number;
  readonly rcode: number;
  /** Octets of the name in the question, a view of the message; `null` if there is no question. */
  readonly apex: Uint8Array | null;
};

/** Type and class. */
const QUESTION_TAIL_OCTETS = 4;
/** Owner name as a pointer, type, class, TTL and RDLENGTH. */
const SOA_HEAD_OCTETS = 12;
/** Points at the question's name, RFC 1035 §4.1.4. */
const QNAME_POINTER = 0xc000 | HEADER_OCTETS;
const NOTIFY_BITS = OPCODE_NOTIFY << OPCODE_SHIFT;

/**
 * Writes the NOTIFY of a zone in class IN.
 * @param apex a valid uncompressed name
 * @param soa RDATA of the zone's SOA without compression, for the answer section; `null` for none. It is left out
 * where the message would not fit UDP without EDNS, since it is only a hint (RFC 1996 §3.7).
 */
export function writeNotify(id: number, apex: Uint8Array, soa: Uint8Array | null): Uint8Array {
  const questionEnd = HEADER_OCTETS + apex.length + QUESTION_TAIL_OCTETS;
  const length = questionEnd + (soa === null ? 0 : SOA_HEAD_OCTETS + soa.length);
  const hint = length <= UDP_OCTETS_PLAIN ? soa : null;
  const octets = new Uint8Array(hint === null ? questionEnd : length);
  writeU16(octets, 0, id);
  writeU16(octets, 2, NOTIFY_BITS | FLAG_AA);
  writeU16(octets, 4, 1);
  octets.set(apex, HEADER_OCTETS);
  writeU16(octets, questionEnd - 4, TYPE_SOA);
  writeU16(octets, questionEnd - 2, CLASS_IN);
  if (hint === null) return octets;
  writeU16(octets, 6, 1);
  writeU16(octets, questionEnd, QNAME_POINTER);
  writeU16(octets, questionEnd + 2, TYPE_SOA);
  writeU16(octets, questionEnd + 4, CLASS_IN);
  // The TTL stays 0: nobody is to keep a record that came unasked.
  writeU16(octets, questionEnd + 10, hint.length);
  octets.set(hint, questionEnd + SOA_HEAD_OCTETS);
  return octets;
}

/**
 * Reads a reply. What follows the question is not looked at, and there may be none: NSD refuses with a bare header.
 * @returns `null` for what is no reply to the NOTIFY of a zone in class IN
 */
export function readNotifyReply(octets: Uint8Array): NotifyReply | null {
  if (octets.length < HEADER_OCTETS) return null;
  const flags = readU16(octets, 2);
  const isReply = (flags & FLAG_QR) !== 0 && (flags & OPCODE_MASK) === NOTIFY_BITS;
  if (!isReply) return null;
  const id = readU16(octets, 0);
  const rcode = flags & RCODE_MASK;
  const questions = readU16(octets, 4);
  if (questions === 0) return { id, rcode, apex: null };
  if (questions > 1) return null;
  const length = parseName(new NameView(), octets, HEADER_OCTETS, octets.length);
  const tail = HEADER_OCTETS + length;
  if (length < 0 || tail + QUESTION_TAIL_OCTETS > octets.length) return null;
  if (readU16(octets, tail) !== TYPE_SOA || readU16(octets, tail + 2) !== CLASS_IN) return null;
  return { id, rcode, apex: octets.subarray(HEADER_OCTETS, tail) };
}
