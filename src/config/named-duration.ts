/**
 * Durations as BIND writes them in policies: seconds, `2w3d`, ISO 8601 (`P1Y`, `P30D`, `PT12H`), and `unlimited`.
 * Must not know: which statements have one.
 */
import { CONFIG_NUMBER_MAX } from '../base/limits.js';
import type { Cursor } from './named-cursor.js';
import { quoted } from './named-report.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** As BIND counts them. */
const MONTH = 31 * DAY;
const YEAR = 365 * DAY;

const ISO =
  /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i;
const ISO_SECONDS = [YEAR, MONTH, WEEK, DAY, HOUR, MINUTE, 1];
const TTL = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/i;
const TTL_SECONDS = [WEEK, DAY, HOUR, MINUTE, 1];

/** Seconds, or `null` if the text is no duration. */
export function secondsOf(text: string): number | null {
  return sumOf(ISO.exec(text), ISO_SECONDS) ?? sumOf(TTL.exec(text), TTL_SECONDS);
}

function sumOf(parts: RegExpExecArray | null, units: readonly number[]): number | null {
  const numbers = parts?.slice(1).map((part) => (part === undefined ? null : Number(part))) ?? [];
  if (!numbers.some((number) => number !== null)) return null;
  const sum = numbers.reduce<number>((sum, number, i) => sum + (number ?? 0) * (units[i] ?? 0), 0);
  return sum <= CONFIG_NUMBER_MAX ? sum : null;
}

export function readDuration(cursor: Cursor): number | null {
  const word = cursor.word('a duration');
  if (word === null) return null;
  const seconds = secondsOf(word.text);
  if (seconds !== null) return seconds;
  return cursor.fault('CONFIG_VALUE', word, `${quoted(word.text)} is no duration`);
}

/** A duration, or `none` for `unlimited`. */
export function readLifetime(cursor: Cursor): number | 'none' | null {
  return cursor.takeWord('unlimited') ? 'none' : readDuration(cursor);
}
