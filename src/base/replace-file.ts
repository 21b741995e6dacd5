/**
 * Replaces files, each as a whole: whoever reads one sees the former or the new one, also after a power failure.
 * Must not know: what is in them.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, lstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { WRITE_OCTETS_MAX } from './limits.js';

/** A file to write. */
export type NewFile = { readonly path: string; readonly octets: Uint8Array };

/**
 * Writes `octets` to a temporary file beside `path`, waits until they are on disk, and renames it to `path`. A symbolic
 * link at `path` is replaced, not followed.
 * @param mode of the new file, less what the process's umask takes away
 * @throws the system's error; unless it concerns the folder itself, the former file is as it was
 */
export function replaceFile(path: string, octets: Uint8Array, mode: number): void {
  replaceFiles([{ path, octets }], mode);
}

/**
 * As `replaceFile`, several files: all of them are on disk under temporary names before the first one is renamed.
 * @throws the system's error; if that comes of a rename, files before it are replaced, those after it are not
 */
export function replaceFiles(files: readonly NewFile[], mode: number): void {
  const waiting: { readonly path: string; readonly next: string }[] = [];
  try {
    for (const { path, octets } of files) {
      const next = temporaryPath(path);
      const fd = openSync(next, 'wx', mode);
      waiting.push({ path, next });
      try {
        writeAll(fd, octets);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    }
    for (const { path, next } of waiting) renameSync(next, path);
  } catch (error) {
    for (const { next } of waiting) rmSync(next, { force: true });
    throw error;
  }
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) syncFolder(folder);
}

/**
 * A name for a file that is to be renamed to `path`.
 * @throws what would stop the rename
 */
export function temporaryPath(path: string): string {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) throw isDirectory(path);
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

function isDirectory(path: string): Error {
  const error = new Error(`EISDIR: ${path} is a directory`);
  return Object.assign(error, { code: 'EISDIR' });
}

/** Writes all of `octets`. @param position in the file; null for where the last write ended */
export function writeAll(fd: number, octets: Uint8Array, position: number | null = null): void {
  for (let at = 0; at < octets.length; ) {
    const to = position === null ? null : position + at;
    at += writeSync(fd, octets, at, Math.min(octets.length - at, WRITE_OCTETS_MAX), to);
  }
}

/** A rename is on disk when its folder is. */
export function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
