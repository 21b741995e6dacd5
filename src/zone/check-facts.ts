/**
 * What the checks share: flags of every owner name, gathered once, and what becomes of a name that a record points
 * at. RFC 1034 §4.2.1, RFC 4592 §3.3.1, RFC 6672 §2.4. Must not know: single rules.
 */

import { NAME_OCTETS_MAX } from '../base/limits.js';
import type { ProblemList } from '../base/problem.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_DNAME, TYPE_NS } from '../wire/constants.js';
import { forgetName, NameView, nameLength, parseName, suffixOffset } from '../wire/name.js';
import type { Locate } from './builder.js';
import type { OwnerId } from './name-table.js';
import type { Zone } from './zone.js';
import { ZoneReport } from './zone-report.js';

/** The owner has NS and is not the apex: a zone cut. */
export const OWNER_CUT = 1;
export const OWNER_DNAME = 2;
export const OWNER_CNAME = 4;
/** The owner has A or AAAA. */
export const OWNER_ADDRESS = 8;
/** The owner is below a zone cut. */
export const OWNER_BELOW_CUT = 16;
/** The owner is below a DNAME. */
export const OWNER_BELOW_DNAME = 32;
/** A delegation names the owner as its server: its addresses are glue. */
export const OWNER_SERVER = 64;

/** No query is answered from such an owner. */
export const OWNER_OCCLUDED = OWNER_BELOW_CUT | OWNER_BELOW_DNAME;

/** Not in the zone: nothing can be said without asking others. */
export const TARGET_OUTSIDE = 0;
export const TARGET_HAS_ADDRESS = 1;
export const TARGET_NO_ADDRESS = 2;
/** Owns a CNAME, or would by a wildcard. */
export const TARGET_CNAME = 3;
export const TARGET_BELOW_DNAME = 4;
/** At or below a zone cut, and the zone has no address for it. */
export const TARGET_NO_GLUE = 5;

// One for all checks of a thread: they run one after the other.
const scratch = new NameView();
const wildcardScratch = new Uint8Array(NAME_OCTETS_MAX + 2);
const wildcardView = new NameView();

export class ZoneFacts {
  readonly zone: Zone;
  /** OWNER_… of each owner. */
  readonly flags: Uint8Array;
  /** The owner that is the name last given to `target`; -1 if none is, or if it was not looked for. */
  targetOwner: OwnerId = -1;
  private readonly out: ZoneReport;
  private readonly view = scratch;
  private readonly wildcard = wildcardScratch;
  private readonly wildcardView = wildcardView;

  constructor(zone: Zone, problems: ProblemList, locate: Locate) {
    this.zone = zone;
    this.out = new ZoneReport(zone, problems, locate);
    this.flags = new Uint8Array(zone.names.count);
    if (this.flagTypes()) this.flagOccluded();
  }

  // === hot path

  /** @returns whether anything in the zone may hide something else. */
  private flagTypes(): boolean {
    const { flags, zone } = this;
    let hides = false;
    for (let rrset = 0; rrset < zone.rrsetCount; rrset++) {
      const owner = zone.rrsetOwner[rrset]!;
      let flag = 0;
      switch (zone.rrsetType[rrset]!) {
        case TYPE_A:
        case TYPE_AAAA:
          flag = OWNER_ADDRESS;
          break;
        case TYPE_NS:
          if (owner !== zone.apex) flag = OWNER_CUT;
          break;
        case TYPE_CNAME:
          flag = OWNER_CNAME;
          break;
        case TYPE_DNAME:
          flag = OWNER_DNAME;
          break;
        default:
          break;
      }
      flags[owner]! |= flag;
      if (flag === OWNER_CUT || flag === OWNER_DNAME) hides = true;
    }
    return hides;
  }

  private flagOccluded(): void {
    const { flags, zone } = this;
    const { names, parents, ownerRrsetFirst } = zone;
    for (let owner = 0; owner < names.count; owner++) {
      if (ownerRrsetFirst[owner] === ownerRrsetFirst[owner + 1]) continue;
      for (let up = parents[owner]!; up >= 0; up = parents[up]!) {
        const above = flags[up]!;
        if ((above & OWNER_DNAME) !== 0) flags[owner]! |= OWNER_BELOW_DNAME;
        if ((above & OWNER_CUT) !== 0) flags[owner]! |= OWNER_BELOW_CUT;
      }
    }
  }

  /** What is known of the name at `offset` of the zone's RDATA: one of TARGET_…. */
  target(offset: number): number {
    const { zone, view, flags } = this;
    const { names, apex } = zone;
    this.targetOwner = -1;
    const length = nameLength(zone.rdata, offset);
    const apexAt = names.offsets[apex]!;
    const apexLength = names.lengths[apex]!;
    if (suffixOffset(zone.rdata, offset, length, names.octets, apexAt, apexLength) < 0) {
      return TARGET_OUTSIDE;
    }
    parseName(view, zone.rdata, offset, offset + length);
    for (let label = view.labelCount - zone.apexLabels; label > 0; label--) {
      const owner = names.find(view, label);
      if (owner < 0) return this.wildcardTarget(label + 1);
      if ((flags[owner]! & OWNER_DNAME) !== 0) return TARGET_BELOW_DNAME;
      if ((flags[owner]! & OWNER_CUT) !== 0) return this.gluedTarget(names.find(view, 0));
    }
    const owner = names.find(view, 0);
    if (owner < 0) return this.wildcardTarget(1);
    this.targetOwner = owner;
    return (flags[owner]! & OWNER_CUT) !== 0 ? this.gluedTarget(owner) : this.ownTarget(owner);
  }

  private gluedTarget(owner: OwnerId): number {
    this.targetOwner = owner;
    return owner >= 0 && (this.flags[owner]! & OWNER_ADDRESS) !== 0
      ? TARGET_HAS_ADDRESS
      : TARGET_NO_GLUE;
  }

  private ownTarget(owner: OwnerId): number {
    const flags = this.flags[owner]!;
    if ((flags & OWNER_CNAME) !== 0) return TARGET_CNAME;
    return (flags & OWNER_ADDRESS) !== 0 ? TARGET_HAS_ADDRESS : TARGET_NO_ADDRESS;
  }

  /** RFC 4592 §3.3.1: the name in view does not exist, its closest encloser starts at label `encloser`. */
  private wildcardTarget(encloser: number): number {
    const { view, wildcard, wildcardView } = this;
    const start = view.labelOffset[encloser]!;
    const end = view.offset + view.length;
    wildcard[0] = 1;
    wildcard[1] = 0x2a;
    for (let i = start; i < end; i++) wildcard[2 + i - start] = view.octets[i]!;
    if (parseName(wildcardView, wildcard, 0, 2 + end - start) < 0) return TARGET_NO_ADDRESS;
    const owner = this.zone.names.find(wildcardView, 0);
    return owner < 0 ? TARGET_NO_ADDRESS : this.ownTarget(owner);
  }

  // === end of hot path

  /** All checks are done: lets go of what all checks of a thread share. */
  end(): void {
    forgetName(scratch);
  }

  /** As ZoneReport has them. */
  report(code: ProblemCode, record: number, text: () => string): void {
    this.out.report(code, record, text);
  }

  reportRrset(code: ProblemCode, rrset: number, text: () => string): void {
    this.out.reportRrset(code, rrset, text);
  }

  reportZone(code: ProblemCode, text: string): void {
    this.out.reportZone(code, text);
  }

  ownerText(rrset: number): string {
    return this.out.ownerText(rrset);
  }
}
