/**
 * Zones that wait to be checked, and how many are at once: those that somebody asks for before those of timers.
 * Must not know: what a check does.
 */
import { PROBES_MAX } from '../base/transfer-limits.js';
import type { SecondaryZone } from './secondary-zone.js';

/** Runs a check; never rejects. @param release makes room for the next before this one has ended */
export type CheckRun = (zone: SecondaryZone, release: () => void) => Promise<void>;

export class CheckQueue {
  private readonly run: CheckRun;
  private urgent: SecondaryZone[] = [];
  private waiting: SecondaryZone[] = [];
  private active = 0;

  constructor(run: CheckRun) {
    this.run = run;
  }

  push(zone: SecondaryZone, isUrgent: boolean): void {
    (isUrgent ? this.urgent : this.waiting).push(zone);
    this.feed();
  }

  /** Forgets those that wait. */
  clear(): void {
    this.urgent = [];
    this.waiting = [];
  }

  private feed(): void {
    while (this.active < PROBES_MAX) {
      const zone = this.urgent.shift() ?? this.waiting.shift();
      if (zone === undefined) return;
      this.begin(zone);
    }
  }

  private begin(zone: SecondaryZone): void {
    this.active++;
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      this.active--;
      this.feed();
    };
    void this.run(zone, release).then(release);
  }
}
