/**
 * Octet soup and mutated master files to the loader: it must not throw, must not take long, places must lie in the
 * file, and what it prints it must read again as the same zone.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceFromOctets } from '../../src/base/source.js';
import { type ReadZone, readZone } from '../../src/load/load-zone.js';
import type { Zone } from '../../src/zone/zone.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { name } from '../support/zones.js';
import type { Random } from './random.js';

const FOLDERS = ['zonefile', 'check'].map((folder) =>
  fileURLToPath(new URL(`../../../test/data/${folder}/`, import.meta.url)),
);
const ORIGIN = name('example.com');
/** What a mutation puts in: whatever the grammar knows. */
const PIECES = [
  ...[
    '(',
    ')',
    '"',
    '\\',
    '\\0',
    '\\255',
    '\\256',
    ';',
    '\n',
    '\r\n',
    '\t',
    ' ',
    '\0',
    '\xff',
    '@',
  ],
  ...['$', '$$', '${', '${1,2,x}', '$TTL ', '$ORIGIN ', '$GENERATE 1-3 ', '$INCLUDE ', '\\# '],
  ...['0', '-1', '4294967296', '1h', 'IN', 'CH', 'TYPE1', 'TYPE65535', 'A', 'SOA', 'NS', 'CNAME'],
  ...[
    '.',
    '..',
    '*',
    '*.',
    '::',
    '1.2.3.4',
    'a'.repeat(64),
    'a.'.repeat(128),
    'DNAME',
    'RRSIG',
    'LOC',
  ],
];
const SOUP_OCTETS_MAX = 400;
const READ_MS_MAX = 2000;

/** Fuzzes until `deadlineMs` (of `Date.now`). @returns how many files were tried. */
export function fuzzZoneFiles(random: Random, deadlineMs: number): number {
  const seeds = FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.zone'))
      .map((file) => readFileSync(join(folder, file))),
  );
  let tried = 0;
  for (; tried === 0 || Date.now() < deadlineMs; tried++) {
    const text = random(5) === 0 ? soup(random) : mutated(seeds[random(seeds.length)]!, random);
    checkText(text);
  }
  return tried;
}

function soup(random: Random): Buffer {
  const octets = Buffer.alloc(random(SOUP_OCTETS_MAX));
  for (let i = 0; i < octets.length; i++) octets[i] = random(256);
  return octets;
}

function mutated(seed: Buffer, random: Random): Buffer {
  let text = seed;
  for (let count = 1 + random(6); count > 0; count--) {
    const at = random(text.length + 1);
    const removed = random(3) === 0 ? random(20) : random(2);
    const piece = random(4) === 0 ? '' : PIECES[random(PIECES.length)]!;
    const rest = text.subarray(at + removed);
    text = Buffer.concat([text.subarray(0, at), Buffer.from(piece, 'latin1'), rest]);
  }
  return text;
}

function read(text: Uint8Array): ReadZone {
  const path = join(FOLDERS[0]!, 'fuzz.zone');
  const root = FOLDERS[0]!;
  const request = {
    path,
    origin: ORIGIN,
    originCertain: true,
    root,
    includeOutside: false,
    strict: false,
  };
  return readZone(request, sourceFromOctets(path, text));
}

function checkText(text: Buffer): void {
  const context = text.toString('base64');
  const started = performance.now();
  let found: ReadZone;
  try {
    found = read(text);
  } catch (error) {
    throw new Error(`threw at ${context}`, { cause: error });
  }
  assert.ok(performance.now() - started < READ_MS_MAX, `slow: ${context}`);
  for (const { line, column, length, text: message } of found.problems.items) {
    assert.ok(line >= 0 && column >= 0 && length >= 1 && message !== '', context);
  }
  if (found.zone !== null) checkPrinted(found.zone, context);
}

function checkPrinted(zone: Zone, context: string): void {
  const lines = [...zoneLines(zone)];
  const again = read(Buffer.from(`${lines.join('\n')}\n`, 'latin1'));
  assert.ok(again.zone !== null, context);
  assert.deepEqual([...zoneLines(again.zone)], lines, context);
}
