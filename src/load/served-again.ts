/**
 * Whether what a load has found is what is served already, so that it goes on being served under the same serial, also
 * if its files or keys were away for a while. Must not know: who decides what is served.
 */
import { samePrint } from './file-print.js';
import type { LoadedFile, LoadResult, RestoredZone } from './load-zone.js';
import { SERVING, STALE } from './zone.js';
import type { RowId, ZoneRows } from './zone-rows.js';

/** Takes the result of a load of what is served already, if it is that; @returns whether it is */
export function servesAgain(
  rows: ZoneRows,
  row: RowId,
  result: LoadResult | RestoredZone,
): boolean {
  const print = rows.signedPrintOf(row);
  if (rows.state[row] !== STALE || print === '' || print !== result.signing?.print) return false;
  rows.state[row] = SERVING;
  rows.setProblems(row, result.problems);
  rows.errorCount[row] = 0;
  rows.warningCount[row] = result.warningCount;
  return true;
}

/** Whether the files of a row's zone say what is served of it. */
export function sameContent(
  rows: ZoneRows,
  row: RowId,
  { files, signing, serial }: LoadResult | RestoredZone,
): boolean {
  // the SOA's signature may have been due alone
  if (signing && serial !== rows.serial[row]) return false;
  if (rows.signedPrintOf(row) !== (signing?.print ?? '')) return false;
  const included = rows.includedOf(row);
  return (
    files.length === included.length + 1 &&
    samePrint(rows.print[row]!, files[0]?.print ?? '') &&
    included.every((file, i) => sameFile(file, files[i + 1]))
  );
}

function sameFile(a: LoadedFile, b: LoadedFile | undefined): boolean {
  // what was missing and still is has no print
  return (
    b !== undefined && a.path === b.path && (a.print === b.print || samePrint(a.print, b.print))
  );
}
