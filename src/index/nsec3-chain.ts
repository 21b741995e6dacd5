/**
 * The NSEC3 chain of a zone as its image is to have it: the records in the order of their hashes, buckets that lead to
 * them, and for each name what matches or covers it. RFC 5155 §4 (which records make a chain), §7.2.1 (closest encloser
 * proofs). Must not know: the layout of an image.
 */
import { TYPE_NSEC3, TYPE_NSEC3PARAM } from '../wire/constants.js';
import {
  compareHashes,
  NSEC3_HASH_WORDS,
  NSEC3_SHA1,
  Nsec3Hasher,
  readHashLabel,
} from '../wire/nsec3-hash.js';
import { equalOctets, readU16 } from '../wire/octets.js';
import { findRrset, NO_PARENT, type Zone } from '../zone/zone.js';
import type { Nodes } from './nodes.js';
import { WAY_UNKNOWN } from './signed-part.js';
import {
  NODE_BELOW_CUT,
  NODE_BELOW_DNAME,
  NODE_CUT,
  NODE_WILDCARD_CHILD,
  NONE,
  type NodeId,
} from './zone-index.js';

/** Records of a bucket, about. */
const BUCKET_RECORDS = 2;
const BUCKET_BITS_MAX = 24;
/** RDATA of NSEC3PARAM, RFC 5155 §4.2; that of NSEC3 begins alike. */
const RDATA_FLAGS = 1;
const RDATA_ITERATIONS = 2;
const RDATA_SALT_LENGTH = 4;
/** Node, RRset and hash of a record found. */
const FOUND_WORDS = 2 + NSEC3_HASH_WORDS;
/** Which half of a 64-bit number is the upper one. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0]!;

/** The record of NSEC3PARAM whose chain is used, and its RRset. */
export type Nsec3Parameters = {
  readonly record: number;
  readonly rrset: number;
};

/**
 * The first NSEC3PARAM record that says of a chain how it was made, and that it is complete (RFC 5155 §4).
 * @param iterationsMax beyond that a chain is not used
 */
export function findParameters(zone: Zone, iterationsMax: number): Nsec3Parameters | null {
  const rrset = findRrset(zone, zone.apex, TYPE_NSEC3PARAM);
  if (rrset < 0) return null;
  const end = zone.rrsetRecordFirst[rrset + 1]!;
  for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
    const rdata = zone.recordRdata[record]!;
    const isKnown = zone.rdata[rdata] === NSEC3_SHA1 && zone.rdata[rdata + RDATA_FLAGS] === 0;
    if (isKnown && readU16(zone.rdata, rdata + RDATA_ITERATIONS) <= iterationsMax) {
      return { record, rrset };
    }
  }
  return null;
}

/** One chain, of `count` records. */
export class Nsec3Chain {
  count = 0;
  /** Node and RRset of each record. */
  readonly nodes: Int32Array;
  readonly rrsets: Int32Array;
  /** NSEC3_HASH_WORDS words of each record's owner. */
  hashes: Int32Array;
  /** By node: see `SignedView`. */
  readonly proof: Int32Array;
  readonly cover: Int32Array;
  readonly wildcard: Int32Array;
  bucketBits = 0;
  private readonly hasher = new Nsec3Hasher();
  private readonly zoneNodes: Nodes;

  constructor(nodes: Nodes, { record }: Nsec3Parameters) {
    const { zone } = nodes;
    this.zoneNodes = nodes;
    const rdata = zone.recordRdata[record]!;
    this.hasher.takeParameters(zone.rdata, rdata);
    const found = this.collect(rdata);
    this.nodes = new Int32Array(this.count);
    this.rrsets = new Int32Array(this.count);
    this.hashes = this.sort(found);
    while (this.bucketBits < BUCKET_BITS_MAX && BUCKET_RECORDS << this.bucketBits < this.count) {
      this.bucketBits++;
    }
    this.proof = new Int32Array(nodes.count).fill(NONE);
    this.cover = new Int32Array(nodes.count).fill(NONE);
    this.wildcard = new Int32Array(nodes.count).fill(NONE);
    if (this.count === 0) return;
    this.matchNodes();
    this.enclose();
    this.coverWildcards();
    this.inherit();
  }

  /** First chain index of each bucket, and the end. */
  buckets(): Int32Array {
    const buckets = new Int32Array((1 << this.bucketBits) + 1);
    const shift = 32 - this.bucketBits;
    for (let i = 0; i < this.count; i++) {
      const bucket = shift === 32 ? 0 : this.hashes[i * NSEC3_HASH_WORDS]! >>> shift;
      buckets[bucket + 1]!++;
    }
    for (let i = 1; i < buckets.length; i++) buckets[i]! += buckets[i - 1]!;
    return buckets;
  }

  /** Finds the chain's records. @returns node, RRset and hash of each */
  private collect(parameters: number): Int32Array {
    const { zone, ownerOf, count } = this.zoneNodes;
    const { octets, offsets } = zone.names;
    const hash = new Int32Array(NSEC3_HASH_WORDS);
    let found = new Int32Array(FOUND_WORDS * 64);
    for (let node = 0; node < count; node++) {
      const owner = ownerOf[node]!;
      const rrset = findRrset(zone, owner, TYPE_NSEC3);
      if (rrset < 0 || !this.isMadeBy(rrset, parameters)) continue;
      if (!readHashLabel(octets, offsets[owner]!, hash, 0)) continue;
      if (found.length === this.count * FOUND_WORDS) {
        const larger = new Int32Array(found.length * 2);
        larger.set(found);
        found = larger;
      }
      const at = this.count++ * FOUND_WORDS;
      found[at] = node;
      found[at + 1] = rrset;
      found.set(hash, at + 2);
    }
    return found;
  }

  /** Whether algorithm, iterations and salt of the RRset's first record are the chain's; its flags are its own. */
  private isMadeBy(rrset: number, parameters: number): boolean {
    const { rdata, recordRdata, rrsetRecordFirst } = this.zoneNodes.zone;
    const at = recordRdata[rrsetRecordFirst[rrset]!]!;
    const length = 3 + rdata[parameters + RDATA_SALT_LENGTH]!;
    return (
      rdata[at] === rdata[parameters] &&
      equalOctets(rdata, at + RDATA_ITERATIONS, rdata, parameters + RDATA_ITERATIONS, length)
    );
  }

  /** Fills `nodes` and `rrsets` in the order of the hashes. @returns the hashes in it */
  private sort(found: Int32Array): Int32Array {
    const { count } = this;
    // sorted as one 64-bit number each: a hash's first word above, its number below
    const pairs = new BigUint64Array(count);
    const halves = new Uint32Array(pairs.buffer);
    for (let i = 0; i < count; i++) {
      halves[2 * i + HIGH] = found[i * FOUND_WORDS + 2]!;
      halves[2 * i + 1 - HIGH] = i;
    }
    pairs.sort();
    const order = Int32Array.from({ length: count }, (_, i) => halves[2 * i + 1 - HIGH]!);
    for (let i = 1; i < count; i++) {
      for (let at = i; at > 0; at--) {
        const before = order[at - 1]!;
        const own = order[at]!;
        const end = own * FOUND_WORDS + 2;
        if (compareHashes(found, before * FOUND_WORDS + 2, found, end) <= 0) break;
        order[at - 1] = own;
        order[at] = before;
      }
    }
    const hashes = new Int32Array(count * NSEC3_HASH_WORDS);
    for (let i = 0; i < count; i++) {
      const at = order[i]! * FOUND_WORDS;
      this.nodes[i] = found[at]!;
      this.rrsets[i] = found[at + 1]!;
      hashes.set(found.subarray(at + 2, at + FOUND_WORDS), i * NSEC3_HASH_WORDS);
    }
    return hashes;
  }

  private isAuthoritative(node: NodeId): boolean {
    const { flags, nameCount } = this.zoneNodes;
    return node < nameCount && (flags[node]! & (NODE_BELOW_CUT | NODE_BELOW_DNAME)) === 0;
  }

  private matchNodes(): void {
    for (let node = 0; node < this.zoneNodes.nameCount; node++) {
      if (!this.isAuthoritative(node)) continue;
      this.hashNode(node, false);
      const found = this.coverOfHash();
      const { hash } = this.hasher;
      if (compareHashes(hash, 0, this.hashes, found * NSEC3_HASH_WORDS) === 0) {
        this.proof[node] = found;
      }
    }
  }

  private hashNode(node: NodeId, wildcard: boolean): void {
    const { zone, ownerOf } = this.zoneNodes;
    const owner = ownerOf[node]!;
    const { octets, offsets, lengths } = zone.names;
    if (wildcard) this.hasher.hashWildcard(octets, offsets[owner]!, lengths[owner]!);
    else this.hasher.hashName(octets, offsets[owner]!, lengths[owner]!);
  }

  /** The last record that is not greater than the hasher's hash; before the first comes the last. */
  private coverOfHash(): number {
    const { hashes } = this;
    const { hash } = this.hasher;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareHashes(hash, 0, hashes, middle * NSEC3_HASH_WORDS) < 0) high = middle;
      else low = middle + 1;
    }
    return low === 0 ? this.count - 1 : low - 1;
  }

  /** Names that nothing matches have what encloses them, and what covers the next closer name (RFC 5155 §7.2.1). */
  private enclose(): void {
    const { zone, ownerOf, nodeOf, nameCount } = this.zoneNodes;
    const matched = this.proof.slice();
    for (let node = 0; node < nameCount; node++) {
      if (matched[node] !== NONE || !this.isAuthoritative(node)) continue;
      let child = node;
      let up = zone.parents[ownerOf[node]!]!;
      while (up !== NO_PARENT && matched[nodeOf[up]!] === NONE) {
        child = nodeOf[up]!;
        up = zone.parents[up]!;
      }
      if (up === NO_PARENT) continue;
      this.proof[node] = matched[nodeOf[up]!]!;
      this.hashNode(child, false);
      this.cover[node] = this.coverOfHash();
    }
  }

  private coverWildcards(): void {
    const { zone, ownerOf, nodeOf, nameCount, flags } = this.zoneNodes;
    const isParent = new Uint8Array(this.zoneNodes.count);
    for (let node = 1; node < nameCount; node++) {
      isParent[nodeOf[zone.parents[ownerOf[node]!]!]!] = 1;
    }
    for (let node = 0; node < nameCount; node++) {
      if (!this.isAuthoritative(node) || (flags[node]! & (NODE_CUT | NODE_WILDCARD_CHILD)) !== 0) {
        continue;
      }
      if (isParent[node] === 0) {
        this.wildcard[node] = WAY_UNKNOWN;
        continue;
      }
      this.hashNode(node, true);
      this.wildcard[node] = this.coverOfHash();
    }
  }

  /** Below a name that nothing matches, the wildcard of its closest provable encloser is the one to deny. */
  private inherit(): void {
    for (let node = 0; node < this.zoneNodes.nameCount; node++) {
      if (this.cover[node] === NONE) continue;
      const { zone, ownerOf, nodeOf } = this.zoneNodes;
      let up = zone.parents[ownerOf[node]!]!;
      while (this.cover[nodeOf[up]!] !== NONE) up = zone.parents[up]!;
      this.wildcard[node] = this.wildcard[nodeOf[up]!]!;
    }
  }
}
