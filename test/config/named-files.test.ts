/**
 * The files of a named.conf: includes and patterns, what is wrong with them, and what the watcher is told.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { INCLUDE_DEPTH_MAX } from '../../src/base/limits.js';
import { readNamedConf } from '../../src/config/named-conf.js';
import { expandPattern } from '../../src/config/named-glob.js';
import type { NamedConf } from '../../src/config/named-types.js';

const parent = mkdtempSync(join(tmpdir(), 'hotzone-conf-files-'));
process.on('exit', () => rmSync(parent, { recursive: true, force: true }));

/** A folder of its own with these files; texts may name it as ROOT. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(parent, 'case-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text.replaceAll('ROOT', root));
  }
  return root;
}

const zone = (name: string) => `zone "${name}" { type primary; file "${name}"; };\n`;

/** Zones, problems as file, line and code, files (with ? if not read) and folders, all relative to the root. */
function summary(root: string, conf: NamedConf): Record<string, string[]> {
  return {
    zones: conf.zones.map(({ text }) => text),
    problems: conf.problems.map(
      ({ file, line, code }) => `${relative(root, file)}:${line} ${code}`,
    ),
    files: conf.files.map(({ path, stamp }) => relative(root, path) + (stamp === null ? '?' : '')),
    globs: conf.globs.map((path) => relative(root, path)),
  };
}

type Row = {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  readonly zones?: readonly string[];
  readonly problems?: readonly string[];
  readonly read: readonly string[];
  readonly globs?: readonly string[];
};

const ROWS: readonly Row[] = [
  {
    what: 'a file that is not there',
    files: {},
    problems: ['main.conf:0 CONFIG_FILE'],
    read: ['main.conf?'],
  },
  {
    what: 'a directory',
    files: { 'main.conf/x': '' },
    problems: ['main.conf:0 CONFIG_FILE'],
    read: ['main.conf?'],
  },
  {
    what: 'an include relative to the including file',
    files: {
      'main.conf': 'include "sub/a.conf";',
      'sub/a.conf': `include "b.conf"; ${zone('a')}`,
      'sub/b.conf': zone('b'),
    },
    zones: ['b', 'a'],
    read: ['main.conf', 'sub/a.conf', 'sub/b.conf'],
  },
  {
    what: 'an include relative to the directory, once that is set',
    files: {
      'main.conf': 'include "a.conf"; options { directory "ROOT/sub"; }; include "a.conf";',
      'a.conf': zone('outer'),
      'sub/a.conf': zone('inner'),
    },
    zones: ['outer', 'inner'],
    read: ['main.conf', 'a.conf', 'sub/a.conf'],
  },
  {
    what: 'an include that is missing keeps all other zones, and is waited for',
    files: { 'main.conf': `${zone('a')}include "gone.conf";\n${zone('b')}` },
    zones: ['a', 'b'],
    problems: ['main.conf:2 CONFIG_INCLUDE'],
    read: ['main.conf', 'gone.conf?'],
  },
  {
    what: 'a pattern in the order of names, without hidden files, and the folder is watched',
    files: {
      'main.conf': 'include "zones/*.conf";',
      'zones/b.conf': zone('b'),
      'zones/a.conf': zone('a'),
      'zones/.hidden.conf': zone('hidden'),
      'zones/c.txt': zone('c'),
    },
    zones: ['a', 'b'],
    read: ['main.conf', 'zones/a.conf', 'zones/b.conf'],
    globs: ['zones'],
  },
  {
    what: 'a pattern of folders',
    files: {
      'main.conf': 'include "customers/*/zones.conf";',
      'customers/x/zones.conf': zone('x'),
      'customers/y/zones.conf': zone('y'),
      'customers/z/other.conf': zone('z'),
      'customers/file': '',
    },
    zones: ['x', 'y'],
    read: ['main.conf', 'customers/x/zones.conf', 'customers/y/zones.conf'],
    globs: ['customers'],
  },
  {
    what: 'a pattern that nothing matches yet',
    files: { 'main.conf': `include "none/*.conf";\n${zone('a')}` },
    zones: ['a'],
    problems: ['main.conf:1 CONFIG_INCLUDE_NONE'],
    read: ['main.conf'],
    globs: ['none'],
  },
  {
    what: 'a folder that a pattern matches',
    files: { 'main.conf': 'include "zones/*";', 'zones/a': zone('a'), 'zones/sub/b': zone('b') },
    zones: ['a'],
    problems: ['main.conf:1 CONFIG_INCLUDE'],
    read: ['main.conf', 'zones/a', 'zones/sub?'],
    globs: ['zones'],
  },
  {
    what: 'a file that includes itself',
    files: { 'main.conf': `${zone('a')}include "main.conf";\n` },
    zones: ['a'],
    problems: ['main.conf:2 CONFIG_INCLUDE_CYCLE'],
    read: ['main.conf'],
  },
  {
    what: 'one file included twice',
    files: { 'main.conf': 'include "a.conf"; include "a.conf";', 'a.conf': 'acl x { any; };\n' },
    problems: ['a.conf:1 CONFIG_REPEATED'],
    read: ['main.conf', 'a.conf'],
  },
  {
    what: 'an include within a zone',
    files: {
      'main.conf': 'zone "a" { include "kind.inc"; file "a"; };',
      'kind.inc': 'type primary;\nflie "b";\n',
    },
    zones: ['a'],
    problems: ['kind.inc:2 CONFIG_UNKNOWN'],
    read: ['main.conf', 'kind.inc'],
  },
];

for (const { what, files, zones = [], problems = [], read, globs = [] } of ROWS) {
  test(`named.conf: ${what}`, () => {
    const root = folderOf(files);
    const found = summary(root, readNamedConf(join(root, 'main.conf')));
    assert.deepEqual(found, { zones, problems, files: read, globs });
  });
}

test('named.conf: includes are bounded in depth', () => {
  const last = INCLUDE_DEPTH_MAX + 1;
  const files: Record<string, string> = { 'main.conf': 'include "1.conf";' };
  for (let i = 1; i <= last; i++) files[`${i}.conf`] = `${zone(`z${i}`)}include "${i + 1}.conf";\n`;
  const root = folderOf(files);
  const { zones, problems } = summary(root, readNamedConf(join(root, 'main.conf')));
  assert.equal(zones?.length, INCLUDE_DEPTH_MAX);
  assert.deepEqual(problems, [`${INCLUDE_DEPTH_MAX}.conf:2 CONFIG_INCLUDE_DEPTH`]);
});

test('named.conf: links that lead nowhere or back are problems, pipes are not opened', () => {
  const root = folderOf({ 'main.conf': 'include "parts/*";\n', 'parts/a': zone('a') });
  symlinkSync('nowhere', join(root, 'parts/dangling'));
  symlinkSync('../main.conf', join(root, 'parts/loop'));
  assert.equal(spawnSync('mkfifo', [join(root, 'parts/pipe')]).status, 0);
  assert.deepEqual(summary(root, readNamedConf(join(root, 'main.conf'))), {
    zones: ['a'],
    problems: [
      'main.conf:1 CONFIG_INCLUDE',
      'main.conf:1 CONFIG_INCLUDE_CYCLE',
      'main.conf:1 CONFIG_INCLUDE',
    ],
    files: ['main.conf', 'parts/a', 'parts/dangling?', 'parts/pipe?'],
    globs: ['parts'],
  });
});

test('named.conf: a relative directory starts where the server runs, a file in the directory', () => {
  const root = folderOf({ 'main.conf': `${zone('a')}options { directory "test/data"; };\n` });
  const conf = readNamedConf(join(root, 'main.conf'));
  assert.equal(conf.options.directory, join(process.cwd(), 'test/data'));
  assert.equal(conf.zones[0]?.file, join(process.cwd(), 'test/data/a'));
});

const NAMES = ['a.conf', 'ab.conf', 'b.conf', '[x].conf', 'é.conf', '.h.conf', 'a.conf~'];

const PATTERNS: readonly (readonly [pattern: string, names: readonly string[]])[] = [
  ['*.conf', ['[x].conf', 'a.conf', 'ab.conf', 'b.conf', 'é.conf']],
  ['?.conf', ['a.conf', 'b.conf', 'é.conf']],
  ['a*', ['a.conf', 'a.conf~', 'ab.conf']],
  ['*a*b*', ['ab.conf']],
  ['[ab].conf', ['a.conf', 'b.conf']],
  ['[!a].conf', ['b.conf', 'é.conf']],
  ['[a-c]*.conf', ['a.conf', 'ab.conf', 'b.conf']],
  ['\\[x\\].con?', ['[x].conf']],
  ['.*', ['.h.conf']],
  ['[z].conf', []],
  ['*.conf*z', []],
];

test('patterns match as glob(3) does', () => {
  const root = folderOf(Object.fromEntries(NAMES.map((each) => [each, ''])));
  for (const [pattern, names] of PATTERNS) {
    const { paths, folders, faults } = expandPattern(join(root, pattern));
    assert.deepEqual(
      paths.map((path) => relative(root, path)),
      names,
      pattern,
    );
    assert.deepEqual([folders, faults], [[root], []]);
  }
});
