/**
 * What all zones add up to, for status and log. Must not know: who changes the rows.
 */
import { PENDING, SERVING, STALE } from './zone.js';
import type { ZoneRows } from './zone-rows.js';

/** What the zones add up to. */
export type ZoneTotals = {
  zones: number;
  serving: number;
  pending: number;
  stale: number;
  failed: number;
  records: number;
  errors: number;
  warnings: number;
  /** Zones whose content has changed without a greater serial. */
  unraised: number;
};

export function totalsOf(rows: ZoneRows): ZoneTotals {
  const totals = {
    zones: rows.count,
    serving: 0,
    pending: 0,
    stale: 0,
    failed: 0,
    records: 0,
    errors: 0,
    warnings: 0,
    unraised: 0,
  };
  for (let row = 0; row < rows.end; row++) {
    if (!rows.has(row)) continue;
    if (rows.state[row] === SERVING) totals.serving++;
    else if (rows.state[row] === PENDING) totals.pending++;
    else if (rows.state[row] === STALE) totals.stale++;
    else totals.failed++;
    totals.unraised += rows.isUnraised[row]!;
    totals.records += rows.recordCount[row]!;
    totals.errors += rows.errorCount[row]!;
    totals.warnings += rows.warningCount[row]!;
  }
  return totals;
}
