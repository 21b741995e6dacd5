/**
 * A number for all that a zone of a tinydns data file is made of, to see whether a new version of the file has changed
 * it: 96 bits, not made to withstand who owns the file. Must not know: zones, files.
 */
import { viewOfOctets } from '../wire/octets.js';
import type { ConditionalRecords } from './conditional-records.js';

const SEED_A = 0x811c9dc5 | 0;
const SEED_B = 0x9e3779b9 | 0;
const SEED_C = 0x85ebca6b | 0;

const NO_VIEW = new DataView(new ArrayBuffer(0));

export class DataHash {
  private a = 0;
  private b = 0;
  private c = 0;
  private arena: DataView = NO_VIEW;
  private names: DataView = NO_VIEW;
  /** For times, which may be no number. */
  private readonly time = new DataView(new ArrayBuffer(8));

  begin(): void {
    this.a = SEED_A;
    this.b = SEED_B;
    this.c = SEED_C;
  }

  // === hot path

  /** Adds one record: its owner, data and conditions, not where it stands. */
  add(data: ConditionalRecords, record: number): void {
    const { records, names } = data;
    if (this.arena.buffer !== records.arena.buffer) this.arena = viewOfOctets(records.arena);
    if (this.names.buffer !== names.octets.buffer) this.names = viewOfOctets(names.octets);
    const owner = records.owner[record]!;
    const length = records.length[record]!;
    this.addWord((records.type[record]! << 16) | length);
    this.addWord(records.ttl[record]!);
    this.addOctets(this.names, names.offsets[owner]!, names.lengths[owner]!);
    this.addOctets(this.arena, records.rdata[record]!, length);
    if (!data.hasConditions) return;
    this.time.setFloat64(0, data.time[record]!);
    this.addWord(data.location[record]!);
    this.addWord(this.time.getInt32(0));
    this.addWord(this.time.getInt32(4));
  }

  addWord(word: number): void {
    this.a = Math.imul(this.a ^ word, 0x01000193);
    this.b = Math.imul(this.b + word, 0xcc9e2d51) ^ (this.b >>> 15);
    this.c = Math.imul((this.c ^ word) + (this.a >>> 7), 0x1b873593);
  }

  private addOctets(from: DataView, offset: number, length: number): void {
    const end = offset + length;
    let at = offset;
    for (; at + 4 <= end; at += 4) this.addWord(from.getInt32(at));
    let rest = length;
    for (; at < end; at++) rest = (rest << 8) | from.getUint8(at);
    this.addWord(rest);
  }

  // === end of hot path

  /** Adds a print, or another text of one octet a character. */
  addText(text: string): void {
    for (let i = 0; i < text.length; i++) this.addWord(text.charCodeAt(i));
  }

  /** The number, one octet in each character. */
  text(): string {
    const { time } = this;
    time.setInt32(0, this.a);
    time.setInt32(4, this.b);
    const first = Buffer.from(time.buffer).toString('latin1');
    time.setInt32(0, this.c);
    return first + Buffer.from(time.buffer, 0, 4).toString('latin1');
  }
}
