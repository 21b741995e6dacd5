/** What is taken of what an earlier server has left, and what is refused; which of several versions counts. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { IMAGE_FORMAT, IMAGE_SIZE } from '../../src/index/image.js';
import type { ImagePart, StoredZone } from '../../src/store/image-parts.js';
import { serialIn } from '../index/read-serial.js';
import { name, tableIn } from '../support/zones.js';
import { isMapped, KeptScene, largeText } from './kept-scene.js';

/** Some zones, kept by a server that has ended. */
async function left(t: TestContext, names: readonly string[], large = false): Promise<KeptScene> {
  const first = new KeptScene(t);
  const keeper = first.keeper();
  if (large) first.save('l.test', 1, largeText());
  for (const zone of names) first.save(`${zone}.test`, 1);
  await keeper.keep();
  await first.store.close();
  return new KeptScene(t, first.folder);
}

function partOf(scene: KeptScene): ImagePart {
  const [part] = scene.stored();
  assert.ok(part !== undefined);
  return part;
}

function changeZones(part: ImagePart, change: (zone: StoredZone) => StoredZone): ImagePart {
  return { ...part, zones: part.zones.map(change) };
}

/** Changes octets of the first file and lets the checksum of the part be right. */
function patched(scene: KeptScene, change: (octets: Buffer, part: ImagePart) => void): ImagePart {
  const part = partOf(scene);
  const path = scene.files.path(part.file);
  const octets = readFileSync(path);
  change(octets, part);
  writeFileSync(path, octets);
  return { ...part, checksum: crc32(octets.subarray(part.from, part.to)) };
}

const REFUSED: readonly {
  readonly what: string;
  readonly change: (scene: KeptScene) => void;
  readonly said: RegExp;
}[] = [
  {
    what: 'an octet of an image is another one',
    change: (scene) => {
      const { file, from } = partOf(scene);
      const octets = readFileSync(scene.files.path(file));
      octets[from + 200]! ^= 1;
      writeFileSync(scene.files.path(file), octets);
    },
    said: /is damaged between octets 0 and \d+/,
  },
  {
    what: 'the checksum is another one',
    change: (scene) => scene.parts.put([{ ...partOf(scene), checksum: 1 }]),
    said: /is damaged between/,
  },
  {
    what: 'the file is gone',
    change: (scene) => rmSync(scene.files.path(1)),
    said: /cannot be used: ENOENT/,
  },
  {
    what: 'the file is shorter',
    change: (scene) => truncateSync(scene.files.path(1), 100),
    said: /cannot be used: .* 100 octets/,
  },
  {
    what: 'the images are of another format',
    change: (scene) =>
      scene.parts.put([
        patched(scene, (octets, { zones }) => {
          for (const { offset } of zones) octets.writeInt32LE(IMAGE_FORMAT + 1, offset);
        }),
      ]),
    said: /images are of another version/,
  },
  {
    what: 'an image has another size than the store says',
    change: (scene) =>
      scene.parts.put([
        patched(scene, (octets, { zones: [first] }) => {
          octets.writeInt32LE(64, (first?.offset ?? 0) + IMAGE_SIZE * 4);
        }),
      ]),
    said: /images are of another version/,
  },
  {
    what: 'an image begins where there is none',
    change: (scene) =>
      scene.parts.put([changeZones(partOf(scene), (zone) => ({ ...zone, offset: 64 }))]),
    said: /images are of another version/,
  },
  {
    what: 'an image lies beyond its part',
    change: (scene) => {
      const part = partOf(scene);
      const octets = readFileSync(scene.files.path(part.file));
      const to = part.to - 1;
      const checksum = crc32(octets.subarray(part.from, to));
      scene.parts.put([{ ...part, to, checksum }]);
    },
    said: /images are of another version/,
  },
  {
    what: 'a part begins after its end',
    change: (scene) => scene.parts.put([{ ...partOf(scene), from: 1000, to: 64 }]),
    said: /cannot be used|damaged/,
  },
];

for (const { what, change, said } of REFUSED) {
  for (const isOpen of [true, false]) {
    test(`restorer: ${what}, ${isOpen ? 'in memory' : 'mapped'}: nothing is taken, and told once`, async (t) => {
      const scene = await left(t, ['a', 'b']);
      change(scene);
      if (!isOpen) {
        // a later file makes the first one a full one
        const first = partOf(scene);
        scene.parts.put([
          { ...first, file: 2, from: 0, to: 64, checksum: crc32(Buffer.alloc(64)) },
        ]);
        await scene.files.write(2, Buffer.alloc(64), 0);
      }
      const restored = await scene.restore();
      assert.equal(restored.count, 0);
      assert.deepEqual(restored.names(), new Set());
      for (const zone of ['a.test', 'b.test']) assert.equal(scene.take(restored, zone), null);
      const told = scene.lines.filter(({ text }) => said.test(text));
      assert.equal(told.length, 1, scene.lines.map(({ text }) => text).join('\n'));
      assert.ok(scene.lines.every(({ event }) => event === 'store.images'));
    });
  }
}

test('restorer: a part that is damaged does not spoil another one of its file', async (t) => {
  const first = new KeptScene(t);
  const keeper = first.keeper();
  // more than one part
  const padding = largeText(600 << 10);
  for (const zone of ['a', 'b', 'c', 'd']) first.save(`${zone}.test`, 1, padding);
  await keeper.keep();
  const parts = first.stored();
  assert.ok(parts.length >= 2);
  first.parts.put([{ ...(parts[0] ?? assert.fail()), checksum: 1 }]);
  await first.store.close();
  const scene = new KeptScene(t, first.folder);
  const restored = await scene.restore();
  const lost = parts[0]?.zones.length ?? 0;
  assert.equal(restored.count, 4 - lost);
  assert.equal(scene.faults().length, 1);
  const taken = ['a', 'b', 'c', 'd'].filter(
    (zone) => scene.take(restored, `${zone}.test`) !== null,
  );
  assert.equal(taken.length, 4 - lost);
});

test('restorer: a zone is taken once, with all that was known of it', async (t) => {
  const scene = await left(t, ['a', 'b']);
  const restored = await scene.restore();
  const taken = scene.take(restored, 'a.test');
  assert.ok(taken?.isCurrent && !taken.isForeign);
  assert.equal(scene.take(restored, 'a.test'), null);
  assert.deepEqual([restored.count, restored.takenCount], [2, 1]);
  const row = scene.serve(taken, 'a.test');
  const { rows } = scene.zones;
  const fresh = new KeptScene(t);
  writeFileSync(fresh.path('a.test.zone'), readFileSync(scene.path('a.test.zone')));
  const loaded = fresh.load('a.test');
  for (const column of ['state', 'serial', 'recordCount', 'errorCount', 'warningCount'] as const) {
    assert.equal(rows[column][row], fresh.zones.rows[column][loaded], column);
  }
  const digest = (print: string | undefined) => print?.slice(0, 12);
  assert.equal(digest(rows.print[row]), digest(fresh.zones.rows.print[loaded]));
  const table = tableIn(scene.images);
  table.begin();
  assert.equal(serialIn(table, 'a.test.'), 1);
});

test('restorer: what was made by other rules, or for another name, is not taken', async (t) => {
  const scene = await left(t, ['a']);
  const restored = await scene.restore();
  const path = scene.path('a.test.zone');
  assert.equal(restored.take(path, null, scene.rules + 1), null);
  assert.equal(restored.take(path, name('b.test.'), scene.rules), null);
  assert.equal(restored.take(`${path}x`, null, scene.rules), null);
  assert.notEqual(restored.take(path, name('a.test.'), scene.rules), null);
  const found: string[] = [];
  const note = (apex: Uint8Array) => found.push(Buffer.from(apex).toString('latin1'));
  restored.below(scene.folder, scene.rules + 1, note);
  restored.below(`${scene.folder}/a`, scene.rules, note);
  restored.below(scene.folder.slice(0, -1), scene.rules, note);
  assert.deepEqual(found, []);
  restored.below(scene.folder, scene.rules, note);
  restored.below(path, scene.rules, note);
  assert.equal(found.length, 2);
});

test('restorer: a file of several zones gives each its own', async (t) => {
  const scene = await left(t, ['a', 'b']);
  const path = scene.path('a.test.zone');
  scene.parts.put([
    changeZones(partOf(scene), (zone) => ({
      ...zone,
      files: zone.files.map((file) => ({ ...file, path })),
    })),
  ]);
  const restored = await scene.restore();
  const apexOf = (zone: string) =>
    restored.take(path, name(zone), scene.rules)?.version.apex ?? new Uint8Array(0);
  for (const zone of ['b.test.', 'a.test.']) {
    assert.deepEqual(Buffer.from(apexOf(zone)), Buffer.from(name(zone)));
    assert.equal(apexOf(zone).length, 0);
  }
});

test('restorer: of several versions of a zone the youngest is taken, and no other', async (t) => {
  for (const older of ['first', 'last']) {
    const scene = await left(t, ['a'], true);
    const large = scene
      .stored()
      .find(({ zones }) => zones[0]?.files[0]?.path.endsWith('l.test.zone'));
    const small = scene
      .stored()
      .find(({ zones }) => zones[0]?.files[0]?.path.endsWith('a.test.zone'));
    assert.ok(large !== undefined && small !== undefined);
    const [young, old] = older === 'first' ? [large, small] : [small, large];
    const [main] = small.zones[0]?.files ?? [];
    const as = (part: ImagePart, readAt: number, serial: number) =>
      changeZones(part, (zone) => ({
        ...zone,
        readAt,
        serial,
        files: main === undefined ? [] : [main],
      }));
    scene.parts.put([as(young, 2000, 12), as(old, 1000, 11)]);
    const restored = await scene.restore();
    assert.equal(scene.take(restored, 'a.test')?.version.serial, 12);
    assert.equal(scene.take(restored, 'a.test'), null);
  }
});

test('restorer: images of another program are served, and their files are read again', async (t) => {
  const scene = await left(t, ['a']);
  const restored = await scene.restore(true);
  const taken = scene.take(restored, 'a.test');
  assert.ok(taken !== null && !taken.isCurrent && taken.isForeign);
  const row = scene.serve(taken, 'a.test');
  scene.zones.rows.doubtFiles(row, taken.isForeign);
  const before = scene.images.locationOf(scene.zones.rows.slot[row]!);
  scene.load('a.test');
  assert.notEqual(scene.images.locationOf(scene.zones.rows.slot[row]!), before);
  const again = scene.images.locationOf(scene.zones.rows.slot[row]!);
  scene.load('a.test');
  assert.equal(scene.images.locationOf(scene.zones.rows.slot[row]!), again, 'but once');
});

test('restorer: full files are mapped, the last one goes on being filled', async (t) => {
  const scene = await left(t, ['a'], true);
  const restored = await scene.restore();
  const segments = [...restored.segments.keys()];
  assert.equal(segments.length, 2);
  const { segments: all } = scene.images;
  assert.deepEqual(
    segments.map((segment) => [isMapped(segment), all.isOpen(segment)]),
    [
      [true, false],
      [false, true],
    ],
  );
});

test('restorer: parts that are not served as they are there are told', async (t) => {
  const scene = await left(t, ['a', 'b'], true);
  const restored = await scene.restore();
  assert.equal(restored.outdated().length, 2);
  for (const zone of ['a.test', 'l.test', 'b.test']) {
    const taken = scene.take(restored, zone);
    assert.ok(taken !== null);
    assert.ok(restored.outdated().length > 0);
    restored.served(taken);
  }
  assert.deepEqual(restored.outdated(), []);
});
