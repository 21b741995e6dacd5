/**
 * Zones served without their broken records are the zones that their text without those records gives: one record
 * spoiled in many ways, and random damage.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PROBLEM_CODES } from '../../src/base/problem-codes.js';
import type { ProblemRow } from '../../src/base/problem-row.js';
import { compileZone } from '../../src/index/compile.js';
import type { ReadZone } from '../../src/load/load-zone.js';
import { nameText } from '../../src/wire/name-text.js';
import { canonicalOrder } from '../../src/zone/canonical.js';
import type { Zone } from '../../src/zone/zone.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { type Random, seededRandom } from '../fuzz/random.js';
import { readText } from '../support/zones.js';

const HEAD = '@ 300 SOA ns1 hostmaster 1 7200 900 1209600 300\n@ 300 NS ns1\nns1 300 A 192.0.2.1\n';

function read(text: string): ReadZone {
  return readText('example.test', text, { ignoreBroken: true });
}

/** All names of a zone, empty non-terminals included. */
function names(zone: Zone): string[] {
  const { octets, offsets } = zone.names;
  return [...canonicalOrder(zone)].map((owner) => nameText(octets, offsets[owner]!));
}

// --- one record spoiled -------------------------------------------------------------------------------------

type Entry = {
  readonly owner: string;
  /** Whether the owner is left out if it is that of the entry before. */
  readonly short: boolean;
  /** `null`: inherited. */
  readonly ttl: number | null;
};

/** Type and RDATA of a record that cannot be served, at any owner below the apex. */
const SPOILED = [
  'A 192.0.2.999',
  'AAAA ::g',
  'MX 10',
  'MX 10 ns1 x',
  'NOTYPE x',
  'CH TXT x',
  'TXT "open',
  'TXT \\300',
  'CAA ( 0\n issue )',
  'SOA a b 1 2 3 4 5',
];
const OWNERS = ['a', 'b', 'x.a', 'c.d.e', 'y.c.d.e', '*.f', '*.d.e'];
const BROKEN_OWNERS = ['a..b', '.a', `${'a'.repeat(64)}`, 'a\\256'];

const entries = fc.array(
  fc.record({
    owner: fc.constantFrom(...OWNERS),
    short: fc.boolean(),
    ttl: fc.option(fc.integer({ min: 0, max: 1000 })),
  }),
  { minLength: 1, maxLength: 12 },
);

/** The text with the entry at `broken` spoiled, the rest spelled out without it, and how many records are left out. */
function texts(
  list: readonly Entry[],
  broken: number,
  spoiled: string,
  brokenOwner: string | null,
): { whole: string; rest: string; leftOut: number } {
  let whole = HEAD;
  let rest = HEAD;
  let ttl = 300;
  let leftOut = 0;
  let before = '';
  let ownerKnown = true;
  list.forEach((entry, i) => {
    const omitted = entry.short && entry.owner === before;
    const ownTtl = entry.ttl === null ? '' : `${entry.ttl} `;
    const isBroken = i === broken;
    const owner = isBroken && brokenOwner !== null ? brokenOwner : omitted ? ' ' : entry.owner;
    const data = isBroken && brokenOwner === null ? spoiled : `TXT ${i}`;
    whole += `${owner} ${ownTtl}${data}\n`;
    if (owner !== ' ') ownerKnown = owner === entry.owner;
    // the rest of a line with a broken owner is not read, nor is that of one without owner behind it
    if (ownerKnown) ttl = entry.ttl ?? ttl;
    if (isBroken || !ownerKnown) leftOut++;
    else rest += `${entry.owner} ${ttl} ${data}\n`;
    before = entry.owner;
  });
  return { whole, rest, leftOut };
}

test('broken records: with one spoiled the zone is that of the text without it', () => {
  fc.assert(
    fc.property(
      entries,
      fc.nat(),
      fc.constantFrom(...SPOILED),
      fc.option(fc.constantFrom(...BROKEN_OWNERS)),
      (list, at, spoiled, brokenOwner) => {
        const { whole, rest, leftOut } = texts(list, at % list.length, spoiled, brokenOwner);
        const found = read(whole);
        const wanted = readText('example.test', rest);
        assert.ok(found.zone !== null && wanted.zone !== null);
        assert.deepEqual([...zoneLines(found.zone)], [...zoneLines(wanted.zone)], whole);
        assert.deepEqual(names(found.zone), names(wanted.zone), whole);
        assert.equal(wanted.problems.errorCount, 0);
        assert.equal(found.problems.errorCount, 0);
        assert.equal(found.problems.warningCount, wanted.problems.warningCount + leftOut, whole);
      },
    ),
    { numRuns: 300 },
  );
});

test('broken records: names that only a broken record has are not there, wildcards answer for them', () => {
  const good = `${HEAD}*.w 300 A 192.0.2.5\na 300 CNAME x.w\nb 300 CNAME z.y.w\n`;
  const broken = 'x.w 300 SOA a b 1 2 3 4 5\nz.y.w 300 SOA a b 1 2 3 4 5\n*.y.w 300 NS ns1\n';
  const [found, wanted] = [read(good + broken).zone, read(good).zone];
  assert.ok(found !== null && wanted !== null);
  assert.deepEqual(names(found), names(wanted));
  assert.deepEqual(Buffer.from(compileZone(found)), Buffer.from(compileZone(wanted)));
});

// --- random damage ------------------------------------------------------------------------------------------

const MUTATIONS = 500;
const GOOD = [
  'a A 192.0.2.2',
  '  AAAA 2001:db8::2',
  '  TXT "one" "two; three"',
  'www CNAME a',
  'mail A 192.0.2.3',
  '@ MX 10 mail',
  '  MX 20 a',
  'sub NS ns.sub',
  'ns.sub A 192.0.2.4',
  '*.w A 192.0.2.5',
  '  TXT w',
  'old DNAME new',
  '_sip._tcp SRV 0 0 5060 mail',
  'x.y.z TYPE65280 \\# 4 c0000205',
].join('\n');
const PIECES = [
  ...['"', '\\', '\\256', ';', ' ', '\n', '\n ', '\r', '\0', '\xff', '@', '.', '..', '*', '(', ')'],
  ...[
    'A',
    'NS',
    'SOA',
    'CNAME',
    'DNAME',
    'TXT x',
    'CH',
    'IN',
    '60',
    '6O',
    '192.0.2.9',
    '\\# 0',
    'a',
  ],
  ...['\na A 192.0.2.2', '\na CNAME b', '\n*.w NS a', '\nw SOA a b 1 2 3 4 5'],
];

function mutated(random: Random): string {
  let text = GOOD;
  for (let count = 1 + random(5); count > 0; count--) {
    const at = random(text.length + 1);
    const piece = random(4) === 0 ? '' : PIECES[random(PIECES.length)]!;
    text = text.slice(0, at) + piece + text.slice(at + (random(3) === 0 ? random(12) : random(2)));
  }
  return `$TTL 300\n${HEAD}${text}\n`;
}

/** The lines of records that were left out for an error. */
function leftOutLines({ problems }: ReadZone): Set<number> {
  const lines = new Set<number>();
  for (const { code, line } of problems.items) {
    const row: ProblemRow = PROBLEM_CODES[code];
    if (row.spoils === 'record') lines.add(line);
  }
  return lines;
}

/** The text without some lines; what inherits its owner says it instead. Each entry is one line. */
function without(text: string, lines: ReadonlySet<number>): string {
  let owner = '';
  const kept: string[] = [];
  text.split('\n').forEach((line, i) => {
    const own = /^(?:\\.|[^\s;"\\])+/.exec(line)?.[0] ?? /^"(?:\\.|[^"\\])*"/.exec(line)?.[0];
    owner = own ?? owner;
    if (lines.has(i + 1)) return;
    kept.push(own === undefined && !/^[ \t\r]*(?:;|$)/.test(line) ? `${owner}${line}` : line);
  });
  return kept.join('\n');
}

test('broken records: what damaged text serves is what it holds without the lines warned of', (t) => {
  const seed = Date.now() % 0x7fffffff;
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  let compared = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const text = mutated(random);
    const context = JSON.stringify(text);
    const found = readMutated(text, context);
    if (found.zone === null || found.problems.errorCount > 0) continue;
    const lines = [...zoneLines(found.zone)];
    const again = read(`${lines.join('\n')}\n`);
    assert.ok(again.zone !== null, context);
    assert.deepEqual([...zoneLines(again.zone)], lines, context);
    assert.deepEqual([...leftOutLines(again)], [], context);
    // where entries may have several lines there is no second way to tell them
    if (/[()]/.test(text)) continue;
    const rest = read(without(text, leftOutLines(found)));
    assert.ok(rest.zone !== null, context);
    assert.deepEqual([...leftOutLines(rest)], [], context);
    assert.deepEqual([...zoneLines(rest.zone)], lines, context);
    compared++;
  }
  assert.ok(compared > MUTATIONS / 2, `${compared} compared`);
});

function readMutated(text: string, context: string): ReadZone {
  try {
    return read(text);
  } catch (error) {
    throw new Error(`threw at ${context}`, { cause: error });
  }
}
