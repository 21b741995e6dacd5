/**
 * Makes zones of records that belong to no zone yet, as those of tinydns, which answers from one heap of records.
 * Zones begin at the owners of SOA records (RFC 1034 §4.2); a zone above another one in the heap gets the delegation
 * that goes with it: the NS RRset, DS (RFC 4035 §2.4) and addresses of servers that lie in the heap below itself (RFC
 * 9471). Must not know: text formats, what the zones are for.
 */
import type { ProblemList } from '../base/problem.js';
import { TYPE_A, TYPE_AAAA, TYPE_DS, TYPE_NS, TYPE_SOA } from '../wire/constants.js';
import { NameView, parseName } from '../wire/name.js';
import { nameText } from '../wire/name-text.js';
import { type Locate, ZoneBuilder } from './builder.js';
import { Intake, type IntakeRecord } from './intake.js';
import type { OwnerId } from './name-table.js';
import type { Zone } from './zone.js';

/** What a name that is in no zone lies in. */
const NOWHERE = -1;

const ROOT = new Uint8Array(1);

/** One for all cutters of a thread: no call keeps it. */
const scratch = new NameView();

/** Takes any number of records, then cuts once. */
export class ZoneCutter {
  private readonly heap = new Intake();
  /** The SOA record by its owner; of several the first, the only one that tinydns answers with. */
  private readonly soaOf = new Map<OwnerId, number>();
  /** The apex of the zone that each name lies in. */
  private apexOf = new Int32Array(0);
  /** Owners in each zone, by its apex, and owners that it delegates. */
  private readonly ownersOf = new Map<OwnerId, OwnerId[]>();
  /** Records by owner. */
  private first = new Int32Array(0);
  private order = new Int32Array(0);

  constructor() {
    this.heap.begin(ROOT);
  }

  /** Takes one record; the input's buffers stay the caller's. */
  record(record: IntakeRecord): void {
    const number = this.heap.records.count;
    this.heap.record(record);
    if (record.type !== TYPE_SOA) return;
    const owner = this.heap.records.owner[number]!;
    if (!this.soaOf.has(owner)) this.soaOf.set(owner, number);
  }

  /**
   * The zones, in the order of their SOA records. What is wrong with a zone is reported; one without apex is left out.
   * Records in no zone are CONVERT_NO_ZONE.
   */
  *zones(problems: ProblemList, locate: Locate): Generator<Zone> {
    this.sortIn();
    this.reportOutside(problems, locate);
    for (const apex of this.soaOf.keys()) {
      const zone = this.build(apex, problems, locate);
      if (zone !== null) yield zone;
    }
  }

  private sortIn(): void {
    const { names, records } = this.heap;
    this.apexOf = new Int32Array(names.count);
    for (const apex of this.soaOf.keys()) this.ownersOf.set(apex, []);
    for (let owner = 0; owner < names.count; owner++) {
      const apex = this.apexAbove(owner, 0);
      this.apexOf[owner] = apex;
      this.ownersOf.get(apex)?.push(owner);
      if (apex === owner) this.ownersOf.get(this.apexAbove(owner, 1))?.push(owner);
    }
    this.first = new Int32Array(names.count + 1);
    for (let i = 0; i < records.count; i++) this.first[records.owner[i]! + 1]!++;
    for (let owner = 0; owner < names.count; owner++) this.first[owner + 1]! += this.first[owner]!;
    this.order = new Int32Array(records.count);
    const next = this.first.slice();
    for (let i = 0; i < records.count; i++) this.order[next[records.owner[i]!]!++] = i;
  }

  /** The nearest apex at a name without its first labels, or above that. */
  private apexAbove(owner: OwnerId, labels: number): OwnerId {
    const { names } = this.heap;
    const start = names.offsets[owner]!;
    parseName(scratch, names.octets, start, start + names.lengths[owner]!);
    for (let label = labels; label <= scratch.labelCount; label++) {
      const found = names.find(scratch, label);
      if (found >= 0 && this.soaOf.has(found)) return found;
    }
    return NOWHERE;
  }

  private reportOutside(problems: ProblemList, locate: Locate): void {
    const { names, records } = this.heap;
    for (let i = 0; i < records.count; i++) {
      const owner = records.owner[i]!;
      if (this.apexOf[owner] !== NOWHERE) continue;
      if (!problems.wants('CONVERT_NO_ZONE')) {
        problems.skip('CONVERT_NO_ZONE');
        continue;
      }
      const at = { ...locate(records.file[i]!, records.position[i]!), length: 1 };
      const text = `${nameText(names.octets, names.offsets[owner]!)} is in no zone: there is no SOA at or above it`;
      problems.add('CONVERT_NO_ZONE', at, text);
    }
  }

  // --- one zone ---------------------------------------------------------------------------------------------

  private build(apex: OwnerId, problems: ProblemList, locate: Locate): Zone | null {
    const chosen = this.recordsOf(apex);
    const intake = new Intake(chosen.length);
    const apexName = this.nameOf(apex);
    intake.begin(apexName);
    for (const record of chosen) intake.record(this.recordAt(record));
    const options = { apex: apexName, apexCertain: true };
    return new ZoneBuilder(intake, options, problems, locate).build();
  }

  /** Numbers of the records of a zone, its delegations and their addresses included. */
  private recordsOf(apex: OwnerId): number[] {
    const { records } = this.heap;
    const chosen: number[] = [];
    const servers: number[] = [];
    for (const owner of this.ownersOf.get(apex) ?? []) {
      for (let i = this.first[owner]!; i < this.first[owner + 1]!; i++) {
        const record = this.order[i]!;
        const type = records.type[record]!;
        if (!this.belongs(record, type, owner, apex)) continue;
        chosen.push(record);
        if (type === TYPE_NS) servers.push(record);
      }
    }
    return chosen.concat(this.addressesBelow(apex, servers));
  }

  /** Whether a record of an owner goes into a zone that the owner is in, or is delegated from. */
  private belongs(record: number, type: number, owner: OwnerId, apex: OwnerId): boolean {
    if (owner !== this.apexOf[owner]) return true;
    const isOwn = owner === apex;
    if (type === TYPE_SOA) return isOwn && this.soaOf.get(owner) === record;
    // the parent's side of a cut, if the parent is here
    if (type === TYPE_DS) return !isOwn || this.apexAbove(owner, 1) === NOWHERE;
    return isOwn || type === TYPE_NS;
  }

  /** Address records of servers whose names lie in zones below this one. */
  private addressesBelow(apex: OwnerId, servers: readonly number[]): number[] {
    const { names, records } = this.heap;
    const found = new Set<number>();
    for (const server of servers) {
      const start = records.rdata[server]!;
      parseName(scratch, records.arena, start, start + records.length[server]!);
      const owner = names.find(scratch, 0);
      if (owner < 0 || !this.isBelow(this.apexOf[owner]!, apex)) continue;
      for (let i = this.first[owner]!; i < this.first[owner + 1]!; i++) {
        const type = records.type[this.order[i]!]!;
        if (type === TYPE_A || type === TYPE_AAAA) found.add(this.order[i]!);
      }
    }
    return [...found];
  }

  /** Whether one zone lies somewhere below another one. */
  private isBelow(zone: OwnerId, apex: OwnerId): boolean {
    let above = zone;
    while (above !== NOWHERE && above !== apex) above = this.apexAbove(above, 1);
    return above === apex && zone !== apex;
  }

  private nameOf(owner: OwnerId): Uint8Array {
    const { octets, offsets, lengths } = this.heap.names;
    const start = offsets[owner]!;
    return octets.slice(start, start + lengths[owner]!);
  }

  private recordAt(record: number): IntakeRecord {
    const { records } = this.heap;
    const owner = this.nameOf(records.owner[record]!);
    const start = records.rdata[record]!;
    const rdataLength = records.length[record]!;
    return {
      owner,
      ownerLength: owner.length,
      ownerRepeated: false,
      type: records.type[record]!,
      ttl: records.ttl[record]!,
      rdata: records.arena.subarray(start, start + rdataLength),
      rdataLength,
      file: records.file[record]!,
      offset: records.position[record]!,
    };
  }
}
