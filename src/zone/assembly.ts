/**
 * The columns of a zone while they are filled: RRset by RRset, owner by owner.
 * Must not know: which records belong where, what is wrong with them.
 */
import type { NameTable, OwnerId } from './name-table.js';
import { sameRdata } from './rdata-order.js';
import type { RecordColumns } from './record-columns.js';
import type { Zone } from './zone.js';

export class Assembly {
  readonly ownerRrsetFirst: Int32Array;
  rrsetCount = 0;
  private recordCount = 0;
  private readonly records: RecordColumns;
  private readonly rrsetType: Uint16Array;
  private readonly rrsetOwner: Int32Array;
  private readonly rrsetRecordFirst: Int32Array;
  private readonly source: Int32Array;
  private readonly recordTtl: Int32Array;

  constructor(records: RecordColumns, recordMax: number, ownerCount: number) {
    this.records = records;
    this.ownerRrsetFirst = new Int32Array(ownerCount + 1);
    this.rrsetType = new Uint16Array(recordMax);
    this.rrsetOwner = new Int32Array(recordMax);
    this.rrsetRecordFirst = new Int32Array(recordMax + 1);
    this.source = new Int32Array(recordMax);
    this.recordTtl = new Int32Array(recordMax);
  }

  beginRrset(type: number, owner: OwnerId): void {
    this.rrsetType[this.rrsetCount] = type;
    this.rrsetOwner[this.rrsetCount] = owner;
    this.rrsetRecordFirst[this.rrsetCount] = this.recordCount;
    this.rrsetCount++;
  }

  addRecord(record: number, ttl: number): void {
    this.source[this.recordCount] = record;
    this.recordTtl[this.recordCount] = ttl;
    this.recordCount++;
  }

  /** The record of the RRset under way that is the same as `record`, or -1. */
  findDuplicate(record: number, type: number): number {
    const { rdata, length, arena } = this.records;
    for (let i = this.rrsetRecordFirst[this.rrsetCount - 1]!; i < this.recordCount; i++) {
      const other = this.source[i]!;
      if (sameRdata(type, arena, rdata[record]!, length[record]!, rdata[other]!, length[other]!)) {
        return other;
      }
    }
    return -1;
  }

  finish(names: NameTable, apex: OwnerId, apexLabels: number, parents: Int32Array): Zone {
    const { records, recordCount, rrsetCount, source } = this;
    this.rrsetRecordFirst[rrsetCount] = recordCount;
    const recordRdata = new Int32Array(recordCount);
    const recordLength = new Uint16Array(recordCount);
    const recordFile = new Uint16Array(recordCount);
    const recordPosition = new Uint32Array(recordCount);
    for (let i = 0; i < recordCount; i++) {
      const record = source[i]!;
      recordRdata[i] = records.rdata[record]!;
      recordLength[i] = records.length[record]!;
      recordFile[i] = records.file[record]!;
      recordPosition[i] = records.position[record]!;
    }
    return {
      names,
      apex,
      apexLabels,
      parents,
      ownerRrsetFirst: this.ownerRrsetFirst,
      rrsetCount,
      rrsetType: this.rrsetType,
      rrsetOwner: this.rrsetOwner,
      rrsetRecordFirst: this.rrsetRecordFirst,
      recordCount,
      recordTtl: this.recordTtl,
      recordRdata,
      recordLength,
      recordFile,
      recordPosition,
      rdata: records.arena,
    };
  }
}
