/**
 * The nodes of a zone with what a look-up must know of each: whether it is a zone cut or has a CNAME or DNAME, which
 * cut or DNAME it lies below, which wildcard stands below it. RFC 1034 §4.3.2, RFC 4592 §2, RFC 5155 §7.2.8, RFC 6672
 * §2.
 * Must not know: RDATA, the layout of an image.
 */
import { TYPE_CNAME, TYPE_DNAME, TYPE_NS, TYPE_NSEC3, TYPE_RRSIG } from '../wire/constants.js';
import type { NameView } from '../wire/name.js';
import type { OwnerId } from '../zone/name-table.js';
import { NO_PARENT, OUTSIDE, type Zone } from '../zone/zone.js';
import {
  APEX,
  NODE_BELOW_CUT,
  NODE_BELOW_DNAME,
  NODE_CUT,
  NODE_EMPTY,
  NODE_HAS_CNAME,
  NODE_HAS_DNAME,
  NODE_PASSED,
  NODE_WILDCARD_CHILD,
  NONE,
  type NodeId,
} from './zone-index.js';

const BELOW = NODE_BELOW_CUT | NODE_BELOW_DNAME;

export class Nodes {
  readonly zone: Zone;
  count = 0;
  /** Nodes that are names of the zone: those that own nothing but NSEC3 follow. */
  nameCount = 0;
  /** Node of each owner, NONE outside the zone. */
  readonly nodeOf: Int32Array;
  /** Owner of each node. */
  readonly ownerOf: Int32Array;
  readonly flags: Uint16Array;
  readonly link: Int32Array;

  /** @param tinydns wildcards, empty non-terminals and nested cuts as tinydns has them */
  constructor(zone: Zone, tinydns: boolean) {
    const size = zone.names.count;
    this.zone = zone;
    this.nodeOf = new Int32Array(size).fill(NONE);
    this.ownerOf = new Int32Array(size);
    this.flags = new Uint16Array(size);
    this.link = new Int32Array(size).fill(NONE);
    this.number(tinydns ? null : hashedOwners(zone));
    const cuts = this.flagOwnData(tinydns);
    if (cuts > 0 && tinydns) this.flagBelowNearest();
    else if (cuts > 0) this.flagBelow();
    if (tinydns) this.flagPassed();
    this.flagWildcards();
    if (tinydns) this.inheritWildcards();
  }

  /** The node of a name at `depth` labels below the apex, or of the wildcard that it matches, or NONE. */
  findOrWildcard(view: NameView, depth: number): NodeId {
    for (let label = 0; label <= depth; label++) {
      const owner = this.zone.names.find(view, label);
      if (owner < 0) continue;
      const node = this.nodeOf[owner]!;
      if (node >= this.nameCount) continue;
      if (label === 0) return node;
      return (this.flags[node]! & NODE_WILDCARD_CHILD) !== 0 ? this.link[node]! : NONE;
    }
    return NONE;
  }

  /** @param hashed 1 for owners of NSEC3 alone; `null` if there are none */
  private number(hashed: Uint8Array | null): void {
    const { apex, names, parents } = this.zone;
    this.ownerOf[APEX] = apex;
    this.nodeOf[apex] = APEX;
    let node = APEX + 1;
    for (let owner = 0; owner < names.count; owner++) {
      if (owner === apex || parents[owner] === OUTSIDE) continue;
      if (hashed !== null && hashed[owner] === 1) continue;
      this.ownerOf[node] = owner;
      this.nodeOf[owner] = node++;
    }
    this.nameCount = node;
    for (let owner = 0; hashed !== null && owner < names.count; owner++) {
      if (hashed[owner] === 0) continue;
      this.ownerOf[node] = owner;
      this.nodeOf[owner] = node++;
    }
    this.count = node;
  }

  /**
   * @param tinydns NS records of a wildcard are no zone cut
   * @returns how many nodes are zone cuts or have a DNAME
   */
  private flagOwnData(tinydns: boolean): number {
    const { ownerRrsetFirst, rrsetType } = this.zone;
    let cuts = 0;
    for (let node = 0; node < this.count; node++) {
      const owner = this.ownerOf[node]!;
      const end = ownerRrsetFirst[owner + 1]!;
      let flags = ownerRrsetFirst[owner] === end ? NODE_EMPTY : 0;
      for (let rrset = ownerRrsetFirst[owner]!; rrset < end; rrset++) {
        const type = rrsetType[rrset]!;
        if (type === TYPE_NS) {
          if (node !== APEX && !(tinydns && this.isWildcard(owner))) flags |= NODE_CUT;
        } else if (type === TYPE_CNAME) flags |= NODE_HAS_CNAME;
        else if (type === TYPE_DNAME) flags |= NODE_HAS_DNAME;
      }
      if ((flags & (NODE_CUT | NODE_HAS_DNAME)) !== 0) cuts++;
      this.flags[node] = flags;
    }
    return cuts;
  }

  /** Of several cuts and DNAMEs above a node the one nearest the apex counts: a query meets it first. */
  private flagBelow(): void {
    const { flags, nodeOf, ownerOf } = this;
    const { parents } = this.zone;
    for (let node = APEX + 1; node < this.count; node++) {
      let uppermost = NONE;
      for (let up = parents[ownerOf[node]!]!; up !== NO_PARENT; up = parents[up]!) {
        const above = nodeOf[up]!;
        if ((flags[above]! & (NODE_CUT | NODE_HAS_DNAME)) !== 0) uppermost = above;
      }
      if (uppermost === NONE) continue;
      const isCut = (flags[uppermost]! & NODE_CUT) !== 0;
      flags[node]! |= isCut ? NODE_BELOW_CUT : NODE_BELOW_DNAME;
      this.link[node] = uppermost;
    }
    // only now: above, a cut below a cut was passed over because the upper one is met first
    for (let node = APEX + 1; node < this.count; node++) {
      if ((this.flags[node]! & BELOW) !== 0) this.flags[node]! &= ~NODE_CUT;
    }
  }

  /**
   * tinydns goes up from the name and stops at the first cut: of several the one nearest the name counts, and one that
   * lies below another is a cut all the same. It knows no DNAME, so that one never hides a cut.
   */
  private flagBelowNearest(): void {
    const { flags, nodeOf, ownerOf } = this;
    const { parents } = this.zone;
    for (let node = APEX + 1; node < this.count; node++) {
      if ((flags[node]! & NODE_CUT) !== 0) continue;
      let dname = NONE;
      for (let up = parents[ownerOf[node]!]!; up !== NO_PARENT; up = parents[up]!) {
        const above = nodeOf[up]!;
        if ((flags[above]! & NODE_CUT) !== 0) {
          flags[node]! |= NODE_BELOW_CUT;
          this.link[node] = above;
          break;
        }
        if ((flags[above]! & NODE_HAS_DNAME) !== 0) dname = above;
      }
      if (dname === NONE || (flags[node]! & NODE_BELOW_CUT) !== 0) continue;
      flags[node]! |= NODE_BELOW_DNAME;
      this.link[node] = dname;
    }
  }

  /** In tinydns what owns nothing does not exist. */
  private flagPassed(): void {
    for (let node = APEX + 1; node < this.count; node++) {
      if ((this.flags[node]! & (NODE_EMPTY | BELOW)) === NODE_EMPTY)
        this.flags[node]! |= NODE_PASSED;
    }
  }

  /** RFC 4592 §2.1.1: gives each parent of a wildcard the way to it. */
  private flagWildcards(): void {
    for (let node = APEX + 1; node < this.count; node++) {
      const owner = this.ownerOf[node]!;
      if (!this.isWildcard(owner)) continue;
      if ((this.flags[node]! & (BELOW | NODE_PASSED)) !== 0) continue;
      const parent = this.nodeOf[this.zone.parents[owner]!]!;
      this.flags[parent]! |= NODE_WILDCARD_CHILD;
      this.link[parent] = node;
    }
  }

  private isWildcard(owner: OwnerId): boolean {
    const { octets, offsets } = this.zone.names;
    const at = offsets[owner]!;
    return octets[at] === 1 && octets[at + 1] === 0x2a;
  }

  /** In tinydns a wildcard matches all names below its parent: the nearest counts, whatever stands between. */
  private inheritWildcards(): void {
    const { flags, link, nodeOf, ownerOf } = this;
    const { parents } = this.zone;
    for (let node = APEX + 1; node < this.count; node++) {
      if ((flags[node]! & (BELOW | NODE_WILDCARD_CHILD)) !== 0) continue;
      let up = parents[ownerOf[node]!]!;
      while (up !== NO_PARENT && (flags[nodeOf[up]!]! & NODE_WILDCARD_CHILD) === 0)
        up = parents[up]!;
      if (up === NO_PARENT) continue;
      flags[node]! |= NODE_WILDCARD_CHILD;
      link[node] = link[nodeOf[up]!]!;
    }
  }
}

/**
 * Owners that are no names of the zone: of NSEC3 and its signatures, without descendants (RFC 5155 §7.2.8).
 * @returns 1 for each of them, or `null` if there are none
 */
function hashedOwners(zone: Zone): Uint8Array | null {
  const { names, parents, ownerRrsetFirst } = zone;
  let hashed: Uint8Array | null = null;
  for (let owner = 0; owner < names.count; owner++) {
    if (parents[owner]! < 0 || !ownsNsec3Alone(zone, owner)) continue;
    hashed ??= new Uint8Array(names.count);
    hashed[owner] = 1;
  }
  if (hashed === null) return null;
  for (let owner = 0; owner < names.count; owner++) {
    if (hashed[owner] === 1 || ownerRrsetFirst[owner] === ownerRrsetFirst[owner + 1]) continue;
    for (let up = parents[owner]!; up >= 0 && hashed[up] === 1; up = parents[up]!) hashed[up] = 0;
  }
  return hashed;
}

function ownsNsec3Alone({ ownerRrsetFirst, rrsetType }: Zone, owner: OwnerId): boolean {
  const end = ownerRrsetFirst[owner + 1]!;
  let isOwner = false;
  for (let rrset = ownerRrsetFirst[owner]!; rrset < end; rrset++) {
    if (rrsetType[rrset] === TYPE_NSEC3) isOwner = true;
    else if (rrsetType[rrset] !== TYPE_RRSIG) return false;
  }
  return isOwner;
}
