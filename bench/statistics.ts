/**
 * What is told of several measurements of one thing. Must not know: what was measured.
 */

/** Of one or more values. */
export type Summary = {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
};

/** The middle value; of an even number of them the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** `null` of no values. */
export function summarize(values: readonly number[]): Summary | null {
  if (values.length === 0) return null;
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    count: values.length,
  };
}

/** A number with as many digits as mean something: three, and no fraction from 100 on. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
  return value.toFixed(size >= 9.995 ? 1 : 2);
}
