/** A short fuzz of the service for other servers, with a fresh seed each time; run.ts is the long one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzDeferred } from './deferred.fuzz.js';
import { seededRandom } from './random.js';

const FUZZ_MS = 1500;

test('mutated messages between servers neither throw nor hang, and replies decode', (t) => {
  const seed = Date.now() % 0x7fffffff;
  t.diagnostic(`seed ${seed}`);
  const tried = fuzzDeferred(seededRandom(seed), Date.now() + FUZZ_MS);
  assert.ok(tried > 500, `${tried} messages`);
});
