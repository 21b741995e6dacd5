/**
 * The running server: joins zones on disk, configurations, the engine, the sockets and the control channel, and takes
 * them apart again. Must not know: the command line, signals, settings' syntax.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { errorText, ServerError } from '../base/errors.js';
import { collectGarbageSoon } from '../base/garbage.js';
import { REPEATED_LOG_MS, START_WAIT_MS } from '../base/limits.js';
import { type Log, limitedWarning } from '../base/log.js';
import type { NamedConf } from '../config/named-types.js';
import type { Settings } from '../config/settings.js';
import { tsigKeys } from '../config/tsig-keys.js';
import { Engine, type EngineOptions } from '../engine/process.js';
import { ZoneStore } from '../index/zone-store.js';
import { ZoneTable } from '../index/zone-table.js';
import { ConfigSource } from '../load/config-source.js';
import type { IndexKind } from '../load/image-keeper.js';
import { Loader, type ZoneLoader } from '../load/loader.js';
import { configuredZones } from '../load/named-zones.js';
import { Reloader, type ReloaderOptions } from '../load/reloader.js';
import { openSource } from '../load/rescan.js';
import type { SerialMethod } from '../load/serials.js';
import { SignatureWatch } from '../load/signature-watch.js';
import { SigningDesk } from '../load/signing-desk.js';
import { ZoneSet } from '../load/zone-set.js';
import { startListeners, stopListeners } from '../transport/listeners.js';
import type { Endpoint, Listener, QueryHandler } from '../transport/query-handler.js';
import { QueryLog, queryText } from '../transport/query-log.js';
import { chooseUdpEngine, type UdpOptions } from '../transport/udp-engine.js';
import { zoneTask } from '../transport/zone-worker.js';
import type { AutosecondarySettings } from './autosecondary-settings.js';
import type { ControlChannelOptions } from './control-channel.js';
import { hasKeptImages, keptFolder } from './kept-folder.js';
import type { KeptImages } from './kept-images.js';
import type { LiveSource } from './live-control.js';
import { Neighbours } from './neighbours.js';
import type { ControlledServer } from './open-control.js';
import { writePidFile } from './pid-file.js';
import { showProgress } from './progress.js';
import { logListening, logLoaded } from './serve-log.js';
import type { ServedData } from './serve-settings.js';
import { Gate, whenThere } from './start-order.js';
import type { Transfers } from './transfers.js';
import { ZoneAdder } from './zone-adder.js';

/** How and where queries are answered. */
export type Answering = { readonly endpoints: readonly Endpoint[]; readonly engine: EngineOptions };

export type ServeOptions = {
  /** Zone directories and zone files. */
  readonly sources: readonly string[];
  /** A named.conf whose zones are served, too; `null` for none. */
  readonly bindConfig: string | null;
  /** Files of tinydns data whose zones are served, too. */
  readonly dataSources: readonly ServedData[];
  /** Catalog zones that are consumed and made. */
  readonly catalogs: {
    readonly consumed: readonly Uint8Array[];
    readonly produced: Uint8Array | null;
  };
  /** Who may add zones by NOTIFY; `null`: nobody. */
  readonly autosecondary: AutosecondarySettings | null;
  /** How serials come about where the configuration does not say. */
  readonly serial: SerialMethod;
  /** Where images are to be. */
  readonly index: IndexKind;
  /** Whether what an earlier run has served is served until its files have been looked at. */
  readonly warmStart: boolean;
  /** Folder of what survives a restart. */
  readonly stateDir: string;
  /** @param conf what the named.conf says, if there is one */
  readonly answering: (conf: NamedConf | null) => Answering;
  readonly udp: UdpOptions;
  readonly reload: ReloaderOptions;
  readonly control: ControlChannelOptions;
  readonly settings: Settings;
  /** @returns the path of the pid file, `null` for none */
  readonly pidFile: (conf: NamedConf | null) => string | null;
  /** Whether a person looks on. */
  readonly terminal: boolean;
  /** Called when a command asks for the end. */
  readonly quit: () => void;
  /** Milliseconds since 1970, for signing; by default the system's. */
  readonly clock?: () => number;
  /** What loads zones, if it has been started already. */
  readonly loader?: ZoneLoader | null;
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
 * @throws ServerError if a source or configuration is missing, or an address or the control socket cannot be had;
 * nothing stays open then
 */
export async function startServer(options: ServeOptions, log: Log): Promise<RunningServer> {
  const start = performance.now();
  const server = new Server(await Promise.all(options.sources.map(openSource)), options, log);
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  const { zones } = server;
  return {
    endpoints: server.endpoints,
    zones,
    loaded: (server.loaded ?? Promise.resolve()).then(() =>
      logLoaded(log, zones, performance.now() - start),
    ),
    rescan: () => server.reloader.rescan(),
    stop: () => server.stop(),
  };
}

class Server {
  readonly zones: ZoneSet;
  readonly reloader: Reloader;
  loaded: Promise<void> | null = null;
  private readonly options: ServeOptions;
  private readonly log: Log;
  private readonly store = new ZoneStore();
  readonly table = new ZoneTable();
  private readonly queryLog = new QueryLog();
  private readonly configurations: LiveSource[] = [];
  readonly adder: ZoneAdder;
  private readonly signing: SigningDesk;
  private readonly neighbours: Neighbours;
  private kept: KeptImages | null = null;
  private isStopped = false;
  private readonly signatures: SignatureWatch;
  private listeners: readonly Listener[] = [];
  /** What ends the parts that are not listed above, in the order of their starting. */
  private readonly ends: (() => Promise<void> | void)[] = [];

  constructor(
    sources: readonly Awaited<ReturnType<typeof openSource>>[],
    options: ServeOptions,
    log: Log,
  ) {
    this.options = options;
    this.log = log;
    this.store.subscribe({
      message: (message) => {
        // no packet is being answered now, and the one before keeps nothing
        this.table.begin();
        if (this.table.take(message)) collectGarbageSoon();
      },
      seen: () => Number.POSITIVE_INFINITY,
    });
    this.neighbours = new Neighbours(options, log);
    const { neighbours } = this;
    this.zones = new ZoneSet(this.store, { serials: neighbours.serials, observer: neighbours });
    this.reloader = new Reloader(
      sources,
      this.zones,
      options.loader ?? new Loader(),
      log,
      options.reload,
    );
    this.signing = new SigningDesk({
      zones: this.zones,
      serials: neighbours.serials,
      keptFolder: join(options.stateDir, 'signatures'),
      clock: options.clock ?? Date.now,
      again: (row) => this.reloader.loads.again(row),
    });
    this.reloader.loads.signing = this.signing;
    const warningDays = () => options.settings.number('signature-warning-days');
    this.signatures = new SignatureWatch({ zones: this.zones, log, warningDays });
    const added = this.addConfiguration(join(options.stateDir, 'added-zones.conf'), true);
    this.adder = new ZoneAdder(this.zones, added.source, added.zones);
  }

  get endpoints(): Endpoint[] {
    return this.listeners.map((listener) => listener.endpoint);
  }

  async start(): Promise<void> {
    const { options, reloader, neighbours } = this;
    this.queryLog.turn(options.settings.flag('query-logging'));
    const isKept = options.warmStart && hasKeptImages(options.stateDir);
    // what is kept is served before anything else is read, even of the program
    const served = new Gate();
    const transfers = neighbours.start(this, served.opened);
    const control = transfers.then((started) => this.startControl(started));
    // looked at below; until then nobody is to take it for unhandled
    control.catch(() => {});
    if (isKept) await this.openKept();
    if (this.kept === null) served.open();
    const conf = await this.readConfigurations().catch(async (error: unknown) => {
      served.open();
      await control;
      throw error;
    });
    this.kept?.publish();
    if (!this.kept?.isServing || neighbours.areNeededToLoad(conf)) served.open();
    await neighbours.prepare(conf);
    for (const { path, rules } of options.dataSources) reloader.serveData(path, rules);
    // Loading takes longest: it begins before anything else is waited for.
    if (served.isOpen) this.loaded = this.loadAll();
    const listen = await this.prepareToListen(conf, transfers);
    if (this.loaded !== null) {
      if (!isKept) await control;
      await Promise.race([this.loaded, setTimeout(START_WAIT_MS, undefined, { ref: false })]);
    }
    await listen();
    served.open();
    this.loaded ??= this.loadAll();
    await control;
    for (const { source } of this.configurations) reloader.follow(source);
    reloader.follow(this.signing);
    this.signing.start();
  }

  /** Starts the threads that answer; what it returns opens the sockets. */
  private async prepareToListen(
    conf: NamedConf | null,
    transfers: Promise<Transfers>,
  ): Promise<() => Promise<void>> {
    const { options, log } = this;
    const { endpoints, engine: engineOptions } = options.answering(conf);
    const engine = new Engine(this.table, engineOptions);
    const task = zoneTask(this.store, engineOptions, this.queryLog.buffer);
    const startUdp = await chooseUdpEngine(options.udp, task, log);
    const service = transfers.then((started) => started.service(engineOptions, this.logQuery));
    const handlers = { answer: this.handler(engine), defer: whenThere(service) };
    return async () => {
      this.listeners = await startListeners(endpoints, handlers, log, startUdp);
      const pidFile = options.pidFile(conf);
      if (pidFile !== null) this.ends.push(writePidFile(pidFile, log));
      logListening(log, this.endpoints);
    };
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const { source } of this.configurations) source.stop();
    this.signing.stop();
    this.signatures.stop();
    await Promise.all([...this.ends.map((end) => end()), this.neighbours.stop()]);
    await Promise.all([stopListeners(this.listeners), this.reloader.stop()]);
    await this.kept?.stop();
    await this.neighbours.close();
  }

  /** Without a folder for the socket the server still answers, unless it was told to use that folder. */
  private async startControl({ notifier, secondaries }: Transfers): Promise<void> {
    const { control, settings } = this.options;
    try {
      const { openControl } = await import('./open-control.js');
      this.ends.push(
        await openControl(control, { ...this.controlled(), notifier, secondaries }, this.log),
      );
    } catch (error) {
      const isOptional = control.tcp === null && !settings.isSet('socket-dir');
      const isAbsent = error instanceof ServerError && error.code === 'CONTROL_LISTEN_FAILED';
      if (!isOptional || !isAbsent) throw error;
      this.log.warn('control.absent', {}, `no control socket: ${errorText(error)}`);
    }
  }

  // --- configurations

  private addConfiguration(path: string, keysElsewhere = false): LiveSource {
    const { zones, includeFrom } = this.reloader.addConfiguration(path);
    const source = new ConfigSource(
      {
        path,
        zonesOf: (conf) => {
          includeFrom(conf.options.directory);
          this.neighbours.configure(path, tsigKeys(conf));
          return configuredZones(conf, join(this.options.stateDir, 'zones'));
        },
        allowMassRemoval: this.options.reload.allowMassRemoval,
        applied: () => this.neighbours.followed(),
        keysElsewhere,
        taken: () => {
          void this.neighbours.zonesChanged();
          void this.neighbours.catalogs?.reconfigured(false);
        },
      },
      zones,
      this.log,
    );
    const added = { source, zones };
    this.configurations.push(added);
    return added;
  }

  /** @returns the operator's; what was added by command has zones and nothing else */
  private async readConfigurations(): Promise<NamedConf | null> {
    const { bindConfig } = this.options;
    await this.adder.start();
    if (bindConfig === null) return null;
    const conf = await this.addConfiguration(bindConfig).source.start();
    if ((conf.files[0]?.stamp ?? null) === null) {
      throw new ServerError('SOURCE_MISSING', `cannot read ${bindConfig}: ${firstText(conf)}`);
    }
    return conf;
  }

  // --- zones

  private async loadAll(): Promise<void> {
    const count = () => {
      const { zones: total, pending } = this.zones.totals();
      return { done: total - pending, total };
    };
    const hide = this.options.terminal ? showProgress('loading zones', count) : () => {};
    await this.reloader.start();
    await this.neighbours.loaded();
    this.signatures.start();
    hide();
    if (this.kept === null) await this.openKept();
    if (!this.isStopped) this.kept?.started();
  }

  /** Has zones served that were served before the start, and keeps what is served for the next. */
  private async openKept(): Promise<void> {
    const { zones, store: images, reloader, neighbours, log } = this;
    const { index, warmStart: isWarm, stateDir } = this.options;
    const { serials } = neighbours;
    const store = await neighbours.store();
    if (store === null) return;
    const { KeptImages } = await import('./kept-images.js');
    const folder = keptFolder(stateDir);
    const own = { store, folder, zones, images, reloader, serials, index, isWarm, log };
    if (isWarm || index === 'lmdb') this.kept = await KeptImages.open(own);
    else KeptImages.forget(own);
  }

  private readonly logQuery = (
    facts: Pick<Engine, 'qtype' | 'rcode'>,
    request: Uint8Array,
  ): void => {
    const query = this.queryLog.isOn() ? this.queryLog.entryOf(facts, request) : null;
    if (query !== null) this.log.info('query', query, queryText(query));
  };

  /** The engine does not throw; should a bug make it, that costs one query, not the server. */
  private handler(engine: Engine): QueryHandler {
    const { log } = this;
    const failed = limitedWarning(log, 'query.failed', REPEATED_LOG_MS);
    return (request, length, response, overTcp, client) => {
      try {
        const octets = engine.processQuery(request, length, response, overTcp, client);
        if (octets > 0) this.logQuery(engine, request);
        return octets;
      } catch (error) {
        const stack = error instanceof Error ? `${error.stack}` : '';
        failed({ stack }, `query failed: ${errorText(error)}`);
        return 0;
      }
    };
  }

  private controlled(): Omit<ControlledServer, 'notifier' | 'secondaries'> {
    const { zones, reloader, configurations, adder, queryLog, signing } = this;
    const { settings, quit } = this.options;
    return {
      zones,
      reloader,
      configurations,
      catalogs: () => this.neighbours.catalogs,
      adder,
      signing,
      settings,
      signatures: this.signatures,
      blocks: () => this.listeners.flatMap((listener) => listener.blocks()),
      changed: () => queryLog.turn(settings.flag('query-logging')),
      quit,
    };
  }
}

function firstText({ problems }: NamedConf): string {
  return problems[0]?.text ?? 'nothing is there';
}
