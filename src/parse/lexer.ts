/**
 * Tokens of a master file (RFC 1035 §5.1): words, quoted strings, ends of entries. Works on octets in place and makes
 * no strings: a token is two offsets. Parentheses join lines, semicolons start comments, a backslash guards the next
 * octet. Must not know: directives, records, types.
 */

/** End of the entry: a newline outside parentheses, or the end of the text. */
export const TOKEN_END = 0;
export const TOKEN_WORD = 1;
/** A quoted string; its offsets leave the quotes out. */
export const TOKEN_QUOTED = 2;
/** A token that is no token; `error` says why. */
export const TOKEN_ERROR = 3;

export const LEX_QUOTE = 1;
export const LEX_PARENTHESIS_OPEN = 2;
export const LEX_PARENTHESIS_CLOSE = 3;

const PLAIN = 0;
const BLANK = 1;
const NEWLINE = 2;
const COMMENT = 3;
const OPEN = 4;
const CLOSE = 5;
const QUOTE = 6;
const ESCAPE = 7;

/** What each octet is to the lexer. CR is a blank, so CRLF and LF read alike. */
const KIND: Uint8Array = new Uint8Array(256);
KIND[0x20] = BLANK;
KIND[0x09] = BLANK;
KIND[0x0d] = BLANK;
KIND[0x0a] = NEWLINE;
KIND[0x3b] = COMMENT;
KIND[0x28] = OPEN;
KIND[0x29] = CLOSE;
KIND[0x22] = QUOTE;
KIND[0x5c] = ESCAPE;

/** Position in one text and the token last read. `octets[end]` must be a newline (see base/source.ts). */
export class Lexer {
  octets: Uint8Array;
  /** Octets of the text; the sentinel newline is at this offset. */
  end: number;
  /** Where the next token is looked for. */
  at = 0;
  /** Open parentheses. */
  depth = 0;
  /** Where the outermost open parenthesis is. */
  openAt = 0;
  /** The token last read: one of TOKEN_…. */
  kind = TOKEN_END;
  /** Its first octet. */
  start = 0;
  /** One past its last octet. */
  stop = 0;
  /** Whether it has a backslash in it. */
  escaped = false;
  /** Why the token is TOKEN_ERROR: one of LEX_…. */
  error = 0;

  constructor(octets: Uint8Array, start: number, end: number) {
    this.octets = octets;
    this.at = start;
    this.end = end;
  }

  // === hot path

  /** Reads the next token and returns its kind. At TOKEN_END the entry's newline has been passed. */
  next(): number {
    const octets = this.octets;
    let at = this.at;
    for (;;) {
      switch (KIND[octets[at]!]!) {
        case BLANK:
          at++;
          break;
        case PLAIN:
        case ESCAPE:
          return this.word(at);
        case NEWLINE:
          if (at >= this.end) return this.finish(at);
          at++;
          if (this.depth === 0) return this.token(TOKEN_END, at - 1, at - 1, at);
          break;
        case COMMENT:
          at = this.skipComment(at);
          break;
        case OPEN:
          if (this.depth++ === 0) this.openAt = at;
          at++;
          break;
        case CLOSE:
          if (this.depth === 0) return this.fault(LEX_PARENTHESIS_CLOSE, at, at + 1, at + 1);
          this.depth--;
          at++;
          break;
        default:
          return this.quoted(at);
      }
    }
  }

  /** Whether the whole text has been read. */
  atEnd(): boolean {
    return this.at >= this.end;
  }

  /** Whether the entry at hand starts with a blank, that is, leaves its owner name out. */
  startsBlank(): boolean {
    return KIND[this.octets[this.at]!] === BLANK;
  }

  private word(start: number): number {
    const octets = this.octets;
    let at = start;
    let escaped = false;
    for (;;) {
      while (KIND[octets[at]!]! === PLAIN) at++;
      if (KIND[octets[at]!]! !== ESCAPE) break;
      escaped = true;
      at++;
      if (KIND[octets[at]!]! !== NEWLINE) at++;
    }
    this.kind = TOKEN_WORD;
    this.start = start;
    this.stop = at;
    this.at = at;
    this.escaped = escaped;
    return TOKEN_WORD;
  }

  private quoted(open: number): number {
    const octets = this.octets;
    let at = open + 1;
    let escaped = false;
    for (;;) {
      const kind = KIND[octets[at]!]!;
      if (kind === QUOTE) break;
      if (kind === NEWLINE) return this.fault(LEX_QUOTE, open, at, at);
      if (kind === ESCAPE) {
        escaped = true;
        at++;
        if (KIND[octets[at]!]! === NEWLINE) return this.fault(LEX_QUOTE, open, at, at);
      }
      at++;
    }
    this.token(TOKEN_QUOTED, open + 1, at, at + 1);
    this.escaped = escaped;
    return TOKEN_QUOTED;
  }

  private skipComment(start: number): number {
    const octets = this.octets;
    let at = start;
    while (octets[at]! !== 0x0a) at++;
    return at;
  }

  private finish(at: number): number {
    if (this.depth === 0) return this.token(TOKEN_END, at, at, at);
    this.depth = 0;
    return this.fault(LEX_PARENTHESIS_OPEN, this.openAt, this.openAt + 1, at);
  }

  private token(kind: number, start: number, stop: number, at: number): number {
    this.kind = kind;
    this.start = start;
    this.stop = stop;
    this.at = at;
    this.escaped = false;
    return kind;
  }

  // === end of hot path

  private fault(error: number, start: number, stop: number, at: number): number {
    this.error = error;
    return this.token(TOKEN_ERROR, start, stop, at);
  }

  /**
   * Goes past the rest of the entry after a problem: to its newline outside parentheses, or to the end of the text.
   * @returns whether it went on to the end for want of a closing parenthesis; the token is the open one then.
   */
  skipEntry(): boolean {
    while (this.kind !== TOKEN_END) {
      if (this.atEnd()) {
        this.depth = 0;
        this.token(TOKEN_END, this.at, this.at, this.at);
        return false;
      }
      if (this.next() === TOKEN_ERROR && this.error === LEX_PARENTHESIS_OPEN) return true;
    }
    return false;
  }
}
