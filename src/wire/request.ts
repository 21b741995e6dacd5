/**
 * Reads a query in place into one reused `Request`: header and question (RFC 1035 §4.1.1–4.1.2), then a safe walk over
 * whatever records follow, for OPT (RFC 6891 §6.1.1) and TSIG (RFC 8945 §5.1). Must not know: zones, answers.
 */
import {
  FLAG_QR,
  HEADER_OCTETS,
  OPCODE_MASK,
  OPCODE_SHIFT,
  RCODE_FORMERR,
  RCODE_NOERROR,
  TYPE_OPT,
  TYPE_TSIG,
} from './constants.js';
import { Edns, readOpt, resetEdns } from './edns.js';
import { NameView, parseName, skipName } from './name.js';
import { readU16 } from './octets.js';

/** `parseRequest`: nobody is owed a reply. */
export const REQUEST_DROP = -1;

/** One query, reused from packet to packet. Holds the packet's octets only through `qname`. */
export class Request {
  id = 0;
  /** The header's second word. */
  flags = 0;
  opcode = 0;
  readonly qname: NameView = new NameView();
  qtype = 0;
  qclass = 0;
  /** Octets of the question section that a reply may echo; 0 if it could not be read. */
  questionOctets = 0;
  readonly edns: Edns = new Edns();
  /** Offset of the TSIG record's owner name, 0 if there is none. */
  tsigOffset = 0;
}

// === hot path

const SECTION_ADDITIONAL = 2;
/** Type, class, TTL and RDLENGTH. */
const RECORD_FIXED_OCTETS = 10;

/**
 * Takes a packet apart.
 * @returns RCODE_NOERROR, RCODE_FORMERR, or REQUEST_DROP for what is no query. After FORMERR the fields hold what was
 * read up to the fault.
 */
export function parseRequest(request: Request, octets: Uint8Array, length: number): number {
  request.questionOctets = 0;
  request.qtype = 0;
  request.qclass = 0;
  request.tsigOffset = 0;
  resetEdns(request.edns);
  // An answer to a response could start a loop between servers, RFC 1035 §7.3; a torn header names no transaction.
  if (length < HEADER_OCTETS) return REQUEST_DROP;
  request.id = readU16(octets, 0);
  request.flags = readU16(octets, 2);
  request.opcode = (request.flags & OPCODE_MASK) >>> OPCODE_SHIFT;
  if ((request.flags & FLAG_QR) !== 0) return REQUEST_DROP;
  const questions = readU16(octets, 4);
  if (questions === 0) {
    // Not a query (RFC 9619 §4), but the OPT record still says how to reply.
    walkRecords(request, octets, HEADER_OCTETS, length);
    return RCODE_FORMERR;
  }
  if (questions > 1) return RCODE_FORMERR;
  const nameOctets = parseName(request.qname, octets, HEADER_OCTETS, length);
  if (nameOctets < 0 || HEADER_OCTETS + nameOctets + 4 > length) return RCODE_FORMERR;
  const at = HEADER_OCTETS + nameOctets;
  request.qtype = readU16(octets, at);
  request.qclass = readU16(octets, at + 2);
  request.questionOctets = nameOctets + 4;
  return walkRecords(request, octets, at + 4, length);
}

/** Octets after the last record are nobody's business: BIND and NSD do not look at them either. */
function walkRecords(request: Request, octets: Uint8Array, start: number, length: number): number {
  let at = start;
  for (let section = 0; section <= SECTION_ADDITIONAL && at >= 0; section++) {
    const count = readU16(octets, 6 + 2 * section);
    for (let i = 0; i < count && at >= 0; i++) {
      at = walkRecord(request, octets, at, length, section);
    }
  }
  if (at >= 0) return RCODE_NOERROR;
  // What a malformed message said about EDNS does not count.
  resetEdns(request.edns);
  return RCODE_FORMERR;
}

/** @returns the offset after the record, or -1 if it makes the message malformed. */
function walkRecord(
  request: Request,
  octets: Uint8Array,
  owner: number,
  length: number,
  section: number,
): number {
  // RFC 8945 §5.1: TSIG is the last record of the message.
  if (request.tsigOffset !== 0) return -1;
  const at = skipName(octets, owner, length);
  if (at < 0 || at + RECORD_FIXED_OCTETS > length) return -1;
  const type = readU16(octets, at);
  const end = at + RECORD_FIXED_OCTETS + readU16(octets, at + 8);
  if (end > length) return -1;
  if (type === TYPE_OPT) {
    // RFC 6891 §6.1.1: one OPT, owned by the root, in the additional section.
    if (request.edns.present || section !== SECTION_ADDITIONAL || octets[owner]! !== 0) return -1;
    if (!readOpt(request.edns, octets, at)) return -1;
  } else if (type === TYPE_TSIG) {
    if (section !== SECTION_ADDITIONAL) return -1;
    request.tsigOffset = owner;
  }
  return end;
}
