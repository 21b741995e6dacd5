/**
 * `hotzone store ls`: what is listed of each table, for people and for programs, beside a running server and after it.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { ImageParts } from '../../src/store/image-parts.js';
import { openStore } from '../../src/store/store.js';
import { StoreScene } from './store-scene.js';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

type Row = Readonly<Record<string, string | number | null>>;
type Document = {
  readonly version: number;
  readonly path: string;
  readonly format: number;
  readonly process: number | null;
  readonly octets: number;
  readonly liveOctets: number;
  readonly rows: Readonly<Record<string, number>>;
  readonly images: { readonly files: number; readonly octets: number };
  readonly asides: readonly { readonly path: string }[];
  readonly faults: readonly unknown[];
  readonly tables: Readonly<Record<string, readonly Row[]>>;
};

async function json(
  scene: StoreScene,
  options: Parameters<StoreScene['ls']>[0] = {},
): Promise<Document> {
  const { code, stdout, stderr } = await scene.ls({ ...options, format: 'json' });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

function lines(text: string): string[] {
  return text.trimEnd().split('\n');
}

test('zones are listed with serial, records, octets, file, when they were read, and state', async (t) => {
  const scene = await StoreScene.left(t, 'b.example', 'a.example');
  const { stdout, stderr, code } = await scene.ls();
  assert.deepEqual([code, stderr], [0, '']);
  const [head, sizes, rows, images, empty, title, columns, ...zones] = lines(stdout);
  assert.equal(head, 'state/store/store.mdb: format 1, not in use');
  assert.match(sizes ?? '', /^ {2}\d+ octets, \d+ of them in live pages$/);
  assert.match(rows ?? '', /^ {2}rows: images 1$/);
  assert.match(images ?? '', /^ {2}images: 1 file, \d+ octets$/);
  assert.deepEqual([empty, title], ['', 'images: 2']);
  assert.match(columns ?? '', /^ZONE +SERIAL +RECORDS +OCTETS +READ +STATE +IMAGE +OFFSET +FILE$/);
  assert.match(zones[0] ?? '', /^a\.example\. +1 +4 +\d+ +\S+Z +current +1 +\d+ +zones\/a\.exam/);
  assert.match(zones[1] ?? '', /^b\.example\. +1 +4 +\d+ +\S+Z +current +1 +\d+ +zones\/b\.exam/);
  assert.equal(zones.length, 2);
});

test('JSON has the same as a document', async (t) => {
  const scene = await StoreScene.left(t, 'a.example', 'b.example');
  const document = await json(scene);
  const { size } = statSync(scene.path('store.mdb'));
  assert.deepEqual(
    [document.version, document.path, document.format, document.process, document.octets],
    [1, scene.path('store.mdb').replace(`${scene.root}/`, ''), 1, null, size],
  );
  assert.ok(document.liveOctets > 0 && document.liveOctets < size);
  assert.equal(document.rows['images'], 1);
  assert.deepEqual(document.images, { files: 1, octets: statSync(scene.image(1)).size });
  assert.deepEqual([document.asides, document.faults], [[], []]);
  const [first, second] = document.tables['images'] ?? [];
  assert.deepEqual(
    [first?.['zone'], first?.['serial'], first?.['records'], first?.['state'], first?.['file']],
    ['a.example.', 1, 4, 'current', 'zones/a.example.zone'],
  );
  assert.match(String(first?.['read']), ISO);
  const file = readFileSync(scene.image(1));
  for (const row of [first, second]) {
    // the second word of an image is its size
    assert.equal(file.readInt32LE(Number(row?.['offset']) + 4), row?.['octets']);
  }
});

test('the other tables have their rows by zone', async (t) => {
  const scene = await StoreScene.left(t, 'a.example', 'b.example');
  await scene.fill('b.example', 'c.example');
  const { tables } = await json(scene, { all: true });
  assert.deepEqual(Object.keys(tables), ['images', 'journal', 'notified', 'secondaries', 'served']);
  const of = (name: string, zone: string): readonly Row[] =>
    (tables[name] ?? []).filter((row) => row['zone'] === zone);
  const octets = { octets: of('journal', 'c.example.')[0]?.['octets'] ?? 0 };
  assert.deepEqual(of('journal', 'c.example.')[0], {
    zone: 'c.example.',
    from: 1,
    to: 2,
    removed: 1,
    added: 2,
    ...octets,
  });
  assert.deepEqual(
    of('journal', 'c.example.').map((row) => [row['from'], row['to']]),
    [
      [1, 2],
      [2, 3],
    ],
  );
  assert.deepEqual(of('notified', 'c.example.'), [
    { zone: 'c.example.', secondary: '192.0.2.1:53', serial: 3 },
    { zone: 'c.example.', secondary: '192.0.2.2:53', serial: 2 },
  ]);
  assert.deepEqual(of('secondaries', 'c.example.'), [
    {
      zone: 'c.example.',
      serial: 3,
      refreshed: '2026-01-02T00:00:00.000Z',
      expires: '2026-02-03T00:00:00.000Z',
      next: null,
      failures: 1,
      primary: '192.0.2.9:53',
    },
  ]);
  assert.deepEqual(of('served', 'c.example.'), [{ zone: 'c.example.', serial: 17 }]);
  const text = (await scene.ls({ tables: ['journal', 'notified'] })).stdout;
  assert.match(text, /\njournal: 4\nZONE +FROM +TO +REMOVED +ADDED +OCTETS\nb\.example\. +1 +2 /);
  assert.match(text, /\nnotified: 4\nZONE +SECONDARY +SERIAL\nb\.example\. +192\.0\.2\.1:53 +3\n/);
  assert.doesNotMatch(text, /\nimages:/);
});

test('zones that are named are listed alone, in any case, with or without the dot', async (t) => {
  const scene = await StoreScene.left(t, 'a.example', 'b.example', 'c.example');
  const some = await scene.ls({ zones: ['A.Example', 'c.example.'] });
  assert.equal(some.code, 0, some.stderr);
  assert.deepEqual(
    lines(some.stdout)
      .slice(7)
      .map((line) => line.split(' ')[0]),
    ['a.example.', 'c.example.'],
  );
  const none = await scene.ls({ zones: ['a.example', 'd.example'], tables: ['images', 'served'] });
  assert.equal(none.code, 1);
  assert.equal(none.stderr, 'error: nothing is kept of d.example in images, served\n');
  const wrong = await scene.ls({ zones: ['a..example'] });
  assert.deepEqual([wrong.code, wrong.stderr], [2, 'error: not a domain name: a..example\n']);
});

type StateRow = readonly [state: string, what: string, make: (scene: StoreScene) => unknown];

const STATES: readonly StateRow[] = [
  ['current', 'untouched', () => {}],
  ['changed', 'written anew', (scene) => scene.zone('a.example', 2)],
  ['gone', 'removed', (scene) => rmSync(scene.zonePath('a.example'))],
  [
    'gone',
    'a folder now',
    (scene) => {
      rmSync(scene.zonePath('a.example'));
      mkdirSync(scene.zonePath('a.example'));
    },
  ],
  [
    'older',
    'of another version of the program',
    (scene) =>
      scene.work((store) => {
        const parts = new ImageParts(store);
        parts.put(parts.all().parts.map((part) => ({ ...bare(part), program: 7 })));
      }),
  ],
  [
    'stale',
    'not what the file says',
    (scene) =>
      scene.work((store) => {
        const parts = new ImageParts(store);
        const all = parts.all().parts.map(bare);
        const stale = (zones: (typeof all)[number]['zones']) =>
          zones.map((zone) => ({ ...zone, isCurrent: false }));
        parts.put(all.map((part) => ({ ...part, zones: stale(part.zones) })));
      }),
  ],
];

/** A part as it is written. */
function bare(part: ReturnType<ImageParts['all']>['parts'][number]) {
  const { file, part: number, from, to, checksum, program } = part;
  return { file, part: number, from, to, checksum, program, zones: [...part.zones()] };
}

for (const [state, what, make] of STATES) {
  test(`an image whose zone file is ${what} is ${state}`, async (t) => {
    const scene = await StoreScene.left(t, 'a.example');
    await make(scene);
    const { tables } = await json(scene);
    assert.equal(tables['images']?.[0]?.['state'], state);
  });
}

test('beside a running server the same is listed, and whose it is', async (t) => {
  const scene = await StoreScene.left(t, 'a.example', 'b.example');
  await scene.start();
  const { process: owner, tables } = await json(scene);
  assert.equal(owner, process.pid);
  assert.equal(tables['images']?.length, 2);
  const { stdout } = await scene.ls();
  assert.ok(stdout.startsWith(`state/store/store.mdb: format 1, in use by process ${process.pid}`));
});

type BadRow = readonly [what: string, make: (scene: StoreScene) => void, stderr: RegExp];

const BAD: readonly BadRow[] = [
  ['is not there', (scene) => rmSync(scene.folder, { recursive: true }), /^error: there is no sto/],
  ['is newer', (scene) => writeFileSync(scene.path('format'), 'hotzone store 9\n'), /9 is newer/],
  ['is no store', (scene) => rmSync(scene.path('format')), /it is not a store of this program/],
  [
    'has a value that is damaged',
    (scene) => {
      const data = readFileSync(scene.path('store.mdb'));
      for (let at = data.indexOf('a.example.zone'); at > 0; ) {
        data.write('b', at);
        at = data.indexOf('a.example.zone', at);
      }
      writeFileSync(scene.path('store.mdb'), data);
    },
    /^state\/store\/store\.mdb:\d+: error: a value of table images has a wrong checksum\n$/,
  ],
];

for (const [what, make, stderr] of BAD) {
  test(`a store that ${what} is told of, exit 1`, async (t: TestContext) => {
    const scene = await StoreScene.left(t, 'a.example');
    make(scene);
    const ran = await scene.ls();
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, stderr);
  });
}

test('stores that were set aside are named with their sizes', async (t) => {
  const scene = await StoreScene.left(t, 'a.example');
  writeFileSync(scene.path('store.mdb'), 'damaged');
  await openStore(scene.folder).close();
  const { stdout } = await scene.ls();
  // the file, and the version of the layout
  assert.match(stdout, /\n {2}set aside: state\/store\/aside-\S+, 23 octets\n/);
});
