/**
 * Keeps what changes in zones for IXFR: compares each version with the one that it replaces, small zones at once, large
 * ones in a thread, and writes the differences into the journal, many in one commit. The steps of a zone stay in order.
 *
 * A step that cannot be had (too large, serial unchanged or gone back by RFC 1982, a failing disk, a thread that died)
 * breaks the zone's chain: what the journal has is then dropped or leads to an older serial, and clients get the whole
 * zone. Versions that depend on the client are not compared.
 *
 * Must not know: where versions come from, who asks for changes.
 */
import { errorText } from '../base/errors.js';
import {
  CHANGE_COMMIT_MS,
  CHANGE_COMMIT_OCTETS,
  CHANGE_SMALL_OCTETS,
  CHANGES_MERGED_OCTETS_MAX,
  CHANGES_WAITING_MAX,
} from '../base/limits.js';
import type { Log } from '../base/log.js';
import { JOURNAL_ZONE_OCTETS_MIN } from '../base/transfer-limits.js';
import { type HeldImage, openHeld } from '../index/held-image.js';
import type { Journal } from '../store/journal.js';
import type { Store } from '../store/store.js';
import type { ZoneChange } from '../store/zone-change.js';
import { nameText } from '../wire/name-text.js';
import { serialGrows } from '../wire/serial.js';
import type { DiffOrder, DiffReport } from './diff-thread.js';
import { ThreadOnDemand } from './thread-on-demand.js';
import type { ZoneChanges } from './transfer-out.js';
import type { AnswerStep } from './zone-answer.js';
import { diffZones, type ZoneDifference } from './zone-diff.js';

type Step = { readonly former: HeldImage; next: HeldImage };

/** A zone of which something waits. */
type BusyZone = {
  readonly apex: Uint8Array;
  readonly key: string;
  /** Steps that are to be compared; the first is being so, if `order` is set. */
  readonly steps: Step[];
  order: number | null;
  /** Results that wait for a commit. */
  results: number;
  waiting: (() => void)[];
};

/** What is to be written of a zone: a change, or that there is no chain any more. */
type Result = {
  readonly zone: BusyZone;
  readonly change: ZoneChange | null;
  readonly zoneOctets: number;
};

export type ChangeRecorderOptions = {
  readonly store: Store;
  readonly journal: Journal;
  readonly log: Log;
  /** The thread's entry; tests give one that fails. */
  readonly script?: URL;
};

export class ChangeRecorder implements ZoneChanges {
  private readonly store: Store;
  private readonly journal: Journal;
  private readonly log: Log;
  private readonly thread: ThreadOnDemand<DiffOrder, DiffReport>;
  private readonly busy = new Map<string, BusyZone>();
  private readonly ordered = new Map<number, BusyZone>();
  private nextOrder = 1;
  private results: Result[] = [];
  private resultOctets = 0;
  private timer: NodeJS.Timeout | null = null;
  private committedAt = Number.NEGATIVE_INFINITY;
  private isFailing = false;

  constructor({ store, journal, log, script }: ChangeRecorderOptions) {
    this.store = store;
    this.journal = journal;
    this.log = log;
    this.thread = new ThreadOnDemand(script ?? new URL('./diff-thread.js', import.meta.url), {
      reported: ({ id, difference }) => this.take(id, difference),
      died: (cause) => this.bury(cause),
    });
  }

  /**
   * A zone's version has been replaced.
   * @param apex wire form, lower case
   * @param former `null`: there was none, and nothing to compare
   */
  record(apex: Uint8Array, former: HeldImage | null, next: HeldImage): void {
    if (former === null) return;
    const zone = this.zone(apex);
    if (zone.steps.length >= CHANGES_WAITING_MAX) {
      const last = zone.steps.at(-1);
      if (last !== undefined) last.next = next;
    } else {
      zone.steps.push({ former, next });
    }
    this.compare(zone);
  }

  settled(apex: Uint8Array, waitMs: number): Promise<void> | null {
    const zone = this.busy.get(keyOf(apex));
    if (zone === undefined) return null;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs).unref();
      zone.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  stepsSince(apex: Uint8Array, serial: number): readonly AnswerStep[] | null {
    const steps = this.journal.since(apex, serial);
    if (steps === null || steps.length < 2) return steps;
    const octetsMany = steps.reduce((sum, step) => sum + step.octets, 0);
    if (octetsMany > CHANGES_MERGED_OCTETS_MAX) return steps;
    const merged = this.journal.condensed(apex, serial);
    if (merged === null) return steps;
    const { toSerial, removed, added } = merged;
    const octets = removed.length + added.length;
    return [{ toSerial, octets, removed: () => [removed], added: () => [added] }];
  }

  /** Writes what has been found; what is still being compared is lost. The store may be closed afterwards. */
  async stop(): Promise<void> {
    await this.thread.stop();
    this.commit();
    for (const zone of this.busy.values()) for (const resolve of zone.waiting) resolve();
    this.busy.clear();
    this.ordered.clear();
  }

  // --- comparing

  private zone(apex: Uint8Array): BusyZone {
    const key = keyOf(apex);
    const known = this.busy.get(key);
    if (known !== undefined) return known;
    const zone = { apex: apex.slice(), key, steps: [], order: null, results: 0, waiting: [] };
    this.busy.set(key, zone);
    return zone;
  }

  /** Goes on with a zone's steps as far as that needs no thread. */
  private compare(zone: BusyZone): void {
    while (zone.order === null) {
      const step = zone.steps[0];
      if (step === undefined) break;
      const former = openHeld(step.former);
      const next = openHeld(step.next);
      const octetsMax = Math.max(next.arenaOctets, JOURNAL_ZONE_OCTETS_MIN);
      const isVaried = step.former.variant !== undefined || step.next.variant !== undefined;
      const isBack = former.serial !== next.serial && !serialGrows(former.serial, next.serial);
      if (isVaried || isBack) {
        this.finish(zone, 'too-large');
      } else if (Math.max(former.arenaOctets, next.arenaOctets) <= CHANGE_SMALL_OCTETS) {
        this.finish(zone, diffZones(step.former, step.next, octetsMax));
      } else {
        zone.order = this.nextOrder++;
        this.ordered.set(zone.order, zone);
        this.thread.order({ id: zone.order, ...step, octetsMax });
      }
    }
    this.leaveIfIdle(zone);
  }

  private take(id: number, difference: ZoneDifference): void {
    const zone = this.ordered.get(id);
    if (zone === undefined) return;
    this.ordered.delete(id);
    zone.order = null;
    this.finish(zone, difference);
    if (this.ordered.size === 0) this.thread.rest();
    this.compare(zone);
  }

  private bury(cause: string): void {
    this.log.error('transfer.compare', {}, `versions could not be compared: ${cause}`);
    const zones = [...this.ordered.values()];
    this.ordered.clear();
    for (const zone of zones) {
      zone.order = null;
      this.finish(zone, 'too-large');
      this.compare(zone);
    }
  }

  /** The first step of a zone is done. */
  private finish(zone: BusyZone, difference: ZoneDifference): void {
    const step = zone.steps.shift();
    if (step === undefined || difference === 'same') return;
    const change = difference === 'too-large' ? null : difference;
    const zoneOctets = openHeld(step.next).arenaOctets;
    zone.results++;
    this.results.push({ zone, change, zoneOctets });
    this.resultOctets += change === null ? 0 : change.removed.length + change.added.length;
    this.commitSoon();
  }

  private leaveIfIdle(zone: BusyZone): void {
    if (zone.steps.length > 0 || zone.results > 0) return;
    this.busy.delete(zone.key);
    for (const resolve of zone.waiting) resolve();
  }

  // --- writing

  private commitSoon(): void {
    if (this.resultOctets >= CHANGE_COMMIT_OCTETS) {
      this.commit();
      return;
    }
    const waitMs = this.committedAt + CHANGE_COMMIT_MS - performance.now();
    this.timer ??= setTimeout(() => this.commit(), Math.max(waitMs, 0));
  }

  private commit(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const { results } = this;
    if (results.length === 0) return;
    this.results = [];
    this.resultOctets = 0;
    try {
      this.store.write(() => {
        for (const result of results) this.write(result);
      });
      this.isFailing = false;
    } catch (error) {
      const text = `changes of zones are not kept: ${errorText(error)}`;
      if (!this.isFailing) this.log.error('transfer.journal', {}, text);
      this.isFailing = true;
    }
    this.committedAt = performance.now();
    for (const { zone } of results) {
      zone.results--;
      this.leaveIfIdle(zone);
    }
  }

  private write({ zone: { apex }, change, zoneOctets }: Result): void {
    const isKept = change !== null && this.journal.append(apex, change, zoneOctets);
    if (change === null) this.journal.forget(apex);
    const fields = {
      zone: nameText(apex, 0),
      kept: isKept,
      ...(change === null ? {} : { from: change.fromSerial, to: change.toSerial }),
    };
    const what =
      change === null
        ? 'no difference to keep'
        : `${change.removedCount} records gone, ${change.addedCount} come`;
    this.log.debug('transfer.change', fields, `${fields.zone}: ${what}`);
  }
}

function keyOf(apex: Uint8Array): string {
  return Buffer.from(apex).toString('latin1');
}
