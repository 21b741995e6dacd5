/**
 * Tokens of named.conf: words, quoted strings, braces and semicolons, over octets. Comments are `#`, `//` and C's, and
 * start anywhere outside of strings, as in BIND. `!` is a word of its own.
 * Must not know: which statements there are.
 */
import { type Source, textStart } from '../base/source.js';

export const END = 0;
export const WORD = 1;
export const STRING = 2;
export const OPEN = 3;
export const CLOSE = 4;
export const SEMICOLON = 5;

/** What `next` may find wrong; the token is good enough to go on with. */
export type LexerFault = 'quote' | 'comment';

/** How an octet is read outside of strings. */
const BLANK = 1;
const MARK = 2;
const SLASH_KIND = 3;
const CLASSES = new Uint8Array(256);
for (const octet of Buffer.from(' \t\r\n\v\f')) CLASSES[octet] = BLANK;
for (const octet of Buffer.from('{};"!#')) CLASSES[octet] = MARK;

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const HASH = 0x23;
const STAR = 0x2a;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const SEMICOLON_OCTET = 0x3b;
const OPEN_OCTET = 0x7b;
const CLOSE_OCTET = 0x7d;
CLASSES[SLASH] = SLASH_KIND;

/** Slots for words that were met; a power of two. Longer words are not kept. */
const KNOWN_WORDS = 512;
const KNOWN_WORD_OCTETS_MAX = 32;

export class NamedLexer {
  /** Of the current token: one of END … SEMICOLON, and its octets; of a string with its quotes. */
  kind = END;
  start = 0;
  stop = 0;
  /** Set by `next` if the token is faulty. */
  fault: LexerFault | null = null;
  private at: number;
  private readonly octets: Uint8Array;
  private readonly length: number;
  private readonly buffer: Buffer;
  /** Where the text of the current string ends. */
  private textStop = 0;
  /** Words that were met, by their hash. */
  private readonly known: string[] = [];

  constructor(source: Source) {
    const { octets, length } = source;
    this.octets = octets;
    this.length = length;
    this.buffer = Buffer.from(octets.buffer, octets.byteOffset, length);
    this.at = textStart(source);
  }

  /** Moves to the next token and returns its kind. */
  next(): number {
    this.fault = null;
    this.skipBlank();
    this.start = this.at;
    if (this.at >= this.length) this.kind = END;
    else this.kind = this.read(this.octets[this.at]!);
    this.stop = this.at;
    return this.kind;
  }

  /** The current word, or the string without quotes and with `\"` undone. */
  text(): string {
    if (this.kind !== STRING) return this.wordText();
    const text = this.buffer.toString('utf8', this.start + 1, this.textStop);
    return text.includes('\\"') ? text.replaceAll('\\"', '"') : text;
  }

  /** Words repeat: the same statements stand in each zone. One that was met is not made again. */
  private wordText(): string {
    const { octets, start, stop } = this;
    if (stop - start > KNOWN_WORD_OCTETS_MAX) return this.buffer.toString('utf8', start, stop);
    let hash = stop - start;
    for (let at = start; at < stop; at++) hash = (Math.imul(hash, 31) + octets[at]!) | 0;
    const slot = hash & (KNOWN_WORDS - 1);
    const known = this.known[slot];
    if (known !== undefined && this.isWord(known)) return known;
    const text = this.buffer.toString('utf8', start, stop);
    this.known[slot] = text;
    return text;
  }

  /** Whether the current octets are those of an ASCII text. */
  private isWord(text: string): boolean {
    const { octets, start, stop } = this;
    if (text.length !== stop - start) return false;
    for (let i = 0; i < text.length; i++) {
      if (text.charCodeAt(i) !== octets[start + i] || octets[start + i]! > 127) return false;
    }
    return true;
  }

  private read(octet: number): number {
    if (octet === QUOTE) return this.readString();
    if (CLASSES[octet] !== MARK) return this.readWord();
    this.at++;
    if (octet === OPEN_OCTET) return OPEN;
    if (octet === CLOSE_OCTET) return CLOSE;
    return octet === SEMICOLON_OCTET ? SEMICOLON : WORD;
  }

  private readWord(): number {
    const { octets, length } = this;
    let at = this.at;
    while (at < length) {
      const kind = CLASSES[octets[at]!]!;
      if (kind === BLANK || kind === MARK) break;
      if (kind === SLASH_KIND && this.isComment(at)) break;
      at++;
    }
    this.at = at;
    return WORD;
  }

  /**
   * A string that does not end on its line has most likely lost its quote; to read on would swallow statements, so it
   * ends where the statement seems to.
   */
  private readString(): number {
    const { octets, length } = this;
    let at = this.at + 1;
    while (at < length && octets[at] !== QUOTE && octets[at] !== NEWLINE) {
      if (octets[at] === BACKSLASH && octets[at + 1] === QUOTE && at + 1 < length) at++;
      at++;
    }
    if (at < length && octets[at] === QUOTE) {
      this.textStop = at;
      this.at = at + 1;
      return STRING;
    }
    this.fault = 'quote';
    const lineEnd = at;
    at = this.at + 1;
    while (at < lineEnd && !isStatementMark(octets[at]!)) at++;
    this.at = at;
    while (at > this.start + 1 && CLASSES[octets[at - 1]!] === BLANK) at--;
    this.textStop = at;
    return STRING;
  }

  private skipBlank(): void {
    const { octets, length } = this;
    while (this.at < length) {
      const octet = octets[this.at]!;
      if (CLASSES[octet] === BLANK) this.at++;
      else if (octet === HASH) this.skipLine();
      else if (octet === SLASH && this.isComment(this.at)) this.skipComment();
      else return;
    }
  }

  private isComment(at: number): boolean {
    const next = at + 1 < this.length ? this.octets[at + 1]! : 0;
    return next === SLASH || next === STAR;
  }

  private skipComment(): void {
    if (this.octets[this.at + 1] === SLASH) {
      this.skipLine();
      return;
    }
    const stop = this.buffer.indexOf('*/', this.at + 2);
    if (stop === -1) this.fault = 'comment';
    this.at = stop === -1 ? this.length : stop + 2;
  }

  private skipLine(): void {
    const stop = this.octets.indexOf(NEWLINE, this.at);
    this.at = stop === -1 || stop > this.length ? this.length : stop;
  }
}

function isStatementMark(octet: number): boolean {
  return octet === SEMICOLON_OCTET || octet === OPEN_OCTET || octet === CLOSE_OCTET;
}
