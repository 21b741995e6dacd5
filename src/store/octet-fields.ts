/**
 * Fields of the store's larger values: numbers in network order, texts behind their lengths, stamps of files.
 * Must not know: what they mean.
 *
 *     octets   length 2, octets            text    length 4, text
 *     stamp    inode, size, mtime, ctime, 8 each (float); NaN of a file that could not be read
 */
import type { FileStamp } from '../base/source.js';

/** Grows as needed; one for all writers. */
let scratch = Buffer.alloc(1 << 16);

/** Writes into memory that all writers of a thread share: one is used after the other. */
export class OctetWriter {
  private at = 0;

  /** Leaves room for the length of what follows. @returns where, for `end` */
  begin(): number {
    this.u32(0);
    return this.at;
  }

  end(start: number): void {
    scratch.writeUInt32BE(this.at - start, start - 4);
  }

  u8(value: number): void {
    this.at = this.room(1).writeUInt8(value, this.at);
  }

  u16(value: number): void {
    this.at = this.room(2).writeUInt16BE(value, this.at);
  }

  u32(value: number): void {
    this.at = this.room(4).writeUInt32BE(value, this.at);
  }

  float(value: number): void {
    this.at = this.room(8).writeDoubleBE(value, this.at);
  }

  stamp(stamp: FileStamp | null): void {
    this.float(stamp?.inode ?? Number.NaN);
    this.float(stamp?.size ?? Number.NaN);
    this.float(stamp?.mtimeMs ?? Number.NaN);
    this.float(stamp?.ctimeMs ?? Number.NaN);
  }

  octets(octets: Uint8Array): void {
    this.u16(octets.length);
    this.room(octets.length).set(octets, this.at);
    this.at += octets.length;
  }

  text(text: string, encoding: 'utf8' | 'latin1'): void {
    const length = Buffer.byteLength(text, encoding);
    this.u32(length);
    this.raw(text, length, encoding);
  }

  private raw(text: string, length: number, encoding: 'utf8' | 'latin1'): void {
    this.at += this.room(length).write(text, this.at, encoding);
  }

  taken(): Uint8Array {
    return new Uint8Array(scratch.subarray(0, this.at));
  }

  private room(octets: number): Buffer {
    if (this.at + octets > scratch.length) {
      scratch = Buffer.concat([scratch], Math.max(scratch.length * 2, this.at + octets));
    }
    return scratch;
  }
}

/** Reads what a writer wrote, from `at` on. */
export class OctetReader {
  private readonly buffer: Buffer;
  private at: number;

  constructor(buffer: Buffer, at: number) {
    this.buffer = buffer;
    this.at = at;
  }

  u32(): number {
    this.at += 4;
    return this.buffer.readUInt32BE(this.at - 4);
  }

  text(encoding: 'utf8' | 'latin1'): string {
    const length = this.u32();
    this.at += length;
    return this.buffer.toString(encoding, this.at - length, this.at);
  }

  stamp(): FileStamp | null {
    const { buffer, at } = this;
    this.at += 32;
    const size = buffer.readDoubleBE(at + 8);
    if (Number.isNaN(size)) return null;
    const mtimeMs = buffer.readDoubleBE(at + 16);
    return { inode: buffer.readDoubleBE(at), size, mtimeMs, ctimeMs: buffer.readDoubleBE(at + 24) };
  }
}
