/**
 * The seam between transports and whoever answers what the engine defers: a query with a way for its replies, which may
 * come later, and over TCP in any number (RFC 5936 §2.2). Replies to datagrams are here, those of connections in
 * tcp-reply.ts. Must not know: messages, sockets.
 */
import { assert } from '../base/errors.js';
import { UDP_SLOT_OCTETS } from '../base/limits.js';
import type { CounterBlock } from '../metrics/counter-block.js';
import type { QueryHandler } from './query-handler.js';

/** Where replies go: one for UDP, any number for TCP, in order. Octets are copied before `write` returns. */
export type ReplyStream = {
  readonly overTcp: boolean;
  /** Octets of the largest message. */
  readonly octetsMax: number;
  /** @returns false if the client reads slowly: wait for `drained` before the next. After `closed` it does nothing. */
  write(message: Uint8Array): boolean;
  /** Resolves when there is room again, or when the client is gone. */
  drained(): Promise<void>;
  /** No more replies; the connection goes on with its next query. Must be called, also after `closed`; once will do. */
  end(): void;
  /** Whether the client is gone. */
  readonly closed: boolean;
};

/** A well-formed query. Its octets, and those of the client's address, belong to it. */
export type DeferredQuery = {
  readonly request: Uint8Array;
  /** 4 or 16 octets. */
  readonly client: Uint8Array;
  readonly port: number;
  readonly reply: ReplyStream;
};

/** Takes a query, and ends its stream of replies now or later. Does not throw. */
export type DeferredHandler = (query: DeferredQuery) => void;

/** All that a transport needs to answer. */
export type QueryHandlers = {
  readonly answer: QueryHandler;
  /** Takes what `answer` defers. */
  readonly defer: DeferredHandler;
};

const NO_REPLY = new Uint8Array(0);

/** Counts a deferred query once, with its first reply or without any, and then what else it gets. */
export class DeferredCount {
  private readonly counters: CounterBlock;
  private readonly request: Uint8Array;
  private isCounted = false;

  constructor(counters: CounterBlock, request: Uint8Array, client: Uint8Array) {
    this.counters = counters;
    this.request = request;
    if (counters.remotes.isOn()) counters.remotes.add(client);
  }

  /** A reply has been given away. */
  add(message: Uint8Array): void {
    if (this.isCounted) this.counters.addFurther(message.length);
    else this.counters.add(this.request, this.request.length, message, message.length);
    this.isCounted = true;
  }

  /** No more replies. */
  end(): void {
    if (!this.isCounted) this.counters.add(this.request, this.request.length, NO_REPLY, 0);
  }
}

/** What a datagram's reply needs of its socket. */
export type DatagramWay = {
  readonly send: (message: Uint8Array) => void;
  readonly isClosed: () => boolean;
  /** Called once, when no reply will follow. */
  readonly ended: () => void;
};

/** The one reply to a datagram. */
export class DatagramReply implements ReplyStream {
  readonly overTcp = false;
  readonly octetsMax: number = UDP_SLOT_OCTETS;
  private readonly count: DeferredCount;
  private readonly way: DatagramWay;
  private isWritten = false;
  private isEnded = false;

  constructor(count: DeferredCount, way: DatagramWay) {
    this.count = count;
    this.way = way;
  }

  get closed(): boolean {
    return this.isEnded || this.way.isClosed();
  }

  write(message: Uint8Array): boolean {
    if (this.closed) return true;
    assert(!this.isWritten && message.length <= this.octetsMax, 'one reply that fits a datagram');
    this.isWritten = true;
    this.way.send(message);
    this.count.add(message);
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.count.end();
    this.way.ended();
  }
}
