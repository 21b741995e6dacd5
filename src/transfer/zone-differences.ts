/**
 * The differences of an IXFR put onto the version that they start from (RFC 1995 §4). Differences that do not fit it,
 * such as the removal of what is not there, are told: the zone must be had whole then. Must not know: messages, where
 * either version comes from.
 */

import { MESSAGE_OCTETS_MAX } from '../base/limits.js';
import { bufferOf } from '../base/memory.js';
import { type HeldImage, openHeld } from '../index/held-image.js';
import { IMAGE_FORMAT, IMAGE_MAGIC, RECORD_HEAD_OCTETS, type ZoneImage } from '../index/image.js';
import { APEX } from '../index/zone-index.js';
import { emptyRecord, type RecordView } from '../parse/record-sink.js';
import { TYPE_SOA } from '../wire/constants.js';
import { FOLD, nameLength } from '../wire/name.js';
import { nameText } from '../wire/name-text.js';
import { readU16, readU32 } from '../wire/octets.js';
import { typeText } from '../wire/rrtypes.js';
import { canonicalRdata } from '../zone/canonical-rdata.js';

/** A version of a zone in shared memory, which stays as long as somebody has this. */
export type BaseImage = Pick<HeldImage, 'memory' | 'offset'>;

/** A record of its own octets. */
type KeptRecord = {
  readonly owner: Uint8Array;
  readonly ttl: number;
  readonly rdata: Uint8Array;
  readonly type: number;
};

export class ZoneDifferences {
  /** Records that the differences name. */
  count = 0;
  /** Why they fit nothing, as far as that is known. */
  misfit: string | null = null;
  /** By name, type and data: what goes from the version they start from, and what is new in the one they lead to. */
  private readonly removed = new Map<string, KeptRecord>();
  private readonly added = new Map<string, KeptRecord>();
  private readonly owners = new Set<string>();

  take(record: RecordView, isRemoved: boolean): void {
    this.count++;
    const { owner, ownerLength, rdata, rdataLength, type, ttl } = record;
    const place = ownerKey(owner, 0, ownerLength);
    const key = recordKey(place, type, rdata, 0, rdataLength);
    this.owners.add(place);
    if (isRemoved) {
      if (this.added.delete(key)) return;
      if (this.removed.has(key)) this.misfit ??= `${recordText(record)} is removed twice`;
    }
    const kept = {
      type,
      ttl,
      owner: owner.slice(0, ownerLength),
      rdata: rdata.slice(0, rdataLength),
    };
    if (isRemoved) this.removed.set(key, kept);
    else this.added.set(key, kept);
  }

  /**
   * Hands on the records of the new version but its SOA.
   * @returns why the differences do not fit, or null
   */
  apply(base: BaseImage, out: (record: RecordView) => void): string | null {
    if (this.misfit !== null) return this.misfit;
    const words = new Int32Array(bufferOf(base.memory), base.offset, IMAGE_MAGIC + 1);
    if (words[IMAGE_MAGIC] !== IMAGE_FORMAT) return 'there is no one version';
    const image = openHeld(base);
    const record = emptyRecord(new Uint8Array(MESSAGE_OCTETS_MAX));
    const left = new Set(this.removed.keys());
    for (let node = 0; node < image.nodeCount; node++) {
      this.applyNode(image, node, record, left, out);
    }
    for (const key of left) {
      const gone = this.removed.get(key);
      if (gone !== undefined) return `${keptText(gone)} is removed and was not there`;
    }
    for (const kept of this.added.values()) out(viewOf(record, kept));
    return null;
  }

  private applyNode(
    image: ZoneImage,
    node: number,
    record: RecordView,
    left: Set<string>,
    out: (record: RecordView) => void,
  ): void {
    const { octets } = image;
    const nameAt = image.nodeName(node);
    const length = nameLength(octets, nameAt);
    const place = ownerKey(octets, nameAt, length);
    const isTouched = this.owners.has(place);
    record.owner.set(octets.subarray(nameAt, nameAt + length));
    record.ownerLength = length;
    const first = image.nodeRrsetFirst(node);
    const end = first + image.nodeRrsetCount(node);
    for (let rrset = first; rrset < end; rrset++) {
      const type = image.rrsetType(rrset);
      if (node === APEX && type === TYPE_SOA) continue;
      const stop = image.rrsetOffset(rrset) + image.rrsetLength(rrset);
      for (let at = image.rrsetOffset(rrset); at < stop; ) {
        const rdataAt = at + RECORD_HEAD_OCTETS;
        const size = readU16(octets, rdataAt - 2);
        if (isTouched) {
          const key = recordKey(place, type, octets, rdataAt, size);
          left.delete(key);
          at = rdataAt + size;
          // NSD 4.6 adds records of the apex that are there already: the later one counts.
          if (this.removed.has(key) || this.added.has(key)) continue;
        } else at = rdataAt + size;
        record.type = type;
        record.ttl = readU32(octets, rdataAt - 6);
        record.rdata.set(octets.subarray(rdataAt, rdataAt + size));
        record.rdataLength = size;
        out(record);
      }
    }
  }
}

function viewOf(record: RecordView, { owner, type, ttl, rdata }: KeptRecord): RecordView {
  record.owner.set(owner);
  record.ownerLength = owner.length;
  record.type = type;
  record.ttl = ttl;
  record.rdata.set(rdata);
  record.rdataLength = rdata.length;
  return record;
}

function ownerKey(octets: Uint8Array, at: number, length: number): string {
  const key = Buffer.alloc(length);
  for (let i = 0; i < length; i++) key[i] = FOLD[octets[at + i]!]!;
  return key.toString('latin1');
}

/** Records are the same if these are: case does not count, nor does the TTL (RFC 2181 §5). */
function recordKey(
  place: string,
  type: number,
  rdata: Uint8Array,
  at: number,
  length: number,
): string {
  const canonical = canonicalRdata(type, rdata, at, length);
  return `${place}${type} ${Buffer.from(canonical).toString('latin1')}`;
}

function recordText({ owner, type }: RecordView): string {
  return `${nameText(owner, 0)} ${typeText(type)}`;
}

function keptText({ owner, type }: KeptRecord): string {
  return `${nameText(owner, 0)} ${typeText(type)}`;
}
