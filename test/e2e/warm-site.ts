/**
 * A folder with zone files that is served by one server after the other in this process, and asked from the first
 * moment on: what was answered, in order, is what the tests of a warm start look at.
 */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningServer, type ServeOptions, startServer } from '../../src/control/serve.js';
import { Loader, type ZoneLoader } from '../../src/load/loader.js';
import { testOptions } from '../support/serve-options.js';
import { name } from '../support/zones.js';
import { UdpClient } from './client.js';
import { type LogLine, memoryLog, temporaryDirectory, zoneFile } from './test-server.js';

const PATIENCE_MS = 15_000;
/** Time that a held loader leaves for a wrong answer to show. */
const HELD_MS = 60;

type Flags = Readonly<Record<string, string>>;

/** Loads nothing, and lets nobody else begin, until it is released. */
class HeldLoader implements ZoneLoader {
  private readonly inner = new Loader();
  private isHeld = true;
  private free: () => void = () => {};
  private readonly released = new Promise<void>((resolve) => {
    this.free = resolve;
  });

  release(): void {
    this.isHeld = false;
    this.free();
  }

  get isFull(): boolean {
    return this.isHeld || this.inner.isFull;
  }

  async room(): Promise<void> {
    await this.released;
    await this.inner.room();
  }

  load(...job: Parameters<ZoneLoader['load']>): void {
    void this.released.then(() => this.inner.load(...job));
  }

  async stop(): Promise<void> {
    this.release();
    await this.inner.stop();
  }
}

export type StartOptions = {
  /** Whether nothing is loaded before all zones have been asked for a while. */
  readonly isHeld?: boolean;
  readonly flags?: Flags;
  /** Instead of the folder of zones. */
  readonly sources?: readonly string[];
};

export class WarmSite {
  readonly root: string;
  /** Of all servers so far. */
  readonly lines: LogLine[];
  /** Distinct answers of each zone since the last start, in order. */
  readonly seen = new Map<string, string[]>();
  server: RunningServer | null = null;
  private readonly flags: Flags;
  private readonly log: ReturnType<typeof memoryLog>['log'];
  private client: UdpClient | null = null;

  constructor(t: TestContext, flags: Flags = {}) {
    this.root = temporaryDirectory(t);
    this.flags = flags;
    const { log, lines } = memoryLog();
    this.log = log;
    this.lines = lines;
    mkdirSync(this.path('zones'));
    t.after(() => this.stop());
  }

  path(name: string): string {
    return join(this.root, name);
  }

  get storeFolder(): string {
    return this.path('state/store');
  }

  get imagesFolder(): string {
    return this.path('state/store/images');
  }

  /** Saves a file as most editors do. */
  write(name: string, text: string | Uint8Array): void {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }

  /** A zone file in the folder of zones, for the zone that it is named after. */
  zone(name: string, serial: number, txt: string, more = ''): void {
    this.write(`zones/${name}.zone`, zoneFile(serial, txt, more));
  }

  remove(name: string): void {
    rmSync(this.path(name), { recursive: true });
  }

  /** Starts a server; it listens, and may not have loaded anything. */
  async start(names: readonly string[] = [], how: StartOptions = {}): Promise<void> {
    const { isHeld = false, flags = {}, sources = [this.path('zones')] } = how;
    const options = testOptions(this.root, sources, { ...this.flags, ...flags });
    const held = new HeldLoader();
    if (!isHeld) held.release();
    const given: ServeOptions = { ...options, loader: held };
    this.seen.clear();
    this.server = await startServer(given, this.log);
    this.client = new UdpClient(this.server.endpoints[0]!.port);
    if (!isHeld) return;
    for (const end = Date.now() + HELD_MS; Date.now() < end; ) await this.ask(names);
    held.release();
  }

  /** Starts a server and asks until everything has been tried, and then until each zone is as it should be. */
  async startAndAsk(
    wanted: Readonly<Record<string, string>>,
    options: StartOptions = {},
  ): Promise<Record<string, string>> {
    const names = Object.keys(wanted);
    await this.start(names, options);
    let isLoaded = false;
    void this.server?.loaded.then(() => {
      isLoaded = true;
    });
    while (!isLoaded) await this.ask(names);
    const isLast = (zone: string) =>
      wanted[zone]?.split(' ').at(-1) === this.seen.get(zone)?.at(-1);
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
      await this.ask(names);
      if (names.every(isLast)) break;
    }
    return this.histories();
  }

  histories(): Record<string, string> {
    return Object.fromEntries([...this.seen].map(([name, seen]) => [name, seen.join(' ')]));
  }

  async ask(zones: readonly string[]): Promise<void> {
    for (const zone of zones) {
      const answer = await this.client?.ask(`t.${zone}`);
      const text =
        answer === null || answer === undefined ? 'silence' : (answer.txt ?? answer.rcode);
      const seen = this.seen.get(zone) ?? [];
      if (seen.at(-1) !== text) this.seen.set(zone, [...seen, text]);
    }
    await sleep(1);
  }

  /** Waits until what is served is on disk, as far as can be told from outside: it is looked at every second. */
  async until(isThere: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!(await isThere())) {
      assert.ok(Date.now() < end, `never: ${what}`);
      await sleep(5);
    }
  }

  /** Of a zone of the running server; `none` if there is no such zone. */
  stateOf(zone: string): string {
    return this.server?.zones.find(name(`${zone}.`))?.state ?? 'none';
  }

  get port(): number {
    return this.server?.endpoints[0]?.port ?? 0;
  }

  /** Ends the server in good order: what it serves is on disk then. */
  async stop(): Promise<void> {
    this.client?.close();
    await this.server?.stop();
    this.client = null;
    this.server = null;
  }

  /** Serves what there is until all of it is loaded, and ends. */
  async runOnce(options: StartOptions = {}): Promise<void> {
    await this.start([], options);
    await this.server?.loaded;
    await this.stop();
  }

  /** Takes the warnings and errors that have been logged since the last call. */
  takeFaults(): string[] {
    const faults = this.faults();
    this.lines.length = 0;
    return faults;
  }

  /** The same, without taking them. */
  faults(): string[] {
    return this.lines
      .filter(({ level }) => level === 'warn' || level === 'error')
      .map(({ event }) => event);
  }
}
