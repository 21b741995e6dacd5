/**
 * Names of numbers inside RDATA: DNSSEC algorithms, digest types, key flags, certificate types. IANA spelling and the
 * older spellings that BIND reads. Must not know: which RR types use them (rrtypes.ts says it).
 */

/** Mnemonic in capitals to value. Where a value has several names the first is the one to print. */
export type Mnemonics = ReadonlyMap<string, number>;

/** RFC 8624 §3.1 and the IANA registry "DNS Security Algorithm Numbers". */
export const ALGORITHMS: Mnemonics = new Map([
  ['RSAMD5', 1],
  ['DH', 2],
  ['DSA', 3],
  ['RSASHA1', 5],
  ['NSEC3DSA', 6],
  ['DSA-NSEC3-SHA1', 6],
  ['NSEC3RSASHA1', 7],
  ['RSASHA1-NSEC3-SHA1', 7],
  ['RSASHA256', 8],
  ['RSASHA512', 10],
  ['ECCGOST', 12],
  ['ECDSAP256SHA256', 13],
  ['ECDSA256', 13],
  ['ECDSAP384SHA384', 14],
  ['ECDSA384', 14],
  ['ED25519', 15],
  ['ED448', 16],
  ['INDIRECT', 252],
  ['PRIVATEDNS', 253],
  ['PRIVATEOID', 254],
]);

/** RFC 4398 §2.1. */
export const CERT_TYPES: Mnemonics = new Map([
  ['PKIX', 1],
  ['SPKI', 2],
  ['PGP', 3],
  ['IPKIX', 4],
  ['ISPKI', 5],
  ['IPGP', 6],
  ['ACPKIX', 7],
  ['IACPKIX', 8],
  ['URI', 253],
  ['OID', 254],
]);

/** IANA registry "DS RR Type Digest Algorithms". */
export const DIGEST_TYPES: Mnemonics = new Map([
  ['SHA-1', 1],
  ['SHA1', 1],
  ['SHA-256', 2],
  ['SHA256', 2],
  ['GOST', 3],
  ['SHA-384', 4],
  ['SHA384', 4],
]);

/** RFC 5155 §11. */
export const NSEC3_HASHES: Mnemonics = new Map([['SHA-1', 1]]);

/** RFC 2535 §3.1.3; DNSKEY has DNSSEC only (RFC 4034 §2.1.2). */
export const KEY_PROTOCOLS: Mnemonics = new Map([
  ['NONE', 0],
  ['TLS', 1],
  ['EMAIL', 2],
  ['DNSSEC', 3],
  ['IPSEC', 4],
  ['ALL', 255],
]);

/** RFC 2535 §7.1, RFC 3757. */
export const KEY_FLAGS: Mnemonics = new Map([
  ['NOCONF', 0x4000],
  ['NOAUTH', 0x8000],
  ['NOKEY', 0xc000],
  ['EXTEND', 0x1000],
  ['USER', 0x0000],
  ['ZONE', 0x0100],
  ['HOST', 0x0200],
  ['NTYP3', 0x0300],
  ['KSK', 0x0001],
]);

/** RFC 9859 §2.1. */
export const DSYNC_SCHEMES: Mnemonics = new Map([['NOTIFY', 1]]);

/** Value of a name in any case; -1 if the table has none. */
export function mnemonicValue(table: Mnemonics, text: string): number {
  return table.get(text.toUpperCase()) ?? -1;
}

/** The name to print for a value: its first in the table, or the number. */
export function mnemonicText(table: Mnemonics, value: number): string {
  for (const [name, code] of table) if (code === value) return name;
  return String(value);
}
