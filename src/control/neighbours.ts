/**
 * What the server has to do with other servers, and what it remembers of them: transfers, catalog zones, zones that
 * autoprimaries offer, serials. All of it is loaded while zones are: the first answer should not wait for it.
 * Must not know: sockets, commands, how zones are loaded.
 */
import type { Log } from '../base/log.js';
import type { NamedConf } from '../config/named-types.js';
import type { EngineOptions } from '../engine/process.js';
import type { HeldImage } from '../index/held-image.js';
import type { ZoneTable } from '../index/zone-table.js';
import type { Reloader } from '../load/reloader.js';
import { FORGETFUL, SerialKeeper, type SerialMethod } from '../load/serials.js';
import { signsAny } from '../load/signing-order.js';
import { counted } from '../load/zone-log.js';
import type { RowId } from '../load/zone-rows.js';
import type { ZoneObserver, ZoneSet } from '../load/zone-set.js';
import type { Store } from '../store/store.js';
import type { Autosecondaries } from '../transfer/autosecondaries.js';
import type { Catalogs } from '../transfer/catalogs.js';
import type { PeerService, PeerServiceParts } from '../transfer/service.js';
import type { TsigKey } from '../wire/tsig-key.js';
import type { ServeOptions } from './serve.js';
import type { ServerState } from './server-state.js';
import type { Transfers } from './transfers.js';
import type { ZoneAdder } from './zone-adder.js';

/** The server around it, there before anything is started. */
export type NeighbourServer = {
  readonly zones: ZoneSet;
  readonly reloader: Reloader;
  /** The main thread's. */
  readonly table: ZoneTable;
  readonly adder: ZoneAdder;
};

export class Neighbours implements ZoneObserver {
  readonly serials: SerialKeeper;
  catalogs: Catalogs | null = null;
  private readonly options: ServeOptions;
  private readonly log: Log;
  /** Of each configuration, by its path. */
  private readonly keys = new Map<string, readonly TsigKey[]>();
  private server: NeighbourServer | null = null;
  private state: ServerState | null = null;
  private transfers: Transfers | null = null;
  private autosecondaries: Autosecondaries | null = null;
  private opening: Promise<ServerState> | null = null;
  private starting: Promise<Transfers> | null = null;
  private isStopped = false;

  constructor(options: ServeOptions, log: Log) {
    this.options = options;
    this.log = log;
    const memory = () => this.state?.serials ?? FORGETFUL;
    this.serials = new SerialKeeper((row) => this.serialMethod(row), memory);
  }

  // --- versions of zones

  hold(apex: Uint8Array): HeldImage | null {
    return this.transfers?.hold(apex) ?? null;
  }

  published(apex: Uint8Array, former: HeldImage | null, next: HeldImage): void {
    this.transfers?.published(apex, former, next);
  }

  set(apex: Uint8Array): void {
    this.catalogs?.set(apex);
  }

  removed(apex: Uint8Array): void {
    this.transfers?.removed(apex);
    this.catalogs?.removed(apex);
  }

  // --- start and end

  /**
   * Opens what is remembered, and begins with transfers.
   * @param mayBegin when there is time for transfers
   */
  start(server: NeighbourServer, mayBegin: Promise<void>): Promise<Transfers> {
    this.server = server;
    this.opening = this.openState();
    this.starting = this.open(server, this.opening, mayBegin);
    return this.starting;
  }

  private async openState(): Promise<ServerState> {
    const { ServerState } = await import('./server-state.js');
    this.state = ServerState.open(this.options.stateDir, this.log);
    return this.state;
  }

  private async open(
    { zones, table, reloader }: NeighbourServer,
    opening: Promise<ServerState>,
    mayBegin: Promise<void>,
  ): Promise<Transfers> {
    const state = await opening;
    await mayBegin;
    const { Transfers } = await import('./transfers.js');
    const { settings } = this.options;
    const { log } = this;
    const { loads } = reloader;
    const unknown = this.offered.bind(this);
    const transfers = new Transfers({ zones, table, settings, state, loads, unknown, log });
    for (const [path, keys] of this.keys) transfers.configure(path, keys);
    this.transfers = transfers;
    transfers.followed();
    return transfers;
  }

  /** What is remembered, or null if nothing is. */
  async store(): Promise<Store | null> {
    return (await this.opening)?.store ?? null;
  }

  /** Whether zones can only be loaded when transfers have begun. */
  areNeededToLoad(conf: NamedConf | null): boolean {
    return this.raisesSerials(conf) || this.hasSecondaries();
  }

  /** Resolves when zones may be loaded: what their serials or files depend on must be open. */
  async prepare(conf: NamedConf | null): Promise<void> {
    if (this.areNeededToLoad(conf)) await this.starting;
    await this.openCatalogs();
    await this.openAutosecondaries();
  }

  /** All that there was at the start has been tried. */
  async loaded(): Promise<void> {
    await this.catalogs?.start();
    const transfers = await this.starting;
    if (this.isStopped || transfers === null) return;
    await transfers.started();
    this.notifyAtStart(transfers);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all([this.catalogs?.stop(), this.autosecondaries?.stop()]);
  }

  /** When nothing is loaded or asked any more. */
  async close(): Promise<void> {
    await this.starting;
    await this.transfers?.stop();
    await this.state?.close();
  }

  // --- what comes from elsewhere

  /** What answers queries that the engine defers. */
  async service(
    options: EngineOptions,
    answered: PeerServiceParts['answered'],
  ): Promise<PeerService | null> {
    return (await this.starting)?.service(options, answered) ?? null;
  }

  /** Takes over the keys of a configuration. */
  configure(path: string, keys: readonly TsigKey[]): void {
    this.keys.set(path, keys);
    this.transfers?.configure(path, keys);
  }

  /** The zones of a configuration have changed, and are not loaded yet. */
  followed(): void {
    this.transfers?.followed();
  }

  /** Zones have been added, or changed, after the start; resolves when they have been tried. */
  async zonesChanged(): Promise<void> {
    this.followed();
    await this.server?.reloader.loadAdded();
  }

  /** Somebody notifies of a zone that we do not have. @returns whether it is an autoprimary */
  private offered(apex: Uint8Array, from: Uint8Array, keyName: Uint8Array | null): boolean {
    return this.autosecondaries?.offered(apex, from, keyName) ?? false;
  }

  // --- parts

  private raisesSerials(conf: NamedConf | null): boolean {
    if (this.options.serial !== 'keep' || this.options.catalogs.produced !== null) return true;
    const { signing = null } = this.options.reload;
    if (signing !== null && signsAny(signing)) return true;
    if (conf?.zones.some((zone) => zone.signing !== null)) return true;
    const wanted = [conf?.options, ...(conf?.zones ?? [])];
    return wanted.some((one) => (one?.serialUpdateMethod ?? null) !== null);
  }

  /** Their files count only if this server wrote them. */
  private hasSecondaries(): boolean {
    for (const { kind } of this.server?.zones.all() ?? []) if (kind === 'secondary') return true;
    return this.options.catalogs.consumed.length > 0 || this.options.autosecondary !== null;
  }

  /** A secondary's serial is its primary's. */
  private serialMethod(row: RowId): SerialMethod {
    const zone = this.server?.zones.at(row);
    if (zone === undefined || zone.kind === 'secondary') return 'keep';
    return zone.rules.serialUpdateMethod ?? this.options.serial;
  }

  private async openCatalogs(): Promise<void> {
    const { server, log } = this;
    const { catalogs, stateDir, reload } = this.options;
    if (server === null || (catalogs.consumed.length === 0 && catalogs.produced === null)) return;
    const { Catalogs } = await import('../transfer/catalogs.js');
    const { zones, reloader, table } = server;
    const { allowMassRemoval } = reload;
    const changed = () => this.zonesChanged();
    const parts = { zones, reloader, table, stateDir, allowMassRemoval, changed, log };
    this.catalogs = new Catalogs({ ...parts, ...catalogs });
  }

  private async openAutosecondaries(): Promise<void> {
    const { server, log } = this;
    const { autosecondary } = this.options;
    if (autosecondary === null || server === null) return;
    const { openAutosecondaries } = await import('./autosecondary-settings.js');
    const changed = () => this.zonesChanged();
    this.autosecondaries = openAutosecondaries(autosecondary, server.adder, changed, log);
  }

  /** The serials of tinydns files are their times, which may have changed while nobody served them. */
  private notifyAtStart(transfers: Transfers): void {
    const wanted = this.options.dataSources.filter(({ notifyOnStartup }) => notifyOnStartup);
    if (wanted.length === 0) return;
    const count = transfers.notifyFiles(new Set(wanted.map(({ path }) => path)));
    const text = `NOTIFY at the start for ${counted(count, 'zone')}`;
    this.log.info('notify.start', { zones: count }, text);
  }
}
