/**
 * The tinydns files that are served: those that the operator names, and those found in zone directories, which come and
 * go with the file. Must not know: what is in them.
 */
import { resolve } from 'node:path';
import type { Log } from '../base/log.js';
import type { DataRules } from './tinydns-file.js';
import { DataSource } from './tinydns-source.js';
import type { TrackedSources } from './tracked-sources.js';
import type { TrackedSource } from './tracked-zone.js';
import type { Watch } from './watch.js';
import type { Zone } from './zone.js';
import { counted } from './zone-log.js';
import type { RowId } from './zone-rows.js';
import type { ZoneSet } from './zone-set.js';

export type DataFileEvents = {
  removed(row: RowId, from: TrackedSource): void;
  /** Whether a zone's own file is gone. */
  isGone(zone: Zone): boolean;
};

export class DataFiles {
  private readonly zones: ZoneSet;
  private readonly sources: TrackedSources;
  private readonly watch: Watch;
  private readonly log: Log;
  private readonly allowMassRemoval: boolean;
  private readonly events: DataFileEvents;
  /** By absolute path. */
  private readonly files = new Map<string, DataSource>();
  /** Rules of files that are found in zone directories. */
  private readonly foundRules: DataRules;
  private readonly loads: Promise<void>[] = [];

  constructor(
    parts: { zones: ZoneSet; sources: TrackedSources; watch: Watch; log: Log },
    rules: { readonly data: DataRules; readonly allowMassRemoval: boolean },
    events: DataFileEvents,
  ) {
    this.zones = parts.zones;
    this.sources = parts.sources;
    this.watch = parts.watch;
    this.log = parts.log;
    this.foundRules = rules.data;
    this.allowMassRemoval = rules.allowMassRemoval;
    this.events = events;
  }

  /** Serves a file that was found in a zone directory; one that is known stays as it is. */
  find(path: string): void {
    if (!this.files.has(resolve(path))) this.add(path, this.foundRules, true);
  }

  /** Serves a file that the operator names, from now on whether it is there or not. */
  serve(path: string, rules: DataRules): DataSource {
    return this.files.get(resolve(path)) ?? this.add(path, rules, false);
  }

  /** Resolves when every file that is known has been tried. */
  async tried(): Promise<void> {
    await Promise.all(this.loads.splice(0));
  }

  /** Loads all files anew, changed or not. */
  async loadAll(): Promise<void> {
    await Promise.all([...this.files.values()].map((file) => file.load()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.files.values()].map((file) => file.stop()));
  }

  private add(path: string, rules: DataRules, isFound: boolean): DataSource {
    const { zones, sources, events, log, allowMassRemoval } = this;
    const file: DataSource = new DataSource(
      { path, rules, allowMassRemoval },
      zones,
      {
        added: (row) => sources.adopt(row, from),
        removed: (row) => events.removed(row, from),
        isGone: (zone) => events.isGone(zone),
        mayEnd: () => isFound && this.end(file),
      },
      log,
    );
    const from = sources.addFile(path, file);
    this.files.set(resolve(path), file);
    this.watch.follow(file);
    this.loads.push(file.load());
    return file;
  }

  /** The file is gone. @returns whether its zones are, too */
  private end(file: DataSource): boolean {
    const { zoneCount, path } = file;
    const all = this.zones.size;
    if (zoneCount * 2 > all && !this.allowMassRemoval) {
      const text =
        `${path} is gone with ${zoneCount} of ${counted(all, 'zone')}: all stay served ` +
        '(allow-mass-removal lets them go)';
      this.log.error('data.removal_refused', { file: path, missing: zoneCount, zones: all }, text);
      return false;
    }
    this.log.info(
      'data.removed',
      { file: path },
      `${path} is gone, and its ${counted(zoneCount, 'zone')}`,
    );
    this.files.delete(resolve(path));
    this.watch.unfollow(file);
    void file.end();
    return true;
  }
}
