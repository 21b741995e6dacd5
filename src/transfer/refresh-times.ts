/**
 * When a secondary zone is to be asked for again, and when it expires: the times of its SOA within bounds (RFC 1035
 * §3.3.13, RFC 1034 §4.3.5, RFC 1912 §2.2), with chance against crowds. Times are ms. Must not know: clocks, zones.
 */
import {
  EXPIRE_SECONDS_MAX,
  FIRST_REFRESH_JITTER,
  REFRESH_JITTER,
  REFRESH_SECONDS_MAX,
  REFRESH_SECONDS_MIN,
  RETRY_SECONDS_MAX,
  RETRY_SECONDS_MIN,
  UNHELD_RETRY_MS,
  UNHELD_RETRY_MS_MAX,
} from '../base/transfer-limits.js';
import type { SoaTimes } from './transfer-job.js';

/** The times that count. */
export type RefreshTimes = {
  readonly refreshMs: number;
  readonly retryMs: number;
  readonly expireMs: number;
};

/** A zone never expires before it has been asked for at least twice. */
export function refreshTimes({ refresh, retry, expire }: SoaTimes): RefreshTimes {
  const refreshMs = 1000 * clamp(refresh, REFRESH_SECONDS_MIN, REFRESH_SECONDS_MAX);
  const retryMs = 1000 * clamp(retry, RETRY_SECONDS_MIN, RETRY_SECONDS_MAX);
  const expireMs = 1000 * Math.min(expire, EXPIRE_SECONDS_MAX);
  return { refreshMs, retryMs, expireMs: Math.max(expireMs, refreshMs + retryMs) };
}

/**
 * @param isFirst of a zone that has come just now, perhaps with thousands of others, which should not stay together
 * @param chance from 0 to 1
 */
export function refreshWait({ refreshMs }: RefreshTimes, isFirst: boolean, chance: number): number {
  return spread(refreshMs, isFirst ? FIRST_REFRESH_JITTER : REFRESH_JITTER, chance);
}

/**
 * @param times of what is served; null if nothing is
 * @param failures in a row, the last included
 */
export function retryWait(times: RefreshTimes | null, failures: number, chance: number): number {
  const first = times?.retryMs ?? UNHELD_RETRY_MS;
  const most = times === null ? UNHELD_RETRY_MS_MAX : Math.max(times.refreshMs, times.retryMs);
  return spread(Math.min(first * 2 ** (failures - 1), most), REFRESH_JITTER, chance);
}

/**
 * When a version expires that a primary has just given or confirmed.
 * @param told seconds of the EXPIRE option (RFC 7314 §4), null without one: they count unless the SOA's are fewer
 * @param current when it was to expire so far, if the version is the same; null of a new one
 */
export function expiryAt(
  now: number,
  { expireMs }: RefreshTimes,
  told: number | null,
  current: number | null,
): number {
  const most = now + expireMs;
  if (told === null) return most;
  return Math.min(most, Math.max(now + 1000 * told, current ?? 0));
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

function spread(ms: number, jitter: number, chance: number): number {
  return Math.round(ms * (1 - jitter * chance));
}
