/**
 * Many loads, those of a start or of a reload of everything: handed to the loader as it has room, while the scan that
 * finds the files goes on. Must not know: what a load does.
 */
import { setImmediate } from 'node:timers/promises';
import type { ZoneLoader } from './loader.js';
import { Slices } from './rescan.js';
import type { RowId } from './zone-rows.js';

export class ManyLoads {
  private readonly loader: ZoneLoader;
  private readonly found: RowId[];
  /** Loads that have not ended; the scan counts as one. */
  private open = 1;
  private readonly ended: Promise<void>;
  private finish: () => void = () => {};

  /** @param found what is there already */
  constructor(loader: ZoneLoader, found: readonly RowId[] = []) {
    this.loader = loader;
    this.found = [...found];
    this.ended = new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  /** A file that was found. */
  add(row: RowId): void {
    this.found.push(row);
  }

  /**
   * Loads what is found until the scan is done; resolves when all loads have ended.
   * @param load begins a load, which calls `ended` when it has; false if there is nothing to load any more
   */
  async run(scan: Promise<void>, load: (row: RowId, ended: () => void) => boolean): Promise<void> {
    const ended = () => this.end();
    const slices = new Slices();
    let scanning = true;
    const scanned = scan.finally(() => {
      scanning = false;
    });
    for (let next = 0; scanning || next < this.found.length; ) {
      // A scan lets others run again and again.
      await (next < this.found.length ? this.loader.room() : setImmediate());
      for (; next < this.found.length && !this.loader.isFull; next++) {
        if (slices.isOver()) await slices.pause();
        // before it begins: it may end at once
        this.open++;
        if (!load(this.found[next] ?? 0, ended)) this.open--;
      }
    }
    await scanned;
    this.end();
    await this.ended;
  }

  private end(): void {
    if (--this.open === 0) this.finish();
  }
}
