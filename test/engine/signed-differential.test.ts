/**
 * Signed zones: every owner name and misses beside, above and below it asked of NSD and Knot and of our engine, with
 * the DO bit and without, over UDP with little room and over TCP. The zones are signed by dnssec-signzone and
 * ldns-signzone with NSEC, NSEC3 and opt-out. RFC 4035 §3.1, RFC 5155 §7.2, RFC 2181 §9.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Engine } from '../../src/engine/process.js';
import { compareAnswers } from '../peers/compare.js';
import { buildQuery, decodeMessage, type Edns } from '../peers/message.js';
import { type PeerKind, requirePeer, startPeer } from '../peers/peer.js';
import { askMany, askTcp } from '../peers/query.js';
import { SIGNED_TEXT, SIGNED_VARIANTS, signZone, signZones } from '../support/peer-signed-zones.js';
import { CLIENT, tableFromTexts } from '../support/zones.js';
import { signedQuestions } from './signed-questions.js';
import { SIGNED_RULES } from './signed-rules.js';

const TYPES = [
  ...['A', 'NS', 'SOA', 'CNAME', 'MX', 'TXT', 'DNAME', 'DS', 'DNSKEY', 'ANY', 'TYPE65280'],
  ...['RRSIG', 'NSEC', 'NSEC3', 'NSEC3PARAM'],
];
/** Parents whose children are served beside them: the parent has the DS, the child all else. */
const CHILDREN_OF = ['nsec13', 'plain3', 'optout3'];

function childText(parent: string): string {
  return `$TTL 3600
@ SOA ns hostmaster 1 7200 900 1209600 300
@ NS ns
ns A 192.0.2.77
www A 192.0.2.78
to-parent CNAME mail.${parent}
`;
}

const DO: Edns = { size: 1232, dnssecOk: true };
const VARIANTS: readonly (readonly [
  label: string,
  edns: Edns | undefined,
  types: readonly string[],
])[] = [
  ['plain', undefined, ['A', 'TXT', 'DS', 'DNSKEY', 'ANY', 'RRSIG', 'NSEC', 'NSEC3']],
  ['do', DO, TYPES],
  ['do 512', { size: 512, dnssecOk: true }, ['A', 'TXT', 'DS']],
];

test('NSD and Knot answer from signed zones as we do, or a reason is known', {
  timeout: 300_000,
}, async (t) => {
  const kinds: readonly PeerKind[] = ['nsd', 'knot'];
  if (!kinds.every((kind) => requirePeer(t, kind))) return;
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-signed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const zones = signZones(t, folder, SIGNED_VARIANTS, SIGNED_TEXT);
  if (zones === null) return;
  for (const variant of SIGNED_VARIANTS.filter(({ label }) => CHILDREN_OF.includes(label))) {
    const parent = `${variant.label}.test.`;
    const child = signZone(t, folder, variant, `secure.${parent}`, childText(parent));
    if (child === null) return;
    const file = join(folder, `insecure.${parent}zone`);
    const text = `$ORIGIN insecure.${parent}\n${childText(parent)}`;
    writeFileSync(file, text);
    zones.push(child, { ...child, origin: `insecure.${parent}`, text, file });
  }
  const table = tableFromTexts(zones);
  const makeEngine = (minimalResponses: 'yes' | 'no-auth'): Engine =>
    new Engine(table, {
      anyFull: false,
      minimalResponses,
      roundRobin: false,
      udpOctetsMax: 1232,
      version: null,
      hostname: null,
      serverId: null,
      clientSubnet: false,
      outsideDrop: false,
      defers: false,
    });
  const response = new Uint8Array(65535);
  const used = new Set<string>();
  const unexplained: string[] = [];
  let compared = 0;
  for (const peerKind of kinds) {
    // Knot always gives additional addresses and never apex NS; NSD neither of them if it is to be brief
    const engine = makeEngine(peerKind === 'nsd' ? 'yes' : 'no-auth');
    const peer = await startPeer(
      peerKind,
      zones.map(({ origin, file }) => ({ origin: origin.slice(0, -1), file })),
      { minimal: true },
    );
    t.after(() => peer.stop());
    const compare = (
      name: string,
      label: string,
      type: string,
      query: Uint8Array,
      reply: Uint8Array,
      tcp: boolean,
    ) => {
      const length = engine.processQuery(query, query.length, response, tcp, CLIENT);
      const ours = decodeMessage(response.subarray(0, length));
      assert.deepEqual(ours.compressed, []);
      const theirs = decodeMessage(reply);
      const found = compareAnswers(ours, theirs);
      compared++;
      if (found.length === 0) return;
      const difference = { peer: peerKind, type, label, name, ours, theirs, found };
      const rule = SIGNED_RULES.find(
        (row) => row.peers.includes(peerKind) && row.holds(difference),
      );
      if (rule !== undefined) used.add(`${rule.why} ${peerKind}`);
      else unexplained.push(`${peerKind} ${name} ${type} ${label}: ${found.join('; ')}`);
    };
    for (const zone of zones) {
      const names = signedQuestions(zone.origin, zone.text);
      for (const [label, edns, types] of VARIANTS) {
        for (const type of types) {
          const variant = edns === undefined ? {} : { edns };
          const queries = names.map((name) => buildQuery({ name, type, ...variant }));
          const replies = await askMany(peer, queries);
          for (const [i, query] of queries.entries()) {
            const reply = replies[i] ?? null;
            assert.ok(reply !== null, `${peerKind} is silent about ${names[i]} ${type}`);
            compare(names[i] ?? '', label, type, query, reply, false);
          }
        }
      }
      for (const name of names.filter((_, i) => i % 16 === 0)) {
        const query = buildQuery({ name, type: 'ANY', edns: DO });
        const [reply] = await askTcp(peer, query);
        assert.ok(reply !== undefined);
        compare(name, 'tcp', 'ANY', query, reply, true);
      }
    }
    await peer.stop();
  }
  t.diagnostic(`${compared} answers compared`);
  assert.deepEqual(unexplained.slice(0, 20), [], `${unexplained.length} unexplained`);
  const rows = SIGNED_RULES.flatMap(({ peers, why }) => peers.map((peer) => `${why} ${peer}`));
  assert.deepEqual(
    rows.filter((row) => !used.has(row)),
    [],
    'a rule that nothing needs',
  );
});
