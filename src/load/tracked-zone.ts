/**
 * A zone as the reloader sees it: the files that it was made of at the last attempt, and what they are now.
 * Must not know: timers, watching, what is served.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { REMOVAL_GRACE_MS } from '../base/limits.js';
import { type FileStamp, sameStamp, stampOf } from '../base/source.js';
import { doubtMs, type FilePrefix } from './file-prefix.js';
import type { LoadReply } from './load-message.js';
import type { ZoneSource } from './rescan.js';
import type { Zone } from './zone-set.js';

/** A source and the zones of it. */
export type TrackedSource = {
  readonly source: ZoneSource;
  zoneCount: number;
  /** Zones whose file is gone. */
  readonly missing: Set<TrackedZone>;
  /** So many are gone that it is taken for an accident: they stay served. */
  refusing: boolean;
  /** Why the source could not be listed, if so; said once. */
  fault: string | null;
};

export type TrackedFile = {
  /** Absolute. */
  readonly path: string;
  /** As of the last attempt; `null` if it could not be read. */
  readonly stamp: FileStamp | null;
  /** Of the version served, if it is known. */
  readonly prefix: FilePrefix | null;
};

export type TrackedZone = {
  readonly zone: Zone;
  readonly from: TrackedSource;
  /** The main file, absolute. */
  readonly file: string;
  /** The main file first. */
  files: readonly TrackedFile[];
  loading: boolean;
  /** Something happened while it was loading. */
  again: boolean;
  /** Attempts in a row that met a moving file. */
  retries: number;
  /** When one of the files was last heard of. Times are those of `performance.now`. */
  changedAt: number;
  missingSince: number | null;
};

export function trackZone(zone: Zone, from: TrackedSource): TrackedZone {
  const file = resolve(zone.path);
  return {
    zone,
    from,
    file,
    files: [{ path: file, stamp: null, prefix: null }],
    loading: false,
    again: false,
    retries: 0,
    changedAt: 0,
    missingSince: null,
  };
}

/** Stamp of a regular file, links followed; `null` if there is none, `undefined` if that cannot be said. */
export function stampAt(path: string): FileStamp | null | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats?.isFile() ? stampOf(stats) : null;
  } catch {
    return undefined;
  }
}

export function isDirectoryAt(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

/** Whether any file differs from what the last attempt read. */
export function hasChanged(tracked: TrackedZone): boolean {
  return tracked.files.some((file) => differs(file.stamp, stampAt(file.path)));
}

/** Whether a file moved on after the load had read it. */
export function hasMoved(reply: LoadReply): boolean {
  const { files, problems } = reply.result;
  return (
    problems.some((problem) => problem.code === 'FILE_CHANGED') ||
    files.some((file) => differs(file.stamp, stampAt(file.path)))
  );
}

/** When the changed files may be believed, by what they look like; 0 if at once. */
export function believableAt(tracked: TrackedZone): number {
  let at = 0;
  for (const { path, stamp, prefix } of tracked.files) {
    const now = stampAt(path);
    if (!differs(stamp, now)) continue;
    if (now === null || now === undefined) at = Math.max(at, REMOVAL_GRACE_MS);
    else at = Math.max(at, doubtMs(path, now, prefix));
  }
  return at === 0 ? 0 : tracked.changedAt + at;
}

/** Notes what a load has read. What was served before stays the measure of half-written files if it was rejected. */
export function noteLoad(tracked: TrackedZone, reply: LoadReply): void {
  const former = new Map(tracked.files.map((file) => [file.path, file.prefix]));
  const { files } = reply.result;
  if (files.length === 0) {
    // The loader failed: not to be tried again until the file changes.
    const prefix = former.get(tracked.file) ?? null;
    tracked.files = [{ path: tracked.file, stamp: stampAt(tracked.file) ?? null, prefix }];
    return;
  }
  const isServed = reply.result.image !== null;
  tracked.files = files.map((file) => {
    const path = resolve(file.path);
    const prefix = isServed ? file.prefix : (former.get(path) ?? null);
    return { path, stamp: file.stamp, prefix };
  });
}

function differs(a: FileStamp | null, b: FileStamp | null | undefined): boolean {
  if (a === null || b === null || b === undefined) return a !== (b ?? null);
  return !sameStamp(a, b);
}
