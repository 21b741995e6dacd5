/**
 * Turns a stream of wake-ups into batches: a path is handed out once nothing was heard of it for a while, together
 * with what else has become quiet, and once a busy neighbour has been waited for long enough. Also the timers of
 * whatever has to be looked at again later. Must not know: files, zones.
 */
import { BATCH_MS_MAX, QUIET_MS, WAKE_UPS_MAX } from '../base/limits.js';

export type Batch<Later> = {
  /** Paths that have become quiet. */
  readonly paths: readonly string[];
  /** What `lookAgain` asked for and is due. */
  readonly again: readonly Later[];
  /** Whether everything has to be looked at. */
  readonly scan: boolean;
};

/** Wake-ups that wait for quiet. `Later` is whatever the owner wants back after a time. */
export class QuietQueue<Later> {
  private readonly heard = new Map<string, number>();
  private readonly later = new Map<Later, number>();
  private scan = false;
  /** When the oldest wake-up of the batch came; Infinity without a batch. */
  private batchStart = Number.POSITIVE_INFINITY;
  private lastHeard = 0;
  private nextLater = Number.POSITIVE_INFINITY;
  private timer: NodeJS.Timeout | null = null;
  private timerAt = Number.POSITIVE_INFINITY;
  private readonly take: (batch: Batch<Later>) => void;

  constructor(take: (batch: Batch<Later>) => void) {
    this.take = take;
  }

  /** Something happened to this path. */
  touch(path: string): void {
    this.heard.set(path, performance.now());
    if (this.heard.size > WAKE_UPS_MAX) {
      this.heard.clear();
      this.scan = true;
    }
    this.heardSomething();
  }

  /** Anything may have happened. */
  requestScan(): void {
    this.scan = true;
    this.heardSomething();
  }

  /** Whether the path waits for quiet. */
  isMoving(path: string): boolean {
    return this.heard.has(path);
  }

  /** Hands `what` back at this time (of `performance.now`); the last call for the same counts. */
  lookAgain(what: Later, at: number): void {
    this.later.set(what, at);
    this.nextLater = Math.min(this.nextLater, at);
    this.schedule();
  }

  /** No longer hands `what` back. */
  forget(what: Later): void {
    this.later.delete(what);
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.heard.clear();
    this.later.clear();
    this.scan = false;
  }

  private heardSomething(): void {
    this.lastHeard = performance.now();
    if (this.batchStart === Number.POSITIVE_INFINITY) this.batchStart = this.lastHeard;
    this.schedule();
  }

  private batchDue(): number {
    return Math.min(this.lastHeard + QUIET_MS, this.batchStart + BATCH_MS_MAX);
  }

  private schedule(): void {
    const isWaiting = this.batchStart !== Number.POSITIVE_INFINITY;
    const at = Math.min(isWaiting ? this.batchDue() : Number.POSITIVE_INFINITY, this.nextLater);
    // A timer that fires early finds nothing due and sets the next.
    if (at === Number.POSITIVE_INFINITY || (this.timer !== null && this.timerAt <= at)) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = setTimeout(() => this.fire(), Math.max(1, Math.ceil(at - performance.now())));
  }

  private fire(): void {
    this.timer = null;
    const now = performance.now();
    const paths: string[] = [];
    let scan = false;
    if (now >= this.batchDue()) {
      scan = this.scan;
      this.scan = false;
      for (const [path, at] of this.heard) if (now - at >= QUIET_MS) paths.push(path);
      for (const path of paths) this.heard.delete(path);
      this.batchStart = this.heard.size > 0 ? now : Number.POSITIVE_INFINITY;
    }
    const again: Later[] = [];
    if (now >= this.nextLater) {
      this.nextLater = Number.POSITIVE_INFINITY;
      for (const [what, at] of this.later) {
        if (now >= at) again.push(what);
        else this.nextLater = Math.min(this.nextLater, at);
      }
      for (const what of again) this.later.delete(what);
    }
    if (paths.length > 0 || again.length > 0 || scan) this.take({ paths, again, scan });
    this.schedule();
  }
}
