/**
 * Columns that grow: typed arrays with room for more. Must not know: what is in them.
 */

/** Copies a column into a larger one, which it returns. */
export function grown<Column extends { set(from: Column): void }>(
  from: Column,
  to: Column,
): Column {
  to.set(from);
  return to;
}
