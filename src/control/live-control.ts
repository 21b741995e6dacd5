/**
 * The running server as commands see it: joins zones, loader, configurations, counters and settings.
 * Must not know: the words of commands, sockets.
 */
import type { Settings } from '../config/settings.js';
import type { ConfigSource } from '../load/config-source.js';
import type { ConfiguredZones } from '../load/configured-zones.js';
import type { Reloader } from '../load/reloader.js';
import type { SignatureWatch } from '../load/signature-watch.js';
import type { SigningDesk } from '../load/signing-desk.js';
import type { Zone } from '../load/zone.js';
import type { ZoneSet } from '../load/zone-set.js';
import type { CounterBlock } from '../metrics/counter-block.js';
import { ring, statistics } from '../metrics/statistics.js';
import type { Catalogs } from '../transfer/catalogs.js';
import type { Secondaries } from '../transfer/secondaries.js';
import type { QueuedTransfer } from '../transfer/secondary-status.js';
import { parseEndpoints } from '../transport/listeners.js';
import { nameFromText } from '../wire/name-text.js';
import type {
  AddedZone,
  Progress,
  Rediscovery,
  ReloadedZone,
  RingName,
  ServerControl,
  TransferRequest,
  ZoneView,
} from './server-control.js';
import type { ZoneAdder } from './zone-adder.js';
import type { ZoneNotifier } from './zone-notifier.js';
import { viewOf } from './zone-view.js';

const DNS_PORT = 53;

/** A configuration with its zones. */
export type LiveSource = { readonly source: ConfigSource; readonly zones: ConfiguredZones };

export type LiveParts = {
  readonly version: string;
  readonly zones: ZoneSet;
  readonly reloader: Reloader;
  readonly configurations: readonly LiveSource[];
  /** Catalog zones, once there are any. */
  readonly catalogs: () => Catalogs | null;
  readonly adder: ZoneAdder;
  /** What has come of signing. */
  readonly signing: Pick<SigningDesk, 'factsOf'>;
  readonly settings: Settings;
  readonly signatures: SignatureWatch;
  readonly notifier: ZoneNotifier;
  readonly secondaries: Secondaries;
  readonly blocks: () => readonly CounterBlock[];
  /** Takes over a setting that has just been changed. */
  readonly changed: () => void;
  readonly quit: () => void;
};

export class LiveControl implements ServerControl {
  readonly startedAt: number = Date.now();
  readonly version: string;
  private readonly parts: LiveParts;

  constructor(parts: LiveParts) {
    this.version = parts.version;
    this.parts = parts;
  }

  // --- zones

  *zones(): Iterable<ZoneView> {
    for (const zone of this.parts.zones.all()) yield this.view(zone);
  }

  zone(name: string): ZoneView | null {
    const zone = this.find(name);
    return zone === null ? null : this.view(zone);
  }

  async reloadNow(names: readonly string[], progress: Progress): Promise<readonly ReloadedZone[]> {
    let done = 0;
    return Promise.all(
      names.map(async (name) => {
        const zone = this.find(name);
        if (zone !== null) await this.parts.reloader.loadNow(zone.row);
        progress(`${++done} of ${names.length}: ${name}`);
        return { name, zone: this.zone(name) };
      }),
    );
  }

  reload(): void {
    void this.parts.reloader.loadAll();
  }

  async rediscover(force: boolean): Promise<Rediscovery> {
    const { adder, configurations, reloader, zones } = this.parts;
    const total = { added: 0, removed: 0 };
    const faults: string[] = [];
    for (const { source } of configurations) {
      if (source === adder.source && !adder.hasFile()) continue;
      const reading = await source.read(force);
      if (!reading.ok) {
        faults.push(`${source.path}: ${reading.text}`);
        continue;
      }
      total.added += reading.added;
      total.removed += reading.removed;
    }
    await reloader.loadAdded();
    await this.parts.catalogs()?.reconfigured(force);
    reloader.rescan();
    if (faults.length > 0) return { ok: false, text: faults.join('\n') };
    const { stale, failed } = zones.totals();
    return { ok: true, ...total, rejected: stale + failed };
  }

  async addZone(name: string, path: string): Promise<AddedZone> {
    const result = await this.parts.adder.add(name, path);
    if (result.kind !== 'added') return result;
    await this.parts.reloader.loadAdded();
    return { kind: 'added', zone: this.view(this.parts.zones.at(result.row)) };
  }

  private find(name: string): Zone | null {
    const apex = nameFromText(name);
    if (apex === null) return null;
    const holder = this.parts.zones.find(apex);
    if (holder !== null) return holder;
    for (const { zones } of this.parts.configurations) {
      const row = zones.rowOf(apex);
      if (row !== null) return this.parts.zones.at(row);
    }
    return null;
  }

  private view(zone: Zone): ZoneView {
    const { adder, notifier, secondaries, zones } = this.parts;
    const { apex, kind, name } = zone;
    return viewOf(zone, zones.rows, {
      isAdded: adder.has(zone.row),
      notifiedSerial: notifier.serialOf(zone),
      transfer: kind === 'secondary' ? secondaries.status(apex ?? name.origin) : null,
      signatures: this.signaturesOf(zone),
      membership: this.parts.catalogs()?.membershipOf(zone) ?? null,
      signing: this.parts.signing.factsOf(zone.row),
    });
  }

  private signaturesOf({ row }: Zone): ZoneView['signatures'] {
    const found = this.parts.signatures.of(row);
    return found === null ? null : { endMs: found.endSeconds * 1000, state: found.state };
  }

  // --- NOTIFY and transfers

  notify(name: string): TransferRequest {
    const { notifier } = this.parts;
    const zone = this.find(name);
    return zone === null ? { kind: 'unknown' } : notifier.notify(zone, notifier.peersOf(zone));
  }

  notifyAll(): { readonly queued: number; readonly total: number } {
    const { notifier, zones } = this.parts;
    let queued = 0;
    let total = 0;
    for (const zone of zones.all()) {
      const peers = notifier.peersOf(zone);
      if (zone.kind === 'native' && zone.peers.alsoNotify.length === 0) continue;
      total++;
      if (notifier.notify(zone, peers).kind === 'queued') queued++;
    }
    return { queued, total };
  }

  notifyHost(name: string, host: string): TransferRequest {
    const zone = this.find(name);
    if (zone === null) return { kind: 'unknown' };
    const peers = parseEndpoints(host, DNS_PORT).map((peer) => ({ ...peer, key: null }));
    return this.parts.notifier.notify(zone, peers);
  }

  retrieve(name: string, host: string | null): TransferRequest & { readonly primary?: string } {
    const apex = nameFromText(name);
    if (apex === null) return { kind: 'unknown' };
    const [from = null] = host === null ? [] : parseEndpoints(host, DNS_PORT);
    const primary = from === null ? null : { ...from, key: null };
    return this.parts.secondaries.retrieve(apex, primary);
  }

  transferQueue(): readonly QueuedTransfer[] {
    return this.parts.secondaries.queue();
  }

  // --- counters and settings

  statistics(): ReadonlyMap<string, number> {
    const found = new Map(statistics(this.parts.blocks()));
    found.set('zone-cache-size', this.parts.zones.size);
    found.set('zones-serial-not-raised', this.parts.zones.totals().unraised);
    const { expiring, expired, soonest } = this.parts.signatures.totals();
    found.set('zones-signatures-expiring', expiring);
    found.set('zones-signatures-expired', expired);
    found.set('signatures-soonest-expiry', soonest);
    return found;
  }

  ring(name: RingName): readonly (readonly [key: string, count: number])[] {
    const blocks = this.parts.blocks();
    // Remembering clients costs a little for each query: it is done from the first time that somebody asks.
    if (name === 'remotes')
      for (const { remotes } of blocks) if (!remotes.isOn()) remotes.turn(true);
    return ring(blocks, name);
  }

  set(name: string, value: string): boolean {
    const isSet = this.parts.settings.set(name, value);
    if (isSet) this.parts.changed();
    return isSet;
  }

  currentConfig(changedOnly: boolean): string {
    return this.parts.settings.currentConfig(changedOnly);
  }

  quit(): void {
    this.parts.quit();
  }
}
