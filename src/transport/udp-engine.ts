/**
 * Which way UDP is read: in batches by worker threads where that is possible, else by node:dgram in the main thread.
 * Must not know: how either of them works.
 */
import { errorText, ServerError } from '../base/errors.js';
import { MAPPED_BLOCK_OCTETS } from '../base/limits.js';
import type { Log } from '../base/log.js';
import type { QueryHandlers } from './deferred.js';
import type { Endpoint, Listener } from './query-handler.js';
import { SpareWorkers } from './spare-workers.js';
import { loadSystemCalls } from './system-calls.js';
import { startUdp } from './udp.js';
import { WorkerPool } from './worker-pool.js';
import type { WorkerTask } from './zone-worker.js';

export const UDP_ENGINES = ['auto', 'batch', 'dgram'] as const;
export type UdpEngine = (typeof UDP_ENGINES)[number];

export type UdpOptions = {
  readonly engine: UdpEngine;
  /** Threads for each address; for batches only. */
  readonly workers: number;
  /** Threads that have been started already. */
  readonly spares?: SpareWorkers | null;
};

/** Binds UDP on an address and answers there. Rejects with the system's error if it cannot be bound. */
export type StartUdp = (where: Endpoint, handlers: QueryHandlers, log: Log) => Promise<Listener>;

/**
 * Decides, and says so in the log.
 * @param task what worker threads run
 * @throws ServerError `BATCH_UNAVAILABLE` if batches are asked for and cannot be had
 */
export async function chooseUdpEngine(
  options: UdpOptions,
  task: WorkerTask,
  log: Log,
): Promise<StartUdp> {
  const { engine, workers } = options;
  const say = (chosen: string, reason: string) =>
    log.info('udp.engine', { engine: chosen, reason }, `UDP by ${chosen}: ${reason}`);
  if (engine === 'dgram') {
    say('dgram', 'asked for');
    return startUdp;
  }
  try {
    const calls = await loadSystemCalls();
    calls.mapBlocksFrom(MAPPED_BLOCK_OCTETS);
    const spares = options.spares ?? new SpareWorkers(task.script, workers);
    const threads = workers === 1 ? '1 worker' : `${workers} workers`;
    say('batch', `${threads} for each address${engine === 'batch' ? ', asked for' : ''}`);
    return (where, handlers, poolLog) => {
      const { defer } = handlers;
      const fallback = (endpoint: Endpoint) => startUdp(endpoint, handlers, poolLog);
      return WorkerPool.start(where, { calls, workers, task, spares, defer, fallback }, poolLog);
    };
  } catch (error) {
    if (engine === 'batch') {
      throw new ServerError('BATCH_UNAVAILABLE', `no UDP by batch: ${errorText(error)}`, error);
    }
    say('dgram', errorText(error));
    return startUdp;
  }
}
