/**
 * One line of tinydns `data`: its fields, and what each kind of field means by djb's rules. What djb's compiler takes
 * without a word is a problem here, with its place. Must not know: which lines have which fields, records.
 */
import { TINYDNS_FIELDS_MAX, TTL_MAX } from '../base/limits.js';
import type { ProblemList } from '../base/problem.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { placeOf, type Source } from '../base/source.js';
import { AddressScanner } from './tinydns-address.js';
import { LocationLedger } from './tinydns-locations.js';
import type { TinydnsRecord } from './tinydns-sink.js';
import {
  ESCAPE_NOT_OCTAL,
  ESCAPE_OVER_377,
  LABEL_TOO_LONG,
  NAME_FITS,
  TinydnsName,
  TinydnsText,
} from './tinydns-text.js';

export const U16_MAX = 0xffff;
export const U32_MAX = 0xffff_ffff;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const DOT = 0x2e;
const COLON = 0x3a;

/** Digits of a TAI64 label in its external form, and of each of its two words. */
const TIME_DIGITS = 16;
const WORD_DIGITS = 8;

/** Position in the text, the fields of the line at hand, and what was last read of them. */
export class TinydnsLine {
  readonly octets: Uint8Array;
  /** First octet of the line, and one past its last without the blanks at its end. */
  start = 0;
  stop = 0;
  /** Fields that the line has; those after them are empty. */
  fieldCount = 0;
  /** The names of the line: its owner, and the name that it gives the owner. */
  readonly owner = new TinydnsName();
  readonly target = new TinydnsName();
  readonly text = new TinydnsText();
  readonly address = new AddressScanner();
  /** Whether the number last read has more than 32 bits. */
  private isLong = false;
  /** Whether the line says 0 for its TTL; one of 2^32 is only stored as 0. */
  isTtlZero = false;
  /** Client locations of the whole text. */
  readonly locations = new LocationLedger();
  private readonly fieldStart: Int32Array = new Int32Array(TINYDNS_FIELDS_MAX);
  private readonly fieldStop: Int32Array = new Int32Array(TINYDNS_FIELDS_MAX);
  private readonly source: Source;
  private readonly problems: ProblemList;

  constructor(source: Source, problems: ProblemList) {
    this.octets = source.octets;
    this.source = source;
    this.problems = problems;
  }

  // === hot path

  /** Finds the fields of the line at `start`, which is not its newline. @returns the start of the next line */
  split(start: number): number {
    const octets = this.octets;
    const starts = this.fieldStart;
    const stops = this.fieldStop;
    let at = start + 1;
    let field = 0;
    starts[0] = at;
    for (let octet = octets[at]!; octet !== NEWLINE; octet = octets[++at]!) {
      if (octet !== COLON || field === TINYDNS_FIELDS_MAX - 1) continue;
      stops[field++] = at;
      starts[field] = at + 1;
    }
    let stop = at;
    while (stop > start && (octets[stop - 1] === SPACE || octets[stop - 1] === TAB)) stop--;
    stops[field] = stop;
    this.fieldCount = field + 1;
    for (let i = field + 1; i < TINYDNS_FIELDS_MAX; i++) {
      starts[i] = stop;
      stops[i] = stop;
    }
    this.start = start;
    this.stop = stop;
    if (stop > start && octets[stop - 1] === CARRIAGE_RETURN) this.reportCarriageReturn();
    return at + 1;
  }

  /** Whether nothing stands in a field. */
  isEmpty(field: number): boolean {
    return this.fieldStart[field]! === this.fieldStop[field]!;
  }

  /** Reads a name. @returns whether it is one */
  name(field: number, name: TinydnsName): boolean {
    if (this.isEmpty(field)) this.report('TINYDNS_NAME_EMPTY', field, 'no name: the root is meant');
    return this.nameOrRoot(field, name);
  }

  /** Reads a name that may well be empty. */
  nameOrRoot(field: number, name: TinydnsName): boolean {
    name.begin();
    name.feed(this.octets, this.fieldStart[field]!, this.fieldStop[field]!);
    return this.endName(field, name);
  }

  /**
   * Reads the target: a field with a dot is the name as it stands, one without is put before `tag` and the owner.
   * @param tag `.ns.` and the like
   */
  server(field: number, tag: Uint8Array): boolean {
    const octets = this.octets;
    const stop = this.fieldStop[field]!;
    const target = this.target;
    let at = this.fieldStart[field]!;
    target.begin();
    target.feed(octets, at, stop);
    while (at < stop && octets[at] !== DOT) at++;
    if (at === stop) {
      const { oddity, oddAt } = target;
      target.feed(tag, 0, tag.length);
      target.feed(octets, this.fieldStart[0]!, this.fieldStop[0]!);
      // the owner's own escapes have been told
      target.oddity = oddity;
      target.oddAt = oddAt;
    }
    return this.endName(field, target);
  }

  /** Reads a text. @returns whether it fits any RDATA */
  readText(field: number): boolean {
    const text = this.text;
    if (!text.scan(this.octets, this.fieldStart[field]!, this.fieldStop[field]!)) {
      return this.report('RDATA_LENGTH', field, 'the text is longer than RDATA can be');
    }
    if (text.oddity !== 0) this.reportEscape(field, text.oddity, text.oddAt);
    return true;
  }

  /** Reads an IPv4 address that may be left out. @returns whether there is one */
  readIp4(field: number): boolean {
    const start = this.fieldStart[field]!;
    const stop = this.fieldStop[field]!;
    if (start === stop) return false;
    const address = this.address;
    if (!address.scanIp4(this.octets, start, stop)) {
      return this.report(
        'TINYDNS_ADDRESS',
        field,
        'not an IPv4 address: no address record is made',
      );
    }
    if (address.isWrapped || address.at < stop) this.reportAddress(field);
    return true;
  }

  /** Reads an IPv6 address in 32 hexadecimal digits. @returns whether there is one */
  readIp6(field: number): boolean {
    const stop = this.fieldStop[field]!;
    const address = this.address;
    if (!address.scanIp6(this.octets, this.fieldStart[field]!, stop)) {
      const text = 'not an IPv6 address in 32 hexadecimal digits: no address record is made';
      return this.report('TINYDNS_ADDRESS', field, text);
    }
    if (address.at < stop) this.reportAddress(field);
    return true;
  }

  /** Whether a field begins with a digit, and so is a number to djb. */
  isNumber(field: number): boolean {
    const digit = this.octets[this.fieldStart[field]!]! - 0x30;
    return !this.isEmpty(field) && digit >= 0 && digit <= 9;
  }

  /** The number that a field begins with, modulo 2^32; `otherwise` if there is none. Above `max` it is told. */
  number(field: number, otherwise: number, max: number): number {
    const octets = this.octets;
    const start = this.fieldStart[field]!;
    const stop = this.fieldStop[field]!;
    this.isLong = false;
    if (start === stop) return otherwise;
    let value = 0;
    let at = start;
    for (; at < stop; at++) {
      const digit = octets[at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      // the value modulo 2^32 must stay exact
      if (value > U32_MAX) return this.longNumber(field, max);
    }
    if (at < stop) {
      if (at === start) return this.noNumber(field, otherwise);
      this.reportRest(field, at);
    }
    if (value > max) this.reportRange(field, max);
    return value;
  }

  /** Reads what most lines end in, `ttl:timestamp:lo`, from field `first` on, into the view. */
  tail(first: number, ttlDefault: number, view: TinydnsRecord): void {
    view.offset = this.start;
    view.ttl = this.number(first, ttlDefault, U32_MAX);
    this.isTtlZero = view.ttl === 0 && !this.isLong;
    if (view.ttl > TTL_MAX) {
      this.report('TTL_TOO_LARGE', first, 'a TTL above 2147483647 counts as 0');
    }
    view.timeHigh = 0;
    view.timeLow = 0;
    view.location = -1;
    if (this.fieldCount <= first + 1) return;
    if (!this.isEmpty(first + 1)) this.readTime(first + 1, view);
    if (this.isEmpty(first + 2)) return;
    const location = this.location(first + 2);
    if (location === 0) return;
    view.location = location;
    this.locations.use(location, this.fieldStart[first + 2]!);
  }

  /** The location that a field names: its first two octets, 0 for those that are missing. */
  location(field: number): number {
    const start = this.fieldStart[field]!;
    const length = this.fieldStop[field]! - start;
    if (length > 2) {
      this.report('TINYDNS_REST', field, 'a location has two octets: the rest is ignored');
    }
    const high = length > 0 ? this.octets[start]! : 0;
    const low = length > 1 ? this.octets[start + 1]! : 0;
    return (high << 8) | low;
  }

  private endName(field: number, name: TinydnsName): boolean {
    const fault = name.end();
    if (name.oddity !== 0) this.reportEscape(field, name.oddity, name.oddAt);
    if (fault === NAME_FITS) return true;
    const text =
      fault === LABEL_TOO_LONG ? 'label of more than 63 octets' : 'name of more than 255 octets';
    return this.report('NAME_TOO_LONG', field, text);
  }

  /** A TAI64 label in lower-case hexadecimal. Digits that are none or are missing count as 0. */
  private readTime(field: number, view: TinydnsRecord): void {
    const start = this.fieldStart[field]!;
    const length = this.fieldStop[field]! - start;
    let isOdd = length !== TIME_DIGITS;
    let high = 0;
    let low = 0;
    for (let i = 0; i < TIME_DIGITS; i++) {
      const octet = i < length ? this.octets[start + i]! : 0x30;
      let digit = octet - 0x30;
      if (octet >= 0x61 && octet <= 0x66) digit = octet - 0x57;
      else if (digit < 0 || digit > 9) {
        isOdd = true;
        digit = 0;
      }
      if (i < WORD_DIGITS) high = (high << 4) | digit;
      else low = (low << 4) | digit;
    }
    view.timeHigh = high >>> 0;
    view.timeLow = low >>> 0;
    if (isOdd) {
      const text =
        'not a time of 16 lower-case hexadecimal digits: what is wrong or missing counts as 0';
      this.report('TINYDNS_TIME', field, text);
    }
  }

  // === end of hot path

  /** Where a field begins and ends. */
  startOf(field: number): number {
    return this.fieldStart[field]!;
  }

  stopOf(field: number): number {
    return this.fieldStop[field]!;
  }

  /** Makes all that follows of the line one field, its colons included, without a carriage return at the end. */
  joinRest(field: number): void {
    const { octets, stop } = this;
    const hasReturn = stop > this.fieldStart[field]! && octets[stop - 1] === CARRIAGE_RETURN;
    this.fieldStop[field] = hasReturn ? stop - 1 : stop;
    this.fieldCount = field + 1;
  }

  /** Takes octets off the beginning of a field. */
  skipLeading(field: number, count: number): void {
    this.fieldStart[field]! += count;
  }

  /** Where an offset is, for problems that name two places. */
  placeText(offset: number): string {
    return `${this.source.path}:${placeOf(this.source, offset).line}`;
  }

  // --- problems -----------------------------------------------------------------------------------------------

  /** Reports a problem of a whole field. */
  report(code: ProblemCode, field: number, text: string): false {
    const start = this.fieldStart[field]!;
    return this.reportAt(code, start, this.fieldStop[field]! - start, text);
  }

  /** Reports a problem at `length` octets from `offset` on. */
  reportAt(code: ProblemCode, offset: number, length: number, text: string): false {
    const { problems, source } = this;
    if (problems.wants(code)) {
      const place = { ...placeOf(source, offset), length: Math.max(1, length) };
      problems.add(code, { file: source.path, ...place }, text);
    } else problems.skip(code);
    return false;
  }

  /** Reports what stands after the last field of a line that has `count` of them. */
  reportExtra(count: number): void {
    let at = this.fieldStart[count]!;
    while (at < this.stop && this.octets[at] === COLON) at++;
    if (this.isLineEnd(at)) return;
    const text = 'the line goes on after its last field; a colon in a text is written \\072';
    this.reportAt('TINYDNS_REST', at, this.stop - at, text);
  }

  /** Reports locations of records that no `%` line defines. */
  reportUnknownLocations(): void {
    for (const [location, offset] of this.locations.unknown()) {
      const text = 'no % line defines this location: nobody gets the record';
      this.reportAt('TINYDNS_LOCATION_UNKNOWN', offset, (location & 0xff) === 0 ? 1 : 2, text);
    }
  }

  private reportEscape(field: number, oddity: number, at: number): void {
    const text =
      oddity === ESCAPE_OVER_377
        ? 'an escape above \\377 counts modulo 256'
        : oddity === ESCAPE_NOT_OCTAL
          ? 'an escape has octal digits: 8 and 9 stand for themselves'
          : 'a backslash ends the field';
    this.reportAt('TINYDNS_ESCAPE', at, Math.min(4, this.fieldStop[field]! - at), text);
  }

  /** Reports what was odd about the address last read. */
  reportAddress(field: number): void {
    if (this.address.isWrapped) {
      this.report('TINYDNS_RANGE', field, 'an octet above 255 counts modulo 256');
    }
    if (this.address.at < this.fieldStop[field]!) this.reportRest(field, this.address.at);
  }

  /** Reports what stands in a field after its value. */
  reportRest(field: number, at: number): void {
    if (this.isLineEnd(at)) return;
    const text = 'what stands after the value is ignored';
    this.reportAt('TINYDNS_REST', at, this.fieldStop[field]! - at, text);
  }

  /** Whether the line ends here but for a carriage return, which is told by itself. */
  private isLineEnd(at: number): boolean {
    return at >= this.stop || (at === this.stop - 1 && this.octets[at] === CARRIAGE_RETURN);
  }

  private noNumber(field: number, otherwise: number): number {
    if (!this.isLineEnd(this.fieldStart[field]!)) {
      this.report('TINYDNS_NUMBER', field, `not a number: ${otherwise} is used`);
    }
    return otherwise;
  }

  private longNumber(field: number, max: number): number {
    const stop = this.fieldStop[field]!;
    let at = this.fieldStart[field]!;
    let value = 0;
    this.isLong = true;
    for (; at < stop; at++) {
      const digit = this.octets[at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      value = (Math.imul(value, 10) + digit) | 0;
    }
    if (at < stop) this.reportRest(field, at);
    this.reportRange(field, max);
    return value >>> 0;
  }

  private reportRange(field: number, max: number): void {
    this.report('TINYDNS_RANGE', field, `a number above ${max} counts modulo ${max + 1}`);
  }

  private reportCarriageReturn(): void {
    const text = 'the line ends in a carriage return, which is a part of its last field';
    this.reportAt('TINYDNS_CARRIAGE_RETURN', this.stop - 1, 1, text);
  }
}
