/**
 * Keeps what is served in step with what is on disk. Events and timers only say where to look; what counts is whether
 * the stamps of a zone's files differ from those that its last load read. Then the zone is loaded anew, unless a file
 * looks half-written or has just gone; those get a second. When most files of a source go at once, it is not believed.
 * Must not know: what a zone file says, how zones are served.
 */
import { basename, join, resolve } from 'node:path';
import type { Log } from '../base/log.js';
import { type Configuration, ConfiguredZones } from './configured-zones.js';
import { DataFiles } from './data-files.js';
import type { LoadRules } from './load-message.js';
import type { ZoneLoader } from './loader.js';
import { ManyLoads } from './many-loads.js';
import { type Batch, QuietQueue } from './quiet-queue.js';
import { Removals } from './removals.js';
import { isServedName, listZoneFiles, Slices, type ZoneSource } from './rescan.js';
import type { DataRules } from './tinydns-file.js';
import { TrackedSources } from './tracked-sources.js';
import {
  doubtOf,
  hasChanged,
  Includers,
  isDirectoryAt,
  type Motion,
  Motions,
  stampAt,
  type TrackedSource,
  type ZoneMaker,
} from './tracked-zone.js';
import { type Followed, Watch } from './watch.js';
import type { WatchPlan } from './watch-plan.js';
import { type Zone, zoneFields, zoneText } from './zone.js';
import { isDataFileName, isPassingName, zoneOfFileName } from './zone-files.js';
import { ZoneLoads } from './zone-loads.js';
import type { RowId, ZoneRows } from './zone-rows.js';
import type { ZoneSet } from './zone-set.js';

export type ReloaderOptions = Omit<LoadRules, 'root' | 'includeBase'> & {
  /** How tinydns files in zone directories are meant. */
  readonly data: DataRules;
  /** Obey when most files of a source are gone at once. */
  readonly allowMassRemoval: boolean;
  /** Time between full scans; 0 for none. */
  readonly rescanMs: number;
};

export class Reloader {
  private readonly zones: ZoneSet;
  private readonly rows: ZoneRows;
  private readonly loader: ZoneLoader;
  readonly loads: ZoneLoads;
  private readonly log: Log;
  private readonly options: ReloaderOptions;
  readonly sources: TrackedSources;
  private readonly data: DataFiles;
  readonly motions: Motions = new Motions();
  readonly includers: Includers;
  private readonly queue: QuietQueue<RowId>;
  private readonly removals: Removals;
  private readonly watch: Watch;
  private scanning: Promise<void> | null = null;
  private rescanTimer: NodeJS.Timeout | null = null;
  private readonly first: ManyLoads;
  /** Zones that a configuration has added since the start, and that are not being loaded yet. */
  private added: RowId[] = [];
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
    const { allowMassRemoval, rescanMs: _, data, ...rules } = options;
    this.sources = new TrackedSources(this.rows, rules);
    for (const source of sources) this.sources.addListed(source);
    this.first = new ManyLoads(loader);
    this.includers = new Includers(this.rows);
    this.queue = new QuietQueue((batch) => this.takeBatch(batch));
    this.removals = new Removals(this.queue, this.motions, log, allowMassRemoval);
    const isGone = ({ row }: Zone) => (this.motions.get(row)?.missingSince ?? null) !== null;
    this.loads = new ZoneLoads(zones, loader, log, this, {
      rulesOf: (row) => this.sources.of(row).rules,
      isGone,
      moved: (row) => this.touchZone(row),
      isDoubted: (row, motion) => this.isDoubted(row, motion),
      madeOf: (files) => this.watch.cover(files.map((file) => resolve(file))),
    });
    const wake = (directory: string, name: string | null) => this.wake(directory, name);
    this.watch = new Watch(wake, () => this.rescan(), log);
    const parts = { zones, sources: this.sources, watch: this.watch, log };
    const removed = (row: RowId, from: TrackedSource) => this.remove(row, from);
    this.data = new DataFiles(parts, { data, allowMassRemoval }, { removed, isGone });
  }

  /**
   * Adds a configuration. Zones that it tells before `start` are loaded then, others by `loadAdded`.
   * @param maker of its zones, if they have no files
   */
  addConfiguration(path: string, maker: ZoneMaker | null = null): Configuration {
    const from = this.sources.addFile(path, maker);
    const zones = new ConfiguredZones(this.zones, {
      added: (row) => {
        this.sources.adopt(row, from);
        if (maker !== null) return;
        if (this.loads.started) this.added.push(row);
        else this.first.add(row);
      },
      moved: (row) => this.loads.order(row),
      removed: (row) => this.remove(row, from),
    });
    return {
      zones,
      includeFrom: (folder) => {
        from.rules = { ...from.rules, includeBase: folder };
      },
    };
  }

  /** Serves the zones of a tinydns file. */
  serveData(path: string, rules: DataRules): void {
    this.data.serve(path, rules);
  }

  /** Looks after files beside the zones' too. */
  follow(followed: Followed): void {
    this.watch.follow(followed);
    this.rescan();
  }

  /** Starts watching and loads everything; resolves when each zone has been tried. */
  async start(): Promise<void> {
    this.scanning = this.scanOnce((row) => this.first.add(row));
    await this.first.run(this.scanning, (row, ended) => {
      const isNew = this.motions.get(row) === undefined && this.rows.attempts[row] === 0;
      if (isNew && !this.stopped) this.loads.load(row, { urgent: false, ended });
      return isNew && !this.stopped;
    });
    this.scanning = null;
    await this.data.tried();
    if (this.stopped) return;
    if (this.options.rescanMs > 0) {
      this.rescanTimer = setInterval(() => this.rescan(), this.options.rescanMs);
    }
    this.loads.started = true;
    // For what has changed while the zones were loading.
    this.rescan();
  }

  /** Loads a zone now, changed or not; resolves when it has been tried. */
  loadNow(row: RowId): Promise<void> {
    return this.sources.of(row).data?.load() ?? this.loads.now(row);
  }

  /** Loads zones that a configuration has added; resolves when all have been tried. */
  loadAdded(): Promise<void> {
    const rows = this.added;
    this.added = [];
    return this.loadMany(rows);
  }

  /** Loads every zone anew, changed or not; resolves when all have been tried. */
  async loadAll(): Promise<void> {
    const rows = [...this.zones.all()].map(({ row }) => row);
    const files = rows.filter((row) => this.sources.of(row).data === null);
    await Promise.all([this.loadMany(files), this.data.loadAll()]);
  }

  private async loadMany(rows: readonly RowId[]): Promise<void> {
    await this.loads.many(rows);
    if (rows.length > 0) this.rescan();
  }

  /** Compares everything with what is on disk, soon. */
  rescan(): void {
    if (!this.stopped) this.queue.requestScan();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.loads.stopped = true;
    this.queue.stop();
    if (this.rescanTimer !== null) clearInterval(this.rescanTimer);
    await Promise.all([this.watch.stop(), this.loader.stop(), this.data.stop()]);
  }

  // --- wake-ups

  private wake(directory: string, name: string | null): void {
    if (this.stopped) return;
    const path = name === null ? directory : join(directory, name);
    if (this.watch.isPivot(path)) {
      this.queue.requestScan();
      return;
    }
    let isKnown = this.usersOf(path).length > 0 || this.watch.isFollowed(path);
    for (const file of this.watch.readThrough(path)) {
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
    for (const { shown } of this.sources.around(path)) {
      const zone = this.zones.get(shown);
      if (zone !== undefined) users.push(zone.row);
    }
    users.push(...this.zones.configuredAt(path));
    return users;
  }

  private takeBatch(batch: Batch<RowId>): void {
    const due = new Set(batch.again);
    const unknown: string[] = [];
    for (const path of batch.paths) {
      const users = this.usersOf(path);
      if (!this.watch.lookAt(path) && users.length === 0) unknown.push(path);
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
    // A zone that a configuration names stays when its file goes: that is a load that fails.
    if (this.rows.name[row] === null && stampAt(path) === null) {
      const from = this.sources.of(row);
      if (this.removals.noteMissing(row, motion, from)) this.remove(row, from);
      return;
    }
    if (this.rows.name[row] === null) this.removals.noteThere(row, motion, this.sources.of(row));
    if (this.rows.attempts[row]! > 0 && !hasChanged(this.rows, row)) {
      this.motions.end(row);
      return;
    }
    if (!this.isDoubted(row, motion)) this.loads.load(row, { urgent: true });
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
    for (const { from, shown } of this.sources.around(path)) {
      if (isDirectoryAt(path)) void this.scan();
      else if (from.source.isDirectory && !isServedName(path)) continue;
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
      this.watch.cover([resolve(path)]);
      return null;
    }
    if (isDataFileName(basename(path))) {
      this.data.find(path);
      return null;
    }
    const { row } = this.zones.add(path, zoneOfFileName(basename(path)), !this.loads.started);
    this.sources.adopt(row, from);
    return row;
  }

  private remove(row: RowId, from: TrackedSource): void {
    const zone = this.zones.at(row);
    const text = `${zoneText(zone)}: removed, ${zone.path} is gone`;
    this.log.info('zone.removed', zoneFields(zone), text);
    this.includers.remove(row);
    this.motions.end(row);
    this.queue.forget(row);
    this.loads.forget(row);
    from.missing.delete(row);
    from.zoneCount--;
    const heir = this.zones.remove(zone);
    if (heir === null) return;
    const { data } = this.sources.of(heir.row);
    if (data !== null) void data.load();
    else if (this.motions.of(heir.row).loading) this.motions.of(heir.row).again = true;
    else this.loads.load(heir.row, { urgent: true });
  }

  // --- scans

  private async scan(): Promise<void> {
    // The start ends with a scan.
    if (!this.loads.started) return;
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
    const plan = this.watch.begin();
    for (const from of this.sources.listed()) await this.scanSource(from, plan, found);
    const slices = new Slices();
    const { rows } = this;
    for (let row = 0; row < rows.end; row++) {
      if (slices.isOver()) await slices.pause();
      if (!rows.has(row) || this.sources.of(row).data !== null) continue;
      if (rows.name[row] !== null) plan.coverFile(rows.path[row]!);
      // Not at the start: then all that there is has just been found, or is being loaded.
      if (this.loads.started) this.scanZone(row, plan);
    }
    if (this.stopped) return;
    await this.watch.use(plan);
    this.watch.lookAt(null);
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
