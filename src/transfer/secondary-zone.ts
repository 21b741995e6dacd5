/**
 * What is known of one secondary zone: the version held, when it was confirmed, when it is asked for next and when it
 * expires, and what its primaries said last. Times are ms since 1970, as of Date.now; 0 is never. The clock is passed
 * in. Must not know: sockets, threads, who serves the zone.
 */

import { FIRST_CHECK_MS } from '../base/transfer-limits.js';
import type { ZonePeer } from '../load/configured-zone.js';
import { peerText } from '../load/configured-zone.js';
import { apexKey, apexText } from '../load/zone.js';
import type { RowId } from '../load/zone-rows.js';
import type { SecondaryState } from '../store/secondary-state.js';
import type { Due } from './due-heap.js';
import {
  expiryAt,
  type RefreshTimes,
  refreshTimes,
  refreshWait,
  retryWait,
} from './refresh-times.js';
import type { TransferFault } from './transfer-faults.js';
import type { SoaTimes, TransferCost } from './transfer-job.js';

/** A version of the zone that is served. */
type Held = { readonly serial: number; readonly times: RefreshTimes };

/** What is being done for it: nothing, or it waits for its turn, or a primary is asked, or it is being transferred. */
export type Activity = 'idle' | 'queued' | 'asking' | 'transferring';

export class SecondaryZone implements Due {
  readonly apex: Uint8Array;
  readonly key: string;
  readonly text: string;
  row: RowId;
  primaries: readonly ZonePeer[] = [];
  dueAt = 0;
  heapAt = -1;
  activity: Activity = 'idle';
  /** What the transfer that is under way has taken so far; null until it takes long. */
  progress: TransferCost | null = null;
  held: Held | null = null;
  /** Whether it was given up because nobody confirmed it. */
  isExpired = false;
  refreshedAt = 0;
  expiresAt = 0;
  nextAt = 0;
  /** Of the last check. */
  checkedAt = 0;
  failures = 0;
  /** Index of the primary that is asked first. */
  preferred = 0;
  /** Of a primary, in the last reply of one. */
  serialThere: number | null = null;
  /** What the primary that was asked last had wrong; null once another is of use. */
  lastFault: { readonly primary: string; readonly fault: TransferFault } | null = null;
  /** What was told of each primary that failed since the last success; null if nothing was. */
  told: Map<string, string> | null = null;
  /** Whether its file has been tried, if there is one; before that nothing is done for it. */
  isTried = false;
  /** Known from a former run; its serial tells whether the file is of that version. */
  remembered: SecondaryState | null = null;
  /** Whether the zone is to be had whole even if its serial is the same: its file is gone. */
  wantsWhole = false;
  /** Whether an operator wants what a primary has, whatever its serial. */
  isOrdered = false;
  /** That primary, if the operator says which. */
  orderedFrom: ZonePeer | null = null;
  /** Whether somebody waits for the next check, so that it comes before those of timers. */
  isWanted = false;
  /** A notification or an order came while it was being checked. */
  again = false;
  /** The serial told by a notification that is still to be looked at; null if none was told. */
  notifiedSerial: number | null = null;

  constructor(apex: Uint8Array, row: RowId) {
    this.apex = apex;
    this.key = apexKey(apex);
    this.text = apexText(apex);
    this.row = row;
  }

  /** Takes over what was known before a restart; the version itself comes with `hold`. */
  restore(state: SecondaryState): void {
    this.remembered = state;
    this.refreshedAt = state.refreshedAt;
    this.expiresAt = state.expiresAt;
    this.nextAt = state.nextAt;
    this.failures = state.failures;
    const at = this.primaries.findIndex((peer) => peerText(peer) === state.primary);
    this.preferred = Math.max(0, at);
  }

  state(): SecondaryState {
    const { refreshedAt, expiresAt, nextAt, failures } = this;
    const primary = this.primaries[this.preferred];
    return {
      serial: this.held?.serial ?? null,
      refreshedAt,
      expiresAt,
      nextAt,
      failures,
      primary: primary === undefined ? '' : peerText(primary),
    };
  }

  /** A version from a file: of an age that only the file's time tells, if nothing else is known of the zone. */
  holdLoaded(serial: number, times: SoaTimes, fileMs: number, now: number): void {
    this.held = { serial, times: refreshTimes(times) };
    this.isExpired = false;
    if (this.expiresAt !== 0) return;
    this.expiresAt = Math.max(fileMs + this.held.times.expireMs, now + FIRST_CHECK_MS);
  }

  /** A version that a primary has just given. */
  holdTransferred(serial: number, times: SoaTimes, told: number | null, now: number): void {
    this.held = { serial, times: refreshTimes(times) };
    this.isExpired = false;
    this.expiresAt = expiryAt(now, this.held.times, told, null);
  }

  /** A primary has the version that we have. */
  confirm(told: number | null, now: number): void {
    if (this.held !== null) this.expiresAt = expiryAt(now, this.held.times, told, this.expiresAt);
  }

  /** A check has ended well. */
  succeed(now: number, chance: number): void {
    const isFirst = this.refreshedAt === 0;
    this.refreshedAt = now;
    this.failures = 0;
    this.lastFault = null;
    this.told = null;
    this.wantsWhole = false;
    if (this.held !== null) this.nextAt = now + refreshWait(this.held.times, isFirst, chance);
  }

  /** No primary was of any use. */
  fail(now: number, chance: number): void {
    this.failures++;
    this.nextAt = now + retryWait(this.held?.times ?? null, this.failures, chance);
  }

  /** Nobody has confirmed the version for too long. */
  expire(): void {
    this.held = null;
    this.isExpired = true;
    this.failures = 0;
  }

  /** Whether a version has ever been had, so that a file which nobody has sealed is somebody's edit. */
  get isKnown(): boolean {
    return this.held !== null || this.isExpired || (this.remembered?.serial ?? null) !== null;
  }

  /** When something is to be done for it. */
  nextDue(): number {
    const expiry = this.held === null ? Number.POSITIVE_INFINITY : this.expiresAt;
    const check = this.activity === 'idle' && this.isTried ? this.nextAt : Number.POSITIVE_INFINITY;
    return Math.min(expiry, check);
  }

  /** Primaries in the order of asking. */
  order(): readonly ZonePeer[] {
    if (this.orderedFrom !== null) return [this.orderedFrom];
    const { primaries, preferred } = this;
    return [...primaries.slice(preferred), ...primaries.slice(0, preferred)];
  }
}
