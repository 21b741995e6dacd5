/**
 * The zones that one configuration names, and the difference that a new version of it makes: zones to add, zones to let
 * go, zones whose file is another one now. When more than half are to go at once, that is taken for an accident and
 * nothing is changed. Must not know: the configuration's syntax, how zones are loaded.
 */
import type { ConfiguredZone } from './configured-zone.js';
import { Slices } from './rescan.js';
import { apexKey } from './zone.js';
import type { RowId } from './zone-rows.js';
import type { ZoneSet } from './zone-set.js';

/** What a new version of the configuration has led to. */
export type ConfigurationChange = {
  readonly added: number;
  readonly removed: number;
  /** Zones that would have gone if that had not been too many; 0 if the change was made. */
  readonly refused: number;
  /** Zones that there were before. */
  readonly former: number;
};

/** What is to be done for a zone once the set knows of the change. */
export type ConfigurationEvents = {
  added(row: RowId): void;
  /** Its file is another one. */
  moved(row: RowId): void;
  /** Still in the set. */
  removed(row: RowId): void;
};

/** A configuration's zones, as they are told to the reloader. */
export type Configuration = {
  readonly zones: ConfiguredZones;
  /** What relative names of $INCLUDE start at from the next load on; `null`: the folder of the including file. */
  includeFrom(folder: string | null): void;
};

export class ConfiguredZones {
  private readonly zones: ZoneSet;
  private readonly events: ConfigurationEvents;
  private rows = new Map<string, RowId>();

  constructor(zones: ZoneSet, events: ConfigurationEvents) {
    this.zones = zones;
    this.events = events;
  }

  get count(): number {
    return this.rows.size;
  }

  /** The row of the zone with this apex, if it is one of these; `null` if not. */
  rowOf(apex: Uint8Array): RowId | null {
    return this.rows.get(apexKey(apex)) ?? null;
  }

  /** Rows of all of these zones. */
  all(): Iterable<RowId> {
    return this.rows.values();
  }

  /** Lets one zone go, if it is one of these. */
  remove(apex: Uint8Array): void {
    this.removeKey(apexKey(apex));
  }

  /** Takes a zone over from another configuration; what is served of it goes on being served. */
  takeOver(apex: Uint8Array, former: ConfiguredZones): void {
    const key = apexKey(apex);
    const row = former.rows.get(key);
    if (row === undefined) return;
    former.rows.delete(key);
    this.rows.set(key, row);
    this.events.added(row);
  }

  /**
   * Makes `wanted` the zones of this configuration; of several with one name the first counts. One call must have
   * ended before the next.
   * @param force obeys even if more than half are to go
   */
  async apply(wanted: readonly ConfiguredZone[], force: boolean): Promise<ConfigurationChange> {
    const slices = new Slices();
    const former = this.rows.size;
    const byKey = new Map<string, ConfiguredZone>();
    for (const zone of wanted) {
      const key = apexKey(zone.name);
      if (!byKey.has(key)) byKey.set(key, zone);
      if (slices.isOver()) await slices.pause();
    }
    const gone: string[] = [];
    for (const key of this.rows.keys()) {
      if (!byKey.has(key)) gone.push(key);
      if (slices.isOver()) await slices.pause();
    }
    if (!force && gone.length * 2 > former) {
      return { added: 0, removed: 0, refused: gone.length, former };
    }
    for (const key of gone) {
      this.removeKey(key);
      if (slices.isOver()) await slices.pause();
    }
    let added = 0;
    for (const [key, zone] of byKey) {
      if (this.take(key, zone)) added++;
      if (slices.isOver()) await slices.pause();
    }
    return { added, removed: gone.length, refused: 0, former };
  }

  private removeKey(key: string): void {
    const row = this.rows.get(key);
    this.rows.delete(key);
    if (row !== undefined) this.events.removed(row);
  }

  /** @returns whether the zone is new */
  private take(key: string, zone: ConfiguredZone): boolean {
    const known = this.rows.get(key);
    if (known !== undefined) {
      if (this.zones.configure(known, zone)) this.events.moved(known);
      return false;
    }
    const { row } = this.zones.addConfigured(zone);
    this.rows.set(key, row);
    this.events.added(row);
    return true;
  }
}
