/**
 * THE table of DNSSEC algorithms (RFC 8624 §3.1), and public keys and signatures in their wire forms: RSA (RFC 3110,
 * RFC 5702), ECDSA (RFC 6605), EdDSA (RFC 8080). The one place that knows how node:crypto spells them.
 * Must not know: records, zones, files.
 */
import {
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  sign as signOctets,
  verify as verifyOctets,
} from 'node:crypto';

/** How an algorithm's keys and signatures are made; `null` in the table if that is not known here. */
type Family = {
  /** What node:crypto calls the hash; `null` if the algorithm brings its own. */
  readonly hash: string | null;
  /** Of a public key in a DNSKEY; 0 if that depends on the key. */
  readonly keyOctets: number;
  /** Of a signature in an RRSIG; 0 if that depends on the key. */
  readonly signatureOctets: number;
  /** @returns the key's parts, or `null` if the octets are none */
  readonly jwk: (octets: Uint8Array) => JsonWebKey | null;
};

/** A row of the table. */
export type Algorithm = {
  readonly number: number;
  readonly mnemonic: string;
  readonly family: Family | null;
};

const rsa = (hash: string): Family => ({ hash, keyOctets: 0, signatureOctets: 0, jwk: rsaJwk });

const ecdsa = (hash: string, crv: string, octets: number): Family => ({
  hash,
  keyOctets: octets,
  signatureOctets: octets,
  jwk: (key) => ({
    kty: 'EC',
    crv,
    x: base64url(key.subarray(0, octets / 2)),
    y: base64url(key.subarray(octets / 2)),
  }),
});

const eddsa = (crv: string, keyOctets: number, signatureOctets: number): Family => ({
  hash: null,
  keyOctets,
  signatureOctets,
  jwk: (key) => ({ kty: 'OKP', crv, x: base64url(key) }),
});

const ROWS: readonly Algorithm[] = [
  { number: 1, mnemonic: 'RSAMD5', family: null },
  { number: 3, mnemonic: 'DSA', family: null },
  { number: 5, mnemonic: 'RSASHA1', family: rsa('sha1') },
  { number: 6, mnemonic: 'NSEC3DSA', family: null },
  { number: 7, mnemonic: 'NSEC3RSASHA1', family: rsa('sha1') },
  { number: 8, mnemonic: 'RSASHA256', family: rsa('sha256') },
  { number: 10, mnemonic: 'RSASHA512', family: rsa('sha512') },
  { number: 12, mnemonic: 'ECCGOST', family: null },
  { number: 13, mnemonic: 'ECDSAP256SHA256', family: ecdsa('sha256', 'P-256', 64) },
  { number: 14, mnemonic: 'ECDSAP384SHA384', family: ecdsa('sha384', 'P-384', 96) },
  { number: 15, mnemonic: 'ED25519', family: eddsa('Ed25519', 32, 64) },
  { number: 16, mnemonic: 'ED448', family: eddsa('Ed448', 57, 114) },
];

const BY_NUMBER: readonly (Algorithm | undefined)[] = Array.from({ length: 256 }, (_, number) =>
  ROWS.find((row) => row.number === number),
);

/** The row of an algorithm, also of those that are only known by name. */
export function algorithmOf(number: number): Algorithm | undefined {
  return BY_NUMBER[number];
}

/** Whether keys and signatures of the algorithm can be used here. */
export function isSupported(number: number): boolean {
  return algorithmOf(number)?.family != null;
}

/** The mnemonic, or the number where there is none. */
export function algorithmText(number: number): string {
  return algorithmOf(number)?.mnemonic ?? String(number);
}

/**
 * The public key in a DNSKEY's last field.
 * @returns `null` if the algorithm is not supported, or the octets are no key of it
 */
export function publicKey(algorithm: number, octets: Uint8Array): KeyObject | null {
  const family = algorithmOf(algorithm)?.family ?? null;
  if (family === null) return null;
  if (family.keyOctets !== 0 && octets.length !== family.keyOctets) return null;
  const jwk = family.jwk(octets);
  if (jwk === null) return null;
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    // a point that is not on the curve, a modulus of no use
    return null;
  }
}

/**
 * Signs octets. The algorithm must be supported, the private key one of it.
 * @returns the signature as an RRSIG has it, octets of its own
 */
export function sign(algorithm: number, key: KeyObject, octets: Uint8Array): Uint8Array {
  const hash = algorithmOf(algorithm)?.family?.hash ?? null;
  return signOctets(hash, octets, { key, dsaEncoding: 'ieee-p1363' });
}

/** Whether an RRSIG's signature of octets is one by the public key, which must be of the algorithm. */
export function verify(
  algorithm: number,
  key: KeyObject,
  octets: Uint8Array,
  signature: Uint8Array,
): boolean {
  const family = algorithmOf(algorithm)?.family ?? null;
  if (family === null) return false;
  const { hash, signatureOctets } = family;
  if (signatureOctets !== 0 && signature.length !== signatureOctets) return false;
  return verifyOctets(hash, octets, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** As `verify`, in another thread: octets and signature must stay as they are until it has answered. */
export function verifyLater(
  algorithm: number,
  key: KeyObject,
  octets: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const family = algorithmOf(algorithm)?.family ?? null;
  const isWrong =
    family === null ||
    (family.signatureOctets !== 0 && signature.length !== family.signatureOctets);
  if (isWrong) return Promise.resolve(false);
  return new Promise((resolve) => {
    const spelled = { key, dsaEncoding: 'ieee-p1363' } as const;
    verifyOctets(family.hash, octets, spelled, signature, (error, isRight) => {
      resolve(error === null && isRight);
    });
  });
}

/** RFC 3110 §2: the exponent after its length in one octet, or in two behind a zero; then the modulus. */
function rsaJwk(octets: Uint8Array): JsonWebKey | null {
  const isLong = octets[0] === 0;
  const start = isLong ? 3 : 1;
  if (octets.length < start) return null;
  const exponent = isLong ? (octets[1]! << 8) | octets[2]! : octets[0]!;
  const modulusAt = start + exponent;
  if (exponent === 0 || modulusAt >= octets.length) return null;
  return {
    kty: 'RSA',
    e: base64url(octets.subarray(start, modulusAt)),
    n: base64url(octets.subarray(modulusAt)),
  };
}

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64url');
}
