/**
 * A zone that a configuration names, as the loader sees it: which zone, which file, and what kind of zone it is. Zones
 * whose name comes from their file are native. Must not know: the configuration's syntax.
 */

/** What a server does for a zone beside answering: nothing, notify secondaries, ask primaries. */
export const ZONE_KINDS = ['native', 'primary', 'secondary'] as const;
export type ZoneKind = (typeof ZONE_KINDS)[number];

/** A server to be notified or asked. */
export type ZonePeer = { readonly address: string; readonly port: number };

export type ConfiguredZone = {
  /** The apex, wire octets. */
  readonly name: Uint8Array;
  /** Absolute. */
  readonly path: string;
  readonly kind: ZoneKind;
  readonly primaries: readonly ZonePeer[];
  readonly alsoNotify: readonly ZonePeer[];
};

/** What a zone has beside name and file. */
export type ZonePeers = Pick<ConfiguredZone, 'primaries' | 'alsoNotify'>;

export const NO_PEERS: ZonePeers = { primaries: [], alsoNotify: [] };

/** `192.0.2.1`, with a port that is not that of DNS `192.0.2.1:5300` or `[2001:db8::1]:5300`. */
export function peerText({ address, port }: ZonePeer): string {
  if (port === 53) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
