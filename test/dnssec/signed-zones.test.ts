/**
 * Signed zones as other programs make them, of every algorithm and kind of chain, and broken ones: what hotzone finds,
 * beside the verdicts of dnssec-verify, ldns-verify-zone and kzonecheck (RFC 4035 §2, §5.3; RFC 5155 §7.1; RFC
 * 8976 §4).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROBLEM_CODES } from '../../src/base/problem-codes.js';
import {
  PLAIN_ZONE,
  type SignedText,
  type Signing,
  signAgain,
  signText,
  verdictsOf,
} from '../support/signed-zones.js';
import { validateLines } from '../support/validate.js';
import {
  NSEC_MUTATIONS,
  NSEC3_MUTATIONS,
  OPT_OUT_MUTATIONS,
  ZONEMD_MUTATIONS,
} from './chain-mutations.js';
import { ALGORITHM_MUTATIONS, MUTATIONS, type Mutation } from './mutations.js';

const ALGORITHMS = [
  'RSASHA256',
  'RSASHA512',
  'ECDSAP256SHA256',
  'ECDSAP384SHA384',
  'ED25519',
  'ED448',
] as const;

for (const algorithm of ALGORITHMS) {
  for (const signer of ['dnssec-signzone', 'ldns-signzone'] as const) {
    for (const denial of ['nsec', 'nsec3', 'opt-out'] as const) {
      test(`a zone with ${algorithm} and ${denial} by ${signer} is right`, async (t) => {
        const signed = signText(t, PLAIN_ZONE, { algorithm, signer, denial });
        if (signed === null) return;
        assert.deepEqual(await validateLines(signed.lines), []);
        const verdicts = verdictsOf(t, signed.lines);
        if (verdicts === null) return;
        const told = [verdicts.bind, verdicts.ldns, verdicts.knot];
        assert.deepEqual(told, ['good', 'good', 'good'], verdicts.said);
      });
    }
  }
}

test('a zone with one key for everything is right', async (t) => {
  const signing = { ...SIGNING, isSingleKey: true, extra: ['-z'] };
  const signed = signText(t, PLAIN_ZONE, signing);
  if (signed === null) return;
  assert.deepEqual(await validateLines(signed.lines), []);
  const verdicts = verdictsOf(t, signed.lines, ['-z']);
  if (verdicts === null) return;
  assert.deepEqual([verdicts.bind, verdicts.ldns], ['good', 'good'], verdicts.said);
});

test('RFC 9276 §3.2: many iterations of NSEC3 are told of', async (t) => {
  const signing = { ...SIGNING, denial: 'nsec3', extra: ['-H', '51'] } as const;
  const signed = signText(t, PLAIN_ZONE, signing);
  if (signed === null) return;
  assert.deepEqual(await validateLines(signed.lines), ['DNSSEC_NSEC3_ITERATIONS']);
});

const SIGNING = {
  algorithm: 'ECDSAP256SHA256',
  signer: 'dnssec-signzone',
  denial: 'nsec',
} as const;

/** Its signatures are the same whenever they are made, or no digest could be right after that. */
const ZONEMD_SIGNING: Signing = {
  algorithm: 'ED25519',
  signer: 'ldns-signzone',
  denial: 'nsec',
  extra: ['-z', '1:1', '-z', '1:2'],
};

const GROUPS: readonly (readonly [string, Signing, readonly Mutation[]])[] = [
  ['signatures', SIGNING, MUTATIONS],
  ['algorithms', { ...SIGNING, algorithm: 'ECDSAP256SHA256+ED25519' }, ALGORITHM_MUTATIONS],
  ['NSEC', SIGNING, NSEC_MUTATIONS],
  ['NSEC3', { ...SIGNING, denial: 'nsec3' }, NSEC3_MUTATIONS],
  ['opt-out', { ...SIGNING, denial: 'opt-out' }, OPT_OUT_MUTATIONS],
  ['ZONEMD', ZONEMD_SIGNING, ZONEMD_MUTATIONS],
];

for (const [group, signing, mutations] of GROUPS) {
  // one zone for all rows
  let made: SignedText | null = null;
  for (const { what, change, finds, bind, ldns, knot, because, ...row } of mutations) {
    test(`broken ${group}: ${what}`, async (t) => {
      made ??= signText(t, PLAIN_ZONE, signing);
      if (made === null) return;
      const changed = change(made.lines);
      const lines = row.signAgain === true ? signAgain({ ...made, lines: changed }) : changed;
      assert.deepEqual(await validateLines(lines), finds);
      const own = finds.some((code) => PROBLEM_CODES[code].severity === 'error') ? 'bad' : 'good';
      const verdicts = verdictsOf(t, lines);
      if (verdicts === null) return;
      const told = [verdicts.bind, verdicts.ldns, verdicts.knot];
      const expected = [bind ?? own, ldns ?? own, knot ?? own];
      assert.deepEqual(told, expected, verdicts.said);
      assert.equal(
        because !== undefined,
        expected.some((verdict) => verdict !== own),
      );
    });
  }
}
