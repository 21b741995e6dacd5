/**
 * Locations (RFC 1876): degrees, minutes and seconds, altitude and sizes to the octets of §2. Fields that are left out
 * have the defaults of §3. Must not know: other fields.
 */
import { writeU32 } from '../wire/octets.js';
import { TOKEN_WORD } from './lexer.js';
import type { RdataContext } from './rdata-context.js';
import { atEntryEnd, failField, nextWord } from './words.js';

/** Latitude 0 and longitude 0, in thousandths of a second of arc. */
const ZERO_ANGLE = 2 ** 31;
/** Altitude 0: 100,000 m below, in centimetres. */
const ZERO_ALTITUDE = 10_000_000;
const SIZE_DEFAULT = 0x12;
const HORIZONTAL_DEFAULT = 0x16;
const VERTICAL_DEFAULT = 0x13;
/** 90,000,000 m, the greatest size that mantissa and exponent can say, and a fraction that is cut off. */
const SIZE_MAX = 9_000_000_099;

/** Latitude, longitude, altitude, and up to three sizes to the end of the entry. */
export function parseLocation(ctx: RdataContext): boolean {
  const latitude = parseAngle(ctx, 90, 'N', 'S');
  if (latitude < 0) return false;
  const longitude = parseAngle(ctx, 180, 'E', 'W');
  if (longitude < 0 || !nextWord(ctx, 'altitude')) return false;
  const altitude = centimetres(wordText(ctx), true) + ZERO_ALTITUDE;
  if (!(altitude >= 0 && altitude <= 0xffff_ffff)) {
    return failField(ctx, 'RDATA_LOCATION', 'invalid altitude');
  }
  const sizes = [SIZE_DEFAULT, HORIZONTAL_DEFAULT, VERTICAL_DEFAULT];
  for (let i = 0; ctx.lexer.next() === TOKEN_WORD; i++) {
    const size = centimetres(wordText(ctx), false);
    if (i === sizes.length) return atEntryEnd(ctx);
    if (!(size <= SIZE_MAX)) return failField(ctx, 'RDATA_LOCATION', 'invalid size');
    sizes[i] = sizeOctet(size);
  }
  const { out, length } = ctx;
  out[length] = 0;
  out.set(sizes, length + 1);
  writeU32(out, length + 4, latitude);
  writeU32(out, length + 8, longitude);
  writeU32(out, length + 12, altitude);
  ctx.length += 16;
  return atEntryEnd(ctx);
}

/** `degrees [minutes [seconds]] letter`; -1 with a problem reported if it is none. */
function parseAngle(
  ctx: RdataContext,
  degreesMax: number,
  positive: string,
  negative: string,
): number {
  let total = 0;
  for (let part = 0; part < 4; part++) {
    if (!nextWord(ctx, part === 0 ? 'degrees' : 'direction')) return -1;
    const text = wordText(ctx);
    if (part > 0 && (text === positive || text === negative)) {
      if (total > degreesMax * 3_600_000) break;
      return text === positive ? ZERO_ANGLE + total : ZERO_ANGLE - total;
    }
    const value = anglePart(text, part, degreesMax);
    if (value < 0) break;
    total += value;
  }
  failField(ctx, 'RDATA_LOCATION', 'invalid angle');
  return -1;
}

/** Thousandths of a second of arc of one part: degrees, minutes or seconds. -1 if it is none. */
function anglePart(text: string, part: number, degreesMax: number): number {
  if (part > 2 || !(part === 2 ? /^(?=\.?\d)\d{0,4}(\.\d{0,3})?$/ : /^\d{1,4}$/).test(text))
    return -1;
  const value = Number(text);
  if (part === 0) return value <= degreesMax ? value * 3_600_000 : -1;
  if (value >= 60) return -1;
  return part === 1 ? value * 60_000 : Math.round(value * 1000);
}

/** Centimetres of `123.45m`, the `m` optional; NaN if it is no length. */
function centimetres(text: string, signed: boolean): number {
  const match = /^([+-]?)(?=\.?\d)(\d{0,10})(?:\.(\d{0,2}))?m?$/.exec(text);
  if (match === null || (match[1] !== '' && !signed)) return Number.NaN;
  const value = Number(match[2]) * 100 + Number((match[3] ?? '').padEnd(2, '0'));
  return match[1] === '-' ? -value : value;
}

/** Mantissa and power of ten in one octet, RFC 1876 §2; what the mantissa cannot hold is cut off, as BIND does. */
function sizeOctet(size: number): number {
  let mantissa = size;
  let exponent = 0;
  while (mantissa >= 10) {
    mantissa = Math.floor(mantissa / 10);
    exponent++;
  }
  return (mantissa << 4) | exponent;
}

function wordText(ctx: RdataContext): string {
  const { octets, start, stop } = ctx.lexer;
  return Buffer.from(octets.subarray(start, Math.min(stop, start + 64))).toString('latin1');
}
