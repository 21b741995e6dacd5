/**
 * What the loader asks before the file of a secondary zone counts: such a file is written by the server itself, from
 * what a primary gave. Must not know: how zones are transferred.
 */
import type { Problem } from '../base/problem.js';
import type { LoadResult, RestoredZone } from './load-zone.js';
import type { Zone } from './zone.js';

/** Why a file that was read is not to be served. */
export type Withheld = {
  /** Of the zone from now on; none if there is nothing wrong. */
  readonly problems: readonly Problem[];
  /** Whether the file has been dealt with as it is; else it is looked at again. */
  readonly isDone: boolean;
};

/** Whoever knows about secondary zones. */
export type SecondaryGate = {
  /** @returns null if the result is to be taken like any zone's */
  judge(zone: Zone, result: LoadResult | RestoredZone): Withheld | null;
  /** The result of a load is served. */
  loaded(zone: Zone, result: LoadResult | RestoredZone): void;
};
