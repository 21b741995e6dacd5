/**
 * Gives disk space back: LMDB's file never shrinks, so its rows are copied into a new one, which takes its place by a
 * rename. Row by row, as anybody would write them: files that LMDB itself copies without free pages (`backup` with
 * compaction, lmdb 3.5.6) end the process of who writes to them later, one in three that were tried.
 * Must not know: what the rows mean.
 */
import { chownSync, renameSync, rmSync, statSync } from 'node:fs';
import { assert, ServerError } from '../base/errors.js';
import { syncFolder } from '../base/replace-file.js';
import { COMPACTION_RUN_OCTETS } from '../base/transfer-limits.js';
import { checkLmdbFile, type LmdbSummary, readLmdbFile } from './lmdb-file.js';
import { type Entry, openStore, type Store, TABLES, type TableName } from './store.js';
import { failure } from './store-failure.js';
import { storePaths } from './store-folder.js';

/**
 * Replaces the file of an open store, of which nothing but `close` may be used afterwards. Whenever this is broken off,
 * the file is the former or the new one, whole and on disk. Needs room for the copy beside the file.
 * @returns octets of the file before and after
 * @throws ServerError STORE_FULL if there is no room, or STORE_FAILED; the file is as it was
 */
export async function compactStore(
  store: Store,
  folder: string,
): Promise<{ readonly before: number; readonly after: number }> {
  const { data, copy } = storePaths(folder);
  try {
    assertKnown(data);
    rmSync(copy, { recursive: true, force: true });
    await copyRows(store, copy);
    const copied = storePaths(copy).data;
    // if the disk has spoiled it, that is not to be found out when the former file is gone
    const { octets: after, tables } = soundFile(copied);
    const { octets: before, rows } = store.stats();
    for (const { name, rows: found } of tables) {
      assert(rows[name as TableName] === found, `all rows of ${name} are copied`);
    }
    // root may do this for a server that is somebody else
    const { uid, gid } = statSync(data);
    chownSync(copied, uid, gid);
    syncFolder(copy);
    renameSync(copied, data);
    syncFolder(folder);
    return { before, after };
  } catch (error) {
    if (error instanceof ServerError) throw error;
    throw failure(folder, error, 'STORE_FAILED', 'the store cannot be copied');
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function soundFile(path: string): LmdbSummary {
  const found = checkLmdbFile(path);
  if (typeof found === 'string') throw new ServerError('STORE_FAILED', `${path}: ${found}`);
  return found;
}

/** Rows of tables that a newer version of the program has added would be lost. */
function assertKnown(path: string): void {
  const nothing = { wants: () => false, row: () => {}, fault: () => {} };
  for (const { name, rows } of readLmdbFile(path, nothing).tables) {
    if (rows === 0 || TABLES.some((known) => known === name)) continue;
    const text = `table ${name} is one of a newer version of the program, which has to do this`;
    throw new ServerError('STORE_FAILED', text);
  }
}

async function copyRows(from: Store, folder: string): Promise<void> {
  const to = openStore(folder);
  try {
    for (const name of TABLES) {
      const table = to.table(name);
      for (const run of runsOf(from.table(name).range())) {
        to.write(() => {
          for (const { key, value } of run) table.put(key, value);
        });
      }
    }
  } finally {
    await to.close();
  }
}

/** Rows of one transaction. */
function* runsOf(rows: Iterable<Entry>): Generator<readonly Entry[]> {
  let run: Entry[] = [];
  let octets = 0;
  for (const row of rows) {
    run.push(row);
    octets += row.key.length + row.value.length;
    if (octets < COMPACTION_RUN_OCTETS) continue;
    yield run;
    run = [];
    octets = 0;
  }
  if (run.length > 0) yield run;
}
