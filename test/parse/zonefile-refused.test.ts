/**
 * Wrong lines: each alone is refused with its code at its column, all together in one file are all reported, and BIND
 * refuses each, too.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProblemCode } from '../../src/base/problem-codes.js';
import { runPeer } from '../support/peer-tool.js';
import { readText } from '../support/zones.js';

type Row = readonly [line: string, column: number, code: ProblemCode];

const HEAD = [
  '$TTL 300',
  '@ SOA ns1 hostmaster 1 7200 900 1209600 300',
  '@ NS ns1',
  'ns1 A 192.0.2.1',
];

const ROWS: readonly Row[] = [
  // --- tokens
  ['a A 192.0.2.1 )', 15, 'SYNTAX_PARENTHESIS'],
  ['a TXT "open', 7, 'SYNTAX_QUOTE'],
  ['a TXT ( x ) )', 13, 'SYNTAX_PARENTHESIS'],
  ['a "A" 192.0.2.1', 4, 'SYNTAX_EXTRA'],
  ['a A "192.0.2.1"', 6, 'SYNTAX_QUOTED'],
  ['a\\25 TXT x', 1, 'SYNTAX_ESCAPE'],
  ['a\\256 TXT x', 1, 'SYNTAX_ESCAPE'],
  ['a TXT \\256', 7, 'SYNTAX_ESCAPE'],
  ['a TXT "\\25"', 8, 'SYNTAX_ESCAPE'],
  ['a A', 4, 'SYNTAX_MISSING'],
  ['a', 2, 'SYNTAX_MISSING'],
  ['a 60', 5, 'SYNTAX_MISSING'],
  ['a IN 60', 8, 'SYNTAX_MISSING'],
  ['a MX 10', 8, 'SYNTAX_MISSING'],
  ['a A 192.0.2.1 x', 15, 'SYNTAX_EXTRA'],
  ['a MX 10 ns1 x', 13, 'SYNTAX_EXTRA'],
  // --- directives
  ['$FOO', 1, 'DIRECTIVE_UNKNOWN'],
  ['$ TXT x', 1, 'DIRECTIVE_UNKNOWN'],
  ['$TTL', 5, 'SYNTAX_MISSING'],
  ['$TTL x', 6, 'TTL_INVALID'],
  ['$TTL 60 60', 9, 'SYNTAX_EXTRA'],
  ['$ORIGIN', 8, 'SYNTAX_MISSING'],
  ['$ORIGIN a..b', 9, 'NAME_INVALID'],
  ['$ORIGIN sub.example.test. x', 27, 'SYNTAX_EXTRA'],
  ['$INCLUDE', 9, 'SYNTAX_MISSING'],
  ['$INCLUDE no-such-file', 10, 'INCLUDE_UNREADABLE'],
  ['$INCLUDE file sub x', 19, 'SYNTAX_EXTRA'],
  ['$GENERATE 1-2', 14, 'SYNTAX_MISSING'],
  ['$GENERATE 2-1 a$ A 192.0.2.$', 11, 'GENERATE_RANGE'],
  ['$GENERATE 1-2/0 a$ A 192.0.2.$', 11, 'GENERATE_RANGE'],
  ['$GENERATE x a$ A 192.0.2.$', 11, 'GENERATE_RANGE'],
  ['$GENERATE 1-2 a${0,1,q} A 192.0.2.$', 15, 'GENERATE_TEMPLATE'],
  ['$GENERATE 1-2 a${ A 192.0.2.$', 15, 'GENERATE_TEMPLATE'],
  ['$GENERATE 0-99999999 a$ A 192.0.2.$', 11, 'GENERATE_STEPS'],
  ['$GENERATE 254-258 a$ A 192.0.2.$', 1, 'RDATA_ADDRESS'],
  ['$GENERATE 1-2 a$ FOO 192.0.2.$', 31, 'SYNTAX_MISSING'],
  // --- owner, TTL, class, type
  ['a..b A 192.0.2.1', 1, 'NAME_INVALID'],
  ['.a A 192.0.2.1', 1, 'NAME_INVALID'],
  [`${'a'.repeat(64)} A 192.0.2.1`, 1, 'NAME_TOO_LONG'],
  [`${'a.'.repeat(127)}a A 192.0.2.1`, 1, 'NAME_TOO_LONG'],
  ['a 1x A 192.0.2.1', 3, 'TTL_INVALID'],
  ['a 1h30 A 192.0.2.1', 3, 'TTL_INVALID'],
  ['a 4294967296 A 192.0.2.1', 3, 'TTL_INVALID'],
  ['a 60 60 A 192.0.2.1', 6, 'TYPE_UNKNOWN'],
  ['a IN IN A 192.0.2.1', 6, 'TYPE_UNKNOWN'],
  ['a -1 A 192.0.2.1', 3, 'TYPE_UNKNOWN'],
  ['a CH A 192.0.2.1', 3, 'CLASS_MISMATCH'],
  ['a CLASS3 TXT x', 3, 'CLASS_MISMATCH'],
  ['a FOO 192.0.2.1', 3, 'TYPE_UNKNOWN'],
  ['a TYPE65536 \\# 0', 3, 'TYPE_UNKNOWN'],
  ['a TYPE0 \\# 0', 3, 'TYPE_META'],
  ['a ANY x', 3, 'CLASS_MISMATCH'],
  ['a OPT \\# 0', 3, 'TYPE_META'],
  // --- RDATA; test/parse/fields.test.ts has every field
  ['a A 192.0.2.999', 5, 'RDATA_ADDRESS'],
  ['a AAAA 2001::db8::1', 8, 'RDATA_ADDRESS'],
  ['a MX x ns1', 6, 'RDATA_NUMBER'],
  ['a MX 65536 ns1', 6, 'RDATA_NUMBER'],
  ['a NS a..b', 6, 'NAME_INVALID'],
  ['a TYPE731 \\# 2 abcdef', 11, 'RDATA_LENGTH'],
  ['a TYPE731 x', 11, 'RDATA_VALUE'],
  ['a A \\# 3 c00002', 5, 'RDATA_VALUE'],
];

test('wrong lines: each alone', () => {
  const found = ROWS.map(([line]) => {
    const [problem] = readText('example.test', `${[...HEAD, line].join('\n')}\n`).problems.items;
    return [line, problem?.column, problem?.code];
  });
  assert.deepEqual(found, ROWS);
});

test('wrong lines: all in one file, and a good one after each', () => {
  const text = ROWS.map(([line], i) => `${line}\ngood${i} A 192.0.2.1\n`).join('');
  const { zone, problems } = readText('example.test', `${HEAD.join('\n')}\n${text}`);
  const lines = problems.items.map(({ line, column, code }) => `${line}:${column}: ${code}`);
  const expected = ROWS.map((row, i) => `${HEAD.length + 1 + 2 * i}:${row[1]}: ${row[2]}`);
  assert.deepEqual(lines, expected);
  // one $GENERATE makes two records before it fails
  assert.equal(zone?.recordCount, 3 + ROWS.length + 2);
});

test('wrong lines: an open parenthesis reports where it opens', () => {
  const { problems } = readText(
    'example.test',
    `${HEAD.join('\n')}\na A ( 192.0.2.1\nb A 192.0.2.2\n`,
  );
  const found = problems.items.map(({ line, column, code }) => `${line}:${column}: ${code}`);
  assert.deepEqual(found, ['6:1: SYNTAX_EXTRA', '5:5: SYNTAX_PARENTHESIS']);
});

test('wrong lines: no owner before the first record (RFC 1035 §5.1)', () => {
  const { problems } = readText('example.test', ` A 192.0.2.1\n${HEAD.join('\n')}\n`);
  assert.deepEqual(
    problems.items.map(({ line, column, code }) => `${line}:${column}: ${code}`),
    ['1:2: OWNER_MISSING'],
  );
});

for (const [line, , code] of ROWS) {
  test(`wrong lines as BIND: ${line.slice(0, 40)} (${code})`, (t) => {
    const args = ['-i', 'none', 'example.test', '/dev/stdin'];
    const run = runPeer(t, 'named-checkzone', args, `${[...HEAD, line].join('\n')}\n`);
    if (run === null) return;
    assert.equal(run.status, 1, run.stdout);
  });
}
