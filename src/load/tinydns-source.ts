/**
 * A tinydns file whose zones are served, `data` or data.cdb: loaded when it has changed and is quiet, and when the time
 * comes that one of its zones changes by itself. Zones that are new are added, changed ones replaced, those that are
 * gone removed, unless more than half are: that is taken for an accident. A file that cannot be read changes nothing.
 * Must not know: the file's format, how zones are served.
 */
import { resolve } from 'node:path';
import {
  LOAD_RETRIES_MAX,
  LOGGED_PROBLEMS_MAX,
  QUIET_MS,
  REMOVAL_GRACE_MS,
  START_LOADS_LOGGED_MAX,
  TINYDNS_CLOCK_MS,
} from '../base/limits.js';
import type { Log } from '../base/log.js';
import { type Problem, problemLine } from '../base/problem.js';
import { type FileStamp, sameStamp } from '../base/source.js';
import { doubtMs } from './file-print.js';
import type { DataRules } from './tinydns-file.js';
import type { DataReport } from './tinydns-load.js';
import { DataReader, type ReadDataZone } from './tinydns-reader.js';
import { stampAt } from './tracked-zone.js';
import type { Followed } from './watch.js';
import type { WatchPlan } from './watch-plan.js';
import { apexKey, SERVING, type Zone } from './zone.js';
import { counted, logOutcome } from './zone-log.js';
import { NO_LOCATIONS, type RowId } from './zone-rows.js';
import type { ZoneSet } from './zone-set.js';

export type DataSourceOptions = {
  /** As the user wrote it. */
  readonly path: string;
  readonly rules: DataRules;
  /** Lets zones go even if more than half of them do. */
  readonly allowMassRemoval: boolean;
};

/** What the source needs of those who follow the files. */
export type DataSourceEvents = {
  added(row: RowId): void;
  /** The zone is still in the set. */
  removed(row: RowId): void;
  /** Whether another zone's file is gone: it gives way. */
  isGone(zone: Zone): boolean;
  /** The file is gone. @returns whether its zones were let go, and `end` was called */
  mayEnd(): boolean;
};

export class DataSource implements Followed {
  readonly path: string;
  /** Whether the first load has ended. */
  started = false;
  private readonly absolute: string;
  private readonly options: DataSourceOptions;
  private readonly zones: ZoneSet;
  private readonly events: DataSourceEvents;
  private readonly log: Log;
  private readonly reader = new DataReader();
  /** By apex key. */
  private readonly rows = new Map<string, RowId>();
  /** By apex key, the Unix second from which a zone needs another load. */
  private readonly dueAt = new Map<string, number>();
  private locations = NO_LOCATIONS;
  private locationsPrint = '';
  /** Of the last load. */
  private stamp: FileStamp | null = null;
  private print = '';
  /** What was last seen of the file, and when it was seen so for the first time (`performance.now`). */
  private seen: FileStamp | null = null;
  private seenAt = 0;
  private retries = 0;
  private loading: Promise<void> = Promise.resolve();
  private loadsWaiting = 0;
  private lookTimer: NodeJS.Timeout | null = null;
  private dueTimer: NodeJS.Timeout | null = null;
  private stopped = false;
  /** Problems that were logged last: a load that finds the same is not news. */
  private logged = '';

  constructor(options: DataSourceOptions, zones: ZoneSet, events: DataSourceEvents, log: Log) {
    this.options = options;
    this.path = options.path;
    this.absolute = resolve(options.path);
    this.zones = zones;
    this.events = events;
    this.log = log;
  }

  get zoneCount(): number {
    return this.rows.size;
  }

  /** Loads the file now, changed or not; resolves when that is done. */
  load(): Promise<void> {
    // one that waits will read what is there when it begins
    if (this.loadsWaiting > 0) return this.loading;
    this.loadsWaiting++;
    this.loading = this.loading.then(() => {
      this.loadsWaiting--;
      return this.stopped ? undefined : this.loadNow();
    });
    return this.loading;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.lookTimer !== null) clearTimeout(this.lookTimer);
    if (this.dueTimer !== null) clearTimeout(this.dueTimer);
    await this.reader.stop();
  }

  /** Lets all zones go; the file is nobody's concern any more. */
  async end(): Promise<void> {
    for (const row of [...this.rows.values()]) this.events.removed(row);
    this.rows.clear();
    this.zones.locations.release(this.locations);
    this.locations = NO_LOCATIONS;
    await this.stop();
  }

  // --- for those who watch

  cover(plan: WatchPlan): void {
    plan.coverFile(this.absolute);
  }

  concerns(path: string): boolean {
    return path === this.absolute;
  }

  /** A change is believed when the file does not look half-written, or has looked so for long enough. */
  look(): void {
    if (this.stopped || !this.started) return;
    const now = stampAt(this.path) ?? null;
    if (isSame(now, this.stamp)) return;
    const time = performance.now();
    if (!isSame(now, this.seen)) {
      this.seen = now;
      this.seenAt = time;
    }
    // a file that is gone is often back at once
    const doubt = now === null ? REMOVAL_GRACE_MS : doubtMs(this.path, now, this.print);
    if (this.seenAt + doubt > time) this.lookIn(this.seenAt + doubt - time);
    else if (now !== null || !this.events.mayEnd()) void this.load();
  }

  private lookIn(ms: number): void {
    if (this.lookTimer !== null) clearTimeout(this.lookTimer);
    this.lookTimer = setTimeout(() => {
      this.lookTimer = null;
      this.look();
    }, Math.ceil(ms));
  }

  // --- loading

  private async loadNow(): Promise<void> {
    const start = performance.now();
    const counts = { changed: 0, rejected: 0, logged: 0 };
    const report = await this.reader.load(this.request(), {
      locations: (table) => {
        this.zones.locations.release(this.locations);
        this.locations = this.zones.locations.hold(table);
      },
      zone: (zone) => this.take(zone, counts),
    });
    if (this.stopped) return;
    this.finish(report);
    const ms = Math.round(performance.now() - start);
    this.logProblems(report);
    if (report.isRead) {
      const { changed, rejected } = counts;
      const fields = { file: this.path, zones: report.zoneCount, changed, rejected, ms };
      const text = `${counted(report.zoneCount, 'zone')}, ${changed} new or changed, ${rejected} rejected, ${ms} ms`;
      this.log.info('data.loaded', fields, `${this.path}: ${text}`);
    }
    this.started = true;
    this.lookAgain(report);
  }

  private request(): Parameters<DataReader['load']>[0] {
    const { rows } = this.zones;
    const known = new Map<string, string>();
    for (const [key, row] of this.rows) {
      known.set(key, rows.state[row] === SERVING ? rows.print[row]! : '');
    }
    return {
      path: this.path,
      rules: this.options.rules,
      known,
      locationsPrint: this.locationsPrint,
      nowSeconds: Math.floor(Date.now() / 1000),
    };
  }

  private take(
    read: ReadDataZone,
    counts: { changed: number; rejected: number; logged: number },
  ): void {
    const { zones } = this;
    const { result } = read;
    const key = apexKey(result.apex);
    const row = this.rows.get(key) ?? this.add(key, result.apex);
    const zone = zones.at(row);
    const locations = read.isLocated ? this.locations : NO_LOCATIONS;
    const outcome = zones.apply(zone, result, (other) => this.events.isGone(other), locations);
    if (outcome.kind === 'published') counts.changed++;
    else if (outcome.kind === 'rejected') counts.rejected++;
    if (read.dueAt === null) this.dueAt.delete(key);
    else this.dueAt.set(key, read.dueAt);
    const quietly = counts.logged++ >= START_LOADS_LOGGED_MAX;
    logOutcome(this.log, zone, outcome, read.durationMs, quietly);
  }

  private add(key: string, apex: Uint8Array): RowId {
    const { row } = this.zones.addFromData(this.path, apex);
    this.rows.set(key, row);
    this.events.added(row);
    return row;
  }

  private finish(report: DataReport): void {
    this.stamp = report.file.stamp;
    if (!report.isRead) return;
    this.print = report.file.print;
    this.locationsPrint = report.locationsPrint;
    if (report.locationsPrint === '') {
      this.zones.locations.release(this.locations);
      this.locations = NO_LOCATIONS;
    }
    this.removeGone(report.gone);
    this.planDue();
  }

  private removeGone(gone: readonly string[]): void {
    const { size } = this.rows;
    if (gone.length * 2 > size && !this.options.allowMassRemoval) {
      this.log.error(
        'data.removal_refused',
        { file: this.path, missing: gone.length, zones: size },
        `${this.path}: ${gone.length} of ${counted(size, 'zone')} gone at once: all stay served ` +
          '(allow-mass-removal lets them go)',
      );
      return;
    }
    for (const key of gone) {
      const row = this.rows.get(key);
      this.rows.delete(key);
      this.dueAt.delete(key);
      if (row !== undefined) this.events.removed(row);
    }
  }

  /** The clock may be set meanwhile, so it is looked at now and then. */
  private planDue(): void {
    if (this.dueTimer !== null) clearTimeout(this.dueTimer);
    this.dueTimer = null;
    let due = Number.POSITIVE_INFINITY;
    for (const at of this.dueAt.values()) due = Math.min(due, at);
    if (due === Number.POSITIVE_INFINITY || this.stopped) return;
    const ms = due * 1000 - Date.now();
    this.dueTimer = setTimeout(
      () => (ms <= TINYDNS_CLOCK_MS ? void this.load() : this.planDue()),
      Math.min(Math.max(ms, 0), TINYDNS_CLOCK_MS),
    );
  }

  /** The file may have moved on while it was read. */
  private lookAgain({ problems, file }: DataReport): void {
    const hasMetChange = problems.some(({ code }) => code === 'FILE_CHANGED');
    const hasMoved = hasMetChange || !isSame(file.stamp, stampAt(this.path) ?? null);
    if (!hasMoved || this.retries === LOAD_RETRIES_MAX) {
      this.retries = 0;
      return;
    }
    this.retries++;
    this.lookIn(QUIET_MS);
  }

  private logProblems({ problems, errorCount, warningCount }: DataReport): void {
    const text = problems.map(problemLine).join('\n');
    if (text === this.logged) return;
    this.logged = text;
    const shown = [...problems].sort((a, b) => rank(a) - rank(b)).slice(0, LOGGED_PROBLEMS_MAX);
    for (const problem of shown) {
      const { severity, file, line, column, code } = problem;
      const level = severity === 'error' ? 'error' : 'warn';
      this.log[level]('data.problem', { file, line, column, code }, problemLine(problem));
    }
    const more = errorCount + warningCount - shown.length;
    if (more > 0) {
      const hint = `${this.path}: ${more} more, see hotzone check ${this.path}`;
      this.log.warn('data.problems', { file: this.path, more }, hint);
    }
  }
}

function rank({ severity }: Problem): number {
  return severity === 'error' ? 0 : 1;
}

function isSame(a: FileStamp | null, b: FileStamp | null): boolean {
  return a === null || b === null ? a === b : sameStamp(a, b);
}
