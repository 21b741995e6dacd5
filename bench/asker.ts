/**
 * Asks one server over one UDP socket and knows a right answer by its header: authoritative, no error, not empty.
 * Must not know: what is measured.
 */
import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildQuery } from '../test/peers/message.js';

const POLL_MS = 10;
const AA = 0x04;

/** A query for the SOA of `origin`. */
export function soaQuery(origin: string): Buffer {
  return Buffer.from(buildQuery({ name: origin, type: 'SOA' }));
}

/** Whether a reply has an authoritative answer. */
export function isAnswer(reply: Buffer): boolean {
  return (
    reply.length > 12 &&
    (reply[2]! & AA) !== 0 &&
    (reply[3]! & 0xf) === 0 &&
    reply.readUInt16BE(6) > 0
  );
}

/** The serial of a reply that holds the SOA of the name that was asked for; `null` if it holds none. */
export function serialOf(reply: Buffer, queryLength: number): number | null {
  if (!isAnswer(reply)) return null;
  // The answer's owner is a pointer to the question or the name again.
  let at = afterName(reply, queryLength) + 10;
  at = afterName(reply, afterName(reply, at));
  return at + 4 <= reply.length ? reply.readUInt32BE(at) : null;
}

function afterName(message: Buffer, start: number): number {
  let at = start;
  while (at < message.length) {
    const length = message[at]!;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += length + 1;
  }
  return at;
}

export class Asker {
  private readonly socket: Socket;
  private id = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    // Nobody listens yet: the next query tells.
    socket.on('error', () => {});
  }

  static async open(port: number): Promise<Asker> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
    return new Asker(socket);
  }

  close(): void {
    this.socket.close();
  }

  /** Sends `query` every 10 ms until it has a right answer. `check` may throw to give up. */
  async until(query: Buffer, check: () => void): Promise<void> {
    for (;;) {
      check();
      const start = performance.now();
      const reply = await this.ask(query, POLL_MS);
      if (reply !== null && isAnswer(reply)) return;
      await sleep(Math.max(0, POLL_MS - (performance.now() - start)));
    }
  }

  private ask(query: Buffer, waitMs: number): Promise<Buffer | null> {
    const id = this.id++ & 0xffff;
    query.writeUInt16BE(id, 0);
    return new Promise((resolve) => {
      const finish = (reply: Buffer | null): void => {
        clearTimeout(timer);
        this.socket.off('message', take);
        resolve(reply);
      };
      const take = (reply: Buffer): void => {
        if (reply.length >= 2 && reply.readUInt16BE(0) === id) finish(reply);
      };
      const timer = setTimeout(() => finish(null), waitMs);
      this.socket.on('message', take);
      this.socket.send(query);
    });
  }
}
