/**
 * The folder of a store, and what is done before LMDB may open the file in it: the file is checked, and one that cannot
 * be used is set aside. Nothing is repaired: what a store holds can be had again, and half of it is worse than none.
 * Must not know: what is stored.
 */
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { ServerError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { replaceFile } from '../base/replace-file.js';
import {
  STORE_LOCK_OCTETS,
  STORE_START_OCTETS,
  STORES_ASIDE_MAX,
} from '../base/transfer-limits.js';
import { checkLmdbFile } from './lmdb-file.js';

/** Version of the layout that store.ts draws. */
const FORMAT = 1;

const ASIDE = /^aside-\d{8}T\d{9}Z(?:-\d+)?$/;

/** Where the files of a store stand. */
export type StorePaths = {
  readonly data: string;
  /** LMDB's own. */
  readonly lock: string;
  readonly format: string;
  readonly owner: string;
  /** Folder of a store whose data is to become this one's. */
  readonly copy: string;
  /** Folder of image files. */
  readonly images: string;
};

export function storePaths(folder: string): StorePaths {
  return {
    data: join(folder, 'store.mdb'),
    lock: join(folder, 'store.mdb-lock'),
    format: join(folder, 'format'),
    owner: join(folder, 'owner'),
    copy: join(folder, 'copy'),
    images: join(folder, 'images'),
  };
}

/**
 * Makes the folder ready for LMDB. Takes time in proportion to the store: every page is read.
 * On a full disk the library would end the process by a signal: it does not survive that it cannot make the data file,
 * and it maps its lock file, which LMDB makes with holes. So room is proven first, and the lock file is made here.
 * @returns what is wrong with what was there and stands aside now, or null
 * @throws the system's error
 */
export function prepareStore(folder: string, log: Log | null): string | null {
  const paths = storePaths(folder);
  rmSync(paths.copy, { recursive: true, force: true });
  const octets = statSync(paths.data, { throwIfNoEntry: false })?.size ?? 0;
  const fault = octets > 0 ? faultOf(paths) : null;
  if (fault !== null) setAside(folder, paths, fault, log);
  // First this, then the data: a file without it is not ours.
  if (!existsSync(paths.format)) {
    replaceFile(paths.format, Buffer.from(`hotzone store ${FORMAT}\n`), 0o600);
  }
  if (octets === 0 || fault !== null) proveRoom(join(folder, 'room'));
  makeLockFile(paths);
  return fault;
}

/**
 * The same for a store that is to be there and good; it is left as it is.
 * @throws ServerError STORE_DAMAGED if it cannot be used, or the system's error
 */
export function prepareExistingStore(folder: string): void {
  const paths = storePaths(folder);
  rmSync(paths.copy, { recursive: true, force: true });
  const fault = faultOf(paths);
  if (fault !== null) throw new ServerError('STORE_DAMAGED', `${paths.data}: ${fault}`);
  if (existsSync(paths.lock)) return;
  makeLockFile(paths);
  // root may do this for a server that is somebody else
  const { uid, gid } = statSync(paths.data);
  chownSync(paths.lock, uid, gid);
}

function makeLockFile({ lock }: StorePaths): void {
  if (!existsSync(lock)) replaceFile(lock, new Uint8Array(STORE_LOCK_OCTETS), 0o600);
}

/** Stores that were set aside, by the names of their folders, oldest first. @throws the system's error */
export function asideStores(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => ASIDE.test(name))
    .sort();
}

function proveRoom(path: string): void {
  replaceFile(path, new Uint8Array(STORE_START_OCTETS), 0o600);
  rmSync(path);
}

/** What is wrong with the version of the layout, or null. @throws the system's error */
export function formatFault(paths: StorePaths): string | null {
  const version = formatOf(paths);
  if (version === 0) return 'it is not a store of this program';
  if (version <= FORMAT) return null;
  return `its format ${version} is newer than ${FORMAT}, the newest known`;
}

/** Version of the layout; 0 if it does not say. @throws the system's error */
export function formatOf({ format }: StorePaths): number {
  const text = existsSync(format) ? readFileSync(format, 'latin1') : '';
  return Number(/^hotzone store (\d{1,9})\n$/.exec(text)?.[1] ?? 0);
}

function faultOf(paths: StorePaths): string | null {
  const fault = formatFault(paths);
  if (fault !== null) return fault;
  const found = checkLmdbFile(paths.data);
  return typeof found === 'string' ? found : null;
}

function setAside(folder: string, paths: StorePaths, fault: string, log: Log | null): void {
  const stamp = new Date().toISOString().replace(/[-:.]/g, '');
  const aside = freeName(join(folder, `aside-${stamp}`));
  mkdirSync(aside, { mode: 0o700 });
  const to = storePaths(aside);
  renameSync(paths.data, to.data);
  if (existsSync(paths.format)) renameSync(paths.format, to.format);
  rmSync(paths.lock, { force: true });
  log?.error(
    'store.aside',
    { file: paths.data, aside: to.data, fault },
    `${paths.data} cannot be used, ${fault}: set aside as ${to.data}, a new one is made`,
  );
  dropOldest(folder, log);
}

/** Two within a millisecond need two names. */
function freeName(path: string): string {
  for (let i = 1; ; i++) {
    const name = i === 1 ? path : `${path}-${i}`;
    if (!existsSync(name)) return name;
  }
}

function dropOldest(folder: string, log: Log | null): void {
  for (const name of asideStores(folder).slice(0, -STORES_ASIDE_MAX)) {
    const path = join(folder, name);
    rmSync(path, { recursive: true, force: true });
    log?.warn('store.aside.removed', { file: path }, `${path} is removed: newer ones are kept`);
  }
}
