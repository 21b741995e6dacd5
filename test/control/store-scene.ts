/**
 * Stores that a server has left behind, and the commands on them in this process.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type RunningServer, startServer } from '../../src/control/serve.js';
import { runStoreCompact } from '../../src/control/store-compact.js';
import { runStoreDrop, type StoreDropOptions } from '../../src/control/store-drop.js';
import { runStoreLs, type StoreListOptions } from '../../src/control/store-ls.js';
import { runStoreVerify } from '../../src/control/store-verify.js';
import { DelayedWrites } from '../../src/store/delayed-writes.js';
import { ImageParts, type StoredPart } from '../../src/store/image-parts.js';
import { Journal } from '../../src/store/journal.js';
import { Notified } from '../../src/store/notified.js';
import { SecondaryStates } from '../../src/store/secondary-state.js';
import { ServedSerials } from '../../src/store/served-serials.js';
import { openStore, type Store } from '../../src/store/store.js';
import { readStore } from '../../src/store/store-snapshot.js';
import { memoryLog, temporaryDirectory, zoneFile } from '../e2e/test-server.js';
import { txtChange } from '../store/records.js';
import { testOptions } from '../support/serve-options.js';
import { name } from '../support/zones.js';

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

const PATIENCE_MS = 15_000;

const LIST = { zones: [], tables: [], all: false, format: 'text' } as const;

export class StoreScene {
  readonly root: string;
  /** The store's folder. */
  readonly folder: string;
  private server: RunningServer | null = null;

  constructor(t: TestContext) {
    this.root = temporaryDirectory(t);
    this.folder = join(this.root, 'state', 'store');
    mkdirSync(join(this.root, 'zones'));
    t.after(() => this.stop());
  }

  /** A store of a server that is not running any more. */
  static async left(t: TestContext, ...zones: readonly string[]): Promise<StoreScene> {
    const scene = new StoreScene(t);
    for (const zone of zones) scene.zone(zone, 1);
    await scene.run(zones.length);
    return scene;
  }

  zonePath(zone: string): string {
    return join(this.root, 'zones', `${zone}.zone`);
  }

  zone(zone: string, serial: number, more = ''): void {
    writeFileSync(this.zonePath(zone), zoneFile(serial, `v${serial}`, more));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  image(number: number): string {
    return this.path(`images/${String(number).padStart(8, '0')}.img`);
  }

  async start(): Promise<readonly string[]> {
    const { log, lines } = memoryLog();
    const options = testOptions(this.root, [join(this.root, 'zones')]);
    this.server = await startServer(options, log);
    await this.server.loaded;
    return lines.map(({ event, text }) => `${event}: ${text}`);
  }

  /** Runs a server until it has kept that many zones; one that ends at once need not have loaded all. */
  async run(count: number): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      await this.start();
      await this.stop();
      const kept = this.parts().reduce((sum, part) => sum + part.count, 0);
      if (kept === count) return;
      assert.ok(Date.now() < end, `${kept} zones are kept, not ${count}`);
    }
  }

  async stop(): Promise<void> {
    await this.server?.stop();
    this.server = null;
  }

  /** Changes the store as a server would. */
  async work(work: (store: Store) => void): Promise<void> {
    const store = openStore(this.folder);
    assert.equal(store.stats().aside, null);
    work(store);
    await store.close();
  }

  /** Puts something of each zone into all tables but that of images. */
  async fill(...zones: readonly string[]): Promise<void> {
    await this.work((store) => {
      const writes = new DelayedWrites(store);
      const journal = new Journal(store);
      for (const zone of zones) {
        const apex = name(zone);
        journal.append(apex, txtChange(zone, [1, 2], [], ['a 60 b']));
        journal.append(apex, txtChange(zone, [2, 3], ['a 60 b'], ['c 60 d']));
        new Notified(writes).set(apex, '192.0.2.1:53', 3);
        new Notified(writes).set(apex, '192.0.2.2:53', 2);
        new SecondaryStates(writes).set(apex, STATE);
        new ServedSerials(writes).set(apex, 17, 'print', false);
      }
      writes.close();
    });
  }

  parts(): readonly StoredPart[] {
    return new ImageParts(readStore(this.folder, (table) => table === 'images')).all().parts;
  }

  ls(options: Partial<StoreListOptions> = {}): Promise<Ran> {
    return this.ran((streams) => runStoreLs({ ...this.place(), ...LIST, ...options }, streams));
  }

  verify(format: 'text' | 'json' = 'text'): Promise<Ran> {
    return this.ran((streams) => runStoreVerify({ ...this.place(), format }, streams));
  }

  compact(format: 'text' | 'json' = 'text'): Promise<Ran> {
    return this.ran((streams) => runStoreCompact({ ...this.place(), format }, streams));
  }

  drop(options: Partial<StoreDropOptions>): Promise<Ran> {
    const given = { ...this.place(), ...LIST, yes: false, ...options };
    return this.ran((streams) => runStoreDrop(given, streams));
  }

  private place(): { readonly stateDir: string } {
    return { stateDir: join(this.root, 'state') };
  }

  private async ran(
    run: (streams: {
      stdout: { write(text: string): void };
      stderr: { write(text: string): void };
    }) => Promise<number>,
  ): Promise<Ran> {
    let [stdout, stderr] = ['', ''];
    const code = await run({
      stdout: {
        write: (text) => {
          stdout += text;
        },
      },
      stderr: {
        write: (text) => {
          stderr += text;
        },
      },
    });
    const near = (text: string): string => text.replaceAll(`${this.root}/`, '');
    return { code, stdout: near(stdout), stderr: near(stderr) };
  }
}

const STATE = {
  serial: 3,
  refreshedAt: Date.UTC(2026, 0, 2),
  expiresAt: Date.UTC(2026, 1, 3),
  nextAt: 0,
  primary: '192.0.2.9:53',
  failures: 1,
};
