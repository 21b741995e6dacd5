/**
 * The syntax of pdns.conf: what PowerDNS makes of a text, and the places of entries and problems.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ProblemList, problemLine } from '../../src/base/problem.js';
import { sourceFromOctets } from '../../src/base/source.js';
import { readPdnsConf, type SettingEntry } from '../../src/config/pdns-conf.js';
import { readSettingFiles } from '../../src/config/setting-files.js';
import { runPeer } from '../support/peer-tool.js';

function read(text: string | Uint8Array): { entries: SettingEntry[]; lines: string[] } {
  const problems = new ProblemList();
  const source = sourceFromOctets('pdns.conf', Buffer.from(text));
  const entries = readPdnsConf(source, problems);
  return { entries, lines: problems.items.map(problemLine) };
}

/** What counts in the end, as PowerDNS shows it: the last value, with those appended behind commas. */
function effective(entries: readonly SettingEntry[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { name, value, append } of entries) {
    const before = values[name] ?? '';
    values[name] = append && before !== '' ? `${before}, ${value ?? ''}` : (value ?? '');
  }
  return values;
}

/** Texts that PowerDNS takes, and what it takes them for. Names are settings of PowerDNS without a default. */
const SAME: readonly (readonly [text: string, values: Record<string, string>])[] = [
  ['server-id=a', { 'server-id': 'a' }],
  ['server-id=a\ncarbon-server=b\n', { 'server-id': 'a', 'carbon-server': 'b' }],
  ['server-id=a\r\ncarbon-server=b\r\n', { 'server-id': 'a', 'carbon-server': 'b' }],
  ['\n\n  \n# c\n  # c\nserver-id=a', { 'server-id': 'a' }],
  ['  server-id  =  a  ', { 'server-id': 'a' }],
  ['\tserver-id\t=\ta\t', { 'server-id': 'a' }],
  ['server-id=a b', { 'server-id': 'a b' }],
  ['server-id="a"', { 'server-id': '"a"' }],
  ['server-id=a=b', { 'server-id': 'a=b' }],
  ['server-id==a', { 'server-id': '=a' }],
  ['server-id=a\\b', { 'server-id': 'a\\b' }],
  ['server-id=é', { 'server-id': 'é' }],
  // comments
  ['server-id=a # b', { 'server-id': 'a' }],
  ['server-id=a\t# b', { 'server-id': 'a' }],
  ['server-id=a#b', { 'server-id': 'a#b' }],
  ['server-id=a#b # c', { 'server-id': 'a#b # c' }],
  ['server-id=#', { 'server-id': '#' }],
  ['server-id=a\\#b', { 'server-id': 'a\\#b' }],
  // lines that go on
  ['server-id=a\\\nb', { 'server-id': 'ab' }],
  ['server-id=a \\\n  b \\\nc', { 'server-id': 'a   b c' }],
  ['server-id=a\\ \nb', { 'server-id': 'ab' }],
  ['server-id=a\\\r\nb', { 'server-id': 'ab' }],
  ['server-id=a\\\n\ncarbon-server=b', { 'server-id': 'a', 'carbon-server': 'b' }],
  ['server-id=a\\\\\nb', { 'server-id': 'a\\b' }],
  ['server-\\\nid=a', { 'server-id': 'a' }],
  ['server-id=a \\\n# c\ncarbon-server=b', { 'server-id': 'a', 'carbon-server': 'b' }],
  ['server-id=a\\\n#b', { 'server-id': 'a#b' }],
  ['# c \\\nserver-id=a', {}],
  ['server-id=a # b \\\nc', { 'server-id': 'a' }],
  // more than once
  ['server-id=a\nserver-id=b', { 'server-id': 'b' }],
  ['server-id=a\nserver-id+=b', { 'server-id': 'a, b' }],
  ['server-id = a\nserver-id += b', { 'server-id': 'a, b' }],
  ['server-id=\nserver-id+=b', { 'server-id': 'b' }],
  ['server-id=a\nserver-id=\nserver-id+=b', { 'server-id': 'b' }],
  ['server-id=a\nserver-id+=', { 'server-id': 'a, ' }],
  ['server-id=+a', { 'server-id': '+a' }],
  ['disable-axfr', { 'disable-axfr': '' }],
  ['disable-axfr=yes', { 'disable-axfr': 'yes' }],
];

/** Runs PowerDNS on a settings file in `folder` and returns what it holds of `names`. */
function askPdns(
  t: TestContext,
  folder: string,
  names: readonly string[],
): Record<string, string> | null {
  const run = runPeer(t, 'pdns_server', ['--config', `--config-dir=${folder}`]);
  if (run === null) return null;
  assert.equal(run.status, 0, run.stderr);
  const values: Record<string, string> = {};
  for (const line of Buffer.from(run.stdout, 'latin1').toString('utf8').split('\n')) {
    const sign = line.indexOf('=');
    const name = line.slice(0, sign);
    if (names.includes(name)) values[name] = line.slice(sign + 1);
  }
  return values;
}

function makeFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-settings-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'more'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test('settings files mean what they mean to PowerDNS', (t) => {
  const names = ['server-id', 'carbon-server', 'disable-axfr'];
  for (const [text, expected] of SAME) {
    const { entries } = read(text);
    assert.deepEqual(effective(entries), expected, JSON.stringify(text));
    const theirs = askPdns(t, makeFolder(t, { 'pdns.conf': text }), names);
    if (theirs === null) return;
    assert.deepEqual(theirs, expected, `PowerDNS: ${JSON.stringify(text)}`);
  }
});

test('files of the include-dir count in the order of PowerDNS', (t) => {
  const folders: readonly Readonly<Record<string, string>>[] = [
    { 'more/b.conf': 'server-id+=b', 'more/a.conf': 'server-id+=a' },
    { 'more/B.conf': 'server-id+=B', 'more/a.conf': 'server-id+=a', 'more/C.conf': 'server-id+=C' },
    { 'more/a-b.conf': 'server-id+=a-b', 'more/a.conf': 'server-id+=a' },
    { 'more/10.conf': 'server-id+=10', 'more/9.conf': 'server-id+=9' },
    { 'more/.a.conf': 'server-id+=hidden', 'more/a.conf.old': 'server-id+=old' },
    { 'more/a.CONF': 'server-id+=CONF', 'more/.conf': 'server-id+=dot' },
    {},
  ];
  for (const files of folders) {
    const folder = makeFolder(t, files);
    const main = join(folder, 'pdns.conf');
    writeFileSync(main, `include-dir=${join(folder, 'more')}\nserver-id=main`);
    const problems = new ProblemList();
    const { entries } = readSettingFiles(main, null, problems);
    assert.deepEqual(problems.items, []);
    const theirs = askPdns(t, folder, ['server-id']);
    if (theirs === null) return;
    assert.equal(effective(entries)['server-id'], theirs['server-id'], JSON.stringify(files));
  }
});

test('what PowerDNS takes silently for nothing is a problem with its place', () => {
  const rows: readonly (readonly [text: string | Uint8Array, problem: string])[] = [
    ['local-port 5', '1:1: error: want name=value [SETTING_SYNTAX]'],
    ['\n  local-port: 5', '2:3: error: want name=value [SETTING_SYNTAX]'],
    ['--local-port=5', '1:1: error: want name=value [SETTING_SYNTAX]'],
    ['; comment', '1:1: error: want name=value [SETTING_SYNTAX]'],
    ['a + = b', '1:1: error: want name=value [SETTING_SYNTAX]'],
    ['  =5', '1:3: error: no name before = [SETTING_SYNTAX]'],
    ['+=5', '1:1: error: no name before = [SETTING_SYNTAX]'],
    [
      'a=1\nb=2\\',
      '2:1: error: the file ends after a backslash: a line is missing [SETTING_SYNTAX]',
    ],
    ['b=2\\\n', '1:1: error: the file ends after a backslash: a line is missing [SETTING_SYNTAX]'],
    ['a=1\u0000', '1:3: error: the value is not UTF-8, or has control characters [SETTING_SYNTAX]'],
    [
      Uint8Array.of(0x61, 0x20, 0x3d, 0x20, 0xff),
      '1:5: error: the value is not UTF-8, or has control characters [SETTING_SYNTAX]',
    ],
    [
      '# c \\\nlocal-port=5\nb=1',
      '2:1: warning: this line belongs to the comment above it, which ends in a backslash [SETTING_IGNORED]',
    ],
    [
      '# c \\\n# d \\\n\\\n  local-port=5',
      '4:1: warning: this line belongs to the comment above it, which ends in a backslash [SETTING_IGNORED]',
    ],
  ];
  for (const [text, problem] of rows) {
    assert.deepEqual(read(text).lines, [`pdns.conf:${problem}`], JSON.stringify(text));
  }
});

test('what is a comment or empty is no problem', () => {
  for (const text of ['', '\n', '#', '# a\\\n# b\n', '  \t\n# a\n\n', '\ufeff# a\n']) {
    assert.deepEqual(read(text), { entries: [], lines: [] }, JSON.stringify(text));
  }
});

test('names and values have their places, over joined lines, too', () => {
  const rows: readonly (readonly [text: string, name: string, value: string])[] = [
    ['a=b', '1:1+1', '1:3+1'],
    ['\n  ab = cde # f', '2:3+2', '2:8+3'],
    ['\ufeffab=c', '1:4+2', '1:7+1'],
    ['ab\\\n=\\\n  cd \\\ne', '1:1+2', '3:3+3'],
    ['ab', '1:1+2', '1:1+2'],
    ['ab=', '1:1+2', '1:4+1'],
    ['a=é é', '1:1+1', '1:3+5'],
  ];
  for (const [text, name, value] of rows) {
    const [entry] = read(text).entries;
    const shown = [entry?.at, entry?.valueAt].map(
      (at) => `${at?.line}:${at?.column}+${at?.length}`,
    );
    assert.deepEqual(shown, [name, value], JSON.stringify(text));
  }
});
