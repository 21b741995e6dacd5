/** Hashed owner names: RFC 5155 appendix A, and three tools that hash, too. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  compareHashes,
  NSEC3_HASH_WORDS,
  Nsec3Hasher,
  readHashLabel,
  writeHashText,
} from '../../src/wire/nsec3-hash.js';
import { runPeer } from '../support/peer-tool.js';
import { name } from '../support/zones.js';

/** Salt aabbccdd, 12 iterations; the names that appendix A lists with their hashes. */
const APPENDIX_A: readonly (readonly [string, string])[] = [
  ['example.', '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom'],
  ['a.example.', '35mthgpgcu1qg68fab165klnsnk3dpvl'],
  ['ai.example.', 'gjeqe526plbf1g8mklp59enfd789njgi'],
  ['ns1.example.', '2t7b4g4vsa5smi47k61mv5bv1a22bojr'],
  ['ns2.example.', 'q04jkcevqvmu85r014c7dkba38o0ji5r'],
  ['w.example.', 'k8udemvp1j2f7eg6jebps17vp3n8i58h'],
  ['*.w.example.', 'r53bq7cc2uvmubfu5ocmm6pers9tk9en'],
  ['x.w.example.', 'b4um86eghhds6nea196smvmlo4ors995'],
  ['y.w.example.', 'ji6neoaepv8b5o6k4ev33abha8ht9fgc'],
  ['x.y.w.example.', '2vptu5timamqttgl4luu9kg21e0aor3s'],
  ['xx.example.', 't644ebqk9bibcna874givr6joj62mlhv'],
];

/** name, salt, iterations */
const QUESTIONS: readonly (readonly [string, string, number])[] = [
  ['.', '-', 0],
  ['example.', '-', 0],
  ['WWW.Example.', '-', 0],
  ['www.example.', '-', 1],
  ['www.example.', 'ab', 150],
  ['*.example.', 'aabbccdd', 12],
  // a name whose first block is full to each side of the padding's end
  [`${'a'.repeat(53)}.`, '-', 3],
  [`${'a'.repeat(54)}.`, '-', 3],
  [`${'a'.repeat(63)}.`, '-', 3],
  // the salt up to which hashing again takes one block, and the next
  ['www.example.', '01'.repeat(35), 5],
  ['www.example.', '01'.repeat(36), 5],
  ['www.example.', 'fe'.repeat(255), 2],
  [`${`${'B'.repeat(63)}.`.repeat(3)}${'c'.repeat(61)}.`, 'fe'.repeat(255), 2],
];

function parameters(salt: string, iterations: number): Uint8Array {
  const octets = salt === '-' ? Buffer.alloc(0) : Buffer.from(salt, 'hex');
  return Buffer.from([1, 0, iterations >>> 8, iterations & 0xff, octets.length, ...octets]);
}

function hashText(hasher: Nsec3Hasher): string {
  const octets = new Uint8Array(32);
  writeHashText(hasher.hash, 0, octets, 0);
  return Buffer.from(octets).toString('latin1');
}

/** One hasher for all rows: what was before must not matter. */
const hasher = new Nsec3Hasher();

function hashOf(text: string, salt: string, iterations: number): string {
  const octets = name(text);
  hasher.takeParameters(parameters(salt, iterations), 0);
  hasher.hashName(octets, 0, octets.length);
  return hashText(hasher);
}

for (const [text, hash] of APPENDIX_A) {
  test(`hash of ${text}, RFC 5155 appendix A`, () => {
    assert.equal(hashOf(text, 'aabbccdd', 12), hash);
  });
}

test('hashes by the definition of RFC 5155 §5, with the digest of node:crypto', () => {
  for (const [text, salt, iterations] of QUESTIONS) {
    const saltOctets = salt === '-' ? Buffer.alloc(0) : Buffer.from(salt, 'hex');
    let digest: Uint8Array = Buffer.from(name(text.toLowerCase()));
    for (let i = 0; i <= iterations; i++)
      digest = createHash('sha1').update(digest).update(saltOctets).digest();
    const hash = hashOf(text, salt, iterations);
    const label = Buffer.from(` ${hash}`, 'latin1');
    label[0] = 32;
    const words = new Int32Array(NSEC3_HASH_WORDS + 2);
    assert.ok(readHashLabel(label, 0, words, 1));
    const octets = Buffer.alloc(20);
    for (let i = 0; i < 5; i++) octets.writeInt32BE(words[i + 1]!, i * 4);
    assert.equal(octets.toString('hex'), Buffer.from(digest).toString('hex'), text);
    assert.deepEqual([words[0], words[6]], [0, 0]);
  }
});

test('a name of many octets, as the tools hash it', (t) => {
  for (const [text, salt, iterations] of QUESTIONS) {
    const bind = runPeer(t, 'nsec3hash', [salt, '1', String(iterations), text]);
    const ldns = runPeer(t, 'ldns-nsec3-hash', [
      ...['-t', String(iterations)],
      ...(salt === '-' ? [] : ['-s', salt]),
      text,
    ]);
    if (bind === null || ldns === null) return;
    const hash = hashOf(text, salt, iterations);
    assert.equal(bind.stdout.split(' ')[0]?.toLowerCase(), hash, bind.stderr);
    // it takes only so much salt
    if (salt.length <= 254) assert.equal(ldns.stdout.split('.')[0], hash, ldns.stderr);
  }
});

test('the hash of a wildcard is that of its name', () => {
  for (const text of ['.', 'example.', 'A.Example.']) {
    const octets = name(text);
    hasher.takeParameters(parameters('aabbccdd', 12), 0);
    hasher.hashWildcard(octets, 0, octets.length);
    const hash = hashText(hasher);
    assert.equal(hash, hashOf(text === '.' ? '*.' : `*.${text}`, 'aabbccdd', 12));
  }
});

test('new parameters count, whichever they differ in', () => {
  const rows: [salt: string, iterations: number][] = [
    ['-', 0],
    ['-', 2],
    ['aa', 2],
    ['ab', 2],
    ['ab00', 2],
    ['ab', 2],
    ['-', 0],
    ['-', 2],
  ];
  for (const [salt, iterations] of rows) {
    const fresh = new Nsec3Hasher();
    fresh.takeParameters(parameters(salt, iterations), 0);
    const octets = name('www.example.');
    fresh.hashName(octets, 0, octets.length);
    assert.equal(hashOf('www.example.', salt, iterations), hashText(fresh));
  }
});

test('labels that are no hash', () => {
  const words = new Int32Array(NSEC3_HASH_WORDS);
  const good = '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom';
  const rows: [label: string, isHash: boolean][] = [
    [good, true],
    [good.toUpperCase(), true],
    [good.slice(1), false],
    [`${good}0`, false],
    [good.replace('v', 'w'), false],
    [good.replace('9', '-'), false],
  ];
  for (const [label, isHash] of rows) {
    const octets = Buffer.from(`\0${label}`, 'latin1');
    octets[0] = label.length;
    assert.equal(readHashLabel(octets, 0, words, 0), isHash, label);
  }
});

test('hashes are ordered as unsigned numbers', () => {
  const words = new Int32Array([0, 0, 0, 0, 1, -1, 0, 0, 0, 0, 0, 0, 0, 0, -1]);
  assert.ok(compareHashes(words, 0, words, 5) < 0);
  assert.ok(compareHashes(words, 5, words, 0) > 0);
  assert.ok(compareHashes(words, 0, words, 10) < 0);
  assert.equal(compareHashes(words, 5, words, 5), 0);
});
