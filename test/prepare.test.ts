/**
 * What runs before `npm start` and `npm test`: an output folder is made of the sources of now, also when one goes away
 * or an older one comes back, and stays as it was when they do not compile. Must not know: what is compiled.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A clone in small: the real tools and settings, one source file, this clone's packages. */
function makeClone(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-clone-'));
  for (const name of ['tools', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src/main.ts'), 'console.log(1);\n');
  return folder;
}

function prepare(folder: string): number | null {
  const script = join(folder, 'tools/prepare.mjs');
  // No path, no npm: nothing may be installed through the link.
  const env = { ...process.env, PATH: '' };
  return spawnSync(process.execPath, [script, 'dist'], { stdio: 'ignore', env }).status;
}

test('dist is compiled when it is missing or its sources differ, and only then', (t) => {
  const folder = makeClone();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const main = join(folder, 'dist/main.js');
  const source = join(folder, 'src/main.ts');

  assert.equal(prepare(folder), 0);
  assert.notEqual(statSync(main).mode & 0o100, 0, 'main.js can be run');
  const first = statSync(main).ino;
  assert.equal(prepare(folder), 0);
  assert.equal(statSync(main).ino, first, 'not compiled again');

  writeFileSync(source, 'console.log(2);\n');
  utimesSync(source, 1, 1);
  writeFileSync(join(folder, 'src/other.ts'), 'console.log(3);\n');
  assert.equal(prepare(folder), 0);
  assert.match(readFileSync(main, 'utf8'), /log\(2\)/, 'an older file put back is a change');

  rmSync(join(folder, 'src/other.ts'));
  assert.equal(prepare(folder), 0);
  assert.equal(existsSync(join(folder, 'dist/other.js')), false, 'what has no source goes');

  writeFileSync(source, 'const a: number = "a";\nconsole.log(a);\n');
  assert.equal(prepare(folder), 1);
  assert.match(readFileSync(main, 'utf8'), /log\(2\)/, 'a type error leaves the old output');
});
