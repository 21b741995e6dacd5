/**
 * Real zones, answered as the real servers answer them: every owner name with every type that it has, types that it
 * lacks, and misses beside, above and below it. Data is looked for in `../shared/data`, or where HOTZONE_DATA says.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Engine } from '../../src/engine/process.js';
import { ZoneImage } from '../../src/index/image.js';
import { loadZone } from '../../src/load/load-zone.js';
import { nameText } from '../../src/wire/name-text.js';
import { compareAnswers } from '../peers/compare.js';
import { buildQuery, decodeMessage, type Edns } from '../peers/message.js';
import { type PeerKind, requirePeer, startPeer } from '../peers/peer.js';
import { askMany } from '../peers/query.js';
import { CLIENT, tableOf } from '../support/zones.js';

const FOLDER = resolve(process.env['HOTZONE_DATA'] ?? '../shared/data');
const EDNS = { size: 1232 };
const DO = { size: 1232, dnssecOk: true };
/** Asked at every name, whether it has them or not. */
const COMMON_TYPES = [1, 2, 6, 15, 16, 28, 43];
const BATCH = 20_000;
const RRSIG = 46;
const NSEC = 47;

type Question = { readonly name: string; readonly type: number };

/** Where a peer answers otherwise, and why that is no fault of ours. */
const EXPLAINED: readonly {
  readonly kind: PeerKind;
  readonly why: string;
  readonly holds: (type: number, differences: readonly string[]) => boolean;
}[] = [
  {
    kind: 'named',
    why: 'BIND answers NSEC at a zone cut itself; RFC 4035 §3.1.4.1 excepts DS alone, NSD and Knot refer',
    holds: (type, found) => type === NSEC && found[0] === 'aa: false / true',
  },
  {
    kind: 'knot',
    why: 'Knot answers RRSIG with some of the signatures (RFC 8482 §7 lets it); BIND and NSD with all',
    holds: (type, found) =>
      type === RRSIG && found.every((text) => text.startsWith('answer: only ours: ')),
  },
];

/** Every owner name with its own and the common types, and four names that do not exist for each. */
function questionsOf(image: ZoneImage): Question[] {
  const questions: Question[] = [];
  for (let node = 0; node < image.nodeCount; node++) {
    const owner = nameText(image.octets, image.nodeName(node));
    const types = new Set(COMMON_TYPES);
    const first = image.nodeRrsetFirst(node);
    for (let i = 0; i < image.nodeRrsetCount(node); i++) types.add(image.rrsetType(first + i));
    for (const type of types) questions.push({ name: owner, type });
    const rest = owner.split('.').slice(1).join('.');
    const beside = `${owner.split('.')[0]}-.${rest}`;
    for (const miss of [`zz.${owner}`, `0${owner}`, beside, `a.b.${rest}`]) {
      if (/^[^.]{0,63}\./.test(miss)) questions.push({ name: miss, type: node % 2 === 0 ? 1 : 43 });
    }
  }
  return questions;
}

async function compareZone(
  t: TestContext,
  kind: PeerKind,
  file: string,
  edns: Edns,
): Promise<void> {
  const origin = Uint8Array.of(0);
  const result = loadZone({
    path: file,
    origin,
    originCertain: false,
    root: FOLDER,
    includeOutside: false,
    strict: false,
  });
  assert.deepEqual(
    result.problems.filter((problem) => problem.severity === 'error'),
    [],
  );
  assert.ok(result.image !== null);
  const image = new ZoneImage(result.image);
  const zones = tableOf([[result.apex, result.image]]);
  const answers = { anyFull: false, minimalResponses: 'no-auth', roundRobin: true } as const;
  const told = { version: null, hostname: null, serverId: null };
  const options = {
    ...answers,
    ...told,
    udpOctetsMax: 1232,
    outsideDrop: false,
    defers: false,
    clientSubnet: false,
  };
  const engine = new Engine(zones, options);
  const peer = await startPeer(kind, [{ origin: nameText(result.apex, 0), file }], {
    minimal: true,
  });
  t.after(() => peer.stop());
  const questions = questionsOf(image);
  const response = new Uint8Array(65535);
  const differences: string[] = [];
  let explained = 0;
  for (let start = 0; start < questions.length; start += BATCH) {
    const batch = questions.slice(start, start + BATCH);
    const queries = batch.map((question) => buildQuery({ ...question, edns }));
    const replies = await askMany(peer, queries);
    for (const [i, query] of queries.entries()) {
      const reply = replies[i] ?? null;
      const what = `${batch[i]?.name} TYPE${batch[i]?.type}`;
      assert.ok(reply !== null, `${kind} is silent about ${what}`);
      const length = engine.processQuery(query, query.length, response, false, CLIENT);
      const found = compareAnswers(
        decodeMessage(response.subarray(0, length)),
        decodeMessage(reply),
      );
      if (found.length === 0) continue;
      const type = batch[i]?.type ?? 0;
      if (EXPLAINED.some((row) => row.kind === kind && row.holds(type, found))) explained++;
      else differences.push(`${what}: ${found.join('; ').slice(0, 300)}`);
    }
  }
  await peer.stop();
  t.diagnostic(
    `${questions.length} answers compared with ${kind}, ${explained} differ for a known reason`,
  );
  assert.ok(questions.length > image.nodeCount * COMMON_TYPES.length);
  assert.deepEqual(differences.slice(0, 10), [], `${differences.length} differences`);
}

const files = existsSync(FOLDER)
  ? readdirSync(FOLDER).filter((file) => file.endsWith('.zone'))
  : [];

if (files.length === 0) {
  test('real zones', (t) => {
    t.skip(`no zone files in ${FOLDER}`);
  });
}

for (const file of files) {
  for (const kind of ['nsd', 'knot', 'named'] as const) {
    test(`${file} is answered as ${kind} answers it`, { timeout: 300_000 }, async (t) => {
      if (requirePeer(t, kind)) await compareZone(t, kind, join(FOLDER, file), EDNS);
    });
    // BIND gives no signatures that have run out
    if (kind === 'named') continue;
    test(`${file} is answered as ${kind} answers it with DO, RFC 4035 §3.1`, {
      timeout: 300_000,
    }, async (t) => {
      if (requirePeer(t, kind)) await compareZone(t, kind, join(FOLDER, file), DO);
    });
  }
}
