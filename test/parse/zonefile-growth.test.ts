/**
 * No text makes the loader slow: twice the text takes about twice the time, whatever is in it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertLinear } from '../support/growth.js';
import { readText } from '../support/zones.js';

const HEAD = '$TTL 300\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n';

const root = mkdtempSync(join(tmpdir(), 'hotzone-growth-'));
writeFileSync(join(root, 'empty.inc'), '; nothing\n');
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

const TEXTS: readonly (readonly [what: string, count: number, text: (count: number) => string])[] =
  [
    ['open parentheses', 200_000, (count) => `a TXT ${'('.repeat(count)} x`],
    ['parentheses that pair', 100_000, (count) => `a TXT x ${'()'.repeat(count)}\n`],
    ['parentheses that close', 20_000, (count) => ')\n'.repeat(count)],
    ['quotes', 100_000, (count) => `a TXT ${'"'.repeat(count)}\n`],
    ['open quotes', 20_000, (count) => '"x\n'.repeat(count)],
    ['backslashes', 400_000, (count) => `a TXT ${'\\'.repeat(count)}\n`],
    ['escapes in names', 20_000, (count) => '\\097\\098 TXT x\n'.repeat(count)],
    ['one long word', 2_000_000, (count) => `a TXT ${'x'.repeat(count)}\n`],
    ['one long comment', 4_000_000, (count) => `;${'x'.repeat(count)}\n`],
    ['one long line of strings', 60_000, (count) => `a TXT ${'x '.repeat(count)}\n`],
    ['blank lines', 1_000_000, (count) => '\n'.repeat(count)],
    ['wrong lines', 40_000, (count) => 'a A 192.0.2.999\n'.repeat(count)],
    ['wrong directives', 40_000, (count) => '$FOO\n'.repeat(count)],
    ['wrong lines in one entry', 40_000, (count) => `a A x (\n${'b A 192.0.2.1\n'.repeat(count)}`],
    ['one record many times', 40_000, (count) => 'a A 192.0.2.1\n'.repeat(count)],
    ['one large RRset', 20_000, (count) => lines(count, (i) => `a TXT ${i}\n`)],
    ['one RRset, scattered', 20_000, (count) => lines(count, (i) => `a TXT ${i}\nb${i} TXT x\n`)],
    [
      'one owner of many types',
      20_000,
      (count) => lines(count, (i) => `a TYPE${i + 1000} \\# 0\n`),
    ],
    ['TTLs that differ', 20_000, (count) => lines(count, (i) => `a ${i} TXT ${i}\n`)],
    ['names out of zone', 40_000, (count) => lines(count, (i) => `a${i}. TXT x\n`)],
    ['origins', 40_000, (count) => '$ORIGIN a.test.\n$ORIGIN test.\n'.repeat(count)],
    ['includes', 2_000, (count) => '$INCLUDE empty.inc\n'.repeat(count)],
    ['includes that are not there', 4_000, (count) => '$INCLUDE none.inc\n'.repeat(count)],
    ['$GENERATE', 60_000, (count) => `$GENERATE 1-${count} a$ A 192.0.2.1\n`],
    [
      '$GENERATE that fails',
      10_000,
      (count) => '$GENERATE 1-1000 a$ A 192.0.2.999\n'.repeat(count),
    ],
    ['deep names', 3_000, (count) => lines(count, (i) => `${i}.${'a.'.repeat(110)}test. TXT x\n`)],
    [
      'delegations, one below the other',
      110,
      (count) => lines(count, (i) => `${'a.'.repeat(i + 1)}test. NS ns1\n`),
    ],
    [
      'empty non-terminals',
      1_000,
      (count) => lines(count, (i) => `${'x.'.repeat(80)}${i}.test. TXT x\n`),
    ],
  ];

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join('');
}

for (const [what, count, text] of TEXTS) {
  test(`growth: ${what}`, (t) => {
    assertLinear(t, count, (size) => {
      const whole = HEAD + text(size);
      return () => readText('test', whole, { path: join(root, 'test.zone'), root });
    });
  });
}
