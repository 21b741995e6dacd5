/**
 * All zones of a tinydns file, from the file to published forms: those that the file has changed are handed out one by
 * one, the others only counted. Pure but for reading the file. Must not know: which zones are served, threads.
 */
import { PROBLEMS_MAX } from '../base/limits.js';
import type { Problem, ProblemList } from '../base/problem.js';
import type { Source } from '../base/source.js';
import type { ImageRoom } from '../index/compile.js';
import { compileLocations, type LocationPrefix } from '../index/locations.js';
import { DataHash } from '../zone/data-hash.js';
import type { ZoneNumber } from '../zone/data-zones.js';
import { printOf } from './file-print.js';
import type { LoadedFile, LoadResult } from './load-zone.js';
import { type DataFile, type DataRules, readDataFile } from './tinydns-file.js';
import { DataZoneLoader } from './tinydns-zone.js';
import { apexKey } from './zone.js';

/** What to load. Plain values: it crosses a thread border. */
export type DataLoad = {
  readonly path: string;
  readonly rules: DataRules;
  /** By apex key, the print of each zone that is known of the file; empty if it has to be handed out in any case. */
  readonly known: ReadonlyMap<string, string>;
  /** Print of the table of locations in use; empty for none. */
  readonly locationsPrint: string;
  /** Unix time. */
  readonly nowSeconds: number;
};

/** A zone that the file has changed. */
export type DataZone = {
  readonly result: LoadResult;
  /** See tinydns-zone.ts. */
  readonly dueAt: number | null;
  /** Whether its image wants the table of locations. */
  readonly isLocated: boolean;
  readonly durationMs: number;
};

/** Takes what a file holds. */
export type DataTaker = {
  /** The table of locations of the zones to come, if it is another one than that in use. */
  locations(table: SharedArrayBuffer): void;
  /** Where the next image goes if it fits. */
  room(): ImageRoom | null;
  zone(zone: DataZone): void;
};

export type DataReport = {
  readonly file: LoadedFile;
  /** Of the file as a whole, and of lines that are in no zone. */
  readonly problems: readonly Problem[];
  readonly errorCount: number;
  readonly warningCount: number;
  /** Whether the file could be read. If not, nothing was handed out. */
  readonly isRead: boolean;
  readonly zoneCount: number;
  /** Apex keys of zones that were known and are in the file no more. */
  readonly gone: readonly string[];
  readonly locationsPrint: string;
};

/** Loads the zones of a file. Whatever is wrong with it is told in the report and in the zones' results. */
export function loadData(load: DataLoad, taker: DataTaker): DataReport {
  const file = readDataFile(load.path, load.rules);
  const read = { path: load.path, ...stampAndPrint(file.source) };
  if (file.zones === null) return reportOf(load, read, file.problems, null);
  const locations = load.rules.locations && hasLocations(file) ? file.prefixes : [];
  const locationsPrint = printOfLocations(locations);
  if (locationsPrint !== load.locationsPrint && locations.length > 0) {
    taker.locations(compileLocations(locations));
  }
  const run = new DataRun(load, file, read, locationsPrint);
  for (let zone = 0; zone < file.zones.count; zone++) run.loadOne(zone, taker);
  return reportOf(load, read, file.problems, run);
}

class DataRun {
  /** Apex keys of all zones. */
  readonly keys = new Set<string>();
  readonly locationsPrint: string;
  private readonly load: DataLoad;
  private readonly file: DataFile;
  private readonly read: LoadedFile;
  private readonly loader: DataZoneLoader;
  private readonly hash = new DataHash();

  constructor(load: DataLoad, file: DataFile, read: LoadedFile, locationsPrint: string) {
    this.load = load;
    this.file = file;
    this.read = read;
    this.locationsPrint = locationsPrint;
    this.loader = new DataZoneLoader(file, load.rules, load.nowSeconds);
  }

  loadOne(zone: ZoneNumber, taker: DataTaker): void {
    const apex = this.file.zones.apex(zone);
    const key = apexKey(apex);
    this.keys.add(key);
    const conditions = this.file.zones.conditions(zone);
    const isLocated = conditions !== null && conditions.locations.length > 0;
    const print = this.printOf(zone, conditions?.changes ?? [], isLocated);
    const isBroken = this.file.problemsOf.has(zone);
    if (!isBroken && this.load.known.get(key) === print) return;
    const start = performance.now();
    const room = taker.room();
    const { image, dueAt, ...rest } = this.loader.load(zone, room);
    const result = {
      ...rest,
      apex,
      image,
      imageAt: image !== null && image === room?.buffer ? room.last : 0,
      files: [{ ...this.read, print }],
    };
    taker.zone({ result, dueAt, isLocated, durationMs: performance.now() - start });
  }

  /** Stands for all that the image is made of: the records, the table of locations, the present span of time. */
  private printOf(zone: ZoneNumber, changes: readonly number[], isLocated: boolean): string {
    const { hash, load } = this;
    this.file.zones.hash(zone, hash);
    hash.addWord(changes.filter((change) => change <= load.nowSeconds).length);
    if (isLocated) hash.addText(this.locationsPrint);
    return hash.text();
  }
}

function reportOf(
  load: DataLoad,
  file: LoadedFile,
  { items, errorCount, warningCount }: ProblemList,
  run: DataRun | null,
): DataReport {
  return {
    file,
    problems: items.slice(0, PROBLEMS_MAX),
    errorCount,
    warningCount,
    isRead: run !== null,
    zoneCount: run === null ? 0 : run.keys.size,
    gone: run === null ? [] : [...load.known.keys()].filter((key) => !run.keys.has(key)),
    locationsPrint: run === null ? load.locationsPrint : run.locationsPrint,
  };
}

function stampAndPrint(source: Source | null): Pick<LoadedFile, 'stamp' | 'print'> {
  return source === null
    ? { stamp: null, print: '' }
    : { stamp: source.stamp, print: printOf(source) };
}

function hasLocations({ data }: DataFile): boolean {
  return data.hasConditions;
}

function printOfLocations(prefixes: readonly LocationPrefix[]): string {
  if (prefixes.length === 0) return '';
  const hash = new DataHash();
  hash.begin();
  for (const { location, address, bits } of prefixes) {
    hash.addWord((location << 8) | bits);
    for (const octet of address) hash.addWord(octet);
  }
  return hash.text();
}
