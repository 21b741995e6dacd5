/**
 * The messages of a transfer: records from a source into as many messages as it takes, RFC 5936 §2.2. The question
 * stands in the first only, names are compressed, all messages are signed if the request was (RFC 8945 §5.3.1).
 * Must not know: where the records come from, sockets.
 */
import { UDP_OCTETS_DEFAULT } from '../base/limits.js';
import { TRANSFER_MESSAGE_OCTETS } from '../base/transfer-limits.js';
import { ClientSubnet } from '../wire/client-subnet.js';
import { FLAG_AA, FLAG_QR, FLAG_RD, RCODE_NOERROR } from '../wire/constants.js';
import { EDE_NONE, OPT_OCTETS, writeOpt } from '../wire/edns.js';
import { parseRequest, Request } from '../wire/request.js';
import type { TsigVerdict } from '../wire/tsig.js';
import { TsigSigner } from '../wire/tsig-stream.js';
import { RecordWriter } from './record-writer.js';

/** Records on their way into messages. */
export type RecordSource = {
  /**
   * Writes what fits into the answer section of the message in the making, and goes on there with the next call.
   * @returns whether nothing is left
   */
  fill(writer: RecordWriter): boolean;
};

/** What replies to a request need of it. Plain values: may be posted to a thread. */
export type ReplyFrame = {
  /** The whole query. */
  readonly request: Uint8Array;
  readonly edns: boolean;
  /** Of a signed request, without error. */
  readonly verdict: TsigVerdict | null;
  /** Octets of the largest message. */
  readonly octetsMax: number;
};

/** `next`: a record is larger than a message can be. */
export const TOO_LARGE = 0;

/** One for all messages of a thread: nothing of it lasts from message to message. */
const writer = new RecordWriter();
const noSubnet = new ClientSubnet();

export class MessageWriter {
  /** Whether the last message has been made. */
  isDone = false;
  messages = 0;
  records = 0;
  private readonly source: RecordSource;
  private readonly request = new Request();
  private readonly signer: TsigSigner | null;
  private readonly edns: boolean;
  private readonly octetsMax: number;

  constructor({ request, edns, verdict, octetsMax }: ReplyFrame, source: RecordSource) {
    this.source = source;
    this.edns = edns;
    this.octetsMax = octetsMax;
    this.signer = verdict === null ? null : new TsigSigner(verdict);
    parseRequest(this.request, request, request.length);
  }

  /**
   * Makes the next message, of any size up to the frame's, which the octets have room for.
   * @returns its length, or TOO_LARGE. Throws what the source throws
   */
  next(octets: Uint8Array, nowSeconds: number): number {
    const octetsMax = this.begin(octets);
    let isDone = this.source.fill(writer);
    if (!isDone && writer.count === 0) {
      writer.limit = octetsMax;
      isDone = this.source.fill(writer);
      if (writer.count === 0) return TOO_LARGE;
    }
    this.records += writer.count;
    this.isDone = isDone;
    return this.finish(octets, FLAG_AA | RCODE_NOERROR, nowSeconds);
  }

  /**
   * Makes a message without records that ends the transfer.
   * @param flags of the header: the response code, or that the reply is cut short
   * @returns its length
   */
  fail(octets: Uint8Array, flags: number, nowSeconds: number): number {
    this.begin(octets);
    this.isDone = true;
    return this.finish(octets, flags, nowSeconds);
  }

  /** @returns where the records of a message must end at the latest */
  private begin(octets: Uint8Array): number {
    const isFirst = this.messages === 0;
    const opt = isFirst && this.edns ? OPT_OCTETS : 0;
    const octetsMax = this.octetsMax - opt - (this.signer?.octets ?? 0);
    writer.begin(octets, Math.min(octetsMax, TRANSFER_MESSAGE_OCTETS));
    if (isFirst) {
      const { qname, questionOctets } = this.request;
      writer.writeQuestion(qname.octets, qname.offset, questionOctets);
    }
    return octetsMax;
  }

  /** @param flags of the header, the response code among them */
  private finish(octets: Uint8Array, flags: number, nowSeconds: number): number {
    // RFC 5936 §2.2.5: in the first message, and no need in the others
    const hasOpt = this.messages === 0 && this.edns;
    if (hasOpt) {
      writer.position = writeOpt(
        octets,
        writer.position,
        UDP_OCTETS_DEFAULT,
        RCODE_NOERROR,
        this.request.edns.dnssecOk,
        null,
        EDE_NONE,
        noSubnet,
        0,
      );
    }
    const all = FLAG_QR | flags | (this.request.flags & FLAG_RD);
    const length = writer.finish(this.request.id, all, hasOpt ? 1 : 0);
    // the memory of a zone that has been replaced is not to stay because of us
    writer.forget();
    this.messages++;
    return this.signer?.sign(octets, length, this.isDone, nowSeconds) ?? length;
  }
}
