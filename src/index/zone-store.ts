/**
 * What is served, in shared memory: the zone table and the segments that hold images, many small ones packed together.
 * The one writer; readers in any thread (zone-table.ts) take no lock. A zone's version is replaced by storing one word,
 * at a cost in proportion to that zone; memory is given up when every reader has passed the epoch in which it was let
 * go. Must not know: files, what is in an image, how readers are reached.
 */
import { assert } from '../base/errors.js';
import { COLLECT_MS } from '../base/limits.js';
import { NameView, parseName } from '../wire/name.js';
import type { HeldImage } from './held-image.js';
import { IMAGE_MAGIC, slotOf } from './image.js';
import { type Segment, Segments } from './segments.js';
import {
  CONTROL_EPOCH,
  CONTROL_MESSAGES,
  CONTROL_WORDS,
  LOCATION_NONE,
  newTable,
  RESTRICTED_BIT,
  SLOT_FREE,
  SLOT_GONE,
  type StoreMessage,
  type StoreReader,
  segmentOf,
  TABLE_HEADER_WORDS,
  TABLE_LABELS_MAX,
  TABLE_NAME_OCTETS,
  TABLE_SLOT_COUNT,
  TABLE_ZONE_CAPACITY,
  ZONE_HASH,
  ZONE_LENGTH_LABELS,
  ZONE_LOCATION,
  ZONE_NAME,
  ZONE_WORDS,
} from './table-layout.js';
import { VARIED_FORMAT, VARIED_TABLE } from './variants.js';
import { NONE } from './zone-index.js';
import { type ZoneSlot, ZoneTable } from './zone-table.js';

/** Memory that readers may still use. */
type Retired = {
  readonly epoch: number;
  readonly segment: Segment | null;
  readonly zone: ZoneSlot;
};

/** Stands for the name's length and labels in a slot that has no name: not 0, which is a slot given up. */
const NAMELESS = 0xff;
const FIRST_CAPACITY = 64;
/** Room for names in a new table, per zone. */
const NAME_OCTETS_EXPECTED = 24;

/** An image that lies in a restored segment. */
export type PlacedImage = HeldImage & { readonly location: number };

export class ZoneStore {
  /** Words for readers: see CONTROL_…. */
  readonly control: SharedArrayBuffer = new SharedArrayBuffer(CONTROL_WORDS * 4);
  /** Zones in the table. */
  count = 0;
  private readonly controlWords = new Int32Array(this.control);
  private readonly readers = new Set<StoreReader>();
  readonly segments: Segments;
  private retired: Retired[] = [];
  private timer: NodeJS.Timeout | null = null;
  private table: SharedArrayBuffer;
  private words: Int32Array;
  private names: Uint8Array;
  private zonesAt = 0;
  private slotsUsed = 0;
  private zonesUsed = 0;
  private readonly vacant: ZoneSlot[] = [];
  /** The store's own eyes. */
  private readonly own = new ZoneTable();
  private readonly name = new NameView();

  constructor() {
    this.segments = new Segments({
      tell: (message) => this.tell(message),
      empty: (segment) => this.moveImages(segment),
      retire: (segment) => this.retire(segment, NONE),
    });
    this.table = newTable(FIRST_CAPACITY, FIRST_CAPACITY * NAME_OCTETS_EXPECTED);
    this.words = new Int32Array(this.table);
    this.names = this.useTable(this.table);
  }

  /** Adds a reader, which is told at once of all that there is. */
  subscribe(reader: StoreReader): void {
    this.readers.add(reader);
    reader.message({ kind: 'table', buffer: this.table });
    for (const { id, memory } of this.segments.all()) {
      reader.message({ kind: 'segment', id, memory });
    }
  }

  /** Forgets a reader that reads no more. */
  unsubscribe(reader: StoreReader): void {
    this.readers.delete(reader);
    this.collect();
  }

  /**
   * Adds a zone or replaces its version; `null`: ours, but nothing to serve. An image with a buffer of its own must not
   * change any more; of a buffer that holds several, the one at `offset` octets is meant, and copied.
   * @param locations the table that says which of the zone's variants is whose; for a zone without variants it is none
   */
  set(
    apex: Uint8Array,
    image: SharedArrayBuffer | PlacedImage | null,
    offset = 0,
    locations: ZoneSlot = NONE,
  ): ZoneSlot {
    if (image === null) return this.publish(apex, LOCATION_NONE);
    if ('location' in image) {
      this.segments.claim(image.location);
      return this.publish(apex, image.location);
    }
    const location = this.segments.place(image, offset);
    this.pointAtTable(location, locations);
    return this.publish(apex, location);
  }

  /** Makes room for so many zones at once, which costs less than to make it bit by bit. */
  reserve(zones: number): void {
    if (zones <= this.words[TABLE_ZONE_CAPACITY]!) return;
    this.rebuild(0, zones);
  }

  /** Adds a zone without a version, unless it is there. */
  claim(apex: Uint8Array): ZoneSlot {
    const known = this.find(apex);
    return known === NONE ? this.publish(apex, LOCATION_NONE) : known;
  }

  /** Where the version of a zone lies, or LOCATION_NONE. */
  locationOf(zone: ZoneSlot): number {
    return this.words[this.zonesAt + zone * ZONE_WORDS + ZONE_LOCATION]!;
  }

  /** Takes a zone out; names in it fall to its parent zone, if that is served, or to REFUSED. */
  remove(apex: Uint8Array): boolean {
    const zone = this.find(apex);
    if (zone === NONE) return false;
    const mask = this.words[TABLE_SLOT_COUNT]! - 1;
    const at = this.zonesAt + zone * ZONE_WORDS;
    let slot = slotOf(this.words[at + ZONE_HASH]!, mask);
    while (this.words[TABLE_HEADER_WORDS + slot] !== zone + 1) slot = (slot + 1) & mask;
    Atomics.store(this.words, TABLE_HEADER_WORDS + slot, SLOT_GONE);
    this.count--;
    this.giveUp(zone);
    return true;
  }

  /**
   * Marks a zone as one that not everybody may ask, or takes the mark off; it stays until the zone is removed. A new
   * zone is first set to `null`, then marked, then served. @returns false if there is no such zone
   */
  restrict(apex: Uint8Array, on: boolean): boolean {
    const zone = this.find(apex);
    if (zone === NONE) return false;
    const at = this.zonesAt + zone * ZONE_WORDS + ZONE_LENGTH_LABELS;
    const word = this.words[at]! & ~RESTRICTED_BIT;
    Atomics.store(this.words, at, on ? word | RESTRICTED_BIT : word);
    return true;
  }

  /**
   * Adds a table of locations (locations.ts), for `set` of zones. To replace one, add the new table, set all zones that
   * use it, and remove the old one: then every packet sees a zone and the table that belongs to it.
   */
  addLocations(table: SharedArrayBuffer): ZoneSlot {
    const location = this.segments.place(table, 0);
    const slot = this.takeSlot(0);
    const at = this.zonesAt + slot * ZONE_WORDS;
    this.words[at + ZONE_LENGTH_LABELS] = NAMELESS;
    Atomics.store(this.words, at + ZONE_LOCATION, location);
    return slot;
  }

  /** Removes a table that no zone uses any more. */
  removeLocations(slot: ZoneSlot): void {
    const at = this.zonesAt + slot * ZONE_WORDS;
    assert(this.words[at + ZONE_LENGTH_LABELS] === NAMELESS, 'a table of locations');
    this.giveUp(slot);
  }

  // --- the table --------------------------------------------------------------------------------------------

  private publish(apex: Uint8Array, location: number): ZoneSlot {
    const known = this.find(apex);
    if (known === NONE) {
      const zone = this.insert(apex, location);
      this.collect();
      return zone;
    }
    this.replace(known, location);
    this.collect();
    return known;
  }

  private find(apex: Uint8Array): ZoneSlot {
    const length = parseName(this.name, apex, 0, apex.length);
    assert(length === apex.length, 'an apex is a name');
    return this.own.exact(this.name, 0);
  }

  /** Adds the name last parsed. */
  private insert(apex: Uint8Array, location: number): ZoneSlot {
    const zone = this.takeSlot(apex.length);
    const used = this.words[TABLE_NAME_OCTETS]!;
    const at = this.zonesAt + zone * ZONE_WORDS;
    this.names.set(apex, used);
    this.words[TABLE_NAME_OCTETS] = used + apex.length;
    this.words[at + ZONE_HASH] = this.name.hash[0]!;
    this.words[at + ZONE_NAME] = used;
    this.words[at + ZONE_LENGTH_LABELS] = (apex.length << 8) | this.name.labelCount;
    this.words[at + ZONE_LOCATION] = location;
    this.words[TABLE_LABELS_MAX] = Math.max(this.words[TABLE_LABELS_MAX]!, this.name.labelCount);
    this.link(zone);
    this.count++;
    return zone;
  }

  private replace(zone: ZoneSlot, location: number): void {
    const at = this.zonesAt + zone * ZONE_WORDS + ZONE_LOCATION;
    // making room for the new version may have moved the former one
    const former = this.words[at]!;
    Atomics.store(this.words, at, location);
    if (former !== LOCATION_NONE) this.segments.release(former);
  }

  /** Gives a slot up that is no longer found. */
  private giveUp(slot: ZoneSlot): void {
    const at = this.zonesAt + slot * ZONE_WORDS;
    // the location stays: a packet that has found the slot is still answered from it
    const former = this.words[at + ZONE_LOCATION]!;
    this.words[at + ZONE_LENGTH_LABELS] = 0;
    if (former !== LOCATION_NONE) this.segments.release(former);
    this.retire(null, slot);
    this.collect();
  }

  private takeSlot(nameOctets: number): ZoneSlot {
    const capacity = this.words[TABLE_ZONE_CAPACITY]!;
    const hasName = this.words[TABLE_NAME_OCTETS]! + nameOctets <= this.names.length;
    const hasSlot = (this.slotsUsed + 1) * 2 <= this.words[TABLE_SLOT_COUNT]!;
    if (!hasName || !hasSlot || (this.vacant.length === 0 && this.zonesUsed === capacity)) {
      this.rebuild(nameOctets);
    }
    return this.vacant.pop() ?? this.zonesUsed++;
  }

  /** Readers see the zone from the store on. */
  private link(zone: ZoneSlot): void {
    const mask = this.words[TABLE_SLOT_COUNT]! - 1;
    let slot = slotOf(this.words[this.zonesAt + zone * ZONE_WORDS + ZONE_HASH]!, mask);
    while (this.words[TABLE_HEADER_WORDS + slot]! > 0) slot = (slot + 1) & mask;
    if (this.words[TABLE_HEADER_WORDS + slot] === SLOT_FREE) this.slotsUsed++;
    Atomics.store(this.words, TABLE_HEADER_WORDS + slot, zone + 1);
  }

  /** Makes a larger table without gaps. Zones keep their numbers: readers may hold some. */
  private rebuild(nameOctets: number, zones = FIRST_CAPACITY): void {
    const former = this.words;
    const formerNames = this.names;
    const formerAt = this.zonesAt;
    // numbers given up may still be held by a reader, so those in use count, not zones
    const capacity = Math.max(this.zonesUsed + (this.zonesUsed >> 1), this.count * 2, zones);
    let octets = capacity * NAME_OCTETS_EXPECTED + nameOctets;
    for (let zone = 0; zone < this.zonesUsed; zone++) {
      octets += former[formerAt + zone * ZONE_WORDS + ZONE_LENGTH_LABELS]! >>> 8;
    }
    this.table = newTable(capacity, octets);
    this.words = new Int32Array(this.table);
    this.names = this.useTable(this.table);
    this.slotsUsed = 0;
    this.words[TABLE_LABELS_MAX] = former[TABLE_LABELS_MAX]!;
    for (let zone = 0; zone < this.zonesUsed; zone++) {
      const from = formerAt + zone * ZONE_WORDS;
      const length = former[from + ZONE_LENGTH_LABELS]! >>> 8;
      // also slots given up: a packet that holds one may ask for it after it has fetched this table
      this.words.set(former.subarray(from, from + ZONE_WORDS), this.zonesAt + zone * ZONE_WORDS);
      if (length === 0) continue;
      const used = this.words[TABLE_NAME_OCTETS]!;
      const nameAt = former[from + ZONE_NAME]!;
      this.names.set(formerNames.subarray(nameAt, nameAt + length), used);
      this.words[this.zonesAt + zone * ZONE_WORDS + ZONE_NAME] = used;
      this.words[TABLE_NAME_OCTETS] = used + length;
      this.link(zone);
    }
    this.tell({ kind: 'table', buffer: this.table });
  }

  private useTable(buffer: SharedArrayBuffer): Uint8Array {
    const words = new Int32Array(buffer);
    this.own.take({ kind: 'table', buffer });
    this.zonesAt = TABLE_HEADER_WORDS + words[TABLE_SLOT_COUNT]!;
    const namesAt = (this.zonesAt + words[TABLE_ZONE_CAPACITY]! * ZONE_WORDS) * 4;
    return new Uint8Array(buffer, namesAt);
  }

  // --- segments ---------------------------------------------------------------------------------------------

  /** Before the zone is published. */
  private pointAtTable(location: number, locations: ZoneSlot): void {
    const words = this.segments.words(location, VARIED_TABLE + 1);
    if (words[IMAGE_MAGIC] === VARIED_FORMAT) words[VARIED_TABLE] = locations;
  }

  private moveImages(segment: Segment): void {
    for (let zone = 0; zone < this.zonesUsed; zone++) {
      const at = this.zonesAt + zone * ZONE_WORDS + ZONE_LOCATION;
      const location = this.words[at]!;
      const isRemoved = this.words[at - ZONE_LOCATION + ZONE_LENGTH_LABELS] === 0;
      if (segmentOf(location) !== segment.id || isRemoved) continue;
      Atomics.store(this.words, at, this.segments.copy(location));
    }
  }

  // --- readers ----------------------------------------------------------------------------------------------

  private tell(message: StoreMessage): void {
    for (const reader of this.readers) reader.message(message);
    Atomics.add(this.controlWords, CONTROL_MESSAGES, 1);
  }

  private retire(segment: Segment | null, zone: ZoneSlot): void {
    const epoch = Atomics.add(this.controlWords, CONTROL_EPOCH, 1) + 1;
    this.retired.push({ epoch, segment, zone });
  }

  /** Gives up what no reader can be using; looks again later if something is left. */
  private collect(): void {
    if (this.retired.length === 0) return;
    let seen = Number.POSITIVE_INFINITY;
    for (const reader of this.readers) seen = Math.min(seen, reader.seen());
    const left: Retired[] = [];
    for (const retired of this.retired) {
      if (retired.epoch > seen) left.push(retired);
      else this.reuse(retired);
    }
    this.retired = left;
    if (left.length > 0 && this.timer === null) {
      this.timer = setTimeout(() => {
        this.timer = null;
        this.collect();
      }, COLLECT_MS).unref();
    }
  }

  private reuse({ segment, zone }: Retired): void {
    if (zone !== NONE) this.vacant.push(zone);
    if (segment === null) return;
    this.segments.drop(segment);
  }
}
