/**
 * Where nothing can be kept, or what is kept is taken away from under a running server: it answers rightly, follows its
 * files, says what is wrong, ends in good order, and keeps again as soon as it can.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../peers/peer.js';
import { keptFiles } from './kept-store.js';
import { ServerProcess } from './server-process.js';
import { temporaryDirectory, zoneFile } from './test-server.js';
import { WarmSite } from './warm-site.js';

/** More than the time between two looks at what is to be kept. */
const KEPT_MS = 1500;
const ZONES = ['a.test', 'b.test', 'c.test'];

for (const index of ['memory', 'lmdb']) {
  for (const gone of ['state', 'state/store', 'state/store/images']) {
    test(`index ${index}: ${gone} is removed from under a running server`, async (t) => {
      const site = new WarmSite(t, { index });
      const large = Array.from({ length: 24_000 }, (_, i) => `p${i} TXT "${'x'.repeat(180)}"\n`);
      site.zone('l.test', 1, 'one', large.join(''));
      for (const zone of ZONES) site.zone(zone, 1, 'one');
      await site.runOnce();
      site.takeFaults();
      const all = [...ZONES, 'l.test'];
      await site.startAndAsk(Object.fromEntries(all.map((zone) => [zone, 'one'])));
      await sleep(KEPT_MS);
      site.remove(gone);
      site.zone('a.test', 2, 'two');
      site.zone('n.test', 1, 'new');
      await site.until(async () => {
        await site.ask([...all, 'n.test']);
        return (
          site.seen.get('n.test')?.at(-1) === 'new' && site.seen.get('a.test')?.at(-1) === 'two'
        );
      }, 'followed');
      await sleep(KEPT_MS);
      await site.ask(all);
      assert.deepEqual(site.histories(), {
        'a.test': 'one two',
        'b.test': 'one',
        'c.test': 'one',
        'l.test': 'one',
        'n.test': 'REFUSED new',
      });
      await site.stop();
      const faults = [...new Set(site.takeFaults())].sort();
      const isFolder = gone.endsWith('images');
      assert.deepEqual(faults, isFolder ? [] : ['store.failed', 'transfer.journal']);
      if (isFolder) {
        const files = [...all, 'n.test'].map((zone) => `${zone}.zone`).sort();
        assert.deepEqual(await keptFiles(site.storeFolder), files);
      } else assert.ok(!existsSync(site.imagesFolder), 'what was removed stays removed');
      const wanted = { 'a.test': 'two', 'b.test': 'one', 'l.test': 'one', 'n.test': 'new' };
      const seen = await site.startAndAsk(wanted);
      for (const [zone, text] of Object.entries(wanted)) {
        assert.match(seen[zone] ?? '', new RegExp(`^(?:REFUSED )?(?:SERVFAIL )?${text}$`));
      }
      assert.deepEqual(site.takeFaults(), []);
    });
  }
}

test('a second server over the same folder of state serves without it, and spoils nothing', async (t) => {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, 'zones'));
  for (const zone of ZONES) writeFileSync(join(root, 'zones', `${zone}.zone`), zoneFile(1, 'one'));
  const args = [join(root, 'zones'), '--state-dir', join(root, 'state'), '--index', 'lmdb'];
  const first = new ServerProcess(t, await freePort());
  const second = new ServerProcess(t, await freePort());
  await first.start([...args, '--socket-dir', join(root, 'first')]);
  await sleep(KEPT_MS);
  await second.start([...args, '--socket-dir', join(root, 'second')]);
  await second.logged('ready');
  assert.equal(second.count('store.absent'), 1);
  assert.match(second.output, /the store is in use by process \d+/);
  writeFileSync(join(root, 'zones/a.test.zone'), zoneFile(2, 'two'));
  for (const server of [first, second]) {
    await server.untilSeen('a.test', 'two');
    for (const zone of ['b.test', 'c.test']) assert.equal(await server.see(zone), 'one');
  }
  assert.equal(await second.end('SIGTERM'), 0);
  assert.equal(await first.end('SIGTERM'), 0);
  assert.deepEqual(first.faults(), []);
  await first.start([...args, '--socket-dir', join(root, 'first')]);
  await first.logged('ready');
  assert.match(first.output, /3 zones of 3 served from the store at once/);
  assert.equal(await first.see('a.test'), 'two');
});

// --- file systems -----------------------------------------------------------------------------------------------

/** Whether file systems can be mounted here for one process alone. */
function canMount(t: TestContext): boolean {
  const { status, stderr, error } = spawnSync(
    'unshare',
    ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt'],
    { encoding: 'utf8' },
  );
  if (status !== 0) t.skip(`no mounts of our own here: ${error?.message ?? stderr}`);
  return status === 0;
}

function zonesIn(folder: string, count: number, records: number): void {
  mkdirSync(folder);
  const more = Array.from({ length: records }, (_, i) => `p${i} TXT "${'x'.repeat(180)}"\n`);
  for (let i = 0; i < count; i++) {
    writeFileSync(join(folder, `z${i}.test.zone`), zoneFile(1, `one ${i}`, more.join('')));
  }
}

for (const index of ['memory', 'lmdb']) {
  test(`index ${index}: state on a disk that is full serves, says so once, and keeps when there is room`, async (t) => {
    if (!canMount(t)) return;
    const root = temporaryDirectory(t);
    const [zones, state] = [join(root, 'zones'), join(root, 'state')];
    // some 9 MB of images; the ballast leaves a third of that
    zonesIn(zones, 200, 200);
    mkdirSync(state);
    const server = new ServerProcess(t, await freePort());
    const shell =
      `mount -t tmpfs -o size=24m none ${state}\n` +
      `dd if=/dev/zero of=${state}/ballast bs=1M count=18 2>/dev/null`;
    const args = [zones, '--state-dir', state, '--socket-dir', root, '--index', index];
    await server.start(args, shell);
    await server.logged('ready');
    await server.logged('store.failed');
    for (let i = 0; i < 200; i += 7) assert.equal(await server.see(`z${i}.test`), `one ${i}`);
    writeFileSync(join(zones, 'z0.test.zone'), zoneFile(2, 'two'));
    await server.untilSeen('z0.test', 'two');
    await sleep(KEPT_MS);
    assert.equal(server.count('store.failed'), 1, server.output);
    const inside = `/proc/${server.pid}/root${state}`;
    rmSync(`${inside}/ballast`);
    await sleep(KEPT_MS);
    writeFileSync(join(zones, 'z1.test.zone'), zoneFile(2, 'three'));
    await server.untilSeen('z1.test', 'three');
    await sleep(KEPT_MS);
    // each says it once
    assert.equal(server.count('store.failed'), 1, server.output);
    assert.ok(server.count('transfer.journal') <= 1 && server.faults().length <= 2, server.output);
    // a copy of the folder, as the namespace goes with the process
    const copy = join(root, 'copy');
    spawnSync('cp', ['-r', inside, copy]);
    rmSync(join(copy, 'store/owner'), { force: true });
    assert.equal(await server.end('SIGTERM'), 0);
    await server.start([zones, '--state-dir', copy, '--socket-dir', root, '--index', index]);
    await server.logged('ready');
    assert.match(server.output, /200 zones of 200 served from the store at once/);
    assert.equal(await server.see('z0.test'), 'two');
    assert.deepEqual(server.faults(), []);
  });

  test(`index ${index}: state that cannot be written is told, and the files are served`, async (t) => {
    if (!canMount(t)) return;
    const root = temporaryDirectory(t);
    const [zones, state] = [join(root, 'zones'), join(root, 'state')];
    zonesIn(zones, 20, 1);
    const server = new ServerProcess(t, await freePort());
    const args = [zones, '--state-dir', state, '--socket-dir', root, '--index', index];
    await server.start(args);
    await server.logged('ready');
    assert.equal(await server.end('SIGTERM'), 0);
    writeFileSync(join(zones, 'z0.test.zone'), zoneFile(2, 'two'));
    await server.start(args, `mount --bind ${state} ${state}\nmount -o remount,ro,bind ${state}`);
    assert.match(await server.see('z0.test'), /^(?:two|SERVFAIL)$/);
    await server.logged('ready');
    assert.equal(server.count('store.absent'), 1);
    assert.equal(await server.see('z0.test'), 'two');
    assert.equal(await server.see('z19.test'), 'one 19');
    writeFileSync(join(zones, 'z0.test.zone'), zoneFile(3, 'three'));
    await server.untilSeen('z0.test', 'three');
    assert.equal(await server.end('SIGTERM'), 0);
    assert.equal(server.faults().length, 1, server.faults().join('\n'));
    await server.start(args);
    await server.logged('ready');
    // what could be kept last is older: it is served until the file has been looked at
    await server.untilSeen('z0.test', 'three');
    assert.deepEqual(server.faults(), []);
  });
}
