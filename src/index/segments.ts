/**
 * The memory that images lie in: segments of 16 MiB for small ones, packed one behind the other, and one of its own for
 * each large one. A segment is only ever added to; what is let go leaves a gap, and one that is half gaps is emptied by
 * moving what lives. Where a segment's octets are may change while it is read: in the process's own memory, or in a
 * file with the same octets. Must not know: zones, files, who reads.
 */
import { assert } from '../base/errors.js';
import { PACKED_IMAGE_OCTETS_MAX } from '../base/limits.js';
import { bufferOf, type Memory, octetsIn } from '../base/memory.js';
import { IMAGE_SIZE } from './image.js';
import {
  alignedSize,
  locationOf,
  offsetOf,
  SEGMENT_COUNT_MAX,
  SEGMENT_OCTETS,
  type StoreMessage,
  segmentOf,
} from './table-layout.js';

export type Segment = {
  readonly id: number;
  readonly memory: Memory;
  /** All of its octets. */
  readonly octets: Uint8Array;
  /** Octets handed out: never less than before. Those below do not change any more. */
  readonly used: number;
  /** Octets of `used` that are in use. */
  readonly live: number;
  /** Whether it stays, used or not, because somebody remembers what lies in it. */
  readonly isPinned: boolean;
};

/** As this file sees it. */
type Own = { -readonly [Key in keyof Segment]: Segment[Key] };

export type SegmentEvents = {
  /** Readers are to know. */
  tell(message: StoreMessage): void;
  /** What lives in the segment is to be moved, by `copy`. */
  empty(segment: Segment): void;
  /** Nothing is found in the segment any more; `drop` when nobody reads it. */
  retire(segment: Segment): void;
};

export class Segments {
  private readonly events: SegmentEvents;
  private readonly byId = new Map<number, Own>();
  private readonly freeIds: number[] = [];
  private nextId = 1;
  private open: Own | null = null;

  constructor(events: SegmentEvents) {
    this.events = events;
  }

  all(): Iterable<Segment> {
    return this.byId.values();
  }

  get(id: number): Segment | undefined {
    return this.byId.get(id);
  }

  /** Whether more may come behind what the segment holds. */
  isOpen(segment: Segment): boolean {
    return segment === this.open;
  }

  /**
   * Puts an image, or whatever has its size where an image has it, where readers can reach it. A large one keeps its
   * own buffer; of a buffer that holds several, the one at `from` octets is copied.
   */
  place(image: SharedArrayBuffer, from: number): number {
    const octets = new Int32Array(image, from, IMAGE_SIZE + 1)[IMAGE_SIZE]!;
    if (alignedSize(octets) > PACKED_IMAGE_OCTETS_MAX && octets === image.byteLength) {
      const segment = this.add(image);
      segment.used = alignedSize(octets);
      segment.live = segment.used;
      return locationOf(segment.id, 0);
    }
    return this.append(new Uint8Array(image, from, octets));
  }

  /** Copies what lies at a location to another. */
  copy(location: number): number {
    const { octets } = this.at(location);
    const offset = offsetOf(location);
    return this.append(octets.subarray(offset, offset + this.sizeAt(location)));
  }

  /** What lies at a location is not used any more. */
  release(location: number): void {
    const segment = this.at(location);
    segment.live -= alignedSize(this.sizeAt(location));
    this.tidy(segment);
  }

  /** Words at a location. Before it is published they may be changed, if the segment is the process's own memory. */
  words(location: number, count: number): Int32Array {
    const { octets } = this.at(location);
    return new Int32Array(octets.buffer, octets.byteOffset + offsetOf(location), count);
  }

  /**
   * Adds memory that holds images already, `used` octets of it. Each is in use when `claim` has said so, and until
   * `unpin` each may come to be.
   * @param isOpen whether more may be put behind them
   */
  restore(memory: Memory, used: number, isOpen: boolean): Segment {
    const segment = this.add(memory);
    segment.used = used;
    segment.isPinned = true;
    if (isOpen) this.open = segment;
    return segment;
  }

  /** The image at a location of such a segment is in use from now on. */
  claim(location: number): void {
    this.at(location).live += alignedSize(this.sizeAt(location));
  }

  /** Lets go of what was restored and is mostly unused. */
  unpin(): void {
    for (const segment of [...this.byId.values()]) {
      if (!segment.isPinned) continue;
      segment.isPinned = false;
      this.tidy(segment);
    }
  }

  /** Has a segment read elsewhere from now on, where the same octets are. Nothing may be added to it any more. */
  move(segment: Segment, memory: Memory): void {
    const own = this.byId.get(segment.id);
    assert(own === segment && own !== this.open, 'a full segment');
    own.memory = memory;
    own.octets = new Uint8Array(bufferOf(memory), 0, octetsIn(memory));
    this.events.tell({ kind: 'segment', id: own.id, memory });
  }

  /** No reader uses a retired segment any more. */
  drop({ id }: Segment): void {
    this.events.tell({ kind: 'drop', id });
    this.freeIds.push(id);
  }

  private append(octets: Uint8Array): number {
    const size = alignedSize(octets.length);
    const segment = this.roomFor(size);
    const offset = segment.used;
    segment.octets.set(octets, offset);
    segment.used += size;
    segment.live += size;
    return locationOf(segment.id, offset);
  }

  private roomFor(size: number): Own {
    const { open } = this;
    if (open !== null && open.used + size <= open.octets.length) return open;
    const next = this.add(new SharedArrayBuffer(SEGMENT_OCTETS));
    this.open = next;
    if (open !== null) this.tidy(open);
    return next;
  }

  private add(memory: Memory): Own {
    const id = this.freeIds.pop() ?? this.nextId++;
    assert(id < SEGMENT_COUNT_MAX, 'there are segments left');
    const octets = new Uint8Array(bufferOf(memory), 0, octetsIn(memory));
    const segment = { id, memory, octets, used: 0, live: 0, isPinned: false };
    this.byId.set(id, segment);
    this.events.tell({ kind: 'segment', id, memory });
    return segment;
  }

  /** Empties a segment that is mostly unused, and lets an empty one go. */
  private tidy(segment: Own): void {
    const isKept = segment === this.open || segment.isPinned;
    if (isKept || segment.live * 2 > segment.used) return;
    if (segment.live > 0) this.events.empty(segment);
    this.byId.delete(segment.id);
    this.events.retire(segment);
  }

  private at(location: number): Own {
    const segment = this.byId.get(segmentOf(location));
    assert(segment !== undefined, 'a location has a segment');
    return segment;
  }

  private sizeAt(location: number): number {
    return this.words(location, IMAGE_SIZE + 1)[IMAGE_SIZE]!;
  }
}
