/**
 * What an image has of a signed zone, behind its arena: for each RRset the signatures that cover it, and the chain of
 * NSEC or NSEC3 records with ways to it from each node, so that a query searches for no more than the one name that it
 * has made up. RFC 4035 §3.1, RFC 5155 §7.2. signed-writer.ts writes it, this file reads it. Position-independent like
 * the image. Must not know: messages, which proofs an answer needs.
 *
 *     header          | denial | chain records | children | bucket bits | RDATA of NSEC3PARAM (arena) | 3 spare |
 *     signatures      by RRset: | offset (arena) | length | count |
 *     chain           in its order: | node | RRset | name | offset | length | signatures' offset | signatures' length |
 *                     records << 16 + signatures |: all that sending one needs lies in one row (offsets: arena)
 *     ways            by node: | proof | cover | wildcard cover |, chain indexes or NONE
 *
 *     NSEC   names    by node: | its first child | children | last of the chain in or before its subtree |
 *            children of a node in canonical order: | octets 0–3 | 4–7 | node | last of the chain before |
 *     NSEC3  hashes   by chain index: | octets 0–3 |
 *            buckets  by the hash's leading bits: | first chain index |, and one more for the end
 *
 * A child's octets are those of its first label, folded, zeros behind. Like those of hashes they are stored with the
 * top bit flipped, so that words compare signed. The covering NSEC of a missing name precedes the first child of its
 * closest encloser that follows the name; a covering NSEC3 is the last of its bucket that is not greater, or the last
 * before it.
 */
import { FOLD, type NameView, nameLength } from '../wire/name.js';
import { compareHashes, NSEC3_HASH_WORDS, Nsec3Hasher, readHashLabel } from '../wire/nsec3-hash.js';
import type { ZoneImage } from './image.js';
import {
  DENIAL_NONE,
  DENIAL_NSEC,
  type Denial,
  NONE,
  type NodeId,
  type ProofId,
  type ProofParts,
  type RrsetId,
  type SignedView,
} from './zone-index.js';

// Header words
export const SIGNED_DENIAL = 0;
export const SIGNED_CHAIN_COUNT = 1;
export const SIGNED_CHILD_COUNT = 2;
/** The buckets are 2 to this power. */
export const SIGNED_BUCKET_BITS = 3;
export const SIGNED_PARAMETERS = 4;
export const SIGNED_HEADER_WORDS = 8;

export const SIGNATURE_WORDS = 3;
export const SIGNATURE_OFFSET = 0;
export const SIGNATURE_LENGTH = 1;
export const SIGNATURE_COUNT = 2;

export const CHAIN_WORDS = 8;
export const CHAIN_NODE = 0;
export const CHAIN_RRSET = 1;
export const CHAIN_NAME = 2;
export const CHAIN_OFFSET = 3;
export const CHAIN_LENGTH = 4;
export const CHAIN_SIGNATURE_OFFSET = 5;
export const CHAIN_SIGNATURE_LENGTH = 6;
export const CHAIN_COUNTS = 7;

export const WAY_WORDS = 3;
export const WAY_PROOF = 0;
export const WAY_COVER = 1;
export const WAY_WILDCARD = 2;
/** A wildcard's cover that is found when it is asked for: few ask below a name without children. */
export const WAY_UNKNOWN = -2;

export const NAME_WORDS = 3;
export const NAME_CHILD_FIRST = 0;
export const NAME_CHILD_COUNT = 1;
export const NAME_LAST = 2;

export const CHILD_WORDS = 4;
export const CHILD_KEY = 0;
export const CHILD_KEY_LOW = 1;
export const CHILD_NODE = 2;
export const CHILD_BEFORE = 3;

/** Turns unsigned order into signed order. */
export const ORDER_BIT = 0x8000_0000 | 0;
const ASTERISK_LABEL = Uint8Array.of(1, 0x2a);

// One for all images of a thread: parameters are taken in again where they differ.
const hasher = new Nsec3Hasher();
const NO_WORDS: Int32Array = new Int32Array(0);
const otherHash = new Int32Array(NSEC3_HASH_WORDS);

// === hot path

/** Four octets of a label, the first at `offset`; `end` is the label's. */
export function labelKey(octets: Uint8Array, offset: number, end: number): number {
  let key = 0;
  for (let i = offset; i < offset + 4; i++) key = (key << 8) | (i < end ? FOLD[octets[i]!]! : 0);
  return key ^ ORDER_BIT;
}

/** A window over the signed part of the image that an image's window is over. */
export class SignedPart implements SignedView {
  denial: Denial = DENIAL_NONE;
  private readonly image: ZoneImage;
  private words = NO_WORDS;
  private chainCount = 0;
  private bucketShift = 0;
  /** Offset in the image's octets. */
  private parametersAt = 0;
  private signaturesAt = 0;
  private chainAt = 0;
  private waysAt = 0;
  /** Names of an NSEC zone, hashes of an NSEC3 zone. */
  private namesAt = 0;
  /** Children of an NSEC zone, buckets of an NSEC3 zone. */
  private indexAt = 0;

  /** @param image whose signed part it is: both move together */
  constructor(image: ZoneImage) {
    this.image = image;
  }

  /** Moves to the part at word `at` of the segment. The counts are the image's, which has moved already. */
  attach(words: Int32Array, at: number, nodeCount: number, rrsetCount: number): void {
    const denial = words[at + SIGNED_DENIAL]! as Denial;
    const chainCount = words[at + SIGNED_CHAIN_COUNT]!;
    this.words = words;
    this.denial = denial;
    this.chainCount = chainCount;
    this.bucketShift = 32 - words[at + SIGNED_BUCKET_BITS]!;
    this.parametersAt = this.image.arenaAt + words[at + SIGNED_PARAMETERS]!;
    this.signaturesAt = at + SIGNED_HEADER_WORDS;
    this.chainAt = this.signaturesAt + rrsetCount * SIGNATURE_WORDS;
    this.waysAt = this.chainAt + chainCount * CHAIN_WORDS;
    this.namesAt = this.waysAt + nodeCount * WAY_WORDS;
    const nameWords = denial === DENIAL_NSEC ? nodeCount * NAME_WORDS : chainCount;
    this.indexAt = this.namesAt + nameWords;
  }

  signatureCount(rrset: RrsetId): number {
    return this.words[this.signaturesAt + rrset * SIGNATURE_WORDS + SIGNATURE_COUNT]!;
  }

  signatureOffset(rrset: RrsetId): number {
    const offset = this.words[this.signaturesAt + rrset * SIGNATURE_WORDS + SIGNATURE_OFFSET]!;
    return this.image.arenaAt + offset;
  }

  signatureLength(rrset: RrsetId): number {
    return this.words[this.signaturesAt + rrset * SIGNATURE_WORDS + SIGNATURE_LENGTH]!;
  }

  nodeProof(node: NodeId): ProofId {
    if (this.denial === DENIAL_NONE) return NONE;
    return this.words[this.waysAt + node * WAY_WORDS + WAY_PROOF]!;
  }

  nodeCover(node: NodeId): ProofId {
    if (this.denial === DENIAL_NONE) return NONE;
    return this.words[this.waysAt + node * WAY_WORDS + WAY_COVER]!;
  }

  wildcardCover(node: NodeId): ProofId {
    if (this.denial === DENIAL_NONE) return NONE;
    const cover = this.words[this.waysAt + node * WAY_WORDS + WAY_WILDCARD]!;
    if (cover !== WAY_UNKNOWN) return cover;
    const { image } = this;
    hasher.takeParameters(image.octets, this.parametersAt);
    const name = image.nodeName(node);
    hasher.hashWildcard(image.octets, name, nameLength(image.octets, name));
    return this.coverOfHash();
  }

  nameCover(name: NameView, label: number, node: NodeId): ProofId {
    const start = name.labelOffset[label - 1]!;
    if (this.denial === DENIAL_NSEC) return this.coverOfLabel(node, name.octets, start);
    const cover = this.nodeCover(node);
    if (cover !== NONE || this.denial === DENIAL_NONE) return cover;
    hasher.takeParameters(this.image.octets, this.parametersAt);
    hasher.hashName(name.octets, start, name.offset + name.length - start);
    return this.coverOfHash();
  }

  proofNode(proof: ProofId): NodeId {
    return this.words[this.chainAt + proof * CHAIN_WORDS + CHAIN_NODE]!;
  }

  proofRrset(proof: ProofId): RrsetId {
    return this.words[this.chainAt + proof * CHAIN_WORDS + CHAIN_RRSET]!;
  }

  readProof(proof: ProofId, parts: ProofParts): void {
    const { words } = this;
    const { arenaAt } = this.image;
    const at = this.chainAt + proof * CHAIN_WORDS;
    parts.name = arenaAt + words[at + CHAIN_NAME]!;
    parts.offset = arenaAt + words[at + CHAIN_OFFSET]!;
    parts.length = words[at + CHAIN_LENGTH]!;
    parts.records = words[at + CHAIN_COUNTS]! >>> 16;
    parts.signatureOffset = arenaAt + words[at + CHAIN_SIGNATURE_OFFSET]!;
    parts.signatureLength = words[at + CHAIN_SIGNATURE_LENGTH]!;
    parts.signatures = words[at + CHAIN_COUNTS]! & 0xffff;
  }

  /** NSEC: what covers the wildcard below a node that has none. */
  coverOfWildcard(node: NodeId): ProofId {
    return this.coverOfLabel(node, ASTERISK_LABEL, 0);
  }

  /** NSEC: what covers all names below a node whose first label after it is the one at `offset`, which none has. */
  private coverOfLabel(node: NodeId, octets: Uint8Array, offset: number): ProofId {
    const { words } = this;
    const row = this.namesAt + node * NAME_WORDS;
    const first = this.indexAt + words[row + NAME_CHILD_FIRST]! * CHILD_WORDS;
    const end = offset + 1 + octets[offset]!;
    const key = labelKey(octets, offset + 1, end);
    const lowKey = labelKey(octets, offset + 5, end);
    let low = 0;
    let high = words[row + NAME_CHILD_COUNT]!;
    const count = high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = first + middle * CHILD_WORDS;
      let other = words[at + CHILD_KEY]!;
      let own = key;
      if (own === other) {
        own = lowKey;
        other = words[at + CHILD_KEY_LOW]!;
      }
      if (own === other) {
        own = this.compareLabel(octets, offset, words[at + CHILD_NODE]!);
        other = 0;
      }
      if (own < other) high = middle;
      else low = middle + 1;
    }
    if (low === count) return words[row + NAME_LAST]!;
    return words[first + low * CHILD_WORDS + CHILD_BEFORE]!;
  }

  /** Canonical order of a label and the first one of a node's name. */
  private compareLabel(octets: Uint8Array, offset: number, node: NodeId): number {
    const other = this.image.octets;
    const at = this.image.nodeName(node);
    const length = octets[offset]!;
    const otherLength = other[at]!;
    const common = length < otherLength ? length : otherLength;
    for (let i = 1; i <= common; i++) {
      const order = FOLD[octets[offset + i]!]! - FOLD[other[at + i]!]!;
      if (order !== 0) return order;
    }
    return length - otherLength;
  }

  /** NSEC3: what matches the hash that the hasher has made, or covers it (RFC 5155 §1.3): the last before the first. */
  private coverOfHash(): ProofId {
    const { words, namesAt } = this;
    if (this.chainCount === 0) return NONE;
    const { hash } = hasher;
    const key = hash[0]! ^ ORDER_BIT;
    // a shift by 32 is one by 0
    const bucket = this.bucketShift === 32 ? 0 : hash[0]! >>> this.bucketShift;
    let low = words[this.indexAt + bucket]!;
    let high = words[this.indexAt + bucket + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = words[namesAt + middle]!;
      if (key < other || (key === other && this.isBefore(middle))) high = middle;
      else low = middle + 1;
    }
    return low === 0 ? this.chainCount - 1 : low - 1;
  }

  /** Whether the hasher's hash is less than that of a record, of which the first words are equal. */
  private isBefore(proof: ProofId): boolean {
    const { image } = this;
    const name = this.words[this.chainAt + proof * CHAIN_WORDS + CHAIN_NAME]!;
    readHashLabel(image.octets, image.arenaAt + name, otherHash, 0);
    return compareHashes(hasher.hash, 0, otherHash, 0) < 0;
  }
}
