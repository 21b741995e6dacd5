/**
 * A key for each peer, by which the log tells them apart, and the configurations that have it.
 */

import type { TsigKey } from '../../src/wire/tsig-key.js';
import { nameOctets } from '../peers/message.js';
import type { PeerKind } from '../peers/peer.js';
import { testKey } from '../support/tsig-messages.js';

export type KeyOwner = PeerKind | 'test';

export const PEERS: readonly PeerKind[] = ['named', 'nsd', 'knot', 'pdns'];
/** Those that are reached over IPv6 where there is such. */
export const PEERS_IP6: readonly PeerKind[] = ['named', 'knot'];

export function keyName(owner: KeyOwner): string {
  return `${owner}.key.test`;
}

export function keyOf(owner: KeyOwner): TsigKey {
  const secret = Buffer.from(`a secret of ${owner} and nobody else`);
  return testKey('hmac-sha256', { name: nameOctets(keyName(owner)), secret });
}

export function secretOf(owner: KeyOwner): string {
  return Buffer.from(keyOf(owner).secret).toString('base64');
}

/** Of named.conf. */
export function namedKey(owner: KeyOwner): string {
  return `key "${keyName(owner)}" { algorithm hmac-sha256; secret "${secretOf(owner)}"; };\n`;
}

export const NAMED_KEYS: string = [...PEERS, 'test' as const].map(namedKey).join('');
