/**
 * BIND and Knot as consumers of catalogs that lie in files (RFC 9432). Must not know: what the catalogs say.
 */
import assert from 'node:assert/strict';
import { buildQuery, decodeMessage } from '../peers/message.js';
import { type Peer, type PeerZone, startPeer } from '../peers/peer.js';
import { askUdp } from '../peers/query.js';

export type ConsumerKind = 'named' | 'knot';

const CONSUMERS: Readonly<Record<ConsumerKind, (catalogs: readonly PeerZone[]) => Promise<Peer>>> =
  {
    named: (catalogs) => {
      const rows = catalogs.map(
        ({ origin }) => `zone "${origin}" default-primaries { 127.0.0.1 port 1; } in-memory yes;`,
      );
      return startPeer('named', catalogs, { options: `catalog-zones { ${rows.join('\n')} };` });
    },
    knot: (catalogs) => {
      const rows = catalogs.map(
        ({ origin, file }) =>
          `  - domain: ${origin}\n    file: ${file}\n` +
          '    catalog-role: interpret\n    catalog-template: member\n',
      );
      const more =
        'remote:\n  - id: primary\n    address: 127.0.0.1@1\n' +
        `template:\n  - id: member\n    storage: "."\n    master: primary\nzone:\n${rows.join('')}`;
      return startPeer('knot', [], { more });
    },
  };

/** Starts a server that takes the members of these catalogs, in time, and can transfer none of them. */
export function startConsumer(kind: ConsumerKind, catalogs: readonly PeerZone[]): Promise<Peer> {
  return CONSUMERS[kind](catalogs);
}

/** Whether a zone is a member: without data it is answered with SERVFAIL, a name that is nobody's with REFUSED. */
export async function isTaken(peer: Peer, zone: string): Promise<boolean> {
  const query = buildQuery({ name: zone, type: 'SOA' });
  const reply = await askUdp(peer, query, { timeoutMs: 2000, retries: 3 });
  assert.ok(reply !== null, `${peer.kind} does not answer`);
  return decodeMessage(reply).rcode === 2;
}
