/**
 * What named.conf says is understood: the values of options and zones, lists and ACLs with their names resolved, views;
 * and whatever the text, nothing is thrown and no secret is told.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { problemLine } from '../../src/base/problem.js';
import { readNamedConf } from '../../src/config/named-conf.js';
import { IGNORED, type ScopeName } from '../../src/config/named-ignored.js';
import { OPTION_ROWS } from '../../src/config/named-options.js';
import { POLICY_ROWS } from '../../src/config/named-policy.js';
import { TOP_ROWS } from '../../src/config/named-top.js';
import type { MatchList, NamedConf, NamedZone } from '../../src/config/named-types.js';
import { ZONE_ROWS } from '../../src/config/named-zone.js';
import { seededRandom } from '../fuzz/random.js';
import { runPeer } from '../support/peer-tool.js';
import { name } from '../support/zones.js';

const FOLDER = 'test/data/conf';

const root = mkdtempSync(join(tmpdir(), 'hotzone-conf-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

function readText(text: string | Uint8Array, limit?: number): NamedConf {
  const path = join(root, 'text.conf');
  writeFileSync(path, text);
  return readNamedConf(path, limit);
}

function readFixture(file: string): NamedConf {
  return readNamedConf(join(FOLDER, file));
}

function zoneOf(conf: NamedConf, text: string): NamedZone {
  const zone = conf.zones.find((each) => each.text === text);
  assert.ok(zone !== undefined, `no zone ${text}`);
  return zone;
}

/** A match list as BIND would write it. */
function matchText(list: MatchList | null): string {
  if (list === null) return 'null';
  const elements = list.map((element) => {
    const sign = element.negated ? '!' : '';
    switch (element.kind) {
      case 'prefix':
        return `${sign}${element.address}/${element.bits};`;
      case 'key':
        return `${sign}key ${element.name};`;
      case 'list':
        return `${sign}${matchText(element.elements)};`;
      default:
        return `${sign}${element.kind};`;
    }
  });
  return `{ ${elements.join(' ')} }`;
}

function serversText(servers: NamedZone['alsoNotify']): string {
  if (servers === null) return 'null';
  return servers
    .map(({ address, port, key }) => [address, port ?? '-', key ?? '-'].join(' '))
    .join(', ');
}

test('named.conf: every honoured option has its value', () => {
  const { options } = readFixture('options.conf');
  const prefix = (address: string, negated = false) => ({
    kind: 'prefix',
    negated,
    address,
    bits: address.includes(':') ? 128 : 32,
  });
  assert.deepEqual(options, {
    directory: resolve(FOLDER, 'parts'),
    port: 5300,
    listenOn: [
      { port: null, elements: [prefix('127.0.0.1')] },
      { port: 5301, elements: [prefix('127.0.0.2'), prefix('127.0.0.3', true)] },
    ],
    listenOnV6: [{ port: null, elements: [prefix('::1')] }],
    pidFile: { kind: 'text', text: '/run/x.pid' },
    version: { kind: 'text', text: 'none of your business' },
    hostname: { kind: 'text', text: 'ns1' },
    serverId: { kind: 'hostname' },
    minimalResponses: 'no-auth',
    maxUdpSize: 1232,
    alsoNotify: [{ address: '192.0.2.1', port: null, key: null }],
    allowTransfer: [prefix('192.0.2.1')],
    allowQuery: [{ kind: 'any', negated: false }],
    allowNotify: [prefix('192.0.2.2')],
    notify: 'primary-only',
    serialUpdateMethod: 'date',
    ixfrFromDifferences: 'secondary',
    checkNamesPrimary: 'fail',
    checkNamesSecondary: 'ignore',
  });
});

test('named.conf: options that are not given are null, none is not a text', () => {
  const none = { kind: 'none' };
  const { options } = readFixture('options-none.conf');
  assert.deepEqual(
    Object.entries(options).filter(([, value]) => value !== null),
    [
      ['notify', 'no'],
      ['pidFile', none],
      ['version', none],
      ['hostname', none],
      ['serverId', none],
      ['minimalResponses', 'yes'],
    ],
  );
  const quoted = readText('options { version "none"; };').options.version;
  assert.deepEqual(quoted, { kind: 'text', text: 'none' });
});

test('named.conf: every honoured statement of a zone has its value', () => {
  const [zone] = readFixture('zone-statements.conf').zones;
  assert.deepEqual(zone, {
    name: name('a.example'),
    text: 'a.example',
    kind: 'primary',
    file: resolve('a'),
    primaries: [],
    alsoNotify: [{ address: '192.0.2.1', port: null, key: null }],
    allowTransfer: [{ kind: 'none', negated: false }],
    allowQuery: [{ kind: 'any', negated: false }],
    allowNotify: null,
    notify: 'yes',
    serialUpdateMethod: 'unixtime',
    ixfrFromDifferences: true,
    checkNames: 'warn',
    signing: null,
    place: { file: `${FOLDER}/zone-statements.conf`, line: 1, column: 6 },
  });
});

test('named.conf: a zone is signed by its own policy, or that of the options', () => {
  const { zones, policies } = readFixture('policies.conf');
  assert.deepEqual(
    zones.map(({ text, signing }) => [
      text[0],
      signing?.policy.name ?? null,
      signing?.keyFolder ?? null,
    ]),
    [
      ['a', 'both', resolve('keys')],
      ['b', 'default', '/srv/keys'],
      ['c', null, null],
      ['d', 'insecure', resolve('keys')],
      ['e', null, null],
      ['f', null, null],
      ['h', 'both', resolve('keys')],
      ['i', 'both', resolve('keys')],
    ],
  );
  const [both, hashes] = policies;
  assert.deepEqual(both?.keys, [
    { role: 'ksk', algorithm: 8, bits: 2048, lifetime: 365 * 86_400 },
    { role: 'zsk', algorithm: 13, bits: 2048, lifetime: 60 * 86_400 },
  ]);
  assert.deepEqual(both.nsec3, { iterations: 0, optOut: true, saltOctets: 4 });
  assert.equal(both.signaturesValidity, 10 * 86_400);
  assert.equal(both.signaturesRefresh, 2 * 86_400);
  assert.deepEqual(hashes?.cdsDigests, [2, 4]);
});

/** Servers as address, port, key; `-` for none. */
const PRIMARIES: readonly (readonly [file: string, zone: string, servers: string])[] = [
  ['primaries', 'a.example', '192.0.2.1 - -'],
  ['primaries', 'b.example', '192.0.2.1 5300 -'],
  ['primaries', 'c.example', '192.0.2.1 5301 -, 192.0.2.2 54 -'],
  ['primaries', 'd.example', '192.0.2.1 - k'],
  [
    'primaries',
    'e.example',
    '192.0.2.1 - -, 2001:db8::1 - -, 192.0.2.2 54 -, 192.0.2.3 - k, 192.0.2.4 55 k',
  ],
  ['primaries', 'f.example', '192.0.2.9 5300 -'],
  ['primaries', 'g.example', 'fe80::1%lo - -'],
  ['primaries-powerdns', 'a.example', '192.0.2.1 5300 -, 2001:db8::1 5300 -, 2001:db8::2 - -'],
  ['remote-servers', 'a.example', '192.0.2.1 - -'],
  ['list-cycle', 'a.example', '192.0.2.1 - -'],
  ['lists-wrong', 'a.example', '192.0.2.1 - -'],
  ['lists-wrong', 'b.example', '192.0.2.1 - -'],
  ['unsupported', 'c.example', '192.0.2.2 - -'],
];

for (const [file, zone, servers] of PRIMARIES) {
  test(`named.conf: primaries of ${zone} in ${file}`, () => {
    const { primaries } = zoneOf(readFixture(`${file}.conf`), zone);
    assert.equal(serversText(primaries), servers);
  });
}

const ALSO_NOTIFY: readonly (readonly [zone: string, servers: string, notify: string | null])[] = [
  ['a.example', '192.0.2.6 5300 -', 'explicit'],
  ['b.example', '2001:db8::6 5301 -, 192.0.2.7 - -', 'yes'],
  ['c.example', '', 'no'],
  ['d.example', 'null', 'primary-only'],
];

test('named.conf: also-notify and notify, global and of zones', () => {
  const conf = readFixture('also-notify.conf');
  assert.equal(serversText(conf.options.alsoNotify), '192.0.2.5 - -, 192.0.2.7 - -');
  for (const [text, servers, notify] of ALSO_NOTIFY) {
    const zone = zoneOf(conf, text);
    assert.equal(serversText(zone.alsoNotify), servers);
    assert.equal(zone.notify, notify);
  }
});

type AllowField = 'allowTransfer' | 'allowQuery' | 'allowNotify';

const ALLOWED: readonly (readonly [file: string, zone: string, field: AllowField, list: string])[] =
  [
    [
      'acl',
      'a.example',
      'allowTransfer',
      '{ { !192.0.2.1/32; 192.0.2.0/24; 10.0.0.0/8; key k; }; }',
    ],
    [
      'acl',
      'b.example',
      'allowQuery',
      '{ { { !192.0.2.1/32; 192.0.2.0/24; 10.0.0.0/8; key k; }; ' +
        '!{ 2001:db8::1/128; !localhost; }; 2001:db8::/32; }; localnets; }',
    ],
    ['acl', 'b.example', 'allowTransfer', '{ none; }'],
    ['acl', 'c.example', 'allowTransfer', '{ ::ffff:192.0.2.1/128; 0.0.0.0/0; ::/0; }'],
    ['acl', 'd.example', 'allowNotify', '{ 192.0.2.9/32; }'],
    ['acl', 'e.example', 'allowTransfer', '{  }'],
    ['acl', 'e.example', 'allowQuery', 'null'],
    ['acl-cycle', 'a.example', 'allowQuery', '{ { { { !any; }; }; 192.0.2.1/32; }; }'],
    ['unsupported', 'a.example', 'allowTransfer', '{  }'],
    ['unsupported', 'b.example', 'allowTransfer', '{ any; }'],
    ['views', 'a.example', 'allowQuery', '{ any; }'],
    ['views', 'b.example', 'allowQuery', '{ 192.0.2.0/24; }'],
    ['views', 'a.example', 'allowTransfer', 'null'],
  ];

for (const [file, zone, field, list] of ALLOWED) {
  test(`named.conf: ${field} of ${zone} in ${file}`, () => {
    assert.equal(matchText(zoneOf(readFixture(`${file}.conf`), zone)[field]), list);
  });
}

test('named.conf: what cannot be understood in a match list lets nobody in', () => {
  const { options } = readFixture('acl-wrong.conf');
  assert.equal(matchText(options.allowQuery), '{ !any; any; }');
  const negated = readText('options { allow-query { !nobody; !10.0.0.1/8; any; }; };').options;
  assert.equal(matchText(negated.allowQuery), '{ !any; !any; any; }');
});

test('named.conf: the served view gives its zones what they do not say themselves', () => {
  const conf = readFixture('views.conf');
  const a = zoneOf(conf, 'a.example');
  const b = zoneOf(conf, 'b.example');
  assert.deepEqual([a.notify, b.notify], ['no', 'yes']);
  assert.deepEqual([a.checkNames, a.ixfrFromDifferences], ['ignore', true]);
  assert.equal(serversText(a.alsoNotify), '192.0.2.1 - -');
});

test('named.conf: keys by their names, secrets without blanks', () => {
  const keys = readFixture('keys.conf').keys.map(({ place, ...key }) => ({
    ...key,
    line: place.line,
  }));
  assert.deepEqual(keys, [
    { name: 'a', algorithm: 'hmac-sha256', digestBits: null, secret: 'c2VjcmV0', line: 1 },
    { name: 'b', algorithm: 'hmac-sha512', digestBits: 256, secret: 'c2VjcmV0', line: 2 },
    { name: 'c.example', algorithm: 'hmac-md5', digestBits: null, secret: 'c2VjcmV0', line: 3 },
    { name: 'd', algorithm: 'hmac-sha384', digestBits: null, secret: 'c2VjcmU=', line: 4 },
  ]);
});

test('named.conf: no problem tells a secret', () => {
  const { problems, keys } = readFixture('keys-wrong.conf');
  assert.deepEqual(
    keys.map((key) => key.name),
    ['e'],
  );
  const lines = problems.map(problemLine);
  assert.deepEqual(
    lines.filter((line) => line.includes('MDEy')),
    [],
  );
  const outside = readText('key k { algorithm hmac-sha256; };\nMDEyMzQ1Njc4OQ==;\n');
  assert.equal(outside.errorCount, 2);
  assert.ok(!outside.problems.map(problemLine).join().includes('MDEy'));
});

test('named.conf: the result can be sent to another thread', () => {
  const conf = readFixture('primaries.conf');
  assert.deepEqual(structuredClone(conf), conf);
});

test('named.conf: problems beyond the limit are counted', () => {
  const conf = readText(`options { ${'recursion yes; '.repeat(20)}};\n`, 5);
  assert.deepEqual([conf.problems.length, conf.errorCount, conf.warningCount], [6, 19, 1]);
});

/** What a wrong word is told to be. */
const HINTS: readonly (readonly [text: string, hint: string])[] = [
  ['optoins { };', "no such statement 'optoins'; is 'options' meant?"],
  ['zone "a" { type primary; flie "x"; };', "no such statement 'flie'; is 'file' meant?"],
  ['options { dnssec-validaton auto; };', "is 'dnssec-validation' meant?"],
  ['inclode "x";', "is 'include' meant?"],
  ['options { file "x"; };', "'file' belongs into 'zone', not into 'options'"],
  ['zone "a" {\n  type primary\n  file "a"; };', "';' is missing before 'file'"],
  ['zone "a" { type primary; file "a"; zone "b" { }; };', "is a '}' missing before it?"],
  ['options { listen-on { any; };', "this '{' is not closed"],
  ['zone "a" { type primry; };', 'is none of native, primary, master, secondary, slave'],
  ['options { recursion yes; };', "'recursion' has no effect: nothing is resolved for clients"],
];

for (const [text, hint] of HINTS) {
  test(`named.conf: ${text.replaceAll('\n', ' ')} is explained`, () => {
    const lines = readText(text).problems.map(problemLine);
    assert.ok(
      lines.some((line) => line.includes(hint)),
      lines.join('\n'),
    );
  });
}

test('named.conf: whatever the text, it is read to the end', () => {
  const random = seededRandom(1);
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.conf'));
  const scraps = ['{', '}', ';', '"', '!', '/*', '#', 'zone', 'key', 'include', '\\', '\0', '\n'];
  let zones = 0;
  for (let round = 0; round < 2000; round++) {
    let text = readFileSync(join(FOLDER, files[random(files.length)]!), 'utf8');
    for (let change = random(4); change >= 0; change--) {
      const at = random(text.length + 1);
      const scrap = scraps[random(scraps.length)]!;
      text = text.slice(0, at) + scrap + text.slice(at + random(3));
    }
    const conf = readText(text);
    zones += conf.zones.length;
    for (const { line, column } of conf.problems) assert.ok(line >= 1 && column >= 1);
  }
  assert.ok(zones > 1000, `${zones} zones`);
});

/** Where a statement of each scope is put to ask BIND whether it knows it. */
const SCOPES: readonly (readonly [scope: ScopeName, text: (statement: string) => string])[] = [
  ['top', (statement) => `${statement} ;\n`],
  ['options', (statement) => `options { ${statement} ; };\n`],
  ['zone', (statement) => `zone "a" { type primary; file "a"; ${statement} ; };\n`],
];
/** BIND shortens longer names in what it says. */
const SHOWN_MAX = 29;

for (const [scope, text] of SCOPES) {
  test(`named.conf: BIND knows what is read over in ${scope}, as the table says`, (t) => {
    const path = join(root, 'statement.conf');
    for (const [statement, { reason }] of IGNORED[scope]) {
      writeFileSync(path, text(statement));
      const run = runPeer(t, 'named-checkconf', [path]);
      if (run === null) return;
      const shown = statement.slice(0, SHOWN_MAX);
      assert.deepEqual(
        {
          unknown: run.stdout.includes(`unknown option '${shown}`),
          gone: run.stdout.includes(`'${shown}`) && run.stdout.includes('no longer exists'),
        },
        { unknown: reason.includes('newer BINDs'), gone: reason.includes('any more') },
        `${statement}: ${run.stdout}`,
      );
    }
  });
}

test('named.conf: the page names every statement, honoured or not', () => {
  const page = readFileSync('docs/NAMED-CONF.md', 'utf8');
  const names = new Set([
    ...[TOP_ROWS, OPTION_ROWS, ZONE_ROWS, POLICY_ROWS].flatMap((rows) => Object.keys(rows)),
    ...Object.values(IGNORED).flatMap((rows) => [...rows.keys()]),
  ]);
  assert.deepEqual(
    [...names].filter((each) => !page.includes(`\`${each}\``)),
    [],
  );
});
