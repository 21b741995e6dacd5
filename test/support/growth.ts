/**
 * Whether work grows in proportion to what it is given: twice as much may take so many times as long. Times are the
 * least of several runs, and a busy machine gets several chances; what grows by the square fails all of them.
 * Must not know: what the work is.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

/** Linear growth, and noise. */
const FACTOR_MAX = 3;
/** Times below this say nothing about growth. */
const NOISE_MS = 25;
const RUNS = 3;
const CHANCES = 5;

/** @param prepare makes work of a size; only the work is timed */
export function assertLinear(
  t: TestContext,
  size: number,
  prepare: (size: number) => () => void,
): void {
  const seen: string[] = [];
  for (let chance = 0; chance < CHANCES; chance++) {
    const once = leastOf(prepare(size));
    const twice = leastOf(prepare(size * 2));
    seen.push(`${once.toFixed(1)} ms, twice as much ${twice.toFixed(1)} ms`);
    t.diagnostic(seen[chance] ?? '');
    if (twice < Math.max(once, NOISE_MS) * FACTOR_MAX) return;
  }
  assert.fail(seen.join('; '));
}

function leastOf(work: () => void): number {
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}
