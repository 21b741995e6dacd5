/** Wake-ups become batches. Times are real: what is asserted holds on a slow machine, too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { BATCH_MS_MAX, QUIET_MS, WAKE_UPS_MAX } from '../../src/base/limits.js';
import { type Batch, QuietQueue } from '../../src/load/quiet-queue.js';

function collect(): { queue: QuietQueue<string>; batches: Batch<string>[]; times: number[] } {
  const batches: Batch<string>[] = [];
  const times: number[] = [];
  const queue = new QuietQueue<string>((batch) => {
    batches.push(batch);
    times.push(performance.now());
  });
  return { queue, batches, times };
}

test('paths touched together come together, once, after quiet', async () => {
  const { queue, batches, times } = collect();
  const start = performance.now();
  for (const path of ['a', 'b', 'a']) queue.touch(path);
  assert.equal(queue.isMoving('a'), true);
  await setTimeout(QUIET_MS * 5);
  assert.deepEqual(batches, [{ paths: ['a', 'b'], again: [], scan: false }]);
  assert.ok(times[0]! - start >= QUIET_MS);
  assert.equal(queue.isMoving('a'), false);
});

test('a busy path holds up the others for a bounded time, and itself until it is quiet', async () => {
  const { queue, batches, times } = collect();
  const start = performance.now();
  queue.touch('quiet');
  const busy = setInterval(() => queue.touch('busy'), 5);
  await setTimeout(BATCH_MS_MAX * 3);
  assert.deepEqual(batches[0]?.paths, ['quiet']);
  assert.ok(times[0]! - start >= BATCH_MS_MAX - 1);
  clearInterval(busy);
  await setTimeout(BATCH_MS_MAX + QUIET_MS * 3);
  assert.deepEqual(batches.at(-1)?.paths, ['busy']);
});

test('a flood of paths becomes one scan', async () => {
  const { queue, batches } = collect();
  for (let i = 0; i <= WAKE_UPS_MAX; i++) queue.touch(`path${i}`);
  await setTimeout(QUIET_MS * 5);
  assert.deepEqual(batches, [{ paths: [], again: [], scan: true }]);
});

test('what is to be looked at again comes in its time, unless forgotten', async () => {
  const { queue, batches, times } = collect();
  const now = performance.now();
  queue.lookAgain('late', now + 150);
  queue.lookAgain('early', now + 50);
  queue.lookAgain('never', now + 60);
  queue.forget('never');
  await setTimeout(400);
  assert.deepEqual(
    batches.map((batch) => batch.again),
    [['early'], ['late']],
  );
  assert.ok(times[0]! - now >= 50);
  assert.ok(times[1]! - now >= 150);
});

test('nothing comes after stop', async () => {
  const { queue, batches } = collect();
  queue.touch('a');
  queue.lookAgain('b', performance.now() + 10);
  queue.requestScan();
  queue.stop();
  await setTimeout(QUIET_MS * 4);
  assert.deepEqual(batches, []);
});
