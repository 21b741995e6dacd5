/**
 * A catalog zone that lists all zones that are served here as primary or native, whatever their state: a zone whose
 * file is broken must not vanish from the secondaries. It is made in a thread when zones have come or gone and it is
 * quiet, and is served like any zone, from memory. Its serial is the time of the change, and is remembered with the
 * content, so that a restart changes nothing. Must not know: how it is transferred, other catalogs.
 */
import { Worker } from 'node:worker_threads';
import { errorText } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { CATALOG_DELAY_MS_MAX, CATALOG_QUIET_MS } from '../base/transfer-limits.js';
import { NO_PEERS, NO_RULES } from '../load/configured-zone.js';
import type { ConfiguredZones } from '../load/configured-zones.js';
import type { Reloader } from '../load/reloader.js';
import { Slices } from '../load/rescan.js';
import { apexKey, apexText, octetsOf, type Zone } from '../load/zone.js';
import { logOutcome } from '../load/zone-log.js';
import type { ZoneSet } from '../load/zone-set.js';
import type { CatalogOrder, MadeCatalog } from './catalog-maker.js';

/** What stands for the path of a zone that has no file. */
const PATH = '(made of the zones that are served)';

export type ProducerParts = {
  readonly zones: ZoneSet;
  readonly reloader: Reloader;
  /** Keys of zones that are never members: other catalogs. */
  readonly excluded: ReadonlySet<string>;
  readonly log: Log;
  /** The thread's entry; tests give one that fails. */
  readonly script?: URL;
};

export class CatalogProducer {
  private readonly apex: Uint8Array;
  private readonly key: string;
  private readonly parts: ProducerParts;
  private readonly configured: ConfiguredZones;
  private members = new Set<string>();
  private started = false;
  private stopped = false;
  private timer: NodeJS.Timeout | null = null;
  /** When the first change came that is not in the catalog yet (`performance.now`). */
  private waitingSince = 0;
  private making: Promise<void> = Promise.resolve();
  private worker: Worker | null = null;

  constructor(apex: Uint8Array, parts: ProducerParts) {
    this.apex = apex;
    this.key = apexKey(apex);
    this.parts = parts;
    this.configured = parts.reloader.addConfiguration(PATH, this).zones;
  }

  /** Begins, once all zones are known: a catalog without some of them would make secondaries drop them. */
  async start(): Promise<void> {
    const rules = { ...NO_RULES, serialUpdateMethod: 'unixtime' } as const;
    const zone = { name: this.apex, path: PATH, kind: 'primary', ...NO_PEERS, rules } as const;
    await this.configured.apply([zone], true);
    this.started = true;
    await this.scan();
    await this.load();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.worker?.terminate();
  }

  /** A zone has come or gone, or is served anew. */
  note(apex: Uint8Array): void {
    if (!this.started || this.stopped) return;
    const key = apexKey(apex);
    const isMember = this.isMember(this.parts.zones.find(apex), key);
    if (isMember === this.members.has(key)) return;
    if (isMember) this.members.add(key);
    else this.members.delete(key);
    this.schedule();
  }

  /** Looks at all zones: a configuration may have made primaries of secondaries. */
  async scan(): Promise<void> {
    if (!this.started) return;
    const slices = new Slices();
    for (const key of [...this.members]) {
      this.note(octetsOf(key));
      if (slices.isOver()) await slices.pause();
    }
    for (const zone of this.parts.zones.all()) {
      const { apex } = zone;
      if (apex !== null) this.note(apex);
      if (slices.isOver()) await slices.pause();
    }
  }

  /** Makes the catalog now; resolves when it is served. */
  load(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.making = this.making.then(() => this.make());
    return this.making;
  }

  private isMember(zone: Zone | null, key: string): boolean {
    const isServed = zone !== null && zone.kind !== 'secondary';
    return isServed && key !== this.key && !this.parts.excluded.has(key);
  }

  private schedule(): void {
    const now = performance.now();
    if (this.timer === null) this.waitingSince = now;
    else clearTimeout(this.timer);
    const latest = this.waitingSince + CATALOG_DELAY_MS_MAX;
    const ms = Math.max(0, Math.min(CATALOG_QUIET_MS, latest - now));
    this.timer = setTimeout(() => void this.load(), ms);
  }

  private async make(): Promise<void> {
    const { zones, log } = this.parts;
    const row = this.configured.rowOf(this.apex);
    if (this.stopped || row === null) return;
    const start = performance.now();
    const serial = Math.floor(Date.now() / 1000) >>> 0;
    try {
      const made = await this.makeAside({ apex: this.apex, names: await this.names(), serial });
      if (this.stopped) return;
      const { image, print, recordCount } = made;
      const files = [{ path: PATH, stamp: null, print }];
      const result = { apex: this.apex, image, imageAt: 0, serial, recordCount, files };
      const faults = { problems: [], errorCount: 0, warningCount: 0 };
      const outcome = zones.apply(zones.at(row), { ...result, ...faults }, () => false);
      logOutcome(log, zones.at(row), outcome, performance.now() - start, false);
    } catch (error) {
      if (this.stopped) return;
      const name = apexText(this.apex);
      const text = `catalog ${name} stays as it is, it could not be made: ${errorText(error)}`;
      log.error('catalog.failed', { catalog: name }, text);
    }
  }

  /** All members, one behind the other. */
  private async names(): Promise<Uint8Array> {
    const slices = new Slices();
    const parts: Uint8Array[] = [];
    for (const key of this.members) {
      parts.push(octetsOf(key));
      if (slices.isOver()) await slices.pause();
    }
    return Uint8Array.from(Buffer.concat(parts));
  }

  private makeAside(order: CatalogOrder): Promise<MadeCatalog> {
    const script = this.parts.script ?? new URL('./catalog-thread.js', import.meta.url);
    const worker = new Worker(script, { workerData: order });
    this.worker = worker;
    return new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        this.worker = null;
        reject(new Error('the thread ended'));
      });
    });
  }
}
