/**
 * The engine: octets of a query in, octets of the reply out, authoritative only. Decides what kind of question it is
 * and owns header and OPT; answers come from answer.ts and chaos.ts. What needs more than zones and a question it
 * leaves to others: transfers, NOTIFY, signatures, access lists. RFC 1035 §4.1, RFC 6891 §6–7, RFC 7766 §8.
 * Synchronous, without I/O or allocation, and it cannot throw; the clock that it is given is read for zones that depend
 * on time. Must not know: sockets, files, what is in a location.
 */
import { MESSAGE_OCTETS_MAX, SERVER_ID_OCTETS_MAX, UDP_OCTETS_PLAIN } from '../base/limits.js';
import { NONE } from '../index/zone-index.js';
import type { ZoneSlot, ZoneTable } from '../index/zone-table.js';
import { ClientSubnet } from '../wire/client-subnet.js';
import {
  CLASS_ANY,
  CLASS_CH,
  CLASS_IN,
  FLAG_AA,
  FLAG_QR,
  FLAG_RD,
  OPCODE_MASK,
  OPCODE_NOTIFY,
  OPCODE_QUERY,
  RCODE_BADVERS,
  RCODE_FORMERR,
  RCODE_NOERROR,
  RCODE_NOTAUTH,
  RCODE_NOTIMP,
  RCODE_REFUSED,
  TYPE_ANY,
  TYPE_AXFR,
  TYPE_IXFR,
  TYPE_MAILA,
  TYPE_MAILB,
  TYPE_OPT,
} from '../wire/constants.js';
import {
  EDE_NONE,
  EDE_OPTION_OCTETS,
  OPT_OCTETS,
  OPTION_HEAD_OCTETS,
  writeOpt,
} from '../wire/edns.js';
import { parseRequest, REQUEST_DROP, type Request } from '../wire/request.js';
import { answerQuestion, RESTRICTED } from './answer.js';
import { answerChaos, ChaosTable } from './chaos.js';
import { QueryContext } from './context.js';

/** What an operator may choose about answers; BIND's words where BIND has them. */
export type EngineOptions = {
  /** Answers ANY with all RRsets instead of one (RFC 8482 §4.1 off). */
  readonly anyFull: boolean;
  /** `no`: apex NS in authority and addresses; `no-auth`: addresses only; `yes`: neither. Referrals stay whole. */
  readonly minimalResponses: 'yes' | 'no-auth' | 'no';
  /** Begins the records of an RRset with another one from query to query, as BIND does. */
  readonly roundRobin: boolean;
  /** Octets of the largest UDP reply, and what our OPT record says. */
  readonly udpOctetsMax: number;
  /** version.bind and version.server; `null`: refused. */
  readonly version: string | null;
  /** hostname.bind; `null`: refused. */
  readonly hostname: string | null;
  /** id.server and NSID; `null`: refused and not told. */
  readonly serverId: string | null;
  /** Lets a resolver say for which network it asks, RFC 7871. */
  readonly clientSubnet: boolean;
  /** A question that falls into no zone gets no reply, as from tinydns, instead of REFUSED. */
  readonly outsideDrop: boolean;
  /** Leaves transfers, NOTIFY, signed queries and restricted zones to others (DEFERRED) instead of refusing them. */
  readonly defers: boolean;
};

/** `processQuery`: a reply is owed, but by somebody who can do more than the engine. */
export const DEFERRED = -1;
/** `processQuery`: no reply is owed. */
const NO_REPLY = 0;
/** `dispatch`: the reply is complete but for its OPT record and header. */
const REPLY = 1;

/** One per thread. Reads the zone table, which its owner changes between queries only. */
export class Engine {
  /** Facts of the last query that got a reply, for counters. */
  rcode: number = RCODE_NOERROR;
  opcode = 0;
  /** 0 if the question could not be read. */
  qtype = 0;
  qclass = 0;
  /** The reply header's second word. */
  replyFlags = 0;
  /** Whether the query had an OPT record. */
  edns = false;
  dnssecOk = false;
  /** Where the question fell, or NONE; also if no reply is owed. */
  zone: ZoneSlot = NONE;
  /** Octets that replies leave free at their end, beside those of OPT; any number: the question always goes in. */
  reservedOctets = 0;
  /** Octets of the largest UDP reply. */
  readonly udpOctetsMax: number;
  private readonly ctx: QueryContext;
  private readonly chaos: ChaosTable;
  private readonly nsid: Uint8Array | null;
  private readonly turnStep: 0 | 1;
  private readonly clientSubnet: boolean;
  private readonly subnet = new ClientSubnet();
  private readonly outsideDrop: boolean;
  private readonly defers: boolean;

  /** @param clock whole seconds of Unix time; the system's without it */
  constructor(zones: ZoneTable, options: EngineOptions, clock?: () => number) {
    this.ctx = new QueryContext(zones, options, clock);
    this.clientSubnet = options.clientSubnet;
    this.chaos = new ChaosTable(options);
    this.nsid =
      options.serverId === null
        ? null
        : Buffer.from(options.serverId).subarray(0, SERVER_ID_OCTETS_MAX);
    this.turnStep = options.roundRobin ? 1 : 0;
    this.udpOctetsMax = Math.max(UDP_OCTETS_PLAIN, options.udpOctetsMax);
    this.outsideDrop = options.outsideDrop;
    this.defers = options.defers;
  }

  // === hot path

  /**
   * Answers one packet.
   * @param response 65535 octets, not the request's.
   * @param client the address that asks, 4 or 16 octets, for zones that depend on it; any other number is nobody's.
   * @returns octets of the reply in `response`; 0: no reply is owed; DEFERRED: nothing of use is in `response`.
   */
  processQuery(
    request: Uint8Array,
    requestLength: number,
    response: Uint8Array,
    overTcp: boolean,
    client: Uint8Array,
  ): number {
    const ctx = this.ctx;
    const query = ctx.request;
    const verdict = parseRequest(query, request, requestLength);
    if (verdict === REQUEST_DROP) return NO_REPLY;
    if (this.defers && verdict === RCODE_NOERROR && isForPeers(query, overTcp)) return DEFERRED;
    ctx.reset(client);
    ctx.writer.turn = (ctx.writer.turn + this.turnStep) & 0xffff;
    this.zone = NONE;
    const edns = query.edns;
    const nsid = edns.wantsNsid ? this.nsid : null;
    const hasGoodSubnet = !this.clientSubnet || this.takeSubnet(request);
    const limit = overTcp ? MESSAGE_OCTETS_MAX : this.udpLimit(edns.present, edns.udpOctets);
    const optOctets = edns.present ? this.optOctets(nsid) : 0;
    ctx.writer.begin(response, limit - optOctets - this.reservedOctets);
    if (query.opcode !== OPCODE_QUERY) {
      // Other operations have bodies of their own; like BIND and NSD, echo nothing but the header.
      ctx.rcode = this.defers && query.opcode === OPCODE_NOTIFY ? RCODE_FORMERR : RCODE_NOTIMP;
    } else {
      if (query.questionOctets !== 0) ctx.writer.writeQuestion(query.qname, query.questionOctets);
      if (verdict !== RCODE_NOERROR) ctx.rcode = verdict;
      else if (!hasGoodSubnet) ctx.rcode = RCODE_FORMERR;
      else {
        const outcome = this.dispatch();
        if (outcome !== REPLY) {
          ctx.forget();
          return outcome;
        }
      }
    }
    return this.finish(nsid);
  }

  private udpLimit(present: boolean, offered: number): number {
    // RFC 6891 §6.2.3: values below 512 count as 512.
    if (!present || offered <= UDP_OCTETS_PLAIN) return UDP_OCTETS_PLAIN;
    return offered < this.udpOctetsMax ? offered : this.udpOctetsMax;
  }

  private optOctets(nsid: Uint8Array | null): number {
    const subnetOctets = this.subnet.present ? this.subnet.octets() : 0;
    return OPT_OCTETS + subnetOctets + (nsid === null ? 0 : OPTION_HEAD_OCTETS + nsid.length);
  }

  /** @returns false if the option is malformed: RFC 7871 §7.2.1 wants FORMERR then. */
  private takeSubnet(request: Uint8Array): boolean {
    const { subnet, ctx } = this;
    const { edns } = ctx.request;
    subnet.present = false;
    // what an option of another version means is not known
    if (edns.subnetOffset === 0 || edns.version !== 0) return true;
    if (!subnet.read(request, edns.subnetOffset)) return false;
    // RFC 7871 §7.1.2: no bits is no network, and the resolver is asking for itself.
    if (subnet.sourceBits > 0) ctx.viewpoint.address = subnet.address;
    return true;
  }

  /**
   * What the reply's client subnet covers. Of names that do not exist, too: RFC 7871 §7.4 would have 0 there, but then
   * a name that only one location has would be denied to it as well.
   */
  private scopeBits(): number {
    return this.subnet.sourceBits === 0 ? 0 : this.ctx.viewpoint.scopeBits;
  }

  /** Sorts out what is not an ordinary question, from the header inwards. @returns REPLY, NO_REPLY or DEFERRED. */
  private dispatch(): number {
    const ctx = this.ctx;
    const query = ctx.request;
    // RFC 6891 §6.1.3: say which version we speak, and nothing else.
    if (query.edns.version !== 0) ctx.rcode = RCODE_BADVERS;
    // RFC 8945 §5.2: no key is known here.
    else if (query.tsigOffset !== 0) ctx.rcode = RCODE_NOTAUTH;
    else if (query.qclass === CLASS_CH) answerChaos(ctx, this.chaos);
    else if (query.qclass !== CLASS_IN && query.qclass !== CLASS_ANY) ctx.rcode = RCODE_REFUSED;
    else if (isMetaType(query.qtype)) ctx.rcode = metaRcode(query.qtype, this.defers);
    else {
      const zone = answerQuestion(ctx);
      if (zone === RESTRICTED) return DEFERRED;
      this.zone = zone;
      if (zone === NONE && this.outsideDrop) return NO_REPLY;
    }
    // RFC 1035 §6.2: no answer covers every class, so none is authoritative.
    if (query.qclass === CLASS_ANY) ctx.flags &= ~FLAG_AA;
    return REPLY;
  }

  private finish(nsid: Uint8Array | null): number {
    const ctx = this.ctx;
    const query = ctx.request;
    const writer = ctx.writer;
    const edns = query.edns;
    if (edns.present) {
      const ede = writer.position + EDE_OPTION_OCTETS <= writer.limit ? ctx.ede : EDE_NONE;
      writer.position = writeOpt(
        writer.octets,
        writer.position,
        this.udpOctetsMax,
        ctx.rcode,
        edns.dnssecOk,
        nsid,
        ede,
        this.subnet,
        this.scopeBits(),
      );
      writer.counts[2] = writer.counts[2]! + 1;
    }
    // RFC 1035 §4.1.1: RD comes back. RFC 4035 §3.1.6: CD is cleared; never RA or AD.
    const echoed = query.flags & (OPCODE_MASK | FLAG_RD);
    this.replyFlags = FLAG_QR | echoed | ctx.flags | (ctx.rcode & 0xf);
    this.rcode = ctx.rcode;
    this.opcode = query.opcode;
    this.qtype = query.qtype;
    this.qclass = query.qclass;
    this.edns = edns.present;
    this.dnssecOk = edns.dnssecOk;
    ctx.forget();
    return writer.finish(query.id, this.replyFlags);
  }
}

/**
 * Whether a well-formed request is one of those between servers, or signed: a matter of keys and access lists.
 * RFC 5936 §4.2: AXFR is not defined over UDP; IXFR is, RFC 1995 §2.
 */
function isForPeers(query: Request, overTcp: boolean): boolean {
  if (query.tsigOffset !== 0 || query.opcode === OPCODE_NOTIFY) return true;
  if (query.qtype !== TYPE_IXFR && query.qtype !== TYPE_AXFR) return false;
  if (query.opcode !== OPCODE_QUERY || query.qclass !== CLASS_IN) return false;
  return overTcp || query.qtype === TYPE_IXFR;
}

/** OPT and the types of RFC 6895 §3.1 that are no data. ANY is answered as data. */
function isMetaType(qtype: number): boolean {
  return qtype === TYPE_OPT || (qtype >= 128 && qtype < TYPE_ANY);
}

/** @param defers whether there are transfers: then those that come here are over UDP or of no class (as BIND has it) */
function metaRcode(qtype: number, defers: boolean): number {
  if (qtype === TYPE_AXFR || qtype === TYPE_IXFR) return defers ? RCODE_FORMERR : RCODE_REFUSED;
  if (qtype === TYPE_MAILA || qtype === TYPE_MAILB) return RCODE_NOTIMP;
  return RCODE_FORMERR;
}
