/**
 * Makes a zone of records that were taken in: leaves out what is out of zone or there twice, and what clashes where
 * broken records are ignored, merges the rest into RRsets under one TTL (RFC 2181 §5), adds empty non-terminals
 * (RFC 4592 §2.2.2). Rules about the zone's sense are in check.ts. Must not know: text formats, how a zone is served.
 */
import { grown } from '../base/columns.js';
import { RRSET_RECORDS_MAX } from '../base/limits.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { type ProblemList, wholeFile } from '../base/problem.js';
import { TYPE_A, TYPE_RRSIG, TYPE_SOA } from '../wire/constants.js';
import { nameText } from '../wire/name-text.js';
import { equalNames, forgetName, NameView, parseName } from '../wire/name.js';
import { typeText } from '../wire/rrtypes.js';
import { Assembly } from './assembly.js';
import { canonicalRdata } from './canonical-rdata.js';
import type { TakenRecords } from './intake.js';
import type { NameTable, OwnerId } from './name-table.js';
import { OwnerSieve, pruneOwners } from './owner-sieve.js';
import { sameRdata } from './rdata-order.js';
import type { RecordColumns } from './record-columns.js';
import { NO_PARENT, OUTSIDE, type Zone } from './zone.js';

/** Where a record stands in its file, for problems. */
export type Locate = (
  file: number,
  position: number,
) => { readonly file: string; readonly line: number; readonly column: number };

export type BuilderOptions = {
  /** The apex, or the best guess at it. */
  readonly apex: Uint8Array;
  /** If false, the owner of the first SOA is the apex. */
  readonly apexCertain: boolean;
  /** Whether each record keeps its TTL, addresses that of the last one, as tinydns has it, against RFC 2181 §5.2. */
  readonly ownTtls?: boolean;
};

/** RRsets larger than this find their duplicates by hash, smaller ones by comparing all pairs. */
const PAIRWISE_MAX = 16;
/** Owners with more records than this sort them by n log n, others by insertion. */
const INSERTION_MAX = 32;

/** One for all builders of a thread: no call keeps it. */
const scratch = new NameView();

export class ZoneBuilder {
  private readonly names: NameTable;
  private readonly records: RecordColumns;
  private readonly problems: ProblemList;
  private readonly locate: Locate;
  private readonly options: BuilderOptions;
  private readonly firstSoa: number;
  /** Leaves out what cannot be served; `null` where that rejects the zone. */
  private readonly sieve: OwnerSieve | null;

  /** @param intake all records of the zone's text; it must not take more until the zone has been given up */
  constructor(
    intake: TakenRecords,
    options: BuilderOptions,
    problems: ProblemList,
    locate: Locate,
  ) {
    this.names = intake.names;
    this.records = intake.records;
    this.firstSoa = intake.firstSoa;
    this.options = options;
    this.problems = problems;
    this.locate = locate;
    this.sieve = problems.ignoreBroken ? this.makeSieve() : null;
  }

  /** @returns the zone, or `null` if it has no apex */
  build(): Zone | null {
    const apex = this.findApex();
    if (apex < 0) {
      const at = wholeFile(this.locate(0, 0).file);
      this.problems.add('SOA_MISSING', at, `no SOA at ${nameText(this.options.apex, 0)}`);
      return null;
    }
    const apexLabels = this.viewOwner(apex).labelCount;
    const parents = this.findParents(apex);
    forgetName(scratch);
    return this.assemble(apex, apexLabels, parents);
  }

  private findApex(): OwnerId {
    const { records, options } = this;
    if (!options.apexCertain) return this.firstSoa < 0 ? -1 : records.owner[this.firstSoa]!;
    for (let i = 0; i < records.count; i++) {
      if (records.type[i] === TYPE_SOA && records.owner[i] === 0) return 0;
    }
    return -1;
  }

  private viewOwner(owner: OwnerId): NameView {
    const { octets, offsets, lengths } = this.names;
    parseName(scratch, octets, offsets[owner]!, offsets[owner]! + lengths[owner]!);
    return scratch;
  }

  /**
   * The parent of each owner: the name with one label less. Adds the names that exist only because they have
   * descendants (RFC 4592 §2.2.2), so that every parent is an owner, too.
   */
  private findParents(apex: OwnerId): Int32Array {
    const { names } = this;
    const count = names.count;
    let parents: Int32Array = new Int32Array(count);
    for (let owner = 0; owner < count; owner++) {
      const depth = this.depthOf(owner, apex);
      if (depth <= 1) {
        parents[owner] = depth === 1 ? apex : depth === 0 ? NO_PARENT : OUTSIDE;
        continue;
      }
      const view = this.viewOwner(owner);
      let child = owner;
      for (let label = 1; child >= 0; label++) {
        const known = names.count;
        const parent = label === depth ? apex : names.add(view, label);
        parents[child] = parent;
        // whoever was there before has seen to its own ancestors, or will
        child = parent < known ? NO_PARENT : parent;
        if (parent === parents.length) parents = grown(parents, new Int32Array(known * 2));
      }
    }
    return parents.length === names.count ? parents : parents.slice(0, names.count);
  }

  /** Labels of an owner name below the apex; -1 if it is not in the zone. */
  private depthOf(owner: OwnerId, apex: OwnerId): number {
    const { octets, offsets, lengths } = this.names;
    const start = offsets[owner]!;
    const apexLength = lengths[apex]!;
    const apexAt = start + lengths[owner]! - apexLength;
    let depth = 0;
    let at = start;
    for (; at < apexAt; at += octets[at]! + 1) depth++;
    return at === apexAt && equalNames(octets, at, octets, offsets[apex]!, apexLength) ? depth : -1;
  }

  // --- RRsets -----------------------------------------------------------------------------------------------

  /** Record numbers grouped by owner, in the order of the text within an owner; those outside are left out. */
  private groupByOwner(parents: Int32Array): { first: Int32Array; order: Int32Array } {
    const { records } = this;
    const ownerCount = this.names.count;
    const first = new Int32Array(ownerCount + 1);
    for (let i = 0; i < records.count; i++) {
      const owner = records.owner[i]!;
      if (parents[owner] === OUTSIDE) this.reportOutside(i);
      else first[owner + 1]!++;
    }
    for (let owner = 0; owner < ownerCount; owner++) first[owner + 1]! += first[owner]!;
    const order = new Int32Array(first[ownerCount]!);
    const next = first.slice();
    for (let i = 0; i < records.count; i++) {
      const owner = records.owner[i]!;
      if (parents[owner] !== OUTSIDE) order[next[owner]!++] = i;
    }
    return { first, order };
  }

  private assemble(apex: OwnerId, apexLabels: number, parents: Int32Array): Zone {
    const { first, order } = this.groupByOwner(parents);
    const ownerCount = this.names.count;
    const out = new Assembly(this.records, order.length, ownerCount);
    for (let owner = 0; owner < ownerCount; owner++) {
      const start = first[owner]!;
      let stop = first[owner + 1]!;
      out.ownerRrsetFirst[owner] = out.rrsetCount;
      if (this.sieve !== null) {
        stop = this.sieve.sift(order, start, stop, owner === apex, this.isWildcard(owner));
      }
      if (stop - start > 1) this.sortByType(order, start, stop);
      for (let i = start; i < stop; ) i = this.addRrset(out, order, i, stop, owner, owner === apex);
    }
    out.ownerRrsetFirst[ownerCount] = out.rrsetCount;
    if (this.sieve !== null && pruneOwners(parents, out.ownerRrsetFirst)) {
      this.names.retain((owner) => parents[owner] !== OUTSIDE);
    }
    return out.finish(this.names, apex, apexLabels, parents);
  }

  private isWildcard(owner: OwnerId): boolean {
    const { octets, offsets } = this.names;
    const at = offsets[owner]!;
    return octets[at] === 1 && octets[at + 1] === 0x2a;
  }

  /** Stable: records of one type keep the order of the text. */
  private sortByType(order: Int32Array, start: number, stop: number): void {
    const type = this.records.type;
    if (stop - start > INSERTION_MAX) {
      const sorted = Array.from(order.subarray(start, stop));
      sorted.sort((a, b) => type[a]! - type[b]! || a - b);
      order.set(sorted, start);
      return;
    }
    for (let i = start + 1; i < stop; i++) {
      const record = order[i]!;
      const key = type[record]!;
      let at = i;
      while (at > start && type[order[at - 1]!]! > key) {
        order[at] = order[at - 1]!;
        at--;
      }
      order[at] = record;
    }
  }

  /** Adds the RRset that starts at `order[start]`. @returns the index after its last record. */
  private addRrset(
    out: Assembly,
    order: Int32Array,
    start: number,
    stop: number,
    owner: OwnerId,
    atApex: boolean,
  ): number {
    const { records } = this;
    const type = records.type[order[start]!]!;
    let end = start + 1;
    while (end < stop && records.type[order[end]!] === type) end++;
    if (type === TYPE_SOA && !this.checkSoa(order, start, end, atApex)) return end;
    if (end - start > RRSET_RECORDS_MAX) {
      this.report('RRSET_TOO_LARGE', order[start]!, `${typeText(type)} RRset of ${end - start} records`);
      return end;
    }
    out.beginRrset(type, owner);
    const isTinydns = this.options.ownTtls === true;
    const keepsTtls = type === TYPE_RRSIG || (isTinydns && type !== TYPE_A);
    const ttl = isTinydns ? records.ttl[order[end - 1]!]! : this.ttlOf(order, start, end);
    const seen = end - start > PAIRWISE_MAX ? new Map<string, number>() : null;
    for (let i = start; i < end; i++) {
      const record = order[i]!;
      const own = records.ttl[record]!;
      const before =
        seen === null
          ? out.findDuplicate(record, type)
          : this.firstLike(seen, record, out.recordCount);
      if (before >= 0) this.reportDuplicate(record, out, before, type);
      else out.addRecord(record, keepsTtls || (isEnding(own) && !isTinydns) ? own : ttl);
      if (own !== ttl && !keepsTtls && !isTinydns && !isEnding(own))
        this.reportTtl(record, ttl, type);
    }
    return end;
  }

  /** The TTL of an RRset: that of its first record, but for records that count down to their end. */
  private ttlOf(order: Int32Array, start: number, end: number): number {
    const { ttl } = this.records;
    for (let i = start; i < end; i++) if (!isEnding(ttl[order[i]!]!)) return ttl[order[i]!]!;
    return ttl[order[start]!]!;
  }

  /** @param next number of the record in the assembly, if it is the first of its like */
  private firstLike(seen: Map<string, number>, record: number, next: number): number {
    const { type, rdata, length, arena } = this.records;
    const canonical = canonicalRdata(type[record]!, arena, rdata[record]!, length[record]!);
    const key = Buffer.from(canonical).toString('latin1');
    const before = seen.get(key);
    if (before !== undefined) return before;
    seen.set(key, next);
    return -1;
  }

  private checkSoa(order: Int32Array, start: number, end: number, atApex: boolean): boolean {
    if (!atApex) {
      this.report('SOA_NOT_AT_APEX', order[start]!, 'SOA record not at the apex');
      return false;
    }
    for (let i = start + 1; i < end; i++) {
      if (!this.sameSoa(order[start]!, order[i]!)) {
        this.report('SOA_DUPLICATE', order[i]!, 'a second SOA record');
      }
    }
    return true;
  }

  private sameSoa(a: number, b: number): boolean {
    const { rdata, length, arena } = this.records;
    return sameRdata(TYPE_SOA, arena, rdata[a]!, length[a]!, rdata[b]!, length[b]!);
  }

  private makeSieve(): OwnerSieve {
    return new OwnerSieve(this.records, (code, record, text) => {
      if (this.problems.wants(code)) this.report(code, record, text);
      else this.problems.skip(code);
    });
  }

  // --- problems ---------------------------------------------------------------------------------------------

  private reportOutside(record: number): void {
    if (!this.problems.wants('OUT_OF_ZONE')) {
      this.problems.skip('OUT_OF_ZONE');
      return;
    }
    const owner = this.records.owner[record]!;
    const name = nameText(this.names.octets, this.names.offsets[owner]!);
    this.report('OUT_OF_ZONE', record, `${name} is not in the zone, record left out`);
  }

  private reportDuplicate(record: number, out: Assembly, before: number, type: number): void {
    if (!this.problems.wants('DUPLICATE_RECORD')) {
      this.problems.skip('DUPLICATE_RECORD');
      return;
    }
    const { file, line } = this.locate(out.recordFile[before]!, out.recordPosition[before]!);
    const place = line === 0 ? file : `${file}:${line}`;
    const text = `the same ${typeText(type)} record as at ${place}, left out`;
    this.report('DUPLICATE_RECORD', record, text);
  }

  private reportTtl(record: number, ttl: number, type: number): void {
    if (!this.problems.wants('TTL_MISMATCH')) {
      this.problems.skip('TTL_MISMATCH');
      return;
    }
    const own = this.records.ttl[record]!;
    this.report('TTL_MISMATCH', record, `TTL ${own} set to ${ttl}, as the ${typeText(type)} RRset began`);
  }

  private report(code: ProblemCode, record: number, text: string): void {
    const place = this.locate(this.records.file[record]!, this.records.position[record]!);
    this.problems.add(code, { ...place, length: 1 }, text);
  }
}

/** Whether a record's TTL stands for the time at which it ends, see zone.ts. */
function isEnding(ttl: number): boolean {
  return ttl < 0;
}
