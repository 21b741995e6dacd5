/**
 * `hotzone check` as a program: options, exit codes, where output goes. What it finds is tested in test/control.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const ZONE = '$TTL 300\n@ SOA ns1 h 7 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n';

type Row = {
  readonly args: readonly string[];
  readonly input?: string;
  readonly code: number;
  readonly stdout?: RegExp;
  readonly stderr?: RegExp;
};

const ROWS: readonly Row[] = [
  { args: ['-', '--origin', 'x'], input: ZONE, code: 0, stdout: /^x\. serial 7: 3 records, / },
  {
    args: ['-', '--origin', 'x'],
    input: `${ZONE}a A 1\n`,
    code: 1,
    stdout: /^<stdin>:5:5: error: /,
  },
  { args: ['-', '--origin', 'x'], input: `${ZONE}@ MX 1 a\n`, code: 0, stdout: /: warning: / },
  { args: ['-', '--origin', 'x', '--strict'], input: `${ZONE}@ MX 1 a\n`, code: 1 },
  {
    args: ['-', '--origin', 'x', '--format', 'json'],
    input: ZONE,
    code: 0,
    stdout: /^\{\n {2}"version": 1/,
  },
  {
    args: ['-', '--origin', 'x', '--format', 'sarif'],
    input: ZONE,
    code: 0,
    stdout: /"version": "2\.1\.0"/,
  },
  {
    args: ['-', '--origin', 'x', '--print'],
    input: ZONE,
    code: 0,
    stdout: /^x\. 300 IN SOA /,
    stderr: /^x\. serial 7: /,
  },
  { args: ['-'], input: ZONE, code: 2, stderr: /needs --origin/ },
  { args: [], code: 2, stderr: /missing required argument/ },
  { args: ['a', '--no-such-option'], code: 2, stderr: /unknown option/ },
  { args: ['a', '--format', 'xml'], code: 2, stderr: /Allowed choices/ },
  { args: ['no-such-file.zone'], code: 1, stdout: /FILE_UNREADABLE/ },
];

for (const { args, input, code, stdout, stderr } of ROWS) {
  test(`hotzone check ${args.join(' ')}: exit ${code}`, () => {
    const run = spawnSync(process.execPath, [MAIN, 'check', ...args], {
      input: input ?? '',
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.equal(run.status, code, run.stderr);
    assert.match(run.stdout, stdout ?? /^/);
    assert.match(run.stderr, stderr ?? /^$/);
  });
}
