/**
 * Columns that grow: typed arrays with room for more. Must not know: what is in them.
 */
import { SHARED_COLUMN_OCTETS_MIN } from './limits.js';

/** Gives zeroed memory for a column. */
export type ColumnMemory = (octets: number) => ArrayBufferLike;

export const ownMemory: ColumnMemory = (octets) => new ArrayBuffer(octets);

/** Of large columns that another thread may read, too, without a copy of them. */
export const sharedMemory: ColumnMemory = (octets) =>
  octets < SHARED_COLUMN_OCTETS_MIN ? new ArrayBuffer(octets) : new SharedArrayBuffer(octets);

/** Copies a column into a larger one, which it returns. */
export function grown<Column extends { set(from: Column): void }>(
  from: Column,
  to: Column,
): Column {
  to.set(from);
  return to;
}
