/**
 * Zone to image (layout: image.ts): measures, allocates once, fills. RRsets become octets ready to send, so that a
 * query only selects and copies. RFC 1035 §3.2.1, RFC 2308 §5. Must not know: text, messages, files.
 *
 *     name | A A | MX | RRSIG A, RRSIG A, RRSIG MX, RRSIG NSEC | NSEC      a name's stretch of the arena
 *                       ╰── of A ──────╯  ╰ of MX ╯ ╰ of NSEC ╯            what goes with which RRset (signed-part.ts)
 */
import { IMAGE_ARENA_OCTETS_MAX, NSEC3_ITERATIONS_DEFAULT } from '../base/limits.js';
import { CLASS_IN, TYPE_RRSIG, TYPE_SOA } from '../wire/constants.js';
import { copyByWords, readU32, viewOfOctets } from '../wire/octets.js';
import { TTL_AS_STORED } from '../wire/response.js';
import { findRrset, type Zone } from '../zone/zone.js';
import {
  HEADER_WORDS,
  IMAGE_APEX_LABELS,
  IMAGE_ARENA_OCTETS,
  IMAGE_FORMAT,
  IMAGE_LINK_COUNT,
  IMAGE_MAGIC,
  IMAGE_NAME_COUNT,
  IMAGE_NEGATIVE_TTL,
  IMAGE_NODE_COUNT,
  IMAGE_RECORD_COUNT,
  IMAGE_RRSET_COUNT,
  IMAGE_SERIAL,
  IMAGE_SIGNED,
  IMAGE_SIZE,
  IMAGE_SLOT_COUNT,
  IMAGE_SOA,
  LINK_NAME,
  LINK_NODE,
  LINK_WORDS,
  NODE_COUNT_FLAGS,
  NODE_HASH,
  NODE_LINK,
  NODE_NAME,
  NODE_RRSET_FIRST,
  NODE_WORDS,
  RECORD_HEAD_OCTETS,
  RRSET_LENGTH,
  RRSET_LINK_COUNT,
  RRSET_LINK_FIRST,
  RRSET_OFFSET,
  RRSET_TTL,
  RRSET_TYPE_COUNT,
  RRSET_WORDS,
  slotOf,
  ZoneImage,
} from './image.js';
import { LINK_TO_OWNER, Links } from './links.js';
import { Nodes } from './nodes.js';
import { coveredType, planSigned, SignedWriter } from './signed-writer.js';

const QNAME_POINTER = 0xc00c;

/** Memory for the images of several zones, one behind the other, each at a multiple of four octets. */
export class ImageRoom {
  readonly buffer: SharedArrayBuffer;
  /** Where the image compiled last starts, and where the next one will. */
  last = 0;
  used = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
  }

  /** Gives up all images, whose memory is used again. */
  clear(): void {
    this.used = 0;
  }
}

/** How a zone is to be answered from, where that is decided when it is compiled. */
export type CompileRules = {
  /** Wildcards, empty non-terminals, nested cuts and negative TTLs as tinydns has them. */
  readonly tinydns: boolean;
  /** A chain of NSEC3 with more iterations is not used (RFC 9276 §3.2); without it NSEC3_ITERATIONS_DEFAULT. */
  readonly nsec3IterationsMax?: number;
};

const STANDARD_RULES: CompileRules = { tinydns: false };

/**
 * Compiles a zone that has an SOA at its apex. The image is complete, and may be shared, when this returns.
 * @param room where the image goes if it fits; else it gets a buffer of its own
 * @returns the buffer that the image is in: the room's, at `room.last`, or its own
 * @throws RangeError if the image would not fit a buffer.
 */
export function compileZone(
  zone: Zone,
  room: ImageRoom | null = null,
  rules: CompileRules = STANDARD_RULES,
): SharedArrayBuffer {
  const nodes = new Nodes(zone, rules.tinydns);
  const links = new Links(nodes);
  const slotCount = slotCountFor(nodes.count);
  // tinydns knows nothing of DNSSEC
  const signed = rules.tinydns
    ? null
    : planSigned(nodes, rules.nsec3IterationsMax ?? NSEC3_ITERATIONS_DEFAULT);
  const words =
    HEADER_WORDS +
    slotCount +
    nodes.count * NODE_WORDS +
    zone.rrsetCount * RRSET_WORDS +
    links.count * LINK_WORDS;
  const arenaOctets = measureArena(zone, nodes);
  if (arenaOctets > IMAGE_ARENA_OCTETS_MAX) throw new RangeError('the zone is too large');
  const signedAt = words + Math.ceil(arenaOctets / 4);
  const size = (signedAt + (signed?.words ?? 0)) * 4;
  if (size > IMAGE_ARENA_OCTETS_MAX) throw new RangeError('the zone is too large');
  const { buffer, at } = takeRoom(room, size);
  const image = { buffer, at, size, arenaAt: words * 4, signedAt: signed === null ? 0 : signedAt };
  const writer = new ImageWriter(image, zone, nodes, links, slotCount);
  writer.writeHeader(arenaOctets, rules.tinydns);
  writer.writeNodes();
  writer.writeSlots();
  writer.writeLinks();
  if (signed !== null) writer.writeSigned(signed);
  return buffer;
}

/** Zeroed memory of `size` octets, a multiple of four: of the room if there is enough left, else of its own. */
export function takeRoom(
  room: ImageRoom | null,
  size: number,
): { readonly buffer: SharedArrayBuffer; readonly at: number } {
  if (room === null || room.used + size > room.buffer.byteLength) {
    return { buffer: new SharedArrayBuffer(size), at: 0 };
  }
  const { buffer, used: at } = room;
  room.last = at;
  room.used = at + size;
  new Int32Array(buffer, at, size >>> 2).fill(0);
  return { buffer, at };
}

/** The end of a record that would read as TTL_AS_STORED is one second earlier, in 68 years. */
function storedTtl(ttl: number): number {
  return ttl === TTL_AS_STORED ? ttl - 1 : ttl;
}

/** At most two thirds full. */
function slotCountFor(nodeCount: number): number {
  let count = 4;
  while (count * 2 < nodeCount * 3) count *= 2;
  return count;
}

function measureArena(zone: Zone, nodes: Nodes): number {
  let octets = zone.recordCount * RECORD_HEAD_OCTETS;
  for (let record = 0; record < zone.recordCount; record++) octets += zone.recordLength[record]!;
  for (let node = 0; node < nodes.count; node++)
    octets += zone.names.lengths[nodes.ownerOf[node]!]!;
  return octets;
}

/** Zeroed memory for an image; `arenaAt` counts octets from the image's start, `signedAt` words, 0: not signed. */
type ImageMemory = {
  readonly buffer: SharedArrayBuffer;
  readonly at: number;
  readonly size: number;
  readonly arenaAt: number;
  readonly signedAt: number;
};

class ImageWriter {
  private readonly memory: ImageMemory;
  private readonly words: Int32Array;
  /** The arena. */
  private readonly view: DataView;
  private readonly rdata: DataView;
  private readonly names: DataView;
  private readonly zone: Zone;
  private readonly nodes: Nodes;
  private readonly links: Links;
  private readonly slotCount: number;
  private readonly nodesAt: number;
  private readonly rrsetsAt: number;
  private readonly linksAt: number;
  /** Octets of the arena written so far. */
  private used = 0;
  /** Arena offset of each record, for the links' names. */
  private readonly recordAt: Int32Array;

  constructor(memory: ImageMemory, zone: Zone, nodes: Nodes, links: Links, slotCount: number) {
    const { buffer, at, size, arenaAt } = memory;
    this.memory = memory;
    this.words = new Int32Array(buffer, at, size >>> 2);
    this.rdata = viewOfOctets(zone.rdata);
    this.names = viewOfOctets(zone.names.octets);
    this.view = new DataView(buffer, at + arenaAt, size - arenaAt);
    this.zone = zone;
    this.nodes = nodes;
    this.links = links;
    this.slotCount = slotCount;
    this.nodesAt = HEADER_WORDS + slotCount;
    this.rrsetsAt = this.nodesAt + nodes.count * NODE_WORDS;
    this.linksAt = this.rrsetsAt + zone.rrsetCount * RRSET_WORDS;
    this.recordAt = new Int32Array(links.count === 0 ? 0 : zone.recordCount);
  }

  /** @param ownTtl whether negative answers have the SOA's own TTL, as in tinydns, not the lesser of it and minimum */
  writeHeader(arenaOctets: number, ownTtl: boolean): void {
    const { words, zone } = this;
    const soa = findRrset(zone, zone.apex, TYPE_SOA);
    const record = zone.rrsetRecordFirst[soa]!;
    const rdataEnd = zone.recordRdata[record]! + zone.recordLength[record]!;
    const minimum = readU32(zone.rdata, rdataEnd - 4);
    words[IMAGE_MAGIC] = IMAGE_FORMAT;
    words[IMAGE_SIZE] = words.length * 4;
    words[IMAGE_NODE_COUNT] = this.nodes.count;
    words[IMAGE_SLOT_COUNT] = this.slotCount;
    words[IMAGE_RRSET_COUNT] = zone.rrsetCount;
    words[IMAGE_LINK_COUNT] = this.links.count;
    words[IMAGE_ARENA_OCTETS] = arenaOctets;
    words[IMAGE_APEX_LABELS] = zone.apexLabels;
    words[IMAGE_SERIAL] = readU32(zone.rdata, rdataEnd - 20);
    const ttl = storedTtl(zone.recordTtl[record]!);
    words[IMAGE_NEGATIVE_TTL] = ownTtl ? ttl : Math.min(minimum, ttl);
    words[IMAGE_SOA] = soa;
    words[IMAGE_RECORD_COUNT] = zone.recordCount;
    words[IMAGE_SIGNED] = this.memory.signedAt;
    words[IMAGE_NAME_COUNT] = this.nodes.nameCount;
  }

  writeNodes(): void {
    const { words, zone, nodes } = this;
    const { offsets, lengths, hashes } = zone.names;
    for (let node = 0; node < nodes.count; node++) {
      const owner = nodes.ownerOf[node]!;
      const at = this.nodesAt + node * NODE_WORDS;
      const hash = hashes[owner]!;
      const first = zone.ownerRrsetFirst[owner]!;
      words[at + NODE_HASH] = hash;
      words[at + NODE_NAME] = this.used;
      words[at + NODE_RRSET_FIRST] = first;
      const end = zone.ownerRrsetFirst[owner + 1]!;
      words[at + NODE_COUNT_FLAGS] = ((end - first) << 16) | nodes.flags[node]!;
      words[at + NODE_LINK] = nodes.link[node]!;
      const from = offsets[owner]!;
      const length = lengths[owner]!;
      copyByWords(this.names, from, this.view, this.used, length);
      this.used += length;
      // beside the name, which a query has just compared: one cache line less to wait for
      this.writeRrsets(first, end);
    }
  }

  /** A loop of its own: the processor waits for several slots at once. */
  writeSlots(): void {
    const { words, nodesAt } = this;
    const mask = this.slotCount - 1;
    for (let node = 0; node < this.nodes.count; node++) {
      let slot = slotOf(words[nodesAt + node * NODE_WORDS + NODE_HASH]!, mask);
      while (words[HEADER_WORDS + slot] !== 0) slot = (slot + 1) & mask;
      words[HEADER_WORDS + slot] = node + 1;
    }
  }

  private writeRrsets(from: number, to: number): void {
    const { words, zone, links } = this;
    for (let rrset = from; rrset < to; rrset++) {
      const at = this.rrsetsAt + rrset * RRSET_WORDS;
      const first = zone.rrsetRecordFirst[rrset]!;
      const end = zone.rrsetRecordFirst[rrset + 1]!;
      const type = zone.rrsetType[rrset]!;
      const start = this.used;
      words[at + RRSET_TYPE_COUNT] = (type << 16) | (end - first);
      words[at + RRSET_TTL] = storedTtl(zone.recordTtl[first]!);
      words[at + RRSET_OFFSET] = start;
      if (type === TYPE_RRSIG && this.memory.signedAt !== 0) this.writeSignatures(rrset, from, to);
      else for (let record = first; record < end; record++) this.writeRecord(record, type);
      words[at + RRSET_LENGTH] = this.used - start;
      words[at + RRSET_LINK_FIRST] = links.rrsetFirst[rrset]!;
      words[at + RRSET_LINK_COUNT] = links.rrsetLinks[rrset]!;
    }
  }

  /** Writes the signatures of one owner, whose RRsets are `from` … `to - 1`, ordered by what they cover. */
  private writeSignatures(rrset: number, from: number, to: number): void {
    const { zone, words, memory } = this;
    const records = this.orderSignatures(rrset);
    let covered = from;
    for (let i = 0; i < records.length; ) {
      const type = coveredType(zone, records[i]!);
      const start = this.used;
      let end = i;
      for (; end < records.length && coveredType(zone, records[end]!) === type; end++) {
        this.writeRecord(records[end]!, TYPE_RRSIG);
      }
      while (covered < to && zone.rrsetType[covered]! < type) covered++;
      if (covered < to && zone.rrsetType[covered] === type) {
        const length = this.used - start;
        SignedWriter.noteSignatures(words, memory.signedAt, covered, start, length, end - i);
      }
      i = end;
    }
  }

  /** The records of an RRSIG RRset by type covered; those that cover one type keep the order of the text. */
  private orderSignatures(rrset: number): Int32Array {
    const { zone } = this;
    const first = zone.rrsetRecordFirst[rrset]!;
    const order = new Int32Array(zone.rrsetRecordFirst[rrset + 1]! - first);
    let isOrdered = true;
    for (let i = 0; i < order.length; i++) {
      order[i] = first + i;
      if (i > 0 && coveredType(zone, first + i) < coveredType(zone, first + i - 1)) {
        isOrdered = false;
      }
    }
    return isOrdered ? order : order.sort((a, b) => coveredType(zone, a) - coveredType(zone, b));
  }

  writeSigned(signed: SignedWriter): void {
    const { buffer, at, signedAt } = this.memory;
    signed.write(this.words, signedAt, this.rrsetsAt, () => {
      const image = new ZoneImage();
      image.attach(new Int32Array(buffer), new Uint8Array(buffer), at);
      return image;
    });
  }

  private writeRecord(record: number, type: number): void {
    const { view, zone } = this;
    const at = this.used;
    const length = zone.recordLength[record]!;
    const ttl = storedTtl(zone.recordTtl[record]!);
    if (this.recordAt.length > 0) this.recordAt[record] = at;
    view.setUint32(at, (QNAME_POINTER << 16) | type);
    view.setUint32(at + 4, (CLASS_IN << 16) | (ttl >>> 16));
    view.setUint32(at + 8, (ttl << 16) | length);
    this.used = at + RECORD_HEAD_OCTETS + length;
    copyByWords(this.rdata, zone.recordRdata[record]!, view, at + RECORD_HEAD_OCTETS, length);
  }

  writeLinks(): void {
    const { words, links, zone } = this;
    for (let link = 0; link < links.count; link++) {
      const at = this.linksAt + link * LINK_WORDS;
      const record = links.record[link]!;
      const target = links.target[link]!;
      const node = links.node[link]!;
      const name =
        target === LINK_TO_OWNER
          ? words[this.nodesAt + node * NODE_WORDS + NODE_NAME]!
          : this.recordAt[record]! + RECORD_HEAD_OCTETS + target - zone.recordRdata[record]!;
      words[at + LINK_NODE] = node;
      words[at + LINK_NAME] = name;
    }
  }
}
