/**
 * The seam between transports and the engine: octets in, octets out. Must not know: messages, sockets.
 */
import type { CounterBlock } from '../metrics/counter-block.js';

/**
 * Answers one query.
 * @param request the query in its first `length` octets; belongs to the caller
 * @param response where the reply is written; reused by the caller for the next query
 * @param client the address that the query came from, 4 or 16 octets; valid during the call
 * @returns octets of the reply; 0 if there is none; DEFERRED if it is left to the DeferredHandler. Does not throw.
 */
export type QueryHandler = (
  request: Uint8Array,
  length: number,
  response: Uint8Array,
  overTcp: boolean,
  client: Uint8Array,
) => number;

/** Where a socket is bound; `port` is the real one, also when 0 was asked for. */
export type Endpoint = { readonly address: string; readonly port: number };

/** A bound transport. */
export type Listener = {
  readonly endpoint: Endpoint;
  /** What it has counted: one for each socket. Their number may grow, and what was counted is never lost. */
  blocks(): readonly CounterBlock[];
  /** Takes no further queries, and resolves once the socket is closed. */
  stop(): Promise<void>;
};

/** `address:port`, with brackets around an IPv6 address. */
export function endpointText(endpoint: Endpoint): string {
  const { address, port } = endpoint;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
