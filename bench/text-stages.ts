/**
 * The way from zone text to a zone, cut into what the benchmarks time apart. Must not know: how times are taken.
 */
import { ProblemList } from '../src/base/problem.js';
import { placeOf, type Source } from '../src/base/source.js';
import { SourceSet } from '../src/parse/include.js';
import { Lexer, TOKEN_END } from '../src/parse/lexer.js';
import type { RecordSink } from '../src/parse/record-sink.js';
import { ZoneFileParser } from '../src/parse/zonefile.js';
import { ZoneBuilder } from '../src/zone/builder.js';
import { checkZone } from '../src/zone/check.js';
import { Intake } from '../src/zone/intake.js';
import type { Zone } from '../src/zone/zone.js';

/** Octets of text for each record that room is made for, as the loader does. */
const OCTETS_PER_RECORD = 32;

/** @returns tokens */
export function scanTokens(source: Source): number {
  const lexer = new Lexer(source.octets, 0, source.length);
  let tokens = 0;
  while (!lexer.atEnd()) if (lexer.next() !== TOKEN_END) tokens++;
  return tokens;
}

/** Parses into a sink that drops what it gets. @returns records */
export function parseOnly(source: Source, origin: Uint8Array): number {
  let records = 0;
  const sink = {
    record(): void {
      records++;
    },
  };
  parseInto(source, origin, sink);
  return records;
}

/** All records of a text, ready to build a zone of. */
export function collected(source: Source, origin: Uint8Array): Intake {
  const intake = new Intake(Math.ceil(source.length / OCTETS_PER_RECORD));
  intake.begin(origin);
  parseInto(source, origin, intake);
  return intake;
}

/** @throws Error if there is no zone in the text */
export function built(intake: Intake, source: Source, origin: Uint8Array): Zone {
  const options = { apex: origin, apexCertain: true };
  const zone = new ZoneBuilder(intake, options, new ProblemList(), locator(source)).build();
  if (zone === null) throw new Error('there is no zone in the text');
  return zone;
}

/** Applies the checks. @throws Error if the zone has errors */
export function checked(zone: Zone, source: Source): Zone {
  const problems = new ProblemList();
  checkZone(zone, problems, locator(source));
  if (problems.errorCount > 0) throw new Error('the zone has errors');
  return zone;
}

function parseInto(source: Source, origin: Uint8Array, sink: RecordSink): void {
  const sources = new SourceSet({ root: source.path, outside: true });
  const problems = new ProblemList();
  new ZoneFileParser(sources, sink, problems).parse(source, origin);
  if (problems.errorCount > 0) throw new Error('the text has errors');
}

function locator(source: Source) {
  return (_file: number, position: number) => ({ file: source.path, ...placeOf(source, position) });
}
