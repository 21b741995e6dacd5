/**
 * Puts the messages of a transfer into a stream of replies, at the pace of the client, until it is gone or takes
 * nothing for too long. Must not know: what is sent, and what is done about a failure.
 */
import { setImmediate } from 'node:timers/promises';
import { MESSAGE_OCTETS_MAX } from '../base/limits.js';
import { TRANSFER_MESSAGES_RUN } from '../base/transfer-limits.js';
import type { ReplyStream } from '../transport/deferred.js';
import { RCODE_SERVFAIL } from '../wire/constants.js';
import { type MessageWriter, TOO_LARGE } from './message-writer.js';
import type { OutFeed } from './out-feeds.js';

/** How a transfer ended. */
export type Ending = 'sent' | 'client-gone' | 'stalled' | 'record-too-large';

/** One for all: a message leaves it before another is made. */
const scratch = new Uint8Array(MESSAGE_OCTETS_MAX);

export class ReplyPump {
  messages = 0;
  records = 0;
  octets = 0;
  private readonly reply: ReplyStream;
  private readonly stallMs: number;

  constructor(reply: ReplyStream, stallMs: number) {
    this.reply = reply;
    this.stallMs = stallMs;
  }

  /** Sends the messages that a writer makes, a few at once. Rejects with what the writer throws. */
  async sendMade(writer: MessageWriter): Promise<Ending> {
    while (!writer.isDone) {
      const length = writer.next(scratch, nowSeconds());
      if (length === TOO_LARGE) {
        this.sendFailure(writer, RCODE_SERVFAIL);
        return 'record-too-large';
      }
      this.records = writer.records;
      const isRoom = this.put(scratch.subarray(0, length));
      if (writer.isDone) break;
      const ending = isRoom ? await this.pause() : await this.room();
      if (ending !== null) return ending;
    }
    return this.reply.closed ? 'client-gone' : 'sent';
  }

  /** Sends the messages that a thread makes. Rejects if the thread dies. */
  async sendFed(feed: OutFeed): Promise<Ending> {
    for (;;) {
      const { buffer, lengths, records, isLast, isTooLarge } = await feed.next();
      this.records = records;
      let at = 0;
      for (const length of lengths) {
        const isRoom = this.put(new Uint8Array(buffer, at, length));
        const ending = isRoom ? null : await this.room();
        if (ending !== null) return ending;
        at += length;
      }
      if (this.reply.closed) return 'client-gone';
      if (isTooLarge) return 'record-too-large';
      if (isLast) return 'sent';
    }
  }

  /** Sends the writer's message that ends a transfer without a result. */
  sendFailure(writer: MessageWriter, flags: number): void {
    this.put(scratch.subarray(0, writer.fail(scratch, flags, nowSeconds())));
  }

  /** Sends what the writer has to say if that is one message. @returns whether it is */
  sendSingle(writer: MessageWriter): boolean {
    const length = writer.next(scratch, nowSeconds());
    if (length === TOO_LARGE || !writer.isDone) return false;
    this.records = writer.records;
    this.put(scratch.subarray(0, length));
    return true;
  }

  /** @returns whether the client keeps up */
  private put(message: Uint8Array): boolean {
    this.messages++;
    this.octets += message.length;
    return this.reply.write(message);
  }

  /** Lets others have their turn now and then. */
  private async pause(): Promise<Ending | null> {
    if (this.messages % TRANSFER_MESSAGES_RUN === 0) await setImmediate();
    return this.reply.closed ? 'client-gone' : null;
  }

  /** Waits for the client. @returns why nothing more is to be sent, or null */
  private async room(): Promise<Ending | null> {
    let timer: NodeJS.Timeout | undefined;
    const stalled = new Promise<Ending>((resolve) => {
      timer = setTimeout(() => resolve('stalled'), this.stallMs).unref();
    });
    const ending = await Promise.race([this.reply.drained().then(() => null), stalled]);
    clearTimeout(timer);
    return this.reply.closed ? 'client-gone' : ending;
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
