/**
 * A zone in the JSON form of the npm package dns-zonefile: names and texts as they stand in a master file (RFC 1035
 * §5.1), strings in quotes, each TTL where it is not that of most records. Must not know: files, how JSON is read.
 */
import { TYPE_PTR, TYPE_SOA } from '../wire/constants.js';
import { JSON_FULL_NAME, JSON_TYPES, type JsonType } from '../wire/json-types.js';
import { typeText } from '../wire/rrtypes.js';
import type { Zone } from './zone.js';
import { apexText, commonestTtl, relativeOwner } from './zone-outline.js';
import { recordText, type ZoneRecord, zoneRecords } from './zone-text.js';

type Member = string | number;
type JsonRecord = Record<string, Member>;

/** Hears of a record that has no place in this form: number of its file, offset, and why. */
type Refuse = (file: number, offset: number, why: string) => void;

const INDENT = 2;

/** The text of a whole file, all of it ASCII. */
export function zoneJson(zone: Zone, refuse: Refuse): string {
  const ttl = commonestTtl(zone);
  const document: Record<string, Member | JsonRecord | JsonRecord[]> = {
    $origin: apexText(zone),
    $ttl: ttl,
  };
  const lists = new Map(JSON_TYPES.map((row) => [row.type, { row, records: [] as JsonRecord[] }]));
  for (const record of zoneRecords(zone)) {
    const list = lists.get(record.type);
    if (list !== undefined) {
      list.records.push(jsonRecord(zone, record, list.row, ttl));
      continue;
    }
    const { recordFile, recordPosition } = zone;
    const why = `the JSON form has no ${typeText(record.type)} records`;
    refuse(recordFile[record.index]!, recordPosition[record.index]!, why);
  }
  for (const { row, records } of lists.values()) {
    const [first] = records;
    if (first !== undefined) document[row.key] = row.type === TYPE_SOA ? first : records;
  }
  return `${JSON.stringify(document, null, INDENT)}\n`;
}

function jsonRecord(zone: Zone, record: ZoneRecord, row: JsonType, ttl: number): JsonRecord {
  const owner = relativeOwner(zone, record.owner);
  const members: JsonRecord = { name: owner };
  const own = zone.recordTtl[record.index]!;
  if (own !== ttl) members['ttl'] = own;
  if (row.type === TYPE_PTR) members[JSON_FULL_NAME] = fullName(owner, apexText(zone));
  const words = recordText(zone, record).split(' ');
  for (const [i, { name, form }] of row.fields.entries()) {
    const isRest = form === 'text' || form === 'digits';
    const value = isRest ? words.slice(i).join(form === 'text' ? ' ' : '') : (words[i] ?? '');
    members[name] = form === 'number' ? Number(value) : value;
  }
  return members;
}

function fullName(owner: string, apex: string): string {
  if (owner === '@') return apex;
  return apex === '.' ? `${owner}.` : `${owner}.${apex}`;
}
