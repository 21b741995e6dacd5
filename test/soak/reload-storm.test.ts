/** A short storm; `npm run soak` is the long one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentile, runStorm } from './reload-storm.js';

const MIB = 1 << 20;

test('edits of every kind under load: nothing lost, nothing wrong, memory flat', async (t) => {
  // Patient, since other tests run beside it; what is measured is printed.
  const plan = { seconds: 10, edits: 166, zones: 12, clients: 4, lagMs: 5000 };
  const report = await runStorm(plan);
  const { edits, queries, lost, faults, memoryBefore, memoryAfter } = report;
  t.diagnostic(
    `${edits} edits, ${queries} queries, edit to answer p50 ${percentile(report, 0.5).toFixed(0)} ms, ` +
      `p99 ${percentile(report, 0.99).toFixed(0)} ms, max ${percentile(report, 1).toFixed(0)} ms`,
  );
  assert.deepEqual(faults, []);
  assert.equal(lost, 0);
  assert.ok(edits > plan.edits / 4, `${edits} edits`);
  assert.ok(queries > 1000, `${queries} queries`);
  for (const key of ['heapUsed', 'external', 'arrayBuffers'] as const) {
    const growth = (memoryAfter[key] - memoryBefore[key]) / MIB;
    assert.ok(growth < 8, `${key} grew by ${growth.toFixed(1)} MiB`);
  }
});
