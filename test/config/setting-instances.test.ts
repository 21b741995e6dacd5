/**
 * Settings of a source that is launched more than once: their names, what an instance has from the others, problems
 * with their places, the dump.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { problemLine } from '../../src/base/problem.js';
import { settingRows } from '../../src/config/options.js';
import {
  instanceRows,
  meantSetting,
  nearestSetting,
  writtenName,
} from '../../src/config/setting-names.js';
import { readSettings, type Settings } from '../../src/config/settings.js';
import { runPeer } from '../support/peer-tool.js';

type Texts = Readonly<Record<string, string>>;

type Result = { readonly settings: Settings; readonly lines: readonly string[] };

/** Reads `text` as pdns.conf, besides flags and variables. */
function read(t: TestContext, text: string, flags: Texts = {}, environment: Texts = {}): Result {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-instances-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'pdns.conf'), text);
  const all = new Map(Object.entries({ 'config-dir': folder, ...flags }));
  const { settings, problems } = readSettings({ flags: all, environment });
  const lines = problems.map((problem) => problemLine(problem).replaceAll(`${folder}/`, ''));
  return { settings, lines };
}

/** What was given besides the folder. */
function givenLines(settings: Settings): string[] {
  const lines = settings.currentConfig(true).split('\n').slice(2, -1);
  return lines.filter((line) => !line.startsWith('config-dir='));
}

test('a name stands for a setting, or for that of an instance', () => {
  const rows: readonly (readonly [written: string, name: string | null, instance: string])[] = [
    ['tinydns-dbfile', 'tinydns-dbfile', ''],
    ['tinydns-a-dbfile', 'tinydns-dbfile', 'a'],
    ['tinydns-my-2-dbfile', 'tinydns-dbfile', 'my-2'],
    ['tinydns-dbfile-dbfile', 'tinydns-dbfile', 'dbfile'],
    ['tinydns-tai-adjust', 'tinydns-tai-adjust', ''],
    ['tinydns-tai-tai-adjust', 'tinydns-tai-adjust', 'tai'],
    ['tinydns-notify-on-startup', 'tinydns-notify-on-startup', ''],
    ['tinydns--dbfile', null, ''],
    ['tinydns-A-dbfile', null, ''],
    ['tinydns-a', null, ''],
    ['tinydns-a-config', null, ''],
    ['bind-a-config', null, ''],
    ['strict', 'strict', ''],
    ['a-strict', null, ''],
  ];
  for (const [written, name, instance] of rows) {
    assert.deepEqual(meantSetting(written), name === null ? null : { name, instance }, written);
  }
});

test('the names of an instance lead back to their settings', () => {
  const rows = instanceRows('tinydns');
  assert.equal(rows.length, settingRows().filter(({ source }) => source === 'tinydns').length);
  assert.ok(rows.length > 5);
  for (const { name } of rows) {
    for (const instance of ['a', 'tai', 'notify-on', 'ignore-bogus']) {
      assert.deepEqual(meantSetting(writtenName(name, instance)), { name, instance });
    }
  }
  assert.deepEqual(instanceRows('bind'), []);
});

test('the nearest name may be that of an instance', () => {
  const rows: readonly (readonly [word: string, nearest: string | null])[] = [
    ['tinydns-a-dbfil', 'tinydns-a-dbfile'],
    ['tinydns-a-tai-ajust', 'tinydns-a-tai-adjust'],
    ['tinydns-my-a-locatins', 'tinydns-my-a-locations'],
    ['tinydns-a-DBFILE', 'tinydns-a-dbfile'],
    ['tinydns-dbfle', 'tinydns-dbfile'],
    ['tinydns-tai-ajust', 'tinydns-tai-adjust'],
    ['tinydns-service-host', null],
    ['tinydns-port-53-udp-proto', null],
    [`tinydns${'-a'.repeat(10_000)}`, null],
  ];
  for (const [word, nearest] of rows) assert.equal(nearestSetting(word), nearest, word);
});

test('an instance has what it was given, else what all were given, else the default', (t) => {
  const text = [
    'launch=tinydns:a, tinydns:b, tinydns',
    'tinydns-a-dialect=djb',
    'tinydns-dbfile=all.cdb',
    'tinydns-a-dbfile=a.cdb',
    'tinydns-a-locations',
  ].join('\n');
  const { settings, lines } = read(
    t,
    text,
    { 'tinydns-locations': 'no', 'tinydns-b-tai-adjust': '37' },
    { HOTZONE_TINYDNS_B_DIALECT: 'fefe', HOTZONE_TINYDNS_SERVICE_HOST: '192.0.2.1' },
  );
  assert.deepEqual(lines, []);
  const seen = settings
    .launched()
    .map(({ instance }) => [
      instance,
      settings.text('tinydns-dbfile', instance),
      settings.text('tinydns-dialect', instance),
      settings.number('tinydns-tai-adjust', instance),
      settings.flag('tinydns-locations', instance),
    ]);
  assert.deepEqual(seen, [
    ['a', 'a.cdb', 'djb', 10, true],
    ['b', 'all.cdb', 'fefe', 37, false],
    ['', 'all.cdb', 'all', 10, false],
  ]);
});

test('layers count for each instance by itself', (t) => {
  const text = 'launch=tinydns:a\ntinydns-a-dbfile=file';
  const rows: readonly (readonly [flags: Texts, environment: Texts, got: string])[] = [
    [{}, {}, 'file'],
    [{ 'tinydns-dbfile': 'flag' }, {}, 'file'],
    [{}, { HOTZONE_TINYDNS_A_DBFILE: 'variable' }, 'variable'],
    [{ 'tinydns-a-dbfile': 'flag' }, { HOTZONE_TINYDNS_A_DBFILE: 'variable' }, 'flag'],
  ];
  for (const [flags, environment, got] of rows) {
    const { settings, lines } = read(t, text, flags, environment);
    assert.deepEqual([lines, settings.text('tinydns-dbfile', 'a')], [[], got]);
  }
});

test('what is wrong with settings of sources has its place', (t) => {
  const rows: readonly (readonly [text: string, ...problems: string[]])[] = [
    [
      'tinydns-a-dbfile=x\nlaunch=tinydns:b, tinydns',
      '1:1: warning: tinydns-a-dbfile has no effect: launch does not name tinydns:a [SETTING_IGNORED]',
    ],
    [
      'tinydns-dbfile=x\ntinydns-dialect=djb',
      '1:1: warning: tinydns-dbfile has no effect: launch does not name tinydns [SETTING_IGNORED]',
    ],
    [
      'launch=bind\ntinydns-notify-on-startup',
      '2:1: warning: tinydns-notify-on-startup has no effect: ' +
        'launch does not name tinydns [SETTING_IGNORED]',
    ],
    [
      'launch=tinydns\nbind-config=x',
      '2:1: warning: bind-config has no effect: launch does not name bind [SETTING_IGNORED]',
    ],
    ['bind-config=x'],
    ['launch=tinydns:a\ntinydns-dbfile=x'],
    [
      'launch=tinydns:a\ntinydns-a-dbfil=x',
      '2:1: error: no such setting: "tinydns-a-dbfil"; did you mean tinydns-a-dbfile? [SETTING_UNKNOWN]',
    ],
    ['tinydns-zz=x', '1:1: error: no such setting: "tinydns-zz" [SETTING_UNKNOWN]'],
    [
      'launch=tinydns:a\ntinydns-a-tai-adjust=1001',
      '2:22: error: tinydns-a-tai-adjust: want 0 to 1000 seconds; got "1001" [SETTING_VALUE]',
    ],
    [
      'launch=tinydns:a\ntinydns-a-dialect',
      '2:1: error: tinydns-a-dialect needs a value: want tinydns-a-dialect=… [SETTING_SYNTAX]',
    ],
    [
      'launch=tinydns:a\ntinydns-a-dbfile=x\ntinydns-dbfile=y\ntinydns-a-dbfile=z',
      '4:1: warning: tinydns-a-dbfile counts as given here, not as in pdns.conf:2 [SETTING_TWICE]',
    ],
    [
      'launch=tinydns:A',
      '1:8: error: launch: the name of an instance: ' +
        'want lower-case letters, digits and hyphens; got "tinydns:A" [SETTING_VALUE]',
    ],
    [
      'launch=tinydns:a, bind, tinydns:a',
      '1:8: error: launch: tinydns:a stands there twice [SETTING_VALUE]',
    ],
    ['launch=bind\nlaunch+=bind', '2:9: error: launch: bind stands there twice [SETTING_VALUE]'],
  ];
  for (const [text, ...problems] of rows) {
    const { lines } = read(t, text);
    assert.deepEqual(
      lines,
      problems.map((problem) => `pdns.conf:${problem}`),
      text,
    );
  }
});

test('flags and variables of instances are checked, too', (t) => {
  const { lines } = read(
    t,
    'launch=tinydns:a',
    { 'tinydns-b-dialect': 'djb', 'tinydns-a-dbfil': 'x' },
    { HOTZONE_TINYDNS_A_WILDCARDS: 'none', HOTZONE_TINYDNS_A_LOCATION: 'no' },
  );
  assert.deepEqual(lines, [
    'HOTZONE_TINYDNS_A_WILDCARDS: error: tinydns-a-wildcards: want rfc4592, djb; got "none" [SETTING_VALUE]',
    'HOTZONE_TINYDNS_A_LOCATION: error: no such setting: "tinydns-a-location"; ' +
      'did you mean tinydns-a-locations? [SETTING_UNKNOWN]',
    '--tinydns-a-dbfil: error: no such setting: "tinydns-a-dbfil"; ' +
      'did you mean tinydns-a-dbfile? [SETTING_UNKNOWN]',
    '--tinydns-b-dialect: warning: tinydns-b-dialect has no effect: ' +
      'launch does not name tinydns:b [SETTING_IGNORED]',
  ]);
});

test('the dump has every setting of every instance, and reads back', (t) => {
  const text = 'launch=tinydns:a, tinydns:b\ntinydns-a-dbfile=x\ntinydns-dialect=djb\n';
  const { settings } = read(t, text);
  const given = ['launch=tinydns:a, tinydns:b', 'tinydns-a-dbfile=x', 'tinydns-dialect=djb'];
  assert.deepEqual(givenLines(settings), given);
  const whole = settings.currentConfig(false);
  const shown = whole.match(/^(?:# )?tinydns-.*=.*$/gm) ?? [];
  assert.equal(shown.length, 3 * instanceRows('tinydns').length);
  assert.deepEqual(
    shown.filter((line) => /(?:dbfile|dialect)=/.test(line)),
    [
      'tinydns-a-dbfile=x',
      '# tinydns-a-dialect=djb',
      '# tinydns-b-dbfile=data.cdb',
      '# tinydns-b-dialect=djb',
      '# tinydns-dbfile=data.cdb',
      'tinydns-dialect=djb',
    ],
  );
  const again = read(t, whole.replace(/^config-dir=.*$/m, ''));
  assert.deepEqual(again.lines, []);
  assert.deepEqual(givenLines(again.settings), given);
});

test('PowerDNS names the settings of an instance so, and wants each source once', (t) => {
  const dump = runPeer(t, 'pdns_server', ['--config', '--no-config', '--launch=bind:a']);
  if (dump === null) return;
  assert.match(dump.stdout, /^# bind-a-check-interval=0$/m);
  assert.doesNotMatch(dump.stdout, /^# bind-check-interval=/m);
  const twice = runPeer(t, 'pdns_server', ['--config', '--no-config', '--launch=bind:a,bind:a']);
  assert.match(`${twice?.stderr}${twice?.stdout}`, /multiple backends with the same name 'bind:a'/);
});
