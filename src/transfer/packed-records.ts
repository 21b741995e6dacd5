/**
 * Records packed one behind the other, as changes of zones have them: owner, type, class, TTL, RDLENGTH, RDATA (RFC
 * 1035 §3.2.1), uncompressed. Packs records of an image, and hands packed ones to a message.
 * Must not know: what the records are for.
 */

import type { ZoneImage } from '../index/image.js';
import { RECORD_HEAD_OCTETS } from '../index/image.js';
import { APEX, type NodeId } from '../index/zone-index.js';
import { nameLength } from '../wire/name.js';
import { copyOctets, readU16, viewOfOctets } from '../wire/octets.js';
import type { RecordSource } from './message-writer.js';
import { type RecordWriter, TTL_AS_STORED } from './record-writer.js';

/** Octets of an image's record before its type: the pointer that stands for the owner. */
const POINTER_OCTETS = 2;
const LENGTH_OFFSET = RECORD_HEAD_OCTETS - 2;
const FIRST_OCTETS = 1024;

/** Octets of the image's record at `at`. */
export function recordOctets(octets: Uint8Array, at: number): number {
  return RECORD_HEAD_OCTETS + readU16(octets, at + LENGTH_OFFSET);
}

/** The SOA of an image, packed. */
export function packedSoa(image: ZoneImage): Uint8Array {
  const packer = new RecordPacker();
  packer.add(image, APEX, image.rrsetOffset(image.soa));
  return packer.records();
}

/** Collects records of images. */
export class RecordPacker {
  count = 0;
  /** Of all records. */
  length = 0;
  private octets = new Uint8Array(FIRST_OCTETS);

  /** Adds a node's record that stands at an offset in the image's octets. */
  add(image: ZoneImage, node: NodeId, at: number): void {
    const { octets: from } = image;
    const name = image.nodeName(node);
    const nameOctets = nameLength(from, name);
    const rest = recordOctets(from, at) - POINTER_OCTETS;
    const end = this.length + nameOctets + rest;
    if (end > this.octets.length) {
      const larger = new Uint8Array(Math.max(end, this.octets.length * 2));
      larger.set(this.octets);
      this.octets = larger;
    }
    copyOctets(from, name, this.octets, this.length, nameOctets);
    copyOctets(from, at + POINTER_OCTETS, this.octets, this.length + nameOctets, rest);
    this.length = end;
    this.count++;
  }

  /** The records, in memory of just their size. */
  records(): Uint8Array {
    return this.octets.slice(0, this.length);
  }
}

/** Packed records, given in runs of whole ones, on their way into messages. */
export class PackedRecords implements RecordSource {
  private readonly runs: Iterator<Uint8Array>;
  private run: Uint8Array = new Uint8Array(0);
  private view: DataView = viewOfOctets(this.run);
  private at = 0;

  /** @param runs are taken one by one as messages ask for more; what that throws, `fill` throws */
  constructor(runs: Iterable<Uint8Array>) {
    this.runs = runs[Symbol.iterator]();
  }

  fill(writer: RecordWriter): boolean {
    for (;;) {
      if (!this.writeRun(writer)) return false;
      const next = this.runs.next();
      if (next.done === true) return true;
      this.run = next.value;
      this.view = viewOfOctets(next.value);
      this.at = 0;
    }
  }

  // === hot path

  private writeRun(writer: RecordWriter): boolean {
    const { run, view } = this;
    while (this.at < run.length) {
      writer.setOwner(run, view, this.at);
      // the layout of an image's record, but for its first two octets
      const start = this.at + nameLength(run, this.at) - POINTER_OCTETS;
      if (!writer.writeRecord(run, view, start, TTL_AS_STORED)) return false;
      this.at = start + recordOctets(run, start);
    }
    return true;
  }

  // === end of hot path
}
