/**
 * tinydns data under the rules of RFC 1034 and RFC 4592: converted to zone files and served by BIND, it is answered as
 * we answer from the data itself. HOTZONE_TINYDNS_SEED brings a run back; HOTZONE_TINYDNS_QUESTIONS asks more of it.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { convert, folderOf } from '../control/convert-run.js';
import { seededRandom } from '../fuzz/random.js';
import { compareAnswers } from '../peers/compare.js';
import { buildQuery, decodeMessage, type Message } from '../peers/message.js';
import { type PeerZone, requirePeer, startPeer } from '../peers/peer.js';
import { askMany } from '../peers/query.js';
import { DataModel } from '../support/data-model.js';
import { ServedData } from '../support/served-data.js';
import { tinydnsQuestions } from '../support/tinydns-questions.js';
import { tinydnsSite } from '../support/tinydns-site.js';

const LINES = 3000;
const QUESTIONS = Number(process.env['HOTZONE_TINYDNS_QUESTIONS'] ?? 5000);
const SEED = Number(process.env['HOTZONE_TINYDNS_SEED'] ?? Date.now() % 0x7fffffff);
const CLIENT = '127.0.0.1';
/** A question's own, so that replies are whole. */
const EDNS = { size: 4096 };
/** What is said of the data: addresses of servers elsewhere are in no zone, the rest is about numbers and the like. */
const TOLD = [
  'CONVERT_NO_ZONE',
  'TINYDNS_RANGE',
  'TINYDNS_WILDCARD',
  'TTL_MISMATCH',
  'DUPLICATE_RECORD',
];
const SHOWN_MAX = 10;
const SHOWN_OF_EACH = 600;

type Difference = {
  readonly ours: Message;
  readonly theirs: Message;
  readonly found: readonly string[];
};

/** Where the two differ on purpose. */
const DIFFERENCES: readonly {
  readonly why: string;
  readonly holds: (difference: Difference, zones: readonly PeerZone[]) => boolean;
}[] = [
  {
    why: 'zero-no-soa-ttl: BIND sends the SOA of a negative answer to a SOA question with TTL 0',
    holds: ({ ours, theirs, found }) =>
      ours.question.join().endsWith(' SOA') &&
      found.every((text) => text.startsWith('authority: ')) &&
      theirs.authority.join().replace(/ \d+ IN SOA /, ' 0 IN SOA ') ===
        ours.authority.join().replace(/ \d+ IN SOA /, ' 0 IN SOA '),
  },
  {
    why: 'we go on with a chain of CNAMEs in other zones of ours (RFC 1034 §4.3.2 step 3a), BIND does not',
    holds: ({ ours, theirs }, zones) =>
      theirs.rcode === 0 &&
      theirs.answer.length > 0 &&
      theirs.answer.every((record) => ours.answer.includes(record)) &&
      new Set(
        [...ours.question, ...ours.answer, ...ours.authority].map((text) => zoneOf(text, zones)),
      ).size > 1,
  },
  {
    why: 'asked for a DS at an apex, BIND refers to a zone cut between; what the zone itself says is more',
    holds: ({ ours, theirs }, zones) =>
      ours.question.every((text) => text.endsWith(' DS') && isApex(text, zones)) &&
      !theirs.flags.includes('aa') &&
      ours.flags.includes('aa'),
  },
  {
    why: 'BIND does not answer with a DS at the apex of a zone whose parent is elsewhere',
    holds: ({ ours, theirs, found }, zones) => {
      const only = ours.answer.filter((record) => !theirs.answer.includes(record));
      const areDs = only.every((record) => / IN DS /.test(record) && isApex(record, zones));
      const isAll = only.length === ours.answer.length && theirs.rcode === 0;
      const rest = found.filter((text) => !text.startsWith('answer: only ours'));
      return only.length > 0 && areDs && (rest.length === 0 || isAll);
    },
  },
];

function ownerOf(text: string): string {
  return (text.split(' ')[0] ?? '').toLowerCase().replace(/\.$/, '');
}

function isApex(text: string, zones: readonly PeerZone[]): boolean {
  return zones.some(({ origin }) => origin === ownerOf(text));
}

/** The longest apex at or above an owner name. */
function zoneOf(text: string, zones: readonly PeerZone[]): string {
  const name = `.${ownerOf(text)}`;
  const above = zones.filter(({ origin }) => name.endsWith(`.${origin}`));
  return above.sort((a, b) => b.origin.length - a.origin.length)[0]?.origin ?? '';
}

test('BIND serves what is converted from tinydns data, and answers as we do', {
  timeout: 120_000,
}, async (t) => {
  if (!requirePeer(t, 'named')) return;
  t.diagnostic(`seed ${SEED}`);
  const random = seededRandom(SEED);
  const text = tinydnsSite(random, LINES, { nowSeconds: null, isOrderly: true });
  const folder = folderOf(t, { data: text });
  const converted = await convert(folder, { to: 'bind', output: 'zones/', lossy: true });
  assert.equal(converted.code, 0);
  const codes = [...converted.stderr.matchAll(/\[(\w+)\]$/gm)].map(([, code = '']) => code);
  assert.deepEqual(
    [...new Set(codes)].filter((code) => !TOLD.includes(code)),
    [],
  );
  const zones = readdirSync(join(folder, 'zones')).map((file) => ({
    origin: file.replace(/\.zone$/, ''),
    file: join(folder, 'zones', file),
  }));
  const rules = {
    dialect: 'debian',
    taiAdjust: 10,
    locations: true,
    ignoreBroken: false,
    strict: false,
    asTinydns: false,
  } as const;
  const served = new ServedData(join(folder, 'data'), rules, Math.floor(Date.now() / 1000));
  assert.equal(served.zones.size, zones.length);
  const peer = await startPeer('named', zones, { minimal: true });
  t.after(() => peer.stop());
  const source = tinydnsQuestions(random, new DataModel(text), [CLIENT]);
  const queries = Array.from({ length: QUESTIONS }, () => {
    const { name, type } = source.next().value;
    return buildQuery({ name, type, edns: EDNS });
  });
  const replies = await askMany(peer, queries);
  const found: string[] = [];
  const used = new Set<string>();
  for (const [i, query] of queries.entries()) {
    const reply = replies[i] ?? null;
    assert.ok(reply !== null, 'BIND is silent');
    const theirs = decodeMessage(reply);
    const ours = served.ask(query, Uint8Array.of(127, 0, 0, 1), 0);
    assert.ok(ours !== null);
    const isReferral = !theirs.flags.includes('aa');
    const lost = theirs.additional.filter((record) => !ours.additional.includes(record));
    if (isReferral && !ours.flags.includes('aa') && lost.length > 0)
      found.push(`${ours.question.join()}: no ${lost.join()}`);
    const difference = {
      ours,
      theirs,
      found: compareAnswers(ours, theirs, { ignoreAdditional: true }),
    };
    if (difference.found.length === 0) continue;
    const known = DIFFERENCES.find(({ holds }) => holds(difference, zones));
    if (known !== undefined) used.add(known.why);
    else
      found.push(`${ours.question.join()}: ${difference.found.join('; ')}`.slice(0, SHOWN_OF_EACH));
  }
  t.diagnostic(`differences met: ${used.size} of ${DIFFERENCES.length}`);
  assert.deepEqual(found.slice(0, SHOWN_MAX), [], `${found.length} of ${QUESTIONS}`);
});
