/**
 * What every implementation of ZoneView must do for a signed zone: signatures with their RRsets, the chain of NSEC or
 * NSEC3 and the ways to it (RFC 4034 §4, RFC 4035 §3.1, RFC 5155 §7.2). Signatures here are octets without meaning, and
 * hashes are made by the digest of node:crypto.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  DENIAL_NONE,
  DENIAL_NSEC,
  DENIAL_NSEC3,
  FindResult,
  NONE,
  type SignedView,
  type ZoneView,
} from '../../src/index/zone-index.js';
import { NameView, parseName } from '../../src/wire/name.js';
import { nameText } from '../../src/wire/name-text.js';
import { readU16 } from '../../src/wire/octets.js';
import { typeFromText } from '../../src/wire/rrtypes.js';
import { name } from '../support/zones.js';
import type { OpenView } from './index-suite.js';

const HEAD = `$TTL 60
@ SOA ns hm 1 2 3 4 5
@ NS ns
@ RRSIG SOA 13 1 60 20380101000000 20260101000000 1 @ AAAA
ns A 192.0.2.1
`;

const PLAIN = `${HEAD}@ NSEC A NS SOA
A A 192.0.2.1
A RRSIG NSEC 13 2 60 20380101000000 20260101000000 3 @ AAAA
A RRSIG A 13 2 60 20380101000000 20260101000000 1 @ AAAA
A RRSIG TXT 13 2 60 20380101000000 20260101000000 9 @ AAAA
A RRSIG A 8 2 60 20380101000000 20260101000000 2 @ AAAABBBB
A NSEC c A NSEC RRSIG
b.c.d A 192.0.2.1
b.c.d NSEC d2 A
c A 192.0.2.1
c NSEC b.c.d A
d2 NS ns.d2
d2 NSEC long-label-1 NS
ns.d2 A 192.0.2.1
z.d2 A 192.0.2.1
long-label-1 A 192.0.2.1
long-label-1 NSEC long-label-3 A
long-label-3 A 192.0.2.1
long-label-3 NSEC ns A
ns NSEC *.w A
*.w A 192.0.2.1
*.w NSEC x.w A
x.w A 192.0.2.1
x.w NSEC \\255.w A
\\255.w TXT "x"
\\255.w NSEC @ TXT
`;

/** name that does not exist, owner of the NSEC that covers it, and of the one that covers the wildcard */
const MISSES: readonly (readonly [name: string, cover: string, wildcard: string])[] = [
  // * is before all letters
  ['0.example.', 'example.', 'example.'],
  ['aa.example.', 'A.example.', 'example.'],
  ['AA.example.', 'A.example.', 'example.'],
  ['x.a.example.', 'A.example.', 'A.example.'],
  ['a.b.c.d.example.', 'b.c.d.example.', 'b.c.d.example.'],
  ['a.c.d.example.', 'c.example.', 'c.example.'],
  ['c.c.d.example.', 'b.c.d.example.', 'c.example.'],
  ['d.d.example.', 'b.c.d.example.', 'c.example.'],
  ['d1.example.', 'b.c.d.example.', 'example.'],
  // glue is not in the chain
  ['d3.example.', 'd2.example.', 'example.'],
  // labels that agree in eight octets and more
  ['long-label-2.example.', 'long-label-1.example.', 'example.'],
  ['long-label.example.', 'd2.example.', 'example.'],
  ['long-label-1a.example.', 'long-label-1.example.', 'example.'],
  ['long-label-4.example.', 'long-label-3.example.', 'example.'],
  ['zz.example.', '\\255.w.example.', 'example.'],
  // a wildcard that is there is not covered
  ['0.w.example.', '*.w.example.', '-'],
  ['y.w.example.', 'x.w.example.', '-'],
  ['z.y.w.example.', 'x.w.example.', '-'],
  ['\\255\\000.w.example.', '\\255.w.example.', '-'],
];

/** name that exists, owner of the NSEC that says so */
const MATCHES: readonly (readonly [string, string])[] = [
  ['example.', 'example.'],
  ['a.example.', 'A.example.'],
  ['d2.example.', 'd2.example.'],
  // empty non-terminals: RFC 4035 §3.1.3.2
  ['d.example.', 'c.example.'],
  ['c.d.example.', 'c.example.'],
  ['w.example.', 'ns.example.'],
];

/** owner, type, key tags of its signatures */
const SIGNATURES: readonly (readonly [string, string, readonly number[]])[] = [
  ['example.', 'SOA', [1]],
  ['example.', 'NS', []],
  ['a.example.', 'A', [1, 2]],
  ['a.example.', 'NSEC', [3]],
  ['a.example.', 'RRSIG', []],
  ['ns.d2.example.', 'A', []],
];

/** Names of the hashed zone, but for those that are insecure and so not in the chain. */
const HASHED = [
  'example.',
  'ns.example.',
  'a.example.',
  'w.example.',
  '*.w.example.',
  'd.c.example.',
];
const HASHED_MORE = ['c.example.', 'secure.example.', 'both.example.', 'in.both.example.'];

function hashOf(text: string): string {
  const digits = '0123456789abcdefghijklmnopqrstuv';
  let bits = '';
  for (const octet of createHash('sha1').update(name(text.toLowerCase())).digest()) {
    bits += octet.toString(2).padStart(8, '0');
  }
  return (bits.match(/.{5}/g) ?? []).map((five) => digits[Number.parseInt(five, 2)]).join('');
}

function hashedText(): string {
  const hashes = [...HASHED, ...HASHED_MORE].map(hashOf).sort();
  const records = hashes.map((hash, i) => {
    const next = hashes[(i + 1) % hashes.length] ?? '';
    return `${hash.toUpperCase()} NSEC3 1 1 0 - ${next} A RRSIG\n`;
  });
  return `${HEAD}@ NSEC3PARAM 1 0 0 -
a A 192.0.2.1
*.w A 192.0.2.1
d.c A 192.0.2.1
secure NS ns.secure
secure DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
insecure NS ns
x.deep.insecure2 NS ns
y.both NS ns
in.both A 192.0.2.1
${hashOf('a.example.')} RRSIG NSEC3 13 2 60 20380101000000 20260101000000 5 @ AAAA
${records.join('')}`;
}

/** What a hash is covered by: the definition of RFC 5155 §1.3. */
function coverOf(text: string): string {
  const hash = hashOf(text);
  const before = [...HASHED, ...HASHED_MORE]
    .map(hashOf)
    .sort()
    .filter((other) => other <= hash);
  const last = [...HASHED, ...HASHED_MORE].map(hashOf).sort().at(-1) ?? '';
  return `${before.at(-1) ?? last}.example.`;
}

/** name, name that its record matches, next closer name if that is only an encloser */
const ENCLOSED: readonly (readonly [string, string, string])[] = [
  ['example.', 'example.', '-'],
  ['A.example.', 'a.example.', '-'],
  ['c.example.', 'c.example.', '-'],
  ['secure.example.', 'secure.example.', '-'],
  ['insecure.example.', 'example.', 'insecure.example.'],
  ['insecure2.example.', 'example.', 'insecure2.example.'],
  ['x.deep.insecure2.example.', 'example.', 'insecure2.example.'],
  ['both.example.', 'both.example.', '-'],
  ['y.both.example.', 'both.example.', 'y.both.example.'],
];

/** name that does not exist, next closer name, name whose wildcard is denied */
const HASHED_MISSES: readonly (readonly [string, string, string])[] = [
  ['x.example.', 'x.example.', 'example.'],
  ['a.b.x.example.', 'x.example.', 'example.'],
  ['x.A.example.', 'x.a.example.', 'a.example.'],
  ['x.c.example.', 'x.c.example.', 'c.example.'],
  ['x.d.c.example.', 'x.d.c.example.', 'd.c.example.'],
  ['y.deep.insecure2.example.', 'insecure2.example.', 'example.'],
  ['x.w.example.', 'x.w.example.', '-'],
];

/** Runs the suite against an implementation called `label`. */
export function runSignedSuite(label: string, open: OpenView): void {
  const plain = open('example.', PLAIN);
  const hashed = open('example.', hashedText());

  test(`${label}: which zones are signed, and how they deny`, () => {
    const kind = (text: string) => open('example.', text).signed?.denial;
    assert.equal(plain.signed?.denial, DENIAL_NSEC);
    assert.equal(hashed.signed?.denial, DENIAL_NSEC3);
    assert.equal(kind(HEAD), DENIAL_NONE);
    assert.equal(kind(HEAD.replace(/.*RRSIG.*\n/, '')), undefined);
    // RFC 5155 §4: NSEC3PARAM says which chain is complete
    const noParameters = hashedText().replace(/.*NSEC3PARAM.*\n/, '');
    assert.equal(kind(noParameters), DENIAL_NONE);
    assert.equal(kind(noParameters.replace('ns A', '@ NSEC ns A\nns A')), DENIAL_NSEC);
    assert.equal(
      kind(hashedText().replace('NSEC3PARAM 1 0 0 -', 'NSEC3PARAM 1 0 0 ab')),
      DENIAL_NONE,
    );
    // RFC 9276 §3.2
    assert.equal(
      kind(hashedText().replaceAll(' 0 - ', ' 101 - ').replace('0 0 -', '0 101 -')),
      DENIAL_NONE,
    );
  });

  for (const [owner, type, tags] of SIGNATURES) {
    test(`${label}: signatures of ${owner} ${type}, RFC 4035 §3.1.1`, () => {
      const { signed, octets } = plain;
      assert.ok(signed !== null);
      const rrset = plain.nodeRrset(find(plain, owner).node, typeFromText(type));
      assert.equal(signed.signatureCount(rrset), tags.length);
      if (tags.length === 0) return;
      const found: number[] = [];
      const end = signed.signatureOffset(rrset) + signed.signatureLength(rrset);
      for (let at = signed.signatureOffset(rrset); at < end; at += 12 + readU16(octets, at + 10)) {
        assert.equal(readU16(octets, at + 2), typeFromText('RRSIG'));
        assert.equal(readU16(octets, at + 12), typeFromText(type));
        found.push(readU16(octets, at + 28));
      }
      assert.deepEqual(found, tags);
    });
  }

  for (const [missing, cover, wildcard] of MISSES) {
    test(`${label}: NSEC that covers ${missing}, RFC 4035 §3.1.3.2`, () => {
      const { node, label: at, sought } = find(plain, missing);
      const signed = signedOf(plain);
      assert.equal(ownerOf(plain, signed.nameCover(sought, at, node)), cover);
      assert.equal(ownerOf(plain, signed.wildcardCover(node)), wildcard);
    });
  }

  for (const [owner, proof] of MATCHES) {
    test(`${label}: NSEC of ${owner}, RFC 4035 §3.1.3.1`, () => {
      const { node } = find(plain, owner);
      assert.equal(ownerOf(plain, signedOf(plain).nodeProof(node)), proof);
      assert.equal(signedOf(plain).nodeCover(node), NONE);
    });
  }

  for (const [owner, match, next] of ENCLOSED) {
    test(`${label}: NSEC3 of ${owner}, RFC 5155 §7.2.1, §7.2.7`, () => {
      const { node } = find(hashed, owner);
      const signed = signedOf(hashed);
      const proof = ownerOf(hashed, signed.nodeProof(node)).toLowerCase();
      assert.equal(proof, `${hashOf(match)}.example.`);
      const cover = ownerOf(hashed, signed.nodeCover(node)).toLowerCase();
      assert.equal(cover, next === '-' ? '-' : coverOf(next));
    });
  }

  for (const [missing, next, encloser] of HASHED_MISSES) {
    test(`${label}: NSEC3 that covers ${missing}, RFC 5155 §7.2.2`, () => {
      const { node, label: at, sought } = find(hashed, missing);
      const signed = signedOf(hashed);
      assert.equal(
        ownerOf(hashed, signed.nameCover(sought, at, node)).toLowerCase(),
        coverOf(next),
      );
      const wildcard = ownerOf(hashed, signed.wildcardCover(node)).toLowerCase();
      assert.equal(wildcard, encloser === '-' ? '-' : coverOf(`*.${encloser}`));
    });
  }

  test(`${label}: owners of NSEC3 alone are no names, RFC 5155 §7.2.8`, () => {
    const hash = hashOf('a.example.');
    const { node, label: at } = find(hashed, `${hash}.example.`);
    assert.deepEqual([node, at], [0, 1]);
    const below = open('example.', `${hashedText()}below.${hash} A 192.0.2.1\n`);
    assert.equal(find(below, `${hash}.example.`).label, 0);
    const beside = open('example.', `${hashedText()}${hash} A 192.0.2.1\n`);
    assert.equal(find(beside, `${hash}.example.`).label, 0);
    assert.equal(
      ownerOf(beside, signedOf(beside).nodeProof(find(beside, 'a.example.').node)).toLowerCase(),
      `${hash}.example.`,
    );
  });

  test(`${label}: every record of a chain of many is found`, () => {
    const names = Array.from({ length: 3000 }, (_, i) => `n${i * 7919}.example.`);
    const hashes = [...names, 'example.', 'ns.example.'].map(hashOf).sort();
    const records = hashes.map(
      (hash, i) => `${hash} NSEC3 1 0 0 - ${hashes[(i + 1) % hashes.length]} A\n`,
    );
    const owners = names.map((owner) => `${owner} A 192.0.2.1\n`);
    const text = `${HEAD}@ NSEC3PARAM 1 0 0 -\n${owners.join('')}${records.join('')}`;
    const view = open('example.', text);
    const signed = signedOf(view);
    for (const owner of names) {
      assert.equal(
        ownerOf(view, signed.nodeProof(find(view, owner).node)),
        `${hashOf(owner)}.example.`,
      );
    }
    for (let i = 0; i < 3000; i++) {
      const { node, label: at, sought } = find(view, `x${i}.example.`);
      const hash = hashOf(`x${i}.example.`);
      const before = hashes.filter((other) => other <= hash).at(-1) ?? hashes.at(-1);
      assert.equal(ownerOf(view, signed.nameCover(sought, at, node)), `${before}.example.`);
    }
  });
}

function signedOf(view: ZoneView): SignedView {
  assert.ok(view.signed !== null);
  return view.signed;
}

function find(view: ZoneView, text: string): { node: number; label: number; sought: NameView } {
  const octets = name(text);
  const sought = new NameView();
  parseName(sought, octets, 0, octets.length);
  const result = new FindResult();
  view.find(sought, 0, result);
  return { node: result.node, label: result.label, sought };
}

/** The owner of a record of the chain, `-` of none. */
function ownerOf(view: ZoneView, proof: number): string {
  if (proof === NONE) return '-';
  const node = signedOf(view).proofNode(proof);
  const rrset = signedOf(view).proofRrset(proof);
  const first = view.nodeRrsetFirst(node);
  assert.ok(rrset >= first && rrset < first + view.nodeRrsetCount(node));
  return nameText(view.octets, view.nodeName(node));
}
