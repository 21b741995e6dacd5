/**
 * What is there: the zone files of a source, listed without being read. Yields to the event loop, so that a directory
 * of any size does not delay an answer. Must not know: what is served, or what was there before.
 */
import type { Dirent } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { errorText, ServerError } from '../base/errors.js';
import { DIRECTORY_DEPTH_MAX, SCAN_SLICE_MS } from '../base/limits.js';
import { isPassingName, isZoneFileName } from './zone-files.js';

/** Where zones come from: a directory or one file, as named on the command line. */
export type ZoneSource = {
  /** As the user wrote it. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Absolute; the directory itself, or the one that the file is in. Includes stay in it. */
  readonly root: string;
};

export type Listing = {
  /** Zone files in path order, written as the user would. */
  readonly files: readonly string[];
  /** Directories that were read, absolute. */
  readonly directories: readonly string[];
  /** Why a directory could not be read; `null` if all could. */
  readonly fault: string | null;
};

/** @throws ServerError `SOURCE_MISSING` if there is nothing at `path` */
export async function openSource(path: string): Promise<ZoneSource> {
  try {
    const isDirectory = (await stat(path)).isDirectory();
    const root = resolve(isDirectory ? path : dirname(path));
    return { path, isDirectory, root };
  } catch (error) {
    throw new ServerError('SOURCE_MISSING', `no zones at ${path}: ${errorText(error)}`, error);
  }
}

/** The zone file at `file`, as the source's user would write it, or `null` if it is not one of the source. */
export function pathInSource(source: ZoneSource, file: string): string | null {
  if (!source.isDirectory) return file === resolve(source.path) ? source.path : null;
  if (!file.startsWith(`${source.root}/`)) return null;
  const parts = file.slice(source.root.length + 1).split('/');
  if (parts.length > DIRECTORY_DEPTH_MAX + 1 || parts.slice(0, -1).some(isPassingName)) return null;
  return join(source.path, ...parts);
}

/** Lists the zone files of a source, or of the directory `below` it. */
export async function listZoneFiles(source: ZoneSource, below = source.path): Promise<Listing> {
  const listing = {
    files: [] as string[],
    directories: [] as string[],
    fault: null as string | null,
  };
  if (!source.isDirectory) return { ...listing, files: [source.path] };
  const slices = new Slices();
  const seen = new Set<string>();
  const waiting = [{ path: below, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, depth } = next;
    try {
      const real = await realpath(path);
      if (seen.has(real)) continue;
      seen.add(real);
      for await (const entry of await opendir(path, { bufferSize: 256 })) {
        await slices.pause();
        const child = join(path, entry.name);
        if (isPassingName(entry.name)) continue;
        const kind = await kindOf(entry, child);
        if (kind === 'file' && isZoneFileName(entry.name)) listing.files.push(child);
        if (kind === 'directory' && depth < DIRECTORY_DEPTH_MAX) {
          waiting.push({ path: child, depth: depth + 1 });
        }
      }
      listing.directories.push(resolve(path));
    } catch (error) {
      listing.fault ??= `cannot read ${path}: ${errorText(error)}`;
    }
  }
  listing.files.sort();
  return listing;
}

async function kindOf(entry: Dirent, path: string): Promise<'file' | 'directory' | 'other'> {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  const isZoneFile = isZoneFileName(basename(path));
  const stats = await stat(path).catch(() => null);
  // A zone file's link that leads nowhere is a zone whose file is missing, not the absence of a zone.
  if (stats === null) return entry.isSymbolicLink() && isZoneFile ? 'file' : 'other';
  return stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
}

/** Keeps long work from holding up the event loop. */
export class Slices {
  private until = performance.now() + SCAN_SLICE_MS;

  /** Lets others run if this slice is over. */
  async pause(): Promise<void> {
    if (performance.now() < this.until) return;
    await setImmediate();
    this.until = performance.now() + SCAN_SLICE_MS;
  }
}
