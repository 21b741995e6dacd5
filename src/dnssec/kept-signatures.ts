/**
 * Signatures that were made before, found by what they sign: a zone that is signed anew keeps those of all RRsets that
 * are as they were, whatever else has changed. Kept in one file for each zone, which can be lost at the price of making
 * its signatures anew; so it is written without waiting for the disk, and a damaged one is as good as none.
 * Must not know: zones, when a signature may be kept.
 *
 *     file:  magic 8 | SHA-256 of the rows, 32 | rows
 *     row:   name of what is signed 16 | inception 4 | expiration 4 | octets of the signature 2 | signature
 */
import { hash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { grown } from '../base/columns.js';
import { equalOctets, readU16, readU32, writeU16, writeU32 } from '../wire/octets.js';

const MAGIC = Buffer.from('HZSIGS01');
const DIGEST_OCTETS = 32;
const ROWS_AT = MAGIC.length + DIGEST_OCTETS;

/** Octets of the hash that names what is signed. */
export const SIGNED_NAME_OCTETS = 16;
const INCEPTION_AT = SIGNED_NAME_OCTETS;
const EXPIRATION_AT = INCEPTION_AT + 4;
const LENGTH_AT = EXPIRATION_AT + 4;
const SIGNATURE_AT = LENGTH_AT + 2;

/** No such row. */
export const NO_SIGNATURE = -1;

/** Signatures in the order of their making, and an index of them. */
export class SignatureRows {
  octets: Uint8Array;
  size: number;
  count = 0;
  private slots: Int32Array;

  constructor(octets: Uint8Array = new Uint8Array(1024), size = 0) {
    this.octets = octets;
    this.size = size;
    this.slots = new Int32Array(64).fill(NO_SIGNATURE);
    for (let row = 0; row < size; row += this.rowOctets(row)) this.index(row);
  }

  /** The row of a signature, or NO_SIGNATURE. @param name SIGNED_NAME_OCTETS at 0 */
  find(name: Uint8Array): number {
    const { slots, octets } = this;
    const mask = slots.length - 1;
    for (let slot = slotOf(name, 0, mask); ; slot = (slot + 1) & mask) {
      const row = slots[slot]!;
      if (row === NO_SIGNATURE) return row;
      if (equalOctets(octets, row, name, 0, SIGNED_NAME_OCTETS)) return row;
    }
  }

  /** Unsigned 32-bit seconds, as in RRSIG. */
  inception(row: number): number {
    return readU32(this.octets, row + INCEPTION_AT);
  }

  expiration(row: number): number {
    return readU32(this.octets, row + EXPIRATION_AT);
  }

  signature(row: number): Uint8Array {
    const start = row + SIGNATURE_AT;
    return this.octets.subarray(start, start + readU16(this.octets, row + LENGTH_AT));
  }

  add(name: Uint8Array, inception: number, expiration: number, signature: Uint8Array): void {
    const row = this.size;
    const end = row + SIGNATURE_AT + signature.length;
    if (end > this.octets.length) {
      this.octets = grown(this.octets, new Uint8Array(Math.max(end, this.octets.length * 2)));
    }
    const { octets } = this;
    for (let i = 0; i < SIGNED_NAME_OCTETS; i++) octets[row + i] = name[i]!;
    writeU32(octets, row + INCEPTION_AT, inception);
    writeU32(octets, row + EXPIRATION_AT, expiration);
    writeU16(octets, row + LENGTH_AT, signature.length);
    octets.set(signature, row + SIGNATURE_AT);
    this.size = end;
    this.index(row);
  }

  private rowOctets(row: number): number {
    return SIGNATURE_AT + readU16(this.octets, row + LENGTH_AT);
  }

  private index(row: number): void {
    if (++this.count * 2 > this.slots.length) {
      this.slots = new Int32Array(this.slots.length * 4).fill(NO_SIGNATURE);
      for (let at = 0; at < row; at += this.rowOctets(at)) this.place(at);
    }
    this.place(row);
  }

  private place(row: number): void {
    const { slots, octets } = this;
    const mask = slots.length - 1;
    let slot = slotOf(octets, row, mask);
    while (slots[slot] !== NO_SIGNATURE) slot = (slot + 1) & mask;
    slots[slot] = row;
  }
}

function slotOf(name: Uint8Array, at: number, mask: number): number {
  return readU32(name, at) & mask;
}

/** What was kept of a zone; nothing if the file is missing or damaged. */
export function readSignatures(path: string): SignatureRows {
  try {
    const file = readFileSync(path);
    const rows = file.subarray(ROWS_AT);
    const digest = hash('sha256', rows, 'hex');
    const isWhole =
      MAGIC.equals(file.subarray(0, MAGIC.length)) &&
      digest === file.toString('hex', MAGIC.length, ROWS_AT);
    if (isWhole) return new SignatureRows(rows, rows.length);
  } catch {
    // then they are made anew
  }
  return new SignatureRows();
}

/**
 * Keeps them, in place of those that were kept before.
 * @throws the system's error
 */
export function writeSignatures(path: string, { octets, size }: SignatureRows): void {
  const rows = octets.subarray(0, size);
  const next = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const head = Buffer.concat([MAGIC, Buffer.from(hash('sha256', rows, 'hex'), 'hex')]);
    writeFileSync(next, Buffer.concat([head, rows]), { mode: 0o600, flag: 'wx' });
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}
