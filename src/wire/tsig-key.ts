/**
 * Keys of signed messages and the algorithms they are for, RFC 8945 §6. Truncated forms, §5.2.2.1: a key says how many
 * octets of its digest are sent, and that many are demanded. Three algorithms of the registry are such forms under
 * names of their own. Must not know: messages, where keys come from.
 */
import { TSIG_MAC_OCTETS_MIN } from '../base/limits.js';
import { equalNames, FOLD } from './name.js';
import { nameFromText } from './name-text.js';

type AlgorithmRow = {
  /** Name in a TSIG record. */
  readonly wire: Uint8Array;
  /** What node:crypto calls it. */
  readonly hash: string;
  readonly digestOctets: number;
};

/** Every algorithm, under the name that people use. */
const ALGORITHMS = {
  'hmac-md5': row('hmac-md5.sig-alg.reg.int', 'md5', 16),
  'hmac-sha1': row('hmac-sha1', 'sha1', 20),
  'hmac-sha224': row('hmac-sha224', 'sha224', 28),
  'hmac-sha256': row('hmac-sha256', 'sha256', 32),
  'hmac-sha256-128': row('hmac-sha256-128', 'sha256', 16),
  'hmac-sha384': row('hmac-sha384', 'sha384', 48),
  'hmac-sha384-192': row('hmac-sha384-192', 'sha384', 24),
  'hmac-sha512': row('hmac-sha512', 'sha512', 64),
  'hmac-sha512-256': row('hmac-sha512-256', 'sha512', 32),
} as const satisfies Readonly<Record<string, AlgorithmRow>>;

export type TsigAlgorithm = keyof typeof ALGORITHMS;

/** A key. Plain values, so it may cross a thread border. */
export type TsigKey = {
  /** Uncompressed, lower case. */
  readonly name: Uint8Array;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Uint8Array;
  /** Octets of a MAC: so many are sent, and no fewer accepted. From `macOctetsMin` to `digestOctets`. */
  readonly macOctets: number;
};

function row(name: string, hash: string, digestOctets: number): AlgorithmRow {
  return { wire: nameFromText(name) ?? new Uint8Array(1), hash, digestOctets };
}

/** The algorithm's name in a TSIG record, uncompressed. */
export function algorithmName(algorithm: TsigAlgorithm): Uint8Array {
  return ALGORITHMS[algorithm].wire;
}

/** What node:crypto calls the algorithm's hash. */
export function hashOf(algorithm: TsigAlgorithm): string {
  return ALGORITHMS[algorithm].hash;
}

/** Octets of a MAC that is not cut. */
export function digestOctets(algorithm: TsigAlgorithm): number {
  return ALGORITHMS[algorithm].digestOctets;
}

/** Octets that are left of a MAC at least, RFC 8945 §5.2.2.1. */
export function macOctetsMin(algorithm: TsigAlgorithm): number {
  return Math.max(TSIG_MAC_OCTETS_MIN, digestOctets(algorithm) / 2);
}

/** The algorithm of this name in any case, `null` if there is none. */
export function tsigAlgorithm(text: string): TsigAlgorithm | null {
  const lower = text.toLowerCase();
  return Object.hasOwn(ALGORITHMS, lower) ? (lower as TsigAlgorithm) : null;
}

/** A copy of the uncompressed name in lower case, RFC 4034 §6.2. */
export function foldedName(name: Uint8Array): Uint8Array {
  return name.map((octet) => FOLD[octet]!);
}

/** Whether two uncompressed names are the same, case folded. */
export function sameName(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalNames(a, 0, b, 0, a.length);
}

/** Keys by name. Several may share a name if their algorithms differ; of two that are alike the first counts. */
export class TsigKeyring {
  private readonly keys = new Map<string, TsigKey[]>();

  constructor(keys: Iterable<TsigKey>) {
    for (const key of keys) {
      const text = textOf(key.name);
      const known = this.keys.get(text);
      if (known === undefined) this.keys.set(text, [key]);
      else if (!known.some(({ algorithm }) => algorithm === key.algorithm)) known.push(key);
    }
  }

  /** The key that a TSIG record names; both names are uncompressed, in any case. */
  find(name: Uint8Array, algorithm: Uint8Array): TsigKey | null {
    const keys = this.keys.get(textOf(name)) ?? [];
    return keys.find((key) => sameName(algorithmName(key.algorithm), algorithm)) ?? null;
  }

  /** The first key of this name, to sign requests with. */
  named(name: Uint8Array): TsigKey | null {
    return this.keys.get(textOf(name))?.[0] ?? null;
  }
}

function textOf(name: Uint8Array): string {
  return Buffer.from(foldedName(name)).toString('latin1');
}
