/**
 * The `dnssec-policy` blocks of named.conf, in BIND's grammar: keys, lifetimes, NSEC3, and the times that signing and
 * rollovers go by (RFC 6781, RFC 7583). `zonemd` is hotzone's own. Must not know: zones, which policy is whose.
 */
import { NSEC3_ITERATIONS_ADVISED } from '../base/limits.js';
import { ALGORITHMS, DIGEST_TYPES, mnemonicValue } from '../wire/mnemonics.js';
import { valueRow } from './named-choices.js';
import { BOOLEANS, Cursor, readChoice, readNumber } from './named-cursor.js';
import { readDuration, readLifetime } from './named-duration.js';
import { quoted, type Spot } from './named-report.js';
import type { AnyScope, Rows, StatementRow } from './named-scope.js';
import type { Word } from './named-tree.js';
import {
  BUILT_IN_POLICIES,
  DEFAULT_POLICY,
  DEFAULT_RSA_BITS,
  type KeyRole,
  type KeySpec,
  NO_POLICY,
  type Nsec3Spec,
  type SigningPolicy,
} from './signing-policy.js';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
export type PolicyDraft = Mutable<SigningPolicy>;

const ROLES = { csk: 'csk', ksk: 'ksk', zsk: 'zsk' } as const;
/** Algorithms that keys can be made for, RFC 8624 §3.1. */
const SIGNING_ALGORITHMS: ReadonlySet<number> = new Set([5, 7, 8, 10, 13, 14, 15, 16]);
const RSA_ALGORITHMS: ReadonlySet<number> = new Set([5, 7, 8, 10]);
const RSA_BITS_MIN = 1024;
const RSA_BITS_MAX = 4096;
const SALT_OCTETS_MAX = 32;
const ZONEMD_HASHES = { sha384: 'sha384', sha512: 'sha512', none: 'none' } as const;

type DurationField =
  | 'signaturesValidity'
  | 'signaturesValidityDnskey'
  | 'signaturesRefresh'
  | 'signaturesJitter'
  | 'dnskeyTtl'
  | 'publishSafety'
  | 'retireSafety'
  | 'zonePropagationDelay'
  | 'maxZoneTtl'
  | 'parentDsTtl'
  | 'parentPropagationDelay';

function duration(field: DurationField): StatementRow<PolicyDraft> {
  return valueRow(readDuration, (to: PolicyDraft, value) => {
    to[field] = value;
  });
}

/** Every statement of a policy that is honoured; the others of BIND are rows of named-ignored.ts. */
export const POLICY_ROWS: Rows<PolicyDraft> = {
  keys: { read: readKeys },
  nsec3param: { read: readNsec3Param },
  'signatures-validity': duration('signaturesValidity'),
  'signatures-validity-dnskey': duration('signaturesValidityDnskey'),
  'signatures-refresh': duration('signaturesRefresh'),
  'signatures-jitter': duration('signaturesJitter'),
  'dnskey-ttl': duration('dnskeyTtl'),
  'publish-safety': duration('publishSafety'),
  'retire-safety': duration('retireSafety'),
  'purge-keys': valueRow(readDuration, (to: PolicyDraft, value) => {
    to.purgeKeys = value === 0 ? null : value;
  }),
  'zone-propagation-delay': duration('zonePropagationDelay'),
  'max-zone-ttl': duration('maxZoneTtl'),
  'parent-ds-ttl': duration('parentDsTtl'),
  'parent-propagation-delay': duration('parentPropagationDelay'),
  'cds-digest-types': { read: readDigestTypes },
  cdnskey: valueRow(
    (cursor) => readChoice<'yes' | 'no'>(cursor, BOOLEANS),
    (to: PolicyDraft, value) => {
      to.cdnskey = value === 'yes';
    },
  ),
  zonemd: valueRow(
    (cursor) => readChoice<keyof typeof ZONEMD_HASHES>(cursor, ZONEMD_HASHES),
    (to: PolicyDraft, value) => {
      to.zonemd = value === 'none' ? null : value === 'sha384' ? 1 : 2;
    },
  ),
};

/** Policies by name, those that need no definition among them. */
export class PolicyTable {
  private readonly defined = new Map<
    string,
    { readonly policy: SigningPolicy; readonly spot: Spot }
  >();

  /** `null`: there is none of this name. */
  find(name: string): SigningPolicy | null {
    return this.defined.get(name)?.policy ?? BUILT_IN_POLICIES.get(name) ?? null;
  }

  list(): SigningPolicy[] {
    return [...this.defined.values()].map(({ policy }) => policy);
  }

  /** `dnssec-policy NAME { … }` */
  read(cursor: Cursor, scope: AnyScope): boolean {
    const name = cursor.word('the name of a policy');
    const block = name === null ? null : cursor.block();
    if (name === null || block === null) return false;
    const draft: PolicyDraft = { ...DEFAULT_POLICY, name: name.text };
    scope.inner('dnssec-policy', POLICY_ROWS, draft).read(block.statements);
    if (name.text === NO_POLICY || BUILT_IN_POLICIES.has(name.text)) {
      cursor.fault('CONFIG_REPEATED', name, `the policy ${quoted(name.text)} is built in`);
    } else if (this.defined.has(name.text)) {
      cursor.fault('CONFIG_REPEATED', name, `the policy ${quoted(name.text)} is already defined`);
    } else {
      this.check(cursor, name, draft);
      this.defined.set(name.text, { policy: draft, spot: cursor.spot(name) });
    }
    return true;
  }

  private check(cursor: Cursor, name: Word, policy: PolicyDraft): void {
    const { signaturesRefresh, signaturesValidity, signaturesValidityDnskey, signaturesJitter } =
      policy;
    const validity = Math.min(signaturesValidity, signaturesValidityDnskey);
    // BIND's bound: else signatures would be made again and again
    if (signaturesRefresh > validity * 0.9) {
      const text = 'signatures-refresh is more than 90 % of signatures-validity';
      cursor.fault('CONFIG_POLICY', name, text);
      policy.signaturesRefresh = Math.floor(validity / 2);
    }
    if (signaturesJitter > signaturesValidity - policy.signaturesRefresh) {
      const text = 'signatures-jitter is more than signatures-validity less signatures-refresh';
      cursor.fault('CONFIG_POLICY', name, text);
      policy.signaturesJitter = 0;
    }
    const roles = new Set(policy.keys.map(({ role }) => role));
    if (!roles.has('csk') && roles.has('ksk') !== roles.has('zsk')) {
      cursor.fault('CONFIG_POLICY', name, 'ksk and zsk need each other; one key for both is csk');
    }
  }
}

/** `{ role [ key-directory ] lifetime D algorithm A [ bits ]; … }` */
function readKeys(cursor: Cursor, policy: PolicyDraft): boolean {
  const block = cursor.block();
  if (block === null) return false;
  const keys: KeySpec[] = [];
  for (const statement of block.statements) {
    const key = readKey(new Cursor(statement, cursor.report, 0));
    if (key !== null) keys.push(key);
  }
  policy.keys = keys;
  return true;
}

function readKey(cursor: Cursor): KeySpec | null {
  const role = readChoice<KeyRole>(cursor, ROLES);
  if (role === null) return null;
  cursor.takeWord('key-directory');
  if (!cursor.takeWord('lifetime')) return cursor.expected("'lifetime'");
  const lifetime = readLifetime(cursor);
  if (lifetime === null) return null;
  if (!cursor.takeWord('algorithm')) return cursor.expected("'algorithm'");
  const word = cursor.word('an algorithm');
  if (word === null) return null;
  const algorithm = /^\d+$/.test(word.text)
    ? Number(word.text)
    : mnemonicValue(ALGORITHMS, word.text);
  if (!SIGNING_ALGORITHMS.has(algorithm)) {
    return cursor.fault('CONFIG_VALUE', word, `${quoted(word.text)} is no algorithm to sign with`);
  }
  let bits = DEFAULT_RSA_BITS;
  if (cursor.peek() !== undefined) {
    const at = cursor.peek();
    const given = readNumber(cursor);
    if (given === null || at === undefined) return null;
    const isRsa = RSA_ALGORITHMS.has(algorithm);
    if (isRsa && (given < RSA_BITS_MIN || given > RSA_BITS_MAX)) {
      const text = `an RSA key has ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bits`;
      return cursor.fault('CONFIG_VALUE', at, text);
    }
    if (isRsa) bits = given;
  }
  return { role, algorithm, bits, lifetime: lifetime === 'none' ? null : lifetime };
}

/** `[ iterations N ] [ optout B ] [ salt-length N ]` */
function readNsec3Param(cursor: Cursor, policy: PolicyDraft): boolean {
  const spec: Mutable<Nsec3Spec> = { iterations: 0, optOut: false, saltOctets: 0 };
  while (cursor.peek() !== undefined) {
    if (cursor.takeWord('iterations')) {
      const value = readNumber(cursor, NSEC3_ITERATIONS_ADVISED);
      if (value === null) return false;
      spec.iterations = value;
    } else if (cursor.takeWord('optout')) {
      const value = readChoice<'yes' | 'no'>(cursor, BOOLEANS);
      if (value === null) return false;
      spec.optOut = value === 'yes';
    } else if (cursor.takeWord('salt-length')) {
      const value = readNumber(cursor, SALT_OCTETS_MAX);
      if (value === null) return false;
      spec.saltOctets = value;
    } else break;
  }
  policy.nsec3 = spec;
  return true;
}

/** `{ sha-256; 4; … }` */
function readDigestTypes(cursor: Cursor, policy: PolicyDraft): boolean {
  const block = cursor.block();
  if (block === null) return false;
  const types: number[] = [];
  for (const statement of block.statements) {
    const inner = new Cursor(statement, cursor.report, 0);
    const word = inner.word('a digest type');
    if (word === null) continue;
    const type = /^\d+$/.test(word.text)
      ? Number(word.text)
      : mnemonicValue(DIGEST_TYPES, word.text);
    // RFC 8624 §3.3: a CDS with SHA-1 must not be made
    if (type === 2 || type === 4) types.push(type);
    else inner.fault('CONFIG_VALUE', word, `${quoted(word.text)} is none of SHA-256, SHA-384`);
  }
  policy.cdsDigests = types;
  return true;
}
