/**
 * Replies without records: question, OPT record, header. What they say is a response code (RFC 1035 §4.1.1) and an
 * extended error (RFC 8914). Must not know: zones, signatures, who gets them.
 */

import { ClientSubnet } from '../wire/client-subnet.js';
import {
  FLAG_AA,
  FLAG_QR,
  FLAG_RD,
  HEADER_OCTETS,
  OPCODE_MASK,
  OPCODE_NOTIFY,
  OPCODE_QUERY,
  RCODE_MASK,
  RCODE_NOERROR,
} from '../wire/constants.js';
import { EDE_NONE, writeOpt } from '../wire/edns.js';
import { writeU16 } from '../wire/octets.js';
import type { Request } from '../wire/request.js';

/** None: these replies are the same for all networks. */
const NO_SUBNET = new ClientSubnet();

/**
 * Writes a reply.
 * @param octets has room: a question, an OPT record and a header at most
 * @param request what the reply is to, as `parseRequest` found it in `from`
 * @param udpOctetsMax what our OPT record says
 * @returns its length
 */
export function writeShortReply(
  octets: Uint8Array,
  request: Request,
  from: Uint8Array,
  rcode: number,
  udpOctetsMax: number,
  ede = EDE_NONE,
): number {
  const { edns, opcode, questionOctets } = request;
  // Other operations have bodies of their own: nothing but the header comes back.
  const hasQuestion = opcode === OPCODE_QUERY || opcode === OPCODE_NOTIFY;
  let at = HEADER_OCTETS;
  if (hasQuestion) {
    octets.set(from.subarray(HEADER_OCTETS, HEADER_OCTETS + questionOctets), HEADER_OCTETS);
    at += questionOctets;
  }
  if (edns.present) {
    at = writeOpt(octets, at, udpOctetsMax, rcode, edns.dnssecOk, null, ede, NO_SUBNET, 0);
  }
  // RFC 1996 §4.7: the reply to a NOTIFY that is taken is authoritative. RD means something in queries only.
  const flag = opcode === OPCODE_QUERY ? request.flags & FLAG_RD : 0;
  const taken = opcode === OPCODE_NOTIFY && rcode === RCODE_NOERROR ? FLAG_AA : 0;
  writeU16(octets, 0, request.id);
  writeU16(
    octets,
    2,
    FLAG_QR | (request.flags & OPCODE_MASK) | flag | taken | (rcode & RCODE_MASK),
  );
  writeU16(octets, 4, hasQuestion ? 1 : 0);
  writeU16(octets, 6, 0);
  writeU16(octets, 8, 0);
  writeU16(octets, 10, edns.present ? 1 : 0);
  return at;
}
