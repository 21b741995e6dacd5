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
import { readSource, type Source } from '../src/base/source.js';
import { compileZone } from '../src/index/compile.js';
import { nameFromText } from '../src/wire/name-text.js';
import type { Zone } from '../src/zone/zone.js';
import { built, checked, collected, parseOnly, scanTokens } from './text-stages.js';

const RUNS = 7;

type Stage = {
  readonly name: string;
  readonly run: (source: Source, origin: Uint8Array) => number;
};

const STAGES: readonly Stage[] = [
  { name: 'scan tokens', run: scanTokens },
  { name: 'parse records', run: parseOnly },
  { name: 'parse, build, check', run: (source, origin) => zoneOf(source, origin).recordCount },
  {
    name: 'parse, build, check, compile',
    run: (source, origin) => compileZone(zoneOf(source, origin)).byteLength,
  },
];

function zoneOf(source: Source, origin: Uint8Array): Zone {
  return checked(built(collected(source, origin), source, origin), source);
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
  const records = parseOnly(source, origin);
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
