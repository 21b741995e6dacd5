/**
 * The loop of a UDP worker: reads a batch of requests, answers them, sends the replies, until it is told to stop.
 * Must not know: what a query says, where answers come from.
 */
import { DEFERRED_BATCH_MAX, DEFERRED_OPEN_MAX, REPEATED_LOG_MS } from '../base/limits.js';
import { DEFERRED } from '../engine/process.js';
import { CounterBlock, type Transport } from '../metrics/counter-block.js';
import { type BatchSocket, MessageBatch, type ReceivedDatagram } from './mmsg.js';
import type { QueryHandler } from './query-handler.js';
import type { LoggedQuery } from './query-log.js';
import { type Family, loadSystemCalls } from './system-calls.js';
import { WorkerStatus } from './worker-status.js';

/** What every worker is started with; `task` is for its script. */
export type WorkerStart<Task> = {
  readonly socket: BatchSocket;
  readonly status: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly task: Task;
};

/** What a worker tells the main thread. */
export type WorkerReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'sendFailed'; readonly errno: number }
  | { readonly kind: 'queryFailed'; readonly text: string; readonly stack: string }
  | { readonly kind: 'query'; readonly query: LoggedQuery }
  | { readonly kind: 'deferred'; readonly datagram: ReceivedDatagram };

/** What a socket's queries are counted as. */
export function udpTransport(family: Family): Transport {
  return family === 4 ? 'udp4' : 'udp6';
}

/**
 * Runs the loop on this thread, which does nothing else until it is told to stop.
 * @param beforeBatch called before each batch is answered, and from time to time when nothing arrives
 */
export async function runBatches(
  start: WorkerStart<unknown>,
  handler: QueryHandler,
  beforeBatch: () => void,
  report: (report: WorkerReport) => void,
): Promise<void> {
  const batch = new MessageBatch(await loadSystemCalls(), start.socket);
  const status = new WorkerStatus(start.status);
  const counters = new CounterBlock(udpTransport(start.socket.family), start.counters);
  const loop = new BatchLoop(batch, status, counters, handler, beforeBatch, report);
  report({ kind: 'ready' });
  loop.run();
}

class BatchLoop {
  private readonly batch: MessageBatch;
  private readonly status: WorkerStatus;
  private readonly counters: CounterBlock;
  private readonly handler: QueryHandler;
  private readonly beforeBatch: () => void;
  private readonly report: (report: WorkerReport) => void;
  private nextReportAt = 0;
  /** Of the batch at hand. */
  private deferredCount = 0;

  constructor(
    batch: MessageBatch,
    status: WorkerStatus,
    counters: CounterBlock,
    handler: QueryHandler,
    beforeBatch: () => void,
    report: (report: WorkerReport) => void,
  ) {
    this.batch = batch;
    this.status = status;
    this.counters = counters;
    this.handler = handler;
    this.beforeBatch = beforeBatch;
    this.report = report;
  }

  /** Not once for each failure: a network that is down fails every reply. */
  private reportSendFailure(): void {
    const now = performance.now();
    if (now < this.nextReportAt) return;
    this.nextReportAt = now + REPEATED_LOG_MS;
    this.report({ kind: 'sendFailed', errno: this.batch.sendError });
  }

  /**
   * Hands a request to the main thread. One too many is dropped: who means it asks again, and a flood of them must
   * neither grow a queue nor keep others waiting.
   */
  private defer(slot: number): void {
    const { batch, status, counters } = this;
    if (++this.deferredCount <= DEFERRED_BATCH_MAX && status.deferredOpen() < DEFERRED_OPEN_MAX) {
      status.addDeferred(1);
      this.report({ kind: 'deferred', datagram: batch.received(slot) });
      return;
    }
    const request = batch.requests[slot]!;
    counters.add(request, batch.requestLength(slot), request, 0);
    counters.addOverloadDrop();
  }

  // === hot path

  run(): void {
    const { batch, status, counters } = this;
    while (!status.isStopping()) {
      const count = batch.receive();
      this.beforeBatch();
      if (count === 0) continue;
      const replies = this.answer(count);
      const failures = replies === 0 ? 0 : batch.send(replies);
      if (failures === 0) continue;
      counters.addSendFailures(failures);
      this.reportSendFailure();
    }
  }

  /** Answers the requests in the first `count` slots. @returns how many are owed a reply. */
  private answer(count: number): number {
    const { batch, status, counters, handler } = this;
    const { requests, replies, clients } = batch;
    const { remotes } = counters;
    const withRemotes = remotes.isOn();
    let position = 0;
    this.deferredCount = 0;
    for (let slot = 0; slot < count; slot++) {
      const request = requests[slot]!;
      const requestLength = batch.requestLength(slot);
      // A socket that was shut down reads as empty datagrams from nobody.
      if (requestLength === 0 && status.isStopping()) continue;
      const reply = replies[position]!;
      const client = clients[slot]!;
      const length = handler(request, requestLength, reply, false, client);
      if (length === DEFERRED) {
        this.defer(slot);
        continue;
      }
      counters.add(request, requestLength, reply, length);
      if (withRemotes) remotes.add(client);
      if (length > 0) batch.addReply(position++, slot, length);
    }
    return position;
  }
}
