/**
 * Wake-ups: says in which directory something happened, and to which name. Never more than a hint: events may be lost,
 * early or repeated. One inotify watch per directory, whatever is in it. The one file that imports chokidar.
 * Must not know: zones, what changed.
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { FSWatcher } from 'chokidar';
import { errorText } from '../base/errors.js';
import { REPEATED_LOG_MS } from '../base/limits.js';
import { type Log, limitedWarning } from '../base/log.js';

/** `name` is a name in `directory`, or `null` if the directory itself or anything in it may have changed. */
export type Wake = (directory: string, name: string | null) => void;

/**
 * chokidar without its own listing of directories: it would read and stat all of a directory at each event, and
 * watch each file. What is left is the watch of the directory, whose raw events carry the names.
 */
class DirectoryOnlyWatcher extends FSWatcher {
  override _readdirp(): undefined {
    return undefined;
  }
}

type Armed = { readonly watcher: FSWatcher; readonly identity: string };

/** The watched directories. */
export class DirectoryWatcher {
  private readonly armed = new Map<string, Armed>();
  private readonly wake: Wake;
  private readonly failed: (fields: { directory: string }, text: string) => void;

  constructor(wake: Wake, log: Log) {
    this.wake = wake;
    this.failed = limitedWarning(log, 'watch.failed', REPEATED_LOG_MS);
  }

  /** Directories that are watched now. */
  get count(): number {
    return this.armed.size;
  }

  /**
   * Watches these directories and no others. One that was replaced under its name is watched anew.
   * @returns those newly watched, once events in them are sure to arrive.
   */
  async replace(directories: ReadonlySet<string>): Promise<string[]> {
    const closing: Promise<void>[] = [];
    for (const [directory, { watcher }] of this.armed) {
      if (directories.has(directory)) continue;
      this.armed.delete(directory);
      closing.push(watcher.close());
    }
    await Promise.all(closing);
    return this.add(directories);
  }

  /** Watches these directories too, as `replace` does. Missing ones are left out. */
  async add(directories: Iterable<string>): Promise<string[]> {
    const fresh: Promise<string>[] = [];
    for (const directory of directories) {
      const identity = identityOf(directory);
      const known = this.armed.get(directory);
      if (known !== undefined && known.identity === identity) continue;
      this.armed.delete(directory);
      const closed = known?.watcher.close();
      if (identity !== null) fresh.push(this.arm(directory, identity, closed));
    }
    return Promise.all(fresh);
  }

  async stop(): Promise<void> {
    await this.replace(new Set());
  }

  private async arm(
    directory: string,
    identity: string,
    closed: Promise<void> | undefined,
  ): Promise<string> {
    const watcher = new DirectoryOnlyWatcher({ depth: 0, ignoreInitial: true, atomic: false });
    this.armed.set(directory, { watcher, identity });
    await closed;
    // Given up in the meantime
    if (this.armed.get(directory)?.watcher !== watcher) return directory;
    const own = basename(directory);
    watcher.on('raw', (_event, name) => {
      // The directory's own name stands for the directory itself: moved, removed, or its permissions changed.
      this.wake(directory, name === undefined || name === null || name === own ? null : name);
    });
    watcher.on('error', (error) => {
      this.failed(
        { directory },
        `cannot watch ${directory}: ${errorText(error)}; changes in it are found by the timed scan only`,
      );
    });
    return new Promise((resolve) => {
      watcher.once('ready', () => resolve(directory));
      watcher.add(directory);
    });
  }
}

/** Tells a directory from another that has taken its name; `null` if there is none. */
function identityOf(directory: string): string | null {
  const stats = statSync(directory, { bigint: true, throwIfNoEntry: false });
  return stats?.isDirectory() ? `${stats.dev}:${stats.ino}` : null;
}
