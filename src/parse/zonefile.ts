/**
 * Master files: RFC 1035 §5, $TTL of RFC 2308 §4, $GENERATE and TTL units as BIND has them, RFC 3597 §5. One pass over
 * octets; every record goes to a sink, every fault to a problem list, and the parse goes on with the next entry.
 * Ambiguities and what is chosen: docs/ZONEFILE.md. Must not know: what a zone is, or where the files come from.
 */
import { NAME_OCTETS_MAX, TTL_MAX } from '../base/limits.js';
import type { ProblemList } from '../base/problem.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { type Source, sourceFromOctets, textStart } from '../base/source.js';
import { CLASS_IN, TYPE_SOA } from '../wire/constants.js';
import { scanName } from '../wire/name-text.js';
import { equalOctets, readU32 } from '../wire/octets.js';
import { typeByCode, typeFromOctets, typeText } from '../wire/rrtypes.js';
import { classFromOctets, classText } from './class.js';
import { Faults } from './faults.js';
import { parseRdata } from './fields.js';
import { generatorFrom } from './generate.js';
import type { SourceSet } from './include.js';
import { Lexer, TOKEN_END, TOKEN_ERROR, TOKEN_QUOTED, TOKEN_WORD } from './lexer.js';
import { failName } from './names.js';
import type { RdataContext } from './rdata-context.js';
import { emptyRecord, type RecordSink, type RecordView } from './record-sink.js';
import { scanPeriod } from './scan-number.js';
import { TTL_NONE, TtlRule } from './ttl-rule.js';
import { failLexer, tokenString } from './words.js';

/** Slack behind the longest RDATA, so that field parsers may write a field before they check the length. */
const RDATA_OCTETS = 65535 + 512;
/** One for all parses of a thread: they run one after the other, and 100,000 small zones would clear one each. */
const RDATA_SCRATCH = new Uint8Array(RDATA_OCTETS);
const DOLLAR = 0x24;

/** Parses one zone's master file and all that it includes. One use per object. */
export class ZoneFileParser {
  private readonly sources: SourceSet;
  private readonly sink: RecordSink;
  private readonly faults: Faults;
  private readonly ttl = new TtlRule();
  private readonly view: RecordView;
  private readonly ctx: RdataContext;
  private lexer: Lexer;
  private file = 0;
  /** The owner of the record before, as a token of the same text and origin: most files repeat it. */
  private ownerStart = 0;
  private ownerStop = 0;
  private ownerKnown = false;
  /** Whether the sink's last record had the view's owner. */
  private ownerDelivered = false;

  constructor(sources: SourceSet, sink: RecordSink, problems: ProblemList) {
    this.sources = sources;
    this.sink = sink;
    const nothing = sourceFromOctets('', new Uint8Array(0));
    this.lexer = new Lexer(nothing.octets, 0, 0);
    this.faults = new Faults(problems, nothing, this.lexer);
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

  /** Parses the main file. @param origin uncompressed wire octets of the first origin. */
  parse(main: Source, origin: Uint8Array): void {
    this.setOrigin(origin, origin.length);
    this.parseSource(main, this.sources.begin(main));
    this.sources.end();
  }

  private parseSource(source: Source, file: number): void {
    this.faults.source = source;
    this.file = file;
    this.read(new Lexer(source.octets, textStart(source), source.length));
    this.ownerKnown = false;
    while (!this.lexer.atEnd()) this.parseEntry();
    if (source.length > 0 && source.octets[source.length - 1] !== 0x0a) {
      this.faults.at('FINAL_NEWLINE_MISSING', source.length, 1, 'the last line has no newline');
    }
  }

  /** Goes on with another text. */
  private read(lexer: Lexer): void {
    this.lexer = lexer;
    this.ctx.lexer = lexer;
    this.faults.lexer = lexer;
  }

  // --- one entry --------------------------------------------------------------------------------------------

  private parseEntry(): void {
    const lexer = this.lexer;
    const ownerOmitted = lexer.startsBlank();
    const kind = lexer.next();
    if (kind === TOKEN_END) return;
    this.view.offset = lexer.start;
    // an open parenthesis makes an entry of all that follows, which is worth a word of its own
    if (!this.parseEntryBody(ownerOmitted) && lexer.skipEntry()) failLexer(this.ctx);
  }

  private parseEntryBody(ownerOmitted: boolean): boolean {
    const lexer = this.lexer;
    if (lexer.kind === TOKEN_ERROR) return failLexer(this.ctx);
    if (ownerOmitted) {
      if (!this.ownerKnown)
        return this.faults.atToken('OWNER_MISSING', 'no owner name before this record');
      return this.parseRecord();
    }
    if (lexer.octets[lexer.start] === DOLLAR && lexer.kind === TOKEN_WORD) {
      return this.parseDirective();
    }
    return this.parseOwnedRecord();
  }

  private parseOwnedRecord(): boolean {
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
    if (length < 0) return failName(this.ctx, length);
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
  private parseRecord(): boolean {
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
    this.ttl.own = TTL_NONE;
    let classSeen = false;
    for (;;) {
      if (lexer.kind !== TOKEN_WORD) return this.failWord('a TTL, class or type');
      const first = octets[lexer.start]!;
      if (first >= 0x30 && first <= 0x39) {
        if (this.ttl.own !== TTL_NONE) return this.failNumber('TYPE_UNKNOWN', 'a second TTL');
        if (!this.takeTtl()) return -1;
      } else {
        const type = typeFromOctets(octets, lexer.start, lexer.stop);
        const classCode =
          type >= 0 && type < 128 ? -1 : classFromOctets(octets, lexer.start, lexer.stop);
        if (classCode < 0 || classSeen) return this.checkType(type);
        if (!this.checkClass(classCode)) return -1;
        classSeen = true;
      }
      lexer.next();
    }
  }

  private takeTtl(): boolean {
    const ttl = this.scanTtl();
    this.ttl.own = ttl;
    return ttl !== TTL_NONE;
  }

  /** The TTL that the token last read spells, or TTL_NONE after a problem. RFC 2181 §8 for those too large. */
  private scanTtl(): number {
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

  private checkType(type: number): number {
    if (type < 0)
      return this.failNumber('TYPE_UNKNOWN', `unknown RR type ${this.faults.tokenText()}`);
    if (type === 0 || ((type === 41 || type >= 128) && (typeByCode(type)?.meta ?? false))) {
      return this.failNumber('TYPE_META', `${typeText(type)} is not a type of zone data`);
    }
    return type;
  }

  private checkClass(code: number): boolean {
    if (code === CLASS_IN) return true;
    return this.faults.atToken('CLASS_MISMATCH', `class ${classText(code)} in a zone of class IN`);
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

  // --- directives -------------------------------------------------------------------------------------------

  private parseDirective(): boolean {
    const lexer = this.lexer;
    const name = tokenString(this.lexer).toUpperCase();
    switch (name) {
      case '$ORIGIN':
        return this.parseOrigin();
      case '$TTL':
        return this.parseDefaultTtl();
      case '$INCLUDE':
        return this.parseInclude();
      case '$GENERATE':
        return this.parseGenerate(lexer.start);
      case '$DATE': // BIND writes it into dumps; the time of a dump is nothing to serve
        lexer.skipEntry();
        return true;
      default:
        return this.faults.atToken(
          'DIRECTIVE_UNKNOWN',
          `unknown directive ${this.faults.tokenText()}`,
        );
    }
  }

  private parseOrigin(): boolean {
    const name = new Uint8Array(NAME_OCTETS_MAX);
    this.lexer.next();
    const length = this.parseNameToken(name, '$ORIGIN');
    if (length < 0 || !this.expectEnd()) return false;
    this.setOrigin(name, length);
    return true;
  }

  private setOrigin(name: Uint8Array, length: number): void {
    this.ctx.origin = name;
    this.ctx.originLength = length;
    // the same token now means another name; a blank owner still means the last one
    this.ownerStop = this.ownerStart;
  }

  private parseNameToken(out: Uint8Array, what: string): number {
    const lexer = this.lexer;
    if (lexer.kind !== TOKEN_WORD) return this.failWord(`a name after ${what}`);
    const { origin, originLength } = this.ctx;
    const length = scanName(lexer.octets, lexer.start, lexer.stop, out, 0, origin, originLength);
    if (length < 0) failName(this.ctx, length);
    return length;
  }

  private parseDefaultTtl(): boolean {
    const lexer = this.lexer;
    if (lexer.next() !== TOKEN_WORD) return this.failWord('a TTL after $TTL') >= 0;
    const ttl = this.scanTtl();
    if (ttl === TTL_NONE || !this.expectEnd()) return false;
    this.ttl.default = ttl;
    return true;
  }

  /** RFC 1035 §5.1: origin and owner of the including file are as before when the included one ends. */
  private parseInclude(): boolean {
    const lexer = this.lexer;
    const kind = lexer.next();
    if (kind !== TOKEN_WORD && kind !== TOKEN_QUOTED) {
      return this.failWord('a file name after $INCLUDE') >= 0;
    }
    const path = tokenString(this.lexer);
    const at = lexer.start;
    const length = lexer.stop - lexer.start;
    let origin = this.ctx.origin;
    let originLength = this.ctx.originLength;
    if (lexer.next() !== TOKEN_END) {
      origin = new Uint8Array(NAME_OCTETS_MAX);
      originLength = this.parseNameToken(origin, '$INCLUDE');
      if (originLength < 0 || !this.expectEnd()) return false;
    }
    const opened = this.sources.include(path, this.faults.source);
    if (typeof opened !== 'number') {
      this.faults.at(opened.code, at, length, opened.text);
      return true;
    }
    this.parseIncluded(opened, origin, originLength);
    return true;
  }

  private parseIncluded(file: number, origin: Uint8Array, originLength: number): void {
    const { lexer, file: outerFile, ctx, faults } = this;
    const outerSource = faults.source;
    const { origin: outerOrigin, originLength: outerOriginLength } = ctx;
    const restoreOwner = this.saveOwner();
    this.setOrigin(origin, originLength);
    const included = this.sources.sources[file];
    if (included !== undefined) this.parseSource(included, file);
    this.sources.end();
    this.read(lexer);
    faults.source = outerSource;
    this.file = outerFile;
    this.setOrigin(outerOrigin, outerOriginLength);
    restoreOwner();
  }

  private saveOwner(): () => void {
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

  /** Each step is an entry of its own; the first step with an error ends the directive. */
  private parseGenerate(at: number): boolean {
    const { faults, lexer } = this;
    const generator = generatorFrom(lexer, (code, text) => faults.atToken(code, text));
    if (generator === null) return false;
    const restoreOwner = this.saveOwner();
    const errorsBefore = faults.errorCount;
    faults.generatedAt = at;
    for (let step = 0; step < generator.count && faults.errorCount === errorsBefore; step++) {
      const text = generator.text(step);
      this.read(new Lexer(text, 0, text.length - 1));
      this.ownerKnown = false;
      this.lexer.next();
      this.parseOwnedRecord();
    }
    faults.generatedAt = null;
    this.read(lexer);
    restoreOwner();
    return true;
  }

  // --- problems ---------------------------------------------------------------------------------------------

  private expectEnd(): boolean {
    const kind = this.lexer.next();
    if (kind === TOKEN_END) return true;
    if (kind === TOKEN_ERROR) return failLexer(this.ctx);
    return this.faults.atToken('SYNTAX_EXTRA', `extra text ${this.faults.tokenText()}`);
  }

  private failWord(expected: string): -1 {
    const kind = this.lexer.kind;
    if (kind === TOKEN_ERROR) failLexer(this.ctx);
    else if (kind === TOKEN_END)
      this.faults.atToken('SYNTAX_MISSING', `the line ends where ${expected} is due`);
    else this.faults.atToken('SYNTAX_EXTRA', `a quoted string where ${expected} is due`);
    return -1;
  }

  private failNumber(code: ProblemCode, text: string): -1 {
    this.faults.atToken(code, text);
    return -1;
  }
}
