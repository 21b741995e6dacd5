/** Memory that threads share, whether the process's own or a file's. */
import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { collectGarbage } from '../../src/base/garbage.js';
import { UNMAP_DELAY_MS } from '../../src/base/limits.js';
import { bufferOf, mapFile, octetsIn, whyUnmappable } from '../../src/base/memory.js';
import { temporaryDirectory } from '../e2e/test-server.js';

const obstacle = whyUnmappable();

test('a mapped file is its octets, and what is written to the file later', (t) => {
  if (obstacle !== null) return t.skip(obstacle);
  const path = join(temporaryDirectory(t), 'file');
  writeFileSync(path, 'before');
  const memory = mapFile(path, 6);
  const octets = new Uint8Array(bufferOf(memory));
  assert.equal(octetsIn(memory), 6);
  assert.equal(Buffer.from(octets).toString(), 'before');
  writeFileSync(path, 'after.', { flag: 'r+' });
  assert.equal(Buffer.from(octets).toString(), 'after.');
  assert.equal(bufferOf(memory), octets.buffer);
});

test('a file that is shorter than is said is not mapped', (t) => {
  if (obstacle !== null) return t.skip(obstacle);
  const path = join(temporaryDirectory(t), 'file');
  writeFileSync(path, 'short');
  assert.throws(() => mapFile(path, 6), /has 5 octets of 6/);
  truncateSync(path, 0);
  assert.throws(() => mapFile(path, 1), /has 0 octets of 1/);
});

test('a thread reads what it is posted; a mapping goes a while after its last view is collected', async (t) => {
  if (obstacle !== null) return t.skip(obstacle);
  const path = join(temporaryDirectory(t), 'mapped');
  writeFileSync(path, 'octets');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await readInThread(path);
  for (let i = 0; i < 100 && isMapped(path); i++) {
    await setImmediate();
    collectGarbage();
    t.mock.timers.tick(UNMAP_DELAY_MS - 1);
    if (i < 2) assert.ok(isMapped(path), 'others may not be done with it');
    t.mock.timers.tick(1);
  }
  assert.ok(!isMapped(path));
});

async function readInThread(path: string): Promise<void> {
  const memory = mapFile(path, 6);
  const module = new URL('../../src/base/memory.js', import.meta.url).href;
  const script = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(${JSON.stringify(module)}).then(({ bufferOf }) =>
      parentPort.postMessage(Buffer.from(bufferOf(workerData)).toString()));`;
  const worker = new Worker(script, { eval: true, workerData: memory });
  const said = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  assert.equal(said, 'octets');
  assert.ok(isMapped(path));
}

function isMapped(path: string): boolean {
  return readFileSync('/proc/self/maps', 'utf8').includes(path);
}
