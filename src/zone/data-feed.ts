/**
 * Hands records of a tinydns data file to a zone's intake: those that are there for some clients at some time, of
 * several SOA records the first. Must not know: which records belong to which zone.
 */
import { MESSAGE_OCTETS_MAX, NAME_OCTETS_MAX } from '../base/limits.js';
import { TYPE_SOA } from '../wire/constants.js';
import { copyOctets } from '../wire/octets.js';
import type { ConditionalRecords } from './conditional-records.js';
import type { Intake, IntakeRecord } from './intake.js';

/** A zone as it is for some clients and some time. */
export type Moment = {
  /** Of the clients; 0 for those of none. */
  readonly location: number;
  /** Unix time. */
  readonly second: number;
};

const NO_OWNER = -1;
/** Top bit of the TTL of a record that ends, see zone.ts. */
const ENDING = 0x8000_0000;
/** All ones mean something else. */
const ENDING_SECONDS_MAX = 0x7fff_fffe;

type FedRecord = { -readonly [Field in keyof IntakeRecord]: IntakeRecord[Field] };

/** Hands records to an intake, those that are there at a moment. */
export class DataFeed {
  moment: Moment = { location: 0, second: 0 };
  private intake: Intake | null = null;
  private baseSeconds = 0;
  private owner = NO_OWNER;
  private hasSoa = false;
  private readonly data: ConditionalRecords;
  private readonly view: FedRecord = {
    owner: new Uint8Array(NAME_OCTETS_MAX),
    ownerLength: 0,
    ownerRepeated: false,
    type: 0,
    ttl: 0,
    rdata: new Uint8Array(MESSAGE_OCTETS_MAX),
    rdataLength: 0,
    file: 0,
    offset: 0,
  };

  constructor(data: ConditionalRecords) {
    this.data = data;
  }

  begin(intake: Intake, moment: Moment, baseSeconds: number): void {
    this.intake = intake;
    this.moment = moment;
    this.baseSeconds = baseSeconds;
    this.owner = NO_OWNER;
    this.hasSoa = false;
  }

  // === hot path

  give(record: number): void {
    const { data, view } = this;
    const { records, names } = data;
    if (!data.isVisible(record, this.moment.location, this.moment.second)) return;
    if (records.type[record] === TYPE_SOA) {
      // tinydns answers the first SOA only
      if (this.hasSoa) return;
      this.hasSoa = true;
    }
    const owner = records.owner[record]!;
    view.ownerRepeated = owner === this.owner;
    if (!view.ownerRepeated) {
      view.ownerLength = names.lengths[owner]!;
      copyOctets(names.octets, names.offsets[owner]!, view.owner, 0, view.ownerLength);
      this.owner = owner;
    }
    view.type = records.type[record]!;
    view.ttl = this.ttlOf(record);
    view.rdataLength = records.length[record]!;
    view.file = records.file[record]!;
    view.offset = records.position[record]!;
    copyOctets(records.arena, records.rdata[record]!, view.rdata, 0, view.rdataLength);
    this.intake?.record(view);
  }

  /** A record that ends has the time of that instead. */
  private ttlOf(record: number): number {
    const { data } = this;
    const ttl = data.records.ttl[record]!;
    // more than 31 bits, RFC 2181 §8
    if (ttl < 0) return 0;
    if (ttl !== 0 || !data.hasConditions || Number.isNaN(data.time[record]!)) return ttl;
    const left = Math.min(data.time[record]! - this.baseSeconds, ENDING_SECONDS_MAX);
    return ENDING | left | 0;
  }

  // === end of hot path
}
