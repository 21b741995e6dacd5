/**
 * Walks through a reply in place: whether it answers our question (RFC 1035 §4.1, RFC 5936 §2.2), then record by
 * record. What is malformed is a fault, never a throw. Must not know: what the records mean.
 */
import {
  CLASS_IN,
  FLAG_QR,
  HEADER_OCTETS,
  OPCODE_MASK,
  OPCODE_QUERY,
  OPCODE_SHIFT,
} from '../wire/constants.js';
import { skipName } from '../wire/name.js';
import { readU16, readU32 } from '../wire/octets.js';
import { sameName } from '../wire/tsig-key.js';
import { fault, type TransferFault } from './transfer-faults.js';
import { expandName } from './xfr-rdata.js';

/** What was asked. */
export type ReplyQuestion = {
  readonly id: number;
  /** Uncompressed. */
  readonly apex: Uint8Array;
  readonly type: number;
};

const RCODE_MASK = 0xf;
/** Type, class, TTL and RDLENGTH. */
const RECORD_FIXED_OCTETS = 10;
const NAME_ROOM_OCTETS = 256;

/** One reply at a time; the fields of a record are valid until the next. */
export class ReplyWalk {
  /** The header's second word. */
  flags = 0;
  /** Records of the answer section, of the authority section, and of the additional section. */
  answers = 0;
  authorities = 0;
  additionals = 0;
  /** Offset of the record's owner name. */
  owner = 0;
  type = 0;
  class = 0;
  ttl = 0;
  rdata = 0;
  end = 0;
  private octets: Uint8Array = new Uint8Array(0);
  private length = 0;
  private readonly name: Uint8Array = new Uint8Array(NAME_ROOM_OCTETS);

  get rcode(): number {
    return this.flags & RCODE_MASK;
  }

  /**
   * Begins a reply in `octets[0, length)`, which stays the caller's.
   * @param echoes whether the question must be there; later messages of a stream may leave it out
   */
  begin(
    octets: Uint8Array,
    length: number,
    question: ReplyQuestion,
    echoes: boolean,
  ): TransferFault | null {
    if (length < HEADER_OCTETS) return fault('malformed', 'a message shorter than its header');
    this.octets = octets;
    this.length = length;
    this.flags = readU16(octets, 2);
    this.answers = readU16(octets, 6);
    this.authorities = readU16(octets, 8);
    this.additionals = readU16(octets, 10);
    this.end = HEADER_OCTETS;
    if ((this.flags & FLAG_QR) === 0) return fault('malformed', 'a query instead of a reply');
    if ((this.flags & OPCODE_MASK) >>> OPCODE_SHIFT !== OPCODE_QUERY) {
      return fault('foreign', 'a reply with another opcode');
    }
    if (readU16(octets, 0) !== question.id) return fault('foreign', 'a reply with another id');
    return this.checkQuestion(question, echoes);
  }

  /**
   * Goes to the next record.
   * @returns whether there is one; false is a message cut short
   */
  next(): boolean {
    const { octets, length } = this;
    this.owner = this.end;
    const at = skipName(octets, this.owner, length);
    if (at < 0 || at + RECORD_FIXED_OCTETS > length) return false;
    this.type = readU16(octets, at);
    this.class = readU16(octets, at + 2);
    this.ttl = readU32(octets, at + 4);
    this.rdata = at + RECORD_FIXED_OCTETS;
    this.end = this.rdata + readU16(octets, at + 8);
    return this.end <= length;
  }

  private checkQuestion(question: ReplyQuestion, echoes: boolean): TransferFault | null {
    const { octets, length, name } = this;
    const count = readU16(octets, 4);
    // An error may come as a bare header.
    if (count === 0) {
      const isBare = echoes && this.rcode === 0;
      return isBare ? fault('malformed', 'a reply without the question') : null;
    }
    if (count > 1) return fault('malformed', 'a reply with several questions');
    const at = expandName(octets, HEADER_OCTETS, length, name, 0);
    if (at < 0 || at + 4 > length) return fault('malformed', 'a question that is no question');
    this.end = at + 4;
    const isOurs =
      sameName(name.subarray(0, question.apex.length), question.apex) &&
      readU16(octets, at) === question.type &&
      readU16(octets, at + 2) === CLASS_IN;
    return isOurs ? null : fault('foreign', 'a reply to another question');
  }
}
