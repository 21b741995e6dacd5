/**
 * Which zone is a name in, and which version of it? Apexes in a hash table by the suffix hashes that a parsed name
 * already has, so the longest match costs at most one probe per label, whatever the number of zones (RFC 1034 §4.3.2
 * step 2). One object per thread over memory that all threads share. Must not know: what is in a zone, who writes.
 */
import { CHAIN_STEPS_MAX } from '../base/limits.js';
import { equalNames, type NameView } from '../wire/name.js';
import { slotOf, ZoneImage } from './image.js';
import {
  LOCATION_NONE,
  offsetOf,
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
import { NONE, type ZoneView } from './zone-index.js';

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
  private readonly segmentWords: (Int32Array | null)[] = [];
  private readonly segmentOctets: (Uint8Array | null)[] = [];
  /** The versions that the packet at hand has met, so that it meets no other of the same zone. */
  private readonly images: ZoneImage[] = [];
  private readonly imageZone: Int32Array = new Int32Array(VIEWS_MAX);
  private imageCount = 0;

  constructor() {
    for (let i = 0; i < VIEWS_MAX; i++) this.images.push(new ZoneImage());
  }

  // === hot path

  /** A packet begins: it sees the newest versions, and of each zone only one. */
  begin(): void {
    this.imageCount = 0;
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

  /** The zone's current version, or `null` if it has never loaded. Valid until `begin`. */
  view(zone: ZoneSlot): ZoneView | null {
    for (let i = 0; i < this.imageCount; i++) {
      if (this.imageZone[i] === zone) return this.images[i]!;
    }
    const location = Atomics.load(this.words, this.zonesAt + zone * ZONE_WORDS + ZONE_LOCATION);
    if (location === LOCATION_NONE || this.imageCount === VIEWS_MAX) return null;
    const segment = segmentOf(location);
    if (!this.hasSegment(segment)) this.onMissing?.();
    if (!this.hasSegment(segment)) return null;
    const image = this.images[this.imageCount]!;
    this.imageZone[this.imageCount++] = zone;
    image.attach(this.segmentWords[segment]!, this.segmentOctets[segment]!, offsetOf(location));
    return image;
  }

  /** Labels of the zone's apex. */
  apexLabels(zone: ZoneSlot): number {
    return this.words[this.zonesAt + zone * ZONE_WORDS + ZONE_LENGTH_LABELS]! & 0xff;
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

  /** Takes in what the store says, between packets or from `onMissing`. */
  take(message: StoreMessage): void {
    switch (message.kind) {
      case 'table':
        this.takeTable(message.buffer);
        break;
      case 'segment':
        while (this.segmentWords.length < message.id) {
          this.segmentWords.push(null);
          this.segmentOctets.push(null);
        }
        this.segmentWords[message.id] = new Int32Array(message.buffer);
        this.segmentOctets[message.id] = new Uint8Array(message.buffer);
        break;
      case 'drop':
        this.segmentWords[message.id] = null;
        this.segmentOctets[message.id] = null;
        this.forgetImages();
        break;
    }
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
  }
}
