/**
 * Sets of networks of one address family, as sorted ranges of addresses: a look-up is a binary search, however many
 * networks there are. Must not know: what being in a set means.
 */
import { compareOctets } from '../wire/octets.js';

export type AddressPrefix = { readonly octets: Uint8Array; readonly bits: number };

type Range = { readonly first: Uint8Array; readonly last: Uint8Array };

export class PrefixSet {
  /** Octets of an address: 4 or 16. */
  readonly width: number;
  private readonly rangeCount: number;
  /** First and last address of each range, in order. */
  private readonly bounds: Uint8Array;

  /** @param prefixes of any family; those of another are left out, and bits after the prefix do not count. */
  constructor(width: number, prefixes: readonly AddressPrefix[]) {
    const ranges = mergedRanges(prefixes.filter(({ octets }) => octets.length === width));
    this.width = width;
    this.rangeCount = ranges.length;
    this.bounds = new Uint8Array(2 * ranges.length * width);
    for (const [i, { first, last }] of ranges.entries()) {
      this.bounds.set(first, 2 * i * width);
      this.bounds.set(last, (2 * i + 1) * width);
    }
  }

  // === hot path

  /** Whether the address at `octets[offset]` is in one of the networks. */
  has(octets: Uint8Array, offset: number): boolean {
    const { width, bounds } = this;
    let low = 0;
    let high = this.rangeCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = (2 * middle + 1) * width;
      if (compareOctets(bounds, last, width, octets, offset, width) < 0) low = middle + 1;
      else high = middle;
    }
    if (low === this.rangeCount) return false;
    return compareOctets(bounds, 2 * low * width, width, octets, offset, width) <= 0;
  }

  // === end of hot path
}

/** Networks are nested or apart, so in order of their first addresses, larger ones first, one look back is enough. */
function mergedRanges(prefixes: readonly AddressPrefix[]): Range[] {
  const ranges = prefixes.map(rangeOf).sort((a, b) => {
    return order(a.first, b.first) || order(b.last, a.last);
  });
  const merged: Range[] = [];
  for (const range of ranges) {
    const previous = merged.at(-1);
    if (previous === undefined || order(previous.last, range.first) < 0) merged.push(range);
  }
  return merged;
}

/** The network's own address: all bits after the prefix are zero. */
export function firstAddress({ octets, bits }: AddressPrefix): Uint8Array {
  return octets.map((octet, i) => octet & ~hostBits(bits, i));
}

function rangeOf(prefix: AddressPrefix): Range {
  const { octets, bits } = prefix;
  const last = octets.map((octet, i) => octet | hostBits(bits, i));
  return { first: firstAddress(prefix), last };
}

/** Bits of the octet at `index` that are not in the prefix. */
function hostBits(bits: number, index: number): number {
  return 0xff >>> Math.min(8, Math.max(0, bits - 8 * index));
}

function order(a: Uint8Array, b: Uint8Array): number {
  return compareOctets(a, 0, a.length, b, 0, b.length);
}
