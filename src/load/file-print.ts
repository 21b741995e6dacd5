/**
 * What is remembered of the octets of a file that is served: whether a new version says the same, and whether a file
 * that shrank was shortened on purpose or has a writer half-way. Packed into a string of one octet each, since there
 * is one for each of perhaps 100,000 files:
 *
 *     0   12 octets  beginning of the content's SHA-256, of sealed text that in the seal; the last bit is 1 if sealed
 *     12   8 octets  inode       20   8 octets  size
 *     28   1 octet   bits: 1 if the last octet is a newline, 2 if the text is sealed (zone-seal.ts)
 *     29   4 octets  hash of the last PRINT_TAIL_OCTETS octets
 *     33   2 octets  each: running hash of the first `step`, `2 * step` … octets; none of a file too large to be reread
 *
 * Must not know: zones, who watches.
 */
import { hash } from 'node:crypto';
import {
  DOUBT_MS,
  HALF_WRITTEN_MS,
  PREFIX_OCTETS_MAX,
  PREFIX_SAMPLES_MAX,
  PREFIX_STEP_OCTETS_MIN,
} from '../base/limits.js';
import { type FileStamp, readSource, type Source } from '../base/source.js';
import { sealOf } from './zone-seal.js';

/** See above; empty of a file that was not read. */
export type FilePrint = string;

/** Octets at the end of a file that tell whether it ends as before: about two records. */
export const PRINT_TAIL_OCTETS = 64;

const DIGEST_OCTETS = 12;
const INODE_AT = 12;
const SIZE_AT = 20;
const BITS_AT = 28;
const TAIL_AT = 29;
const SAMPLES_AT = 33;

const NEWLINE = 0x0a;

// Of the octet at BITS_AT
const ENDS_WITH_NEWLINE = 1;
const SEALED = 2;

/** One for all calls of a thread. */
const scratch = Buffer.alloc(SAMPLES_AT + 2 * PREFIX_SAMPLES_MAX);

/**
 * What to remember of a file that was read; empty for text that never was a file.
 * @param seal of the text (zone-seal.ts), if that is known: then no digest is made
 */
export function printOf(
  source: Source,
  seal: string | null = sealOf(source.octets, source.length),
): FilePrint {
  const { octets, length, stamp } = source;
  if (stamp === null) return '';
  const digest = seal ?? hash('sha256', octets.subarray(0, length), 'hex');
  writeHead(digest, seal !== null, stamp.inode, length);
  writeTail(octets, length);
  const samples = length > PREFIX_OCTETS_MAX ? 0 : writeSamples(octets, length, stepOf(length));
  return scratch.toString('latin1', 0, SAMPLES_AT + 2 * samples);
}

/**
 * As `printOf`, of a sealed file of more than PREFIX_OCTETS_MAX.
 * @param tail its last PRINT_TAIL_OCTETS octets
 */
export function printOfTail(stamp: FileStamp, tail: Uint8Array, seal: string): FilePrint {
  writeHead(seal, true, stamp.inode, stamp.size);
  writeTail(tail, tail.length);
  return scratch.toString('latin1', 0, SAMPLES_AT);
}

function writeHead(digest: string, isSealed: boolean, inode: number, length: number): void {
  scratch.write(digest, 0, DIGEST_OCTETS, 'hex');
  // text that lost its seal is another text, though its digest is the same
  scratch[DIGEST_OCTETS - 1] = (scratch[DIGEST_OCTETS - 1]! & 0xfe) | (isSealed ? 1 : 0);
  scratch.writeDoubleLE(inode, INODE_AT);
  scratch.writeDoubleLE(length, SIZE_AT);
  scratch[BITS_AT] = isSealed ? SEALED : 0;
}

function writeTail(octets: Uint8Array, length: number): void {
  if (length > 0 && octets[length - 1] === NEWLINE) scratch[BITS_AT]! |= ENDS_WITH_NEWLINE;
  scratch.writeInt32LE(hashOf(octets, Math.max(0, length - PRINT_TAIL_OCTETS), length, 0), TAIL_AT);
}

/** The part of a print that stands for the content alone. */
export function digestOf(print: FilePrint): string {
  return print.slice(0, DIGEST_OCTETS);
}

/** Whether two prints are of the same content. */
export function samePrint(a: FilePrint, b: FilePrint): boolean {
  for (let i = 0; i < DIGEST_OCTETS; i++) if (a.charCodeAt(i) !== b.charCodeAt(i)) return false;
  return a !== '';
}

/** Whether the file is, octet for octet, what a secondary wrote. */
export function isSealedPrint(print: FilePrint): boolean {
  return (print.charCodeAt(BITS_AT) & SEALED) !== 0;
}

/**
 * How long to wait, after the last change of a file, before it is believed: its writer may not be done if it is empty,
 * or was written in place and has lost the newline at its end, or is the beginning of what it was. If it shrank and
 * ends otherwise than before, or is new and ends within a line, a shorter wait must do: such are common edits, too.
 * @param print of what was served of this file last; empty if nothing was
 * @returns milliseconds, 0 for no doubt
 */
export function doubtMs(path: string, now: FileStamp, print: FilePrint): number {
  if (now.size === 0) return HALF_WRITTEN_MS;
  if (print === '') return now.size > PREFIX_OCTETS_MAX || isWholeLines(path) ? 0 : DOUBT_MS;
  const former = Buffer.from(print, 'latin1');
  if (now.inode !== former.readDoubleLE(INODE_AT)) return 0;
  const formerSize = former.readDoubleLE(SIZE_AT);
  const shrank = now.size < formerSize;
  if (now.size > PREFIX_OCTETS_MAX) return shrank ? HALF_WRITTEN_MS : 0;
  const source = readSmall(path);
  const hadNewline = (former[BITS_AT]! & ENDS_WITH_NEWLINE) !== 0;
  const isCut = source !== null && hadNewline && !endsWithNewline(source);
  if (source === null || isCut) return HALF_WRITTEN_MS;
  if (!shrank) return 0;
  if (formerSize > PREFIX_OCTETS_MAX) return HALF_WRITTEN_MS;
  const { octets, length } = source;
  const samplesEnd = SAMPLES_AT + 2 * writeSamples(octets, length, stepOf(formerSize));
  const isBeginning = scratch.compare(former, SAMPLES_AT, samplesEnd, SAMPLES_AT, samplesEnd) === 0;
  if (isBeginning) return HALF_WRITTEN_MS;
  const tailAt = length - Math.min(formerSize, PRINT_TAIL_OCTETS);
  const isSameTail =
    tailAt >= 0 && hashOf(octets, tailAt, length, 0) === former.readInt32LE(TAIL_AT);
  return isSameTail ? 0 : DOUBT_MS;
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
  return source.length > 0 && source.octets[source.length - 1] === NEWLINE;
}

function stepOf(length: number): number {
  return Math.max(PREFIX_STEP_OCTETS_MIN, Math.ceil(length / PREFIX_SAMPLES_MAX));
}

/** Writes samples into the scratch. @returns how many */
function writeSamples(octets: Uint8Array, length: number, step: number): number {
  let count = 0;
  let running = 0;
  for (let at = step; at <= length && count < PREFIX_SAMPLES_MAX; at += step) {
    running = hashOf(octets, at - step, at, running);
    scratch.writeUInt16LE(running >>> 16, SAMPLES_AT + 2 * count++);
  }
  return count;
}

function hashOf(octets: Uint8Array, start: number, stop: number, seed: number): number {
  let running = seed;
  for (let at = start; at < stop; at++) {
    running = (Math.imul(running ^ octets[at]!, 0x01000193) + 1) | 0;
  }
  return running;
}
