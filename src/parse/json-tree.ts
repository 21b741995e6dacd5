/**
 * JSON (RFC 8259) as a tree in which every value knows where it stands, which JSON.parse does not tell, and members
 * keep their order and come as often as they are written. Must not know: what the values mean.
 */
import { JSON_NESTING_MAX } from '../base/limits.js';

/** Where a value stands: its first octet, and one past its last. */
type Span = { readonly start: number; readonly stop: number };

export type JsonMember = Span & { readonly key: string; readonly value: JsonNode };

export type JsonNode = Span &
  (
    | { readonly kind: 'object'; readonly members: readonly JsonMember[] }
    | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
    | { readonly kind: 'string'; readonly text: string }
    /** `text` as it is written. */
    | { readonly kind: 'number'; readonly text: string }
    | { readonly kind: 'literal'; readonly text: string }
  );

/** Why a text is no JSON, and at which octet. */
export type JsonFault = { readonly at: number; readonly text: string };

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$/;
const LITERALS: readonly string[] = ['true', 'false', 'null'];
/** Halves of pairs that stand for one character: alone they have no UTF-8. */
const LONE_SURROGATE = /\p{Cs}/u;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Reads the one value that `octets[start, stop)` is. */
export function readJson(octets: Uint8Array, start: number, stop: number): JsonNode | JsonFault {
  const reader = new JsonReader(octets, start, stop);
  try {
    return reader.document();
  } catch (error) {
    if (error instanceof JsonError) return { at: error.at, text: error.message };
    throw error;
  }
}

/** Ends a reading; it never leaves this file. */
class JsonError extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

class JsonReader {
  private readonly octets: Buffer;
  private readonly stop: number;
  private at: number;
  private depth = 0;

  constructor(octets: Uint8Array, start: number, stop: number) {
    this.octets = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
    this.at = start;
    this.stop = stop;
  }

  document(): JsonNode {
    const value = this.value();
    this.skipBlanks();
    if (this.at < this.stop) throw this.error('the text goes on after its end');
    return value;
  }

  private value(): JsonNode {
    this.skipBlanks();
    const start = this.at;
    switch (this.peek()) {
      case OPEN_OBJECT: {
        const members = this.list(CLOSE_OBJECT, () => this.member());
        return { kind: 'object', members, start, stop: this.at };
      }
      case OPEN_ARRAY: {
        const items = this.list(CLOSE_ARRAY, () => this.value());
        return { kind: 'array', items, start, stop: this.at };
      }
      case QUOTE: {
        const text = this.string();
        return { kind: 'string', text, start, stop: this.at };
      }
      default:
        return this.word();
    }
  }

  /** What stands between the bracket at hand and the one that closes it, with commas between. */
  private list<Item>(close: number, item: () => Item): Item[] {
    const items: Item[] = [];
    if (this.depth === JSON_NESTING_MAX) throw this.error(`nested more than ${this.depth} deep`);
    this.depth++;
    this.at++;
    this.skipBlanks();
    if (this.peek() !== close) {
      items.push(item());
      for (this.skipBlanks(); this.peek() === COMMA; this.skipBlanks()) {
        this.at++;
        items.push(item());
      }
      if (this.peek() !== close) {
        throw this.error(`a comma or ${String.fromCharCode(close)} is missing`);
      }
    }
    this.depth--;
    this.at++;
    return items;
  }

  private member(): JsonMember {
    this.skipBlanks();
    const start = this.at;
    if (this.peek() !== QUOTE) throw this.error('a key in quotes is missing');
    const key = this.string();
    const stop = this.at;
    this.skipBlanks();
    if (this.peek() !== COLON) throw this.error('a colon is missing after the key');
    this.at++;
    return { key, value: this.value(), start, stop };
  }

  private string(): string {
    const start = this.at;
    let at = start + 1;
    while (at < this.stop && this.octets[at] !== QUOTE && this.octets[at]! >= 0x20) {
      at += this.octets[at] === BACKSLASH ? 2 : 1;
    }
    if (at >= this.stop || this.octets[at] !== QUOTE) {
      throw this.error('a string does not end on its line');
    }
    this.at = at + 1;
    let text: unknown = null;
    try {
      const raw = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        this.octets.subarray(start, this.at),
      );
      text = JSON.parse(raw);
    } catch {
      // both say no more than that something is wrong
    }
    if (typeof text === 'string' && !LONE_SURROGATE.test(text)) return text;
    throw new JsonError(start, 'a string with a bad escape, or that is not UTF-8');
  }

  private word(): JsonNode {
    const start = this.at;
    while (this.at < this.stop && /[-+.\w]/.test(String.fromCharCode(this.peek()))) this.at++;
    const stop = this.at;
    const text = this.octets.toString('latin1', start, stop);
    if (LITERALS.includes(text)) return { kind: 'literal', text, start, stop };
    if (NUMBER.test(text)) return { kind: 'number', text, start, stop };
    throw new JsonError(
      start,
      stop === this.stop ? 'the text ends too early' : 'a value is missing',
    );
  }

  private skipBlanks(): void {
    while (this.at < this.stop && ' \t\r\n'.includes(String.fromCharCode(this.peek()))) this.at++;
  }

  /** The octet at hand; -1 at the end. */
  private peek(): number {
    return this.at < this.stop ? this.octets[this.at]! : -1;
  }

  private error(text: string): JsonError {
    return new JsonError(this.at, this.at >= this.stop ? 'the text ends too early' : text);
  }
}
