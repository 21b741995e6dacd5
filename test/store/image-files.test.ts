/** Files of images: octets at their places, numbers that are used once, and folders that others have been at. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bufferOf, whyUnmappable } from '../../src/base/memory.js';
import { ImageFiles } from '../../src/store/image-files.js';
import { temporaryDirectory } from '../e2e/test-server.js';

function filesIn(t: TestContext): ImageFiles {
  return new ImageFiles(join(temporaryDirectory(t), 'images'));
}

test('octets are written at their places, a file gets longer, what is there stays', async (t) => {
  const files = filesIn(t);
  await files.write(1, Buffer.from('one'), 0);
  await files.write(1, Buffer.from('two'), 8);
  await files.write(1, Buffer.from('ONE'), 0);
  assert.equal(readFileSync(files.path(1), 'latin1'), 'ONE\0\0\0\0\0two');
  assert.equal(files.octetsIn(1), 11);
  assert.equal(files.octetsIn(2), null);
  const read = new Uint8Array(5);
  await files.read(1, read);
  assert.equal(Buffer.from(read).toString('latin1'), 'ONE\0\0');
  await assert.rejects(files.read(1, new Uint8Array(12)), /has only 11 octets/);
  await assert.rejects(files.read(2, read), /ENOENT/);
});

test('many octets arrive whole', async (t) => {
  const files = filesIn(t);
  const octets = Buffer.alloc(5_000_001, 'abcdefg');
  await files.write(7, octets, 4096);
  assert.ok(readFileSync(files.path(7)).subarray(4096).equals(octets));
});

test('a mapped file has the octets that were written, and one that is too short is not mapped', async (t) => {
  const reason = whyUnmappable();
  if (reason !== null) return t.skip(reason);
  const files = filesIn(t);
  await files.write(1, Buffer.from('mapped'), 0);
  const octets = new Uint8Array(bufferOf(files.map(1, 6)));
  assert.equal(Buffer.from(octets).toString(), 'mapped');
  assert.throws(() => files.map(1, 7), /6 octets of 7/);
  assert.throws(() => files.map(2, 1), /ENOENT/);
});

test('numbers are used once, whatever lies in the folder', (t) => {
  const folder = join(temporaryDirectory(t), 'images');
  mkdirSync(folder);
  for (const name of ['00000003.img', '1.img', '00000009.img.old', '000000012.img', 'x'])
    writeFileSync(join(folder, name), '');
  mkdirSync(join(folder, '00000005.img'));
  symlinkSync('nowhere', join(folder, '00000004.img'));
  const files = new ImageFiles(folder);
  assert.deepEqual(files.list(), [3]);
  assert.equal(files.newNumber(), 6);
  files.skipTo(20);
  files.skipTo(10);
  assert.equal(files.newNumber(), 21);
});

test('a file that is not there is removed without a word, one that is goes', async (t) => {
  const files = filesIn(t);
  await files.write(1, Buffer.from('x'), 0);
  files.remove(1);
  files.remove(1);
  assert.deepEqual(readdirSync(files.folder), []);
});

test('the folder is made anew if it is gone, but not what it was in', async (t) => {
  const files = filesIn(t);
  rmSync(files.folder, { recursive: true });
  await files.write(1, Buffer.from('x'), 0);
  assert.deepEqual(files.list(), [1]);
  rmSync(join(files.folder, '..'), { recursive: true });
  await assert.rejects(files.write(1, Buffer.from('x'), 0), /ENOENT/);
  assert.ok(!existsSync(join(files.folder, '..')));
});
