/**
 * What a store holds, read without being its owner: also while a server has it, from read-only media, and of a damaged
 * file as much as is good. Rows are read page by page (lmdb-file.ts) and kept in memory; LMDB, its locks and the file
 * that names the owner are left alone, so that nothing a reader does, or leaves undone, matters to a server.
 * Must not know: what the rows mean.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ServerError } from '../base/errors.js';
import { type LmdbFault, type LmdbSummary, readLmdbFile } from './lmdb-file.js';
import type { Entry, Range, Store, StoreStats, Table, TableName } from './store.js';
import { failure, noStore } from './store-failure.js';
import { asideStores, formatFault, formatOf, storePaths } from './store-folder.js';
import { storeOwner } from './store-owner.js';

/** A store that was set aside. */
type AsideStore = { readonly path: string; readonly octets: number };

/** Of a store as it was; whoever writes to it throws STORE_READ_ONLY. */
export type StoreSnapshot = Store & {
  /** Of the layout. */
  readonly format: number;
  /** The process that has the store; 0 if none has. */
  readonly owner: number;
  /** If it was not read whole because it was written to, tables, and rows of one, may be of different moments. */
  readonly file: LmdbSummary;
  readonly faults: readonly LmdbFault[];
  readonly asides: readonly AsideStore[];
};

/**
 * Reads a store. A table that is not kept seems to be empty.
 * @param isKept tables whose rows are wanted
 * @param isRead tables that are read for their faults only
 * @throws ServerError STORE_ABSENT if there is none, STORE_FOREIGN if its format is not known, STORE_UNAVAILABLE if it
 * cannot be read
 */
export function readStore(
  folder: string,
  isKept: (table: string) => boolean,
  isRead: (table: string) => boolean = isKept,
): StoreSnapshot {
  const paths = storePaths(folder);
  const faults: LmdbFault[] = [];
  const rows = new Map<string, Entry[]>();
  try {
    if (statSync(paths.data, { throwIfNoEntry: false }) === undefined) throw noStore(folder);
    const owner = storeOwner(paths.owner);
    const foreign = formatFault(paths);
    if (foreign !== null) throw new ServerError('STORE_FOREIGN', `${paths.data}: ${foreign}`);
    const file = readLmdbFile(paths.data, {
      wants: (table) => isKept(table) || isRead(table),
      row: (table, key, value) => {
        if (isKept(table)) rowsOf(rows, table).push({ key, value });
      },
      fault: (fault) => faults.push(fault),
    });
    const facts = { format: formatOf(paths), owner, file, faults, asides: asidesOf(folder) };
    return { ...storeOver(rows, statsOf(paths.data, file)), ...facts };
  } catch (error) {
    if (error instanceof ServerError) throw error;
    throw failure(folder, error, 'STORE_UNAVAILABLE', 'the store cannot be read');
  }
}

function rowsOf(rows: Map<string, Entry[]>, table: string): Entry[] {
  const known = rows.get(table);
  if (known !== undefined) return known;
  const made: Entry[] = [];
  rows.set(table, made);
  return made;
}

function statsOf(path: string, { octets, pageOctets, tables }: LmdbSummary): StoreStats {
  const rows = Object.fromEntries(tables.map((table) => [table.name, table.rows]));
  const pages = tables.reduce((sum, table) => sum + table.pages, 0);
  const known = rows as Record<TableName, number>;
  return { path, octets, liveOctets: pages * pageOctets, rows: known, aside: null };
}

function asidesOf(folder: string): AsideStore[] {
  return asideStores(folder).map((name) => {
    const path = join(folder, name);
    const sizes = readdirSync(path).map((file) => statSync(join(path, file)).size);
    return { path, octets: sizes.reduce((sum, size) => sum + size, 0) };
  });
}

function storeOver(rows: ReadonlyMap<string, readonly Entry[]>, stats: StoreStats): Store {
  return {
    table: (name) => tableOver(rows.get(name) ?? []),
    write: refuse,
    stats: () => stats,
    close: async () => {},
  };
}

function tableOver(rows: readonly Entry[]): Table {
  return {
    get: (key) => {
      const found = rows[firstFrom(rows, key)];
      return found !== undefined && Buffer.compare(found.key, key) === 0 ? found.value : null;
    },
    put: refuse,
    remove: refuse,
    range: (range = {}) => rowsIn(rows, range),
  };
}

function* rowsIn(
  rows: readonly Entry[],
  { from, to, reverse = false, limit = rows.length }: Range,
): IterableIterator<Entry> {
  const start = from === undefined ? 0 : firstFrom(rows, from);
  const stop = to === undefined ? rows.length : firstFrom(rows, to);
  for (let i = 0; i < Math.min(stop - start, limit); i++) {
    yield rows[reverse ? stop - 1 - i : start + i]!;
  }
}

/** Where the first row is whose key is not less. */
function firstFrom(rows: readonly Entry[], key: Uint8Array): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Buffer.compare(rows[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function refuse(): never {
  throw new ServerError('STORE_READ_ONLY', 'what was read of a store cannot be written to');
}
