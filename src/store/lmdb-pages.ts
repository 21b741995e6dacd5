/**
 * The pages of a file of LMDB, read one by one and never mapped, and which of them are in use.
 *
 * A server may be writing to the file. LMDB does not change a page of the newest two states of the file: what
 * transaction n gives up is written again by n + 2 at the earliest. So what is read counts if at most one transaction
 * has ended since the meta pages were read, which is looked at after each page. No lock is taken: who reads cannot hold
 * up a server, nor leave anything behind.
 *
 * Must not know: trees, tables, values.
 */
import { fstatSync, readSync } from 'node:fs';
import { viewOfOctets } from '../wire/octets.js';
import {
  checkMeta,
  Damage,
  HEADER,
  META_OCTETS,
  META_TRANSACTION,
  type Meta,
  NO_TREE,
  newestMeta,
  PAGE_OCTETS_MIN,
  PAGE_OVERFLOW,
} from './lmdb-form.js';

export class LmdbPages {
  octets = 0;
  pageOctets = PAGE_OCTETS_MIN;
  usedPages = 0;
  meta: Meta = { free: NO_TREE, main: NO_TREE, lastPage: 0, transaction: 0n };
  /** Whether more than one state was read: what one uses another may have given up. */
  hasMoved = false;
  private readonly fd: number;
  private readonly isShared: boolean;
  private filePages = 0;
  /** A bit for each page of the file that something uses or that is free. */
  private seen = new Uint8Array(0);
  private freePastEnd = 0;
  private readonly word = Buffer.alloc(8);

  /** @param isShared whether somebody may write to the file meanwhile */
  constructor(fd: number, isShared: boolean) {
    this.fd = fd;
    this.isShared = isShared;
    this.octets = fstatSync(fd).size;
  }

  /** Finds the newest state. @throws Damage, also if it is changing this moment */
  begin(): void {
    this.octets = fstatSync(this.fd).size;
    const first = this.read(0, META_OCTETS);
    this.pageOctets = checkMeta(first, 0, 0);
    this.filePages = Math.floor(this.octets / this.pageOctets);
    const second = this.read(this.pageOctets, META_OCTETS);
    if (checkMeta(second, 1, this.pageOctets) !== this.pageOctets) {
      throw new Damage('the meta pages differ', this.pageOctets);
    }
    this.meta = newestMeta(first, second, this.pageOctets);
    if (this.hasMoved) return;
    this.seen = new Uint8Array((this.filePages >> 3) + 1);
    this.use(0, 2);
  }

  /** Whether pages of the state that is read may have been written to. */
  isOver(): boolean {
    if (!this.isShared) return false;
    const counted = this.meta.transaction + 1n;
    return this.transactionAt(0) > counted || this.transactionAt(this.pageOctets) > counted;
  }

  /** @throws Damage if it is not whole, or not of the state that is read */
  page(number: number): DataView {
    this.use(number, 1);
    const at = number * this.pageOctets;
    const view = viewOfOctets(this.read(at, this.pageOctets));
    this.assertStill(at);
    const isOurs = view.getBigUint64(0, true) === BigInt(number);
    if (!isOurs || view.getBigUint64(8, true) > this.meta.transaction) {
      throw new Damage(`page ${number} is not what it should be`, at);
    }
    return view;
  }

  /** A value of `size` octets that has pages of its own. @throws as `page` */
  large(number: number, pages: number, size: number): Uint8Array {
    const at = number * this.pageOctets;
    const first = viewOfOctets(this.read(at, HEADER));
    const isHead =
      first.getBigUint64(0, true) === BigInt(number) &&
      first.getUint16(18, true) === PAGE_OVERFLOW &&
      first.getUint32(20, true) === pages;
    if (!isHead || pages === 0 || HEADER + size > pages * this.pageOctets) {
      throw new Damage(`page ${number} does not begin a large value`, at);
    }
    this.use(number, pages);
    const value = this.read(at + HEADER, size);
    this.assertStill(at);
    return value;
  }

  /** Notes a run of free pages. @param at what says so */
  free(start: bigint, length: bigint, at: number): void {
    if (start < 2n || start + length - 1n > BigInt(this.meta.lastPage)) {
      throw new Damage('a page is free that is outside of the file', at);
    }
    const end = Number(start + length);
    const inFile = Math.max(Number(start), Math.min(end, this.filePages));
    this.mark(Number(start), inFile);
    this.freePastEnd += end - inFile;
  }

  /** After all is read: LMDB does not write the free pages at the end, but all others. @throws Damage */
  assertLength(): void {
    const missing = Math.max(0, this.meta.lastPage + 1 - this.filePages);
    if (this.freePastEnd !== missing) throw new Damage('the file is cut short', this.octets);
  }

  private use(number: number, pages: number): void {
    if (number + pages - 1 > this.meta.lastPage || number + pages > this.filePages) {
      throw new Damage('the file is cut short', this.octets);
    }
    this.mark(number, number + pages);
    this.usedPages += pages;
  }

  /** No page serves two purposes. */
  private mark(start: number, end: number): void {
    if (this.hasMoved) return;
    for (let number = start; number < end; number++) {
      const bit = 1 << (number & 7);
      if ((this.seen[number >> 3]! & bit) !== 0) {
        throw new Damage(`page ${number} is used twice`, number * this.pageOctets);
      }
      this.seen[number >> 3]! |= bit;
    }
  }

  private assertStill(at: number): void {
    if (this.isOver()) throw new Damage('the file has changed while it was read', at);
  }

  private transactionAt(metaAt: number): bigint {
    readSync(this.fd, this.word, 0, 8, metaAt + META_TRANSACTION);
    return this.word.readBigUInt64LE();
  }

  private read(at: number, length: number): Uint8Array {
    if (at + length > this.octets) throw new Damage('the file is cut short', this.octets);
    const octets = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) {
      const got = readSync(this.fd, octets, done, length - done, at + done);
      if (got === 0) throw new Damage('the file is cut short', at + done);
      done += got;
    }
    return octets;
  }
}
