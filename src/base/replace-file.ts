/**
 * Replaces a file as a whole: whoever reads it sees the former or the new one, also after a power failure.
 * Must not know: what is in it.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { WRITE_OCTETS_MAX } from './limits.js';

/**
 * Writes `octets` to a temporary file beside `path`, waits until they are on disk, and renames it to `path`. A symbolic
 * link at `path` is replaced, not followed.
 * @param mode of the new file, less what the process's umask takes away
 * @throws the system's error; unless it concerns the folder itself, the former file is as it was
 */
export function replaceFile(path: string, octets: Uint8Array, mode: number): void {
  const next = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const fd = openSync(next, 'wx', mode);
  try {
    try {
      writeAll(fd, octets);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

function writeAll(fd: number, octets: Uint8Array): void {
  for (let at = 0; at < octets.length; ) {
    at += writeSync(fd, octets, at, Math.min(octets.length - at, WRITE_OCTETS_MAX));
  }
}

/** A rename is on disk when its folder is. */
function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
