/**
 * Master files: RFC 1035 §5, $TTL of RFC 2308 §4, $GENERATE and TTL units as BIND has them, RFC 3597 §5. One pass over
 * octets; every record goes to a sink, every fault to a problem list, and the parse goes on with the next entry.
 * Ambiguities and what is chosen: docs/ZONEFILE.md. Must not know: what a zone is, or where the files come from.
 */
import { NAME_OCTETS_MAX, PROBLEM_TOKEN_OCTETS_MAX, TTL_MAX } from '../base/limits.js';
import type { ProblemList } from '../base/problem.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { placeOf, type Source } from '../base/source.js';
import { CLASS_IN, TYPE_SOA } from '../wire/constants.js';
import { scanName } from '../wire/name-text.js';
import { readU32 } from '../wire/octets.js';
import { typeByCode, typeFromOctets, typeText } from '../wire/rrtypes.js';
import { classFromOctets, classText } from './class.js';
import { parseRdata } from './fields.js';
import { type Generator, generatorFrom } from './generate.js';
import type { SourceSet } from './include.js';
import { LEX_QUOTE, Lexer, TOKEN_END, TOKEN_ERROR, TOKEN_QUOTED, TOKEN_WORD } from './lexer.js';
import { failName } from './names.js';
import type { RdataContext } from './rdata-context.js';
import type { RecordSink, RecordView } from './record-sink.js';
import { scanPeriod } from './scan-number.js';

/** Slack behind the longest RDATA, so that field parsers may write a field before they check the length. */
const RDATA_OCTETS = 65535 + 512;
const TTL_UNKNOWN = -1;
const DOLLAR = 0x24;
const NO_OVERRIDE = -1;

/** Parses one zone's master file and all that it includes. One use per object. */
export class ZoneFileParser {
  private readonly sources: SourceSet;
  private readonly sink: RecordSink;
  private readonly problems: ProblemList;
  private readonly view: RecordView;
  private readonly ctx: RdataContext;
  private lexer: Lexer;
  private source!: Source;
  private file = 0;
  /** The owner of the record before, as a token of the same text and origin: most files repeat it. */
  private ownerStart = 0;
  private ownerStop = 0;
  private ownerKnown = false;
  /** Whether the sink's last record had the view's owner. */
  private ownerDelivered = false;
  private defaultTtl = TTL_UNKNOWN;
  private lastTtl = TTL_UNKNOWN;
  private recordTtl = TTL_UNKNOWN;
  /** Where problems are reported instead of at the token: the $GENERATE line that made the text. */
  private override = NO_OVERRIDE;

  constructor(sources: SourceSet, sink: RecordSink, problems: ProblemList) {
    this.sources = sources;
    this.sink = sink;
    this.problems = problems;
    this.lexer = new Lexer(new Uint8Array([0x0a]), 0, 0);
    const out = new Uint8Array(RDATA_OCTETS);
    this.ctx = {
      lexer: this.lexer,
      out,
      length: 0,
      origin: new Uint8Array(NAME_OCTETS_MAX),
      originLength: 0,
      type: 0,
      fail: (code, text) => this.fail(code, text),
    };
    this.view = {
      owner: new Uint8Array(NAME_OCTETS_MAX),
      ownerLength: 0,
      ownerRepeated: false,
      type: 0,
      class: CLASS_IN,
      ttl: 0,
      rdata: out,
      rdataLength: 0,
      file: 0,
      offset: 0,
    };
  }

  /** Parses the main file. @param origin uncompressed wire octets of the first origin. */
  parse(main: Source, origin: Uint8Array): void {
    this.setOrigin(origin, origin.length);
    this.parseSource(main, this.sources.begin(main));
    this.sources.end();
  }

  private parseSource(source: Source, file: number): void {
    this.source = source;
    this.file = file;
    this.lexer = new Lexer(source.octets, byteOrderMark(source), source.length);
    this.ctx.lexer = this.lexer;
    this.ownerKnown = false;
    while (!this.lexer.atEnd()) this.parseEntry();
    if (source.length > 0 && source.octets[source.length - 1] !== 0x0a) {
      this.report('FINAL_NEWLINE_MISSING', source.length, 1, 'the last line has no newline');
    }
  }

  // --- one entry --------------------------------------------------------------------------------------------

  private parseEntry(): void {
    const lexer = this.lexer;
    const ownerOmitted = lexer.startsBlank();
    const kind = lexer.next();
    if (kind === TOKEN_END) return;
    this.view.offset = lexer.start;
    if (!this.parseEntryBody(ownerOmitted)) lexer.skipEntry();
  }

  private parseEntryBody(ownerOmitted: boolean): boolean {
    const lexer = this.lexer;
    if (lexer.kind === TOKEN_ERROR) return this.failLexer();
    if (ownerOmitted) {
      if (!this.ownerKnown) return this.fail('OWNER_MISSING', 'no owner name before this record');
      return this.parseRecord();
    }
    if (lexer.octets[lexer.start] === DOLLAR && lexer.kind === TOKEN_WORD) {
      return this.parseDirective();
    }
    if (!this.parseOwner()) return false;
    lexer.next();
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
    for (let i = start; i < stop; i++) if (octets[i] !== octets[before + i - start]) return false;
    return true;
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
    this.recordTtl = TTL_UNKNOWN;
    let classSeen = false;
    for (;;) {
      if (lexer.kind !== TOKEN_WORD) return this.failWord('a TTL, class or type');
      const first = octets[lexer.start]!;
      if (first >= 0x30 && first <= 0x39) {
        if (this.recordTtl !== TTL_UNKNOWN) return this.failNumber('TYPE_UNKNOWN', 'a second TTL');
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
    const lexer = this.lexer;
    const ttl = scanPeriod(lexer.octets, lexer.start, lexer.stop);
    if (ttl < 0) return this.fail('TTL_INVALID', `not a TTL: ${this.tokenText()}`);
    this.recordTtl = ttl > TTL_MAX ? this.ttlTooLarge() : ttl;
    return true;
  }

  private ttlTooLarge(): number {
    this.fail('TTL_TOO_LARGE', `TTL ${this.tokenText()} is above ${TTL_MAX} and counts as 0`);
    return 0;
  }

  private checkType(type: number): number {
    if (type < 0) return this.failNumber('TYPE_UNKNOWN', `unknown RR type ${this.tokenText()}`);
    if (type === 0 || ((type === 41 || type >= 128) && (typeByCode(type)?.meta ?? false))) {
      return this.failNumber('TYPE_META', `${typeText(type)} is not a type of zone data`);
    }
    return type;
  }

  private checkClass(code: number): boolean {
    if (code === CLASS_IN) return true;
    return this.fail('CLASS_MISMATCH', `class ${classText(code)} in a zone of class IN`);
  }

  /** RFC 1035 §5.1 and RFC 2308 §4: own TTL, else $TTL, else the last one given, else the SOA's minimum. */
  private settleTtl(): boolean {
    const view = this.view;
    if (this.recordTtl !== TTL_UNKNOWN) {
      this.lastTtl = this.recordTtl;
      view.ttl = this.recordTtl;
    } else if (this.defaultTtl !== TTL_UNKNOWN) {
      view.ttl = this.defaultTtl;
    } else if (this.lastTtl !== TTL_UNKNOWN) {
      view.ttl = this.lastTtl;
    } else if (view.type === TYPE_SOA) {
      const minimum = readU32(view.rdata, view.rdataLength - 4);
      this.report(
        'TTL_DEFAULTED',
        view.offset,
        1,
        `no TTL given, using the SOA minimum ${minimum}`,
      );
      this.lastTtl = Math.min(minimum, TTL_MAX);
      view.ttl = this.lastTtl;
    } else {
      this.report('TTL_MISSING', view.offset, 1, 'no TTL given and none to inherit');
      return false;
    }
    return true;
  }

  // --- directives -------------------------------------------------------------------------------------------

  private parseDirective(): boolean {
    const lexer = this.lexer;
    const name = this.tokenString().toUpperCase();
    switch (name) {
      case '$ORIGIN':
        return this.parseOrigin();
      case '$TTL':
        return this.parseDefaultTtl();
      case '$INCLUDE':
        return this.parseInclude();
      case '$GENERATE':
        return this.parseGenerate(lexer.start);
      case '$DATE':
        // BIND writes it into dumps; the time of a dump is nothing to serve
        lexer.skipEntry();
        return true;
      default:
        return this.fail('DIRECTIVE_UNKNOWN', `unknown directive ${this.tokenText()}`);
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
    const saved = this.recordTtl;
    if (!this.takeTtl()) return false;
    const ttl = this.recordTtl;
    this.recordTtl = saved;
    if (!this.expectEnd()) return false;
    this.defaultTtl = ttl;
    return true;
  }

  /** RFC 1035 §5.1: origin and owner of the including file are as before when the included one ends. */
  private parseInclude(): boolean {
    const lexer = this.lexer;
    const kind = lexer.next();
    if (kind !== TOKEN_WORD && kind !== TOKEN_QUOTED) {
      return this.failWord('a file name after $INCLUDE') >= 0;
    }
    const path = this.tokenString();
    const at = lexer.start;
    const length = lexer.stop - lexer.start;
    let origin = this.ctx.origin;
    let originLength = this.ctx.originLength;
    if (lexer.next() !== TOKEN_END) {
      origin = new Uint8Array(NAME_OCTETS_MAX);
      originLength = this.parseNameToken(origin, '$INCLUDE');
      if (originLength < 0 || !this.expectEnd()) return false;
    }
    const opened = this.sources.include(path, this.source);
    if (typeof opened !== 'number') {
      this.report(opened.code, at, length, opened.text);
      return true;
    }
    this.parseIncluded(opened, origin, originLength);
    return true;
  }

  private parseIncluded(file: number, origin: Uint8Array, originLength: number): void {
    const { lexer, source, file: outerFile, ctx } = this;
    const { origin: outerOrigin, originLength: outerOriginLength } = ctx;
    const restoreOwner = this.saveOwner();
    this.setOrigin(origin, originLength);
    const included = this.sources.sources[file];
    if (included !== undefined) this.parseSource(included, file);
    this.sources.end();
    this.lexer = lexer;
    ctx.lexer = lexer;
    this.source = source;
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

  private parseGenerate(at: number): boolean {
    const generator = generatorFrom(this.lexer, (code, text) => this.fail(code, text));
    if (generator === null) return false;
    const outer = this.lexer;
    const restoreOwner = this.saveOwner();
    this.override = at;
    this.runGenerator(generator);
    this.override = NO_OVERRIDE;
    this.lexer = outer;
    this.ctx.lexer = outer;
    restoreOwner();
    return true;
  }

  /** Each step is an entry of its own; the first step with a problem ends the directive. */
  private runGenerator(generator: Generator): void {
    for (let step = 0; step < generator.count; step++) {
      const text = generator.text(step);
      this.lexer = new Lexer(text, 0, text.length - 1);
      this.ctx.lexer = this.lexer;
      this.ownerKnown = false;
      this.lexer.next();
      const problemsBefore = this.problems.errorCount;
      this.parseEntryBody(false);
      if (this.problems.errorCount > problemsBefore) break;
    }
  }

  // --- problems ---------------------------------------------------------------------------------------------

  private expectEnd(): boolean {
    const kind = this.lexer.next();
    if (kind === TOKEN_END) return true;
    if (kind === TOKEN_ERROR) return this.failLexer();
    return this.fail('SYNTAX_EXTRA', `extra text ${this.tokenText()}`);
  }

  private failWord(expected: string): -1 {
    const kind = this.lexer.kind;
    if (kind === TOKEN_ERROR) this.failLexer();
    else if (kind === TOKEN_END)
      this.fail('SYNTAX_MISSING', `the line ends where ${expected} is due`);
    else this.fail('SYNTAX_EXTRA', `a quoted string where ${expected} is due`);
    return -1;
  }

  private failLexer(): false {
    if (this.lexer.error === LEX_QUOTE)
      return this.fail('SYNTAX_QUOTE', 'unterminated quoted string');
    return this.fail('SYNTAX_PARENTHESIS', 'unbalanced parenthesis');
  }

  private failNumber(code: ProblemCode, text: string): -1 {
    this.fail(code, text);
    return -1;
  }

  private fail(code: ProblemCode, text: string): false {
    const { start, stop } = this.lexer;
    this.report(code, start, stop - start, text);
    return false;
  }

  private report(code: ProblemCode, offset: number, length: number, text: string): void {
    if (!this.problems.wants(code)) {
      this.problems.skip(code);
      return;
    }
    const generated = this.override !== NO_OVERRIDE;
    const place = placeOf(this.source, generated ? this.override : offset);
    const at = { file: this.source.path, ...place, length: Math.max(1, generated ? 9 : length) };
    this.problems.add(code, at, generated ? `in $GENERATE: ${text}` : text);
  }

  /** The token with its escapes undone: a file name, a directive. */
  private tokenString(): string {
    const { octets, start, stop } = this.lexer;
    const text = Buffer.from(octets.subarray(start, stop)).toString('utf8');
    return this.lexer.escaped ? text.replace(/\\(.)/g, '$1') : text;
  }

  /** The token in quotes for a message, cut short: an include may have opened a file that is none of ours. */
  private tokenText(): string {
    const { octets, start, stop } = this.lexer;
    const shown = octets.subarray(start, Math.min(stop, start + PROBLEM_TOKEN_OCTETS_MAX));
    const text = Buffer.from(shown)
      .toString('latin1')
      .replace(/[^\x20-\x7e]/g, '?');
    return stop - start > PROBLEM_TOKEN_OCTETS_MAX ? `'${text}…'` : `'${text}'`;
  }
}

function byteOrderMark(source: Source): number {
  const { octets, length } = source;
  return length >= 3 && octets[0] === 0xef && octets[1] === 0xbb && octets[2] === 0xbf ? 3 : 0;
}
