/** Many loads: that all of them have ended is said once, when it is so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ManyLoads } from '../../src/load/many-loads.js';

const LOADER = { load: () => {}, isFull: false, room: async () => {}, stop: async () => {} };

/** How each of three loads ends, and how many have ended when all are said to have. */
const ROWS: readonly (readonly ['at once' | 'later' | 'not begun', string, number])[] = [
  ['at once', 'at once', 3],
  ['at once', 'later', 3],
  ['later', 'at once', 3],
  ['later', 'later', 3],
  ['not begun', 'later', 2],
  ['at once', 'not begun', 1],
];

for (const [first, others, wanted] of ROWS) {
  test(`many loads: one ends ${first}, the others ${others}`, async () => {
    const many = new ManyLoads(LOADER, [1, 2, 3]);
    let count = 0;
    await many.run(Promise.resolve(), (row, ended) => {
      const how = row === 1 ? first : others;
      if (how === 'not begun') return false;
      const end = () => {
        count++;
        ended();
      };
      if (how === 'at once') end();
      else void sleep(5 * row).then(end);
      return true;
    });
    assert.equal(count, wanted);
  });
}

test('many loads: those that are found while others end at once are waited for', async () => {
  const many = new ManyLoads(LOADER, [1]);
  let count = 0;
  const scan = sleep(5).then(() => many.add(2));
  await many.run(scan, (row, ended) => {
    void sleep(row === 1 ? 0 : 20).then(() => {
      count++;
      ended();
    });
    return true;
  });
  assert.equal(count, 2);
});
