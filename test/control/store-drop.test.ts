/**
 * `hotzone store drop` and `compact`: what goes and what stays, what must be said first, and what the next server makes
 * of it.
 */
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { StoreDropOptions } from '../../src/control/store-drop.js';
import { STORE_TABLES } from '../../src/control/store-tables.js';
import { octets } from '../store/stores.js';
import { type Ran, StoreScene } from './store-scene.js';

const ZONES = ['a.example', 'b.example', 'c.example'] as const;

async function filled(t: TestContext): Promise<StoreScene> {
  const scene = await StoreScene.left(t, ...ZONES);
  await scene.fill(...ZONES);
  return scene;
}

/** First letters of the zones of each table. */
async function held(scene: StoreScene): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await scene.ls({ all: true, format: 'json' });
  assert.equal(code, 0, stderr);
  const { tables } = JSON.parse(stdout);
  return Object.fromEntries(
    STORE_TABLES.map((name) => {
      const zones: string[] = tables[name].map((row: { zone: string }) => row.zone[0]);
      return [name, [...new Set(zones)].join('')];
    }),
  );
}

const ALL = { images: 'abc', journal: 'abc', notified: 'abc', secondaries: 'abc', served: 'abc' };
const NONE = { images: '', journal: '', notified: '', secondaries: '', served: '' };

type DropRow = {
  readonly args: string;
  readonly options: Partial<StoreDropOptions>;
  readonly left: Readonly<Record<string, string>>;
  readonly said: RegExp;
};

const DROPS: readonly DropRow[] = [
  {
    args: 'b.example',
    options: { zones: ['b.example'] },
    left: { ...ALL, images: 'ac' },
    said: /^dropped: images of 1 zone; 0 image files removed, 0 octets\n$/,
  },
  {
    args: 'A.EXAMPLE. c.example --all --yes',
    options: { zones: ['A.EXAMPLE.', 'c.example'], all: true, yes: true },
    left: { images: 'b', journal: 'b', notified: 'b', secondaries: 'b', served: 'b' },
    said: /^dropped: images of 2 zones, journal of 2 zones, notified of 2 zones, /,
  },
  {
    args: '--table images',
    options: { tables: ['images'] },
    left: { ...ALL, images: '' },
    said: /^dropped: images of 3 zones; 1 image file removed, \d{4,} octets\n$/,
  },
  {
    args: '--table journal --table notified --yes',
    options: { tables: ['journal', 'notified'], yes: true },
    left: { ...ALL, journal: '', notified: '' },
    said: /^dropped: journal of 3 zones, notified of 3 zones; /,
  },
  {
    args: 'a.example --table secondaries --yes',
    options: { zones: ['a.example'], tables: ['secondaries'], yes: true },
    left: { ...ALL, secondaries: 'bc' },
    said: /^dropped: secondaries of 1 zone; /,
  },
  {
    args: 'a.example --table served --yes (an image has the serial, too)',
    options: { zones: ['a.example'], tables: ['served'], yes: true },
    left: { ...ALL, served: 'bc', images: 'bc' },
    said: /^dropped: images of 1 zone, served of 1 zone; /,
  },
  {
    args: '--all --yes',
    options: { all: true, yes: true },
    left: NONE,
    said: /^dropped: images of 3 zones, .*; 1 image file removed, \d{4,} octets\n$/,
  },
];

for (const { args, options, left, said } of DROPS) {
  test(`hotzone store drop ${args}`, async (t) => {
    const scene = await filled(t);
    assert.deepEqual(await held(scene), ALL);
    const { code, stdout, stderr } = await scene.drop(options);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, said);
    assert.deepEqual(await held(scene), left);
    assert.match((await scene.verify()).stdout, /: 0 errors, 0 warnings\n$/);
    assert.equal(existsSync(scene.image(1)), left['images'] !== '');
    // and a server goes on from there
    const log = await scene.start();
    const count = left['images']?.length ?? 0;
    const restored = log.filter((line) => line.startsWith('zones.restored'));
    const text = `zones.restored: ${count} zone${count === 1 ? '' : 's'} of ${count} served`;
    assert.equal(restored.length, count === 0 ? 0 : 1, log.join('\n'));
    if (count > 0) assert.ok(restored[0]?.startsWith(text), restored[0]);
    await scene.stop();
    await scene.run(ZONES.length);
    assert.equal((await held(scene))['images'], 'abc');
  });
}

type RefusedRow = readonly [
  args: string,
  options: Partial<StoreDropOptions>,
  code: number,
  told: RegExp,
];

const REFUSED: readonly RefusedRow[] = [
  ['', {}, 2, /^error: say which zones or --table, or --all\n$/],
  ['a..example', { zones: ['a..example'] }, 2, /^error: not a domain name: a\.\.example\n$/],
  [
    'a.example --all',
    { zones: ['a.example'], all: true },
    2,
    /^error: nothing is dropped without --yes; (?:.*\n {2}(?:journal|notified|secondaries|served): ){4}.*raised/,
  ],
  [
    '--table served',
    { tables: ['served'] },
    2,
    /^error: nothing is dropped without --yes; .*\n {2}served: [^\n]*\n$/,
  ],
  [
    'a.example d.example',
    { zones: ['a.example', 'd.example'] },
    1,
    /^error: nothing is kept of d\.example in images: nothing is dropped\n$/,
  ],
];

for (const [args, options, code, told] of REFUSED) {
  test(`hotzone store drop ${args}: exit ${code}, and all is there as before`, async (t) => {
    const scene = await filled(t);
    const ran = await scene.drop(options);
    assert.deepEqual([ran.code, ran.stdout], [code, '']);
    assert.match(ran.stderr, told);
    assert.deepEqual(await held(scene), ALL);
  });
}

test('what is dropped is told as JSON, too', async (t) => {
  const scene = await filled(t);
  const { stdout } = await scene.drop({ tables: ['images', 'served'], yes: true, format: 'json' });
  const { version, dropped, removed } = JSON.parse(stdout);
  assert.deepEqual([version, dropped, removed.files], [1, { images: 3, served: 3 }, 1]);
});

// --- compact

test('compact gives back what is not needed, and the next server serves what was kept', async (t) => {
  const scene = await filled(t);
  await scene.work((store) => {
    const table = store.table('journal-records');
    store.write(() => {
      for (let i = 0; i < 500; i++) table.put(octets(`x${i}`), Buffer.alloc(9000));
    });
    store.write(() => {
      for (let i = 0; i < 500; i++) table.remove(octets(`x${i}`));
    });
  });
  copyFileSync(scene.image(1), scene.image(7));
  const { code, stdout, stderr } = await scene.compact();
  assert.deepEqual([code, stderr], [0, '']);
  const numbers = /: (\d+) octets before, (\d+) after; 1 image file removed, (\d+) octets\n$/.exec(
    stdout,
  );
  const [before = 0, after = 0, removed] = (numbers ?? []).slice(1).map(Number);
  assert.ok(before > 500 * 9000 && after < 200_000, stdout);
  assert.equal(removed, readFileSync(scene.image(1)).length);
  assert.deepEqual(readdirSync(scene.path('images')), ['00000001.img']);
  assert.deepEqual(await held(scene), ALL);
  const log = await scene.start();
  assert.ok(
    log.some((line) => line.startsWith('zones.restored: 3 zones of 3 served')),
    log.join('\n'),
  );
  await scene.stop();
  const again = JSON.parse((await scene.compact('json')).stdout);
  assert.deepEqual([again.version, again.removed], [1, { files: 0, octets: 0 }]);
  assert.ok(again.before > 0 && again.after > 0 && again.after <= again.before);
});

test('files of images are left alone when a part of another layout may need them', async (t) => {
  const scene = await StoreScene.left(t, 'a.example');
  await scene.work((store) => store.table('images').put(octets('12345678'), Buffer.alloc(30, 9)));
  copyFileSync(scene.image(1), scene.image(7));
  assert.equal((await scene.compact()).code, 0);
  assert.ok(existsSync(scene.image(7)));
});

// --- who may not

type Command = readonly [name: string, run: (scene: StoreScene) => Promise<Ran>];

const COMMANDS: readonly Command[] = [
  ['compact', (scene) => scene.compact()],
  ['drop', (scene) => scene.drop({ all: true, yes: true })],
];

for (const [name, run] of COMMANDS) {
  test(`${name} is refused while a server has the store, which goes on`, async (t) => {
    const scene = await StoreScene.left(t, ...ZONES);
    await scene.start();
    const { code, stdout, stderr } = await run(scene);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, new RegExp(`^error: the store is in use by process ${process.pid}, see `));
    await scene.stop();
    assert.equal((await held(scene))['images'], 'abc');
  });

  test(`${name} leaves alone what is no store, or a damaged one`, async (t) => {
    const scene = await StoreScene.left(t, 'a.example');
    const data = readFileSync(scene.path('store.mdb'));
    const cut = data.subarray(0, 3 * 4096);
    writeFileSync(scene.path('store.mdb'), cut);
    const damaged = await run(scene);
    assert.equal(damaged.code, 1);
    assert.match(damaged.stderr, /^error: state\/store\/store\.mdb: the file is cut short\n$/);
    assert.ok(cut.equals(readFileSync(scene.path('store.mdb'))));
    assert.ok(existsSync(scene.image(1)));
    rmSync(scene.folder, { recursive: true });
    const absent = await run(scene);
    assert.deepEqual(
      [absent.code, absent.stderr],
      [1, 'error: there is no store in state/store\n'],
    );
    assert.ok(!existsSync(scene.folder));
  });
}
