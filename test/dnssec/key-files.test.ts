/**
 * Key files: what dnssec-keygen writes is read, what is written here BIND's tools read, times are kept, secrets are in
 * no message. RFC 4034 §2, RFC 5702, RFC 6605, RFC 8080; Private-key-format v1.2 and v1.3.
 */
import assert from 'node:assert/strict';
import { sign, verify } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { problemLine } from '../../src/base/problem.js';
import { publicKey } from '../../src/dnssec/algorithms.js';
import {
  generateKey,
  keyFileStem,
  keyFileZone,
  plainTag,
  zoneOfKeyFileText,
} from '../../src/dnssec/key-file.js';
import {
  keyFilesByZone,
  readZoneKeys,
  removeKeyFiles,
  setKeyTimes,
  writeKey,
  type ZoneKey,
} from '../../src/dnssec/key-folder.js';
import { KEY_AT } from '../../src/dnssec/key-record.js';
import { foldedName } from '../../src/wire/tsig-key.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { runPeer } from '../support/peer-tool.js';
import { name } from '../support/zones.js';

const ZONE = name('example.com');
const MESSAGE = Buffer.from('what is signed');

/** Whether the secret belongs to the DNSKEY. */
function signsFor({ rdata, secret, algorithm }: ZoneKey): boolean {
  const key = publicKey(algorithm, rdata.subarray(KEY_AT));
  if (secret === null || key === null) return false;
  const hash = algorithm >= 15 ? null : algorithm === 14 ? 'sha384' : 'sha256';
  return verify(hash, MESSAGE, key, sign(hash, MESSAGE, secret));
}

const ALGORITHMS: readonly (readonly [name: string, number: number])[] = [
  ['RSASHA256', 8],
  ['ECDSAP256SHA256', 13],
  ['ECDSAP384SHA384', 14],
  ['ED25519', 15],
  ['ED448', 16],
];

for (const [algorithm, number] of ALGORITHMS) {
  test(`keys of dnssec-keygen are read: ${algorithm}`, (t) => {
    const folder = temporaryDirectory(t);
    const args = ['-q', '-a', algorithm, '-K', folder, '-f', 'KSK', '-I', '20300102030405'];
    const run = runPeer(t, 'dnssec-keygen', [...args, 'example.com']);
    if (run === null) return;
    const { keys, problems } = readZoneKeys(folder, ZONE);
    assert.deepEqual(problems, []);
    const [key] = keys;
    assert.ok(key !== undefined, run.stderr);
    assert.equal(key.algorithm, number);
    assert.equal(key.stem, join(folder, run.stdout.trim()));
    assert.equal(key.isSep, true);
    assert.equal(key.times.Inactive, Date.UTC(2030, 0, 2, 3, 4, 5) / 1000);
    assert.ok(signsFor(key));
  });

  test(`keys that are written here are read by BIND's tools: ${algorithm}`, (t) => {
    const folder = temporaryDirectory(t);
    const { rdata, secretLines } = generateKey(number, 257, 2048);
    const times = { Created: 1_600_000_000, Publish: 1_600_000_001, Activate: 1_600_000_002 };
    const stem = writeKey(folder, ZONE, { rdata, times, secretLines });
    assert.equal(statSync(`${stem}.private`).mode & 0o777, 0o600);
    const [key] = readZoneKeys(folder, ZONE).keys;
    assert.ok(key !== undefined && signsFor(key));
    setKeyTimes(ZONE, key, { ...times, Delete: 2_000_000_000 });
    assert.equal(statSync(`${stem}.private`).mode & 0o777, 0o600);
    const zone = '$TTL 60\nexample.com. SOA a. b. 1 2 3 4 5\nexample.com. NS a.\n';
    writeFileSync(join(folder, 'zone'), zone);
    const read = runPeer(t, 'dnssec-settime', ['-u', '-p', 'all', stem]);
    if (read === null) return;
    assert.equal(
      read.stdout,
      'Created: 1600000000\nPublish: 1600000001\nActivate: 1600000002\nRevoke: UNSET\n' +
        'Inactive: UNSET\nDelete: 2000000000\nSYNC Publish: UNSET\nSYNC Delete: UNSET\n' +
        'DS Publish: UNSET\nDS Delete: UNSET\n',
    );
    const signed = runPeer(t, 'dnssec-signzone', [
      ...['-q', '-z', '-S', '-K', folder, '-d', folder, '-o', 'example.com', '-f', '/dev/null'],
      join(folder, 'zone'),
    ]);
    assert.equal(signed?.status, 0, signed?.stderr);
  });
}

test('RFC 4034 appendix B: a key is named by its tag without REVOKE', () => {
  const { rdata } = generateKey(15, 257, 0);
  const tag = plainTag(rdata);
  rdata[1] = rdata[1]! | 0x80;
  assert.equal(plainTag(rdata), tag);
  assert.equal(keyFileStem(name('A.Example'), 8, 7), 'Ka.example.+008+00007');
});

/** Zones, and how BIND names their key files. */
const FILE_ZONES: readonly (readonly [zone: string, text: string])[] = [
  ['.', '.'],
  ['A_b.Example', 'a_b.example.'],
  ['0/25.2.0.192.in-addr.arpa', '0%2F25.2.0.192.in-addr.arpa.'],
  ['x\\.y.example', 'x%2Ey.example.'],
  ['*.w.example', '%2A.w.example.'],
  ['a\\032b.example', 'a%20b.example.'],
  ['a+b.example', 'a%2Bb.example.'],
];

test('keys of zones with odd names are found in the files that dnssec-keygen makes', (t) => {
  const folder = temporaryDirectory(t);
  for (const [zone, text] of FILE_ZONES) {
    const run = runPeer(t, 'dnssec-keygen', ['-q', '-a', '15', '-K', folder, zone]);
    if (run === null) return;
    const [key] = readZoneKeys(folder, foldedName(name(zone))).keys;
    assert.equal(key?.stem, join(folder, run.stdout.trim()), zone);
    assert.equal(keyFileZone(name(zone)), text);
    assert.deepEqual(zoneOfKeyFileText(text), foldedName(name(zone)));
  }
});

/** A key's files after a change of one of them, and what is said of it; FOLDER stands for theirs. */
const FAULTS: readonly (readonly [
  what: string,
  ending: 'key' | 'private',
  change: (text: string) => string,
  said: string,
])[] = [
  [
    'another algorithm',
    'private',
    (text) => text.replace('Algorithm: 13', 'Algorithm: 8'),
    'private:2: error: algorithm 8, but the .key file has 13 [KEY_UNREADABLE]',
  ],
  [
    'a secret of another key',
    'private',
    (text) => text.replace(/PrivateKey: .*/, 'PrivateKey: AAAA!'),
    "private:3: error: 'PrivateKey' is not base64 [KEY_UNREADABLE]",
  ],
  [
    'no secret',
    'private',
    (text) => text.replace(/PrivateKey: .*\n/, ''),
    "private:1: error: no 'PrivateKey' [KEY_UNREADABLE]",
  ],
  [
    'a time that is none',
    'private',
    (text) => text.replace(/Publish: .*/, 'Publish: 20261399000000'),
    "private:5: error: 'Publish' is not YYYYMMDDHHMMSS [KEY_UNREADABLE]",
  ],
  [
    'a later format',
    'private',
    (text) => text.replace('v1.3', 'v2.0'),
    'private:1: error: the format is not v1.2 or v1.3 [KEY_UNREADABLE]',
  ],
  [
    'a hardware module',
    'private',
    (text) => text.replace(/PrivateKey: .*/, 'Label: pkcs11:token=a'),
    'private:3: error: the key is in a hardware module, which is not supported [KEY_UNREADABLE]',
  ],
  [
    'no record',
    'key',
    () => '; nothing\n',
    'key: error: not one DNSKEY record of the zone [KEY_UNREADABLE]',
  ],
  [
    'a record that is none',
    'key',
    (text) => text.replace('DNSKEY 257 3', 'DNSKEY 257 x'),
    'key:4: error: ',
  ],
];

for (const [what, ending, change, said] of FAULTS) {
  test(`a key file with ${what} is an error with file and line, and shows no secret`, (t) => {
    const folder = temporaryDirectory(t);
    const { rdata, secretLines } = generateKey(13, 257, 0);
    const times = { Created: 1_800_000_000, Publish: 1_800_000_001 };
    const stem = writeKey(folder, ZONE, { rdata, times, secretLines });
    const path = `${stem}.${ending}`;
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    const { keys, problems } = readZoneKeys(folder, ZONE);
    assert.deepEqual(keys, []);
    const lines = problems.map(problemLine);
    assert.equal(lines.length, 1);
    assert.ok(lines[0]?.startsWith(`${stem}.${said}`), lines[0]);
    const secret = secretLines[0]?.slice('PrivateKey: '.length) ?? '';
    assert.ok(!lines.join('').includes(secret.slice(0, 8)));
  });
}

test('a private key that others may read is a warning, and is used', (t) => {
  const folder = temporaryDirectory(t);
  const { rdata, secretLines } = generateKey(13, 257, 0);
  const stem = writeKey(folder, ZONE, { rdata, times: {}, secretLines });
  chmodSync(`${stem}.private`, 0o644);
  const { keys, problems } = readZoneKeys(folder, ZONE);
  assert.equal(keys.length, 1);
  assert.deepEqual(problems.map(problemLine), [
    `${stem}.private: warning: others may read the private key: mode 644 [KEY_EXPOSED]`,
  ]);
});

test('Private-key-format v1.2 has no times, and a leading zero may be missing', (t) => {
  const folder = temporaryDirectory(t);
  const { rdata, secretLines } = generateKey(13, 256, 0);
  const stem = writeKey(folder, ZONE, { rdata, times: {}, secretLines });
  const text = readFileSync(`${stem}.private`, 'utf8').replace('v1.3', 'v1.2');
  writeFileSync(`${stem}.private`, text);
  const [key] = readZoneKeys(folder, ZONE).keys;
  assert.ok(key !== undefined && signsFor(key));
  assert.deepEqual(key.times, {});
});

test('roles of a .state file are read, and the file is left alone', (t) => {
  const folder = temporaryDirectory(t);
  const { rdata, secretLines } = generateKey(13, 257, 0);
  const stem = writeKey(folder, ZONE, { rdata, times: {}, secretLines });
  const state = '; a comment\nAlgorithm: 13\nKSK: yes\nZSK: no\n';
  writeFileSync(`${stem}.state`, state);
  const [key] = readZoneKeys(folder, ZONE).keys;
  assert.deepEqual(key?.roles, { signsKeys: true, signsZone: false });
  setKeyTimes(ZONE, key, { Created: 1 });
  assert.equal(readFileSync(`${stem}.state`, 'utf8'), state);
});

test('a folder holds keys of many zones, each found by its own', (t) => {
  const folder = temporaryDirectory(t);
  for (const zone of ['example.com', 'sub.example.com', 'a/b.example']) {
    const { rdata, secretLines } = generateKey(15, 257, 0);
    writeKey(folder, name(zone), { rdata, times: {}, secretLines });
  }
  writeFileSync(join(folder, 'Kexample.com.+013+00001.key.tmp'), 'half');
  assert.equal(keyFilesByZone(folder).size, 3);
  assert.equal(readZoneKeys(folder, ZONE).keys.length, 1);
  assert.equal(readZoneKeys(folder, name('a/b.example')).keys.length, 1);
  const [key] = readZoneKeys(folder, name('SUB.example.com')).keys;
  assert.ok(key !== undefined);
  removeKeyFiles(key.stem);
  assert.equal(readdirSync(folder).filter((file) => file.includes('Ksub')).length, 0);
});
