/**
 * Reads a named.conf in a thread of its own, and takes its zones in handfuls, so that whatever its size it holds up
 * nothing. Must not know: what is done with a configuration.
 */
import { Worker } from 'node:worker_threads';
import { errorText, ServerError } from '../base/errors.js';
import type { NamedConf, NamedZone } from '../config/named-types.js';

/** What the thread says: its zones, then all the rest. */
export type ConfigReport =
  | { readonly kind: 'zones'; readonly zones: readonly NamedZone[] }
  | { readonly kind: 'rest'; readonly rest: Omit<NamedConf, 'zones'> };

/** @throws ServerError `CONFIG_READER_FAILED` if the thread dies; what is wrong with the files is in the result */
export function readConfigAside(path: string): Promise<NamedConf> {
  const worker = new Worker(new URL('./config-thread.js', import.meta.url), { workerData: path });
  const zones: NamedZone[] = [];
  return new Promise((resolve, reject) => {
    const failed = (cause: string) =>
      reject(new ServerError('CONFIG_READER_FAILED', `${path} cannot be read: ${cause}`));
    worker.on('message', (report: ConfigReport) => {
      if (report.kind === 'zones') for (const zone of report.zones) zones.push(zone);
      else resolve({ ...report.rest, zones });
    });
    worker.once('error', (error) => failed(errorText(error)));
    worker.once('exit', () => failed('the reader ended'));
  });
}
