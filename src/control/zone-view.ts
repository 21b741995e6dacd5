/**
 * The zones of the running server, as the commands of the control channel see them. Must not know: commands.
 */
import { peerText } from '../load/configured-zone.js';
import { type Zone, zoneText } from '../load/zone.js';
import type { ZoneRows } from '../load/zone-rows.js';
import type { ZoneView } from './server-control.js';

/** What is known of a zone beside its row. */
export type ZoneViewFacts = {
  readonly isAdded: boolean;
  readonly notifiedSerial: number;
  readonly transfer: ZoneView['transfer'];
  readonly signatures: ZoneView['signatures'];
  readonly membership: ZoneView['membership'];
  readonly signing: ZoneView['signing'];
};

export function viewOf(zone: Zone, rows: ZoneRows, facts: ZoneViewFacts): ZoneView {
  const { row, path, state, serial, recordCount, loadedAt, triedAt } = zone;
  const { problems, errorCount, warningCount, kind, peers } = zone;
  const included = rows.includedOf(row);
  return {
    id: row + 1,
    name: zoneText(zone),
    kind,
    path,
    files: [
      { path, ctimeMs: rows.stampOf(row)?.ctimeMs ?? null },
      ...included.map((file) => ({ path: file.path, ctimeMs: file.stamp?.ctimeMs ?? null })),
    ],
    state,
    serial,
    recordCount,
    loadedAt,
    triedAt,
    problems,
    errorCount,
    warningCount,
    primaries: peers.primaries.map(peerText),
    alsoNotify: peers.alsoNotify.map(peerText),
    ...facts,
  };
}
