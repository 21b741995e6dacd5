/**
 * A zone as the text of a master file for servers (RFC 1035 §5.1): the SOA first, then names in the order of the zone.
 * Text for people to compare is zone/zone-text.ts. Must not know: files, seals.
 */
import { TYPE_SOA } from '../wire/constants.js';
import type { OwnerId } from '../zone/name-table.js';
import { findRrset, type Zone } from '../zone/zone.js';
import { RecordText } from './record-text.js';

/** Octets of text for each record that room is made for at first, besides its RDATA. */
const OCTETS_PER_RECORD = 48;

/**
 * @param octetsMax of the text
 * @throws RangeError if it is longer
 */
export function zoneFileText(zone: Zone, octetsMax: number): Uint8Array {
  return new ZoneFileText(zone, octetsMax).text();
}

class ZoneFileText {
  private readonly zone: Zone;
  private readonly out: RecordText;

  constructor(zone: Zone, octetsMax: number) {
    this.zone = zone;
    const { octets, offsets, lengths } = zone.names;
    const at = offsets[zone.apex]!;
    const apex = octets.slice(at, at + lengths[zone.apex]!);
    const expected = zone.recordCount * OCTETS_PER_RECORD + 2 * zone.rdata.length;
    this.out = new RecordText(apex, expected, octetsMax);
  }

  text(): Uint8Array {
    const { apex, names } = this.zone;
    // the SOA first, as servers expect it
    const soa = findRrset(this.zone, apex, TYPE_SOA);
    if (soa >= 0) this.writeRrset(soa, apex);
    for (let owner = 0; owner < names.count; owner++) this.writeOwner(owner, soa);
    return this.out.text();
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
    const { out, zone } = this;
    const { rrsetRecordFirst, recordRdata, recordLength, recordTtl, names } = zone;
    const first = rrsetRecordFirst[rrset]!;
    const end = rrsetRecordFirst[rrset + 1]!;
    const type = zone.rrsetType[rrset]!;
    if (owner >= 0) out.writeOwner(names.octets, names.offsets[owner]!, names.lengths[owner]!);
    for (let record = first; record < end; record++) {
      const at = recordRdata[record]!;
      out.writeRecord(type, recordTtl[record]!, zone.rdata, at, recordLength[record]!);
    }
  }

  // === end of hot path
}
