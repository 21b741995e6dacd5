/**
 * The one question the engine asks of stored data: where is this name? Answers are ids, never records; octets are
 * read through the view. Implemented by the memory image (image.ts); every implementation passes one conformance
 * suite. RFC 1034 §4.3.2 (matching down), RFC 4592 §2.2 (existence), RFC 5155 §7.2.8 (names that are none).
 * Must not know: messages, sections, transports.
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

/** How a signed zone shows what it does not have. */
export type Denial = typeof DENIAL_NONE | typeof DENIAL_NSEC | typeof DENIAL_NSEC3;
/** Not at all: it has signatures, but no chain that can be used. */
export const DENIAL_NONE = 0;
export const DENIAL_NSEC = 1;
export const DENIAL_NSEC3 = 2;

/** Index of a record of the NSEC or NSEC3 chain, in the order of the chain. */
export type ProofId = number;

/** A record of the chain and its signatures, ready to send; reused. Offsets are into the view's `octets`. */
export class ProofParts {
  /** Of the owner name. */
  name = 0;
  offset = 0;
  length = 0;
  records = 0;
  signatureOffset = 0;
  signatureLength = 0;
  signatures = 0;
}

/**
 * What a signed zone has beside its data: the signatures of each RRset and the chain of records that deny. All methods
 * are for the hot path. What the chain lacks is NONE: a zone may be signed badly, and is served as it is.
 */
export interface SignedView {
  readonly denial: Denial;

  /** Records of type RRSIG that cover the RRset; 0 of glue, of delegations and of the RRSIG RRset itself. */
  signatureCount(rrset: RrsetId): number;
  /** Offset in the view's `octets` of these records, laid out as those of an RRset. */
  signatureOffset(rrset: RrsetId): number;
  /** Octets of them all. */
  signatureLength(rrset: RrsetId): number;

  /**
   * What says which types an authoritative name has. NSEC: its own record, or of an empty non-terminal the one that
   * covers it. NSEC3: the record that matches it, or under opt-out its closest provable encloser (RFC 5155 §1.3).
   */
  nodeProof(node: NodeId): ProofId;
  /** NSEC3: where `nodeProof` is but of an encloser, what covers the next closer name towards the node. Else NONE. */
  nodeCover(node: NodeId): ProofId;
  /** What covers the wildcard just below the node, or NSEC3's encloser of it, if there is no such wildcard. */
  wildcardCover(node: NodeId): ProofId;
  /**
   * What covers a name that does not exist, or with NSEC3 the next closer name to it.
   * @param label @param node the label at which the name's closest encloser sits, greater than 0, and its node
   */
  nameCover(name: NameView, label: number, node: NodeId): ProofId;
  /** The owner of a record of the chain. */
  proofNode(proof: ProofId): NodeId;
  /** The RRset that it is. */
  proofRrset(proof: ProofId): RrsetId;
  /** All that is needed to send it. */
  readProof(proof: ProofId, parts: ProofParts): void;
}

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
  /** Signatures and proofs of a zone whose SOA is signed (RFC 4035 §2.2), else `null`. */
  readonly signed: SignedView | null;
  /** All RRset octets and names of the zone; offsets below are into this. Not to be changed. */
  readonly octets: Uint8Array;

  /**
   * Finds the suffix of `name` that starts at `label`, which must be at or below the apex, or else its closest
   * encloser. Goes by name alone: cuts and DNAMEs are for the caller to see in the flags. A name that owns nothing but
   * NSEC3 is none, RFC 5155 §7.2.8.
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
