/**
 * Answers AXFR and IXFR (RFC 5936, RFC 1995): chooses what a client gets, who waits, and who makes the messages: small
 * answers the main thread at once, large zones a thread. A transfer goes on with the version that it began with.
 * Must not know: sockets, who may ask, how changes are found.
 */
import { errorText } from '../base/errors.js';
import { collectGarbageSoon } from '../base/garbage.js';
import { CHANGE_WAIT_MS, REPEATED_LOG_MS } from '../base/limits.js';
import { type Log, limitedWarning } from '../base/log.js';
import { TRANSFER_SMALL_OCTETS, TRANSFER_STALL_MS } from '../base/transfer-limits.js';
import type { HeldImage } from '../index/held-image.js';
import { Viewpoint } from '../index/viewpoint.js';
import { NONE } from '../index/zone-index.js';
import type { ZoneTable } from '../index/zone-table.js';
import { FLAG_TC, RCODE_NOTAUTH, RCODE_REFUSED, RCODE_SERVFAIL } from '../wire/constants.js';
import { NameView, parseName } from '../wire/name.js';
import { Admission, type AdmissionLimits } from './admission.js';
import { MessageWriter, type RecordSource, type ReplyFrame } from './message-writer.js';
import { OutFeeds } from './out-feeds.js';
import { type Ending, ReplyPump } from './reply-pump.js';
import type { TransferOut, TransferQuery } from './seams.js';
import { logFailed, logRefused, logSent } from './transfer-log.js';
import {
  type AnswerStep,
  changesOrZone,
  soaOnly,
  wholeZone,
  type ZoneAnswer,
} from './zone-answer.js';

/** Where the changes of zones are had from; the names are in wire form and lower case. */
export type ZoneChanges = {
  /** Resolves when what has been published until now is known, or after a while; null: it is. */
  settled(apex: Uint8Array, waitMs: number): Promise<void> | null;
  /** The changes that lead from a serial to the newest that is known; null if that serial is not. */
  stepsSince(apex: Uint8Array, serial: number): readonly AnswerStep[] | null;
};

export type TransferOutOptions = {
  /** What is served. */
  readonly table: ZoneTable;
  /** Without them every IXFR gets the whole zone. */
  readonly changes: ZoneChanges | null;
  readonly log: Log;
  readonly limits?: Partial<AdmissionLimits>;
  readonly feeds?: OutFeeds;
  readonly stallMs?: number;
};

/** One transfer with what it sends. */
type Transfer = {
  readonly query: TransferQuery;
  readonly held: HeldImage;
  readonly answer: ZoneAnswer;
  readonly frame: ReplyFrame;
};

const NO_RECORDS: RecordSource = { fill: () => true };

export class TransferOutService implements TransferOut {
  private readonly table: ZoneTable;
  private readonly changes: ZoneChanges | null;
  private readonly log: Log;
  private readonly admission: Admission;
  private readonly feeds: OutFeeds;
  private readonly stallMs: number;
  private readonly warnOften: ReturnType<typeof limitedWarning>;
  private readonly viewpoint = new Viewpoint();
  private readonly name = new NameView();

  constructor({ table, changes, log, limits, feeds, stallMs }: TransferOutOptions) {
    this.table = table;
    this.changes = changes;
    this.log = log;
    this.admission = new Admission(limits);
    this.feeds = feeds ?? new OutFeeds();
    this.stallMs = stallMs ?? TRANSFER_STALL_MS;
    this.warnOften = limitedWarning(log, 'transfer.out.refused', REPEATED_LOG_MS);
  }

  begin(query: TransferQuery): void {
    const waits =
      query.kind === 'ixfr' ? (this.changes?.settled(query.apex, CHANGE_WAIT_MS) ?? null) : null;
    if (waits === null) this.choose(query);
    else void waits.then(() => this.choose(query));
  }

  /** Ends what is under way; clients see their transfers break off. */
  async stop(): Promise<void> {
    this.admission.close();
    await this.feeds.stop();
  }

  // --- what a client gets

  private choose(query: TransferQuery): void {
    const { request, edns, verdict, reply } = query;
    const frame = { request, edns, verdict, octetsMax: reply.octetsMax };
    const held = this.hold(query);
    if (typeof held === 'number') {
      this.refuse(query, frame, held);
      return;
    }
    const transfer = { query, held, answer: this.answer(query, held), frame };
    if (!reply.overTcp) {
      this.sendDatagram(transfer);
    } else if (transfer.answer.octets <= TRANSFER_SMALL_OCTETS) {
      void this.run(transfer);
    } else {
      const client = query.client.join('.');
      const isIn = this.admission.enter({
        client,
        isGone: () => reply.closed,
        begin: () => void this.run(transfer).then(() => this.admission.leave(client)),
      });
      if (!isIn) this.refuse(query, frame, RCODE_REFUSED);
    }
  }

  /** What the client sees of the zone, or the response code that says why nothing. */
  private hold({ apex, client }: TransferQuery): HeldImage | number {
    parseName(this.name, apex, 0, apex.length);
    const zone = this.table.exact(this.name, 0);
    if (zone === NONE) return RCODE_NOTAUTH;
    this.viewpoint.begin(client);
    const held = this.table.hold(zone, this.viewpoint);
    if (held !== null) return held;
    // ours, but never loaded; or not to be seen by this client
    return this.table.view(zone) === null ? RCODE_SERVFAIL : RCODE_NOTAUTH;
  }

  private answer({ kind, apex, serial }: TransferQuery, held: HeldImage): ZoneAnswer {
    const now = this.viewpoint.now();
    if (kind === 'axfr') return wholeZone(held, now);
    try {
      const stepsSince = (from: number) => this.changes?.stepsSince(apex, from) ?? null;
      return changesOrZone(held, serial, stepsSince, now);
    } catch (error) {
      this.log.warn('transfer.journal', {}, `changes cannot be read: ${errorText(error)}`);
      return wholeZone(held, now);
    }
  }

  // --- sending

  private async run(transfer: Transfer): Promise<void> {
    const { query, frame, answer, held } = transfer;
    const start = performance.now();
    const pump = new ReplyPump(query.reply, this.stallMs);
    const isFed = answer.form === 'axfr' && answer.octets > TRANSFER_SMALL_OCTETS;
    let ending: Ending | 'failed';
    let cause = '';
    try {
      ending = isFed
        ? await this.feed(pump, held, frame)
        : await pump.sendMade(new MessageWriter(frame, answer.source()));
    } catch (error) {
      ending = 'failed';
      cause = errorText(error);
      // RFC 5936 §2.2: an error code ends it. Unsigned, since who signs is lost, which no client believes either.
      const plain = new MessageWriter({ ...frame, verdict: null, edns: false }, NO_RECORDS);
      pump.sendFailure(plain, RCODE_SERVFAIL);
    }
    query.reply.end();
    if (ending === 'sent') logSent(this.log, query, answer, pump, performance.now() - start);
    else logFailed(this.log, query, answer, pump, ending, cause);
  }

  private async feed(pump: ReplyPump, held: HeldImage, frame: ReplyFrame): Promise<Ending> {
    const feed = this.feeds.open(held, frame);
    try {
      return await pump.sendFed(feed);
    } finally {
      feed.close();
      // of a version that was replaced meanwhile this may have been the last handle
      collectGarbageSoon();
    }
  }

  /** RFC 1995 §2: all in one message, or the SOA alone, after which the client asks over TCP. */
  private sendDatagram({ query, held, answer, frame }: Transfer): void {
    const start = performance.now();
    const pump = new ReplyPump(query.reply, this.stallMs);
    let sent = answer;
    try {
      if (!pump.sendSingle(new MessageWriter(frame, answer.source()))) {
        sent = soaOnly(held);
        const soa = new MessageWriter(frame, sent.source());
        if (!pump.sendSingle(soa)) pump.sendFailure(soa, FLAG_TC);
      }
      logSent(this.log, query, sent, pump, performance.now() - start);
    } catch (error) {
      pump.sendFailure(new MessageWriter(frame, NO_RECORDS), RCODE_SERVFAIL);
      logFailed(this.log, query, answer, pump, 'failed', errorText(error));
    }
    query.reply.end();
  }

  private refuse(query: TransferQuery, frame: ReplyFrame, rcode: number): void {
    const pump = new ReplyPump(query.reply, this.stallMs);
    pump.sendFailure(new MessageWriter(frame, NO_RECORDS), rcode);
    query.reply.end();
    logRefused(this.warnOften, query, rcode);
  }
}
