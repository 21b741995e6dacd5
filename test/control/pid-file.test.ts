/** The pid file: written whole, removed if it is still ours, and no reason not to start. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writePidFile } from '../../src/control/pid-file.js';
import { memoryLog, temporaryDirectory } from '../e2e/test-server.js';

test('it holds our number, in a folder that is made, and goes with us', (t) => {
  const path = join(temporaryDirectory(t), 'run/pdns.pid');
  const remove = writePidFile(path, memoryLog().log);
  assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
  remove();
  assert.equal(existsSync(path), false);
});

test('one that another process has written meanwhile stays', (t) => {
  const path = join(temporaryDirectory(t), 'pdns.pid');
  const remove = writePidFile(path, memoryLog().log);
  writeFileSync(path, '1\n');
  remove();
  assert.equal(readFileSync(path, 'utf8'), '1\n');
});

test('one that cannot be written is told', (t) => {
  const { log, lines } = memoryLog();
  const path = join(temporaryDirectory(t), 'file');
  writeFileSync(path, '');
  writePidFile(join(path, 'pdns.pid'), log)();
  assert.match(lines[0]?.text ?? '', /^no pid file: .*(?:ENOTDIR|EEXIST)/);
});
