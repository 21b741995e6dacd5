/**
 * What tests of NOTIFY need: a clock that stands still, and a secondary that answers only when told to.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { NotifyClock } from '../../src/transport/notify.js';
import type { Endpoint } from '../../src/transport/query-handler.js';

/** Time that passes when the test says so. */
export class StillClock implements NotifyClock {
  private time = 0;
  private readonly timers = new Set<{ at: number; run: () => void }>();

  /** Timers that have not fired. */
  get size(): number {
    return this.timers.size;
  }

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Runs what is due within the next `ms`, in order of time. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const [next] = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.time = Math.max(this.time, next.at);
      this.timers.delete(next);
      next.run();
    }
    this.time = end;
  }
}

export type Received = { readonly octets: Buffer; readonly from: RemoteInfo };

const MARK = Buffer.from('mark');

/** A socket on loopback that keeps what it gets. */
export class FakeSecondary {
  readonly endpoint: Endpoint;
  private readonly socket: Socket;
  private readonly received: Received[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    const { address, port } = socket.address();
    this.endpoint = { address, port };
    socket.on('message', (octets, from) => this.received.push({ octets, from }));
  }

  static async open(t: TestContext, address = '127.0.0.1'): Promise<FakeSecondary> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    t.after(() => socket.close());
    await new Promise<void>((done, failed) => {
      socket.once('error', failed);
      socket.bind(0, address, done);
    });
    return new FakeSecondary(socket);
  }

  /** All that was sent to it since the last call: loopback keeps the order, so a mark of its own comes last. */
  async take(): Promise<Received[]> {
    this.socket.send(MARK, this.endpoint.port, this.endpoint.address);
    const markAt = () => this.received.findIndex(({ octets }) => octets.equals(MARK));
    while (markAt() === -1) await setImmediate();
    const all = this.received.splice(0, markAt());
    this.received.shift();
    return all;
  }

  /** Sends octets to whoever sent `message`. */
  send(octets: Uint8Array, { from }: Received): void {
    this.socket.send(octets, from.port, from.address);
  }

  answer(message: Received, rcode = 0): void {
    this.send(replyTo(message.octets, rcode), message);
  }
}

/** The reply that a secondary gives: header and question come back. */
export function replyTo(message: Buffer, rcode = 0): Buffer {
  let end = 12;
  while (message[end] !== 0) end += message[end]! + 1;
  const reply = Buffer.from(message.subarray(0, end + 5));
  reply.writeUInt16BE(0xa400 | rcode, 2);
  reply.writeUInt32BE(0x0001_0000, 4);
  return reply;
}
