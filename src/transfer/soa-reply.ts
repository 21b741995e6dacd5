/**
 * Reads the reply to a question for a zone's SOA, by which a secondary sees whether there is a newer version (RFC 1034
 * §4.3.5). Must not know: sockets, signatures, what we have.
 */
import { CLASS_IN, FLAG_AA, FLAG_TC, TYPE_OPT, TYPE_SOA } from '../wire/constants.js';
import { readU32 } from '../wire/octets.js';
import { rcodeText } from '../wire/rcode-text.js';
import { checkRdata } from '../wire/rdata-check.js';
import { sameName } from '../wire/tsig-key.js';
import { findExpire } from './expire-option.js';
import { type ReplyQuestion, ReplyWalk } from './reply-walk.js';
import { fault, type TransferFault } from './transfer-faults.js';
import { expandName, expandRdata } from './xfr-rdata.js';

export type SoaReply =
  | { readonly kind: 'soa'; readonly serial: number; readonly expireSeconds: number | null }
  /** The reply does not fit UDP. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'fault'; readonly fault: TransferFault };

const SOA_NUMBERS_OCTETS = 20;
/** Two names and five numbers. */
const SOA_OCTETS_MAX = 2 * 255 + SOA_NUMBERS_OCTETS;

export function readSoaReply(
  octets: Uint8Array,
  length: number,
  question: ReplyQuestion,
): SoaReply {
  const walk = new ReplyWalk();
  const wrong = walk.begin(octets, length, question, true);
  if (wrong !== null) return { kind: 'fault', fault: wrong };
  const { rcode } = walk;
  if (rcode !== 0) {
    return failed(fault('refused', `the primary answers ${rcodeText(rcode)}`, rcode));
  }
  if ((walk.flags & FLAG_TC) !== 0) return { kind: 'truncated' };
  let serial: number | null = null;
  let expireSeconds: number | null = null;
  const count = walk.answers + walk.authorities + walk.additionals;
  for (let i = 0; i < count; i++) {
    if (!walk.next()) return failed(fault('malformed', 'a record that is cut short'));
    if (i < walk.answers) serial ??= serialOf(octets, walk, question.apex);
    else if (walk.type === TYPE_OPT) expireSeconds ??= findExpire(octets, walk.rdata, walk.end);
  }
  if ((walk.flags & FLAG_AA) === 0) return failed(fault('lame', 'an answer without authority'));
  if (serial === null) return failed(fault('lame', 'an answer without the SOA'));
  return { kind: 'soa', serial, expireSeconds };
}

function failed(wrong: TransferFault): SoaReply {
  return { kind: 'fault', fault: wrong };
}

/** The serial, if the record is the zone's SOA. */
function serialOf(octets: Uint8Array, walk: ReplyWalk, apex: Uint8Array): number | null {
  if (walk.type !== TYPE_SOA || walk.class !== CLASS_IN) return null;
  const owner = new Uint8Array(256);
  if (expandName(octets, walk.owner, walk.end, owner, 0) < 0) return null;
  if (!sameName(owner.subarray(0, apex.length), apex)) return null;
  const rdata = new Uint8Array(SOA_OCTETS_MAX + 256);
  const size = expandRdata(TYPE_SOA, octets, walk.rdata, walk.end, rdata);
  if (size < 0 || checkRdata(TYPE_SOA, rdata, 0, size) !== null) return null;
  return readU32(rdata, size - SOA_NUMBERS_OCTETS);
}
