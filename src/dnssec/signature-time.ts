/**
 * Times of signatures: 32-bit seconds since 1970 in the arithmetic of serials (RFC 4034 §3.1.5), and how near the end
 * of a zone's soonest one is. Must not know: clocks, records.
 */

/** The end of the signatures of a zone that has none. */
export const NEVER_EXPIRES = 0;

const DAY_SECONDS = 86_400;

/** `expiring`: ends within the days that somebody wants to be warned before. */
export type SignatureState = 'valid' | 'expiring' | 'expired';

/** Whether one time is earlier than another. */
export function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** What is to be said at a time of signatures that end at another, which is not NEVER_EXPIRES. */
export function signatureState(
  endSeconds: number,
  nowSeconds: number,
  warningDays: number,
): SignatureState {
  if (isBefore(endSeconds, nowSeconds)) return 'expired';
  return isBefore(endSeconds, nowSeconds + warningDays * DAY_SECONDS) ? 'expiring' : 'valid';
}

/** A time for people. */
export function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}
