/**
 * The server as a process that is killed at random moments while hundreds of zones change: what the next one answers at
 * once is a version that was on disk or was served, and soon it is the newest; the log has nothing to complain of.
 * HOTZONE_KILL_ROUNDS makes it more rounds than the usual few.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../fuzz/random.js';
import { freePort } from '../peers/peer.js';
import { ServerProcess } from './server-process.js';
import { temporaryDirectory, zoneFile } from './test-server.js';

const ROUNDS = Number(process.env['HOTZONE_KILL_ROUNDS'] ?? 10);
const ZONES = 300;
/** Of a run: before the first look at what is to be kept, and after some. */
const RUN_MS = 2000;
const EDIT_MS = 20;
/** Zones that are saved in one go. */
const BURST = 12;
/** Records that make a zone's image so large that some fill a segment. */
const SIZES = [1, 1, 1, 40, 400];
const LARGE = 0;
const LARGE_RECORDS = 24_000;
/** Lines of the log that are about the files' edits, not about what is kept. */
const EXPECTED = /"event":"zone\.(?:serial|removed|problem)"/;

type EditedZone = {
  readonly name: string;
  /** Of the version on disk; each has a number of its own, which is its serial and its text. 0: there is no file. */
  version: number;
};

class KilledServer {
  readonly process: ServerProcess;
  private readonly root: string;
  private readonly random = seededRandom(Date.now() % 0x7fffffff);
  private readonly zones: EditedZone[] = [];
  private edits = 0;
  /** Zones whose file went, perhaps while it was being read. */
  private readonly removed = new Set<string>();

  constructor(t: TestContext, port: number) {
    this.root = temporaryDirectory(t);
    this.process = new ServerProcess(t, port);
    mkdirSync(join(this.root, 'zones'));
    for (let i = 0; i < ZONES; i++) {
      const zone = { name: `k${i}.test`, version: 0 };
      this.zones.push(zone);
      this.save(zone);
    }
  }

  /** Starts it; resolves when it listens. */
  async start(index: string): Promise<void> {
    const { root } = this;
    const folders = ['--state-dir', join(root, 'state'), '--socket-dir', root];
    await this.process.start([join(root, 'zones'), '--index', index, ...folders]);
  }

  /** Saves some zones, and now and then takes one away. */
  edit(): void {
    for (let i = 0; i < BURST; i++) {
      const zone = this.zones[this.random(ZONES)];
      if (zone === undefined) continue;
      if (this.random(40) !== 0 || zone.version === 0) this.save(zone);
      else {
        rmSync(this.path(zone));
        this.removed.add(zone.name);
        zone.version = 0;
      }
    }
  }

  /** No answer is of a version that never was. */
  async checkAll(): Promise<void> {
    for (const zone of this.zones) {
      const seen = await this.process.see(zone.name);
      const version = Number(/^v(\d+) of (\S+)$/.exec(seen)?.[1] ?? Number.NaN);
      const isVersion = seen.endsWith(` of ${zone.name}`) && version <= this.edits && version > 0;
      // a zone whose file came while no server ran, or that was never kept
      assert.ok(isVersion || /^(?:SERVFAIL|REFUSED)$/.test(seen), `${zone.name} is ${seen}`);
    }
  }

  /** Each zone comes to be what its file says. */
  async untilNewest(): Promise<void> {
    for (const zone of this.zones) {
      const wanted = zone.version === 0 ? 'REFUSED' : `v${zone.version} of ${zone.name}`;
      await this.process.untilSeen(zone.name, wanted);
    }
  }

  /** What nobody should be told. */
  faults(): string[] {
    return this.process.faults().filter((line) => {
      const rejected = /"event":"zone\.rejected","zone":"([^"]*)"/.exec(line)?.[1] ?? '';
      return !EXPECTED.test(line) && !this.removed.has(rejected);
    });
  }

  /** Octets of all files of images. */
  octetsKept(): number {
    const folder = join(this.root, 'state/store/images');
    return readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  }

  private path({ name }: EditedZone): string {
    return join(this.root, 'zones', `${name}.zone`);
  }

  private save(zone: EditedZone): void {
    zone.version = ++this.edits;
    const index = this.zones.indexOf(zone);
    const isLarge = index === LARGE && this.random(4) === 0;
    const count = isLarge ? LARGE_RECORDS : (SIZES[this.random(SIZES.length)] ?? 1);
    const more = Array.from({ length: count }, (_, i) => `p${i} TXT "${'x'.repeat(180)}"\n`);
    const text = zoneFile(zone.version, `v${zone.version} of ${zone.name}`, more.join(''));
    writeFileSync(`${this.path(zone)}.new`, text);
    renameSync(`${this.path(zone)}.new`, this.path(zone));
  }

  pause(ms: number): Promise<void> {
    return sleep(this.random(ms));
  }
}

test(`server: killed ${ROUNDS} times while images are written, no answer is wrong`, {
  timeout: 120_000 + ROUNDS * 10_000,
}, async (t) => {
  const killed = new KilledServer(t, await freePort());
  let restored = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await killed.start(round % 3 === 0 ? 'memory' : 'lmdb');
    await killed.checkAll();
    await killed.untilNewest();
    const end = Date.now() + Math.random() * RUN_MS;
    while (Date.now() < end) {
      killed.edit();
      await killed.pause(EDIT_MS);
    }
    if (killed.process.count('zones.restored') > 0) restored++;
    await killed.process.end('SIGKILL');
    assert.deepEqual(killed.faults(), []);
    // and while nobody looks
    if (round % 2 === 0) killed.edit();
  }
  await killed.start('memory');
  await killed.checkAll();
  await killed.untilNewest();
  // what killed servers have left does not pile up
  await sleep(2500);
  const octets = killed.octetsKept();
  assert.ok(octets < 100 << 20, `${octets} octets`);
  await killed.process.end('SIGKILL');
  assert.deepEqual(killed.faults(), []);
  t.diagnostic(`${restored} starts with zones from the store, ${octets >> 20} MiB kept`);
  assert.ok(restored > 0, 'zones were restored');
});
