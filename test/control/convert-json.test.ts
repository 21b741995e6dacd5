/**
 * `hotzone convert` with zones in dns-zonefile's JSON form: what is written, what is read, and what is wrong with it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Problem, ProblemList } from '../../src/base/problem.js';
import { sourceFromOctets } from '../../src/base/source.js';
import { readZoneJson } from '../../src/parse/zone-json.js';
import { seededRandom } from '../fuzz/random.js';
import { convert, folderOf } from './convert-run.js';

const SOA = {
  name: '@',
  mname: 'ns',
  rname: 'h',
  serial: 1,
  refresh: 2,
  retry: 3,
  expire: 4,
  minimum: 5,
};
const HEAD = { $origin: 'example.com.', $ttl: 300, soa: SOA, ns: [{ host: 'ns.example.net.' }] };
/** What the head becomes. */
const HEAD_LINES = ['@ IN SOA ns.example.com. h.example.com. 1 2 3 4 5', '@ IN NS ns.example.net.'];

/** Records of a zone file, blanks made one. */
function recordsOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('$'));
  return lines.map((line) => line.replace(/ +/g, ' '));
}

// --- reading ------------------------------------------------------------------------------------------------

/** Lists beside the head, and the records that they become. */
const READ: readonly (readonly [json: Readonly<Record<string, unknown>>, ...records: string[]])[] =
  [
    [{ a: [{ name: 'www', ip: '192.0.2.1' }] }, 'www IN A 192.0.2.1'],
    [
      { a: [{ ip: '192.0.2.1' }, { name: '', ip: '192.0.2.2' }] },
      '@ IN A 192.0.2.1',
      '@ IN A 192.0.2.2',
    ],
    [{ aaaa: [{ name: 'x.example.com.', ip: '2001:db8::1', ttl: 0 }] }, 'x 0 IN AAAA 2001:db8::1'],
    [{ cname: [{ name: 'x', alias: 'y', ttl: '1h' }] }, 'x 3600 IN CNAME y.example.com.'],
    [{ mx: [{ preference: 10, host: 'm.example.net.' }] }, '@ IN MX 10 m.example.net.'],
    [{ ptr: [{ name: '1', fullname: 'anything', host: 'a' }] }, '1 IN PTR a.example.com.'],
    [{ txt: [{ txt: '"a b; \\"c\\" (d)"' }] }, '@ IN TXT "a b; \\"c\\" (d)"'],
    [{ txt: [{ txt: '"one" "two"' }] }, '@ IN TXT "one" "two"'],
    [{ txt: [{ txt: 'hello' }] }, '@ IN TXT "hello"'],
    [{ txt: [{ txt: '""' }] }, '@ IN TXT ""'],
    [{ txt: [{ txt: '"é"' }] }, '@ IN TXT "\\195\\169"'],
    [{ txt: [{ txt: '"\\195"' }] }, '@ IN TXT "\\195"'],
    [
      { srv: [{ name: '_s._t', target: 'a.example.net.', priority: 1, weight: 2, port: 3 }] },
      '_s._t IN SRV 1 2 3 a.example.net.',
    ],
    [
      { spf: [{ data: '"v=spf1 -all"' }], txt: [{ txt: '"v=spf1 -all"' }] },
      '@ IN TXT "v=spf1 -all"',
      '@ IN SPF "v=spf1 -all"',
    ],
    [{ caa: [{ flags: 0, tag: 'issue', value: '"ca.example"' }] }, '@ IN CAA 0 issue "ca.example"'],
    [{ caa: [{ flags: 0, tag: 'issue', value: 'ca.example' }] }, '@ IN CAA 0 issue "ca.example"'],
    [
      {
        ns: [{ host: 'ns.example.net.' }, { name: 's', host: 'ns.example.net.' }],
        ds: [
          { name: 's', key_tag: '1', algorithm: 8, digest_type: '2', digest: `${'AB'.repeat(32)}` },
        ],
      },
      's IN NS ns.example.net.',
      `s IN DS 1 8 2 ${'AB'.repeat(28)} ABABABAB`,
    ],
  ];

test('lists of records are read as their entries of a zone file would be', async (t) => {
  for (const [json, ...records] of READ) {
    const folder = folderOf(t, {});
    const text = Buffer.from(JSON.stringify({ ...HEAD, ...json })).toString('latin1');
    const run = await convert(folderOf(t, { 'zone.json': text }), {
      inputs: ['zone.json'],
      to: 'bind',
    });
    assert.equal(run.code, 0, `${folder} ${run.stderr}`);
    assert.match(run.stderr, / 0 errors, 0 warnings\n$/);
    assert.deepEqual(recordsOf(run.stdout), [...HEAD_LINES, ...records]);
  }
});

test('JSON is known by its first octet, whatever the file is called', async (t) => {
  const folder = folderOf(t, { data: `\n ${JSON.stringify(HEAD)}` });
  const run = await convert(folder, { to: 'bind' });
  assert.deepEqual([run.code, recordsOf(run.stdout)], [0, HEAD_LINES]);
});

test('without $origin the name of the SOA is the origin, and {time} is the serial of now', async (t) => {
  const before = Math.floor(Date.now() / 1000);
  const soa = { ...SOA, name: 'example.com.', serial: '{time}' };
  const folder = folderOf(t, { data: JSON.stringify({ ...HEAD, $origin: undefined, soa }) });
  const run = await convert(folder, { to: 'bind' });
  const [line] = recordsOf(run.stdout);
  const serial = Number(/(\d+) 2 3 4 5$/.exec(line ?? '')?.[1]);
  assert.ok(serial >= before && serial <= before + 60, line);
  assert.match(line ?? '', /^@ IN SOA ns\.example\.com\. /);
});

// --- what is wrong --------------------------------------------------------------------------------------------

const L64 = 'a'.repeat(64);
const MUTATIONS = 2000;
const PIECES = [
  '"',
  '\\',
  '\\"',
  '\\n',
  ' ',
  ';',
  '(',
  ')',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '0',
  'x',
  '.',
  '$',
];

/** A document, and its first problem. */
const WRONG: readonly (readonly [json: unknown, problem: string])[] = [
  [[], '1:1: error: a zone is an object [JSON_SYNTAX]'],
  [{ ...HEAD, $origin: 'a..b' }, '1:12: error: the origin is not a domain name [JSON_SYNTAX]'],
  [{ ...HEAD, $ttl: 'x' }, "1:34: error: in $ttl: not a TTL: 'x' [TTL_INVALID]"],
  [{ ...HEAD, $ttl: [] }, '1:34: error: $ttl is not a TTL [JSON_SYNTAX]'],
  [{ naptr: [{}] }, '1:2: error: the key "naptr" is of no type that this form has [JSON_KEY]'],
  [{ a: {} }, '1:6: error: a is not an array [JSON_VALUE]'],
  [{ a: [1] }, '1:7: error: a record is an object [JSON_VALUE]'],
  [{ a: [{ name: 'x' }] }, '1:7: error: no ip [JSON_VALUE]'],
  [{ a: [{ ip: true }] }, '1:13: error: ip is neither a string nor a number [JSON_VALUE]'],
  [
    { a: [{ ip: '192.0.2.1', x: 1 }] },
    '1:25: error: the key "x" is none of this record [JSON_KEY]',
  ],
  [
    { a: [{ ip: '192.0.2.999' }] },
    '1:7: error: in the A record: invalid IPv4 address in A [RDATA_ADDRESS]',
  ],
  [
    { a: [{ name: 'x y', ip: '192.0.2.1' }] },
    '1:15: error: name is not one word of a zone file [JSON_VALUE]',
  ],
  [
    { a: [{ name: 'x', ip: '192.0.2.1\nevil A 192.0.2.2' }] },
    '1:24: error: ip is not one word of a zone file [JSON_VALUE]',
  ],
  [
    { a: [{ name: 'x', ip: '192.0.2.1;' }] },
    '1:24: error: ip is not one word of a zone file [JSON_VALUE]',
  ],
  [
    { a: [{ name: L64, ip: '192.0.2.1' }] },
    '1:7: error: in the A record: label of more than 63 octets [NAME_TOO_LONG]',
  ],
  [
    { mx: [{ preference: 1.5, host: 'a' }] },
    '1:8: error: in the MX record: invalid number in MX [RDATA_NUMBER]',
  ],
  [
    { txt: [{ txt: 'a; b' }] },
    '1:16: error: txt is not text as it stands in a zone file: put quotes around it [JSON_VALUE]',
  ],
  [
    { txt: [{ txt: '"a' }] },
    '1:16: error: txt is not text as it stands in a zone file: put quotes around it [JSON_VALUE]',
  ],
  [
    { txt: [{ txt: '"a\nb"' }] },
    '1:16: error: txt is not text as it stands in a zone file: put quotes around it [JSON_VALUE]',
  ],
  [
    { txt: [{ txt: 'a b' }] },
    '1:16: warning: words without quotes, each of which becomes a character string of its own [JSON_WORDS]',
  ],
];

test('what is wrong with a document is told with line and column', async (t) => {
  for (const [json, problem] of WRONG) {
    const folder = folderOf(t, { 'zone.json': JSON.stringify(json) });
    const { stderr, stdout } = await convert(folder, { inputs: ['zone.json'], to: 'bind' });
    assert.equal(stderr.split('\n')[0], `zone.json:${problem}`);
    assert.equal(stdout, '');
  }
});

const LONG = 'x'.repeat(300_000);
const LONG_VALUES: readonly (readonly [json: unknown, problem: RegExp])[] = [
  [{ a: [{ name: LONG, ip: '192.0.2.1' }] }, /^data:1:15: error: name is not one word .*\n/],
  [{ txt: [{ txt: `"${LONG}"` }] }, /^data:1:16: error: txt is not text .*\n/],
  [{ txt: [{ txt: `"${LONG.slice(-260_000)}"` }] }, /^data:1:9: error: in the TXT record: .*\n/],
];

test('values longer than any RDATA are told, too', async (t) => {
  for (const [json, problem] of LONG_VALUES) {
    const run = await convert(folderOf(t, { data: JSON.stringify(json) }), { to: 'bind' });
    assert.match(run.stderr, problem);
  }
});

test('mutated documents are read without end or error', (t) => {
  const seed = Date.now() % 0x7fffffff;
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const whole = JSON.stringify(WRITTEN);
  let faults = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    let text = whole;
    for (let count = 1 + random(3); count > 0; count--) {
      const at = random(text.length);
      text = text.slice(0, at) + PIECES[random(PIECES.length)] + text.slice(at + random(3));
    }
    const source = sourceFromOctets('zone.json', Buffer.from(text));
    const problems = new ProblemList();
    readZoneJson(source, problems, 1)?.parse({ record: () => {} });
    if (problems.errorCount > 0) faults++;
    const isInside = ({ line, column }: Problem) => line === 1 && column <= text.length + 1;
    assert.ok(problems.items.every(isInside), text);
  }
  assert.ok(faults > MUTATIONS / 4, `${faults} faults`);
});

test('a key that is there twice would lose records', async (t) => {
  const text = JSON.stringify(HEAD).replace(/}$/, ',"ns":[]}');
  const run = await convert(folderOf(t, { data: text }), { to: 'bind' });
  assert.match(run.stderr, /^data:1:\d+: error: the key "ns" is there twice \[JSON_KEY\]\n/);
});

test('what has errors may be left out', async (t) => {
  const json = { ...HEAD, a: [{ ip: 'x' }, { name: 'b', ip: '192.0.2.1' }], hinfo: [{}] };
  const folder = folderOf(t, { data: JSON.stringify(json) });
  const noTtl = folderOf(t, { data: JSON.stringify({ ...json, $ttl: 'x' }) });
  assert.equal((await convert(noTtl, { to: 'bind', lossy: true })).code, 1);
  const run = await convert(folder, { to: 'bind', lossy: true });
  assert.deepEqual([run.code, recordsOf(run.stdout)], [0, [...HEAD_LINES, 'b IN A 192.0.2.1']]);
  assert.match(
    run.stderr,
    /^data:1:\d+: warning: in the A record: .*, left out \[RDATA_ADDRESS\]$/m,
  );
});

// --- writing ------------------------------------------------------------------------------------------------

const ZONE = `$TTL 300
@ SOA ns h 1 2 3 4 5
@ NS ns.example.net.
@ 60 MX 10 m.example.net.
@ CAA 128 issue "ca.example; x=y"
txt TXT "a b" "\\"c\\";"
1 PTR host.example.net.
s NS ns.example.net.
s DS 1 8 2 ${'AB'.repeat(32)}
_s._t SRV 1 2 3 a.example.net.
`;

const WRITTEN = {
  $origin: 'example.com.',
  $ttl: 300,
  soa: { ...SOA, mname: 'ns.example.com.', rname: 'h.example.com.' },
  ns: [
    { name: '@', host: 'ns.example.net.' },
    { name: 's', host: 'ns.example.net.' },
  ],
  mx: [{ name: '@', ttl: 60, preference: 10, host: 'm.example.net.' }],
  ptr: [{ name: '1', fullname: '1.example.com.', host: 'host.example.net.' }],
  txt: [{ name: 'txt', txt: '"a b" "\\"c\\";"' }],
  srv: [{ name: '_s._t', priority: 1, weight: 2, port: 3, target: 'a.example.net.' }],
  caa: [{ name: '@', flags: 128, tag: 'issue', value: '"ca.example; x=y"' }],
  ds: [{ name: 's', key_tag: '1', algorithm: '8', digest_type: '2', digest: 'AB'.repeat(32) }],
};

test('a zone is written in the form that dns-zonefile has', async (t) => {
  const folder = folderOf(t, { 'example.com.zone': ZONE });
  const run = await convert(folder, { inputs: ['example.com.zone'], to: 'json' });
  assert.equal(run.code, 0, run.stderr);
  assert.equal(run.stdout, `${JSON.stringify(WRITTEN, null, 2)}\n`);
});

test('a type that the form does not have is told with its place', async (t) => {
  const folder = folderOf(t, { 'example.com.zone': `${ZONE}\nh HINFO a b\n` });
  const refused = await convert(folder, { inputs: ['example.com.zone'], to: 'json' });
  const place = 'example.com.zone:12:1: error: the JSON form has no HINFO records';
  assert.equal(refused.stderr.split('\n')[0], `${place} [CONVERT_INEXPRESSIBLE]`);
  const lossy = await convert(folder, { inputs: ['example.com.zone'], to: 'json', lossy: true });
  assert.match(lossy.stderr, /\n9 records, 1 zone, 0 errors, 1 warning\n$/);
  assert.equal(lossy.stdout, `${JSON.stringify(WRITTEN, null, 2)}\n`);
});
