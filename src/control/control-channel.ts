/**
 * The control channel's server: PowerDNS's protocol of one line and one reply for each connection, on a Unix socket
 * and, if wanted, on TCP behind a secret and a list of prefixes (docs/CONTROL.md). Any number of commands run at
 * once. Connections are bounded in number, time and octets. Must not know: what a command does.
 */
import { BlockList, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { errorText, ServerError } from '../base/errors.js';
import {
  CONTROL_CLIENTS_MAX,
  CONTROL_IDLE_MS,
  CONTROL_REQUESTS_OCTETS_MAX,
  CONTROL_UNREAD_MS,
  REPEATED_LOG_MS,
} from '../base/limits.js';
import { type Log, limitedWarning } from '../base/log.js';
import { endpointText } from '../transport/query-handler.js';
import { ControlConnection, type Shared, turnAway } from './control-connection.js';
import { listenAtPath } from './control-socket.js';
import type { ServerControl } from './server-control.js';

export type ControlChannelOptions = {
  /** The socket file; `null` for none. */
  readonly socketPath: string | null;
  readonly tcp: ControlTcpOptions | null;
};

export type ControlTcpOptions = {
  /** An IP address. */
  readonly address: string;
  /** 0 takes any. */
  readonly port: number;
  /** Not empty, without white space. */
  readonly secret: string;
  /** Addresses and prefixes (`192.0.2.0/24`, `::1`) that may connect. */
  readonly range: readonly string[];
};

export type ControlLimits = {
  readonly clientsMax: number;
  readonly idleMs: number;
  readonly unreadMs: number;
  readonly requestsOctetsMax: number;
};

const CONTROL_LIMITS: ControlLimits = {
  clientsMax: CONTROL_CLIENTS_MAX,
  idleMs: CONTROL_IDLE_MS,
  unreadMs: CONTROL_UNREAD_MS,
  requestsOctetsMax: CONTROL_REQUESTS_OCTETS_MAX,
};

export type ControlChannel = {
  /** The path of the socket file, and `address:port`. */
  readonly endpoints: readonly string[];
  /** Takes no more commands, ends those that run with a reply, and removes the socket file. */
  stop(): Promise<void>;
};

/**
 * Listens for commands and runs them on `target`.
 * @throws ServerError `CONTROL_SOCKET_PATH`, `CONTROL_SOCKET_IN_USE`, `CONTROL_TCP_INVALID` or
 * `CONTROL_LISTEN_FAILED`; nothing stays open then
 */
export async function startControlChannel(
  options: ControlChannelOptions,
  target: ServerControl,
  log: Log,
  limits: ControlLimits = CONTROL_LIMITS,
): Promise<ControlChannel> {
  const channel = new Channel(target, log, limits);
  try {
    if (options.tcp !== null) await channel.listenOnTcp(options.tcp);
    if (options.socketPath !== null) await channel.listenAtPath(options.socketPath);
  } catch (error) {
    await channel.stop();
    throw error;
  }
  const where = channel.endpoints.join(', ');
  if (where !== '') log.info('control.listen', { addresses: where }, `commands at ${where}`);
  return channel;
}

class Channel implements ControlChannel {
  readonly endpoints: string[] = [];
  private readonly limits: ControlLimits;
  private readonly log: Log;
  private readonly shared: Shared;
  private readonly servers: Server[] = [];
  /** In the order of their arrival. */
  private readonly connections = new Set<ControlConnection>();
  private readonly refused: (fields: { client: string }, text: string) => void;
  private removeFile: () => Promise<void> = () => Promise.resolve();

  constructor(target: ServerControl, log: Log, limits: ControlLimits) {
    this.limits = limits;
    this.log = log;
    this.refused = limitedWarning(log, 'control.refused', REPEATED_LOG_MS);
    this.shared = { target, log, limits, refused: this.refused, waitingOctets: 0 };
  }

  async listenAtPath(path: string): Promise<void> {
    const server = this.makeServer((socket) => this.accept(socket, path, null));
    this.removeFile = await listenAtPath(server, path);
    this.adopt(server, path);
  }

  async listenOnTcp({ address, port, secret, range }: ControlTcpOptions): Promise<void> {
    if (!/^\S+$/.test(secret)) {
      throw new ServerError(
        'CONTROL_TCP_INVALID',
        'commands over TCP need tcp-control-secret, one word',
      );
    }
    const allowed = blockListOf(range);
    const server = this.makeServer((socket) => {
      const client = clientOf(socket);
      if (client === null) socket.destroy();
      else if (allowed.check(client, isIPv6(client) ? 'ipv6' : 'ipv4')) {
        this.accept(socket, client, secret);
      } else {
        turnAway(socket, `Access denied to ${client}\n`);
        this.refused({ client }, `control: access denied to ${client}`);
      }
    });
    const endpoint = await listenOn(server, address, port);
    this.adopt(server, endpoint);
  }

  async stop(): Promise<void> {
    const closed = this.servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const connection of this.connections) connection.stop();
    await Promise.all([...closed, this.removeFile()]);
  }

  private makeServer(accept: (socket: Socket) => void): Server {
    return createServer({ allowHalfOpen: true, noDelay: true }, accept);
  }

  private adopt(server: Server, endpoint: string): void {
    server.on('error', (error) => {
      this.log.warn('control.accept', { endpoint }, `control: ${errorText(error)}`);
    });
    this.servers.push(server);
    this.endpoints.push(endpoint);
  }

  private accept(socket: Socket, client: string, secret: string | null): void {
    if (this.connections.size >= this.limits.clientsMax && !this.evict()) {
      const text = `Too many connections, at most ${this.limits.clientsMax} at once`;
      turnAway(socket, text);
      this.refused({ client }, `control: ${text}, one from ${client} refused`);
      return;
    }
    const connection = new ControlConnection(socket, client, secret, this.shared);
    this.connections.add(connection);
    socket.once('close', () => this.connections.delete(connection));
  }

  /** Makes room: who has an answer, or connected and asked nothing, yields to who may have something to ask. */
  private evict(): boolean {
    for (const connection of this.connections) {
      if (connection.state === 'running') continue;
      this.connections.delete(connection);
      connection.refuse('Too many connections, and nothing was asked on this one');
      return true;
    }
    return false;
  }
}

/** The address that a connection comes from; `null` if it is gone already. */
function clientOf(socket: Socket): string | null {
  const { remoteAddress } = socket;
  return remoteAddress?.replace(/^::ffff:(?=[\d.]+$)/, '').replace(/%.*/, '') ?? null;
}

function blockListOf(range: readonly string[]): BlockList {
  const list = new BlockList();
  for (const prefix of range) {
    const [address = '', length] = prefix.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    try {
      if (length === undefined) list.addAddress(address, family);
      else list.addSubnet(address, /^\d+$/.test(length) ? Number(length) : -1, family);
    } catch {
      throw new ServerError('CONTROL_TCP_INVALID', `tcp-control-range: not a prefix: ${prefix}`);
    }
  }
  return list;
}

/** @returns where it really listens */
async function listenOn(server: Server, address: string, port: number): Promise<string> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, ipv6Only: isIPv6(address), exclusive: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    const where = endpointText({ address, port });
    throw new ServerError(
      'CONTROL_LISTEN_FAILED',
      `cannot listen for commands on ${where}: ${errorText(error)}`,
      error,
    );
  }
  const bound = server.address();
  const own = bound === null || typeof bound === 'string' ? port : bound.port;
  return endpointText({ address, port: own });
}
