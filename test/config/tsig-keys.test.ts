/**
 * Keys of named.conf as keys that sign, and what cut digests become.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { problemLine } from '../../src/base/problem.js';
import { readNamedConf } from '../../src/config/named-conf.js';
import { keyNameOctets, tsigKeys } from '../../src/config/tsig-keys.js';
import { name } from '../support/zones.js';

const root = mkdtempSync(join(tmpdir(), 'hotzone-keys-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

function read(text: string) {
  const path = join(root, 'named.conf');
  writeFileSync(path, text);
  const conf = readNamedConf(path);
  return {
    keys: tsigKeys(conf),
    problems: conf.problems.map((each) => problemLine({ ...each, file: 'f' })),
  };
}

test('tsig keys: the keys of a named.conf, with their names and secrets as octets', () => {
  const keys = tsigKeys(readNamedConf('test/data/conf/keys.conf'));
  const secret = Buffer.from('secret');
  assert.deepEqual(keys, [
    { name: name('a'), algorithm: 'hmac-sha256', secret, macOctets: 32 },
    { name: name('b'), algorithm: 'hmac-sha512', secret, macOctets: 32 },
    { name: name('c.example'), algorithm: 'hmac-md5', secret, macOctets: 16 },
    { name: name('d'), algorithm: 'hmac-sha384', secret: Buffer.from('secre'), macOctets: 48 },
  ]);
});

/** Octets of a MAC, `null` if there is no such key; as named-checkconf, but that it says nothing of what it does. */
const DIGESTS: readonly (readonly [algorithm: string, octets: number | null, problem: string])[] = [
  ['hmac-md5', 16, ''],
  ['HMAC-MD5.SIG-ALG.REG.INT.', 16, ''],
  ['hmac-md5-80', 10, ''],
  ['hmac-sha1-80', 10, ''],
  ['hmac-sha256-128', 16, ''],
  ['hmac-sha512-256', 32, ''],
  ['hmac-sha512-512', 64, ''],
  ['hmac-md5-64', 10, 'warning: a digest cut to 64 bits is taken by nobody: 80 are used'],
  ['hmac-sha224-80', 14, 'warning: a digest cut to 80 bits is taken by nobody: 112 are used'],
  ['hmac-sha512-0', 32, 'warning: a digest cut to 0 bits is taken by nobody: 256 are used'],
  ['hmac-sha256-264', null, 'error: the digest cannot be cut to so many bits'],
  ['hmac-sha256-100', null, 'error: the digest cannot be cut to so many bits'],
  ['hmac-sha3', null, 'error: no such algorithm'],
  ['hmac-sha256-128-128', null, 'error: no such algorithm'],
  ['gss-tsig', null, 'error: no such algorithm'],
];
for (const [algorithm, octets, problem] of DIGESTS) {
  test(`tsig keys: ${algorithm} makes MACs of ${octets} octets`, () => {
    const { keys, problems } = read(`key k { algorithm "${algorithm}"; secret "c2VjcmV0"; };`);
    assert.deepEqual(
      keys.map(({ macOctets }) => macOctets),
      octets === null ? [] : [octets],
    );
    assert.equal(problems.length, problem === '' ? 0 : 1);
    assert.ok((problems[0] ?? '').includes(problem), problems[0]);
  });
}

test('tsig keys: wrong base64, and a name twice, are told where they stand, without the secret', () => {
  const { keys, problems } = read(
    'key a { algorithm hmac-sha256; secret "c2VjcmV"; };\n' +
      'key b { algorithm hmac-sha256; secret "c2VjcmV0"; };\n' +
      'key B. { algorithm hmac-sha1; secret "YW5vdGhlcg=="; };\n',
  );
  assert.deepEqual(keys, [
    { name: name('b'), algorithm: 'hmac-sha256', secret: Buffer.from('secret'), macOctets: 32 },
  ]);
  assert.match(problems[0] ?? '', /^f:1:39: error: the secret is not base64 \[CONFIG_KEY\]$/);
  assert.match(problems[1] ?? '', /^f:3:5: error: the key is already defined at .*:2/);
  assert.equal(problems.length, 2);
});

test('tsig keys: a name without final dot is one, also the root, and in lower case', () => {
  assert.deepEqual(keyNameOctets('A.key'), name('a.key'));
  assert.deepEqual(keyNameOctets(''), name('.'));
  assert.equal(keyNameOctets('a..b'), null);
});
