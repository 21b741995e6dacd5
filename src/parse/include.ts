/**
 * Opens the files that a zone is made of: $INCLUDE relative to the including file, kept inside the zone's root
 * directory, bounded in depth and number. Keeps every source, read or not, for positions and for the watcher.
 * Must not know: the grammar around $INCLUDE.
 */
import { realpathSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { errorText } from '../base/errors.js';
import { INCLUDE_DEPTH_MAX, ZONE_FILES_MAX } from '../base/limits.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { readSource, type Source } from '../base/source.js';

/** Why a file was not opened. */
export type IncludeFault = { readonly code: ProblemCode; readonly text: string };

export type IncludeRules = {
  /** Directory that includes must stay in, after symlinks are resolved. */
  readonly root: string;
  readonly outside: boolean;
  /** What relative paths start at; `null`: the folder of the including file. */
  readonly base?: string | null;
  /** Files within files, at most. */
  readonly depth?: number;
};

/** All files of one load, in the order of opening. */
export class SourceSet {
  readonly sources: Source[] = [];
  /** Paths that were wanted but could not be read: the zone changes when they appear. */
  readonly missing: string[] = [];
  private readonly rules: IncludeRules;
  /** Paths of the files being read, outermost first; made real with the first include, which most zones never have. */
  private open: string[] = [];

  constructor(rules: IncludeRules) {
    this.rules = rules;
  }

  /** Takes the zone's main file or text, already read. */
  begin(source: Source): number {
    this.open.push(source.path);
    return this.sources.push(source) - 1;
  }

  /** Opens an included file; on success `end` must follow. */
  include(path: string, from: Source): number | IncludeFault {
    const { base, depth = INCLUDE_DEPTH_MAX } = this.rules;
    const wanted = resolve(base ?? dirname(from.path), path);
    if (this.open.length > depth) {
      return { code: 'INCLUDE_DEPTH', text: `includes nested more than ${depth} deep` };
    }
    if (this.sources.length >= ZONE_FILES_MAX) {
      return { code: 'FILES_TOO_MANY', text: `more than ${ZONE_FILES_MAX} files` };
    }
    try {
      const real = realpathSync(wanted);
      if (from.stamp !== null && this.open.length === 1) this.open = [realpathSync(from.path)];
      if (!this.isInside(real)) {
        return { code: 'INCLUDE_OUTSIDE', text: 'the included file is outside the root directory' };
      }
      if (this.open.includes(real))
        return { code: 'INCLUDE_CYCLE', text: 'the file includes itself' };
      const source = readSource(wanted);
      this.open.push(real);
      return this.sources.push(source) - 1;
    } catch (error) {
      this.missing.push(wanted);
      const code = isCode(error, 'ESTALE') ? 'FILE_CHANGED' : 'INCLUDE_UNREADABLE';
      return { code, text: `cannot read the included file: ${errorText(error)}` };
    }
  }

  /** Leaves the file opened last. */
  end(): void {
    this.open.pop();
  }

  private isInside(real: string): boolean {
    if (this.rules.outside) return true;
    const root = realpathSync(this.rules.root);
    return real.startsWith(root.endsWith(sep) ? root : root + sep);
  }
}

/** Whether an error of the system has this code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
