/**
 * How a UDP worker gets at zones: the main thread's end of it. The worker's end is udp-worker.ts.
 * Must not know: sockets, what is in a zone.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { assert } from '../base/errors.js';
import { UDP_SLOT_OCTETS } from '../base/limits.js';
import type { EngineOptions } from '../engine/process.js';
import type { ZoneStore } from '../index/zone-store.js';
import type { WorkerStatus } from './worker-status.js';

/** What a worker's thread runs, and on what. */
export type WorkerTask = {
  readonly script: URL;
  /** Called for each thread that is started. */
  begin(status: WorkerStatus): TaskRun;
};

export type TaskRun = {
  readonly data: unknown;
  readonly transfer: readonly MessagePort[];
  /** Called when the thread has ended. */
  end(): void;
};

/** The task's data for udp-worker.ts. */
export type ZoneTask = {
  readonly engine: EngineOptions;
  /** The store's messages. */
  readonly messages: MessagePort;
  /** The store's control words. */
  readonly control: SharedArrayBuffer;
  /** See query-log.ts. */
  readonly queryLog: SharedArrayBuffer;
};

/** Answers from what `store` holds. */
export function zoneTask(
  store: ZoneStore,
  engine: EngineOptions,
  queryLog: SharedArrayBuffer,
): WorkerTask {
  assert(engine.udpOctetsMax <= UDP_SLOT_OCTETS, 'a reply fits its slot');
  return {
    script: new URL('./udp-worker.js', import.meta.url),
    begin: (status) => {
      const { port1, port2 } = new MessageChannel();
      const reader = {
        message: port1.postMessage.bind(port1),
        seen: () => status.seen(),
      };
      store.subscribe(reader);
      const data: ZoneTask = { engine, messages: port2, control: store.control, queryLog };
      return {
        data,
        transfer: [port2],
        end: () => {
          store.unsubscribe(reader);
          port1.close();
        },
      };
    },
  };
}
