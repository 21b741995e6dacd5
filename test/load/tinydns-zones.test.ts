/**
 * Which zones a tinydns file holds, and which records of each a client gets at a moment. Tables of text and records in
 * presentation form.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProblemList, problemLine } from '../../src/base/problem.js';
import { sourceFromOctets } from '../../src/base/source.js';
import { type DataFile, type DataRules, readDataFile } from '../../src/load/tinydns-file.js';
import { nameText } from '../../src/wire/name-text.js';
import { ZoneBuilder } from '../../src/zone/builder.js';
import { Intake } from '../../src/zone/intake.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { DATA_RULES } from '../support/data-rules.js';

function read(text: string, rules: Partial<DataRules> = {}): DataFile {
  const file = readDataFile(
    'data',
    { ...DATA_RULES, ...rules },
    sourceFromOctets('data', Buffer.from(text)),
  );
  assert.ok(file.zones !== null);
  return file as DataFile;
}

/** Owner, type and RDATA of each record but SOA, by apex; zones that are not there at the moment are left out. */
function zonesAt(file: DataFile, location = '', second = 0): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  const moment = { location: location === '' ? 0 : Buffer.from(location).readUInt16BE(), second };
  for (let zone = 0; zone < file.zones.count; zone++) {
    const intake = new Intake();
    if (!file.zones.fill(intake, zone, moment, 0)) continue;
    const apex = file.zones.apex(zone);
    const nowhere = () => ({ file: '', line: 0, column: 0 });
    const options = { apex, apexCertain: true };
    const built = new ZoneBuilder(intake, options, new ProblemList(), nowhere).build();
    assert.ok(built !== null);
    const lines = [...zoneLines(built)].map((line) => line.split(' '));
    found[nameText(apex, 0)] = lines
      .filter(([, , , type]) => type !== 'SOA')
      .map(([owner, , , ...rest]) => [owner, ...rest].join(' '));
  }
  return found;
}

type Row = {
  readonly name: string;
  readonly data: readonly string[];
  readonly location?: string;
  readonly second?: number;
  readonly expected: Readonly<Record<string, readonly string[]>>;
};

/** TAI64 label of a Unix second as djb's programs count. */
function label(unix: number): string {
  return `4${(unix + 10).toString(16).padStart(15, '0')}`;
}

const APEX = ['a.example. NS ns.a.example.'];

const DS = `DS 258 13 1 ${Buffer.from('x'.repeat(20)).toString('hex').toUpperCase()}`;
/** What only the clients of a location have. */
const IN_S = ['ns.s.a.example. A 192.0.2.2', 's.a.example. NS ns.s.a.example.'];

const ROWS: readonly Row[] = [
  {
    name: 'each SOA makes a zone, whichever line it comes from',
    data: [
      '.a.example::ns.a.example',
      'Zb.example:ns.b.example:h.b.example',
      '&b.example::ns.b.example',
    ],
    expected: { 'a.example.': APEX, 'b.example.': ['b.example. NS ns.b.example.'] },
  },
  {
    name: 'several dot lines of a zone: one SOA, all name servers',
    data: ['.a.example:192.0.2.1:x', '.a.example:192.0.2.2:y'],
    expected: {
      'a.example.': [
        'a.example. NS x.ns.a.example.',
        'a.example. NS y.ns.a.example.',
        'x.ns.a.example. A 192.0.2.1',
        'y.ns.a.example. A 192.0.2.2',
      ],
    },
  },
  {
    name: 'a record belongs to the zone with the longest apex; look-alikes are no relatives',
    data: [
      '.a.example::ns.a.example',
      '.ba.example::ns.ba.example',
      '+x.ba.example:192.0.2.1',
      '+y.a.example:192.0.2.2',
      '+z.a.example.other:192.0.2.3',
    ],
    expected: {
      'a.example.': [...APEX, 'y.a.example. A 192.0.2.2'],
      'ba.example.': ['ba.example. NS ns.ba.example.', 'x.ba.example. A 192.0.2.1'],
    },
  },
  {
    name: 'a zone below another: its name servers and their addresses inside it delegate it, nothing else of it leaks',
    data: [
      '.a.example::ns.a.example',
      '.b.a.example:192.0.2.1:ns.b.a.example',
      '.b.a.example:192.0.2.9:ns.other',
      '+www.b.a.example:192.0.2.2',
    ],
    expected: {
      'a.example.': [
        'a.example. NS ns.a.example.',
        'b.a.example. NS ns.b.a.example.',
        'b.a.example. NS ns.other.',
        'ns.b.a.example. A 192.0.2.1',
      ],
      'b.a.example.': [
        'b.a.example. NS ns.b.a.example.',
        'b.a.example. NS ns.other.',
        'ns.b.a.example. A 192.0.2.1',
        'www.b.a.example. A 192.0.2.2',
      ],
    },
  },
  {
    name: 'addresses of servers in another zone below go with a delegation, RFC 9471; DS stays above, RFC 4035 §2.4',
    data: [
      '.a.example::ns.a.example',
      '.b.a.example::ns.c.a.example',
      `:b.a.example:43:\\000\\001\\010\\002${'\\001'.repeat(32)}`,
      '.c.a.example:192.0.2.3:ns.c.a.example',
    ],
    expected: {
      'a.example.': [
        ...APEX,
        'b.a.example. NS ns.c.a.example.',
        `b.a.example. DS 1 8 2 ${'01'.repeat(28)} 01010101`,
        'c.a.example. NS ns.c.a.example.',
        'ns.c.a.example. A 192.0.2.3',
      ],
      'b.a.example.': ['b.a.example. NS ns.c.a.example.'],
      'c.a.example.': ['c.a.example. NS ns.c.a.example.', 'ns.c.a.example. A 192.0.2.3'],
    },
  },
  {
    name: 'a delegation without a zone of its own',
    data: ['.a.example::ns.a.example', '&c.a.example:192.0.2.4:ns.c.a.example'],
    expected: {
      'a.example.': [...APEX, 'c.a.example. NS ns.c.a.example.', 'ns.c.a.example. A 192.0.2.4'],
    },
  },
  {
    name: 'DS records of a zone below another stand above, RFC 4035 §2.4',
    data: [
      '.a.example::ns.a.example',
      '.b.a.example::ns.a.example',
      `:b.a.example:43:\\001\\002\\015\\001${'x'.repeat(20)}`,
    ],
    expected: {
      'a.example.': [...APEX, 'b.a.example. NS ns.a.example.', `b.a.example. ${DS}`],
      'b.a.example.': ['b.a.example. NS ns.a.example.'],
    },
  },
  {
    name: 'addresses for a delegation come from whichever zone below has them',
    data: [
      '.a.example::ns.a.example',
      '&c.a.example::ns.deep.c.a.example',
      '.deep.c.a.example:192.0.2.1:ns.deep.c.a.example',
      '.b.a.example::ns.s.a.example',
      '.s.a.example:192.0.2.2:ns.s.a.example',
      '+other.s.a.example:192.0.2.3',
    ],
    expected: {
      'a.example.': [
        ...APEX,
        'b.a.example. NS ns.s.a.example.',
        'c.a.example. NS ns.deep.c.a.example.',
        'deep.c.a.example. NS ns.deep.c.a.example.',
        'ns.deep.c.a.example. A 192.0.2.1',
        'ns.s.a.example. A 192.0.2.2',
        's.a.example. NS ns.s.a.example.',
      ],
      'b.a.example.': ['b.a.example. NS ns.s.a.example.'],
      'deep.c.a.example.': [
        'deep.c.a.example. NS ns.deep.c.a.example.',
        'ns.deep.c.a.example. A 192.0.2.1',
      ],
      's.a.example.': [
        'ns.s.a.example. A 192.0.2.2',
        'other.s.a.example. A 192.0.2.3',
        's.a.example. NS ns.s.a.example.',
      ],
    },
  },
  ...(['', 'in'] as const).map((location) => ({
    name: `addresses for a delegation, from a zone of a location, clients of "${location}"`,
    data: [
      '.a.example::ns.a.example',
      '%in:10',
      '&c.a.example::ns.s.a.example',
      '.s.a.example:192.0.2.2:ns.s.a.example:::in',
      '+ns.s.a.example:192.0.2.3',
    ],
    location,
    expected: {
      'a.example.': [
        ...APEX,
        'c.a.example. NS ns.s.a.example.',
        'ns.s.a.example. A 192.0.2.3',
        ...(location === '' ? [] : IN_S),
      ],
      ...(location === '' ? {} : { 's.a.example.': ['ns.s.a.example. A 192.0.2.3', ...IN_S] }),
    },
  })),
  {
    name: 'an SOA of a wildcard makes no zone, and is no record',
    data: ['.a.example::ns.a.example', '.*.a.example::ns.b.example', '+*.a.example:192.0.2.1'],
    expected: {
      'a.example.': [...APEX, '*.a.example. A 192.0.2.1', '*.a.example. NS ns.b.example.'],
    },
  },
  {
    name: 'a TTL of more than 31 bits does not make an end of the second at which a record begins',
    data: ['.a.example::ns.a.example', `+www.a.example:192.0.2.1:4294967295:${label(1000)}`],
    second: 1000,
    expected: { 'a.example.': APEX },
  },
  ...(['', 'in', 'ex'] as const).map((location) => ({
    name: `records of a location, clients of "${location}"`,
    data: [
      '.a.example::ns.a.example',
      '%in:10',
      '%ex:192',
      '+www.a.example:10.0.0.1:::in',
      '+www.a.example:192.0.2.1:::ex',
      '+all.a.example:192.0.2.2',
    ],
    location,
    expected: {
      'a.example.': [
        'a.example. NS ns.a.example.',
        'all.a.example. A 192.0.2.2',
        ...(location === 'in' ? ['www.a.example. A 10.0.0.1'] : []),
        ...(location === 'ex' ? ['www.a.example. A 192.0.2.1'] : []),
      ],
    },
  })),
  {
    name: 'a zone for a location only: to the others its records are those of the zone above',
    data: [
      '.a.example::ns.a.example',
      '.b.a.example::ns.a.example:::in',
      '+www.b.a.example:192.0.2.1',
      '%in:10',
    ],
    expected: { 'a.example.': [...APEX, 'www.b.a.example. A 192.0.2.1'] },
  },
  {
    name: 'a zone for a location only: to its clients it is delegated as any',
    data: [
      '.a.example::ns.a.example',
      '.b.a.example::ns.a.example:::in',
      '+www.b.a.example:192.0.2.1',
      '%in:10',
    ],
    location: 'in',
    expected: {
      'a.example.': [...APEX, 'b.a.example. NS ns.a.example.'],
      'b.a.example.': ['b.a.example. NS ns.a.example.', 'www.b.a.example. A 192.0.2.1'],
    },
  },
  {
    name: 'a zone for a location only, with no zone above it',
    data: ['.a.example::ns.a.example:::in', '%in:10'],
    expected: {},
  },
  ...[
    { second: 1000, there: ['192.0.2.1'] },
    { second: 1001, there: ['192.0.2.2'] },
  ].map(({ second, there }) => ({
    name: `changeover at 1000: TTL 0 exists up to that second, any other from the next; at ${second}`,
    data: [
      '.a.example::ns.a.example',
      `+www.a.example:192.0.2.1:0:${label(1000)}`,
      `+www.a.example:192.0.2.2::${label(1000)}`,
    ],
    second,
    expected: { 'a.example.': [...APEX, ...there.map((ip) => `www.a.example. A ${ip}`)] },
  })),
  {
    name: 'wildcards keep their asterisk',
    data: ['.a.example::ns.a.example', '+*.a.example:192.0.2.1', '+\\052.x.a.example:192.0.2.2'],
    expected: { 'a.example.': [...APEX, '*.a.example. A 192.0.2.1', '*.x.a.example. A 192.0.2.2'] },
  },
];

for (const { name, data, location, second, expected } of ROWS) {
  test(name, () => {
    const file = read(`${data.join('\n')}\n`);
    const found = zonesAt(file, location ?? '', second ?? 0);
    const sorted = (zones: Readonly<Record<string, readonly string[]>>) =>
      Object.fromEntries(Object.entries(zones).map(([apex, lines]) => [apex, [...lines].sort()]));
    assert.deepEqual(sorted(found), sorted(expected));
  });
}

test('with locations turned off everybody gets every record', () => {
  const data =
    '.a.example::ns.a.example\n%in:10\n+w.a.example:192.0.2.1:::in\n+w.a.example:192.0.2.2:::ex\n';
  const file = read(data, { locations: false });
  assert.equal(file.zones.conditions(0), null);
  assert.deepEqual(zonesAt(file)['a.example.'], [
    ...APEX,
    'w.a.example. A 192.0.2.1',
    'w.a.example. A 192.0.2.2',
  ]);
});

test('what a zone depends on: locations and the seconds at which it changes', () => {
  const data = [
    '.a.example::ns.a.example',
    '.b.example::ns.b.example',
    `+w.a.example:192.0.2.1:0:${label(1000)}:in`,
    `+w.a.example:192.0.2.1:5:${label(2000)}:ex`,
  ].join('\n');
  const { zones } = read(`${data}\n`);
  const [ex, inside] = [0x6578, 0x696e];
  assert.deepEqual(zones.conditions(0), { locations: [ex, inside], changes: [1001, 2001] });
  assert.equal(zones.conditions(1), null);
});

test('a zone depends on what delegates a zone below one that is not always there, and on its glue', () => {
  const data = [
    '.a.example::ns.a.example',
    '.b.a.example::ns.a.example:60::in',
    '.c.b.a.example::ns.a.example',
    '&c.b.a.example::ns.s.a.example:60::ex',
    `.s.a.example:192.0.2.1:ns.s.a.example`,
    `+ns.s.a.example:192.0.2.2:60:${label(1000)}`,
  ].join('\n');
  const { zones } = read(`${data}\n`);
  const [ex, inside] = [0x6578, 0x696e];
  assert.deepEqual(zones.conditions(0), { locations: [ex, inside], changes: [1001] });
});

test('tai-adjust moves the moment', () => {
  const data = `.a.example::ns.a.example\n+w.a.example:192.0.2.1:5:${label(1000)}\n`;
  assert.deepEqual(read(data, { taiAdjust: 37 }).zones.conditions(0)?.changes, [1001 - 27]);
});

const PROBLEMS: readonly (readonly [
  data: string,
  wide: readonly string[],
  of: readonly (readonly [apex: string, line: string])[],
])[] = [
  [
    '.a.example::ns.a.example\n.b.example::ns.b.example\n:x.b.example:0:x\n',
    [],
    [['b.example.', 'data:3:14: error: TYPE0 is not a type of zone data [TYPE_META]']],
  ],
  [
    '.a.example::ns.a.example\n?x.a.example:y\n?nowhere:y\n',
    ['data:3:1: error: no line begins with ? [TINYDNS_LINE]'],
    [['a.example.', 'data:2:1: error: no line begins with ? [TINYDNS_LINE]']],
  ],
  [
    `.a.example::ns.a.example\n+${'x'.repeat(64)}.a.example:192.0.2.1\n`,
    [],
    [['a.example.', 'data:2:2: error: label of more than 63 octets [NAME_TOO_LONG]']],
  ],
  [
    '.a.example::ns.a.example\n+w.c.example:192.0.2.1\n',
    ['data:2:1: warning: w.c.example. is in no zone of this file, record left out [OUT_OF_ZONE]'],
    [],
  ],
];

test('a problem belongs to the zone of its line, and to the file if there is none', () => {
  for (const [data, wide, of] of PROBLEMS) {
    const file = read(data);
    assert.deepEqual(file.problems.items.map(problemLine), wide);
    const found = [...file.problemsOf].flatMap(([zone, problems]) =>
      problems.map((problem) => [nameText(file.zones.apex(zone), 0), problemLine(problem)]),
    );
    assert.deepEqual(found, of);
  }
});
