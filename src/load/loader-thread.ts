/**
 * Entry of the loader thread: loads one zone after the other, so that neither a query nor a timer waits for a parser.
 * Must not know: which zones are served. A throw ends the thread; the loader starts another.
 */
import { parentPort } from 'node:worker_threads';
import { assert } from '../base/errors.js';
import type { LoadReply } from './load-message.js';
import { type LoadRequest, loadZone } from './load-zone.js';

const port = parentPort;
assert(port !== null, 'runs as a worker thread');
port.on('message', (requests: readonly LoadRequest[]) => {
  for (const request of requests) port.postMessage(load(request));
});

function load(request: LoadRequest): LoadReply {
  const start = performance.now();
  const result = loadZone(request);
  return { result, durationMs: performance.now() - start };
}
