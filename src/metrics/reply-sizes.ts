/**
 * Reply sizes in the buckets that PowerDNS counts them in: 20, 40, 60, 80, 100, 150, then every 200 octets up to
 * 64,800, and one for the rest. Must not know: counters.
 */
import { MESSAGE_OCTETS_MAX } from '../base/limits.js';

const STEP = 200;
const STEPS_STOP = 65_000;

/** By bucket: the most octets of a reply that falls into it. Ascending. */
export const SIZE_BUCKETS: readonly number[] = [
  ...[20, 40, 60, 80, 100, 150],
  ...Array.from({ length: STEPS_STOP / STEP - 1 }, (_, i) => (i + 1) * STEP),
  MESSAGE_OCTETS_MAX,
];

/** Buckets before the first of a whole step, less the one that 0 octets would have. */
const BEFORE_STEPS = 5;

// === hot path

/** The bucket of a reply of so many octets, 1 to 65535. */
export function sizeBucket(octets: number): number {
  if (octets > 150) {
    return octets > STEPS_STOP - STEP
      ? SIZE_BUCKETS.length - 1
      : BEFORE_STEPS + (((octets + STEP - 1) / STEP) | 0);
  }
  return octets > 100 ? BEFORE_STEPS : ((octets - 1) / 20) | 0;
}
