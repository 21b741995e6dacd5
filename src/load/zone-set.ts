/**
 * The zones that there are, and the only place that decides what is served: holds each zone's state, and alone calls
 * `set` and `remove` of what the engine reads. A load that fails changes nothing but the zone's own state.
 * Must not know: files changing, timers, threads.
 */
import type { LogFields } from '../base/log.js';
import type { Problem } from '../base/problem.js';
import { nameText } from '../wire/name-text.js';
import type { LoadedFile, LoadResult } from './load-zone.js';
import type { ZoneName } from './zone-files.js';

/** Takes what is to be served; `ZoneStore` is one. */
export type ZonePublisher = {
  /** `null`: the zone is ours but has nothing to serve (SERVFAIL). */
  set(apex: Uint8Array, image: SharedArrayBuffer | null): unknown;
  remove(apex: Uint8Array): unknown;
};

/**
 * - `pending`: not loaded yet
 * - `serving`: serves what its files say
 * - `stale`: serves its last good version, its files do not load
 * - `failed`: its files have never loaded
 */
export type ZoneState = 'pending' | 'serving' | 'stale' | 'failed';

/** One zone file and what has become of it. Changed by `ZoneSet` alone. */
export type Zone = {
  /** As the user would write it; also the key. */
  readonly path: string;
  readonly origin: Uint8Array;
  readonly originCertain: boolean;
  /** The apex that this file holds, lower case; `null` while none is known, or if another file holds it. */
  apex: Uint8Array | null;
  state: ZoneState;
  /** What is served; 0 if nothing is. */
  serial: number;
  recordCount: number;
  /** Milliseconds since 1970 of the version served; `null` if there is none. */
  loadedAt: number | null;
  // The last attempt
  problems: readonly Problem[];
  errorCount: number;
  warningCount: number;
  files: readonly LoadedFile[];
  attempts: number;
  failures: number;
};

/** What an attempt to load led to; for the log and for commands that wait. */
export type Outcome =
  | { readonly kind: 'published'; readonly formerSerial: number | null }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'rejected'; readonly again: boolean };

export class ZoneSet {
  private readonly publisher: ZonePublisher;
  private readonly zones = new Map<string, Zone>();
  /** By apex in text. */
  private readonly holders = new Map<string, Zone>();
  /** Files refused because another holds the apex that they define; by apex in text. */
  private readonly rivals = new Map<string, Set<Zone>>();

  constructor(publisher: ZonePublisher) {
    this.publisher = publisher;
  }

  get size(): number {
    return this.zones.size;
  }

  get(path: string): Zone | undefined {
    return this.zones.get(path);
  }

  /** All zones, in no order. */
  all(): Iterable<Zone> {
    return this.zones.values();
  }

  /**
   * Adds a zone file.
   * @param claim whether the zone is ours from now on, if the file's name says for certain which it is: at the start
   * SERVFAIL is right for what will soon be served, later a zone appears when it has loaded or failed to
   */
  add(path: string, name: ZoneName, claim: boolean): Zone {
    const zone: Zone = {
      path,
      origin: name.origin,
      originCertain: name.certain,
      apex: null,
      state: 'pending',
      serial: 0,
      recordCount: 0,
      loadedAt: null,
      problems: [],
      errorCount: 0,
      warningCount: 0,
      files: [],
      attempts: 0,
      failures: 0,
    };
    this.zones.set(path, zone);
    if (claim && name.certain && !this.holders.has(apexKey(name.origin)))
      this.take(zone, name.origin, null);
    return zone;
  }

  /**
   * Takes in the result of a load.
   * @param isGone whether a zone's file is missing: it gives way to another file for the same zone
   */
  apply(zone: Zone, result: LoadResult, isGone: (other: Zone) => boolean): Outcome {
    zone.attempts++;
    this.withdraw(zone);
    const holder = this.holders.get(apexKey(result.apex));
    const isTaken = holder !== undefined && holder !== zone && !isGone(holder);
    if (result.image !== null && isTaken) {
      const key = apexKey(result.apex);
      this.rivals.set(key, (this.rivals.get(key) ?? new Set()).add(zone));
      return this.reject(zone, result, [duplicateProblem(zone, holder, result.apex)], 1);
    }
    if (result.image === null) {
      // An uncertain origin that the SOA did not confirm claims nothing.
      const isKnown = zone.originCertain || apexKey(result.apex) !== apexKey(zone.origin);
      if (zone.loadedAt === null && isKnown && !isTaken) this.take(zone, result.apex, null);
      return this.reject(zone, result, result.problems, result.errorCount);
    }
    const unchanged =
      zone.state === 'serving' && holder === zone && sameContent(zone.files, result.files);
    zone.files = result.files;
    if (unchanged) return { kind: 'unchanged' };
    const formerSerial = zone.loadedAt === null ? null : zone.serial;
    this.take(zone, result.apex, result.image);
    zone.state = 'serving';
    zone.serial = result.serial;
    zone.recordCount = result.recordCount;
    zone.loadedAt = Date.now();
    zone.problems = result.problems;
    zone.errorCount = 0;
    zone.warningCount = result.warningCount;
    return { kind: 'published', formerSerial };
  }

  /**
   * Takes a zone file out. If other files were refused because of it, the first of them in path order takes over what
   * is served, and is returned: it must be loaded next.
   */
  remove(zone: Zone): Zone | null {
    this.zones.delete(zone.path);
    this.withdraw(zone);
    const apex = zone.apex;
    if (apex === null) return null;
    const rivals = [...(this.rivals.get(apexKey(apex)) ?? [])];
    const heir = rivals.sort((a, b) => (a.path < b.path ? -1 : 1))[0] ?? null;
    zone.apex = null;
    this.holders.delete(apexKey(apex));
    if (heir === null || heir.apex !== null) {
      this.publisher.remove(apex);
    } else {
      this.holders.set(apexKey(apex), heir);
      heir.apex = apex;
    }
    return heir;
  }

  /** Forgets that a zone was refused for another. */
  private withdraw(zone: Zone): void {
    if (zone.problems[0]?.code !== 'ZONE_DUPLICATE') return;
    for (const [key, rivals] of this.rivals) {
      if (rivals.delete(zone) && rivals.size === 0) this.rivals.delete(key);
    }
  }

  /** Makes `zone` the holder of `apex`, of no other, and serves `image` there. */
  private take(zone: Zone, apex: Uint8Array, image: SharedArrayBuffer | null): void {
    const key = apexKey(apex);
    const former = zone.apex;
    const holder = this.holders.get(key);
    if (holder !== undefined && holder !== zone) holder.apex = null;
    this.holders.set(key, zone);
    zone.apex = apex;
    this.publisher.set(apex, image);
    if (former !== null && apexKey(former) !== key) {
      this.holders.delete(apexKey(former));
      this.publisher.remove(former);
    }
  }

  private reject(
    zone: Zone,
    result: LoadResult,
    problems: readonly Problem[],
    errorCount: number,
  ): Outcome {
    const again = zone.failures > 0 && sameProblems(zone.problems, problems);
    zone.failures++;
    zone.state = zone.loadedAt === null ? 'failed' : 'stale';
    zone.problems = problems;
    zone.errorCount = errorCount;
    zone.warningCount = result.warningCount;
    zone.files = result.files;
    return { kind: 'rejected', again };
  }
}

/** The name of the zone for people: its apex without the final dot, or the file's path if that is not known. */
export function zoneText(zone: Zone): string {
  const apex = zone.apex ?? (zone.originCertain ? zone.origin : null);
  if (apex === null) return zone.path;
  return apexText(apex);
}

/** Fields that every log line about a zone has. */
export function zoneFields(zone: Zone): LogFields {
  return { zone: zoneText(zone), file: zone.path };
}

function apexText(apex: Uint8Array): string {
  const text = nameText(apex, 0);
  return text.length > 1 ? text.slice(0, -1) : text;
}

function apexKey(apex: Uint8Array): string {
  return apexText(apex).toLowerCase();
}

function duplicateProblem(zone: Zone, holder: Zone, apex: Uint8Array): Problem {
  return {
    code: 'ZONE_DUPLICATE',
    severity: 'error',
    file: zone.path,
    line: 0,
    column: 0,
    length: 1,
    text: `${apexKey(apex)} is already defined by ${holder.path}, which is kept`,
  };
}

function sameContent(a: readonly LoadedFile[], b: readonly LoadedFile[]): boolean {
  return (
    a.length === b.length &&
    a.every((file, i) => file.path === b[i]?.path && file.hash === b[i]?.hash)
  );
}

function sameProblems(a: readonly Problem[], b: readonly Problem[]): boolean {
  return (
    a.length === b.length &&
    a.every((problem, i) => problem.text === b[i]?.text && problem.line === b[i]?.line)
  );
}
