/**
 * All records of one version of a zone as AXFR has them, RFC 5936 §2.2 and §3: the SOA, every other record once, glue
 * and occluded names included, and the SOA again. Records go in the order of the image, those of an owner together.
 * Must not know: messages but for the writer that takes records, who asks.
 */
import { countedTtl } from '../engine/count-down.js';
import { type HeldImage, openHeld } from '../index/held-image.js';
import type { ZoneImage } from '../index/image.js';
import { RECORD_HEAD_OCTETS } from '../index/image.js';
import {
  APEX,
  ENDING_LOWEST,
  ENDING_NONE,
  type NodeId,
  type RrsetId,
} from '../index/zone-index.js';
import { readU16, readU32, viewOfOctets } from '../wire/octets.js';
import type { RecordSource } from './message-writer.js';
import { type RecordWriter, TTL_AS_STORED } from './record-writer.js';

const AT_FIRST_SOA = 0;
const AT_NODES = 1;
const AT_LAST_SOA = 2;

const TTL_OFFSET = 6;
const LENGTH_OFFSET = 10;

export class ZoneRecords implements RecordSource {
  private readonly image: ZoneImage;
  private readonly view: DataView;
  private readonly nowSeconds: number;
  private stage = AT_FIRST_SOA;
  /** What comes next: a node, its RRset, and the record there, up to the RRset's end. */
  private node: NodeId = APEX;
  private rrset: RrsetId = 0;
  private rrsetEnd: RrsetId = 0;
  private at = 0;
  private end = 0;
  /** Of the whole RRset, or TTL_AS_STORED. */
  private ttl = TTL_AS_STORED;

  /** @param nowSeconds Unix time from which TTLs of records that end are counted */
  constructor(held: HeldImage, nowSeconds: number) {
    this.image = openHeld(held);
    this.view = viewOfOctets(this.image.octets);
    this.nowSeconds = nowSeconds;
    this.enterNode(APEX);
  }

  // === hot path

  fill(writer: RecordWriter): boolean {
    if (this.stage === AT_FIRST_SOA) {
      if (!this.writeSoa(writer)) return false;
      this.stage = AT_NODES;
    }
    if (this.stage === AT_NODES) {
      if (!this.writeNodes(writer)) return false;
      this.stage = AT_LAST_SOA;
    }
    return this.writeSoa(writer);
  }

  private writeNodes(writer: RecordWriter): boolean {
    const { view } = this;
    const { octets } = this.image;
    writer.setOwner(octets, view, this.image.nodeName(this.node));
    for (;;) {
      while (this.at < this.end) {
        const { at } = this;
        if (!writer.writeRecord(octets, view, at, this.recordTtl(at))) return false;
        this.at = at + RECORD_HEAD_OCTETS + view.getUint16(at + LENGTH_OFFSET);
      }
      this.rrset++;
      if (this.rrset < this.rrsetEnd) {
        this.enterRrset();
      } else {
        if (this.node + 1 >= this.image.nodeCount) return true;
        this.enterNode(this.node + 1);
        writer.setOwner(octets, view, this.image.nodeName(this.node));
      }
    }
  }

  private enterNode(node: NodeId): void {
    const { image } = this;
    this.node = node;
    this.rrset = image.nodeRrsetFirst(node);
    this.rrsetEnd = this.rrset + image.nodeRrsetCount(node);
    this.at = this.end;
    if (this.rrset < this.rrsetEnd) this.enterRrset();
  }

  private enterRrset(): void {
    const { image, rrset } = this;
    this.at = image.rrsetOffset(rrset);
    this.end = this.at + image.rrsetLength(rrset);
    // the SOA goes first and last
    if (rrset === image.soa) this.at = this.end;
    else if (image.ending === ENDING_LOWEST) this.ttl = this.lowestTtl();
  }

  private recordTtl(at: number): number {
    const { image } = this;
    if (image.ending === ENDING_NONE || image.ending === ENDING_LOWEST) return this.ttl;
    return countedTtl(readU32(image.octets, at + TTL_OFFSET), image.baseSeconds, this.nowSeconds);
  }

  /** Of the RRset that has been entered, RFC 2181 §5.2. */
  private lowestTtl(): number {
    const { octets, baseSeconds } = this.image;
    let lowest = 0xffff_ffff;
    for (let at = this.at; at < this.end; ) {
      const ttl = countedTtl(readU32(octets, at + TTL_OFFSET), baseSeconds, this.nowSeconds);
      if (ttl < lowest) lowest = ttl;
      at += RECORD_HEAD_OCTETS + readU16(octets, at + LENGTH_OFFSET);
    }
    return lowest;
  }

  private writeSoa(writer: RecordWriter): boolean {
    const { image } = this;
    const { octets } = image;
    const at = image.rrsetOffset(image.soa);
    const ttl =
      image.ending === ENDING_NONE
        ? TTL_AS_STORED
        : countedTtl(readU32(octets, at + TTL_OFFSET), image.baseSeconds, this.nowSeconds);
    writer.setOwner(octets, this.view, image.nodeName(APEX));
    return writer.writeRecord(octets, this.view, at, ttl);
  }

  // === end of hot path
}
