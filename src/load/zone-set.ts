/**
 * The zones that there are, and the only place that decides what is served: holds each zone's state, and alone calls
 * `set` and `remove` of what the engine reads. A load that fails changes nothing but the zone's own state.
 * Must not know: files changing, timers, threads.
 */
import type { Problem } from '../base/problem.js';
import { matchesEverybody } from '../config/named-match.js';
import type { HeldImage } from '../index/held-image.js';
import { setImageSerial } from '../index/image-serial.js';
import type { PlacedImage } from '../index/zone-store.js';
import type { ZoneSlot } from '../index/zone-table.js';
import { serialGrows } from '../wire/serial.js';
import { type ConfiguredZone, ZONE_KINDS } from './configured-zone.js';
import { digestOf } from './file-print.js';
import type { LoadResult, RestoredZone } from './load-zone.js';
import { type LocationPublisher, LocationUsers } from './location-users.js';
import { PathIndex } from './path-index.js';
import type { SerialKeeper } from './serials.js';
import { sameContent, servesAgain } from './served-again.js';
import { apexKey, FAILED, octetsOf, SERVING, STALE, Zone } from './zone.js';
import type { ZoneName } from './zone-files.js';
import { duplicateProblem, sameProblems, serialProblem } from './zone-problems.js';
import { NO_LOCATIONS, NO_SLOT, type RowId, ZoneRows } from './zone-rows.js';
import { totalsOf, type ZoneTotals } from './zone-totals.js';

/** Takes what is to be served; `ZoneStore` is one. */
export type ZonePublisher = LocationPublisher & {
  /**
   * The image starts at `offset` of its memory. `null`: the zone is ours but has nothing to serve (SERVFAIL).
   * @param locations number of the table that the image wants, or NO_LOCATIONS
   */
  set(
    apex: Uint8Array,
    image: SharedArrayBuffer | PlacedImage | null,
    offset: number,
    locations: number,
  ): ZoneSlot;
  /** Makes a zone ours that has nothing to serve yet; what is served of it already stays. */
  claim(apex: Uint8Array): ZoneSlot;
  remove(apex: Uint8Array): unknown;
  /** Whether questions to the zone are for those only who may ask it; stays over versions. */
  restrict(apex: Uint8Array, isRestricted: boolean): unknown;
};

/** Whoever wants to know of new versions. */
export type ZoneObserver = {
  /** What is served of a zone; null if that is nothing. */
  hold(apex: Uint8Array): HeldImage | null;
  /** A version is served now, instead of `former`. */
  published(apex: Uint8Array, former: HeldImage | null, next: HeldImage): void;
  /** A version of a zone is served now, or it is ours and nothing is. */
  set(apex: Uint8Array): void;
  /** A zone is not ours any more. */
  removed(apex: Uint8Array): void;
};

/** What an attempt to load led to; for the log and for commands that wait. */
export type Outcome =
  /** The serial of other content that was served before, if there was any. */
  | { readonly kind: 'published'; readonly formerSerial: number | null }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'rejected'; readonly again: boolean };

const UNCHANGED: Outcome = { kind: 'unchanged' };

export class ZoneSet {
  readonly rows: ZoneRows = new ZoneRows();
  private readonly publisher: ZonePublisher;
  private readonly serials: SerialKeeper | null;
  private readonly observer: ZoneObserver | null;
  /** Zones that are named by their file, by its path as the user would write it. */
  private readonly byPath = new Map<string, RowId>();
  /** Zones that a configuration names, by the absolute path of their file. */
  private readonly configured = new PathIndex();
  /** By apex. */
  private readonly holders = new Map<string, RowId>();
  /** Files refused because another holds the apex that they define; by apex. */
  private readonly rivals = new Map<string, Set<RowId>>();
  readonly locations: LocationUsers;

  /**
   * @param parts.serials raises serials; without it, zones are served under those of their files
   * @param parts.observer hears of new versions
   */
  constructor(
    publisher: ZonePublisher,
    parts: { readonly serials?: SerialKeeper; readonly observer?: ZoneObserver } = {},
  ) {
    this.publisher = publisher;
    this.serials = parts.serials ?? null;
    this.observer = parts.observer ?? null;
    this.locations = new LocationUsers(publisher, this.rows);
  }

  get size(): number {
    return this.rows.count;
  }

  get(path: string): Zone | undefined {
    const row = this.byPath.get(path);
    return row === undefined ? undefined : this.at(row);
  }

  has(path: string): boolean {
    return this.byPath.has(path);
  }

  /** Zones that a configuration has made of the file at an absolute path. */
  configuredAt(path: string): readonly RowId[] {
    return this.configured.of(path);
  }

  /** The zone with this apex: the one that holds it, served or not; `null` if there is none. */
  find(apex: Uint8Array): Zone | null {
    const holder = this.holders.get(apexKey(apex));
    return holder === undefined ? null : this.at(holder);
  }

  /** The zone of a row in use. */
  at(row: RowId): Zone {
    return new Zone(this.rows, row);
  }

  /** All zones, in no order. */
  *all(): Iterable<Zone> {
    for (let row = 0; row < this.rows.end; row++) if (this.rows.has(row)) yield this.at(row);
  }

  totals(): ZoneTotals {
    return totalsOf(this.rows);
  }

  /**
   * Adds a zone file.
   * @param claim whether the zone is ours from now on, if the file's name says for certain which it is: at the start
   * SERVFAIL is right for what will soon be served, later a zone appears when it has loaded or failed to
   */
  add(path: string, name: ZoneName, claim: boolean): Zone {
    const row = this.rows.add(path);
    this.byPath.set(path, row);
    const key = apexKey(name.origin);
    if (claim && name.certain && !this.holders.has(key)) this.claim(row, key);
    return this.at(row);
  }

  /** Adds a zone of a file of many, whose versions are handed to `apply`; it is served when it has one. */
  addFromData(path: string, apex: Uint8Array): Zone {
    const row = this.rows.add(path);
    this.rows.name[row] = apexKey(apex);
    return this.at(row);
  }

  /** Adds a zone that a configuration names, which is ours from now on unless another file holds it. */
  addConfigured(zone: ConfiguredZone): Zone {
    const row = this.rows.add(zone.path);
    const key = apexKey(zone.name);
    this.rows.name[row] = key;
    this.configured.add(zone.path, row);
    this.configure(row, zone);
    if (!this.holders.has(key)) this.take(row, key, null, 0);
    return this.at(row);
  }

  /** Takes over what a configuration says of its zone. @returns whether that makes another zone of it */
  configure(row: RowId, { path, kind, primaries, alsoNotify, rules }: ConfiguredZone): boolean {
    const { rows } = this;
    const { signing } = rows.rulesOf(row);
    const isSignedAnew = JSON.stringify(signing) !== JSON.stringify(rules.signing);
    rows.kind[row] = ZONE_KINDS.indexOf(kind);
    rows.setPeers(row, { primaries, alsoNotify });
    rows.setRules(row, rules);
    this.restrict(row);
    const former = rows.path[row]!;
    if (former === path) return isSignedAnew;
    this.configured.remove(former, row);
    this.configured.add(path, row);
    rows.path[row] = path;
    return true;
  }

  /**
   * Takes in the result of a load.
   * @param isGone whether a zone's file is missing: it gives way to another file for the same zone
   * @param locations number of the table of client locations that the image wants
   */
  apply(
    zone: Zone,
    result: LoadResult | RestoredZone,
    isGone: (other: Zone) => boolean,
    locations: number = NO_LOCATIONS,
  ): Outcome {
    const { rows } = this;
    const { row } = zone;
    rows.attempts[row]!++;
    rows.triedAt[row] = Date.now();
    this.withdraw(zone);
    const key = apexKey(result.apex);
    const holder = this.holders.get(key);
    const isTaken = holder !== undefined && holder !== row && !isGone(this.at(holder));
    if (result.image !== null && isTaken) {
      this.rivals.set(key, (this.rivals.get(key) ?? new Set()).add(row));
      const problems = [duplicateProblem(zone, this.at(holder), result.apex)];
      return this.reject(zone, result, problems, 1);
    }
    if (result.image === null) {
      // An uncertain origin that the SOA did not confirm claims nothing.
      const { origin, certain } = zone.name;
      const isKnown = certain || key !== apexKey(origin);
      if (zone.loadedAt === null && isKnown && !isTaken) this.take(row, key, null, 0);
      return this.reject(zone, result, result.problems, result.errorCount);
    }
    const isSame = holder === row && sameContent(rows, row, result);
    const unchanged = isSame && rows.state[row] === SERVING && rows.isForeign[row] === 0;
    rows.setFiles(row, result.files, true);
    const formerSerial = isSame || zone.loadedAt === null ? null : zone.serial;
    rows.loadedAt[row] = 'readAt' in result ? result.readAt : Date.now();
    if (unchanged) return UNCHANGED;
    if (holder === row && servesAgain(rows, row, result)) return UNCHANGED;
    const serial = this.serialFor(row, key, result);
    const isRaised = formerSerial === null || serialGrows(formerSerial, serial);
    if (!('readAt' in result) && serial !== result.serial) {
      setImageSerial(result.image, result.imageAt, serial);
    }
    this.take(row, key, result.image, result.imageAt, locations);
    rows.state[row] = SERVING;
    rows.serial[row] = serial;
    rows.setSignedPrint(row, result.signing?.print ?? '');
    rows.recordCount[row] = result.recordCount;
    rows.signaturesEnd[row] = result.signaturesEnd ?? 0;
    const { problems, warningCount } = result;
    rows.setProblems(
      row,
      isRaised ? problems : [serialProblem(zone.path, formerSerial, serial), ...problems],
    );
    rows.isUnraised[row] = isRaised ? 0 : 1;
    rows.isForeign[row] = 0;
    rows.errorCount[row] = 0;
    rows.warningCount[row] = warningCount + (isRaised ? 0 : 1);
    return { kind: 'published', formerSerial };
  }

  /** Serves a zone no longer, though it stays ours: SERVFAIL until there is a version again. */
  expire({ row }: Zone, problem: Problem): void {
    const { rows } = this;
    const key = rows.apex[row] ?? null;
    if (key !== null) this.take(row, key, null, 0);
    rows.state[row] = FAILED;
    rows.loadedAt[row] = Number.NaN;
    rows.serial[row] = 0;
    rows.recordCount[row] = 0;
    rows.changes++;
    rows.signaturesEnd[row] = 0;
    rows.tellProblems(row, [problem]);
  }

  /**
   * Takes a zone file out. If other files were refused because of it, the first of them in path order takes over what
   * is served, and is returned: it must be loaded next.
   */
  remove(zone: Zone): Zone | null {
    const { row, path } = zone;
    const key = this.rows.apex[row] ?? null;
    if (zone.isConfigured) this.configured.remove(path, row);
    else this.byPath.delete(path);
    this.withdraw(zone);
    const locations = this.rows.locations[row]!;
    const slot = this.rows.slot[row]!;
    this.rows.remove(row);
    if (key === null) return null;
    const rivals = [...(this.rivals.get(key) ?? [])].map((rival) => this.at(rival));
    const heir = rivals.sort((a, b) => (a.path < b.path ? -1 : 1))[0] ?? null;
    this.holders.delete(key);
    if (heir === null || heir.apex !== null) {
      this.unpublish(octetsOf(key));
    } else {
      // what is served goes on being served
      this.holders.set(key, heir.row);
      this.rows.apex[heir.row] = key;
      this.rows.slot[heir.row] = slot;
      this.rows.locations[heir.row] = locations;
      return heir;
    }
    this.locations.release(locations);
    return heir;
  }

  /** Forgets that a zone was refused for another. */
  private withdraw(zone: Zone): void {
    if (zone.problems[0]?.code !== 'ZONE_DUPLICATE') return;
    for (const [key, rivals] of this.rivals) {
      if (rivals.delete(zone.row) && rivals.size === 0) this.rivals.delete(key);
    }
  }

  /** Makes a row the holder of an apex, of no other, and serves `image` there. */
  private take(
    row: RowId,
    key: string,
    image: SharedArrayBuffer | PlacedImage | null,
    imageAt: number,
    locations: number = NO_LOCATIONS,
  ): void {
    const { apex } = this.rows;
    const former = apex[row] ?? null;
    const holder = this.holders.get(key);
    if (holder !== row) {
      this.holders.set(key, row);
      apex[row] = key;
    }
    this.rows.slot[row] = this.publish(octetsOf(key), image, imageAt, locations);
    this.locations.use(row, locations);
    this.restrict(row);
    if (holder !== undefined && holder !== row) {
      apex[holder] = null;
      this.rows.slot[holder] = NO_SLOT;
      this.locations.use(holder, NO_LOCATIONS);
    }
    if (former !== null && former !== key) {
      this.holders.delete(former);
      this.unpublish(octetsOf(former));
    }
  }

  /** Makes a row the holder of an apex that nobody holds; a version from before a restart may be served there. */
  private claim(row: RowId, key: string): void {
    const apex = octetsOf(key);
    this.holders.set(key, row);
    this.rows.apex[row] = key;
    this.rows.slot[row] = this.publisher.claim(apex);
    this.observer?.set(apex);
  }

  private unpublish(apex: Uint8Array): void {
    this.publisher.remove(apex);
    this.observer?.removed(apex);
  }

  private publish(
    apex: Uint8Array,
    image: SharedArrayBuffer | PlacedImage | null,
    imageAt: number,
    locations: number,
  ): ZoneSlot {
    const { publisher } = this;
    const observer = image === null ? null : this.observer;
    const former = observer?.hold(apex) ?? null;
    const slot = publisher.set(apex, image, imageAt, locations);
    // the image's own memory may be used again: what is served is a copy
    const next = observer?.hold(apex) ?? null;
    if (next !== null) observer?.published(apex, former, next);
    observer?.set(apex);
    return slot;
  }

  /** Says of what a row serves whether everybody may ask. */
  private restrict(row: RowId): void {
    const key = this.rows.apex[row] ?? null;
    if (key === null) return;
    const { allowQuery } = this.rows.rulesOf(row);
    this.publisher.restrict(octetsOf(key), allowQuery !== null && !matchesEverybody(allowQuery));
  }

  private reject(
    zone: Zone,
    result: LoadResult | RestoredZone,
    problems: readonly Problem[],
    errorCount: number,
  ): Outcome {
    const { rows } = this;
    const { row } = zone;
    const again = zone.failures > 0 && sameProblems(zone.problems, problems);
    rows.failures[row]!++;
    rows.state[row] = zone.loadedAt === null ? FAILED : STALE;
    rows.setProblems(row, problems);
    rows.errorCount[row] = errorCount;
    rows.warningCount[row] = result.warningCount;
    rows.setFiles(row, result.files, result.image !== null);
    return { kind: 'rejected', again };
  }

  private serialFor(row: RowId, key: string, result: LoadResult | RestoredZone): number {
    const { serial, files, signing } = result;
    if (this.serials === null) return serial;
    if (signing) {
      // it is signed with the rest
      this.serials.signed(key, serial, signing.print);
      return serial;
    }
    const print = files.map((file) => digestOf(file.print)).join('');
    if (!('readAt' in result)) return this.serials.choose(row, key, serial, print);
    this.serials.resume(row, key, serial, print);
    return serial;
  }
}
