/**
 * Scanners of numbers and times: octets in, value out, -1 if they are none. RFC 1035 §5.1, RFC 4034 §3.2, BIND's
 * periods (`1h30m`). Must not know: tokens, problems.
 */

const U32_MAX = 0xffff_ffff;

// === hot path

/** The decimal number `octets[start, stop)`, or -1 if it is none or exceeds `max`. Leading zeros are allowed. */
export function scanNumber(octets: Uint8Array, start: number, stop: number, max: number): number {
  if (start === stop) return -1;
  let value = 0;
  for (let i = start; i < stop; i++) {
    const digit = octets[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > max) return -1;
  }
  return value;
}

/** Seconds of the unit letters w d h m s in either case; 0 for other octets. */
const UNIT_SECONDS: Int32Array = new Int32Array(256);
UNIT_SECONDS[0x77] = UNIT_SECONDS[0x57] = 604800;
UNIT_SECONDS[0x64] = UNIT_SECONDS[0x44] = 86400;
UNIT_SECONDS[0x68] = UNIT_SECONDS[0x48] = 3600;
UNIT_SECONDS[0x6d] = UNIT_SECONDS[0x4d] = 60;
UNIT_SECONDS[0x73] = UNIT_SECONDS[0x53] = 1;

/**
 * Seconds of a period, 0 … 2^32-1: a plain number, or numbers with units in any order, each number with its unit.
 * -1 if it is none.
 */
export function scanPeriod(octets: Uint8Array, start: number, stop: number): number {
  let total = 0;
  let value = 0;
  let digits = 0;
  for (let i = start; i < stop; i++) {
    const octet = octets[i]!;
    if (octet >= 0x30 && octet <= 0x39) {
      value = value * 10 + octet - 0x30;
      if (value > U32_MAX) return -1;
      digits++;
    } else {
      const unit = UNIT_SECONDS[octet]!;
      if (unit === 0 || digits === 0) return -1;
      total += value * unit;
      if (total > U32_MAX) return -1;
      value = 0;
      digits = 0;
      if (i + 1 === stop) return total;
    }
  }
  return digits === stop - start && digits > 0 ? value : -1;
}

// === end of hot path

/** Octets of `YYYYMMDDHHmmSS`. */
const TIME_OCTETS = 14;

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * A time of RFC 4034 §3.2: `YYYYMMDDHHmmSS` in UTC, or up to ten digits of seconds. The value is taken modulo 2^32 as
 * its serial arithmetic asks; -1 if it is no time.
 */
export function scanTime(octets: Uint8Array, start: number, stop: number): number {
  if (stop - start !== TIME_OCTETS) {
    return stop - start <= 10 ? scanNumber(octets, start, stop, U32_MAX) : -1;
  }
  const part = (from: number, to: number) => scanNumber(octets, start + from, start + to, 9999);
  const year = part(0, 4);
  const month = part(4, 6);
  const day = part(6, 8);
  const hour = part(8, 10);
  const minute = part(10, 12);
  const second = part(12, 14);
  if (year < 1900 || month < 1 || month > 12 || day < 1) return -1;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  if (day > MONTH_DAYS[month - 1]! + leap) return -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return -1;
  return (Date.UTC(year, month - 1, day, hour, minute, second) / 1000) >>> 0;
}
