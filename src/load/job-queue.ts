/**
 * Loads that wait, oldest first, taken in batches that one thread can load in one go.
 * Must not know: threads, what a load does.
 */
import type { LoadReply, LoadRules } from './load-message.js';
import type { SigningOrder } from './signing-order.js';

/** A load that is asked for. */
export type LoadJob = {
  /** The zone's main file. */
  readonly path: string;
  /** The apex, if something else than the file's name says which it is. */
  readonly apex: Uint8Array | null;
  readonly rules: LoadRules;
  /** How the zone is signed; `null` or nothing: it is as its file has it. */
  readonly signing?: SigningOrder | null;
  /** Overtakes all that is not. */
  readonly urgent: boolean;
  /** Known to take long: no other load waits behind it in the same batch. */
  readonly large: boolean;
  /** Called once with the outcome, and with nothing else running in between the loads of a batch. */
  readonly settle: (reply: LoadReply) => void;
};

export class JobQueue {
  private jobs: LoadJob[] = [];
  /** Jobs of `jobs` that have been taken. */
  private taken = 0;

  get size(): number {
    return this.jobs.length - this.taken;
  }

  push(job: LoadJob): void {
    this.jobs.push(job);
  }

  /** Puts jobs before all others, in their order. */
  putBack(jobs: readonly LoadJob[]): void {
    this.jobs = [...jobs, ...this.jobs.slice(this.taken)];
    this.taken = 0;
  }

  /** The oldest jobs that share one set of rules, `max` at most. */
  take(max: number): LoadJob[] {
    const batch: LoadJob[] = [];
    for (let job = this.jobs[this.taken]; job !== undefined; job = this.jobs[this.taken]) {
      const first = batch[0];
      const isApart =
        first !== undefined && (job.large || first.large || job.rules !== first.rules);
      if (isApart || batch.length === max) break;
      batch.push(job);
      this.taken++;
    }
    if (this.size === 0) this.clear();
    else if (this.taken >= 1024) {
      this.jobs = this.jobs.slice(this.taken);
      this.taken = 0;
    }
    return batch;
  }

  clear(): void {
    this.jobs = [];
    this.taken = 0;
  }
}
