/**
 * What is remembered of the images in image-files.ts: for each part of a file its checksum, and the zones whose images
 * begin in it. A part is at most PART_OCTETS of a file, or all of one that holds a single image; so a changed zone
 * costs two parts, and a hundred thousand zones are a few hundred rows.
 *
 *     key     file number 4, part 4 (the octets before it, in units of PART_OCTETS)
 *     value   format 4, program 4, from 4, to 4, crc32 of these octets 4, zones 4, then the zones
 *     zone    octets of all that follows 4, offset 4, octets 4, serial 4, records 4, rules 4, read at 8 (float),
 *             signatures end 4, flags 1, apex (length 2), path, print (length 4 each), the main file's stamp, number
 *             of other files 4, each: path (length 4), stamp, print (length 4), then problems (length 4, JSON)
 *     stamp   inode, size, mtime, ctime, 8 each (float); NaN of a file that could not be read
 *
 * Octets from `from` to `to` of the file are those of the checksum.
 * Must not know: what is in an image, how a zone is loaded.
 */
import type { FileStamp } from '../base/source.js';
import { OctetReader, OctetWriter } from './octet-fields.js';
import type { Store } from './store.js';

const TABLE = 'images';
/** Of this layout. Parts of another are not read, and dropped in time. */
const FORMAT = 1;

export const PART_OCTETS = 1 << 20;

/** A file that a zone is made of, as it was when it was read. */
export type StoredFile = {
  readonly path: string;
  readonly stamp: FileStamp | null;
  /** Octets, one a character. */
  readonly print: string;
};

/** A zone's image and what it was made of. */
export type StoredZone = {
  /** Of the image in its file. */
  readonly offset: number;
  readonly octets: number;
  readonly serial: number;
  readonly recordCount: number;
  /** Stands for how the files are read: an image made by other rules does not count. */
  readonly rules: number;
  /** Milliseconds since 1970 when the files were read. */
  readonly readAt: number;
  /** Seconds since 1970 when the first signature ends; 0 of a zone without. */
  readonly signaturesEnd: number;
  /** Whether the image is of the files as they are stamped; if not, they are to be read again. */
  readonly isCurrent: boolean;
  readonly apex: Uint8Array;
  /** The main file first; its path is absolute. */
  readonly files: readonly StoredFile[];
  /** JSON of the warnings. */
  readonly problems: string;
};

/** Number of a file, and of a part in it. */
export type PartName = { readonly file: number; readonly part: number };

type PartHead = PartName & {
  readonly from: number;
  readonly to: number;
  readonly checksum: number;
  /** Of the program that made the images. */
  readonly program: number;
};

/** To be written. */
export type ImagePart = PartHead & { readonly zones: readonly StoredZone[] };

/** Parts of the store, and which of them are of this layout. Everything throws what the store throws. */
export class ImageParts {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  /** All parts that can be read, and the keys of those that cannot. */
  all(): { readonly parts: StoredPart[]; readonly unreadable: number } {
    const parts: StoredPart[] = [];
    let unreadable = 0;
    for (const { key, value } of this.store.table(TABLE).range()) {
      if (isOfLayout(key, value)) parts.push(new StoredPart(key, value));
      else unreadable++;
    }
    return { parts, unreadable };
  }

  /** Puts parts and removes those without zones, all or none. */
  put(parts: readonly ImagePart[]): void {
    const table = this.store.table(TABLE);
    this.store.write(() => {
      for (const part of parts) {
        if (part.zones.length > 0) table.put(keyOf(part.file, part.part), pack(part));
        else table.remove(keyOf(part.file, part.part));
      }
    });
  }

  /** Removes all parts but those that are wanted, also those of other layouts. */
  keepOnly(isWanted: (part: PartName) => boolean): void {
    const table = this.store.table(TABLE);
    const gone: Uint8Array[] = [];
    for (const { key, value } of table.range()) {
      const isKept = isOfLayout(key, value) && isWanted(new StoredPart(key, value));
      if (!isKept) gone.push(key);
    }
    if (gone.length === 0) return;
    this.store.write(() => {
      for (const key of gone) table.remove(key);
    });
  }
}

/** One string for each part. */
export function partName({ file, part }: PartName): string {
  return `${file}/${part}`;
}

function keyOf(file: number, part: number): Uint8Array {
  const key = new Uint8Array(8);
  view(key).setUint32(0, file);
  view(key).setUint32(4, part);
  return key;
}

function view(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.length);
}

const HEADER_OCTETS = 24;
const ZONE_OCTETS = 33;
const CURRENT = 1;
const SLASH = 0x2f;

function pack(part: ImagePart): Uint8Array {
  const writer = new OctetWriter();
  writer.u32(FORMAT);
  writer.u32(part.program);
  writer.u32(part.from);
  writer.u32(part.to);
  writer.u32(part.checksum);
  writer.u32(part.zones.length);
  for (const zone of part.zones) packZone(writer, zone);
  return writer.taken();
}

function packZone(writer: OctetWriter, zone: StoredZone): void {
  const [main, ...others] = zone.files;
  const start = writer.begin();
  writer.u32(zone.offset);
  writer.u32(zone.octets);
  writer.u32(zone.serial);
  writer.u32(zone.recordCount);
  writer.u32(zone.rules);
  writer.float(zone.readAt);
  writer.u32(zone.signaturesEnd);
  writer.u8(zone.isCurrent ? CURRENT : 0);
  writer.octets(zone.apex);
  writer.text(main?.path ?? '', 'utf8');
  writer.text(main?.print ?? '', 'latin1');
  writer.stamp(main?.stamp ?? null);
  writer.u32(others.length);
  for (const { path, stamp, print } of others) {
    writer.text(path, 'utf8');
    writer.stamp(stamp);
    writer.text(print, 'latin1');
  }
  writer.text(zone.problems, 'utf8');
  writer.end(start);
}

function isOfLayout(key: Uint8Array, value: Uint8Array): boolean {
  return key.length === 8 && value.length >= HEADER_OCTETS && view(value).getUint32(0) === FORMAT;
}

/** Where a zone stands in its part. */
export type ZoneAt = number;

/** A part as it was read. Zones are looked at where they stand: most are only asked where their image is. */
export class StoredPart implements PartHead {
  readonly file: number;
  readonly part: number;
  readonly program: number;
  readonly from: number;
  readonly to: number;
  readonly checksum: number;
  /** Zones in the part. */
  readonly count: number;
  private readonly value: Buffer;

  constructor(key: Uint8Array, value: Uint8Array) {
    const numbers = view(key);
    const head = view(value);
    this.file = numbers.getUint32(0);
    this.part = numbers.getUint32(4);
    this.program = head.getUint32(4);
    this.from = head.getUint32(8);
    this.to = head.getUint32(12);
    this.checksum = head.getUint32(16);
    this.count = head.getUint32(20);
    this.value = Buffer.from(value.buffer, value.byteOffset, value.length);
  }

  get first(): ZoneAt {
    return HEADER_OCTETS + 4;
  }

  next(zone: ZoneAt): ZoneAt {
    return zone + this.value.readUInt32BE(zone - 4) + 4;
  }

  *zones(): Generator<StoredZone> {
    let at = this.first;
    for (let left = this.count; left > 0; left--) {
      yield this.zone(at);
      at = this.next(at);
    }
  }

  offset(zone: ZoneAt): number {
    return this.value.readUInt32BE(zone);
  }

  octets(zone: ZoneAt): number {
    return this.value.readUInt32BE(zone + 4);
  }

  rules(zone: ZoneAt): number {
    return this.value.readUInt32BE(zone + 16);
  }

  readAt(zone: ZoneAt): number {
    return this.value.readDoubleBE(zone + 20);
  }

  apex(zone: ZoneAt): Uint8Array {
    return apexAt(this.value, zone);
  }

  /** Of the main file. */
  path(zone: ZoneAt): string {
    const at = this.pathAt(zone);
    return this.value.toString('utf8', at, at + this.value.readUInt32BE(at - 4));
  }

  /** Whether the main file is this one, or in this folder or below. @param path in UTF-8 */
  isBelow(zone: ZoneAt, path: Uint8Array): boolean {
    const { value } = this;
    const at = this.pathAt(zone);
    const length = value.readUInt32BE(at - 4);
    const isLikely =
      length === path.length || (length > path.length && value[at + path.length] === SLASH);
    return isLikely && value.compare(path, 0, path.length, at, at + path.length) === 0;
  }

  private pathAt(zone: ZoneAt): number {
    const apexAt = zone + ZONE_OCTETS;
    return apexAt + 2 + this.value.readUInt16BE(apexAt) + 4;
  }

  /** Everything, in memory of its own but for the apex. */
  zone(zone: ZoneAt): StoredZone {
    const { value } = this;
    const apex = this.apex(zone);
    const reader = new OctetReader(value, zone + ZONE_OCTETS + 2 + apex.length);
    const path = reader.text('utf8');
    const print = reader.text('latin1');
    const files: StoredFile[] = [{ path, print, stamp: reader.stamp() }];
    for (let left = reader.u32(); left > 0; left--) files.push(fileOf(reader));
    return {
      offset: this.offset(zone),
      octets: this.octets(zone),
      serial: value.readUInt32BE(zone + 8),
      recordCount: value.readUInt32BE(zone + 12),
      rules: this.rules(zone),
      readAt: this.readAt(zone),
      signaturesEnd: value.readUInt32BE(zone + 28),
      isCurrent: (value.readUInt8(zone + 32) & CURRENT) !== 0,
      apex,
      files,
      problems: reader.text('utf8'),
    };
  }
}

function apexAt(value: Buffer, zone: ZoneAt): Buffer {
  const at = zone + ZONE_OCTETS;
  return value.subarray(at + 2, at + 2 + value.readUInt16BE(at));
}

function fileOf(reader: OctetReader): StoredFile {
  const path = reader.text('utf8');
  const stamp = reader.stamp();
  return { path, stamp, print: reader.text('latin1') };
}
