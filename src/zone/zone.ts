/**
 * A zone as data: owner names with their RRsets (RFC 2181 §5) in columns, immutable once built. Empty non-terminals are
 * owners without RRsets (RFC 4592 §2.2.2). Must not know: text, wire messages, how it is served.
 *
 *     owner  ──▶ RRsets ownerRrsetFirst[owner] … ownerRrsetFirst[owner + 1] - 1, ascending by type
 *     RRset  ──▶ records rrsetRecordFirst[rrset] … rrsetRecordFirst[rrset + 1] - 1, in the order of the text
 *     record ──▶ rdata[recordRdata[record]] …, recordLength[record] octets
 */
import type { NameTable, OwnerId } from './name-table.js';

/** Parent of the apex. */
export const NO_PARENT = -1;
/** Parent of a name that is not in the zone. */
export const OUTSIDE = -2;

export type Zone = {
  /** Owner names, empty non-terminals, and names out of zone, which own nothing. */
  readonly names: NameTable;
  readonly apex: OwnerId;
  /** Labels of the apex. */
  readonly apexLabels: number;
  /** The owner one label up, NO_PARENT or OUTSIDE. */
  readonly parents: Int32Array;
  readonly ownerRrsetFirst: Int32Array;
  readonly rrsetCount: number;
  readonly rrsetType: Uint16Array;
  readonly rrsetOwner: Int32Array;
  readonly rrsetRecordFirst: Int32Array;
  readonly recordCount: number;
  /**
   * Seconds. Equal within an RRset, but for RRSIG, where it follows the type covered. Negative of a record of tinydns
   * that ends: the top bit, and below it the seconds from a moment that the loader has chosen to its last one.
   */
  readonly recordTtl: Int32Array;
  readonly recordRdata: Int32Array;
  readonly recordLength: Uint16Array;
  /** Where the record stands: number of the source file and offset in it. */
  readonly recordFile: Uint16Array;
  readonly recordPosition: Uint32Array;
  readonly rdata: Uint8Array;
};

/** The owner's RRset of a type, or -1. */
export function findRrset(zone: Zone, owner: OwnerId, type: number): number {
  const end = zone.ownerRrsetFirst[owner + 1]!;
  for (let rrset = zone.ownerRrsetFirst[owner]!; rrset < end; rrset++) {
    const found = zone.rrsetType[rrset]!;
    if (found >= type) return found === type ? rrset : -1;
  }
  return -1;
}
