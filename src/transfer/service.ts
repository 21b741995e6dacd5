/**
 * Answers what the engine leaves to others: signed queries (RFC 8945 §5), questions to zones that not everybody may
 * ask, NOTIFY (RFC 1996), and the beginning of transfers (RFC 5936, RFC 1995), each for who may. It runs in the main
 * thread, synchronously but for transfers. Must not know: sockets, configuration, versions of zones, how a transfer is
 * done.
 */
import { assert, errorText } from '../base/errors.js';
import { MESSAGE_OCTETS_MAX, REPEATED_LOG_MS, UDP_OCTETS_PLAIN } from '../base/limits.js';
import { type Log, limitedWarning } from '../base/log.js';
import type { Engine } from '../engine/process.js';
import { NONE } from '../index/zone-index.js';
import type { ZoneSlot, ZoneTable } from '../index/zone-table.js';
import type { DeferredHandler, DeferredQuery } from '../transport/deferred.js';
import { ip4Text, ip6Text } from '../wire/address-text.js';
import {
  CLASS_ANY,
  CLASS_IN,
  EDE_PROHIBITED,
  FLAG_TC,
  OPCODE_NOTIFY,
  OPCODE_QUERY,
  RCODE_BADVERS,
  RCODE_FORMERR,
  RCODE_MASK,
  RCODE_NOERROR,
  RCODE_NOTAUTH,
  RCODE_NOTIMP,
  RCODE_REFUSED,
  TYPE_AXFR,
  TYPE_IXFR,
  TYPE_SOA,
} from '../wire/constants.js';
import { EDE_NONE } from '../wire/edns.js';
import { nameText } from '../wire/name-text.js';
import { readU16, writeU16 } from '../wire/octets.js';
import { parseRequest, Request } from '../wire/request.js';
import {
  signTsigReply,
  type TsigVerdict,
  tsigReplyOctets,
  verifyTsigRequest,
} from '../wire/tsig.js';
import { foldedName, type TsigKeyring } from '../wire/tsig-key.js';
import { tsigErrorText } from '../wire/tsig-stream.js';
import { NarrowReply } from './narrow-reply.js';
import type { NotifyTaker, TransferOut, ZonePolicy } from './seams.js';
import { writeShortReply } from './short-reply.js';
import { ANSWER_COUNT, AUTHORITY_COUNT, soaSerial } from './soa-record.js';

export type PeerServiceParts = {
  /** Of its own: nobody else uses it, and it defers nothing. */
  readonly engine: Engine;
  readonly keyring: () => TsigKeyring;
  /** @param apex lower case wire octets, of a zone in the table */
  readonly policyOf: (apex: Uint8Array) => ZonePolicy;
  /** The engine's. */
  readonly table: ZoneTable;
  readonly out: TransferOut;
  readonly notify: NotifyTaker;
  readonly log: Log;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Called for each question that was answered, with the header's response code. */
  readonly answered: (facts: { qtype: number; rcode: number }, request: Uint8Array) => void;
};

/** Where the header has its second word, and ARCOUNT. */
const FLAGS_AT = 2;
const ADDITIONAL_COUNT = 10;

/** Takes deferred queries; `handle` is the transports' DeferredHandler. */
export class PeerService {
  readonly handle: DeferredHandler;
  private readonly parts: PeerServiceParts;
  private readonly request = new Request();
  private readonly response = new Uint8Array(MESSAGE_OCTETS_MAX);
  private readonly refused: Readonly<Record<Refusal, ReturnType<typeof limitedWarning>>>;
  private readonly failed: ReturnType<typeof limitedWarning>;

  constructor(parts: PeerServiceParts) {
    this.parts = parts;
    const warning = (event: string) => limitedWarning(parts.log, event, REPEATED_LOG_MS);
    this.refused = {
      transfer: warning('transfer.refused'),
      notify: warning('notify.refused'),
      tsig: warning('tsig.refused'),
    };
    this.failed = warning('query.failed');
    this.handle = (query) => this.take(query);
  }

  /** Should a bug throw, that costs one query; nobody else would end its replies. */
  private take(query: DeferredQuery): void {
    try {
      this.answer(query);
    } catch (error) {
      const stack = error instanceof Error ? `${error.stack}` : '';
      this.failed({ stack }, `query failed: ${errorText(error)}`);
      query.reply.end();
    }
  }

  private answer(query: DeferredQuery): void {
    const { request } = this;
    const octets = query.request;
    const wellFormed = parseRequest(request, octets, octets.length) === RCODE_NOERROR;
    assert(wellFormed, 'a deferred query is well-formed');
    const verdict = request.tsigOffset === 0 ? null : this.verify(query);
    if (verdict === false) return;
    const { opcode, qtype, qclass, edns } = request;
    const isTransfer = opcode === OPCODE_QUERY && (qtype === TYPE_AXFR || qtype === TYPE_IXFR);
    // RFC 6891 §6.1.3, for all that the engine does not see.
    if (edns.version !== 0) this.reply(query, verdict, RCODE_BADVERS);
    else if (opcode === OPCODE_NOTIFY) this.takeNotify(query, verdict);
    else if (opcode !== OPCODE_QUERY) this.reply(query, verdict, RCODE_NOTIMP);
    else if (isTransfer && qclass === CLASS_IN) this.beginTransfer(query, verdict);
    else this.answerQuestion(query, verdict);
  }

  // --- signatures

  /** @returns the verdict if it is good; `false` if the query has been answered. */
  private verify(query: DeferredQuery): TsigVerdict | false {
    const { keyring, now } = this.parts;
    const { tsigOffset } = this.request;
    const octets = query.request;
    const verdict = verifyTsigRequest(octets, octets.length, tsigOffset, keyring(), now());
    // RFC 8945 §5.2: a record that cannot be read is answered as if it were not there.
    if (verdict === null) this.reply(query, null, RCODE_FORMERR);
    else if (verdict.error !== 0) {
      const key = nameText(verdict.record.keyName, 0);
      const error = tsigErrorText(verdict.error);
      const client = clientText(query.client);
      this.refused.tsig({ client, key, error }, `signed with ${key} by ${client}: ${error}`);
      this.reply(query, verdict, RCODE_NOTAUTH);
    } else return verdict;
    return false;
  }

  // --- replies

  /** Answers with a code and no records. */
  private reply(
    query: DeferredQuery,
    verdict: TsigVerdict | null,
    rcode: number,
    ede = EDE_NONE,
  ): void {
    const { request, response, parts } = this;
    const length = writeShortReply(
      response,
      request,
      query.request,
      rcode,
      parts.engine.udpOctetsMax,
      ede,
    );
    this.finish(query, verdict, length);
  }

  /** Signs what is in `response`, if the query was signed, and sends it. */
  private finish(query: DeferredQuery, verdict: TsigVerdict | null, length: number): void {
    const { request, response, parts } = this;
    const end = verdict === null ? length : signTsigReply(response, length, verdict, parts.now());
    query.reply.write(response.subarray(0, end));
    query.reply.end();
    if (request.opcode !== OPCODE_QUERY) return;
    const rcode = readU16(response, FLAGS_AT) & RCODE_MASK;
    parts.answered({ qtype: request.qtype, rcode }, query.request);
  }

  // --- questions

  private answerQuestion(query: DeferredQuery, verdict: TsigVerdict | null): void {
    const { engine } = this.parts;
    const plain = verdict === null ? query.request : withoutTsig(query.request, verdict);
    const signatureOctets = verdict === null ? 0 : tsigReplyOctets(verdict);
    let length = this.ask(query, plain, signatureOctets);
    if (length <= 0) {
      query.reply.end();
      return;
    }
    if (engine.zone !== NONE && !this.mayAsk(engine.zone, query, verdict)) {
      this.reply(query, verdict, RCODE_REFUSED, EDE_PROHIBITED);
      return;
    }
    if (verdict !== null && (readU16(this.response, FLAGS_AT) & FLAG_TC) !== 0) {
      // RFC 8945 §5.3: the question and the TSIG record only, and NOERROR.
      length = this.ask(query, plain, MESSAGE_OCTETS_MAX);
      writeU16(this.response, FLAGS_AT, readU16(this.response, FLAGS_AT) & ~RCODE_MASK);
    }
    this.finish(query, verdict, length);
  }

  /** The engine's reply in `response`, which leaves so many octets free. */
  private ask({ client, reply }: DeferredQuery, plain: Uint8Array, freeOctets: number): number {
    const { engine } = this.parts;
    engine.reservedOctets = freeOctets;
    return engine.processQuery(plain, plain.length, this.response, reply.overTcp, client);
  }

  private mayAsk(zone: ZoneSlot, { client }: DeferredQuery, verdict: TsigVerdict | null): boolean {
    const { table, policyOf } = this.parts;
    if (!table.isRestricted(zone)) return true;
    const { allowQuery } = policyOf(foldedName(table.apex(zone)));
    return allowQuery === null || allowQuery.allows(client, keyNameOf(verdict));
  }

  // --- transfers

  private beginTransfer(query: DeferredQuery, verdict: TsigVerdict | null): void {
    const { request, parts } = this;
    const { client, port, reply } = query;
    const kind = request.qtype === TYPE_IXFR ? 'ixfr' : 'axfr';
    const apex = this.apexAsked();
    if (apex === null) {
      this.reply(query, verdict, RCODE_NOTAUTH);
      return;
    }
    if (!parts.policyOf(apex).allowTransfer.allows(client, keyNameOf(verdict))) {
      this.warn('transfer', query, verdict, kind, apex);
      this.reply(query, verdict, RCODE_REFUSED, EDE_PROHIBITED);
      return;
    }
    const serial = kind === 'axfr' ? 0 : soaSerial(request, query.request, AUTHORITY_COUNT);
    // RFC 1995 §3: the SOA says what the client has. RFC 5936 §4.2: there is no AXFR over UDP.
    if (serial === null || (kind === 'axfr' && !reply.overTcp)) {
      this.reply(query, verdict, RCODE_FORMERR);
      return;
    }
    const { edns } = request;
    const octets = Math.min(parts.engine.udpOctetsMax, Math.max(UDP_OCTETS_PLAIN, edns.udpOctets));
    parts.out.begin({
      request: query.request,
      apex,
      kind,
      serial,
      client,
      port,
      edns: edns.present,
      verdict,
      reply: reply.overTcp ? reply : new NarrowReply(reply, octets),
    });
  }

  // --- NOTIFY

  private takeNotify(query: DeferredQuery, verdict: TsigVerdict | null): void {
    const { request } = this;
    // As BIND: of the zone of no class nothing is known, of another class nothing is done.
    if (request.qtype !== TYPE_SOA || request.qclass === CLASS_ANY) {
      this.reply(query, verdict, RCODE_FORMERR);
    } else if (request.qclass !== CLASS_IN) this.reply(query, verdict, RCODE_NOTIMP);
    else this.reply(query, verdict, this.notified(query, verdict));
  }

  /** @returns the response code */
  private notified(query: DeferredQuery, verdict: TsigVerdict | null): number {
    const { parts } = this;
    const apex = this.apexAsked();
    const keyName = keyNameOf(verdict);
    if (apex === null) return parts.notify.unknown(this.nameAsked(), query.client, keyName);
    const { allowNotify } = parts.policyOf(apex);
    if (allowNotify !== null && !allowNotify.allows(query.client, keyName)) {
      this.warn('notify', query, verdict, 'notify', apex);
      return RCODE_REFUSED;
    }
    const serial = soaSerial(this.request, query.request, ANSWER_COUNT);
    return parts.notify.notified(apex, query.client, serial, keyName);
  }

  // --- zones and people

  /** The question's name in lower case if it is the apex of a zone in the table. */
  private apexAsked(): Uint8Array | null {
    return this.parts.table.exact(this.request.qname, 0) === NONE ? null : this.nameAsked();
  }

  private nameAsked(): Uint8Array {
    const { qname } = this.request;
    return foldedName(qname.octets.subarray(qname.offset, qname.offset + qname.length));
  }

  private warn(
    refusal: Refusal,
    query: DeferredQuery,
    verdict: TsigVerdict | null,
    kind: string,
    apex: Uint8Array,
  ): void {
    const client = clientText(query.client);
    const zone = nameText(apex, 0);
    const keyName = keyNameOf(verdict);
    const key = keyName === null ? '' : nameText(keyName, 0);
    const signed = key === '' ? '' : `, signed with ${key},`;
    this.refused[refusal](
      { client, zone, kind, key },
      `${kind.toUpperCase()} of ${zone} by ${client}${signed} refused: no access list permits it`,
    );
  }
}

type Refusal = 'transfer' | 'notify' | 'tsig';

function keyNameOf(verdict: TsigVerdict | null): Uint8Array | null {
  return verdict?.key?.name ?? null;
}

/** The request as it was before it was signed, but for its id. */
function withoutTsig(request: Uint8Array, { record }: TsigVerdict): Uint8Array {
  const plain = request.slice(0, record.offset);
  writeU16(plain, ADDITIONAL_COUNT, readU16(plain, ADDITIONAL_COUNT) - 1);
  return plain;
}

function clientText(client: Uint8Array): string {
  return client.length === 4 ? ip4Text(client) : ip6Text(client);
}
