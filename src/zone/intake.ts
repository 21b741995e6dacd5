/**
 * Takes in the records of one zone, in any order, in columns. Fits a parser's record sink by shape.
 * Must not know: text formats, RRsets, which names are in the zone.
 */
import { type ColumnMemory, ownMemory } from '../base/columns.js';
import { TYPE_SOA } from '../wire/constants.js';
import { NameView, parseName } from '../wire/name.js';
import { NameTable, type OwnerId } from './name-table.js';
import { RecordColumns, type RecordInput } from './record-columns.js';

export type IntakeRecord = RecordInput & {
  readonly owner: Uint8Array;
  readonly ownerLength: number;
  /** Whether the owner is that of the record before. */
  readonly ownerRepeated: boolean;
};

/** Records that an intake has room for at first, and those that it keeps its memory for. */
const INTAKE_RECORDS = 64;
export const INTAKE_RECORDS_MAX = 1024;

/** One for all intakes of a thread: no call keeps it. */
const scratch = new NameView();

/** Records of a zone that have been taken in. */
export type TakenRecords = Pick<Intake, 'names' | 'records' | 'firstSoa'>;

export class Intake {
  names: NameTable;
  records: RecordColumns;
  /** The first SOA record, or -1. */
  firstSoa = -1;
  private owner: OwnerId = -1;

  private readonly memory: ColumnMemory;

  /**
   * @param expected records that are likely to come, and `octets` of their RDATA
   * @param memory of the columns
   */
  constructor(
    expected: number = INTAKE_RECORDS,
    octets?: number,
    memory: ColumnMemory = ownMemory,
  ) {
    this.memory = memory;
    this.names = new NameTable(expected >>> 1, memory);
    this.records = new RecordColumns(expected, octets, memory);
  }

  /** Starts with a zone. Forgets the former one, and memory that was needed for more records than a few. */
  begin(apex: Uint8Array): void {
    if (this.records.count > INTAKE_RECORDS_MAX) {
      this.names = new NameTable(INTAKE_RECORDS >>> 1, this.memory);
      this.records = new RecordColumns(INTAKE_RECORDS, undefined, this.memory);
    }
    this.names.clear();
    this.records.clear();
    this.firstSoa = -1;
    parseName(scratch, apex, 0, apex.length);
    this.names.add(scratch, 0);
  }

  // === hot path

  /** Takes one record; the input's buffers stay the caller's. */
  record(record: IntakeRecord): void {
    if (!record.ownerRepeated) {
      parseName(scratch, record.owner, 0, record.ownerLength);
      this.owner = this.names.add(scratch, 0);
    }
    if (record.type === TYPE_SOA && this.firstSoa < 0) this.firstSoa = this.records.count;
    this.records.append(this.owner, record);
  }

  // === end of hot path
}
