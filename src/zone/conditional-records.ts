/**
 * Takes in all records of a tinydns data file, of however many zones, in columns: each may be for the clients of one
 * location only, and begin or end at a second. Fits the parser's sink by shape. No standard but djb's tinydns.
 * Must not know: text formats, which zones there are.
 */
import { grown } from '../base/columns.js';
import { NAME_OCTETS_MAX, TTL_MAX } from '../base/limits.js';
import { TYPE_SOA } from '../wire/constants.js';
import { NameView, parseName } from '../wire/name.js';
import { copyOctets } from '../wire/octets.js';
import { NameTable, type OwnerId } from './name-table.js';
import { RecordColumns, type RecordInput } from './record-columns.js';

/** A record as the parser hands it out. */
export type ConditionalRecord = RecordInput & {
  readonly owner: Uint8Array;
  readonly ownerLength: number;
  /** The owner is what follows `*.`. */
  readonly isWildcard: boolean;
  /** Two octets as a number; 0 or less for everybody. */
  readonly location: number;
  /** TAI64 label; both 0: none. */
  readonly timeHigh: number;
  readonly timeLow: number;
};

export type ConditionalRules = {
  /** Seconds between the TAI64 labels in use and Unix time, beyond 2^62: 10 is what djb's programs take. */
  readonly taiAdjust: number;
  /** Whether locations count; if not, every record is for everybody. */
  readonly locations: boolean;
};

/** 2^62, second 0 of 1970 in TAI64, in its upper word. */
const TAI_EPOCH_HIGH = 0x4000_0000;
const WORD = 2 ** 32;
const ASTERISK_LABEL_OCTETS = 2;

/** One for all calls of a thread. */
const scratch = new NameView();

export class ConditionalRecords {
  readonly names: NameTable;
  readonly records: RecordColumns;
  /** Whether any record has a location or a time; only then the two columns below are in use. */
  hasConditions = false;
  /** By record: 0 for everybody. */
  location: Uint16Array = new Uint16Array(0);
  /** By record: Unix second until which (TTL 0) it exists, or after which (any other TTL); NaN: always. */
  time: Float64Array = new Float64Array(0);
  /** Owners of an SOA that is there always and for everybody. */
  private readonly soaOwners = new Set<OwnerId>();
  private readonly rules: ConditionalRules;
  private readonly ownerOctets = new Uint8Array(NAME_OCTETS_MAX + ASTERISK_LABEL_OCTETS);

  /** @param expected records that are likely to come, and `octets` of their RDATA */
  constructor(expected: number, octets: number, rules: ConditionalRules) {
    this.names = new NameTable(expected);
    this.records = new RecordColumns(expected, octets);
    this.rules = rules;
    this.ownerOctets.set([1, 0x2a]);
  }

  // === hot path

  /** Takes one record; the input's buffers stay the caller's. */
  record(record: ConditionalRecord): void {
    const { records } = this;
    const at = records.count;
    const location = this.rules.locations && record.location > 0 ? record.location : 0;
    const hasTime = record.timeHigh !== 0 || record.timeLow !== 0;
    // a wildcard is no apex, neither to tinydns nor to RFC 4592; the parser has told so
    if (record.type === TYPE_SOA && record.isWildcard) return;
    const owner = this.ownerOf(record);
    if (record.type === TYPE_SOA && location === 0 && !hasTime && !this.isFirstSoa(owner)) return;
    records.append(owner, record);
    // RFC 2181 §8. With a time, 0 would make an end of a beginning: there it stays, and is given out as 0
    if (record.ttl > TTL_MAX && !hasTime) records.ttl[at] = 0;
    if (!this.hasConditions && location === 0 && !hasTime) return;
    if (at >= this.time.length) this.growConditions();
    this.hasConditions = true;
    this.location[at] = location;
    this.time[at] = hasTime ? this.unixOf(record.timeHigh, record.timeLow) : Number.NaN;
  }

  private ownerOf(record: ConditionalRecord): OwnerId {
    if (record.isWildcard) {
      const octets = this.ownerOctets;
      copyOctets(record.owner, 0, octets, ASTERISK_LABEL_OCTETS, record.ownerLength);
      parseName(scratch, octets, 0, record.ownerLength + ASTERISK_LABEL_OCTETS);
    } else {
      parseName(scratch, record.owner, 0, record.ownerLength);
    }
    return this.names.add(scratch, 0);
  }

  private unixOf(high: number, low: number): number {
    return (high - TAI_EPOCH_HIGH) * WORD + low - this.rules.taiAdjust;
  }

  /** Whether a record exists for a location's clients at a second. */
  isVisible(record: number, location: number, second: number): boolean {
    if (!this.hasConditions) return true;
    const own = this.location[record]!;
    if (own !== 0 && own !== location) return false;
    const time = this.time[record]!;
    if (Number.isNaN(time)) return true;
    return this.records.ttl[record] === 0 ? second <= time : second > time;
  }

  /** Whether a record exists always and for everybody. */
  isPlain(record: number): boolean {
    if (!this.hasConditions) return true;
    return this.location[record] === 0 && Number.isNaN(this.time[record]!);
  }

  // === end of hot path

  /** tinydns answers the first SOA of a name only, and each of its name servers makes one. */
  private isFirstSoa(owner: OwnerId): boolean {
    if (this.soaOwners.has(owner)) return false;
    this.soaOwners.add(owner);
    return true;
  }

  /** All records have been taken. */
  finish(): void {
    if (this.hasConditions && this.time.length < this.records.count) this.growConditions();
  }

  private growConditions(): void {
    const size = Math.max(this.records.owner.length, this.records.count);
    const from = this.time.length;
    this.location = grown(this.location, new Uint16Array(size));
    this.time = grown(this.time, new Float64Array(size));
    this.time.fill(Number.NaN, from);
  }
}
