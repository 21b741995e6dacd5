/**
 * Images, store and their folder damaged while no server ran: no zone is answered wrongly for a moment, the log says
 * what is wrong, all zones are served soon, and the next start has nothing to say. Each zone's answer is its name, so
 * that one in another's place shows.
 */
import assert from 'node:assert/strict';
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { IMAGE_FORMAT } from '../../src/index/image.js';
import { openStore } from '../../src/store/store.js';
import { takeStore } from '../../src/store/store-owner.js';
import { seededRandom } from '../fuzz/random.js';
import { keptParts, putParts } from './kept-store.js';
import { WarmSite } from './warm-site.js';

const SMALL_ZONES = 240;
/** Records of the zone whose image has a file of its own, and of the others, which fill more than a part. */
const LARGE_RECORDS = 24_000;
const SMALL_RECORDS = 24;
const LARGE = 'large.test';
const ASKED = ['z0.test', 'z1.test', 'z119.test', 'z238.test', 'z239.test', LARGE];
const ZONES = SMALL_ZONES + 1;
/** HOTZONE_FLIPS makes it more than these few. */
const FLIPS = Number(process.env['HOTZONE_FLIPS'] ?? 6);

class DamagedSite {
  readonly site: WarmSite;
  private readonly whole: string;
  /** Number of the file that holds nothing but the large zone. */
  private largeFile = 0;

  constructor(t: TestContext) {
    this.site = new WarmSite(t, { index: 'lmdb' });
    this.whole = this.site.path('whole');
  }

  /** Has all zones served once, so that they are kept. */
  async prepare(): Promise<void> {
    const { site } = this;
    const padding = (count: number) =>
      Array.from({ length: count }, (_, i) => `p${i} TXT "${'x'.repeat(180)}"\n`).join('');
    const small = padding(SMALL_RECORDS);
    for (let i = 0; i < SMALL_ZONES; i++) site.zone(`z${i}.test`, 1, `z${i}.test`, small);
    site.zone(LARGE, 1, LARGE, padding(LARGE_RECORDS));
    await site.runOnce();
    assert.deepEqual(site.takeFaults(), []);
    renameSync(site.path('state'), this.whole);
    const parts = await keptParts(join(this.whole, 'store'));
    const large = parts.find(({ zones }) =>
      zones.some(({ files }) => files[0]?.path.includes(LARGE)),
    );
    this.largeFile = large?.file ?? 0;
    assert.ok(new Set(parts.map(({ file }) => file)).size >= 2, 'several files');
    assert.ok(parts.length >= 3, 'several parts');
  }

  /** Puts everything back as it was. */
  restore(): void {
    rmSync(this.site.path('state'), { recursive: true, force: true });
    cpSync(this.whole, this.site.path('state'), { recursive: true });
  }

  /** Files of images: that of small zones, then that of the large one. */
  get images(): string[] {
    const { imagesFolder } = this.site;
    const isLarge = (file: string) => Number.parseInt(file, 10) === this.largeFile;
    return readdirSync(imagesFolder)
      .sort((a, b) => Number(isLarge(a)) - Number(isLarge(b)))
      .map((file) => join(imagesFolder, file));
  }

  /** Starts a server that must answer rightly from the first moment on. @returns faults, and zones served at once */
  async serve(what: string): Promise<{ faults: string[]; atOnce: number }> {
    const { site } = this;
    const wanted = Object.fromEntries(ASKED.map((zone) => [zone, zone]));
    const seen = await site.startAndAsk(wanted);
    for (const zone of ASKED) {
      // before its file is listed or loaded a zone is not ours, or not there yet
      assert.match(seen[zone] ?? '', RegExp(`^(?:REFUSED )?(?:SERVFAIL )?${zone}$`), what);
    }
    const restored = site.lines.find(({ event }) => event === 'zones.restored');
    const atOnce = Number(restored?.fields['zones'] ?? 0);
    assert.equal(site.server?.zones.totals().serving, ZONES, what);
    await site.stop();
    return { faults: [...new Set(site.takeFaults())], atOnce };
  }
}

/** What is served at once: all zones, some, or none. */
type AtOnce = 'all' | 'some' | 'none';

type Row = {
  readonly what: string;
  readonly damage: (site: DamagedSite) => unknown;
  readonly faults: readonly string[];
  readonly atOnce: AtOnce;
  /** Whether the next start finds everything in order. */
  readonly isHealed?: false;
};

function cut(path: string | undefined, octets: number): void {
  const size = statSync(path ?? '').size;
  truncateSync(path ?? '', octets < 0 ? size + octets : Math.min(octets, size));
}

function flip(path: string, at: number, bits: number): void {
  const octets = readFileSync(path);
  octets[at]! ^= bits;
  const file = openSync(path, 'r+');
  writeSync(file, octets, at, 1, at);
  closeSync(file);
}

function storeFile(site: DamagedSite, name: string): string {
  return join(site.site.storeFolder, name);
}

const CUTS: readonly Row[] = [0, 63, 4096, 1_500_000, -64].map(
  (octets): Row => ({
    what: `the file of small zones is cut to ${octets}`,
    damage: ({ images }) => cut(images[0], octets),
    faults: ['store.images'],
    atOnce: 'some',
  }),
);

const IMAGES: readonly Row[] = [
  { what: 'nothing', damage: () => {}, faults: [], atOnce: 'all' },
  ...CUTS,
  {
    what: 'the file of small zones has lost what fills it up',
    damage: ({ images }) => cut(images[0], -1),
    faults: [],
    atOnce: 'all',
  },
  {
    what: 'the file of the large zone is cut',
    damage: ({ images }) => cut(images[1], -1),
    faults: ['store.images'],
    atOnce: 'some',
  },
  {
    what: 'files swapped with each other',
    damage: ({ images: [first = '', second = ''] }) => {
      renameSync(first, `${first}.x`);
      renameSync(second, first);
      renameSync(`${first}.x`, second);
    },
    faults: ['store.images'],
    atOnce: 'none',
  },
  {
    what: 'a file is missing',
    damage: ({ images }) => rmSync(images[0] ?? ''),
    faults: ['store.images'],
    atOnce: 'some',
  },
  {
    what: 'a file is a directory',
    damage: ({ images }) => {
      rmSync(images[0] ?? '');
      mkdirSync(images[0] ?? '');
    },
    faults: ['store.images'],
    atOnce: 'some',
  },
  {
    what: 'a file is longer',
    damage: ({ images }) => writeFileSync(images[1] ?? '', 'more', { flag: 'a' }),
    faults: [],
    atOnce: 'all',
  },
  {
    what: 'all files are missing',
    damage: ({ site }) => rmSync(site.imagesFolder, { recursive: true }),
    faults: ['store.images'],
    atOnce: 'none',
  },
  {
    what: 'the folder of images is a file',
    damage: ({ site }) => {
      rmSync(site.imagesFolder, { recursive: true });
      writeFileSync(site.imagesFolder, '');
    },
    faults: ['store.images'],
    atOnce: 'none',
    isHealed: false,
  },
  {
    what: 'there are other files',
    damage: ({ site: { imagesFolder } }) => {
      for (const name of ['x', '1.img', '00000001.img.old', '00000077.img', '99999998.img'])
        writeFileSync(join(imagesFolder, name), 'what is this');
      mkdirSync(join(imagesFolder, '00000078.img'));
      symlinkSync('nowhere', join(imagesFolder, '00000079.img'));
    },
    faults: [],
    atOnce: 'all',
  },
  {
    what: 'images are of another format',
    damage: async ({ site }) => {
      const parts = (await keptParts(site.storeFolder)).map((part) => {
        const path = join(site.imagesFolder, `${String(part.file).padStart(8, '0')}.img`);
        const octets = readFileSync(path);
        for (const { offset } of part.zones) octets.writeInt32LE(IMAGE_FORMAT + 1, offset);
        writeFileSync(path, octets);
        return { ...part, checksum: crc32(octets.subarray(part.from, part.to)) };
      });
      await putParts(site.storeFolder, parts);
    },
    faults: ['store.images'],
    atOnce: 'none',
  },
  {
    what: 'one of the parts says that it ends beyond its file',
    damage: async ({ site }) => {
      const [part] = await keptParts(site.storeFolder);
      if (part !== undefined) await putParts(site.storeFolder, [{ ...part, to: 1 << 30 }]);
    },
    faults: ['store.images'],
    atOnce: 'some',
  },
];

const STORE: readonly Row[] = [
  {
    what: 'rows are of another layout',
    damage: async ({ site }) => {
      const store = openStore(site.storeFolder);
      for (const { key, value } of [...store.table('images').range()]) {
        value[3] = 99;
        store.table('images').put(key, value);
      }
      store.table('images').put(Buffer.from('odd'), Buffer.from('odd'));
      await store.close();
    },
    faults: ['store.images'],
    atOnce: 'none',
  },
  ...[0, 100, 4096, 9000, -4096].map(
    (octets): Row => ({
      what: `the data file is cut to ${octets}`,
      damage: (site) => cut(storeFile(site, 'store.mdb'), octets),
      // an empty file is a new one
      faults: octets === 0 ? [] : ['store.aside'],
      atOnce: 'none',
    }),
  ),
  {
    what: 'the data file is gone',
    damage: (site) => rmSync(storeFile(site, 'store.mdb')),
    faults: [],
    atOnce: 'none',
  },
  {
    what: 'the lock file is garbage',
    damage: (site) => writeFileSync(storeFile(site, 'store.mdb-lock'), Buffer.alloc(9000, 0xa5)),
    faults: [],
    atOnce: 'all',
  },
  {
    what: 'the lock file is gone',
    damage: (site) => rmSync(storeFile(site, 'store.mdb-lock')),
    faults: [],
    atOnce: 'all',
  },
  {
    what: 'the format is newer',
    damage: (site) => writeFileSync(storeFile(site, 'format'), 'hotzone store 2\n'),
    faults: ['store.aside'],
    atOnce: 'none',
  },
  ...['', 'hotzone', '\0\0\0'].map(
    (text): Row => ({
      what: `the format is ${JSON.stringify(text)}`,
      damage: (site) => writeFileSync(storeFile(site, 'format'), text),
      faults: ['store.aside'],
      atOnce: 'none',
    }),
  ),
  ...['', '1', '99999999 x\n', `${process.pid} another-start\n`, '\xff\xff'].map(
    (text): Row => ({
      what: `the owner is ${JSON.stringify(text)}`,
      damage: (site) => writeFileSync(storeFile(site, 'owner'), text),
      faults: [],
      atOnce: 'all',
    }),
  ),
  {
    what: 'another process has the store',
    damage: (site) => takeStore(storeFile(site, 'owner')),
    faults: ['store.absent'],
    atOnce: 'none',
    isHealed: false,
  },
  {
    what: 'the folder of the store is a file',
    damage: ({ site }) => {
      rmSync(site.storeFolder, { recursive: true });
      writeFileSync(site.storeFolder, '');
    },
    faults: ['store.absent'],
    atOnce: 'none',
    isHealed: false,
  },
  {
    what: 'the folder of state is gone',
    damage: ({ site }) => rmSync(site.path('state'), { recursive: true }),
    faults: [],
    atOnce: 'none',
  },
];

function assertAtOnce(count: number, wanted: AtOnce, what: string): void {
  if (wanted === 'all') assert.equal(count, ZONES, what);
  else if (wanted === 'none') assert.equal(count, 0, what);
  else assert.ok(count > 0 && count < ZONES, `${what}: ${count}`);
}

test('damage between two runs', async (t) => {
  const damaged = new DamagedSite(t);
  await damaged.prepare();
  for (const { what, damage, faults, atOnce, isHealed = true } of [...IMAGES, ...STORE]) {
    await t.test(what, async () => {
      damaged.restore();
      await damage(damaged);
      const first = await damaged.serve(what);
      assert.deepEqual(first.faults, faults);
      assertAtOnce(first.atOnce, atOnce, what);
      const second = await damaged.serve(`${what}, the next start`);
      if (!isHealed) return assert.deepEqual(second.faults, faults);
      assert.deepEqual(second, { faults: [], atOnce: ZONES });
    });
  }

  const random = seededRandom(7);
  for (let i = 0; i < FLIPS; i++) {
    const store = i % 3 === 0;
    damaged.restore();
    const path = store
      ? join(damaged.site.storeFolder, 'store.mdb')
      : (damaged.images[i % 3 === 1 ? 0 : 1] ?? '');
    const at = random(statSync(path).size);
    const bits = 1 << random(8);
    await t.test(`bits ${bits} of octet ${at} of ${path.split('/').at(-1)}`, async () => {
      flip(path, at, bits);
      const { faults } = await damaged.serve('flip');
      const wanted = store ? 'store.aside' : 'store.images';
      // an octet that means nothing to anybody may be anything
      assert.ok(faults.length === 0 || (faults.length === 1 && faults[0] === wanted), `${faults}`);
      assert.deepEqual(await damaged.serve('flip'), { faults: [], atOnce: ZONES });
    });
  }
});
