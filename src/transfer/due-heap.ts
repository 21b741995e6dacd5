/**
 * What is due next of many things, each due at one time: a binary heap in which each thing knows its place, so that its
 * time can be changed. Must not know: what the things are, what time it is.
 */

/** A thing in a heap, or in none. */
export type Due = {
  dueAt: number;
  /** Its place in the heap; -1 if it is in none. Only the heap changes it. */
  heapAt: number;
};

export class DueHeap<T extends Due> {
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  /** What is due first; null if there is nothing. */
  get first(): T | null {
    return this.items[0] ?? null;
  }

  /** Puts a thing in, or to its place after its time has changed. */
  put(item: T): void {
    if (item.heapAt < 0) {
      item.heapAt = this.items.length;
      this.items.push(item);
    }
    this.rise(item);
    this.sink(item);
  }

  remove(item: T): void {
    const at = item.heapAt;
    if (at < 0) return;
    const last = this.items.pop();
    item.heapAt = -1;
    if (last === undefined || last === item) return;
    this.set(at, last);
    this.rise(last);
    this.sink(last);
  }

  private rise(item: T): void {
    for (;;) {
      const at = item.heapAt;
      const parent = this.items[(at - 1) >>> 1];
      if (at === 0 || parent === undefined || parent.dueAt <= item.dueAt) return;
      this.swap(at, parent.heapAt);
    }
  }

  private sink(item: T): void {
    for (;;) {
      const left = this.items[2 * item.heapAt + 1];
      const right = this.items[2 * item.heapAt + 2];
      if (left === undefined) return;
      const least = right !== undefined && right.dueAt < left.dueAt ? right : left;
      if (item.dueAt <= least.dueAt) return;
      this.swap(item.heapAt, least.heapAt);
    }
  }

  private swap(a: number, b: number): void {
    const x = this.items[a]!;
    this.set(a, this.items[b]!);
    this.set(b, x);
  }

  private set(at: number, item: T): void {
    this.items[at] = item;
    item.heapAt = at;
  }
}
