/**
 * A primary that does what a test's script says, over UDP and TCP on one port of loopback.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { ZonePeer } from '../../src/load/configured-zone.js';
import { freePort } from '../peers/peer.js';
import { framed } from '../peers/query.js';
import { qtypeOf } from './xfr-messages.js';

/** What to do next on a connection. After the last step it stays open. */
export type Step =
  | { readonly message: Uint8Array }
  | { readonly raw: Uint8Array }
  | { readonly waitMs: number }
  | 'close'
  | 'reset';

export type Script = {
  /** @returns what to answer; null for nothing */
  readonly udp?: (query: Buffer) => Uint8Array | null;
  readonly tcp?: (query: Buffer) => Iterable<Step>;
};

const SOA = 6;

export class FakePrimary {
  readonly peer: ZonePeer;
  /** Of each question so far: `udp 6`, `tcp 252` and the like. */
  readonly asked: string[] = [];
  script: Script;
  /** Connections that are open now. */
  open = 0;

  private constructor(peer: ZonePeer, script: Script, udp: UdpSocket, tcp: Server) {
    this.peer = peer;
    this.script = script;
    udp.on('message', (query, from) => {
      this.asked.push(`udp ${qtypeOf(query)}`);
      const reply = this.script.udp?.(query) ?? null;
      if (reply !== null) udp.send(reply, from.port, from.address);
    });
    tcp.on('connection', (socket) => void this.serve(socket));
  }

  static async start(
    t: TestContext,
    script: Script,
    key: string | null = null,
  ): Promise<FakePrimary> {
    const port = await freePort();
    const udp = createSocket('udp4');
    const tcp = createServer();
    await new Promise<void>((done) => udp.bind(port, '127.0.0.1', done));
    await new Promise<void>((done) => tcp.listen(port, '127.0.0.1', done));
    const sockets = new Set<Socket>();
    tcp.on('connection', (socket) => sockets.add(socket));
    t.after(() => {
      udp.close();
      tcp.close();
      for (const socket of sockets) socket.destroy();
    });
    const peer = { address: '127.0.0.1', port, key };
    return new FakePrimary(peer, script, udp, tcp);
  }

  /** Questions over TCP so far that were for a zone. */
  get transfers(): number {
    return this.asked.filter((text) => text.startsWith('tcp') && text !== `tcp ${SOA}`).length;
  }

  private async serve(socket: Socket): Promise<void> {
    this.open++;
    socket.on('error', () => {});
    socket.on('close', () => this.open--);
    let pending: Buffer = Buffer.alloc(0);
    const query = await new Promise<Buffer>((resolve) => {
      socket.on('data', (chunk) => {
        pending = Buffer.concat([pending, chunk]);
        const length = pending.length < 2 ? Number.POSITIVE_INFINITY : pending.readUInt16BE(0);
        if (pending.length >= 2 + length) resolve(pending.subarray(2, 2 + length));
      });
    });
    this.asked.push(`tcp ${qtypeOf(query)}`);
    for (const step of this.script.tcp?.(query) ?? []) {
      if (socket.destroyed) return;
      if (step === 'close') socket.end();
      else if (step === 'reset') socket.resetAndDestroy();
      else if ('waitMs' in step) await setTimeout(step.waitMs);
      else {
        const octets = 'raw' in step ? step.raw : framed(step.message);
        if (!socket.write(octets)) await new Promise<void>((done) => drained(socket, done));
      }
    }
  }
}

function drained(socket: Socket, done: () => void): void {
  socket.once('drain', done);
  socket.once('close', done);
}
