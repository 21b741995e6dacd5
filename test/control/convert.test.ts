/**
 * `hotzone convert`: exit codes, what is written and what is not; data.cdb octet for octet as Debian's tinydns-data
 * writes it, and `data` from which tinydns-data makes the same data.cdb again.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ConvertOptions } from '../../src/control/convert.js';
import { type Random, seededRandom } from '../fuzz/random.js';
import { runPeer } from '../support/peer-tool.js';
import { tinydnsCorpus } from '../support/tinydns-corpus.js';
import { tinydnsSite } from '../support/tinydns-site.js';
import { convert, folderOf } from './convert-run.js';

const MTIME_SECONDS = 1234567890;
const CORPUS_LINES = 10_000;
const RUN_MS_MAX = 20_000;

/** A folder with `data` of the given text. */
function folderWith(t: TestContext, text: string): string {
  const folder = folderOf(t, {});
  writeData(folder, text);
  return folder;
}

function writeData(folder: string, text: string): void {
  writeFileSync(join(folder, 'data'), Buffer.from(text, 'latin1'));
  utimesSync(join(folder, 'data'), MTIME_SECONDS, MTIME_SECONDS);
}

// --- Debian's compiler --------------------------------------------------------------------------------------

/** Compiles `data` of a folder with Debian's tinydns-data; `null` where that is missing, and the test is skipped. */
function debianCdb(t: TestContext, folder: string): Buffer | null {
  // without arguments this one only says how it is used; both are of one package
  if (runPeer(t, 'tinydns-get', []) === null) return null;
  const run = spawnSync('tinydns-data', [], {
    cwd: folder,
    encoding: 'latin1',
    timeout: RUN_MS_MAX,
  });
  assert.equal(run.status, 0, run.stderr);
  return readFileSync(join(folder, 'data.cdb'));
}

const CORPORA: readonly (readonly [name: string, make: (random: Random) => string])[] = [
  ['random lines', (random) => tinydnsCorpus(random, CORPUS_LINES)],
  [
    'lines of zones within zones',
    (random) => tinydnsSite(random, CORPUS_LINES, { nowSeconds: MTIME_SECONDS, isOrderly: false }),
  ],
];

for (const [name, make] of CORPORA) {
  test(`data.cdb of ${CORPUS_LINES} ${name} is that of Debian, also by way of its data`, async (t) => {
    const seed = Date.now() % 0x7fffffff;
    t.diagnostic(`seed ${seed}`);
    const folder = folderWith(t, make(seededRandom(seed)));
    const debian = debianCdb(t, folder);
    if (debian === null) return;
    const made = await convert(folder, { output: 'our.cdb' });
    assert.equal(made.code, 0, made.stderr);
    assert.ok(readFileSync(join(folder, 'our.cdb')).equals(debian), 'another data.cdb');
    const back = await convert(folder, { to: 'data', inputs: ['data.cdb'] });
    assert.equal(back.code, 0, back.stderr);
    writeData(folder, back.stdout);
    const again = debianCdb(t, folder);
    assert.ok(again?.equals(debian), 'another data.cdb from what was converted back');
  });
}

const PEER_ROWS: readonly (readonly [name: string, text: string])[] = [
  ['no line', ''],
  ['comments only', '# a\n\n-b:1.2.3.4\n'],
  ['locations only', '%ab:1\n%cd:\n%ef:1.2.3.4\n'],
  ['the same line again', '+a:1.2.3.4\n'.repeat(300)],
  ['no newline at the end', '.example.com:192.0.2.1:a\n+www.example.com:192.0.2.2'],
  ['a wildcard of the root', '+*:192.0.2.1\n+*.:192.0.2.2\n'],
];

for (const [name, text] of PEER_ROWS) {
  test(`data.cdb as Debian makes it: ${name}`, async (t) => {
    const folder = folderWith(t, text);
    const debian = debianCdb(t, folder);
    if (debian === null) return;
    assert.equal((await convert(folder, { output: 'our.cdb' })).code, 0);
    assert.ok(readFileSync(join(folder, 'our.cdb')).equals(debian));
  });
}

// --- exit codes and output --------------------------------------------------------------------------------

const GOOD = '+a:192.0.2.1:300\n';
const BAD = "+a:192.0.2.1:300\n?b:192.0.2.2\n'c:\n+d:192.0.2.3:300\n";
const NOT_WRITTEN = /2 records, 0 locations, 2 errors, 0 warnings; nothing written\n$/;

type Row = {
  readonly name: string;
  readonly text: string;
  readonly options: Partial<ConvertOptions>;
  readonly code: number;
  readonly stdout?: string;
  readonly stderr: RegExp;
};

const ROWS: readonly Row[] = [
  { name: 'no input', text: GOOD, options: { inputs: [] }, code: 2, stderr: /^error: no file/ },
  {
    name: 'cdb to standard output',
    text: GOOD,
    options: {},
    code: 2,
    stderr: /^error: cdb is not/,
  },
  { name: 'cdb to -', text: GOOD, options: { output: '-' }, code: 2, stderr: /^error: cdb is not/ },
  {
    name: 'data to standard output',
    text: '+A:192.0.2.1\n',
    options: { to: 'data' },
    code: 0,
    stdout: '+a:192.0.2.1:86400\n',
    stderr: /^1 record, 0 locations, 0 errors, 0 warnings\n$/,
  },
  {
    name: 'data to -',
    text: GOOD,
    options: { to: 'data', output: '-' },
    code: 0,
    stdout: GOOD,
    stderr: /^1 record/,
  },
  {
    name: 'several files',
    text: GOOD,
    options: { to: 'data', inputs: ['data', 'data'] },
    code: 0,
    stdout: GOOD + GOOD,
    stderr: /^2 records/,
  },
  {
    name: 'a file that is not there',
    text: GOOD,
    options: { to: 'data', inputs: ['data', 'none'] },
    code: 1,
    stderr:
      /^none: error: ENOENT.* \[FILE_UNREADABLE\]\n1 record, .* 1 error, .*; nothing written\n$/,
  },
  {
    name: 'a file that is no database though called one',
    text: GOOD,
    options: { to: 'data', inputs: ['text.cdb'] },
    code: 1,
    stderr: /^text\.cdb: error: the header is not .* \[CDB_DAMAGED\]\n/,
  },
  {
    name: 'lines with errors',
    text: BAD,
    options: { to: 'data' },
    code: 1,
    stderr: /^data:2:1: error: .* \[TINYDNS_LINE\]\ndata:3:\d+: error: .* \[TINYDNS_TXT_EMPTY\]\n/,
  },
  {
    name: 'errors, and what is not written',
    text: BAD,
    options: { to: 'data' },
    code: 1,
    stderr: NOT_WRITTEN,
  },
  {
    name: 'lines with errors that may be left out',
    text: BAD,
    options: { to: 'data', lossy: true },
    code: 0,
    stdout: '+a:192.0.2.1:300\n+d:192.0.2.3:300\n',
    stderr:
      /^data:2:1: warning: .*, left out \[TINYDNS_LINE\]\n(?:.*\n)*.* 0 errors, 2 warnings\n$/,
  },
  {
    name: 'a location that text cannot hold',
    text: '%x:1\n\n+a:1.2.3.4:300::\0x\n',
    options: { to: 'data' },
    code: 1,
    stderr: /^data:3:1: error: the location 0x0078 .* \[CONVERT_INEXPRESSIBLE\]\n/m,
  },
  {
    name: 'a path with a control character',
    text: GOOD,
    options: { to: 'data', inputs: ['a\x1b[2J'] },
    code: 1,
    stderr: /^a\?\[2J: error: /,
  },
  {
    name: 'more problems than are shown',
    text: '?\n'.repeat(250),
    options: { to: 'data' },
    code: 1,
    stderr: /250 errors, 0 warnings \(150 not shown\); nothing written\n$/,
  },
  {
    name: 'a folder that is not there',
    text: GOOD,
    options: { output: 'none/data.cdb' },
    code: 1,
    stderr: /^error: cannot write none\/data\.cdb: ENOENT.*\n1 record, .*; nothing written\n$/,
  },
];

for (const { name, text, options, code, stdout = '', stderr } of ROWS) {
  test(`convert: ${name}: exit ${code}`, async (t) => {
    const folder = folderWith(t, text);
    writeFileSync(join(folder, 'text.cdb'), text);
    const run = await convert(folder, options);
    assert.match(run.stderr, stderr);
    assert.deepEqual([run.code, run.stdout], [code, stdout]);
    assert.deepEqual(readdirSync(folder).sort(), ['data', 'text.cdb']);
  });
}

test('convert: a file with errors leaves the former output', async (t) => {
  const folder = folderWith(t, BAD);
  writeFileSync(join(folder, 'data.cdb'), 'former');
  assert.equal((await convert(folder, { output: 'data.cdb' })).code, 1);
  assert.equal(readFileSync(join(folder, 'data.cdb'), 'latin1'), 'former');
  assert.deepEqual(readdirSync(folder).sort(), ['data', 'data.cdb']);
});

test('convert: a database is known by its content, whatever it is called', async (t) => {
  const folder = folderWith(t, GOOD);
  assert.equal((await convert(folder, { output: 'database' })).code, 0);
  const back = await convert(folder, { to: 'data', inputs: ['database'] });
  assert.deepEqual([back.code, back.stdout], [0, GOOD]);
});

test('convert: a record that no line gives is told with its entry', async (t) => {
  const folder = folderWith(t, '+a:192.0.2.1:300\n:b:65280:x:300\n');
  assert.equal((await convert(folder, { output: 'data.cdb' })).code, 0);
  const octets = readFileSync(join(folder, 'data.cdb'));
  const typeAt = octets.indexOf(Buffer.from([0xff, 0x00, 0x3d]));
  octets.fill(0, typeAt, typeAt + 2);
  writeFileSync(join(folder, 'data.cdb'), octets);
  const refused = await convert(folder, { to: 'data', inputs: ['data.cdb'] });
  const text = `data.cdb: error: entry at octet ${typeAt - 11}: no line gives type 0 with this RDATA`;
  assert.equal(refused.stderr.split('\n')[0], `${text} [CONVERT_INEXPRESSIBLE]`);
  assert.deepEqual([refused.code, refused.stdout], [1, '']);
  const lossy = await convert(folder, { to: 'data', inputs: ['data.cdb'], lossy: true });
  assert.deepEqual([lossy.code, lossy.stdout], [0, GOOD]);
});

test('convert: the output may be the input, and others may read it', async (t) => {
  const folder = folderWith(t, '+A:192.0.2.1:300\n');
  const umask = process.umask(0o022);
  t.after(() => process.umask(umask));
  chmodSync(join(folder, 'data'), 0o600);
  assert.equal((await convert(folder, { to: 'data', output: 'data' })).code, 0);
  assert.equal(readFileSync(join(folder, 'data'), 'latin1'), GOOD);
  assert.equal(statSync(join(folder, 'data')).mode & 0o777, 0o644);
});

test('convert: a directory is no file to convert, nor one to replace', async (t) => {
  const folder = folderWith(t, GOOD);
  mkdirSync(join(folder, 'sub'));
  const read = await convert(folder, { to: 'data', inputs: ['sub'] });
  assert.match(read.stderr, /^sub: error: not a regular file \[FILE_UNREADABLE\]\n/);
  const written = await convert(folder, { output: 'sub' });
  assert.match(written.stderr, /^error: cannot write sub: EISDIR/);
  assert.deepEqual([read.code, written.code], [1, 1]);
  assert.deepEqual(readdirSync(folder).sort(), ['data', 'sub']);
});
