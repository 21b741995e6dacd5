/**
 * Loads of zones from the order to the result: what a load has read is believed if the files have not moved meanwhile
 * and do not look half-written, then the zone set takes it, and whoever asked for it hears. An operator's order to load
 * now is obeyed without doubt, and after a load that had already begun.
 * Must not know: what makes a zone be loaded, how it is served.
 */
import { LARGE_FILE_OCTETS, LOAD_RETRIES_MAX, START_LOADS_LOGGED_MAX } from '../base/limits.js';
import type { Log } from '../base/log.js';
import type { LoadReply, LoadRules } from './load-message.js';
import type { LoadResult, RestoredZone } from './load-zone.js';
import type { ZoneLoader } from './loader.js';
import { ManyLoads } from './many-loads.js';
import type { SecondaryGate, Withheld } from './secondary-gate.js';
import type { SigningDesk } from './signing-desk.js';
import {
  hasChanged,
  hasMetChange,
  hasMoved,
  type Includers,
  type Motion,
  type Motions,
  stampAt,
} from './tracked-zone.js';
import type { Zone } from './zone.js';
import { logOutcome } from './zone-log.js';
import type { RowId, ZoneRows } from './zone-rows.js';
import type { Outcome, ZoneSet } from './zone-set.js';

/** What the loads need of those who follow the files. */
export type LoadEvents = {
  rulesOf(row: RowId): LoadRules;
  /** Whether a zone's file is gone: it gives way to another one's. */
  isGone(zone: Zone): boolean;
  /** The zone's files are to be looked at again when they are quiet. */
  moved(row: RowId): void;
  /** Whether the zone's files may be half-written; if so, they are looked at again in time. */
  isDoubted(row: RowId, motion: Motion): boolean;
  /** Changes of these files concern us from now on. */
  madeOf(files: readonly string[]): void;
};

/** Whoever remembers zones across restarts. */
export type ZoneRestorer = {
  /** The last version of a row's zone that was served, once; null if there is none. Its files may have changed. */
  take(row: RowId): RestoredZone | null;
  /** It is served. */
  served(row: RowId): void;
};

/** Why a zone is loaded. */
export type LoadCause = {
  /** Before the many loads of a start or a reload of everything. */
  readonly urgent: boolean;
  /** Called when this load has ended, however it did. */
  readonly ended?: () => void;
};

export class ZoneLoads {
  /** Whether all that was there at the start has been tried. */
  started = false;
  stopped = false;
  /** Who knows about secondary zones; without it they are zones like others. */
  gate: SecondaryGate | null = null;
  /** Who knows how zones are signed; without it none is. */
  signing: SigningDesk | null = null;
  private readonly zones: ZoneSet;
  private readonly rows: ZoneRows;
  private readonly loader: ZoneLoader;
  private readonly log: Log;
  private readonly motions: Motions;
  private readonly includers: Includers;
  private readonly events: LoadEvents;
  /** Who waits for a zone to be loaded by order. */
  private readonly waiting = new Map<RowId, (() => void)[]>();
  /** What an earlier server has left; null: nothing. */
  restorer: ZoneRestorer | null = null;
  private logged = 0;

  constructor(
    zones: ZoneSet,
    loader: ZoneLoader,
    log: Log,
    followed: { readonly motions: Motions; readonly includers: Includers },
    events: LoadEvents,
  ) {
    this.zones = zones;
    this.rows = zones.rows;
    this.loader = loader;
    this.log = log;
    this.motions = followed.motions;
    this.includers = followed.includers;
    this.events = events;
  }

  /** Loads a zone now, changed or not, whatever its files look like; resolves when it has been tried, or is gone. */
  now(row: RowId): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.set(row, [...(this.waiting.get(row) ?? []), resolve]);
      this.order(row);
    });
  }

  /** As `now`, for those who do not wait. */
  order(row: RowId): void {
    const motion = this.motions.of(row);
    motion.ordered = true;
    if (!motion.loading) this.load(row, { urgent: true });
  }

  /** Loads zones as the loader has room; resolves when all have been tried. */
  async many(rows: readonly RowId[]): Promise<void> {
    const many = new ManyLoads(this.loader, rows);
    await many.run(Promise.resolve(), (row, ended) => {
      if (this.stopped || !this.rows.has(row)) return false;
      const motion = this.motions.of(row);
      motion.again = motion.loading;
      if (!motion.loading) this.load(row, { urgent: false, ended });
      return !motion.again;
    });
  }

  load(row: RowId, cause: LoadCause): void {
    if (this.restored(row)) {
      cause.ended?.();
      this.tell(row);
      return;
    }
    const motion = this.motions.of(row);
    const { name, path } = this.zones.at(row);
    const { urgent } = cause;
    const large = urgent && (stampAt(path)?.size ?? 0) > LARGE_FILE_OCTETS;
    const ordered = motion.ordered;
    motion.ordered = false;
    motion.loading = true;
    this.loader.load({
      path,
      apex: this.rows.name[row] === null ? null : name.origin,
      rules: this.events.rulesOf(row),
      signing: this.signing?.orderFor(this.zones.at(row), this.events.rulesOf(row)) ?? null,
      urgent,
      large,
      settle: (reply) => {
        this.settle(row, motion, reply, urgent, ordered);
        cause.ended?.();
      },
    });
  }

  /**
   * Serves what was served before the start: until the files have been loaded, if they have changed since, and if they
   * do not load, this is the last good version. @returns whether there is nothing to load
   */
  private restored(row: RowId): boolean {
    if (this.restorer === null || this.rows.attempts[row] !== 0) return false;
    const version = this.restorer.take(row);
    if (version === null) return false;
    const zone = this.zones.at(row);
    const gate = zone.kind === 'secondary' ? this.gate : null;
    if ((gate?.judge(zone, version) ?? null) !== null) return false;
    this.take(row, version, 0, this.logged++ >= START_LOADS_LOGGED_MAX);
    this.restorer.served(row);
    const included = this.rows.includedOf(row).map((file) => file.path);
    if (included.length > 0) this.events.madeOf(included);
    gate?.loaded(zone, version);
    return !this.isSignedHere(zone) && !hasChanged(this.rows, row);
  }

  /** Whether a restored zone is signed here: then signatures may be due, and only a load tells when. */
  private isSignedHere(zone: Zone): boolean {
    const order = this.signing?.orderFor(zone, this.events.rulesOf(zone.row)) ?? null;
    if (order === null) return false;
    this.rows.setSignedPrint(zone.row, order.former?.print ?? '');
    return true;
  }

  /**
   * Loads a zone again, for a reason that is not in its files; they are believed on the usual terms.
   * @returns false if it is being loaded already
   */
  again(row: RowId): boolean {
    const motion = this.motions.of(row);
    if (motion.loading) return false;
    this.load(row, { urgent: true });
    return true;
  }

  /** A zone is gone. */
  forget(row: RowId): void {
    this.signing?.forget(row);
    this.tell(row);
  }

  private settle(
    row: RowId,
    motion: Motion,
    reply: LoadReply,
    urgent: boolean,
    ordered: boolean,
  ): void {
    motion.loading = false;
    if (this.stopped || this.motions.get(row) !== motion) return;
    // At the start a look at each file would cost more than the rescan that follows it.
    const isStale = urgent ? hasMoved(reply) : hasMetChange(reply);
    if (isStale && motion.retries < LOAD_RETRIES_MAX) {
      // Read too early: what was read is not worth a word.
      motion.retries++;
      motion.ordered ||= ordered;
      if (motion.ordered) this.load(row, { urgent: true });
      else this.events.moved(row);
      return;
    }
    // What was read may be younger than what was looked at before the load: it is believed on the same terms.
    if (urgent && !ordered && !motion.ordered && this.events.isDoubted(row, motion)) return;
    const { again, ordered: orderedMeanwhile } = motion;
    this.motions.end(row);
    this.apply(row, reply, urgent);
    if (orderedMeanwhile) {
      this.motions.of(row).ordered = true;
      this.load(row, { urgent: true });
      return;
    }
    if (again) this.events.moved(row);
    this.tell(row);
  }

  private apply(row: RowId, { result, durationMs }: LoadReply, urgent: boolean): void {
    const zone = this.zones.at(row);
    const gate = zone.kind === 'secondary' ? this.gate : null;
    const withheld = gate?.judge(zone, result) ?? null;
    if (withheld !== null) {
      this.withhold(row, result, withheld);
      return;
    }
    if (this.signing?.isPremature(row, result)) {
      this.load(row, { urgent: true });
      return;
    }
    this.take(row, result, durationMs, this.logged++ >= START_LOADS_LOGGED_MAX && !this.started);
    const included = this.rows.includedOf(row).map((file) => file.path);
    if (urgent) this.events.madeOf([zone.path, ...included]);
    else if (included.length > 0) this.events.madeOf(included);
    if (result.image !== null) gate?.loaded(zone, result);
  }

  /** Leaves what is served as it is, though files were read. */
  private withhold(row: RowId, { files }: LoadResult, { problems, isDone }: Withheld): void {
    const { rows } = this;
    rows.attempts[row]!++;
    rows.triedAt[row] = Date.now();
    this.includers.remove(row);
    if (isDone) rows.setFiles(row, files, false);
    this.includers.add(row);
    rows.tellProblems(row, problems);
  }

  /** Takes in a version of a zone, wherever it comes from. */
  take(
    row: RowId,
    result: LoadResult | RestoredZone,
    durationMs: number,
    quietly: boolean,
  ): Outcome {
    const zone = this.zones.at(row);
    this.includers.remove(row);
    const outcome = this.zones.apply(zone, result, (other) => this.events.isGone(other));
    this.includers.add(row);
    this.signing?.took(row, result);
    logOutcome(this.log, zone, outcome, durationMs, quietly);
    return outcome;
  }

  private tell(row: RowId): void {
    const waiting = this.waiting.get(row) ?? [];
    this.waiting.delete(row);
    for (const resolve of waiting) resolve();
  }
}
