/**
 * Master files: every NN-topic.zone of test/data/zonefile gives the records and problems of its .print file, and the
 * records that BIND's named-compilezone prints, but for the rows of BIND_DIFFERS. UPDATE_GOLDEN=1 rewrites the .print
 * files.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readZone } from '../../src/load/load-zone.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { runPeer } from '../support/peer-tool.js';
import { name, readText } from '../support/zones.js';

const FOLDER = fileURLToPath(new URL('../../../test/data/zonefile/', import.meta.url));
const ORIGIN = 'example.com';

/** Why BIND prints something else: docs/ZONEFILE.md says more. */
const BIND_DIFFERS: Readonly<Record<string, string>> = {
  '09-case.zone': 'BIND keeps the case of the owner for each RRset, we one for each owner',
  '18-byte-order-mark.zone': 'BIND takes the mark for a part of the first word',
  '28-include-relative.zone': 'BIND looks from its working directory, we from the including file',
  '30-generate-words.zone': 'BIND takes one word or one quoted string',
  '29-ttl-mismatch-apart.zone': 'BIND takes the last TTL if other owners stand between',
};

const files = readdirSync(FOLDER).filter((file) => file.endsWith('.zone'));

function readFile(file: string): { records: string[]; problems: string[] } {
  const { zone, problems } = readZone({
    path: join(FOLDER, file),
    origin: name(ORIGIN),
    originCertain: true,
    root: FOLDER,
    includeOutside: false,
    strict: false,
  });
  return {
    records: zone === null ? [] : [...zoneLines(zone)],
    problems: problems.items.map(
      (problem) => `; ${basename(problem.file)}:${problem.line}:${problem.column}: ${problem.code}`,
    ),
  };
}

for (const file of files) {
  test(`zone file: ${file}`, () => {
    const { records, problems } = readFile(file);
    const text = [...records, ...problems, ''].join('\n');
    const golden = join(FOLDER, file.replace(/\.zone$/, '.print'));
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, text);
    assert.equal(text, readFileSync(golden, 'utf8'));
  });

  test(`zone file as BIND: ${file}`, (t) => {
    const args = [
      '-i',
      'none',
      '-k',
      'ignore',
      '-s',
      'full',
      '-w',
      FOLDER,
      '-o',
      '-',
      ORIGIN,
      file,
    ];
    const run = runPeer(t, 'named-compilezone', args);
    if (run === null) return;
    const printed = run.stdout
      .split('\n')
      .map((line) => line.replace(/[ \t]+/g, ' '))
      .filter((line) => / IN /.test(line));
    const { records } = readFile(file);
    if (file in BIND_DIFFERS) assert.notDeepEqual(records, printed, BIND_DIFFERS[file]);
    else assert.deepEqual(records, printed, run.stderr);
  });

  test(`zone file printed and read again: ${file}`, () => {
    const { records } = readFile(file);
    const again = readText(ORIGIN, `${records.join('\n')}\n`).zone;
    assert.ok(again !== null);
    assert.deepEqual([...zoneLines(again)], records);
  });
}

test('zone file: no golden file is left over', () => {
  const left = readdirSync(FOLDER).filter(
    (file) => file.endsWith('.print') && !existsSync(join(FOLDER, file.replace('.print', '.zone'))),
  );
  assert.deepEqual(left, []);
});
