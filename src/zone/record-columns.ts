/**
 * Records as they come, in columns that grow: the builder's intake. Must not know: zones, duplicates, order.
 */

import { type ColumnMemory, grown, ownMemory } from '../base/columns.js';
import { copyByWords, viewOfOctets } from '../wire/octets.js';
import type { OwnerId } from './name-table.js';

/** What `append` takes of a record; parsers' views fit by shape. */
export type RecordInput = {
  readonly type: number;
  readonly ttl: number;
  readonly rdata: Uint8Array;
  readonly rdataLength: number;
  readonly file: number;
  readonly offset: number;
};

export class RecordColumns {
  count = 0;
  owner: Int32Array;
  type: Uint16Array;
  ttl: Int32Array;
  rdata: Int32Array;
  length: Uint16Array;
  file: Uint16Array;
  position: Uint32Array;
  /** RDATA of all records. */
  arena: Uint8Array;
  /** Octets of the arena in use. */
  size = 0;
  private arenaView: DataView;
  private readonly memory: ColumnMemory;
  /** The records' own buffer, nearly always the same one. */
  private source: Uint8Array = new Uint8Array(0);
  private sourceView: DataView = viewOfOctets(this.source);

  /** @param octets of RDATA that are likely to come: memory that is not written costs nothing */
  constructor(expected: number, octets: number = expected * 20, memory: ColumnMemory = ownMemory) {
    const capacity = Math.max(8, expected);
    this.memory = memory;
    this.owner = new Int32Array(memory(4 * capacity));
    this.type = new Uint16Array(memory(2 * capacity));
    this.ttl = new Int32Array(memory(4 * capacity));
    this.rdata = new Int32Array(memory(4 * capacity));
    this.length = new Uint16Array(memory(2 * capacity));
    this.file = new Uint16Array(memory(2 * capacity));
    this.position = new Uint32Array(memory(4 * capacity));
    this.arena = new Uint8Array(memory(octets));
    this.arenaView = viewOfOctets(this.arena);
  }

  /** Forgets all records; the memory is used again. */
  clear(): void {
    this.count = 0;
    this.size = 0;
  }

  // === hot path

  append(owner: OwnerId, record: RecordInput): void {
    const at = this.count;
    if (at === this.owner.length) this.growColumns();
    const length = record.rdataLength;
    if (this.size + length > this.arena.length) this.growArena(length);
    this.owner[at] = owner;
    this.type[at] = record.type;
    this.ttl[at] = record.ttl;
    this.rdata[at] = this.size;
    this.length[at] = length;
    if (record.file !== this.file[at]) this.file[at] = record.file;
    this.position[at] = record.offset;
    if (record.rdata !== this.source) this.readFrom(record.rdata);
    copyByWords(this.sourceView, 0, this.arenaView, this.size, length);
    this.size += length;
    this.count = at + 1;
  }

  // === end of hot path

  private readFrom(source: Uint8Array): void {
    this.source = source;
    this.sourceView = viewOfOctets(source);
  }

  private growColumns(): void {
    const { memory } = this;
    const capacity = this.owner.length * 2;
    this.owner = grown(this.owner, new Int32Array(memory(4 * capacity)));
    this.type = grown(this.type, new Uint16Array(memory(2 * capacity)));
    this.ttl = grown(this.ttl, new Int32Array(memory(4 * capacity)));
    this.rdata = grown(this.rdata, new Int32Array(memory(4 * capacity)));
    this.length = grown(this.length, new Uint16Array(memory(2 * capacity)));
    this.file = grown(this.file, new Uint16Array(memory(2 * capacity)));
    this.position = grown(this.position, new Uint32Array(memory(4 * capacity)));
  }

  private growArena(needed: number): void {
    const capacity = Math.max(this.arena.length * 2, this.size + needed);
    this.arena = grown(this.arena, new Uint8Array(this.memory(capacity)));
    this.arenaView = viewOfOctets(this.arena);
  }
}
