/** What is served, after each kind of load result. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Problem } from '../../src/base/problem.js';
import { ZoneImage } from '../../src/index/image.js';
import { type LoadResult, loadZone } from '../../src/load/load-zone.js';
import type { Zone } from '../../src/load/zone.js';
import { zoneOfFileName } from '../../src/load/zone-files.js';
import { ZoneSet } from '../../src/load/zone-set.js';
import { nameFromText, nameText } from '../../src/wire/name-text.js';
import { temporaryDirectory, zoneFile } from '../e2e/test-server.js';

/** What the engine would see: serials by apex, `null` for SERVFAIL. */
class Published {
  readonly serials = new Map<string, number | null>();

  set(apex: Uint8Array, image: SharedArrayBuffer | null): number {
    this.serials.set(nameText(apex, 0), image === null ? null : new ZoneImage(image).serial);
    return 0;
  }

  claim(apex: Uint8Array): number {
    return this.serials.has(nameText(apex, 0)) ? 0 : this.set(apex, null);
  }

  remove(apex: Uint8Array): void {
    assert.ok(this.serials.delete(nameText(apex, 0)));
  }

  addLocations(): number {
    return 0;
  }

  removeLocations(): void {}

  restrict(): void {}

  all(): Record<string, number | null> {
    return Object.fromEntries(this.serials);
  }
}

const WRONG: Problem = {
  code: 'TYPE_UNKNOWN',
  severity: 'error',
  file: 'f',
  line: 1,
  column: 1,
  length: 1,
  text: 'no such type',
};

function wire(name: string): Uint8Array {
  const octets = nameFromText(name);
  assert.ok(octets !== null);
  return octets;
}

function rejected(apex: string): LoadResult {
  return {
    apex: wire(apex),
    image: null,
    imageAt: 0,
    problems: [WRONG],
    errorCount: 1,
    warningCount: 0,
    serial: 0,
    recordCount: 0,
    files: [{ path: 'f', stamp: null, print: '' }],
  };
}

function setup(t: Parameters<typeof temporaryDirectory>[0]) {
  const directory = temporaryDirectory(t);
  const published = new Published();
  const zones = new ZoneSet(published);
  const good = (apex: string, serial: number): LoadResult => {
    const path = join(directory, 'zone');
    writeFileSync(path, zoneFile(serial, 'x'));
    const rules = { includeOutside: false, strict: false, originCertain: true };
    return loadZone({ path, origin: wire(apex), root: directory, ...rules });
  };
  const add = (path: string): Zone => zones.add(path, zoneOfFileName(path), true);
  const apply = (zone: Zone, result: LoadResult, gone: Zone[] = []) =>
    zones.apply(zone, result, (other) => gone.some(({ row }) => row === other.row)).kind;
  return { published, zones, good, add, apply };
}

test('at the start a zone is ours as soon as its file name is certain', (t) => {
  const { published, zones, add } = setup(t);
  zones.add('b.example.zone', zoneOfFileName('b.example.zone'), false);
  add('a.example.zone');
  add('com.zone');
  assert.deepEqual(published.all(), { 'a.example.': null });
});

test('published, unchanged, rejected, repaired, removed', (t) => {
  const { published, zones, good, add, apply } = setup(t);
  const zone = add('a.example.zone');
  assert.equal(apply(zone, good('a.example', 5)), 'published');
  assert.deepEqual([zone.state, zone.serial], ['serving', 5]);
  assert.equal(apply(zone, good('a.example', 5)), 'unchanged');
  assert.equal(apply(zone, rejected('a.example')), 'rejected');
  assert.deepEqual([zone.state, zone.serial, zone.errorCount, zone.failures], ['stale', 5, 1, 1]);
  assert.deepEqual(published.all(), { 'a.example.': 5 });
  assert.equal(apply(zone, good('a.example', 5)), 'published');
  assert.deepEqual([zone.state, zone.errorCount], ['serving', 0]);
  assert.equal(zones.remove(zone), null);
  assert.deepEqual(published.all(), {});
  assert.equal(zones.size, 0);
});

test('never loaded: SERVFAIL for that zone, nothing for an apex that nobody vouches for', (t) => {
  const { published, add, apply } = setup(t);
  apply(add('a.example.zone'), rejected('a.example'));
  apply(add('com.zone'), rejected('com'));
  apply(add('zone1.zone'), rejected('b.example'));
  assert.deepEqual(published.all(), { 'a.example.': null, 'b.example.': null });
});

test('a second file for a zone is refused; when the first goes, it takes over without a gap', (t) => {
  const { published, zones, good, add, apply } = setup(t);
  const first = add('a.example.db');
  const second = add('a.example.zone');
  apply(first, good('a.example', 1));
  assert.equal(apply(second, good('a.example', 2)), 'rejected');
  assert.equal(second.problems[0]?.code, 'ZONE_DUPLICATE');
  assert.deepEqual(published.all(), { 'a.example.': 1 });
  assert.equal(zones.remove(first)?.row, second.row);
  assert.deepEqual(published.all(), { 'a.example.': 1 });
  apply(second, good('a.example', 2));
  assert.deepEqual(published.all(), { 'a.example.': 2 });
  zones.remove(second);
  assert.deepEqual(published.all(), {});
});

test('a file that is gone gives way at once', (t) => {
  const { published, zones, good, add, apply } = setup(t);
  const former = add('a.example.zone');
  apply(former, good('a.example', 1));
  const renamed = add('a.example.db');
  assert.equal(apply(renamed, good('a.example', 2), [former]), 'published');
  assert.equal(zones.remove(former), null);
  assert.deepEqual(published.all(), { 'a.example.': 2 });
});

test('a file that was renamed and renamed back is served again', (t) => {
  const { published, zones, good, add, apply } = setup(t);
  const first = add('a.example.zone');
  apply(first, good('a.example', 1));
  const second = add('a.example.db');
  apply(second, good('a.example', 1), [first]);
  assert.equal(apply(first, good('a.example', 1), [second]), 'published');
  zones.remove(second);
  assert.deepEqual(published.all(), { 'a.example.': 1 });
});

test('a zone that changes its apex leaves the old one', (t) => {
  const { published, good, add, apply } = setup(t);
  const zone = add('zone1.zone');
  apply(zone, good('a.example', 1));
  apply(zone, good('b.example', 2));
  assert.deepEqual(published.all(), { 'b.example.': 2 });
});
