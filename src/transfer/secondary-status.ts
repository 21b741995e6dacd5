/**
 * A secondary zone as operators see it. Must not know: commands, how it is shown.
 */
import { peerText } from '../load/configured-zone.js';
import type { Activity, SecondaryZone } from './secondary-zone.js';
import { faultText } from './transfer-faults.js';
import type { TransferCost } from './transfer-job.js';

/** Times are ms since 1970; null is never. */
export type SecondaryStatus = {
  readonly state: 'serving' | 'waiting' | 'expired';
  readonly activity: Activity;
  /** Of a transfer that takes long: what it has taken so far. */
  readonly progress: TransferCost | null;
  /** Who is asked first, or is being asked by order. */
  readonly primary: string;
  readonly serial: number | null;
  /** That a primary told last. */
  readonly serialThere: number | null;
  readonly refreshedAt: number | null;
  readonly nextAt: number | null;
  readonly expiresAt: number | null;
  /** Checks that failed since the last that did not. */
  readonly failures: number;
  readonly lastError: string | null;
};

export function statusOf(zone: SecondaryZone): SecondaryStatus {
  const { activity, progress, held, isExpired, serialThere, failures, lastFault } = zone;
  const unheld = isExpired ? 'expired' : 'waiting';
  return {
    state: held === null ? unheld : 'serving',
    activity,
    progress,
    primary: primaryText(zone),
    serial: held?.serial ?? null,
    serialThere,
    refreshedAt: orNever(zone.refreshedAt),
    nextAt: orNever(zone.nextAt),
    expiresAt: held === null ? null : zone.expiresAt,
    failures,
    lastError: lastFault === null ? null : `${lastFault.primary}: ${faultText(lastFault.fault)}`,
  };
}

/** A zone that is being checked or transferred, or waits for it. */
export type QueuedTransfer = {
  readonly zone: string;
  readonly primary: string;
  readonly activity: Activity;
  readonly progress: TransferCost | null;
};

export function queuedOf(zone: SecondaryZone): QueuedTransfer {
  const { text, activity, progress } = zone;
  return { zone: text, primary: primaryText(zone), activity, progress };
}

/** Whom it is asked of next; empty if the configuration names nobody. */
export function primaryText(zone: SecondaryZone): string {
  const primary = zone.orderedFrom ?? zone.primaries[zone.preferred];
  return primary === undefined ? '' : peerText(primary);
}

function orNever(ms: number): number | null {
  return ms === 0 ? null : ms;
}
