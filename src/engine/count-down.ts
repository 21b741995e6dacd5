/**
 * TTLs of records that end at a second: what is left until then, so that no cache keeps a record for much longer. Works
 * on an RRset as it stands in the reply. RFC 2181 §5.2, RFC 2308 §5. Must not know: zones, clocks, why a record ends.
 */
import { ENDING_TTL_MAX, ENDING_TTL_MIN } from '../base/limits.js';
import { ENDING_OWN, type ZoneView } from '../index/zone-index.js';
import { TYPE_SOA } from '../wire/constants.js';
import { readU16, readU32, writeU32 } from '../wire/octets.js';

/** Set in the TTL of a record that ends; the other bits are its last second, counted from the zone's base. */
const ENDING_BIT = 0x8000_0000;
/** From the end of a record's owner name. */
const TTL_OFFSET = 4;
const LENGTH_OFFSET = 8;
const RDATA_OFFSET = 10;

// === hot path

/**
 * Counts down one RRset.
 * @param start @param end where its records stand in the reply, none of them in part
 * @param view the zone that it is from
 * @param now seconds of Unix time
 * @param isNegative whether it is the SOA of a negative answer
 */
export function countDown(
  octets: Uint8Array,
  start: number,
  end: number,
  view: ZoneView,
  now: number,
  isNegative: boolean,
): void {
  const own = view.ending === ENDING_OWN;
  let lowest = ENDING_BIT;
  let isEnding = false;
  for (let at = start; at < end; ) {
    const fixed = afterOwner(octets, at);
    const next = fixed + RDATA_OFFSET + readU16(octets, fixed + LENGTH_OFFSET);
    const stored = readU32(octets, fixed + TTL_OFFSET);
    let ttl = stored;
    if (stored >= ENDING_BIT) {
      isEnding = true;
      ttl = countedTtl(stored, view.baseSeconds, now);
      // RFC 2308 §5: the lesser of the SOA's TTL and its last field. tinydns takes the TTL.
      if (isNegative && !own && readU16(octets, fixed) === TYPE_SOA) {
        const minimum = readU32(octets, next - 4);
        if (minimum < ttl) ttl = minimum;
      }
      writeU32(octets, fixed + TTL_OFFSET, ttl);
    }
    if (ttl < lowest) lowest = ttl;
    at = next;
  }
  if (!isEnding || own) return;
  for (let at = start; at < end; ) {
    const fixed = afterOwner(octets, at);
    writeU32(octets, fixed + TTL_OFFSET, lowest);
    at = fixed + RDATA_OFFSET + readU16(octets, fixed + LENGTH_OFFSET);
  }
}

/**
 * The TTL to send instead of a stored one, unsigned.
 * @param baseSeconds @param now Unix time: what ends of records are counted from, and the present
 */
export function countedTtl(stored: number, baseSeconds: number, now: number): number {
  return stored < ENDING_BIT ? stored : secondsLeft(baseSeconds + stored - ENDING_BIT - now);
}

/** As tinydns has it: not 0, and not for long, since the clock of a cache may differ. */
function secondsLeft(seconds: number): number {
  if (seconds < ENDING_TTL_MIN) return ENDING_TTL_MIN;
  return seconds > ENDING_TTL_MAX ? ENDING_TTL_MAX : seconds;
}

/** The offset after an owner name of ours: labels, then a pointer or the root. */
function afterOwner(octets: Uint8Array, offset: number): number {
  let at = offset;
  while (octets[at]! > 0 && octets[at]! < 0xc0) at += octets[at]! + 1;
  return octets[at] === 0 ? at + 1 : at + 2;
}
