/**
 * What is wrong, or odd, in lines of tinydns `data`: code, column and length of each problem, and that a bad line
 * spoils no other.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemLine } from '../../src/base/problem.js';
import type { ProblemCode } from '../../src/base/problem-codes.js';
import type { TinydnsDialect } from '../../src/parse/tinydns-kinds.js';
import { parseData } from './tinydns-reader.js';

type Found = readonly [column: number, length: number, code: ProblemCode];
type Row = readonly [dialect: TinydnsDialect, line: string, ...found: Found[]];

const L63 = 'a'.repeat(63);
const NAME_255 = `${L63}.${L63}.${L63}.${'b'.repeat(61)}`;

const ROWS: readonly Row[] = [
  // --- nothing is wrong with these
  ['djb', ''],
  ['djb', ' \t'],
  ['djb', '# \\ : \r'],
  ['djb', '-www.e:1.2.3.999:x:y'],
  ['djb', '+e:1.2.3.4:60:4000000038af1379: '],
  ['djb', '+e:1.2.3.4::::::'],
  ['djb', '&e::ns.e.net'],
  ['djb', '\'e:\\\\\\072\\1\\"\\x'],
  ['djb', '%ab:10.1.2.3'],
  ['djb', '%ab'],
  ['djb', '+.:1.2.3.4'],
  // --- lines
  ['djb', ' +e:1.2.3.4', [1, 1, 'TINYDNS_LINE']],
  ['djb', 'e.org:1.2.3.4', [1, 1, 'TINYDNS_LINE']],
  ['djb', '\xef\xbb\xbf+e:1.2.3.4', [1, 1, 'TINYDNS_LINE']],
  ['djb', 'Se::a.b:1', [1, 1, 'TINYDNS_LINE']],
  ['djb', '\r', [1, 1, 'TINYDNS_CARRIAGE_RETURN'], [1, 1, 'TINYDNS_LINE']],
  ['djb', '+e:1.2.3.4\r', [11, 1, 'TINYDNS_CARRIAGE_RETURN']],
  ['djb', '+e:1.2.3.4:60\r', [14, 1, 'TINYDNS_CARRIAGE_RETURN']],
  ['djb', '+e:1.2.3.4:\r', [12, 1, 'TINYDNS_CARRIAGE_RETURN']],
  ['djb', 'Ce:f\r \t', [5, 1, 'TINYDNS_CARRIAGE_RETURN']],
  ['djb', '+e:1.2.3.4::::x:y', [15, 3, 'TINYDNS_REST']],
  ['djb', '%ab:10:x', [8, 1, 'TINYDNS_REST']],
  ['djb', `+e:1.2.3.4${':'.repeat(20)}x`, [31, 1, 'TINYDNS_REST']],
  ['djb', "'e:v=spf1 ip4:192.0.2.1 -all", [18, 11, 'TINYDNS_REST']],
  // --- names
  ['djb', '+:1.2.3.4', [2, 1, 'TINYDNS_NAME_EMPTY']],
  ['djb', 'Ce', [3, 1, 'TINYDNS_NAME_EMPTY']],
  ['djb', 'Ze', [3, 1, 'TINYDNS_NAME_EMPTY'], [3, 1, 'TINYDNS_NAME_EMPTY']],
  ['djb', `+${L63}a:1.2.3.4`, [2, 64, 'NAME_TOO_LONG']],
  ['djb', `+x.${L63}a.y:1.2.3.4`, [2, 68, 'NAME_TOO_LONG']],
  ['djb', `+${NAME_255}b:1.2.3.4`, [2, 254, 'NAME_TOO_LONG']],
  ['djb', `+${'a.'.repeat(500)}:1.2.3.4`, [2, 1000, 'NAME_TOO_LONG']],
  ['djb', `&${NAME_255}::a`, [257, 1, 'NAME_TOO_LONG']],
  ['djb', `&e::${L63}\\`, [68, 1, 'TINYDNS_ESCAPE'], [5, 64, 'NAME_TOO_LONG']],
  ['djb', `.${NAME_255}::a.b`, [2, 253, 'NAME_TOO_LONG']],
  ['djb', `Ce:${L63}a`, [4, 64, 'NAME_TOO_LONG']],
  ['djb', '+a\\400b:1.2.3.4', [3, 4, 'TINYDNS_ESCAPE']],
  ['djb', '+a\\8:1.2.3.4', [3, 2, 'TINYDNS_ESCAPE']],
  ['djb', '+a\\:1.2.3.4', [3, 1, 'TINYDNS_ESCAPE']],
  ['djb', '&a\\8::x', [3, 2, 'TINYDNS_ESCAPE']],
  ['djb', '&a::x\\', [6, 1, 'TINYDNS_ESCAPE']],
  ['djb', '.*.e::a.b', [2, 3, 'TINYDNS_WILDCARD']],
  ['djb', '&*.e::a.b', [2, 3, 'TINYDNS_WILDCARD']],
  ['djb', 'Z*.e:a:b', [2, 3, 'TINYDNS_WILDCARD']],
  ['djb', '=*.e:1.2.3.4', [2, 3, 'TINYDNS_WILDCARD']],
  ['djb', '@e::*.e', [5, 3, 'TINYDNS_WILDCARD']],
  // --- addresses
  ['djb', '+e', [3, 1, 'TINYDNS_ADDRESS']],
  ['djb', '=e::60', [4, 1, 'TINYDNS_ADDRESS']],
  ['djb', '+e:notip', [4, 5, 'TINYDNS_ADDRESS']],
  ['djb', '+e:1.2.3', [4, 5, 'TINYDNS_ADDRESS']],
  ['djb', '+e:1.2.3.', [4, 6, 'TINYDNS_ADDRESS']],
  ['djb', '&e:x:a', [4, 1, 'TINYDNS_ADDRESS']],
  ['djb', '+e:2001:db8::1', [4, 4, 'TINYDNS_ADDRESS']],
  ['djb', '+e:1.2.3.256', [4, 9, 'TINYDNS_RANGE']],
  ['djb', '+e:1.2.3.4.5', [11, 2, 'TINYDNS_REST']],
  ['djb', '+e:1.2.3.999x', [4, 10, 'TINYDNS_RANGE'], [13, 1, 'TINYDNS_REST']],
  ['fefe', '3e:2001:db8::1', [4, 4, 'TINYDNS_ADDRESS']],
  ['fefe', `3e:${'0'.repeat(31)}`, [4, 31, 'TINYDNS_ADDRESS']],
  ['fefe', `3e:${'0'.repeat(31)}g`, [4, 32, 'TINYDNS_ADDRESS']],
  ['fefe', `6e:${'0'.repeat(33)}`, [36, 1, 'TINYDNS_REST']],
  ['fefe', `6*.e:${'0'.repeat(32)}`, [2, 3, 'TINYDNS_WILDCARD']],
  // --- numbers
  ['djb', '+e:1.2.3.4:x', [12, 1, 'TINYDNS_NUMBER']],
  ['djb', '+e:1.2.3.4:-1', [12, 2, 'TINYDNS_NUMBER']],
  ['djb', '+e:1.2.3.4:1h', [13, 1, 'TINYDNS_REST']],
  ['djb', '+e:1.2.3.4:2147483648', [12, 10, 'TTL_TOO_LARGE']],
  ['djb', '+e:1.2.3.4:4294967296', [12, 10, 'TINYDNS_RANGE']],
  ['djb', '+e:1.2.3.4:4294967297x', [22, 1, 'TINYDNS_REST'], [12, 11, 'TINYDNS_RANGE']],
  ['djb', '@e::a:65536', [7, 5, 'TINYDNS_RANGE']],
  ['djb', '@e::a:ten', [7, 3, 'TINYDNS_NUMBER']],
  ['djb', 'Ze:n:m:2026112101a', [18, 1, 'TINYDNS_REST']],
  [
    'debian',
    'Se::a:65536:1x:y',
    [7, 5, 'TINYDNS_RANGE'],
    [14, 1, 'TINYDNS_REST'],
    [16, 1, 'TINYDNS_NUMBER'],
  ],
  ['debian', 'Se::a', [6, 1, 'RDATA_NUMBER']],
  ['debian', 'Se::a:sip', [7, 3, 'RDATA_NUMBER']],
  // --- texts and other types
  ['djb', "'e:", [4, 1, 'TINYDNS_TXT_EMPTY']],
  ['djb', "'e::60", [4, 1, 'TINYDNS_TXT_EMPTY']],
  ['djb', "'e:a\\", [5, 1, 'TINYDNS_ESCAPE']],
  ['djb', "'e:a\\377\\777", [9, 4, 'TINYDNS_ESCAPE']],
  ['djb', `'e:${'x'.repeat(65_536)}`, [4, 65_536, 'RDATA_LENGTH']],
  ['djb', `'e:${'x'.repeat(65_100)}`, [4, 65_100, 'RDATA_LENGTH']],
  ['djb', ':e:2:x', [4, 1, 'TINYDNS_TYPE']],
  ['djb', ':e:12:x', [4, 2, 'TINYDNS_TYPE']],
  ['djb', ':e:65538:x', [4, 5, 'TINYDNS_RANGE'], [4, 5, 'TINYDNS_TYPE']],
  ['djb', ':e::x', [4, 1, 'TYPE_META']],
  ['djb', ':e:A:x', [4, 1, 'TINYDNS_NUMBER'], [4, 1, 'TYPE_META']],
  ['djb', ':e:252:x', [4, 3, 'TYPE_META']],
  ['djb', ':e:41:x', [4, 2, 'TYPE_META']],
  ['djb', ':e:1:abc', [6, 3, 'RDATA_VALUE']],
  ['djb', ':e:28:', [7, 1, 'RDATA_VALUE']],
  ['djb', ':e:16', [6, 1, 'TINYDNS_TXT_EMPTY']],
  ['djb', ':e:33:\\0\\0\\0\\0\\0\\0\\3com', [7, 17, 'RDATA_VALUE']],
  ['all', `Ne:1:2:${'x'.repeat(256)}:::`, [8, 256, 'RDATA_STRING']],
  ['all', 'Ne:1:2:::!a!', [10, 3, 'RDATA_VALUE']],
  ['all', `Ne:1:2::::${L63}a`, [11, 64, 'NAME_TOO_LONG']],
  // --- times and locations
  ['djb', '+e:1.2.3.4::4000000038AF1379', [13, 16, 'TINYDNS_TIME']],
  ['djb', '+e:1.2.3.4::40000000', [13, 8, 'TINYDNS_TIME']],
  ['djb', '+e:1.2.3.4::4000000038af13790', [13, 17, 'TINYDNS_TIME']],
  ['djb', '+e:1.2.3.4:::ab', [14, 2, 'TINYDNS_LOCATION_UNKNOWN']],
  ['djb', '+e:1.2.3.4:::a', [14, 1, 'TINYDNS_LOCATION_UNKNOWN']],
  ['djb', '+e:1.2.3.4:::abc', [14, 3, 'TINYDNS_REST'], [14, 2, 'TINYDNS_LOCATION_UNKNOWN']],
  ['djb', '%abc:1', [2, 3, 'TINYDNS_REST']],
  ['djb', '%ab:x', [5, 1, 'TINYDNS_REST']],
  ['djb', '%ab:10.x', [8, 1, 'TINYDNS_REST']],
  ['djb', '%ab:300', [5, 3, 'TINYDNS_RANGE']],
  ['djb', '%ab:1.2.3.4.5', [5, 9, 'TINYDNS_PREFIX']],
  ['djb', '%ab:s20010db8', [5, 9, 'TINYDNS_REST']],
  ['fefe', '%ab:s2001x', [10, 1, 'TINYDNS_REST']],
  ['fefe', `%ab:s${'0'.repeat(33)}`, [5, 34, 'TINYDNS_PREFIX_INVALID']],
  ['fefe', '%ab:10.0.0.0/9', [13, 2, 'TINYDNS_REST']],
  ['all', '%cd:10.0.0.0/33', [14, 2, 'TINYDNS_PREFIX_INVALID']],
  ['all', '%cd:10.0.0.0/', [14, 1, 'TINYDNS_PREFIX_INVALID']],
  ['all', '%cd:10.0.0.0/1x', [14, 2, 'TINYDNS_PREFIX_INVALID']],
  ['all', '%cd:10.0.0.0/0032', [14, 4, 'TINYDNS_PREFIX_INVALID']],
  ['all', '%cd:10.1/16', [5, 4, 'TINYDNS_PREFIX_INVALID']],
  ['all', '%cd:10.0.0.300/9', [5, 10, 'TINYDNS_PREFIX_INVALID']],
  ['all', '%cd:2001:db8:/32', [5, 9, 'TINYDNS_PREFIX_INVALID']],
  ['all', '%cd:10.0.0.0::', [5, 10, 'TINYDNS_PREFIX_INVALID']],
  ['all', '%cd:2001:db8::/129', [16, 3, 'TINYDNS_PREFIX_INVALID']],
  ['all', '%cd:2001:db8::1/127', [5, 15, 'TINYDNS_REST']],
  ['all', '%cd:10.0.1.0/23', [5, 11, 'TINYDNS_REST']],
  ['all', '%cd:2001:db8::/32\r', [18, 1, 'TINYDNS_CARRIAGE_RETURN']],
];

test('tinydns lines: each alone, its problems', () => {
  const found = ROWS.map(([dialect, line]) => [
    dialect,
    line,
    ...parseData(`${line}\n`, dialect).problems.map(({ column, length, code }) => [
      column,
      length,
      code,
    ]),
  ]);
  assert.deepEqual(found, ROWS);
});

test('tinydns lines: each is told at its line, and a good line after it is read', () => {
  for (const dialect of ['djb', 'debian', 'fefe', 'all'] as const) {
    const rows = ROWS.filter((row) => row[0] === dialect);
    const text = rows.map(([, line], i) => `${line}\n+good${i}:192.0.2.${i}\n`).join('');
    const { lines, problems } = parseData(text, dialect);
    for (const i of rows.keys()) {
      assert.ok(lines.includes(`good${i}. 86400 A 192.0.2.${i}`), rows[i]?.[1]);
    }
    const told = new Set(problems.map(({ line }) => line));
    // a location that one row uses another may define
    const expected = rows.flatMap(([, , ...found], i) =>
      found.some(([, , code]) => code !== 'TINYDNS_LOCATION_UNKNOWN') ? [2 * i + 1] : [],
    );
    assert.deepEqual(
      expected.filter((line) => !told.has(line)),
      [],
    );
  }
});

test('tinydns locations: told once, where they are used first, and only if no line defines them', () => {
  const text = '+a:1.2.3.4:::xx\n+b:1.2.3.4:::ab\n+c:1.2.3.4:::xx\n%ab:10\n+d:1.2.3.4:::yy\n';
  assert.deepEqual(
    parseData(text).problems.map(({ line, code }) => `${line} ${code}`),
    ['1 TINYDNS_LOCATION_UNKNOWN', '5 TINYDNS_LOCATION_UNKNOWN'],
  );
});

test('tinydns locations: the same prefix again is told, with the line that counts', () => {
  const text = '%ab:10.1\n%cd:\n%ef:10.1.0.0/16\n%ab:10.1.0.0\n%ab:s\n%cd:f10.01.\n%ab:::/0\n';
  assert.deepEqual(parseData(text, 'all').problems.map(problemLine), [
    'data:3:5: warning: the same prefix as at data:1, whose location counts [TINYDNS_PREFIX_TWICE]',
    'data:6:6: warning: the same prefix as at data:1, whose location counts [TINYDNS_PREFIX_TWICE]',
    'data:7:5: warning: the same prefix as at data:5, whose location counts [TINYDNS_PREFIX_TWICE]',
  ]);
  assert.equal(parseData(text, 'all').lines.length, 7);
});

test('tinydns problems: what a reader sees', () => {
  const text = [
    '+www.e.org:192.0.2.1.7',
    'Sip.e.org:192.0.2.1',
    'xwww.e.org:192.0.2.1',
    ':www.e.org:2:x',
    '\tx',
    '+w.e.org:192.0.2.1:1d',
    "'e.org:",
  ];
  assert.deepEqual(parseData(`${text.join('\n')}\n`, 'djb').problems.map(problemLine), [
    'data:1:21: warning: what stands after the value is ignored [TINYDNS_REST]',
    'data:2:1: error: lines that begin with S belong to other dialects: debian, all [TINYDNS_LINE]',
    'data:3:1: error: no line begins with x [TINYDNS_LINE]',
    'data:4:12: error: NS has lines of its own: . and & [TINYDNS_TYPE]',
    'data:5:1: error: no line begins with \\011 [TINYDNS_LINE]',
    'data:6:21: warning: what stands after the value is ignored [TINYDNS_REST]',
    'data:7:8: error: a TXT without a string is no valid record [TINYDNS_TXT_EMPTY]',
  ]);
});
