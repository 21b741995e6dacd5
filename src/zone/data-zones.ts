/**
 * The zones in a tinydns data file: each SOA makes one, and a record belongs to the zone with the longest apex above
 * it. A zone whose SOA is for some clients or some time only is no zone to the others: to them its records are those
 * of the zone above. A zone below another is delegated from there by its own NS records (RFC 1034 §4.2.1), which in
 * tinydns stand only once, and so does its DS. Must not know: text formats, RRsets, how a zone is served.
 */
import { TYPE_A, TYPE_AAAA, TYPE_DS, TYPE_NS, TYPE_SOA } from '../wire/constants.js';
import { NameView, parseName } from '../wire/name.js';
import { equalOctets } from '../wire/octets.js';
import type { ConditionalRecords } from './conditional-records.js';
import { DataFeed, type Moment } from './data-feed.js';
import type { DataHash } from './data-hash.js';
import type { Intake, TakenRecords } from './intake.js';
import type { OwnerId } from './name-table.js';

/** Number of a zone in its file, from 0 in the order of the first SOA of each. */
export type ZoneNumber = number;

const NONE = -1;
const NO_NUMBERS: readonly number[] = [];

/** One for all calls of a thread. */
const scratch = new NameView();

/** What the answers of a zone depend on. */
export type ZoneConditions = {
  /** Locations that its records name, ascending. */
  readonly locations: readonly number[];
  /** Unix seconds at which it changes by itself, ascending. */
  readonly changes: readonly number[];
};

export class DataZones {
  readonly count: number;
  /** Records that belong to no zone, in the order of the text. */
  readonly outside: Int32Array;
  private readonly data: ConditionalRecords;
  private readonly parentsDs: boolean;
  /** By owner: the zone that it belongs to, or NONE. */
  private readonly zoneOf: Int32Array;
  /** By zone: the owner that is its apex. */
  private readonly apexes: Int32Array;
  /** By zone: where its records start in `order`; one more than zones. */
  private readonly first: Int32Array;
  /** Record numbers by zone, each in the order of the text. */
  private readonly order: Int32Array;
  private readonly children: ReadonlyMap<ZoneNumber, readonly ZoneNumber[]>;
  /** By zone: the one directly above it, or NONE. */
  private readonly parents: Int32Array;
  /** What `glueOf` has found, by zone. */
  private readonly glue = new Map<ZoneNumber, readonly number[]>();
  /** By zone: 1 if an SOA of it is there always and for everybody. */
  private readonly isLasting: Uint8Array;
  private readonly feed: DataFeed;

  /** @param parentsDs whether DS records at the apex of a zone below another are not its own (RFC 4035 §2.4) */
  constructor(data: ConditionalRecords, parentsDs: boolean) {
    data.finish();
    this.data = data;
    this.parentsDs = parentsDs;
    this.feed = new DataFeed(data);
    this.apexes = findApexes(data);
    this.count = this.apexes.length;
    this.isLasting = new Uint8Array(this.count);
    this.zoneOf = new Int32Array(data.names.count).fill(NONE);
    this.parents = new Int32Array(this.count).fill(NONE);
    this.children = this.assignOwners();
    const groups = this.groupRecords();
    this.first = groups.first;
    this.order = groups.order;
    this.outside = groups.outside;
  }

  /** Octets of a zone's apex, lower case. */
  apex(zone: ZoneNumber): Uint8Array {
    const { names } = this.data;
    const owner = this.apexes[zone]!;
    const at = names.offsets[owner]!;
    return names.octets.slice(at, at + names.lengths[owner]!);
  }

  /** The zone whose apex is the longest above or at a name, NONE (-1) if there is none. */
  zoneAbove(name: Uint8Array): ZoneNumber {
    parseName(scratch, name, 0, name.length);
    for (let label = 0; label <= scratch.labelCount; label++) {
      const owner = this.data.names.find(scratch, label);
      // every owner of an SOA is in the table
      if (owner >= 0 && this.zoneOf[owner] !== NONE) return this.zoneOf[owner]!;
    }
    return NONE;
  }

  /** What the zone's answers depend on; `null` if on nothing. */
  conditions(zone: ZoneNumber): ZoneConditions | null {
    if (!this.data.hasConditions) return null;
    const locations = new Set<number>();
    const changes = new Set<number>();
    this.visit(zone, (record) => this.collectFrom(record, locations, changes));
    for (const record of this.glueOf(zone)) this.collectFrom(record, locations, changes);
    if (locations.size + changes.size === 0) return null;
    return { locations: sorted(locations), changes: sorted(changes) };
  }

  /**
   * Gives an intake what the zone consists of at a moment; times to come of records that end are counted from
   * `baseSeconds`, see index/variants.ts.
   * @returns whether it is a zone then; if not, the intake is empty
   */
  fill(intake: Intake, zone: ZoneNumber, moment: Moment, baseSeconds: number): boolean {
    intake.begin(this.apex(zone));
    if (!this.isThere(zone, moment)) return false;
    this.feed.begin(intake, moment, baseSeconds);
    this.fillFrom(zone, zone);
    for (const record of this.glueOf(zone)) {
      // of a zone that is no zone at this moment it has been given
      if (this.zoneAt(this.data.records.owner[record]!, moment) !== zone) this.feed.give(record);
    }
    return true;
  }

  /** All records, if they are those of one zone that is always the same; else `null`. */
  sole(): TakenRecords | null {
    const { names, records, hasConditions } = this.data;
    if (this.count > 1 || hasConditions || this.outside.length > 0) return null;
    return { names, records, firstSoa: records.type.indexOf(TYPE_SOA) };
  }

  /** Three numbers that stand for all that the zone is made of, at every moment. */
  hash(zone: ZoneNumber, into: DataHash): void {
    into.begin();
    this.visit(zone, (record) => into.add(this.data, record));
    for (const record of this.glueOf(zone)) into.add(this.data, record);
  }

  /** Records of the zone itself, those at other moments included. */
  recordCount(zone: ZoneNumber): number {
    return this.first[zone + 1]! - this.first[zone]!;
  }

  /** About how many octets the zone's records have. */
  octets(zone: ZoneNumber): number {
    const { records, names } = this.data;
    let octets = 0;
    for (let i = this.first[zone]!; i < this.first[zone + 1]!; i++) {
      const record = this.order[i]!;
      octets += records.length[record]! + names.lengths[records.owner[record]!]!;
    }
    return octets;
  }

  // --- finding zones

  /** Gives each owner its zone. @returns zones directly below each zone */
  private assignOwners(): Map<ZoneNumber, ZoneNumber[]> {
    const { names } = this.data;
    const children = new Map<ZoneNumber, ZoneNumber[]>();
    for (let zone = 0; zone < this.count; zone++) this.zoneOf[this.apexes[zone]!] = zone;
    let above = NONE;
    for (let owner = 0; owner < names.count; owner++) {
      const own = this.zoneOf[owner]!;
      if (owner === 0 || !this.areSiblings(owner - 1, owner)) above = this.zoneOver(owner);
      if (own === NONE) this.zoneOf[owner] = above;
      else if (above !== NONE) {
        addTo(children, above, own);
        this.parents[own] = above;
      }
    }
    return children;
  }

  /** Whether the same names are above both, as of most owners that follow each other. */
  private areSiblings(a: OwnerId, b: OwnerId): boolean {
    const { octets, offsets, lengths } = this.data.names;
    const atA = offsets[a]!;
    const atB = offsets[b]!;
    const start = atB + 1 + octets[atB]!;
    const length = atB + lengths[b]! - start;
    if (length === 0 || atA + 1 + octets[atA]! + length !== atA + lengths[a]!) return false;
    return equalOctets(octets, atA + lengths[a]! - length, octets, start, length);
  }

  /** The zone with the longest apex above an owner that is not its own. */
  private zoneOver(owner: OwnerId): ZoneNumber {
    const { names } = this.data;
    const at = names.offsets[owner]!;
    parseName(scratch, names.octets, at, at + names.lengths[owner]!);
    for (let label = 1; label <= scratch.labelCount; label++) {
      const other = names.find(scratch, label);
      // an owner that has its zone already is a short way to it
      if (other >= 0 && this.zoneOf[other] !== NONE) return this.zoneOf[other]!;
    }
    return NONE;
  }

  private groupRecords(): { first: Int32Array; order: Int32Array; outside: Int32Array } {
    const { data, zoneOf } = this;
    const { records } = data;
    const first = new Int32Array(this.count + 2);
    // those outside come behind the last zone
    for (let i = 0; i < records.count; i++) first[this.place(zoneOf[records.owner[i]!]!) + 1]!++;
    for (let place = 0; place <= this.count; place++) first[place + 1]! += first[place]!;
    const order = new Int32Array(records.count);
    const next = first.slice();
    for (let i = 0; i < records.count; i++) {
      const zone = zoneOf[records.owner[i]!]!;
      order[next[this.place(zone)]!++] = i;
      if (zone !== NONE && records.type[i] === TYPE_SOA && data.isPlain(i))
        this.isLasting[zone] = 1;
    }
    return { first, order, outside: order.subarray(first[this.count]!) };
  }

  private place(zone: ZoneNumber): number {
    return zone === NONE ? this.count : zone;
  }

  private childrenOf(zone: ZoneNumber): readonly ZoneNumber[] {
    return this.children.get(zone) ?? NO_NUMBERS;
  }

  // --- what a zone consists of

  private isThere(zone: ZoneNumber, { location, second }: Moment): boolean {
    if (this.isLasting[zone] === 1) return true;
    const { data } = this;
    for (let i = this.first[zone]!; i < this.first[zone + 1]!; i++) {
      const record = this.order[i]!;
      const isSoa = data.records.type[record] === TYPE_SOA;
      if (isSoa && data.isVisible(record, location, second)) return true;
    }
    return false;
  }

  /** @param zone the one to fill, or one below it that is no zone at this moment */
  private fillFrom(top: ZoneNumber, zone: ZoneNumber): void {
    const { feed, order } = this;
    for (let i = this.first[zone]!; i < this.first[zone + 1]!; i++) {
      const record = order[i]!;
      if (zone === top ? !this.isParents(zone, record) : !this.isSoa(record)) feed.give(record);
    }
    for (const child of this.childrenOf(zone)) {
      if (!this.isThere(child, feed.moment)) this.fillFrom(top, child);
      else for (const record of this.delegationOf(child)) feed.give(record);
    }
  }

  /** Whether a record of a zone belongs to the zone above. */
  private isParents(zone: ZoneNumber, record: number): boolean {
    const { records } = this.data;
    if (!this.parentsDs || records.type[record] !== TYPE_DS) return false;
    return this.parents[zone] !== NONE && records.owner[record] === this.apexes[zone];
  }

  private isSoa(record: number): boolean {
    return this.data.records.type[record] === TYPE_SOA;
  }

  /** The zone that an owner is in at a moment, or NONE. */
  private zoneAt(owner: number, moment: Moment): ZoneNumber {
    let zone = this.zoneOf[owner]!;
    while (zone !== NONE && !this.isThere(zone, moment)) zone = this.parents[zone]!;
    return zone;
  }

  /** NS records at a zone's apex, and DS beside them (RFC 4035 §2.4). */
  private delegationOf(zone: ZoneNumber): number[] {
    const { records } = this.data;
    const apex = this.apexes[zone]!;
    const found: number[] = [];
    for (let i = this.first[zone]!; i < this.first[zone + 1]!; i++) {
      const record = this.order[i]!;
      const type = records.type[record]!;
      if (records.owner[record] === apex && (type === TYPE_NS || type === TYPE_DS))
        found.push(record);
    }
    return found;
  }

  /** Addresses for a zone's delegations (RFC 9471) that lie in zones below it. */
  private glueOf(zone: ZoneNumber): readonly number[] {
    if (this.childrenOf(zone).length === 0) return NO_NUMBERS;
    let glue = this.glue.get(zone);
    if (glue === undefined) {
      glue = this.findGlue(zone);
      this.glue.set(zone, glue);
    }
    return glue;
  }

  private findGlue(zone: ZoneNumber): number[] {
    const { records, names } = this.data;
    const servers = new Map<ZoneNumber, Set<number>>();
    this.visit(zone, (record) => {
      if (records.type[record] !== TYPE_NS) return;
      const at = records.rdata[record]!;
      parseName(scratch, records.arena, at, at + records.length[record]!);
      const owner = names.find(scratch, 0);
      const holder = owner < 0 ? NONE : this.zoneOf[owner]!;
      if (!this.isBelow(holder, zone)) return;
      const owners = servers.get(holder);
      if (owners === undefined) servers.set(holder, new Set([owner]));
      else owners.add(owner);
    });
    const found: number[] = [];
    for (const [holder, owners] of servers) {
      for (let i = this.first[holder]!; i < this.first[holder + 1]!; i++) {
        const record = this.order[i]!;
        const isAddress = records.type[record] === TYPE_A || records.type[record] === TYPE_AAAA;
        if (isAddress && owners.has(records.owner[record]!)) found.push(record);
      }
    }
    return found;
  }

  private isBelow(zone: ZoneNumber, above: ZoneNumber): boolean {
    let at = zone === NONE ? NONE : this.parents[zone]!;
    while (at !== NONE && at !== above) at = this.parents[at]!;
    return at === above;
  }

  // --- conditions and content

  /** All records that a zone may consist of at some moment, but for its glue. */
  private visit(zone: ZoneNumber, take: (record: number) => void): void {
    for (let i = this.first[zone]!; i < this.first[zone + 1]!; i++) take(this.order[i]!);
    for (const child of this.childrenOf(zone)) {
      // a zone that is not always there is a part of the one above for the rest of the time
      if (this.isLasting[child] === 0) this.visit(child, take);
      else for (const record of this.delegationOf(child)) take(record);
    }
  }

  private collectFrom(record: number, locations: Set<number>, changes: Set<number>): void {
    const { location, time } = this.data;
    if (location[record] !== 0) locations.add(location[record]!);
    // the last second of a record that ends, and the last without one that begins
    if (!Number.isNaN(time[record]!)) changes.add(time[record]! + 1);
  }
}

function findApexes({ records, names }: ConditionalRecords): Int32Array {
  const isApex = new Uint8Array(names.count);
  const apexes: number[] = [];
  for (let i = 0; i < records.count; i++) {
    const owner = records.owner[i]!;
    if (records.type[i] !== TYPE_SOA || isApex[owner] === 1) continue;
    isApex[owner] = 1;
    apexes.push(owner);
  }
  return Int32Array.from(apexes);
}

function addTo(lists: Map<number, number[]>, key: number, item: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

function sorted(numbers: Set<number>): number[] {
  return [...numbers].sort((a, b) => a - b);
}
