/**
 * $GENERATE as BIND has it: `start-stop[/step] owner [ttl] [class] type rdata`, where `$` and `${offset,width,base}` in
 * owner and RDATA stand for the step's number; bases d o x X and the reversed nibbles n N. `$$` is a dollar sign, `\`
 * guards the next octet. Each step becomes the text of one entry. Must not know: what the entry means.
 */
import { NAME_OCTETS_MAX } from '../base/limits.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { typeFromOctets } from '../wire/rrtypes.js';
import { LEX_QUOTE, type Lexer, TOKEN_END, TOKEN_ERROR, TOKEN_QUOTED } from './lexer.js';

/** The entries that one $GENERATE stands for. */
export type Generator = {
  readonly count: number;
  /** Text of the entry of a step from 0, ending in the newline that lexers need. */
  text(step: number): Uint8Array;
};

type Fail = (code: ProblemCode, text: string) => false;
type Range = { readonly start: number; readonly stop: number; readonly step: number };
/** Literal text, or the number of the step in some form. */
type Piece = string | { readonly offset: number; readonly width: number; readonly base: string };
type Token = {
  readonly text: string;
  readonly quoted: boolean;
  readonly isType: boolean;
  readonly start: number;
  readonly stop: number;
};

/**
 * Reads the rest of a $GENERATE entry, whose name is the token last read.
 * @param stepsMax steps that one may have
 * @returns `null` after a problem was reported through `fail`.
 */
export function generatorFrom(lexer: Lexer, stepsMax: number, fail: Fail): Generator | null {
  const tokens = readTokens(lexer, fail);
  if (tokens === null) return null;
  const [rangeToken, owner, ...rest] = tokens;
  const typeAt = rest.findIndex((token) => token.isType);
  if (rangeToken === undefined || owner === undefined || typeAt < 0 || typeAt + 1 >= rest.length) {
    fail('SYNTAX_MISSING', '$GENERATE needs a range, an owner name, a type and data');
    return null;
  }
  const range = parseRange(rangeToken.text);
  // what follows is reported at the range or at a template, not at the end of the entry
  lexer.start = rangeToken.start;
  lexer.stop = rangeToken.stop;
  if (range === null) {
    fail('GENERATE_RANGE', 'the range of $GENERATE is start-stop or start-stop/step');
    return null;
  }
  const count = Math.floor((range.stop - range.start) / range.step) + 1;
  if (count > stepsMax) {
    fail('GENERATE_STEPS', `$GENERATE with ${count} steps, the limit is ${stepsMax}`);
    return null;
  }
  const middle = rest.slice(0, typeAt + 1).map((token) => token.text);
  const data = rest.slice(typeAt + 1);
  const ownerPieces = parseTemplate(owner.text);
  const dataPieces = parseTemplate(dataText(data));
  if (ownerPieces === null || dataPieces === null) {
    const [wrong] = ownerPieces === null ? [owner] : data;
    lexer.start = wrong?.start ?? lexer.start;
    lexer.stop = wrong?.stop ?? lexer.stop;
    fail(
      'GENERATE_TEMPLATE',
      'a template of $GENERATE is ${offset}, ${offset,width} or ${offset,width,base}',
    );
    return null;
  }
  const pieces = [...ownerPieces, ` ${middle.join(' ')} `, ...dataPieces, '\n'];
  return { count, text: (step) => expand(pieces, range.start + step * range.step) };
}

/** Reads to the end of the entry. */
function readTokens(lexer: Lexer, fail: Fail): Token[] | null {
  const tokens: Token[] = [];
  while (lexer.next() !== TOKEN_END) {
    const { kind, start, stop, octets } = lexer;
    if (kind === TOKEN_ERROR) {
      const code = lexer.error === LEX_QUOTE ? 'SYNTAX_QUOTE' : 'SYNTAX_PARENTHESIS';
      fail(code, 'unterminated quoted string or unbalanced parenthesis');
      return null;
    }
    const quoted = kind === TOKEN_QUOTED;
    const isType = !quoted && tokens.length >= 2 && typeFromOctets(octets, start, stop) >= 0;
    const text = Buffer.from(octets.subarray(start, stop)).toString('latin1');
    tokens.push({ text, quoted, isType, start, stop });
  }
  return tokens;
}

/** RDATA that is one quoted string stands for what is inside it, as BIND reads it; else the words as they are. */
function dataText(tokens: readonly Token[]): string {
  const first = tokens[0];
  if (first !== undefined && tokens.length === 1 && first.quoted) {
    return first.text.replaceAll('\\"', '"');
  }
  return tokens.map((token) => (token.quoted ? `"${token.text}"` : token.text)).join(' ');
}

function parseRange(text: string): Range | null {
  const match = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/.exec(text);
  if (match === null) return null;
  const range = { start: Number(match[1]), stop: Number(match[2]), step: Number(match[3] ?? '1') };
  return range.step >= 1 && range.stop >= range.start && range.stop <= 0x7fff_ffff ? range : null;
}

function parseTemplate(text: string): Piece[] | null {
  const pieces: Piece[] = [];
  let literal = '';
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\\') {
      literal += text.slice(i, i + 2);
      i++;
    } else if (char !== '$') {
      literal += char;
    } else if (text[i + 1] === '$') {
      literal += '$';
      i++;
    } else {
      pieces.push(literal);
      literal = '';
      const braces = text[i + 1] === '{';
      const match = /^\{(-?\d{1,9})(?:,(\d{1,3})(?:,([doxXnN]))?)?\}/.exec(text.slice(i + 1));
      if (braces && match === null) return null;
      const width = Number(match?.[2] ?? '0');
      if (width > NAME_OCTETS_MAX) return null;
      pieces.push({ offset: Number(match?.[1] ?? '0'), width, base: match?.[3] ?? 'd' });
      i += match === null ? 0 : match[0].length;
    }
  }
  pieces.push(literal);
  return pieces;
}

function expand(pieces: readonly Piece[], value: number): Uint8Array {
  let text = '';
  for (const piece of pieces) {
    text +=
      typeof piece === 'string' ? piece : numberText(value + piece.offset, piece.width, piece.base);
  }
  return Buffer.from(text, 'latin1');
}

function numberText(value: number, width: number, base: string): string {
  switch (base) {
    case 'o':
      return (value >>> 0).toString(8).padStart(width, '0');
    case 'x':
      return (value >>> 0).toString(16).padStart(width, '0');
    case 'X':
      return (value >>> 0).toString(16).toUpperCase().padStart(width, '0');
    case 'n':
      return nibbles(value >>> 0, width);
    case 'N':
      return nibbles(value >>> 0, width).toUpperCase();
    default:
      return value < 0
        ? `-${String(-value).padStart(width - 1, '0')}`
        : String(value).padStart(width, '0');
  }
}

/** Hexadecimal digits from the lowest up with dots between; `width` counts digits and dots. */
function nibbles(value: number, width: number): string {
  let text = (value & 15).toString(16);
  let rest = value >>> 4;
  while (rest !== 0 || text.length + 1 < width) {
    text += `.${(rest & 15).toString(16)}`;
    rest >>>= 4;
  }
  // an even width ends in a dot: the template goes on with the rest of the name
  return text.length < width ? `${text}.` : text;
}
