/**
 * Keeps on disk what is served, so that the next start has it at once: the octets of the segments in files of their
 * own, and in the store which zone lies where and what it was made of. What is there is compared with what was written,
 * now and then; nobody has to say what has changed. Octets come first, then what refers to them, then what nothing
 * refers to any more goes. With the index `lmdb` a full segment is read from its file from then on, and costs no
 * memory; with `memory` one that was restored is read into memory.
 * Must not know: how zones are loaded, what is in an image.
 */
import { resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { errorText } from '../base/errors.js';
import { IMAGE_PARTS_RUN, IMAGES_KEPT_MS } from '../base/limits.js';
import type { Log } from '../base/log.js';
import { bufferOf, octetsIn, whyUnmappable } from '../base/memory.js';
import { IMAGE_SIZE } from '../index/image.js';
import type { Segment } from '../index/segments.js';
import { LOCATION_NONE, offsetOf, segmentOf } from '../index/table-layout.js';
import type { ZoneStore } from '../index/zone-store.js';
import type { ImageFiles } from '../store/image-files.js';
import {
  type ImagePart,
  type ImageParts,
  PART_OCTETS,
  type PartName,
  partName,
  type StoredFile,
  type StoredZone,
} from '../store/image-parts.js';
import { Slices } from './rescan.js';
import { octetsOf, SERVING } from './zone.js';
import { NO_SLOT, type RowId, type ZoneRows } from './zone-rows.js';
import type { ZoneSet } from './zone-set.js';

/** Where the images that are served are to be. */
export const INDEXES = ['memory', 'lmdb'] as const;
export type IndexKind = (typeof INDEXES)[number];

export type KeeperParts = {
  readonly zones: ZoneSet;
  readonly images: ZoneStore;
  readonly files: ImageFiles;
  readonly parts: ImageParts;
  readonly index: IndexKind;
  /** Stands for the program; see image-parts.ts. */
  readonly program: number;
  /** Stands for how a row's zone is made of its files; `null`: it is not to be kept. */
  readonly rulesOf: (row: RowId) => number | null;
  readonly log: Log;
};

/** A segment and its file. */
type Kept = {
  readonly number: number;
  /** Octets of the segment that are in the file. */
  written: number;
};

/** A part as it is to be in the store, and the rows of its zones. */
type Written = {
  readonly key: Place;
  readonly part: ImagePart;
  readonly rows: readonly RowId[];
};

/** File number and offset as one number. */
type Place = number;
const NOWHERE: Place = 0;
const FILE = 2 ** 32;
/** Octets that are read in one go. */
const STEP_OCTETS = 4 << 20;

export class ImageKeeper {
  private readonly own: KeeperParts;
  private readonly kept = new Map<Segment, Kept>();
  /** Where each row's image lies by what the store says. */
  private places = new Float64Array(0);
  private changesSeen = -1;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private isFailing = false;
  /** Parts of which the store does not say what it should. */
  private readonly dirty = new Set<Place>();
  /** Parts that were there at the start and are of use; null when all others have been removed. */
  private found: ReadonlySet<string> | null;
  private readonly canMap = whyUnmappable() === null;

  /** @param found parts that were there at the start and are of use, by `partName`; others go, and their files */
  constructor(parts: KeeperParts, found: ReadonlySet<string>) {
    this.own = parts;
    this.found = found;
  }

  /** A segment that was restored from a file. */
  adopt(segment: Segment, number: number): void {
    this.kept.set(segment, { number, written: segment.used });
  }

  /** The store has a row as it is now. */
  hasKept(row: RowId, number: number, offset: number): void {
    this.grow();
    this.places[row] = number * FILE + offset;
    this.own.zones.rows.touched[row] = 0;
  }

  /** What the store says of a part does not hold: it is written anew, or removed if no zone is in it. */
  doubt({ file, part }: PartName): void {
    this.dirty.add(file * FILE + part * PART_OCTETS);
  }

  /** Begins to write; not before all that there is at the start has been tried. */
  start(): void {
    this.timer ??= setInterval(() => void this.keep(), IMAGES_KEPT_MS).unref();
  }

  /** Writes what has changed since the last time, if it was started; the last thing before the store is closed. */
  async stop(): Promise<void> {
    if (this.timer === null) return;
    clearInterval(this.timer);
    await this.running;
    await this.keep();
  }

  /** Writes what has changed; resolves when that is done, or has failed and will be tried again. */
  async keep(): Promise<void> {
    if (this.running !== null) return;
    this.running = this.round();
    await this.running;
    this.running = null;
  }

  private async round(): Promise<void> {
    const { changes } = this.own.zones.rows;
    if (changes === this.changesSeen && this.dirty.size === 0 && this.found === null) return;
    try {
      this.sweep();
      await this.writeSegments();
      await this.writeParts();
      await this.moveSegments();
      this.removeFiles();
      this.changesSeen = changes;
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) {
        this.own.log.error(
          'store.failed',
          {},
          `zones are not kept for the next start: ${errorText(error)}`,
        );
      }
      this.isFailing = true;
    }
  }

  /** Removes, once, what is left of earlier servers and of no use: a killed one leaves files that nothing refers to. */
  private sweep(): void {
    const { found } = this;
    if (found === null) return;
    const { files, parts } = this.own;
    parts.keepOnly((part) => found.has(partName(part)));
    const numbers = new Set([...this.kept.values()].map(({ number }) => number));
    for (const number of files.list()) if (!numbers.has(number)) files.remove(number);
    this.found = null;
  }

  // --- octets

  private async writeSegments(): Promise<void> {
    const { images, files } = this.own;
    for (const segment of [...images.segments.all()]) {
      const kept = this.kept.get(segment) ?? { number: files.newNumber(), written: 0 };
      this.kept.set(segment, kept);
      if (kept.written > 0 && this.isLost(segment, kept)) kept.written = 0;
      const { used } = segment;
      if (used === kept.written) continue;
      const end = Math.min(used, segment.octets.length);
      await files.write(kept.number, segment.octets.subarray(kept.written, end), kept.written);
      kept.written = used;
    }
  }

  /** Whether somebody else has removed the file, or cut it; a mapping of one that was cut cannot be read. */
  private isLost({ memory }: Segment, { number, written }: Kept): boolean {
    const octets = this.own.files.octetsIn(number);
    const wanted = Math.min(written, octetsIn(memory));
    return octets === null || (memory instanceof SharedArrayBuffer && octets < wanted);
  }

  /** Full segments go where the index has them. */
  private async moveSegments(): Promise<void> {
    const { images, files, index } = this.own;
    const { segments } = images;
    const slices = new Slices();
    for (const [segment, kept] of this.kept) {
      const isMapped = !(segment.memory instanceof SharedArrayBuffer);
      const isDone = isMapped === (index === 'lmdb') || (index === 'lmdb' && !this.canMap);
      if (isDone || segments.isOpen(segment) || kept.written !== segment.used) continue;
      const octets = Math.min(segment.used, octetsIn(segment.memory));
      const memory =
        index === 'lmdb' ? files.map(kept.number, octets) : new SharedArrayBuffer(octets);
      const there = new Uint8Array(bufferOf(memory), 0, octets);
      for (let at = 0; at < octets; at += STEP_OCTETS) {
        const wanted = segment.octets.subarray(at, Math.min(at + STEP_OCTETS, octets));
        if (index === 'memory') there.set(wanted, at);
        else if (Buffer.compare(there.subarray(at, at + wanted.length), wanted) !== 0) {
          kept.written = 0;
          throw new Error(`${files.path(kept.number)} is not what was written`);
        }
        if (slices.isOver()) await slices.pause();
      }
      if (segments.get(segment.id) === segment) segments.move(segment, memory);
    }
  }

  /** Files of segments that are no more; nothing in the store refers to them now. */
  private removeFiles(): void {
    const { images, files } = this.own;
    for (const [segment, { number }] of this.kept) {
      if (images.segments.get(segment.id) === segment || this.isReferred(number)) continue;
      files.remove(number);
      this.kept.delete(segment);
    }
  }

  private isReferred(number: number): boolean {
    const { rows } = this.own.zones;
    for (let row = 0; row < rows.end; row++) {
      if (Math.floor((this.places[row] ?? NOWHERE) / FILE) === number) return true;
    }
    return false;
  }

  // --- what refers to them

  private async writeParts(): Promise<void> {
    const slices = new Slices();
    await this.findDirtyParts(slices);
    const { dirty } = this;
    if (dirty.size === 0) return;
    const users = await this.rowsOf(dirty, slices);
    let run: Written[] = [];
    for (const key of [...dirty]) {
      const rows = users.get(key) ?? [];
      run.push(await this.partOf(key, rows, slices));
      if (run.length < IMAGE_PARTS_RUN) continue;
      this.commit(run);
      run = [];
    }
    this.commit(run);
  }

  /** Parts in which a row's image lies, or lay, that is not where the store has it. They stay so until it has. */
  private async findDirtyParts(slices: Slices): Promise<void> {
    const { rows } = this.own.zones;
    const { dirty } = this;
    this.grow();
    // a zone that has moved is written to where it is before it goes from where it was
    const former: Place[] = [];
    for (let row = 0; row < this.places.length; row++) {
      if (slices.isOver()) await slices.pause();
      const now = this.placeOf(row);
      const was = this.places[row]!;
      if (now === was && (now === NOWHERE || rows.touched[row] === 0)) continue;
      if (now !== NOWHERE) dirty.add(partKey(now));
      if (was !== NOWHERE) former.push(partKey(was));
      if (now === NOWHERE) this.places[row] = NOWHERE;
    }
    for (const key of former) dirty.add(key);
  }

  private async rowsOf(parts: ReadonlySet<Place>, slices: Slices): Promise<Map<Place, RowId[]>> {
    const users = new Map<Place, RowId[]>();
    for (let row = 0; row < this.places.length; row++) {
      if (slices.isOver()) await slices.pause();
      const place = this.placeOf(row);
      const key = partKey(place);
      if (place === NOWHERE || !parts.has(key)) continue;
      const list = users.get(key);
      if (list === undefined) users.set(key, [row]);
      else list.push(row);
    }
    return users;
  }

  private async partOf(key: Place, users: readonly RowId[], slices: Slices): Promise<Written> {
    const { images, program } = this.own;
    const file = Math.floor(key / FILE);
    const rows: RowId[] = [];
    const zones: StoredZone[] = [];
    let from = Number.POSITIVE_INFINITY;
    let to = 0;
    let segment: Segment | undefined;
    for (const row of users) {
      const place = this.placeOf(row);
      // the others may have had their turn
      if (partKey(place) !== key) continue;
      const zone = this.zoneOf(row, place % FILE);
      if (zone === null) continue;
      segment = images.segments.get(segmentOf(this.locationOf(row)));
      from = Math.min(from, zone.offset);
      to = Math.max(to, zone.offset + zone.octets);
      zones.push(zone);
      rows.push(row);
    }
    const octets = segment?.octets.subarray(from, to) ?? new Uint8Array(0);
    const checksum = await checksumOf(octets, slices);
    const part = (key % FILE) / PART_OCTETS;
    if (zones.length === 0) from = 0;
    return { key, part: { file, part, from, to, checksum, program, zones }, rows };
  }

  private zoneOf(row: RowId, offset: number): StoredZone | null {
    const { zones, images, rulesOf } = this.own;
    const { rows } = zones;
    const rules = rulesOf(row);
    const apex = rows.apex[row] ?? null;
    if (rules === null || apex === null) return null;
    const warnings = rows.problemsOf(row).filter(({ severity }) => severity === 'warning');
    const isCurrent = rows.state[row] === SERVING;
    rows.touched[row] = 0;
    return {
      offset,
      octets: images.segments.words(this.locationOf(row), IMAGE_SIZE + 1)[IMAGE_SIZE]!,
      serial: rows.serial[row]!,
      recordCount: rows.recordCount[row]!,
      rules,
      readAt: rows.loadedAt[row]!,
      signaturesEnd: rows.signaturesEnd[row]!,
      isCurrent,
      apex: octetsOf(apex),
      files: absoluteFiles(rows, row),
      problems: warnings.length === 0 || !isCurrent ? '' : JSON.stringify(warnings),
    };
  }

  private commit(run: readonly Written[]): void {
    if (run.length === 0) return;
    this.own.parts.put(run.map(({ part }) => part));
    for (const { key, part, rows } of run) {
      this.dirty.delete(key);
      for (const [i, row] of rows.entries()) {
        this.places[row] = part.file * FILE + (part.zones[i]?.offset ?? 0);
      }
    }
  }

  // --- places

  /** Where a row's image lies in a file that has it, or NOWHERE. */
  private placeOf(row: RowId): Place {
    const { rows } = this.own.zones;
    if (row >= rows.end || !rows.has(row) || Number.isNaN(rows.loadedAt[row]!)) return NOWHERE;
    const location = this.locationOf(row);
    if (location === LOCATION_NONE) return NOWHERE;
    const segment = this.own.images.segments.get(segmentOf(location));
    const kept = segment === undefined ? undefined : this.kept.get(segment);
    // an image is written whole, or not at all so far
    if (kept === undefined || offsetOf(location) >= kept.written) return NOWHERE;
    return this.own.rulesOf(row) === null ? NOWHERE : kept.number * FILE + offsetOf(location);
  }

  private locationOf(row: RowId): number {
    const slot = this.own.zones.rows.slot[row]!;
    return slot === NO_SLOT ? LOCATION_NONE : this.own.images.locationOf(slot);
  }

  private grow(): void {
    const { end } = this.own.zones.rows;
    if (end <= this.places.length) return;
    const places = new Float64Array(end * 2);
    places.set(this.places);
    this.places = places;
  }
}

function partKey(place: Place): Place {
  const offset = place % FILE;
  return place - (offset % PART_OCTETS);
}

async function checksumOf(octets: Uint8Array, slices: Slices): Promise<number> {
  let checksum = 0;
  for (let at = 0; at < octets.length; at += STEP_OCTETS) {
    checksum = crc32(octets.subarray(at, at + STEP_OCTETS), checksum);
    if (slices.isOver()) await slices.pause();
  }
  return checksum;
}

function absoluteFiles(rows: ZoneRows, row: RowId): readonly StoredFile[] {
  const main = {
    path: resolve(rows.path[row]!),
    stamp: rows.stampOf(row),
    print: rows.print[row]!,
  };
  return [main, ...rows.includedOf(row)];
}
