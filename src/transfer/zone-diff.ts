/**
 * The difference of two versions of a zone as RFC 1995 §4 wants it: records that go and records that come, each side
 * led by its SOA. Names meet through the hash table, RRsets by type, and within an RRset records are compared as a set:
 * type, class, TTL and RDATA, octet by octet. The case of an owner name does not matter, that of names in RDATA does.
 * Must not know: what becomes of the difference, threads.
 */
import { CHANGE_RRSET_RECORDS } from '../base/limits.js';
import { type HeldImage, openHeld } from '../index/held-image.js';
import type { ZoneImage } from '../index/image.js';
import { APEX, NONE, type NodeId, type RrsetId } from '../index/zone-index.js';
import type { ZoneChange } from '../store/zone-change.js';
import { equalOctets } from '../wire/octets.js';
import { RecordPacker, recordOctets } from './packed-records.js';

/** `same`: no record differs. `too-large`: the change has more octets than it may. */
export type ZoneDifference = ZoneChange | 'same' | 'too-large';

/** Octets before what is compared: the pointer that stands for the owner. */
const POINTER_OCTETS = 2;

/** @param octetsMax of packed records, both sides */
export function diffZones(
  former: HeldImage,
  next: HeldImage,
  octetsMax: number = Number.POSITIVE_INFINITY,
): ZoneDifference {
  return new Comparison(openHeld(former), openHeld(next), octetsMax).run();
}

class Comparison {
  private readonly former: ZoneImage;
  private readonly next: ZoneImage;
  private readonly octetsMax: number;
  private readonly removed = new RecordPacker();
  private readonly added = new RecordPacker();

  constructor(former: ZoneImage, next: ZoneImage, octetsMax: number) {
    this.former = former;
    this.next = next;
    this.octetsMax = octetsMax;
  }

  run(): ZoneDifference {
    const { former, next, removed, added } = this;
    removed.add(former, APEX, former.rrsetOffset(former.soa));
    added.add(next, APEX, next.rrsetOffset(next.soa));
    if (!this.compareNodes()) return 'too-large';
    const isSame =
      removed.count === 1 && added.count === 1 && this.isSameRrset(former.soa, next.soa);
    if (isSame) return 'same';
    return {
      fromSerial: former.serial,
      toSerial: next.serial,
      removed: removed.records(),
      added: added.records(),
      removedCount: removed.count,
      addedCount: added.count,
    };
  }

  // === hot path

  /** @returns false if there is more difference than there may be */
  private compareNodes(): boolean {
    const { former, next, removed, added, octetsMax } = this;
    const isMet = new Uint8Array(former.nodeCount);
    // most names stand where they stood, but for those that have come or gone before them
    let shift = 0;
    for (let node = 0; node < next.nodeCount; node++) {
      const match = former.counterpart(next, node, node + shift);
      if (match === NONE) {
        this.addNode(added, next, node);
      } else {
        shift = match - node;
        isMet[match] = 1;
        this.compareNode(match, node);
      }
      if (removed.length + added.length > octetsMax) return false;
    }
    for (let node = 0; node < former.nodeCount; node++) {
      if (isMet[node] === 0) this.addNode(removed, former, node);
      if (removed.length + added.length > octetsMax) return false;
    }
    return true;
  }

  private compareNode(formerNode: NodeId, nextNode: NodeId): void {
    const { former, next, removed, added } = this;
    let formerRrset = former.nodeRrsetFirst(formerNode);
    let nextRrset = next.nodeRrsetFirst(nextNode);
    const formerEnd = formerRrset + former.nodeRrsetCount(formerNode);
    const nextEnd = nextRrset + next.nodeRrsetCount(nextNode);
    while (formerRrset < formerEnd || nextRrset < nextEnd) {
      const formerType = formerRrset < formerEnd ? former.rrsetType(formerRrset) : 0x10000;
      const nextType = nextRrset < nextEnd ? next.rrsetType(nextRrset) : 0x10000;
      if (formerType < nextType) {
        this.addRrset(removed, former, formerNode, formerRrset++);
      } else if (nextType < formerType) {
        this.addRrset(added, next, nextNode, nextRrset++);
      } else {
        if (!this.isSameRrset(formerRrset, nextRrset) && nextRrset !== next.soa) {
          this.addMissing(removed, former, formerNode, formerRrset, next, nextRrset);
          this.addMissing(added, next, nextNode, nextRrset, former, formerRrset);
        }
        formerRrset++;
        nextRrset++;
      }
    }
  }

  private isSameRrset(formerRrset: RrsetId, nextRrset: RrsetId): boolean {
    const { former, next } = this;
    const length = next.rrsetLength(nextRrset);
    return (
      former.rrsetLength(formerRrset) === length &&
      equalOctets(
        former.octets,
        former.rrsetOffset(formerRrset),
        next.octets,
        next.rrsetOffset(nextRrset),
        length,
      )
    );
  }

  private addNode(to: RecordPacker, image: ZoneImage, node: NodeId): void {
    const first = image.nodeRrsetFirst(node);
    const end = first + image.nodeRrsetCount(node);
    for (let rrset = first; rrset < end; rrset++) this.addRrset(to, image, node, rrset);
  }

  private addRrset(to: RecordPacker, image: ZoneImage, node: NodeId, rrset: RrsetId): void {
    const end = image.rrsetOffset(rrset) + image.rrsetLength(rrset);
    for (let at = image.rrsetOffset(rrset); at < end; at += recordOctets(image.octets, at)) {
      to.add(image, node, at);
    }
  }

  // === end of hot path

  /** Adds the records of an RRset that another does not have. */
  private addMissing(
    to: RecordPacker,
    image: ZoneImage,
    node: NodeId,
    rrset: RrsetId,
    other: ZoneImage,
    otherRrset: RrsetId,
  ): void {
    const { octets } = image;
    const end = image.rrsetOffset(rrset) + image.rrsetLength(rrset);
    const isMany = other.rrsetCount(otherRrset) > CHANGE_RRSET_RECORDS;
    const known = isMany ? recordKeys(other, otherRrset) : null;
    for (let at = image.rrsetOffset(rrset); at < end; at += recordOctets(octets, at)) {
      const isKnown = known?.has(recordKey(octets, at)) ?? hasRecord(other, otherRrset, octets, at);
      if (!isKnown) to.add(image, node, at);
    }
  }
}

function hasRecord(image: ZoneImage, rrset: RrsetId, record: Uint8Array, at: number): boolean {
  const { octets } = image;
  const length = recordOctets(record, at);
  const end = image.rrsetOffset(rrset) + image.rrsetLength(rrset);
  for (let own = image.rrsetOffset(rrset); own < end; own += recordOctets(octets, own)) {
    // unlike lengths differ in RDLENGTH, before one could be read beyond the other
    if (equalOctets(octets, own, record, at, length)) return true;
  }
  return false;
}

function recordKeys(image: ZoneImage, rrset: RrsetId): Set<string> {
  const keys = new Set<string>();
  const end = image.rrsetOffset(rrset) + image.rrsetLength(rrset);
  for (let at = image.rrsetOffset(rrset); at < end; at += recordOctets(image.octets, at)) {
    keys.add(recordKey(image.octets, at));
  }
  return keys;
}

function recordKey(octets: Uint8Array, at: number): string {
  // the decoders of node:buffer do not take shared memory, a copy of it they do
  return Buffer.from(octets.slice(at + POINTER_OCTETS, at + recordOctets(octets, at))).toString(
    'latin1',
  );
}
