/** Waits of secondary zones as tables, and the heap that their times stand in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Due, DueHeap } from '../../src/transfer/due-heap.js';
import {
  expiryAt,
  refreshTimes,
  refreshWait,
  retryWait,
} from '../../src/transfer/refresh-times.js';

type Times = readonly [refresh: number, retry: number, expire: number];

const BOUNDED: readonly (readonly [what: string, soa: Times, seconds: Times])[] = [
  ['usual ones', [3600, 600, 86400], [3600, 600, 86400]],
  ['zeros', [0, 0, 0], [60, 30, 90]],
  ['the greatest', [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], [2_419_200, 1_209_600, 14_515_200]],
  ['an expiry before the second question', [3600, 600, 100], [3600, 600, 4200]],
];

for (const [what, [refresh, retry, expire], seconds] of BOUNDED) {
  test(`refresh: times of an SOA are bounded: ${what}`, () => {
    const { refreshMs, retryMs, expireMs } = refreshTimes({ refresh, retry, expire });
    assert.deepEqual([refreshMs / 1000, retryMs / 1000, expireMs / 1000], seconds);
  });
}

test('refresh: waits double up to the refresh, and without a version to ten minutes', () => {
  const times = refreshTimes({ refresh: 1000, retry: 300, expire: 9999 });
  const seconds = (failures: readonly number[], held: boolean) =>
    failures.map((count) => retryWait(held ? times : null, count, 0) / 1000);
  assert.deepEqual(seconds([1, 2, 3, 99], true), [300, 600, 1000, 1000]);
  assert.deepEqual(seconds([1, 2, 3, 7, 8, 2000], false), [5, 10, 20, 320, 600, 600]);
  assert.equal(refreshWait(times, false, 0), 1_000_000);
  assert.equal(refreshWait(times, false, 0.5), 875_000);
  assert.equal(refreshWait(times, false, 1), 750_000);
  assert.equal(refreshWait(times, true, 0), 1_000_000);
  assert.equal(refreshWait(times, true, 1), 250_000);
});

test('refresh: the EXPIRE option counts unless the SOA says less (RFC 7314 §4)', () => {
  const times = refreshTimes({ refresh: 60, retry: 30, expire: 1000 });
  const rows: readonly (readonly [told: number | null, current: number | null, at: number])[] = [
    [null, null, 1000],
    [null, 5, 1000],
    [400, null, 400],
    [400, 300, 400],
    [400, 500, 500],
    [5000, null, 1000],
    [0, null, 0],
  ];
  for (const [told, current, at] of rows) {
    const ms = expiryAt(0, times, told, current === null ? null : 1000 * current);
    assert.equal(ms, 1000 * at, `${told} ${current}`);
  }
});

test('due heap: things come in the order of their times, whatever is put, moved and taken out', () => {
  type Item = Due & { readonly id: number };
  const step = fc.tuple(fc.nat(30), fc.option(fc.nat(100), { freq: 4 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new DueHeap<Item>();
      const items = Array.from({ length: 31 }, (_, id): Item => ({ id, dueAt: 0, heapAt: -1 }));
      const model = new Map<number, number>();
      for (const [id, dueAt] of steps) {
        const item = items[id];
        assert.ok(item !== undefined);
        if (dueAt === null) {
          heap.remove(item);
          model.delete(id);
        } else {
          item.dueAt = dueAt;
          heap.put(item);
          model.set(id, dueAt);
        }
        const times = [...model.values()];
        assert.equal(heap.first?.dueAt, times.length === 0 ? undefined : Math.min(...times));
      }
      const left: number[] = [];
      for (let item = heap.first; item !== null; item = heap.first) {
        left.push(item.dueAt);
        heap.remove(item);
      }
      assert.deepEqual(
        left,
        [...model.values()].sort((a, b) => a - b),
      );
    }),
  );
});
