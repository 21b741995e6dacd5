/** The loader threads: order, batches, images in a room, edits first, threads that die, end and come back. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { LOAD_BATCH_MAX, LOADS_WAITING_MAX } from '../../src/base/limits.js';
import { ZoneImage } from '../../src/index/image.js';
import { type LoadReply, type LoadRules, REPLY_COLUMNS } from '../../src/load/load-message.js';
import { Loader, type LoaderOptions } from '../../src/load/loader.js';
import { nameText } from '../../src/wire/name-text.js';
import { temporaryDirectory, zoneFile } from '../e2e/test-server.js';

const RULES: LoadRules = { root: '/', includeOutside: false, strict: false };

function makeLoader(t: TestContext, options: LoaderOptions = {}): Loader {
  const loader = new Loader(options);
  t.after(() => loader.stop());
  return loader;
}

/** Replies in the order of the paths; `seen` is called with each reply at once, while its room is valid. */
function loadAll(
  loader: Loader,
  paths: readonly string[],
  how: { urgent?: boolean; rules?: LoadRules; large?: boolean } = {},
  seen: (reply: LoadReply, path: string) => void = () => {},
): Promise<LoadReply[]> {
  const { urgent = false, rules = RULES, large = false } = how;
  return Promise.all(
    paths.map(
      (path) =>
        new Promise<LoadReply>((resolve) => {
          const settle = (reply: LoadReply) => {
            seen(reply, path);
            resolve(reply);
          };
          loader.load({ path, apex: null, rules, urgent, large, settle });
        }),
    ),
  );
}

/** Replies at once with the path's number as serial; sleeps at `slow`, dies at `bad`. */
function stubThread(t: TestContext): URL {
  const script = join(temporaryDirectory(t), 'thread.mjs');
  writeFileSync(
    script,
    `import { parentPort } from 'node:worker_threads';
    const COLUMNS = ${REPLY_COLUMNS};
    parentPort.on('message', ({ paths, progress }) => {
      const numbers = new Float64Array(paths.length * COLUMNS);
      paths.forEach((path, i) => {
        Atomics.store(new Int32Array(progress), 0, i);
        if (path === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
        if (path === 'bad') throw new Error('out of luck');
        numbers[i * COLUMNS + 3] = -1;
        numbers[i * COLUMNS + 4] = Number(path);
      });
      parentPort.postMessage({ numbers, octets: new Uint8Array(0), rest: [] });
    });`,
  );
  return pathToFileURL(script);
}

test('batches: each reply has its own apex, image, stamp and print', async (t) => {
  const directory = temporaryDirectory(t);
  const loader = makeLoader(t, { threads: 1 });
  const count = LOAD_BATCH_MAX * 2 + 5;
  const paths = Array.from({ length: count }, (_, i) => join(directory, `z${i}.example.zone`));
  for (const [i, path] of paths.entries()) {
    const name = i === 7 ? '' : zoneFile(i, 'x'.repeat(i % 40));
    writeFileSync(path, name);
  }
  const order: string[] = [];
  const replies = await loadAll(loader, paths, {}, ({ result }, path) => {
    order.push(path);
    if (result.image === null) return;
    const image = new ZoneImage();
    image.attach(new Int32Array(result.image), new Uint8Array(result.image), result.imageAt);
    assert.equal(image.serial, result.serial);
    assert.equal(nameText(image.octets, image.nodeName(0)), nameText(result.apex, 0));
  });
  assert.deepEqual(order, paths);
  for (const [i, { result }] of replies.entries()) {
    assert.equal(nameText(result.apex, 0), `z${i}.example.`);
    assert.equal(result.files.length, 1);
    assert.equal(result.files[0]?.path, paths[i]);
    assert.notEqual(result.files[0]?.print, '');
    assert.deepEqual(
      result.problems.map(({ code }) => code),
      i === 7 ? ['SOA_MISSING'] : [],
    );
    assert.equal(result.serial, i === 7 ? 0 : i);
    assert.equal(
      result.files[0]?.stamp?.size,
      i === 7 ? 0 : zoneFile(i, 'x'.repeat(i % 40)).length,
    );
  }
  assert.equal(new Set(replies.map(({ result }) => result.files[0]?.print)).size, count);
});

test('an image that no room takes, included and missing files come along', async (t) => {
  const directory = temporaryDirectory(t);
  const loader = makeLoader(t, { threads: 1 });
  const texts = Array.from({ length: 4000 }, (_, i) => `n${i} TXT "${'y'.repeat(200)}"\n`);
  writeFileSync(join(directory, 'large.example.zone'), zoneFile(1, 'x', texts.join('')));
  mkdirSync(join(directory, 'inc'));
  writeFileSync(join(directory, 'inc/a'), 'a TXT "a"\n');
  writeFileSync(join(directory, 'inc.example.zone'), zoneFile(2, 'x', '$INCLUDE inc/a\n'));
  const names = ['large.example.zone', 'inc.example.zone', 'gone.example.zone'];
  const paths = names.map((name) => join(directory, name));
  const rules = { ...RULES, root: directory };
  const [large, included, gone] = await loadAll(loader, paths, { rules });
  assert.ok(large?.result.image !== null && large !== undefined);
  assert.equal(new ZoneImage(large.result.image).serial, 1);
  assert.deepEqual(
    included?.result.files.map(({ path }) => path),
    [paths[1], join(directory, 'inc/a')],
  );
  assert.equal(gone?.result.files[0]?.stamp, null);
  assert.equal(gone?.result.problems[0]?.code, 'FILE_UNREADABLE');
});

test('an edit overtakes the bulk, and one thread goes on while another is busy', async (t) => {
  const loader = makeLoader(t, { threads: 2, script: stubThread(t) });
  const done: string[] = [];
  const note = (_reply: LoadReply, path: string) => done.push(path);
  const slow = loadAll(loader, ['slow'], { large: true }, note);
  const bulk = Array.from({ length: LOAD_BATCH_MAX * 3 }, (_, i) => `${i}`);
  const rest = loadAll(loader, bulk, {}, note);
  const edit = loadAll(loader, ['1000'], { urgent: true }, note);
  await Promise.all([slow, rest, edit]);
  assert.equal(done.at(-1), 'slow');
  assert.ok(done.indexOf('1000') <= LOAD_BATCH_MAX, `${done.indexOf('1000')}`);
});

test('a thread that dies costs one zone, while another works', async (t) => {
  const script = stubThread(t);
  for (const threads of [1, 2]) {
    const loader = makeLoader(t, { threads, script });
    const paths = ['1', 'bad', '2', '3', 'bad', '4', ...Array.from({ length: 200 }, () => '5')];
    const replies = await loadAll(loader, paths);
    const seen = replies.map(({ result }) => result.problems[0]?.code ?? result.serial);
    assert.deepEqual(seen.slice(0, 6), [1, 'LOADER_FAILED', 2, 3, 'LOADER_FAILED', 4]);
    assert.ok(seen.slice(6).every((serial) => serial === 5));
    assert.match(replies[1]?.result.problems[0]?.text ?? '', /out of luck/);
    assert.equal(replies[1]?.result.image, null);
  }
});

test('without work threads end but for a fresh one; with work they come back', async (t) => {
  const loader = makeLoader(t, { threads: 2, script: stubThread(t), idleMs: 20 });
  const many = Array.from({ length: 1000 }, (_, i) => `${i}`);
  let most = 0;
  const count = () => {
    most = Math.max(most, loader.threadCount);
  };
  await loadAll(loader, many, {}, count);
  assert.equal(most, 2);
  for (let wait = 0; loader.threadCount > 1 && wait < 500; wait++) await setTimeout(10);
  assert.equal(loader.threadCount, 1);
  const [reply] = await loadAll(loader, ['7'], { urgent: true });
  assert.equal(reply?.result.serial, 7);
  assert.equal(loader.threadCount, 1);
  most = 0;
  await loadAll(loader, many, {}, count);
  assert.equal(most, 2);
});

test('whoever asks for many loads is held up until there is room', async (t) => {
  const loader = makeLoader(t, { threads: 1, script: stubThread(t) });
  assert.equal(loader.isFull, false);
  const many = Array.from({ length: LOADS_WAITING_MAX + 2 * LOAD_BATCH_MAX }, () => '1');
  const all = loadAll(loader, ['slow', ...many]);
  assert.equal(loader.isFull, true);
  await loader.room();
  assert.equal(loader.isFull, false);
  await all;
});

test('stop: a loader that is stopped by the last reply starts no thread any more', async (t) => {
  const loader = makeLoader(t, { threads: 1, script: stubThread(t), idleMs: 1 });
  let stopped: Promise<void> = Promise.resolve();
  await loadAll(loader, ['1'], {}, () => {
    stopped = loader.stop();
  });
  await stopped;
  // longer than a thread may be idle
  await setTimeout(50);
  assert.equal(loader.threadCount, 0);
});
