/**
 * What the loader and its thread say to each other. The thread answers requests in their order.
 * Must not know: who asks for loads.
 */
import type { FilePrefix } from './file-prefix.js';
import type { LoadResult } from './load-zone.js';

/** What the thread sends for each `LoadRequest`. The image in it is shared, not copied. */
export type LoadReply = {
  readonly result: LoadResult;
  /** For each of `result.files`; `null` if it is not known or the zone was rejected. */
  readonly prefixes: readonly (FilePrefix | null)[];
  /** Milliseconds that the load took. */
  readonly durationMs: number;
};
