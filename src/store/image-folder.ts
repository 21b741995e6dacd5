/**
 * Which files of a folder hold images, for those who only look: the folder need not be there, and is not made.
 * Must not know: what is in the files.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type ImageFile = { readonly number: number; readonly octets: number };

const NAME = /^(\d{8})\.img$/;
const QUIETLY = { throwIfNoEntry: false } as const;

export function imagePath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.img`);
}

/** The number in a file's name; 0 if the name is not one of ours. */
export function imageNumber(name: string): number {
  return Number(NAME.exec(name)?.[1] ?? 0);
}

/** All files of images, in no order. @throws the system's error */
export function imageFilesIn(folder: string): ImageFile[] {
  const files: ImageFile[] = [];
  if (statSync(folder, QUIETLY) === undefined) return files;
  for (const name of readdirSync(folder)) {
    const number = imageNumber(name);
    const stats = number === 0 ? undefined : statSync(imagePath(folder, number), QUIETLY);
    if (stats?.isFile()) files.push({ number, octets: stats.size });
  }
  return files;
}
