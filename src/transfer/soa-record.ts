/**
 * The SOA record that an IXFR or NOTIFY carries to say which serial somebody has: RFC 1995 §3, RFC 1996 §3.7.
 * Must not know: what the serial is compared with.
 */
import { CLASS_IN, HEADER_OCTETS, TYPE_SOA } from '../wire/constants.js';
import { NameView, parseName, skipName } from '../wire/name.js';
import { readU16, readU32 } from '../wire/octets.js';
import type { Request } from '../wire/request.js';
import { sameName } from '../wire/tsig-key.js';

/** Type, class, TTL and RDLENGTH. */
const RECORD_FIXED_OCTETS = 10;
/** Serial and four periods, behind two names. */
const SOA_NUMBERS_OCTETS = 20;
const POINTER_BITS = 0xc0;

// Offsets of the header's counts
export const ANSWER_COUNT = 6;
export const AUTHORITY_COUNT = 8;

/**
 * The serial of the SOA of the question's name, the first record after the question.
 * @param request well-formed, as `parseRequest` found it in `octets`
 * @param count where the header counts records of the section that it is to be in; sections before that are empty
 * @returns `null` if it is not there, or is none
 */
export function soaSerial(request: Request, octets: Uint8Array, count: number): number | null {
  if (readU16(octets, count) === 0) return null;
  if (count === AUTHORITY_COUNT && readU16(octets, ANSWER_COUNT) !== 0) return null;
  const owner = HEADER_OCTETS + request.questionOctets;
  const head = skipName(octets, owner, octets.length);
  if (!isQname(request, octets, owner)) return null;
  if (readU16(octets, head) !== TYPE_SOA || readU16(octets, head + 2) !== CLASS_IN) return null;
  const rdata = head + RECORD_FIXED_OCTETS;
  const end = rdata + readU16(octets, head + 8);
  const rname = skipName(octets, rdata, end);
  const numbers = rname < 0 ? -1 : skipName(octets, rname, end);
  if (numbers < 0 || numbers + SOA_NUMBERS_OCTETS !== end) return null;
  return readU32(octets, numbers);
}

/** Whether the name at `offset` is the question's; a pointer is one to the question or another name. */
function isQname({ qname }: Request, octets: Uint8Array, offset: number): boolean {
  if (octets[offset]! >= POINTER_BITS) {
    return (readU16(octets, offset) & 0x3fff) === HEADER_OCTETS;
  }
  const length = parseName(new NameView(), octets, offset, octets.length);
  if (length < 0) return false;
  const question = octets.subarray(qname.offset, qname.offset + qname.length);
  return sameName(octets.subarray(offset, offset + length), question);
}
