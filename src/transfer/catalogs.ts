/**
 * The catalog zones of a server (RFC 9432): those that it consumes, and the one that it makes. Hears of every zone that
 * is published, and has what follows from it done, one thing after the other. Must not know: how zones get published,
 * what a catalog says.
 */
import { join } from 'node:path';
import { errorText } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { openHeld } from '../index/held-image.js';
import type { ZoneImage } from '../index/image.js';
import { NONE } from '../index/zone-index.js';
import type { ZoneTable } from '../index/zone-table.js';
import type { Reloader } from '../load/reloader.js';
import { apexKey, apexText, type Zone } from '../load/zone.js';
import type { ZoneSet } from '../load/zone-set.js';
import { NameView, parseName } from '../wire/name.js';
import { CatalogProducer } from './catalog-producer.js';
import { CatalogSource } from './catalog-source.js';

export type CatalogsParts = {
  readonly zones: ZoneSet;
  readonly reloader: Reloader;
  /** What is served; read between packets only. */
  readonly table: ZoneTable;
  /** Catalog zones whose members are served, too. */
  readonly consumed: readonly Uint8Array[];
  /** The catalog zone that is made; null for none. */
  readonly produced: Uint8Array | null;
  readonly stateDir: string;
  readonly allowMassRemoval: boolean;
  /** Zones have come or gone, or have other primaries; resolves when new ones have been tried. */
  readonly changed: () => Promise<void>;
  readonly log: Log;
};

/** What a zone is a member of. */
export type Membership = { readonly catalog: string; readonly groups: readonly string[] };

export class Catalogs {
  private readonly parts: CatalogsParts;
  private readonly sources: readonly CatalogSource[];
  private readonly producer: CatalogProducer | null;
  private readonly name = new NameView();
  private started = false;
  /** Whether `start` has come to its end: until then it looks after new zones by itself. */
  private isReady = false;
  private stopped = false;
  /** Done one after the other. */
  private working: Promise<void> = Promise.resolve();
  /** Consumed catalogs that have a new version, and those that are to be applied anew. */
  private readonly fresh = new Set<CatalogSource>();
  private readonly stale = new Set<CatalogSource>();

  constructor(parts: CatalogsParts) {
    this.parts = parts;
    const { zones, reloader, allowMassRemoval, changed, log } = parts;
    const folder = join(parts.stateDir, 'catalogs');
    this.sources = parts.consumed.map((apex) => {
      const { zones: configured } = reloader.addConfiguration(join(folder, apexText(apex)));
      const catalogs = () => this.sources;
      const own = { zones, configured, folder, allowMassRemoval, catalogs, changed, log };
      return new CatalogSource(apex, own);
    });
    const excluded = new Set(parts.consumed.map(apexKey));
    const { produced } = parts;
    this.producer =
      produced === null ? null : new CatalogProducer(produced, { zones, reloader, excluded, log });
  }

  /** Begins, once all zones that are configured have been tried; resolves when all members have been. */
  async start(): Promise<void> {
    for (const source of this.sources) await this.guard(() => source.restore());
    this.started = true;
    for (const source of this.sources) {
      if (this.imageOf(source.apex) === null) this.tellAbsent(source);
      else this.takeNew(source);
    }
    await this.working;
    this.isReady = true;
    await this.parts.changed();
    await this.producer?.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.working;
    await this.producer?.stop();
  }

  /** What a zone was consumed from; null if from no catalog. */
  membershipOf({ row }: Zone): Membership | null {
    const key = this.sources.length === 0 ? null : (this.parts.zones.rows.name[row] ?? null);
    if (key === null) return null;
    for (const source of this.sources) {
      const member = source.owns(row) ? source.member(key) : null;
      if (member !== null) return { catalog: source.text, groups: member.groups };
    }
    return null;
  }

  // --- what is published

  /** A version of the zone is served now, or it is ours and nothing is. */
  set(apex: Uint8Array): void {
    this.producer?.note(apex);
    if (!this.started || this.sources.length === 0) return;
    const key = apexKey(apex);
    const source = this.sources.find((one) => one.key === key);
    if (source !== undefined) this.takeNew(source);
  }

  /** The zone is not ours any more. */
  removed(apex: Uint8Array): void {
    this.producer?.note(apex);
    if (!this.started || this.sources.length === 0) return;
    const key = apexKey(apex);
    // RFC 9432 §5.5: a name that was somebody else's may be free now.
    for (const source of this.sources) {
      if (source.refuses(key)) this.takeAgain(source, false);
      if (source.key === key) this.tellAbsent(source);
    }
  }

  /** A configuration was read: primaries, kinds and names may be others. @param force lets many members go */
  async reconfigured(force: boolean): Promise<void> {
    if (!this.started) return;
    for (const source of this.sources) this.takeAgain(source, force);
    await this.working;
    await this.producer?.scan();
  }

  /** RFC 9432 §5.1: without a catalog nothing is done. */
  private tellAbsent({ text }: CatalogSource): void {
    const line = `catalog ${text} is not served: the members that it had last stay`;
    this.parts.log.warn('catalog.absent', { catalog: text }, line);
  }

  // --- work

  private takeNew(source: CatalogSource): void {
    if (this.fresh.has(source)) return;
    this.fresh.add(source);
    this.enqueue(async () => {
      this.fresh.delete(source);
      const image = this.imageOf(source.apex);
      if (image !== null) await source.take(image);
    });
  }

  private takeAgain(source: CatalogSource, force: boolean): void {
    if (this.stale.has(source) && !force) return;
    this.stale.add(source);
    this.enqueue(async () => {
      this.stale.delete(source);
      await source.apply(force);
    });
  }

  private enqueue(work: () => Promise<void>): void {
    this.working = this.working.then(async () => {
      if (this.stopped) return;
      await this.guard(work);
      if (this.isReady) void this.parts.changed();
    });
  }

  /** What fails costs one version of a catalog. */
  private async guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const stack = error instanceof Error ? `${error.stack}` : '';
      this.parts.log.error('catalog.failed', { stack }, `a catalog: ${errorText(error)}`);
    }
  }

  /** What is served of a zone now; it stays. */
  private imageOf(apex: Uint8Array): ZoneImage | null {
    const { table } = this.parts;
    parseName(this.name, apex, 0, apex.length);
    const slot = table.exact(this.name, 0);
    const held = slot === NONE ? null : table.hold(slot, null);
    return held === null ? null : openHeld(held);
  }
}
