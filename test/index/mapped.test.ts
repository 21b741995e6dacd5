/**
 * The mapped index: the conformance suite over files that were written and are mapped, and answers that are octet for
 * octet those from memory. HOTZONE_INDEX_QUERIES makes it more random queries than the usual ones.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { whyUnmappable } from '../../src/base/memory.js';
import { openHeld } from '../../src/index/held-image.js';
import type { ZoneView } from '../../src/index/zone-index.js';
import { ImageFiles } from '../../src/store/image-files.js';
import { compareAll, compareRandomly, openWorlds } from '../fuzz/index.fuzz.js';
import { seededRandom } from '../fuzz/random.js';
import { runIndexSuite } from '../suites/index-suite.js';
import { compileText } from '../support/zones.js';

const QUERIES = Number(process.env['HOTZONE_INDEX_QUERIES'] ?? 40_000);

const folder = mkdtempSync(join(tmpdir(), 'hotzone-mapped-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const reason = whyUnmappable();

/** A zone behind another one in a mapped file. */
function mappedFromText(origin: string, text: string): ZoneView {
  const files = new ImageFiles(folder);
  const number = files.newNumber();
  const offset = 4096;
  const octets = Buffer.concat([
    Buffer.alloc(offset, 0xa5),
    new Uint8Array(compileText(origin, text)),
  ]);
  writeFileSync(files.path(number), octets);
  return openHeld({ memory: files.map(number, octets.length), offset });
}

if (reason === null) runIndexSuite('mapped', mappedFromText);

test('mapped zones answer as those in memory do, to every question about them', async (t) => {
  if (reason !== null) return t.skip(reason);
  const worlds = await openWorlds();
  t.after(() => worlds.close());
  for (const world of worlds.all) {
    t.diagnostic(`${world.label}: ${world.zones.length} zones, ${compareAll(world)} questions`);
    assert.ok(world.zones.length > 0);
  }
  const data = resolve(process.env['HOTZONE_DATA'] ?? '../shared/data');
  if (!existsSync(data)) t.diagnostic(`no real zones in ${data}`);
  const seed = Date.now() % 0x7fffffff;
  const random = seededRandom(seed);
  for (let i = 0; i < QUERIES; i++) compareRandomly(worlds.all, random);
  t.diagnostic(`${QUERIES} random queries, seed ${seed}`);
});
