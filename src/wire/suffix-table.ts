/**
 * Which names stand where in a message, so that later ones can point at them (RFC 1035 §4.1.4): a small hash table of
 * suffixes, reused from message to message; a generation number empties it without touching its slots.
 * Must not know: what the names are for.
 */
import { COMPRESSION_TARGETS_MAX, POINTER_TARGET_MAX } from '../base/limits.js';
import { FOLD, type NameView } from './name.js';

const SLOTS = COMPRESSION_TARGETS_MAX * 2;
const SLOT_MASK = SLOTS - 1;

export class SuffixTable {
  /** Suffixes entered. */
  count = 0;
  private octets: Uint8Array = new Uint8Array(0);
  private generation = 0;
  private readonly entrySlot = new Uint16Array(COMPRESSION_TARGETS_MAX);
  private readonly slotGeneration = new Int32Array(SLOTS);
  private readonly slotHash = new Int32Array(SLOTS);
  private readonly slotOffset = new Uint16Array(SLOTS);

  // === hot path

  /** Forgets all names. @param octets the message that names will be in */
  begin(octets: Uint8Array): void {
    this.octets = octets;
    this.count = 0;
    this.generation = (this.generation + 1) | 0;
    if (this.generation === 0) {
      this.slotGeneration.fill(0);
      this.generation = 1;
    }
  }

  /** Offset of the suffix of `name` at `label` if the message has it, else 0. Case does not matter. */
  find(name: NameView, label: number): number {
    const hash = name.hash[label]!;
    let slot = (hash ^ (hash >>> 13)) & SLOT_MASK;
    while (this.slotGeneration[slot]! === this.generation) {
      if (this.slotHash[slot]! === hash && this.sameName(this.slotOffset[slot]!, name, label)) {
        return this.slotOffset[slot]!;
      }
      slot = (slot + 1) & SLOT_MASK;
    }
    return 0;
  }

  /** Enters the suffixes at the first `labels` labels of a name that stands at `start`; they are not there yet. */
  enter(name: NameView, labels: number, start: number): void {
    for (let label = 0; label < labels; label++) {
      const offset = start + name.labelOffset[label]! - name.offset;
      if (offset > POINTER_TARGET_MAX || this.count === COMPRESSION_TARGETS_MAX) return;
      const hash = name.hash[label]!;
      let slot = (hash ^ (hash >>> 13)) & SLOT_MASK;
      while (this.slotGeneration[slot]! === this.generation) slot = (slot + 1) & SLOT_MASK;
      this.slotGeneration[slot] = this.generation;
      this.slotHash[slot] = hash;
      this.slotOffset[slot] = offset;
      this.entrySlot[this.count++] = slot;
    }
  }

  /** Keeps the first `count` suffixes. They leave in reverse order of entry, which keeps every probe sequence whole. */
  keep(count: number): void {
    while (this.count > count) this.slotGeneration[this.entrySlot[--this.count]!] = 0;
  }

  private sameName(offset: number, name: NameView, label: number): boolean {
    const octets = this.octets;
    const other = name.octets;
    let at = offset;
    let from = name.labelOffset[label]!;
    for (;;) {
      // Our own pointers only ever go back, so this ends.
      while (octets[at]! >= 0xc0) at = ((octets[at]! & 0x3f) << 8) | octets[at + 1]!;
      const length = octets[at]!;
      if (length !== other[from]!) return false;
      if (length === 0) return true;
      for (let i = 1; i <= length; i++) {
        if (FOLD[octets[at + i]!]! !== FOLD[other[from + i]!]!) return false;
      }
      at += length + 1;
      from += length + 1;
    }
  }
}
