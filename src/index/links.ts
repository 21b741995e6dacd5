/**
 * Additional data, found at load: for each record with a target (NS, MX, SRV, SVCB …) the node that has the target's
 * addresses, be it authoritative, glue, or the wildcard that the target matches. RFC 1034 §4.3.2 step 6, RFC 9460 §4.
 * Must not know: the layout of an image.
 */
import { TYPE_A, TYPE_AAAA, TYPE_HTTPS, TYPE_SVCB } from '../wire/constants.js';
import {
  equalNames,
  forgetName,
  NameView,
  nameLength,
  parseName,
  suffixOffset,
} from '../wire/name.js';
import { TYPE_TARGET } from '../wire/rrtypes.js';
import { findRrset } from '../zone/zone.js';
import type { Nodes } from './nodes.js';
import { NONE, type NodeId } from './zone-index.js';

/** An RRset's links are compared with so many before them to leave out repeated targets. */
const COMPARED_MAX = 32;

/** Offset of a target that is the owner name itself. */
export const LINK_TO_OWNER = -1;

// One for all compilations of a thread: no call keeps them. A zone with more links makes its own columns.
const scratch = new NameView();
const firstNode = new Int32Array(64);
const firstTarget = new Int32Array(64);
const firstRecord = new Int32Array(64);

export class Links {
  count = 0;
  node: Int32Array = firstNode;
  /** Offset of the target's name in the zone's `rdata`, or LINK_TO_OWNER. */
  target: Int32Array = firstTarget;
  /** The record that has the target. */
  record: Int32Array = firstRecord;
  /** First link and number of links of each RRset. */
  readonly rrsetFirst: Int32Array;
  readonly rrsetLinks: Int32Array;
  private readonly nodes: Nodes;

  constructor(nodes: Nodes) {
    const { rrsetCount, rrsetType } = nodes.zone;
    this.nodes = nodes;
    this.rrsetFirst = new Int32Array(rrsetCount);
    this.rrsetLinks = new Int32Array(rrsetCount);
    for (let rrset = 0; rrset < rrsetCount; rrset++) {
      const targetAt = TYPE_TARGET[rrsetType[rrset]!]!;
      if (targetAt >= 0) this.linkRrset(rrset, targetAt);
    }
    forgetName(scratch);
  }

  private linkRrset(rrset: number, targetAt: number): void {
    const { rrsetRecordFirst, recordRdata, rdata } = this.nodes.zone;
    this.rrsetFirst[rrset] = this.count;
    const end = rrsetRecordFirst[rrset + 1]!;
    for (let record = rrsetRecordFirst[rrset]!; record < end; record++) {
      const target = recordRdata[record]! + targetAt;
      if (rdata[target] === 0) this.linkSelf(rrset, record);
      else this.linkTarget(rrset, record, target);
    }
  }

  /** RFC 9460 §2.5: in ServiceMode the target `.` is the owner itself; everywhere else it is nobody. */
  private linkSelf(rrset: number, record: number): void {
    const { rrsetType, rrsetOwner, rdata, recordRdata } = this.nodes.zone;
    const type = rrsetType[rrset]!;
    const at = recordRdata[record]!;
    const serviceMode = rdata[at] !== 0 || rdata[at + 1] !== 0;
    if ((type !== TYPE_SVCB && type !== TYPE_HTTPS) || !serviceMode) return;
    this.add(rrset, record, this.nodes.nodeOf[rrsetOwner[rrset]!]!, LINK_TO_OWNER);
  }

  private linkTarget(rrset: number, record: number, target: number): void {
    const { names, apex, rdata, apexLabels } = this.nodes.zone;
    const length = nameLength(rdata, target);
    const apexAt = names.offsets[apex]!;
    const apexLength = names.lengths[apex]!;
    if (suffixOffset(rdata, target, length, names.octets, apexAt, apexLength) < 0) return;
    parseName(scratch, rdata, target, target + length);
    const node = this.nodes.findOrWildcard(scratch, scratch.labelCount - apexLabels);
    if (node !== NONE) this.add(rrset, record, node, target);
  }

  private add(rrset: number, record: number, node: NodeId, target: number): void {
    if (!this.hasAddress(node) || this.isRepeated(rrset, node, target)) return;
    if (this.count === this.node.length) this.grow();
    this.node[this.count] = node;
    this.target[this.count] = target;
    this.record[this.count] = record;
    this.count++;
    this.rrsetLinks[rrset]!++;
  }

  private isRepeated(rrset: number, node: NodeId, target: number): boolean {
    const { rdata } = this.nodes.zone;
    const first = Math.max(this.rrsetFirst[rrset]!, this.count - COMPARED_MAX);
    for (let i = first; i < this.count; i++) {
      if (this.node[i] !== node) continue;
      const other = this.target[i]!;
      if (target === other) return true;
      if (target < 0 || other < 0) continue;
      const length = nameLength(rdata, target);
      if (length === nameLength(rdata, other) && equalNames(rdata, target, rdata, other, length)) {
        return true;
      }
    }
    return false;
  }

  private hasAddress(node: NodeId): boolean {
    const { zone, ownerOf } = this.nodes;
    const owner = ownerOf[node]!;
    return findRrset(zone, owner, TYPE_A) >= 0 || findRrset(zone, owner, TYPE_AAAA) >= 0;
  }

  private grow(): void {
    for (const column of ['node', 'target', 'record'] as const) {
      const larger = new Int32Array(this.count * 2);
      larger.set(this[column]);
      this[column] = larger;
    }
  }
}
