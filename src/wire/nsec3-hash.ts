/**
 * Hashed owner names of NSEC3: SHA-1 over the canonical name and a salt, again and again (RFC 5155 §5), and base32hex
 * without padding as their labels have it (RFC 4648 §7). SHA-1 is our own (RFC 3174): node:crypto allocates for each
 * digest, and a query must not. Must not know: zones, records but for the parameters that they share.
 */
import { FOLD } from './name.js';
import { readU16 } from './octets.js';

/** The one hash algorithm there is, RFC 5155 §11. */
export const NSEC3_SHA1 = 1;
/** Octets of a hash. */
export const NSEC3_HASH_OCTETS = 20;
/** Octets of a hash as a label's text. */
export const NSEC3_LABEL_OCTETS = 32;
/** 32-bit words of a hash, the most significant first. */
export const NSEC3_HASH_WORDS = 5;

const BLOCK_OCTETS = 64;
const BLOCK_WORDS = 16;
const SCHEDULE_WORDS = 80;
/** A name, the salt, and the padding with the length. */
const MESSAGE_OCTETS = 9 * BLOCK_OCTETS;
/** Octets that padding takes at least: one set bit and the length in 64 bits. */
const PADDING_OCTETS = 9;
/** RDATA of NSEC3 and NSEC3PARAM: algorithm, flags, iterations, salt length, salt (RFC 5155 §3.2, §4.2). */
const RDATA_ITERATIONS = 2;
const RDATA_SALT_LENGTH = 4;
const ASTERISK = 0x2a;

const DIGITS = Buffer.from('0123456789abcdefghijklmnopqrstuv', 'latin1');
const NO_DIGIT = 0xff;
const VALUES = new Uint8Array(256).fill(NO_DIGIT);
for (let i = 0; i < DIGITS.length; i++) {
  VALUES[DIGITS[i]!] = i;
  VALUES[
    DIGITS.toString('latin1', i, i + 1)
      .toUpperCase()
      .charCodeAt(0)
  ] = i;
}

/** Hashes names under one set of parameters. One per thread or task; it keeps nothing of the caller's. */
export class Nsec3Hasher {
  /** The hash made last, NSEC3_HASH_WORDS signed words. Overwritten by the next. */
  readonly hash: Int32Array = new Int32Array(NSEC3_HASH_WORDS);
  /** Times that the hash is hashed again. */
  private iterations = 0;
  private readonly salt = new Uint8Array(255);
  private saltOctets = 0;
  private readonly message = new Uint8Array(MESSAGE_OCTETS);
  private readonly schedule = new Int32Array(SCHEDULE_WORDS);
  /** The block that is hashed again, but for the hash at its beginning; of use if one block is enough. */
  private readonly again = new Int32Array(BLOCK_WORDS);

  // === hot path

  /**
   * Takes iterations and salt of the RDATA of an NSEC3 or NSEC3PARAM record at `rdata`, which is well-formed. What they
   * were before is forgotten.
   */
  takeParameters(octets: Uint8Array, rdata: number): void {
    const iterations = readU16(octets, rdata + RDATA_ITERATIONS);
    const length = octets[rdata + RDATA_SALT_LENGTH]!;
    if (iterations === this.iterations && this.hasSalt(octets, rdata + RDATA_SALT_LENGTH, length)) {
      return;
    }
    this.iterations = iterations;
    this.saltOctets = length;
    for (let i = 0; i < length; i++) this.salt[i] = octets[rdata + RDATA_SALT_LENGTH + 1 + i]!;
    if (NSEC3_HASH_OCTETS + length + PADDING_OCTETS > BLOCK_OCTETS) return;
    const end = this.pad(this.appendSalt(NSEC3_HASH_OCTETS));
    for (let i = NSEC3_HASH_OCTETS; i < end; i += 4) this.again[i >>> 2] = this.messageWord(i);
  }

  private hasSalt(octets: Uint8Array, lengthAt: number, length: number): boolean {
    if (length !== this.saltOctets) return false;
    for (let i = 0; i < length; i++) if (this.salt[i] !== octets[lengthAt + 1 + i]) return false;
    return true;
  }

  /** Hashes the uncompressed name of `length` octets at `offset`, case folded, into `hash`. */
  hashName(octets: Uint8Array, offset: number, length: number): void {
    this.hashMessage(this.appendName(octets, offset, length, 0));
  }

  /** Hashes the wildcard below a name, which is such that there is room for one. */
  hashWildcard(octets: Uint8Array, offset: number, length: number): void {
    this.message[0] = 1;
    this.message[1] = ASTERISK;
    this.hashMessage(this.appendName(octets, offset, length, 2));
  }

  private appendName(octets: Uint8Array, offset: number, length: number, at: number): number {
    // a length octet is less than any letter, so that all octets may be folded
    for (let i = 0; i < length; i++) this.message[at + i] = FOLD[octets[offset + i]!]!;
    return at + length;
  }

  private appendSalt(at: number): number {
    for (let i = 0; i < this.saltOctets; i++) this.message[at + i] = this.salt[i]!;
    return at + this.saltOctets;
  }

  private hashMessage(nameOctets: number): void {
    this.digest(this.appendSalt(nameOctets));
    if (NSEC3_HASH_OCTETS + this.saltOctets + PADDING_OCTETS <= BLOCK_OCTETS) this.hashAgain();
    else this.hashLongAgain();
  }

  private hashAgain(): void {
    const { hash, schedule, again } = this;
    for (let round = 0; round < this.iterations; round++) {
      for (let i = 0; i < NSEC3_HASH_WORDS; i++) schedule[i] = hash[i]!;
      for (let i = NSEC3_HASH_WORDS; i < BLOCK_WORDS; i++) schedule[i] = again[i]!;
      start(hash);
      compress(hash, schedule);
    }
  }

  private hashLongAgain(): void {
    const { hash, message } = this;
    for (let round = 0; round < this.iterations; round++) {
      for (let i = 0; i < NSEC3_HASH_OCTETS; i++) {
        message[i] = hash[i >>> 2]! >>> (24 - ((i & 3) << 3));
      }
      this.digest(this.appendSalt(NSEC3_HASH_OCTETS));
    }
  }

  /** SHA-1 of the first `length` octets of the message, which has room for the padding. */
  private digest(length: number): void {
    const { hash, schedule } = this;
    const end = this.pad(length);
    start(hash);
    for (let block = 0; block < end; block += BLOCK_OCTETS) {
      for (let i = 0; i < BLOCK_WORDS; i++) schedule[i] = this.messageWord(block + (i << 2));
      compress(hash, schedule);
    }
  }

  /** Completes the message to whole blocks, RFC 3174 §4. @returns its octets */
  private pad(length: number): number {
    const { message } = this;
    const end = (length + PADDING_OCTETS + BLOCK_OCTETS - 1) & -BLOCK_OCTETS;
    message[length] = 0x80;
    for (let i = length + 1; i < end - 2; i++) message[i] = 0;
    // 16 bits are enough for its length in bits
    message[end - 2] = length >>> 5;
    message[end - 1] = length << 3;
    return end;
  }

  private messageWord(at: number): number {
    const { message } = this;
    return (
      (message[at]! << 24) | (message[at + 1]! << 16) | (message[at + 2]! << 8) | message[at + 3]!
    );
  }
}

function start(hash: Int32Array): void {
  hash[0] = 0x67452301;
  hash[1] = 0xefcdab89;
  hash[2] = 0x98badcfe;
  hash[3] = 0x10325476;
  hash[4] = 0xc3d2e1f0;
}

// Constants of the four rounds, RFC 3174 §5, signed
const K0 = 0x5a827999;
const K1 = 0x6ed9eba1;
const K2 = -0x70e44324;
const K3 = -0x359d3e2a;

/**
 * One block of SHA-1, RFC 3174 §6.1; the first 16 words of the schedule are the block. Five steps in a row, after which
 * each variable is itself again: a block takes 0.20 µs (2026-11, Node 20.20, one core of a cloud machine).
 */
function compress(hash: Int32Array, w: Int32Array): void {
  for (let t = 16; t < SCHEDULE_WORDS; t++) {
    const word = w[t - 3]! ^ w[t - 8]! ^ w[t - 14]! ^ w[t - 16]!;
    w[t] = (word << 1) | (word >>> 31);
  }
  let a = hash[0]!;
  let b = hash[1]!;
  let c = hash[2]!;
  let d = hash[3]!;
  let e = hash[4]!;
  let t = 0;
  for (; t < 20; t += 5) {
    e = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + e + K0 + w[t]!) | 0;
    b = (b << 30) | (b >>> 2);
    d = (((e << 5) | (e >>> 27)) + (c ^ (a & (b ^ c))) + d + K0 + w[t + 1]!) | 0;
    a = (a << 30) | (a >>> 2);
    c = (((d << 5) | (d >>> 27)) + (b ^ (e & (a ^ b))) + c + K0 + w[t + 2]!) | 0;
    e = (e << 30) | (e >>> 2);
    b = (((c << 5) | (c >>> 27)) + (a ^ (d & (e ^ a))) + b + K0 + w[t + 3]!) | 0;
    d = (d << 30) | (d >>> 2);
    a = (((b << 5) | (b >>> 27)) + (e ^ (c & (d ^ e))) + a + K0 + w[t + 4]!) | 0;
    c = (c << 30) | (c >>> 2);
  }
  for (; t < 40; t += 5) {
    e = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + K1 + w[t]!) | 0;
    b = (b << 30) | (b >>> 2);
    d = (((e << 5) | (e >>> 27)) + (a ^ b ^ c) + d + K1 + w[t + 1]!) | 0;
    a = (a << 30) | (a >>> 2);
    c = (((d << 5) | (d >>> 27)) + (e ^ a ^ b) + c + K1 + w[t + 2]!) | 0;
    e = (e << 30) | (e >>> 2);
    b = (((c << 5) | (c >>> 27)) + (d ^ e ^ a) + b + K1 + w[t + 3]!) | 0;
    d = (d << 30) | (d >>> 2);
    a = (((b << 5) | (b >>> 27)) + (c ^ d ^ e) + a + K1 + w[t + 4]!) | 0;
    c = (c << 30) | (c >>> 2);
  }
  for (; t < 60; t += 5) {
    e = (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + e + K2 + w[t]!) | 0;
    b = (b << 30) | (b >>> 2);
    d = (((e << 5) | (e >>> 27)) + ((a & b) | (c & (a | b))) + d + K2 + w[t + 1]!) | 0;
    a = (a << 30) | (a >>> 2);
    c = (((d << 5) | (d >>> 27)) + ((e & a) | (b & (e | a))) + c + K2 + w[t + 2]!) | 0;
    e = (e << 30) | (e >>> 2);
    b = (((c << 5) | (c >>> 27)) + ((d & e) | (a & (d | e))) + b + K2 + w[t + 3]!) | 0;
    d = (d << 30) | (d >>> 2);
    a = (((b << 5) | (b >>> 27)) + ((c & d) | (e & (c | d))) + a + K2 + w[t + 4]!) | 0;
    c = (c << 30) | (c >>> 2);
  }
  for (; t < 80; t += 5) {
    e = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + K3 + w[t]!) | 0;
    b = (b << 30) | (b >>> 2);
    d = (((e << 5) | (e >>> 27)) + (a ^ b ^ c) + d + K3 + w[t + 1]!) | 0;
    a = (a << 30) | (a >>> 2);
    c = (((d << 5) | (d >>> 27)) + (e ^ a ^ b) + c + K3 + w[t + 2]!) | 0;
    e = (e << 30) | (e >>> 2);
    b = (((c << 5) | (c >>> 27)) + (d ^ e ^ a) + b + K3 + w[t + 3]!) | 0;
    d = (d << 30) | (d >>> 2);
    a = (((b << 5) | (b >>> 27)) + (c ^ d ^ e) + a + K3 + w[t + 4]!) | 0;
    c = (c << 30) | (c >>> 2);
  }
  hash[0] = hash[0]! + a;
  hash[1] = hash[1]! + b;
  hash[2] = hash[2]! + c;
  hash[3] = hash[3]! + d;
  hash[4] = hash[4]! + e;
}

/** Unsigned order of two hashes: negative, zero or positive. */
export function compareHashes(a: Int32Array, aAt: number, b: Int32Array, bAt: number): number {
  for (let i = 0; i < NSEC3_HASH_WORDS; i++) {
    const x = a[aAt + i]! >>> 0;
    const y = b[bAt + i]! >>> 0;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/**
 * Reads the hash that a label has, whose length octet is at `offset`, into NSEC3_HASH_WORDS words from `at` on.
 * @returns whether the label is one; if not, the words have no meaning
 */
export function readHashLabel(
  octets: Uint8Array,
  offset: number,
  words: Int32Array,
  at: number,
): boolean {
  if (octets[offset]! !== NSEC3_LABEL_OCTETS) return false;
  let word = 0;
  let bits = 0;
  let to = at;
  for (let i = 1; i <= NSEC3_LABEL_OCTETS; i++) {
    const value = VALUES[octets[offset + i]!]!;
    if (value === NO_DIGIT) return false;
    const spare = 32 - bits;
    if (spare > 5) {
      word |= value << (spare - 5);
      bits += 5;
    } else {
      words[to++] = word | (value >>> (5 - spare));
      bits = 5 - spare;
      word = bits === 0 ? 0 : value << (32 - bits);
    }
  }
  return true;
}

/** Writes a hash of NSEC3_HASH_WORDS words from `at` on as a label's text, without the length octet, in lower case. */
export function writeHashText(
  words: Int32Array,
  at: number,
  octets: Uint8Array,
  offset: number,
): void {
  for (let i = 0; i < NSEC3_LABEL_OCTETS; i++) {
    const bit = i * 5;
    const word = at + (bit >>> 5);
    const shift = 27 - (bit & 31);
    const value =
      shift >= 0
        ? words[word]! >>> shift
        : (words[word]! << -shift) | (words[word + 1]! >>> (32 + shift));
    octets[offset + i] = DIGITS[value & 31]!;
  }
}
