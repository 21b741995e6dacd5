/**
 * Ways to break a signed zone, one at a time: what hotzone says of each, and where dnssec-verify, ldns-verify-zone or
 * kzonecheck judge otherwise. Lines are `owner TTL IN TYPE RDATA`, absolute.
 */
import type { ProblemCode } from '../../src/base/problem-codes.js';
import { isType, type Verdict } from '../support/signed-zones.js';

export type Lines = readonly string[];

export type Mutation = {
  readonly what: string;
  readonly change: (lines: Lines) => string[];
  /** Whether what the change has left is signed again, so that no signature is wrong. */
  readonly signAgain?: boolean;
  /** What hotzone finds, each once. */
  readonly finds: readonly ProblemCode[];
  /** Verdicts that are not hotzone's, which is `bad` if one of the codes is an error. */
  readonly bind?: Verdict;
  readonly ldns?: Verdict;
  readonly knot?: Verdict;
  /** Why they are not. */
  readonly because?: string;
};

/** A line's owner, type, and the type that it covers. */
export function is(line: string, owner: string, type: string, covered = ''): boolean {
  const words = line.split(' ');
  const isCovered = covered === '' || words[4] === covered;
  return words[0] === `${owner}example.test.` && isType(line, type) && isCovered;
}

export const drop = (lines: Lines, match: (line: string) => boolean): string[] => {
  const kept = lines.filter((line) => !match(line));
  if (kept.length === lines.length) throw new Error('nothing to drop');
  return kept;
};

export const edit = (
  lines: Lines,
  match: (line: string) => boolean,
  change: (line: string) => string,
): string[] => {
  const changed = lines.map((line) => (match(line) ? change(line) : line));
  if (changed.every((line, i) => line === lines[i])) throw new Error('nothing to change');
  return changed;
};

/** Replaces the word at an index. */
export const word = (index: number, change: (text: string) => string) => (line: string) =>
  line
    .split(' ')
    .map((text, i) => (i === index ? change(text) : text))
    .join(' ');

// Words of an RRSIG: owner TTL IN RRSIG covered algorithm labels TTL expiration inception tag signer signature
const LABELS = 6;
const TTL = 7;
const EXPIRATION = 8;
const INCEPTION = 9;
const TAG = 10;
const SIGNER = 11;
const SIGNATURE = 12;

const flip = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);

export const signatureOf =
  (owner: string, covered: string) =>
  (line: string): boolean =>
    is(line, owner, 'RRSIG', covered);

/** The first signature of a type somewhere, made into one of another owner. */
export const likeSignature = (lines: Lines, owner: string, type: string): string => {
  const line = lines.find(signatureOf('mail.', 'A')) ?? '';
  const labels = `${owner}example.test`.split('.').length;
  const named = word(LABELS, () => String(labels))(word(0, () => `${owner}example.test.`)(line));
  return word(4, () => type)(named);
};

export const appended =
  (line: string) =>
  (lines: Lines): string[] => [...lines, line];

const TIMES = 'time may be what is wrong: a zone is served whatever the time is';

export const MUTATIONS: readonly Mutation[] = [
  { what: 'nothing', change: (lines) => [...lines], finds: [] },
  { what: 'nothing, signed again', change: (lines) => [...lines], signAgain: true, finds: [] },
  // --- signatures
  {
    what: 'an octet of a signature',
    change: (lines) => edit(lines, signatureOf('mail.', 'A'), word(SIGNATURE, flip)),
    finds: ['DNSSEC_SIGNATURE_BOGUS'],
  },
  {
    what: 'an address',
    change: (lines) =>
      edit(
        lines,
        (line) => is(line, 'mail.', 'A'),
        word(4, () => '192.0.2.99'),
      ),
    finds: ['DNSSEC_SIGNATURE_BOGUS'],
  },
  {
    what: 'a record of an RRset is gone',
    change: (lines) => drop(lines, (line) => is(line, 'WWW2.', 'A') && line.endsWith('192.0.2.4')),
    finds: ['DNSSEC_SIGNATURE_BOGUS'],
  },
  {
    what: 'the digest of a DS',
    change: (lines) => edit(lines, (line) => is(line, 'secure.', 'DS'), word(7, flip)),
    finds: ['DNSSEC_SIGNATURE_BOGUS'],
  },
  {
    what: 'the serial',
    change: (lines) =>
      edit(
        lines,
        (line) => is(line, '', 'SOA'),
        word(6, () => '2026010102'),
      ),
    finds: ['DNSSEC_SIGNATURE_BOGUS'],
  },
  {
    what: 'a signature is gone',
    change: (lines) => drop(lines, signatureOf('mail.', 'A')),
    finds: ['DNSSEC_SIGNATURE_MISSING'],
  },
  {
    what: 'the signature of a DS is gone',
    change: (lines) => drop(lines, signatureOf('secure.', 'DS')),
    finds: ['DNSSEC_SIGNATURE_MISSING'],
  },
  {
    what: 'the signatures of the keys are gone',
    change: (lines) => drop(lines, signatureOf('', 'DNSKEY')),
    finds: ['DNSSEC_SIGNATURE_MISSING'],
  },
  {
    what: 'the signature of the keys by the one that the parent points at is gone',
    change: (lines) => {
      const own = lines.find(signatureOf('', 'SOA'))?.split(' ')[TAG];
      return drop(lines, (line) => is(line, '', 'RRSIG', 'DNSKEY') && line.split(' ')[TAG] !== own);
    },
    finds: ['DNSSEC_ENTRY_UNSIGNED'],
    ldns: 'good',
    because: 'ldns is content with any key',
  },
  {
    what: 'all signatures are gone',
    change: (lines) => drop(lines, (line) => isType(line, 'RRSIG')),
    finds: ['DNSSEC_UNSIGNED'],
    knot: 'bad',
    bind: 'bad',
    ldns: 'bad',
    because: 'it is what a signer is given; named-checkzone takes it',
  },
  {
    what: 'all keys are gone',
    change: (lines) => drop(lines, (line) => is(line, '', 'DNSKEY')),
    finds: ['DNSSEC_KEYS_MISSING'],
  },
  {
    what: 'a second signature, which is wrong',
    change: (lines) => [
      ...lines,
      ...lines.filter(signatureOf('mail.', 'A')).map(word(SIGNATURE, flip)),
    ],
    finds: ['DNSSEC_SIGNATURE_SPARE'],
    knot: 'bad',
    because: 'validators have to try all (RFC 4035 §5.3.3)',
  },
  {
    what: 'a second signature by a key that is not there',
    change: (lines) => [
      ...lines,
      ...lines.filter(signatureOf('mail.', 'A')).map(word(TAG, (tag) => String(+tag ^ 1))),
    ],
    finds: ['DNSSEC_SIGNATURE_KEYLESS'],
  },
  {
    what: 'the only signature is by a key that is not there',
    change: (lines) =>
      edit(
        lines,
        signatureOf('mail.', 'A'),
        word(TAG, (tag) => String(+tag ^ 1)),
      ),
    finds: ['DNSSEC_SIGNATURE_KEYLESS', 'DNSSEC_SIGNATURE_MISSING'],
  },
  {
    what: 'fewer labels',
    change: (lines) =>
      edit(
        lines,
        signatureOf('mail.', 'A'),
        word(LABELS, () => '2'),
      ),
    signAgain: true,
    finds: ['DNSSEC_SIGNATURE_FIELDS', 'DNSSEC_SIGNATURE_MISSING'],
    bind: 'good',
    ldns: 'good',
    because:
      'it is right for a wildcard above, which validators want to be proved (RFC 4035 §5.3.4)',
  },
  {
    what: 'more labels',
    change: (lines) =>
      edit(
        lines,
        signatureOf('mail.', 'A'),
        word(LABELS, () => '4'),
      ),
    finds: ['DNSSEC_SIGNATURE_FIELDS', 'DNSSEC_SIGNATURE_MISSING'],
  },
  {
    what: 'the labels of a wildcard, counted with it',
    change: (lines) =>
      edit(
        lines,
        signatureOf('*.wild.', 'MX'),
        word(LABELS, () => '4'),
      ),
    finds: ['DNSSEC_SIGNATURE_FIELDS', 'DNSSEC_SIGNATURE_MISSING'],
  },
  {
    what: 'another signer',
    change: (lines) =>
      edit(
        lines,
        signatureOf('mail.', 'A'),
        word(SIGNER, () => 'test.'),
      ),
    signAgain: true,
    finds: ['DNSSEC_SIGNATURE_FIELDS', 'DNSSEC_SIGNATURE_MISSING'],
    knot: 'good',
    ldns: 'good',
    because: 'ldns and Knot do not look at it',
  },
  {
    what: 'another original TTL',
    change: (lines) =>
      edit(
        lines,
        signatureOf('mail.', 'A'),
        word(TTL, () => '7200'),
      ),
    signAgain: true,
    finds: ['DNSSEC_SIGNATURE_FIELDS', 'DNSSEC_SIGNATURE_MISSING'],
    ldns: 'good',
    because: 'ldns does not look at it',
  },
  {
    what: 'another TTL than the original one',
    change: (lines) =>
      edit(
        lines,
        (line) => is(line, 'mail.', 'A'),
        word(1, () => '600'),
      ),
    finds: ['DNSSEC_SIGNATURE_FIELDS', 'DNSSEC_SIGNATURE_MISSING'],
    ldns: 'good',
    because: 'ldns does not look at it',
  },
  {
    what: 'it ends before it begins',
    change: (lines) =>
      edit(
        lines,
        signatureOf('mail.', 'A'),
        word(EXPIRATION, () => '20190101000000'),
      ),
    signAgain: true,
    finds: ['DNSSEC_SIGNATURE_EXPIRED', 'DNSSEC_SIGNATURE_FIELDS', 'DNSSEC_SIGNATURE_MISSING'],
  },
  {
    what: 'an expired signature',
    change: (lines) =>
      edit(
        lines,
        signatureOf('mail.', 'A'),
        word(EXPIRATION, () => '20200201000000'),
      ),
    signAgain: true,
    finds: ['DNSSEC_SIGNATURE_EXPIRED'],
    knot: 'bad',
    bind: 'bad',
    ldns: 'bad',
    because: TIMES,
  },
  {
    what: 'a signature that is not valid yet',
    change: (lines) =>
      edit(
        lines,
        signatureOf('mail.', 'A'),
        word(INCEPTION, () => '20370101000000'),
      ),
    signAgain: true,
    finds: ['DNSSEC_SIGNATURE_EARLY'],
    knot: 'bad',
    bind: 'bad',
    ldns: 'bad',
    because: TIMES,
  },
  {
    what: 'a signature of what is not there',
    change: (lines) => [...lines, likeSignature(lines, 'mail.', 'TXT')],
    finds: ['DNSSEC_SIGNATURE_NEEDLESS'],
  },
  {
    what: 'a signature of glue',
    change: (lines) => [...lines, likeSignature(lines, 'ns.sub.', 'A')],
    signAgain: true,
    finds: ['DNSSEC_SIGNATURE_NEEDLESS', 'OCCLUDED'],
    knot: 'bad',
    ldns: 'bad',
    because: 'no validator looks at it',
  },
  {
    what: 'a signature of the NS of a delegation',
    change: (lines) => [...lines, likeSignature(lines, 'sub.', 'NS')],
    signAgain: true,
    finds: ['DNSSEC_SIGNATURE_NEEDLESS'],
    knot: 'bad',
    because: 'no validator looks at it',
  },
  // --- keys
  {
    what: 'a key that is no zone key',
    change: (lines) => [...lines, 'example.test. 3600 IN DNSKEY 0 3 13 AAAA'],
    signAgain: true,
    finds: ['DNSSEC_KEY_UNUSABLE'],
    knot: 'bad',
    because: 'validators pass over it',
  },
  {
    what: 'a key that is not on the curve',
    change: (lines) => [
      ...lines,
      `example.test. 3600 IN DNSKEY 256 3 13 ${Buffer.alloc(64, 1).toString('base64')}`,
    ],
    signAgain: true,
    finds: ['DNSSEC_KEY_UNUSABLE'],
  },
  {
    what: 'a key of an unknown algorithm',
    change: (lines) => [...lines, 'example.test. 3600 IN DNSKEY 256 3 200 AAAA'],
    signAgain: true,
    finds: ['DNSSEC_ALGORITHM_UNSUPPORTED', 'DNSSEC_ALGORITHM_UNUSED'],
    knot: 'bad',
    because: 'it is for those who know it',
  },
];

const isByEd25519 = (line: string): boolean => isType(line, 'RRSIG') && line.split(' ')[5] === '15';

/** Of a zone with two algorithms, ECDSAP256SHA256 and ED25519. */
export const ALGORITHM_MUTATIONS: readonly Mutation[] = [
  { what: 'nothing', change: (lines) => [...lines], finds: [] },
  {
    what: 'a signature by one algorithm is gone',
    change: (lines) => drop(lines, (line) => isByEd25519(line) && is(line, 'mail.', 'RRSIG', 'A')),
    finds: ['DNSSEC_SIGNATURE_MISSING'],
    knot: 'good',
    ldns: 'good',
    because: 'ldns and Knot are content with any algorithm',
  },
  {
    what: 'a signature by one algorithm is wrong',
    change: (lines) =>
      edit(
        lines,
        (line) => isByEd25519(line) && is(line, 'mail.', 'RRSIG', 'A'),
        word(SIGNATURE, flip),
      ),
    finds: ['DNSSEC_SIGNATURE_BOGUS'],
    ldns: 'good',
    because: 'ldns is content with any algorithm',
  },
  {
    what: 'all signatures by one algorithm are gone',
    change: (lines) => drop(lines, isByEd25519),
    finds: ['DNSSEC_ALGORITHM_UNUSED'],
  },
];
