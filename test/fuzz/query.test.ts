/** A short fuzz of the engine in every test run, with a fresh seed each time; run.ts is the long one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzQueries } from './query.fuzz.js';
import { seededRandom } from './random.js';

const FUZZ_MS = 1500;

test('mutated queries neither throw nor hang, and replies decode', (t) => {
  const seed = Date.now() % 0x7fffffff;
  t.diagnostic(`seed ${seed}`);
  const tried = fuzzQueries(seededRandom(seed), Date.now() + FUZZ_MS);
  assert.ok(tried > 1000, `${tried} packets`);
});
