/** What settings and a named.conf come to, and which of them wins; `--check-config`; settings as flags. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readNamedConf } from '../../src/config/named-conf.js';
import { flagHelp, separateFlags } from '../../src/config/setting-flags.js';
import { readSettings } from '../../src/config/settings.js';
import { checkConfig } from '../../src/control/check-config.js';
import type { ServeOptions } from '../../src/control/serve.js';
import { type ServedData, serveOptions } from '../../src/control/serve-settings.js';
import type { DataRules } from '../../src/load/tinydns-file.js';
import { endpointText } from '../../src/transport/query-handler.js';
import { nameText } from '../../src/wire/name-text.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { DATA_RULES } from '../support/data-rules.js';

type Flags = Readonly<Record<string, string>>;

function optionsOf(flags: Flags, sources: readonly string[] = []): ServeOptions {
  const { settings } = readSettings({ flags: new Map(Object.entries(flags)), environment: {} });
  return serveOptions(settings, sources, { terminal: false, quit: () => {} });
}

const SOURCES: readonly (readonly [
  flags: Flags,
  sources: string[],
  got: string[],
  conf: string | null,
])[] = [
  [{}, [], ['zones'], null],
  [{}, ['a', 'b'], ['a', 'b'], null],
  [{ 'zones-dir': 'c' }, [], ['c'], null],
  [{ 'zones-dir': 'c' }, ['a'], ['a'], null],
  [{ 'bind-config': 'n.conf' }, [], [], 'n.conf'],
  [{ 'bind-config': 'n.conf', launch: 'bind' }, ['a'], ['a'], 'n.conf'],
  [{ 'bind-config': 'n.conf', launch: 'tinydns' }, [], [], null],
  [{ 'bind-config': 'n.conf', launch: 'bind,tinydns:a' }, [], [], 'n.conf'],
  [{ 'zones-dir': 'c', launch: 'tinydns' }, [], ['c'], null],
  [{ 'tinydns-dbfile': 'd' }, [], ['zones'], null],
];

for (const [flags, sources, got, conf] of SOURCES) {
  test(`sources: ${JSON.stringify(flags)} ${sources.join(' ')}`, () => {
    const options = optionsOf(flags, sources);
    assert.deepEqual(options.sources, got);
    assert.equal(options.bindConfig, conf);
  });
}

test('catalogs: names in lower case, each once; the one made is none of those consumed', () => {
  const wanted = (flags: Flags) => {
    const { consumed, produced } = optionsOf(flags).catalogs;
    return [...consumed, ...(produced === null ? [] : [produced])].map((one) => nameText(one, 0));
  };
  assert.deepEqual(wanted({}), []);
  const flags = {
    'catalog-zones': 'One.test, one.test. two.test',
    'producer-catalog': 'Made.test',
  };
  assert.deepEqual(wanted(flags), ['one.test.', 'two.test.', 'made.test.']);
  assert.throws(() => wanted({ 'catalog-zones': 'a.test', 'producer-catalog': 'A.test' }), {
    code: 'CATALOG_INVALID',
    message: 'producer-catalog a.test. is one of catalog-zones, too',
  });
});

const CATALOG_NAMES: readonly (readonly [name: string, fault: RegExp | null])[] = [
  ['catalog.example', null],
  ['a..b', /not a domain name/],
  ['.', /not the name of a catalog: want 1 to 200 octets/],
  [Array.from({ length: 4 }, () => 'x'.repeat(60)).join('.'), /not the name of a catalog/],
];

for (const [text, fault] of CATALOG_NAMES) {
  test(`catalogs: the name ${text.slice(0, 20)}`, () => {
    const flags = new Map([['producer-catalog', text]]);
    const [problem] = readSettings({ flags, environment: {} }).problems;
    if (fault === null) assert.equal(problem, undefined);
    else assert.match(problem?.text ?? '', fault);
  });
}

const AUTOSECONDARY: readonly (readonly [flags: Flags, wanted: ServeOptions['autosecondary']])[] = [
  [{}, null],
  [
    { autosecondary: 'yes', 'state-dir': '/s' },
    { path: '', folder: '/s/autosecondary', allowUnsigned: true },
  ],
  [{ 'bind-autoprimaries': 'f' }, null],
  [
    { superslave: 'yes', 'bind-supermasters': 'f', 'state-dir': '/s' },
    { path: 'f', folder: '/s/autosecondary', allowUnsigned: true },
  ],
  [
    {
      autosecondary: 'yes',
      'bind-autoprimaries': 'f',
      'bind-autoprimary-destdir': 'd',
      'allow-unsigned-supermaster': 'no',
    },
    { path: 'f', folder: 'd', allowUnsigned: false },
  ],
];

for (const [flags, wanted] of AUTOSECONDARY) {
  test(`autosecondary: ${JSON.stringify(flags)}`, () => {
    assert.deepEqual(optionsOf(flags).autosecondary, wanted);
  });
}

type Data = Partial<DataRules> & Partial<Omit<ServedData, 'rules'>>;

const DATA: readonly (readonly [flags: Flags, sources: readonly Data[]])[] = [
  [{}, []],
  [{ launch: 'bind', 'tinydns-dbfile': 'd' }, []],
  [{ launch: 'tinydns' }, [{}]],
  [
    {
      launch: 'tinydns',
      'tinydns-dbfile': '/d',
      'tinydns-dialect': 'fefe',
      'tinydns-tai-adjust': '11',
      'tinydns-locations': 'no',
      'tinydns-ignore-bogus-records': '',
      'tinydns-wildcards': 'djb',
      'tinydns-notify-on-startup': 'yes',
      strict: '',
    },
    [
      {
        path: '/d',
        dialect: 'fefe',
        taiAdjust: 11,
        locations: false,
        ignoreBroken: true,
        asTinydns: true,
        notifyOnStartup: true,
        strict: true,
      },
    ],
  ],
  [
    {
      launch: 'tinydns:a,bind,tinydns:b,tinydns',
      'tinydns-dbfile': '/d',
      'tinydns-tai-adjust': '37',
      'tinydns-a-dbfile': '/a',
      'tinydns-a-dialect': 'djb',
      'tinydns-a-notify-on-startup': '',
      'tinydns-b-tai-adjust': '10',
      'tinydns-c-dialect': 'djb',
    },
    [
      { instance: 'a', path: '/a', dialect: 'djb', taiAdjust: 37, notifyOnStartup: true },
      { instance: 'b', path: '/d' },
      { path: '/d', taiAdjust: 37 },
    ],
  ],
];

for (const [flags, sources] of DATA) {
  test(`tinydns data: ${JSON.stringify(flags)}`, () => {
    const options = optionsOf(flags);
    const whole = sources.map((source): ServedData => {
      const { instance = '', path = 'data.cdb', notifyOnStartup = false, ...rules } = source;
      return { path, instance, rules: { ...DATA_RULES, ...rules }, notifyOnStartup };
    });
    assert.deepEqual(options.dataSources, whole);
  });
}

test('tinydns data in zone directories follow the settings without a name', () => {
  const flags = { 'tinydns-wildcards': 'djb', 'tinydns-a-dialect': 'djb', launch: 'tinydns:a' };
  assert.deepEqual(optionsOf(flags).reload.data, { ...DATA_RULES, asTinydns: true });
});

test('out-of-zone-answer says what the engine does', () => {
  const rows: readonly (readonly [Flags, boolean])[] = [
    [{}, false],
    [{ 'out-of-zone-answer': 'refuse' }, false],
    [{ 'out-of-zone-answer': 'drop' }, true],
  ];
  for (const [flags, drop] of rows) {
    assert.equal(optionsOf(flags).answering(null).engine.outsideDrop, drop);
  }
});

type Seen = {
  readonly where: string;
  readonly version: string | null;
  readonly serverId: string | null;
  readonly hostname: string | null;
  readonly udp: number;
  readonly minimal: string;
  readonly clientSubnet: boolean;
};

const PLAIN: Seen = {
  where: '127.0.0.1:5300',
  version: 'hotzone',
  serverId: null,
  clientSubnet: false,
  hostname: null,
  udp: 1232,
  minimal: 'no-auth',
};

const ANSWERING: readonly (readonly [flags: Flags, named: string, differs: Partial<Seen>])[] = [
  [{}, '', {}],
  [{}, 'version none; server-id "x";', { version: null, serverId: 'x', hostname: 'x' }],
  [{}, 'server-id hostname; hostname none;', { serverId: hostname(), hostname: null }],
  [{}, 'version "v"; hostname "h";', { version: 'v', hostname: 'h' }],
  [{ 'version-string': 'mine' }, 'version "v";', { version: 'mine' }],
  [{ 'server-id': 'mine' }, 'server-id "x";', { serverId: 'mine', hostname: 'mine' }],
  [{}, 'max-udp-size 4096; minimal-responses yes;', { udp: 4096, minimal: 'yes' }],
  [{}, 'max-udp-size 512; minimal-responses no-auth-recursive;', { udp: 512, minimal: 'no' }],
  [
    { 'udp-truncation-threshold': '900', 'minimal-responses': 'no' },
    'max-udp-size 4096;',
    { udp: 900, minimal: 'no' },
  ],
  [{}, 'listen-on { any; };', { where: '0.0.0.0:53' }],
  [{}, 'port 54; listen-on { any; }; listen-on-v6 { any; };', { where: '0.0.0.0:54 [::]:54' }],
  [{ 'local-port': '55' }, 'listen-on { any; };', { where: '0.0.0.0:55' }],
  [{ 'edns-subnet-processing': 'yes' }, '', { clientSubnet: true }],
  [{ 'local-address': '::1' }, 'listen-on { any; };', { where: '[::1]:5300' }],
];

for (const [flags, named, differs] of ANSWERING) {
  test(`answers: ${JSON.stringify(flags)} with { ${named} }`, (t) => {
    const path = join(temporaryDirectory(t), 'named.conf');
    writeFileSync(path, `options { ${named} };\n`);
    const { endpoints, engine } = optionsOf(flags).answering(readNamedConf(path));
    assert.deepEqual(
      {
        where: endpoints.map(endpointText).join(' '),
        version: engine.version,
        serverId: engine.serverId,
        hostname: engine.hostname,
        udp: engine.udpOctetsMax,
        minimal: engine.minimalResponses,
        clientSubnet: engine.clientSubnet,
      },
      { ...PLAIN, ...differs },
    );
  });
}

test('the shorter of both intervals counts, and 0 is never', () => {
  const rows: readonly (readonly [Flags, number])[] = [
    [{ 'rescan-interval': '0' }, 0],
    [{ 'rescan-interval': '0', 'bind-check-interval': '20' }, 20_000],
    [{ 'rescan-interval': '10', 'bind-check-interval': '20' }, 10_000],
  ];
  for (const [flags, ms] of rows) assert.equal(optionsOf(flags).reload.rescanMs, ms);
});

test('--check-config tells all that is wrong, also what is not in force', (t) => {
  const path = join(temporaryDirectory(t), 'named.conf');
  writeFileSync(
    path,
    `zone "a.example" { type primary; file "a"; check-names fail; };
    logging { };
    zone "b.example" { type nonsense; file "b"; };\n`,
  );
  let text = '';
  const isGood = checkConfig(optionsOf({ 'bind-config': path }), [], (part) => {
    text += part;
  });
  assert.equal(isGood, false);
  assert.match(text, /named\.conf:2:5: warning: 'logging' has no effect/);
  assert.match(text, /named\.conf:3:\d+: error: /);
  assert.match(
    text,
    /'check-names' is not in force yet \(1 zone, first a\.example at .*:1\): names/,
  );
  assert.match(text, /^1 zone, 1 error, \d+ warnings$/m);
  writeFileSync(path, 'zone "a.example" { type primary; file "a"; };\n');
  assert.equal(
    checkConfig(optionsOf({ 'bind-config': path }), [], () => {}),
    true,
  );
});

test('--check-config misses tinydns data that cannot be read', (t) => {
  const folder = temporaryDirectory(t);
  const data = join(folder, 'data');
  writeFileSync(data, '');
  const rows: readonly (readonly [path: string, fault: RegExp])[] = [
    [data, /^0 errors, 0 warnings\n$/],
    [folder, /^error: tinydns:a: cannot read \S+: not a regular file\n1 error, /],
    [join(folder, 'none'), /^error: tinydns:a: cannot read \S+none: ENOENT.*\n1 error, /],
  ];
  for (const [path, fault] of rows) {
    let text = '';
    const options = optionsOf({ launch: 'tinydns:a', 'tinydns-a-dbfile': path });
    const isGood = checkConfig(options, [], (part) => {
      text += part;
    });
    assert.match(text, fault);
    assert.equal(isGood, path === data);
  }
});

test('settings as flags: forms, former names, what is left', () => {
  const rows: readonly (readonly [line: string, flags: Flags, rest: string])[] = [
    ['zones', {}, 'zones'],
    ['--local-port=53 zones', { 'local-port': '53' }, 'zones'],
    ['--local-port 53 zones', { 'local-port': '53' }, 'zones'],
    ['zones --strict', { strict: '' }, 'zones'],
    ['--strict zones', { strict: '' }, 'zones'],
    ['--strict=no zones', { strict: 'no' }, 'zones'],
    ['--no-round-robin', { 'round-robin': 'no' }, ''],
    ['--version-bind x', { 'version-bind': 'x' }, ''],
    ['--daemon=no --guardian', { daemon: 'no', guardian: '' }, ''],
    ['--tinydns-a-dbfile x zones', { 'tinydns-a-dbfile': 'x' }, 'zones'],
    ['--tinydns-a-dbfile=x', { 'tinydns-a-dbfile': 'x' }, ''],
    ['--no-tinydns-locations', { 'tinydns-locations': 'no' }, ''],
    ['--no-tinydns-my-a-locations', { 'tinydns-my-a-locations': 'no' }, ''],
    ['--tinydns-a-notify-on-startup z', { 'tinydns-a-notify-on-startup': '' }, 'z'],
    ['--tinydns-a-dbfil=x', { 'tinydns-a-dbfil': 'x' }, ''],
    ['--bind-a-config=x', {}, '--bind-a-config=x'],
    ['--check-config --bogus', {}, '--check-config --bogus'],
    ['--local-port', { 'local-port': '' }, ''],
    ['-- --strict', {}, '-- --strict'],
  ];
  for (const [line, flags, rest] of rows) {
    const got = separateFlags(line.split(' '));
    assert.deepEqual(Object.fromEntries(got.flags), flags, line);
    assert.equal(got.rest.join(' '), rest, line);
  }
});

test('every setting is an option of serve, with its default', () => {
  const help = new Map(flagHelp().map(({ flags, text }) => [flags, text]));
  assert.match(help.get('--local-port <number>') ?? '', /\(default: 5300\)$/);
  assert.match(help.get('--any <word>') ?? '', /\(full, minimal\) \(default: minimal\)$/);
  assert.match(help.get('--no-round-robin') ?? '', /^do not turn/);
  assert.ok(help.has('--strict'));
});
