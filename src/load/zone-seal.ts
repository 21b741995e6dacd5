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
  const digest = hash('sha256', body, 'hex');
  const head = `${MARK.toString()}, ${origin}; edits of it are not served; sha256 ${digest}\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Whether the text in `octets[0, length)` is as it was when it was sealed. */
export function isSealed(octets: Uint8Array, length: number): boolean {
  if (length < MARK.length || MARK.compare(octets, 0, MARK.length) !== 0) return false;
  const head = Buffer.from(octets.subarray(0, Math.min(length, ZONE_SEAL_OCTETS_MAX)));
  const end = head.indexOf(NEWLINE);
  if (end < MARK.length + DIGEST_DIGITS) return false;
  const digest = head.toString('latin1', end - DIGEST_DIGITS, end);
  return hash('sha256', octets.subarray(end + 1, length), 'hex') === digest;
}
