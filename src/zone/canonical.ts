/**
 * Canonical order of a zone's owner names (RFC 4034 §6.1), n log n: each name becomes a key whose octets compare as the
 * names do, and keys are sorted by words of four octets. Must not know: RRsets, text.
 */
import { LABEL_COUNT_MAX } from '../base/limits.js';
import { FOLD } from '../wire/name.js';
import { compareOctets } from '../wire/octets.js';
import type { OwnerId } from './name-table.js';
import { OUTSIDE, type Zone } from './zone.js';

/** Groups of names no larger than this are sorted by insertion. */
const INSERTION_MAX = 12;
const WORD_OCTETS = 4;

/** In a key: ends a label, so that a label sorts before those that it begins. */
const LABEL_END = 0;
/** In a key: stands before 0 or 1, which count one more after it. */
const ESCAPE = 1;

/**
 * The owners of a zone in canonical order, empty non-terminals among them, names out of zone not.
 */
export function canonicalOrder(zone: Zone): Int32Array {
  const { count } = zone.names;
  const order = new Int32Array(count);
  let used = 0;
  for (let owner = 0; owner < count; owner++)
    if (zone.parents[owner] !== OUTSIDE) order[used++] = owner;
  const inZone = order.subarray(0, used);
  new KeySort(zone, inZone).sort(0, used, 0);
  return inZone;
}

class KeySort {
  private readonly order: Int32Array;
  private readonly keys: Uint8Array;
  /** Where each owner's key starts; it ends where the next owner's starts. */
  private readonly keyAt: Int32Array;
  /** Pairs of a key's word and an owner, sorted as one 64-bit number each. */
  private readonly pairs: BigUint64Array;
  private readonly halves: Uint32Array;
  private readonly high: number;

  constructor(zone: Zone, order: Int32Array) {
    const { names } = zone;
    this.order = order;
    this.keyAt = new Int32Array(names.count + 1);
    // a label's length octet becomes its end; twice as much is enough if every octet is escaped
    this.keys = new Uint8Array(names.size * 2);
    this.pairs = new BigUint64Array(order.length);
    this.halves = new Uint32Array(this.pairs.buffer);
    this.high = new Uint8Array(new Uint32Array([1]).buffer)[0]!;
    this.fillKeys(zone);
  }

  private fillKeys(zone: Zone): void {
    const { names, apexLabels } = zone;
    const { octets, offsets } = names;
    const labels = new Int32Array(LABEL_COUNT_MAX);
    const { keys, keyAt } = this;
    let to = 0;
    for (let owner = 0; owner < names.count; owner++) {
      keyAt[owner] = to;
      let count = 0;
      for (let at = offsets[owner]!; octets[at]! > 0; at += octets[at]! + 1) labels[count++] = at;
      // all that are in the zone end in its apex
      for (let label = count - apexLabels - 1; label >= 0; label--) {
        const at = labels[label]!;
        for (let i = at + 1; i <= at + octets[at]!; i++) {
          const octet = FOLD[octets[i]!]!;
          if (octet <= ESCAPE) keys[to++] = ESCAPE;
          keys[to++] = octet <= ESCAPE ? octet + 1 : octet;
        }
        keys[to++] = LABEL_END;
      }
    }
    keyAt[names.count] = to;
  }

  /** Sorts `order[start, stop)`, whose keys agree in their first `depth` octets. */
  sort(start: number, stop: number, depth: number): void {
    if (stop - start <= INSERTION_MAX) {
      this.insertionSort(start, stop, depth);
      return;
    }
    const { order, halves, high } = this;
    for (let i = start; i < stop; i++) {
      halves[2 * i + high] = this.word(order[i]!, depth);
      halves[2 * i + 1 - high] = order[i]!;
    }
    this.pairs.subarray(start, stop).sort();
    for (let i = start; i < stop; i++) order[i] = halves[2 * i + 1 - high]!;
    for (let from = start; from < stop; ) {
      const word = halves[2 * from + high]!;
      let to = from + 1;
      while (to < stop && halves[2 * to + high] === word) to++;
      if (to - from > 1) this.sort(from, to, depth + WORD_OCTETS);
      from = to;
    }
  }

  /** Four octets of the owner's key, zeros after its end: no key is the beginning of another and a zero longer. */
  private word(owner: OwnerId, depth: number): number {
    const { keys } = this;
    const end = this.keyAt[owner + 1]!;
    let at = this.keyAt[owner]! + depth;
    let word = 0;
    for (let i = 0; i < WORD_OCTETS; i++, at++) word = (word << 8) | (at < end ? keys[at]! : 0);
    return word;
  }

  private insertionSort(start: number, stop: number, depth: number): void {
    const { order } = this;
    for (let i = start + 1; i < stop; i++) {
      const owner = order[i]!;
      let at = i;
      while (at > start && this.compare(order[at - 1]!, owner, depth) > 0) {
        order[at] = order[at - 1]!;
        at--;
      }
      order[at] = owner;
    }
  }

  private compare(a: OwnerId, b: OwnerId, depth: number): number {
    const { keys, keyAt } = this;
    const aAt = keyAt[a]! + depth;
    const bAt = keyAt[b]! + depth;
    return compareOctets(keys, aAt, keyAt[a + 1]! - aAt, keys, bAt, keyAt[b + 1]! - bAt);
  }
}
