/**
 * Signed zones in files, served by the whole server over UDP and TCP, and delv, which knows the zone's key and says of
 * each answer whether it has validated it. RFC 4035 §5.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requirePeer } from '../peers/peer.js';
import { SIGNED_TEXT, SIGNED_VARIANTS, signZones } from '../support/peer-signed-zones.js';
import { runPeerLater } from '../support/peer-tool.js';
import { TestServer, temporaryDirectory } from './test-server.js';

const DENIED = /; negative response, fully validated/;
const ANSWERED = /; fully validated/;
/** An alias and what it leads to are judged each for itself. */
const LED_TO_NOTHING = /^; fully validated\n[\s\S]*ncache nxdomain/;

/** question, what delv says */
const QUESTIONS: readonly (readonly [name: string, type: string, says: RegExp])[] = [
  ['@', 'SOA', ANSWERED],
  ['@', 'DNSKEY', ANSWERED],
  ['mail', 'A', ANSWERED],
  ['mail', 'MX', DENIED],
  ['nope', 'A', DENIED],
  ['a.b.nope', 'TXT', DENIED],
  ['of.an.ent', 'A', DENIED],
  ['x.y.wild', 'A', ANSWERED],
  ['x.y.wild', 'MX', DENIED],
  ['exact.wild', 'TXT', DENIED],
  ['to-wildalias', 'A', ANSWERED],
  ['to-miss', 'A', LED_TO_NOTHING],
  ['www.gone', 'A', ANSWERED],
  ['nope.gone', 'A', LED_TO_NOTHING],
  ['secure', 'DS', ANSWERED],
  ['insecure', 'DS', DENIED],
  ['many', 'TXT', ANSWERED],
];
/** RFC 5155 §9.2: what opt-out covers may be there unsigned, so that no more can be said. */
const OPEN_BY_OPT_OUT = ['insecure DS', 'x.y.wild A'];
const OPEN = /; (unsigned answer|negative response, (fully validated|unsigned answer))/;

test('delv validates what is served, over UDP and TCP, RFC 4035 §5', {
  timeout: 180_000,
}, async (t) => {
  if (!requirePeer(t, 'delv')) return;
  const folder = temporaryDirectory(t);
  const zones = signZones(t, folder, SIGNED_VARIANTS, SIGNED_TEXT);
  if (zones === null) return;
  const root = temporaryDirectory(t);
  mkdirSync(join(root, 'zones'));
  for (const { origin, file } of zones) copyFileSync(file, join(root, 'zones', `${origin}zone`));
  const { server } = await TestServer.start(t, root);
  const port = server.endpoints[0]?.port ?? 0;
  const wrong: string[] = [];
  let asked = 0;
  for (const { origin, keys, label } of zones) {
    const [flags, protocol, algorithm, ...key] = (keys[0] ?? '').split(/\s+/);
    const anchors = join(root, `${label}.anchors`);
    const anchor = `"${origin}" static-key ${flags} ${protocol} ${algorithm} "${key.join('')}"`;
    writeFileSync(anchors, `trust-anchors { ${anchor}; };\n`);
    for (const [i, [name, type, says]] of QUESTIONS.entries()) {
      const full = name === '@' ? origin : `${name}.${origin}`;
      const run = await runPeerLater(t, 'delv', [
        ...['@127.0.0.1', '-p', String(port), '-a', anchors, `+root=${origin}`, '+nocrypto'],
        ...[i % 2 === 0 ? '+notcp' : '+tcp', full, type],
      ]);
      if (run === null) return;
      asked++;
      const isOpen = label.includes('out3') && OPEN_BY_OPT_OUT.includes(`${name} ${type}`);
      const expected = isOpen ? OPEN : says;
      if (!expected.test(run.stdout + run.stderr))
        wrong.push(`${full} ${type}: ${run.stdout}${run.stderr}`);
    }
  }
  assert.deepEqual(wrong, []);
  t.diagnostic(`${asked} answers validated`);
});
