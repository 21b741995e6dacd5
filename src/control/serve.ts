/**
 * The running server: joins zones on disk, the engine and the sockets, and takes them apart again.
 * Must not know: the command line, signals.
 */
import { setTimeout } from 'node:timers/promises';
import { errorText } from '../base/errors.js';
import { collectGarbageSoon } from '../base/garbage.js';
import { REPEATED_LOG_MS, START_WAIT_MS } from '../base/limits.js';
import { type Log, limitedWarning } from '../base/log.js';
import { Engine, type EngineOptions } from '../engine/process.js';
import { ZoneStore } from '../index/zone-store.js';
import { ZoneTable } from '../index/zone-table.js';
import { Loader } from '../load/loader.js';
import { Reloader, type ReloaderOptions } from '../load/reloader.js';
import { openSource } from '../load/rescan.js';
import { counted } from '../load/zone-log.js';
import { ZoneSet } from '../load/zone-set.js';
import { startListeners, stopListeners } from '../transport/listeners.js';
import {
  type Endpoint,
  endpointText,
  type Listener,
  type QueryHandler,
} from '../transport/query-handler.js';
import { chooseUdpEngine, type UdpOptions } from '../transport/udp-engine.js';
import { zoneTask } from '../transport/zone-worker.js';
import { showProgress } from './progress.js';

export type ServeOptions = {
  /** Zone directories and zone files. */
  readonly sources: readonly string[];
  readonly endpoints: readonly Endpoint[];
  readonly engine: EngineOptions;
  readonly udp: UdpOptions;
  readonly reload: ReloaderOptions;
  /** Whether a person looks on. */
  readonly terminal: boolean;
};

/** A server that answers. */
export type RunningServer = {
  /** Where it really listens: one for UDP and one for TCP on each address. */
  readonly endpoints: readonly Endpoint[];
  readonly zones: ZoneSet;
  /** Resolves once each zone that was there at the start has been tried. */
  readonly loaded: Promise<void>;
  /** Compares all zones with their files, soon. */
  rescan(): void;
  stop(): Promise<void>;
};

/**
 * Loads what can be loaded and listens. Zones that do not load do not prevent the start, and those that take long
 * only delay it for a while.
 * @throws ServerError if a source is missing or an address cannot be bound; nothing stays open then
 */
export async function startServer(options: ServeOptions, log: Log): Promise<RunningServer> {
  const start = performance.now();
  const sources = await Promise.all(options.sources.map(openSource));
  const store = new ZoneStore();
  const table = new ZoneTable();
  store.subscribe({
    message: (message) => {
      table.take(message);
      if (message.kind === 'drop') collectGarbageSoon();
    },
    seen: () => Number.POSITIVE_INFINITY,
  });
  const zones = new ZoneSet(store);
  const reloader = new Reloader(sources, zones, new Loader(), log, options.reload);
  const engine = new Engine(table, options.engine);
  const loaded = loadAll(reloader, zones, options.terminal);
  let listeners: Listener[];
  try {
    await Promise.race([loaded, setTimeout(START_WAIT_MS, undefined, { ref: false })]);
    const startUdp = await chooseUdpEngine(options.udp, zoneTask(store, options.engine), log);
    listeners = await startListeners(options.endpoints, guarded(engine, log), log, startUdp);
  } catch (error) {
    await reloader.stop();
    throw error;
  }
  const endpoints = listeners.map((listener) => listener.endpoint);
  logListening(log, endpoints);
  return {
    endpoints,
    zones,
    loaded: loaded.then(() => logLoaded(log, zones, performance.now() - start)),
    rescan: () => reloader.rescan(),
    stop: async () => {
      await Promise.all([stopListeners(listeners), reloader.stop()]);
    },
  };
}

/** The engine does not throw; should a bug make it, that costs one query, not the server. */
function guarded(engine: Engine, log: Log): QueryHandler {
  const failed = limitedWarning(log, 'query.failed', REPEATED_LOG_MS);
  return (request, length, response, overTcp) => {
    try {
      return engine.processQuery(request, length, response, overTcp);
    } catch (error) {
      failed(
        { stack: error instanceof Error ? `${error.stack}` : '' },
        `query failed: ${errorText(error)}`,
      );
      return 0;
    }
  };
}

async function loadAll(reloader: Reloader, zones: ZoneSet, terminal: boolean): Promise<void> {
  const count = () => {
    const { zones: total, pending } = zones.totals();
    return { done: total - pending, total };
  };
  const hide = terminal ? showProgress('loading zones', count) : () => {};
  await reloader.start();
  hide();
}

function logListening(log: Log, endpoints: readonly Endpoint[]): void {
  const where = [...new Set(endpoints.map(endpointText))].join(', ');
  log.info('listen', { addresses: where }, `listening on ${where} (UDP and TCP)`);
}

function logLoaded(log: Log, zones: ZoneSet, durationMs: number): void {
  const { zones: all, serving, records, errors, warnings } = zones.totals();
  const rejected = all - serving;
  log.info(
    'ready',
    { zones: serving, rejected, records, errors, warnings, ms: Math.round(durationMs) },
    `serving ${counted(serving, 'zone')} with ${counted(records, 'record')}` +
      `${rejected === 0 ? '' : `, ${rejected} rejected`}; ${counted(errors, 'error')}, ` +
      `${counted(warnings, 'warning')}; ${(durationMs / 1000).toFixed(2)} s`,
  );
}
