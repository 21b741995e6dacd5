/**
 * Entry of the loader thread: loads one zone after the other, so that neither a query nor a timer waits for a parser.
 * Must not know: which zones are served. A throw ends the thread; the loader starts another.
 */
import { parentPort } from 'node:worker_threads';
import { assert } from '../base/errors.js';
import { sameStamp } from '../base/source.js';
import { type FilePrefix, readPrefix } from './file-prefix.js';
import type { LoadReply } from './load-message.js';
import { type LoadedFile, type LoadRequest, loadZone } from './load-zone.js';

const port = parentPort;
assert(port !== null, 'runs as a worker thread');
port.on('message', (request: LoadRequest) => port.postMessage(load(request)));

function load(request: LoadRequest): LoadReply {
  const start = performance.now();
  const result = loadZone(request);
  const prefixes = result.files.map((file) => (result.image === null ? null : prefixIfSame(file)));
  return { result, prefixes, durationMs: performance.now() - start };
}

function prefixIfSame(file: LoadedFile): FilePrefix | null {
  const prefix = readPrefix(file.path);
  return prefix !== null && file.stamp !== null && sameStamp(prefix.stamp, file.stamp)
    ? prefix
    : null;
}
