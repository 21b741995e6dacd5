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
  [
    'allow-query { 192.0.2.0/24; }; allow-transfer { 192.0.2.1; }; also-notify { 192.0.2.1; };',
    '',
    null,
  ],
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
