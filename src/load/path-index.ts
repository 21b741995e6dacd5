/**
 * Rows by the path of their file: one row for nearly every path, several where zones share a file.
 * Must not know: zones, files.
 */
import type { RowId } from './zone-rows.js';

const NO_ROWS: readonly RowId[] = [];

export class PathIndex {
  /** A list only where it is needed: there may be 100,000 paths. */
  private readonly rows = new Map<string, RowId | readonly RowId[]>();

  of(path: string): readonly RowId[] {
    const found = this.rows.get(path);
    return found === undefined ? NO_ROWS : typeof found === 'number' ? [found] : found;
  }

  add(path: string, row: RowId): void {
    const others = this.of(path);
    this.rows.set(path, others.length === 0 ? row : [...others, row]);
  }

  remove(path: string, row: RowId): void {
    const left = this.of(path).filter((other) => other !== row);
    const [only] = left;
    if (only === undefined) this.rows.delete(path);
    else this.rows.set(path, left.length === 1 ? only : left);
  }
}
