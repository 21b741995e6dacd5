/**
 * `hotzone convert` there and back: random zones of every RR type by way of every other format keep their records, and
 * named-compilezone prints the same for a real zone and for what came back of it.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { problemLine } from '../../src/base/problem.js';
import type { ConvertFormat } from '../../src/control/convert-formats.js';
import { JSON_TYPES } from '../../src/wire/json-types.js';
import { typeText } from '../../src/wire/rrtypes.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { type Random, seededRandom } from '../fuzz/random.js';
import { runPeer } from '../support/peer-tool.js';
import { zoneCorpus } from '../support/zone-corpus.js';
import { readText } from '../support/zones.js';
import { convert, folderOf } from './convert-run.js';

const FOLDER = resolve(process.env['HOTZONE_DATA'] ?? '../shared/data');
const ROUNDS = 20;
const RECORDS = 60;
const APEX = 'Example.test';

const FILE_NAMES: Readonly<Record<ConvertFormat, string>> = {
  bind: 'example.test.zone',
  json: 'example.test.json',
  cdb: 'data.cdb',
  data: 'data',
};

function seeded(t: TestContext): Random {
  const seed = Date.now() % 0x7fffffff;
  t.diagnostic(`seed ${seed}`);
  return seededRandom(seed);
}

/** The records of a zone's text as sorted lines, owner names in lower case. */
function recordsOf(text: string): string[] {
  const { zone, problems } = readText(APEX, text);
  assert.equal(problems.errorCount, 0, problems.items.map(problemLine).join('\n'));
  assert.ok(zone !== null);
  const lines = [...zoneLines(zone)].map((line) =>
    line.replace(/^\S+/, (owner) => owner.toLowerCase()),
  );
  return lines.sort();
}

/** Converts a text from format to format. @returns the last one's text */
async function through(
  t: TestContext,
  first: string,
  formats: readonly ConvertFormat[],
): Promise<string> {
  const [from, ...rest] = formats;
  assert.ok(from !== undefined);
  let name = FILE_NAMES[from];
  const folder = folderOf(t, { [name]: first });
  let text = '';
  for (const to of rest) {
    const next = FILE_NAMES[to];
    const written = await convert(folder, { inputs: [name], to, output: next, dialect: 'all' });
    assert.equal(written.code, 0, written.stderr);
    if (to !== 'cdb') {
      text = (await convert(folder, { inputs: [name], to, dialect: 'all' })).stdout;
    }
    name = next;
  }
  return text;
}

const JSON_TYPE_NAMES = JSON_TYPES.map(({ type }) => typeText(type));

/** Ways on which a zone must come back, and the types that the formats on it hold. */
const WAYS: readonly (readonly [
  formats: readonly ConvertFormat[],
  types: readonly string[] | null,
])[] = [
  [['bind', 'bind'], null],
  [['bind', 'data', 'bind'], null],
  [['bind', 'cdb', 'bind'], null],
  [['bind', 'data', 'cdb', 'data', 'bind'], null],
  [['bind', 'json', 'bind'], JSON_TYPE_NAMES],
  [['bind', 'json', 'cdb', 'json', 'bind'], JSON_TYPE_NAMES],
];

for (const [formats, types] of WAYS) {
  test(`random zones keep their records: ${formats.join(', ')}`, async (t) => {
    const random = seeded(t);
    for (let round = 0; round < ROUNDS; round++) {
      const text = zoneCorpus(random, `${APEX}.`, random(RECORDS), types);
      const back = await through(t, text, formats);
      assert.deepEqual(recordsOf(back), recordsOf(text), text);
    }
  });
}

test('random zones as JSON are the same text again: json, bind, json', async (t) => {
  const random = seeded(t);
  for (let round = 0; round < ROUNDS; round++) {
    const zone = zoneCorpus(random, `${APEX}.`, random(RECORDS), JSON_TYPE_NAMES);
    const json = await through(t, zone, ['bind', 'json']);
    assert.equal(await through(t, json, ['json', 'bind', 'json']), json, zone);
  }
});

/** What named-compilezone prints of a zone file; `null` where it is missing, and the test is skipped. */
function compiled(t: TestContext, apex: string, path: string): string | null {
  const args = ['-i', 'none', '-k', 'ignore', '-s', 'full', '-o', '-', apex, path];
  const run = runPeer(t, 'named-compilezone', args);
  if (run === null) return null;
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.replace(/[ \t]+/g, ' ');
}

for (const to of ['data', 'cdb'] as const) {
  test(`named-compilezone prints the root zone and what ${to} gives back alike`, async (t) => {
    const root = join(FOLDER, 'root.zone');
    if (!existsSync(root)) return t.skip('no root.zone in ../shared/data nor in HOTZONE_DATA');
    const folder = folderOf(t, {});
    const relative = `${'../'.repeat(folder.split('/').length)}${root.slice(1)}`;
    const there = await convert(folder, { inputs: [relative], to, output: to });
    assert.equal(there.code, 0, there.stderr);
    const back = await convert(folder, { inputs: [to], to: 'bind', output: './' });
    assert.equal(back.code, 0, back.stderr);
    const wanted = compiled(t, '.', root);
    if (wanted === null) return;
    assert.ok(compiled(t, '.', join(folder, 'root.zone')) === wanted, 'other records came back');
  });
}
