/** Half-written or shortened on purpose: told by inode, size and the hash of the beginning. */
import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DOUBT_MS, HALF_WRITTEN_MS } from '../../src/base/limits.js';
import { readSource } from '../../src/base/source.js';
import { doubtMs, printOf, samePrint } from '../../src/load/file-print.js';
import { stampAt } from '../../src/load/tracked-zone.js';
import { temporaryDirectory } from '../e2e/test-server.js';

const LINES = Array.from({ length: 40 }, (_, i) => `name${i} A 192.0.2.${i}\n`);
const WHOLE = LINES.join('');

test('a file written in place', (t) => {
  const path = join(temporaryDirectory(t), 'zone');
  const rows: [what: string, text: string, ms: number][] = [
    ['the same', WHOLE, 0],
    ['longer', `${WHOLE}more A 192.0.2.1\n`, 0],
    ['same length, other text', WHOLE.replaceAll('192', '198'), 0],
    ['one line less in the middle', LINES.filter((_, i) => i !== 20).join(''), 0],
    ['first line less', LINES.slice(1).join(''), 0],
    ['empty', '', HALF_WRITTEN_MS],
    ['cut at a line', LINES.slice(0, 30).join(''), HALF_WRITTEN_MS],
    ['cut within a line', WHOLE.slice(0, -20), HALF_WRITTEN_MS],
    ['no newline at the end', WHOLE.replaceAll('192', '198').slice(0, -1), HALF_WRITTEN_MS],
    ['longer, no newline at the end', `${WHOLE}more`, HALF_WRITTEN_MS],
    ['one line less at the end', LINES.slice(0, -1).join('').replace('192', '198'), DOUBT_MS],
    ['half of it, same end', LINES.slice(20).join(''), 0],
  ];
  for (const [what, text, ms] of rows) {
    writeFileSync(path, WHOLE);
    const former = printOf(readSource(path));
    writeFileSync(path, text);
    const now = stampAt(path);
    assert.ok(now);
    assert.equal(doubtMs(path, now, former), ms, what);
  }
});

test('another file under the same name is taken at its word, unless it is empty', (t) => {
  const directory = temporaryDirectory(t);
  const [first, second] = [join(directory, '1'), join(directory, '2')];
  writeFileSync(first, WHOLE);
  writeFileSync(second, WHOLE.slice(0, 300));
  const former = printOf(readSource(first));
  const now = stampAt(second);
  assert.ok(now);
  assert.equal(doubtMs(second, now, former), 0);
  truncateSync(second, 0);
  const empty = stampAt(second);
  assert.ok(empty);
  assert.equal(doubtMs(second, empty, former), HALF_WRITTEN_MS);
  assert.equal(doubtMs(second, empty, ''), HALF_WRITTEN_MS);
});

test('a new file that ends within a line is doubted', (t) => {
  const path = join(temporaryDirectory(t), 'zone');
  const rows: [text: string, ms: number][] = [
    [WHOLE, 0],
    [WHOLE.slice(0, -1), DOUBT_MS],
    ['', HALF_WRITTEN_MS],
  ];
  for (const [text, ms] of rows) {
    writeFileSync(path, text);
    const now = stampAt(path);
    assert.ok(now);
    assert.equal(doubtMs(path, now, ''), ms);
  }
});

test('a print tells content from content, and its memory is bounded', (t) => {
  const path = join(temporaryDirectory(t), 'zone');
  const printed = (text: string) => {
    writeFileSync(path, text);
    return printOf(readSource(path));
  };
  const print = printed('x'.repeat(5_000_000));
  assert.ok(print.length > 2000 && print.length <= 2 * 1024 + 33, `${print.length}`);
  assert.ok(samePrint(printed(WHOLE), printed(WHOLE)));
  assert.ok(!samePrint(printed(WHOLE), printed(WHOLE.replace('192', '198'))));
  assert.ok(!samePrint('', ''));
  const huge = printed('x\n'.repeat(9 << 20));
  assert.equal(huge.length, 33);
  writeFileSync(path, 'x\n'.repeat(1 << 20));
  const now = stampAt(path);
  assert.ok(now);
  assert.equal(doubtMs(path, now, huge), HALF_WRITTEN_MS);
});
