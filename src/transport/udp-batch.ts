/**
 * The loop of a UDP worker: reads a batch of requests, answers them, sends the replies, until it is told to stop.
 * Must not know: what a query says, where answers come from.
 */
import { REPEATED_LOG_MS } from '../base/limits.js';
import { type BatchSocket, loadSystemCalls, MessageBatch } from './mmsg.js';
import type { QueryHandler } from './query-handler.js';
import { WorkerStatus } from './worker-status.js';

/** What every worker is started with; `task` is for its script. */
export type WorkerStart<Task> = {
  readonly socket: BatchSocket;
  readonly status: SharedArrayBuffer;
  readonly task: Task;
};

/** What a worker tells the main thread. */
export type WorkerReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'sendFailed'; readonly errno: number }
  | { readonly kind: 'queryFailed'; readonly text: string; readonly stack: string };

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
  const loop = new BatchLoop(batch, new WorkerStatus(start.status), handler, beforeBatch, report);
  report({ kind: 'ready' });
  loop.run();
}

class BatchLoop {
  private readonly batch: MessageBatch;
  private readonly status: WorkerStatus;
  private readonly handler: QueryHandler;
  private readonly beforeBatch: () => void;
  private readonly report: (report: WorkerReport) => void;
  private nextReportAt = 0;

  constructor(
    batch: MessageBatch,
    status: WorkerStatus,
    handler: QueryHandler,
    beforeBatch: () => void,
    report: (report: WorkerReport) => void,
  ) {
    this.batch = batch;
    this.status = status;
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

  // === hot path

  run(): void {
    const { batch, status } = this;
    while (!status.isStopping()) {
      const count = batch.receive();
      this.beforeBatch();
      if (count === 0) continue;
      const replies = this.answer(count);
      const failures = replies === 0 ? 0 : batch.send(replies);
      status.countBatch(count, replies, failures);
      if (failures > 0) this.reportSendFailure();
    }
  }

  /** Answers the requests in the first `count` slots. @returns how many are owed a reply. */
  private answer(count: number): number {
    const { batch, handler } = this;
    const { requests, replies } = batch;
    let position = 0;
    for (let slot = 0; slot < count; slot++) {
      const length = handler(requests[slot]!, batch.requestLength(slot), replies[position]!, false);
      if (length > 0) batch.addReply(position++, slot, length);
    }
    return position;
  }
}
