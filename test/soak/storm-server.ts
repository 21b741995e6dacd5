/**
 * The server of the storm, in a process of its own so that its memory can be measured: serves the directory that it is
 * given, tells its port, and answers each message with its memory after a collection.
 */

import { startServer } from '../../src/control/serve.js';
import { memoryLog } from '../e2e/test-server.js';
import { testOptions } from '../support/serve-options.js';

export type StormMemory = {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  /** Log lines so far by event. */
  readonly events: Readonly<Record<string, number>>;
};

const { log, lines } = memoryLog();
const events: Record<string, number> = {};
const zones = process.argv[2] ?? 'zones';
const options = testOptions(`${zones}.server`, [zones], { 'rescan-interval': '5' });
const server = await startServer(options, log);
await server.loaded;
process.on('message', () => {
  for (const line of lines.splice(0)) events[line.event] = (events[line.event] ?? 0) + 1;
  globalThis.gc?.();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  process.send?.({ rss, heapUsed, external, arrayBuffers, events } satisfies StormMemory);
});
process.on('disconnect', () => process.exit(0));
process.send?.(server.endpoints[0]?.port);
