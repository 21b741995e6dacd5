/**
 * What the server remembers across restarts, in the store of its state folder. Without a store, because the folder is
 * read-only or another server has it, the server runs on and forgets. Must not know: what is done with it.
 */
import { join } from 'node:path';
import { errorText } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { SerialMemory, ServedSerial } from '../load/serials.js';
import { octetsOf } from '../load/zone.js';
import { DelayedWrites } from '../store/delayed-writes.js';
import { Journal } from '../store/journal.js';
import { Notified } from '../store/notified.js';
import { SecondaryStates } from '../store/secondary-state.js';
import { ServedSerials } from '../store/served-serials.js';
import { openStore, type Store } from '../store/store.js';

/** By apex in wire form and peer. */
export type NotifiedMemory = {
  forget(apex: Uint8Array): void;
  get(apex: Uint8Array, target: string): number | null;
  set(apex: Uint8Array, target: string, serial: number): void;
};

export class ServerState {
  /** `null`: nothing is kept. */
  readonly store: Store | null;
  /** Serials that the server has raised. */
  readonly serials: SerialMemory;
  /** Changes of zones, for IXFR. */
  readonly journal: Journal | null;
  /** What is known of secondary zones; `null`: nothing is kept. */
  readonly secondaries: SecondaryStates | null;
  /** Who has acknowledged which serial. */
  readonly notified: NotifiedMemory;
  private readonly writes: DelayedWrites | null;
  private readonly log: Log;

  private constructor(store: Store | null, log: Log) {
    this.store = store;
    this.writes = store === null ? null : new DelayedWrites(store, log);
    this.log = log;
    this.serials = this.remembered();
    this.journal = store === null ? null : new Journal(store);
    this.secondaries = this.writes === null ? null : new SecondaryStates(this.writes);
    this.notified = this.rememberedNotified();
  }

  /** Opens the store below `stateDir`; what prevents that is logged. */
  static open(stateDir: string, log: Log): ServerState {
    try {
      return new ServerState(openStore(join(stateDir, 'store'), log), log);
    } catch (error) {
      const text = `nothing is remembered across restarts: ${errorText(error)}`;
      log.error('store.absent', { folder: stateDir }, text);
      return new ServerState(null, log);
    }
  }

  private remembered(): SerialMemory {
    const kept = this.writes === null ? null : new ServedSerials(this.writes);
    const here = new Map<string, ServedSerial>();
    return {
      get: (key) => here.get(key) ?? this.attempt(() => kept?.get(octetsOf(key)) ?? null, null),
      put: (key, served, isNew) => {
        here.set(key, served);
        const { serial, print } = served;
        this.attempt(() => kept?.set(octetsOf(key), serial, print, isNew), undefined);
      },
    };
  }

  /** Forgets a zone that is not ours any more. */
  forget(apex: Uint8Array): void {
    this.notified.forget(apex);
    this.attempt(() => this.journal?.forget(apex), undefined);
  }

  private rememberedNotified(): NotifiedMemory {
    const kept = this.writes === null ? null : new Notified(this.writes);
    return {
      forget: (apex) => this.attempt(() => kept?.forget(apex), undefined),
      get: (apex, target) => this.attempt(() => kept?.get(apex, target) ?? null, null),
      set: (apex, target, serial) => this.attempt(() => kept?.set(apex, target, serial), undefined),
    };
  }

  async close(): Promise<void> {
    this.attempt(() => this.writes?.close(), undefined);
    await this.store?.close();
  }

  private attempt<Result>(work: () => Result, otherwise: Result): Result {
    try {
      return work();
    } catch (error) {
      this.log.error('store.failed', {}, `the store: ${errorText(error)}`);
      return otherwise;
    }
  }
}
