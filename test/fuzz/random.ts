/**
 * Random numbers that a printed seed brings back (mulberry32).
 */

/** An integer from 0 to `bound` - 1. */
export type Random = (bound: number) => number;

/** Two generators of one seed give the same numbers. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}
