/**
 * Checks the files of images against what the store says of them: sizes, checksums, and that an image begins where one
 * should. Must not know: how faults are printed, who owns the store.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { errorText } from '../base/errors.js';
import { programVersion } from '../base/version.js';
import { IMAGE_FORMAT, IMAGE_MAGIC, IMAGE_SIZE } from '../index/image.js';
import { counted } from '../load/zone-log.js';
import { type ImageFile, imageFilesIn, imagePath } from '../store/image-folder.js';
import type { StoredPart } from '../store/image-parts.js';
import { nameText } from '../wire/name-text.js';
import type { StoreFault } from './store-verify.js';

/** A fault and the parts without which it would not be one. */
export type ImageFault = StoreFault & { readonly parts: readonly StoredPart[] };

export type ImageCheck = {
  readonly files: number;
  readonly octets: number;
  readonly zones: number;
  readonly faults: readonly ImageFault[];
};

/** Octets read at once. */
const CHUNK_OCTETS = 1 << 20;

/** @param folder of the files; it need not be there if there are no parts */
export function checkImages(folder: string, parts: readonly StoredPart[]): ImageCheck {
  const byFile = new Map<number, StoredPart[]>();
  for (const part of parts) {
    const known = byFile.get(part.file);
    if (known === undefined) byFile.set(part.file, [part]);
    else known.push(part);
  }
  const faults: ImageFault[] = [];
  let octets = 0;
  for (const [number, own] of byFile) {
    octets += own.reduce((sum, { from, to }) => sum + to - from, 0);
    faults.push(...checkFile(imagePath(folder, number), own));
  }
  const zones = parts.reduce((sum, { count }) => sum + count, 0);
  return { files: byFile.size, octets, zones, faults };
}

/** Files of images in a folder that no part refers to. @throws the system's error */
export function unreferredFiles(folder: string, parts: readonly StoredPart[]): ImageFile[] {
  const referred = new Set(parts.map(({ file }) => file));
  return imageFilesIn(folder).filter(({ number }) => !referred.has(number));
}

function checkFile(path: string, parts: readonly StoredPart[]): ImageFault[] {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const text = isMissing ? 'the file is missing' : errorText(error);
    const zones = parts.reduce((sum, { count }) => sum + count, 0);
    const code = isMissing ? 'IMAGE_MISSING' : 'IMAGE_UNREADABLE';
    return [fault(path, null, code, `${text}, ${counted(zones, 'zone')} in it`, parts)];
  }
  try {
    const { size } = fstatSync(fd);
    return parts.flatMap((part) => checkPart(fd, path, size, part));
  } catch (error) {
    return [fault(path, null, 'IMAGE_UNREADABLE', errorText(error), parts)];
  } finally {
    closeSync(fd);
  }
}

function checkPart(fd: number, path: string, size: number, part: StoredPart): ImageFault[] {
  const { from, to, checksum } = part;
  const zones = counted(part.count, 'zone');
  if (to > size) {
    const text = `the file ends here, ${to - size} octets early for ${zones}`;
    return [fault(path, size, 'IMAGE_SHORT', text, [part])];
  }
  if (checksumOf(fd, from, to) !== checksum) {
    const text = `the octets up to ${to} have a wrong checksum, ${zones} in them`;
    return [fault(path, from, 'IMAGE_CHECKSUM', text, [part])];
  }
  return checkPlaces(fd, path, part);
}

function checkPlaces(fd: number, path: string, part: StoredPart): ImageFault[] {
  const { from, to } = part;
  const isOurs = part.program === crc32(programVersion());
  const faults: ImageFault[] = [];
  for (const { apex, offset, octets } of part.zones()) {
    const zone = nameText(apex, 0);
    const words = new Int32Array(2);
    readSync(fd, words, 0, words.byteLength, offset);
    const isInside = offset >= from && offset + octets <= to;
    if (isInside && words[IMAGE_MAGIC] !== IMAGE_FORMAT && !isOurs) {
      const text = 'images of another version of the program: their zones are loaded anew';
      return [{ ...fault(path, offset, 'IMAGE_VERSION', text, [part]), severity: 'warning' }];
    }
    const isImage = words[IMAGE_MAGIC] === IMAGE_FORMAT && words[IMAGE_SIZE] === octets;
    if (isInside && isImage) continue;
    const text = `no image of ${octets} octets for ${zone}`;
    faults.push(fault(path, offset, 'IMAGE_FORM', text, [part]));
  }
  return faults;
}

function checksumOf(fd: number, from: number, to: number): number {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_OCTETS, Math.max(1, to - from)));
  let checksum = 0;
  for (let at = from; at < to; ) {
    const got = readSync(fd, chunk, 0, Math.min(chunk.length, to - at), at);
    if (got === 0) return Number.NaN;
    checksum = crc32(chunk.subarray(0, got), checksum);
    at += got;
  }
  return checksum;
}

function fault(
  file: string,
  offset: number | null,
  code: string,
  text: string,
  parts: readonly StoredPart[],
): ImageFault {
  return { severity: 'error', code, file, offset, text, parts };
}
