/**
 * Entries of tinydns's data.cdb: the layout of keys and values, what is read back, what is refused, and the lines of
 * `data` that stand for them. Comparison with tinydns-data is in test/control/convert.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProblemList } from '../../src/base/problem.js';
import { sourceFromOctets } from '../../src/base/source.js';
import { CdbWriter } from '../../src/parse/cdb.js';
import { parseTinydns } from '../../src/parse/tinydns.js';
import { readTinydnsCdb, TinydnsCdbSink } from '../../src/parse/tinydns-cdb.js';
import { TinydnsDataSink } from '../../src/parse/tinydns-data-sink.js';
import type { TinydnsDialect } from '../../src/parse/tinydns-kinds.js';
import type { TinydnsSink } from '../../src/parse/tinydns-sink.js';
import { type Random, seededRandom } from '../fuzz/random.js';
import { dumpCdb } from '../support/cdb-dump.js';
import { tinydnsCorpus } from '../support/tinydns-corpus.js';

type Entry = readonly [key: string, value: string];

const MTIME_SECONDS = 1234567890;
/** TTL 300 and no time. */
const TAIL = '0000012c0000000000000000';

/** A line in the form that is written, and its entry in hexadecimal. */
const ROWS: readonly (readonly [line: string, ...entry: Entry])[] = [
  ['+a.b:1.2.3.4:300', '0161016200', `00013d${TAIL}01020304`],
  ['+*.a.b:1.2.3.4:300', '0161016200', `00012a${TAIL}01020304`],
  ['+*.:1.2.3.4:300', '00', `00012a${TAIL}01020304`],
  ['+.:1.2.3.4:300', '00', `00013d${TAIL}01020304`],
  ['+a:1.2.3.4:300::ex', '016100', `00013e6578${TAIL}01020304`],
  ['+*.a:1.2.3.4:300::e', '016100', `00012b6500${TAIL}01020304`],
  ['+a:1.2.3.4:0:4000000038af1379', '016100', '00013d000000004000000038af137901020304'],
  [
    '+a:1.2.3.4:4294967295:4000000038af1379:ex',
    '016100',
    '00013e6578ffffffff4000000038af137901020304',
  ],
  [
    '+*a.*.\\056\\072\\134\\040\\001:1.2.3.4:300',
    '022a61012a052e3a5c200100',
    `00013d${TAIL}01020304`,
  ],
  ['&a::ns.B:300', '016100', `00023d${TAIL}026e73014200`],
  ['&a::b.:300', '016100', `00023d${TAIL}016200`],
  ['&a::b\\056c.:300', '016100', `00023d${TAIL}03622e6300`],
  ['&a::.:300', '016100', `00023d${TAIL}00`],
  ['@a::mx.b:10:300', '016100', `000f3d${TAIL}000a026d78016200`],
  ['@a::b.:65535:300', '016100', `000f3d${TAIL}ffff016200`],
  ['Ca:b:300', '016100', `00053d${TAIL}016200`],
  ['^a:.:300', '016100', `000c3d${TAIL}00`],
  [
    'Za:b:c\\056d.e:1:2:3:4:0:300',
    '016100',
    `00063d${TAIL}01620003632e640165000000000100000002000000030000000400000000`,
  ],
  ["'a:b \\072\\134\\377:300", '016100', `00103d${TAIL}0562203a5cff`],
  [`'a:${'x'.repeat(128)}:300`, '016100', `00103d${TAIL}7f${'78'.repeat(127)}0178`],
  [':a:16:\\001x\\001y:300', '016100', `00103d${TAIL}01780179`],
  [`:a:16:\\200${'x'.repeat(128)}:300`, '016100', `00103d${TAIL}80${'78'.repeat(128)}`],
  [
    ':a:28:\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\001:300',
    '016100',
    `001c3d${TAIL}${'00'.repeat(15)}01`,
  ],
  [':a:257:\\000\\005issueca.e:300', '016100', `01013d${TAIL}0005697373756563612e65`],
  [':a:65535::300', '016100', `ffff3d${TAIL}`],
  ['%ex:10.255', '00250aff', '6578'],
  ['%e:', '0025', '6500'],
  ['%:1.2.3.4', '002501020304', '0000'],
];

function source(octets: Uint8Array) {
  return sourceFromOctets('data.cdb', octets);
}

function cdbOf(entries: readonly Entry[]): Uint8Array {
  const writer = new CdbWriter();
  for (const entry of entries) {
    const [key, value] = entry.map((hex) => Buffer.from(hex, 'hex')) as [Buffer, Buffer];
    writer.add(key, key.length, value, value.length);
  }
  return finished(writer);
}

function finished(writer: CdbWriter): Uint8Array {
  const octets = writer.finish();
  assert.ok(octets !== null);
  return octets;
}

/** What a sink is given that takes all of a text. */
function parseInto(text: string, sink: TinydnsSink, dialect: TinydnsDialect = 'debian'): void {
  const problems = new ProblemList();
  const data = sourceFromOctets('data', Buffer.from(text, 'latin1'));
  parseTinydns(data, sink, problems, { dialect, mtimeSeconds: MTIME_SECONDS });
  assert.equal(problems.errorCount, 0);
}

function refuseNothing(_file: number, offset: number, why: string): void {
  assert.fail(`${offset}: ${why}`);
}

function compiled(text: string): Uint8Array {
  const writer = new CdbWriter();
  parseInto(text, new TinydnsCdbSink(writer, refuseNothing));
  return finished(writer);
}

type Printed = {
  readonly text: string;
  readonly refused: readonly string[];
  readonly faults: string[];
};

/** The lines for a database, and what of it has none. */
function printed(octets: Uint8Array): Printed {
  const refused: string[] = [];
  const problems = new ProblemList();
  const sink = new TinydnsDataSink((_, offset, why) => refused.push(`${offset}: ${why}`));
  readTinydnsCdb(source(octets), sink, problems);
  const faults = problems.items.map(({ code, line, text }) => `${code} ${line} ${text}`);
  return { text: Buffer.from(sink.finish()).toString('latin1'), refused, faults };
}

test('lines and their entries, both ways', () => {
  for (const [line, key, value] of ROWS) {
    const octets = compiled(`${line}\n`);
    assert.deepEqual(dumpCdb(Buffer.from(octets)), [[key, value]], line);
    assert.deepEqual(printed(octets), { text: `${line}\n`, refused: [], faults: [] });
  }
});

test('all lines in one file, in their order', () => {
  const text = ROWS.map(([line]) => `${line}\n`).join('');
  const octets = compiled(text);
  const entries = ROWS.map(([, key, value]) => [key, value]);
  assert.deepEqual(dumpCdb(Buffer.from(octets)), entries);
  assert.equal(printed(octets).text, text);
});

test('random data survives data, cdb, data, cdb', (t) => {
  const seed = Date.now() % 0x7fffffff;
  t.diagnostic(`seed ${seed}`);
  const octets = compiled(tinydnsCorpus(seededRandom(seed), 2000));
  const { text, refused, faults } = printed(octets);
  assert.deepEqual([refused, faults], [[], []]);
  assert.ok(Buffer.from(compiled(text)).equals(octets));
});

test('a location of no octets is none', () => {
  const writer = new CdbWriter();
  const sink = new TinydnsCdbSink(writer, refuseNothing);
  parseInto('+a:1.2.3.4:300\n', {
    record: (view) => sink.record({ ...view, location: 0 }),
    location: () => {},
  });
  assert.deepEqual(dumpCdb(Buffer.from(finished(writer))), [['016100', `00013d${TAIL}01020304`]]);
});

// --- what cannot be read, or not be written -----------------------------------------------------------------

const GOOD: Entry = ['016200', `00013d${TAIL}01020304`];
const L63 = `3f${'61'.repeat(63)}`;
const LONGEST = `${L63.repeat(3)}3d${'61'.repeat(61)}00`;

const ENTRY_FAULTS: readonly (readonly [...Entry, fault: string])[] = [
  ['016100', '', 'too short for a record'],
  ['016100', '00013d0000012c00000000000000', 'too short for a record'],
  ['016100', `00013e65${'00'.repeat(12)}`, 'too short for a record'],
  ['016100', `00013f${TAIL}01020304`, 'neither plain nor wildcard'],
  ['016100', `00013e0000${TAIL}01020304`, 'a location of two zero octets'],
  ['', `00013d${TAIL}01020304`, 'a key that is no name'],
  ['0161', `00013d${TAIL}01020304`, 'a key that is no name'],
  ['0261', `00013d${TAIL}01020304`, 'a key that is no name'],
  ['c00c', `00013d${TAIL}01020304`, 'a key that is no name'],
  ['01610000', `00013d${TAIL}01020304`, 'a key that goes on after its name'],
  ['014100', `00013d${TAIL}01020304`, 'a key with capitals, which no query finds'],
  [`01${'61'}${LONGEST}`, `00013d${TAIL}01020304`, 'a key longer than a name'],
  [LONGEST, `00012a${TAIL}01020304`, 'a key longer than a name'],
  ['016100', `00013d${TAIL}010203`, 'RDATA of A: field 1 is not valid'],
  ['016100', `00013d${TAIL}0102030405`, 'RDATA of A: 1 octets too many'],
  ['016100', `00103d${TAIL}`, 'RDATA of TXT: field 1 is not valid'],
  ['016100', `00023d${TAIL}c00c`, 'RDATA of NS: field 1 is not valid'],
  ['016100', `fff03d${TAIL}${'00'.repeat(65536)}`, 'RDATA of more than 65535 octets'],
  ['0025', '', 'a location of 0 octets'],
  ['0025', '657800', 'a location of 3 octets'],
  ['00250102030405', '6578', 'an address of 5 octets'],
];

test('an entry that is none of tinydns is told and left out, the others are read', () => {
  for (const [key, value, fault] of ENTRY_FAULTS) {
    const { text, faults } = printed(cdbOf([[key, value], GOOD]));
    assert.deepEqual(faults, [`CDB_ENTRY 0 entry at octet 2048: ${fault}`]);
    assert.equal(text, '+b:1.2.3.4:300\n');
  }
});

test('an owner name of 255 octets is read', () => {
  const { text, faults } = printed(cdbOf([[LONGEST, GOOD[1]]]));
  assert.deepEqual([text.length, faults], ['+:1.2.3.4:300\n'.length + 253, []]);
});

test('a damaged file is told', () => {
  const octets = compiled('+a:1.2.3.4\n+b:1.2.3.4\n');
  assert.deepEqual(printed(octets.subarray(1)).faults, [
    'CDB_DAMAGED 0 the header is not that of a constant database',
  ]);
});

const NO_LINE: readonly (readonly [...Entry, why: string])[] = [
  ['012a016100', `00013d${TAIL}01020304`, '2048: an owner name that begins with * is a wildcard'],
  ['016100', `00003d${TAIL}`, '2048: no line gives type 0 with this RDATA'],
  ['016100', `00fc3d${TAIL}`, '2048: no line gives type 252 with this RDATA'],
  [
    '016100',
    `00013e2041${TAIL}01020304`,
    '2048: the location 0x2041 has octets that a line cannot hold',
  ],
  [
    '016100',
    `00013e413a${TAIL}01020304`,
    '2048: the location 0x413a has octets that a line cannot hold',
  ],
  [
    '016100',
    `00013e0041${TAIL}01020304`,
    '2048: the location 0x0041 has octets that a line cannot hold',
  ],
  [
    '00250a',
    '6520',
    "2048: the location 0x6520 has octets that a line cannot hold of the prefix '10'",
  ],
];

test('what no line stands for is refused, the rest is written', () => {
  for (const [key, value, why] of NO_LINE) {
    const { text, refused } = printed(cdbOf([[key, value], GOOD]));
    assert.deepEqual([refused, text], [[why], '+b:1.2.3.4:300\n']);
  }
});

/** Prefixes in the form that is written, and whether a database holds them. */
const PREFIXES: readonly (readonly [line: string, held: boolean])[] = [
  ['%ab:', true],
  ['%ab:10.1', true],
  ['%ab:10.1.2.3', true],
  ['%ab:10.1.16.0/20', false],
  ['%ab:2001:db8::/32', false],
  ['%ab:2001:db8::1/128', false],
  ['%ab:::/0', false],
];

test('prefixes are written as they are read, and only whole octets of IPv4 into a database', () => {
  for (const [line, held] of PREFIXES) {
    const refused: string[] = [];
    const text = new TinydnsDataSink(refuseNothing);
    parseInto(`${line}\n`, text, 'all');
    assert.equal(Buffer.from(text.finish()).toString('latin1'), `${line}\n`);
    const sink = new TinydnsCdbSink(new CdbWriter(), (file, offset, why) =>
      refused.push(`${file} ${offset} ${why}`),
    );
    parseInto(`\n${line}\n`, sink, 'all');
    const why = '0 1 the prefix of a location is not of whole octets of IPv4';
    assert.deepEqual([refused, sink.locationCount], held ? [[], 1] : [[why], 0], line);
  }
});

const MUTATIONS = 2000;

test('mutated data.cdb files are read without end or error', (t) => {
  const seed = Date.now() % 0x7fffffff;
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const whole = compiled(tinydnsCorpus(random, 40));
  let faults = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const found = printed(mutated(whole, random));
    if (found.faults.length + found.refused.length > 0) faults++;
  }
  assert.ok(faults > MUTATIONS / 4, `${faults} faults`);
});

function mutated(whole: Uint8Array, random: Random): Uint8Array {
  const octets = whole.slice();
  for (let count = 1 + random(8); count > 0; count--) {
    const at = random(3) === 0 ? random(octets.length) : 2048 + random(octets.length - 2048);
    if (random(3) === 0) octets.copyWithin(at, random(octets.length), octets.length);
    else octets[at] = random(2) === 0 ? random(256) : octets[at]! ^ (1 << random(8));
  }
  return random(5) === 0 ? octets.subarray(0, random(octets.length)) : octets;
}
