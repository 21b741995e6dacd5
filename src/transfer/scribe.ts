/**
 * Has the file of a large zone written by a thread of its own while the zone is built, checked and compiled: text and
 * disk take about as long as these. The thread reads the columns of what was taken in, which nobody changes any more,
 * and writes the records as they came; whether that file may take its place is decided when the zone has been found
 * good. All is done without it, too, but later: what fails here is tried again by the receiver. Must not know: how
 * records are received, whether the zone is good.
 */
import { TRANSFER_IN_WARM_MS } from '../base/transfer-limits.js';
import type { NameTable } from '../zone/name-table.js';
import type { RecordColumns } from '../zone/record-columns.js';
import type { WrittenFile } from './sealed-file.js';
import { ThreadOnDemand } from './thread-on-demand.js';

/** Records of a zone, its SOA first, in the order in which they came. In shared memory as far as they are many. */
export type ReceivedColumns = {
  /** The apex is the first. */
  readonly names: Pick<NameTable, 'octets' | 'offsets' | 'lengths'>;
  readonly records: Pick<
    RecordColumns,
    'count' | 'owner' | 'type' | 'ttl' | 'rdata' | 'length' | 'arena'
  >;
};

/** What the thread is told, in order. */
export type ScribeOrder =
  /** There will be something to write. */
  | { readonly kind: 'wake' }
  | {
      readonly kind: 'write';
      readonly id: number;
      readonly path: string;
      /** Where the zone is from, on one line. */
      readonly origin: string;
      readonly received: ReceivedColumns;
    }
  /** Nobody will ask for what was written, under its temporary name, any more. */
  | { readonly kind: 'drop' };

/** What the thread says; null if the file could not be written. */
export type ScribeReport = { readonly id: number; readonly file: WrittenFile | null };

export class Scribe {
  private readonly thread: ThreadOnDemand<ScribeOrder, ScribeReport>;
  /** Counts what was ordered: a report may be about what is not wanted any more. */
  private id = 0;
  private isAwake = false;
  /** Whether the thread has not said yet what became of the last order. */
  private isBusy = false;
  private settle: ((file: WrittenFile | null) => void) | null = null;

  /** @param script the thread's entry; tests give one that fails */
  constructor(script: URL = new URL('./scribe-thread.js', import.meta.url)) {
    this.thread = new ThreadOnDemand(
      script,
      {
        reported: ({ id, file }) => this.heed(id, file),
        died: () => this.heed(this.id, null),
      },
      TRANSFER_IN_WARM_MS,
    );
  }

  /** Starts the thread, to be ready by the time it is wanted. */
  wake(): void {
    if (this.isAwake) return;
    this.isAwake = true;
    this.thread.order({ kind: 'wake' });
  }

  /**
   * Writes a file that is to be at `path`. The columns must stay as they are, but for what is added to them.
   * @returns the file on disk under its temporary name; null if somebody else must write it
   */
  write(
    path: string,
    origin: string,
    { octets, offsets, lengths }: NameTable,
    { count, owner, type, ttl, rdata, length, arena }: RecordColumns,
  ): Promise<WrittenFile | null> {
    this.isAwake = true;
    // A disk that hangs must not have one zone after the other wait for it.
    if (this.isBusy) return Promise.resolve(null);
    this.isBusy = true;
    const id = ++this.id;
    const names = { octets, offsets, lengths };
    const records = { count, owner, type, ttl, rdata, length, arena };
    this.thread.order({ kind: 'write', id, path, origin, received: { names, records } });
    return new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  /** What was written is not wanted, or has its place. */
  drop(): void {
    if (!this.isAwake) return;
    this.isAwake = false;
    this.thread.order({ kind: 'drop' });
    this.thread.rest();
    this.conclude(this.id, null);
    // what it still says of that is no news
    this.id++;
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    this.conclude(this.id, null);
    await this.thread.stop();
  }

  private heed(id: number, file: WrittenFile | null): void {
    this.isBusy = false;
    this.conclude(id, file);
  }

  private conclude(id: number, file: WrittenFile | null): void {
    if (id !== this.id) return;
    this.settle?.(file);
    this.settle = null;
  }
}
