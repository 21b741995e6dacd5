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
import { DIFFERENCES, glueOf, type Pair, replyOf } from './tinydns-differences.js';
import { type BothReplies, questionText, requireTinydns, TinydnsPair } from './tinydns-pair.js';

const CORPUS_LINES = 10_000;
const QUESTIONS = Number(process.env['HOTZONE_TINYDNS_QUESTIONS'] ?? 2500);
const SEED = Number(process.env['HOTZONE_TINYDNS_SEED'] ?? Date.now() % 0x7fffffff);
/** Kinds of replies that must have been seen for a comparison to say much. */
const LEAST_OF_EACH = QUESTIONS / 250;
const SHOWN_OF_EACH = 600;

/** Replies when all that is meant to differ has been settled. @param used takes the reasons that were needed */
function settled(
  pair: TinydnsPair,
  { question: asked, second, ours, theirs }: BothReplies,
  used = new Set<string>(),
): Pair {
  const about = { question: asked, second, data: pair.data };
  let left: Pair = { ours: replyOf(ours), theirs: replyOf(theirs) };
  for (const { why, settle } of DIFFERENCES) {
    const before = left;
    left = settle(left, about);
    if (!isSame(before, left)) used.add(why);
  }
  return left;
}

function isAlike({ ours, theirs }: Pair): boolean {
  return isSame(ours, theirs);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

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
    const left = settled(pair, both, used);
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
