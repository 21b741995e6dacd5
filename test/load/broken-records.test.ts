/**
 * Zones served without their broken records: what is served, what is told of what is left out, what is refused all the
 * same, and that by default the zone is rejected, as BIND does.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PROBLEM_CODES } from '../../src/base/problem-codes.js';
import type { ProblemRow } from '../../src/base/problem-row.js';
import type { ReadZone } from '../../src/load/load-zone.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { runPeer } from '../support/peer-tool.js';
import { readText } from '../support/zones.js';

const ORIGIN = 'example.test';
const SOA = '@ 300 SOA ns1 hostmaster 1 7200 900 1209600 300\n';
/** Four lines: what a row adds starts at line 5. */
const HEAD = `${SOA}@ 300 NS ns1\nns1 300 A 192.0.2.1\n$TTL 300\n`;
const HEAD_LINES = [
  'example.test. 300 IN SOA ns1.example.test. hostmaster.example.test. 1 7200 900 1209600 300',
  'example.test. 300 IN NS ns1.example.test.',
  'ns1.example.test. 300 IN A 192.0.2.1',
];

type Row = {
  readonly name: string;
  readonly text: string;
  /** In place of HEAD. */
  readonly head?: string;
  /** What is served beside HEAD_LINES, in any order. */
  readonly served: readonly string[];
  readonly warnings: readonly string[];
};

function read(text: string, ignoreBroken: boolean, strict = false): ReadZone {
  return readText(ORIGIN, text, { ignoreBroken, strict });
}

function told({ problems }: ReadZone): string[] {
  return problems.items.map(({ line, code }) => `${line} ${code}`);
}

function served({ zone }: ReadZone): string[] {
  return zone === null ? [] : [...zoneLines(zone)].sort();
}

const ROWS: readonly Row[] = [
  // --- fields
  {
    name: 'RDATA that cannot be read, and the owner goes on',
    text: 'a A 192.0.2.999\n  AAAA 2001:db8::1\nb A 192.0.2.2\n',
    served: ['a.example.test. 300 IN AAAA 2001:db8::1', 'b.example.test. 300 IN A 192.0.2.2'],
    warnings: ['5 RDATA_ADDRESS'],
  },
  {
    name: 'a field too few, one too many, a bad escape, a quoted number',
    text: 'a MX 10\na A 192.0.2.1 x\na TXT \\256\na MX "10" ns1\nb TXT x\n',
    served: ['b.example.test. 300 IN TXT "x"'],
    warnings: ['5 SYNTAX_MISSING', '6 SYNTAX_EXTRA', '7 SYNTAX_ESCAPE', '8 SYNTAX_QUOTED'],
  },
  {
    name: 'a string that does not end on its line',
    text: 'a TXT "open\n  TXT "closed"\n',
    served: ['a.example.test. 300 IN TXT "closed"'],
    warnings: ['5 SYNTAX_QUOTE'],
  },
  {
    name: 'a record of several lines is left out whole',
    text: 'a TXT ( one\n  two ) \\300\nb MX ( x\n  ns1 )\nc TXT x\n',
    served: ['c.example.test. 300 IN TXT "x"'],
    warnings: ['6 SYNTAX_ESCAPE', '7 RDATA_NUMBER'],
  },
  {
    name: 'types and classes that are none of the zone',
    text: 'a ALIAS b\n  TXT x\nb CH TXT y\nb OPT \\# 0\n',
    served: ['a.example.test. 300 IN TXT "x"'],
    warnings: ['5 TYPE_UNKNOWN', '7 CLASS_MISMATCH', '8 TYPE_META'],
  },
  // --- what is inherited
  {
    name: 'an owner that cannot be read takes along the records without owner behind it',
    text: 'a A 192.0.2.1\nb..c A 192.0.2.2\n  TXT x\n  TXT y\nd TXT z\n  TXT y\n',
    served: [
      'a.example.test. 300 IN A 192.0.2.1',
      'd.example.test. 300 IN TXT "y"',
      'd.example.test. 300 IN TXT "z"',
    ],
    warnings: ['6 NAME_INVALID', '7 OWNER_MISSING', '8 OWNER_MISSING'],
  },
  {
    name: 'an owner that cannot be read, then the owner before it once more',
    text: `a A 192.0.2.1\n${'x'.repeat(64)} A 192.0.2.2\na A 192.0.2.3\n  TXT x\n`,
    served: [
      'a.example.test. 300 IN A 192.0.2.1',
      'a.example.test. 300 IN A 192.0.2.3',
      'a.example.test. 300 IN TXT "x"',
    ],
    warnings: ['6 NAME_TOO_LONG'],
  },
  {
    name: 'a quoted owner that does not end',
    text: 'a A 192.0.2.1\n"b A 192.0.2.2\n  TXT x\n',
    served: ['a.example.test. 300 IN A 192.0.2.1'],
    warnings: ['6 SYNTAX_QUOTE', '7 OWNER_MISSING'],
  },
  {
    name: 'the TTL of a record that is left out is still inherited',
    head: SOA,
    text: '@ 300 NS ns1\nns1 300 A 192.0.2.1\na 60 A 192.0.2.999\nb A 192.0.2.2\n',
    served: ['b.example.test. 60 IN A 192.0.2.2'],
    warnings: ['4 RDATA_ADDRESS'],
  },
  {
    name: 'a TTL that cannot be read is not replaced by an earlier one',
    head: SOA,
    text: '@ 300 NS ns1\nns1 300 A 192.0.2.1\na 6O A 192.0.2.1\nb A 192.0.2.2\nc 30 A 192.0.2.3\nd A 192.0.2.4\n',
    served: ['c.example.test. 30 IN A 192.0.2.3', 'd.example.test. 30 IN A 192.0.2.4'],
    warnings: ['4 TTL_INVALID', '5 TTL_MISSING'],
  },
  {
    name: 'a TTL that cannot be read, under $TTL',
    text: 'a 6O A 192.0.2.1\nb A 192.0.2.2\n',
    served: ['b.example.test. 300 IN A 192.0.2.2'],
    warnings: ['5 TTL_INVALID'],
  },
  // --- $GENERATE
  {
    name: 'steps of $GENERATE that cannot be read, and the steps behind them',
    text: '$GENERATE 255-257 a$ A 192.0.2.$\n$GENERATE 1-2 b${-1,0} A 192.0.${254}.1\n  TXT x\n',
    served: [
      'a255.example.test. 300 IN A 192.0.2.255',
      'b0.example.test. 300 IN A 192.0.255.1',
      'ns1.example.test. 300 IN TXT "x"',
    ],
    warnings: ['5 RDATA_ADDRESS', '5 RDATA_ADDRESS', '6 RDATA_ADDRESS'],
  },
  {
    name: '$GENERATE as a whole',
    text: '$GENERATE 2-1 a$ A 192.0.2.$\n$GENERATE 1-2 a${x} A 192.0.2.1\n$GENERATE 1-2 a\nb TXT x\n',
    served: ['b.example.test. 300 IN TXT "x"'],
    warnings: ['5 GENERATE_RANGE', '6 GENERATE_TEMPLATE', '7 SYNTAX_MISSING'],
  },
  // --- what clashes
  {
    name: 'a CNAME first: other data goes, but what signs it',
    text: 'a CNAME b\nc TXT x\na A 192.0.2.1\na TXT y\na NSEC b CNAME\na DNAME d\n',
    served: [
      'a.example.test. 300 IN CNAME b.example.test.',
      'a.example.test. 300 IN NSEC b.example.test. CNAME',
      'c.example.test. 300 IN TXT "x"',
    ],
    warnings: ['7 CNAME_OTHER_DATA', '8 CNAME_OTHER_DATA', '10 CNAME_OTHER_DATA'],
  },
  {
    name: 'other data first: CNAMEs go',
    text: 'a KEY 256 3 8 AQID\na TXT y\na CNAME b\na CNAME c\na A 192.0.2.1\n',
    served: [
      'a.example.test. 300 IN A 192.0.2.1',
      'a.example.test. 300 IN KEY 256 3 8 AQID',
      'a.example.test. 300 IN TXT "y"',
    ],
    warnings: ['7 CNAME_OTHER_DATA', '8 CNAME_OTHER_DATA'],
  },
  {
    name: 'what is broken itself is not what a CNAME clashes with',
    text: 'a A 192.0.2.999\na SOA b c 1 2 3 4 5\na CNAME ns1\n',
    served: ['a.example.test. 300 IN CNAME ns1.example.test.'],
    warnings: ['5 RDATA_ADDRESS', '6 SOA_NOT_AT_APEX'],
  },
  {
    name: 'of several CNAMEs and DNAMEs the first',
    text: 'a CNAME b\na CNAME c\na CNAME B\nd DNAME e\nd DNAME f\nd TXT x\n',
    served: [
      'a.example.test. 300 IN CNAME b.example.test.',
      'd.example.test. 300 IN DNAME e.example.test.',
      'd.example.test. 300 IN TXT "x"',
    ],
    warnings: ['6 RRSET_NOT_SINGLE', '7 DUPLICATE_RECORD', '9 RRSET_NOT_SINGLE'],
  },
  {
    name: 'a CNAME at the apex goes, even if it stands first',
    head: '@ 300 CNAME ns1\n',
    text: `${SOA}$TTL 300\n@ NS ns1\nns1 A 192.0.2.1\n`,
    served: [],
    warnings: ['1 CNAME_OTHER_DATA'],
  },
  {
    name: 'a second SOA, and SOAs below the apex',
    text: '@ SOA ns1 hostmaster 2 7200 900 1209600 300\na SOA b c 1 2 3 4 5\na SOA b c 2 2 3 4 5\n',
    served: [],
    warnings: ['5 SOA_DUPLICATE', '6 SOA_NOT_AT_APEX', '7 SOA_NOT_AT_APEX'],
  },
  {
    name: 'DS at the apex and NS at a wildcard',
    text: '@ DS 1 8 1 0000000000000000000000000000000000000000\n*.w.x NS ns1\n',
    served: [],
    warnings: ['5 DS_AT_APEX', '6 NS_WILDCARD'],
  },
  // --- what can be served
  {
    name: 'names that are no hostnames are served',
    text: 'a_b A 192.0.2.1\nc MX 10 a_b\n',
    served: [
      'a_b.example.test. 300 IN A 192.0.2.1',
      'c.example.test. 300 IN MX 10 a_b.example.test.',
    ],
    warnings: ['5 HOSTNAME_OWNER', '6 HOSTNAME_TARGET'],
  },
  {
    name: 'a name server without address, or with an alias',
    text: '@ NS ns2\nns2 A 192.0.2.999\n@ NS ns3\nns3 CNAME ns1\n',
    served: [
      'example.test. 300 IN NS ns2.example.test.',
      'example.test. 300 IN NS ns3.example.test.',
      'ns3.example.test. 300 IN CNAME ns1.example.test.',
    ],
    warnings: ['6 RDATA_ADDRESS', '5 NS_ADDRESS_MISSING', '7 NS_ALIAS'],
  },
];

for (const { name, head, text, served: added, warnings } of ROWS) {
  const whole = (head ?? HEAD) + text;

  test(`broken records: ${name}`, () => {
    const found = read(whole, true);
    assert.deepEqual(told(found), warnings);
    assert.deepEqual(served(found), [...HEAD_LINES, ...added].sort());
    assert.equal(found.problems.errorCount, 0);
  });

  test(`broken records, by default and strictly the zone is rejected: ${name}`, () => {
    assert.ok(read(whole, false).problems.errorCount > 0);
    const strict = read(whole, true, true).problems;
    assert.ok(strict.errorCount > 0);
    assert.equal(strict.warningCount, 0);
  });

  test(`broken records, BIND rejects the zone: ${name}`, (t) => {
    const args = ['-i', 'local', '-k', 'fail', ORIGIN, '/dev/stdin'];
    const run = runPeer(t, 'named-checkzone', args, whole);
    if (run !== null) assert.equal(run.status, 1, run.stdout);
  });
}

/** What remains an error: it spoils more than one record, or nobody can say where the record ends. */
const REFUSED: readonly (readonly [text: string, problem: string])[] = [
  ['a A 192.0.2.1 )\n', '5 SYNTAX_PARENTHESIS'],
  ['a A ( 192.0.2.1\nb A 192.0.2.2\n', '5 SYNTAX_PARENTHESIS'],
  ['a TXT ( "open )\nb A 192.0.2.2 )\n', '5 SYNTAX_QUOTE'],
  ['$TTL 6O\n', '5 TTL_INVALID'],
  ['$TTL\n', '5 SYNTAX_MISSING'],
  ['$ORIGIN a..b\n', '5 NAME_INVALID'],
  ['$ORIGIN a b\n', '5 SYNTAX_EXTRA'],
  ['$ORIGN a\n', '5 DIRECTIVE_UNKNOWN'],
  ['  $ORIGIN a\n', '5 TYPE_UNKNOWN'],
  ['$INCLUDE no-such-file\n', '5 INCLUDE_UNREADABLE'],
  ['$INCLUDE "open\n', '5 SYNTAX_QUOTE'],
  ['@ NSEC3PARAM 9 0 0 -\n', '5 NSEC3PARAM_HASH'],
];

for (const [text, problem] of REFUSED) {
  test(`broken records do not excuse ${JSON.stringify(text)}`, () => {
    const errors = read(HEAD + text, true).problems.items.filter(
      ({ severity }) => severity === 'error',
    );
    assert.deepEqual(
      errors.map(({ line, code }) => `${line} ${code}`),
      [problem],
    );
  });
}

test('broken records: without the SOA or all NS there is no zone', () => {
  const noSoa = read(HEAD.replace('7200', 'x'), true);
  assert.equal(noSoa.zone, null);
  assert.deepEqual(told(noSoa), ['1 RDATA_PERIOD', '0 SOA_MISSING']);
  const noNs = read(HEAD.replace('NS ns1', 'NS n..s'), true);
  assert.deepEqual(told(noNs), ['2 NAME_INVALID', '0 NS_MISSING']);
  assert.equal(noNs.problems.errorCount, 1);
});

test('broken records: the text says that the record is left out', () => {
  const text = `${HEAD}a A 192.0.2.999\n_a A 192.0.2.1\n`;
  const texts = (ignoreBroken: boolean) =>
    read(text, ignoreBroken).problems.items.map((p) => p.text);
  const [address, host] = texts(false);
  assert.deepEqual(texts(true), [`${address}, left out`, host]);
  const strict = read(text, true, true).problems.items.map((problem) => problem.text);
  assert.deepEqual(strict, [address, host]);
});

test('broken records: only errors say what they spoil', () => {
  const rows: [string, ProblemRow][] = Object.entries(PROBLEM_CODES);
  const odd = rows.filter(([, row]) => row.spoils !== undefined && row.severity === 'warning');
  assert.deepEqual(odd, []);
});

// --- PowerDNS -----------------------------------------------------------------------------------------------

/** The records of a zone as PowerDNS has loaded it, `null` where it is not installed, `[]` if it rejects the zone. */
function powerDnsRecords(t: TestContext, text: string, ignoreBroken: boolean): string[] | null {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-broken-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'zone'), text);
  const conf = join(folder, 'named.conf');
  writeFileSync(conf, `zone "${ORIGIN}" { type master; file "${join(folder, 'zone')}"; };\n`);
  const rule = `bind-ignore-broken-records=${ignoreBroken ? 'yes' : 'no'}`;
  writeFileSync(join(folder, 'pdns.conf'), `launch=bind\nbind-config=${conf}\n${rule}\n`);
  const run = runPeer(t, 'pdnsutil', [`--config-dir=${folder}`, 'list-zone', ORIGIN]);
  if (run === null) return null;
  const records = run.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('$'));
  return records.map((line) => line.split('\t').slice(0, 4).join(' ')).sort();
}

test('broken records: out of zone, as PowerDNS leaves them out; by default it rejects the zone', (t) => {
  const text = `${HEAD}a A 192.0.2.2\nb.other.test. A 192.0.2.3\n  TXT x\nxexample.test. A 192.0.2.4\n`;
  const theirs = powerDnsRecords(t, text, true);
  if (theirs === null) return;
  const ours = read(text, true);
  assert.deepEqual(told(ours), ['6 OUT_OF_ZONE', '7 OUT_OF_ZONE', '8 OUT_OF_ZONE']);
  const shape = served(ours).map((line) => line.replace(/^(\S+)\. (\S+ \S+ \S+).*/, '$1 $2'));
  assert.deepEqual(theirs, shape.sort());
  assert.deepEqual(powerDnsRecords(t, text, false), []);
  assert.equal(read(text, false).problems.errorCount, 0, 'BIND and hotzone leave them out anyway');
});
