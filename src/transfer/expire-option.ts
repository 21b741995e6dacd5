/**
 * The EDNS option EXPIRE (RFC 7314): how long the sender may still serve the zone. Must not know: timers.
 */
import { readU16, readU32 } from '../wire/octets.js';

export const EDNS_OPTION_EXPIRE = 9;
const OPTION_HEAD_OCTETS = 4;

/** Seconds that the options in `octets[start, end)` tell; null if they do not. */
export function findExpire(octets: Uint8Array, start: number, end: number): number | null {
  for (let at = start; at + OPTION_HEAD_OCTETS <= end; ) {
    const data = at + OPTION_HEAD_OCTETS;
    const length = readU16(octets, at + 2);
    const isExpire = readU16(octets, at) === EDNS_OPTION_EXPIRE && length === 4;
    if (isExpire && data + 4 <= end) return readU32(octets, data);
    at = data + length;
  }
  return null;
}
