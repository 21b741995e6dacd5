/**
 * Secondary zones in this process for tests: real files, real questions and transfers on loopback, and a clock that
 * stands still until the test moves it.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { openHeld } from '../../src/index/held-image.js';
import { type ConfiguredZone, NO_RULES, type ZonePeer } from '../../src/load/configured-zone.js';
import { Loader } from '../../src/load/loader.js';
import { Reloader } from '../../src/load/reloader.js';
import { ZoneSet } from '../../src/load/zone-set.js';
import type { SecondaryState } from '../../src/store/secondary-state.js';
import { Secondaries } from '../../src/transfer/secondaries.js';
import type { SecondaryMemory } from '../../src/transfer/secondary-parts.js';
import type { SecondaryStatus } from '../../src/transfer/secondary-status.js';
import { type ProbeOrder, type ProbeReply, probeSoa } from '../../src/transfer/soa-probe.js';
import type { TransferJob } from '../../src/transfer/transfer-job.js';
import type { ZoneTransfers } from '../../src/transfer/transfer-threads.js';
import type { BaseImage } from '../../src/transfer/zone-differences.js';
import { receiveZone } from '../../src/transfer/zone-receiver.js';
import { nameText } from '../../src/wire/name-text.js';
import type { TsigKey } from '../../src/wire/tsig-key.js';
import { type LogLine, memoryLog, temporaryDirectory } from '../e2e/test-server.js';
import type { Script, Step } from '../support/fake-primary.js';
import { testOptions } from '../support/serve-options.js';
import { expireOpt, qtypeOf, recordsOf, replyTo } from '../support/xfr-messages.js';
import { name } from '../support/zones.js';
import { StillClock } from '../transport/notify-secondary.js';

export const ORIGIN = 'example.';
const SOA = 6;
const PATIENCE_MS = 15_000;
/** When a test begins, unless it says otherwise: after the files that it has written. */
const START_MS = 4_000_000_000_000;

/** The zone of most tests: refresh 1000, retry 100, expire 10,000 seconds. */
export function zoneText(serial: number, more = ''): string {
  return `@ 60 IN SOA ns hostmaster ${serial} 1000 100 10000 60\n@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n${more}`;
}

/** What a primary serves; a test changes it. */
export type Serving = {
  serial: number;
  more?: string;
  rcode?: number;
  isMute?: boolean;
  isLame?: boolean;
  expireSeconds?: number;
};

/** A primary that answers for one zone as it is told, by AXFR only. */
export function scriptOf(state: Serving): Script {
  const flags = (): number => (state.isLame === true ? 0x8000 : 0x8400) | (state.rcode ?? 0);
  const reply = (query: Buffer): Buffer => {
    const isSoa = qtypeOf(query) === SOA;
    const text = zoneText(state.serial, state.more);
    const records = state.rcode === undefined ? recordsOf(ORIGIN, text) : [];
    const [soa] = records;
    const whole = soa === undefined ? [] : [...records, soa];
    const told = state.expireSeconds;
    const answers = isSoa ? records.slice(0, 1) : whole;
    const additionals = told === undefined ? [] : [expireOpt(told)];
    return replyTo(query, { flags: flags(), answers, additionals });
  };
  return {
    udp: (query) => (state.isMute === true ? null : reply(query)),
    tcp: (query): Step[] => (state.isMute === true ? [] : [{ message: reply(query) }]),
  };
}

/** What outlives a scene. */
export class Remembered implements SecondaryMemory {
  readonly states = new Map<string, SecondaryState>();

  get(apex: Uint8Array): SecondaryState | null {
    return this.states.get(nameText(apex, 0)) ?? null;
  }

  set(apex: Uint8Array, state: SecondaryState): void {
    this.states.set(nameText(apex, 0), state);
  }

  forget(apex: Uint8Array): void {
    this.states.delete(nameText(apex, 0));
  }
}

/** Takes what is served. */
class Published {
  readonly images = new Map<string, BaseImage | null>();

  set(apex: Uint8Array, image: SharedArrayBuffer | null, imageAt: number): number {
    const copy = image === null ? null : { memory: copyOf(image), offset: imageAt };
    this.images.set(nameText(apex, 0), copy);
    return 0;
  }

  claim(): number {
    return 0;
  }

  remove(apex: Uint8Array): void {
    this.images.delete(nameText(apex, 0));
  }

  addLocations(): number {
    return 0;
  }

  removeLocations(): void {}

  restrict(): void {}
}

/** A loader's room is used again. */
function copyOf(image: SharedArrayBuffer): SharedArrayBuffer {
  const copy = new SharedArrayBuffer(image.byteLength);
  new Uint8Array(copy).set(new Uint8Array(image));
  return copy;
}

export type SceneOptions = {
  /** Where the zones' files are; of a former scene, to begin again. */
  readonly folder?: string;
  readonly memory?: Remembered;
  readonly startMs?: number;
  readonly origins?: readonly string[];
  readonly keys?: Readonly<Record<string, TsigKey>>;
  readonly probe?: (order: ProbeOrder) => Promise<ProbeReply>;
  readonly transfers?: ZoneTransfers;
  /** Of one transfer. */
  readonly octetsMax?: number;
  readonly chance?: () => number;
  readonly isNotifyJudged?: boolean;
};

export class SecondaryScene {
  readonly folder: string;
  readonly memory: Remembered;
  readonly lines: LogLine[];
  readonly zones: ZoneSet;
  readonly secondaries: Secondaries;
  readonly reloader: Reloader;
  private readonly published = new Published();
  private readonly still = new StillClock();
  private readonly startMs: number;
  private readonly configure: (zones: readonly ConfiguredZone[]) => Promise<unknown>;

  private constructor(t: TestContext, options: SceneOptions) {
    this.folder = options.folder ?? temporaryDirectory(t);
    this.memory = options.memory ?? new Remembered();
    this.startMs = options.startMs ?? START_MS;
    const { log, lines } = memoryLog();
    this.lines = lines;
    this.zones = new ZoneSet(this.published);
    const { reload } = testOptions(temporaryDirectory(t), [], {});
    const loader = new Loader({ threads: 1 });
    this.reloader = new Reloader([], this.zones, loader, log, { ...reload, rescanMs: 0 });
    const { zones } = this.reloader.addConfiguration(join(this.folder, 'test.conf'));
    this.configure = (wanted) => zones.apply(wanted, true);
    const inThisThread: ZoneTransfers = {
      begin: ({ job, settle }) => void receiveNow(job()).then(settle),
      stop: async () => {},
    };
    this.secondaries = new Secondaries(
      {
        zones: this.zones,
        loads: this.reloader.loads,
        held: (apex) => this.published.images.get(nameText(apex, 0)) ?? null,
        keyNamed: (key) => options.keys?.[key] ?? null,
        isNotifyJudged: () => options.isNotifyJudged ?? false,
        memory: this.memory,
        log,
        rules: {
          strict: false,
          ignoreBroken: false,
          nsec3IterationsMax: 100,
          octetsMax: options.octetsMax ?? 1 << 20,
        },
      },
      {
        clock: {
          now: () => this.now(),
          after: (ms, run) => this.still.after(ms, run),
        },
        chance: options.chance ?? (() => 0),
        probe: options.probe ?? ((order) => probeSoa({ ...order, udpMs: 50, tcpMs: 300 })),
        transfers: options.transfers ?? inThisThread,
      },
    );
    t.after(() => this.end());
  }

  /** Serves secondary zones of these primaries; resolves once their files have been tried. */
  static async start(
    t: TestContext,
    primaries: readonly ZonePeer[],
    options: SceneOptions = {},
  ): Promise<SecondaryScene> {
    const scene = new SecondaryScene(t, options);
    await scene.follow(primaries, options.origins ?? [ORIGIN]);
    await scene.reloader.start();
    scene.advance(0);
    return scene;
  }

  /** As a configuration does that has changed. */
  async follow(
    primaries: readonly ZonePeer[],
    origins: readonly string[],
    kind: ConfiguredZone['kind'] = 'secondary',
  ): Promise<void> {
    const wanted = origins.map((origin): ConfiguredZone => {
      const path = this.path(origin);
      return { name: name(origin), path, kind, primaries, alsoNotify: [], rules: NO_RULES };
    });
    await this.configure(wanted);
    this.secondaries.sync();
  }

  path(origin: string = ORIGIN): string {
    return join(this.folder, `${origin}zone`);
  }

  now(): number {
    return this.startMs + this.still.now();
  }

  advance(seconds: number): void {
    this.still.advance(1000 * seconds);
  }

  /** The serial that is served: null for SERVFAIL, undefined for a zone that is none of ours. */
  serial(origin: string = ORIGIN): number | null | undefined {
    const image = this.published.images.get(nameText(name(origin), 0));
    if (image === undefined || image === null) return image;
    return openHeld(image).serial;
  }

  status(origin: string = ORIGIN): SecondaryStatus {
    const status = this.secondaries.status(name(origin));
    assert.ok(status !== null);
    return status;
  }

  /** Waits until nothing is being done for the zone, or for all. */
  async idle(): Promise<void> {
    await this.until(() => this.secondaries.queue().length === 0, 'it does not come to rest');
  }

  async until(condition: () => boolean, text: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!condition()) {
      if (Date.now() > deadline) assert.fail(`${text}: ${JSON.stringify(this.lines.slice(-5))}`);
      await setTimeout(1);
    }
  }

  /** Seconds until a time. */
  secondsTo(ms: number | null): number {
    return ms === null ? Number.NaN : Math.round((ms - this.now()) / 1000);
  }

  /** Texts of the lines with this event, without debug lines. */
  told(event: string): string[] {
    const lines = this.lines.filter((line) => line.event === event && line.level !== 'debug');
    return lines.map(({ text }) => text);
  }

  async end(): Promise<void> {
    await this.secondaries.stop();
    await this.reloader.stop();
  }
}

function receiveNow(job: TransferJob | null): ReturnType<typeof receiveZone> {
  assert.ok(job !== null);
  return receiveZone({ ...job, exchange: { ...job.exchange, firstMs: 500, idleMs: 500 } });
}
