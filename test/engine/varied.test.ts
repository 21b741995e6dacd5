/**
 * Zones that depend on who asks and when: whose answer it is, hidden zones in chains and for DS, seconds at which
 * records begin and end, and TTLs that count down.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileLocations } from '../../src/index/locations.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import type { ZoneTable } from '../../src/index/zone-table.js';
import { addressOctets } from '../../src/transport/address-octets.js';
import {
  compileText,
  compileVariants,
  name,
  tableIn,
  tableOf,
  type VariantText,
} from '../support/zones.js';
import { checkRows, Subject } from './answers.js';

const HEAD = '$TTL 300\n@ SOA ns h 1 2 3 4 60\n@ NS ns\nns A 192.0.2.1\n';

// --- who asks -------------------------------------------------------------------------------------------------------

/** 10.0.0.0/8 is location 1, 172.16.0.0/12 and 2001:db8::/32 location 2. */
const LOCATIONS = compileLocations(
  [['10.0.0.0', 8, 1] as const, ['172.16.0.0', 12, 2] as const, ['2001:db8::', 32, 2] as const].map(
    ([address, bits, location]) => ({ address: addressOctets(address), bits, location }),
  ),
);

const SUB = '$TTL 300\n@ SOA s h 1 2 3 4 60\n@ NS ns.test.\nwww A 192.0.2.3\n';

/** `test` for all, `sub.test` and `only.` not for location 2, `far.sub.test` for location 2 only. */
function tableForClients(): ZoneTable {
  const store = new ZoneStore();
  const slot = store.addLocations(LOCATIONS.slice(0));
  const put = (origin: string, rows: readonly VariantText[]) =>
    store.set(name(origin), compileVariants(origin, rows), 0, slot);
  const own = 'a CNAME www.sub\nb CNAME www.only.\nsub NS ns\nd DNAME only.\n';
  put('test.', [
    [0, 0, `${HEAD}${own}www A 192.0.2.10\n`],
    [1, 0, `${HEAD}${own}www A 192.0.2.11\nhere A 192.0.2.11\n`],
    [2, 0, `${HEAD}a CNAME www.sub\nb CNAME www.only.\nd DNAME only.\nwww A 192.0.2.12\n`],
  ]);
  put('sub.test.', [
    [0, 0, SUB],
    [2, 0, null],
  ]);
  put('far.sub.test.', [[2, 0, SUB]]);
  put('only.', [
    [0, 0, SUB],
    [2, 0, null],
  ]);
  return tableIn(store);
}

const SOA = 'authority @ 60 SOA ns';

/** By client: questions and replies, names relative to `test.` */
const CLIENTS: readonly (readonly [client: string, rows: readonly [string, ...string[]][]])[] = [
  [
    '192.0.2.7',
    [
      ['www A', 'NOERROR aa', 'answer www 300 A 192.0.2.10'],
      ['here A', 'NXDOMAIN aa', SOA],
      ['www.sub A', 'NOERROR aa', 'answer www.sub 300 A 192.0.2.3'],
      ['www.far.sub A', 'NXDOMAIN aa', 'authority sub 60 SOA s.sub'],
      ['a A', 'NOERROR aa', 'answer a 300 CNAME www.sub', 'answer www.sub 300 A 192.0.2.3'],
      ['www.only. A', 'NOERROR aa', 'answer www.only. 300 A 192.0.2.3'],
      ['b A', 'NOERROR aa', 'answer b 300 CNAME www.only.', 'answer www.only. 300 A 192.0.2.3'],
      // the parent has the cut, so the parent answers
      ['sub DS', 'NOERROR aa', SOA],
      ['far.sub DS', 'NXDOMAIN aa', 'authority sub 60 SOA s.sub'],
    ],
  ],
  ['10.1.2.3', [['www A', 'NOERROR aa', 'answer www 300 A 192.0.2.11']]],
  ['::ffff:10.1.2.3', [['here A', 'NOERROR aa', 'answer here 300 A 192.0.2.11']]],
  [
    '2001:db8::7',
    [
      ['www A', 'NOERROR aa', 'answer www 300 A 192.0.2.12'],
      // hidden zones: the next shorter apex answers, or nobody
      ['www.sub A', 'NXDOMAIN aa', SOA],
      ['a A', 'NXDOMAIN aa', 'answer a 300 CNAME www.sub', SOA],
      ['www.far.sub A', 'NOERROR aa', 'answer www.far.sub 300 A 192.0.2.3'],
      ['www.only. A', 'REFUSED'],
      ['b A', 'NOERROR aa', 'answer b 300 CNAME www.only.'],
      ['www.d A', 'NOERROR aa', 'answer d 300 DNAME only.', 'answer www.d 300 CNAME www.only.'],
      ['sub DS', 'NXDOMAIN aa', SOA],
      ['only. DS', 'REFUSED'],
      // the nearest zone above that the client sees is `test`, which knows no such cut
      ['far.sub DS', 'NXDOMAIN aa', SOA],
    ],
  ],
];

for (const [client, rows] of CLIENTS) {
  test(`answers for ${client}`, () => {
    const subject = new Subject({ origin: 'test', table: tableForClients() });
    subject.client = addressOctets(client);
    checkRows(subject, rows);
  });
}

test('one engine answers one client after another', () => {
  const subject = new Subject({ origin: 'test', table: tableForClients() });
  const got = ['10.0.0.1', '192.0.2.1', '172.16.0.1', '10.0.0.1'].map((client) => {
    subject.client = addressOctets(client);
    return subject.lines('www A')[1];
  });
  assert.deepEqual(
    got,
    [11, 10, 12, 11].map((last) => `answer www 300 A 192.0.2.${last}`),
  );
});

// --- when -----------------------------------------------------------------------------------------------------------

const BASE = 1_800_000_000;
/** The last second of the former address. */
const END = BASE + 10_000;

/** `www` changes after END; `late` exists from END on. */
const CHANGING: readonly VariantText[] = [
  [0, 0, `${HEAD}www A 192.0.2.1 ; ends ${END}\n`],
  [0, END, `${HEAD}www A 192.0.2.1 ; ends ${END}\nlate A 192.0.2.9\n`],
  [0, END + 1, `${HEAD}www A 192.0.2.2\nlate A 192.0.2.9\n`],
];

/** A zone at a time. */
function subjectAt(
  rows: readonly VariantText[],
  now: number,
  { tinydns = false, roundRobin = false } = {},
): Subject {
  const image = compileVariants('test.', rows, { baseSeconds: BASE, tinydns });
  const table = tableOf([[name('test.'), image]]);
  return new Subject({ origin: 'test', table }, { roundRobin }, () => now);
}

const TIMES: readonly (readonly [now: number, www: string, late: string])[] = [
  [BASE - 1_000_000, '3600 A 192.0.2.1', 'NXDOMAIN aa'],
  [END - 3601, '3600 A 192.0.2.1', 'NXDOMAIN aa'],
  [END - 3600, '3600 A 192.0.2.1', 'NXDOMAIN aa'],
  [END - 3599, '3599 A 192.0.2.1', 'NXDOMAIN aa'],
  [END - 3, '3 A 192.0.2.1', 'NXDOMAIN aa'],
  [END - 1, '2 A 192.0.2.1', 'NXDOMAIN aa'],
  [END, '2 A 192.0.2.1', 'NOERROR aa'],
  [END + 1, '300 A 192.0.2.2', 'NOERROR aa'],
  [END + 1_000_000, '300 A 192.0.2.2', 'NOERROR aa'],
];

for (const [now, www, late] of TIMES) {
  test(`at ${now - END} seconds from the end`, () => {
    const subject = subjectAt(CHANGING, now);
    assert.deepEqual(subject.lines('www A'), ['NOERROR aa', `answer www ${www}`]);
    assert.equal(subject.lines('late A')[0], late);
  });
}

test('the clock is not asked for zones that do not depend on it', () => {
  const table = tableOf([[name('test.'), compileText('test.', HEAD)]]);
  const subject = new Subject({ origin: 'test', table }, {}, () => assert.fail('asked'));
  assert.equal(subject.lines('ns A')[1], 'answer ns 300 A 192.0.2.1');
  assert.equal(subject.lines('nope A')[0], 'NXDOMAIN aa');
});

// --- counting down --------------------------------------------------------------------------------------------------

/** At 100 seconds before END. */
const ENDING = `$TTL 300
@ 1000 SOA ns h 1 2 3 4 60 ; ends ${END}
@ NS ns
@ NS ns.away ; ends ${END - 50}
ns A 192.0.2.1
ns.away A 192.0.2.9 ; ends ${END}
mixed 40 A 192.0.2.1
mixed 40 A 192.0.2.2 ; ends ${END}
mixed 40 A 192.0.2.3 ; ends ${END + 5000}
all A 192.0.2.1 ; ends ${END + 20}
all A 192.0.2.2 ; ends ${END - 30}
cname CNAME all ; ends ${END + 40}
mail MX 1 ns.away ; ends ${END + 1}
d DNAME sub ; ends ${END + 2}
www.sub A 192.0.2.4 ; ends ${END + 3}
cut NS ns.cut ; ends ${END + 4}
ns.cut A 192.0.2.5 ; ends ${END + 6}
*.wild A 192.0.2.6 ; ends ${END + 7}
plain A 192.0.2.7
`;

type CountRow = readonly [question: string, lowest: string[], own?: string[]];

/** Under RFC 2181 §5.2, and in tinydns's way where that differs. */
const COUNTED: readonly CountRow[] = [
  ['plain A', ['NOERROR aa', 'answer plain 300 A 192.0.2.7']],
  [
    'mixed A',
    [
      'NOERROR aa',
      'answer mixed 40 A 192.0.2.1',
      'answer mixed 40 A 192.0.2.2',
      'answer mixed 40 A 192.0.2.3',
    ],
    [
      'NOERROR aa',
      'answer mixed 100 A 192.0.2.2',
      'answer mixed 3600 A 192.0.2.3',
      'answer mixed 40 A 192.0.2.1',
    ],
  ],
  [
    'all A',
    ['NOERROR aa', 'answer all 70 A 192.0.2.1', 'answer all 70 A 192.0.2.2'],
    ['NOERROR aa', 'answer all 120 A 192.0.2.1', 'answer all 70 A 192.0.2.2'],
  ],
  [
    'cname A',
    [
      'NOERROR aa',
      'answer all 70 A 192.0.2.1',
      'answer all 70 A 192.0.2.2',
      'answer cname 140 CNAME all',
    ],
    [
      'NOERROR aa',
      'answer all 120 A 192.0.2.1',
      'answer all 70 A 192.0.2.2',
      'answer cname 140 CNAME all',
    ],
  ],
  ['mail MX', ['NOERROR aa', 'answer mail 101 MX 1 ns.away', 'additional ns.away 100 A 192.0.2.9']],
  [
    'www.d A',
    [
      'NOERROR aa',
      'answer d 102 DNAME sub',
      'answer www.d 102 CNAME www.sub',
      'answer www.sub 103 A 192.0.2.4',
    ],
  ],
  ['x.cut A', ['NOERROR', 'authority cut 104 NS ns.cut', 'additional ns.cut 106 A 192.0.2.5']],
  ['x.wild A', ['NOERROR aa', 'answer x.wild 107 A 192.0.2.6']],
  ['@ SOA', ['NOERROR aa', 'answer @ 100 SOA ns']],
  // RFC 2308 §5: not more than the SOA's last field; tinydns has the SOA's own TTL
  ['nope A', ['NXDOMAIN aa', 'authority @ 60 SOA ns'], ['NXDOMAIN aa', 'authority @ 100 SOA ns']],
  [
    '@ NS',
    [
      'NOERROR aa',
      'answer @ 50 NS ns.away',
      'answer @ 50 NS ns',
      'additional ns.away 100 A 192.0.2.9',
      'additional ns 300 A 192.0.2.1',
    ],
    [
      'NOERROR aa',
      'answer @ 300 NS ns',
      'answer @ 50 NS ns.away',
      'additional ns.away 100 A 192.0.2.9',
      'additional ns 300 A 192.0.2.1',
    ],
  ],
];

for (const tinydns of [false, true]) {
  test(`TTLs count down, ${tinydns ? 'each by itself as in tinydns' : 'RRset by RRset'}`, () => {
    checkRows(
      subjectAt([[0, 0, ENDING]], END - 100, { tinydns }),
      COUNTED.map(([question, lowest, own]) => [question, ...(tinydns ? (own ?? lowest) : lowest)]),
    );
  });
}

test('an SOA that ends sooner than its last field is told for as long as it is there', () => {
  for (const tinydns of [false, true]) {
    const subject = subjectAt([[0, 0, ENDING]], END - 5, { tinydns });
    assert.deepEqual(subject.lines('nope A'), ['NXDOMAIN aa', 'authority @ 5 SOA ns']);
  }
});

test('the OPT record keeps its flags', () => {
  const subject = subjectAt([[0, 0, ENDING]], END - 100);
  const { edns, answer } = subject.ask('all A', { dnssecOk: true });
  assert.deepEqual(edns, { size: 1232, version: 0, dnssecOk: true, options: [] });
  assert.equal(answer.length, 2);
});

test('records that are turned count down as others do', () => {
  const subject = subjectAt([[0, 0, ENDING]], END - 100, { tinydns: true, roundRobin: true });
  const first = subject.lines('mixed A');
  assert.ok(first.includes('answer mixed 3600 A 192.0.2.3'));
  for (let turn = 0; turn < 3; turn++) assert.deepEqual(subject.lines('mixed A'), first);
});

test('each zone of a chain counts from its own base', () => {
  const one = `${HEAD}a CNAME b.two. ; ends ${END}\n`;
  const two = `${HEAD}b A 192.0.2.1 ; ends ${END + 7}\n`;
  const table = tableOf([
    [name('one.'), compileVariants('one.', [[0, 0, one]], { baseSeconds: BASE })],
    [name('two.'), compileVariants('two.', [[0, 0, two]], { baseSeconds: BASE + 999 })],
  ]);
  const subject = new Subject({ origin: 'one', table }, {}, () => END - 100);
  assert.deepEqual(subject.lines('a A'), [
    'NOERROR aa',
    'answer a 100 CNAME b.two.',
    'answer b.two. 107 A 192.0.2.1',
  ]);
});
