/**
 * tinydns `data` compared with Debian's tinydns-data: what its data.cdb holds is, entry by entry and in order, what the
 * parser hands out; what it refuses has an error here, and what has an error here it refuses or would better refuse.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProblemCode } from '../../src/base/problem-codes.js';
import { type Random, seededRandom } from '../fuzz/random.js';
import { type Compiled, debianTinydns, parseData } from './tinydns-reader.js';

/** Errors of lines that tinydns-data compiles to records that are not valid. */
const STRICTER: ReadonlySet<ProblemCode> = new Set([
  'TINYDNS_TXT_EMPTY',
  'RDATA_VALUE',
  'RDATA_LENGTH',
  'TYPE_META',
]);

const L63 = 'a'.repeat(63);
const NAME_255 = `${L63}.${L63}.${L63}.${'b'.repeat(61)}`;

/** Each compiled alone. */
const EDGES: readonly string[] = [
  // --- lines and fields
  ' ',
  ' +e:1.2.3.4',
  '\r',
  '+e:1.2.3.4\r',
  'Ce:f\r',
  '+e:1.2.3.4 \t ',
  '+',
  ':',
  '.',
  '&',
  '=',
  '@',
  "'",
  '^',
  'C',
  'Z',
  '%',
  'S',
  'N',
  '3e:20010db8000000000000000000000001',
  '_e:x',
  '\xefe:x',
  '+e:1.2.3.4:60::::::::::::::::::x',
  'Ze:n:m:1:2:3:4:5:6:4000000038af1379:ab:x:y',
  '+e:1.2.3.4\0x',
  // --- names
  `+${L63}.e:1.2.3.4`,
  `+${L63}a.e:1.2.3.4`,
  `+${L63}a:1.2.3.4`,
  `+${NAME_255}:1.2.3.4`,
  `+${NAME_255}b:1.2.3.4`,
  `+${NAME_255}.b:1.2.3.4`,
  `.${NAME_255}::a.b`,
  `&${NAME_255}::a`,
  `&e::${L63}.`,
  `&e::${L63}\\`,
  `&e::${L63.slice(1)}\\`,
  `&e::${L63.slice(3)}\\`,
  `&e::${L63.slice(4)}\\`,
  `C${'a.'.repeat(127)}:b`,
  `C${'a.'.repeat(126)}ab:b`,
  `C${'a.'.repeat(128)}:b`,
  `Ce:${L63}a`,
  `Ze:${L63}a:m`,
  `Ze:m:${L63}a`,
  '+\\:1.2.3.4',
  '+a\\:1.2.3.4',
  '&e:1.2.3.4:\\',
  '&e\\:1.2.3.4:a\\',
  '&\\52.e:1.2.3.4:\\*.b',
  '+\\400\\477\\777.e:1.2.3.4',
  '+\\8\\9\\18\\1\\01.e:1.2.3.4',
  '=*.e:1.2.3.4',
  '.*.e:1.2.3.4:a',
  'Z*:n:m',
  '+\\101\\132\\141\xc0\xe0.e:1.2.3.4',
  // --- addresses
  '+e:notip',
  '+e:1.2.3',
  '+e:1.2.3.',
  '+e:1.2.3.4.5',
  '+e:1.2..4',
  '+e:.1.2.3.4',
  '+e: 1.2.3.4',
  '+e:256.300.1000.99999999999999999999999',
  '=e:01.002.0003.4x',
  '+e:2001:db8::1',
  '&e:1.2.3:a',
  '@e:x:a',
  // --- numbers
  '+e:1.2.3.4:12abc',
  '+e:1.2.3.4:abc',
  '+e:1.2.3.4:-1',
  '+e:1.2.3.4: 1',
  '+e:1.2.3.4:4294967296',
  '+e:1.2.3.4:18446744073709551617',
  '+e:1.2.3.4:99999999999999999999999999999999',
  '.e::a:12x',
  '@e::a:65536',
  '@e::a:65535x',
  '@e::a:x',
  'Ze:n:m:a:b:c:d:e:f',
  'Ze:n:m:4294967297:1x::0::0',
  ':e:99999:x',
  // --- texts
  "'e:",
  "'e",
  "'e:\\",
  "'e:\\\\",
  "'e:v=spf1 ip4:192.0.2.1 -all",
  `'e:${'\\777'.repeat(127)}\\`,
  `'e:${'x'.repeat(40_000)}`,
  // --- generic
  ...[0, 1, 2, 5, 6, 12, 15, 16, 28, 41, 251, 252, 255, 65535, 65536, 65538].map(
    (n) => `:e:${n}:abcd`,
  ),
  ':e::x',
  ':e:x:y',
  ':e:1x:\\1\\2\\3\\4',
  ':e:13:\\1a\\1b',
  // --- times and locations
  '+e:1.2.3.4::4000000038AF1379',
  '+e:1.2.3.4::4',
  '+e:1.2.3.4::40000000000000001234',
  '+e:1.2.3.4::zz',
  '+e:1.2.3.4:::a',
  '+e:1.2.3.4:::abc',
  '+*.e:1.2.3.4:::ab',
  '+e:1.2.3.4:::\0a',
  '+e:1.2.3.4:::\0\0',
  '%',
  '%ab',
  '%abc:1',
  '%ab:1.2.3.4',
  '%ab:1.2.3.4x',
  '%ab:..1..2..',
  '%ab:x',
  '%ab:300.1',
  '%:1',
  // --- SRV
  'Se::a:1',
  'Se:1.2.3.4:a:5060:11:22:7:4000000038af1379:ab',
  'Se::a.b:65536:70000:x:x',
  'Se::a',
  'Se::a:x',
  'Se::a:1x',
  'S*.e:1.2.3.4:*.b:1',
];

/** Compares one text. @returns what differs, if anything does */
function difference(text: string, theirs: Compiled): string | null {
  const ours = parseData(`${text}\n`);
  const errors = ours.problems.filter(({ severity }) => severity === 'error');
  if ('failure' in theirs) return errors.length > 0 ? null : `they refuse: ${theirs.failure}`;
  if (errors.length > 0) {
    const unexpected = errors.filter(
      ({ code }) => !STRICTER.has(code) && !isLongHostmaster(code, text),
    );
    return unexpected.length === 0
      ? null
      : `they compile, here: ${unexpected.map(({ text }) => text)}`;
  }
  const [a, b] = [JSON.stringify(ours.entries), JSON.stringify(theirs.entries)];
  return a === b ? null : `ours ${a}, theirs ${b}`;
}

/** Whether the name fits by itself, but not with hostmaster before it, which they do not check. */
function isLongHostmaster(code: ProblemCode, text: string): boolean {
  return code === 'NAME_TOO_LONG' && text.startsWith('.');
}

test("tinydns edge cases: the entries are those of Debian's compiler", (t) => {
  const peer = debianTinydns(t);
  if (peer === null) return;
  const found = EDGES.map((line) => [line, difference(line, peer.compile(`${line}\n`))] as const);
  assert.deepEqual(
    found.filter(([, what]) => what !== null),
    [],
  );
});

test("a text without final newline: the entries are those of Debian's compiler", (t) => {
  const peer = debianTinydns(t);
  if (peer === null) return;
  const text = '+a:1.2.3.4\n\n+b:1.2.3.4';
  assert.deepEqual({ entries: parseData(text).entries }, peer.compile(text));
});

/** Lines that each make one RRset, and what to ask for. */
const ASKED: readonly (readonly [line: string, type: string, name: string])[] = [
  ['.e.org:192.0.2.1:a', 'SOA', 'e.org'],
  ['.s.e.org::ns.S.e.org:7', 'NS', 's.e.org'],
  ['@e.org:192.0.2.5:b:10', 'MX', 'e.org'],
  ['+w.e.org:192.0.2.300:60', 'A', 'w.e.org'],
  ['Cc.e.org:h.e.net:1h', 'CNAME', 'c.e.org'],
  ['^4.e.org:..h..e.org.', 'PTR', '4.e.org'],
  ['Zz.e.org:n:m:1:2:3:4x:5:6', 'SOA', 'z.e.org'],
];

test('tinydns answers: what tinydns-get prints is what the parser hands out', (t) => {
  const peer = debianTinydns(t);
  if (peer === null) return;
  for (const [line, type, name] of ASKED) {
    // tinydns answers for zones only
    const text = line.startsWith('.') ? line : `.e.org::a\n${line}\n`;
    peer.compile(text);
    const ours = parseData(text).lines.filter((found) =>
      new RegExp(`^${name}\\. \\d+ ${type} `).test(found),
    );
    assert.deepEqual(peer.answers(type, name), ours.map(printed), line);
  }
});

/** As tinydns-get prints it. */
function printed(line: string): string {
  const [owner, ttl, type, ...rdata] = line.replace(/\.(?= |$)/g, '').split(' ');
  return [owner, ttl, type, rdata.join(' ').toLowerCase()].join(' ');
}

// --- random lines ---------------------------------------------------------------------------------------------

const NAMES = [
  'e.org',
  'E.Org',
  'www.e.org',
  '*.e.org',
  '.',
  '',
  '..a..b.',
  'x\\.y.e',
  '\\052.e',
  'a\\072b\\1.e',
  '\xff.e',
  NAME_255,
];
const TARGETS = ['', 'a', 'B', 'ns.e.net', 'a.', '\\056', 'a\\', '*.e', 'x y'];
const ADDRESSES = ['192.0.2.1', '10.0.0.255', '', '1.2.3', 'x', '300.1.2.3', '1.2.3.4x'];
const NUMBERS = [
  '',
  '0',
  '1',
  '60',
  '65535',
  '65536',
  '86400',
  '2147483648',
  '4294967296',
  '7x',
  'x',
  '99999999999999999999',
];
const TEXTS = [
  'x',
  'v=spf1 -all',
  '\\1\\22\\377',
  '\\400',
  'a\\072b',
  '\\\\',
  'x'.repeat(200),
  '\\040x\\',
  ' x ',
];
const TYPES = ['1', '13', '16', '28', '33', '65280', '99', '2', '0', '', '255'];
const RDATA = [
  '',
  '\\1\\2\\3\\4',
  '\\1a\\1b',
  '\\003abc',
  '\\0\\1\\0\\2\\0\\3\\1a\\0',
  'x'.repeat(16),
];
const TIMES = ['', '', '', '4000000038af1379', '40', 'Z', '4000000038af13790'];
const LOCATIONS = ['', '', '', 'ab', 'a', 'abc', '\\1'];
const PREFIXES = ['', '10', '10.1', '10.1.2.3', '.10.', 'x', '300', '1.2.3.4.5'];
const TAIL = [NUMBERS, TIMES, LOCATIONS];
const EXTRA = ['', '', '', '', '', ':', ':x', '::x', ' ', '\t', '\r'];

const KINDS: readonly (readonly [string, ...(readonly string[])[]])[] = [
  ['.', NAMES, ADDRESSES, TARGETS, ...TAIL],
  ['&', NAMES, ADDRESSES, TARGETS, ...TAIL],
  ['=', NAMES, ADDRESSES, ...TAIL],
  ['+', NAMES, ADDRESSES, ...TAIL],
  ['@', NAMES, ADDRESSES, TARGETS, NUMBERS, ...TAIL],
  ["'", NAMES, TEXTS, ...TAIL],
  ['^', NAMES, NAMES, ...TAIL],
  ['C', NAMES, TARGETS, ...TAIL],
  ['Z', NAMES, NAMES, TARGETS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, ...TAIL],
  [':', NAMES, TYPES, RDATA, ...TAIL],
  ['%', LOCATIONS, PREFIXES],
  ['S', NAMES, ADDRESSES, TARGETS, NUMBERS, NUMBERS, NUMBERS, ...TAIL],
  ['-', NAMES, ADDRESSES, ...TAIL],
  ['#', NAMES, TEXTS],
];
const LINES = 2000;
/** Each of them is a run of the compiler. */
const BROKEN_LINES_MAX = 200;

function randomLine(random: Random): string {
  const [character, ...fields] = KINDS[random(KINDS.length)]!;
  // lines often leave fields out at their end
  const count = random(3) === 0 ? random(fields.length + 1) : fields.length;
  const values = fields.slice(0, count).map((pool) => pool[random(pool.length)]!);
  return character + values.join(':') + EXTRA[random(EXTRA.length)];
}

test("random tinydns data: the entries are those of Debian's compiler", (t) => {
  const peer = debianTinydns(t);
  if (peer === null) return;
  const seed = Date.now() % 0x7fffffff;
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const lines = Array.from({ length: LINES }, () => randomLine(random));
  const parsed = lines.map((line) => parseData(`${line}\n`));
  // prefixes of more than four octets are stored for nobody, and left out here
  const isWhole = (i: number) =>
    parsed[i]!.errorCount === 0 &&
    !parsed[i]!.problems.some(({ code }) => code === 'TINYDNS_PREFIX');
  const text = lines.filter((_, i) => isWhole(i)).join('\n');
  assert.ok(text.length > 20_000, `${text.length} octets`);
  assert.deepEqual(peer.compile(text), { entries: parseData(text).entries });
  const broken = new Set(lines.filter((_, i) => parsed[i]!.errorCount > 0));
  assert.ok(broken.size > 20, `${broken.size} broken lines`);
  const tried = [...broken].slice(0, BROKEN_LINES_MAX);
  const found = tried.map((line) => [line, difference(line, peer.compile(`${line}\n`))] as const);
  assert.deepEqual(
    found.filter(([, what]) => what !== null),
    [],
  );
});
