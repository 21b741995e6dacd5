/**
 * Gives disk space back: LMDB's file never shrinks, so what lives in it is copied into a new one, which takes its place
 * by a rename. Must not know: what is stored.
 */
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { assert, ServerError } from '../base/errors.js';
import { syncFolder } from '../base/replace-file.js';
import { checkLmdbFile } from './lmdb-file.js';
import type { Store, TableName } from './store.js';
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
  const { octets: before, rows } = store.stats();
  rmSync(copy, { force: true });
  await store.copyTo(copy);
  try {
    // a copy that the disk has spoiled would be noticed when the former file is gone
    const found = checkLmdbFile(copy);
    if (typeof found === 'string') throw new ServerError('STORE_FAILED', `the copy: ${found}`);
    for (const table of found.tables) {
      const known = rows[table.name as TableName];
      assert(known === undefined || known === table.rows, `all rows of ${table.name} are copied`);
    }
    // root may do this for a server that is somebody else
    const { uid, gid } = statSync(data);
    chownSync(copy, uid, gid);
    chmodSync(copy, 0o600);
    syncFile(copy);
    renameSync(copy, data);
    syncFolder(folder);
    return { before, after: found.octets };
  } catch (error) {
    rmSync(copy, { force: true });
    if (error instanceof ServerError) throw error;
    throw failure(folder, error, 'STORE_FAILED', 'the store cannot be copied');
  }
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
