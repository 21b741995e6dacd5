/**
 * The threads that receive zones, as many as are at work, bounded in all and for each primary; what is asked for beyond
 * that waits, primaries taking turns, so that a slow one does not hold up the zones of others.
 * Must not know: why a zone is wanted, or what becomes of it.
 */
import { Worker } from 'node:worker_threads';
import { errorText } from '../base/errors.js';
import {
  TRANSFER_IN_IDLE_MS,
  TRANSFER_IN_WARM_MS,
  TRANSFER_WARM_OCTETS_MIN,
  TRANSFER_WATCHDOG_MS,
  TRANSFERS_IN_MAX,
  TRANSFERS_PER_PRIMARY_MAX,
} from '../base/transfer-limits.js';
import { peerText } from '../load/configured-zone.js';
import { fault } from './transfer-faults.js';
import type { TransferCost, TransferJob, TransferProgress, TransferReply } from './transfer-job.js';

export type WantedTransfer = {
  /** Called when its turn has come, since what is held may have changed: null if it is not wanted then. */
  readonly job: () => TransferJob | null;
  /** Whom it is asked of; bounds apply to each of these. */
  readonly primary: string;
  /** Told about once a second what it has taken so far. */
  readonly progress: (cost: TransferCost) => void;
  /** Called once, unless all is stopped first. */
  readonly settle: (reply: TransferReply) => void;
};

/** Whatever receives zones; tests have their own. */
export type ZoneTransfers = {
  /** Never fails: what goes wrong is in the reply. */
  begin(transfer: WantedTransfer): void;
  stop(): Promise<void>;
};

export type TransferThreadsOptions = {
  readonly inAll?: number;
  readonly perPrimary?: number;
  /** The threads' entry; tests give one that fails. */
  readonly script?: URL;
  readonly idleMs?: number;
  /** Of the thread that has received a large zone; as `idleMs` if only that is given. */
  readonly warmMs?: number;
};

type Primary = { active: number; readonly waiting: WantedTransfer[] };

type Thread = {
  readonly worker: Worker;
  settle: ((reply: TransferReply) => void) | null;
  /** What it is at. The memory of the version that it starts from stays as long as this does. */
  order: TransferJob | null;
  progress: (cost: TransferCost) => void;
  watchdog: NodeJS.Timeout | null;
  idle: NodeJS.Timeout | null;
};

/** Times that a receiver asks anew, at most. */
const ATTEMPTS_MAX = 3;

export class TransferThreads implements ZoneTransfers {
  private readonly inAll: number;
  private readonly perPrimary: number;
  private readonly script: URL;
  private readonly idleMs: number;
  private readonly warmMs: number;
  /** The thread that has received a large zone, which stays longer than the others. */
  private warm: Thread | null = null;
  private readonly threads = new Set<Thread>();
  /** Those with transfers, in the order of their turns. */
  private readonly primaries = new Map<string, Primary>();
  private active = 0;
  private isStopped = false;

  constructor(options: TransferThreadsOptions = {}) {
    this.inAll = options.inAll ?? TRANSFERS_IN_MAX;
    this.perPrimary = options.perPrimary ?? TRANSFERS_PER_PRIMARY_MAX;
    this.script = options.script ?? new URL('./in-thread.js', import.meta.url);
    this.idleMs = options.idleMs ?? TRANSFER_IN_IDLE_MS;
    this.warmMs = options.warmMs ?? options.idleMs ?? TRANSFER_IN_WARM_MS;
  }

  /** Threads that there are now. */
  get threadCount(): number {
    return this.threads.size;
  }

  begin(transfer: WantedTransfer): void {
    const known = this.primaries.get(transfer.primary) ?? { active: 0, waiting: [] };
    known.waiting.push(transfer);
    this.primaries.set(transfer.primary, known);
    this.feed();
  }

  /** Ends the threads wherever they are. Transfers under way are never answered. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.primaries.clear();
    await Promise.all([...this.threads].map((thread) => this.dismiss(thread)));
  }

  private feed(): void {
    for (const [name, primary] of this.primaries) {
      if (this.active >= this.inAll || this.isStopped) return;
      if (primary.active >= this.perPrimary) continue;
      const next = primary.waiting.shift();
      if (next === undefined) continue;
      // It comes last in the same loop.
      this.primaries.delete(name);
      this.primaries.set(name, primary);
      this.run(next, name, primary);
    }
  }

  private run({ job, progress, settle }: WantedTransfer, name: string, primary: Primary): void {
    const order = job();
    if (order === null) {
      settle(failedReply('the zone is not wanted any more'));
      return;
    }
    primary.active++;
    this.active++;
    const thread = this.idleThread();
    if (thread.idle !== null) clearTimeout(thread.idle);
    thread.idle = null;
    thread.progress = progress;
    thread.order = order;
    thread.settle = (reply) => {
      thread.settle = null;
      thread.order = null;
      if (thread.watchdog !== null) clearTimeout(thread.watchdog);
      primary.active--;
      this.active--;
      if (primary.active === 0 && primary.waiting.length === 0) this.primaries.delete(name);
      if (reply.cost.octets >= TRANSFER_WARM_OCTETS_MIN) this.warm ??= thread;
      settle(reply);
      this.feed();
      if (thread.settle === null) this.restSoon(thread);
    };
    const longest = ATTEMPTS_MAX * order.exchange.wholeMs + TRANSFER_WATCHDOG_MS;
    const text = `the transfer from ${peerText(order.primary)} hangs`;
    thread.watchdog = setTimeout(() => this.bury(thread, text), longest).unref();
    thread.worker.postMessage(order);
  }

  private idleThread(): Thread {
    if (this.warm !== null && this.warm.settle === null) return this.warm;
    for (const thread of this.threads) if (thread.settle === null) return thread;
    const worker = new Worker(this.script);
    const thread: Thread = {
      worker,
      settle: null,
      order: null,
      progress: () => {},
      watchdog: null,
      idle: null,
    };
    this.threads.add(thread);
    let cause = 'it ended';
    worker.on('message', (said: TransferReply | TransferProgress) => {
      if (said.kind === 'reply') thread.settle?.(said);
      else if (thread.settle !== null) thread.progress(said.cost);
    });
    worker.on('error', (error) => {
      cause = errorText(error);
    });
    worker.on('exit', () => this.bury(thread, `the transfer's thread stopped: ${cause}`));
    return thread;
  }

  private bury(thread: Thread, cause: string): void {
    if (!this.threads.has(thread)) return;
    const { settle } = thread;
    void this.dismiss(thread);
    if (this.isStopped) return;
    settle?.(failedReply(cause));
  }

  private restSoon(thread: Thread): void {
    if (!this.threads.has(thread)) return;
    const idleMs = thread === this.warm ? this.warmMs : this.idleMs;
    thread.idle = setTimeout(() => void this.dismiss(thread), idleMs).unref();
  }

  private async dismiss(thread: Thread): Promise<void> {
    this.threads.delete(thread);
    if (this.warm === thread) this.warm = null;
    if (thread.watchdog !== null) clearTimeout(thread.watchdog);
    if (thread.idle !== null) clearTimeout(thread.idle);
    await thread.worker.terminate();
  }
}

function failedReply(cause: string): TransferReply {
  return {
    kind: 'reply',
    outcome: { kind: 'failed', fault: fault('internal', cause), problems: [] },
    cost: { messages: 0, octets: 0, records: 0, ms: 0 },
    expireSeconds: null,
    fallback: null,
  };
}
