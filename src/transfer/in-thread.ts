/**
 * Entry of a transfer thread: receives one zone after the other, so that neither a query nor a timer waits for a large
 * one. Must not know: which zones there are. A throw ends the thread; whoever waits for it starts another.
 */
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { assert } from '../base/errors.js';
import { collectGarbageSoon } from '../base/garbage.js';
import { LOADER_NICE } from '../base/limits.js';
import { SCRIBE_OCTETS_MIN } from '../base/transfer-limits.js';
import { Scribe } from './scribe.js';
import type { TransferCost, TransferJob, TransferProgress } from './transfer-job.js';
import { receiveZone } from './zone-receiver.js';

const port = parentPort;
assert(port !== null, 'runs as a worker thread');
// On Linux this is the thread's own: while there are queries, they come first.
setPriority(LOADER_NICE);
const scribe = new Scribe();
port.on('message', async (job: TransferJob) => {
  const told = (cost: TransferCost) =>
    port.postMessage({ kind: 'progress', cost } satisfies TransferProgress);
  const reply = await receiveZone(job, told, scribe);
  port.postMessage(reply);
  // what a large zone was built in
  if (reply.cost.octets >= SCRIBE_OCTETS_MIN) collectGarbageSoon();
});
