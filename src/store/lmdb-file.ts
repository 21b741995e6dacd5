/**
 * Reads a file of LMDB page by page and tells whether it is whole: meta pages, every tree, the list of free pages, and
 * the checksum of every value. LMDB maps its file into memory and believes what it finds there, so a file that was cut
 * or changed ends the process with a signal instead of an error. Therefore nobody else opens it before this has read
 * it. The form is that of data version 2 on 64-bit machines of little endian octet order:
 *
 *     page     number 8, transaction 8, pad 2, flags 2, then lower 2 and upper 2, or number of overflow pages 4
 *     meta     page, then magic 4, data version 4, address 8, map size 8, tree of free pages, main tree, last page 8,
 *              transaction 8, boot id 8; page 0 is written by even transactions, page 1 by odd ones
 *     tree     pad 4 (page size, in the first tree), flags 2, depth 2, branch, leaf and overflow pages and entries and
 *              root 8 each; the root is all ones if the tree is empty
 *     node     size low 2 and high 2, flags 2, key size 2, key, value; in branches size and flags are a page number
 *     large value   page number 8, transaction 8, number of pages 8; the value stands behind the first page's header
 *     free pages    key: transaction 8; value: count 8, then page numbers, or minus the length of a run and its start
 *
 * Must not know: what the tables and values mean.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { STORE_TREE_DEPTH_MAX } from '../base/transfer-limits.js';
import { compareOctets, viewOfOctets } from '../wire/octets.js';
import { openValue } from './sealed-value.js';

const HEADER = 24;
const TREE_OCTETS = 48;
const META_OCTETS = 168;
const NODE_HEADER = 8;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const PAGE_BRANCH = 1;
const PAGE_LEAF = 2;
const PAGE_OVERFLOW = 4;
const PAGE_META = 8;
const NODE_LARGE = 1;
const NODE_TREE = 2;
/** The free pages' tree has integers as keys, and says that the file stands in no folder of its own. */
const FREE_TREE_FLAGS = 0x4008;
const NO_ROOT = 0xffff_ffff_ffff_ffffn;
const PAGE_OCTETS_MIN = 512;
const PAGE_OCTETS_MAX = 65536;

/** What was found in a sound file. */
export type LmdbSummary = { readonly pageOctets: number; readonly usedPages: number };

/** Why a file is not sound; never leaves this file. */
class Damage extends Error {}

type Tree = {
  readonly name: string;
  readonly kind: 'free' | 'main' | 'table';
  readonly depth: number;
  readonly root: bigint;
  /** Branch, leaf and overflow pages, entries. */
  readonly counts: readonly number[];
};

type Meta = {
  readonly free: Tree;
  readonly main: Tree;
  readonly lastPage: number;
  readonly transaction: bigint;
};

/**
 * @returns the summary, or in a few words what is wrong; an empty file is sound
 * @throws the system's error if the file cannot be read
 */
export function checkLmdbFile(path: string): LmdbSummary | string {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    return size === 0 ? { pageOctets: 0, usedPages: 0 } : new FileCheck(fd, size).run();
  } catch (error) {
    if (error instanceof Damage) return error.message;
    throw error;
  } finally {
    closeSync(fd);
  }
}

class FileCheck {
  private readonly fd: number;
  private readonly octets: number;
  private pageOctets = PAGE_OCTETS_MIN;
  private filePages = 0;
  /** A bit for each page of the file that something uses or that is free. */
  private seen = new Uint8Array(0);
  private usedPages = 0;
  private freePastEnd = 0;
  private meta: Meta = { free: NO_TREE, main: NO_TREE, lastPage: 0, transaction: 0n };

  constructor(fd: number, octets: number) {
    this.fd = fd;
    this.octets = octets;
  }

  run(): LmdbSummary {
    this.readMetas();
    this.seen = new Uint8Array((this.filePages >> 3) + 1);
    this.use(0, 2);
    this.walkTree(this.meta.free);
    this.walkTree(this.meta.main);
    // LMDB does not write the free pages at the end.
    const missing = Math.max(0, this.meta.lastPage + 1 - this.filePages);
    if (this.freePastEnd !== missing) throw new Damage('the file is cut short');
    return { pageOctets: this.pageOctets, usedPages: this.usedPages };
  }

  /** LMDB takes the newer one of the two meta pages, and so does this. */
  private readMetas(): void {
    const first = this.read(0, META_OCTETS);
    this.pageOctets = checkMeta(first, 0);
    this.filePages = Math.floor(this.octets / this.pageOctets);
    const second = this.read(this.pageOctets, META_OCTETS);
    if (checkMeta(second, 1) !== this.pageOctets) throw new Damage('the meta pages differ');
    const [even, odd] = [metaOf(first), metaOf(second)];
    const apart = odd.transaction - even.transaction;
    const isFresh = even.transaction === 0n && odd.transaction === 0n;
    if (!isFresh && (odd.transaction % 2n !== 1n || (apart !== 1n && apart !== -1n))) {
      throw new Damage('the transactions of the meta pages do not follow each other');
    }
    this.meta = apart > 0n ? odd : even;
  }

  private walkTree(tree: Tree): void {
    if (tree.depth > STORE_TREE_DEPTH_MAX) throw new Damage(`tree ${tree.name} is too deep`);
    const walk: Walk = { tree, counts: [0, 0, 0, 0], last: EMPTY, atLeast: EMPTY };
    if (tree.root !== NO_ROOT) this.walkPage(walk, pageNumber(tree.root), tree.depth);
    if (walk.counts.join() !== tree.counts.join()) {
      throw new Damage(`tree ${tree.name} does not have what its root says`);
    }
  }

  private walkPage(walk: Walk, number: number, depth: number): void {
    const page = this.page(number);
    const flags = page.getUint16(18, true);
    if (depth < 1 || flags !== (depth === 1 ? PAGE_LEAF : PAGE_BRANCH)) {
      throw new Damage(`page ${number} is of a wrong kind`);
    }
    walk.counts[depth === 1 ? 1 : 0]! += 1;
    const lower = page.getUint16(20, true);
    const upper = page.getUint16(22, true);
    if (lower > upper || upper > this.pageOctets - HEADER || lower % 2 !== 0 || lower === 0) {
      throw new Damage(`page ${number} has wrong bounds`);
    }
    for (let i = 0; i < lower / 2; i++) {
      const at = page.getUint16(HEADER + 2 * i, true) + HEADER;
      if (at < HEADER + upper || at + NODE_HEADER > this.pageOctets) {
        throw new Damage(`page ${number} has a node outside of it`);
      }
      if (depth > 1) this.walkBranch(walk, page, at, i, depth);
      else this.walkLeaf(walk, page, at);
    }
  }

  private walkBranch(walk: Walk, page: DataView, at: number, index: number, depth: number): void {
    const key = this.slice(page, at + NODE_HEADER, page.getUint16(at + 6, true));
    // The leftmost key of a branch page counts as the least of all.
    if (index > 0 && walk.tree.kind !== 'free') {
      if (compareKeys(key, walk.last) <= 0) throw new Damage('keys are out of order');
      walk.atLeast = key;
    }
    const low = page.getUint32(at, true);
    this.walkPage(walk, low + page.getUint16(at + 4, true) * 2 ** 32, depth - 1);
  }

  private walkLeaf(walk: Walk, page: DataView, at: number): void {
    const { tree } = walk;
    walk.counts[3]! += 1;
    const size = page.getUint32(at, true);
    const flags = page.getUint16(at + 4, true);
    const key = this.slice(page, at + NODE_HEADER, page.getUint16(at + 6, true));
    const valueAt = at + NODE_HEADER + key.length;
    if (tree.kind !== 'free') {
      const inOrder = compareKeys(key, walk.last) > 0 && compareKeys(key, walk.atLeast) >= 0;
      if (!inOrder || key.length === 0) throw new Damage('keys are out of order');
      walk.last = key;
    }
    if (flags !== (tree.kind === 'main' ? NODE_TREE : flags & NODE_LARGE)) {
      throw new Damage(`tree ${tree.name} has a node of a wrong kind`);
    }
    const value =
      (flags & NODE_LARGE) === 0
        ? this.slice(page, valueAt, size)
        : this.largeValue(walk, this.slice(page, valueAt, HEADER), size);
    if (tree.kind === 'free') this.markFree(key, value);
    else if (tree.kind === 'main') this.walkTree(tableOf(key, value));
    else if (openValue(tree.name, key, value) === null) {
      throw new Damage(`a value of table ${tree.name} has a wrong checksum`);
    }
  }

  private largeValue(walk: Walk, place: Uint8Array, size: number): Uint8Array {
    const view = viewOfOctets(place);
    const number = pageNumber(view.getBigUint64(0, true));
    const pages = pageNumber(view.getBigUint64(16, true));
    const first = viewOfOctets(this.read(number * this.pageOctets, HEADER));
    const isHead =
      first.getBigUint64(0, true) === BigInt(number) &&
      first.getUint16(18, true) === PAGE_OVERFLOW &&
      first.getUint32(20, true) === pages;
    if (!isHead || pages === 0 || HEADER + size > pages * this.pageOctets) {
      throw new Damage(`page ${number} does not begin a large value`);
    }
    walk.counts[2]! += pages;
    this.use(number, pages);
    return this.read(number * this.pageOctets + HEADER, size);
  }

  private markFree(key: Uint8Array, value: Uint8Array): void {
    const view = viewOfOctets(value);
    if (key.length !== 8 || value.length < 8 || value.length % 8 !== 0) {
      throw new Damage('the list of free pages has a wrong form');
    }
    const count = Number(view.getBigUint64(0, true));
    if (count > value.length / 8 - 1) throw new Damage('the list of free pages is cut short');
    for (let i = 1; i <= count; i++) {
      const entry = view.getBigInt64(8 * i, true);
      if (entry === 0n) continue;
      if (entry > 0n) this.free(entry, 1n);
      else if (i === count) throw new Damage('the list of free pages is cut short');
      else this.free(view.getBigInt64(8 * ++i, true), -entry);
    }
  }

  private free(start: bigint, length: bigint): void {
    if (start < 2n || start + length - 1n > BigInt(this.meta.lastPage)) {
      throw new Damage('a page is free that is outside of the file');
    }
    const end = Number(start + length);
    const inFile = Math.max(Number(start), Math.min(end, this.filePages));
    this.mark(Number(start), inFile);
    this.freePastEnd += end - inFile;
  }

  private page(number: number): DataView {
    this.use(number, 1);
    const view = viewOfOctets(this.read(number * this.pageOctets, this.pageOctets));
    const isOurs = view.getBigUint64(0, true) === BigInt(number);
    if (!isOurs || view.getBigUint64(8, true) > this.meta.transaction) {
      throw new Damage(`page ${number} is not what it should be`);
    }
    return view;
  }

  private use(number: number, pages: number): void {
    if (number + pages - 1 > this.meta.lastPage || number + pages > this.filePages) {
      throw new Damage('the file is cut short');
    }
    this.mark(number, number + pages);
    this.usedPages += pages;
  }

  /** No page serves two purposes. */
  private mark(start: number, end: number): void {
    for (let number = start; number < end; number++) {
      const bit = 1 << (number & 7);
      if ((this.seen[number >> 3]! & bit) !== 0) throw new Damage(`page ${number} is used twice`);
      this.seen[number >> 3]! |= bit;
    }
  }

  private slice(page: DataView, at: number, length: number): Uint8Array {
    if (at + length > page.byteLength) throw new Damage('a node reaches out of its page');
    return new Uint8Array(page.buffer, page.byteOffset + at, length);
  }

  private read(at: number, length: number): Uint8Array {
    if (at + length > this.octets) throw new Damage('the file is cut short');
    const octets = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) {
      const got = readSync(this.fd, octets, done, length - done, at + done);
      if (got === 0) throw new Damage('the file is cut short');
      done += got;
    }
    return octets;
  }
}

/** A walk through one tree, in the order of its keys. */
type Walk = {
  readonly tree: Tree;
  readonly counts: number[];
  last: Uint8Array;
  atLeast: Uint8Array;
};

const EMPTY = new Uint8Array(0);
const NO_TREE: Tree = { name: '', kind: 'main', depth: 0, root: NO_ROOT, counts: [] };

/** @returns the size of the file's pages */
function checkMeta(octets: Uint8Array, number: number): number {
  const meta = viewOfOctets(octets);
  if (meta.getUint16(18, true) !== PAGE_META || meta.getUint32(24, true) !== MAGIC) {
    throw new Damage('it is not a file of LMDB');
  }
  if (meta.getUint32(28, true) !== DATA_VERSION) throw new Damage('it has another data version');
  if (meta.getBigUint64(0, true) !== BigInt(number)) throw new Damage('a meta page is damaged');
  const size = meta.getUint32(48, true);
  if (size < PAGE_OCTETS_MIN || size > PAGE_OCTETS_MAX || (size & (size - 1)) !== 0) {
    throw new Damage('a meta page is damaged');
  }
  return size;
}

function metaOf(octets: Uint8Array): Meta {
  const meta = viewOfOctets(octets);
  return {
    free: treeOf('of free pages', 'free', octets.subarray(48)),
    main: treeOf('of tables', 'main', octets.subarray(48 + TREE_OCTETS)),
    lastPage: pageNumber(meta.getBigUint64(144, true)),
    transaction: meta.getBigUint64(152, true),
  };
}

function tableOf(key: Uint8Array, value: Uint8Array): Tree {
  if (value.length !== TREE_OCTETS) throw new Damage('a table has a wrong form');
  // The name ends in a NUL.
  const name = Buffer.from(key.subarray(0, -1)).toString('latin1');
  return treeOf(name, 'table', value);
}

function treeOf(name: string, kind: Tree['kind'], octets: Uint8Array): Tree {
  const view = viewOfOctets(octets);
  // Other flags are other orders of keys, several values of a key, or encryption.
  if (view.getUint16(4, true) !== (kind === 'free' ? FREE_TREE_FLAGS : 0)) {
    throw new Damage(`tree ${name} is of a wrong kind`);
  }
  const counts = [8, 16, 24, 32].map((at) => Number(view.getBigUint64(at, true)));
  return { name, kind, depth: view.getUint16(6, true), root: view.getBigUint64(40, true), counts };
}

/** Numbers that are too large to be exact are too large for any file, too. */
function pageNumber(value: bigint): number {
  return Number(value);
}

function compareKeys(a: Uint8Array, b: Uint8Array): number {
  return compareOctets(a, 0, a.length, b, 0, b.length);
}
