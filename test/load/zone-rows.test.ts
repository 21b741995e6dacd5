/** The rows that zones are kept in: growth, reuse, and what stands beside them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../../src/base/problem.js';
import type { LoadedFile } from '../../src/load/load-zone.js';
import { ZoneRows } from '../../src/load/zone-rows.js';

const WRONG: Problem = {
  code: 'TYPE_UNKNOWN',
  severity: 'error',
  file: 'f',
  line: 1,
  column: 1,
  length: 1,
  text: 'no such type',
};

function file(path: string, size: number, print: string): LoadedFile {
  return { path, stamp: { inode: 2 ** 40 + 1, size, mtimeMs: 1.25, ctimeMs: 2.5 }, print };
}

test('columns grow, and keep what they hold', () => {
  const rows = new ZoneRows();
  for (let i = 0; i < 1000; i++) {
    const row = rows.add(`p${i}`);
    rows.serial[row] = i;
    rows.setFiles(row, [file(`p${i}`, i, `print ${i}`)], true);
  }
  assert.equal(rows.count, 1000);
  for (let row = 0; row < rows.end; row++) {
    assert.equal(rows.path[row], `p${rows.serial[row]}`);
    assert.deepEqual(rows.stampOf(row), file('', row, '').stamp);
    assert.equal(rows.print[row], `print ${row}`);
  }
});

test('a row that was given up is used again, and remembers nothing', () => {
  const rows = new ZoneRows();
  const [first, second] = [rows.add('a'), rows.add('b')];
  rows.serial[first] = 7;
  rows.state[first] = 3;
  rows.loadedAt[first] = 1;
  rows.apex[first] = 'x';
  rows.setProblems(first, [WRONG]);
  rows.setFiles(first, [file('a', 1, 'A'), file('i', 2, 'I')], true);
  rows.remove(first);
  assert.ok(!rows.has(first) && rows.has(second));
  assert.equal(rows.count, 1);
  const again = rows.add('c');
  assert.equal(again, first);
  assert.equal(rows.end, 2);
  assert.deepEqual([rows.path[again], rows.apex[again], rows.print[again]], ['c', null, '']);
  assert.deepEqual([rows.serial[again], rows.state[again]], [0, 0]);
  assert.ok(Number.isNaN(rows.loadedAt[again]));
  assert.equal(rows.stampOf(again), null);
  assert.deepEqual(rows.problemsOf(again), []);
  assert.deepEqual(rows.includedOf(again), []);
});

test('an attempt that is not served leaves the prints of what is', () => {
  const rows = new ZoneRows();
  const row = rows.add('a');
  rows.setFiles(row, [file('a', 1, 'A'), file('i', 2, 'I')], true);
  rows.setFiles(row, [file('a', 9, 'B'), file('i', 8, 'J'), file('n', 3, 'N')], false);
  assert.equal(rows.stampOf(row)?.size, 9);
  assert.equal(rows.print[row], 'A');
  assert.deepEqual(
    rows.includedOf(row).map(({ path, stamp, print }) => [path, stamp?.size, print]),
    [
      ['i', 8, 'I'],
      ['n', 3, ''],
    ],
  );
  rows.setFiles(row, [{ path: 'a', stamp: null, print: '' }], false);
  assert.equal(rows.stampOf(row), null);
  assert.deepEqual(rows.includedOf(row), []);
});
