/**
 * `hotzone check`: exit codes, the three forms of report, excerpts, printing.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PROBLEM_CODES } from '../../src/base/problem-codes.js';
import { type CheckOptions, runCheck } from '../../src/control/check.js';
import { excerpt } from '../../src/control/report-text.js';

const GOOD = '$TTL 300\n@ SOA ns1 h 7 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n';
const WARNING = `${GOOD}@ MX 10 mail\n`;
const ERROR = `${GOOD}www\tA 192.0.2.999\n`;
const PLAIN: CheckOptions = {
  origin: null,
  format: 'text',
  print: false,
  strict: false,
  includeOutside: false,
  ignoreBroken: false,
  signatures: true,
  signatureWarningDays: 3,
};

type Run = { code: number; stdout: string; stderr: string };

function folder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'hotzone-check-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

async function check(
  paths: readonly string[],
  options: Partial<CheckOptions> = {},
  streams: { terminal?: boolean; colour?: boolean; input?: string } = {},
): Promise<Run> {
  const run: Run = { code: -1, stdout: '', stderr: '' };
  async function* stdin() {
    yield Buffer.from(streams.input ?? '');
  }
  run.code = await runCheck(
    paths,
    { ...PLAIN, ...options },
    {
      stdin: stdin(),
      stdout: { write: (text: string) => (run.stdout += text) },
      stderr: { write: (text: string) => (run.stderr += text) },
      terminal: streams.terminal ?? false,
      colour: streams.colour ?? false,
      progress: false,
    },
  );
  return run;
}

test('exit 0 and a summary for a good zone, 0 for warnings, 1 for errors', async (t) => {
  const path = folder(t, { 'a.test.zone': GOOD, 'b.test.zone': WARNING, 'c.test.zone': ERROR });
  assert.deepEqual(await check([join(path, 'a.test.zone')]), {
    code: 0,
    stdout: 'a.test. serial 7: 3 records, 0 errors, 0 warnings\n',
    stderr: '',
  });
  const warned = await check([join(path, 'b.test.zone')]);
  assert.equal(warned.code, 0);
  assert.equal(
    warned.stdout,
    `${path}/b.test.zone:5:1: warning: mail.b.test. has neither A nor AAAA [MX_ADDRESS_MISSING]\n` +
      'b.test. serial 7: 4 records, 0 errors, 1 warning\n',
  );
  const wrong = await check([join(path, 'c.test.zone')]);
  assert.equal(wrong.code, 1);
  assert.match(
    wrong.stdout,
    /c\.test\.zone:5:7: error: .* \[RDATA_ADDRESS\]\n.*1 error, 0 warnings\n$/,
  );
  assert.equal((await check([join(path, 'b.test.zone')], { strict: true })).code, 1);
});

test('a directory: the files that serve takes, and two files of one zone', async (t) => {
  const path = folder(t, {
    'a.test.zone': GOOD,
    'sub/db.b.test': GOOD,
    'notes.txt': 'no zone',
    'a.test.zone~': 'no zone',
    'sub/a.test.db': GOOD,
  });
  const run = await check([path]);
  assert.equal(run.code, 1);
  assert.deepEqual(run.stdout.match(/^\S+ serial/gm), [
    'a.test. serial',
    'a.test. serial',
    'b.test. serial',
  ]);
  assert.match(
    run.stdout,
    /sub\/a\.test\.db: error: .*a\.test\.zone defines a\.test\., too \[ZONE_DUPLICATE\]/,
  );
});

test('what cannot be read is an error, an empty directory a warning', async (t) => {
  const path = folder(t, {});
  const missing = await check([join(path, 'none.zone')]);
  assert.equal(missing.code, 1);
  assert.match(missing.stdout, /^\S+none\.zone: error: .* \[FILE_UNREADABLE\]\n/);
  const empty = await check([path]);
  assert.equal(empty.code, 0);
  assert.match(empty.stdout, /warning: .* \[FILES_NONE\]/);
});

test('exit 2 for a wrong call', async () => {
  assert.equal((await check(['-'])).code, 2);
  assert.equal((await check(['a', 'b'], { origin: 'x' })).code, 2);
  const wrong = await check(['a'], { origin: 'a..b' });
  assert.deepEqual(wrong, { code: 2, stdout: '', stderr: 'error: not a domain name: a..b\n' });
});

test('standard input', async () => {
  const run = await check(['-'], { origin: 'example.test' }, { input: ERROR });
  assert.equal(run.code, 1);
  assert.match(run.stdout, /^<stdin>:5:7: error: /);
});

test('--print: the zone goes to standard output, all else to standard error', async (t) => {
  const path = folder(t, { 'b.test.zone': WARNING, 'c.test.zone': ERROR });
  const run = await check([join(path, 'b.test.zone')], { print: true });
  assert.deepEqual(run.stdout.split('\n'), [
    'b.test. 300 IN SOA ns1.b.test. h.b.test. 7 2 3 4 5',
    'b.test. 300 IN NS ns1.b.test.',
    'b.test. 300 IN MX 10 mail.b.test.',
    'ns1.b.test. 300 IN A 192.0.2.1',
    '',
  ]);
  assert.match(run.stderr, /MX_ADDRESS_MISSING/);
  assert.equal((await check([join(path, 'c.test.zone')], { print: true })).stdout, '');
});

test('--ignore-broken: a broken record is a warning, and --print shows the others', async () => {
  const input = `${GOOD}a A 192.0.2.999\n  TXT x\n`;
  const origin = 'x.test';
  const run = await check(['-'], { origin, ignoreBroken: true, print: true }, { input });
  assert.equal(run.code, 0);
  assert.match(
    run.stderr,
    /^<stdin>:5:5: warning: .*, left out \[RDATA_ADDRESS\]\n.* 0 errors, 1 warning\n$/,
  );
  assert.deepEqual(run.stdout.split('\n').slice(2), [
    'a.x.test. 300 IN TXT "x"',
    'ns1.x.test. 300 IN A 192.0.2.1',
    '',
  ]);
  const strict = await check(['-'], { origin, ignoreBroken: true, strict: true }, { input });
  assert.equal(strict.code, 1);
});

test('on a terminal: the line, a mark under the place, colours if wanted', async () => {
  const plain = await check(['-'], { origin: 'x' }, { input: ERROR, terminal: true });
  assert.equal(
    plain.stdout.split('\n').slice(1, 3).join('\n'),
    '    5 | www     A 192.0.2.999\n      |           ^~~~~~~~~~~',
  );
  const colour = await check(
    ['-'],
    { origin: 'x' },
    { input: ERROR, terminal: true, colour: true },
  );
  assert.ok(colour.stdout.includes('\x1b[31m: error: '));
});

test('excerpts: tabs, long lines, other scripts, control characters', () => {
  assert.deepEqual(excerpt('\ta\tb', 4, 1), {
    shown: '        a       b',
    mark: `${' '.repeat(16)}^`,
  });
  const long = excerpt(`${'x'.repeat(500)}HERE${'y'.repeat(500)}`, 501, 4);
  assert.equal(long.shown.indexOf('HERE'), long.mark.indexOf('^~~~'));
  assert.equal(long.shown.length, 102);
  assert.deepEqual(excerpt('é x', 4, 1), { shown: 'é x', mark: '  ^' });
  assert.deepEqual(excerpt('a\x1b[31m', 1, 1), { shown: 'a?[31m', mark: '^' });
  assert.deepEqual(excerpt('a', 2, 1), { shown: 'a', mark: ' ^' });
});

test('--format json: a stable shape', async () => {
  const run = await check(['-'], { origin: 'x.test', format: 'json' }, { input: WARNING });
  assert.deepEqual(JSON.parse(run.stdout), {
    version: 1,
    errors: 0,
    warnings: 1,
    zones: [
      {
        file: '<stdin>',
        zone: 'x.test.',
        serial: 7,
        records: 4,
        errors: 0,
        warnings: 1,
        problems: [
          {
            code: 'MX_ADDRESS_MISSING',
            severity: 'warning',
            file: '<stdin>',
            line: 5,
            column: 1,
            length: 1,
            message: 'mail.x.test. has neither A nor AAAA',
          },
        ],
      },
    ],
  });
});

test('--format sarif: rules and places as SARIF 2.1.0 wants them', async () => {
  const input = `${GOOD}é A 192.0.2.999\n`;
  const run = await check(['-'], { origin: 'x.test', format: 'sarif' }, { input });
  const document = JSON.parse(run.stdout);
  assert.equal(document.version, '2.1.0');
  const [{ tool, results, columnKind }] = document.runs;
  assert.equal(columnKind, 'utf16CodeUnits');
  const ids = tool.driver.rules.map((rule: { id: string }) => rule.id);
  assert.deepEqual(ids, Object.keys(PROBLEM_CODES));
  const [result] = results;
  assert.equal(ids[result.ruleIndex], 'RDATA_ADDRESS');
  assert.equal(result.ruleId, 'RDATA_ADDRESS');
  assert.equal(result.level, 'error');
  const { artifactLocation, region } = result.locations[0].physicalLocation;
  assert.equal(artifactLocation.uri, '%3Cstdin%3E');
  assert.deepEqual(region, { startLine: 5, startColumn: 5, endColumn: 16 });
});
