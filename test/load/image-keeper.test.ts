/** What is written of the zones that are served, and when; and what if the disk or somebody is in the way. */
import assert from 'node:assert/strict';
import { renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { whyUnmappable } from '../../src/base/memory.js';
import type { ImageKeeper } from '../../src/load/image-keeper.js';
import { isMapped, KeptScene, largeText } from './kept-scene.js';

type Step = (scene: KeptScene, keeper: ImageKeeper) => unknown;

type Row = {
  readonly what: string;
  /** Each is followed by a round of the keeper. */
  readonly steps: readonly Step[];
  readonly said: readonly string[];
  readonly faults?: readonly string[];
  /** What can be restored, if that is not what is said. */
  readonly restorable?: readonly string[];
};

const add =
  (...names: readonly string[]): Step =>
  (scene) => {
    for (const name of names) scene.save(`${name}.test`, 1);
  };

const ROWS: readonly Row[] = [
  { what: 'nothing', steps: [() => {}], said: [] },
  { what: 'new zones', steps: [add('a', 'b'), add('c')], said: ['a 1', 'b 1', 'c 1'] },
  {
    what: 'a changed zone',
    steps: [add('a', 'b'), (scene) => scene.save('a.test', 2)],
    said: ['a 2', 'b 1'],
  },
  {
    what: 'a zone that changes again and again',
    steps: [
      add('a', 'b'),
      ...[2, 3, 4, 5].map(
        (n): Step =>
          (scene) =>
            scene.save('a.test', n),
      ),
    ],
    said: ['a 5', 'b 1'],
  },
  {
    what: 'a file that was touched',
    steps: [
      add('a'),
      (scene) => {
        const before = scene.zones.rows.stampOf(0);
        rmSync(scene.path('a.test.zone'));
        scene.save('a.test', 1);
        assert.notDeepEqual(scene.zones.rows.stampOf(0), before);
      },
      (scene) => {
        const [part] = scene.stored();
        assert.deepEqual(part?.zones[0]?.files[0]?.stamp, scene.zones.rows.stampOf(0));
      },
    ],
    said: ['a 1'],
  },
  {
    what: 'a zone that went',
    steps: [add('a', 'b'), (scene) => scene.remove('a.test')],
    said: ['b 1'],
  },
  {
    what: 'all zones gone',
    steps: [
      add('a', 'b'),
      (scene) => {
        scene.remove('a.test');
        scene.remove('b.test');
      },
    ],
    said: [],
  },
  {
    what: 'a zone that went and came back',
    steps: [add('a', 'b'), (scene) => scene.remove('a.test'), add('a')],
    said: ['a 1', 'b 1'],
  },
  {
    what: 'a zone whose file is broken',
    steps: [add('a', 'b'), (scene) => scene.save('a.test', 2, 'x A 1.2.3\n')],
    said: ['a 1 old', 'b 1'],
  },
  {
    what: 'a zone whose file was broken and is whole again',
    steps: [
      add('a', 'b'),
      (scene) => scene.save('a.test', 2, 'x A 1.2.3\n'),
      (scene) => scene.save('a.test', 1),
    ],
    said: ['a 1', 'b 1'],
  },
  {
    what: 'a zone that never loaded',
    steps: [
      add('a'),
      (scene) => {
        scene.save('b.test', 2, 'x A 1.2.3\n');
      },
    ],
    said: ['a 1'],
  },
  {
    what: 'an expired zone',
    steps: [
      add('a', 'b'),
      (scene) => {
        const zone = scene.zones.get(scene.path('a.test.zone'));
        assert.ok(zone !== undefined);
        const [severity, text] = ['error', 'expired'] as const;
        const at = { file: zone.path, line: 0, column: 0, length: 0 };
        scene.zones.expire(zone, { code: 'SECONDARY_EXPIRED', severity, text, ...at });
      },
    ],
    said: ['b 1'],
  },
  {
    what: 'a zone that is not to be kept',
    steps: [
      (scene) => {
        scene.unkept.add(scene.save('a.test', 1));
        scene.save('b.test', 1);
      },
    ],
    said: ['b 1'],
  },
  {
    what: 'a zone that is not to be kept any more',
    steps: [
      add('a', 'b'),
      (scene) => {
        scene.unkept.add(0);
        scene.save('b.test', 2);
      },
    ],
    said: ['b 2'],
  },
  {
    what: 'a large zone, which has a file of its own, and its former file goes',
    steps: [
      add('a'),
      (scene) => scene.save('l.test', 1, largeText()),
      (scene) => scene.save('l.test', 2, largeText()),
      (scene) => assert.equal(scene.files.list().length, 2),
    ],
    said: ['a 1', 'l 2'],
  },
  {
    what: 'a large zone that gets small',
    steps: [
      (scene) => scene.save('l.test', 1, largeText()),
      (scene) => scene.save('l.test', 2),
      (scene) => assert.equal(scene.files.list().length, 1),
    ],
    said: ['l 2'],
  },
  {
    what: 'segments that are emptied',
    steps: [
      add('a', 'b'),
      ...[2, 3, 4, 5, 6, 7].map(
        (n): Step =>
          (scene) => {
            for (const zone of ['x', 'y']) scene.save(`${zone}.test`, n, largeText(3 << 20));
          },
      ),
      (scene) => assert.ok(scene.files.list().length <= 3, `${scene.files.list()}`),
    ],
    said: ['a 1', 'b 1', 'x 7', 'y 7'],
  },
  {
    what: 'a full disk: what has changed meanwhile is written in the end',
    steps: [
      add('a', 'b', 'c'),
      (scene) => {
        scene.isFailing = true;
        scene.save('a.test', 2);
        scene.remove('b.test');
        scene.save('c.test', 2, 'x A 1.2.3\n');
      },
      () => {},
      (scene) => {
        assert.deepEqual(scene.said(), ['a 1', 'b 1', 'c 1']);
        scene.isFailing = false;
      },
    ],
    said: ['a 2', 'c 1 old'],
    faults: ['store.failed'],
  },
  {
    what: 'a full disk, again after it had room',
    steps: [
      (scene) => {
        scene.isFailing = true;
        scene.save('a.test', 1);
      },
      (scene) => {
        scene.isFailing = false;
      },
      (scene) => {
        scene.isFailing = true;
        scene.save('a.test', 2);
      },
      (scene) => {
        scene.isFailing = false;
      },
    ],
    said: ['a 2'],
    faults: ['store.failed', 'store.failed'],
  },
  {
    what: 'the folder of images gone',
    steps: [add('a'), (scene) => scene.dropFolder(), (scene) => scene.save('b.test', 1)],
    said: ['a 1', 'b 1'],
  },
  {
    what: 'a file of images cut',
    steps: [
      add('a'),
      (scene) => {
        truncateSync(scene.files.path(1), 100);
        scene.save('b.test', 1);
      },
    ],
    said: ['a 1', 'b 1'],
  },
  {
    what: 'a part that is in doubt',
    steps: [
      add('a', 'b'),
      (_, keeper) => {
        keeper.doubt({ file: 1, part: 0 });
        keeper.doubt({ file: 9, part: 3 });
      },
    ],
    said: ['a 1', 'b 1'],
  },
];

for (const { what, steps, said, faults = [], restorable } of ROWS) {
  test(`image keeper: ${what}`, async (t) => {
    const scene = new KeptScene(t);
    const keeper = scene.keeper();
    for (const step of steps) {
      await step(scene, keeper);
      await keeper.keep();
    }
    assert.deepEqual(scene.said(), said);
    assert.deepEqual(scene.faults(), faults);
    const wanted = restorable ?? said.map((text) => text.replace(' old', ''));
    assert.deepEqual(await scene.restorable(t), wanted);
  });
}

test('image keeper: without a change nothing is written', async (t) => {
  const scene = new KeptScene(t);
  const keeper = scene.keeper();
  add('a')(scene, keeper);
  await keeper.keep();
  scene.isFailing = true;
  rmSync(scene.files.path(1));
  await keeper.keep();
  assert.deepEqual(scene.faults(), []);
  assert.deepEqual(scene.sizes(), []);
});

test('image keeper: parts and files that nobody has found go with the first round', async (t) => {
  const first = new KeptScene(t);
  const keeper = first.keeper();
  add('a', 'b')(first, keeper);
  await keeper.keep();
  await first.store.close();
  const second = new KeptScene(t, first.folder);
  writeFileSync(second.files.path(40), 'left by a killed server');
  const next = second.keeper('memory', new Set());
  second.save('c.test', 1);
  await next.keep();
  assert.deepEqual(second.said(), ['c 1']);
  assert.equal(second.sizes().length, 1);
  assert.deepEqual(await second.restorable(t), ['c 1']);
});

test('image keeper: writing begins with the start, and ends with the last round', async (t) => {
  const scene = new KeptScene(t);
  const keeper = scene.keeper();
  scene.save('a.test', 1);
  await keeper.stop();
  assert.deepEqual(scene.said(), [], 'nothing was begun');
  keeper.start();
  scene.save('b.test', 1);
  await keeper.stop();
  assert.deepEqual(scene.said(), ['a 1', 'b 1']);
});

test('image keeper: zones that change during a round are whole after the next', async (t) => {
  const scene = new KeptScene(t);
  const keeper = scene.keeper();
  for (let i = 0; i < 40; i++) scene.save(`z${i}.test`, 1);
  for (let round = 2; round < 8; round++) {
    const running = keeper.keep();
    for (let i = 0; i < 40; i += 3) {
      scene.save(`z${i}.test`, round);
      if (i % 9 === 0) await sleep(0);
    }
    await running;
    // whatever it is, it is whole, and of a version that was served
    for (const zone of await scene.restorable(t)) {
      assert.match(zone, new RegExp(`^z\\d+ [1-${round}]$`));
    }
  }
  await keeper.keep();
  const wanted = Array.from({ length: 40 }, (_, i) => `z${i} ${i % 3 === 0 ? 7 : 1}`).sort();
  assert.deepEqual(await scene.restorable(t), wanted);
});

// --- index lmdb -----------------------------------------------------------------------------------------------

function mappable(t: TestContext): boolean {
  const reason = whyUnmappable();
  if (reason !== null) t.skip(reason);
  return reason === null;
}

test('image keeper: full segments are read from their files with index lmdb, others are not', async (t) => {
  if (!mappable(t)) return;
  const scene = new KeptScene(t);
  const keeper = scene.keeper('lmdb');
  scene.save('l.test', 1, largeText());
  scene.save('a.test', 1);
  await keeper.keep();
  const kinds = [...scene.images.segments.all()].map((segment) => [
    isMapped(segment),
    scene.images.segments.isOpen(segment),
  ]);
  assert.deepEqual(kinds.sort(), [
    [false, true],
    [true, false],
  ]);
  assert.deepEqual(await scene.restorable(t), ['a 1', 'l 1']);
});

test('image keeper: a file that is not what was written is written again, and not mapped', async (t) => {
  if (!mappable(t)) return;
  const scene = new KeptScene(t);
  // written by the round of the other index, and then by somebody else
  const keeper = scene.keeper('lmdb');
  const write = scene.files.write.bind(scene.files);
  let isSpoilt = true;
  scene.files.write = async (number, octets, at) => {
    await write(number, octets, at);
    if (!isSpoilt) return;
    const path = scene.files.path(number);
    writeFileSync(`${path}.x`, Buffer.alloc(octets.length, 1));
    renameSync(`${path}.x`, path);
  };
  scene.save('l.test', 1, largeText());
  await keeper.keep();
  assert.deepEqual([...scene.images.segments.all()].map(isMapped), [false]);
  assert.deepEqual(scene.faults(), ['store.failed']);
  isSpoilt = false;
  await keeper.keep();
  assert.deepEqual([...scene.images.segments.all()].map(isMapped), [true]);
  assert.deepEqual(await scene.restorable(t), ['l 1']);
});

test('image keeper: a mapped file that is gone is written again', async (t) => {
  if (!mappable(t)) return;
  const scene = new KeptScene(t);
  const keeper = scene.keeper('lmdb');
  scene.save('l.test', 1, largeText());
  await keeper.keep();
  scene.dropFolder();
  scene.save('a.test', 1);
  await keeper.keep();
  assert.deepEqual(scene.faults(), []);
  assert.deepEqual(await scene.restorable(t), ['a 1', 'l 1']);
});

test('image keeper: what was restored is read into memory with index memory', async (t) => {
  if (!mappable(t)) return;
  const first = new KeptScene(t);
  const keeper = first.keeper('lmdb');
  first.save('l.test', 1, largeText());
  first.save('a.test', 1);
  await keeper.keep();
  await first.store.close();
  const second = new KeptScene(t, first.folder);
  const restored = await second.restore();
  const next = second.keeper('memory', restored.names());
  for (const [segment, number] of restored.segments) next.adopt(segment, number);
  for (const zone of ['l.test', 'a.test']) {
    const taken = second.take(restored, zone);
    assert.ok(taken !== null);
    const row = second.serve(taken, zone);
    next.hasKept(row, taken.whole.part.file, taken.version.imageAt);
  }
  assert.ok([...second.images.segments.all()].some(isMapped));
  second.images.segments.unpin();
  await next.keep();
  assert.ok(![...second.images.segments.all()].some(isMapped));
  assert.deepEqual(second.said(), ['a 1', 'l 1']);
});
