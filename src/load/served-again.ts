/**
 * A zone that is signed here and whose files or keys were away for a while: if it is what it was before, it goes on
 * being served under the same serial. Must not know: who decides what is served.
 */
import type { LoadResult } from './load-zone.js';
import { SERVING, STALE } from './zone.js';
import type { RowId, ZoneRows } from './zone-rows.js';

/** Takes the result of a load of what is served already, if it is that; @returns whether it is */
export function servesAgain(rows: ZoneRows, row: RowId, result: LoadResult): boolean {
  const print = rows.signedPrintOf(row);
  if (rows.state[row] !== STALE || print === '' || print !== result.signing?.print) return false;
  rows.state[row] = SERVING;
  rows.setProblems(row, result.problems);
  rows.errorCount[row] = 0;
  rows.warningCount[row] = result.warningCount;
  return true;
}
