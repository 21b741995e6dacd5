/**
 * A zone as a master file for people (RFC 1035 §5.1, $TTL of RFC 2308 §4): owner names relative to the apex in a
 * column of their own, a TTL where it is not that of most records, one record per line. Owners are repeated, so that
 * every line can be searched for by itself. Order and spelling of RDATA are those of zone-text.ts. Must not know:
 * files.
 */
import { typeText } from '../wire/rrtypes.js';
import type { Zone } from './zone.js';
import { apexText, commonestTtl, relativeOwner } from './zone-outline.js';
import { recordText, type ZoneRecord, zoneRecords } from './zone-text.js';

/** Columns for owners, at most: longer ones push the rest of their line. */
const OWNER_COLUMNS_MAX = 32;
const TYPE_COLUMNS = 6;

/** The text of a whole file. */
export function masterText(zone: Zone): string {
  const ttl = commonestTtl(zone);
  const layout = layoutOf(zone, ttl);
  const lines = [`$ORIGIN ${apexText(zone)}`, `$TTL ${ttl}`];
  for (const record of zoneRecords(zone)) lines.push(lineOf(zone, record, ttl, layout));
  return `${lines.join('\n')}\n`;
}

type Layout = { readonly ownerColumns: number; readonly ttlColumns: number };

function layoutOf(zone: Zone, ttl: number): Layout {
  let ownerColumns = 1;
  let ttlColumns = 0;
  for (let owner = 0; owner < zone.names.count; owner++) {
    if (zone.ownerRrsetFirst[owner] === zone.ownerRrsetFirst[owner + 1]) continue;
    const columns = relativeOwner(zone, owner).length;
    if (columns <= OWNER_COLUMNS_MAX && columns > ownerColumns) ownerColumns = columns;
  }
  for (let record = 0; record < zone.recordCount; record++) {
    const own = zone.recordTtl[record]!;
    if (own !== ttl) ttlColumns = Math.max(ttlColumns, String(own).length);
  }
  return { ownerColumns, ttlColumns };
}

function lineOf(
  zone: Zone,
  record: ZoneRecord,
  ttl: number,
  { ownerColumns, ttlColumns }: Layout,
): string {
  const owner = relativeOwner(zone, record.owner).padEnd(ownerColumns);
  const own = zone.recordTtl[record.index]!;
  const ownTtl =
    ttlColumns === 0 ? '' : ` ${(own === ttl ? '' : String(own)).padStart(ttlColumns)}`;
  const type = typeText(record.type).padEnd(TYPE_COLUMNS);
  return `${owner}${ownTtl} IN ${type} ${recordText(zone, record)}`.trimEnd();
}
