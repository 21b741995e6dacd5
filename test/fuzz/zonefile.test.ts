/** A short fuzz of the loader in every test run, with a fresh seed each time; run.ts is the long one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from './random.js';
import { fuzzZoneFiles } from './zonefile.fuzz.js';

const FUZZ_MS = 1500;

test('mutated zone files neither throw nor hang, and print what they are', (t) => {
  const seed = Date.now() % 0x7fffffff;
  t.diagnostic(`seed ${seed}`);
  const tried = fuzzZoneFiles(seededRandom(seed), Date.now() + FUZZ_MS);
  assert.ok(tried > 200, `${tried} files`);
});
