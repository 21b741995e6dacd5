/**
 * What one thread counts on one socket, in shared memory: the thread writes, any other reads at any time. A query is
 * counted by the octets that came and went (RFC 1035 §4.1.1, RFC 6891 §6.1, RFC 7873 §4), so that all handlers are
 * counted alike. Must not know: sockets, zones, what the numbers are called.
 */
import { FAR_QTYPES_COUNTED, QTYPES_COUNTED } from '../base/limits.js';
import {
  FLAG_AA,
  FLAG_QR,
  FLAG_RD,
  FLAG_TC,
  HEADER_OCTETS,
  OPCODE_MASK,
  OPCODE_QUERY,
  OPCODE_SHIFT,
  RCODE_FORMERR,
  RCODE_NOERROR,
  TYPE_OPT,
} from '../wire/constants.js';
import { OPT_OCTETS, OPTION_HEAD_OCTETS } from '../wire/edns.js';
import { readU16 } from '../wire/octets.js';
import { RemoteRing, ringOctets } from './remote-ring.js';
import { SIZE_BUCKETS, sizeBucket } from './reply-sizes.js';

export type Transport = 'udp4' | 'udp6' | 'tcp4' | 'tcp6';

// Columns
/** What is no query, and gets no reply. */
export const DROPPED = 0;
export const QUERIES = 1;
export const ANSWER_OCTETS = 2;
export const RD_QUERIES = 3;
export const DO_QUERIES = 4;
export const COOKIE_QUERIES = 5;
export const TRUNCATED = 6;
/** The name is there and the type is not: authoritative, and without an answer section. */
export const NO_DATA = 7;
export const SEND_FAILURES = 8;
/** Connections that are open now. */
export const CONNECTIONS = 9;
/** Queries of a type above QTYPES_COUNTED that got no counter of its own. */
export const OTHER_QTYPES = 10;
/** Queries that were dropped since too many of those that take longer were waiting; they count as queries, too. */
export const OVERLOAD_DROPS = 11;
/** By opcode, without QUERY; the header has four bits for it. */
export const OPCODES = 16;
/** By rcode, of four bits; every answer has one. */
export const RCODES = 32;
const QTYPES = 48;
const FAR_QTYPES = QTYPES + QTYPES_COUNTED;
const SIZES = FAR_QTYPES + FAR_QTYPES_COUNTED;
const COLUMNS = SIZES + SIZE_BUCKETS.length;

const FAR_CODES_AT = COLUMNS * 8;
const RING_AT = FAR_CODES_AT + FAR_QTYPES_COUNTED * 4;

/** Octets of a question from the root label of its name on: that, type and class. */
const QUESTION_TAIL = 5;
/** Where an OPT record has its flags, behind owner, type, size, extended rcode and version; the first has DO. */
const OPT_FLAGS = 7;
const OPT_FLAG_DO = 0x80;
const EDNS_OPTION_COOKIE = 10;

/** Both sides make one over the same buffer. */
export class CounterBlock {
  readonly transport: Transport;
  readonly buffer: SharedArrayBuffer;
  readonly remotes: RemoteRing;
  /** Whole numbers up to 2^53, which a store never tears. */
  private readonly counts: Float64Array;
  /** RR types of the counters from FAR_QTYPES on; 0: not yet in use. */
  private readonly farCodes: Int32Array;

  constructor(transport: Transport, buffer?: SharedArrayBuffer) {
    const addressOctets = transport.endsWith('6') ? 16 : 4;
    this.transport = transport;
    this.buffer = buffer ?? new SharedArrayBuffer(RING_AT + ringOctets(addressOctets));
    this.counts = new Float64Array(this.buffer, 0, COLUMNS);
    this.farCodes = new Int32Array(this.buffer, FAR_CODES_AT, FAR_QTYPES_COUNTED);
    this.remotes = new RemoteRing(this.buffer, RING_AT, addressOctets);
  }

  /** The number of a column. */
  count(column: number): number {
    return this.counts[column]!;
  }

  /** Octets of the largest reply and number of replies, for each bucket of sizes. */
  *replySizes(): Iterable<readonly [octetsMax: number, count: number]> {
    for (const [bucket, octetsMax] of SIZE_BUCKETS.entries()) {
      yield [octetsMax, this.count(SIZES + bucket)];
    }
  }

  /** RR types that were asked for, without those of OTHER_QTYPES. */
  *qtypes(): Iterable<readonly [code: number, count: number]> {
    for (let code = 0; code < QTYPES_COUNTED; code++) yield [code, this.count(QTYPES + code)];
    for (const [i, code] of this.farCodes.entries()) yield [code, this.count(FAR_QTYPES + i)];
  }

  // === hot path

  /**
   * Counts what arrived.
   * @param length octets of the reply, 0 if there is none
   */
  add(request: Uint8Array, requestLength: number, response: Uint8Array, length: number): void {
    const { counts } = this;
    if (requestLength < HEADER_OCTETS || (readU16(request, 2) & FLAG_QR) !== 0) {
      increase(counts, DROPPED, 1);
      return;
    }
    increase(counts, QUERIES, 1);
    if (length === 0) return;
    const flags = readU16(response, 2);
    const rcode = flags & 0xf;
    increase(counts, ANSWER_OCTETS, length);
    increase(counts, RCODES + rcode, 1);
    increase(counts, SIZES + sizeBucket(length), 1);
    const opcode = (flags & OPCODE_MASK) >>> OPCODE_SHIFT;
    if (opcode !== OPCODE_QUERY) increase(counts, OPCODES + opcode, 1);
    if ((flags & FLAG_RD) !== 0) increase(counts, RD_QUERIES, 1);
    if ((flags & FLAG_TC) !== 0) increase(counts, TRUNCATED, 1);
    else if (rcode === RCODE_NOERROR && (flags & FLAG_AA) !== 0 && readU16(response, 6) === 0) {
      increase(counts, NO_DATA, 1);
    }
    // The question comes back if it could be read; nothing behind a fault is believed.
    if (readU16(response, 4) === 1 && rcode !== RCODE_FORMERR) {
      this.addQuestion(request, requestLength);
    }
  }

  /** Counts a further message of a reply that has several. */
  addFurther(length: number): void {
    increase(this.counts, ANSWER_OCTETS, length);
  }

  /** A query, counted by `add`, that got no reply for want of time. */
  addOverloadDrop(): void {
    increase(this.counts, OVERLOAD_DROPS, 1);
  }

  /** Replies that could not be sent; they count as answers. */
  addSendFailures(count: number): void {
    increase(this.counts, SEND_FAILURES, count);
  }

  /** @param change 1 for a connection opened, -1 for one closed */
  addConnections(change: number): void {
    increase(this.counts, CONNECTIONS, change);
  }

  private addQuestion(request: Uint8Array, length: number): void {
    let at = HEADER_OCTETS;
    let label = request[at]!;
    while (label !== 0 && at + label < length) {
      at += label + 1;
      label = request[at]!;
    }
    if (at + QUESTION_TAIL > length) return;
    this.addQtype(readU16(request, at + 1));
    // A query has no answer or authority section, and OPT comes first in additional. What else there is, is rare.
    const opt = at + QUESTION_TAIL;
    if (opt + OPT_OCTETS > length || readU16(request, 10) === 0) return;
    if (request[opt + 2]! !== TYPE_OPT || request[opt + 1]! !== 0 || request[opt]! !== 0) return;
    if ((request[opt + OPT_FLAGS]! & OPT_FLAG_DO) !== 0) increase(this.counts, DO_QUERIES, 1);
    if (opt + OPT_OCTETS < length) this.addOptions(request, opt + OPT_OCTETS, length);
  }

  /** Options of an OPT record whose RDATA begins at `start`. */
  private addOptions(request: Uint8Array, start: number, length: number): void {
    const end = Math.min(length, start + readU16(request, start - 2));
    for (let at = start; at + OPTION_HEAD_OCTETS <= end; ) {
      if (readU16(request, at) === EDNS_OPTION_COOKIE) {
        increase(this.counts, COOKIE_QUERIES, 1);
        return;
      }
      at += OPTION_HEAD_OCTETS + readU16(request, at + 2);
    }
  }

  private addQtype(code: number): void {
    if (code < QTYPES_COUNTED) {
      increase(this.counts, QTYPES + code, 1);
      return;
    }
    const { farCodes } = this;
    for (let i = 0; i < FAR_QTYPES_COUNTED; i++) {
      if (farCodes[i] === 0) farCodes[i] = code;
      if (farCodes[i] === code) {
        increase(this.counts, FAR_QTYPES + i, 1);
        return;
      }
    }
    increase(this.counts, OTHER_QTYPES, 1);
  }
}

function increase(counts: Float64Array, column: number, by: number): void {
  counts[column] = counts[column]! + by;
}
