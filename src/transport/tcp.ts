/**
 * DNS over TCP: messages behind two octets of length (RFC 1035 §4.2.2), any number per connection, pipelined, answered
 * in order (RFC 7766 §6.2), also if an answer takes its time, as a transfer does. Bounded in connections, in idle time
 * and in answers that the client does not read.
 * Must not know: what a query says.
 */
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { errorText } from '../base/errors.js';
import {
  MESSAGE_OCTETS_MAX,
  REPEATED_LOG_MS,
  STOP_MS_MAX,
  TCP_CLIENTS_MAX,
  TCP_CLIENTS_PER_ADDRESS_MAX,
  TCP_IDLE_MS,
  TCP_UNSENT_OCTETS_MAX,
} from '../base/limits.js';
import { type Log, limitedWarning } from '../base/log.js';
import { DEFERRED } from '../engine/process.js';
import { CounterBlock } from '../metrics/counter-block.js';
import { HEADER_OCTETS } from '../wire/constants.js';
import { addressOctets } from './address-octets.js';
import { DeferredCount, type QueryHandlers } from './deferred.js';
import type { Endpoint, Listener } from './query-handler.js';
import { framed, TcpReply } from './tcp-reply.js';

export type TcpLimits = {
  readonly idleMs: number;
  readonly clientsMax: number;
  readonly clientsPerAddressMax: number;
  readonly unsentOctetsMax: number;
};

export const TCP_LIMITS: TcpLimits = {
  idleMs: TCP_IDLE_MS,
  clientsMax: TCP_CLIENTS_MAX,
  clientsPerAddressMax: TCP_CLIENTS_PER_ADDRESS_MAX,
  unsentOctetsMax: TCP_UNSENT_OCTETS_MAX,
};

const LENGTH_OCTETS = 2;

/** Binds a listening socket and answers on its connections. Rejects with the system's error if it cannot. */
export async function startTcp(
  where: Endpoint,
  handlers: QueryHandlers,
  log: Log,
  limits: TcpLimits = TCP_LIMITS,
): Promise<Listener> {
  const connections = new Map<string, Set<Connection>>();
  const counters = new CounterBlock(isIPv6(where.address) ? 'tcp6' : 'tcp4');
  let count = 0;
  const refused = limitedWarning(log, 'tcp.refused', REPEATED_LOG_MS);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const client = socket.remoteAddress ?? '';
    const own = connections.get(client) ?? new Set();
    if (count >= limits.clientsMax || own.size >= limits.clientsPerAddressMax) {
      socket.destroy();
      refused({ client }, `TCP: too many connections, one from ${client} refused`);
      return;
    }
    const connection = new Connection(socket, handlers, limits, counters);
    connections.set(client, own.add(connection));
    count++;
    counters.addConnections(1);
    socket.once('close', () => {
      count--;
      counters.addConnections(-1);
      own.delete(connection);
      if (own.size === 0) connections.delete(client);
    });
  });
  await listen(server, where);
  const failed = limitedWarning(log, 'tcp.failed', REPEATED_LOG_MS);
  server.on('error', (error) => failed({}, `TCP: ${errorText(error)}`));
  const bound = server.address();
  const port = bound === null || typeof bound === 'string' ? where.port : bound.port;
  return {
    endpoint: { address: where.address, port },
    blocks: () => [counters],
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const own of connections.values()) for (const connection of own) connection.stop();
      }),
  };
}

function listen(server: Server, where: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const ipv6Only = isIPv6(where.address);
    server.listen({ host: where.address, port: where.port, ipv6Only, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Shared by all connections of the thread: an answer is copied out before the next query is read. */
const response = new Uint8Array(MESSAGE_OCTETS_MAX);

/** One client: cuts the stream into messages, answers them, and stops reading while answers pile up. */
class Connection {
  private readonly socket: Socket;
  private readonly handlers: QueryHandlers;
  private readonly limits: TcpLimits;
  private readonly counters: CounterBlock;
  private readonly client: Uint8Array;
  private readonly idle: NodeJS.Timeout;
  /** Octets that arrived but wait because the client does not read its answers, or for a deferred one. */
  private backlog: Buffer | null = null;
  private readonly lengthField = Buffer.alloc(LENGTH_OCTETS);
  /** Octets of the length field and the message that have arrived. */
  private received = 0;
  /** The message being put together from several chunks. */
  private message: Buffer | null = null;
  private ended = false;
  /** The deferred query whose answer is not complete. */
  private open: TcpReply | null = null;
  private isTaking = false;

  constructor(socket: Socket, handlers: QueryHandlers, limits: TcpLimits, counters: CounterBlock) {
    this.socket = socket;
    this.handlers = handlers;
    this.limits = limits;
    this.counters = counters;
    this.client = addressOctets(socket.remoteAddress ?? '');
    // Only a complete query or a read answer restarts it: single octets do not keep a connection open.
    this.idle = setTimeout(() => this.takeIdle(), limits.idleMs);
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('drain', () => {
      this.idle.refresh();
      if (this.open === null) this.resume();
      else this.open.drain();
    });
    socket.on('end', () => {
      this.ended = true;
      this.endIfDone();
    });
    // A reset by the client is no event for the operator; 'close' follows.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(this.idle);
      this.open?.abandon();
    });
  }

  /** Ends the connection; answers under way get a moment. */
  stop(): void {
    this.open?.abandon();
    if (this.socket.writableLength === 0) {
      this.socket.destroy();
      return;
    }
    this.socket.pause();
    this.socket.end(() => this.socket.destroy());
    setTimeout(() => this.socket.destroy(), STOP_MS_MAX).unref();
  }

  private resume(): void {
    // Stopped: nothing more can be answered.
    if (this.socket.writableEnded) return;
    const backlog = this.backlog;
    if (backlog !== null) {
      this.backlog = null;
      this.socket.resume();
      this.take(backlog);
    }
    this.endIfDone();
  }

  /** The client may send no more and still wait for answers. */
  private endIfDone(): void {
    if (this.ended && this.backlog === null && this.open === null) this.socket.end();
  }

  /** A timer that has been cleared would start again. */
  private takeProgress(): void {
    if (!this.socket.destroyed) this.idle.refresh();
  }

  /** Ends a client that asks nothing and reads nothing; one that waits for us does neither. */
  private takeIdle(): void {
    if (this.open !== null && this.socket.writableLength === 0) this.idle.refresh();
    else this.socket.destroy();
  }

  /** Answers every message that `chunk` completes. All answers of a chunk leave together. */
  private take(chunk: Buffer): void {
    this.socket.cork();
    this.isTaking = true;
    let at = 0;
    while (at < chunk.length && !this.socket.destroyed) {
      if (this.open !== null || this.socket.writableLength > this.limits.unsentOctetsMax) {
        this.backlog = chunk.subarray(at);
        this.socket.pause();
        break;
      }
      at = this.takeMessage(chunk, at);
    }
    this.isTaking = false;
    this.socket.uncork();
  }

  /** Reads on from `at` until a message is complete or the chunk ends; returns where it stopped. */
  private takeMessage(chunk: Buffer, at: number): number {
    let next = at;
    while (this.received < LENGTH_OCTETS) {
      if (next === chunk.length) return next;
      this.lengthField[this.received++] = chunk[next++]!;
    }
    const length = this.lengthField.readUInt16BE(0);
    if (length < HEADER_OCTETS) {
      // Not DNS, or out of step: nothing that follows can be trusted.
      this.socket.destroy();
      return chunk.length;
    }
    const missing = LENGTH_OCTETS + length - this.received;
    const end = Math.min(next + missing, chunk.length);
    if (this.message === null && end - next === length) {
      this.answer(chunk.subarray(next, end));
    } else {
      this.message ??= Buffer.allocUnsafe(length);
      chunk.copy(this.message, this.received - LENGTH_OCTETS, next, end);
      this.received += end - next;
      if (this.received < LENGTH_OCTETS + length) return end;
      this.answer(this.message);
    }
    this.received = 0;
    this.message = null;
    return end;
  }

  private answer(request: Uint8Array): void {
    this.idle.refresh();
    const { counters } = this;
    const length = this.handlers.answer(request, request.length, response, true, this.client);
    if (length === DEFERRED) {
      this.defer(Uint8Array.from(request));
      return;
    }
    counters.add(request, request.length, response, length);
    if (counters.remotes.isOn()) counters.remotes.add(this.client);
    if (length === 0) return;
    this.socket.write(framed(response.subarray(0, length)));
  }

  /** Queries that follow wait until the answer to this one is complete. */
  private defer(request: Uint8Array): void {
    const { socket, client, counters, limits } = this;
    const count = new DeferredCount(counters, request, client);
    const reply = new TcpReply(socket, limits.unsentOctetsMax, count, {
      progressed: () => this.takeProgress(),
      ended: () => {
        this.open = null;
        this.takeProgress();
        if (!this.isTaking && !socket.destroyed) this.resume();
      },
    });
    this.open = reply;
    this.handlers.defer({
      request,
      client: Uint8Array.from(client),
      port: socket.remotePort ?? 0,
      reply,
    });
  }
}
