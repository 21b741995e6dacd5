/**
 * A zone with more records: what signing adds, RRset by RRset, under owners that are there or stand directly below the
 * apex (RFC 5155 §3). The zone that it starts from is not to be used any more, since both share names and RDATA.
 * Must not know: what the records mean.
 */
import { grown } from '../base/columns.js';
import type { OwnerId } from '../zone/name-table.js';
import type { Zone } from '../zone/zone.js';

const FIRST_CAPACITY = 64;

/** Records to add; their RDATA lies behind that of the zone. */
export class ZoneAdditions {
  count = 0;
  owner: Int32Array;
  type: Uint16Array;
  ttl: Int32Array;
  rdata: Int32Array;
  length: Uint16Array;
  /** RDATA of the zone and of all additions. */
  arena: Uint8Array;
  size: number;

  /** @param octets of RDATA that are likely to come */
  constructor(zone: Zone, records: number = FIRST_CAPACITY, octets: number = records * 32) {
    this.owner = new Int32Array(records);
    this.type = new Uint16Array(records);
    this.ttl = new Int32Array(records);
    this.rdata = new Int32Array(records);
    this.length = new Uint16Array(records);
    this.size = usedOctets(zone);
    this.arena = new Uint8Array(this.size + octets);
    this.arena.set(zone.rdata.subarray(0, this.size));
  }

  /** Adds a record, its RDATA copied. */
  add(
    owner: OwnerId,
    type: number,
    ttl: number,
    octets: Uint8Array,
    offset: number,
    length: number,
  ): void {
    this.begin(owner, type, ttl, length);
    const { arena, size } = this;
    for (let i = 0; i < length; i++) arena[size + i] = octets[offset + i]!;
    this.size += length;
  }

  /** As `add`, of an array of its own. */
  put(owner: OwnerId, type: number, ttl: number, rdata: Uint8Array): void {
    this.add(owner, type, ttl, rdata, 0, rdata.length);
  }

  /** Adds a record whose RDATA, of `length` octets, the caller writes to `arena` at `size`, which it moves then. */
  begin(owner: OwnerId, type: number, ttl: number, length: number): void {
    const at = this.count++;
    if (at === this.owner.length) this.growColumns();
    if (this.size + length > this.arena.length) {
      const capacity = Math.max(this.arena.length * 2, this.size + length);
      this.arena = grown(this.arena, new Uint8Array(capacity));
    }
    this.owner[at] = owner;
    this.type[at] = type;
    this.ttl[at] = ttl;
    this.rdata[at] = this.size;
    this.length[at] = length;
  }

  /**
   * The zone with all that was added, which is forgotten here. Its names may have grown meanwhile, by children of the
   * apex.
   * @param drops whether an RRset of the zone is left out
   */
  applied(zone: Zone, drops: (owner: OwnerId, type: number) => boolean = dropsNothing): Zone {
    const grownZone = new Merge(zone, this, drops).run();
    this.count = 0;
    return grownZone;
  }

  private growColumns(): void {
    const size = this.owner.length * 2;
    this.owner = grown(this.owner, new Int32Array(size));
    this.type = grown(this.type, new Uint16Array(size));
    this.ttl = grown(this.ttl, new Int32Array(size));
    this.rdata = grown(this.rdata, new Int32Array(size));
    this.length = grown(this.length, new Uint16Array(size));
  }
}

function dropsNothing(): boolean {
  return false;
}

function usedOctets({ recordCount, recordRdata, recordLength }: Zone): number {
  let used = 0;
  for (let record = 0; record < recordCount; record++) {
    const end = recordRdata[record]! + recordLength[record]!;
    if (end > used) used = end;
  }
  return used;
}

/** Both in one: owner by owner, types ascending. */
class Merge {
  private readonly zone: Zone;
  private readonly more: ZoneAdditions;
  private readonly drops: (owner: OwnerId, type: number) => boolean;
  /** Where each owner's additions start in `order`. */
  private readonly first: Int32Array;
  private readonly order: Int32Array;
  private readonly ownerRrsetFirst: Int32Array;
  private rrsetCount = 0;
  private recordCount = 0;
  private readonly rrsetType: Uint16Array;
  private readonly rrsetOwner: Int32Array;
  private readonly rrsetRecordFirst: Int32Array;
  private readonly recordTtl: Int32Array;
  private readonly recordRdata: Int32Array;
  private readonly recordLength: Uint16Array;
  private readonly recordFile: Uint16Array;
  private readonly recordPosition: Uint32Array;

  constructor(zone: Zone, more: ZoneAdditions, drops: (owner: OwnerId, type: number) => boolean) {
    const owners = zone.names.count;
    const records = zone.recordCount + more.count;
    this.zone = zone;
    this.more = more;
    this.drops = drops;
    this.first = new Int32Array(owners + 1);
    this.order = new Int32Array(more.count);
    this.ownerRrsetFirst = new Int32Array(owners + 1);
    this.rrsetType = new Uint16Array(records);
    this.rrsetOwner = new Int32Array(records);
    this.rrsetRecordFirst = new Int32Array(records + 1);
    this.recordTtl = new Int32Array(records);
    this.recordRdata = new Int32Array(records);
    this.recordLength = new Uint16Array(records);
    this.recordFile = new Uint16Array(records);
    this.recordPosition = new Uint32Array(records);
  }

  run(): Zone {
    this.group();
    const { zone, ownerRrsetFirst, first } = this;
    const owners = zone.names.count;
    const former = zone.ownerRrsetFirst.length - 1;
    for (let owner = 0; owner < owners; owner++) {
      ownerRrsetFirst[owner] = this.rrsetCount;
      const from = owner < former ? zone.ownerRrsetFirst[owner]! : 0;
      const to = owner < former ? zone.ownerRrsetFirst[owner + 1]! : 0;
      this.mergeOwner(owner, from, to, first[owner]!, first[owner + 1]!);
    }
    ownerRrsetFirst[owners] = this.rrsetCount;
    this.rrsetRecordFirst[this.rrsetCount] = this.recordCount;
    return this.finish();
  }

  /** Counting sort by owner, then by type within an owner, stable. */
  private group(): void {
    const { more, first, order } = this;
    for (let i = 0; i < more.count; i++) first[more.owner[i]! + 1]!++;
    for (let owner = 0; owner + 1 < first.length; owner++) first[owner + 1]! += first[owner]!;
    const next = first.slice();
    for (let i = 0; i < more.count; i++) {
      const owner = more.owner[i]!;
      let at = next[owner]!++;
      const type = more.type[i]!;
      for (; at > first[owner]! && more.type[order[at - 1]!]! > type; at--) {
        order[at] = order[at - 1]!;
      }
      order[at] = i;
    }
  }

  private mergeOwner(
    owner: OwnerId,
    from: number,
    to: number,
    addedFrom: number,
    addedTo: number,
  ): void {
    const { zone, more, order } = this;
    let added = addedFrom;
    for (let rrset = from; rrset < to; rrset++) {
      const type = zone.rrsetType[rrset]!;
      while (added < addedTo && more.type[order[added]!]! < type) {
        added = this.addRrset(owner, added, addedTo);
      }
      if (this.drops(owner, type)) continue;
      this.beginRrset(owner, type);
      const end = zone.rrsetRecordFirst[rrset + 1]!;
      for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) this.copy(record);
      // of a type that is there already: the same RRset
      while (added < addedTo && more.type[order[added]!] === type) this.addRecord(order[added++]!);
    }
    while (added < addedTo) added = this.addRrset(owner, added, addedTo);
  }

  private addRrset(owner: OwnerId, from: number, to: number): number {
    const { more, order } = this;
    const type = more.type[order[from]!]!;
    this.beginRrset(owner, type);
    let at = from;
    while (at < to && more.type[order[at]!] === type) this.addRecord(order[at++]!);
    return at;
  }

  private beginRrset(owner: OwnerId, type: number): void {
    this.rrsetType[this.rrsetCount] = type;
    this.rrsetOwner[this.rrsetCount] = owner;
    this.rrsetRecordFirst[this.rrsetCount] = this.recordCount;
    this.rrsetCount++;
  }

  private copy(record: number): void {
    const { zone } = this;
    const at = this.recordCount++;
    this.recordTtl[at] = zone.recordTtl[record]!;
    this.recordRdata[at] = zone.recordRdata[record]!;
    this.recordLength[at] = zone.recordLength[record]!;
    this.recordFile[at] = zone.recordFile[record]!;
    this.recordPosition[at] = zone.recordPosition[record]!;
  }

  private addRecord(index: number): void {
    const { more } = this;
    const at = this.recordCount++;
    this.recordTtl[at] = more.ttl[index]!;
    this.recordRdata[at] = more.rdata[index]!;
    this.recordLength[at] = more.length[index]!;
  }

  private finish(): Zone {
    const { zone, more, rrsetCount, recordCount } = this;
    const { names, apex, apexLabels } = zone;
    return {
      names,
      apex,
      apexLabels,
      parents: parentsOf(zone),
      ownerRrsetFirst: this.ownerRrsetFirst,
      rrsetCount,
      rrsetType: this.rrsetType,
      rrsetOwner: this.rrsetOwner,
      rrsetRecordFirst: this.rrsetRecordFirst,
      recordCount,
      recordTtl: this.recordTtl,
      recordRdata: this.recordRdata,
      recordLength: this.recordLength,
      recordFile: this.recordFile,
      recordPosition: this.recordPosition,
      rdata: more.arena,
    };
  }
}

/** Names that are new are children of the apex. */
function parentsOf({ names, parents, apex }: Zone): Int32Array {
  if (parents.length === names.count) return parents;
  const all = new Int32Array(names.count).fill(apex);
  all.set(parents);
  return all;
}
