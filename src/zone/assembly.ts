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
  recordCount = 0;
  private readonly records: RecordColumns;
  private readonly rrsetType: Uint16Array;
  private readonly rrsetOwner: Int32Array;
  private readonly rrsetRecordFirst: Int32Array;
  private readonly recordTtl: Int32Array;
  private readonly recordRdata: Int32Array;
  private readonly recordLength: Uint16Array;
  readonly recordFile: Uint16Array;
  readonly recordPosition: Uint32Array;

  constructor(records: RecordColumns, recordMax: number, ownerCount: number) {
    this.records = records;
    this.ownerRrsetFirst = new Int32Array(ownerCount + 1);
    this.rrsetType = new Uint16Array(recordMax);
    this.rrsetOwner = new Int32Array(recordMax);
    this.rrsetRecordFirst = new Int32Array(recordMax + 1);
    this.recordTtl = new Int32Array(recordMax);
    this.recordRdata = new Int32Array(recordMax);
    this.recordLength = new Uint16Array(recordMax);
    this.recordFile = new Uint16Array(recordMax);
    this.recordPosition = new Uint32Array(recordMax);
  }

  beginRrset(type: number, owner: OwnerId): void {
    this.rrsetType[this.rrsetCount] = type;
    this.rrsetOwner[this.rrsetCount] = owner;
    this.rrsetRecordFirst[this.rrsetCount] = this.recordCount;
    this.rrsetCount++;
  }

  addRecord(record: number, ttl: number): void {
    const { records } = this;
    const at = this.recordCount++;
    this.recordTtl[at] = ttl;
    this.recordRdata[at] = records.rdata[record]!;
    this.recordLength[at] = records.length[record]!;
    this.recordPosition[at] = records.position[record]!;
    const file = records.file[record]!;
    // most zones are one file: memory that is not written costs nothing
    if (file !== 0) this.recordFile[at] = file;
  }

  /** The record added to the RRset under way that is the same as one that is to come, or -1. */
  findDuplicate(record: number, type: number): number {
    const { recordRdata, recordLength } = this;
    const { rdata, length, arena } = this.records;
    const from = rdata[record]!;
    const octets = length[record]!;
    for (let i = this.rrsetRecordFirst[this.rrsetCount - 1]!; i < this.recordCount; i++) {
      if (sameRdata(type, arena, from, octets, recordRdata[i]!, recordLength[i]!)) return i;
    }
    return -1;
  }

  finish(names: NameTable, apex: OwnerId, apexLabels: number, parents: Int32Array): Zone {
    const { records, recordCount, rrsetCount } = this;
    this.rrsetRecordFirst[rrsetCount] = recordCount;
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
      recordRdata: this.recordRdata,
      recordLength: this.recordLength,
      recordFile: this.recordFile,
      recordPosition: this.recordPosition,
      rdata: records.arena,
    };
  }
}
