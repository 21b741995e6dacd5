/** The loader thread: order, images without a copy, and a thread that dies. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { LoadRequest } from '../../src/load/load-zone.js';
import { Loader } from '../../src/load/loader.js';
import { nameFromText } from '../../src/wire/name-text.js';
import { temporaryDirectory, zoneFile } from '../e2e/test-server.js';

function request(path: string): LoadRequest {
  const origin = nameFromText('a.example');
  assert.ok(origin !== null);
  const rules = { includeOutside: false, strict: false, originCertain: true };
  return { path, origin, root: join(path, '..'), ...rules };
}

test('loads come back in order, with a shared image', async (t) => {
  const directory = temporaryDirectory(t);
  const loader = new Loader();
  t.after(() => loader.stop());
  const done: number[] = [];
  const loads = Array.from({ length: 50 }, async (_, i) => {
    const path = join(directory, `${i}.zone`);
    writeFileSync(path, zoneFile(i, 'x'));
    const { result } = await loader.load(request(path));
    done.push(i);
    assert.ok(result.image instanceof SharedArrayBuffer);
    assert.equal(result.serial, i);
    assert.equal(result.files.length, 1);
    assert.notEqual(result.files[0]?.prefix, null);
  });
  await Promise.all(loads);
  assert.deepEqual(done, Array.from(done.keys()));
});

test('a thread that dies costs one zone', async (t) => {
  const script = join(temporaryDirectory(t), 'thread.mjs');
  // Answers with the path; dies of the path `bad`.
  writeFileSync(
    script,
    `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', (requests) => {
      for (const { path } of requests) {
        if (path === 'bad') throw new Error('out of luck');
        parentPort.postMessage({ result: { serial: Number(path), problems: [] } });
      }
    });`,
  );
  const loader = new Loader(pathToFileURL(script));
  t.after(() => loader.stop());
  const paths = ['1', 'bad', '2', '3', 'bad', '4'];
  const replies = await Promise.all(paths.map((path) => loader.load(request(path))));
  const seen = replies.map(({ result }) => result.problems[0]?.code ?? result.serial);
  assert.deepEqual(seen, [1, 'LOADER_FAILED', 2, 3, 'LOADER_FAILED', 4]);
  assert.match(replies[1]?.result.problems[0]?.text ?? '', /out of luck/);
  assert.equal(replies[1]?.result.image, null);
});
