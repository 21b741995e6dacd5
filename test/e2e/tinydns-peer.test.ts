/**
 * tinydns data answered by us as Debian's tinydns answers it: random lines, zones within zones, locations, and records
 * that begin and end while they are asked for. HOTZONE_TINYDNS_SEED brings a run back; HOTZONE_TINYDNS_QUESTIONS asks
 * more of it.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Random, seededRandom } from '../fuzz/random.js';
import { tinydnsCorpus } from '../support/tinydns-corpus.js';
import { tinydnsQuestions } from '../support/tinydns-questions.js';
import { SITE_CLIENTS, tinydnsSite } from '../support/tinydns-site.js';
import { DIFFERENCES, glueOf, isAlike, replyOf, settled } from './tinydns-differences.js';
import {
  type BothReplies,
  question,
  questionText,
  requireTinydns,
  TinydnsPair,
} from './tinydns-pair.js';

const CORPUS_LINES = 10_000;
const QUESTIONS = Number(process.env['HOTZONE_TINYDNS_QUESTIONS'] ?? 1000);
const SEED = Number(process.env['HOTZONE_TINYDNS_SEED'] ?? Date.now() % 0x7fffffff);
/** Kinds of replies that must have been seen for a comparison to say much. */
const LEAST_OF_EACH = QUESTIONS / 250;
const SHOWN_OF_EACH = 600;

function kindOf({ theirs }: BothReplies): string {
  if (theirs === null) return 'no reply';
  if (!theirs.flags.includes('aa')) return 'referral';
  if (theirs.rcode !== 0) return 'no such name';
  return theirs.answer.length > 0 ? 'answer' : 'no data';
}

/** Addresses that a referral of tinydns's has and ours has not. */
function lostGlue({ ours, theirs }: BothReplies): string[] {
  const kept = glueOf(ours);
  return glueOf(theirs).filter((record) => !kept.includes(record));
}

// --- random data ------------------------------------------------------------------------------------------------

function compare(t: TestContext, text: string, random: Random, kinds: readonly string[]): void {
  const pair = new TinydnsPair(t, text);
  const broken = [...pair.served.zones.values()].filter(({ result }) => result.image === null);
  assert.equal(broken.length, 0, 'a zone that does not load');
  const source = tinydnsQuestions(random, pair.data, SITE_CLIENTS);
  const questions = Array.from({ length: QUESTIONS }, () => source.next().value);
  const used = new Set<string>();
  const found: string[] = [];
  const seen = new Map<string, number>();
  for (const both of pair.ask(questions)) {
    const left = settled(both, pair.data, used);
    const where = `${questionText(both.question)} at ${both.second}`;
    const lost = left.theirs === null ? [] : lostGlue(both);
    if (!isAlike(left)) found.push(`${where}: ${JSON.stringify(left).slice(0, SHOWN_OF_EACH)}`);
    else if (lost.length > 0) found.push(`${where}: no glue ${lost.join()}`);
    const kind = kindOf(both);
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  t.diagnostic(`${questions.length} questions: ${JSON.stringify(Object.fromEntries(seen))}`);
  t.diagnostic(`differences met: ${used.size} of ${DIFFERENCES.length}`);
  assert.deepEqual(found.slice(0, 10), [], `${found.length} unexplained, seed ${SEED}`);
  for (const kind of kinds) assert.ok((seen.get(kind) ?? 0) >= LEAST_OF_EACH, kind);
}

test(`${CORPUS_LINES} random lines are answered as tinydns answers them`, (t) => {
  if (!requireTinydns(t)) return;
  t.diagnostic(`seed ${SEED}`);
  const random = seededRandom(SEED);
  compare(t, tinydnsCorpus(random, CORPUS_LINES), random, ['answer', 'no data', 'no such name']);
});

test(`${CORPUS_LINES} lines of zones within zones are answered as tinydns answers them`, (t) => {
  if (!requireTinydns(t)) return;
  t.diagnostic(`seed ${SEED}`);
  const random = seededRandom(SEED);
  const nowSeconds = Math.floor(Date.now() / 1000);
  const text = tinydnsSite(random, CORPUS_LINES, { nowSeconds, isOrderly: false });
  const kinds = ['answer', 'no data', 'no such name', 'referral', 'no reply'];
  compare(t, text, random, kinds);
});

// --- tables -----------------------------------------------------------------------------------------------------

for (const { why, example, settle } of DIFFERENCES) {
  test(`differs: ${why}`, (t) => {
    if (!requireTinydns(t)) return;
    const [data, asked] = example;
    const pair = new TinydnsPair(t, data);
    const [both] = pair.ask([question(asked)]);
    assert.ok(both !== undefined);
    const raw = { ours: replyOf(both.ours), theirs: replyOf(both.theirs) };
    assert.ok(!isAlike(raw), 'the two agree');
    assert.ok(isAlike(settle(raw, { ...both, data: pair.data })), JSON.stringify(raw));
  });
}

/** A time to come, and one that is over. */
const LATER = '400000007fffffff';
const FORMER = '4000000038af1379';

/** What both answer: `rcode`, `aa`, then records of the answer or, without any, of the authority section. */
const AGREED: readonly (readonly [
  name: string,
  data: string,
  question: string,
  ...reply: string[],
])[] = [
  [
    'all addresses of a name have the TTL of the last one',
    '.e:10.0.0.1:a\n+w.e:10.0.0.2:60\n+w.e:10.0.0.3:70\n+w.e:10.0.0.4:50\n',
    'w.e A',
    '0 aa',
    'w.e. 50 IN A 0a000002',
    'w.e. 50 IN A 0a000003',
    'w.e. 50 IN A 0a000004',
  ],
  [
    'other records keep their own',
    '.e:10.0.0.1:a\n@w.e::m.e:1:60\n@w.e::m.e:2:70\n',
    'w.e MX',
    '0 aa',
    'w.e. 60 IN MX 0001016d016500',
    'w.e. 70 IN MX 0002016d016500',
  ],
  [
    'name servers of a wildcard are no zone cut',
    '.e:10.0.0.1:a:60\n&*.e::n.x:60\n+*.e:10.0.0.2:60\n',
    'v.w.e A',
    '0 aa',
    'v.w.e. 60 IN A 0a000002',
  ],
  [
    'name servers of a wildcard are an answer',
    '.e:10.0.0.1:a:60\n&*.e::n.x:60\n',
    'v.w.e NS',
    '0 aa',
    'v.w.e. 60 IN NS 016e017800',
  ],
  [
    'an SOA of a wildcard is no zone',
    '.e:10.0.0.1:a:60\n.*.e:10.0.0.9:a:60\n+*.e:10.0.0.2:60\n',
    'w.e A',
    '0 aa',
    'w.e. 60 IN A 0a000002',
  ],
  [
    'a DS beside the name servers of a zone below another is there',
    '.e:10.0.0.1:a:60\n.d.e:10.0.0.2:a:60\n:d.e:43:\\001\\002\\015\\001twenty octets of SHA:60\n',
    'd.e DS',
    '0 aa',
    `d.e. 60 IN DS 01020d01${Buffer.from('twenty octets of SHA').toString('hex')}`,
  ],
  [
    'a record with a TTL of more than 31 bits and a time to come is not there yet',
    `.e:10.0.0.1:a:60\n+w.e:10.0.0.2:4294967295:${LATER}\n+w.e:10.0.0.3:60\n`,
    'w.e A',
    '0 aa',
    'w.e. 60 IN A 0a000003',
  ],
  [
    'a record that is over does not give its TTL to others',
    `.e:10.0.0.1:a:60\n+w.e:10.0.0.2:60\n+w.e:10.0.0.3:0:${FORMER}\n`,
    'w.e A',
    '0 aa',
    'w.e. 60 IN A 0a000002',
  ],
  [
    'a record that ends gives its time to other addresses',
    `.e:10.0.0.1:a:60\n+w.e:10.0.0.2:60\n+w.e:10.0.0.3:0:${LATER}\n`,
    'w.e A',
    '0 aa',
    'w.e. 3600 IN A 0a000002',
    'w.e. 3600 IN A 0a000003',
  ],
];

for (const [name, data, asked, ...reply] of AGREED) {
  test(`agrees: ${name}`, (t) => {
    if (!requireTinydns(t)) return;
    const [both] = new TinydnsPair(t, data).ask([question(asked)]);
    assert.ok(both !== undefined);
    for (const side of [replyOf(both.theirs), replyOf(both.ours)]) {
      assert.ok(side !== null);
      const records = side.answer.length > 0 ? side.answer : side.authority;
      assert.deepEqual([`${side.rcode}${side.isAuthoritative ? ' aa' : ''}`, ...records], reply);
    }
  });
}
