/**
 * The one question the engine asks of stored data: where is this name? Answers are ids, never records; octets are
 * read through the view. Implemented by the memory image (image.ts); every implementation passes one conformance
 * suite. RFC 1034 §4.3.2 (matching down), RFC 4592 §2.2 (existence). Must not know: messages, sections, transports.
 */
import type { NameView } from '../wire/name.js';

/** Index of a node (an existing name, RFC 4592 §2.2.2) within its zone. The apex is 0. */
export type NodeId = number;
/** Index of an RRset within its zone; a node's RRsets are consecutive, in ascending order of type. */
export type RrsetId = number;

export const APEX: NodeId = 0;
/** "No such node" or "no such RRset". */
export const NONE = -1;

// Flags of a node
/** Owns an NS RRset and is not the apex: a zone cut. */
export const NODE_CUT = 1;
/** Lies below a zone cut (glue or occluded); `nodeLink` is the cut. */
export const NODE_BELOW_CUT = 2;
/** Lies below a DNAME owner; `nodeLink` is that owner. */
export const NODE_BELOW_DNAME = 4;
export const NODE_HAS_DNAME = 8;
export const NODE_HAS_CNAME = 16;
/** Owns no RRset but has descendants: an empty non-terminal. */
export const NODE_EMPTY = 32;
/** Has a child whose first label is `*`; `nodeLink` is that child (RFC 4592 §2.1.1). */
export const NODE_WILDCARD_CHILD = 64;

/**
 * Under tinydns's rules: owns nothing and so does not exist; the parent says what matches its name. There a wildcard
 * is that of the nearest ancestor that has one, not only of the parent.
 */
export const NODE_PASSED = 128;

/** Where a look-up ended; reused from query to query. */
export class FindResult {
  /** The name's own node, or that of its closest encloser. */
  node: NodeId = APEX;
  /** Label of the sought name at which `node` sits: equal to the label asked for if the name exists. */
  label = 0;
}

/** What becomes of the TTLs of records that end, see `ending`. */
export type Ending = typeof ENDING_NONE | typeof ENDING_LOWEST | typeof ENDING_OWN;
/** No record ends. */
export const ENDING_NONE = 0;
/** An RRset has the lowest of its records' TTLs, RFC 2181 §5.2. */
export const ENDING_LOWEST = 1;
/** Each record has its own, as tinydns has it. */
export const ENDING_OWN = 2;

/** A version of one zone, immutable. All methods are for the hot path: no allocation, no throw. */
export interface ZoneView {
  /** The SOA's serial, unsigned. */
  readonly serial: number;
  /** Labels of the apex. */
  readonly apexLabels: number;
  /** The apex's SOA RRset. */
  readonly soa: RrsetId;
  /** TTL of negative answers: the lesser of SOA TTL and SOA minimum (RFC 2308 §5). If the SOA ends, its TTL. */
  readonly negativeTtl: number;
  /** For this client there is no such zone: nothing else may be asked of the view. */
  readonly isHidden: boolean;
  /** Whether there are records that end. Their TTLs are negative: 0x80000000 | (end - baseSeconds). */
  readonly ending: Ending;
  /** Unix time that ends are counted from. */
  readonly baseSeconds: number;
  /** All RRset octets and names of the zone; offsets below are into this. Not to be changed. */
  readonly octets: Uint8Array;

  /**
   * Finds the suffix of `name` that starts at `label`, which must be at or below the apex, or else its closest
   * encloser. Goes by name alone: cuts and DNAMEs are for the caller to see in the flags.
   */
  find(name: NameView, label: number, result: FindResult): void;

  nodeFlags(node: NodeId): number;
  /** See the flags; NONE without one of those that give it a meaning. */
  nodeLink(node: NodeId): NodeId;
  /** Offset in `octets` of the owner name, uncompressed, case as written in the zone file. */
  nodeName(node: NodeId): number;
  nodeRrsetFirst(node: NodeId): RrsetId;
  nodeRrsetCount(node: NodeId): number;
  /** The node's RRset of a type, or NONE. */
  nodeRrset(node: NodeId, type: number): RrsetId;

  rrsetType(rrset: RrsetId): number;
  rrsetTtl(rrset: RrsetId): number;
  /** Records in the RRset. */
  rrsetCount(rrset: RrsetId): number;
  /**
   * Offset in `octets` of the RRset's records, ready to send but for the owner and compression:
   *
   *     +--------+--------+--------+-----------------+----------+---------------+
   *     | C0 0C  |  type  | class  |       TTL       | RDLENGTH | RDATA, names  |  … next record
   *     | 2      |  2     |  2     |       4         | 2        | uncompressed  |
   *     +--------+--------+--------+-----------------+----------+---------------+
   *
   * `C0 0C` points at the question's name, right for an answer under the name that was asked.
   */
  rrsetOffset(rrset: RrsetId): number;
  /** Octets of all the RRset's records. */
  rrsetLength(rrset: RrsetId): number;

  /** Nodes whose addresses belong in the additional section with this RRset; in the order of its records. */
  rrsetLinkFirst(rrset: RrsetId): number;
  rrsetLinkCount(rrset: RrsetId): number;
  /** The node with the addresses: the target's own, or the wildcard that it matches. */
  linkNode(link: number): NodeId;
  /** Offset in `octets` of the target's name as the RDATA has it. */
  linkName(link: number): number;
}
