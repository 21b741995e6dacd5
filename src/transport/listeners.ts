/**
 * The addresses that the server answers on: reads `--local-address`, binds UDP and TCP on each, all or none.
 * Must not know: what is served.
 */
import { isIP } from 'node:net';
import { errorText, ServerError } from '../base/errors.js';
import { PORT_TRIES_MAX } from '../base/limits.js';
import type { Log } from '../base/log.js';
import type { QueryHandlers } from './deferred.js';
import { type Endpoint, endpointText, type Listener } from './query-handler.js';
import { startTcp } from './tcp.js';
import { startUdp as startDatagrams } from './udp.js';
import type { StartUdp } from './udp-engine.js';

/**
 * Reads a list of addresses such as `127.0.0.1,[::1]:5353`; `port` is for those without one.
 * @throws ServerError `ADDRESS_INVALID`
 */
export function parseEndpoints(text: string, port: number): Endpoint[] {
  const endpoints = text
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .map((item) => parseEndpoint(item, port));
  if (endpoints.length === 0) throw new ServerError('ADDRESS_INVALID', 'no address given');
  return endpoints;
}

function parseEndpoint(text: string, port: number): Endpoint {
  if (isIP(text) !== 0) return { address: text, port };
  const match = /^\[([^\]]+)\](?::(\d+))?$|^([^:]+):(\d+)$/.exec(text);
  const address = match?.[1] ?? match?.[3] ?? '';
  const ownPort = Number(match?.[2] ?? match?.[4] ?? port);
  if (isIP(address) === 0 || ownPort > 65535) {
    throw new ServerError(
      'ADDRESS_INVALID',
      `not an address: ${text} (want A, A:PORT or [A]:PORT)`,
    );
  }
  return { address, port: ownPort };
}

/**
 * Binds UDP and TCP on every endpoint. Nothing stays open if one of them fails.
 * @param handlers for TCP, for UDP in this thread, and for what UDP workers defer
 * @param startUdp how UDP is read
 * @throws ServerError `LISTEN_FAILED`
 */
export async function startListeners(
  endpoints: readonly Endpoint[],
  handlers: QueryHandlers,
  log: Log,
  startUdp: StartUdp = startDatagrams,
): Promise<Listener[]> {
  const started: Listener[] = [];
  try {
    for (const endpoint of endpoints) {
      started.push(...(await startPair(endpoint, handlers, log, startUdp)));
    }
  } catch (error) {
    await stopListeners(started);
    throw error;
  }
  return started;
}

export async function stopListeners(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.stop()));
}

/** UDP and TCP on one port. If any port will do, one that is free for both has to be found. */
async function startPair(
  where: Endpoint,
  handlers: QueryHandlers,
  log: Log,
  startUdp: StartUdp,
): Promise<Listener[]> {
  for (let tries = 1; ; tries++) {
    const udp = await startUdp(where, handlers, log).catch((error) => fail(where, 'UDP', error));
    try {
      return [udp, await startTcp(udp.endpoint, handlers, log)];
    } catch (error) {
      await udp.stop();
      if (where.port !== 0 || tries === PORT_TRIES_MAX) fail(where, 'TCP', error);
    }
  }
}

function fail(where: Endpoint, protocol: string, error: unknown): never {
  throw new ServerError(
    'LISTEN_FAILED',
    `cannot listen on ${endpointText(where)} (${protocol}): ${errorText(error)}`,
    error,
  );
}
