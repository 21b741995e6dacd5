/**
 * Which directories must be watched so that no change of a set of files goes unheard: those that hold them, those that
 * hold the targets of symbolic links on the way, and, where something is missing, the nearest one that is there.
 * Must not know: zones, how directories are watched.
 */
import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SYMLINK_STEPS_MAX } from '../base/limits.js';

/** Built anew by each full scan, grown by what is loaded in between. All paths are absolute. */
export class WatchPlan {
  readonly directories = new Set<string>();
  /** Paths that, once they change, may change what many other paths mean: symbolic links and directories. */
  private readonly pivots = new Set<string>();
  /** Files by the path of what their symbolic link leads to. */
  private readonly targets = new Map<string, Set<string>>();
  private readonly covered = new Set<string>();

  /** Whether a change of this path calls for a full scan. */
  isPivot(path: string): boolean {
    return this.pivots.has(path) || this.directories.has(path);
  }

  /** Files that are read through a symbolic link when this path is. */
  readThrough(path: string): Iterable<string> {
    return this.targets.get(path) ?? [];
  }

  /** A zone directory: also its own coming and going is heard. */
  coverRoot(directory: string): void {
    this.coverDirectory(directory);
    this.pivots.add(directory);
    this.coverDirectory(dirname(directory));
  }

  coverFile(file: string): void {
    this.coverDirectory(dirname(file));
    let at = file;
    for (let step = 0; step < SYMLINK_STEPS_MAX; step++) {
      const target = linkTarget(at);
      if (target === null) return;
      this.coverDirectory(dirname(target));
      const files = this.targets.get(target) ?? new Set();
      this.targets.set(target, files.add(file));
      at = target;
    }
  }

  coverDirectory(directory: string): void {
    if (this.covered.has(directory)) return;
    this.covered.add(directory);
    if (!isThere(directory) && directory !== dirname(directory)) {
      this.pivots.add(directory);
      this.coverDirectory(dirname(directory));
      return;
    }
    this.directories.add(directory);
    this.coverLinks(directory, 0);
  }

  /** Hears of every symbolic link among the directories that lead to `path`. */
  private coverLinks(path: string, steps: number): void {
    const parts = path.split('/').slice(1);
    let at = '/';
    for (const [i, part] of parts.entries()) {
      at = join(at, part);
      const target = linkTarget(at);
      if (target === null) continue;
      this.pivots.add(at);
      this.directories.add(dirname(at));
      if (steps < SYMLINK_STEPS_MAX) {
        this.coverLinks(join(target, ...parts.slice(i + 1)), steps + 1);
      }
      return;
    }
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Where a symbolic link leads, one step; `null` if the path is none. */
function linkTarget(path: string): string | null {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return null;
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return null;
  }
}
