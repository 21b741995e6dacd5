/**
 * Records as lines of a master file for servers (RFC 1035 §5.1), made as fast as a million records want it: owner names
 * relative to the apex and left out where they repeat, every TTL in its record. The text is kept whole, or handed on in
 * pieces, so that it may be longer than memory. Must not know: where records come from, files, seals.
 */
import { nameLength } from '../wire/name.js';
import { nameText, writeLabelsText } from '../wire/name-text.js';
import { copyOctets } from '../wire/octets.js';
import { rdataText } from '../wire/rdata-text.js';
import { FIELD_IP4, FIELD_NAME, typeByCode, typeText } from '../wire/rrtypes.js';

/** Room for the text of one name or address. */
export const NAME_ROOM_OCTETS = 1024;

const NEWLINE = 0x0a;
const DOT = 0x2e;
const AT_SIGN = 0x40;
const DIGIT_0 = 0x30;

// How RDATA of a type becomes text.
const AS_STRING = 0;
const AS_NAME = 1;
const AS_IP4 = 2;

/** What stands between owner and RDATA, for records of a type. */
type Head = {
  readonly ttl: number;
  /** ` TTL IN TYPE `. */
  readonly octets: Uint8Array;
  /** One of AS_…. */
  readonly form: number;
};

/** Takes a piece of text, whose octets are used again afterwards. */
export type TextTaker = (octets: Uint8Array) => void;

export class RecordText {
  private readonly apexLength: number;
  private readonly octetsMax: number;
  private readonly taker: TextTaker | null;
  /** By type: of the last record of that type, whose TTL is likely to be that of the next. */
  private readonly heads: (Head | undefined)[] = [];
  private octets: Buffer;
  private position = 0;
  /** Octets handed on. */
  private taken = 0;

  /**
   * Begins with the origin.
   * @param apex uncompressed
   * @param room octets of text that there is room for at first, or of a piece
   * @param octetsMax of the text; what makes it longer throws a RangeError
   * @param taker of pieces; without one the text is kept whole
   */
  constructor(apex: Uint8Array, room: number, octetsMax: number, taker: TextTaker | null = null) {
    this.apexLength = apex.length;
    this.octetsMax = octetsMax;
    this.taker = taker;
    this.octets = Buffer.allocUnsafeSlow(Math.min(room + NAME_ROOM_OCTETS, octetsMax));
    this.writeString(`$ORIGIN ${nameText(apex, 0)}\n`);
  }

  /** What has been made and not handed on. */
  text(): Uint8Array {
    return this.octets.subarray(0, this.position);
  }

  /** Hands on what has been made. */
  flush(): void {
    this.taker?.(this.text());
    this.taken += this.position;
    this.position = 0;
  }

  // === hot path

  /** Writes the owner of the next record; without it, the record has that of the one before. */
  writeOwner(octets: Uint8Array, offset: number, length: number): void {
    this.reserve(NAME_ROOM_OCTETS);
    if (length === this.apexLength) {
      this.octets[this.position++] = AT_SIGN;
      return;
    }
    const stop = offset + length - this.apexLength;
    // without the last dot
    this.position = writeLabelsText(octets, offset, stop, this.octets, this.position) - 1;
  }

  /** Writes the rest of a record, whose RDATA is uncompressed. */
  writeRecord(type: number, ttl: number, rdata: Uint8Array, offset: number, length: number): void {
    const known = this.heads[type];
    const head = known !== undefined && known.ttl === ttl ? known : this.makeHead(type, ttl);
    this.reserve(NAME_ROOM_OCTETS + head.octets.length);
    copyOctets(head.octets, 0, this.octets, this.position, head.octets.length);
    this.position += head.octets.length;
    if (head.form === AS_NAME) {
      if (rdata[offset]! === 0) this.octets[this.position++] = DOT;
      const stop = offset + nameLength(rdata, offset) - 1;
      this.position = writeLabelsText(rdata, offset, stop, this.octets, this.position);
    } else if (head.form === AS_IP4) {
      this.writeAddress(rdata, offset);
    } else {
      this.writeString(rdataText(type, rdata, offset, length));
    }
    this.octets[this.position++] = NEWLINE;
  }

  private writeAddress(rdata: Uint8Array, offset: number): void {
    const { octets } = this;
    let to = this.position;
    for (let i = 0; i < 4; i++) {
      if (i > 0) octets[to++] = DOT;
      const value = rdata[offset + i]!;
      if (value > 99) octets[to++] = DIGIT_0 + ((value / 100) | 0);
      if (value > 9) octets[to++] = DIGIT_0 + (((value / 10) | 0) % 10);
      octets[to++] = DIGIT_0 + (value % 10);
    }
    this.position = to;
  }

  private reserve(octets: number): void {
    if (this.position + octets > this.octets.length) this.makeRoom(octets);
  }

  // === end of hot path

  private makeHead(type: number, ttl: number): Head {
    const octets = Buffer.from(` ${ttl} IN ${typeText(type)} `, 'latin1');
    const head = { ttl, octets, form: formOf(type) };
    this.heads[type] = head;
    return head;
  }

  /** Text of printable ASCII. Room for a name and a line end is left behind it. */
  private writeString(text: string): void {
    this.reserve(text.length + NAME_ROOM_OCTETS);
    this.position += this.octets.write(text, this.position, 'latin1');
  }

  private makeRoom(octets: number): void {
    if (this.taken + this.position + octets > this.octetsMax)
      throw new RangeError('its text would be too large to be read again');
    if (this.taker !== null) this.flush();
    const needed = this.position + octets;
    if (needed <= this.octets.length) return;
    const larger = Buffer.allocUnsafeSlow(
      Math.min(Math.max(needed, 2 * this.octets.length), this.octetsMax),
    );
    larger.set(this.text());
    this.octets = larger;
  }
}

function formOf(type: number): number {
  const fields = typeByCode(type)?.fields ?? [];
  if (fields.length !== 1) return AS_STRING;
  if (fields[0] === FIELD_NAME) return AS_NAME;
  return fields[0] === FIELD_IP4 ? AS_IP4 : AS_STRING;
}
