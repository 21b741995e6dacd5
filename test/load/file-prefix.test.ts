/** Half-written or shortened on purpose: told by inode, size and the hash of the beginning. */
import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { looksHalfWritten, readPrefix } from '../../src/load/file-prefix.js';
import { stampAt } from '../../src/load/tracked-zone.js';
import { temporaryDirectory } from '../e2e/test-server.js';

const LINES = Array.from({ length: 40 }, (_, i) => `name${i} A 192.0.2.${i}\n`);
const WHOLE = LINES.join('');

test('a file written in place', (t) => {
  const path = join(temporaryDirectory(t), 'zone');
  const rows: [what: string, text: string, isHalf: boolean][] = [
    ['the same', WHOLE, false],
    ['longer', `${WHOLE}more A 192.0.2.1\n`, false],
    ['same length, other text', WHOLE.replaceAll('192', '198'), false],
    ['one line less in the middle', LINES.filter((_, i) => i !== 20).join(''), false],
    ['first line less', LINES.slice(1).join(''), false],
    ['empty', '', true],
    ['cut at a line', LINES.slice(0, 30).join(''), true],
    ['cut within a line', WHOLE.slice(0, -20), true],
    ['no newline at the end', WHOLE.replaceAll('192', '198').slice(0, -1), true],
    ['longer, no newline at the end', `${WHOLE}more`, true],
    [
      'less than half of it, other text',
      LINES.slice(0, 10).join('').replaceAll('192', '198'),
      true,
    ],
  ];
  for (const [what, text, isHalf] of rows) {
    writeFileSync(path, WHOLE);
    const former = readPrefix(path);
    assert.ok(former !== null);
    writeFileSync(path, text);
    const now = stampAt(path);
    assert.ok(now);
    assert.equal(looksHalfWritten(path, now, former), isHalf, what);
  }
});

test('another file under the same name is taken at its word, unless it is empty', (t) => {
  const directory = temporaryDirectory(t);
  const [first, second] = [join(directory, '1'), join(directory, '2')];
  writeFileSync(first, WHOLE);
  writeFileSync(second, WHOLE.slice(0, 300));
  const former = readPrefix(first);
  const now = stampAt(second);
  assert.ok(now);
  assert.equal(looksHalfWritten(second, now, former), false);
  truncateSync(second, 0);
  const empty = stampAt(second);
  assert.ok(empty);
  assert.equal(looksHalfWritten(second, empty, former), true);
  assert.equal(looksHalfWritten(second, empty, null), true);
  assert.equal(looksHalfWritten(first, now, null), false);
});

test('memory per file is bounded', (t) => {
  const path = join(temporaryDirectory(t), 'zone');
  writeFileSync(path, 'x'.repeat(5_000_000));
  const prefix = readPrefix(path);
  assert.ok(prefix !== null && prefix.samples.length <= 1024 && prefix.samples.length > 1000);
});
