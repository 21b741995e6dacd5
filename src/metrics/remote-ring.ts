/**
 * The last clients of one thread, as raw addresses in shared memory: one thread writes, any other reads. Writes nothing
 * until asked to. Must not know: what the clients asked.
 */
import { REMOTES_KEPT } from '../base/limits.js';

// Words
const IS_ON = 0;
/** The entry that is written next. */
const NEXT = 1;
/** Entries written so far, up to all. */
const FILLED = 2;
const WORDS_OCTETS = 16;

/** Octets of an address: IPv4, IPv6. */
export type AddressOctets = 4 | 16;

/** Octets of memory that a ring takes. */
export function ringOctets(addressOctets: AddressOctets): number {
  return WORDS_OCTETS + REMOTES_KEPT * addressOctets;
}

/** Both sides make one over the same memory. */
export class RemoteRing {
  readonly capacity: number = REMOTES_KEPT;
  readonly addressOctets: AddressOctets;
  private readonly words: Int32Array;
  private readonly entries: Uint8Array;

  /** @param offset where `ringOctets` octets of `buffer` belong to the ring; a multiple of 4 */
  constructor(buffer: SharedArrayBuffer, offset: number, addressOctets: AddressOctets) {
    this.addressOctets = addressOctets;
    this.words = new Int32Array(buffer, offset, WORDS_OCTETS / 4);
    this.entries = new Uint8Array(buffer, offset + WORDS_OCTETS, REMOTES_KEPT * addressOctets);
  }

  // === hot path

  isOn(): boolean {
    return this.words[IS_ON]! !== 0;
  }

  /** @param address `addressOctets` octets */
  add(address: Uint8Array): void {
    const { words, entries, addressOctets } = this;
    const next = words[NEXT]!;
    const at = next * addressOctets;
    for (let i = 0; i < addressOctets; i++) entries[at + i] = address[i]!;
    if (words[FILLED]! < REMOTES_KEPT) words[FILLED] = words[FILLED]! + 1;
    Atomics.store(words, NEXT, next + 1 === REMOTES_KEPT ? 0 : next + 1);
  }

  // === end of hot path

  /** Begins to remember clients, or stops. What is remembered stays. */
  turn(on: boolean): void {
    Atomics.store(this.words, IS_ON, on ? 1 : 0);
  }

  /** How many clients are remembered. */
  size(): number {
    return Atomics.load(this.words, FILLED);
  }

  /** Calls `take` with each remembered address, in no order; the octets are valid during the call only. */
  forEach(take: (address: Buffer) => void): void {
    const { words, addressOctets } = this;
    const before = Atomics.load(words, NEXT);
    const copy = Buffer.from(this.entries.slice(0, this.size() * addressOctets).buffer);
    // What is being written may be half of one address and half of another; in a full ring that is the oldest.
    const written = (Atomics.load(words, NEXT) - before + REMOTES_KEPT) % REMOTES_KEPT;
    for (let at = 0; at < copy.length; at += addressOctets) {
      const age = (at / addressOctets - before + REMOTES_KEPT) % REMOTES_KEPT;
      if (age > written) take(copy.subarray(at, at + addressOctets));
    }
  }
}
