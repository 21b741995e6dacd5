/**
 * What the loader and its thread say to each other: requests in groups one way, one reply for each, in their order, the
 * other way.
 * Must not know: who asks for loads.
 */
import type { LoadResult } from './load-zone.js';

/** The answer to one `LoadRequest`. The image in it is shared, not copied. */
export type LoadReply = {
  readonly result: LoadResult;
  /** Milliseconds that the load took. */
  readonly durationMs: number;
};
