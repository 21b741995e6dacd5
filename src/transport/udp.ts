/**
 * UDP on node:dgram: one socket, one datagram per callback (RFC 1035 §4.2.1). Works everywhere; slower than reading
 * in batches. Must not know: what a query says.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { errorText } from '../base/errors.js';
import {
  DEFERRED_OPEN_MAX,
  MESSAGE_OCTETS_MAX,
  REPEATED_LOG_MS,
  UDP_BUFFER_OCTETS,
} from '../base/limits.js';
import { type Log, limitedWarning } from '../base/log.js';
import { DEFERRED } from '../engine/process.js';
import { CounterBlock } from '../metrics/counter-block.js';
import { addressOctets } from './address-octets.js';
import { DatagramReply, DeferredCount, type QueryHandlers } from './deferred.js';
import type { Endpoint, Listener } from './query-handler.js';

/** Binds a socket and answers on it. Rejects with the system's error if it cannot be bound. */
export async function startUdp(
  where: Endpoint,
  handlers: QueryHandlers,
  log: Log,
): Promise<Listener> {
  const family = isIPv6(where.address) ? 6 : 4;
  const type = family === 6 ? 'udp6' : 'udp4';
  const socket = createSocket({
    type,
    ipv6Only: family === 6,
    // Addresses are literals: saves dgram's own look-up on every send.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  await bind(socket, where);
  growBuffers(socket, log);
  const failed = limitedWarning(log, 'udp.failed', REPEATED_LOG_MS);
  const counters = new CounterBlock(type);
  // Nothing but a send fails on a bound socket.
  socket.on('error', (error) => {
    counters.addSendFailures(1);
    failed({}, `UDP: ${errorText(error)}`);
  });
  const response = new Uint8Array(MESSAGE_OCTETS_MAX);
  let isClosed = false;
  let deferredOpen = 0;
  const defer = (request: Uint8Array, address: Uint8Array, client: RemoteInfo): void => {
    if (deferredOpen === DEFERRED_OPEN_MAX) {
      counters.add(request, request.length, response, 0);
      counters.addOverloadDrop();
      return;
    }
    deferredOpen++;
    const reply = new DatagramReply(new DeferredCount(counters, request, address), {
      send: (message) => socket.send(Uint8Array.from(message), client.port, client.address),
      isClosed: () => isClosed,
      ended: () => {
        deferredOpen--;
      },
    });
    handlers.defer({ request, client: address, port: client.port, reply });
  };
  socket.on('message', (request, client) => {
    const address = addressOctets(client.address);
    const length = handlers.answer(request, request.length, response, false, address);
    if (length === DEFERRED) {
      defer(Uint8Array.from(request), address, client);
      return;
    }
    counters.add(request, request.length, response, length);
    if (counters.remotes.isOn()) counters.remotes.add(address);
    if (length === 0) return;
    // A copy: dgram may send after the next query has overwritten `response`.
    const reply = Buffer.allocUnsafe(length);
    reply.set(response.subarray(0, length));
    socket.send(reply, client.port, client.address);
  });
  return {
    endpoint: { address: where.address, port: socket.address().port },
    blocks: () => [counters],
    stop: () => {
      isClosed = true;
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}

function bind(socket: Socket, where: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: where.address, port: where.port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
}

/** Larger kernel buffers ride out a pause of the event loop; a system that refuses them is slower, not broken. */
function growBuffers(socket: Socket, log: Log): void {
  try {
    socket.setRecvBufferSize(UDP_BUFFER_OCTETS);
    socket.setSendBufferSize(UDP_BUFFER_OCTETS);
  } catch (error) {
    log.warn('udp.buffer', {}, `UDP: buffer sizes cannot be set: ${errorText(error)}`);
  }
}
