/** Statements of a named.conf that are understood and not in force: who relies on them is told, nobody else. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readNamedConf } from '../../src/config/named-conf.js';
import { gapTexts } from '../../src/load/named-gaps.js';
import { temporaryDirectory } from '../e2e/test-server.js';

const ROWS: readonly (readonly [statements: string, options: string, told: string | null])[] = [
  ['', '', null],
  ['allow-query { any; };', '', null],
  ['allow-query { 192.0.2.0/24; };', '', 'allow-query'],
  ['', 'allow-query { localhost; };', 'allow-query'],
  ['allow-transfer { none; };', 'allow-transfer { none; };', null],
  ['allow-transfer { 192.0.2.1; };', '', 'allow-transfer'],
  ['', 'allow-transfer { !192.0.2.1; any; };', 'allow-transfer'],
  ['notify no;', '', null],
  ['notify yes;', '', 'notify and also-notify'],
  ['also-notify { 192.0.2.1; };', '', 'notify and also-notify'],
  ['', 'allow-notify { 192.0.2.1; };', 'allow-notify'],
  ['ixfr-from-differences no;', '', null],
  ['ixfr-from-differences yes;', '', 'ixfr-from-differences'],
  ['', 'ixfr-from-differences primary;', 'ixfr-from-differences'],
  ['check-names ignore;', '', 'check-names'],
  ['', 'check-names primary fail;', 'check-names'],
];

for (const [statements, options, told] of ROWS) {
  test(`not in force: zone { ${statements} } options { ${options} }`, (t) => {
    const path = join(temporaryDirectory(t), 'named.conf');
    writeFileSync(
      path,
      `options { ${options} };\nzone "a.example" { type primary; file "a"; ${statements} };\n`,
    );
    const texts = gapTexts(readNamedConf(path));
    assert.equal(texts.length, told === null ? 0 : 1, texts.join('\n'));
    if (told === null) return;
    assert.ok(texts[0]?.startsWith(`'${told}' is not in force yet (`), texts[0]);
    if (statements !== '') assert.ok(texts[0]?.includes(`${path}:2`), texts[0]);
  });
}

test('not in force: a secondary zone is told with its place', (t) => {
  const path = join(temporaryDirectory(t), 'named.conf');
  writeFileSync(
    path,
    'zone "a.example" { type secondary; file "a"; primaries { 192.0.2.1; }; };\n',
  );
  assert.deepEqual(gapTexts(readNamedConf(path)), [
    `'type secondary' is not in force yet (1 zone, first a.example at ${path}:1): ` +
      'the file is served as it is, and never refreshed',
  ]);
});
