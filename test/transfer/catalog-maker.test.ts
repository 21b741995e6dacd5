/** The catalog that is made, read back and given to BIND and Knot (RFC 9432 §4). */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ZoneImage } from '../../src/index/image.js';
import { apexText, octetsOf } from '../../src/load/zone.js';
import { makeCatalog } from '../../src/transfer/catalog-maker.js';
import { readCatalog } from '../../src/transfer/catalog-reader.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { requirePeer } from '../peers/peer.js';
import { runPeer } from '../support/peer-tool.js';
import { name } from '../support/zones.js';
import { isTaken, startConsumer } from './catalog-peers.js';
import { imageText } from './image-text.js';

const ORIGIN = 'catalog.test.';
const PATIENCE_MS = 15_000;
const LONG = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
const ZONES = ['one.test', 'two.test', '2.0.192.in-addr.arpa', 'x\\.y\\000.test', '*.test', LONG];

function make(zones: readonly string[], serial = 7) {
  return makeCatalog({ apex: name(ORIGIN), names: Buffer.concat(zones.map(name)), serial });
}

test('made catalog: all members are read back, and the version, and the serial', async () => {
  const { image, recordCount } = make(ZONES);
  const reading = await readCatalog(name(ORIGIN), new ZoneImage(image));
  assert.ok(reading.ok);
  const { members, version, serial, remarks } = reading.content;
  assert.deepEqual([version, serial, remarks], [2, 7, []]);
  const read = [...members.keys()].map((key) => apexText(octetsOf(key)));
  assert.deepEqual(read.sort(), [...ZONES].sort());
  assert.equal(recordCount, ZONES.length + 3);
});

test('made catalog: the order of zones changes nothing, and a zone keeps its label', async () => {
  const [a, b] = [make(ZONES), make([...ZONES].reverse())];
  assert.equal(imageText(new ZoneImage(a.image)), imageText(new ZoneImage(b.image)));
  assert.equal(a.print, b.print);
  const fewer = make(ZONES.slice(1));
  assert.notEqual(a.print, fewer.print);
  const labels = await Promise.all(
    [a, fewer].map(async ({ image }) => {
      const reading = await readCatalog(name(ORIGIN), new ZoneImage(image));
      return reading.ok
        ? reading.content.members.get(
            String.fromCharCode(3, ...Buffer.from('two'), 4, ...Buffer.from('test'), 0),
          )?.label
        : null;
    }),
  );
  assert.equal(labels[0], labels[1]);
  assert.match(labels[0] ?? '', /^[0-9a-f]{32}$/);
});

test('made catalog: the print is of the members, not of the serial', () => {
  assert.equal(make(ZONES, 1).print, make(ZONES, 2).print);
});

test('made catalog: without members it is a catalog, too', async () => {
  const reading = await readCatalog(name(ORIGIN), new ZoneImage(make([]).image));
  assert.ok(reading.ok && reading.content.members.size === 0);
});

test('made catalog: BIND finds nothing wrong with the zone', (t) => {
  const text = imageText(new ZoneImage(make(ZONES).image));
  assert.match(text, /^catalog\.test\. 0 IN SOA invalid\. invalid\. 7 3600 600 2147483646 0\n/);
  const run = runPeer(t, 'named-checkzone', ['-i', 'none', ORIGIN, '-'], text);
  if (run !== null) assert.match(run.stdout, /loaded serial 7\nOK\n$/);
});

for (const kind of ['named', 'knot'] as const) {
  test(`made catalog: ${kind} takes all members`, async (t) => {
    if (!requirePeer(t, kind)) return;
    const file = join(temporaryDirectory(t), 'catalog.zone');
    writeFileSync(file, imageText(new ZoneImage(make(ZONES).image)));
    const peer = await startConsumer(kind, [{ origin: ORIGIN, file }]);
    t.after(() => peer.stop());
    const end = Date.now() + PATIENCE_MS;
    for (const zone of ZONES) {
      while (!(await isTaken(peer, zone))) {
        assert.ok(Date.now() < end, `${kind} does not take ${zone}:\n${peer.log()}`);
        await sleep(50);
      }
    }
    assert.equal(await isTaken(peer, 'three.test'), false);
  });
}
