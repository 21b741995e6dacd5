/**
 * All that other servers have to do with this one: who may transfer zones, the changes that are kept for them, NOTIFY
 * both ways, keys. Joins the parts of `transfer/` with zones, settings and what survives a restart.
 * Must not know: sockets, commands.
 */
import { setImmediate } from 'node:timers/promises';
import { errorText } from '../base/errors.js';
import { NETWORKS_LOOK_MS } from '../base/limits.js';
import type { Log } from '../base/log.js';
import { networkList } from '../config/network-list.js';
import type { Settings } from '../config/settings.js';
import { tsigKeyList } from '../config/tsig-key-list.js';
import { keyNameOctets } from '../config/tsig-keys.js';
import { Engine, type EngineOptions } from '../engine/process.js';
import type { HeldImage } from '../index/held-image.js';
import { NONE } from '../index/zone-index.js';
import type { ZoneTable } from '../index/zone-table.js';
import { NO_RULES, peerText, type ZonePeer } from '../load/configured-zone.js';
import type { ZoneLoads } from '../load/zone-loads.js';
import type { ZoneSet } from '../load/zone-set.js';
import { ChangeRecorder } from '../transfer/change-recorder.js';
import { Secondaries } from '../transfer/secondaries.js';
import { PeerService, type PeerServiceParts } from '../transfer/service.js';
import { TransferOutService } from '../transfer/transfer-out.js';
import { parseEndpoints } from '../transport/listeners.js';
import { NotifySender } from '../transport/notify.js';
import { RCODE_NOERROR, RCODE_NOTAUTH, RCODE_REFUSED } from '../wire/constants.js';
import { NameView, parseName } from '../wire/name.js';
import { signTsigRequest, tsigRequestOctets } from '../wire/tsig.js';
import { type TsigKey, TsigKeyring } from '../wire/tsig-key.js';
import type { ServerState } from './server-state.js';
import { ZoneNotifier } from './zone-notifier.js';
import { ZonePolicies } from './zone-policies.js';

const DNS_PORT = 53;
/** Zones that are looked at before others have their turn. */
const SLICE = 256;

export type TransferParts = {
  readonly zones: ZoneSet;
  /** Read between packets only. */
  readonly table: ZoneTable;
  readonly settings: Settings;
  readonly state: ServerState;
  /** Where secondary zones are loaded from their files. */
  readonly loads: ZoneLoads;
  /** Hears of a NOTIFY for a zone that we do not have. @returns whether it is from an autoprimary */
  readonly unknown: (apex: Uint8Array, from: Uint8Array, keyName: Uint8Array | null) => boolean;
  readonly log: Log;
};

export class Transfers {
  readonly notifier: ZoneNotifier;
  readonly secondaries: Secondaries;
  private readonly parts: TransferParts;
  private readonly policies: ZonePolicies;
  private readonly sender: NotifySender;
  private readonly changes: ChangeRecorder | null;
  private readonly out: TransferOutService;
  private readonly ownKeys: readonly TsigKey[];
  /** Of configurations, by path. */
  private readonly keysOf = new Map<string, readonly TsigKey[]>();
  private keyring: TsigKeyring;
  private readonly name = new NameView();
  private readonly networksTimer: NodeJS.Timeout;
  /** Whether zones that change are told to others: not before all that there was at the start has loaded. */
  private isTelling = false;

  constructor(parts: TransferParts) {
    const { settings, state, table, log } = parts;
    this.parts = parts;
    this.policies = new ZonePolicies(settings);
    this.ownKeys = tsigKeyList(settings.text('tsig-keys'));
    this.keyring = new TsigKeyring(this.ownKeys);
    const { store, journal } = state;
    this.changes =
      store === null || journal === null ? null : new ChangeRecorder({ store, journal, log });
    this.out = new TransferOutService({ table, changes: this.changes, log });
    this.sender = new NotifySender(log, {
      answered: (apex, serial, by) => state.notified.set(apex, peerText(by), serial),
    });
    this.notifier = new ZoneNotifier(
      table,
      this.sender,
      {
        mode: settings.text('notify'),
        alsoNotify: peersOf(settings.list('also-notify')),
        onlyNotify: this.policies.compile(networkList(settings.list('only-notify'))),
      },
      state.notified,
      (message, key) => this.sign(message, key),
    );
    this.secondaries = new Secondaries({
      zones: parts.zones,
      loads: parts.loads,
      held: (apex) => this.hold(apex),
      keyNamed: (name) => this.keyNamed(name),
      isNotifyJudged: (apex) => (parts.zones.find(apex)?.rules.allowNotify ?? null) !== null,
      memory: state.secondaries,
      log,
      rules: {
        strict: settings.flag('strict'),
        ignoreBroken: settings.flag('bind-ignore-broken-records'),
        nsec3IterationsMax: settings.number('max-nsec3-iterations'),
        octetsMax: settings.number('xfr-max-received-mbytes') * 2 ** 20,
      },
    });
    this.networksTimer = setInterval(() => this.policies.refresh(), NETWORKS_LOOK_MS).unref();
  }

  /** What answers queries that the engine defers. @param options of the other engines */
  service(options: EngineOptions, answered: PeerServiceParts['answered']): PeerService {
    const { table, zones, log } = this.parts;
    return new PeerService({
      engine: new Engine(table, { ...options, defers: false }),
      keyring: () => this.keyring,
      policyOf: (apex) => {
        const zone = zones.find(apex);
        return this.policies.of(zone?.rules ?? NO_RULES, zone?.peers.primaries ?? []);
      },
      table,
      out: this.out,
      notify: {
        notified: (apex, from, serial, keyName) =>
          this.policies.notifyFrom.allows(from, keyName)
            ? this.secondaries.notified(apex, from, serial)
            : RCODE_REFUSED,
        unknown: (apex, from, keyName) =>
          this.policies.notifyFrom.allows(from, keyName) && this.parts.unknown(apex, from, keyName)
            ? RCODE_NOERROR
            : RCODE_NOTAUTH,
      },
      log,
      now: () => Math.floor(Date.now() / 1000),
      answered,
    });
  }

  /** Takes over the keys of a configuration. */
  configure(path: string, keys: readonly TsigKey[]): void {
    this.keysOf.set(path, keys);
    this.keyring = new TsigKeyring([...this.ownKeys, ...[...this.keysOf.values()].flat()]);
  }

  // --- versions of zones

  hold(apex: Uint8Array): HeldImage | null {
    const { table } = this.parts;
    parseName(this.name, apex, 0, apex.length);
    const slot = table.exact(this.name, 0);
    return slot === NONE ? null : table.hold(slot, null);
  }

  published(apex: Uint8Array, former: HeldImage | null, next: HeldImage): void {
    this.changes?.record(apex, former, next);
    // what is served must be settled before it is told
    if (this.isTelling) queueMicrotask(() => this.tell(apex));
  }

  removed(apex: Uint8Array): void {
    this.parts.state.forget(apex);
  }

  /** Zones have come or gone, or have other primaries. */
  followed(): void {
    this.secondaries.sync();
  }

  /** All that there was at the start has loaded: notifies whoever has missed a change. */
  async started(): Promise<void> {
    this.isTelling = true;
    let count = 0;
    for (const zone of this.parts.zones.all()) {
      this.notifier.notifyChanged(zone);
      if (++count % SLICE === 0) await setImmediate();
    }
  }

  /** Notifies of all zones of these files, whoever knows them already. @returns how many */
  notifyFiles(paths: ReadonlySet<string>): number {
    let count = 0;
    for (const zone of this.parts.zones.all()) {
      if (!paths.has(zone.path)) continue;
      const peers = this.notifier.peersOf(zone);
      if (peers.length > 0 && this.notifier.notify(zone, peers).kind === 'queued') count++;
    }
    return count;
  }

  async stop(): Promise<void> {
    clearInterval(this.networksTimer);
    this.isTelling = false;
    await Promise.all([this.secondaries.stop(), this.sender.stop(), this.out.stop()]);
    await this.changes?.stop();
  }

  private tell(apex: Uint8Array): void {
    const zone = this.parts.zones.find(apex);
    if (zone !== null) this.notifier.notifyChanged(zone);
  }

  private keyNamed(text: string): TsigKey | null {
    const name = keyNameOctets(text);
    return name === null ? null : this.keyring.named(name);
  }

  private sign(message: Uint8Array, keyName: string): Uint8Array | null {
    const key = this.keyNamed(keyName);
    if (key === null) {
      const text = `there is no key ${keyName}: NOTIFY is sent without a signature`;
      this.parts.log.warn('notify.unsigned', { key: keyName }, text);
      return null;
    }
    try {
      const octets = new Uint8Array(message.length + tsigRequestOctets(key));
      octets.set(message);
      const { length } = signTsigRequest(
        octets,
        message.length,
        key,
        Math.floor(Date.now() / 1000),
      );
      return octets.subarray(0, length);
    } catch (error) {
      this.parts.log.warn('notify.unsigned', { key: keyName }, `NOTIFY: ${errorText(error)}`);
      return null;
    }
  }
}

function peersOf(items: readonly string[]): ZonePeer[] {
  return items.flatMap((item) =>
    parseEndpoints(item, DNS_PORT).map((peer) => ({ ...peer, key: null })),
  );
}
