/**
 * Rows that are written a little later, many in one transaction: each commit waits for the disk, and a crash may cost
 * the last second of what is kept this way; of what should be on disk before it is acted on, nothing, or some
 * milliseconds when there is much of it. Readers see what is waiting. Must not know: what the rows mean.
 */
import { errorText } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { STORE_DELAY_MS, STORE_DELAYED_ROWS, STORE_HURRY_MS } from '../base/transfer-limits.js';
import type { Entry, Store, TableName } from './store.js';

/** A row to write; without value, one to remove. */
type Waiting = { readonly key: Uint8Array; readonly value: Uint8Array | null };

/** A failed commit is logged once until one succeeds again; its rows wait on, newer ones take their places. */
export class DelayedWrites {
  private readonly store: Store;
  private readonly log: Log | null;
  private readonly waiting = new Map<TableName, Map<string, Waiting>>();
  private timer: NodeJS.Timeout | null = null;
  private isHurried = false;
  /** When a row was last written at once. */
  private hurriedAt = Number.NEGATIVE_INFINITY;
  private isFailing = false;

  constructor(store: Store, log: Log | null = null) {
    this.store = store;
    this.log = log;
  }

  /** Takes over key and value; null removes the row. */
  put(table: TableName, key: Uint8Array, value: Uint8Array | null): void {
    this.rows(table).set(textOf(key), { key, value });
    this.schedule();
  }

  /**
   * The same for a row that should be on disk before what it says is seen: it is when this returns, unless another one
   * was written so a moment ago, or the disk fails; then it waits.
   */
  putNow(table: TableName, key: Uint8Array, value: Uint8Array): void {
    this.put(table, key, value);
    if (performance.now() < this.hurriedAt + STORE_HURRY_MS) {
      this.hurry();
      return;
    }
    try {
      this.store.write(() => this.store.table(table).put(key, value));
      this.rows(table).delete(textOf(key));
      this.isFailing = false;
    } catch (error) {
      this.fail(error);
    }
    this.hurriedAt = performance.now();
  }

  /** @throws what the store throws */
  get(table: TableName, key: Uint8Array): Uint8Array | null {
    const waiting = this.rows(table).get(textOf(key));
    return waiting === undefined ? this.store.table(table).get(key) : waiting.value;
  }

  /**
   * Rows with keys from `from` on to `to`, in no order.
   * @throws what the store throws
   */
  *range(table: TableName, from?: Uint8Array, to?: Uint8Array): Generator<Entry> {
    const rows = this.rows(table);
    const waiting = [...rows.values()];
    const bounds = { ...(from && { from }), ...(to && { to }) };
    const stored = [...this.store.table(table).range(bounds)];
    for (const entry of stored) if (!rows.has(textOf(entry.key))) yield entry;
    for (const { key, value } of waiting) {
      const isBelow = from !== undefined && Buffer.compare(key, from) < 0;
      const isAbove = to !== undefined && Buffer.compare(key, to) >= 0;
      if (value !== null && !isBelow && !isAbove) yield { key, value };
    }
  }

  /**
   * Writes all that waits, at once.
   * @throws what the store throws; the rows wait on
   */
  flush(): void {
    while (this.commit() > 0);
  }

  /**
   * Writes all that waits, for the last time; before the store is closed.
   * @throws what the store throws; the rows are lost
   */
  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.flush();
  }

  private schedule(): void {
    if (this.timer !== null) return;
    this.timer = setTimeout(() => this.onTimer(), STORE_DELAY_MS);
    this.timer.unref();
  }

  /** Commits sooner than usual. */
  private hurry(): void {
    if (this.isHurried) return;
    this.isHurried = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.onTimer(), STORE_HURRY_MS);
    this.timer.unref();
  }

  private onTimer(): void {
    this.timer = null;
    this.isHurried = false;
    try {
      if (this.commit() > 0) this.isFailing = false;
    } catch (error) {
      this.fail(error);
    }
    if ([...this.waiting.values()].some((rows) => rows.size > 0)) this.schedule();
  }

  private fail(error: unknown): void {
    if (!this.isFailing) this.log?.error('store.failed', {}, errorText(error));
    this.isFailing = true;
  }

  /** Writes as many rows as one commit may have; @returns how many */
  private commit(): number {
    const taken = [...this.waiting]
      .flatMap(([name, rows]) => [...rows].map(([text, row]) => ({ name, rows, text, row })))
      .slice(0, STORE_DELAYED_ROWS);
    if (taken.length === 0) return 0;
    this.store.write(() => {
      for (const { name, row } of taken) {
        if (row.value === null) this.store.table(name).remove(row.key);
        else this.store.table(name).put(row.key, row.value);
      }
    });
    for (const { rows, text } of taken) rows.delete(text);
    return taken.length;
  }

  private rows(table: TableName): Map<string, Waiting> {
    const known = this.waiting.get(table);
    if (known !== undefined) return known;
    const rows = new Map<string, Waiting>();
    this.waiting.set(table, rows);
    return rows;
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}
