/**
 * Is a file that shrank shortened on purpose, or is its writer half-way? Keeps, for each file that is served, samples
 * of the running hash of its octets: enough to see that a shorter file is the beginning of the former one.
 * Must not know: zones, who watches.
 */
import { PREFIX_OCTETS_MAX, PREFIX_SAMPLES_MAX, PREFIX_STEP_OCTETS_MIN } from '../base/limits.js';
import { type FileStamp, readSource, type Source } from '../base/source.js';

/** What is remembered of a version of a file. */
export type FilePrefix = {
  readonly stamp: FileStamp;
  /** Octets between two samples. */
  readonly step: number;
  /** Hash of the first `step`, `2 * step` … octets. */
  readonly samples: Int32Array;
  readonly newlineAtEnd: boolean;
};

export function prefixOf(source: Source, stamp: FileStamp): FilePrefix {
  const step = Math.max(PREFIX_STEP_OCTETS_MIN, Math.ceil(source.length / PREFIX_SAMPLES_MAX));
  return {
    stamp,
    step,
    samples: sampleHashes(source.octets, source.length, step),
    newlineAtEnd: endsWithNewline(source),
  };
}

/** The samples of a file as it is now, or `null` if it cannot be read or is too large to be checked. */
export function readPrefix(path: string): FilePrefix | null {
  const source = readSmall(path);
  return source === null || source.stamp === null ? null : prefixOf(source, source.stamp);
}

/**
 * Whether a file looks as if its writer were not done: it is empty, or it was written in place and is now less than
 * half as long, or the beginning of what it was, or has lost the newline at its end.
 * @param former what was served of this file last; `null` if that is not known
 */
export function looksHalfWritten(path: string, now: FileStamp, former: FilePrefix | null): boolean {
  if (now.size === 0n) return true;
  if (former === null || now.inode !== former.stamp.inode) return false;
  const shrank = now.size < former.stamp.size;
  if (now.size * 2n < former.stamp.size) return true;
  if (now.size > BigInt(PREFIX_OCTETS_MAX)) return shrank;
  const source = readSmall(path);
  if (source === null) return true;
  if (former.newlineAtEnd && !endsWithNewline(source)) return true;
  if (!shrank) return false;
  const samples = sampleHashes(source.octets, source.length, former.step);
  return samples.every((hash, i) => hash === former.samples[i]);
}

function readSmall(path: string): Source | null {
  try {
    const source = readSource(path);
    return source.length > PREFIX_OCTETS_MAX ? null : source;
  } catch {
    return null;
  }
}

function endsWithNewline(source: Source): boolean {
  return source.length > 0 && source.octets[source.length - 1] === 0x0a;
}

function sampleHashes(octets: Uint8Array, length: number, step: number): Int32Array {
  const samples = new Int32Array(Math.floor(length / step));
  let hash = 0;
  for (let i = 0, at = 0; i < samples.length; i++) {
    for (const end = at + step; at < end; at++)
      hash = Math.imul(hash ^ octets[at]!, 0x01000193) + 1;
    samples[i] = hash;
  }
  return samples;
}
