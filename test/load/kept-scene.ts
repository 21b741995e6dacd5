/**
 * Zones that are loaded, served and kept without a server around them, and read again as by the next one.
 */
import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Segment } from '../../src/index/segments.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import { ImageKeeper, type IndexKind } from '../../src/load/image-keeper.js';
import { loadZone, type RestoredZone } from '../../src/load/load-zone.js';
import { zoneOfFileName } from '../../src/load/zone-files.js';
import { RestoredZones, type Taken } from '../../src/load/zone-restorer.js';
import type { RowId } from '../../src/load/zone-rows.js';
import { ZoneSet } from '../../src/load/zone-set.js';
import { ImageFiles } from '../../src/store/image-files.js';
import { type ImagePart, ImageParts } from '../../src/store/image-parts.js';
import { openStore, type Store } from '../../src/store/store.js';
import { type LogLine, memoryLog, temporaryDirectory, zoneFile } from '../e2e/test-server.js';
import { serialIn } from '../index/read-serial.js';
import { tableIn } from '../support/zones.js';

const PROGRAM = 7;
const RULES = 5;

export class KeptScene {
  readonly folder: string;
  readonly lines: LogLine[];
  readonly zones: ZoneSet;
  readonly images: ZoneStore = new ZoneStore();
  readonly files: ImageFiles;
  readonly parts: ImageParts;
  /** Whether writes to the store fail. */
  isFailing = false;
  /** Rows that are not to be kept. */
  readonly unkept = new Set<RowId>();
  rules = RULES;
  readonly log: ReturnType<typeof memoryLog>['log'];
  readonly store: Store;

  /** @param folder of the state that another scene has left */
  constructor(t: TestContext, folder: string = temporaryDirectory(t)) {
    this.folder = folder;
    this.store = openStore(folder);
    t.after(() => this.store.close());
    const { log, lines } = memoryLog();
    this.log = log;
    this.lines = lines;
    this.zones = new ZoneSet(this.images);
    this.files = new ImageFiles(join(folder, 'images'));
    this.parts = new ImageParts(this.store);
  }

  keeper(index: IndexKind = 'memory', found: ReadonlySet<string> = new Set()): ImageKeeper {
    const { zones, images, files, log } = this;
    const parts = this.parts;
    const put = parts.put.bind(parts);
    parts.put = (some) => {
      if (this.isFailing) throw new Error('the disk is full');
      put(some);
    };
    const rulesOf = (row: RowId) => (this.unkept.has(row) ? null : this.rules);
    const own = { zones, images, files, parts, index, program: PROGRAM, rulesOf, log };
    return new ImageKeeper(own, found);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, serial: number, more = ''): void {
    writeFileSync(this.path(`${name}.zone`), zoneFile(serial, name, more));
  }

  /** Loads a zone's file as it is. */
  load(name: string): RowId {
    const path = this.path(`${name}.zone`);
    const zone = this.zones.get(path) ?? this.zones.add(path, zoneOfFileName(`${name}.zone`), true);
    const { origin, certain } = zone.name;
    const result = loadZone({
      path,
      origin,
      originCertain: certain,
      root: this.folder,
      includeOutside: true,
      strict: false,
    });
    this.zones.apply(zone, result, () => false);
    return zone.row;
  }

  /** Writes a zone and loads it. */
  save(name: string, serial: number, more = ''): RowId {
    this.write(name, serial, more);
    return this.load(name);
  }

  remove(name: string): void {
    const zone = this.zones.get(this.path(`${name}.zone`));
    assert.ok(zone !== undefined);
    this.zones.remove(zone);
  }

  /** What the store says: `zone serial`, with `old` if its files are to be read again; sorted. */
  said(): string[] {
    return this.stored()
      .flatMap(({ zones }) => zones)
      .map(({ apex, serial, isCurrent }) => {
        const label = Buffer.from(apex.subarray(1, 1 + apex[0]!)).toString();
        return `${label} ${serial}${isCurrent ? '' : ' old'}`;
      })
      .sort();
  }

  stored(): ImagePart[] {
    return this.parts.all().parts.map((part) => {
      const { file, part: number, from, to, checksum, program } = part;
      const zones = [];
      for (let at = part.first, left = part.count; left > 0; at = part.next(at), left--) {
        zones.push(part.zone(at));
      }
      return { file, part: number, from, to, checksum, program, zones };
    });
  }

  /** What somebody gets who restores now, and nothing else; it must not be an error. */
  async restorable(t: TestContext): Promise<string[]> {
    const images = new ZoneStore();
    const { files, parts, log, lines } = this;
    const before = lines.length;
    const { segments } = images;
    const restored = await RestoredZones.read({ segments, files, parts, program: PROGRAM, log });
    t.diagnostic(`${restored.segments.size} segments`);
    assert.deepEqual(lines.slice(before), []);
    const table = tableIn(images);
    const found: string[] = [];
    restored.below(this.folder, this.rules, (apex, image) => {
      images.set(apex, image);
      table.begin();
      const label = Buffer.from(apex.subarray(1, 1 + apex[0]!)).toString();
      found.push(`${label} ${serialIn(table, `${label}.test.`)}`);
    });
    return found.sort();
  }

  async restore(isAnotherProgram = false): Promise<RestoredZones> {
    const { segments } = this.images;
    const { files, parts, log } = this;
    const program = isAnotherProgram ? PROGRAM + 1 : PROGRAM;
    return RestoredZones.read({ segments, files, parts, program, log });
  }

  take(restored: RestoredZones, name: string, rules: number = this.rules): Taken | null {
    return restored.take(this.path(`${name}.zone`), null, rules);
  }

  /** Has a row serve what was taken. */
  serve({ version }: { readonly version: RestoredZone }, name: string): RowId {
    const path = this.path(`${name}.zone`);
    const zone = this.zones.add(path, zoneOfFileName(`${name}.zone`), true);
    this.zones.apply(zone, version, () => false);
    return zone.row;
  }

  /** Of the files of images, sorted. */
  sizes(): number[] {
    return this.files
      .list()
      .sort((a, b) => a - b)
      .map((number) => statSync(this.files.path(number)).size);
  }

  faults(): string[] {
    return this.lines.splice(0).map(({ event }) => event);
  }

  dropFolder(): void {
    rmSync(this.files.folder, { recursive: true });
  }
}

export function isMapped({ memory }: Segment): boolean {
  return !(memory instanceof SharedArrayBuffer);
}

/** Text that makes an image of its own file. */
export function largeText(octets = 5 << 20): string {
  const line = `TXT "${'x'.repeat(230)}"\n`;
  return Array.from({ length: Math.ceil(octets / 240) }, (_, i) => `l${i} ${line}`).join('');
}
