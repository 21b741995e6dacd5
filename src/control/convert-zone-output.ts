/**
 * What becomes a file per zone: whole zones as they come, and records of tinydns cut into zones. What such a zone
 * cannot hold, client locations and times, is refused. Must not know: how the files are written, what form they have.
 */
import { ENDING_TTL_MAX, ENDING_TTL_MIN, TTL_MAX } from '../base/limits.js';
import { type ProblemList, wholeFile } from '../base/problem.js';
import type { Refuse, TinydnsRecord, TinydnsSink } from '../parse/tinydns-sink.js';
import { TYPE_SOA } from '../wire/constants.js';
import { nameText } from '../wire/name-text.js';
import { typeByCode, typeText } from '../wire/rrtypes.js';
import { ZoneBuilder } from '../zone/builder.js';
import { checkZone } from '../zone/check.js';
import { ConditionalRecords } from '../zone/conditional-records.js';
import { DataZones } from '../zone/data-zones.js';
import { Intake } from '../zone/intake.js';
import type { Zone } from '../zone/zone.js';

import type { ConvertInputs } from './convert-inputs.js';

/** The text of one zone; `refuse` gets file numbers as they stand in the zone. */
export type WriteZone = (zone: Zone, refuse: Refuse) => string;

export type ZoneFile = { readonly apex: Uint8Array; readonly octets: Uint8Array };

export type ZoneOutputOptions = {
  readonly inputs: ConvertInputs;
  readonly problems: ProblemList;
  readonly refuse: Refuse;
  /** Whether records that are there at this time are taken, though not for ever. */
  readonly lossy: boolean;
  /** Seconds since 1970. */
  readonly nowSeconds: number;
};

const ASTERISK = 0x2a;
/** 2^62 as the upper word of a TAI64 label, and what djb's clock is ahead of Unix time. */
const TAI_HIGH = 0x4000_0000;
const TAI_AHEAD_SECONDS = 10;
const WORD = 0x1_0000_0000;

/** Conditions of records are told before they are taken. */
const PLAIN_RULES = { taiAdjust: 0, locations: false };
const ALWAYS = { location: 0, second: 0 };
const RECORDS_EXPECTED = 1024;
const RDATA_EXPECTED = RECORDS_EXPECTED * 20;

/** Takes records for everybody and for ever, and knows why others are none. */
export class ZoneOutput implements TinydnsSink {
  recordCount = 0;
  zoneCount = 0;
  private readonly options: ZoneOutputOptions;
  private readonly write: WriteZone;
  private readonly heap = new ConditionalRecords(RECORDS_EXPECTED, RDATA_EXPECTED, PLAIN_RULES);
  private readonly whole: { readonly zone: Zone; readonly base: number }[] = [];

  constructor(write: WriteZone, options: ZoneOutputOptions) {
    this.write = write;
    this.options = options;
  }

  /** Takes a zone that has been checked. */
  zone(zone: Zone): void {
    this.whole.push({ zone, base: this.options.inputs.base });
  }

  record(record: TinydnsRecord): void {
    const { inputs, refuse } = this.options;
    const secondsLeft = this.secondsUntil(record);
    const fault = this.faultOf(record, secondsLeft);
    if (fault !== null) {
      refuse(record.file, record.offset, fault);
      return;
    }
    const isEnding = secondsLeft !== null && record.ttl === 0;
    const ttl = isEnding
      ? Math.min(Math.max(secondsLeft, ENDING_TTL_MIN), ENDING_TTL_MAX)
      : record.ttl;
    const file = inputs.base + record.file;
    this.heap.record({ ...record, file, ttl, location: 0, timeHigh: 0, timeLow: 0 });
  }

  location(_: number, _address: Uint8Array, _bits: number, file: number, offset: number): void {
    this.options.refuse(file, offset, 'a zone has no client locations');
  }

  /** The files, one for each zone. */
  finish(): ZoneFile[] {
    const { problems, inputs } = this.options;
    const files: ZoneFile[] = [];
    const apexes = new Set<string>();
    for (const { zone, base } of this.whole) this.finishZone(zone, base, apexes, files);
    for (const zone of this.cut()) {
      checkZone(zone, problems, inputs.locate);
      this.finishZone(zone, 0, apexes, files);
    }
    this.zoneCount = files.length;
    return files;
  }

  /** The zones of tinydns's heap of records, in the order of their SOA records. */
  private *cut(): Generator<Zone> {
    const { problems, inputs } = this.options;
    const zones = new DataZones(this.heap, true);
    this.reportOutside(zones);
    for (let zone = 0; zone < zones.count; zone++) {
      const intake = new Intake(zones.recordCount(zone));
      zones.fill(intake, zone, ALWAYS, 0);
      const options = { apex: zones.apex(zone), apexCertain: true };
      const built = new ZoneBuilder(intake, options, problems, inputs.locate).build();
      if (built !== null) yield built;
    }
  }

  private reportOutside({ outside }: DataZones): void {
    const { problems, inputs } = this.options;
    const { names, records } = this.heap;
    for (const record of outside) {
      if (!problems.wants('CONVERT_NO_ZONE')) {
        problems.skip('CONVERT_NO_ZONE');
        continue;
      }
      const at = inputs.locate(records.file[record]!, records.position[record]!);
      const name = nameText(names.octets, names.offsets[records.owner[record]!]!);
      const text = `${name} is in no zone: there is no SOA at or above it`;
      problems.add('CONVERT_NO_ZONE', { ...at, length: 1 }, text);
    }
  }

  private finishZone(zone: Zone, base: number, apexes: Set<string>, files: ZoneFile[]): void {
    const { offsets, lengths, octets } = zone.names;
    const start = offsets[zone.apex]!;
    const name = nameText(octets, start).toLowerCase();
    if (apexes.has(name)) {
      const { file } = this.options.inputs.locate(base + zone.recordFile[0]!, 0);
      const at = wholeFile(file);
      this.options.problems.add('ZONE_DUPLICATE', at, `another input defines ${name}, too`);
      return;
    }
    apexes.add(name);
    let refused = 0;
    // the zone's files are numbered from there
    this.options.inputs.base = base;
    const text = this.write(zone, (file, offset, why) => {
      refused++;
      this.options.refuse(file, offset, why);
    });
    this.recordCount += zone.recordCount - refused;
    files.push({
      apex: octets.slice(start, start + lengths[zone.apex]!),
      octets: Buffer.from(text, 'latin1'),
    });
  }

  /** Seconds until the time of a record, which are negative after it; `null` if it has none. */
  private secondsUntil({ timeHigh, timeLow }: TinydnsRecord): number | null {
    if (timeHigh === 0 && timeLow === 0) return null;
    const { nowSeconds } = this.options;
    return (timeHigh - TAI_HIGH) * WORD + timeLow - TAI_AHEAD_SECONDS - nowSeconds;
  }

  /** Why no zone holds a record; `null` if one can. */
  private faultOf(record: TinydnsRecord, secondsLeft: number | null): string | null {
    const { isWildcard, owner, type, ttl, location } = record;
    if (location > 0) return 'the record is for the clients of one location only';
    if (secondsLeft !== null) {
      const isEnding = ttl === 0;
      const isThere = isEnding ? secondsLeft >= 0 : secondsLeft < 0;
      const why = `the record ${isEnding ? 'ends' : 'begins'} at a time`;
      if (!this.options.lossy || !isThere) return why;
    }
    if (ttl > TTL_MAX) return `the TTL ${ttl} is above ${TTL_MAX}`;
    const isLiteral = !isWildcard && owner[0] === 1 && owner[1] === ASTERISK;
    if (isLiteral) return 'an owner name that begins with * is a wildcard';
    if (isWildcard && type === TYPE_SOA) return 'a wildcard is no zone';
    const isMeta = type === 0 || typeByCode(type)?.meta === true;
    return isMeta ? `${typeText(type)} is not a type of zone data` : null;
  }
}
