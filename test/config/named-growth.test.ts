/**
 * No named.conf is slow to read: twice the text takes about twice the time, whatever is in it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readNamedConf } from '../../src/config/named-conf.js';
import type { NamedConf } from '../../src/config/named-types.js';
import { assertLinear } from '../support/growth.js';

const root = mkdtempSync(join(tmpdir(), 'hotzone-conf-growth-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

const zone = (i: number, more = '') =>
  `zone "z${i}.example" { type primary; file "z${i}"; ${more}};\n`;

const TEXTS: readonly (readonly [what: string, count: number, text: (count: number) => string])[] =
  [
    ['zones', 20_000, (count) => lines(count, (i) => zone(i))],
    ['zones of a view', 10_000, (count) => `view v { ${lines(count, (i) => zone(i))} };`],
    [
      'zones with lists',
      10_000,
      (count) =>
        lines(count, (i) => zone(i, 'allow-transfer { 10/8; !x; }; also-notify { ::1; };')),
    ],
    ['the same zone', 10_000, (count) => zone(1).repeat(count)],
    [
      'zones with warnings',
      10_000,
      (count) => lines(count, (i) => zone(i, 'zone-statistics yes;')),
    ],
    ['zones without end', 20_000, (count) => lines(count, (i) => `zone "z${i}" { type primary;\n`)],
    ['unknown statements', 20_000, (count) => 'zonne "x" { };\n'.repeat(count)],
    ['open braces', 100_000, (count) => '{'.repeat(count)],
    ['closing braces', 50_000, (count) => '}'.repeat(count)],
    ['semicolons', 50_000, (count) => ';'.repeat(count)],
    ['open quotes', 50_000, (count) => '"x\n'.repeat(count)],
    ['one long statement', 100_000, (count) => 'zone '.repeat(count)],
    ['one long word', 2_000_000, (count) => 'z'.repeat(count)],
    ['one long string', 1_000_000, (count) => `include "${'z'.repeat(count)}";`],
    ['comments', 100_000, (count) => '/* x */ # y\n// z\n'.repeat(count)],
    ['comments that do not end', 100_000, (count) => '/*'.repeat(count)],
    ['one long list', 25_000, (count) => `acl a { ${'10/8; '.repeat(count)}};`],
    [
      'ACLs, each in the next',
      10_000,
      (count) =>
        `${lines(count, (i) => `acl a${i} { a${i + 1}; };\n`)}${zone(0, 'allow-query { a0; };')}`,
    ],
    [
      'ACLs that double',
      24,
      (count) =>
        `${lines(count, (i) => `acl a${i} { a${i + 1}; a${i + 1}; };\n`)}acl a${count} { any; };\n` +
        zone(0, 'allow-query { a0; };'),
    ],
    [
      'lists of servers that double',
      24,
      (count) =>
        `${lines(count, (i) => `primaries p${i} { p${i + 1}; p${i + 1}; };\n`)}` +
        `primaries p${count} { 192.0.2.1; };\noptions { also-notify { p0; }; };`,
    ],
    ['views', 2_000, (count) => lines(count, (i) => `view v${i} { match-clients { 10/8; }; };\n`)],
    ['missing includes', 2_000, (count) => 'include "none";\n'.repeat(count)],
    [
      'keys',
      10_000,
      (count) => lines(count, (i) => `key k${i} { algorithm hmac-md5; secret "YQ=="; };`),
    ],
  ];

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join('');
}

for (const [what, count, text] of TEXTS) {
  test(`named.conf growth: ${what}`, (t) => {
    assertLinear(t, count, (size) => {
      const path = join(root, 'named.conf');
      writeFileSync(path, text(size));
      return () => readNamedConf(path);
    });
  });
}

test('named.conf: ACLs and lists that double are refused or stay small', () => {
  const read = (text: string): NamedConf => {
    const path = join(root, 'double.conf');
    writeFileSync(path, text);
    return readNamedConf(path);
  };
  const acls = lines(30, (i) => `acl a${i} { a${i + 1}; a${i + 1}; };\n`);
  const conf = read(`${acls}acl a30 { any; };\noptions { allow-query { a0; }; };`);
  assert.ok(conf.problems.some(({ code }) => code === 'CONFIG_LIST_SIZE'));
  const deep = lines(100, (i) => `acl a${i} { a${i + 1}; };\n`);
  const { problems } = read(`${deep}acl a100 { any; };\noptions { allow-query { a0; }; };`);
  assert.ok(problems.some(({ code }) => code === 'CONFIG_NESTING'));
});
