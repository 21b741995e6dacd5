/**
 * One question over TCP and the messages of its reply (RFC 1035 §4.2.2), with a bound for every wait: for the
 * connection, the first octet, the next octets, the whole, and a rate below which nobody is waited for.
 * Must not know: what the messages say.
 */
import { connect, type Socket } from 'node:net';
import { errorText } from '../base/errors.js';
import { MESSAGE_OCTETS_MAX } from '../base/limits.js';
import {
  TRANSFER_CONNECT_MS,
  TRANSFER_FIRST_MS,
  TRANSFER_IDLE_MS,
  TRANSFER_RATE_WINDOW_MS,
  TRANSFER_WHOLE_MS,
  TRANSFER_WINDOW_OCTETS_MIN,
} from '../base/transfer-limits.js';
import { peerText, type ZonePeer } from '../load/configured-zone.js';
import { fault, type TransferFault } from './transfer-faults.js';

/** Plain values: they cross thread borders. */
export type ExchangeBounds = {
  readonly connectMs: number;
  readonly firstMs: number;
  readonly idleMs: number;
  readonly wholeMs: number;
  readonly windowMs: number;
  readonly windowOctetsMin: number;
};

export const EXCHANGE_BOUNDS: ExchangeBounds = {
  connectMs: TRANSFER_CONNECT_MS,
  firstMs: TRANSFER_FIRST_MS,
  idleMs: TRANSFER_IDLE_MS,
  wholeMs: TRANSFER_WHOLE_MS,
  windowMs: TRANSFER_RATE_WINDOW_MS,
  windowOctetsMin: TRANSFER_WINDOW_OCTETS_MIN,
};

/** What is to be done after a message. */
export type Taken = { readonly isLast: boolean; readonly fault: TransferFault | null };

/**
 * Sends `request` and gives each message that comes to `take`, which must not keep it, until that says it was the last
 * or of no use.
 * @param request with the length of its octets before it left to this
 * @returns why that did not come to its end, or null
 */
export function exchange(
  peer: ZonePeer,
  request: Uint8Array,
  bounds: ExchangeBounds,
  take: (octets: Uint8Array) => Taken,
): Promise<TransferFault | null> {
  const outcome = new Promise<TransferFault | null>((resolve) => {
    new Exchange(peer, bounds, take, resolve).begin(request);
  });
  // What the system refuses to try, such as an address that is none.
  return outcome.catch((error: unknown) => fault('unreachable', errorText(error)));
}

const LENGTH_OCTETS = 2;
/** Octets that are read at once: a dozen messages, as many as a processor's cache holds with what becomes of them. */
const READ_OCTETS = 256 << 10;

class Exchange {
  private readonly peer: ZonePeer;
  private readonly bounds: ExchangeBounds;
  private readonly take: (octets: Uint8Array) => Taken;
  private readonly settle: (outcome: TransferFault | null) => void;
  private readonly socket: Socket;
  private readonly whole: NodeJS.Timeout;
  private wait: NodeJS.Timeout | null = null;
  private window: NodeJS.Timeout | null = null;
  private windowOctets = 0;
  private readonly room: Buffer = Buffer.alloc(LENGTH_OCTETS + MESSAGE_OCTETS_MAX);
  /** Octets of the message under way. */
  private filled = 0;
  private messages = 0;
  private isOver = false;

  constructor(
    peer: ZonePeer,
    bounds: ExchangeBounds,
    take: (octets: Uint8Array) => Taken,
    settle: (outcome: TransferFault | null) => void,
  ) {
    this.peer = peer;
    this.bounds = bounds;
    this.take = take;
    this.settle = settle;
    const buffer = Buffer.allocUnsafeSlow(READ_OCTETS);
    const callback = (length: number): boolean => {
      this.receive(buffer.subarray(0, length));
      return true;
    };
    // One buffer for all that is read: a new one for each piece would be as much memory as the zone.
    const onread = { buffer, callback };
    this.socket = connect({ host: peer.address, port: peer.port, onread });
    this.whole = setTimeout(
      () => this.fail('slow', `not done within ${seconds(bounds.wholeMs)}`),
      bounds.wholeMs,
    );
  }

  begin(request: Uint8Array): void {
    const { socket, bounds, peer } = this;
    const framed = Buffer.alloc(LENGTH_OCTETS + request.length);
    framed.writeUInt16BE(request.length, 0);
    framed.set(request, LENGTH_OCTETS);
    this.expect(bounds.connectMs, `no connection to ${peerText(peer)} within`);
    socket.setNoDelay(true);
    socket.on('connect', () => {
      socket.write(framed);
      this.expect(bounds.firstMs, 'no reply within');
      this.watchRate();
    });
    socket.on('error', (error) => {
      this.fail(this.messages > 0 ? 'closed' : 'unreachable', errorText(error));
    });
    socket.on('close', () => {
      const when = this.messages === 0 ? 'without a reply' : `after ${this.messages} messages`;
      this.fail('closed', `the primary closed the connection ${when}`);
    });
  }

  private receive(chunk: Buffer): void {
    this.windowOctets += chunk.length;
    this.expect(this.bounds.idleMs, 'nothing more came within');
    for (let at = 0; at < chunk.length && !this.isOver; ) {
      const whole = this.filled === 0 ? endOfMessage(chunk, at) : -1;
      if (whole >= 0) {
        this.deliver(chunk.subarray(at + LENGTH_OCTETS, whole));
        at = whole;
        continue;
      }
      const isLengthKnown = this.filled >= LENGTH_OCTETS;
      const wanted = isLengthKnown ? LENGTH_OCTETS + this.room.readUInt16BE(0) : LENGTH_OCTETS;
      const stop = Math.min(chunk.length, at + wanted - this.filled);
      chunk.copy(this.room, this.filled, at, stop);
      this.filled += stop - at;
      at = stop;
      if (this.filled < LENGTH_OCTETS) continue;
      if (this.filled < LENGTH_OCTETS + this.room.readUInt16BE(0)) continue;
      const message = this.room.subarray(LENGTH_OCTETS, this.filled);
      this.filled = 0;
      this.deliver(message);
    }
  }

  private deliver(message: Uint8Array): void {
    this.messages++;
    const { isLast, fault: wrong } = this.take(message);
    if (isLast || wrong !== null) this.end(wrong);
  }

  private watchRate(): void {
    const { windowMs, windowOctetsMin } = this.bounds;
    this.window = setInterval(() => {
      if (this.windowOctets < windowOctetsMin) {
        const text = `${this.windowOctets} octets within ${seconds(windowMs)}`;
        this.fail('slow', `the transfer crawls: ${text}`);
      }
      this.windowOctets = 0;
    }, windowMs);
  }

  private expect(ms: number, text: string): void {
    if (this.wait !== null) clearTimeout(this.wait);
    this.wait = setTimeout(() => this.fail('timeout', `${text} ${seconds(ms)}`), ms);
  }

  private fail(code: TransferFault['code'], text: string): void {
    this.end(fault(code, text));
  }

  private end(outcome: TransferFault | null): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.whole);
    if (this.wait !== null) clearTimeout(this.wait);
    if (this.window !== null) clearInterval(this.window);
    this.socket.destroy();
    this.settle(outcome);
  }
}

/** Where the message ends whose length is at `at`; -1 if not all of it is there. */
function endOfMessage(chunk: Buffer, at: number): number {
  if (at + LENGTH_OCTETS > chunk.length) return -1;
  const end = at + LENGTH_OCTETS + chunk.readUInt16BE(at);
  return end <= chunk.length ? end : -1;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
