/**
 * Walks a tree of a file of LMDB in the order of its keys, believing nothing. A walk that was broken off goes on behind
 * the last row that it has told of, in another state of the file, too.
 * Must not know: what the tree is for.
 */
import { STORE_TREE_DEPTH_MAX } from '../base/transfer-limits.js';
import { compareOctets, viewOfOctets } from '../wire/octets.js';
import {
  Damage,
  HEADER,
  NO_ROOT,
  NODE_HEADER,
  NODE_LARGE,
  NODE_TREE,
  PAGE_BRANCH,
  PAGE_LEAF,
  pageNumber,
  type Tree,
} from './lmdb-form.js';
import type { LmdbPages } from './lmdb-pages.js';

/** Is told of an entry: key, value or where a table is, and octets of the file before that. */
export type EntryTaker = (key: Uint8Array, value: Uint8Array, at: number) => void;

/** A page of the walk. */
type Here = { readonly view: DataView; readonly at: number };

const EMPTY = new Uint8Array(0);

export class LmdbWalk {
  /** The key of the last entry that has been told of; before the first one it is empty. */
  passed: Uint8Array;
  private readonly pages: LmdbPages;
  private readonly tree: Tree;
  private readonly take: EntryTaker;
  private readonly isResumed: boolean;
  private readonly counts = [0, 0, 0, 0];
  private last: Uint8Array = EMPTY;
  private atLeast: Uint8Array = EMPTY;

  /** @param passed of the walk that this one goes on for */
  constructor(pages: LmdbPages, tree: Tree, take: EntryTaker, passed: Uint8Array = EMPTY) {
    this.pages = pages;
    this.tree = tree;
    this.take = take;
    this.passed = passed;
    this.isResumed = passed.length > 0;
  }

  /** @throws Damage, and what the taker throws */
  run(): void {
    const { name, depth, root, counts } = this.tree;
    if (depth > STORE_TREE_DEPTH_MAX) throw new Damage(`tree ${name} is too deep`, 0);
    if (root !== NO_ROOT) this.walkPage(pageNumber(root), depth);
    if (!this.isResumed && this.counts.join() !== counts.join()) {
      throw new Damage(`tree ${name} does not have what its root says`, 0);
    }
  }

  private walkPage(number: number, depth: number): void {
    const view = this.pages.page(number);
    const { pageOctets } = this.pages;
    const at = number * pageOctets;
    const flags = view.getUint16(18, true);
    if (depth < 1 || flags !== (depth === 1 ? PAGE_LEAF : PAGE_BRANCH)) {
      throw new Damage(`page ${number} is of a wrong kind`, at);
    }
    this.counts[depth === 1 ? 1 : 0]! += 1;
    const lower = view.getUint16(20, true);
    const upper = view.getUint16(22, true);
    if (lower > upper || upper > pageOctets - HEADER || lower % 2 !== 0 || lower === 0) {
      throw new Damage(`page ${number} has wrong bounds`, at);
    }
    for (let i = 0; i < lower / 2; i++) {
      const node = view.getUint16(HEADER + 2 * i, true) + HEADER;
      if (node < HEADER + upper || node + NODE_HEADER > pageOctets) {
        throw new Damage(`page ${number} has a node outside of it`, at);
      }
      if (depth > 1) this.walkBranch({ view, at }, i, lower / 2, node, depth);
      else this.walkLeaf({ view, at }, node);
    }
  }

  private walkBranch(here: Here, index: number, count: number, node: number, depth: number): void {
    const { view } = here;
    if (this.isResumed && index + 1 < count) {
      const next = keyAt(here, view.getUint16(HEADER + 2 * (index + 1), true) + HEADER);
      // all below was told of already
      if (compareKeys(next, this.passed) <= 0) return;
    }
    // The leftmost key of a branch page counts as the least of all.
    if (index > 0 && this.tree.kind !== 'free') {
      const key = keyAt(here, node);
      if (compareKeys(key, this.last) <= 0) throw outOfOrder(here, node);
      this.atLeast = key;
    }
    const low = view.getUint32(node, true);
    this.walkPage(low + view.getUint16(node + 4, true) * 2 ** 32, depth - 1);
  }

  private walkLeaf(here: Here, node: number): void {
    const { tree } = this;
    this.counts[3]! += 1;
    const size = here.view.getUint32(node, true);
    const flags = here.view.getUint16(node + 4, true);
    const key = keyAt(here, node);
    const valueAt = node + NODE_HEADER + key.length;
    if (tree.kind !== 'free') {
      const isLess = compareKeys(key, this.last) <= 0 || compareKeys(key, this.atLeast) < 0;
      if (isLess || key.length === 0) throw outOfOrder(here, node);
      this.last = key;
    }
    if (flags !== (tree.kind === 'main' ? NODE_TREE : flags & NODE_LARGE)) {
      throw new Damage(`tree ${tree.name} has a node of a wrong kind`, here.at + node);
    }
    if (this.isResumed && compareKeys(key, this.passed) <= 0) return;
    if ((flags & NODE_LARGE) !== 0) this.takeLarge(key, slice(here, valueAt, HEADER), size);
    else this.take(key, slice(here, valueAt, size), here.at + valueAt);
    this.passed = key;
  }

  private takeLarge(key: Uint8Array, place: Uint8Array, size: number): void {
    const view = viewOfOctets(place);
    const number = pageNumber(view.getBigUint64(0, true));
    const count = pageNumber(view.getBigUint64(16, true));
    const value = this.pages.large(number, count, size);
    this.counts[2]! += count;
    this.take(key, value, number * this.pages.pageOctets + HEADER);
  }
}

function keyAt(here: Here, node: number): Uint8Array {
  if (node + NODE_HEADER > here.view.byteLength) throw outOfPage(here, node);
  return slice(here, node + NODE_HEADER, here.view.getUint16(node + 6, true));
}

function slice(here: Here, start: number, length: number): Uint8Array {
  const { view } = here;
  if (start + length > view.byteLength) throw outOfPage(here, start);
  return new Uint8Array(view.buffer, view.byteOffset + start, length);
}

function outOfPage({ at }: Here, node: number): Damage {
  return new Damage('a node reaches out of its page', at + node);
}

function outOfOrder({ at }: Here, node: number): Damage {
  return new Damage('keys are out of order', at + node);
}

function compareKeys(a: Uint8Array, b: Uint8Array): number {
  return compareOctets(a, 0, a.length, b, 0, b.length);
}
