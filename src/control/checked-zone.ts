/**
 * What `hotzone check` found in one zone file, and what reports it. Must not know: any form of report.
 */
import type { Problem } from '../base/problem.js';
import type { Source } from '../base/source.js';

export type CheckedZone = {
  /** The main file, as the user wrote it. */
  readonly file: string;
  /** The apex in presentation form; `null` if there is no zone in the file. */
  readonly name: string | null;
  /** Of a file of many zones, as a whole. */
  readonly zoneCount?: number;
  readonly serial: number | null;
  readonly recordCount: number;
  /** By file, line and column; those beyond the limit of a load are only counted. */
  readonly problems: readonly Problem[];
  readonly errorCount: number;
  readonly warningCount: number;
  /** The files that were read, for excerpts. */
  readonly sources: readonly Source[];
};

export type Reporter = {
  zone(checked: CheckedZone): void;
  /** After the last zone. */
  end(): void;
};
