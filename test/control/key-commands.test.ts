/**
 * `hotzone key …`: what the commands do to key files, what they say, as text and as JSON, and when they refuse.
 * RFC 6781 §4.1, RFC 7583 §3.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KEY_COMMANDS, runKeyCommand } from '../../src/control/key-commands.js';
import { readZoneKeys } from '../../src/dnssec/key-folder.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { runPeer } from '../support/peer-tool.js';
import { name } from '../support/zones.js';

const NOW = Date.UTC(2027, 0, 1) / 1000;
const DAY = 86_400;
const ZONE = 'example.com';

type Outcome = { readonly code: number; readonly text: string; readonly error: string };

class Keys {
  readonly folder: string;
  now: number = NOW;
  private readonly flags: Readonly<Record<string, string>>;

  constructor(t: TestContext, flags: Readonly<Record<string, string>> = {}) {
    this.folder = join(temporaryDirectory(t), 'keys');
    this.flags = { 'key-directory': this.folder, ...flags };
  }

  /** Runs a command line; `--a=b` is an option. */
  run(line: string): Outcome {
    const [command, ...words] = line.split(' ');
    const row = KEY_COMMANDS.find((one) => one.name === command);
    assert.ok(row !== undefined, command);
    const given = words
      .filter((word) => word.startsWith('--'))
      .map((word) => {
        const [flag = '', value = ''] = word.slice(2).split('=');
        return [flag, value] as const;
      });
    const args = [ZONE, ...words.filter((word) => !word.startsWith('--'))];
    const flags = new Map([...Object.entries(this.flags), ...given]);
    let text = '';
    let error = '';
    const streams = {
      stdout: { write: (part: string) => (text += part) },
      stderr: { write: (part: string) => (error += part) },
    };
    const code = runKeyCommand(row, { args, flags }, streams, {}, this.now);
    return { code, text, error };
  }

  done(line: string): string {
    const { code, text, error } = this.run(line);
    assert.equal(code, 0, error);
    return text;
  }

  /** `TAG role state …`, as the list has it. */
  get states(): string[] {
    const { keys } = JSON.parse(this.done('list --json')) as {
      readonly keys: readonly { readonly role: string; readonly state: string }[];
    };
    return keys.map(({ role, state }) => `${role} ${state}`).sort();
  }

  tag(role: 'ksk' | 'zsk', index = 0): number {
    const keys = readZoneKeys(this.folder, name(ZONE)).keys.filter(
      ({ isSep }) => isSep === (role === 'ksk'),
    );
    return keys[index]?.tag ?? 0;
  }
}

test('generate makes what the policy wants, once', (t) => {
  const keys = new Keys(t);
  assert.match(keys.done('generate'), /CSK {3}ECDSAP256SHA256 {2}active/);
  assert.match(keys.done('generate'), /has all keys that the policy default wants/);
  assert.deepEqual(keys.states, ['csk active']);
  assert.equal(readdirSync(keys.folder).length, 2);
});

test("generate goes by a named.conf's policy and key directory", (t) => {
  const root = temporaryDirectory(t);
  const conf = join(root, 'named.conf');
  writeFileSync(
    conf,
    'dnssec-policy p { keys { ksk lifetime unlimited algorithm 14; zsk lifetime 1d algorithm 15; }; };\n' +
      `options { directory "${root}"; };\n` +
      `zone "${ZONE}" { type primary; file "z"; dnssec-policy p; key-directory "k"; };\n`,
  );
  mkdirSync(join(root, 'k'));
  const row = KEY_COMMANDS.find((one) => one.name === 'generate');
  assert.ok(row !== undefined);
  let text = '';
  const take = { write: (part: string) => (text += part) };
  const call = { args: [ZONE], flags: new Map([['bind-config', conf]]) };
  assert.equal(runKeyCommand(row, call, { stdout: take, stderr: take }, {}, NOW), 0, text);
  const algorithms = readZoneKeys(join(root, 'k'), name(ZONE)).keys.map(
    ({ algorithm }) => algorithm,
  );
  assert.deepEqual(algorithms.sort(), [14, 15]);
  // and says when a key is older than the policy allows
  text = '';
  const list = KEY_COMMANDS.find((one) => one.name === 'list');
  assert.ok(list !== undefined);
  runKeyCommand(list, call, { stdout: take, stderr: take }, {}, NOW + 2 * DAY);
  assert.match(text, /older than the policy allows/);
});

test('ds is what dnssec-dsfromkey makes of the key', (t) => {
  const keys = new Keys(t);
  keys.done('generate');
  const [stem = ''] = readdirSync(keys.folder).filter((file) => file.endsWith('.key'));
  for (const [type, flag] of [
    ['2', '-2'],
    ['4', '-a SHA-384'],
  ] as const) {
    const run = runPeer(t, 'dnssec-dsfromkey', [...flag.split(' '), join(keys.folder, stem)]);
    if (run === null) return;
    const [own = ''] = keys.done(`ds --digest=${type}`).split('\n');
    assert.equal(own, run.stdout.trim());
  }
  const { records } = JSON.parse(keys.done('ds --json')) as { records: { type: string }[] };
  assert.deepEqual(
    records.map(({ type }) => type),
    ['DS', 'CDS', 'CDNSKEY', 'DNSKEY'],
  );
});

test('a ZSK rollover from its beginning to its end', (t) => {
  const keys = new Keys(t);
  keys.done('generate --role=ksk');
  keys.done('generate --role=zsk');
  assert.match(keys.done('rollover --role=zsk'), /the new key spreads until 2027-01-01 02:05:00/);
  assert.deepEqual(keys.states, ['ksk active', 'zsk active', 'zsk published']);
  assert.match(keys.run('rollover --role=zsk').error, /is already to take over/);
  keys.now += 3 * 3600;
  assert.deepEqual(keys.states, ['ksk active', 'zsk active', 'zsk retired']);
  assert.match(keys.done('list'), /the old key is on its way out until 2027-01-11 03:10:00/);
  keys.now += 11 * DAY;
  assert.deepEqual(keys.states, ['ksk active', 'zsk active', 'zsk removed']);
  assert.match(keys.done('purge'), /^0 keys deleted/);
  keys.now += 90 * DAY;
  assert.match(keys.done('purge'), /^1 keys deleted/);
  assert.deepEqual(keys.states, ['ksk active', 'zsk active']);
});

test('a KSK rollover waits for the operator, who is told what to do', (t) => {
  const keys = new Keys(t);
  keys.done('generate --role=ksk');
  keys.done('generate --role=zsk');
  keys.now += 2 * DAY;
  const old = keys.tag('ksk');
  assert.match(keys.done('list'), new RegExp(`key ${old} waits for its DS at the parent`));
  keys.done('ds-seen');
  assert.match(
    keys.done('rollover --role=ksk'),
    /add the DS of \d+ at the parent beside that of \d+/,
  );
  keys.now += 100 * DAY;
  assert.deepEqual(keys.states, ['ksk active', 'ksk generated', 'zsk active']);
  assert.equal(
    keys
      .done('ds')
      .split('\n')
      .filter((line) => line.includes(' DS ')).length,
    2,
  );
  assert.match(keys.done('ds-seen --at=-1h'), /spreads until 2027-04-14 01:00:00; leave that of/);
  assert.match(keys.run('ds-seen').error, /no key waits for its DS/);
  keys.now += 2 * DAY;
  assert.deepEqual(keys.states, ['ksk active', 'ksk removed', 'zsk active']);
  assert.match(keys.done('list'), new RegExp(`the DS of key ${old} can be taken from the parent`));
});

/** A command after `generate` of both roles, and what is said against it. */
const REFUSED: readonly (readonly [line: string, said: RegExp])[] = [
  ['retire 1', /the zone has no key 1$/m],
  ['activate x', /not the tag of a key: x/],
  ['activate', /which key\? its tag is missing/],
  ['rollover', /several keys are in use .*say which/],
  ['rollover --role=csk', /the zone has no CSK that is in use/],
  ['rollover --role=x', /--role: want csk, ksk or zsk, not x/],
  ['generate --algorithm=RSAMD5', /--algorithm: keys are not made for RSAMD5/],
  ['generate --role=zsk --publish=tomorrow', /--publish: not a time: tomorrow/],
  ['generate --role=zsk --bits=99', /--bits: want 1024 to 4096/],
  ['ds --digest=1', /--digest: want SHA-256, SHA-384 or both/],
  ['list --dnssec-policy=x', /no dnssec-policy is named x/],
];

for (const [line, said] of REFUSED) {
  test(`key ${line}: refused, and nothing is changed`, (t) => {
    const keys = new Keys(t);
    keys.done('generate --role=ksk');
    keys.done('generate --role=zsk');
    const { code, error } = keys.run(line);
    assert.equal(code, 1);
    assert.match(error, said);
    const json = keys.run(`${line} --json`);
    assert.equal((JSON.parse(json.text) as { ok: boolean }).ok, false);
    assert.equal(readdirSync(keys.folder).length, 4);
  });
}

test('the last key is neither retired nor deleted unless it is forced', (t) => {
  const keys = new Keys(t);
  keys.done('generate');
  const tag = keys.tag('ksk');
  assert.match(
    keys.run(`retire ${tag}`).error,
    /no other key of algorithm ECDSAP256SHA256 signs by then/,
  );
  assert.match(keys.run(`delete ${tag}`).error, new RegExp(`key ${tag} is active`));
  keys.done(`retire ${tag} --force --at=+1d`);
  assert.deepEqual(keys.states, ['csk active']);
  keys.now += DAY;
  assert.deepEqual(keys.states, ['csk retired']);
  keys.now += 11 * DAY;
  keys.done(`delete ${tag}`);
  assert.equal(readdirSync(keys.folder).length, 0);
});

test('a key that is made for later is activated when it is said', (t) => {
  const keys = new Keys(t);
  keys.done('generate --role=ksk');
  keys.done('generate --role=zsk --publish=none --activate=none');
  assert.deepEqual(keys.states, ['ksk active', 'zsk generated']);
  keys.done(`activate ${keys.tag('zsk')} --at=+1h`);
  keys.now += 3600;
  assert.deepEqual(keys.states, ['ksk active', 'zsk active']);
});

test('no command shows a secret', (t) => {
  const keys = new Keys(t);
  keys.done('generate');
  const [key] = readZoneKeys(keys.folder, name(ZONE)).keys;
  const secret = key?.secretLines[0]?.slice('PrivateKey: '.length) ?? '';
  assert.ok(secret.length > 40);
  for (const line of ['list', 'list --json', 'ds', 'ds --json', 'rollover --json']) {
    assert.ok(!keys.done(line).includes(secret.slice(0, 10)), line);
  }
});
