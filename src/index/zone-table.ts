/**
 * Which zone is a name in, and which version of it? Apexes in a hash table by the suffix hashes that a parsed name
 * already has, so the longest match costs at most one probe per label, whatever the number of zones (RFC 1034 §4.3.2
 * step 2). One object per thread over memory that all threads share. Must not know: what is in a zone, who writes.
 */
import { CHAIN_STEPS_MAX } from '../base/limits.js';
import { bufferOf, type Memory } from '../base/memory.js';
import { equalNames, type NameView } from '../wire/name.js';
import type { HeldImage } from './held-image.js';
import { IMAGE_MAGIC, slotOf, ZoneImage } from './image.js';
import { LocationTable } from './locations.js';
import {
  LABELS_MASK,
  LOCATION_NONE,
  offsetOf,
  RESTRICTED_BIT,
  SLOT_FREE,
  type StoreMessage,
  segmentOf,
  TABLE_HEADER_WORDS,
  TABLE_LABELS_MAX,
  TABLE_SLOT_COUNT,
  TABLE_ZONE_CAPACITY,
  ZONE_HASH,
  ZONE_LENGTH_LABELS,
  ZONE_LOCATION,
  ZONE_NAME,
  ZONE_WORDS,
} from './table-layout.js';
import {
  findLocation,
  findVariant,
  HIDDEN,
  hasTimes,
  VARIED_BASE,
  VARIED_ENDING,
  VARIED_FORMAT,
  VARIED_LOCATION_COUNT,
  VARIED_TABLE,
} from './variants.js';
import { NO_ADDRESS, Viewpoint } from './viewpoint.js';
import { type Ending, NONE, type ZoneView } from './zone-index.js';

/** Number of a zone in the table. It may come to mean another zone, but not before the packet at hand is answered. */
export type ZoneSlot = number;

/** Each step of a chain asks for one zone, or for DS for two. */
const VIEWS_MAX = 2 * CHAIN_STEPS_MAX + 2;

export class ZoneTable {
  /** Called when a version lies in a segment that has not been taken in yet: its message is on the way. */
  onMissing: (() => void) | null = null;
  private words: Int32Array = new Int32Array(TABLE_HEADER_WORDS + 1);
  private octets: Uint8Array = new Uint8Array(0);
  private slotMask = 0;
  private zonesAt = TABLE_HEADER_WORDS + 1;
  private readonly segmentMemory: (Memory | null)[] = [];
  private readonly segmentWords: (Int32Array | null)[] = [];
  private readonly segmentOctets: (Uint8Array | null)[] = [];
  /** The versions that the packet at hand has met, so that it meets no other of the same zone. */
  private readonly images: ZoneImage[] = [];
  private readonly imageZone: Int32Array = new Int32Array(VIEWS_MAX);
  private imageCount = 0;
  private readonly nobody = new Viewpoint();
  private viewpoint: Viewpoint = this.nobody;
  private readonly locations = new LocationTable();

  constructor() {
    for (let i = 0; i < VIEWS_MAX; i++) this.images.push(new ZoneImage());
  }

  // === hot path

  /**
   * A packet begins: it sees the newest versions, and of each zone only one.
   * @param viewpoint has begun the packet, too; without it, nobody in particular looks
   */
  begin(viewpoint: Viewpoint | null = null): void {
    this.imageCount = 0;
    if (viewpoint === null) this.nobody.begin(NO_ADDRESS);
    this.viewpoint = viewpoint ?? this.nobody;
  }

  /**
   * The zone with the longest apex that is a suffix of `name` from `label` on, or NONE. Asking from a later label
   * finds the parent zone (DS queries, RFC 4035 §3.1.4.1).
   */
  find(name: NameView, label: number): ZoneSlot {
    const skip = name.labelCount - this.words[TABLE_LABELS_MAX]!;
    for (let i = label > skip ? label : skip; i <= name.labelCount; i++) {
      const zone = this.exact(name, i);
      if (zone !== NONE) return zone;
    }
    return NONE;
  }

  /**
   * The zone's current version, or the one of them that the viewpoint sees, which may be that there is no such zone;
   * `null` if it has never loaded. Valid until `begin`.
   */
  view(zone: ZoneSlot): ZoneView | null {
    for (let i = 0; i < this.imageCount; i++) {
      if (this.imageZone[i] === zone) return this.images[i]!;
    }
    const location = this.locationWord(zone);
    if (location === LOCATION_NONE || this.imageCount === VIEWS_MAX) return null;
    const segment = segmentOf(location);
    if (!this.hasSegment(segment)) return null;
    const image = this.images[this.imageCount]!;
    const words = this.segmentWords[segment]!;
    const octets = this.segmentOctets[segment]!;
    const offset = offsetOf(location);
    if (words[(offset >>> 2) + IMAGE_MAGIC] !== VARIED_FORMAT) image.attach(words, octets, offset);
    else if (!this.attachVariant(image, words, octets, offset >>> 2)) return null;
    this.imageZone[this.imageCount++] = zone;
    return image;
  }

  /** Where a slot's version is. If its segment is on the way, it is fetched. */
  private locationWord(slot: ZoneSlot): number {
    const location = Atomics.load(this.words, this.zonesAt + slot * ZONE_WORDS + ZONE_LOCATION);
    if (location !== LOCATION_NONE && !this.hasSegment(segmentOf(location))) this.onMissing?.();
    return location;
  }

  /** Chooses among the variants at word `at`. @returns whether it could be done */
  private attachVariant(
    image: ZoneImage,
    words: Int32Array,
    octets: Uint8Array,
    at: number,
  ): boolean {
    let client = 0;
    if (words[at + VARIED_LOCATION_COUNT]! > 1 && words[at + VARIED_TABLE] !== NONE) {
      client = this.clientLocation(words[at + VARIED_TABLE]!);
      if (client === NONE) return false;
    }
    const entry = findLocation(words, at, client);
    const now = hasTimes(words, at, entry) ? this.viewpoint.now() : 0;
    const variant = findVariant(words, at, entry, now);
    if (variant === HIDDEN) {
      image.isHidden = true;
      return true;
    }
    image.attach(words, octets, (at + variant) << 2);
    image.ending = words[at + VARIED_ENDING]! as Ending;
    image.baseSeconds = words[at + VARIED_BASE]! >>> 0;
    return true;
  }

  /** The location of the viewpoint's address by the table in a slot; NONE if the table cannot be had. */
  private clientLocation(slot: ZoneSlot): number {
    const location = this.locationWord(slot);
    const segment = segmentOf(location);
    if (location === LOCATION_NONE || !this.hasSegment(segment)) return NONE;
    const { viewpoint, locations } = this;
    locations.attach(this.segmentWords[segment]!, offsetOf(location) >>> 2);
    const client = locations.find(viewpoint.address);
    const bits = locations.scopeBits();
    if (bits > viewpoint.scopeBits) viewpoint.scopeBits = bits;
    return client;
  }

  /** Labels of the zone's apex. */
  apexLabels(zone: ZoneSlot): number {
    return this.words[this.zonesAt + zone * ZONE_WORDS + ZONE_LENGTH_LABELS]! & LABELS_MASK;
  }

  /** Whether it depends on the client, or its key, who may ask for what is in the zone. */
  isRestricted(zone: ZoneSlot): boolean {
    const word = this.words[this.zonesAt + zone * ZONE_WORDS + ZONE_LENGTH_LABELS]!;
    return (word & RESTRICTED_BIT) !== 0;
  }

  /** The zone whose apex is the suffix of `name` from `label` on, or NONE. */
  exact(name: NameView, label: number): ZoneSlot {
    const { words, slotMask: mask } = this;
    const hash = name.hash[label]!;
    const start = name.labelOffset[label]!;
    const length = name.offset + name.length - start;
    let slot = slotOf(hash, mask);
    for (;;) {
      const zone = Atomics.load(words, TABLE_HEADER_WORDS + slot) - 1;
      if (zone === SLOT_FREE - 1) return NONE;
      if (zone >= 0) {
        const at = this.zonesAt + zone * ZONE_WORDS;
        if (
          words[at + ZONE_HASH] === hash &&
          words[at + ZONE_LENGTH_LABELS]! >>> 8 === length &&
          equalNames(name.octets, start, this.octets, words[at + ZONE_NAME]!, length)
        ) {
          return zone;
        }
      }
      slot = (slot + 1) & mask;
    }
  }

  private hasSegment(segment: number): boolean {
    return segment < this.segmentWords.length && this.segmentWords[segment] !== null;
  }

  // === end of hot path

  /** A copy of the name of the zone's apex, case as it was added. */
  apex(zone: ZoneSlot): Uint8Array {
    const at = this.zonesAt + zone * ZONE_WORDS;
    const name = this.words[at + ZONE_NAME]!;
    return this.octets.slice(name, name + (this.words[at + ZONE_LENGTH_LABELS]! >>> 8));
  }

  /**
   * Takes in what the store says, between packets or from `onMissing`.
   * @returns whether the thread's garbage has the handle of a segment now, see base/garbage.ts
   */
  take(message: StoreMessage): boolean {
    switch (message.kind) {
      case 'table':
        this.takeTable(message.buffer);
        return false;
      case 'segment':
        return this.takeSegment(message.id, message.memory);
      case 'drop':
        this.segmentMemory[message.id] = null;
        this.segmentWords[message.id] = null;
        this.segmentOctets[message.id] = null;
        this.forgetImages();
        return true;
    }
  }

  /**
   * What a client sees of a zone now, to be held for longer than a packet; null if there is nothing to see, of which
   * `view` tells more. Is a packet of its own, so the one before is over.
   */
  hold(zone: ZoneSlot, viewpoint: Viewpoint | null): HeldImage | null {
    this.begin(viewpoint);
    const view = this.view(zone);
    const image = this.images[0];
    if (view === null || view.isHidden || image === undefined) return null;
    const location = this.locationWord(zone);
    const memory = this.segmentMemory[segmentOf(location)];
    const words = this.segmentWords[segmentOf(location)];
    if (memory === undefined || memory === null) return null;
    const held = { memory, offset: image.offset };
    if (words?.[(offsetOf(location) >>> 2) + IMAGE_MAGIC] !== VARIED_FORMAT) return held;
    return { ...held, variant: { ending: view.ending, baseSeconds: view.baseSeconds } };
  }

  private takeSegment(id: number, memory: Memory): boolean {
    while (this.segmentWords.length < id) {
      this.segmentMemory.push(null);
      this.segmentWords.push(null);
      this.segmentOctets.push(null);
    }
    const buffer = bufferOf(memory);
    const isElsewhere = this.hasSegment(id);
    this.segmentMemory[id] = memory;
    this.segmentWords[id] = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
    this.segmentOctets[id] = new Uint8Array(buffer);
    if (isElsewhere) this.forgetImages();
    return isElsewhere;
  }

  private takeTable(buffer: SharedArrayBuffer): void {
    const words = new Int32Array(buffer);
    const slotCount = words[TABLE_SLOT_COUNT]!;
    this.words = words;
    this.slotMask = slotCount - 1;
    this.zonesAt = TABLE_HEADER_WORDS + slotCount;
    const namesAt = (this.zonesAt + words[TABLE_ZONE_CAPACITY]! * ZONE_WORDS) * 4;
    this.octets = new Uint8Array(buffer, namesAt);
  }

  /** A window that is not in use may be the last thing that holds a dropped segment. */
  private forgetImages(): void {
    for (let i = this.imageCount; i < VIEWS_MAX; i++) this.images[i] = new ZoneImage();
    this.locations.forget();
  }
}
