/**
 * The records of a zone as a master file for servers (RFC 1035 §5.1), made as fast as a million records want it: owner
 * names relative to the apex and left out where they repeat, every TTL in its record, names in the order of the zone.
 * Text for people to compare is zone/zone-text.ts. Must not know: files, seals.
 */
import { TYPE_SOA } from '../wire/constants.js';
import { nameLength } from '../wire/name.js';
import { nameText, writeLabelsText } from '../wire/name-text.js';
import { copyOctets } from '../wire/octets.js';
import { rdataText } from '../wire/rdata-text.js';
import { FIELD_IP4, FIELD_NAME, typeByCode, typeText } from '../wire/rrtypes.js';
import type { OwnerId } from '../zone/name-table.js';
import { findRrset, type Zone } from '../zone/zone.js';

/** Octets of text for each record that room is made for at first, besides its RDATA. */
const OCTETS_PER_RECORD = 48;
/** Room for the text of one name or address. */
const NAME_ROOM_OCTETS = 1024;

const NEWLINE = 0x0a;
const DOT = 0x2e;
const AT_SIGN = 0x40;
const DIGIT_0 = 0x30;

// How RDATA of a type becomes text.
const AS_STRING = 0;
const AS_NAME = 1;
const AS_IP4 = 2;

/** What stands between owner and RDATA, for records of a type. */
type Head = {
  readonly ttl: number;
  /** ` TTL IN TYPE `. */
  readonly octets: Uint8Array;
  /** One of AS_…. */
  readonly form: number;
};

/**
 * @param octetsMax of the text
 * @throws RangeError if it is longer
 */
export function zoneFileText(zone: Zone, octetsMax: number): Uint8Array {
  return new ZoneFileText(zone, octetsMax).text();
}

class ZoneFileText {
  private readonly zone: Zone;
  private readonly octetsMax: number;
  /** By type: of the last record of that type, whose TTL is likely to be that of the next. */
  private readonly heads = new Map<number, Head>();
  private octets: Buffer;
  private position = 0;

  constructor(zone: Zone, octetsMax: number) {
    this.zone = zone;
    this.octetsMax = octetsMax;
    const expected = zone.recordCount * OCTETS_PER_RECORD + 2 * zone.rdata.length;
    this.octets = Buffer.allocUnsafeSlow(Math.min(expected + NAME_ROOM_OCTETS, octetsMax));
  }

  text(): Uint8Array {
    const { zone } = this;
    const { apex, names } = zone;
    this.writeString(`$ORIGIN ${nameText(names.octets, names.offsets[apex]!)}\n`);
    // the SOA first, as servers expect it
    const soa = findRrset(zone, apex, TYPE_SOA);
    if (soa >= 0) this.writeRrset(soa, apex);
    for (let owner = 0; owner < names.count; owner++) this.writeOwner(owner, soa);
    return this.octets.subarray(0, this.position);
  }

  // === hot path

  private writeOwner(owner: OwnerId, soa: number): void {
    const { ownerRrsetFirst } = this.zone;
    const end = ownerRrsetFirst[owner + 1]!;
    let isNamed = false;
    for (let rrset = ownerRrsetFirst[owner]!; rrset < end; rrset++) {
      if (rrset === soa) continue;
      this.writeRrset(rrset, isNamed ? -1 : owner);
      isNamed = true;
    }
  }

  /** @param owner of the first record; -1 if it is that of the record before */
  private writeRrset(rrset: number, owner: OwnerId): void {
    const { rrsetRecordFirst, rrsetType } = this.zone;
    const end = rrsetRecordFirst[rrset + 1]!;
    const type = rrsetType[rrset]!;
    for (let record = rrsetRecordFirst[rrset]!; record < end; record++) {
      this.reserve(NAME_ROOM_OCTETS);
      if (owner >= 0 && record === rrsetRecordFirst[rrset]!) this.writeOwnerName(owner);
      this.writeRecord(record, type);
    }
  }

  private writeOwnerName(owner: OwnerId): void {
    const { names, apex } = this.zone;
    const { octets, offsets, lengths } = names;
    if (owner === apex) {
      this.octets[this.position++] = AT_SIGN;
      return;
    }
    const start = offsets[owner]!;
    const stop = start + lengths[owner]! - lengths[apex]!;
    // without the last dot
    this.position = writeLabelsText(octets, start, stop, this.octets, this.position) - 1;
  }

  private writeRecord(record: number, type: number): void {
    const { rdata, recordRdata, recordTtl } = this.zone;
    const head = this.headOf(type, recordTtl[record]!);
    this.reserve(NAME_ROOM_OCTETS + head.octets.length);
    copyOctets(head.octets, 0, this.octets, this.position, head.octets.length);
    this.position += head.octets.length;
    const at = recordRdata[record]!;
    if (head.form === AS_NAME) {
      if (rdata[at]! === 0) this.octets[this.position++] = DOT;
      const stop = at + nameLength(rdata, at) - 1;
      this.position = writeLabelsText(rdata, at, stop, this.octets, this.position);
    } else if (head.form === AS_IP4) {
      this.writeAddress(rdata, at);
    } else {
      this.writeString(rdataText(type, rdata, at, this.zone.recordLength[record]!));
    }
    this.octets[this.position++] = NEWLINE;
  }

  private writeAddress(rdata: Uint8Array, offset: number): void {
    const { octets } = this;
    let to = this.position;
    for (let i = 0; i < 4; i++) {
      if (i > 0) octets[to++] = DOT;
      const value = rdata[offset + i]!;
      if (value > 99) octets[to++] = DIGIT_0 + ((value / 100) | 0);
      if (value > 9) octets[to++] = DIGIT_0 + (((value / 10) | 0) % 10);
      octets[to++] = DIGIT_0 + (value % 10);
    }
    this.position = to;
  }

  private headOf(type: number, ttl: number): Head {
    const known = this.heads.get(type);
    return known !== undefined && known.ttl === ttl ? known : this.makeHead(type, ttl);
  }

  private reserve(octets: number): void {
    if (this.position + octets > this.octets.length) this.grow(this.position + octets);
  }

  // === end of hot path

  private makeHead(type: number, ttl: number): Head {
    const octets = Buffer.from(` ${ttl} IN ${typeText(type)} `, 'latin1');
    const head = { ttl, octets, form: formOf(type) };
    this.heads.set(type, head);
    return head;
  }

  /** Text of printable ASCII. Room for a name and a line end is left behind it. */
  private writeString(text: string): void {
    this.reserve(text.length + NAME_ROOM_OCTETS);
    this.position += this.octets.write(text, this.position, 'latin1');
  }

  private grow(needed: number): void {
    if (needed > this.octetsMax)
      throw new RangeError('its text would be too large to be read again');
    const larger = Buffer.allocUnsafeSlow(
      Math.min(Math.max(needed, 2 * this.octets.length), this.octetsMax),
    );
    larger.set(this.octets.subarray(0, this.position));
    this.octets = larger;
  }
}

function formOf(type: number): number {
  const fields = typeByCode(type)?.fields ?? [];
  if (fields.length !== 1) return AS_STRING;
  if (fields[0] === FIELD_NAME) return AS_NAME;
  return fields[0] === FIELD_IP4 ? AS_IP4 : AS_STRING;
}
