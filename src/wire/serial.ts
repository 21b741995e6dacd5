/**
 * Serial numbers of zones, 32 bits that wrap around (RFC 1982). Must not know: where they come from.
 */

/** Whether `to` is greater than `from`; two serials that are 2^31 apart are not comparable (RFC 1982 §3.2). */
export function serialGrows(from: number, to: number): boolean {
  const step = (to - from) >>> 0;
  return step > 0 && step < 2 ** 31;
}
