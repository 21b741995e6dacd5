/**
 * The table of settings: that it agrees with itself, with PowerDNS and with what it configures.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProblemList } from '../../src/base/problem.js';
import { sourceFromOctets } from '../../src/base/source.js';
import { socketFolder, stateFolder } from '../../src/config/default-folders.js';
import { nearestName } from '../../src/config/nearest-name.js';
import { SETTINGS, settingRows } from '../../src/config/options.js';
import { readPdnsConf } from '../../src/config/pdns-conf.js';
import {
  PDNS_SETTINGS_WITHOUT_EFFECT,
  reasonWithoutEffect,
} from '../../src/config/pdns-settings.js';
import { isSettingName, meantSetting, renamedSetting } from '../../src/config/setting-names.js';
import { defaultValue, scanValue, valueText } from '../../src/config/setting-values.js';
import {
  addressFault,
  endpointFault,
  networkFault,
  sourceFault,
} from '../../src/config/value-checks.js';
import { LINE_KINDS } from '../../src/parse/tinydns-kinds.js';
import { UDP_ENGINES } from '../../src/transport/udp-engine.js';
import { configPage } from '../../tools/config-page.js';
import { runPeer } from '../support/peer-tool.js';

test('every default is a value that can be written down', () => {
  for (const row of settingRows()) {
    const value = defaultValue(row, {});
    assert.deepEqual(scanValue(row, valueText(value), {}), { value }, row.name);
  }
});

test('rows read well: one sentence, lower case first, no full stop', () => {
  for (const { name, help } of settingRows()) {
    assert.match(help, /^[a-z*].*[^.]$/, name);
  }
});

test('a name stands for one thing only', () => {
  const former = settingRows().flatMap((row) => (row.former ?? []).map(({ name }) => name));
  const names = [...Object.keys(SETTINGS), ...former, ...Object.keys(PDNS_SETTINGS_WITHOUT_EFFECT)];
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  );
  for (const name of [...Object.keys(SETTINGS), ...former]) {
    assert.equal(reasonWithoutEffect(name), null, name);
  }
});

test('every setting of PowerDNS is known', (t) => {
  const run = runPeer(t, 'pdns_server', ['--config', '--no-config']);
  if (run === null) return;
  const names = [...run.stdout.matchAll(/^#?\s?([a-z0-9-]+)=/gm)].map((match) => match[1] ?? '');
  assert.ok(names.length > 100, run.stderr);
  const unknown = names.filter(
    (name) =>
      !isSettingName(name) && renamedSetting(name) === null && reasonWithoutEffect(name) === null,
  );
  assert.deepEqual(unknown, []);
});

test('the examples of the page are settings files', () => {
  const examples = [...configPage().matchAll(/```ini\n(.*?)```/gs)].map((match) => match[1] ?? '');
  assert.equal(examples.length, 2);
  const problems = new ProblemList();
  const entries = examples.flatMap((example) =>
    readPdnsConf(sourceFromOctets('example', Buffer.from(example)), problems),
  );
  assert.deepEqual(problems.items, []);
  const folders = entries.filter(({ name }) => name === 'zones-dir').map(({ value }) => value);
  assert.deepEqual(
    folders.map((value) => value?.replace(/\s+/g, ' ')),
    ['/srv/zones, /srv/more zones', '/srv/others'],
  );
  for (const { name } of entries) assert.ok(meantSetting(name) !== null, name);
});

test('choices are those of what they configure', () => {
  assert.deepEqual([...SETTINGS['udp-engine'].choices], [...UDP_ENGINES]);
  const dialects = new Set(LINE_KINDS.flatMap((kind) => kind.dialects));
  assert.deepEqual(new Set<string>(SETTINGS['tinydns-dialect'].choices), dialects);
});

test('the nearest name is found, if it is near', () => {
  const names = ['local-port', 'local-address', 'any', 'launch', 'workers'];
  const rows: readonly (readonly [word: string, nearest: string | null])[] = [
    ['local-prot', 'local-port'],
    ['localport', 'local-port'],
    ['LOCAL-PORT', 'local-port'],
    ['local-adress', 'local-address'],
    ['lokal-adres', 'local-address'],
    ['worker', 'workers'],
    ['nay', 'any'],
    ['anyy', 'any'],
    ['port', null],
    ['x', null],
    ['', null],
    ['zone-directory', null],
    ['a'.repeat(10_000), null],
  ];
  for (const [word, nearest] of rows) assert.equal(nearestName(word, names), nearest, word);
});

test('items are checked', () => {
  const rows: readonly (readonly [
    check: (text: string) => string | null,
    good: string,
    bad: string,
  ])[] = [
    [addressFault, '', 'a'],
    [addressFault, '::1', '127.0.0.1:53'],
    [endpointFault, '127.0.0.1', '127.0.0.256'],
    [endpointFault, '127.0.0.1:53', '127.0.0.1:65536'],
    [endpointFault, '[::1]:53', '[::1]:'],
    [endpointFault, '[::1]', '[::1'],
    [endpointFault, '::', 'localhost'],
    [networkFault, '10.0.0.0/8', '10.0.0.0/33'],
    [networkFault, '::/0', '::/129'],
    [networkFault, '::1', '10/8'],
    [networkFault, 'fe80::/10', 'fe80::/10/1'],
    [networkFault, '0.0.0.0/0', '0.0.0.0/'],
    [sourceFault, 'bind', 'bind:a'],
    [sourceFault, 'bind', 'gmysql'],
    [sourceFault, 'bind', 'constructor'],
    [sourceFault, 'tinydns', 'tinydns:'],
    [sourceFault, 'tinydns:a', 'tinydns:A'],
    [sourceFault, 'tinydns:my-2', 'tinydns:a:b'],
    [sourceFault, `tinydns:${'a'.repeat(63)}`, `tinydns:${'a'.repeat(64)}`],
  ];
  for (const [check, good, bad] of rows) {
    assert.equal(check(good), null, good);
    assert.equal(typeof check(bad), 'string', bad);
  }
});

test('sources say whether they are unknown, or not twice', () => {
  assert.equal(sourceFault('bnid'), 'no such source of zones; did you mean bind?');
  assert.equal(sourceFault('lmdb:a'), 'lmdb cannot have more than one instance');
  assert.equal(sourceFault('lmdb'), null);
  assert.match(sourceFault('tinydns:a_b') ?? '', /^the name of an instance: want lower-case/);
  assert.equal(sourceFault('bind:a'), 'bind cannot have more than one instance');
});

test('folders depend on user and environment', () => {
  const runtime = { XDG_RUNTIME_DIR: '/run/user/7', HOME: '/home/u' };
  assert.equal(socketFolder(runtime, 0), '/run/hotzone');
  assert.equal(socketFolder(runtime, 7), '/run/user/7/hotzone');
  assert.equal(socketFolder({ XDG_RUNTIME_DIR: '' }, 7), '/tmp/hotzone-7');
  assert.equal(stateFolder(runtime, 0), '/var/lib/hotzone');
  assert.equal(stateFolder(runtime, 7), '/home/u/.local/state/hotzone');
  assert.equal(stateFolder({ STATE_DIRECTORY: '/var/lib/a:/var/lib/b' }, 7), '/var/lib/a');
});
