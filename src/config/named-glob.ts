/**
 * Patterns of file names as glob(3) has them: `*`, `?`, `[a-z]`, `[!a]`, `\` before any of these. A leading dot must be
 * written. Must not know: what the files are for.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../base/errors.js';

/** Codes of the system for a path where nothing is. */
const ABSENT: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR']);

/** What matches one character; `null` stands for `*`. */
type Matcher = ((char: string) => boolean) | null;

export function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

export type Matches = {
  readonly paths: readonly string[];
  /** Directories that were looked into. */
  readonly folders: readonly string[];
  /** Why directories that are there could not be listed. */
  readonly faults: readonly string[];
};

/** The paths that match, in order of their names. */
export function expandPattern(pattern: string): Matches {
  const folders: string[] = [];
  const faults: string[] = [];
  const segments = pattern.split('/').filter((segment) => segment !== '');
  let paths = [pattern.startsWith('/') ? '/' : '.'];
  segments.forEach((segment, i) => {
    if (!isPattern(segment)) {
      paths = paths.map((path) => join(path, segment.replace(/\\(.)/g, '$1')));
      return;
    }
    folders.push(...paths);
    const isLast = i === segments.length - 1;
    paths = paths.flatMap((path) => entries(path, segment, isLast, faults));
  });
  return { paths: paths.filter(isThere), folders, faults };
}

function entries(folder: string, segment: string, isLast: boolean, faults: string[]): string[] {
  const matchers = matchersOf(segment);
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => isLast || entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .filter((name) => name.startsWith('.') === segment.startsWith('.') && matches(matchers, name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    if (!isMissing(error)) faults.push(errorText(error));
    return [];
  }
}

/** A link that leads nowhere is there, and so is what may not be looked at: who reads it says what is wrong. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    return !isMissing(error);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ABSENT.has(error.code);
}

function matchersOf(segment: string): Matcher[] {
  const matchers: Matcher[] = [];
  for (let at = 0; at < segment.length; at++) {
    const char = segment[at]!;
    const close = segment.indexOf(']', at + 2);
    if (char === '*') matchers.push(null);
    else if (char === '?') matchers.push(() => true);
    else if (char === '[' && close !== -1) {
      matchers.push(setMatcher(segment.slice(at + 1, close)));
      at = close;
    } else {
      const literal = char === '\\' && at + 1 < segment.length ? segment[++at] : char;
      matchers.push((other) => other === literal);
    }
  }
  return matchers;
}

/** Of what stands between brackets. */
function setMatcher(text: string): (char: string) => boolean {
  const isNegated = text.startsWith('!') || text.startsWith('^');
  const members = isNegated ? text.slice(1) : text;
  return (char) => {
    for (let i = 0; i < members.length; i++) {
      const low = members[i]!;
      const isRange = members[i + 1] === '-' && i + 2 < members.length;
      const high = isRange ? members[i + 2]! : low;
      if (isRange) i += 2;
      if (char >= low && char <= high) return !isNegated;
    }
    return isNegated;
  };
}

/** Goes back to the last `*` only, so that no pattern takes longer than its length times the name's. */
function matches(matchers: readonly Matcher[], name: string): boolean {
  let at = 0;
  let starAt = -1;
  let starName = 0;
  for (let i = 0; i < name.length; ) {
    const matcher = matchers[at];
    if (matcher === null) {
      starAt = at++;
      starName = i;
    } else if (matcher?.(name[i]!)) {
      at++;
      i++;
    } else if (starAt >= 0) {
      at = starAt + 1;
      i = ++starName;
    } else return false;
  }
  while (matchers[at] === null) at++;
  return at === matchers.length;
}
