/**
 * What is watched: the directories of the plan in force, and of the one that a scan is making. Also files beside the
 * zones' that somebody wants to hear of. Must not know: zones.
 */
import type { Log } from '../base/log.js';
import { WatchPlan } from './watch-plan.js';
import { DirectoryWatcher, type Wake } from './watcher.js';

/** Files beside the zones' that somebody wants to hear of: configurations. */
export type Followed = {
  /** Has their directories watched. */
  cover(plan: WatchPlan): void;
  /** @param path absolute */
  concerns(path: string): boolean;
  /** Something may have changed: compares stamps. */
  look(): void;
};

export class Watch {
  private readonly watcher: DirectoryWatcher;
  private followed: Followed[] = [];
  /** Whether there are directories whose events may have been missed. */
  private readonly missed: () => void;
  private plan = new WatchPlan();
  /** The plan that a scan under way is making. */
  private nextPlan: WatchPlan | null = null;

  /** @param missed called when directories are newly watched: what happened there before has raised no event */
  constructor(wake: Wake, missed: () => void, log: Log) {
    this.watcher = new DirectoryWatcher(wake, log);
    this.missed = missed;
  }

  follow(followed: Followed): void {
    this.followed.push(followed);
  }

  unfollow(followed: Followed): void {
    this.followed = this.followed.filter((one) => one !== followed);
  }

  /** Lets those look who follow the file; all of them without a path. @returns whether there were any */
  lookAt(path: string | null): boolean {
    const concerned = this.followed.filter((one) => path === null || one.concerns(path));
    for (const one of concerned) one.look();
    return concerned.length > 0;
  }

  /** Whether somebody follows the file at an absolute path. */
  isFollowed(path: string): boolean {
    return this.followed.some((one) => one.concerns(path));
  }

  /** Whether a change of this path calls for a full scan. */
  isPivot(path: string): boolean {
    return this.plan.isPivot(path);
  }

  /** Files that are read through a symbolic link when this path is. */
  readThrough(path: string): Iterable<string> {
    return this.plan.readThrough(path);
  }

  /** Begins a plan, which `use` ends. */
  begin(): WatchPlan {
    const plan = new WatchPlan();
    this.nextPlan = plan;
    for (const followed of this.followed) followed.cover(plan);
    return plan;
  }

  /** Watches what the plan says, and nothing else. */
  async use(plan: WatchPlan): Promise<void> {
    this.plan = plan;
    this.nextPlan = null;
    const fresh = await this.watcher.replace(plan.directories);
    if (fresh.length > 0) this.missed();
  }

  /** Hears of changes of these files, too, from now on. */
  cover(files: readonly string[]): void {
    // The plan of a scan under way replaces the present one, and is armed, when the scan ends.
    const plan = this.nextPlan ?? this.plan;
    const watched = plan.directories.size;
    for (const file of files) plan.coverFile(file);
    if (plan.directories.size === watched || this.nextPlan !== null) return;
    void this.watcher.add(plan.directories).then((fresh) => {
      if (fresh.length > 0) this.missed();
    });
  }

  stop(): Promise<void> {
    return this.watcher.stop();
  }
}
