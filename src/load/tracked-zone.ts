/**
 * Zones as the reloader sees them: what is going on with each, and the files of its last attempt against what they are
 * now. Must not know: timers, watching, what is served.
 */
import { statSync } from 'node:fs';
import { REMOVAL_GRACE_MS } from '../base/limits.js';
import { type FileStamp, sameStamp, stampOf } from '../base/source.js';
import { doubtMs } from './file-print.js';
import type { LoadReply, LoadRules } from './load-message.js';
import type { LoadedFile } from './load-zone.js';
import type { ZoneSource } from './rescan.js';
import type { RowId, ZoneRows } from './zone-rows.js';

/** Makes zones that have no file each. */
export type ZoneMaker = {
  /** Makes all of them now; resolves when that is done. */
  load(): Promise<void>;
};

/** A source and the zones of it. */
export type TrackedSource = {
  /** Number of the source, as in the rows. */
  readonly index: number;
  readonly source: ZoneSource;
  /** Whether its zones are the files that are found in it; else a configuration names them. */
  readonly isListed: boolean;
  rules: LoadRules;
  /** What makes the zones; `null` if each has its file. */
  readonly data: ZoneMaker | null;
  zoneCount: number;
  /** Zones whose file is gone. */
  readonly missing: Set<RowId>;
  /** So many are gone that it is taken for an accident: they stay served. */
  refusing: boolean;
  /** Why the source could not be listed, if so; said once. */
  fault: string | null;
};

/** A source without zones so far. */
export function trackedSource(
  index: number,
  source: ZoneSource,
  isListed: boolean,
  rules: LoadRules,
  data: ZoneMaker | null = null,
): TrackedSource {
  return {
    index,
    source,
    isListed,
    rules,
    data,
    zoneCount: 0,
    missing: new Set(),
    refusing: false,
    fault: null,
  };
}

/** What is known of a zone while something is going on; most zones of a server have none. */
export type Motion = {
  loading: boolean;
  /** Something happened while it was loading. */
  again: boolean;
  /** The next load is an operator's order. */
  ordered: boolean;
  /** Attempts in a row that met a moving file. */
  retries: number;
  /** When one of the files was last heard of. Times are those of `performance.now`. */
  changedAt: number;
  missingSince: number | null;
};

/** The zones with which something is going on. */
export class Motions {
  private readonly motions = new Map<RowId, Motion>();

  get(row: RowId): Motion | undefined {
    return this.motions.get(row);
  }

  /** As `get`, and from now on something is going on. */
  of(row: RowId): Motion {
    const known = this.motions.get(row);
    if (known !== undefined) return known;
    const motion = {
      loading: false,
      again: false,
      ordered: false,
      retries: 0,
      changedAt: 0,
      missingSince: null,
    };
    this.motions.set(row, motion);
    return motion;
  }

  end(row: RowId): void {
    this.motions.delete(row);
  }
}

/** Zones by the path of each file that they include. */
export class Includers {
  private readonly rows: ZoneRows;
  private readonly byPath = new Map<string, Set<RowId>>();

  constructor(rows: ZoneRows) {
    this.rows = rows;
  }

  of(path: string): Iterable<RowId> {
    return this.byPath.get(path) ?? [];
  }

  /** Notes what the row's zone includes now. */
  add(row: RowId): void {
    for (const { path } of this.rows.includedOf(row)) {
      this.byPath.set(path, (this.byPath.get(path) ?? new Set()).add(row));
    }
  }

  /** Forgets what the row's zone has included so far. */
  remove(row: RowId): void {
    for (const { path } of this.rows.includedOf(row)) {
      const rows = this.byPath.get(path);
      rows?.delete(row);
      if (rows?.size === 0) this.byPath.delete(path);
    }
  }
}

/** Stamp of a regular file, links followed; `null` if there is none, `undefined` if that cannot be said. */
export function stampAt(path: string): FileStamp | null | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
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
export function hasChanged(rows: ZoneRows, row: RowId): boolean {
  if (differs(rows.stampOf(row), stampAt(rows.path[row]!))) return true;
  return rows.includedOf(row).some((file) => differs(file.stamp, stampAt(file.path)));
}

/** Whether a file moved on after the load had read it. */
export function hasMoved(reply: LoadReply): boolean {
  return (
    hasMetChange(reply) ||
    reply.result.files.some((file) => differs(file.stamp, stampAt(file.path)))
  );
}

/** Whether a file moved while the load was reading it. */
export function hasMetChange(reply: LoadReply): boolean {
  return reply.result.problems.some((problem) => problem.code === 'FILE_CHANGED');
}

/** How long after the last change the changed files may be believed, by what they look like; 0 if at once. */
export function doubtOf(rows: ZoneRows, row: RowId): number {
  const main = { path: rows.path[row]!, stamp: rows.stampOf(row), print: rows.print[row]! };
  let ms = fileDoubt(main);
  for (const file of rows.includedOf(row)) ms = Math.max(ms, fileDoubt(file));
  return ms;
}

function fileDoubt({ path, stamp, print }: LoadedFile): number {
  const now = stampAt(path);
  if (!differs(stamp, now)) return 0;
  return now === null || now === undefined ? REMOVAL_GRACE_MS : doubtMs(path, now, print);
}

function differs(a: FileStamp | null, b: FileStamp | null | undefined): boolean {
  if (a === null || b === null || b === undefined) return a !== (b ?? null);
  return !sameStamp(a, b);
}
