/**
 * Keeps what is served in step with what is on disk. Events and timers only say where to look; what counts is whether
 * the stamps of a zone's files differ from those that its last load read. Then the zone is loaded anew, unless a file
 * looks half-written or has just gone; those get a second. When most files of a source go at once, it is not believed.
 * Must not know: what a zone file says, how zones are served.
 */
import { basename, join, resolve } from 'node:path';
import { LARGE_FILE_OCTETS, LOAD_RETRIES_MAX, START_LOADS_LOGGED_MAX } from '../base/limits.js';
import type { Log } from '../base/log.js';
import { FirstLoads } from './first-loads.js';
import type { LoadReply } from './load-message.js';
import type { ZoneLoader } from './loader.js';
import { type Batch, QuietQueue } from './quiet-queue.js';
import { Removals } from './removals.js';
import { listZoneFiles, pathInSource, Slices, type ZoneSource } from './rescan.js';
import {
  doubtOf,
  hasChanged,
  hasMetChange,
  hasMoved,
  Includers,
  isDirectoryAt,
  type Motion,
  Motions,
  stampAt,
  type TrackedSource,
} from './tracked-zone.js';
import { WatchPlan } from './watch-plan.js';
import { DirectoryWatcher } from './watcher.js';
import { isPassingName, isZoneFileName, zoneOfFileName } from './zone-files.js';
import { logOutcome } from './zone-log.js';
import type { RowId, ZoneRows } from './zone-rows.js';
import { type Zone, type ZoneSet, zoneFields, zoneText } from './zone-set.js';

export type ReloaderOptions = {
  /** Turns warnings into errors. */
  readonly strict: boolean;
  readonly includeOutside: boolean;
  /** Obey when most files of a source are gone at once. */
  readonly allowMassRemoval: boolean;
  /** Time between full scans; 0 for none. */
  readonly rescanMs: number;
};

export class Reloader {
  private readonly zones: ZoneSet;
  private readonly rows: ZoneRows;
  private readonly loader: ZoneLoader;
  private readonly log: Log;
  private readonly options: ReloaderOptions;
  private readonly sources: TrackedSource[];
  private readonly motions = new Motions();
  private readonly includers: Includers;
  private readonly queue: QuietQueue<RowId>;
  private readonly removals: Removals;
  private readonly watcher: DirectoryWatcher;
  private plan = new WatchPlan();
  /** The plan that a scan under way is making. */
  private nextPlan: WatchPlan | null = null;
  private scanning: Promise<void> | null = null;
  private rescanTimer: NodeJS.Timeout | null = null;
  private started = false;
  private readonly first: FirstLoads;
  private logged = 0;
  private stopped = false;

  constructor(
    sources: readonly ZoneSource[],
    zones: ZoneSet,
    loader: ZoneLoader,
    log: Log,
    options: ReloaderOptions,
  ) {
    this.zones = zones;
    this.rows = zones.rows;
    this.loader = loader;
    this.log = log;
    this.options = options;
    const { includeOutside, strict } = options;
    this.sources = sources.map((source, index) => ({
      index,
      source,
      rules: { root: source.root, includeOutside, strict },
      zoneCount: 0,
      missing: new Set(),
      refusing: false,
      fault: null,
    }));
    this.first = new FirstLoads(loader);
    this.includers = new Includers(this.rows);
    this.queue = new QuietQueue((batch) => this.takeBatch(batch));
    const { allowMassRemoval } = options;
    this.removals = new Removals(this.queue, this.motions, log, allowMassRemoval);
    this.watcher = new DirectoryWatcher((directory, name) => this.wake(directory, name), log);
  }

  /** Starts watching and loads everything; resolves when each zone has been tried. */
  async start(): Promise<void> {
    this.scanning = this.scanOnce((row) => this.first.add(row));
    await this.first.run(this.scanning, (row) => {
      const isNew = this.motions.get(row) === undefined && this.rows.attempts[row] === 0;
      if (isNew && !this.stopped) this.load(row, false);
      return isNew && !this.stopped;
    });
    this.scanning = null;
    if (this.stopped) return;
    if (this.options.rescanMs > 0) {
      this.rescanTimer = setInterval(() => this.rescan(), this.options.rescanMs);
    }
    this.started = true;
    // For what has changed while the zones were loading.
    this.rescan();
  }

  /** Compares everything with what is on disk, soon. */
  rescan(): void {
    if (!this.stopped) this.queue.requestScan();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.queue.stop();
    if (this.rescanTimer !== null) clearInterval(this.rescanTimer);
    await Promise.all([this.watcher.stop(), this.loader.stop()]);
  }

  // --- wake-ups

  private wake(directory: string, name: string | null): void {
    if (this.stopped) return;
    const path = name === null ? directory : join(directory, name);
    if (this.plan.isPivot(path)) {
      this.queue.requestScan();
      return;
    }
    let isKnown = this.usersOf(path).length > 0;
    for (const file of this.plan.readThrough(path)) {
      isKnown = true;
      this.touch(file);
    }
    if (isKnown || !isPassingName(basename(path))) this.touch(path);
  }

  /** @param path absolute */
  private touch(path: string): void {
    const now = performance.now();
    for (const row of this.usersOf(path)) this.motions.of(row).changedAt = now;
    this.queue.touch(path);
  }

  private touchZone(row: RowId): void {
    this.touch(resolve(this.rows.path[row]!));
  }

  /** Zones that are made of a file, given by its absolute path. */
  private usersOf(path: string): RowId[] {
    const users = [...this.includers.of(path)];
    for (const { source } of this.sources) {
      const shown = pathInSource(source, path);
      const zone = shown === null ? undefined : this.zones.get(shown);
      if (zone !== undefined) users.push(zone.row);
    }
    return users;
  }

  private takeBatch(batch: Batch<RowId>): void {
    const due = new Set(batch.again);
    const unknown: string[] = [];
    for (const path of batch.paths) {
      const users = this.usersOf(path);
      if (users.length === 0) unknown.push(path);
      for (const row of users) due.add(row);
    }
    // Files that are gone come first: one that was renamed gives way to its new name.
    for (const row of due) this.evaluate(row);
    for (const path of unknown) this.evaluateUnknown(path);
    if (batch.scan) void this.scan();
  }

  // --- decisions

  private evaluate(row: RowId): void {
    // Removed since it was noted
    if (!this.rows.has(row)) return;
    const motion = this.motions.of(row);
    if (motion.loading) {
      motion.again = true;
      return;
    }
    const path = resolve(this.rows.path[row]!);
    // The zone's files are one batch.
    if (this.queue.isMoving(path)) return;
    if (this.rows.includedOf(row).some((file) => this.queue.isMoving(file.path))) return;
    if (stampAt(path) === null) {
      const from = this.sourceOf(row);
      if (this.removals.noteMissing(row, motion, from)) this.remove(row, from);
      return;
    }
    this.removals.noteThere(row, motion, this.sourceOf(row));
    if (this.rows.attempts[row]! > 0 && !hasChanged(this.rows, row)) {
      this.motions.end(row);
      return;
    }
    if (!this.isDoubted(row, motion)) this.load(row, true);
  }

  /** Whether the zone's files look half-written and may be so still; then they are looked at again in time. */
  private isDoubted(row: RowId, motion: Motion): boolean {
    const doubt = doubtOf(this.rows, row);
    const at = motion.changedAt + doubt;
    if (doubt === 0 || at <= performance.now()) return false;
    this.queue.lookAgain(row, at);
    return true;
  }

  /** A path that no zone is made of: perhaps a new zone file, or a directory with some. */
  private evaluateUnknown(path: string): void {
    for (const from of this.sources) {
      const shown = pathInSource(from.source, path);
      if (shown === null) continue;
      if (isDirectoryAt(path)) void this.scan();
      else if (from.source.isDirectory && !isZoneFileName(basename(path))) continue;
      const row = this.discover(from, shown, false);
      if (row === null) continue;
      this.motions.of(row).changedAt = performance.now();
      this.evaluate(row);
    }
  }

  /** Starts to follow a zone file; `null` if it is followed already, or not there. */
  private discover(from: TrackedSource, path: string, isThere: boolean): RowId | null {
    if (this.zones.has(path)) return null;
    if (!isThere && !stampAt(path)) {
      // Perhaps a link that leads nowhere yet
      this.cover([resolve(path)]);
      return null;
    }
    const { row } = this.zones.add(path, zoneOfFileName(basename(path)), !this.started);
    this.rows.source[row] = from.index;
    from.zoneCount++;
    return row;
  }

  private sourceOf(row: RowId): TrackedSource {
    return this.sources[this.rows.source[row]!]!;
  }

  private remove(row: RowId, from: TrackedSource): void {
    const zone = this.zones.at(row);
    const text = `${zoneText(zone)}: removed, ${zone.path} is gone`;
    this.log.info('zone.removed', zoneFields(zone), text);
    this.includers.remove(row);
    this.motions.end(row);
    this.queue.forget(row);
    from.missing.delete(row);
    from.zoneCount--;
    const heir = this.zones.remove(zone);
    if (heir === null) return;
    const motion = this.motions.of(heir.row);
    if (motion.loading) motion.again = true;
    else this.load(heir.row, true);
  }

  // --- loading

  /** @param urgent unless it is one of the many loads of the start */
  private load(row: RowId, urgent: boolean): void {
    const motion = this.motions.of(row);
    const path = this.rows.path[row]!;
    const { rules } = this.sourceOf(row);
    const large = urgent && (stampAt(path)?.size ?? 0) > LARGE_FILE_OCTETS;
    motion.loading = true;
    const settle = (reply: LoadReply) => {
      this.settle(row, motion, reply, urgent);
      if (!urgent) this.first.end();
    };
    this.loader.load({ path, rules, urgent, large, settle });
  }

  private settle(row: RowId, motion: Motion, reply: LoadReply, urgent: boolean): void {
    motion.loading = false;
    if (this.stopped || this.motions.get(row) !== motion) return;
    // At the start a look at each file would cost more than the rescan that follows it.
    const isStale = urgent ? hasMoved(reply) : hasMetChange(reply);
    if (isStale && motion.retries < LOAD_RETRIES_MAX) {
      // Read too early: what was read is not worth a word.
      motion.retries++;
      this.touchZone(row);
      return;
    }
    // What was read may be younger than what was looked at before the load: it is believed on the same terms.
    if (urgent && this.isDoubted(row, motion)) return;
    this.motions.end(row);
    this.apply(row, reply, urgent);
    if (motion.again) this.touchZone(row);
  }

  private apply(row: RowId, reply: LoadReply, urgent: boolean): void {
    const zone = this.zones.at(row);
    this.includers.remove(row);
    const isMissing = (other: Zone) => (this.motions.get(other.row)?.missingSince ?? null) !== null;
    const outcome = this.zones.apply(zone, reply.result, isMissing);
    this.includers.add(row);
    const included = this.rows.includedOf(row).map((file) => file.path);
    if (urgent) this.cover([resolve(zone.path), ...included]);
    else if (included.length > 0) this.cover(included);
    const quietly = this.logged++ >= START_LOADS_LOGGED_MAX && !this.started;
    logOutcome(this.log, zone, outcome, reply.durationMs, quietly);
  }

  /** Hears of changes of these files from now on. */
  private cover(files: readonly string[]): void {
    // The plan of a scan under way replaces the present one, and is armed, when the scan ends.
    const plan = this.nextPlan ?? this.plan;
    const watched = plan.directories.size;
    for (const file of files) plan.coverFile(file);
    if (plan.directories.size === watched || this.nextPlan !== null) return;
    void this.watcher.add(plan.directories).then((fresh) => {
      if (fresh.length > 0) this.rescan();
    });
  }

  // --- scans

  private async scan(): Promise<void> {
    // The start ends with a scan.
    if (!this.started) return;
    if (this.scanning !== null) {
      this.queue.requestScan();
      return;
    }
    this.scanning = this.scanOnce((row) => this.touchZone(row));
    await this.scanning;
    this.scanning = null;
  }

  /** Looks at every file once, and makes sure that all their directories are watched. */
  private async scanOnce(found: (row: RowId) => void): Promise<void> {
    const plan = new WatchPlan();
    this.nextPlan = plan;
    for (const from of this.sources) await this.scanSource(from, plan, found);
    const slices = new Slices();
    const { rows } = this;
    // Not at the start: then all that there is has just been found, or is being loaded.
    for (let row = 0; this.started && row < rows.end; row++) {
      if (slices.isOver()) await slices.pause();
      if (rows.has(row)) this.scanZone(row, plan);
    }
    this.plan = plan;
    this.nextPlan = null;
    if (this.stopped) return;
    const fresh = await this.watcher.replace(plan.directories);
    // What happened in a directory before it was watched has raised no event.
    if (fresh.length > 0) this.rescan();
  }

  private scanZone(row: RowId, plan: WatchPlan): void {
    const { rows } = this;
    for (const file of rows.includedOf(row)) plan.coverFile(file.path);
    const motion = this.motions.get(row);
    if (motion?.loading || rows.attempts[row] === 0) return;
    // What returns looks unchanged; what goes does not.
    if ((motion?.missingSince ?? null) !== null || hasChanged(rows, row)) {
      plan.coverFile(resolve(rows.path[row]!));
      this.touchZone(row);
    } else if (motion !== undefined) {
      this.motions.end(row);
    }
  }

  private async scanSource(
    from: TrackedSource,
    plan: WatchPlan,
    found: (row: RowId) => void,
  ): Promise<void> {
    const { source } = from;
    const listing = await listZoneFiles(source, (path) => !this.zones.has(path));
    if (listing.fault !== null && listing.fault !== from.fault) {
      this.log.error('source.unreadable', { source: source.path }, listing.fault);
    }
    from.fault = listing.fault;
    if (source.isDirectory) plan.coverRoot(source.root);
    for (const directory of listing.directories) plan.coverDirectory(directory);
    const links = new Set(listing.links);
    for (const link of links) plan.coverFile(resolve(link));
    const slices = new Slices();
    for (const path of listing.files) {
      if (slices.isOver()) await slices.pause();
      if (this.stopped) return;
      // A file that was listed is there; a link may lead nowhere.
      const row = this.discover(from, path, !links.has(path));
      if (row !== null) found(row);
    }
  }
}
