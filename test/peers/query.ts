/**
 * A DNS client for tests: one query over UDP or TCP, or thousands over one UDP socket. What is sent is octets, right or
 * wrong; what comes back is octets. Must not know: what a message means, but for its id.
 */
import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';

/** Where to ask. */
export type Server = { readonly port: number; readonly address?: string };

export type AskOptions = {
  /** Wait for each try. */
  readonly timeoutMs?: number;
  /** Tries after the first (UDP). */
  readonly retries?: number;
  /** Queries in flight (`askMany`). */
  readonly window?: number;
};

const TIMEOUT_MS = 2000;
const RETRIES = 2;
const WINDOW = 64;
const LOOPBACK = '127.0.0.1';

/** Sends octets in a datagram and returns the first datagram that comes back, `null` if none does. */
export async function askUdp(
  server: Server,
  query: Uint8Array,
  options: AskOptions = {},
): Promise<Buffer | null> {
  const socket = await openSocket(server);
  try {
    for (let tries = 0; tries <= (options.retries ?? RETRIES); tries++) {
      const reply = await firstReply(socket, query, options.timeoutMs ?? TIMEOUT_MS);
      if (reply !== null) return reply;
    }
    return null;
  } finally {
    socket.close();
  }
}

/** Waits for a datagram; a port that nobody listens on is a try without reply. */
function firstReply(socket: Socket, query: Uint8Array, timeoutMs: number): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const finish = (reply: Buffer | null): void => {
      clearTimeout(timer);
      socket.off('message', finish);
      socket.off('error', refused);
      resolve(reply);
    };
    const refused = (): void => {
      // Tries again later, not at once.
    };
    const timer = setTimeout(() => finish(null), timeoutMs);
    socket.on('message', finish);
    socket.on('error', refused);
    socket.send(query);
  });
}

/**
 * Sends many queries over one socket, a window of them in flight, and returns the replies in the order of the queries;
 * `null` where none came. Ids are chosen here; replies carry the query's own id again. Each query has 12 octets or
 * more, and there are at most 65,536.
 */
export async function askMany(
  server: Server,
  queries: readonly Uint8Array[],
  options: AskOptions = {},
): Promise<(Buffer | null)[]> {
  if (queries.length > 65536) throw new Error('more queries than ids');
  const socket = await openSocket(server);
  const run = new ManyQueries(socket, queries, options);
  try {
    return await run.done;
  } finally {
    socket.close();
  }
}

class ManyQueries {
  readonly done: Promise<(Buffer | null)[]>;
  private readonly socket: Socket;
  private readonly queries: readonly Buffer[];
  private readonly replies: (Buffer | null)[];
  private readonly timers = new Map<number, NodeJS.Timeout>();
  private readonly timeoutMs: number;
  private readonly retries: number;
  private next = 0;
  private finish: (replies: (Buffer | null)[]) => void = () => {};

  constructor(socket: Socket, queries: readonly Uint8Array[], options: AskOptions) {
    this.socket = socket;
    this.queries = queries.map((query, id) => {
      const copy = Buffer.from(query);
      copy.writeUInt16BE(id, 0);
      return copy;
    });
    this.replies = queries.map(() => null);
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.retries = options.retries ?? RETRIES;
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
    socket.on('message', (reply) => this.take(reply, queries));
    socket.on('error', () => {
      // A refused port shows as queries without reply.
    });
    for (let i = 0; i < (options.window ?? WINDOW); i++) this.sendNext();
  }

  private sendNext(): void {
    if (this.next < this.queries.length) this.send(this.next++, this.retries);
    else if (this.timers.size === 0) this.finish(this.replies);
  }

  private send(id: number, retries: number): void {
    const query = this.queries[id];
    if (query === undefined) return;
    this.socket.send(query);
    const expire = (): void => {
      this.timers.delete(id);
      if (retries > 0) this.send(id, retries - 1);
      else this.sendNext();
    };
    this.timers.set(id, setTimeout(expire, this.timeoutMs));
  }

  private take(reply: Buffer, queries: readonly Uint8Array[]): void {
    if (reply.length < 2) return;
    const id = reply.readUInt16BE(0);
    const timer = this.timers.get(id);
    const query = queries[id];
    if (timer === undefined || query === undefined) return;
    clearTimeout(timer);
    this.timers.delete(id);
    reply.set(query.subarray(0, 2));
    this.replies[id] = reply;
    this.sendNext();
  }
}

/**
 * Sends octets as one message over TCP and returns the messages that come back, until `isLast` says so of one, the
 * server closes, or the time is over.
 */
export function askTcp(
  server: Server,
  query: Uint8Array,
  isLast: (message: Buffer, count: number) => boolean = () => true,
  options: AskOptions = {},
): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const messages: Buffer[] = [];
    let pending: Buffer = Buffer.alloc(0);
    const socket = connect({ port: server.port, host: server.address ?? LOOPBACK });
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(messages);
    };
    const timer = setTimeout(finish, options.timeoutMs ?? TIMEOUT_MS);
    socket.on('connect', () => socket.write(framed(query)));
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const message = pending.subarray(2, 2 + pending.readUInt16BE(0));
        pending = pending.subarray(2 + message.length);
        messages.push(message);
        if (isLast(message, messages.length)) return finish();
      }
    });
    socket.on('close', finish);
    socket.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

/** A message with its length before it, RFC 1035 §4.2.2. */
export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length, 0);
  return Buffer.concat([length, message]);
}

function openSocket(server: Server): Promise<Socket> {
  const address = server.address ?? LOOPBACK;
  const socket = createSocket({
    type: address.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: 1 << 20,
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(server.port, address, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
