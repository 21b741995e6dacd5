/**
 * Records to RRsets: merging, duplicates, TTLs, what is out of zone, where the apex is.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameText } from '../../src/wire/name-text.js';
import { rdataText } from '../../src/wire/rdata-text.js';
import { typeText } from '../../src/wire/rrtypes.js';
import { OUTSIDE, type Zone } from '../../src/zone/zone.js';
import { problemsOf, readText } from '../support/zones.js';

const HEAD = '@ 60 SOA ns hm 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n';

/** Each RRset as `owner type ttl: rdata | rdata`, empty non-terminals as `owner -`. */
function rrsetsOf(zone: Zone): string[] {
  const lines: string[] = [];
  for (let owner = 0; owner < zone.names.count; owner++) {
    if (zone.parents[owner] === OUTSIDE) continue;
    const text = nameText(zone.names.octets, zone.names.offsets[owner]!);
    const first = zone.ownerRrsetFirst[owner]!;
    const end = zone.ownerRrsetFirst[owner + 1]!;
    if (first === end) lines.push(`${text} -`);
    for (let rrset = first; rrset < end; rrset++) lines.push(`${text} ${rrsetLine(zone, rrset)}`);
  }
  return lines;
}

function rrsetLine(zone: Zone, rrset: number): string {
  const type = zone.rrsetType[rrset]!;
  const first = zone.rrsetRecordFirst[rrset]!;
  const records: string[] = [];
  for (let record = first; record < zone.rrsetRecordFirst[rrset + 1]!; record++) {
    assert.equal(zone.recordTtl[record], zone.recordTtl[first]);
    records.push(rdataText(type, zone.rdata, zone.recordRdata[record]!, zone.recordLength[record]!));
  }
  return `${typeText(type)} ${zone.recordTtl[first]}: ${records.join(' | ')}`;
}

function build(text: string): { rrsets: string[]; problems: string[] } {
  const { zone, problems } = readText('example.', HEAD + text);
  assert.ok(zone !== null);
  return {
    rrsets: rrsetsOf(zone).filter((line) => !/^(ns\.)?example\. /.test(line)),
    problems: problems.items.map((problem) => `${problem.line} ${problem.code}`),
  };
}

const ROWS: readonly { name: string; text: string; rrsets: string[]; problems?: string[] }[] = [
  {
    name: 'records of one owner and type are one RRset wherever they stand, RFC 2181 §5',
    text: 'a 60 A 192.0.2.1\nb 60 A 192.0.2.3\nA 60 A 192.0.2.2\na 60 TXT x\na 60 A 192.0.2.4\n',
    rrsets: [
      'a.example. A 60: 192.0.2.1 | 192.0.2.2 | 192.0.2.4',
      'a.example. TXT 60: "x"',
      'b.example. A 60: 192.0.2.3',
    ],
  },
  {
    name: 'the same record again is left out, RFC 2181 §5',
    text: 'a 60 A 192.0.2.1\na 60 A 192.0.2.1\nm 60 MX 1 A\nm 60 MX 1 a\nm 60 MX 2 a\n',
    rrsets: ['a.example. A 60: 192.0.2.1', 'm.example. MX 60: 1 A.example. | 2 a.example.'],
    problems: ['5 DUPLICATE_RECORD', '7 DUPLICATE_RECORD'],
  },
  {
    name: 'case counts in character strings and numbers, RFC 4343 §2',
    text: 't 60 TXT a\nt 60 TXT A\nm 60 MX 65 x.test.\nm 60 MX 97 x.test.\n',
    rrsets: ['t.example. TXT 60: "a" | "A"', 'm.example. MX 60: 65 x.test. | 97 x.test.'],
  },
  {
    name: 'the first TTL of an RRset is that of all, RFC 2181 §5.2',
    text: 'a 60 A 192.0.2.1\na 30 A 192.0.2.2\na 60 A 192.0.2.3\n',
    rrsets: ['a.example. A 60: 192.0.2.1 | 192.0.2.2 | 192.0.2.3'],
    problems: ['5 TTL_MISMATCH'],
  },
  {
    name: 'what is out of zone is left out and warned about',
    text: 'a.example.test. 60 A 192.0.2.1\nxexample. 60 A 192.0.2.1\nb 60 A 192.0.2.2\n',
    rrsets: ['b.example. A 60: 192.0.2.2'],
    problems: ['4 OUT_OF_ZONE', '5 OUT_OF_ZONE'],
  },
  {
    name: 'names between owner names and the apex exist, RFC 4592 §2.2.2',
    text: 'a.b.c 60 A 192.0.2.1\nx.b.c 60 A 192.0.2.1\n',
    rrsets: [
      'a.b.c.example. A 60: 192.0.2.1',
      'x.b.c.example. A 60: 192.0.2.1',
      'b.c.example. -',
      'c.example. -',
    ],
  },
  {
    name: 'a second SOA and one below the apex, RFC 1035 §5.2',
    text: '@ 60 SOA ns hm 2 2 3 4 5\nsub 60 SOA ns hm 1 2 3 4 5\nsub 60 A 192.0.2.1\n',
    rrsets: ['sub.example. A 60: 192.0.2.1'],
    problems: ['4 SOA_DUPLICATE', '5 SOA_NOT_AT_APEX'],
  },
];

for (const { name, text, rrsets, problems } of ROWS) {
  test(name, () => {
    const built = build(text);
    assert.deepEqual(built.rrsets, rrsets);
    assert.deepEqual(built.problems, problems ?? []);
  });
}

test('duplicates are found in large RRsets too', () => {
  const lines: string[] = [];
  for (let i = 0; i < 5000; i++) lines.push(`a 60 A 10.0.${(i >> 8) & 255}.${i & 255}`);
  const { zone, problems } = readText('example.', `${HEAD}${[...lines, ...lines].join('\n')}\n`);
  assert.ok(zone !== null);
  assert.equal(zone.recordCount, 3 + 5000);
  const duplicates = problems.items.filter((problem) => problem.code === 'DUPLICATE_RECORD');
  assert.ok(duplicates.length > 0 && problems.warningCount >= 5000);
});

test('an RRset larger than an image can count is an error', () => {
  const text = '$GENERATE 0-65535 a TXT $\n';
  const lines = problemsOf('example.', `$TTL 60\n${HEAD}${text}`);
  assert.equal(lines.filter((line) => line.includes('[RRSET_TOO_LARGE]')).length, 1);
});

test('the SOA says where the apex is when the file name does not', () => {
  const text = '$TTL 60\nhost.example. A 192.0.2.9\nexample. SOA ns.x. hm.x. 1 2 3 4 5\nexample. NS ns.x.\n';
  const { zone } = readText('zone1.', text, { originCertain: false });
  assert.ok(zone !== null);
  assert.equal(nameText(zone.names.octets, zone.names.offsets[zone.apex]!), 'example.');
  assert.ok(rrsetsOf(zone).includes('host.example. A 60: 192.0.2.9'));
});

test('no SOA, no zone, RFC 1035 §5.2', () => {
  const { zone, problems } = readText('example.', '@ 60 NS ns\n');
  assert.equal(zone, null);
  assert.deepEqual(problems.items.map((problem) => problem.code), ['SOA_MISSING']);
});

test('warnings are errors when strict', () => {
  const { problems } = readText('example.', `${HEAD}x. 60 A 192.0.2.1\n`, { strict: true });
  assert.equal(problems.errorCount, 1);
  assert.equal(problems.items[0]?.severity, 'error');
});
