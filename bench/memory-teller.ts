/**
 * Loaded into a server by `node --expose-gc --import`: on SIGUSR2 it collects garbage and writes what memory is in use
 * to a file in its working directory. Must not know: the server.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** In the working directory. */
export const MEMORY_FILE = 'memory.json';

if (isMainThread && process.env['BENCH_MEMORY'] === 'tell') {
  process.on('SIGUSR2', () => {
    globalThis.gc?.();
    writeFileSync(`${MEMORY_FILE}.new`, JSON.stringify(process.memoryUsage()));
    renameSync(`${MEMORY_FILE}.new`, MEMORY_FILE);
  });
}
