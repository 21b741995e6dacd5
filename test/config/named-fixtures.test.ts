/**
 * Every .conf file of test/data/conf: which problems it has, at which line and column, which zones come of it all the
 * same, and whether BIND's named-checkconf takes it as we do, but for the rows of BIND_DIFFERS.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { test } from 'node:test';
import { problemLine } from '../../src/base/problem.js';
import { readNamedConf } from '../../src/config/named-conf.js';
import { runPeer } from '../support/peer-tool.js';

/** Relative to the root of the repository, where BIND looks from, too. */
const FOLDER = 'test/data/conf';

/** Why BIND takes a file that we refuse, or the other way round: docs/NAMED-CONF.md says more. */
const BIND_DIFFERS: Readonly<Record<string, string>> = {
  'acl-cycle': 'BIND looks into the ACLs of zones only when it starts',
  'acl-geoip': 'we know of no countries, and a list that refuses them must not let them in',
  'byte-order-mark': 'BIND takes the mark for a part of the first word; editors write it',
  'class-chaos': 'BIND wants a view for the class; we leave the zone out',
  'directory-missing': 'BIND must enter it; here each zone says that its file is not there',
  'file-unquoted': 'BIND wants quotes; what is meant is clear without',
  'format-raw': 'BIND reads its binary format',
  gone: 'BIND refuses what it once had; old files are to be served all the same',
  'ignored-values': 'values of statements without effect do not matter here',
  'include-glob-none': 'an empty folder of zones is no error',
  'include-relative': 'BIND looks from its working directory, we from the including file',
  'list-cycle': 'BIND reads each list once and says nothing',
  nesting: 'BIND has no bound',
  newer: 'BIND 9.18 does not know what 9.20 added',
  plugin: 'BIND opens the plugin, which is not there',
  'primaries-of-primary': 'BIND refuses what has no meaning; PowerDNS and we do not',
  'primaries-powerdns': 'the port after a colon is how PowerDNS spells it',
  'remote-servers': 'BIND 9.18 does not know what 9.20 calls primaries',
  'string-over-lines':
    'BIND lets strings go over lines, so one lost quote hides the rest of the file',
  'type-missing': 'PowerDNS takes such a zone as native',
  'type-native': 'native is a word of PowerDNS',
  'view-none': 'BIND answers each client from its view; we serve one view to all',
};

/** File; problems as line, column and code without CONFIG_; zones as name, kind and file (- for none). */
const ROWS: readonly (readonly [
  file: string,
  problems: readonly string[],
  zones: readonly string[],
])[] = [
  ['acl-cycle', ['3:10 ACL_CYCLE'], ['a.example primary a']],
  ['acl-geoip', ['1:15 VALUE'], ['a.example primary a']],
  ['acl-unused', [], ['a.example primary a']],
  [
    'acl-wrong',
    [
      '1:5 REPEATED',
      '3:5 REPEATED',
      '4:33 ADDRESS',
      '4:47 ADDRESS',
      '4:61 ADDRESS',
      '4:77 ADDRESS',
      '4:81 ADDRESS',
      '4:107 ADDRESS',
      '4:124 SYNTAX',
      '4:136 SYNTAX',
      '4:141 SYNTAX',
      '4:25 ACL_UNKNOWN',
      '4:94 ACL_UNKNOWN',
    ],
    ['a.example primary a'],
  ],
  [
    'acl',
    [],
    [
      'a.example primary a',
      'b.example primary b',
      'c.example primary c',
      'd.example secondary d',
      'e.example primary e',
    ],
  ],
  [
    'also-notify',
    [],
    ['a.example primary a', 'b.example primary b', 'c.example primary c', 'd.example primary d'],
  ],
  [
    'brace-extra',
    ['1:47 BRACE', '2:37 MISPLACED', '2:47 BRACE', '2:6 ZONE_FILE'],
    ['a.example primary a', 'c.example primary c'],
  ],
  [
    'brace-missing',
    ['3:9 BRACE', '2:1 BRACE', '3:1 BRACE', '4:1 BRACE'],
    ['b.example primary b', 'c.example primary c', 'a.example primary a'],
  ],
  ['byte-order-mark', [], ['a.example primary a']],
  ['class-chaos', ['1:13 ZONE_CLASS'], ['a.example primary a']],
  ['class-unknown', ['1:18 VALUE'], ['a.example primary a']],
  ['comment-open', ['3:1 COMMENT'], ['a.example primary a']],
  ['comments', [], ['a.example primary a/b#c/*d*', 'b.example primary b']],
  ['crlf', [], ['a.example primary a']],
  [
    'directory-missing',
    ['1:21 DIRECTORY'],
    ['a.example primary test/data/conf/no-such-directory/a'],
  ],
  ['empty', [], []],
  ['file-missing', ['1:6 ZONE_FILE', '3:6 ZONE_FILE'], ['b.example primary b']],
  ['file-secondary-missing', ['1:6 ZONE_UNSAVED'], ['a.example secondary -']],
  ['file-shared-secondary', ['2:6 ZONE_FILE'], ['a.example secondary shared']],
  ['file-shared', [], ['a.example primary shared', 'b.example primary shared']],
  [
    'file-unquoted',
    [],
    ['a.example primary test/data/conf/parts/a.zone', 'b.example primary /srv/b.zone'],
  ],
  ['format-raw', ['2:6 ZONE_FORMAT', '4:6 ZONE_FORMAT'], ['b.example primary b']],
  [
    'gone',
    ['1:11 IGNORED', '1:30 IGNORED', '1:55 IGNORED', '2:1 IGNORED', '3:44 IGNORED', '3:59 IGNORED'],
    ['a.example primary a'],
  ],
  ['ignored-fits', [], ['a.example primary a']],
  [
    'ignored-options',
    [
      '2:3 IGNORED',
      '3:3 IGNORED',
      '4:3 IGNORED',
      '5:3 IGNORED',
      '6:3 IGNORED',
      '7:3 IGNORED',
      '9:3 IGNORED',
      '10:3 IGNORED',
      '11:15 UNSUPPORTED',
      '12:3 IGNORED',
      '13:3 IGNORED',
      '14:3 IGNORED',
    ],
    ['a.example primary a'],
  ],
  [
    'ignored-top',
    [
      '1:1 IGNORED',
      '6:1 IGNORED',
      '7:1 IGNORED',
      '8:1 IGNORED',
      '9:1 IGNORED',
      '10:1 IGNORED',
      '11:1 IGNORED',
    ],
    ['a.example primary a'],
  ],
  ['ignored-twice', ['1:25 REPEATED', '2:1 IGNORED', '3:1 IGNORED'], []],
  ['ignored-values', ['1:11 IGNORED', '1:28 IGNORED'], []],
  ['ignored-zone', ['4:3 IGNORED', '7:3 IGNORED', '1:6 IGNORED'], ['a.example primary a']],
  [
    'policies',
    [
      '7:25 VALUE',
      '9:15 POLICY',
      '11:15 POLICY',
      '12:15 POLICY',
      '14:15 REPEATED',
      '21:86 IGNORED',
      '22:58 POLICY_UNKNOWN',
      '25:6 IGNORED',
    ],
    [
      'a.example primary a',
      'b.example primary b',
      'c.example primary c',
      'd.example primary d',
      'e.example secondary e',
      'f.example secondary f',
      'h.example primary h',
      'i.example primary i',
    ],
  ],
  ['in-view', ['2:41 ZONE_TYPE', '1:6 VIEW'], ['b.example primary b']],
  ['include-cycle', ['b.conf:2:9 INCLUDE_CYCLE'], ['a.example primary a', 'b.example primary b']],
  ['include-directory', ['1:9 INCLUDE'], ['a.example primary a']],
  ['include-glob-none', ['2:9 INCLUDE_NONE'], ['a.example primary test/data/conf/parts/a']],
  [
    'include-glob',
    ['zone-a1.conf:1:6 ZONE_DUPLICATE', 'zone-b2.conf:1:6 ZONE_DUPLICATE'],
    [
      'a1.example primary test/data/conf/parts/a1',
      'b.example primary test/data/conf/parts/b',
      'b2.example primary test/data/conf/parts/b2',
      'one.example primary test/data/conf/parts/one',
      'two.example primary test/data/conf/parts/two',
    ],
  ],
  ['include-missing', ['1:9 INCLUDE'], ['a.example primary a']],
  [
    'include-relative',
    [],
    ['one.example primary one', 'two.example primary two', 'a.example primary a'],
  ],
  [
    'include',
    [],
    [
      'one.example primary test/data/conf/parts/one',
      'two.example primary test/data/conf/parts/two',
      'main.example primary test/data/conf/parts/main',
    ],
  ],
  [
    'key-unknown',
    ['1:72 KEY_UNKNOWN', '2:65 KEY_UNKNOWN'],
    ['a.example secondary a', 'b.example primary b'],
  ],
  [
    'keys-wrong',
    [
      '1:39 KEY',
      '2:19 KEY',
      '3:5 KEY',
      '4:5 KEY',
      '5:59 REPEATED',
      '6:5 REPEATED',
      '7:32 SYNTAX',
      '7:5 KEY',
      '8:32 UNKNOWN',
      '8:5 KEY',
      '9:31 SYNTAX',
      '9:5 KEY',
      '10:32 UNKNOWN',
      '10:5 KEY',
      '11:5 KEY',
    ],
    ['a.example primary a'],
  ],
  ['keys', [], []],
  ['keys-cut', ['1:19 UNSUPPORTED'], ['a.example primary a']],
  ['list-cycle', ['2:15 LIST_CYCLE'], ['a.example secondary a']],
  [
    'lists-wrong',
    [
      '2:9 REPEATED',
      '4:58 ADDRESS',
      '4:86 VALUE',
      '4:94 SYNTAX',
      '4:111 SYNTAX',
      '5:71 SYNTAX',
      '3:58 LIST_UNKNOWN',
    ],
    ['a.example secondary a', 'b.example secondary b', 'c.example primary c'],
  ],
  [
    'many-errors',
    [
      '1:42 SEMICOLON',
      '2:6 ZONE_NAME',
      '3:20 UNKNOWN',
      '4:58 ADDRESS',
      '3:6 ZONE_NATIVE',
      '4:6 ZONE_PRIMARIES',
    ],
    ['a.example primary a', 'c.example native c', 'd.example secondary d', 'e.example primary e'],
  ],
  [
    'misplaced',
    [
      '1:1 MISPLACED',
      '2:11 MISPLACED',
      '2:21 BRACE',
      '3:44 MISPLACED',
      '3:59 MISPLACED',
      '4:1 MISPLACED',
    ],
    ['a.example primary a', 'b.example primary b'],
  ],
  ['nesting', ['1:85 NESTING'], ['a.example primary a']],
  ['newer', ['1:11 IGNORED', '2:1 IGNORED'], []],
  ['no-final-newline', [], ['a.example primary a']],
  ['only-comment', [], []],
  ['options-after-zones', [], ['a.example primary test/data/conf/parts/a']],
  ['options-none', [], []],
  [
    'options',
    [],
    [
      'a.example primary test/data/conf/parts/a',
      'b.example primary test/data/conf/b',
      'c.example primary /c',
    ],
  ],
  ['plugin', ['1:1 IGNORED'], ['a.example primary a']],
  ['primaries-and-masters', ['1:72 REPEATED'], ['a.example secondary a']],
  [
    'primaries-missing',
    ['1:6 ZONE_PRIMARIES', '2:6 ZONE_PRIMARIES'],
    ['a.example secondary a', 'b.example secondary b'],
  ],
  ['primaries-of-primary', ['1:44 ZONE_UNUSED', '1:6 ZONE_UNUSED'], ['a.example primary a']],
  ['primaries-powerdns', [], ['a.example secondary a']],
  [
    'primaries',
    [],
    [
      'a.example secondary a',
      'b.example secondary b',
      'c.example secondary c',
      'd.example secondary d',
      'e.example secondary e',
      'f.example secondary f',
      'g.example secondary g',
    ],
  ],
  [
    'quote-missing',
    ['1:39 QUOTE', '2:40 QUOTE', '2:39 VALUE', '2:40 SYNTAX', '2:43 BRACE'],
    ['a.example primary a', 'c.example primary c'],
  ],
  ['remote-servers', [], ['a.example secondary a']],
  ['repeated', ['2:1 REPEATED', '3:44 REPEATED', '3:54 REPEATED'], ['a.example primary a']],
  [
    'semicolon-after-zone',
    ['2:1 SEMICOLON', '3:1 SEMICOLON', '3:1 IGNORED', '4:1 SEMICOLON'],
    ['a.example primary a', 'b.example primary b', 'c.example primary c'],
  ],
  ['semicolon-at-end', ['2:1 SEMICOLON'], ['a.example primary a']],
  [
    'semicolon-before-brace',
    [
      '1:42 SEMICOLON',
      '2:61 SEMICOLON',
      '2:64 SEMICOLON',
      '3:32 SEMICOLON',
      '3:35 SEMICOLON',
      '4:1 SEMICOLON',
    ],
    ['a.example primary a', 'b.example primary b'],
  ],
  [
    'semicolon-extra',
    ['1:33 SYNTAX', '1:47 SYNTAX', '2:20 SYNTAX'],
    ['a.example primary a', 'b.example primary b'],
  ],
  [
    'semicolon-on-line',
    ['3:3 SEMICOLON', '5:33 SEMICOLON', '7:3 IGNORED', '8:3 SEMICOLON', '9:3 SEMICOLON'],
    ['a.example primary a', 'b.example primary b'],
  ],
  [
    'string-over-lines',
    ['1:39 QUOTE', '2:6 QUOTE', '2:1 SYNTAX'],
    ['a.example primary two', 'b.example primary b'],
  ],
  [
    'strings',
    [],
    [
      'a.example primary with "quotes" and { ; }',
      'b.example primary back\\\\slash',
      'c.example primary Zürich',
    ],
  ],
  ['type-included', ['hint.inc:1:6 ZONE_TYPE'], ['a.example primary test/data/conf/parts/a']],
  ['type-missing', ['1:6 ZONE_NATIVE'], ['a.example native a']],
  ['type-native', [], ['a.example native a', 'b.example native b']],
  [
    'types-left-out',
    ['1:17 ZONE_TYPE', '2:25 ZONE_TYPE', '3:25 ZONE_TYPE', '4:25 ZONE_TYPE', '5:25 ZONE_TYPE'],
    ['a.example primary a'],
  ],
  ['types-unknown', ['1:25 VALUE'], ['b.example primary b']],
  [
    'unknown',
    [
      '1:1 UNKNOWN',
      '2:11 UNKNOWN',
      '2:25 UNKNOWN',
      '2:39 UNKNOWN',
      '3:20 UNKNOWN',
      '3:58 UNKNOWN',
      '4:1 SYNTAX',
      '5:1 SYNTAX',
    ],
    ['a.example primary a'],
  ],
  [
    'unsupported',
    ['1:44 UNSUPPORTED', '2:59 UNSUPPORTED', '2:68 UNSUPPORTED', '4:58 UNSUPPORTED'],
    ['a.example primary a', 'b.example primary b', 'c.example secondary c'],
  ],
  [
    'values-wrong',
    [
      '2:8 VALUE',
      '2:30 VALUE',
      '2:55 VALUE',
      '2:78 VALUE',
      '3:10 VALUE',
      '3:31 VALUE',
      '3:59 VALUE',
      '3:86 VALUE',
      '4:13 SYNTAX',
      '4:28 SYNTAX',
      '4:40 SYNTAX',
      '4:56 SYNTAX',
      '4:61 REPEATED',
      '6:15 REPEATED',
      '8:51 VALUE',
      '8:70 VALUE',
    ],
    ['a.example primary a'],
  ],
  ['view-alone', ['2:6 VIEW'], ['a.example primary a']],
  ['view-and-zones', ['1:6 ZONE_OUTSIDE'], ['a.example primary a', 'b.example primary b']],
  ['view-chaos', ['1:14 ZONE_CLASS'], ['a.example primary a']],
  ['view-none', ['1:6 VIEW', '2:6 VIEW', '1:6 VIEW_NONE'], []],
  ['view-options', ['2:3 IGNORED', '3:3 IGNORED'], ['a.example primary a']],
  ['view-repeated', ['2:6 REPEATED'], ['a.example primary a']],
  ['views', ['4:6 VIEW'], ['a.example primary outside/a', 'b.example primary outside/b']],
  [
    'zone-name-wrong',
    ['1:6 ZONE_NAME', '2:6 ZONE_NAME', '3:6 ZONE_NAME', '4:6 SYNTAX', '5:17 SYNTAX'],
    ['f.example primary f'],
  ],
  ['zone-repeated', ['2:6 ZONE_DUPLICATE'], ['a.example primary a', 'c.example primary c']],
  ['zone-statements', [], ['a.example primary a']],
  [
    'zones',
    [],
    [
      'quoted.example primary a',
      'unquoted.example primary b',
      'dot.example primary c',
      'class.example primary d',
      'number.example primary /srv/e',
      'Case.Example primary f',
      '. primary g',
      '2.0.192.in-addr.arpa secondary h',
      'slave.example secondary i',
      'dotless primary j',
      '0/25.2.0.192.in-addr.arpa primary k',
      'esc\\.aped.example primary l',
    ],
  ],
];

for (const [file, problems, zones] of ROWS) {
  const path = join(FOLDER, `${file}.conf`);
  const conf = readNamedConf(path);

  test(`named.conf: ${file}`, () => {
    const found = conf.problems.map((problem) => {
      const other = problem.file === path ? '' : `${basename(problem.file)}:`;
      return `${other}${problem.line}:${problem.column} ${problem.code.replace('CONFIG_', '')}`;
    });
    assert.deepEqual(found, problems, conf.problems.map(problemLine).join('\n'));
    const served = conf.zones.map(({ text, kind, file: zoneFile }) => {
      const shown = zoneFile === null ? '-' : relative('.', zoneFile);
      return `${text} ${kind} ${shown.startsWith('../') ? zoneFile : shown}`;
    });
    assert.deepEqual(served, zones);
  });

  test(`named.conf as BIND: ${file}`, (t) => {
    const run = runPeer(t, 'named-checkconf', [path]);
    if (run === null) return;
    const isSame = (run.status === 0) === (conf.errorCount === 0);
    assert.equal(isSame, !(file in BIND_DIFFERS), `${BIND_DIFFERS[file]}\n${run.stdout}`);
  });
}

test('named.conf: every file of the folder is a row, every difference one of a row', () => {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.conf'));
  const names = ROWS.map(([file]) => file);
  assert.deepEqual(files.map((file) => basename(file, '.conf')).sort(), [...names].sort());
  assert.deepEqual(
    Object.keys(BIND_DIFFERS).filter((file) => !names.includes(file)),
    [],
  );
});

test('named.conf: the example of this repository has no fault, and its zones are there', (t) => {
  const conf = readNamedConf('named.conf.example');
  assert.deepEqual(conf.problems.map(problemLine), []);
  assert.ok(conf.zones.length >= 3);
  for (const { text, file } of conf.zones) assert.ok(existsSync(file ?? ''), `${text}: ${file}`);
  const run = runPeer(t, 'named-checkconf', ['named.conf.example']);
  if (run !== null) assert.equal(run.status, 0, run.stdout);
});
