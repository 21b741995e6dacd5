/**
 * A zone that a configuration names, as the loader sees it: which zone, which file, and what kind of zone it is. Zones
 * whose name comes from their file are native. Must not know: the configuration's syntax.
 */
import { plainAddress } from '../config/named-address.js';
import type { MatchList, NotifyMode, SerialUpdateMethod } from '../config/named-types.js';
import type { ZoneSigning } from '../config/signing-policy.js';

/** What a server does for a zone beside answering: nothing, notify secondaries, ask primaries. */
export const ZONE_KINDS = ['native', 'primary', 'secondary'] as const;
export type ZoneKind = (typeof ZONE_KINDS)[number];

/** A server to be notified or asked; `key` names the TSIG key that it is asked with, lower case, no final dot. */
export type ZonePeer = {
  readonly address: string;
  readonly port: number;
  readonly key: string | null;
};

/** Who may do what with a zone, and how its serials come about; `null`: as for all zones. Shared by zones alike. */
export type ZoneRules = {
  readonly allowTransfer: MatchList | null;
  readonly allowQuery: MatchList | null;
  readonly allowNotify: MatchList | null;
  readonly notify: NotifyMode | null;
  readonly serialUpdateMethod: SerialUpdateMethod | null;
  readonly signing: ZoneSigning | null;
};

export const NO_RULES: ZoneRules = {
  allowTransfer: null,
  allowQuery: null,
  allowNotify: null,
  notify: null,
  serialUpdateMethod: null,
  signing: null,
};

export type ConfiguredZone = {
  /** The apex, wire octets. */
  readonly name: Uint8Array;
  /** Absolute. */
  readonly path: string;
  readonly kind: ZoneKind;
  readonly primaries: readonly ZonePeer[];
  readonly alsoNotify: readonly ZonePeer[];
  readonly rules: ZoneRules;
};

/** What a zone has beside name and file. */
export type ZonePeers = Pick<ConfiguredZone, 'primaries' | 'alsoNotify'>;

export const NO_PEERS: ZonePeers = { primaries: [], alsoNotify: [] };

/**
 * `192.0.2.1`, with a port that is not that of DNS `192.0.2.1:5300` or `[2001:db8::1]:5300`. The same for one server,
 * however its address is spelled: it is known by this.
 */
export function peerText({ address, port }: Omit<ZonePeer, 'key'>): string {
  const plain = plainAddress(address);
  if (port === 53) return plain;
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
}
