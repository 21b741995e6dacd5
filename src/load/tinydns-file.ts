/**
 * A tinydns file, `data` or data.cdb, read into records and client locations. What is wrong with a line or an entry is
 * a problem, and belongs to the zone with the longest apex above the name that it is about.
 * Must not know: how zones are built, what is served.
 */
import { errorText } from '../base/errors.js';
import { TINYDNS_ERRORS_MAX } from '../base/limits.js';
import { type Problem, ProblemList, wholeFile } from '../base/problem.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { lineSpan, placeOf, readSource, type Source } from '../base/source.js';
import type { LocationPrefix } from '../index/locations.js';
import { CdbReader } from '../parse/cdb.js';
import { isCode } from '../parse/include.js';
import { parseTinydns } from '../parse/tinydns.js';
import { readTinydnsCdb } from '../parse/tinydns-cdb.js';
import type { TinydnsDialect } from '../parse/tinydns-kinds.js';
import { nameOfLine } from '../parse/tinydns-text.js';
import { nameText } from '../wire/name-text.js';
import { ConditionalRecords } from '../zone/conditional-records.js';
import { DataZones, type ZoneNumber } from '../zone/data-zones.js';

/** How a file is meant. Plain values: it crosses a thread border. */
export type DataRules = {
  readonly dialect: TinydnsDialect;
  /** See zone/conditional-records.ts. */
  readonly taiAdjust: number;
  /** Whether locations count; if not, every client gets all records. */
  readonly locations: boolean;
  /** Serves zones without their broken records, each of which is a warning then; `strict` outdoes it. */
  readonly ignoreBroken: boolean;
  /** Turns warnings into errors. */
  readonly strict: boolean;
  /** Answers as tinydns does, not as RFC 4592 and RFC 2181 §5.2 have it. */
  readonly asTinydns: boolean;
};

/** What a file holds. */
export type DataFile = {
  readonly source: Source;
  /** Whether it is a data.cdb. */
  readonly isDatabase: boolean;
  readonly zones: DataZones;
  readonly data: ConditionalRecords;
  readonly prefixes: readonly LocationPrefix[];
  /** By zone, in the order of the text; zones without any are missing. */
  readonly problemsOf: ReadonlyMap<ZoneNumber, readonly Problem[]>;
  /** Of the file as a whole, and of lines that are in no zone. */
  readonly problems: ProblemList;
};

/** A file that gives no zones, and why. */
export type UnreadFile = {
  /** `null` if it could not be read at all. */
  readonly source: Source | null;
  readonly zones: null;
  readonly problems: ProblemList;
};

/** Octets of a file for each record that room is made for at first. */
const OCTETS_PER_RECORD = 32;
const NO_ZONE = -1;

/** Codes of files that cannot be read, by the system's. */
const READ_FAULTS: readonly (readonly [system: string, code: ProblemCode])[] = [
  ['EFBIG', 'FILE_TOO_LARGE'],
  ['ESTALE', 'FILE_CHANGED'],
];

/** Reads a file. Whatever is wrong is told in the result. @param main its text, if that is at hand already */
export function readDataFile(
  path: string,
  rules: DataRules,
  main: Source | null = null,
): DataFile | UnreadFile {
  const problems = new ProblemList(rules.strict, TINYDNS_ERRORS_MAX, rules.ignoreBroken);
  const source = main ?? open(path, problems);
  if (source === null) return { source, zones: null, problems };
  const reading = new Reading(source, rules, problems);
  const isDatabase = isCdb(source);
  if (isDatabase) reading.readCdb();
  else reading.readText(rules.dialect);
  return reading.finish(isDatabase);
}

/** Whether a file is a data.cdb: by its name, so that a damaged one is told to be damaged, or by its content. */
function isCdb({ path, octets, length }: Source): boolean {
  return path.endsWith('.cdb') || new CdbReader(octets, length).fault === null;
}

/** Where the record at an offset stands, for people: a database has no lines. */
export function placeInFile(
  { source, isDatabase }: Pick<DataFile, 'source' | 'isDatabase'>,
  offset: number,
): { readonly file: string; readonly line: number; readonly column: number } {
  const place = isDatabase ? { line: 0, column: 0 } : placeOf(source, offset);
  return { file: source.path, ...place };
}

class Reading {
  private readonly source: Source;
  private readonly problems: ProblemList;
  private readonly data: ConditionalRecords;
  private readonly prefixes: LocationPrefix[] = [];
  private readonly sink: Parameters<typeof parseTinydns>[1];
  private readonly rules: DataRules;
  /** Names of a database's entries that are broken, by the number of the problem. */
  private readonly brokenKeys = new Map<number, Uint8Array>();

  constructor(source: Source, rules: DataRules, problems: ProblemList) {
    this.source = source;
    this.problems = problems;
    this.rules = rules;
    const expected = Math.ceil(source.length / OCTETS_PER_RECORD);
    const data = new ConditionalRecords(expected, source.length, rules);
    this.data = data;
    this.sink = {
      record: (record) => data.record(record),
      location: (location, address, bits) => {
        this.prefixes.push({ location, address: address.slice(), bits });
      },
    };
  }

  readText(dialect: TinydnsDialect): void {
    const { source, sink, problems } = this;
    const mtimeSeconds = Math.floor((source.stamp?.mtimeMs ?? 0) / 1000);
    parseTinydns(source, sink, problems, { dialect, mtimeSeconds });
  }

  readCdb(): void {
    const { source, sink, problems, brokenKeys } = this;
    readTinydnsCdb(source, sink, problems, (key) => brokenKeys.set(problems.items.length, key));
  }

  finish(isDatabase: boolean): DataFile | UnreadFile {
    const { source, problems, data, prefixes } = this;
    const whole = problems.items.find(({ code }) => code === 'CDB_DAMAGED');
    if (problems.errorCount > TINYDNS_ERRORS_MAX) {
      const at = wholeFile(source.path);
      problems.add('TINYDNS_ERRORS', at, 'too many errors to say which zones they are in');
    }
    if (whole !== undefined || problems.errorCount > TINYDNS_ERRORS_MAX) {
      return { source, zones: null, problems };
    }
    const zones = new DataZones(data, !this.rules.asTinydns);
    const { wide, problemsOf } = this.share(zones);
    const file = { source, isDatabase, zones, data, prefixes, problemsOf, problems: wide };
    reportOutside(file);
    return file;
  }

  /** Gives each problem to the zone that it is in, the others to the file. */
  private share(zones: DataZones): { wide: ProblemList; problemsOf: Map<ZoneNumber, Problem[]> } {
    const wide = new ProblemList(this.rules.strict);
    const problemsOf = new Map<ZoneNumber, Problem[]>();
    for (const [index, problem] of this.problems.items.entries()) {
      const name = this.nameAt(index, problem);
      const zone = name === null ? NO_ZONE : zones.zoneAbove(name);
      if (zone === NO_ZONE) wide.take(problem);
      else addTo(problemsOf, zone, problem);
    }
    return { wide, problemsOf };
  }

  /** The name that a problem is about. */
  private nameAt(index: number, { line }: Problem): Uint8Array | null {
    const key = this.brokenKeys.get(index);
    if (key !== undefined) return key;
    if (line === 0) return null;
    const { start, stop } = lineSpan(this.source, line);
    return nameOfLine(this.source.octets, start, stop);
  }
}

function open(path: string, problems: ProblemList): Source | null {
  try {
    return readSource(path);
  } catch (error) {
    const fault = READ_FAULTS.find(([system]) => isCode(error, system));
    const at = wholeFile(path);
    problems.add(fault?.[1] ?? 'FILE_UNREADABLE', at, errorText(error));
    return null;
  }
}

function addTo<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** Tells which records are in no zone: nobody gets them. */
function reportOutside(file: DataFile): void {
  const { zones, data, problems } = file;
  const { records, names } = data;
  for (const record of zones.outside) {
    if (!problems.wants('OUT_OF_ZONE')) {
      problems.skip('OUT_OF_ZONE');
      continue;
    }
    const name = nameText(names.octets, names.offsets[records.owner[record]!]!);
    const at = { ...placeInFile(file, records.position[record]!), length: 1 };
    problems.add('OUT_OF_ZONE', at, `${name} is in no zone of this file, record left out`);
  }
}
