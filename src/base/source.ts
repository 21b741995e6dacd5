/**
 * The files that one load reads: their octets, and line and column of an offset in them. Kept until the load ends, so
 * that positions can stay plain offsets until somebody asks for a line.
 * Must not know: what the text means. Reading is the only I/O.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ZONE_FILE_OCTETS_MAX } from './limits.js';

/**
 * What tells one version of a file from another without reading it. Times in milliseconds, exact to a quarter of a
 * microsecond: finer than any two changes of a file, and a number costs a tenth of what a 64-bit integer does.
 */
export type FileStamp = {
  readonly inode: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
};

/** One file's text. `octets[length]` is a newline that is not part of the file: scanners stop there unasked. */
export type Source = {
  readonly path: string;
  readonly octets: Uint8Array;
  readonly length: number;
  /** `null` for text that never was a file. */
  readonly stamp: FileStamp | null;
};

/** Where the text starts: after a byte order mark, if there is one. */
export function textStart({ octets, length }: Source): number {
  return length >= 3 && octets[0] === 0xef && octets[1] === 0xbb && octets[2] === 0xbf ? 3 : 0;
}

export type Place = { readonly line: number; readonly column: number };

/** Makes a Source of text at hand, for tests and standard input. */
export function sourceFromOctets(path: string, text: Uint8Array): Source {
  const octets = new Uint8Array(text.length + 1);
  octets.set(text);
  octets[text.length] = 0x0a;
  return { path, octets, length: text.length, stamp: null };
}

/**
 * Reads a whole regular file.
 * @throws the system's error, or an Error whose `code` is EFBIG, ESTALE (changed while reading) or EINVAL (no file).
 */
export function readSource(path: string): Source {
  const fd = openSync(path, 'r');
  try {
    const before = fstatSync(fd);
    if (!before.isFile()) throw coded('EINVAL', 'not a regular file');
    if (before.size > ZONE_FILE_OCTETS_MAX) throw coded('EFBIG', 'file too large');
    const length = before.size;
    const octets = new Uint8Array(length + 1);
    let at = 0;
    while (at < length) {
      const got = readSync(fd, octets, at, length - at, at);
      if (got === 0) break;
      at += got;
    }
    const stamp = stampOf(fstatSync(fd));
    if (at !== length || !sameStamp(stamp, stampOf(before))) {
      throw coded('ESTALE', 'the file changed while it was being read');
    }
    octets[length] = 0x0a;
    return { path, octets, length, stamp };
  } finally {
    closeSync(fd);
  }
}

export function stampOf(stats: {
  ino: number;
  size: number;
  mtimeMs: number;
  ctimeMs: number;
}): FileStamp {
  return { inode: stats.ino, size: stats.size, mtimeMs: stats.mtimeMs, ctimeMs: stats.ctimeMs };
}

export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return (
    a.inode === b.inode && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs
  );
}

/** Offsets at which lines start, made at the first problem of a source. */
const lineStarts = new WeakMap<Source, Uint32Array>();

function lineStartsOf(source: Source): Uint32Array {
  const known = lineStarts.get(source);
  if (known !== undefined) return known;
  let count = 1;
  const { octets, length } = source;
  for (let i = 0; i < length; i++) if (octets[i] === 0x0a) count++;
  const starts = new Uint32Array(count);
  let line = 0;
  for (let i = 0; i < length; i++) if (octets[i] === 0x0a) starts[++line] = i + 1;
  lineStarts.set(source, starts);
  return starts;
}

/** Line and column (octets), both from 1, of an offset. */
export function placeOf(source: Source, offset: number): Place {
  const starts = lineStartsOf(source);
  const stop = Math.min(offset, source.length);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (starts[middle]! <= stop) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: stop - starts[low]! + 1 };
}

/** Where a line (from 1) starts, and one past its last octet, the newline not counted. The line must be there. */
export function lineSpan(source: Source, line: number): { start: number; stop: number } {
  const starts = lineStartsOf(source);
  const start = starts[line - 1] ?? source.length;
  const next = starts[line];
  return { start, stop: next === undefined ? source.length : next - 1 };
}

/** The text of a line (from 1) without its line end, for the caret display; `null` past the last line. */
export function lineText(source: Source, line: number): string | null {
  if (line > lineStartsOf(source).length) return null;
  const { start, stop } = lineSpan(source, line);
  return Buffer.from(source.octets.subarray(start, stop)).toString('utf8').replace(/\r$/, '');
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
