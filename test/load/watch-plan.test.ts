/** Which directories are watched for a file, with symbolic links and missing parts on the way. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { WatchPlan } from '../../src/load/watch-plan.js';
import { temporaryDirectory } from '../e2e/test-server.js';

test('directories, links and targets of a tree', (t) => {
  const root = temporaryDirectory(t);
  const at = (path: string) => join(root, path);
  for (const name of ['zones', 'store', 'releases/5', 'one'])
    mkdirSync(at(name), { recursive: true });
  writeFileSync(at('store/file'), '');
  symlinkSync('../store/file', at('zones/linked.zone'));
  symlinkSync('../store/nothing', at('zones/dangling.zone'));
  symlinkSync('releases/5', at('current'));
  symlinkSync('loop', at('one/loop'));
  const rows: [file: string, directories: string[], pivots: string[]][] = [
    ['zones/plain.zone', ['zones'], []],
    ['zones/linked.zone', ['zones', 'store'], []],
    ['zones/dangling.zone', ['zones', 'store'], []],
    ['current/a.zone', ['current', ''], ['current']],
    ['missing/deep/a.zone', [''], ['missing', 'missing/deep']],
    ['one/loop', ['one'], []],
  ];
  for (const [file, directories, pivots] of rows) {
    const plan = new WatchPlan();
    plan.coverFile(at(file));
    const below = [...plan.directories].filter((path) => path.startsWith(root));
    assert.deepEqual(
      below.sort(),
      directories.map((path) => at(path).replace(/\/$/, '')).sort(),
      file,
    );
    for (const path of [...pivots, ...directories]) {
      assert.equal(plan.isPivot(at(path).replace(/\/$/, '')), true, `${file}: ${path}`);
    }
  }
  const plan = new WatchPlan();
  plan.coverFile(at('zones/linked.zone'));
  assert.deepEqual([...plan.readThrough(at('store/file'))], [at('zones/linked.zone')]);
  assert.deepEqual([...plan.readThrough(at('store/other'))], []);
});
