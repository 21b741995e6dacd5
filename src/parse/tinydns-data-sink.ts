/**
 * Records and client locations as lines of tinydns `data`, one for each, in the one form that says all: absolute
 * names, TTL, time and location written out. Every type that djb's format has a line for gets that line, all others
 * the generic one (`:`), so that tinydns-data of every dialect but djbdnscurve6's reads it; prefixes of clients that
 * are not whole octets of IPv4 have no line but our own. Must not know: how text is read, cdb, zones, files.
 */
import { grown } from '../base/columns.js';
import { LABEL_OCTETS_MAX, NAME_OCTETS_MAX, TINYDNS_STRING_OCTETS } from '../base/limits.js';
import { ip4Text, ip6Text } from '../wire/address-text.js';
import {
  TYPE_A,
  TYPE_AXFR,
  TYPE_CNAME,
  TYPE_MX,
  TYPE_NS,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_TXT,
} from '../wire/constants.js';
import { readU16, readU32 } from '../wire/octets.js';
import type { Refuse, TinydnsRecord, TinydnsSink } from './tinydns-sink.js';

/** Writes the fields between owner and TTL, each after its colon; false if the line cannot give this RDATA. */
type FieldWriter = (line: LineText, rdata: Uint8Array, length: number) => boolean;

type LineRow = { readonly letter: string; readonly write: FieldWriter };

/** Types that have a line of their own. */
const LINE_OF_TYPE: ReadonlyMap<number, LineRow> = new Map([
  [TYPE_A, { letter: '+', write: writeAddress }],
  [TYPE_NS, { letter: '&', write: writeServer }],
  [TYPE_CNAME, { letter: 'C', write: writeName }],
  [TYPE_SOA, { letter: 'Z', write: writeSoa }],
  [TYPE_PTR, { letter: '^', write: writeName }],
  [TYPE_MX, { letter: '@', write: writeExchange }],
  [TYPE_TXT, { letter: "'", write: writeText }],
]);

/** Types that tinydns-data refuses in a generic line. */
const PROHIBITED: readonly number[] = [
  0,
  TYPE_NS,
  TYPE_CNAME,
  TYPE_SOA,
  TYPE_PTR,
  TYPE_MX,
  TYPE_AXFR,
];

/** Octets of text for one octet of a name or of RDATA, at most: `\ooo`. */
const ESCAPE_OCTETS = 4;
/** Octets of all else of a line, at most: letter, colons, five numbers of an SOA, TTL, time, location. */
const LINE_REST_OCTETS = 256;
const TIME_WORD_DIGITS = 8;

const IP4_OCTETS = 4;

const NEWLINE = 0x0a;
const SPACE = 0x20;
const DOT = 0x2e;
const COLON = 0x3a;
const ASTERISK = 0x2a;
const BACKSLASH = 0x5c;
const TILDE = 0x7e;

/** Octets that need no escape; those for names are fewer. */
const PLAIN_IN_TEXT: Uint8Array = new Uint8Array(256).fill(1, SPACE, TILDE + 1);
PLAIN_IN_TEXT[COLON] = 0;
PLAIN_IN_TEXT[BACKSLASH] = 0;
const PLAIN_IN_NAME: Uint8Array = PLAIN_IN_TEXT.slice();
PLAIN_IN_NAME[SPACE] = 0;
PLAIN_IN_NAME[DOT] = 0;

/** Takes records and gives text that compiles to them, in their order. */
export class TinydnsDataSink implements TinydnsSink {
  recordCount = 0;
  locationCount = 0;
  private readonly line = new LineText();
  private readonly refuse: Refuse;

  /** @param refuse hears of what no line can hold */
  constructor(refuse: Refuse) {
    this.refuse = refuse;
  }

  record(view: TinydnsRecord): void {
    const { line } = this;
    const start = line.begin(ESCAPE_OCTETS * (view.ownerLength + view.rdataLength));
    const fault = writeRecord(line, view);
    if (fault === null) {
      line.put(NEWLINE);
      this.recordCount++;
    } else {
      line.size = start;
      this.refuse(view.file, view.offset, fault);
    }
  }

  location(
    location: number,
    address: Uint8Array,
    bits: number,
    file: number,
    offset: number,
  ): void {
    const { line } = this;
    const prefix = prefixText(address, bits);
    const start = line.begin(prefix.length);
    line.text('%');
    if (writeLocation(line, Math.max(location, 0))) {
      line.text(`:${prefix}\n`);
      this.locationCount++;
    } else {
      line.size = start;
      this.refuse(file, offset, `${locationFault(location)} of the prefix '${prefix}'`);
    }
  }

  /** The lines so far. */
  finish(): Uint8Array {
    return this.line.octets.subarray(0, this.line.size);
  }
}

/** Text that grows: `begin` makes room for a line, the rest writes without looking. */
class LineText {
  octets = new Uint8Array(1 << 16);
  size = 0;

  /** @param variable octets that names and RDATA may take. @returns where the line starts */
  begin(variable: number): number {
    const needed = this.size + variable + LINE_REST_OCTETS;
    if (needed > this.octets.length) this.octets = grown(this.octets, new Uint8Array(needed * 2));
    return this.size;
  }

  put(octet: number): void {
    this.octets[this.size++] = octet;
  }

  text(ascii: string): void {
    for (let i = 0; i < ascii.length; i++) this.put(ascii.charCodeAt(i));
  }

  /** A field that is a number. */
  number(value: number): void {
    this.put(COLON);
    this.text(String(value));
  }

  /** @param plain what is written as it is */
  escaped(octets: Uint8Array, start: number, stop: number, plain: Uint8Array): void {
    for (let i = start; i < stop; i++) {
      const octet = octets[i]!;
      if (plain[octet] !== 0) this.put(octet);
      else this.escape(octet);
    }
  }

  private escape(octet: number): void {
    this.put(BACKSLASH);
    this.put(0x30 + (octet >>> 6));
    this.put(0x30 + ((octet >>> 3) & 7));
    this.put(0x30 + (octet & 7));
  }

  /** An absolute name without its final dot. @returns the offset after it, or -1 if there is none before `end` */
  name(octets: Uint8Array, at: number, end: number): number {
    let labelAt = at;
    while (labelAt < end && octets[labelAt] !== 0) {
      const stop = labelAt + 1 + octets[labelAt]!;
      if (octets[labelAt]! > LABEL_OCTETS_MAX || stop - at >= NAME_OCTETS_MAX) return -1;
      if (labelAt !== at) this.put(DOT);
      this.escaped(octets, labelAt + 1, Math.min(stop, end), PLAIN_IN_NAME);
      labelAt = stop;
    }
    if (labelAt === at) this.put(DOT);
    return labelAt < end ? labelAt + 1 : -1;
  }
}

/** @returns null, or why no line stands for the record */
function writeRecord(line: LineText, view: TinydnsRecord): string | null {
  const { type, owner, rdata, rdataLength } = view;
  const isLiteral = owner[0] === 1 && owner[1] === ASTERISK;
  if (isLiteral && !view.isWildcard) return 'an owner name that begins with * is a wildcard';
  const own = LINE_OF_TYPE.get(type);
  const start = line.size;
  line.text(own?.letter ?? ':');
  writeOwner(line, view);
  if (own === undefined || !own.write(line, rdata, rdataLength)) {
    if (PROHIBITED.includes(type)) return `no line gives type ${type} with this RDATA`;
    line.size = start;
    line.put(COLON);
    writeOwner(line, view);
    line.number(type);
    line.put(COLON);
    line.escaped(rdata, 0, rdataLength, PLAIN_IN_TEXT);
  }
  line.number(view.ttl);
  return writeTail(line, view);
}

function writeOwner(line: LineText, { owner, ownerLength, isWildcard }: TinydnsRecord): void {
  if (isWildcard) line.text('*.');
  if (!isWildcard || ownerLength > 1) line.name(owner, 0, ownerLength);
}

/** Time and location, as far as there are any. */
function writeTail(line: LineText, { timeHigh, timeLow, location }: TinydnsRecord): string | null {
  const isTimed = timeHigh !== 0 || timeLow !== 0;
  if (!isTimed && location <= 0) return null;
  line.put(COLON);
  if (isTimed) line.text(hexWord(timeHigh) + hexWord(timeLow));
  if (location <= 0) return null;
  line.put(COLON);
  return writeLocation(line, location) ? null : locationFault(location);
}

function hexWord(word: number): string {
  return word.toString(16).padStart(TIME_WORD_DIGITS, '0');
}

/** Writes one or two octets, which have no escapes; false if they would not be read back. */
function writeLocation(line: LineText, location: number): boolean {
  const first = location >>> 8;
  const second = location & 0xff;
  if (location === 0) return true;
  if (!isLocationOctet(first) || (second !== 0 && !isLocationOctet(second))) return false;
  line.put(first);
  if (second !== 0) line.put(second);
  return true;
}

/** Blanks are cut at the end of a line. */
function isLocationOctet(octet: number): boolean {
  return octet > SPACE && octet !== COLON;
}

/** Whole octets of IPv4 as djb has them, else the address and its number of bits. */
function prefixText(address: Uint8Array, bits: number): string {
  if (address.length === IP4_OCTETS && bits % 8 === 0)
    return address.subarray(0, bits / 8).join('.');
  return `${address.length === IP4_OCTETS ? ip4Text(address) : ip6Text(address)}/${bits}`;
}

function locationFault(location: number): string {
  return `the location 0x${location.toString(16).padStart(4, '0')} has octets that a line cannot hold`;
}

// --- RDATA ------------------------------------------------------------------------------------------------

function writeAddress(line: LineText, rdata: Uint8Array, length: number): boolean {
  if (length !== IP4_OCTETS) return false;
  line.text(`:${rdata[0]}.${rdata[1]}.${rdata[2]}.${rdata[3]}`);
  return true;
}

function writeName(line: LineText, rdata: Uint8Array, length: number): boolean {
  line.put(COLON);
  return line.name(rdata, 0, length) === length;
}

/** No address; a name without any dot would get one from the owner name. */
function writeServer(line: LineText, rdata: Uint8Array, length: number): boolean {
  line.text('::');
  return writeServerName(line, rdata, 0, length);
}

function writeExchange(line: LineText, rdata: Uint8Array, length: number): boolean {
  line.text('::');
  if (length < 3 || !writeServerName(line, rdata, 2, length)) return false;
  line.number(readU16(rdata, 0));
  return true;
}

function writeServerName(line: LineText, rdata: Uint8Array, at: number, length: number): boolean {
  const isWhole = line.name(rdata, at, length) === length;
  const isSingleLabel = isWhole && rdata[at] !== 0 && rdata[at + 1 + rdata[at]!] === 0;
  if (isSingleLabel) line.put(DOT);
  return isWhole;
}

/** RFC 1035 §3.3.13: two names, the serial and four periods. */
function writeSoa(line: LineText, rdata: Uint8Array, length: number): boolean {
  line.put(COLON);
  const mailboxAt = line.name(rdata, 0, length);
  line.put(COLON);
  if (mailboxAt < 0) return false;
  const numbersAt = line.name(rdata, mailboxAt, length);
  if (numbersAt !== length - 20) return false;
  for (let at = numbersAt; at < length; at += 4) line.number(readU32(rdata, at));
  return true;
}

/** Text cut into strings as tinydns-data cuts it. */
function writeText(line: LineText, rdata: Uint8Array, length: number): boolean {
  line.put(COLON);
  for (let at = 0; at < length; ) {
    const size = rdata[at]!;
    const stop = at + 1 + size;
    if (stop > length || size === 0 || size > TINYDNS_STRING_OCTETS) return false;
    if (size < TINYDNS_STRING_OCTETS && stop < length) return false;
    line.escaped(rdata, at + 1, stop, PLAIN_IN_TEXT);
    at = stop;
  }
  return length > 0;
}
