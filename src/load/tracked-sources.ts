/**
 * Where zones come from: directories and files that are listed, configurations, files of many zones.
 * Must not know: what becomes of the zones.
 */
import type { LoadRules } from './load-message.js';
import { pathInSource, type ZoneSource } from './rescan.js';
import { type TrackedSource, trackedSource, type ZoneMaker } from './tracked-zone.js';
import type { RowId, ZoneRows } from './zone-rows.js';

export class TrackedSources {
  private readonly sources: TrackedSource[] = [];
  private readonly rows: ZoneRows;
  private readonly rules: Omit<LoadRules, 'root' | 'includeBase'>;

  /** @param rules how zones of every source are loaded */
  constructor(rows: ZoneRows, rules: Omit<LoadRules, 'root' | 'includeBase'>) {
    this.rows = rows;
    this.rules = rules;
  }

  /** A directory, or a file, whose zones are the files that are found in it. */
  addListed(source: ZoneSource): TrackedSource {
    return this.add(source, true, null);
  }

  /** A file that names zones, or holds them. */
  addFile(path: string, data: ZoneMaker | null): TrackedSource {
    // who may write it may name any file, so $INCLUDE is not confined
    return this.add({ path, isDirectory: false, root: '/' }, false, data);
  }

  /** Where a zone comes from. */
  of(row: RowId): TrackedSource {
    return this.sources[this.rows.source[row]!]!;
  }

  /** Notes where a zone comes from. */
  adopt(row: RowId, from: TrackedSource): void {
    this.rows.source[row] = from.index;
    from.zoneCount++;
  }

  listed(): readonly TrackedSource[] {
    return this.sources.filter(({ isListed }) => isListed);
  }

  /** The listed sources that a path lies in, with the path as their users would write it. @param path absolute */
  around(path: string): { from: TrackedSource; shown: string }[] {
    return this.listed().flatMap((from) => {
      const shown = pathInSource(from.source, path);
      return shown === null ? [] : [{ from, shown }];
    });
  }

  private add(source: ZoneSource, isListed: boolean, data: ZoneMaker | null): TrackedSource {
    const rules = { ...this.rules, root: source.root, includeBase: null };
    const tracked = trackedSource(this.sources.length, source, isListed, rules, data);
    this.sources.push(tracked);
    return tracked;
  }
}
