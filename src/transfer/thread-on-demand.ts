/**
 * A worker thread that is started by its first order and ends when it has had none for a while, which gives its memory
 * back. Must not know: what is ordered.
 */
import { type TransferListItem, Worker } from 'node:worker_threads';
import { errorText } from '../base/errors.js';
import { TRANSFER_THREAD_IDLE_MS } from '../base/transfer-limits.js';

/** Of the owner of a thread. */
export type ThreadEvents<Report> = {
  readonly reported: (report: Report) => void;
  /** The thread has died with all that it was doing; the next order starts another. */
  readonly died: (cause: string) => void;
};

export class ThreadOnDemand<Order, Report> {
  private readonly script: URL;
  private readonly events: ThreadEvents<Report>;
  private readonly idleMs: number;
  private worker: Worker | null = null;
  private idleTimer: NodeJS.Timeout | null = null;

  constructor(script: URL, events: ThreadEvents<Report>, idleMs: number = TRANSFER_THREAD_IDLE_MS) {
    this.script = script;
    this.events = events;
    this.idleMs = idleMs;
  }

  get isRunning(): boolean {
    return this.worker !== null;
  }

  order(order: Order, transfer: readonly TransferListItem[] = []): void {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.idleTimer = null;
    this.worker ??= this.start();
    this.worker.postMessage(order, transfer);
  }

  /** Nothing is under way, so nothing is lost if the thread ends; it does unless an order comes soon. */
  rest(): void {
    if (this.idleTimer !== null || this.worker === null) return;
    this.idleTimer = setTimeout(() => void this.stop(), this.idleMs).unref();
  }

  /** Ends the thread; what it was doing is never reported. */
  async stop(): Promise<void> {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.idleTimer = null;
    const { worker } = this;
    this.worker = null;
    await worker?.terminate();
  }

  private start(): Worker {
    const worker = new Worker(this.script);
    let cause = 'it ended';
    worker.on('message', (report: Report) => {
      if (this.worker === worker) this.events.reported(report);
    });
    worker.on('error', (error) => {
      cause = errorText(error);
    });
    worker.on('exit', () => {
      if (this.worker !== worker) return;
      this.worker = null;
      this.events.died(cause);
    });
    return worker;
  }
}
