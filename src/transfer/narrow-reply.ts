/**
 * A stream of replies with a smaller bound: what a client of UDP says it can take. Must not know: what is in replies.
 */
import type { ReplyStream } from '../transport/deferred.js';

export class NarrowReply implements ReplyStream {
  readonly overTcp: boolean;
  readonly octetsMax: number;
  private readonly reply: ReplyStream;

  constructor(reply: ReplyStream, octetsMax: number) {
    this.reply = reply;
    this.overTcp = reply.overTcp;
    this.octetsMax = Math.min(octetsMax, reply.octetsMax);
  }

  get closed(): boolean {
    return this.reply.closed;
  }

  write(message: Uint8Array): boolean {
    return this.reply.write(message);
  }

  drained(): Promise<void> {
    return this.reply.drained();
  }

  end(): void {
    this.reply.end();
  }
}
