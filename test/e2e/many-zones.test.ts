/** Five thousand zone files: all are served, and one of them can be changed, removed and added as ever. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestServer, temporaryDirectory, zoneFile } from './test-server.js';

const COUNT = 5000;
const DIRECTORIES = 5;
const BROKEN = 4321;

function write(path: string, serial: number, txt: string): void {
  writeFileSync(`${path}~`, zoneFile(serial, txt));
  renameSync(`${path}~`, path);
}

test('a directory of thousands', async (t) => {
  const root = temporaryDirectory(t);
  const pathOf = (zone: number) =>
    join(root, 'zones', `${zone % DIRECTORIES}`, `z${zone}.example.zone`);
  for (let i = 0; i < DIRECTORIES; i++) mkdirSync(join(root, 'zones', `${i}`), { recursive: true });
  for (let zone = 0; zone < COUNT; zone++) {
    writeFileSync(pathOf(zone), zone === BROKEN ? '@ SOA nonsense\n' : zoneFile(zone, `v${zone}`));
  }
  const server = await TestServer.start(t, root);
  const { zones, serving, pending, records } = server.server.zones.totals();
  assert.deepEqual([zones, serving, pending, records], [COUNT, COUNT - 1, 0, (COUNT - 1) * 4]);
  for (let zone = 0; zone < COUNT; zone += 97) {
    assert.equal(await server.see(`z${zone}.example`), `v${zone}`);
  }
  assert.equal(await server.see(`z${BROKEN}.example`), 'SERVFAIL');
  // all but the first hundred and the broken one are only summed up
  const loaded = server.events('zone.loaded');
  assert.equal(loaded.filter((line) => line.level === 'info').length, 100);
  assert.equal(loaded.length, COUNT - 1);

  write(pathOf(4998), 2, 'edited');
  await server.until('z4998.example', 'edited', 'v4998');
  write(pathOf(BROKEN), 3, 'repaired');
  await server.until(`z${BROKEN}.example`, 'repaired', 'SERVFAIL');
  rmSync(pathOf(17));
  await server.until('z17.example', 'REFUSED', 'v17');
  write(pathOf(COUNT), 4, 'added');
  await server.until(`z${COUNT}.example`, 'added', 'REFUSED');
  assert.equal(server.server.zones.size, COUNT);
  server.server.rescan();
  await server.stays('z4998.example', 'edited', 300);
  assert.deepEqual(server.events('zone.rejected').length, 1);
});
