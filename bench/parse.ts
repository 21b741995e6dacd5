/**
 * Times the way from zone text to a served image in one thread, apart: scanning tokens, parsing records into a sink
 * that drops them, and parsing, building, checking and compiling. `npm run bench:parse [FILE] [ORIGIN]`; without a
 * file a TLD-like zone of 1.0 M records is generated. Each figure is the median of RUNS runs in this process.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ProblemList } from '../src/base/problem.js';
import { placeOf, readSource, type Source } from '../src/base/source.js';
import { compileZone } from '../src/index/compile.js';
import { SourceSet } from '../src/parse/include.js';
import { Lexer, TOKEN_END } from '../src/parse/lexer.js';
import { ZoneFileParser } from '../src/parse/zonefile.js';
import { nameFromText } from '../src/wire/name-text.js';
import { ZoneBuilder } from '../src/zone/builder.js';
import { checkZone } from '../src/zone/check.js';

const RUNS = 7;

type Stage = {
  readonly name: string;
  readonly run: (source: Source, origin: Uint8Array) => number;
};

const STAGES: readonly Stage[] = [
  { name: 'scan tokens', run: scanTokens },
  { name: 'parse records', run: parseRecords },
  { name: 'parse, build, check', run: (source, origin) => build(source, origin).recordCount },
  { name: 'parse, build, check, compile', run: compile },
];

function scanTokens(source: Source): number {
  const lexer = new Lexer(source.octets, 0, source.length);
  let tokens = 0;
  while (!lexer.atEnd()) if (lexer.next() !== TOKEN_END) tokens++;
  return tokens;
}

function sourcesOf(source: Source): SourceSet {
  return new SourceSet({ root: source.path, outside: true });
}

function parseRecords(source: Source, origin: Uint8Array): number {
  let records = 0;
  let octets = 0;
  const sink = {
    record(view: { rdataLength: number }): void {
      records++;
      octets += view.rdataLength;
    },
  };
  new ZoneFileParser(sourcesOf(source), sink, new ProblemList()).parse(source, origin);
  return octets > 0 ? records : 0;
}

function build(source: Source, origin: Uint8Array) {
  const problems = new ProblemList();
  const locate = (_file: number, position: number) => ({
    file: source.path,
    ...placeOf(source, position),
  });
  const expected = Math.ceil(source.length / 32);
  const builder = new ZoneBuilder({ apex: origin, apexCertain: false, expected }, problems, locate);
  new ZoneFileParser(sourcesOf(source), builder, problems).parse(source, origin);
  const zone = builder.build();
  if (zone === null || problems.errorCount > 0) throw new Error('the zone has errors');
  checkZone(zone, problems, locate);
  return zone;
}

function compile(source: Source, origin: Uint8Array): number {
  return compileZone(build(source, origin)).byteLength;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function main(): void {
  const scratch = mkdtempSync(join(tmpdir(), 'hotzone-bench-'));
  const path = process.argv[2] ?? join(scratch, 'tld.zone');
  try {
    if (process.argv[2] === undefined) generate(path);
    const origin = nameFromText(process.argv[3] ?? 'example.');
    if (origin === null) throw new Error('the origin is not a name');
    report(readSource(path), origin);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function generate(path: string): void {
  const generator = fileURLToPath(new URL('./generate.js', import.meta.url));
  execFileSync(process.execPath, [generator, 'tld', path, '--records', '1000000']);
}

function report(source: Source, origin: Uint8Array): void {
  const records = parseRecords(source, origin);
  const megabytes = source.length / 1e6;
  console.log(`${megabytes.toFixed(1)} MB, ${records} records, Node ${process.version}`);
  for (const stage of STAGES) {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now();
      if (stage.run(source, origin) === 0) throw new Error(`${stage.name} did nothing`);
      times.push(performance.now() - start);
    }
    const ms = median(times);
    const perRecord = ((ms * 1e6) / records).toFixed(0);
    const row = [
      stage.name.padEnd(30),
      `${ms.toFixed(0).padStart(6)} ms`,
      `${(megabytes / (ms / 1000)).toFixed(0).padStart(5)} MB/s`,
      `${perRecord.padStart(5)} ns/record`,
      `min ${Math.min(...times).toFixed(0)}, max ${Math.max(...times).toFixed(0)}`,
    ];
    console.log(row.join('  '));
  }
}

main();
