/**
 * What an earlier server has left: zones with their images, by the files that they were made of. Images are checked by
 * their checksum before anything is answered from them, and are served where they lie. What is damaged, was made by
 * other rules, or is not asked for, is as if it had never been kept.
 * Must not know: why a zone is loaded, who keeps what is served from now on.
 */
import { crc32 } from 'node:zlib';
import { errorText } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { bufferOf, type Memory, whyUnmappable } from '../base/memory.js';
import type { Problem } from '../base/problem.js';
import { IMAGE_FORMAT, IMAGE_MAGIC, IMAGE_SIZE } from '../index/image.js';
import type { Segment, Segments } from '../index/segments.js';
import { alignedSize, locationOf, SEGMENT_OCTETS } from '../index/table-layout.js';
import type { PlacedImage } from '../index/zone-store.js';
import type { ImageFiles } from '../store/image-files.js';
import {
  type ImageParts,
  type PartName,
  partName,
  type StoredPart,
  type ZoneAt,
} from '../store/image-parts.js';
import type { RestoredZone } from './load-zone.js';

export type RestorerParts = {
  readonly segments: Segments;
  readonly files: ImageFiles;
  readonly parts: ImageParts;
  /** Of this program; images of another one are served, and their files are read again. */
  readonly program: number;
  readonly log: Log;
};

/** A part whose images can be served. */
type Whole = {
  readonly part: StoredPart;
  readonly segment: Segment;
  /** Zones in it that are not served as they are there. */
  unserved: number;
};

/** A zone in one. */
type Left = { readonly whole: Whole; readonly at: ZoneAt };

export type Taken = {
  readonly version: RestoredZone;
  readonly whole: Whole;
  /** Whether its files are known to be what it was made of, as long as their stamps are the same. */
  readonly isCurrent: boolean;
  /** Whether another program has made the image. */
  readonly isForeign: boolean;
};

/** Segments and zones of an earlier server. */
export class RestoredZones {
  /** Segments with the numbers of their files. */
  readonly segments: ReadonlyMap<Segment, number>;
  /** Zones that there were, and those that have been asked for. */
  readonly count: number;
  takenCount = 0;
  private readonly whole: readonly Whole[];
  private readonly program: number;
  /** By main file, made when it is first wanted. Several if a configuration names a file for more than one zone. */
  private byPath: Map<string, Left | Left[]> | null = null;

  private constructor(restoring: Restoring, program: number) {
    this.segments = restoring.segments;
    this.whole = restoring.whole;
    this.program = program;
    this.count = restoring.whole.reduce((sum, { part }) => sum + part.count, 0);
  }

  /** Restores all that can be; what cannot is logged. */
  static async read(parts: RestorerParts): Promise<RestoredZones> {
    const restoring = new Restoring(parts);
    await restoring.run();
    return new RestoredZones(restoring, parts.program);
  }

  /** What is there, and of use, by `partName`. */
  names(): ReadonlySet<string> {
    return new Set(this.whole.map(({ part }) => partName(part)));
  }

  /** What was taken is served as it is in the store. */
  served({ whole }: Taken): void {
    whole.unserved--;
  }

  /** Parts with zones that are not served as they are there. */
  outdated(): PartName[] {
    return this.whole.filter(({ unserved }) => unserved > 0).map(({ part }) => part);
  }

  /**
   * Zones whose main files lie below a folder, or are one file.
   * @param path absolute
   * @param rules see StoredZone
   * @param found is told apex, wire octets in lower case, and image of each
   */
  below(path: string, rules: number, found: (apex: Uint8Array, image: PlacedImage) => void): void {
    const octets = Buffer.from(path);
    for (const { part, segment } of this.whole) {
      for (let at = part.first, left = part.count; left > 0; at = part.next(at), left--) {
        if (part.rules(at) !== rules || !part.isBelow(at, octets)) continue;
        found(part.apex(at), placed(segment, part.offset(at)));
      }
    }
  }

  /**
   * The zone of a main file, once; the youngest, if a server was killed that had not got around to removing another.
   * @param path absolute
   * @param apex wire octets, lower case, if something else than the file says which zone it is
   * @param rules see StoredZone
   */
  take(path: string, apex: Uint8Array | null, rules: number): Taken | null {
    this.byPath ??= this.mapped();
    const found = this.byPath.get(path);
    if (found === undefined) return null;
    const all = Array.isArray(found) ? found : [found];
    const isOne = ({ whole: { part }, at }: Left) =>
      part.rules(at) === rules && (apex === null || Buffer.compare(part.apex(at), apex) === 0);
    const [one] = all.filter(isOne).sort((a, b) => readAt(b) - readAt(a));
    if (one === undefined) return null;
    const others = all.filter((other) => !isOne(other));
    if (others.length === 0) this.byPath.delete(path);
    else this.byPath.set(path, others);
    this.takenCount++;
    return this.takenOf(one);
  }

  private mapped(): Map<string, Left | Left[]> {
    const byPath = new Map<string, Left | Left[]>();
    for (const whole of this.whole) {
      const { part } = whole;
      for (let at = part.first, left = part.count; left > 0; at = part.next(at), left--) {
        const path = part.path(at);
        const known = byPath.get(path);
        const one = { whole, at };
        if (known === undefined) byPath.set(path, one);
        else byPath.set(path, [...(Array.isArray(known) ? known : [known]), one]);
      }
    }
    return byPath;
  }

  private takenOf({ whole, at }: Left): Taken {
    const { part, segment } = whole;
    const zone = part.zone(at);
    const problems: readonly Problem[] = zone.problems === '' ? [] : JSON.parse(zone.problems);
    const isForeign = part.program !== this.program;
    const { offset, apex, serial, recordCount, files, readAt, signaturesEnd } = zone;
    const version = {
      apex,
      image: placed(segment, offset),
      imageAt: offset,
      problems,
      errorCount: 0,
      warningCount: problems.length,
      serial,
      recordCount,
      files,
      readAt,
      signaturesEnd,
    };
    return { version, whole, isCurrent: zone.isCurrent && !isForeign, isForeign };
  }
}

function readAt({ whole: { part }, at }: Left): number {
  return part.readAt(at);
}

function placed({ id, memory }: Segment, offset: number): PlacedImage {
  return { location: locationOf(id, offset), memory, offset };
}

class Restoring {
  readonly segments = new Map<Segment, number>();
  readonly whole: Whole[] = [];
  private readonly own: RestorerParts;
  private readonly told = new Set<string>();

  constructor(own: RestorerParts) {
    this.own = own;
  }

  async run(): Promise<void> {
    const { parts, unreadable } = this.own.parts.all();
    if (unreadable > 0) this.tell(`${unreadable} of its parts are of another version`);
    const byFile = new Map<number, StoredPart[]>();
    for (const part of parts) byFile.set(part.file, [...(byFile.get(part.file) ?? []), part]);
    const numbers = [...byFile.keys()].sort((a, b) => a - b);
    this.own.files.skipTo(numbers.at(-1) ?? 0);
    for (const number of numbers) {
      await this.restoreFile(number, byFile.get(number) ?? [], number === numbers.at(-1));
    }
  }

  private async restoreFile(
    file: number,
    parts: readonly StoredPart[],
    isLast: boolean,
  ): Promise<void> {
    const octets = Math.max(...parts.map(({ to }) => to));
    try {
      // what was the open segment goes on being filled
      const isOpen = isLast && alignedSize(octets) < SEGMENT_OCTETS;
      const memory = await this.memoryOf(file, octets, isOpen);
      const whole = parts.filter((part) => this.isWhole(part, memory));
      if (whole.length === 0) return;
      const segment = this.own.segments.restore(memory, alignedSize(octets), isOpen);
      this.segments.set(segment, file);
      for (const part of whole) this.whole.push({ part, segment, unserved: part.count });
    } catch (error) {
      this.tell(`${this.own.files.path(file)} cannot be used: ${errorText(error)}`);
    }
  }

  private async memoryOf(file: number, octets: number, isOpen: boolean): Promise<Memory> {
    const { files } = this.own;
    if (!isOpen && whyUnmappable() === null) return files.map(file, octets);
    const memory = new SharedArrayBuffer(isOpen ? SEGMENT_OCTETS : octets);
    await files.read(file, new Uint8Array(memory, 0, octets));
    return memory;
  }

  /** Whether the octets are those that were written, and every zone has an image in them. */
  private isWhole(part: StoredPart, memory: Memory): boolean {
    const { from, to, checksum, file } = part;
    const buffer = bufferOf(memory);
    const isWritten = crc32(new Uint8Array(buffer, from, to - from)) === checksum;
    const words = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
    let isWhole = isWritten;
    for (let at = part.first, left = part.count; isWhole && left > 0; at = part.next(at), left--) {
      const offset = part.offset(at);
      const octets = part.octets(at);
      const isImage =
        words[(offset >>> 2) + IMAGE_MAGIC] === IMAGE_FORMAT &&
        words[(offset >>> 2) + IMAGE_SIZE] === octets;
      isWhole = isImage && offset >= from && offset + octets <= to;
    }
    if (isWhole) return true;
    const damaged = `${this.own.files.path(file)} is damaged between octets ${from} and ${to}`;
    this.tell(isWritten ? 'images are of another version' : damaged);
    return false;
  }

  private tell(fault: string): void {
    if (this.told.has(fault)) return;
    this.told.add(fault);
    const text = `zones kept by an earlier run: ${fault}; what is missing is made of its files anew`;
    this.own.log.error('store.images', { folder: this.own.files.folder }, text);
  }
}
