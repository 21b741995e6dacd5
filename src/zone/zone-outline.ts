/**
 * What forms of a zone that leave out what goes without saying have in common: the TTL that most records have, and
 * owner names relative to the apex (RFC 1035 §5.1). Must not know: any such form.
 */
import { nameText } from '../wire/name-text.js';
import type { OwnerId } from './name-table.js';
import type { Zone } from './zone.js';

/** The apex, absolute. */
export function apexText(zone: Zone): string {
  return nameText(zone.names.octets, zone.names.offsets[zone.apex]!);
}

/** The commonest TTL; of several the longest. */
export function commonestTtl({ recordTtl, recordCount }: Zone): number {
  const counts = new Map<number, number>();
  for (let record = 0; record < recordCount; record++) {
    const ttl = recordTtl[record]!;
    counts.set(ttl, (counts.get(ttl) ?? 0) + 1);
  }
  const [commonest] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0]);
  return commonest?.[0] ?? 0;
}

/** An owner name without the apex and the dot before it; `@` for the apex. */
export function relativeOwner(zone: Zone, owner: OwnerId): string {
  if (owner === zone.apex) return '@';
  const absolute = nameText(zone.names.octets, zone.names.offsets[owner]!);
  // only letters differ in case, and these are never escaped: the apex takes the same room in every name
  return absolute.slice(0, -apexText(zone).length).replace(/\.$/, '');
}
