/**
 * What tests with real servers on both sides begin with: which of them there are, places for them, and a site of ours
 * whose port does not change. Must not know: who is primary.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort, type PeerKind, type PeerPlace, requirePeer } from '../peers/peer.js';
import { hasIpv6 } from '../suites/transport-suite.js';
import { PEERS, PEERS_IP6 } from './peer-keys.js';
import { Site } from './site.js';
import { temporaryDirectory } from './test-server.js';

/** Those that are installed; a subtest is skipped for each that is not. */
export async function installed(t: TestContext): Promise<PeerKind[]> {
  const kinds: PeerKind[] = [];
  for (const kind of PEERS) {
    await t.test(`${kind} is installed`, (one) => {
      if (requirePeer(one, kind)) kinds.push(kind);
    });
  }
  return kinds;
}

/** Of loopback, as the peer is to be reached. */
export function addressOf(kind: PeerKind): string {
  return PEERS_IP6.includes(kind) && hasIpv6() ? '::1' : '127.0.0.1';
}

export async function places(
  t: TestContext,
  kinds: readonly PeerKind[],
): Promise<Map<PeerKind, PeerPlace>> {
  const root = temporaryDirectory(t);
  const made = new Map<PeerKind, PeerPlace>();
  for (const kind of kinds) {
    const folder = join(root, kind);
    mkdirSync(folder);
    made.set(kind, { folder, port: await freePort() });
  }
  return made;
}

/** A site of ours that answers on both loopbacks, always on the same port. */
export async function siteAt(t: TestContext): Promise<{ site: Site; port: number }> {
  const port = await freePort();
  const addresses = hasIpv6() ? '127.0.0.1, ::1' : '127.0.0.1';
  return { site: new Site(t, { 'local-port': String(port), 'local-address': addresses }), port };
}
