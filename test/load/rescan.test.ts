/** Listing the zone files of a source. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listZoneFiles, openSource, pathInSource } from '../../src/load/rescan.js';
import { temporaryDirectory } from '../e2e/test-server.js';

test('zone files in path order, below directories and links, without what is none', async (t) => {
  const root = temporaryDirectory(t);
  const write = (path: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), '');
  };
  const zones = ['b.zone', 'a.db', 'db.c', 'customer/x.zone', 'deep/er/y.zone'];
  const others = [
    'README',
    'keys.txt',
    'a.zone~',
    '.git/z.zone',
    '..data/z.zone',
    'inc/common.inc',
  ];
  for (const path of [...zones, ...others]) write(path);
  symlinkSync('b.zone', join(root, 'link.zone'));
  symlinkSync('nowhere', join(root, 'dangling.zone'));
  symlinkSync('.', join(root, 'loop'));
  mkdirSync(join(root, 'directory.zone'));
  const listing = await listZoneFiles(await openSource(root));
  const found = listing.files.map((path) => path.slice(root.length + 1));
  assert.deepEqual(found, [...zones, 'link.zone', 'dangling.zone'].sort());
  const directories = ['', 'customer', 'deep', 'deep/er', 'directory.zone', 'inc'];
  const read = listing.directories.map((path) => path.slice(root.length + 1));
  assert.deepEqual([...read].sort(), directories);
  assert.equal(listing.fault, null);
});

test('a directory that cannot be read is a fault, not an empty directory', async (t) => {
  const root = temporaryDirectory(t);
  const source = await openSource(root);
  rmSync(root, { recursive: true });
  assert.match((await listZoneFiles(source)).fault ?? '', /cannot read .*ENOENT/);
  if (process.getuid?.() === 0) return;
  mkdirSync(root);
  chmodSync(root, 0);
  assert.match((await listZoneFiles(source)).fault ?? '', /EACCES/);
  chmodSync(root, 0o700);
});

test('a source that is not there is an error', async () => {
  await assert.rejects(openSource('/nonexistent/zones'), { code: 'SOURCE_MISSING' });
});

test('paths are written as the user wrote the source', async () => {
  const source = { path: 'zones', isDirectory: true, root: '/srv/zones' };
  const rows: [file: string, path: string | null][] = [
    ['/srv/zones/a.zone', 'zones/a.zone'],
    ['/srv/zones/sub/a.zone', 'zones/sub/a.zone'],
    ['/srv/zones/.git/a.zone', null],
    ['/srv/other/a.zone', null],
    ['/srv/zones2/a.zone', null],
    ['/srv/zones/1/2/3/4/5/6/7/8/a.zone', 'zones/1/2/3/4/5/6/7/8/a.zone'],
    ['/srv/zones/1/2/3/4/5/6/7/8/9/a.zone', null],
  ];
  for (const [file, path] of rows) assert.equal(pathInSource(source, file), path, file);
});
