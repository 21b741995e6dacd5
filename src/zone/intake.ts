/**
 * Takes in the records of one zone, in any order, in columns. Fits a parser's record sink by shape.
 * Must not know: text formats, RRsets, which names are in the zone.
 */
import { type ColumnMemory, ownMemory } from '../base/columns.js';
import { TYPE_SOA } from '../wire/constants.js';
import { equalNames, NameView, parseName } from '../wire/name.js';
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

/** Owner names that are settled at once: some hundred kilobytes that stay in the processor's cache. */
const UNSETTLED_MAX = 1024;

/** One for all intakes of a thread: no call keeps it. */
const scratch = new NameView();

/** Records of a zone that have been taken in. */
export type TakenRecords = Pick<Intake, 'names' | 'records' | 'firstSoa'>;

export class Intake {
  /** The first SOA record, or -1. */
  firstSoa = -1;
  private table: NameTable;
  private columns: RecordColumns;
  private owner: OwnerId = -1;
  /** Owner names whose numbers may change, and the first of their records. */
  private unsettled = 0;
  private unsettledFrom = 0;

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
    this.table = new NameTable(expected >>> 1, memory);
    this.columns = new RecordColumns(expected, octets, memory);
  }

  get names(): NameTable {
    this.settle();
    return this.table;
  }

  get records(): RecordColumns {
    this.settle();
    return this.columns;
  }

  /** Starts with a zone. Forgets the former one, and memory that was needed for more records than a few. */
  begin(apex: Uint8Array): void {
    if (this.columns.count > INTAKE_RECORDS_MAX) {
      this.table = new NameTable(INTAKE_RECORDS >>> 1, this.memory);
      this.columns = new RecordColumns(INTAKE_RECORDS, undefined, this.memory);
    }
    this.table.clear();
    this.columns.clear();
    this.firstSoa = -1;
    this.owner = -1;
    this.unsettled = 0;
    this.unsettledFrom = 0;
    parseName(scratch, apex, 0, apex.length);
    this.table.add(scratch, 0);
  }

  // === hot path

  /** Takes one record; the input's buffers stay the caller's. */
  record(record: IntakeRecord): void {
    if (!record.ownerRepeated && !this.isLastOwner(record.owner, record.ownerLength)) {
      if (this.unsettled === UNSETTLED_MAX) this.settle();
      parseName(scratch, record.owner, 0, record.ownerLength);
      this.owner = this.table.append(scratch, 0);
      this.unsettled++;
    }
    if (record.type === TYPE_SOA && this.firstSoa < 0) this.firstSoa = this.columns.count;
    this.columns.append(this.owner, record);
  }

  /** Nearly all that are not said to be repeated differ in their first octets. */
  private isLastOwner(name: Uint8Array, length: number): boolean {
    const { table, owner } = this;
    if (owner < 0 || table.lengths[owner] !== length) return false;
    return equalNames(name, 0, table.octets, table.offsets[owner]!, length);
  }

  /** Names that came before, of other records, get the numbers that they had. */
  private settle(): void {
    if (this.unsettled === 0) return;
    const { table, columns } = this;
    const first = table.count - this.unsettled;
    const numbers = table.settle();
    if (numbers !== null) {
      const { owner, count } = columns;
      for (let i = this.unsettledFrom; i < count; i++) {
        if (owner[i]! >= first) owner[i] = numbers[owner[i]! - first]!;
      }
      if (this.owner >= first) this.owner = numbers[this.owner - first]!;
    }
    this.unsettled = 0;
    this.unsettledFrom = columns.count;
  }

  // === end of hot path
}
