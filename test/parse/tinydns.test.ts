/**
 * Lines of tinydns `data` and the records that they make, in order, with the default values and djb's way of reading
 * each kind of field; and that no octets at all make the parser throw.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TinydnsDialect } from '../../src/parse/tinydns-kinds.js';
import { seededRandom } from '../fuzz/random.js';
import { MTIME_SECONDS, parseData } from './tinydns-reader.js';

type Row = readonly [line: string, ...records: string[]];

const SOA_REST = `${MTIME_SECONDS} 16384 2048 1048576 2560`;
const L63 = 'a'.repeat(63);

const ROWS: readonly Row[] = [
  // --- what makes nothing
  [''],
  ['   \t'],
  ['# a comment: of any:form'],
  ['-www.e.org:192.0.2.1'],
  // --- kinds
  [
    '.e.org:192.0.2.1:a',
    `e.org. 2560 SOA a.ns.e.org. hostmaster.e.org. ${SOA_REST}`,
    'e.org. 259200 NS a.ns.e.org.',
    'a.ns.e.org. 259200 A 192.0.2.1',
  ],
  [
    '.e.org::ns.e.net:300',
    `e.org. 2560 SOA ns.e.net. hostmaster.e.org. ${SOA_REST}`,
    'e.org. 300 NS ns.e.net.',
  ],
  [
    '.e.org::a:0',
    `e.org. 0 SOA a.ns.e.org. hostmaster.e.org. ${SOA_REST}`,
    'e.org. 0 NS a.ns.e.org.',
  ],
  ['&s.e.org:192.0.2.2:b', 's.e.org. 259200 NS b.ns.s.e.org.', 'b.ns.s.e.org. 259200 A 192.0.2.2'],
  ['&s.e.org::ns.e.net', 's.e.org. 259200 NS ns.e.net.'],
  [
    '=h.e.org:192.0.2.3',
    'h.e.org. 86400 A 192.0.2.3',
    '3.2.0.192.in-addr.arpa. 86400 PTR h.e.org.',
  ],
  [
    '=H.e.org:0.10.200.255:60',
    'h.e.org. 60 A 0.10.200.255',
    '255.200.10.0.in-addr.arpa. 60 PTR H.e.org.',
  ],
  ['+w.e.org:192.0.2.4:5', 'w.e.org. 5 A 192.0.2.4'],
  ['@e.org:192.0.2.5:a:10', 'e.org. 86400 MX 10 a.mx.e.org.', 'a.mx.e.org. 86400 A 192.0.2.5'],
  ['@e.org::mail.e.net::60', 'e.org. 60 MX 0 mail.e.net.'],
  ["'e.org:some text", 'e.org. 86400 TXT "some text"'],
  ['^4.2.0.192.in-addr.arpa:W.e.org', '4.2.0.192.in-addr.arpa. 86400 PTR W.e.org.'],
  ['Cftp.e.org:w.e.org:9', 'ftp.e.org. 9 CNAME w.e.org.'],
  ['Ze.org:ns.e.org:me.e.org', `e.org. 2560 SOA ns.e.org. me.e.org. ${SOA_REST}`],
  ['Ze.org:n:m:1:2:3:4:5:6', 'e.org. 6 SOA n. m. 1 2 3 4 5'],
  ['Ze.org:n:m:0', 'e.org. 2560 SOA n. m. 0 16384 2048 1048576 2560'],
  [
    ':e.org:28:\\040\\001\\015\\270\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\001',
    'e.org. 86400 AAAA 2001:db8::1',
  ],
  [':e.org:65280:abc:7', 'e.org. 7 TYPE65280 \\# 3 616263'],
  [':e.org:65280', 'e.org. 86400 TYPE65280 \\# 0'],
  [
    'Sx.e.org:192.0.2.6:a:5060:11:22',
    'x.e.org. 86400 SRV 11 22 5060 a.srv.x.e.org.',
    'a.srv.x.e.org. 86400 A 192.0.2.6',
  ],
  ['Sx.e.org::sip.e.net:5060', 'x.e.org. 86400 SRV 0 0 5060 sip.e.net.'],
  ['%ex:192.168', 'ex is 192.168'],
  ['%ex:10.1.2.3', 'ex is 10.1.2.3'],
  ['%e:10', 'e- is 10'],
  ['%e', 'e- is '],
  ['%:.10..20.', '-- is 10.20'],
  // --- names
  ['+:192.0.2.1', '. 86400 A 192.0.2.1'],
  ['+.:192.0.2.1', '. 86400 A 192.0.2.1'],
  ['+..a...B..:192.0.2.1', 'a.b. 86400 A 192.0.2.1'],
  ['+*.E.org:192.0.2.1', '*.e.org. 86400 A 192.0.2.1'],
  ['+*:192.0.2.1', '*. 86400 A 192.0.2.1'],
  ['+\\052.e.org:192.0.2.1', '*.e.org. 86400 A 192.0.2.1'],
  ['+**.e.org:192.0.2.1', '**.e.org. 86400 A 192.0.2.1'],
  ['+a.*.e.org:192.0.2.1', 'a.*.e.org. 86400 A 192.0.2.1'],
  ['+a\\.b.c:192.0.2.1', 'a\\.b.c. 86400 A 192.0.2.1'],
  ['+a\\056b\\0721\\72:192.0.2.1', 'a\\.b:1:. 86400 A 192.0.2.1'],
  ['+\\x\\\\.\\1778:192.0.2.1', 'x\\\\.\\1278. 86400 A 192.0.2.1'],
  [`+${L63}.e:192.0.2.1`, `${L63}.e. 86400 A 192.0.2.1`],
  // --- x
  ['&e:1.2.3.4', 'e. 259200 NS ns.e.', 'ns.e. 259200 A 1.2.3.4'],
  ['@e:1.2.3.4', 'e. 86400 MX 0 mx.e.', 'mx.e. 86400 A 1.2.3.4'],
  ['Se:1.2.3.4::1', 'e. 86400 SRV 0 0 1 srv.e.', 'srv.e. 86400 A 1.2.3.4'],
  ['&E.e::X', 'e.e. 259200 NS X.ns.E.e.'],
  ['&e::a.', 'e. 259200 NS a.'],
  ['&e::.', 'e. 259200 NS .'],
  ['&e::a\\056b', 'e. 259200 NS a\\.b.ns.e.'],
  ['&e::a\\.b', 'e. 259200 NS a\\.b.'],
  // --- TXT: strings of 127 octets
  [`'e:${'x'.repeat(127)}`, `e. 86400 TXT "${'x'.repeat(127)}"`],
  [`'e:${'x'.repeat(128)}`, `e. 86400 TXT "${'x'.repeat(127)}" "x"`],
  [
    `'e:${'\\101'.repeat(300)}`,
    `e. 86400 TXT "${'A'.repeat(127)}" "${'A'.repeat(127)}" "${'A'.repeat(46)}"`,
  ],
  ["'e:a\\072b\\134\\040\\", 'e. 86400 TXT "a:b\\\\ "'],
  ["'e:a \\040 \t ", 'e. 86400 TXT "a  "'],
  // --- tail
  ['+e:1.2.3.4:60:4000000038af1379:ab', 'e. 60 A 1.2.3.4 at 4000000038af1379 for ab'],
  ['+e:1.2.3.4:0:ffffffffffffffff', 'e. 0 A 1.2.3.4 at ffffffffffffffff'],
  ['+e:1.2.3.4:::a', 'e. 86400 A 1.2.3.4 for a-'],
  ['+e:1.2.3.4:::\0\0', 'e. 86400 A 1.2.3.4'],
  ['+e:1.2.3.4:::\\1', 'e. 86400 A 1.2.3.4 for \\1'],
  ['+e:1.2.3.4:4294967295', 'e. 4294967295 A 1.2.3.4'],
  [
    '.e:1.2.3.4:a:7:4000000038af1379:lo',
    `e. 2560 SOA a.ns.e. hostmaster.e. ${SOA_REST} at 4000000038af1379 for lo`,
    'e. 7 NS a.ns.e. at 4000000038af1379 for lo',
    'a.ns.e. 7 A 1.2.3.4 at 4000000038af1379 for lo',
  ],
];

test('tinydns lines and their records', () => {
  const found = ROWS.map(([line]) => [line, ...parseData(`${line}\n`).lines]);
  assert.deepEqual(found, ROWS);
});

test('tinydns lines: all in one text give the same records', () => {
  const text = ROWS.map(([line]) => line).join('\n');
  const expected = ROWS.flatMap(([, ...records]) => records);
  assert.deepEqual(parseData(text).lines, expected);
});

/** Lines that are not djb's. */
const DIALECT_ROWS: readonly (readonly [TinydnsDialect, ...Row])[] = [
  ['fefe', '3h.e:20010db8000000000000000000000001', 'h.e. 86400 AAAA 2001:db8::1'],
  ['all', '3h.e:20010DB8000000000000000000000001:5::ab', 'h.e. 5 AAAA 2001:db8::1 for ab'],
  [
    'fefe',
    '6H.e:20010db80000000000000000000000af:60',
    'h.e. 60 AAAA 2001:db8::af',
    `f.a.${'0.'.repeat(22)}8.b.d.0.1.0.0.2.ip6.arpa. 60 PTR H.e.`,
    `f.a.${'0.'.repeat(22)}8.b.d.0.1.0.0.2.ip6.int. 60 PTR H.e.`,
  ],
  [
    'all',
    'Nn.e:10:20:u:E2U+sip:!^.*$!sip\\072a@e!:',
    'n.e. 86400 NAPTR 10 20 "u" "E2U+sip" "!^.*$!sip:a@e!" .',
  ],
  ['all', 'Nn.e:::::::60', 'n.e. 60 NAPTR 0 0 "" "" "" .'],
  ['all', 'Nn.e:1:2:s:X::sip.e', 'n.e. 86400 NAPTR 1 2 "s" "X" "" sip.e.'],
  ['all', 'Sx.e::t.e:1', 'x.e. 86400 SRV 0 0 1 t.e.'],
  ['fefe', '%ab:f10.2', 'ab is 10.2'],
  ['fefe', '%ab:10.2', 'ab is 10.2'],
  ['fefe', '%ab:s20010db8', `ab is 20010db8${'0'.repeat(24)}/32`],
  ['fefe', '%ab:s20010DB', `ab is 20010db${'0'.repeat(25)}/28`],
  ['fefe', '%ab:s', `ab is ${'0'.repeat(32)}/0`],
  ['all', '%ab:s20010db8:', `ab is 20010db8${'0'.repeat(24)}/32`],
  ['all', '%ab:f10.2', 'ab is 10.2'],
  ['all', '%ab:10.2:', 'ab is 10.2'],
  ['all', '%ab:10.1.0.0/20', 'ab is 0a010000/20'],
  ['all', '%ab:10.1.0.0/16 \t', 'ab is 10.1'],
  ['all', '%ab:0.0.0.0/0', 'ab is '],
  ['all', '%ab:192.0.2.255/32', 'ab is 192.0.2.255'],
  ['all', '%ab:2001:db8::/32', `ab is 20010db8${'0'.repeat(24)}/32`],
  ['all', '%ab:2001:DB8::1', `ab is 20010db8${'0'.repeat(23)}1/128`],
  ['all', '%ab:::', `ab is ${'0'.repeat(32)}/128`],
  ['all', '%ab:::/0', `ab is ${'0'.repeat(32)}/0`],
  ['all', '%ab:1:2:3:4:5:6:7:8/127', `ab is ${'00010002000300040005000600070008'}/127`],
];

test('tinydns lines of other dialects', () => {
  const found = DIALECT_ROWS.map(([dialect, line]) => [
    dialect,
    line,
    ...parseData(`${line}\n`, dialect).lines,
  ]);
  assert.deepEqual(found, DIALECT_ROWS);
});

test('tinydns lines: a dialect refuses the kinds of others', () => {
  const lines = ['Sx.e::t.e:1', 'Nn.e:1:2:s:X::sip.e', '3h.e:20010db8000000000000000000000001'];
  const codes = (dialect: TinydnsDialect) =>
    parseData(`${lines.join('\n')}\n`, dialect).problems.map(({ line, code }) => `${line} ${code}`);
  assert.deepEqual(codes('djb'), ['1 TINYDNS_LINE', '2 TINYDNS_LINE', '3 TINYDNS_LINE']);
  assert.deepEqual(codes('debian'), ['2 TINYDNS_LINE', '3 TINYDNS_LINE']);
  assert.deepEqual(codes('fefe'), ['1 TINYDNS_LINE', '2 TINYDNS_LINE']);
  assert.deepEqual(codes('all'), []);
});

test('tinydns: the serial is the time of the file, at least 1', () => {
  const serial = (mtimeSeconds: number) =>
    parseData('Ze:n:m:::::9\n', 'djb', mtimeSeconds).lines[0]?.split(' ')[5];
  assert.deepEqual([0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32].map(serial), [
    '1',
    '1',
    '2147483648',
    '4294967295',
    '1',
  ]);
});

test('tinydns: offsets are those of the lines', () => {
  const { problems } = parseData('+a:1.2.3.4\n\n  \n+b:1.2.3.x\n+c:1.2.3.4x');
  const places = problems.map(({ line, column, length, code }) => [line, column, length, code]);
  assert.deepEqual(places, [
    [4, 4, 7, 'TINYDNS_ADDRESS'],
    [5, 11, 1, 'TINYDNS_REST'],
    [5, 12, 1, 'FINAL_NEWLINE_MISSING'],
  ]);
});

const MUTATIONS = 500;
const PIECES = [
  ...":\\.%*@&=+-#^CZS36N'\n\r\t \0\xff0189af",
  '\\400',
  '\\',
  ':::::::::::::::',
  L63,
  'a.'.repeat(128),
];

test('mutated tinydns data neither throws nor leaves the text', (t) => {
  const seed = Date.now() % 0x7fffffff;
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const seedText = [...ROWS, ...DIALECT_ROWS.map((row) => row.slice(1))]
    .map(([line]) => line)
    .join('\n');
  for (let i = 0; i < MUTATIONS; i++) {
    let text = seedText;
    for (let count = 1 + random(8); count > 0; count--) {
      const at = random(text.length + 1);
      text = text.slice(0, at) + PIECES[random(PIECES.length)] + text.slice(at + random(4));
    }
    const { problems } = parseData(text, 'all');
    const lineCount = text.split('\n').length;
    for (const { line, column, length } of problems) {
      assert.ok(line >= 1 && line <= lineCount && column >= 1 && length >= 1, JSON.stringify(text));
    }
  }
});
