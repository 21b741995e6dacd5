/**
 * The truth about answers: thousands of questions to BIND, NSD and Knot, and to our engine, over the zones of
 * peers-zones.ts; each owner name and misses beside, above and below it, with every type that rules know.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Engine } from '../../src/engine/process.js';
import { nameText } from '../../src/wire/name-text.js';
import { compareAnswers } from '../peers/compare.js';
import { buildQuery, decodeMessage, type Edns } from '../peers/message.js';
import { type PeerKind, requirePeer, startPeer } from '../peers/peer.js';
import { askMany } from '../peers/query.js';
import { CLIENT, imageFromText, tableFromTexts } from '../support/zones.js';
import { RULES } from './peers-rules.js';
import { PEER_ZONES } from './peers-zones.js';

const TYPES = [
  ...['A', 'AAAA', 'NS', 'SOA', 'CNAME', 'MX', 'TXT', 'SRV', 'DNAME', 'DS', 'ANY', 'SVCB', 'HTTPS'],
  ...['TYPE65280', 'RRSIG', 'NSEC', 'TYPE25', 'PTR', 'NAPTR', 'KX'],
];
const VARIANTS: readonly (Edns | undefined)[] = [
  undefined,
  { size: 1232 },
  { size: 4096, dnssecOk: true },
];

function questionNames(): string[] {
  const names = new Set<string>();
  for (const { origin, text } of PEER_ZONES) {
    const image = imageFromText(`${origin}.`, text);
    for (let node = 0; node < image.nodeCount; node++) {
      const owner = nameText(image.octets, image.nodeName(node));
      const first = owner.split('.')[0] ?? '';
      const long = `${'n'.repeat(63)}.${'o'.repeat(60)}.${owner}`;
      const misses = [`zz.${owner}`, `*.${owner}`, `a.b.${owner}`, `A${owner}`, long];
      for (const name of [owner, ...misses, `${first}z${owner.slice(first.length)}`]) {
        if (name.length < 250 && (name.split('.')[0] ?? '').length < 64) names.add(name);
      }
    }
  }
  return [...names];
}

test('BIND, NSD and Knot answer as we do, or a reason is known', {
  timeout: 180_000,
}, async (t) => {
  const kinds: readonly PeerKind[] = ['named', 'nsd', 'knot'];
  if (!kinds.every((kind) => requirePeer(t, kind))) return;
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-differential-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const zones = PEER_ZONES.map(({ origin, text }) => {
    const file = join(folder, `${origin}.zone`);
    writeFileSync(file, `$ORIGIN ${origin}.\n${text}`);
    return { origin, file };
  });
  const engine = new Engine(tableFromTexts(PEER_ZONES), {
    anyFull: false,
    minimalResponses: 'no-auth',
    roundRobin: false,
    udpOctetsMax: 1232,
    version: null,
    hostname: null,
    serverId: null,
    clientSubnet: false,
    outsideDrop: false,
    defers: false,
  });
  const names = questionNames();
  const response = new Uint8Array(65535);
  const used = new Set<string>();
  const unexplained: string[] = [];
  let compared = 0;
  for (const peerKind of kinds) {
    const peer = await startPeer(peerKind, zones, { minimal: true });
    t.after(() => peer.stop());
    for (const type of TYPES) {
      for (const edns of VARIANTS) {
        const variant = edns === undefined ? {} : { edns };
        const queries = names.map((name) => buildQuery({ name, type, ...variant }));
        const replies = await askMany(peer, queries);
        for (const [i, query] of queries.entries()) {
          const reply = replies[i] ?? null;
          assert.ok(reply !== null, `${peerKind} is silent about ${names[i]} ${type}`);
          const length = engine.processQuery(query, query.length, response, false, CLIENT);
          const ours = decodeMessage(response.subarray(0, length));
          assert.deepEqual(ours.compressed, []);
          const theirs = decodeMessage(reply);
          const found = compareAnswers(ours, theirs);
          compared++;
          if (found.length === 0) continue;
          const difference = { peer: peerKind, type, ours, theirs, found };
          const rule = RULES.find((row) => row.peers.includes(peerKind) && row.holds(difference));
          if (rule !== undefined) used.add(`${rule.why} ${peerKind}`);
          else unexplained.push(`${peerKind} ${names[i]} ${type}: ${found.join('; ')}`);
        }
      }
    }
    await peer.stop();
  }
  t.diagnostic(`${compared} answers compared`);
  assert.deepEqual(unexplained.slice(0, 20), [], `${unexplained.length} unexplained`);
  const rows = RULES.flatMap(({ peers, why }) => peers.map((peer) => `${why} ${peer}`));
  assert.deepEqual(
    rows.filter((row) => !used.has(row)),
    [],
    'a rule that nothing needs',
  );
});
