/**
 * Keeps what is served in step with what is on disk. Events and timers only say where to look; what counts is whether
 * the stamps of a zone's files differ from those that its last load read. Then the zone is loaded anew, unless a file
 * looks half-written or has just gone; those get a second. When most files of a source go at once, it is not believed.
 * Must not know: what a zone file says, how zones are served.
 */
import { basename, join, resolve } from 'node:path';
import { LOAD_RETRIES_MAX, REMOVAL_GRACE_MS, START_LOADS_LOGGED_MAX } from '../base/limits.js';
import type { Log } from '../base/log.js';
import type { ZoneLoader } from './loader.js';
import { type Batch, QuietQueue } from './quiet-queue.js';
import { listZoneFiles, pathInSource, Slices, type ZoneSource } from './rescan.js';
import {
  believableAt,
  hasChanged,
  hasMoved,
  isDirectoryAt,
  noteLoad,
  stampAt,
  type TrackedSource,
  type TrackedZone,
  trackZone,
} from './tracked-zone.js';
import { WatchPlan } from './watch-plan.js';
import { DirectoryWatcher } from './watcher.js';
import { isPassingName, isZoneFileName, zoneOfFileName } from './zone-files.js';
import { counted, logOutcome } from './zone-log.js';
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
  private readonly loader: ZoneLoader;
  private readonly log: Log;
  private readonly options: ReloaderOptions;
  private readonly sources: TrackedSource[];
  private readonly tracked = new Map<Zone, TrackedZone>();
  /** Zones by the absolute path of each file that they are made of. */
  private readonly users = new Map<string, Set<TrackedZone>>();
  private readonly queue: QuietQueue<TrackedZone>;
  private readonly watcher: DirectoryWatcher;
  private plan = new WatchPlan();
  /** The plan that a scan under way is making. */
  private nextPlan: WatchPlan | null = null;
  private scanning: Promise<void> | null = null;
  private rescanTimer: NodeJS.Timeout | null = null;
  private started = false;
  private firstLoads = 0;
  private stopped = false;

  constructor(
    sources: readonly ZoneSource[],
    zones: ZoneSet,
    loader: ZoneLoader,
    log: Log,
    options: ReloaderOptions,
  ) {
    this.zones = zones;
    this.loader = loader;
    this.log = log;
    this.options = options;
    this.sources = sources.map((source) => ({
      source,
      zoneCount: 0,
      missing: new Set(),
      refusing: false,
      fault: null,
    }));
    this.queue = new QuietQueue((batch) => this.takeBatch(batch));
    this.watcher = new DirectoryWatcher((directory, name) => this.wake(directory, name), log);
  }

  /** Starts watching and loads everything; resolves when each zone has been tried. */
  async start(): Promise<void> {
    const loads: Promise<void>[] = [];
    this.scanning = this.scanOnce((tracked) => loads.push(this.load(tracked)));
    await this.scanning;
    this.scanning = null;
    if (this.options.rescanMs > 0) {
      this.rescanTimer = setInterval(() => this.rescan(), this.options.rescanMs);
    }
    await Promise.all(loads);
    this.started = true;
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
    let isKnown = this.users.has(path);
    for (const file of this.plan.readThrough(path)) {
      isKnown = true;
      this.touch(file);
    }
    if (isKnown || !isPassingName(basename(path))) this.touch(path);
  }

  private touch(path: string): void {
    const now = performance.now();
    for (const tracked of this.users.get(path) ?? []) tracked.changedAt = now;
    this.queue.touch(path);
  }

  private takeBatch(batch: Batch<TrackedZone>): void {
    const due = new Set(batch.again);
    const unknown: string[] = [];
    for (const path of batch.paths) {
      const users = this.users.get(path);
      if (users === undefined) unknown.push(path);
      else for (const tracked of users) due.add(tracked);
    }
    // Files that are gone come first: one that was renamed gives way to its new name.
    for (const tracked of due) this.evaluate(tracked);
    for (const path of unknown) this.evaluateUnknown(path);
    if (batch.scan) void this.scan();
  }

  // --- decisions

  private evaluate(tracked: TrackedZone): void {
    if (tracked.loading) {
      tracked.again = true;
      return;
    }
    // The zone's files are one batch.
    if (tracked.files.some((file) => this.queue.isMoving(file.path))) return;
    if (stampAt(tracked.file) === null) {
      this.noteMissing(tracked);
      return;
    }
    this.noteReturned(tracked);
    if (tracked.zone.attempts > 0 && !hasChanged(tracked)) return;
    const at = believableAt(tracked);
    if (at > performance.now()) this.queue.lookAgain(tracked, at);
    else void this.load(tracked);
  }

  /** A path that no zone is made of: perhaps a new zone file, or a directory with some. */
  private evaluateUnknown(path: string): void {
    for (const from of this.sources) {
      const shown = pathInSource(from.source, path);
      if (shown === null) continue;
      if (isDirectoryAt(path)) void this.scan();
      else if (from.source.isDirectory && !isZoneFileName(basename(path))) continue;
      const tracked = this.discover(from, shown);
      if (tracked !== null) this.evaluate(tracked);
    }
  }

  /** Starts to follow a zone file; `null` if it is followed already, or not there. */
  private discover(from: TrackedSource, path: string): TrackedZone | null {
    if (this.zones.get(path) !== undefined) return null;
    const file = resolve(path);
    if (!stampAt(file)) {
      // Perhaps a link that leads nowhere yet
      this.cover([file]);
      return null;
    }
    const tracked = trackZone(
      this.zones.add(path, zoneOfFileName(basename(path)), !this.started),
      from,
    );
    tracked.changedAt = performance.now();
    this.tracked.set(tracked.zone, tracked);
    this.use(tracked);
    from.zoneCount++;
    return tracked;
  }

  private noteMissing(tracked: TrackedZone): void {
    const now = performance.now();
    tracked.missingSince ??= now;
    tracked.from.missing.add(tracked);
    const at = tracked.missingSince + REMOVAL_GRACE_MS;
    if (now < at) this.queue.lookAgain(tracked, at);
    else if (this.mayRemove(tracked.from)) this.remove(tracked);
  }

  /** Whether zones of a source whose files are gone may go too. */
  private mayRemove(from: TrackedSource): boolean {
    const { missing, zoneCount, source } = from;
    if (this.options.allowMassRemoval || missing.size * 2 <= zoneCount) return true;
    if (!from.refusing) {
      from.refusing = true;
      this.log.error(
        'source.removal_refused',
        { source: source.path, missing: missing.size, zones: zoneCount },
        `${source.path}: ${missing.size} of ${counted(zoneCount, 'zone')} gone at once: all stay served ` +
          '(--allow-mass-removal lets them go)',
      );
    }
    return false;
  }

  private noteReturned(tracked: TrackedZone): void {
    const { from } = tracked;
    if (tracked.missingSince === null) return;
    tracked.missingSince = null;
    from.missing.delete(tracked);
    if (!from.refusing) return;
    // Files are being put back: the others get their time again.
    const now = performance.now();
    for (const other of from.missing) {
      other.missingSince = now;
      this.queue.lookAgain(other, now + REMOVAL_GRACE_MS);
    }
    if (from.missing.size > 0) return;
    from.refusing = false;
    const { path } = from.source;
    this.log.info('source.restored', { source: path }, `${path}: all zone files are back`);
  }

  private remove(tracked: TrackedZone): void {
    const { zone, from } = tracked;
    const text = zoneText(zone);
    this.log.info('zone.removed', zoneFields(zone), `${text}: removed, ${zone.path} is gone`);
    this.disuse(tracked);
    this.tracked.delete(zone);
    this.queue.forget(tracked);
    from.missing.delete(tracked);
    from.zoneCount--;
    const heir = this.zones.remove(zone);
    const next = heir === null ? undefined : this.tracked.get(heir);
    if (next?.loading) next.again = true;
    else if (next !== undefined) void this.load(next);
  }

  // --- loading

  private async load(tracked: TrackedZone): Promise<void> {
    const { zone, from } = tracked;
    tracked.loading = true;
    const reply = await this.loader.load({
      path: zone.path,
      origin: zone.origin,
      originCertain: zone.originCertain,
      root: from.source.root,
      includeOutside: this.options.includeOutside,
      strict: this.options.strict,
    });
    tracked.loading = false;
    if (this.stopped || this.tracked.get(zone) !== tracked) return;
    if (hasMoved(reply) && tracked.retries < LOAD_RETRIES_MAX) {
      // Read too early: what was read is not worth a word.
      tracked.retries++;
      this.touch(tracked.file);
      return;
    }
    tracked.retries = 0;
    this.disuse(tracked);
    noteLoad(tracked, reply);
    this.use(tracked);
    this.cover(tracked.files.map((file) => file.path));
    const outcome = this.zones.apply(zone, reply.result, (other) => this.isMissing(other));
    const quietly = this.firstLoads++ >= START_LOADS_LOGGED_MAX && !this.started;
    logOutcome(this.log, zone, outcome, reply.durationMs, quietly);
    if (tracked.again) this.touch(tracked.file);
    tracked.again = false;
  }

  private isMissing(zone: Zone): boolean {
    return (this.tracked.get(zone)?.missingSince ?? null) !== null;
  }

  private use(tracked: TrackedZone): void {
    for (const { path } of tracked.files) {
      const users = this.users.get(path);
      if (users === undefined) this.users.set(path, new Set([tracked]));
      else users.add(tracked);
    }
  }

  private disuse(tracked: TrackedZone): void {
    for (const { path } of tracked.files) {
      const users = this.users.get(path);
      users?.delete(tracked);
      if (users?.size === 0) this.users.delete(path);
    }
  }

  /** Hears of changes of these files from now on. */
  private cover(files: readonly string[]): void {
    // The plan of a scan under way replaces the present one, and is armed, when the scan ends.
    const plan = this.nextPlan ?? this.plan;
    const watched = plan.directories.size;
    for (const file of files) plan.coverFile(file);
    if (plan.directories.size === watched || this.nextPlan !== null) return;
    void this.watcher.add(plan.directories).then((fresh) => this.rescanIf(fresh));
  }

  // --- scans

  private async scan(): Promise<void> {
    if (this.scanning !== null) {
      this.queue.requestScan();
      return;
    }
    this.scanning = this.scanOnce((tracked) => this.touch(tracked.file));
    await this.scanning;
    this.scanning = null;
  }

  /** Looks at every file once, and makes sure that all their directories are watched. */
  private async scanOnce(found: (tracked: TrackedZone) => void): Promise<void> {
    const plan = new WatchPlan();
    this.nextPlan = plan;
    for (const from of this.sources) await this.scanSource(from, plan, found);
    const slices = new Slices();
    for (const tracked of [...this.tracked.values()]) {
      await slices.pause();
      for (const file of tracked.files) plan.coverFile(file.path);
      const isNew = tracked.loading || tracked.zone.attempts === 0;
      // What returns looks unchanged; what goes does not.
      if (!isNew && (tracked.missingSince !== null || hasChanged(tracked)))
        this.touch(tracked.file);
    }
    this.plan = plan;
    this.nextPlan = null;
    if (this.stopped) return;
    this.rescanIf(await this.watcher.replace(plan.directories));
  }

  private async scanSource(
    from: TrackedSource,
    plan: WatchPlan,
    found: (tracked: TrackedZone) => void,
  ): Promise<void> {
    const { source } = from;
    const listing = await listZoneFiles(source);
    if (listing.fault !== null && listing.fault !== from.fault) {
      this.log.error('source.unreadable', { source: source.path }, listing.fault);
    }
    from.fault = listing.fault;
    if (source.isDirectory) plan.coverRoot(source.root);
    for (const directory of listing.directories) plan.coverDirectory(directory);
    const slices = new Slices();
    for (const path of listing.files) {
      await slices.pause();
      if (this.stopped) return;
      const tracked = this.discover(from, path);
      if (tracked !== null) found(tracked);
    }
  }

  /** What happened in a directory before it was watched has raised no event. */
  private rescanIf(fresh: readonly string[]): void {
    if (fresh.length > 0) this.rescan();
  }
}
