/**
 * The file that tells this process's number to scripts. Must not know: where it is wanted.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText } from '../base/errors.js';
import type { Log } from '../base/log.js';

/**
 * Writes the file; one that cannot be written does not prevent the start.
 * @returns what removes it, if it is still ours
 */
export function writePidFile(path: string, log: Log): () => void {
  const text = `${process.pid}\n`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const next = `${path}.${process.pid}`;
    writeFileSync(next, text, { mode: 0o644 });
    renameSync(next, path);
  } catch (error) {
    log.warn('pid.failed', { file: path }, `no pid file: ${errorText(error)}`);
    return () => {};
  }
  return () => {
    try {
      if (readFileSync(path, 'utf8') === text) rmSync(path);
    } catch {
      // gone already
    }
  };
}
