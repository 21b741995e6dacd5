/**
 * Every way in which files come, change and go, against a whole server: what is answered afterwards, and meanwhile.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { TestServer, temporaryDirectory, zoneFile } from './test-server.js';

const latencies: { what: string; ms: number }[] = [];

after(() => {
  for (const { what, ms } of latencies) console.log(`# ${what}: ${ms.toFixed(0)} ms`);
});

function measured(what: string, ms: number): void {
  latencies.push({ what, ms });
}

describe('reload', { concurrency: 4 }, () => {
  test('a dropped file is served', async (t) => {
    const it = await TestServer.start(t, temporaryDirectory(t));
    assert.equal(await it.see('a.example'), 'REFUSED');
    writeFileSync(it.path('a.example.zone'), zoneFile(1, 'one'));
    measured('drop', await it.until('a.example', 'one', 'REFUSED'));
  });

  test('a file edited in place is reloaded', async (t) => {
    const root = temporaryDirectory(t);
    mkdirSync(join(root, 'zones'));
    writeFileSync(join(root, 'zones/a.example.zone'), zoneFile(1, 'one'));
    const it = await TestServer.start(t, root);
    writeFileSync(it.path('a.example.zone'), zoneFile(2, 'two'));
    measured('edit in place', await it.until('a.example', 'two', 'one'));
    const shorter = zoneFile(3, '3');
    writeFileSync(it.path('a.example.zone'), shorter);
    measured('edit in place, shorter', await it.until('a.example', '3', 'two'));
  });

  test('a file renamed over another is reloaded', async (t) => {
    const it = await startWith(t, { 'a.example.zone': zoneFile(1, 'one') });
    writeFileSync(it.path('.a.example.zone.Xy12'), zoneFile(2, 'two'));
    renameSync(it.path('.a.example.zone.Xy12'), it.path('a.example.zone'));
    measured('rename over', await it.until('a.example', 'two', 'one'));
  });

  test("an editor's temporary files are no zones, its save is one change", async (t) => {
    const it = await startWith(t, { 'a.example.zone': zoneFile(1, 'one') });
    const path = it.path('a.example.zone');
    for (const name of ['.a.example.zone.swp', '4913', '#a.example.zone#', 'a.example.zone~']) {
      writeFileSync(it.path(name), zoneFile(9, 'wrong'));
    }
    symlinkSync('user@host.1234', it.path('.#a.example.zone'));
    rmSync(it.path('4913'));
    renameSync(path, it.path('a.example.zone~'));
    await setTimeout(100);
    writeFileSync(path, zoneFile(2, 'two'));
    measured('editor save', await it.until('a.example', 'two', 'one'));
    assert.equal(it.server.zones.size, 1);
    assert.deepEqual(it.events('zone.removed'), []);
    assert.deepEqual(it.events('zone.rejected'), []);
  });

  test('two edits within a millisecond: the second is served', async (t) => {
    const it = await startWith(t, { 'a.example.zone': zoneFile(1, 'one') });
    writeFileSync(it.path('a.example.zone'), zoneFile(2, 'two'));
    writeFileSync(it.path('a.example.zone'), zoneFile(3, 'six'));
    measured('two edits', await it.until('a.example', 'six', 'one', 'two'));
  });

  test('an older file put back is a change, and warned about', async (t) => {
    const it = await startWith(t, { 'a.example.zone': zoneFile(2, 'two') });
    const aside = it.path('.old');
    writeFileSync(aside, zoneFile(1, 'one'));
    utimesSync(aside, 1_000_000_000, 1_000_000_000);
    renameSync(aside, it.path('a.example.zone'));
    measured('older file', await it.until('a.example', 'one', 'two'));
    await it.logged('zone.serial', /from 2 to 1/);
  });

  test('a change that keeps size and mtime is seen', async (t) => {
    const it = await startWith(t, { 'a.example.zone': zoneFile(1, 'one') });
    utimesSync(it.path('a.example.zone'), 1_000_000_000, 1_000_000_000);
    await setTimeout(100);
    writeFileSync(it.path('a.example.zone'), zoneFile(1, 'six'));
    utimesSync(it.path('a.example.zone'), 1_000_000_000, 1_000_000_000);
    measured('same size and mtime', await it.until('a.example', 'six', 'one'));
  });

  test('chmod and touch publish no new version', async (t) => {
    const it = await startWith(t, { 'a.example.zone': zoneFile(1, 'one') });
    chmodSync(it.path('a.example.zone'), 0o600);
    await it.logged('zone.unchanged', /a\.example/);
    utimesSync(it.path('a.example.zone'), 1_000_000_000, 1_000_000_000);
    await setTimeout(200);
    assert.equal(it.events('zone.loaded').length, 1);
  });

  test('a broken edit keeps the last good version, a repair is served', async (t) => {
    const it = await startWith(t, { 'a.example.zone': zoneFile(1, 'one') });
    writeFileSync(it.path('a.example.zone'), `${zoneFile(2, 'two')}oops WHAT 1\n`);
    await it.logged('zone.problem', /a\.example\.zone:6:6: error: .*\[TYPE_UNKNOWN\]$/);
    assert.equal(await it.see('a.example'), 'one');
    assert.equal(it.server.zones.get(it.path('a.example.zone'))?.state, 'stale');
    writeFileSync(it.path('a.example.zone'), zoneFile(3, 'three'));
    measured('repair', await it.until('a.example', 'three', 'one'));
    assert.equal(it.server.zones.get(it.path('a.example.zone'))?.state, 'serving');
  });

  test('a zone that never loaded is SERVFAIL, and no other is', async (t) => {
    const it = await startWith(t, {
      'a.example.zone': zoneFile(1, 'one'),
      'b.example.zone': 'nonsense\n',
    });
    assert.equal(await it.see('a.example'), 'one');
    assert.equal(await it.see('b.example'), 'SERVFAIL');
    assert.equal(await it.see('c.example'), 'REFUSED');
  });

  test('a half-written file is not served: cut at a record, empty, or without its last newline', async (t) => {
    const whole = zoneFile(1, 'one', 'x TXT "more"\ny TXT "and more"\n');
    const it = await startWith(t, { 'a.example.zone': whole });
    const path = it.path('a.example.zone');
    const next = whole.replace('"one"', '"two"').replace('r 1 3', 'r 2 3');
    const cuts = [0, whole.indexOf('t TXT'), whole.indexOf('x TXT'), whole.length - 3];
    for (const cut of cuts) {
      const fd = openSync(path, 'r+');
      ftruncateSync(fd, 0);
      writeSync(fd, whole.slice(0, cut));
      await it.stays('a.example', 'one', 300);
      ftruncateSync(fd, 0);
      writeSync(fd, whole, 0);
      closeSync(fd);
    }
    await setTimeout(200);
    assert.equal(it.events('zone.loaded').length, 1);
    writeFileSync(path, next);
    await it.until('a.example', 'two', 'one');
    assert.deepEqual(it.events('zone.rejected'), []);
  });

  test('a file that stays shorter is believed after a while', async (t) => {
    const it = await startWith(t, { 'a.example.zone': `${zoneFile(1, 'one')}t2 TXT "x"\n` });
    truncateSync(it.path('a.example.zone'), zoneFile(1, 'one').length - 't TXT "one"\n'.length);
    measured('file cut for good', await it.until('a.example', 'NXDOMAIN', 'one'));
  });

  test('an empty file is never served, and said to be wrong', async (t) => {
    const it = await startWith(t, { 'a.example.zone': zoneFile(1, 'one') });
    truncateSync(it.path('a.example.zone'), 0);
    await it.logged('zone.rejected', /serial 1 keeps being served/);
    assert.equal(await it.see('a.example'), 'one');
  });

  test('an edit of an included file reloads the zones that include it, and no other', async (t) => {
    const it = await startWith(t, {
      'a.example.zone': zoneFile(1, 'one', '$INCLUDE common.inc\n'),
      'b.example.zone': zoneFile(1, 'bee'),
      'common.inc': 'i TXT "1"\n',
    });
    writeFileSync(it.path('common.inc'), 't TXT "included"\n');
    await it.logged('zone.serial', /a\.example: new content/);
    const loads = it.events('zone.loaded').map((line) => line.fields['zone']);
    assert.deepEqual(loads.sort(), ['a.example', 'a.example', 'b.example']);
  });

  test('an included file that appears later brings its zone to life', async (t) => {
    const it = await startWith(t, { 'a.example.zone': zoneFile(1, 'one', '$INCLUDE in/x.inc\n') });
    assert.equal(await it.see('a.example'), 'SERVFAIL');
    mkdirSync(it.path('in'));
    await setTimeout(100);
    writeFileSync(it.path('in/x.inc'), 'i TXT "1"\n');
    measured('missing include appears', await it.until('a.example', 'one', 'SERVFAIL'));
    rmSync(it.path('in/x.inc'));
    await it.logged('zone.rejected', /keeps being served/);
    assert.equal(await it.see('a.example'), 'one');
  });

  test('a deleted file takes its zone out of service after a moment', async (t) => {
    const it = await startWith(t, {
      'a.example.zone': zoneFile(1, 'one'),
      'b.example.zone': zoneFile(1, 'bee'),
      'c.example.zone': zoneFile(1, 'sea'),
    });
    rmSync(it.path('a.example.zone'));
    measured('delete', await it.until('a.example', 'REFUSED', 'one'));
    await it.logged('zone.removed', /^a\.example/);
    assert.equal(await it.see('b.example'), 'bee');
    writeFileSync(it.path('a.example.zone'), zoneFile(2, 'two'));
    measured('back', await it.until('a.example', 'two', 'REFUSED'));
  });

  test('a file that is away for a moment stays served', async (t) => {
    const it = await startWith(t, {
      'a.example.zone': zoneFile(1, 'one'),
      'b.example.zone': zoneFile(1, 'bee'),
    });
    rmSync(it.path('a.example.zone'));
    await it.stays('a.example', 'one', 500);
    writeFileSync(it.path('a.example.zone'), zoneFile(2, 'two'));
    await it.until('a.example', 'two', 'one');
    await setTimeout(1000);
    assert.equal(await it.see('a.example'), 'two');
    assert.deepEqual(it.events('zone.removed'), []);
  });

  test('an emptied directory is refused, and normal again when it is filled', async (t) => {
    const it = await startWith(t, {
      'a.example.zone': zoneFile(1, 'one'),
      'b.example.zone': zoneFile(1, 'bee'),
      'c.example.zone': zoneFile(1, 'sea'),
    });
    for (const name of ['a', 'b', 'c']) rmSync(it.path(`${name}.example.zone`));
    await it.logged('source.removal_refused', /3 of 3 zones gone at once/);
    assert.equal(await it.see('b.example'), 'bee');
    for (const name of ['a', 'b', 'c']) {
      writeFileSync(it.path(`${name}.example.zone`), zoneFile(2, 'two'));
      await it.until(`${name}.example`, 'two');
    }
    await it.logged('source.restored', /back/);
    rmSync(it.path('c.example.zone'));
    await it.until('c.example', 'REFUSED', 'two');
    assert.equal(it.events('source.removal_refused').length, 1);
  });

  test('--allow-mass-removal obeys', async (t) => {
    const files = { 'a.example.zone': zoneFile(1, 'one') };
    const it = await startWith(t, files, { allowMassRemoval: true });
    rmSync(it.path('a.example.zone'));
    await it.until('a.example', 'REFUSED', 'one');
  });

  test('a directory that vanishes, comes back and is replaced is followed', async (t) => {
    const root = temporaryDirectory(t);
    const it = await startWith(t, { 'a.example.zone': zoneFile(1, 'one') }, {}, root);
    renameSync(it.zones, join(root, 'away'));
    await it.logged('source.removal_refused', /1 of 1 zone/);
    await it.stays('a.example', 'one', 100);
    renameSync(join(root, 'away'), it.zones);
    await it.logged('source.restored', /back/);
    writeFileSync(it.path('a.example.zone'), zoneFile(2, 'two'));
    measured('after the directory came back', await it.until('a.example', 'two', 'one'));
    mkdirSync(join(root, 'next'));
    writeFileSync(join(root, 'next/a.example.zone'), zoneFile(3, 'three'));
    renameSync(it.zones, join(root, 'former'));
    renameSync(join(root, 'next'), it.zones);
    measured('directory replaced', await it.until('a.example', 'three', 'two'));
    writeFileSync(it.path('a.example.zone'), zoneFile(4, 'four'));
    measured('edit in it', await it.until('a.example', 'four', 'three'));
    rmSync(it.zones, { recursive: true });
    await setTimeout(1300);
    assert.equal(await it.see('a.example'), 'four');
    mkdirSync(it.zones);
    writeFileSync(it.path('a.example.zone'), zoneFile(5, 'five'));
    measured('directory made anew', await it.until('a.example', 'five', 'four'));
  });

  test('a new subdirectory brings its zones', async (t) => {
    const it = await startWith(t, { 'a.example.zone': zoneFile(1, 'one') });
    mkdirSync(it.path('customer/deep'), { recursive: true });
    writeFileSync(it.path('customer/deep/b.example.zone'), zoneFile(1, 'bee'));
    measured('new subdirectory', await it.until('b.example', 'bee', 'REFUSED'));
    writeFileSync(it.path('customer/deep/b.example.zone'), zoneFile(2, 'two'));
    measured('edit in a subdirectory', await it.until('b.example', 'two', 'bee'));
  });

  test('a symbolic link is followed: pointed elsewhere, target edited, target replaced', async (t) => {
    const root = temporaryDirectory(t);
    mkdirSync(join(root, 'store'));
    const [first, second] = [join(root, 'store/1'), join(root, 'store/2')];
    writeFileSync(first, zoneFile(1, 'one'));
    writeFileSync(second, zoneFile(2, 'two'));
    const it = await startWith(t, {}, {}, root);
    symlinkSync(first, it.path('a.example.zone'));
    await it.until('a.example', 'one', 'REFUSED');
    symlinkSync(second, it.path('.next'));
    renameSync(it.path('.next'), it.path('a.example.zone'));
    measured('link pointed elsewhere', await it.until('a.example', 'two', 'one'));
    writeFileSync(second, zoneFile(3, 'three'));
    measured('link target edited', await it.until('a.example', 'three', 'two'));
    writeFileSync(join(root, 'store/.new'), zoneFile(4, 'four'));
    renameSync(join(root, 'store/.new'), second);
    measured('link target replaced', await it.until('a.example', 'four', 'three'));
  });

  test('a zone directory that is a symbolic link is followed when it is pointed elsewhere', async (t) => {
    const root = temporaryDirectory(t);
    for (const release of ['1', '2']) {
      mkdirSync(join(root, 'releases', release), { recursive: true });
      const zone = join(root, 'releases', release, 'a.example.zone');
      writeFileSync(zone, zoneFile(Number(release), `release ${release}`));
    }
    symlinkSync('releases/1', join(root, 'zones'));
    const it = await TestServer.start(t, root);
    assert.equal(await it.see('a.example'), 'release 1');
    symlinkSync('releases/2', join(root, 'next'));
    renameSync(join(root, 'next'), it.zones);
    measured(
      'zone directory pointed elsewhere',
      await it.until('a.example', 'release 2', 'release 1'),
    );
    writeFileSync(it.path('a.example.zone'), zoneFile(3, 'edited in place'));
    measured('edit behind it', await it.until('a.example', 'edited in place', 'release 2'));
  });

  test('a ..data swap changes all zones behind it', async (t) => {
    const root = temporaryDirectory(t);
    const zones = join(root, 'zones');
    const names = ['a', 'b', 'c'];
    const fill = (generation: string, serial: number) => {
      mkdirSync(join(zones, generation));
      for (const name of names) {
        writeFileSync(
          join(zones, generation, `${name}.example.zone`),
          zoneFile(serial, generation),
        );
      }
    };
    mkdirSync(zones);
    fill('..2026_1', 1);
    symlinkSync('..2026_1', join(zones, '..data'));
    for (const name of names) {
      symlinkSync(join('..data', `${name}.example.zone`), join(zones, `${name}.example.zone`));
    }
    const it = await TestServer.start(t, root);
    assert.equal(it.server.zones.size, 3);
    for (const serial of [2, 3]) {
      const generation = `..2026_${serial}`;
      fill(generation, serial);
      symlinkSync(generation, join(zones, '..data_tmp'));
      renameSync(join(zones, '..data_tmp'), join(zones, '..data'));
      rmSync(join(zones, `..2026_${serial - 1}`), { recursive: true });
      const former = `..2026_${serial - 1}`;
      const waits = names.map((name) => it.until(`${name}.example`, generation, former));
      measured('..data swap', Math.max(...(await Promise.all(waits))));
    }
    assert.deepEqual(it.events('zone.rejected'), []);
    assert.deepEqual(it.events('zone.removed'), []);
  });

  test('of two files for one zone the serving one is kept, the other takes over when it goes', async (t) => {
    const it = await startWith(t, {
      'a.example.db': zoneFile(1, 'first'),
      'a.example.zone': zoneFile(2, 'second'),
      'x.example.zone': zoneFile(1, 'x'),
    });
    assert.equal(await it.see('a.example'), 'first');
    await it.logged(
      'zone.problem',
      /a\.example\.zone: error: a\.example is already defined .*DUPLICATE/,
    );
    rmSync(it.path('a.example.db'));
    measured('heir', await it.until('a.example', 'second', 'first'));
  });

  test('a zone file that gets another name stays served all the time', async (t) => {
    const it = await startWith(t, { 'a.example.zone': zoneFile(1, 'one') });
    renameSync(it.path('a.example.zone'), it.path('db.a.example'));
    await it.stays('a.example', 'one', 1500);
    writeFileSync(it.path('db.a.example'), zoneFile(2, 'two'));
    await it.until('a.example', 'two', 'one');
    await it.until('a.example', 'two');
    assert.equal(it.server.zones.size, 1);
  });

  test('a zone whose SOA says another name moves there', async (t) => {
    const named = (name: string, txt: string) => `$ORIGIN ${name}\n${zoneFile(1, txt)}`;
    const it = await startWith(t, { 'zone1.zone': named('a.example.', 'one') });
    assert.equal(await it.see('a.example'), 'one');
    writeFileSync(it.path('zone1.zone'), named('b.example.', 'two'));
    await it.until('b.example', 'two', 'REFUSED');
    assert.equal(await it.see('a.example'), 'REFUSED');
  });

  test('a single file is a source', async (t) => {
    const root = temporaryDirectory(t);
    const file = join(root, 'zones.txt');
    writeFileSync(file, `$ORIGIN a.example.\n${zoneFile(1, 'one')}`);
    const it = await TestServer.start(t, root, {}, [file]);
    assert.equal(await it.see('a.example'), 'one');
    writeFileSync(file, `$ORIGIN a.example.\n${zoneFile(2, 'two')}`);
    await it.until('a.example', 'two', 'one');
  });

  test('a change without an event is found by a scan', async (t) => {
    const root = temporaryDirectory(t);
    writeFileSync(join(root, 'outside'), zoneFile(1, 'one'));
    mkdirSync(join(root, 'zones'));
    linkSync(join(root, 'outside'), join(root, 'zones/a.example.zone'));
    const it = await TestServer.start(t, root);
    const deep = join(root, 'outside');
    writeFileSync(deep, zoneFile(2, 'two'));
    it.server.rescan();
    await it.until('a.example', 'two', 'one');
    const timed = await TestServer.start(t, root, { rescanMs: 300 });
    writeFileSync(deep, zoneFile(3, 'three'));
    await timed.until('a.example', 'three', 'two');
  });

  test('one inotify watch per directory, however many files', async (t) => {
    if (!existsSync('/proc/self/fdinfo')) return t.skip('no /proc/self/fdinfo on this system');
    const files = Array.from({ length: 300 }, (_, i) => [`z${i}.example.zone`, zoneFile(1, 'x')]);
    const root = temporaryDirectory(t);
    await startWith(t, Object.fromEntries(files), {}, root);
    // The zone directory, and the one that holds it.
    assert.equal(inotifyWatches(root), 2);
  });
});

async function startWith(
  t: Parameters<typeof temporaryDirectory>[0],
  files: Record<string, string>,
  reload: Parameters<typeof TestServer.start>[2] = {},
  root: string = temporaryDirectory(t),
): Promise<TestServer> {
  mkdirSync(join(root, 'zones'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, 'zones', name), text);
  return TestServer.start(t, root, reload);
}

/** Kernel watches of this process on anything below `root`, and on `root`. */
function inotifyWatches(root: string): number {
  const paths = [
    root,
    ...readdirSync(root, { recursive: true }).map((name) => join(root, `${name}`)),
  ];
  const inodes = new Set(paths.map((path) => statSync(path).ino.toString(16)));
  let count = 0;
  for (const fd of readdirSync('/proc/self/fdinfo')) {
    const lines = existsSync(`/proc/self/fdinfo/${fd}`)
      ? readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').split('\n')
      : [];
    for (const line of lines) {
      const inode = /^inotify wd:\S+ ino:(\S+)/.exec(line)?.[1];
      if (inode !== undefined && inodes.has(inode)) count++;
    }
  }
  return count;
}
