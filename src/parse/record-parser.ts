/**
 * One record of a master file: owner, TTL and class in either order, type, RDATA (RFC 1035 §5.1, RFC 2308 §4), and what
 * it inherits of the records before: owner, TTL, origin. Must not know: directives, files.
 */
import { NAME_OCTETS_MAX, TTL_MAX } from '../base/limits.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { CLASS_IN, TYPE_SOA } from '../wire/constants.js';
import { scanName } from '../wire/name-text.js';
import { equalOctets, readU32 } from '../wire/octets.js';
import { typeByCode, typeFromOctets, typeText } from '../wire/rrtypes.js';
import { classFromOctets, classText } from './class.js';
import type { Faults } from './faults.js';
import { parseRdata } from './fields.js';
import { type Lexer, TOKEN_END, TOKEN_ERROR, TOKEN_WORD } from './lexer.js';
import { failName } from './names.js';
import type { RdataContext } from './rdata-context.js';
import { emptyRecord, type RecordSink, type RecordView } from './record-sink.js';
import { scanPeriod } from './scan-number.js';
import { TTL_NONE, TtlRule } from './ttl-rule.js';
import { failLexer } from './words.js';

/** Slack behind the longest RDATA, so that field parsers may write a field before they check the length. */
const RDATA_OCTETS = 65535 + 512;
/** One for all parses of a thread: they run one after the other, and 100,000 small zones would clear one each. */
const RDATA_SCRATCH = new Uint8Array(RDATA_OCTETS);

export class RecordParser {
  readonly ttl: TtlRule = new TtlRule();
  /** Number of the file that is being read. */
  file = 0;
  /** Whether there is an owner for a record without one: not before the first, nor after one that cannot be read. */
  ownerKnown = false;
  private readonly sink: RecordSink;
  private readonly faults: Faults;
  private readonly view: RecordView;
  private readonly ctx: RdataContext;
  private lexer: Lexer;
  /** The owner of the record before, as a token of the same text and origin: most files repeat it. */
  private ownerStart = 0;
  private ownerStop = 0;
  /** Whether the sink's last record had the view's owner. */
  private ownerDelivered = false;

  constructor(sink: RecordSink, faults: Faults) {
    this.sink = sink;
    this.faults = faults;
    this.lexer = faults.lexer;
    const out = RDATA_SCRATCH;
    this.ctx = {
      lexer: this.lexer,
      out,
      length: 0,
      origin: new Uint8Array(NAME_OCTETS_MAX),
      originLength: 0,
      type: 0,
      fail: (code, text) => this.faults.atToken(code, text),
    };
    this.view = emptyRecord(out);
  }

  /** Goes on with another text. */
  read(lexer: Lexer): void {
    this.lexer = lexer;
    this.ctx.lexer = lexer;
    this.faults.lexer = lexer;
  }

  /** Where the record begins, for problems. */
  startAt(offset: number): void {
    this.view.offset = offset;
  }

  get origin(): Uint8Array {
    return this.ctx.origin;
  }

  get originLength(): number {
    return this.ctx.originLength;
  }

  /** @param name belongs to the parser from now on */
  setOrigin(name: Uint8Array, length: number): void {
    this.ctx.origin = name;
    this.ctx.originLength = length;
    // the same token now means another name; a blank owner still means the last one
    this.ownerStop = this.ownerStart;
  }

  /** @returns what makes the owner the one that it is now */
  saveOwner(): () => void {
    const { view, ownerKnown } = this;
    const owner = view.owner.slice(0, view.ownerLength);
    return () => {
      view.owner.set(owner);
      view.ownerLength = owner.length;
      this.ownerKnown = ownerKnown;
      this.ownerDelivered = false;
      // a token in another text
      this.ownerStop = this.ownerStart;
    };
  }

  // --- a record ---------------------------------------------------------------------------------------------

  /** Parses a record from its owner, which has been read, to its end. */
  parseOwned(): boolean {
    if (!this.parseOwner()) return false;
    this.lexer.next();
    return this.parseRecord();
  }

  private parseOwner(): boolean {
    const lexer = this.lexer;
    const { start, stop } = lexer;
    if (this.ownerKnown && this.sameToken(start, stop)) return true;
    const { origin, originLength } = this.ctx;
    const view = this.view;
    const length = scanName(lexer.octets, start, stop, view.owner, 0, origin, originLength);
    if (length < 0) {
      this.ownerKnown = false;
      return failName(this.ctx, length);
    }
    view.ownerLength = length;
    this.ownerDelivered = false;
    this.ownerKnown = true;
    this.ownerStart = start;
    this.ownerStop = stop;
    return true;
  }

  private sameToken(start: number, stop: number): boolean {
    const before = this.ownerStart;
    if (stop - start !== this.ownerStop - before) return false;
    const octets = this.lexer.octets;
    return equalOctets(octets, start, octets, before, stop - start);
  }

  /** From the token after the owner, which has been read, to the end of the entry. */
  parseRecord(): boolean {
    const type = this.parseTtlClassType();
    if (type < 0) return false;
    const { ctx, view } = this;
    ctx.type = type;
    ctx.length = 0;
    if (!parseRdata(ctx)) return false;
    view.type = type;
    view.rdataLength = ctx.length;
    view.file = this.file;
    // what is wrong with the TTL is reported for a whole entry: nothing is left to skip
    if (!this.settleTtl()) return true;
    view.ownerRepeated = this.ownerDelivered;
    this.sink.record(view);
    this.ownerDelivered = true;
    return true;
  }

  /** TTL and class in either order, each at most once, then the type. @returns the type, -1 after a problem. */
  private parseTtlClassType(): number {
    const lexer = this.lexer;
    const octets = lexer.octets;
    this.ttl.begin();
    let classSeen = false;
    for (;;) {
      if (lexer.kind !== TOKEN_WORD) return this.failWord('a TTL, class or type');
      const first = octets[lexer.start]!;
      if (first >= 0x30 && first <= 0x39) {
        if (this.ttl.isGiven()) return this.fail('TYPE_UNKNOWN', 'a second TTL');
        if (!this.takeTtl()) return -1;
      } else {
        const type = typeFromOctets(octets, lexer.start, lexer.stop);
        const classCode =
          type >= 0 && type < 128 ? -1 : classFromOctets(octets, lexer.start, lexer.stop);
        if (classCode < 0 || classSeen) return checkType(this.faults, type);
        if (!checkClass(this.faults, classCode)) return -1;
        classSeen = true;
      }
      lexer.next();
    }
  }

  private takeTtl(): boolean {
    const ttl = this.scanTtl();
    if (ttl !== TTL_NONE) this.ttl.give(ttl);
    else if (this.faults.ignoreBroken) this.ttl.forget();
    return ttl !== TTL_NONE;
  }

  /** The TTL that the token last read spells, or TTL_NONE after a problem. RFC 2181 §8 for those too large. */
  scanTtl(): number {
    const { octets, start, stop } = this.lexer;
    const ttl = scanPeriod(octets, start, stop);
    if (ttl >= 0 && ttl <= TTL_MAX) return ttl;
    const token = this.faults.tokenText();
    if (ttl < 0) {
      this.faults.atToken('TTL_INVALID', `not a TTL: ${token}`);
      return TTL_NONE;
    }
    this.faults.atToken('TTL_TOO_LARGE', `TTL ${token} is above ${TTL_MAX} and counts as 0`);
    return 0;
  }

  private settleTtl(): boolean {
    const view = this.view;
    view.ttl = this.ttl.settle();
    if (view.ttl !== TTL_NONE) return true;
    if (view.type !== TYPE_SOA) {
      this.faults.at('TTL_MISSING', view.offset, 1, 'no TTL given and none to inherit');
      return false;
    }
    const minimum = readU32(view.rdata, view.rdataLength - 4);
    const text = `no TTL given, using the SOA minimum ${minimum}`;
    this.faults.at('TTL_DEFAULTED', view.offset, 1, text);
    view.ttl = this.ttl.settleBySoa(minimum);
    return true;
  }

  // --- for directives, too ----------------------------------------------------------------------------------

  /** The name that the token last read spells. @returns its octets, -1 after a problem */
  parseName(out: Uint8Array, what: string): number {
    const lexer = this.lexer;
    if (lexer.kind !== TOKEN_WORD) return this.failWord(`a name after ${what}`);
    const { origin, originLength } = this.ctx;
    const length = scanName(lexer.octets, lexer.start, lexer.stop, out, 0, origin, originLength);
    if (length < 0) failName(this.ctx, length);
    return length;
  }

  /** Reports that a word is due where there is none. */
  failWord(expected: string): -1 {
    const kind = this.lexer.kind;
    if (kind === TOKEN_ERROR) failLexer(this.ctx);
    else if (kind === TOKEN_END)
      this.faults.atToken('SYNTAX_MISSING', `the line ends where ${expected} is due`);
    else this.faults.atToken('SYNTAX_EXTRA', `a quoted string where ${expected} is due`);
    return -1;
  }

  failLexer(): false {
    return failLexer(this.ctx);
  }

  private fail(code: ProblemCode, text: string): -1 {
    this.faults.atToken(code, text);
    return -1;
  }
}

/** @returns the type, -1 after a problem */
function checkType(faults: Faults, type: number): number {
  if (type < 0) {
    faults.atToken('TYPE_UNKNOWN', `unknown RR type ${faults.tokenText()}`);
    return -1;
  }
  if (type === 0 || ((type === 41 || type >= 128) && (typeByCode(type)?.meta ?? false))) {
    faults.atToken('TYPE_META', `${typeText(type)} is not a type of zone data`);
    return -1;
  }
  return type;
}

function checkClass(faults: Faults, code: number): boolean {
  if (code === CLASS_IN) return true;
  return faults.atToken('CLASS_MISMATCH', `class ${classText(code)} in a zone of class IN`);
}
