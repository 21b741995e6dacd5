/**
 * What becomes a file per zone: whole zones as they come, and records of tinydns cut into zones. What such a zone
 * cannot hold, client locations and times, is refused. Must not know: how the files are written, what form they have.
 */
import { MESSAGE_OCTETS_MAX, TTL_MAX } from '../base/limits.js';
import type { ProblemList } from '../base/problem.js';
import { emptyRecord, type RecordView } from '../parse/record-sink.js';
import type { Refuse, TinydnsRecord, TinydnsSink } from '../parse/tinydns-sink.js';
import { TYPE_SOA } from '../wire/constants.js';
import { nameText } from '../wire/name-text.js';
import { copyOctets } from '../wire/octets.js';
import { typeByCode, typeText } from '../wire/rrtypes.js';
import { checkZone } from '../zone/check.js';
import type { Zone } from '../zone/zone.js';
import { ZoneCutter } from '../zone/zone-cutter.js';
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
/** Octets of the asterisk's label. */
const WILDCARD_OCTETS = 2;
/** 2^62 as the upper word of a TAI64 label, and what djb's clock is ahead of Unix time. */
const TAI_HIGH = 0x4000_0000;
const TAI_AHEAD_SECONDS = 10;
const WORD = 0x1_0000_0000;
/** The TTL that tinydns answers with for a record that ends. */
const ENDING_TTL_MIN = 2;
const ENDING_TTL_MAX = 3600;

/** Takes records for everybody and for ever, and knows why others are none. */
export class ZoneOutput implements TinydnsSink {
  recordCount = 0;
  zoneCount = 0;
  private readonly options: ZoneOutputOptions;
  private readonly write: WriteZone;
  private readonly cutter = new ZoneCutter();
  private readonly whole: { readonly zone: Zone; readonly base: number }[] = [];
  private readonly view: RecordView = emptyRecord(new Uint8Array(MESSAGE_OCTETS_MAX));

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
    const { view } = this;
    const skipped = record.isWildcard ? WILDCARD_OCTETS : 0;
    if (record.isWildcard) {
      view.owner[0] = 1;
      view.owner[1] = ASTERISK;
    }
    copyOctets(record.owner, 0, view.owner, skipped, record.ownerLength);
    view.ownerLength = record.ownerLength + skipped;
    view.type = record.type;
    const isEnding = secondsLeft !== null && record.ttl === 0;
    view.ttl = isEnding
      ? Math.min(Math.max(secondsLeft, ENDING_TTL_MIN), ENDING_TTL_MAX)
      : record.ttl;
    copyOctets(record.rdata, 0, view.rdata, 0, record.rdataLength);
    view.rdataLength = record.rdataLength;
    view.file = inputs.base + record.file;
    view.offset = record.offset;
    this.cutter.record(view);
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
    for (const zone of this.cutter.zones(problems, inputs.locate)) {
      checkZone(zone, problems, inputs.locate);
      this.finishZone(zone, 0, apexes, files);
    }
    this.zoneCount = files.length;
    return files;
  }

  private finishZone(zone: Zone, base: number, apexes: Set<string>, files: ZoneFile[]): void {
    const { offsets, lengths, octets } = zone.names;
    const start = offsets[zone.apex]!;
    const name = nameText(octets, start).toLowerCase();
    if (apexes.has(name)) {
      const { file } = this.options.inputs.locate(base + zone.recordFile[0]!, 0);
      const at = { file, line: 0, column: 0, length: 1 };
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
      const isThere = isEnding ? secondsLeft > 0 : secondsLeft <= 0;
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
