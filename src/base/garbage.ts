/**
 * Collects this thread's garbage now. Shared memory is given back to the system when the last thread has collected its
 * handle, and a thread that allocates nothing, as those that answer queries, never would by itself.
 * Must not know: what was let go.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { COLLECT_GARBAGE_MS } from './limits.js';

let collect: (() => void) | null = null;

/** Takes about 2 ms in a thread with little else in its heap. */
export function collectGarbage(): void {
  collect ??= exposeCollector();
  collect();
}

let timer: NodeJS.Timeout | null = null;

/** Collects in a while, once for whatever is let go until then. */
export function collectGarbageSoon(): void {
  if (timer !== null) return;
  timer = setTimeout(() => {
    timer = null;
    collectGarbage();
  }, COLLECT_GARBAGE_MS).unref();
}

/** What `node --expose-gc` gives, without asking for it on the command line. */
function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const exposed: unknown = runInNewContext('gc');
  return typeof exposed === 'function' ? () => exposed() : () => {};
}
