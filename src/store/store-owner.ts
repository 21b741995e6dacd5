/**
 * One server per store: a file in the store's folder names the process that has it open. What a dead process left
 * behind is taken over. Numbers of processes are used again, so the file also says when the process started. LMDB's own
 * locks keep the file whole even where this cannot tell, such as between containers that do not see each other's
 * processes.
 * Must not know: what is stored.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { ServerError } from '../base/errors.js';
import { STORE_OWNER_TRIES_MAX } from '../base/transfer-limits.js';

/**
 * Makes this process the owner.
 * @param path of the file that names the owner
 * @returns gives it up
 * @throws ServerError STORE_IN_USE with the other's number, or the system's error
 */
export function takeStore(path: string): () => void {
  const own = `${process.pid} ${startOf(process.pid)}\n`;
  const next = `${path}.${process.pid}`;
  for (let tries = 0; tries < STORE_OWNER_TRIES_MAX; tries++) {
    const other = readText(path);
    if (other === null) {
      if (link(own, next, path)) return () => leave(path, own);
    } else {
      const pid = livingOwner(other);
      if (pid !== 0) throw inUse(path, `process ${pid}`);
      removeStale(path, other, next);
    }
  }
  throw inUse(path, 'several starting servers');
}

function inUse(path: string, by: string): ServerError {
  return new ServerError('STORE_IN_USE', `the store is in use by ${by}, see ${path}`);
}

/** A link appears with its text, unlike a new file; and only one of several starting servers makes it. */
function link(text: string, next: string, path: string): boolean {
  writeFileSync(next, text);
  try {
    linkSync(next, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(next, { force: true });
  }
}

/** Takes away what a dead process left; another start may have replaced it in this moment. */
function removeStale(path: string, stale: string, next: string): void {
  try {
    renameSync(path, next);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  if (readText(next) !== stale) link(readText(next) ?? '', `${next}.back`, path);
  rmSync(next, { force: true });
}

function leave(path: string, own: string): void {
  if (readText(path) === own) rmSync(path, { force: true });
}

/** The number of the living process that has the store; 0 if none has. @throws the system's error */
export function storeOwner(path: string): number {
  const text = readText(path);
  return text === null ? 0 : livingOwner(text);
}

/** @returns the number of the process that the text names; 0 if that is no more */
function livingOwner(text: string): number {
  const match = /^(\d+) (\S+)\n$/.exec(text);
  if (match === null) return 0;
  const pid = Number(match[1]);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (isCode(error, 'ESRCH')) return 0;
  }
  return startOf(pid) === match[2] ? pid : 0;
}

/** Which boot of the machine and which of its ticks a process started in; `-` where the system does not tell. */
function startOf(pid: number): string {
  const boot = readText('/proc/sys/kernel/random/boot_id');
  const stat = readText(`/proc/${pid}/stat`);
  if (boot === null || stat === null) return '-';
  // The program's name is in parentheses and may hold anything; the start is field 22, proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return `${boot.trim()}/${fields[19] ?? ''}`;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ESRCH')) return null;
    throw error;
  }
}

function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}
