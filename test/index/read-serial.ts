/** What a reader of the zone table sees of a zone. */
import type { ZoneTable } from '../../src/index/zone-table.js';
import { NameView, parseName } from '../../src/wire/name.js';
import { name } from '../support/zones.js';

export function viewOf(text: string): NameView {
  const octets = name(text);
  const view = new NameView();
  parseName(view, octets, 0, octets.length);
  return view;
}

/** The serial that a reader sees in a zone, `null` if nothing is served, -1 if there is no zone. */
export function serialIn(table: ZoneTable, apex: string): number | null {
  const zone = table.find(viewOf(apex), 0);
  if (zone < 0) return -1;
  return table.view(zone)?.serial ?? null;
}
