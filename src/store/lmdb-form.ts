/**
 * The form of LMDB's file: data version 2 on 64-bit machines of little endian octet order.
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
 * Must not know: what the tables and values mean, how the file is read.
 */
import { viewOfOctets } from '../wire/octets.js';

export const HEADER = 24;
export const META_OCTETS = 168;
/** Where a meta page has its transaction. */
export const META_TRANSACTION = 152;
export const NODE_HEADER = 8;
export const PAGE_BRANCH = 1;
export const PAGE_LEAF = 2;
export const PAGE_OVERFLOW = 4;
export const NODE_LARGE = 1;
export const NODE_TREE = 2;
export const NO_ROOT = 0xffff_ffff_ffff_ffffn;
export const PAGE_OCTETS_MIN = 512;

const PAGE_OCTETS_MAX = 65536;
const PAGE_META = 8;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const TREE_OCTETS = 48;
/** The free pages' tree has integers as keys, and says that the file stands in no folder of its own. */
const FREE_TREE_FLAGS = 0x4008;

/** Why a file is not sound. */
export class Damage extends Error {
  /** Octets of the file before what is wrong. */
  readonly at: number;

  constructor(text: string, at: number) {
    super(text);
    this.at = at;
  }
}

export type Tree = {
  readonly name: string;
  readonly kind: 'free' | 'main' | 'table';
  readonly depth: number;
  readonly root: bigint;
  /** Branch, leaf and overflow pages, entries. */
  readonly counts: readonly number[];
};

export type Meta = {
  readonly free: Tree;
  readonly main: Tree;
  readonly lastPage: number;
  readonly transaction: bigint;
};

export const NO_TREE: Tree = { name: '', kind: 'main', depth: 0, root: NO_ROOT, counts: [] };

/** @param at of the page. @returns the size of the file's pages. @throws Damage */
export function checkMeta(octets: Uint8Array, number: number, at: number): number {
  const meta = viewOfOctets(octets);
  if (meta.getUint16(18, true) !== PAGE_META || meta.getUint32(24, true) !== MAGIC) {
    throw new Damage('it is not a file of LMDB', at);
  }
  if (meta.getUint32(28, true) !== DATA_VERSION) {
    throw new Damage('it has another data version', at);
  }
  const size = meta.getUint32(48, true);
  const isSize = size >= PAGE_OCTETS_MIN && size <= PAGE_OCTETS_MAX && (size & (size - 1)) === 0;
  if (meta.getBigUint64(0, true) !== BigInt(number) || !isSize) {
    throw new Damage('a meta page is damaged', at);
  }
  return size;
}

/** LMDB takes the newer one of the two meta pages, and so does this. @throws Damage */
export function newestMeta(first: Uint8Array, second: Uint8Array, pageOctets: number): Meta {
  const [even, odd] = [metaOf(first, 0), metaOf(second, pageOctets)];
  const apart = odd.transaction - even.transaction;
  const follow = odd.transaction % 2n === 1n && (apart === 1n || apart === -1n);
  // LMDB's own compact copies have one meta page in use, and end its process when they are written to: not fresh
  const isFresh = even.transaction === 0n && odd.transaction === 0n;
  if (!follow && !isFresh) {
    throw new Damage('the transactions of the meta pages do not follow each other', 0);
  }
  return apart > 0n ? odd : even;
}

function metaOf(octets: Uint8Array, at: number): Meta {
  const meta = viewOfOctets(octets);
  return {
    free: treeOf('of free pages', 'free', octets.subarray(48), at),
    main: treeOf('of tables', 'main', octets.subarray(48 + TREE_OCTETS), at),
    lastPage: pageNumber(meta.getBigUint64(144, true)),
    transaction: meta.getBigUint64(META_TRANSACTION, true),
  };
}

/** A table by its entry in the main tree. @throws Damage */
export function tableOf(key: Uint8Array, value: Uint8Array, at: number): Tree {
  if (value.length !== TREE_OCTETS) throw new Damage('a table has a wrong form', at);
  // The name ends in a NUL.
  const name = Buffer.from(key.subarray(0, -1)).toString('latin1');
  return treeOf(name, 'table', value, at);
}

function treeOf(name: string, kind: Tree['kind'], octets: Uint8Array, at: number): Tree {
  const view = viewOfOctets(octets);
  // Other flags are other orders of keys, several values of a key, or encryption.
  if (view.getUint16(4, true) !== (kind === 'free' ? FREE_TREE_FLAGS : 0)) {
    throw new Damage(`tree ${name} is of a wrong kind`, at);
  }
  const counts = [8, 16, 24, 32].map((field) => Number(view.getBigUint64(field, true)));
  return { name, kind, depth: view.getUint16(6, true), root: view.getBigUint64(40, true), counts };
}

/** Numbers that are too large to be exact are too large for any file, too. */
export function pageNumber(value: bigint): number {
  return Number(value);
}
