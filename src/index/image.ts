/**
 * The memory image of one zone: flat columns and one octet arena in a single buffer, position-independent, so that it
 * can be shared between threads, packed beside others or written to disk as it is. compile.ts writes it, this file
 * reads it. RFC 1034 §4.3.2 step 2–3, RFC 4592 §2.2, RFC 5155 §7.2.8. Must not know: text, messages.
 *
 *     word 0          HEADER (see IMAGE_… below), 16 words
 *     slotsAt         hash table: slotCount words, each a node + 1, 0 if free; open addressing, at most 2/3 full
 *     nodesAt         nodes, NODE_WORDS each; the apex is node 0
 *     rrsetsAt        RRsets, RRSET_WORDS each, grouped by node, ascending by type within a node
 *     linksAt         links of additional data, LINK_WORDS each
 *     arenaAt (octet) each owner name, its RRsets after it (layout in zone-index.ts)
 *     signedAt        of a signed zone only: signatures and the chain of NSEC or NSEC3 (layout in signed-part.ts)
 *
 *     node   | hash | name offset | rrset first | rrset count << 16 | flags | link (node or -1) |
 *     rrset  | type << 16 | count   | TTL | offset | length | link first | link count |
 *     link   | node | name offset |
 *
 * Offsets of names and RRsets are octets from the start of the arena. All words are signed 32-bit in host order. Nodes
 * that own nothing but NSEC3 come last: look-ups by name pass them over. An RRSIG RRset is ordered by type covered, so
 * that the signatures of each RRset are a stretch of it.
 */
import { equalNames, type NameView, nameLength } from '../wire/name.js';
import { SignedPart } from './signed-part.js';
import {
  APEX,
  ENDING_NONE,
  type Ending,
  type FindResult,
  NONE,
  type NodeId,
  type RrsetId,
  type ZoneView,
} from './zone-index.js';

export const IMAGE_FORMAT = 0x687a_0002;

// Header words
export const IMAGE_MAGIC = 0;
/** Octets of the whole image. */
export const IMAGE_SIZE = 1;
export const IMAGE_NODE_COUNT = 2;
export const IMAGE_SLOT_COUNT = 3;
export const IMAGE_RRSET_COUNT = 4;
export const IMAGE_LINK_COUNT = 5;
export const IMAGE_ARENA_OCTETS = 6;
export const IMAGE_APEX_LABELS = 7;
export const IMAGE_SERIAL = 8;
export const IMAGE_NEGATIVE_TTL = 9;
export const IMAGE_SOA = 10;
export const IMAGE_RECORD_COUNT = 11;
/** Word of the signed part, counted from the image's start; 0: there is none. */
export const IMAGE_SIGNED = 12;
/** Nodes that are names of the zone: all but those with NSEC3 alone. */
export const IMAGE_NAME_COUNT = 13;
export const HEADER_WORDS = 16;

/** Octets before a record's RDATA in the arena: owner pointer, type, class, TTL, RDLENGTH. */
export const RECORD_HEAD_OCTETS = 12;

export const NODE_WORDS = 5;
export const NODE_HASH = 0;
export const NODE_NAME = 1;
export const NODE_RRSET_FIRST = 2;
/** RRset count in the upper, flags in the lower 16 bits. */
export const NODE_COUNT_FLAGS = 3;
export const NODE_LINK = 4;

export const RRSET_WORDS = 6;
/** Type in the upper, record count in the lower 16 bits. */
export const RRSET_TYPE_COUNT = 0;
export const RRSET_TTL = 1;
export const RRSET_OFFSET = 2;
export const RRSET_LENGTH = 3;
export const RRSET_LINK_FIRST = 4;
export const RRSET_LINK_COUNT = 5;

export const LINK_WORDS = 2;
export const LINK_NODE = 0;
export const LINK_NAME = 1;

/** Mixes a name's hash before the low bits choose a slot. */
export function slotOf(hash: number, mask: number): number {
  const mixed = Math.imul(hash, 0x9e3779b1 | 0);
  return (mixed ^ (mixed >>> 16)) & mask;
}

const NO_BUFFER = new SharedArrayBuffer(0);

/**
 * Reads one image at a time: a window over the segment that holds it. `octets` and all offsets are the segment's, so
 * that moving the window to another image allocates nothing.
 */
export class ZoneImage implements ZoneView {
  octets: Uint8Array = new Uint8Array(NO_BUFFER);
  apexLabels = 0;
  serial = 0;
  negativeTtl = 0;
  soa: RrsetId = NONE;
  isHidden = false;
  ending: Ending = ENDING_NONE;
  baseSeconds = 0;
  signed: SignedPart | null = null;
  nodeCount = 0;
  recordCount = 0;
  /** Where in `octets` the arena starts. */
  arenaAt = 0;
  private words: Int32Array = new Int32Array(NO_BUFFER);
  private nameCount = 0;
  private readonly signedPart = new SignedPart(this);
  private slotMask = 0;
  private slotsAt = 0;
  private nodesAt = 0;
  private rrsetsAt = 0;
  private linksAt = 0;

  /** @param buffer an image by itself; without it, `attach` must come before anything else. */
  constructor(buffer?: SharedArrayBuffer) {
    if (buffer === undefined) return;
    const words = new Int32Array(buffer);
    if (words[IMAGE_MAGIC] !== IMAGE_FORMAT) throw new Error('not a zone image of this format');
    this.attach(words, new Uint8Array(buffer), 0);
  }

  // === hot path

  /** Moves to the image at `offset` octets (a multiple of 4) of a segment, given as words and as octets. */
  attach(words: Int32Array, octets: Uint8Array, offset: number): void {
    const at = offset >>> 2;
    const slotCount = words[at + IMAGE_SLOT_COUNT]!;
    this.words = words;
    this.octets = octets;
    this.nodeCount = words[at + IMAGE_NODE_COUNT]!;
    this.recordCount = words[at + IMAGE_RECORD_COUNT]!;
    this.apexLabels = words[at + IMAGE_APEX_LABELS]!;
    this.serial = words[at + IMAGE_SERIAL]! >>> 0;
    this.negativeTtl = words[at + IMAGE_NEGATIVE_TTL]!;
    this.soa = words[at + IMAGE_SOA]!;
    this.isHidden = false;
    this.ending = ENDING_NONE;
    this.slotMask = slotCount - 1;
    this.slotsAt = at + HEADER_WORDS;
    this.nodesAt = this.slotsAt + slotCount;
    this.rrsetsAt = this.nodesAt + this.nodeCount * NODE_WORDS;
    this.linksAt = this.rrsetsAt + words[at + IMAGE_RRSET_COUNT]! * RRSET_WORDS;
    this.arenaAt = (this.linksAt + words[at + IMAGE_LINK_COUNT]! * LINK_WORDS) << 2;
    this.nameCount = words[at + IMAGE_NAME_COUNT]!;
    const signedAt = words[at + IMAGE_SIGNED]!;
    this.signed = signedAt === 0 ? null : this.signedPart;
    if (signedAt === 0) return;
    const rrsetCount = words[at + IMAGE_RRSET_COUNT]!;
    this.signedPart.attach(words, at + signedAt, this.nodeCount, rrsetCount);
  }

  /** Where the image starts, in octets of its segment. */
  get offset(): number {
    return (this.slotsAt - HEADER_WORDS) << 2;
  }

  /** Octets of all names and records. */
  get arenaOctets(): number {
    return this.words[this.slotsAt - HEADER_WORDS + IMAGE_ARENA_OCTETS]!;
  }

  /** The segment, or the image's own buffer. */
  get buffer(): ArrayBufferLike {
    return this.words.buffer;
  }

  /**
   * The node here with the name that a node of another version has, or NONE.
   * @param guess looked at first
   */
  counterpart(other: ZoneImage, otherNode: NodeId, guess: NodeId): NodeId {
    const hash = other.words[other.nodesAt + otherNode * NODE_WORDS + NODE_HASH]!;
    const name = other.nodeName(otherNode);
    if (guess >= 0 && guess < this.nodeCount && this.isNode(guess, hash, other.octets, name)) {
      return guess;
    }
    const mask = this.slotMask;
    let slot = slotOf(hash, mask);
    for (;;) {
      const node = this.words[this.slotsAt + slot]! - 1;
      if (node < 0) return NONE;
      if (this.isNode(node, hash, other.octets, name)) return node;
      slot = (slot + 1) & mask;
    }
  }

  private isNode(node: NodeId, hash: number, octets: Uint8Array, name: number): boolean {
    const at = this.nodesAt + node * NODE_WORDS;
    if (this.words[at + NODE_HASH] !== hash) return false;
    const own = this.arenaAt + this.words[at + NODE_NAME]!;
    return equalNames(octets, name, this.octets, own, nameLength(octets, name));
  }

  find(name: NameView, label: number, result: FindResult): void {
    const top = name.labelCount - this.apexLabels;
    for (let i = label; i < top; i++) {
      const node = this.exact(name, i);
      if (node !== NONE) {
        result.node = node;
        result.label = i;
        return;
      }
    }
    result.node = APEX;
    result.label = top;
  }

  private exact(name: NameView, label: number): NodeId {
    const words = this.words;
    const hash = name.hash[label]!;
    const start = name.labelOffset[label]!;
    const length = name.offset + name.length - start;
    const mask = this.slotMask;
    let slot = slotOf(hash, mask);
    for (;;) {
      const node = words[this.slotsAt + slot]! - 1;
      if (node < 0) return NONE;
      const at = this.nodesAt + node * NODE_WORDS;
      if (
        words[at + NODE_HASH] === hash &&
        node < this.nameCount &&
        equalNames(name.octets, start, this.octets, this.arenaAt + words[at + NODE_NAME]!, length)
      ) {
        return node;
      }
      slot = (slot + 1) & mask;
    }
  }

  nodeFlags(node: NodeId): number {
    return this.words[this.nodesAt + node * NODE_WORDS + NODE_COUNT_FLAGS]! & 0xffff;
  }

  nodeLink(node: NodeId): NodeId {
    return this.words[this.nodesAt + node * NODE_WORDS + NODE_LINK]!;
  }

  nodeName(node: NodeId): number {
    return this.arenaAt + this.words[this.nodesAt + node * NODE_WORDS + NODE_NAME]!;
  }

  nodeRrsetFirst(node: NodeId): RrsetId {
    return this.words[this.nodesAt + node * NODE_WORDS + NODE_RRSET_FIRST]!;
  }

  nodeRrsetCount(node: NodeId): number {
    return this.words[this.nodesAt + node * NODE_WORDS + NODE_COUNT_FLAGS]! >>> 16;
  }

  nodeRrset(node: NodeId, type: number): RrsetId {
    const first = this.nodeRrsetFirst(node);
    const end = first + this.nodeRrsetCount(node);
    for (let rrset = first; rrset < end; rrset++) {
      const found = this.rrsetType(rrset);
      if (found >= type) return found === type ? rrset : NONE;
    }
    return NONE;
  }

  rrsetType(rrset: RrsetId): number {
    return this.words[this.rrsetsAt + rrset * RRSET_WORDS + RRSET_TYPE_COUNT]! >>> 16;
  }

  rrsetCount(rrset: RrsetId): number {
    return this.words[this.rrsetsAt + rrset * RRSET_WORDS + RRSET_TYPE_COUNT]! & 0xffff;
  }

  rrsetTtl(rrset: RrsetId): number {
    return this.words[this.rrsetsAt + rrset * RRSET_WORDS + RRSET_TTL]!;
  }

  rrsetOffset(rrset: RrsetId): number {
    return this.arenaAt + this.words[this.rrsetsAt + rrset * RRSET_WORDS + RRSET_OFFSET]!;
  }

  rrsetLength(rrset: RrsetId): number {
    return this.words[this.rrsetsAt + rrset * RRSET_WORDS + RRSET_LENGTH]!;
  }

  rrsetLinkFirst(rrset: RrsetId): number {
    return this.words[this.rrsetsAt + rrset * RRSET_WORDS + RRSET_LINK_FIRST]!;
  }

  rrsetLinkCount(rrset: RrsetId): number {
    return this.words[this.rrsetsAt + rrset * RRSET_WORDS + RRSET_LINK_COUNT]!;
  }

  linkNode(link: number): NodeId {
    return this.words[this.linksAt + link * LINK_WORDS + LINK_NODE]!;
  }

  linkName(link: number): number {
    return this.arenaAt + this.words[this.linksAt + link * LINK_WORDS + LINK_NAME]!;
  }
}
