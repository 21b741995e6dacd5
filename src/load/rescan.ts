/**
 * What is there: the zone files of a source, listed without being read. Yields to the event loop, so that a directory
 * of any size does not delay an answer. Must not know: what is served, or what was there before.
 */
import { type Dirent, existsSync, opendirSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { errorText, ServerError } from '../base/errors.js';
import {
  DIRECTORY_DEPTH_MAX,
  READDIR_ENTRIES,
  SCAN_SLICE_MS,
  SORT_RUN_MAX,
} from '../base/limits.js';
import { isDataFileName, isPassingName, isShadowed, isZoneFileName } from './zone-files.js';

/** Where zones come from: a directory or one file, as named on the command line. */
export type ZoneSource = {
  /** As the user wrote it. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Absolute; the directory itself, or the one that the file is in. Includes stay in it. */
  readonly root: string;
};

export type Listing = {
  /** Zone files that were asked for, in path order, written as the user would. */
  readonly files: readonly string[];
  /** Zone files that are symbolic links, also those not asked for. */
  readonly links: readonly string[];
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

/**
 * Lists the zone files of a source.
 * @param isWanted which of them: a list of all that are known already would be long, and garbage
 */
export async function listZoneFiles(
  source: ZoneSource,
  isWanted: (path: string) => boolean = () => true,
): Promise<Listing> {
  if (!source.isDirectory) {
    const files = [source.path];
    return { files: files.filter(isWanted), links: files, directories: [], fault: null };
  }
  const slices = new Slices();
  const found: Found = { files: [], links: [], below: [] };
  const directories: string[] = [];
  let fault: string | null = null;
  const seen = new Set<string>();
  const waiting = [{ path: source.path, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, depth } = next;
    try {
      const real = await realpath(path);
      if (seen.has(real)) continue;
      seen.add(real);
      found.below.length = 0;
      await readDirectory(path, isWanted, found, slices);
      directories.push(resolve(path));
    } catch (error) {
      fault ??= `cannot read ${path}: ${errorText(error)}`;
    }
    if (depth === DIRECTORY_DEPTH_MAX) continue;
    for (const child of found.below) waiting.push({ path: child, depth: depth + 1 });
  }
  const files = await sorted(found.files, slices);
  return { files, links: found.links, directories, fault };
}

type Found = { readonly files: string[]; readonly links: string[]; readonly below: string[] };

async function readDirectory(
  path: string,
  isWanted: (path: string) => boolean,
  found: Found,
  slices: Slices,
): Promise<void> {
  // Not by promises: with one for each entry a large directory takes several times as long.
  const directory = opendirSync(path, { bufferSize: READDIR_ENTRIES });
  const start = join(path, '_').slice(0, -1);
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (slices.isOver()) await slices.pause();
      const { name } = entry;
      if (isPassingName(name)) continue;
      const child = start + name;
      const kind = kindAtOnce(entry) ?? (await kindOf(entry, child));
      if (kind === 'file' && isServedName(child)) {
        if (isWanted(child)) found.files.push(child);
        if (!entry.isFile()) found.links.push(child);
      } else if (kind === 'directory') {
        found.below.push(child);
      }
    }
  } finally {
    directory.closeSync();
  }
}

/** Whether a file in a zone directory is taken for a zone file, or for a file of many zones. */
export function isServedName(path: string): boolean {
  const name = basename(path);
  if (isZoneFileName(name)) return true;
  return (
    isDataFileName(name) && !isShadowed(name, (other) => existsSync(join(dirname(path), other)))
  );
}

/** Sorts by code units without holding up the event loop: short runs first, then merges of runs. */
async function sorted(paths: readonly string[], slices: Slices): Promise<string[]> {
  let runs: string[][] = [];
  for (let at = 0; at < paths.length; at += SORT_RUN_MAX) {
    runs.push(paths.slice(at, at + SORT_RUN_MAX).sort());
    if (slices.isOver()) await slices.pause();
  }
  while (runs.length > 1) {
    const merged: string[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(await merge(runs[i] ?? [], runs[i + 1] ?? [], slices));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge(
  a: readonly string[],
  b: readonly string[],
  slices: Slices,
): Promise<string[]> {
  const out: string[] = [];
  let from = 0;
  for (const path of a) {
    for (let other = b[from]; other !== undefined && other < path; other = b[++from])
      out.push(other);
    out.push(path);
    if (slices.isOver()) await slices.pause();
  }
  for (; from < b.length; from++) out.push(b[from] ?? '');
  return out;
}

/** `null` if it takes a look at the disk. */
function kindAtOnce(entry: Dirent): 'file' | 'directory' | null {
  return entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : null;
}

async function kindOf(entry: Dirent, path: string): Promise<'file' | 'directory' | 'other'> {
  const isZoneFile = isZoneFileName(basename(path)) || isDataFileName(basename(path));
  const stats = await stat(path).catch(() => null);
  // A zone file's link that leads nowhere is a zone whose file is missing, not the absence of a zone.
  if (stats === null) return entry.isSymbolicLink() && isZoneFile ? 'file' : 'other';
  return stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
}

/** Keeps long work from holding up the event loop: `if (slices.isOver()) await slices.pause()`. */
export class Slices {
  private until = performance.now() + SCAN_SLICE_MS;
  private steps = 0;

  /** Whether it is time for others. */
  isOver(): boolean {
    // Most steps take less than a look at the clock.
    return (++this.steps & 7) === 0 && performance.now() >= this.until;
  }

  /** Lets others run. */
  async pause(): Promise<void> {
    await setImmediate();
    this.until = performance.now() + SCAN_SLICE_MS;
  }
}
