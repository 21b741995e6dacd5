/**
 * A secondary that takes NOTIFY and nothing else: keeps what it is sent and answers it, or does not.
 */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeMessage } from '../peers/message.js';

const PATIENCE_MS = 15_000;
const POLL_MS = 5;
/** QR, opcode NOTIFY, AA. */
const REPLY_FLAGS = 0xa400;

export class NotifyTarget {
  isDeaf = false;
  /** Each datagram so far, as `ZONE SERIAL`, the serial being that of the SOA that comes along. */
  readonly told: string[] = [];
  /** The same, as octets. */
  readonly datagrams: Buffer[] = [];
  private readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('message', (octets, from) => {
      const { opcode, question, answer } = decodeMessage(octets);
      assert.equal(opcode, 4);
      const zone = (question[0] ?? '').split(' ')[0];
      const serial = Number.parseInt(answer[0]?.slice(-40, -32) ?? '', 16);
      this.told.push(`${zone} ${serial}`);
      this.datagrams.push(octets);
      if (this.isDeaf) return;
      const reply = Buffer.from(octets.subarray(0, octets.indexOf(0, 12) + 5));
      reply.writeUInt16BE(REPLY_FLAGS, 2);
      reply.writeUInt16BE(0, 6);
      socket.send(reply, from.port, from.address);
    });
  }

  static async start(t: TestContext, address = '127.0.0.1'): Promise<NotifyTarget> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    t.after(() => socket.close());
    await new Promise<void>((done) => socket.bind(0, address, done));
    return new NotifyTarget(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Waits for a datagram, and forgets all so far. @returns them, sorted */
  async until(last: string): Promise<string[]> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!this.told.includes(last)) {
      assert.ok(Date.now() < deadline, `never told ${last}, only ${this.told.slice(-5)}`);
      await sleep(POLL_MS);
    }
    this.datagrams.length = 0;
    return this.told.splice(0).sort();
  }
}
