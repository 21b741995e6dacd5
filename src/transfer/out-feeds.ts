/**
 * The main thread's side of out-thread.ts: messages of large transfers, made ahead by two buffers and no more.
 * Must not know: sockets, why a zone is sent.
 */
import { ServerError } from '../base/errors.js';
import { TRANSFER_CHUNK_OCTETS } from '../base/transfer-limits.js';
import type { HeldImage } from '../index/held-image.js';
import type { ReplyFrame } from './message-writer.js';
import type { OutOrder, OutReport } from './out-thread.js';
import { ThreadOnDemand } from './thread-on-demand.js';

/** One is filled while the other is sent. */
const BUFFERS = 2;

/** The thread with all transfers that it has a part in. */
export class OutFeeds {
  private readonly thread: ThreadOnDemand<OutOrder, OutReport>;
  private readonly feeds = new Map<number, OutFeed>();
  private nextId = 1;

  /** @param script the thread's entry; tests give one that fails */
  constructor(script: URL = new URL('./out-thread.js', import.meta.url)) {
    this.thread = new ThreadOnDemand(script, {
      reported: (report) => this.feeds.get(report.id)?.take(report),
      died: (cause) => this.abandon(cause),
    });
  }

  /** Begins to make the messages of an AXFR. */
  open(held: HeldImage, frame: ReplyFrame): OutFeed {
    const id = this.nextId++;
    const feed = new OutFeed(
      held,
      (buffer) => this.thread.order({ kind: 'fill', id, buffer }, [buffer]),
      () => this.drop(id),
    );
    this.feeds.set(id, feed);
    this.thread.order({ kind: 'begin', id, held, frame });
    for (let i = 0; i < BUFFERS; i++) feed.refill(new ArrayBuffer(TRANSFER_CHUNK_OCTETS));
    return feed;
  }

  /** Ends the thread; feeds that are open fail. */
  async stop(): Promise<void> {
    await this.thread.stop();
    this.abandon('the server stops');
  }

  private drop(id: number): void {
    if (!this.feeds.delete(id)) return;
    if (this.thread.isRunning) this.thread.order({ kind: 'drop', id });
    if (this.feeds.size === 0) this.thread.rest();
  }

  private abandon(cause: string): void {
    const feeds = [...this.feeds.values()];
    this.feeds.clear();
    for (const feed of feeds) feed.fail(cause);
  }
}

/** The messages of one transfer, some at a time. */
export class OutFeed {
  /** What the thread reads, which stays as long as this does. */
  readonly held: HeldImage;
  readonly refill: (buffer: ArrayBuffer) => void;
  private readonly drop: () => void;
  private readonly ready: OutReport[] = [];
  private current: OutReport | null = null;
  private failure: string | null = null;
  private wake: (() => void) | null = null;

  constructor(held: HeldImage, refill: (buffer: ArrayBuffer) => void, drop: () => void) {
    this.held = held;
    this.refill = refill;
    this.drop = drop;
  }

  /**
   * The next messages, which are gone with the next call; not to be called after the last.
   * @throws ServerError TRANSFER_THREAD if the thread has died
   */
  async next(): Promise<OutReport> {
    for (;;) {
      if (this.failure !== null) throw new ServerError('TRANSFER_THREAD', this.failure);
      if (this.current !== null) this.refill(this.current.buffer);
      this.current = this.ready.shift() ?? null;
      if (this.current !== null) return this.current;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** No more is wanted, or there is none. */
  close(): void {
    this.drop();
  }

  take(report: OutReport): void {
    this.ready.push(report);
    this.wake?.();
  }

  fail(cause: string): void {
    this.failure = cause;
    this.wake?.();
  }
}
