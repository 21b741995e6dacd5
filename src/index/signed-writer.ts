/**
 * Writes the signed part of an image (layout: signed-part.ts) of a zone whose SOA is signed: which signatures go with
 * which RRset, and the chain that denies. RFC 4035 §2.2, §3.1.3, RFC 5155 §7.2. Must not know: text, messages, keys.
 */
import { assert } from '../base/errors.js';
import { TYPE_NSEC, TYPE_RRSIG, TYPE_SOA } from '../wire/constants.js';
import { NSEC3_HASH_WORDS } from '../wire/nsec3-hash.js';
import { readU16 } from '../wire/octets.js';
import { canonicalOrder } from '../zone/canonical.js';
import { findRrset, NO_PARENT, type Zone } from '../zone/zone.js';
import {
  NODE_NAME,
  NODE_WORDS,
  RECORD_HEAD_OCTETS,
  RRSET_LENGTH,
  RRSET_OFFSET,
  RRSET_TYPE_COUNT,
  RRSET_WORDS,
  type ZoneImage,
} from './image.js';
import type { Nodes } from './nodes.js';
import { findParameters, Nsec3Chain, type Nsec3Parameters } from './nsec3-chain.js';
import {
  CHAIN_COUNTS,
  CHAIN_LENGTH,
  CHAIN_NAME,
  CHAIN_NODE,
  CHAIN_OFFSET,
  CHAIN_RRSET,
  CHAIN_SIGNATURE_LENGTH,
  CHAIN_SIGNATURE_OFFSET,
  CHAIN_WORDS,
  CHILD_BEFORE,
  CHILD_KEY,
  CHILD_KEY_LOW,
  CHILD_NODE,
  CHILD_WORDS,
  labelKey,
  NAME_CHILD_COUNT,
  NAME_CHILD_FIRST,
  NAME_LAST,
  NAME_WORDS,
  ORDER_BIT,
  SIGNATURE_COUNT,
  SIGNATURE_LENGTH,
  SIGNATURE_OFFSET,
  SIGNATURE_WORDS,
  SIGNED_BUCKET_BITS,
  SIGNED_CHAIN_COUNT,
  SIGNED_CHILD_COUNT,
  SIGNED_DENIAL,
  SIGNED_HEADER_WORDS,
  SIGNED_PARAMETERS,
  WAY_COVER,
  WAY_PROOF,
  WAY_WILDCARD,
  WAY_WORDS,
} from './signed-part.js';
import {
  APEX,
  DENIAL_NONE,
  DENIAL_NSEC,
  DENIAL_NSEC3,
  type Denial,
  NODE_BELOW_CUT,
  NODE_BELOW_DNAME,
  NODE_CUT,
  NODE_WILDCARD_CHILD,
  NONE,
  type NodeId,
} from './zone-index.js';

/** The type that an RRSIG record of the zone covers, RFC 4034 §3.1.1. */
export function coveredType({ rdata, recordRdata }: Zone, record: number): number {
  return readU16(rdata, recordRdata[record]!);
}

/** Whether the zone is answered from as a signed one. */
function isSigned(zone: Zone): boolean {
  const rrsigs = findRrset(zone, zone.apex, TYPE_RRSIG);
  if (rrsigs < 0) return false;
  const end = zone.rrsetRecordFirst[rrsigs + 1]!;
  for (let record = zone.rrsetRecordFirst[rrsigs]!; record < end; record++) {
    if (coveredType(zone, record) === TYPE_SOA) return true;
  }
  return false;
}

/** What the signed part of a zone's image will be; `null` of a zone that is not signed. */
export function planSigned(nodes: Nodes, iterationsMax: number): SignedWriter | null {
  const { zone } = nodes;
  if (!isSigned(zone)) return null;
  const parameters = findParameters(zone, iterationsMax);
  const nsec3 = parameters === null ? null : new Nsec3Chain(nodes, parameters);
  if (nsec3 !== null && nsec3.count > 0) return new SignedWriter(nodes, nsec3, parameters, null);
  if (findRrset(zone, zone.apex, TYPE_NSEC) < 0) return new SignedWriter(nodes, null, null, null);
  return new SignedWriter(nodes, null, null, new NsecChain(nodes));
}

export class SignedWriter {
  /** 32-bit words that it takes. */
  readonly words: number;
  private readonly denial: Denial;
  private readonly nodes: Nodes;
  private readonly nsec3: Nsec3Chain | null;
  private readonly parameters: Nsec3Parameters | null;
  private readonly nsec: NsecChain | null;

  constructor(
    nodes: Nodes,
    nsec3: Nsec3Chain | null,
    parameters: Nsec3Parameters | null,
    nsec: NsecChain | null,
  ) {
    this.nodes = nodes;
    this.nsec3 = nsec3;
    this.parameters = parameters;
    this.nsec = nsec;
    this.denial = nsec3 !== null ? DENIAL_NSEC3 : nsec !== null ? DENIAL_NSEC : DENIAL_NONE;
    let words = SIGNED_HEADER_WORDS + nodes.zone.rrsetCount * SIGNATURE_WORDS;
    const chain = nsec3 ?? nsec;
    if (chain !== null) words += chain.count * CHAIN_WORDS + nodes.count * WAY_WORDS;
    if (nsec !== null) words += nodes.count * NAME_WORDS + nsec.childCount * CHILD_WORDS;
    if (nsec3 !== null) words += nsec3.count + (1 << nsec3.bucketBits) + 1;
    this.words = words;
  }

  /** Notes where the signatures of an RRset stand in the arena. `at` is the word where the part starts. */
  static noteSignatures(
    words: Int32Array,
    at: number,
    rrset: number,
    offset: number,
    length: number,
    count: number,
  ): void {
    const row = at + SIGNED_HEADER_WORDS + rrset * SIGNATURE_WORDS;
    words[row + SIGNATURE_OFFSET] = offset;
    words[row + SIGNATURE_LENGTH] = length;
    words[row + SIGNATURE_COUNT] = count;
  }

  /**
   * Writes all but the signatures' places. The rest of the image is complete.
   * @param words the image. @param at where the part starts. @param rrsetsAt where the RRsets start
   * @param open a window over the image
   */
  write(words: Int32Array, at: number, rrsetsAt: number, open: () => ZoneImage): void {
    const { zone, count } = this.nodes;
    words[at + SIGNED_DENIAL] = this.denial;
    const signaturesAt = at + SIGNED_HEADER_WORDS;
    const nodesAt = rrsetsAt - count * NODE_WORDS;
    let to = signaturesAt + zone.rrsetCount * SIGNATURE_WORDS;
    const chain = this.nsec3 ?? this.nsec;
    if (chain === null) return;
    words[at + SIGNED_CHAIN_COUNT] = chain.count;
    for (let i = 0; i < chain.count; i++, to += CHAIN_WORDS) {
      words[to + CHAIN_NODE] = chain.nodes[i]!;
      words[to + CHAIN_RRSET] = chain.rrsets[i]!;
      const rrset = rrsetsAt + chain.rrsets[i]! * RRSET_WORDS;
      const signature = signaturesAt + chain.rrsets[i]! * SIGNATURE_WORDS;
      words[to + CHAIN_NAME] = words[nodesAt + chain.nodes[i]! * NODE_WORDS + NODE_NAME]!;
      words[to + CHAIN_OFFSET] = words[rrset + RRSET_OFFSET]!;
      words[to + CHAIN_LENGTH] = words[rrset + RRSET_LENGTH]!;
      words[to + CHAIN_SIGNATURE_OFFSET] = words[signature + SIGNATURE_OFFSET]!;
      words[to + CHAIN_SIGNATURE_LENGTH] = words[signature + SIGNATURE_LENGTH]!;
      const records = words[rrset + RRSET_TYPE_COUNT]! & 0xffff;
      words[to + CHAIN_COUNTS] = (records << 16) | words[signature + SIGNATURE_COUNT]!;
    }
    const waysAt = to;
    for (let node = 0; node < count; node++, to += WAY_WORDS) {
      words[to + WAY_PROOF] = chain.proof[node]!;
      words[to + WAY_COVER] = chain.cover[node]!;
      words[to + WAY_WILDCARD] = chain.wildcard[node]!;
    }
    if (this.nsec !== null) {
      words[at + SIGNED_CHILD_COUNT] = this.nsec.childCount;
      this.nsec.write(words, to);
      this.nsec.coverWildcards(words, waysAt, open());
    } else if (this.nsec3 !== null && this.parameters !== null) {
      words[at + SIGNED_BUCKET_BITS] = this.nsec3.bucketBits;
      words[at + SIGNED_PARAMETERS] = this.parametersAt(words, rrsetsAt, this.parameters);
      for (let i = 0; i < chain.count; i++) {
        words[to++] = this.nsec3.hashes[i * NSEC3_HASH_WORDS]! ^ ORDER_BIT;
      }
      words.set(this.nsec3.buckets(), to);
    }
  }

  /** Arena offset of the RDATA of the NSEC3PARAM record. */
  private parametersAt(
    words: Int32Array,
    rrsetsAt: number,
    { rrset, record }: Nsec3Parameters,
  ): number {
    const { zone } = this.nodes;
    let offset = words[rrsetsAt + rrset * RRSET_WORDS + RRSET_OFFSET]! + RECORD_HEAD_OCTETS;
    for (let before = zone.rrsetRecordFirst[rrset]!; before < record; before++) {
      offset += RECORD_HEAD_OCTETS + zone.recordLength[before]!;
    }
    return offset;
  }
}

/** The NSEC chain: authoritative names in canonical order, each with its children in that order. */
class NsecChain {
  count = 0;
  childCount = 0;
  readonly nodes: Int32Array;
  readonly rrsets: Int32Array;
  /** By node: see `SignedView`. */
  readonly proof: Int32Array;
  readonly cover: Int32Array;
  /** Filled by `coverWildcards`. */
  readonly wildcard: Int32Array;
  private readonly zoneNodes: Nodes;
  /** Authoritative nodes in canonical order. */
  private readonly order: Int32Array;
  private readonly before: Int32Array;
  private readonly last: Int32Array;
  private readonly childFirst: Int32Array;

  constructor(nodes: Nodes) {
    const { zone, count } = nodes;
    this.zoneNodes = nodes;
    this.proof = new Int32Array(count).fill(NONE);
    this.cover = new Int32Array(count).fill(NONE);
    this.wildcard = new Int32Array(count).fill(NONE);
    this.before = new Int32Array(count).fill(NONE);
    this.childFirst = new Int32Array(count + 1);
    this.order = canonicalOrder(zone)
      .map((owner) => nodes.nodeOf[owner]!)
      .filter((node) => this.isAuthoritative(node));
    this.nodes = new Int32Array(this.order.length);
    this.rrsets = new Int32Array(this.order.length);
    for (const node of this.order) this.add(node);
    this.last = this.proof.slice();
    // what comes below a name follows it in canonical order
    for (let i = this.order.length - 1; i > 0; i--) {
      const node = this.order[i]!;
      const parent = this.parentOf(node);
      this.last[parent] = Math.max(this.last[parent]!, this.last[node]!);
      this.childFirst[parent + 1]!++;
      this.childCount++;
    }
    for (let node = 0; node < count; node++) this.childFirst[node + 1]! += this.childFirst[node]!;
  }

  private isAuthoritative(node: NodeId): boolean {
    const { flags, nameCount } = this.zoneNodes;
    return node < nameCount && (flags[node]! & (NODE_BELOW_CUT | NODE_BELOW_DNAME)) === 0;
  }

  private parentOf(node: NodeId): NodeId {
    const { zone, ownerOf, nodeOf } = this.zoneNodes;
    const parent = zone.parents[ownerOf[node]!]!;
    return parent === NO_PARENT ? APEX : nodeOf[parent]!;
  }

  private add(node: NodeId): void {
    const { zone, ownerOf } = this.zoneNodes;
    this.before[node] = this.count - 1;
    const rrset = findRrset(zone, ownerOf[node]!, TYPE_NSEC);
    if (rrset >= 0) {
      this.nodes[this.count] = node;
      this.rrsets[this.count++] = rrset;
    }
    this.proof[node] = this.count - 1;
  }

  /** Writes names and children from word `at` on. */
  write(words: Int32Array, at: number): void {
    const { count, zone, ownerOf } = this.zoneNodes;
    const { octets, offsets } = zone.names;
    const { childFirst, last } = this;
    for (let node = 0; node < count; node++) {
      const row = at + node * NAME_WORDS;
      words[row + NAME_CHILD_FIRST] = childFirst[node]!;
      words[row + NAME_CHILD_COUNT] = childFirst[node + 1]! - childFirst[node]!;
      words[row + NAME_LAST] = last[node]!;
    }
    const childrenAt = at + count * NAME_WORDS;
    const next = childFirst.slice();
    for (const node of this.order) {
      if (node === APEX) continue;
      const row = childrenAt + next[this.parentOf(node)]!++ * CHILD_WORDS;
      const label = offsets[ownerOf[node]!]!;
      const end = label + 1 + octets[label]!;
      words[row + CHILD_KEY] = labelKey(octets, label + 1, end);
      words[row + CHILD_KEY_LOW] = labelKey(octets, label + 5, end);
      words[row + CHILD_NODE] = node;
      words[row + CHILD_BEFORE] = this.before[node]!;
    }
  }

  /** Fills in what covers wildcards, which is searched for as a query would. */
  coverWildcards(words: Int32Array, waysAt: number, image: ZoneImage): void {
    const { flags } = this.zoneNodes;
    const { signed } = image;
    assert(signed !== null, 'it is being written');
    for (const node of this.order) {
      if ((flags[node]! & (NODE_CUT | NODE_WILDCARD_CHILD)) !== 0) continue;
      const hasChildren = this.childFirst[node] !== this.childFirst[node + 1];
      words[waysAt + node * WAY_WORDS + WAY_WILDCARD] = hasChildren
        ? signed.coverOfWildcard(node)
        : this.last[node]!;
    }
  }
}
