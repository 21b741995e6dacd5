/**
 * Master files: RFC 1035 §5, $TTL of RFC 2308 §4, $GENERATE and TTL units as BIND has them, RFC 3597 §5. One pass over
 * octets; every record goes to a sink, every fault to a problem list, and the parse goes on with the next entry.
 * Ambiguities and what is chosen: docs/ZONEFILE.md. Must not know: what a zone is, or where the files come from.
 */
import { GENERATE_STEPS_MAX, NAME_OCTETS_MAX } from '../base/limits.js';
import type { ProblemList } from '../base/problem.js';
import { type Source, sourceFromOctets, textStart } from '../base/source.js';
import { Faults } from './faults.js';
import { generatorFrom } from './generate.js';
import type { SourceSet } from './include.js';
import { LEX_QUOTE, Lexer, TOKEN_END, TOKEN_ERROR, TOKEN_QUOTED, TOKEN_WORD } from './lexer.js';
import { RecordParser } from './record-parser.js';
import type { RecordSink } from './record-sink.js';
import { TTL_NONE } from './ttl-rule.js';
import { tokenString } from './words.js';

const DOLLAR = 0x24;
const GENERATE = '$GENERATE';

/** Parses one zone's master file and all that it includes. One use per object. */
export class ZoneFileParser {
  private readonly sources: SourceSet;
  private readonly faults: Faults;
  private readonly records: RecordParser;
  private readonly generateSteps: number;
  private lexer: Lexer;

  constructor(
    sources: SourceSet,
    sink: RecordSink,
    problems: ProblemList,
    generateSteps: number = GENERATE_STEPS_MAX,
  ) {
    this.sources = sources;
    this.generateSteps = generateSteps;
    const nothing = sourceFromOctets('', new Uint8Array(0));
    this.lexer = new Lexer(nothing.octets, 0, 0);
    this.faults = new Faults(problems, nothing, this.lexer);
    this.records = new RecordParser(sink, this.faults);
  }

  /** Parses the main file. @param origin uncompressed wire octets of the first origin. */
  parse(main: Source, origin: Uint8Array): void {
    this.records.setOrigin(origin, origin.length);
    this.parseSource(main, this.sources.begin(main));
    this.sources.end();
  }

  private parseSource(source: Source, file: number): void {
    this.faults.source = source;
    this.records.file = file;
    this.read(new Lexer(source.octets, textStart(source), source.length));
    this.records.ownerKnown = false;
    while (!this.lexer.atEnd()) this.parseEntry();
    if (source.length > 0 && source.octets[source.length - 1] !== 0x0a) {
      this.faults.at('FINAL_NEWLINE_MISSING', source.length, 1, 'the last line has no newline');
    }
  }

  /** Goes on with another text. */
  private read(lexer: Lexer): void {
    this.lexer = lexer;
    this.records.read(lexer);
  }

  // --- one entry --------------------------------------------------------------------------------------------

  private parseEntry(): void {
    const lexer = this.lexer;
    const ownerOmitted = lexer.startsBlank();
    const kind = lexer.next();
    if (kind === TOKEN_END) return;
    this.records.startAt(lexer.start);
    this.faults.inDirective = lexer.octets[lexer.start] === DOLLAR && kind === TOKEN_WORD;
    // an open parenthesis makes an entry of all that follows, which is worth a word of its own
    if (!this.parseEntryBody(ownerOmitted) && lexer.skipEntry()) this.records.failLexer();
  }

  private parseEntryBody(ownerOmitted: boolean): boolean {
    const lexer = this.lexer;
    if (lexer.kind === TOKEN_ERROR) {
      // an owner in quotes that do not end: what follows must not go to the owner before it
      if (!ownerOmitted && lexer.error === LEX_QUOTE) this.records.ownerKnown = false;
      return this.records.failLexer();
    }
    if (ownerOmitted) {
      if (this.records.ownerKnown) return this.records.parseRecord();
      return this.faults.atToken(
        'OWNER_MISSING',
        'no owner name that could be read before this record',
      );
    }
    return this.faults.inDirective ? this.parseDirective() : this.records.parseOwned();
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
      case GENERATE:
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
    const length = this.records.parseName(name, '$ORIGIN');
    if (length < 0 || !this.expectEnd()) return false;
    this.records.setOrigin(name, length);
    return true;
  }

  private parseDefaultTtl(): boolean {
    const lexer = this.lexer;
    if (lexer.next() !== TOKEN_WORD) return this.records.failWord('a TTL after $TTL') >= 0;
    const ttl = this.records.scanTtl();
    if (ttl === TTL_NONE || !this.expectEnd()) return false;
    this.records.ttl.default = ttl;
    return true;
  }

  /** RFC 1035 §5.1: origin and owner of the including file are as before when the included one ends. */
  private parseInclude(): boolean {
    const lexer = this.lexer;
    const kind = lexer.next();
    if (kind !== TOKEN_WORD && kind !== TOKEN_QUOTED) {
      return this.records.failWord('a file name after $INCLUDE') >= 0;
    }
    const path = tokenString(this.lexer);
    const at = lexer.start;
    const length = lexer.stop - lexer.start;
    let { origin, originLength } = this.records;
    if (lexer.next() !== TOKEN_END) {
      origin = new Uint8Array(NAME_OCTETS_MAX);
      originLength = this.records.parseName(origin, '$INCLUDE');
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
    const { lexer, records, faults } = this;
    const outerSource = faults.source;
    const { file: outerFile, origin: outerOrigin, originLength: outerOriginLength } = records;
    const restoreOwner = records.saveOwner();
    records.setOrigin(origin, originLength);
    const included = this.sources.sources[file];
    if (included !== undefined) this.parseSource(included, file);
    this.sources.end();
    this.read(lexer);
    faults.source = outerSource;
    records.file = outerFile;
    records.setOrigin(outerOrigin, outerOriginLength);
    restoreOwner();
  }

  /** Each step is an entry of its own; the first step with an error ends the directive, one left out does not. */
  private parseGenerate(at: number): boolean {
    const { faults, lexer } = this;
    // it stands for records and says nothing of those that follow
    faults.inDirective = false;
    const generator = generatorFrom(lexer, this.generateSteps, (code, text) =>
      faults.atToken(code, text),
    );
    if (generator === null) return false;
    const restoreOwner = this.records.saveOwner();
    const errorsBefore = faults.errorCount;
    faults.madeOf = { at, length: GENERATE.length, name: GENERATE };
    for (let step = 0; step < generator.count && faults.errorCount === errorsBefore; step++) {
      const text = generator.text(step);
      this.read(new Lexer(text, 0, text.length - 1));
      this.records.ownerKnown = false;
      this.lexer.next();
      this.records.parseOwned();
    }
    faults.madeOf = null;
    this.read(lexer);
    restoreOwner();
    return true;
  }

  private expectEnd(): boolean {
    const kind = this.lexer.next();
    if (kind === TOKEN_END) return true;
    if (kind === TOKEN_ERROR) return this.records.failLexer();
    return this.faults.atToken('SYNTAX_EXTRA', `extra text ${this.faults.tokenText()}`);
  }
}
