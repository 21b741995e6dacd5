/**
 * Is a file that shrank shortened on purpose, or is its writer half-way? Keeps, for each file that is served, samples
 * of the running hash of its octets: enough to see that a shorter file is the beginning of the former one.
 * Must not know: zones, who watches.
 */
import {
  DOUBT_MS,
  HALF_WRITTEN_MS,
  PREFIX_OCTETS_MAX,
  PREFIX_SAMPLES_MAX,
  PREFIX_STEP_OCTETS_MIN,
} from '../base/limits.js';
import { type FileStamp, readSource, type Source } from '../base/source.js';

/** Octets at the end of a file that tell whether it ends as before: about two records. */
const TAIL_OCTETS = 64;

/** What is remembered of a version of a file. */
export type FilePrefix = {
  readonly stamp: FileStamp;
  /** Octets between two samples. */
  readonly step: number;
  /** Hash of the first `step`, `2 * step` … octets. */
  readonly samples: readonly number[];
  readonly newlineAtEnd: boolean;
  /** Hash of the last octets, as many as `tailOctets`. */
  readonly tail: number;
  readonly tailOctets: number;
};

/** What to remember of a file that was read; `null` for text that never was a file. */
export function prefixOf(source: Source): FilePrefix | null {
  const { octets, length, stamp } = source;
  if (stamp === null) return null;
  const tailOctets = Math.min(length, TAIL_OCTETS);
  const step = Math.max(PREFIX_STEP_OCTETS_MIN, Math.ceil(length / PREFIX_SAMPLES_MAX));
  return {
    stamp,
    step,
    samples: sampleHashes(octets, length, step),
    newlineAtEnd: endsWithNewline(source),
    tail: hashOf(octets, length - tailOctets, length, 0),
    tailOctets,
  };
}

/**
 * How long to wait, after the last change of a file, before it is believed: its writer may not be done if it is empty,
 * or was written in place and has lost the newline at its end, or is the beginning of what it was. If it shrank and
 * ends otherwise than before, or is new and ends within a line, a shorter wait must do: such are common edits, too.
 * @param former what was served of this file last; `null` if nothing was
 * @returns milliseconds, 0 for no doubt
 */
export function doubtMs(path: string, now: FileStamp, former: FilePrefix | null): number {
  if (now.size === 0n) return HALF_WRITTEN_MS;
  if (former === null)
    return now.size > BigInt(PREFIX_OCTETS_MAX) || isWholeLines(path) ? 0 : DOUBT_MS;
  if (now.inode !== former.stamp.inode) return 0;
  const shrank = now.size < former.stamp.size;
  if (now.size > BigInt(PREFIX_OCTETS_MAX)) return shrank ? HALF_WRITTEN_MS : 0;
  const source = readSmall(path);
  if (source === null || (former.newlineAtEnd && !endsWithNewline(source))) return HALF_WRITTEN_MS;
  if (!shrank) return 0;
  const { octets, length } = source;
  const samples = sampleHashes(octets, length, former.step);
  if (samples.every((hash, i) => hash === former.samples[i])) return HALF_WRITTEN_MS;
  const tailAt = length - former.tailOctets;
  return tailAt >= 0 && hashOf(octets, tailAt, length, 0) === former.tail ? 0 : DOUBT_MS;
}

function isWholeLines(path: string): boolean {
  const source = readSmall(path);
  return source !== null && endsWithNewline(source);
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

function sampleHashes(octets: Uint8Array, length: number, step: number): number[] {
  const samples: number[] = [];
  let hash = 0;
  for (let at = step; at <= length; at += step) {
    hash = hashOf(octets, at - step, at, hash);
    samples.push(hash);
  }
  return samples;
}

function hashOf(octets: Uint8Array, start: number, stop: number, seed: number): number {
  let hash = seed;
  for (let at = start; at < stop; at++) hash = (Math.imul(hash ^ octets[at]!, 0x01000193) + 1) | 0;
  return hash;
}
