/**
 * `hotzone store` as a program: options, where the store is looked for, exit codes. What the commands do is tested in
 * store-ls, store-verify and store-drop.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { StoreScene } from './store-scene.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

type Row = {
  /** STATE stands for the state folder, CONF for one with a settings file that names it. */
  readonly args: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly code: number;
  readonly stdout?: RegExp;
  readonly stderr?: RegExp;
};

const ROWS: readonly Row[] = [
  { args: 'ls --state-dir STATE', code: 0, stdout: /\na\.example\. +1 / },
  { args: 'ls --config-dir CONF', code: 0, stdout: /\na\.example\. +1 / },
  {
    args: 'ls --config-dir CONF --config-name x',
    code: 1,
    stderr: /no store in \S+\/other\/store/,
  },
  { args: 'ls', environment: { HOTZONE_STATE_DIR: 'STATE' }, code: 0, stdout: /\na\.example\. / },
  { args: 'ls', environment: { STATE_DIRECTORY: 'STATE' }, code: 0, stdout: /\na\.example\. / },
  {
    args: 'ls --state-dir=STATE --format json a.example',
    code: 0,
    stdout: /^\{\n {2}"version": 1/,
  },
  { args: 'ls --state-dir STATE --table journal --table served', code: 0, stdout: /\nserved: / },
  { args: 'ls --state-dir STATE b.example', code: 1, stdout: /^/, stderr: /nothing is kept of b/ },
  { args: 'ls --state-dir CONF', code: 1, stderr: /^error: there is no store in / },
  { args: 'ls --table zones', code: 2, stderr: /Allowed choices are images, journal/ },
  { args: 'ls --format xml', code: 2, stderr: /Allowed choices/ },
  { args: 'ls --config-dir /nonexistent', code: 2, stderr: /^error: \/nonexistent\/pdns\.conf/ },
  { args: 'verify --state-dir STATE', code: 0, stdout: /: 0 errors, 0 warnings\n$/ },
  { args: 'verify a.example', code: 2, stderr: /too many arguments/ },
  { args: 'drop --state-dir STATE', code: 2, stderr: /say which zones/ },
  { args: 'drop --state-dir STATE --all', code: 2, stderr: /without --yes/ },
  {
    args: 'compact --state-dir STATE',
    code: 0,
    stdout: / octets before, \d+ after; 0 image files/,
  },
  { args: 'drop --state-dir STATE --all --yes', code: 0, stdout: /^dropped: images of 1 zone, / },
  { args: 'ls --state-dir STATE --all', code: 0, stdout: /\nimages: none\n/ },
  { args: '', code: 2, stderr: /Commands:\n {2}ls / },
  { args: 'list', code: 2, stderr: /unknown command/ },
  { args: 'drop --help', code: 0, stdout: /Examples:\n {2}hotzone store drop example\.com\n/ },
];

test('hotzone store: options, places and exit codes', async (t) => {
  const scene = await StoreScene.left(t, 'a.example');
  const [state, conf] = [join(scene.root, 'state'), join(scene.root, 'conf')];
  mkdirSync(conf);
  writeFileSync(join(conf, 'pdns.conf'), `state-dir=${state}\n`);
  writeFileSync(join(conf, 'pdns-x.conf'), `state-dir=${join(scene.root, 'other')}\n`);
  const placed = (text: string): string => text.replace('STATE', state).replace('CONF', conf);
  for (const { args, environment = {}, code, stdout, stderr } of ROWS) {
    const words = args.split(' ').filter((word) => word !== '');
    const { status, ...said } = spawnSync(process.execPath, [MAIN, 'store', ...words.map(placed)], {
      env: {
        PATH: process.env['PATH'],
        ...Object.fromEntries(
          Object.entries(environment).map(([name, text]) => [name, placed(text)]),
        ),
      },
      encoding: 'utf8',
      timeout: 30_000,
    });
    assert.equal(status, code, `${args}: ${said.stderr}`);
    assert.match(said.stdout, stdout ?? /^$/, args);
    assert.match(said.stderr, stderr ?? /^$/, args);
  }
});
