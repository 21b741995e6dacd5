/**
 * Replacing a file: the new content and mode, no trace of the attempt when it fails.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { replaceFile, replaceFiles } from '../../src/base/replace-file.js';

const NEW = Buffer.from('new');

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-replace-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a file that is not there is made, with its mode', (t) => {
  const folder = temporaryFolder(t);
  replaceFile(join(folder, 'a'), NEW, 0o600);
  assert.equal(readFileSync(join(folder, 'a'), 'latin1'), 'new');
  assert.equal(statSync(join(folder, 'a')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['a']);
});

test('a file is replaced by another one: who has it open goes on reading the former', (t) => {
  const path = join(temporaryFolder(t), 'a');
  writeFileSync(path, 'former');
  const { ino } = statSync(path);
  replaceFile(path, NEW, 0o600);
  assert.equal(readFileSync(path, 'latin1'), 'new');
  assert.notEqual(statSync(path).ino, ino);
});

test('an empty file can be written', (t) => {
  const path = join(temporaryFolder(t), 'a');
  replaceFile(path, new Uint8Array(0), 0o600);
  assert.equal(statSync(path).size, 0);
});

test('a symbolic link is replaced, not followed', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'target'), 'former');
  symlinkSync('target', join(folder, 'link'));
  replaceFile(join(folder, 'link'), NEW, 0o600);
  assert.equal(readFileSync(join(folder, 'target'), 'latin1'), 'former');
  assert.ok(lstatSync(join(folder, 'link')).isFile());
});

test('what cannot be replaced stays, and nothing is left beside it', (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'a'));
  assert.throws(() => replaceFile(join(folder, 'a'), NEW, 0o600), { code: 'EISDIR' });
  assert.deepEqual(readdirSync(folder), ['a']);
});

test('a folder that is not there is an error', (t) => {
  const path = join(temporaryFolder(t), 'none', 'a');
  assert.throws(() => replaceFile(path, NEW, 0o600), { code: 'ENOENT' });
});

/** Replaces the file `b` of a folder by 100,000 octets, and prints the code of what is thrown. */
const REPLACE = `
  const { replaceFile } = await import(process.argv[1]);
  try { replaceFile(process.argv[2] + '/b', new Uint8Array(100000), 0o600); }
  catch (error) { console.log(error.code); }`;

test('a file that cannot be written to its end leaves the former one, and nothing beside it', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'b'), 'former');
  const module = new URL('../../src/base/replace-file.js', import.meta.url).href;
  const run = spawnSync(
    'sh',
    [
      '-c',
      'ulimit -f 4; exec "$0" --input-type=module -e "$1" "$2" "$3"',
      process.execPath,
      REPLACE,
      module,
      folder,
    ],
    { encoding: 'utf8', timeout: 20_000 },
  );
  assert.equal(run.stdout, 'EFBIG\n', run.stderr);
  assert.deepEqual(readdirSync(folder), ['b']);
  assert.equal(readFileSync(join(folder, 'b'), 'latin1'), 'former');
});

test('of several files none is replaced if one cannot be', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'a'), 'former');
  mkdirSync(join(folder, 'b'));
  const files = ['a', 'b'].map((name) => ({ path: join(folder, name), octets: NEW }));
  assert.throws(() => replaceFiles(files, 0o600), { code: 'EISDIR' });
  assert.equal(readFileSync(join(folder, 'a'), 'latin1'), 'former');
  assert.deepEqual(readdirSync(folder).sort(), ['a', 'b']);
  replaceFiles(files.slice(0, 1), 0o600);
  assert.equal(readFileSync(join(folder, 'a'), 'latin1'), 'new');
});
