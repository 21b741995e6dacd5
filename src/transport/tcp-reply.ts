/**
 * Replies to one deferred query of a TCP connection: each behind two octets of length (RFC 1035 §4.2.2), held back
 * while the client reads slowly. Must not know: queries, what a reply says, the connection's other queries.
 */
import type { Socket } from 'node:net';
import { assert } from '../base/errors.js';
import { MESSAGE_OCTETS_MAX } from '../base/limits.js';
import type { DeferredCount, ReplyStream } from './deferred.js';

const LENGTH_OCTETS = 2;

/** A message as it goes over a connection. */
export function framed(message: Uint8Array): Buffer {
  const octets = Buffer.allocUnsafe(LENGTH_OCTETS + message.length);
  octets.writeUInt16BE(message.length, 0);
  octets.set(message, LENGTH_OCTETS);
  return octets;
}

/** What a reply tells its connection. */
export type ReplyWatcher = {
  /** The client has taken something. */
  readonly progressed: () => void;
  /** Called once, when no reply will follow. */
  readonly ended: () => void;
};

export class TcpReply implements ReplyStream {
  readonly overTcp = true;
  readonly octetsMax: number = MESSAGE_OCTETS_MAX;
  private readonly socket: Socket;
  private readonly unsentOctetsMax: number;
  private readonly count: DeferredCount;
  private readonly watcher: ReplyWatcher;
  private isOver = false;
  private isEnded = false;
  private waiting: (() => void)[] = [];

  /** @param unsentOctetsMax at least what the socket itself holds back */
  constructor(
    socket: Socket,
    unsentOctetsMax: number,
    count: DeferredCount,
    watcher: ReplyWatcher,
  ) {
    this.socket = socket;
    this.unsentOctetsMax = unsentOctetsMax;
    this.count = count;
    this.watcher = watcher;
  }

  get closed(): boolean {
    return this.isOver || this.isEnded || this.socket.destroyed;
  }

  write(message: Uint8Array): boolean {
    if (this.closed) return true;
    assert(message.length <= this.octetsMax, 'a reply fits its length');
    this.socket.write(framed(message), this.watcher.progressed);
    this.count.add(message);
    return this.hasRoom();
  }

  drained(): Promise<void> {
    if (this.closed || this.hasRoom()) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.count.end();
    this.watcher.ended();
  }

  /** The connection has sent all that was written. */
  drain(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** The connection is over, or will be: nobody reads what is written from now on. */
  abandon(): void {
    this.isOver = true;
    this.drain();
  }

  private hasRoom(): boolean {
    return this.socket.writableLength <= this.unsentOctetsMax;
  }
}
