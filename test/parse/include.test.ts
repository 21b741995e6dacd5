/**
 * $INCLUDE on disk (RFC 1035 §5.1): where files are looked for, what may be included, what is restored afterwards.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { INCLUDE_DEPTH_MAX } from '../../src/base/limits.js';
import { type LoadRequest, type ReadZone, readZone } from '../../src/load/load-zone.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { name } from '../support/zones.js';

const HEAD = '$TTL 300\n@ SOA ns.example.net. h.example.net. 1 2 3 4 5\n@ NS ns.example.net.\n';

function folder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'hotzone-include-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function read(root: string, file: string, options: Partial<LoadRequest> = {}): ReadZone {
  return readZone({
    path: join(root, file),
    origin: name('x'),
    originCertain: true,
    root: dirname(join(root, file)),
    includeOutside: false,
    strict: false,
    ...options,
  });
}

function codes({ problems }: ReadZone): string[] {
  return problems.items.map(({ file, line, column, code }) => {
    return `${file.split('/').at(-1)}:${line}:${column}: ${code}`;
  });
}

function records({ zone }: ReadZone): string[] {
  return zone === null ? [] : [...zoneLines(zone)].slice(2);
}

test('files are looked for beside the file that includes them', (t) => {
  const root = folder(t, {
    'x.zone': `${HEAD}$INCLUDE a/one.inc\n`,
    'a/one.inc': '$INCLUDE b/two.inc sub\none TXT 1\n',
    'a/b/two.inc': 'two TXT 2\n',
  });
  const found = read(root, 'x.zone');
  assert.deepEqual(codes(found), []);
  assert.deepEqual(records(found), ['one.x. 300 IN TXT "1"', 'two.sub.x. 300 IN TXT "2"']);
});

test('a problem stands in the file that has it', (t) => {
  const root = folder(t, {
    'x.zone': `${HEAD}$INCLUDE a.inc\nafter A 1\n`,
    'a.inc': 'a A 192.0.2.1\nb A 1\n TXT blank\n',
  });
  const found = read(root, 'x.zone');
  assert.deepEqual(codes(found), ['a.inc:2:5: RDATA_ADDRESS', 'x.zone:5:9: RDATA_ADDRESS']);
});

test('a blank owner first in an included file is refused, after it the outer owner is back', (t) => {
  const root = folder(t, {
    'x.zone': `${HEAD}o A 192.0.2.1\n$INCLUDE a.inc\n TXT outer\n`,
    'a.inc': ' TXT inner\ni A 192.0.2.2\n',
  });
  const found = read(root, 'x.zone');
  assert.deepEqual(codes(found), ['a.inc:1:2: OWNER_MISSING']);
  assert.ok(records(found).includes('o.x. 300 IN TXT "outer"'));
});

test('an open parenthesis and an open quote end with their file', (t) => {
  const root = folder(t, {
    'x.zone': `${HEAD}$INCLUDE a.inc\n$INCLUDE b.inc\nlast TXT x\n`,
    'a.inc': 'a TXT ( x\n',
    'b.inc': 'a TXT "x\n',
  });
  const found = read(root, 'x.zone');
  assert.deepEqual(codes(found), ['a.inc:1:7: SYNTAX_PARENTHESIS', 'b.inc:1:7: SYNTAX_QUOTE']);
  assert.deepEqual(records(found), ['last.x. 300 IN TXT "x"']);
});

test('a file that includes itself, directly, by another or by a link', (t) => {
  const root = folder(t, {
    'x.zone': `${HEAD}$INCLUDE x.zone\n$INCLUDE a.inc\n$INCLUDE link.inc\n`,
    'a.inc': 'a TXT a\n$INCLUDE b.inc\n',
    'b.inc': '$INCLUDE a.inc\nb TXT b\n',
  });
  symlinkSync(join(root, 'x.zone'), join(root, 'link.inc'));
  const found = read(root, 'x.zone');
  assert.deepEqual(codes(found), [
    'x.zone:4:10: INCLUDE_CYCLE',
    'b.inc:1:10: INCLUDE_CYCLE',
    'x.zone:6:10: INCLUDE_CYCLE',
  ]);
  assert.deepEqual(records(found), ['a.x. 300 IN TXT "a"', 'b.x. 300 IN TXT "b"']);
});

test('the same file twice in turn is no cycle', (t) => {
  const root = folder(t, {
    'x.zone': `${HEAD}$INCLUDE a.inc a\n$INCLUDE a.inc b\n`,
    'a.inc': '@ TXT x\n',
  });
  assert.deepEqual(codes(read(root, 'x.zone')), []);
});

test(`includes nest ${INCLUDE_DEPTH_MAX} deep`, (t) => {
  const files: Record<string, string> = { 'x.zone': `${HEAD}$INCLUDE 1.inc\n` };
  for (let i = 1; i <= INCLUDE_DEPTH_MAX + 1; i++)
    files[`${i}.inc`] = `$INCLUDE ${i + 1}.inc\nn${i} TXT x\n`;
  files[`${INCLUDE_DEPTH_MAX}.inc`] = 'last TXT x\n';
  const root = folder(t, files);
  assert.deepEqual(codes(read(root, 'x.zone')), []);
  writeFileSync(join(root, `${INCLUDE_DEPTH_MAX}.inc`), `$INCLUDE ${INCLUDE_DEPTH_MAX + 1}.inc\n`);
  assert.deepEqual(codes(read(root, 'x.zone')), [`${INCLUDE_DEPTH_MAX}.inc:1:10: INCLUDE_DEPTH`]);
});

test('outside the root: by dots, by absolute path, by link; inside by any of these', (t) => {
  const root = folder(t, {
    'out.inc': 'out TXT x\n',
    'zones/in.inc': 'in TXT x\n',
    'zones-more/in.inc': 'in TXT x\n',
    'zones/x.zone': `${HEAD}$INCLUDE ../out.inc\n$INCLUDE ../zones-more/in.inc\n$INCLUDE link.inc\n`,
    'zones/y.zone': `${HEAD}$INCLUDE ../zones/in.inc a\n$INCLUDE ./inner.inc b\n`,
  });
  symlinkSync('../out.inc', join(root, 'zones/link.inc'));
  symlinkSync('in.inc', join(root, 'zones/inner.inc'));
  writeFileSync(join(root, 'zones/z.zone'), `${HEAD}$INCLUDE ${join(root, 'out.inc')}\n`);
  assert.deepEqual(codes(read(root, 'zones/x.zone')), [
    'x.zone:4:10: INCLUDE_OUTSIDE',
    'x.zone:5:10: INCLUDE_OUTSIDE',
    'x.zone:6:10: INCLUDE_OUTSIDE',
  ]);
  assert.deepEqual(codes(read(root, 'zones/y.zone')), []);
  assert.deepEqual(codes(read(root, 'zones/z.zone')), ['z.zone:4:10: INCLUDE_OUTSIDE']);
  assert.deepEqual(codes(read(root, 'zones/x.zone', { includeOutside: true })), [
    'link.inc:1:1: DUPLICATE_RECORD',
  ]);
});

test('what is no file is not read, and is remembered as missing', (t) => {
  const root = folder(t, {
    'x.zone': `${HEAD}$INCLUDE sub\n$INCLUDE none.inc\n$INCLUDE "with blank.inc"\n$INCLUDE semi\\;colon.inc\n`,
    'sub/a.inc': '',
    'with blank.inc': 'a TXT a\n',
    'semi;colon.inc': 'b TXT b\n',
  });
  const found = read(root, 'x.zone');
  assert.deepEqual(codes(found), [
    'x.zone:4:10: INCLUDE_UNREADABLE',
    'x.zone:5:10: INCLUDE_UNREADABLE',
  ]);
  assert.deepEqual(found.sources.missing, [join(root, 'sub'), join(root, 'none.inc')]);
  assert.deepEqual(records(found), ['a.x. 300 IN TXT "a"', 'b.x. 300 IN TXT "b"']);
});
