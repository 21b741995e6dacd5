/**
 * Entry of a loader thread: loads one zone after the other, so that neither a query nor a timer waits for a parser.
 * Must not know: which zones are served. A throw ends the thread; the loader starts another.
 */
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { assert } from '../base/errors.js';
import { LOADER_NICE } from '../base/limits.js';
import { ImageRoom } from '../index/compile.js';
import { type BatchReply, type LoadBatch, ReplyWriter } from './load-message.js';
import { loadZone } from './load-zone.js';
import { zoneOfFileName } from './zone-files.js';

const port = parentPort;
assert(port !== null, 'runs as a worker thread');
// On Linux this is the thread's own: while there are queries, they come first.
setPriority(LOADER_NICE);
port.on('message', (batch: LoadBatch) => port.postMessage(load(batch)));

function load({ rules, paths, apexes, signings, ...shared }: LoadBatch): BatchReply {
  const room = new ImageRoom(shared.room);
  const progress = new Int32Array(shared.progress);
  const writer = new ReplyWriter(paths.length, room);
  for (let index = 0; index < paths.length; index++) {
    Atomics.store(progress, 0, index);
    const path = paths[index] ?? '';
    const start = performance.now();
    const apex = apexes[index] ?? null;
    const name = apex === null ? zoneOfFileName(basename(path)) : { origin: apex, certain: true };
    const signing = signings?.[index] ?? null;
    const request = { ...rules, path, origin: name.origin, originCertain: name.certain, signing };
    const result = loadZone(request, room);
    writer.add(result, performance.now() - start);
  }
  return writer.finish();
}
