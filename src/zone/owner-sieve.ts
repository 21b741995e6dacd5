/**
 * Which records of an owner can be served together, for zones that are served without their broken records: what
 * stands first in the text stays (RFC 1034 §3.6.2, RFC 2181 §10.1, RFC 6672 §2.4). Must not know: RRsets, text.
 */
import type { ProblemCode } from '../base/problem-codes.js';
import {
  TYPE_CNAME,
  TYPE_DS,
  TYPE_KEY,
  TYPE_NS,
  TYPE_NSEC,
  TYPE_NXT,
  TYPE_RRSIG,
  TYPE_SIG,
  TYPE_SOA,
} from '../wire/constants.js';
import { typeByCode, typeText } from '../wire/rrtypes.js';
import { sameRdata } from './rdata-order.js';
import type { RecordColumns } from './record-columns.js';
import { OUTSIDE } from './zone.js';

/** RFC 2181 §10.1 and RFC 4035 §2.5: what may stand beside a CNAME. */
export const BESIDE_CNAME: ReadonlySet<number> = new Set([
  TYPE_CNAME,
  TYPE_RRSIG,
  TYPE_NSEC,
  TYPE_SIG,
  TYPE_KEY,
  TYPE_NXT,
]);

export class OwnerSieve {
  private readonly records: RecordColumns;
  private readonly report: (code: ProblemCode, record: number, text: string) => void;
  /** The first record that stays of each type of which there can be but one, at the owner at hand. */
  private readonly singles = new Map<number, number>();
  private atApex = false;
  private atWildcard = false;
  /** Whether something stays that cannot stand beside a CNAME. */
  private otherData = false;

  /** @param report says why a record is left out */
  constructor(
    records: RecordColumns,
    report: (code: ProblemCode, record: number, text: string) => void,
  ) {
    this.records = records;
    this.report = report;
  }

  /**
   * Moves the record numbers of one owner that stay to the front, in their order.
   * @param order from `start` to `stop` the owner's records in the order of the text
   * @returns the index after the last that stays
   */
  sift(
    order: Int32Array,
    start: number,
    stop: number,
    atApex: boolean,
    atWildcard: boolean,
  ): number {
    this.atApex = atApex;
    this.atWildcard = atWildcard;
    this.singles.clear();
    // without its SOA there is no zone: at the apex a CNAME goes even if it comes first
    this.otherData = atApex;
    let end = start;
    for (let i = start; i < stop; i++) {
      const record = order[i]!;
      if (this.take(record)) order[end++] = record;
    }
    return end;
  }

  private take(record: number): boolean {
    const type = this.records.type[record]!;
    if (type === TYPE_SOA && !this.atApex) {
      return this.leave('SOA_NOT_AT_APEX', record, 'SOA record not at the apex');
    }
    if (type === TYPE_NS && this.atWildcard) {
      return this.leave('NS_WILDCARD', record, 'NS at a wildcard');
    }
    if (type === TYPE_DS && this.atApex) {
      return this.leave('DS_AT_APEX', record, 'DS at the apex belongs into the parent zone');
    }
    if (type === TYPE_CNAME && this.otherData) {
      return this.leave('CNAME_OTHER_DATA', record, 'CNAME beside other data');
    }
    if (!BESIDE_CNAME.has(type)) {
      if (this.singles.has(TYPE_CNAME)) {
        return this.leave('CNAME_OTHER_DATA', record, `${typeText(type)} beside a CNAME`);
      }
      this.otherData = true;
    }
    return typeByCode(type)?.single !== true || this.takeSingle(record, type);
  }

  /** The same record again is no clash: it is left out as a duplicate. */
  private takeSingle(record: number, type: number): boolean {
    const { rdata, length, arena } = this.records;
    const first = this.singles.get(type);
    if (first === undefined) {
      this.singles.set(type, record);
      return true;
    }
    const [at, octets] = [rdata[first]!, length[first]!];
    if (sameRdata(type, arena, at, octets, rdata[record]!, length[record]!)) return true;
    if (type === TYPE_SOA) return this.leave('SOA_DUPLICATE', record, 'a second SOA record');
    return this.leave('RRSET_NOT_SINGLE', record, `a second ${typeText(type)}`);
  }

  private leave(code: ProblemCode, record: number, text: string): false {
    this.report(code, record, text);
    return false;
  }
}

/**
 * Takes names out of the zone that own nothing and have no descendants, for what they had was left out: an empty
 * non-terminal exists because of the names below it only (RFC 4592 §2.2.2).
 * @param parents of each owner; becomes OUTSIDE for those taken out
 * @returns whether there were any
 */
export function pruneOwners(parents: Int32Array, ownerRrsetFirst: Int32Array): boolean {
  const children = new Int32Array(parents.length);
  for (const parent of parents) if (parent >= 0) children[parent]!++;
  let pruned = false;
  for (let owner = 0; owner < parents.length; owner++) {
    let at = owner;
    while (
      parents[at]! >= 0 &&
      children[at] === 0 &&
      ownerRrsetFirst[at] === ownerRrsetFirst[at + 1]
    ) {
      const parent = parents[at]!;
      parents[at] = OUTSIDE;
      children[parent]!--;
      pruned = true;
      at = parent;
    }
  }
  return pruned;
}
