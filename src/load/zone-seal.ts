/**
 * The first line of a zone file that a secondary writes: a comment that says where the zone is from, and carries the
 * SHA-256 of all that follows. So the file itself tells whether anybody has touched it since, also after a crash, and
 * also if nothing else is known of it. Must not know: who writes the file, what is done about a broken seal.
 */
import { hash } from 'node:crypto';
import { ZONE_SEAL_OCTETS_MAX } from '../base/transfer-limits.js';

const MARK = Buffer.from('; hotzone wrote this file');
const DIGEST_DIGITS = 64;
const NEWLINE = 0x0a;

/**
 * Zone text with its seal before it.
 * @param origin where it is from, on one line
 */
export function sealedText(body: Uint8Array, origin: string): Buffer {
  return Buffer.concat([sealHead(origin, hash('sha256', body, 'hex')), body]);
}

/** The first line of a file; as long as any other of the same origin. @param digest of all that follows, in hex */
export function sealHead(origin: string, digest: string): Buffer {
  return Buffer.from(
    `${MARK.toString()}, ${origin}; edits of it are not served; sha256 ${digest}\n`,
  );
}

/**
 * The digest that the first line of the text in `octets[0, length)` carries, in hex: that of what follows, if nobody
 * has touched it since. Null without a seal.
 */
export function claimedSeal(octets: Uint8Array, length: number): string | null {
  const end = headEnd(octets, length);
  if (end < 0) return null;
  return Buffer.from(octets.subarray(end - DIGEST_DIGITS, end)).toString('latin1');
}

/** As `claimedSeal`, but null if the text is not as it was when it was sealed. */
export function sealOf(octets: Uint8Array, length: number): string | null {
  const claimed = claimedSeal(octets, length);
  if (claimed === null) return null;
  const body = octets.subarray(headEnd(octets, length) + 1, length);
  return hash('sha256', body, 'hex') === claimed ? claimed : null;
}

/** Offset of the newline of a seal, or -1. */
function headEnd(octets: Uint8Array, length: number): number {
  if (length < MARK.length || MARK.compare(octets, 0, MARK.length) !== 0) return -1;
  const end = octets.subarray(0, Math.min(length, ZONE_SEAL_OCTETS_MAX)).indexOf(NEWLINE);
  return end < MARK.length + DIGEST_DIGITS ? -1 : end;
}

/** Whether the text in `octets[0, length)` is as it was when it was sealed. */
export function isSealed(octets: Uint8Array, length: number): boolean {
  return sealOf(octets, length) !== null;
}
