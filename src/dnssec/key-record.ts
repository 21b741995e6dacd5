/**
 * DNSKEY RDATA (RFC 4034 §2): its fields, the key tag (appendix B), and the digests of DS records that point at it
 * (RFC 4034 §5.1.4, RFC 4509, RFC 6605). CDNSKEY and CDS are the same (RFC 7344 §3). Must not know: zones, keys of
 * node:crypto.
 */
import { createHash } from 'node:crypto';
import { FOLD, nameLength } from '../wire/name.js';
import { readU16 } from '../wire/octets.js';

/** Where the public key starts in DNSKEY RDATA, after flags, protocol and algorithm. */
export const KEY_AT = 4;
/** Where the digest starts in DS RDATA, after key tag, algorithm and digest type. */
export const DIGEST_AT = 4;

/** RFC 4034 §2.1.1: the key may sign a zone. */
export const KEY_FLAG_ZONE = 0x0100;
/** RFC 5011 §3. */
export const KEY_FLAG_REVOKE = 0x0080;
/** Secure entry point: by custom a key that signs keys. */
export const KEY_FLAG_SEP = 0x0001;
/** RFC 4034 §2.1.2: the only protocol. */
export const KEY_PROTOCOL = 3;

const ALGORITHM_RSAMD5 = 1;

export type KeyFields = {
  readonly flags: number;
  readonly protocol: number;
  readonly algorithm: number;
};

/** The fields before the public key of valid DNSKEY RDATA at `offset`. */
export function keyFields(octets: Uint8Array, offset: number): KeyFields {
  return {
    flags: readU16(octets, offset),
    protocol: octets[offset + 2]!,
    algorithm: octets[offset + 3]!,
  };
}

/** RFC 4034 appendix B: a checksum of DNSKEY RDATA, 0 … 65535. */
export function keyTag(octets: Uint8Array, offset: number, length: number): number {
  // B.1: the middle of the last 24 bits of the modulus
  if (octets[offset + 3] === ALGORITHM_RSAMD5) {
    return length < KEY_AT + 3 ? 0 : readU16(octets, offset + length - 3);
  }
  let sum = 0;
  for (let i = 0; i < length; i++)
    sum += (i & 1) === 0 ? octets[offset + i]! << 8 : octets[offset + i]!;
  sum += (sum >>> 16) & 0xffff;
  return sum & 0xffff;
}

/** By digest type, what node:crypto calls the hash. */
const DIGEST_HASHES: ReadonlyMap<number, string> = new Map([
  [1, 'sha1'],
  [2, 'sha256'],
  [4, 'sha384'],
]);

/**
 * The digest of a key as DS and CDS have it.
 * @param owner octets with the DNSKEY's owner name at `ownerAt`, in any case
 * @returns octets of its own, or `null` if the digest type is not known
 */
export function dsDigest(
  digestType: number,
  owner: Uint8Array,
  ownerAt: number,
  key: Uint8Array,
): Uint8Array | null {
  const hash = DIGEST_HASHES.get(digestType);
  if (hash === undefined) return null;
  const name = owner.slice(ownerAt, ownerAt + nameLength(owner, ownerAt));
  for (let i = 0; i < name.length; i++) name[i] = FOLD[name[i]!]!;
  return createHash(hash).update(name).update(key).digest();
}
