/**
 * The images of zones on disk: what an earlier run has left is served at once, and what is served now is kept for the
 * next. Joins the store, the index and the loader; without a store, or without room on the disk, the server does
 * without. Must not know: how either is done.
 */
import { resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { errorText } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { whyUnmappable } from '../base/memory.js';
import { programVersion } from '../base/version.js';
import type { PlacedImage, ZoneStore } from '../index/zone-store.js';
import { ImageKeeper, type IndexKind } from '../load/image-keeper.js';
import type { LoadRules } from '../load/load-message.js';
import type { RestoredZone } from '../load/load-zone.js';
import type { Reloader } from '../load/reloader.js';
import { SERIAL_METHODS, type SerialKeeper, type SerialMethod } from '../load/serials.js';
import { counted } from '../load/zone-log.js';
import { RestoredZones, type Taken } from '../load/zone-restorer.js';
import type { RowId } from '../load/zone-rows.js';
import type { ZoneSet } from '../load/zone-set.js';
import { ImageFiles } from '../store/image-files.js';
import { ImageParts } from '../store/image-parts.js';
import type { Store } from '../store/store.js';

export type KeptImagesParts = {
  readonly store: Store;
  /** Of the images. */
  readonly folder: string;
  readonly zones: ZoneSet;
  readonly images: ZoneStore;
  readonly reloader: Reloader;
  readonly serials: SerialKeeper;
  readonly index: IndexKind;
  /** Whether what is there is to be served. */
  readonly isWarm: boolean;
  readonly log: Log;
};

/** Zones that are files of a directory have no rules and no kind of their own. */
const NO_ROW: RowId = -1;
const LISTED_KIND = 0;

export class KeptImages {
  private readonly own: KeptImagesParts;
  private readonly keeper: ImageKeeper;
  private readonly restored: RestoredZones | null;
  private readonly sums = new WeakMap<object, number>();
  private published = 0;
  /** What was asked for last. */
  private taken: Taken | null = null;

  /** Restores what there is; `null` if nothing can be kept, which is logged. */
  static async open(own: KeptImagesParts): Promise<KeptImages | null> {
    try {
      const files = new ImageFiles(own.folder);
      const parts = new ImageParts(own.store);
      const program = crc32(programVersion());
      const { log, images } = own;
      const { segments } = images;
      const restored = own.isWarm
        ? await RestoredZones.read({ segments, files, parts, program, log })
        : null;
      return new KeptImages(own, files, parts, program, restored);
    } catch (error) {
      own.log.error(
        'store.images',
        {},
        `zones are not kept for the next start: ${errorText(error)}`,
      );
      return null;
    }
  }

  /** Removes what an earlier run has left: the next start must not go back to before this one, which is not kept. */
  static forget({ store, folder, log }: Pick<KeptImagesParts, 'store' | 'folder' | 'log'>): void {
    try {
      const files = new ImageFiles(folder);
      new ImageParts(store).keepOnly(() => false);
      for (const number of files.list()) files.remove(number);
    } catch (error) {
      const text = `zones of an earlier run are still kept: ${errorText(error)}`;
      log.error('store.images', {}, text);
    }
  }

  private constructor(
    own: KeptImagesParts,
    files: ImageFiles,
    parts: ImageParts,
    program: number,
    restored: RestoredZones | null,
  ) {
    const { zones, images, log } = own;
    this.own = own;
    this.restored = restored;
    const index = this.usableIndex();
    const rulesOf = (row: RowId) => this.rulesOf(row);
    this.keeper = new ImageKeeper(
      { zones, images, files, parts, index, program, rulesOf, log },
      restored?.names() ?? new Set(),
    );
    for (const [segment, number] of restored?.segments ?? []) this.keeper.adopt(segment, number);
    if (restored === null) return;
    own.reloader.loads.restorer = {
      take: (row) => this.take(row),
      served: (row) => this.served(row),
    };
  }

  /** Whether most of what there was is served already. */
  get isServing(): boolean {
    return this.published * 2 > (this.restored?.count ?? 0);
  }

  /**
   * Serves what lies in directories of zone files, or is one, before they are listed. A zone whose file has
   * gone meanwhile is served until that is seen, as it would be if the server had been running. One that a
   * configuration names waits for it: there is more to be looked at.
   */
  publish(): void {
    const { images, zones } = this.own;
    images.reserve(this.restored?.count ?? 0);
    this.eachListed((apex, location) => {
      if (zones.size > 0 && zones.find(apex) !== null) return;
      images.set(apex, location);
      this.published++;
    });
  }

  private eachListed(found: (apex: Uint8Array, image: PlacedImage) => void): void {
    const { reloader, serials } = this.own;
    for (const { source, rules } of reloader.sources.listed()) {
      const path = source.isDirectory ? source.root : resolve(source.path);
      const sum = this.sumOf(rules, serials.methodOf(NO_ROW), LISTED_KIND);
      this.restored?.below(path, sum, found);
    }
  }

  /** All that there was at the start has been tried. */
  started(): void {
    const { log, images, reloader, zones } = this.own;
    reloader.loads.restorer = null;
    const { restored } = this;
    this.eachListed((apex) => {
      if (zones.find(apex) === null) images.remove(apex);
    });
    if (restored !== null && restored.count > 0) {
      const { count, takenCount } = restored;
      const text = `${counted(takenCount, 'zone')} of ${count} served from the store at once`;
      log.info('zones.restored', { zones: takenCount, kept: count }, text);
    }
    // when most are gone at once something else is wrong, and another start may need them
    if (restored !== null && restored.takenCount * 2 >= restored.count) {
      for (const part of restored.outdated()) this.keeper.doubt(part);
      images.segments.unpin();
    }
    this.keeper.start();
  }

  async stop(): Promise<void> {
    await this.keeper.stop();
  }

  private take(row: RowId): RestoredZone | null {
    const { zones } = this.own;
    const rules = this.rulesOf(row);
    if (rules === null) return null;
    const zone = zones.at(row);
    const name = zone.isConfigured ? zone.name.origin : null;
    this.taken = this.restored?.take(resolve(zone.path), name, rules) ?? null;
    return this.taken?.version ?? null;
  }

  private served(row: RowId): void {
    const { taken, restored } = this;
    if (taken === null) return;
    const { whole, version, isCurrent, isForeign } = taken;
    if (!isCurrent) {
      this.own.zones.rows.doubtFiles(row, isForeign);
      return;
    }
    this.keeper.hasKept(row, whole.part.file, version.imageAt);
    restored?.served(taken);
  }

  private usableIndex(): IndexKind {
    const { index, log } = this.own;
    const reason = index === 'lmdb' ? whyUnmappable() : null;
    if (reason === null) return index;
    log.warn('index.memory', { reason }, `index memory instead of lmdb: ${reason}`);
    return 'memory';
  }

  /** Zones of data files are loaded with their file, and not kept. */
  private rulesOf(row: RowId): number | null {
    const { reloader, serials, zones } = this.own;
    const { data, rules } = reloader.sources.of(row);
    if (data !== null) return null;
    const { signing } = zones.rows.rulesOf(row);
    const sum = this.sumOf(rules, serials.methodOf(row), zones.rows.kind[row]!);
    return signing === null ? sum : (sum ^ this.textSum(signing)) >>> 0;
  }

  private sumOf(rules: LoadRules, method: SerialMethod, kind: number): number {
    return (this.textSum(rules) + SERIAL_METHODS.indexOf(method) * 16 + kind) >>> 0;
  }

  /** Stands for rules that many zones share. */
  private textSum(rules: object): number {
    const known = this.sums.get(rules);
    if (known !== undefined) return known;
    const sum = crc32(JSON.stringify(rules));
    this.sums.set(rules, sum);
    return sum;
  }
}
