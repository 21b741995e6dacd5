/**
 * Zones in the JSON form of the npm package dns-zonefile. Its strings are pieces of a master file (RFC 1035 §5.1):
 * names may be relative to `$origin`, texts have quotes and escapes. So each record becomes the text of one entry and
 * is parsed as that; whatever would be more than its field there is refused. Must not know: what a zone is.
 */
import { JSON_FIELD_LENGTH_MAX, PROBLEM_TOKEN_OCTETS_MAX } from '../base/limits.js';
import type { ProblemList } from '../base/problem.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { placeOf, type Source, textStart } from '../base/source.js';
import { JSON_FULL_NAME, JSON_TYPES, type JsonField, type JsonType } from '../wire/json-types.js';
import { nameFromText } from '../wire/name-text.js';
import { typeText } from '../wire/rrtypes.js';
import { Faults } from './faults.js';
import { type JsonMember, type JsonNode, readJson } from './json-tree.js';
import { Lexer } from './lexer.js';
import { RecordParser } from './record-parser.js';
import type { RecordSink } from './record-sink.js';
import { TTL_NONE } from './ttl-rule.js';

const ROOT = new Uint8Array(1);
const APEX = '@';
/** What dns-zonefile replaces by the time at which it writes, in seconds since 1970. */
const TIME = '{time}';

/** One word of a master file. */
const WORD = /^(?:\\.|[^\s();"\\])+$/;
/** Words and quoted strings with blanks between. */
const TEXT =
  /^(?:"(?:\\.|[^"\\\n])*"|(?:\\.|[^\s();"\\])+)(?:[ \t]+(?:"(?:\\.|[^"\\\n])*"|(?:\\.|[^\s();"\\])+))*$/;
const QUOTED = /"(?:\\.|[^"\\\n])*"/g;

/** A document that has been read; its records have not. */
export type ZoneJson = {
  /** What names are relative to. */
  readonly origin: Uint8Array;
  /** Hands the records to a sink; `file` is 0 in all of them, `offset` where the record's object begins. */
  readonly parse: (sink: RecordSink) => void;
};

/**
 * Reads a document.
 * @param nowSeconds since 1970: the serial that is written `{time}`
 * @returns `null` after an error that leaves nothing to parse
 */
export function readZoneJson(
  source: Source,
  problems: ProblemList,
  nowSeconds: number,
): ZoneJson | null {
  const report = new Reporter(source, problems);
  const root = readJson(source.octets, textStart(source), source.length);
  if (!('kind' in root)) {
    report.at('JSON_SYNTAX', root.at, 1, root.text);
    return null;
  }
  if (root.kind !== 'object') {
    report.node('JSON_SYNTAX', root, 'a zone is an object');
    return null;
  }
  const members = membersOf(root.members, report);
  const origin = originOf(members, report);
  if (origin === null) return null;
  return {
    origin,
    parse(sink) {
      new ZoneJsonParser(source, problems, report, sink, nowSeconds).parse(members, origin);
    },
  };
}

type Members = ReadonlyMap<string, JsonMember>;

function membersOf(list: readonly JsonMember[], report: Reporter): Members {
  const members = new Map<string, JsonMember>();
  for (const member of list) {
    if (members.has(member.key)) report.key(member, 'is there twice');
    else members.set(member.key, member);
  }
  return members;
}

/** `$origin`, else the SOA's own name, which then must be absolute. */
function originOf(members: Members, report: Reporter): Uint8Array | null {
  const given = members.get('$origin')?.value ?? soaName(members.get('soa')?.value);
  if (given === undefined) return ROOT;
  const origin = given.kind === 'string' ? nameFromText(given.text) : null;
  if (origin === null) report.node('JSON_SYNTAX', given, 'the origin is not a domain name');
  return origin;
}

function soaName(soa: JsonNode | undefined): JsonNode | undefined {
  if (soa?.kind !== 'object') return undefined;
  const name = soa.members.find(({ key }) => key === 'name')?.value;
  return name?.kind === 'string' && name.text.endsWith('.') ? name : undefined;
}

function isPiece(text: string, pattern: RegExp): boolean {
  return text.length <= JSON_FIELD_LENGTH_MAX && pattern.test(text);
}

/** Whether one of several words has no quotes. */
function hasLooseWords(text: string): boolean {
  const rest = text.replace(QUOTED, '');
  return /\S/.test(rest) && /\s/.test(rest);
}

/** Says what is wrong with parts of the document. */
class Reporter {
  private readonly source: Source;
  private readonly problems: ProblemList;

  constructor(source: Source, problems: ProblemList) {
    this.source = source;
    this.problems = problems;
  }

  node(code: ProblemCode, { start, stop }: JsonNode | JsonMember, text: string): null {
    this.at(code, start, stop - start, text);
    return null;
  }

  key(member: JsonMember, text: string): void {
    const shown = JSON.stringify(member.key.slice(0, PROBLEM_TOKEN_OCTETS_MAX));
    this.node('JSON_KEY', member, `the key ${shown} ${text}`);
  }

  at(code: ProblemCode, offset: number, length: number, text: string): void {
    const { problems, source } = this;
    if (!problems.wants(code)) problems.skip(code);
    else problems.add(code, { file: source.path, ...placeOf(source, offset), length }, text);
  }
}

class ZoneJsonParser {
  private readonly report: Reporter;
  private readonly faults: Faults;
  private readonly records: RecordParser;
  private readonly nowSeconds: number;

  constructor(
    source: Source,
    problems: ProblemList,
    report: Reporter,
    sink: RecordSink,
    nowSeconds: number,
  ) {
    this.report = report;
    this.nowSeconds = nowSeconds;
    this.faults = new Faults(problems, source, new Lexer(source.octets, 0, 0));
    this.records = new RecordParser(sink, this.faults);
  }

  parse(members: Members, origin: Uint8Array): void {
    this.records.setOrigin(origin, origin.length);
    this.parseDefaultTtl(members.get('$ttl')?.value);
    for (const row of JSON_TYPES) {
      const value = members.get(row.key)?.value;
      if (value !== undefined) this.parseType(row, value);
    }
    const known = new Set(['$origin', '$ttl', ...JSON_TYPES.map(({ key }) => key)]);
    for (const member of members.values()) {
      if (!known.has(member.key)) this.report.key(member, 'is of no type that this form has');
    }
  }

  private parseDefaultTtl(value: JsonNode | undefined): void {
    if (value === undefined) return;
    const hasWord = value.kind === 'string' || value.kind === 'number';
    if (!hasWord || !isPiece(value.text, WORD)) {
      this.report.node('JSON_SYNTAX', value, '$ttl is not a TTL');
      return;
    }
    this.readText(value, '$ttl', value.text);
    // what is wrong with it gives records without a TTL of their own another one
    this.faults.inDirective = true;
    this.faults.lexer.next();
    const ttl = this.records.scanTtl();
    if (ttl !== TTL_NONE) this.records.ttl.default = ttl;
    this.faults.inDirective = false;
  }

  /** The SOA stands by itself, other records in an array. */
  private parseType(row: JsonType, value: JsonNode): void {
    const isSingle = row.key === 'soa';
    const items = isSingle ? [value] : value.kind === 'array' ? value.items : null;
    if (items === null) this.report.node('JSON_VALUE', value, `${row.key} is not an array`);
    for (const item of items ?? []) this.parseRecord(row, item);
  }

  private parseRecord(row: JsonType, item: JsonNode): void {
    if (item.kind !== 'object') {
      this.report.node('JSON_VALUE', item, 'a record is an object');
      return;
    }
    const text = this.entryOf(row, item, membersOf(item.members, this.report));
    if (text === null) return;
    this.readText(item, `the ${typeText(row.type)} record`, text);
    this.records.startAt(item.start);
    this.records.ownerKnown = false;
    this.faults.lexer.next();
    this.records.parseOwned();
  }

  /** Goes on with a text that was made of a value. */
  private readText({ start, stop }: JsonNode, name: string, text: string): void {
    const octets = Buffer.from(`${text}\n`);
    this.faults.madeOf = { at: start, length: stop - start, name };
    this.records.read(new Lexer(octets, 0, octets.length - 1));
  }

  /** The text of the entry that a record stands for; `null` after an error. */
  private entryOf(row: JsonType, item: JsonNode, members: Members): string | null {
    const known = ['name', 'ttl', JSON_FULL_NAME, ...row.fields.map(({ name }) => name)];
    for (const member of members.values()) {
      if (!known.includes(member.key)) this.report.key(member, 'is none of this record');
    }
    const name = members.get('name')?.value;
    const ttl = members.get('ttl')?.value;
    const isApex = name === undefined || (name.kind === 'string' && name.text === '');
    const words = [
      isApex ? APEX : this.wordOf(name, 'name'),
      ttl === undefined ? '' : this.wordOf(ttl, 'ttl'),
      'IN',
      typeText(row.type),
    ];
    for (const field of row.fields) {
      const value = members.get(field.name)?.value;
      if (value === undefined) return this.report.node('JSON_VALUE', item, `no ${field.name}`);
      words.push(this.fieldOf(value, field));
    }
    return words.includes(null) ? null : words.join(' ');
  }

  private fieldOf(value: JsonNode, { name, form }: JsonField): string | null {
    if (form !== 'text') return this.wordOf(value, name, form === 'digits');
    if (value.kind !== 'string' || !isPiece(value.text, TEXT)) {
      const text = `${name} is not text as it stands in a zone file: put quotes around it`;
      return this.report.node('JSON_VALUE', value, text);
    }
    if (hasLooseWords(value.text)) {
      const text = 'words without quotes, each of which becomes a character string of its own';
      this.report.node('JSON_WORDS', value, text);
    }
    return value.text;
  }

  /** @param spaced whether blanks may stand in it */
  private wordOf(value: JsonNode, name: string, spaced = false): string | null {
    if (value.kind !== 'string' && value.kind !== 'number') {
      return this.report.node('JSON_VALUE', value, `${name} is neither a string nor a number`);
    }
    const text = spaced ? value.text.replaceAll(' ', '') : value.text;
    if (name === 'serial' && text === TIME) return String(this.nowSeconds);
    if (isPiece(text, WORD)) return text;
    return this.report.node('JSON_VALUE', value, `${name} is not one word of a zone file`);
  }
}
