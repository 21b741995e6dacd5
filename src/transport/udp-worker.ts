/**
 * Entry of a UDP worker thread: an engine of its own over the zones that all threads share.
 * Must not know: files, other workers. What it throws ends the thread; the pool starts another.
 */
import { once } from 'node:events';
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import { assert, errorText } from '../base/errors.js';
import { collectGarbage } from '../base/garbage.js';
import { REPEATED_LOG_MS } from '../base/limits.js';
import { Engine } from '../engine/process.js';
import { CONTROL_EPOCH, CONTROL_MESSAGES, type StoreMessage } from '../index/table-layout.js';
import { ZoneTable } from '../index/zone-table.js';
import { QueryLog } from './query-log.js';
import { loadSystemCalls } from './system-calls.js';
import { runBatches, type WorkerStart } from './udp-batch.js';
import { WorkerStatus } from './worker-status.js';
import type { ZoneTask } from './zone-worker.js';

const port = parentPort;
assert(port !== null, 'runs as a worker thread');
// A spare thread is told later what it is to start with, and has loaded all that it needs by then.
const start: WorkerStart<ZoneTask> = workerData ?? (await firstMessage(port));
const { engine: options, messages, control } = start.task;
const queryLog = new QueryLog(start.task.queryLog);
const status = new WorkerStatus(start.status);
const controlWords = new Int32Array(control);
const table = new ZoneTable();
const engine = new Engine(table, options);
let messagesTaken = -1;
let nextReportAt = 0;

async function firstMessage(from: MessagePort): Promise<WorkerStart<ZoneTask>> {
  const [[message]] = await Promise.all([once(from, 'message'), loadSystemCalls()]);
  return message;
}

function takeMessages(): void {
  messagesTaken = Atomics.load(controlWords, CONTROL_MESSAGES);
  let isGarbage = false;
  for (;;) {
    const next: { message: StoreMessage } | undefined = receiveMessageOnPort(messages);
    if (next === undefined) break;
    if (table.take(next.message)) isGarbage = true;
  }
  if (isGarbage) collectGarbage();
}

/** The engine does not throw; should a bug make it, that costs one query, not the thread. */
function reportFailure(error: unknown): void {
  const now = performance.now();
  if (now < nextReportAt) return;
  nextReportAt = now + REPEATED_LOG_MS;
  const stack = error instanceof Error ? `${error.stack}` : '';
  port?.postMessage({ kind: 'queryFailed', text: errorText(error), stack });
}

/** The order matters: what was said before an epoch has been taken when the epoch counts as seen. */
function lookAtStore(): void {
  const epoch = Atomics.load(controlWords, CONTROL_EPOCH);
  if (Atomics.load(controlWords, CONTROL_MESSAGES) !== messagesTaken) {
    // the packet before is answered, and keeps nothing
    table.begin();
    takeMessages();
  }
  status.setSeen(epoch);
}

function reportQuery(request: Uint8Array): void {
  const query = queryLog.entryOf(engine, request);
  if (query !== null) port?.postMessage({ kind: 'query', query });
}

function answer(
  request: Uint8Array,
  length: number,
  response: Uint8Array,
  overTcp: boolean,
  client: Uint8Array,
): number {
  try {
    const octets = engine.processQuery(request, length, response, overTcp, client);
    if (queryLog.isOn() && octets > 0) reportQuery(request);
    return octets;
  } catch (error) {
    reportFailure(error);
    return 0;
  }
}

table.onMissing = takeMessages;
lookAtStore();
await runBatches(start, answer, lookAtStore, (report) => port.postMessage(report));
