/**
 * Semantic checks: every file of test/data/check yields the code in its name and no other, `OK` none, and BIND's
 * named-checkzone judges it alike but for the rows of BIND_DIFFERS.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PROBLEM_CODES, type ProblemCode } from '../../src/base/problem-codes.js';
import { runPeer } from '../support/peer-tool.js';
import { readText } from '../support/zones.js';

const FOLDER = fileURLToPath(new URL('../../../test/data/check/', import.meta.url));

type Verdict = 'ok' | 'warning' | 'error';

/** Codes that BIND judges otherwise; docs/ZONEFILE.md has the reasons. `-k fail` is what named itself does. */
const BIND_DIFFERS: Readonly<Record<string, Verdict>> = {
  APEX_ONLY: 'ok',
  DS_WITHOUT_NS: 'ok',
  DUPLICATE_RECORD: 'ok',
  // named refuses the zone, named-checkzone does not know the limits
  RRSET_LARGE: 'ok',
  OWNER_LARGE: 'ok',
  OCCLUDED: 'ok',
  // BIND bounds iterations when it validates, not when it loads
  NSEC3_ITERATIONS: 'ok',
};

const files = readdirSync(FOLDER).sort();

function fixture(file: string): { code: string; origin: string; text: string } {
  const text = readFileSync(join(FOLDER, file), 'latin1');
  const origin = /^; zone: (\S+)/.exec(text)?.[1] ?? 'example.test';
  return { code: file.split('.')[0] ?? '', origin, text };
}

function severityOf(code: string): Verdict {
  return code === 'OK' ? 'ok' : PROBLEM_CODES[code as ProblemCode].severity;
}

for (const file of files) {
  const { code, origin, text } = fixture(file);
  test(`check: ${file}`, () => {
    const codes = new Set(readText(origin, text).problems.items.map((problem) => problem.code));
    assert.deepEqual([...codes], code === 'OK' ? [] : [code]);
  });

  test(`check as BIND: ${file}`, (t) => {
    const args = ['-i', 'local', '-k', 'fail', origin, join(FOLDER, file)];
    const run = runPeer(t, 'named-checkzone', args);
    if (run === null) return;
    const notes = run.stdout.split('\n').filter((line) => !/^OK$|loaded serial|^$/.test(line));
    const verdict = run.status !== 0 ? 'error' : notes.length > 0 ? 'warning' : 'ok';
    assert.equal(verdict, BIND_DIFFERS[code] ?? severityOf(code), run.stdout);
  });
}

test('check: every code about the zone as a whole has a file', () => {
  const codes = Object.keys(PROBLEM_CODES);
  const whole = codes
    .slice(codes.indexOf('SOA_MISSING'))
    .filter((code) => !/^(?:CONFIG|SETTING|TINYDNS|CDB|CONVERT|JSON|DNSSEC|ZONEMD)_/.test(code));
  const untested = whole.filter((code) => !files.some((file) => file.startsWith(`${code}.`)));
  // sizes beyond what a test should write
  assert.deepEqual(untested, ['RRSET_TOO_LARGE', 'ZONE_TOO_LARGE']);
});

test('check: problems stand at their record', () => {
  const { text } = fixture('MX_ALIAS.cname.zone');
  const [problem] = readText('example.test', text).problems.items;
  assert.equal(problem?.line, 5);
  assert.equal(problem.column, 1);
  assert.equal(problem.text, 'mail.example.test. is a CNAME');
});

test('check: --strict turns warnings into errors', () => {
  const { text } = fixture('MX_ALIAS.cname.zone');
  const { problems } = readText('example.test', text, { strict: true });
  assert.equal(problems.items[0]?.severity, 'error');
  assert.equal(problems.errorCount, 1);
});
