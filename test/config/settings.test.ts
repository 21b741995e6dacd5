/**
 * How settings come about: layers, kinds, problems with their places, the dump, run-time changes.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SETTINGS_FILE_OCTETS_MAX, SETTINGS_FILES_MAX } from '../../src/base/limits.js';
import { problemLine } from '../../src/base/problem.js';
import type { SettingName } from '../../src/config/options.js';
import { readSettings, type Settings, type SettingsRead } from '../../src/config/settings.js';
import { runPeer } from '../support/peer-tool.js';

type Texts = Readonly<Record<string, string>>;

type Given = { readonly files?: Texts; readonly flags?: Texts; readonly environment?: Texts };

type Result = SettingsRead & {
  readonly folder: string;
  /** The problems, with paths relative to the folder. */
  readonly lines: readonly string[];
};

/** Reads settings with `files` in a config-dir; `$DIR` in texts of files is that folder. */
function read(t: TestContext, { files, flags = {}, environment = {} }: Given): Result {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-settings-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'more'));
  for (const [name, text] of Object.entries(files ?? {})) {
    writeFileSync(join(folder, name), text.replaceAll('$DIR', folder));
  }
  const all: Texts = files === undefined ? flags : { 'config-dir': folder, ...flags };
  const result = readSettings({ flags: new Map(Object.entries(all)), environment });
  const lines = result.problems.map((problem) =>
    problemLine(problem).replaceAll(`${folder}/`, '').replaceAll(folder, '$DIR'),
  );
  assert.equal(result.errorCount, lines.filter((line) => line.includes(': error: ')).length);
  return { ...result, folder, lines };
}

/** The line of a setting in the dump. */
function shown(settings: Settings, name: SettingName): string | undefined {
  const lines = settings.currentConfig(false).split('\n');
  return lines.find((line) => line.replace(/^# /, '').startsWith(`${name}=`));
}

test('without anything given all is at its default, and no file is read', (t) => {
  const { settings, lines, files } = read(t, {});
  assert.deepEqual([lines, files], [[], []]);
  assert.deepEqual(settings.list('local-address'), ['127.0.0.1']);
  assert.equal(settings.number('local-port'), 5300);
  assert.equal(settings.text('minimal-responses'), 'no-auth');
  assert.equal(settings.flag('round-robin'), true);
  assert.equal(settings.isSet('round-robin'), false);
  assert.equal(settings.origin('round-robin'), 'default');
  assert.equal(
    settings
      .currentConfig(true)
      .replace(/^#.*\n/gm, '')
      .trim(),
    '',
  );
});

test('defaults < file < include-dir < environment < flags', (t) => {
  const layers: readonly (readonly [given: Given, port: number, origin: string])[] = [
    [{ files: { 'pdns.conf': '\nlocal-port=1' } }, 1, 'pdns.conf:2'],
    [
      { files: { 'pdns.conf': 'include-dir=$DIR/more', 'more/a.conf': 'local-port=2' } },
      2,
      'more/a.conf:1',
    ],
    [
      { files: { 'pdns.conf': 'local-port=1' }, environment: { HOTZONE_LOCAL_PORT: '3' } },
      3,
      'HOTZONE_LOCAL_PORT',
    ],
    [
      {
        files: { 'pdns.conf': 'local-port=1' },
        environment: { HOTZONE_LOCAL_PORT: '3' },
        flags: { 'local-port': '4' },
      },
      4,
      '--local-port',
    ],
  ];
  for (const [given, port, origin] of layers) {
    const { settings, lines, folder } = read(t, given);
    assert.deepEqual(lines, []);
    assert.equal(settings.number('local-port'), port);
    assert.equal(settings.origin('local-port').replace(`${folder}/`, ''), origin);
    assert.equal(settings.isSet('local-port'), true);
  }
});

test('config-name and include-dir say which files are read', (t) => {
  const files = {
    'pdns.conf': 'local-port=1',
    'pdns-x.conf': 'local-port=2',
    'more/b.conf': 'server-id=b',
    'more/a.conf': 'server-id=a\ninclude-dir=$DIR',
  };
  const named = read(t, { files, environment: { HOTZONE_CONFIG_NAME: 'x' } });
  assert.equal(named.settings.number('local-port'), 2);
  assert.deepEqual(named.files, [join(named.folder, 'pdns-x.conf')]);
  const folder = named.folder;
  const both = readSettings({
    flags: new Map([
      ['config-dir', folder],
      ['include-dir', join(folder, 'more')],
    ]),
    environment: {},
  });
  assert.equal(both.settings.text('server-id'), 'b');
  assert.deepEqual(
    both.files,
    ['pdns.conf', 'more/a.conf', 'more/b.conf'].map((file) => join(folder, file)),
  );
  assert.deepEqual(both.problems.map(problemLine), [
    `${folder}/more/a.conf:2:1: warning: include-dir counts in the main file only [SETTING_IGNORED]`,
    `${folder}/more/b.conf:1:1: warning: ` +
      `server-id counts as given here, not as in ${folder}/more/a.conf:1 [SETTING_TWICE]`,
  ]);
});

test('texts of values by kind', (t) => {
  const rows: readonly (readonly [line: string, dumped: string])[] = [
    ['strict', 'strict=yes'],
    ...['', 'yes', 'true', 'on', '1', 'YES', 'True'].map(
      (text) => [`strict=${text}`, 'strict=yes'] as const,
    ),
    ...['no', 'false', 'off', '0', 'No'].map((text) => [`strict=${text}`, 'strict=no'] as const),
    ['local-port=0', 'local-port=0'],
    ['local-port=0065535', 'local-port=65535'],
    ['rescan-interval=0.5', 'rescan-interval=0.5'],
    ['local-address=::1 127.0.0.1:53,[::1]:53', 'local-address=::1, 127.0.0.1:53, [::1]:53'],
    ['local-address+=::1', 'local-address=127.0.0.1, ::1'],
    ['local-address=\nlocal-address+=::1', 'local-address=::1'],
    ['zones-dir=a b , c', 'zones-dir=a b, c'],
    ['launch=bind', 'launch=bind'],
    ['server-id=ns 1', 'server-id=ns 1'],
    ['server-id=disabled', 'server-id='],
    ['version-string=anonymous', 'version-string='],
    ['version-string=full', 'version-string=hotzone'],
    ['socket-dir=/a b', 'socket-dir=/a b'],
    ['bind-config=', 'bind-config='],
    ['any=full', 'any=full'],
  ];
  for (const [text, dumped] of rows) {
    const { settings, lines } = read(t, { files: { 'pdns.conf': text } });
    const name = dumped.slice(0, dumped.indexOf('=')) as SettingName;
    assert.deepEqual([lines, shown(settings, name)], [[], dumped], text);
  }
});

test('an empty path is the default', (t) => {
  const environment = { STATE_DIRECTORY: '/var/lib/x' };
  const { settings } = read(t, { flags: { 'state-dir': '' }, environment });
  assert.equal(settings.text('state-dir'), '/var/lib/x');
});

test('former names count, and say so', (t) => {
  const rows: readonly (readonly [line: string, dumped: string, text: string])[] = [
    ['receiver-threads=4', 'workers=4', 'receiver-threads is called workers here'],
    ['version-bind=x', 'version-string=x', 'version-bind is called version-string here'],
    ['loglevel=3', 'log-level=error', 'loglevel is read as log-level=error'],
    ['loglevel=4', 'log-level=warn', 'loglevel is read as log-level=warn'],
    ['loglevel=6', 'log-level=info', 'loglevel is read as log-level=info'],
    ['loglevel=9', 'log-level=debug', 'loglevel is read as log-level=debug'],
    ['no-shuffle', 'round-robin=no', 'no-shuffle is read as round-robin=no'],
    ['no-shuffle=off', 'round-robin=yes', 'no-shuffle is read as round-robin=yes'],
  ];
  for (const [line, dumped, text] of rows) {
    const { settings, lines } = read(t, { files: { 'pdns.conf': line } });
    assert.deepEqual(lines, [`pdns.conf:1:1: warning: ${text} [SETTING_RENAMED]`]);
    const name = dumped.slice(0, dumped.indexOf('=')) as SettingName;
    assert.equal(shown(settings, name), dumped);
  }
});

test('what is wrong in a file has its place, and the setting stays as it was', (t) => {
  const rows: readonly (readonly [text: string, problem: string])[] = [
    [
      'local-prot=5',
      '1:1: error: no such setting: "local-prot"; did you mean local-port? [SETTING_UNKNOWN]',
    ],
    [
      'LOCAL-PORT=5',
      '1:1: error: no such setting: "LOCAL-PORT"; did you mean local-port? [SETTING_UNKNOWN]',
    ],
    ['\n colour=red', '2:2: error: no such setting: "colour" [SETTING_UNKNOWN]'],
    ['local-port=', '1:12: error: local-port: want 0 to 65535; got "" [SETTING_VALUE]'],
    ['local-port = 65536', '1:14: error: local-port: want 0 to 65535; got "65536" [SETTING_VALUE]'],
    ['local-port=-1', '1:12: error: local-port: want 0 to 65535; got "-1" [SETTING_VALUE]'],
    ['local-port=1.5', '1:12: error: local-port: want 0 to 65535; got "1.5" [SETTING_VALUE]'],
    ['local-port=0x10', '1:12: error: local-port: want 0 to 65535; got "0x10" [SETTING_VALUE]'],
    [
      'udp-truncation-threshold=100',
      '1:26: error: udp-truncation-threshold: want 512 to 4096 octets; got "100" [SETTING_VALUE]',
    ],
    [
      `workers=${'9'.repeat(400)}`,
      `1:9: error: workers: want 1 to 64 threads; got "${'9'.repeat(32)}…" [SETTING_VALUE]`,
    ],
    ['local-port', '1:1: error: local-port needs a value: want local-port=… [SETTING_SYNTAX]'],
    [
      'local-port+=5',
      '1:1: error: += is for lists, and local-port is none: want local-port=… [SETTING_SYNTAX]',
    ],
    ['strict=maybe', '1:8: error: strict: want yes or no; got "maybe" [SETTING_VALUE]'],
    ['any=some', '1:5: error: any: want full, minimal; got "some" [SETTING_VALUE]'],
    [
      'local-address=::1, localhost',
      '1:15: error: local-address: not an address: want A, A:PORT or [A]:PORT; got "localhost" [SETTING_VALUE]',
    ],
    [
      'tcp-control-address=a',
      '1:21: error: tcp-control-address: not an IP address; got "a" [SETTING_VALUE]',
    ],
    [
      'launch=bind, gmysql',
      '1:8: error: launch: no such source of zones; got "gmysql" [SETTING_VALUE]',
    ],
    [
      'launch=lmdb:a',
      '1:8: error: launch: lmdb cannot have more than one instance; got "lmdb:a" [SETTING_VALUE]',
    ],
    [
      'launch=bind:a',
      '1:8: error: launch: bind cannot have more than one instance; got "bind:a" [SETTING_VALUE]',
    ],
    [
      `server-id=${'x'.repeat(256)}`,
      '1:11: error: server-id: longer than 255 octets [SETTING_VALUE]',
    ],
    [
      'config-dir=/x',
      '1:1: warning: config-dir counts on the command line and in the environment only [SETTING_IGNORED]',
    ],
    [
      'guardian=yes',
      '1:1: warning: guardian has no effect here: the service manager does that [SETTING_IGNORED]',
    ],
    [
      'gmysql-host=x',
      '1:1: warning: gmysql-host has no effect here: this version cannot serve the source gmysql [SETTING_IGNORED]',
    ],
    [
      'foo=1\nignore-unknown-settings=foo, bar',
      '1:1: warning: foo is unknown, and to be ignored [SETTING_IGNORED]',
    ],
    [
      'any=full\nany=minimal',
      '2:1: warning: any counts as given here, not as in pdns.conf:1 [SETTING_TWICE]',
    ],
  ];
  for (const [text, problem] of rows) {
    const { settings, lines } = read(t, { files: { 'pdns.conf': text } });
    assert.deepEqual(lines, [`pdns.conf:${problem}`], text);
    assert.equal(settings.number('local-port'), 5300);
    assert.equal(settings.text('any'), 'minimal');
    assert.deepEqual(settings.list('launch'), []);
  }
});

test('a setting given twice: the last one counts, over files and under two names', (t) => {
  const { settings, lines } = read(t, {
    files: {
      'pdns.conf': 'include-dir=$DIR/more\nworkers=2\nzones-dir=a\nzones-dir+=b',
      'more/a.conf': 'receiver-threads=3\nzones-dir+=c',
    },
  });
  assert.deepEqual(lines, [
    'more/a.conf:1:1: warning: receiver-threads is called workers here [SETTING_RENAMED]',
    'more/a.conf:1:1: warning: workers counts as given here, not as in pdns.conf:2 [SETTING_TWICE]',
  ]);
  assert.equal(settings.number('workers'), 3);
  assert.deepEqual(settings.list('zones-dir'), ['a', 'b', 'c']);
});

test('flags and variables are checked as files are', (t) => {
  const { settings, lines } = read(t, {
    flags: { workers: '0', daemon: 'no', 'local-prot': '5', strict: '', 'include-dir': 'x' },
    environment: {
      HOTZONE_ANY: 'none',
      HOTZONE_LOCAL_PROT: '5',
      HOTZONE_GUARDIAN: 'no',
      HOTZONE_LOGLEVEL: '7',
      HOTZONE_SERVER_ID: '',
      HOTZONE_SERVICE_HOST: '10.0.0.1',
      HOTZONE_PORT_53_UDP: 'udp://10.0.0.1:53',
      LOCAL_PORT: '7',
    },
  });
  assert.deepEqual(lines, [
    '--include-dir: warning: include-dir has no effect without config-dir or config-name [SETTING_IGNORED]',
    'HOTZONE_ANY: error: any: want full, minimal; got "none" [SETTING_VALUE]',
    'HOTZONE_LOCAL_PROT: error: no such setting: "local-prot"; did you mean local-port? [SETTING_UNKNOWN]',
    'HOTZONE_GUARDIAN: warning: guardian has no effect here: the service manager does that [SETTING_IGNORED]',
    'HOTZONE_LOGLEVEL: warning: loglevel is read as log-level=debug [SETTING_RENAMED]',
    '--workers: error: workers: want 1 to 64 threads; got "0" [SETTING_VALUE]',
    '--daemon: warning: daemon has no effect here: the service manager does that [SETTING_IGNORED]',
    '--local-prot: error: no such setting: "local-prot"; did you mean local-port? [SETTING_UNKNOWN]',
  ]);
  assert.equal(settings.flag('strict'), true);
  assert.equal(settings.number('local-port'), 5300);
});

test('what cannot be read is an error, and the rest is read', (t) => {
  const missing = read(t, { flags: { 'config-dir': '/nonexistent' } });
  assert.deepEqual(missing.lines, [
    '/nonexistent/pdns.conf: error: cannot read settings: ENOENT: no such file or directory, ' +
      "stat '/nonexistent/pdns.conf' [SETTING_FILE]",
  ]);
  const elsewhere = read(t, { flags: { 'config-name': 'no-such-instance' } });
  assert.deepEqual(elsewhere.files, ['/etc/hotzone/pdns-no-such-instance.conf']);
  assert.equal(elsewhere.errorCount, 1);
  const named = read(t, { files: { 'pdns.conf': '' }, flags: { 'config-name': '../x' } });
  assert.match(named.lines.join('\n'), /^--config-name: error: config-name: want letters/);
  const rows: readonly (readonly [files: Texts, problem: RegExp])[] = [
    [
      { 'pdns.conf': '\ninclude-dir = $DIR/none\nlocal-port=7' },
      /^pdns\.conf:2:15: error: cannot read include-dir: ENOENT.* \[SETTING_FILE\]$/,
    ],
    [
      { 'pdns.conf': 'include-dir=$DIR/pdns.conf\nlocal-port=7' },
      /^pdns\.conf:1:13: error: cannot read include-dir: ENOTDIR.* \[SETTING_FILE\]$/,
    ],
    [
      {
        'pdns.conf': 'include-dir=$DIR/more\nlocal-port=7',
        'more/a.conf': '#'.repeat(SETTINGS_FILE_OCTETS_MAX + 1),
      },
      /^more\/a\.conf: error: cannot read settings: larger than 1048576 octets \[SETTING_FILE\]$/,
    ],
    [
      {
        'pdns.conf': 'include-dir=$DIR/more\nlocal-port=7',
        ...Object.fromEntries(
          Array.from({ length: SETTINGS_FILES_MAX + 1 }, (_, i) => [`more/${i}.conf`, '']),
        ),
      },
      /^pdns\.conf:1:13: error: include-dir .*: 257 files are more than the 256 that are allowed/,
    ],
  ];
  for (const [files, problem] of rows) {
    const { settings, lines } = read(t, { files });
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0] ?? '', problem);
    assert.equal(settings.number('local-port'), 7);
  }
});

test('a file of the include-dir that is no file, or a link to nothing, is an error', (t) => {
  const { folder } = read(t, { files: { 'pdns.conf': 'include-dir=$DIR/more\nlocal-port=7' } });
  mkdirSync(join(folder, 'more/a.conf'));
  symlinkSync('nothing', join(folder, 'more/b.conf'));
  const flags = new Map([['config-dir', folder]]);
  const { problems, settings } = readSettings({ flags, environment: {} });
  assert.deepEqual(
    problems.map(({ code, file, line }) => [code, file, line]),
    [
      ['SETTING_FILE', join(folder, 'more/a.conf'), 0],
      ['SETTING_FILE', join(folder, 'more/b.conf'), 0],
    ],
  );
  assert.equal(settings.number('local-port'), 7);
});

test('asking for another kind of value does not compile, and a choice is one of its words', (t) => {
  const { settings } = read(t, { flags: { any: 'full' } });
  const any: 'full' | 'minimal' = settings.text('any');
  assert.equal(any, 'full');
  // @ts-expect-error a number is no flag
  assert.throws(() => settings.flag('local-port'), /assertion failed/);
  // @ts-expect-error a list is no text
  assert.throws(() => settings.text('local-address'), /assertion failed/);
  // @ts-expect-error there is no such setting
  assert.throws(() => settings.number('local-prot'), /assertion failed/);
});

test('only settings that may change at run time do', (t) => {
  const { settings } = read(t, {});
  const rows: readonly (readonly [name: string, text: string, done: boolean])[] = [
    ['query-logging', 'maybe', false],
    ['query-logging', 'yes', true],
    ['local-port', '53', false],
    ['nothing', 'yes', false],
    ['constructor', 'yes', false],
  ];
  for (const [name, text, done] of rows) assert.equal(settings.set(name, text), done, name);
  assert.equal(settings.flag('query-logging'), true);
  assert.equal(settings.origin('query-logging'), 'set at run time');
  assert.equal(settings.number('local-port'), 5300);
});

test('the dump hides secrets, and reads back as what it shows', (t) => {
  const text = [
    'local-address=127.0.0.1:53, ::1',
    'tcp-control-secret=sesame',
    'query-logging=yes',
    'version-string=anonymous',
    'zones-dir=/a b, /c',
  ];
  const first = read(t, { files: { 'pdns.conf': text.join('\n') } });
  assert.deepEqual(first.lines, []);
  assert.equal(
    first.settings.currentConfig(true),
    [
      '# Effective settings of this running server',
      '',
      'local-address=127.0.0.1:53, ::1',
      'query-logging=yes',
      'tcp-control-secret=****',
      'version-string=',
      'zones-dir=/a b, /c',
      '',
    ]
      .join('\n')
      .replace('\nlocal', `\nconfig-dir=${first.folder}\nlocal`),
  );
  const whole = first.settings.currentConfig(false);
  assert.doesNotMatch(whole, /sesame/);
  assert.match(whole, /^#{33}\n# any\t.*\n#\n# any=minimal\n$/m);
  const again = read(t, { files: { 'pdns.conf': whole.replace(/^config-dir=.*$/m, '') } });
  assert.deepEqual(again.lines, []);
  assert.deepEqual(again.settings.list('zones-dir'), ['/a b', '/c']);
  assert.equal(again.settings.text('version-string'), '');
});

test('the dump of PowerDNS can be read, and settings of both are equal', (t) => {
  const theirs = runPeer(t, 'pdns_server', ['--config', '--no-config', '--local-port=5399']);
  if (theirs === null) return;
  const { settings, lines, problems } = read(t, { files: { 'pdns.conf': theirs.stdout } });
  assert.equal(settings.number('local-port'), 5399);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
    lines.join('\n'),
  );
  for (const name of [
    'tcp-control-port',
    'tcp-control-range',
    'udp-truncation-threshold',
  ] as const) {
    assert.ok(theirs.stdout.includes(`\n${shown(settings, name)}\n`), name);
  }
});
