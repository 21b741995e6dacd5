/**
 * Which zones are signed, what has come of it, and when each is to be signed again: before its signatures are due, when
 * a time in its key files passes, when its key files change. The clock is given, and may be set at any time; so it is
 * looked at again and again, never trusted to run. Must not know: how a zone is signed, what is served.
 */
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KEY_FILES_QUIET_MS, SIGN_LOOK_MS, SIGN_RETRY_MS } from '../base/limits.js';
import { zoneOfKeyFileText } from '../dnssec/key-file.js';
import { zoneOfKeyFile } from '../dnssec/key-folder.js';
import type { LoadRules } from './load-message.js';
import type { LoadResult, RestoredZone } from './load-zone.js';
import { Slices } from './rescan.js';
import type { SerialKeeper } from './serials.js';
import { signingOf } from './sign-zone.js';
import {
  type SigningFacts,
  type SigningOrder,
  type SigningRules,
  signsAny,
} from './signing-order.js';
import type { Followed } from './watch.js';
import type { WatchPlan } from './watch-plan.js';
import { apexKey, type Zone } from './zone.js';
import type { RowId } from './zone-rows.js';
import type { ZoneSet } from './zone-set.js';

export type SigningParts = {
  readonly zones: ZoneSet;
  readonly serials: SerialKeeper;
  /** Folder of the signatures that are kept; `null`: none are. */
  readonly keptFolder: string | null;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Loads a zone again. @returns false if it is being loaded, with what there was when that began */
  readonly again: (row: RowId) => boolean;
};

/** A zone that is signed. */
type Desk = {
  /** The apex's key as the last order knew it; `null`: it did not. */
  key: string | null;
  keyFolder: string | null;
  /** Milliseconds since 1970. */
  dueAt: number;
  /** Something has changed while it was loading. */
  isMissed: boolean;
  facts: SigningFacts | null;
};

export class SigningDesk implements Followed {
  private readonly parts: SigningParts;
  private readonly desks = new Map<RowId, Desk>();
  /** Of each key directory in use: what its files look like, by zone. */
  private readonly folders = new Map<string, ReadonlyMap<string, string>>();
  private readonly configured = new WeakMap<object, SigningRules>();
  private timer: NodeJS.Timeout | null = null;
  private lookTimer: NodeJS.Timeout | null = null;
  private isLooking = false;
  private isStopped = false;

  constructor(parts: SigningParts) {
    this.parts = parts;
  }

  // --- loads --------------------------------------------------------------------------------------------------

  /** What a load of the zone is told; `null`: it is not signed. */
  orderFor(zone: Zone, { signing = null }: LoadRules): SigningOrder | null {
    const rules = zone.kind === 'secondary' ? null : this.rulesFor(zone, signing);
    if (rules === null) {
      this.desks.delete(zone.row);
      return null;
    }
    const { origin, certain } = zone.name;
    const known = this.desks.get(zone.row);
    const apex = zone.apex ?? (certain ? origin : null);
    const key = apex === null ? (known?.key ?? null) : apexKey(apex);
    const nowMs = this.parts.clock();
    const { serials, keptFolder } = this.parts;
    const former = key === null ? null : serials.former(key);
    const method = serials.methodOf(zone.row);
    const order = { rules, former, method, keptFolder, nowMs };
    const own = apex === null ? rules.all : signingOf(order, apex);
    const keyFolder = own?.keyFolder ?? null;
    if (keyFolder !== null && !this.folders.has(keyFolder)) {
      this.folders.set(keyFolder, printsIn(keyFolder));
    }
    const dueAt = nowMs + SIGN_RETRY_MS;
    const facts = known?.facts ?? null;
    this.desks.set(zone.row, { key, keyFolder, dueAt, isMissed: false, facts });
    return order;
  }

  private rulesFor(zone: Zone, listed: SigningRules | null): SigningRules | null {
    if (!zone.isConfigured) return listed === null || !signsAny(listed) ? null : listed;
    const { signing } = zone.rules;
    if (signing === null) return null;
    const known = this.configured.get(signing);
    if (known !== undefined) return known;
    const rules = { all: signing, zones: {} };
    this.configured.set(signing, rules);
    return rules;
  }

  /**
   * Whether a zone was signed before its name was known, and so under a serial that does not follow the one which was
   * served under that name: then it has to be loaded again.
   */
  isPremature(row: RowId, { signing = null, apex }: LoadResult): boolean {
    const desk = this.desks.get(row);
    if (desk === undefined || signing === null || desk.key !== null) return false;
    desk.key = apexKey(apex);
    return this.parts.serials.former(desk.key) !== null;
  }

  /** A load has ended. */
  took(row: RowId, { image, signing = null, apex }: LoadResult | RestoredZone): void {
    const desk = this.desks.get(row);
    if (desk === undefined) return;
    if (image !== null) {
      desk.key = apexKey(apex);
      desk.facts = signing;
      desk.dueAt = signing?.dueAtMs ?? Number.POSITIVE_INFINITY;
    }
    if (desk.isMissed) desk.dueAt = this.parts.clock();
    desk.isMissed = false;
    this.wakeBy(desk.dueAt);
  }

  forget(row: RowId): void {
    this.desks.delete(row);
  }

  /** What signing has led to; `null` of a zone that is not signed here. */
  factsOf(row: RowId): SigningFacts | null {
    return this.desks.get(row)?.facts ?? null;
  }

  /** Begins to look at the clock. */
  start(): void {
    this.wakeBy(Number.POSITIVE_INFINITY);
  }

  stop(): void {
    this.isStopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    if (this.lookTimer !== null) clearTimeout(this.lookTimer);
    this.timer = null;
  }

  // --- time ---------------------------------------------------------------------------------------------------

  private wakeBy(at: number): void {
    if (this.isStopped) return;
    if (this.timer !== null) {
      if (at - this.parts.clock() >= SIGN_LOOK_MS) return;
      clearTimeout(this.timer);
    }
    const wait = Math.max(0, Math.min(SIGN_LOOK_MS, at - this.parts.clock()));
    this.timer = setTimeout(() => this.wake(), wait);
    this.timer.unref();
  }

  private wake(): void {
    this.timer = null;
    let next = Number.POSITIVE_INFINITY;
    const now = this.parts.clock();
    for (const [row, desk] of this.desks) {
      if (desk.dueAt <= now) {
        // in case the load comes to nothing
        desk.dueAt = now + SIGN_RETRY_MS;
        this.again(row, desk);
      }
      next = Math.min(next, desk.dueAt);
    }
    this.wakeBy(next);
  }

  // --- key files ----------------------------------------------------------------------------------------------

  cover(plan: WatchPlan): void {
    for (const folder of this.folders.keys()) plan.coverDirectory(folder);
  }

  concerns(path: string): boolean {
    return this.folders.has(path) || this.folders.has(dirname(path));
  }

  /** Keys are changed several at once: they are looked at when it is quiet. */
  look(): void {
    if (this.isStopped || this.folders.size === 0 || this.lookTimer !== null) return;
    this.lookTimer = setTimeout(() => {
      this.lookTimer = null;
      void this.lookNow();
    }, KEY_FILES_QUIET_MS);
    this.lookTimer.unref();
  }

  private async lookNow(): Promise<void> {
    if (this.isLooking) {
      this.look();
      return;
    }
    this.isLooking = true;
    const slices = new Slices();
    for (const [folder, former] of this.folders) {
      const now = printsIn(folder);
      this.folders.set(folder, now);
      for (const zone of new Set([...former.keys(), ...now.keys()])) {
        if (slices.isOver()) await slices.pause();
        if (former.get(zone) !== now.get(zone)) this.keysChanged(zone, folder);
      }
    }
    this.isLooking = false;
    this.wake();
  }

  private keysChanged(text: string, folder: string): void {
    const apex = zoneOfKeyFileText(text);
    const zone = apex === null || this.isStopped ? null : this.parts.zones.find(apex);
    const desk = zone === null ? undefined : this.desks.get(zone.row);
    if (zone !== null && desk?.keyFolder === folder) this.again(zone.row, desk);
  }

  private again(row: RowId, desk: Desk): void {
    if (!this.parts.again(row)) desk.isMissed = true;
  }
}

/** What the key files of each zone look like: names, sizes and times. */
function printsIn(folder: string): ReadonlyMap<string, string> {
  const prints = new Map<string, string>();
  for (const name of namesIn(folder)) {
    const zone = zoneOfKeyFile(name);
    if (zone === null) continue;
    const stats = statSync(join(folder, name), { throwIfNoEntry: false });
    const print = `${name} ${stats?.ino} ${stats?.size} ${stats?.mtimeMs} ${stats?.ctimeMs}\n`;
    prints.set(zone, (prints.get(zone) ?? '') + print);
  }
  return prints;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
