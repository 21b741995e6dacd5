/**
 * `hotzone store verify`: whatever is changed in a store is found, with its place, and nothing else is; also beside a
 * server that writes.
 */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { type ImagePart, ImageParts, type StoredPart } from '../../src/store/image-parts.js';
import { seededRandom } from '../fuzz/random.js';
import { octets } from '../store/stores.js';
import { StoreScene } from './store-scene.js';

const PAGE = 4096;
const FLIPS = 200;

function flip(path: string, at: number): void {
  const data = readFileSync(path);
  data[at]! ^= 1;
  writeFileSync(path, data);
}

function only(scene: StoreScene): StoredPart {
  const [part, ...others] = scene.parts();
  assert.ok(part !== undefined && others.length === 0, 'one part');
  return part;
}

/** Writes the only part with a checksum of its file as it is, and with other fields. */
function rewrite(
  scene: StoreScene,
  more: (part: StoredPart) => Partial<ImagePart> = () => ({}),
): Promise<void> {
  return scene.work((store) => {
    const parts = new ImageParts(store);
    const [part] = parts.all().parts;
    assert.ok(part !== undefined);
    const { file, part: number, from, to, program } = part;
    const checksum = crc32(readFileSync(scene.image(file)).subarray(from, to));
    const zones = [...part.zones()];
    parts.put([{ file, part: number, from, to, program, checksum, zones, ...more(part) }]);
  });
}

/** Octets of the row of table images in store.mdb, any copy of it. */
function valueAt(scene: StoreScene): number {
  const at = readFileSync(scene.path('store.mdb')).lastIndexOf('a.example.zone');
  assert.ok(at > 0);
  return at;
}

type DamageRow = {
  readonly what: string;
  readonly make: (scene: StoreScene) => unknown;
  /** Fault lines, all of them. */
  readonly told: readonly RegExp[];
  readonly code: 0 | 1;
};

const MDB = 'state\\/store\\/store\\.mdb';
const IMG = 'state\\/store\\/images\\/0000000';

const DAMAGES: readonly DamageRow[] = [
  { what: 'nothing', make: () => {}, told: [], code: 0 },
  {
    what: 'an octet of a value',
    make: (scene) => {
      const data = readFileSync(scene.path('store.mdb'));
      for (let at = data.indexOf('a.example.zone'); at > 0; ) {
        data[at]! ^= 1;
        at = data.indexOf('a.example.zone', at);
      }
      writeFileSync(scene.path('store.mdb'), data);
    },
    told: [
      new RegExp(`^${MDB}:\\d+: error: a value of table images has a wrong.*\\[STORE_VALUE\\]$`),
    ],
    code: 1,
  },
  {
    what: 'the kind of a page',
    make: (scene) => flip(scene.path('store.mdb'), valueAt(scene) - (valueAt(scene) % PAGE) + 18),
    told: [new RegExp(`^${MDB}:\\d+: error: page \\d+ is of a wrong kind \\[STORE_FILE\\]$`)],
    code: 1,
  },
  {
    what: 'the mark of LMDB',
    make: (scene) => flip(scene.path('store.mdb'), 24),
    told: [new RegExp(`^${MDB}:0: error: it is not a file of LMDB \\[STORE_FILE\\]$`)],
    code: 1,
  },
  {
    what: 'the length of store.mdb',
    make: (scene) => truncateSync(scene.path('store.mdb'), 3 * PAGE),
    told: [new RegExp(`^${MDB}:${3 * PAGE}: error: the file is cut short \\[STORE_FILE\\]$`)],
    code: 1,
  },
  {
    what: 'the format',
    make: (scene) => writeFileSync(scene.path('format'), 'hotzone store 2\n'),
    told: [/^state\/store\/format: error: its format 2 is newer than 1, .* \[STORE_FOREIGN\]$/],
    code: 1,
  },
  {
    what: 'that there is a format',
    make: (scene) => rmSync(scene.path('format')),
    told: [/^state\/store\/format: error: it is not a store of this program \[STORE_FOREIGN\]$/],
    code: 1,
  },
  {
    what: 'an octet of an image',
    make: (scene) => flip(scene.image(1), only(scene).to - 100),
    told: [
      new RegExp(
        `^${IMG}1\\.img:0: error: the octets up to \\d+ have a wrong checksum, 2 zones in them \\[IMAGE_CHECKSUM\\]$`,
      ),
    ],
    code: 1,
  },
  {
    what: 'the length of an image file',
    make: (scene) => truncateSync(scene.image(1), only(scene).to - 8),
    told: [
      new RegExp(
        `^${IMG}1\\.img:\\d+: error: the file ends here, 8 octets early.*\\[IMAGE_SHORT\\]$`,
      ),
    ],
    code: 1,
  },
  {
    what: 'that an image file is there',
    make: (scene) => rmSync(scene.image(1)),
    told: [new RegExp(`^${IMG}1\\.img: error: the file is missing, 2 zones.*\\[IMAGE_MISSING\\]$`)],
    code: 1,
  },
  {
    what: 'the first word of an image, with the checksum',
    make: (scene) => {
      flip(scene.image(1), 0);
      return rewrite(scene);
    },
    told: [
      new RegExp(`^${IMG}1\\.img:0: error: no image of \\d+ octets for \\w.*\\[IMAGE_FORM\\]$`),
    ],
    code: 1,
  },
  {
    what: 'the size of an image, with the checksum',
    make: (scene) => {
      flip(scene.image(1), 5);
      return rewrite(scene);
    },
    told: [new RegExp(`^${IMG}1\\.img:0: error: no image of \\d+ octets.*\\[IMAGE_FORM\\]$`)],
    code: 1,
  },
  {
    what: 'the first word of an image that another version has written',
    make: (scene) => {
      flip(scene.image(1), 0);
      return rewrite(scene, () => ({ program: 7 }));
    },
    told: [
      new RegExp(`^${IMG}1\\.img:0: warning: images of another version.*\\[IMAGE_VERSION\\]$`),
    ],
    code: 0,
  },
  {
    what: 'where a part ends',
    make: (scene) => rewrite(scene, ({ to }) => ({ to: to - 8 })),
    told: [new RegExp(`^${IMG}1\\.img:0: error: the octets up to.*\\[IMAGE_CHECKSUM\\]$`)],
    code: 1,
  },
  {
    what: 'the layout of a part',
    make: (scene) =>
      scene.work((store) => store.table('images').put(octets('12345678'), Buffer.alloc(30, 9))),
    told: [new RegExp(`^${MDB}: warning: 1 part of images in another layout.*\\[IMAGE_LAYOUT\\]$`)],
    code: 0,
  },
  {
    what: 'that nothing refers to a file',
    make: (scene) => copyFileSync(scene.image(1), scene.image(9)),
    told: [
      new RegExp(`^${IMG}9\\.img: warning: nothing refers to this file.*\\[IMAGE_UNREFERRED\\]$`),
    ],
    code: 0,
  },
];

for (const { what, make, told, code } of DAMAGES) {
  test(`what is changed is told of: ${what}`, async (t) => {
    const scene = await StoreScene.left(t, 'a.example', 'b.example');
    await make(scene);
    const text = await scene.verify();
    assert.equal(text.stderr, '');
    assert.equal(text.code, code, text.stdout);
    const lines = text.stdout.trimEnd().split('\n');
    const summary = lines.pop() ?? '';
    assert.equal(lines.length, told.length, text.stdout);
    for (const [i, line] of lines.entries()) assert.match(line, told[i] ?? /^$/);
    const [errors, warnings] = code === 1 ? [told.length, 0] : [0, told.length];
    assert.match(summary, new RegExp(`: ${errors} errors?, ${warnings} warnings?$`));
    const json = await scene.verify('json');
    assert.equal(json.code, code);
    const document = JSON.parse(json.stdout);
    assert.deepEqual([document.version, document.errors, document.warnings], [1, errors, warnings]);
    for (const [i, fault] of document.faults.entries()) {
      const { severity, code: faultCode, file, offset, message } = fault;
      const place = offset === null ? file : `${file}:${offset}`;
      assert.equal(lines[i], `${place}: ${severity}: ${message} [${faultCode}]`);
    }
  });
}

test('several faults are told one by one', async (t) => {
  const scene = await StoreScene.left(t, 'a.example', 'b.example');
  flip(scene.image(1), 40);
  writeFileSync(scene.image(2), 'x');
  await scene.fill('a.example');
  const data = readFileSync(scene.path('store.mdb'));
  for (const text of ['192.0.2.9:53', 'print']) {
    for (let at = data.indexOf(text); at > 0; at = data.indexOf(text, at)) data[at]! ^= 1;
  }
  writeFileSync(scene.path('store.mdb'), data);
  const { stdout, code } = await scene.verify();
  assert.equal(code, 1);
  const codes = [...stdout.matchAll(/\[(\w+)\]$/gm)].map((match) => match[1]);
  assert.deepEqual(codes, ['STORE_VALUE', 'STORE_VALUE', 'IMAGE_CHECKSUM']);
});

test('every octet of an image file that is referred to counts', async (t) => {
  const scene = await StoreScene.left(t, 'a.example', 'b.example', 'c.example');
  const { from, to } = only(scene);
  const path = scene.image(1);
  const whole = readFileSync(path);
  const random = seededRandom(5);
  for (let i = 0; i < FLIPS; i++) {
    const changed = Buffer.from(whole);
    const at = from + random(to - from);
    changed[at]! ^= 1 << random(8);
    writeFileSync(path, changed);
    const { code, stdout } = await scene.verify();
    assert.equal(code, 1, `octet ${at}: ${stdout}`);
  }
  writeFileSync(path, whole);
  assert.equal((await scene.verify()).code, 0);
});

test('a store that is not there is an error', async (t) => {
  const scene = new StoreScene(t);
  const { code, stderr } = await scene.verify();
  assert.deepEqual([code, stderr], [1, 'error: there is no store in state/store\n']);
});

test('a store that is good is good at every moment of a server that writes', async (t) => {
  const zones = Array.from({ length: 30 }, (_, i) => `z${i}.example`);
  const scene = await StoreScene.left(t, ...zones);
  await scene.start();
  const sizes = new Set<number>();
  for (let round = 2; round < 32; round++) {
    for (const zone of zones) scene.zone(zone, round, `more TXT "${'x'.repeat(200)}"\n`);
    await wait(100);
    const { code, stdout, stderr } = await scene.verify();
    assert.deepEqual([code, stderr], [0, ''], stdout);
    assert.match(stdout, / \d+ zones? in \d+ parts? of \d+ image files?: 0 errors, 0 warnings\n$/);
    sizes.add(statSync(scene.image(1)).size);
  }
  assert.ok(sizes.size > 1, 'the server wrote meanwhile');
});
