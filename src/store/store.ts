/**
 * The server's memory across restarts: one LMDB environment in a folder of its own. The one file that imports lmdb.
 *
 *     FOLDER/store.mdb        the tables below
 *     FOLDER/store.mdb-lock   LMDB's own; of no meaning while no server runs
 *     FOLDER/format           "hotzone store 1": the version of this layout
 *     FOLDER/owner            the process that has it open, store-owner.ts
 *     FOLDER/copy/            what compaction has not finished, store-compaction.ts
 *     FOLDER/aside-TIME/      a store that could not be used, store-folder.ts
 *     FOLDER/images/          images of zones, image-files.ts
 *
 *     table             key                               value                          of
 *     journal-zones     apex                              changes, octets, newest        journal.ts
 *     journal-changes   apex, number 8                    serials, counts, sizes         journal.ts
 *     journal-records   number 8, side 1, part 4          packed records                 journal.ts
 *     journal-order     number 8                          apex                           journal.ts
 *     journal-totals    (one)                             octets, next number            journal.ts
 *     notified          apex, target                      serial                         notified.ts
 *     secondaries       apex                              state of a secondary zone      secondary-state.ts
 *     served            apex                              serial 4, print of the files   served-serials.ts
 *     images            file number 4, part 4             checksum, zones                image-parts.ts
 *
 * Keys and values are octets, numbers in network order, an apex in wire form and lower case. Each value carries a
 * checksum (sealed-value.ts). A table may be added, and its rows are left alone by a version that does not know it. Any
 * other change makes a new format: its number goes up, and the version that brings it converts the rows of the one
 * before in one transaction when it opens them. A format newer than the program is set aside.
 *
 * A transaction is on disk when `write` returns, or has left no trace. LMDB's file never shrinks: pages that are given
 * up are used again, so it is as large as the most that it has ever held at once, twice over if much is replaced by one
 * transaction. Live pages are bounded by STORE_OCTETS_MAX, and what is in them by the owners of the tables.
 *
 * LMDB maps the file, so a file that is cut or written to by others while it is open may end the process by a signal.
 * Size and identity are looked at before each use, which leaves only the moment of that use.
 *
 * Others read the file without LMDB (store-snapshot.ts), whoever has it open.
 *
 * Must not know: what the tables are for.
 */
import { existsSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { type Database, open, type RootDatabase } from 'lmdb';
import { assert, ServerError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { STORE_KEY_OCTETS_MAX, STORE_OCTETS_MAX } from '../base/transfer-limits.js';
import { openValue, sealValue } from './sealed-value.js';
import { failure, noStore } from './store-failure.js';
import { prepareExistingStore, prepareStore, storePaths } from './store-folder.js';
import { takeStore } from './store-owner.js';

/** The tables; see the layout above. */
export const TABLES = [
  'journal-zones',
  'journal-changes',
  'journal-records',
  'journal-order',
  'journal-totals',
  'notified',
  'secondaries',
  'served',
  'images',
] as const;

export type TableName = (typeof TABLES)[number];

/** Keys from `from` on, which is taken, to `to`, which is not; ascending unless `reverse`. */
export type Range = {
  readonly from?: Uint8Array;
  readonly to?: Uint8Array;
  readonly reverse?: boolean;
  readonly limit?: number;
};

/** Key and value belong to whoever got them. */
export type Entry = { readonly key: Uint8Array; readonly value: Uint8Array };

/** Rows by key, in the order of memcmp. Everything throws ServerError as `Store` says. */
export type Table = {
  get(key: Uint8Array): Uint8Array | null;
  /** Outside of `write` a transaction of its own. Copies both. */
  put(key: Uint8Array, value: Uint8Array): void;
  /** Outside of `write` a transaction of its own. A key that is not there is fine. */
  remove(key: Uint8Array): void;
  /**
   * Sees the table as it is at the first step. Not to be kept across waits, since that stops pages from being used
   * again; not to be stepped while the same transaction changes the table.
   */
  range(range?: Range): IterableIterator<Entry>;
};

export type StoreStats = {
  readonly path: string;
  /** Of the file. */
  readonly octets: number;
  /** Of the pages that hold rows. */
  readonly liveOctets: number;
  readonly rows: Readonly<Record<TableName, number>>;
  /** Why the store that was found had to be set aside, or null. */
  readonly aside: string | null;
};

/**
 * An open store. Whatever fails throws ServerError: STORE_FULL if there is no room, STORE_DAMAGED if the file is not
 * what was written, STORE_FAILED for all else, also after `close`. The server can go on without.
 */
export type Store = {
  table(name: TableName): Table;
  /**
   * Runs `work` as one transaction: all that it puts and removes is on disk afterwards, or nothing, also if `work`
   * throws. Within `work` reads see what was written. Within another `write` it is a part of that.
   */
  write(work: () => void): void;
  stats(): StoreStats;
  /** Nothing may be used afterwards. */
  close(): Promise<void>;
};

/**
 * Opens the store in `folder`, which is made if it is missing. A store that is damaged, foreign or newer is set aside
 * and replaced. Blocks while every page of the store is read.
 * @throws ServerError STORE_IN_USE if another server has it, STORE_UNAVAILABLE if it cannot be read or written,
 * STORE_FULL if the disk is full
 */
export function openStore(
  folder: string,
  log: Log | null = null,
  octetsMax: number = STORE_OCTETS_MAX,
): Store {
  return openOwned(folder, octetsMax, () => prepareStore(folder, log));
}

/**
 * Opens a store that is there already, for work on it while no server has it. What is damaged, foreign or newer is left
 * as it is.
 * @throws ServerError STORE_ABSENT if there is none, STORE_DAMAGED if it cannot be used, else as `openStore`
 */
export function openExistingStore(folder: string): Store {
  if (!existsSync(storePaths(folder).data)) throw noStore(folder);
  return openOwned(folder, STORE_OCTETS_MAX, () => {
    prepareExistingStore(folder);
    return null;
  });
}

/** @param prepare returns why what was there is set aside, or null */
function openOwned(folder: string, octetsMax: number, prepare: () => string | null): Store {
  let leave = (): void => {};
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    leave = takeStore(storePaths(folder).owner);
    return new LmdbStore(folder, prepare(), octetsMax, leave);
  } catch (error) {
    leave();
    if (error instanceof ServerError) throw error;
    throw failure(folder, error, 'STORE_UNAVAILABLE', 'the store cannot be opened');
  }
}

/** Options of every table: octets in, octets out. */
const OCTETS = { encoding: 'binary', keyEncoding: 'binary', cache: false } as const;

class LmdbStore implements Store {
  private readonly path: string;
  private readonly folder: string;
  private readonly aside: string | null;
  private readonly octetsMax: number;
  private readonly leave: () => void;
  private readonly environment: RootDatabase<Uint8Array, Uint8Array>;
  private readonly databases: ReadonlyMap<TableName, Database<Uint8Array, Uint8Array>>;
  private readonly tables: ReadonlyMap<TableName, Table>;
  /** The file as it was last seen. */
  private file: Stats;
  private isOpen = true;
  private isWriting = false;

  constructor(folder: string, aside: string | null, octetsMax: number, leave: () => void) {
    this.folder = folder;
    this.path = storePaths(folder).data;
    this.aside = aside;
    this.octetsMax = octetsMax;
    this.leave = leave;
    this.environment = openEnvironment(this.path, octetsMax);
    try {
      const opened = TABLES.map((name) => [name, this.environment.openDB(name, OCTETS)] as const);
      this.databases = new Map(opened);
      this.tables = new Map(opened.map(([name, database]) => [name, this.tableOf(name, database)]));
      this.file = statSync(this.path);
    } catch (error) {
      void this.environment.close();
      throw error;
    }
  }

  table(name: TableName): Table {
    const table = this.tables.get(name);
    assert(table !== undefined, `a store has the table ${name}`);
    return table;
  }

  write(work: () => void): void {
    if (this.isWriting) {
      work();
      return;
    }
    this.assertIntact();
    this.isWriting = true;
    let isCallers = false;
    try {
      this.environment.transactionSync(() => {
        isCallers = true;
        work();
        isCallers = false;
        this.assertRoom();
      });
    } catch (error) {
      if (isCallers || error instanceof ServerError) throw error;
      throw failure(this.folder, error, 'STORE_FAILED', 'the store cannot be written');
    } finally {
      this.isWriting = false;
    }
  }

  stats(): StoreStats {
    this.assertIntact();
    const rows = Object.fromEntries(
      [...this.databases].map(([name, database]) => [name, statsOf(database).entryCount]),
    ) as Record<TableName, number>;
    const { path, aside } = this;
    return { path, octets: this.file.size, liveOctets: this.liveOctets(), rows, aside };
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await this.environment.close();
    this.leave();
  }

  private tableOf(name: TableName, database: Database<Uint8Array, Uint8Array>): Table {
    return {
      get: (key) => {
        this.assertIntact();
        const sealed = this.guard(() => database.getBinary(key));
        return sealed === undefined ? null : this.opened(name, key, sealed);
      },
      put: (key, value) => {
        assert(key.length > 0 && key.length <= STORE_KEY_OCTETS_MAX, 'a key has a fair length');
        this.write(() => this.guard(() => database.putSync(key, sealValue(name, key, value))));
      },
      remove: (key) => this.write(() => this.guard(() => database.removeSync(key))),
      range: (range = {}) => this.rangeOf(name, database, range),
    };
  }

  private *rangeOf(
    name: TableName,
    database: Database<Uint8Array, Uint8Array>,
    { from, to, reverse = false, limit }: Range,
  ): IterableIterator<Entry> {
    this.assertIntact();
    const first = reverse ? to : from;
    const last = reverse ? from : to;
    try {
      for (const { key, value } of database.getRange({
        ...(first === undefined ? {} : { start: first }),
        ...(last === undefined ? {} : { end: last }),
        ...(limit === undefined ? {} : { limit }),
        ...(reverse ? { reverse, exclusiveStart: true, inclusiveEnd: true } : {}),
      })) {
        yield { key, value: this.opened(name, key, value) };
      }
    } catch (error) {
      throw this.unusable(error);
    }
  }

  private opened(name: TableName, key: Uint8Array, sealed: Uint8Array): Uint8Array {
    const value = openValue(name, key, sealed);
    if (value === null) {
      throw this.damaged(`a value of table ${name} has a wrong checksum`);
    }
    return value;
  }

  /** LMDB reads the file through a map, and what is missing there ends the process. */
  private assertIntact(): void {
    if (!this.isOpen) throw new ServerError('STORE_FAILED', `the store ${this.path} is closed`);
    const now = statSync(this.path, { throwIfNoEntry: false });
    if (now === undefined) throw this.damaged('it is gone');
    if (now.ino !== this.file.ino || now.dev !== this.file.dev)
      throw this.damaged('it was replaced');
    if (now.size < this.file.size) throw this.damaged('it was cut short');
    this.file = now;
  }

  /** The library makes its map larger whenever LMDB asks, so the bound must be watched here. */
  private assertRoom(): void {
    if (this.liveOctets() <= this.octetsMax) return;
    const text = `the store ${this.path} holds all of the ${this.octetsMax} octets that it may`;
    throw new ServerError('STORE_FULL', text);
  }

  private liveOctets(): number {
    let pages = 0;
    let pageOctets = 0;
    for (const database of this.databases.values()) {
      const stats = statsOf(database);
      pages += stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages;
      pageOctets = stats.pageSize;
    }
    return pages * pageOctets;
  }

  private guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.unusable(error);
    }
  }

  private unusable(error: unknown): ServerError {
    if (error instanceof ServerError) return error;
    return failure(this.folder, error, 'STORE_FAILED', 'the store cannot be used');
  }

  private damaged(fault: string): ServerError {
    return new ServerError('STORE_DAMAGED', `the store ${this.path} is damaged: ${fault}`);
  }
}

/** What the library takes, but does not declare. */
const PRIVATE_FILE = { permissionsMode: 0o600 };

function openEnvironment(path: string, octetsMax: number): RootDatabase<Uint8Array, Uint8Array> {
  return open<Uint8Array, Uint8Array>({
    ...OCTETS,
    path,
    noSubdir: true,
    maxDbs: TABLES.length,
    // Address space only. Growing the map would keep the former one for those who read.
    mapSize: octetsMax,
    // What is committed is on disk; the default is committed first and on disk later.
    overlappingSync: false,
    ...PRIVATE_FILE,
  });
}

/** The library declares no fields. */
type TreeStats = {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
  readonly entryCount: number;
};

function statsOf(database: Database<Uint8Array, Uint8Array>): TreeStats {
  return database.getStats() as TreeStats;
}
