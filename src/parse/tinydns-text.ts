/**
 * Names and texts of tinydns `data` to octets. The rules are djb's, not those of RFC 1035 §5.1: every name is absolute,
 * empty labels vanish, and a backslash takes up to three octal digits. Must not know: lines, fields, problems.
 */
import { LABEL_OCTETS_MAX, MESSAGE_OCTETS_MAX, NAME_OCTETS_MAX } from '../base/limits.js';

/** What is odd about an escape that djb takes without a word. */
const ESCAPE_OPEN = 1;
export const ESCAPE_OVER_377 = 2;
export const ESCAPE_NOT_OCTAL = 3;

/** Why a name is refused. */
export const NAME_FITS = 0;
export const LABEL_TOO_LONG = 1;
const NAME_TOO_LONG = 2;

const DOT = 0x2e;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const ASTERISK = 0x2a;

// === hot path

/**
 * The escape whose backslash stands before `at`, where `at` < `stop`.
 * @returns its value, 0 … 511, plus 65536 times the octets that it has after the backslash
 */
function readEscape(octets: Uint8Array, at: number, stop: number): number {
  let value = octets[at]! - 0x30;
  if (value < 0 || value > 7) return octets[at]! | 0x10000;
  let count = 1;
  while (count < 3 && at + count < stop) {
    const digit = octets[at + count]! - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
    count++;
  }
  return value | (count << 16);
}

function oddityOf(first: number, read: number): number {
  if ((read & 0xffff) > 0xff) return ESCAPE_OVER_377;
  return first === 0x38 || first === 0x39 ? ESCAPE_NOT_OCTAL : 0;
}

/** A name, made of one text or of several in a row. */
export class TinydnsName {
  /** Uncompressed wire octets, case as written. A label is written before its length is checked: hence the room. */
  readonly octets: Uint8Array = new Uint8Array(NAME_OCTETS_MAX + LABEL_OCTETS_MAX + 2);
  length = 0;
  /** The last odd escape: one of ESCAPE_…, 0 for none, and the offset of its backslash. */
  oddity = 0;
  oddAt = 0;
  /** Where the length of the label at hand goes, and where its next octet does. */
  private labelAt = 0;
  private to = 1;
  /** Whether the text so far ends in a backslash. */
  private isEscapeOpen = false;
  private fault = NAME_FITS;

  begin(): void {
    this.oddity = 0;
    this.labelAt = 0;
    this.to = 1;
    this.isEscapeOpen = false;
    this.fault = NAME_FITS;
  }

  /** Goes on with the text `octets[start, stop)`. */
  feed(octets: Uint8Array, start: number, stop: number): void {
    if (this.fault !== NAME_FITS || start === stop) return;
    const out = this.octets;
    let at = start;
    let to = this.to;
    let labelAt = this.labelAt;
    if (this.isEscapeOpen) {
      // what follows is the dot before `ns`, `mx` or `srv`, which then is no border of labels
      this.isEscapeOpen = false;
      out[to++] = octets[at++]!;
      if (to - labelAt - 1 > LABEL_OCTETS_MAX) this.fault = LABEL_TOO_LONG;
    }
    for (; at < stop; at++) {
      let octet = octets[at]!;
      if (octet === DOT) {
        if (to === labelAt + 1) continue;
        out[labelAt] = to - labelAt - 1;
        labelAt = to++;
        if (labelAt > NAME_OCTETS_MAX) break;
        continue;
      }
      if (octet === BACKSLASH) {
        if (at + 1 === stop) {
          this.isEscapeOpen = true;
          this.noteOddity(ESCAPE_OPEN, at);
          break;
        }
        octet = this.escaped(octets, at, stop);
        at += octet >>> 16;
      }
      out[to++] = octet;
      if (to - labelAt - 1 > LABEL_OCTETS_MAX) {
        this.fault = LABEL_TOO_LONG;
        return;
      }
    }
    this.to = to;
    this.labelAt = labelAt;
    if (labelAt > NAME_OCTETS_MAX) this.fault = NAME_TOO_LONG;
  }

  /** Ends the name. @returns NAME_FITS, or why it is none. */
  end(): number {
    if (this.fault !== NAME_FITS) return this.fault;
    let labelAt = this.labelAt;
    if (this.to > labelAt + 1) {
      this.octets[labelAt] = this.to - labelAt - 1;
      labelAt = this.to;
    }
    if (labelAt + 1 > NAME_OCTETS_MAX) return NAME_TOO_LONG;
    this.octets[labelAt] = 0;
    this.length = labelAt + 1;
    return NAME_FITS;
  }

  /** Whether the first label is an asterisk alone, however it is written. */
  isWildcard(): boolean {
    return this.octets[0] === 1 && this.octets[1] === ASTERISK;
  }

  private escaped(octets: Uint8Array, at: number, stop: number): number {
    const read = readEscape(octets, at + 1, stop);
    const oddity = oddityOf(octets[at + 1]!, read);
    if (oddity !== 0) this.noteOddity(oddity, at);
    return read;
  }

  private noteOddity(oddity: number, at: number): void {
    this.oddity = oddity;
    this.oddAt = at;
  }
}

/** The octets of a text field. */
export class TinydnsText {
  readonly octets: Uint8Array = new Uint8Array(MESSAGE_OCTETS_MAX);
  length = 0;
  /** As in TinydnsName. */
  oddity = 0;
  oddAt = 0;

  /** Reads the text `octets[start, stop)`. @returns false if it is longer than any RDATA */
  scan(octets: Uint8Array, start: number, stop: number): boolean {
    const out = this.octets;
    let length = 0;
    this.oddity = 0;
    for (let at = start; at < stop; at++) {
      if (length === MESSAGE_OCTETS_MAX) return false;
      const octet = octets[at]!;
      if (octet !== BACKSLASH) {
        out[length++] = octet;
        continue;
      }
      if (at + 1 === stop) {
        this.oddity = ESCAPE_OPEN;
        this.oddAt = at;
        break;
      }
      const read = readEscape(octets, at + 1, stop);
      const oddity = oddityOf(octets[at + 1]!, read);
      if (oddity !== 0) {
        this.oddity = oddity;
        this.oddAt = at;
      }
      out[length++] = read;
      at += read >>> 16;
    }
    this.length = length;
    return true;
  }
}

// === end of hot path

/**
 * The name that a line is about: what stands between its first character and the first colon, or of that the longest
 * end that is a name. `null` if none is.
 */
export function nameOfLine(octets: Uint8Array, start: number, stop: number): Uint8Array | null {
  const name = new TinydnsName();
  const colon = octets.indexOf(COLON, start + 1);
  const end = colon < 0 || colon > stop ? stop : colon;
  for (let at = start + 1; at <= end; at++) {
    if (at > start + 1 && octets[at - 1] !== DOT) continue;
    name.begin();
    name.feed(octets, at, end);
    if (name.end() === NAME_FITS) return name.octets.slice(0, name.length);
  }
  return null;
}
