/**
 * What is kept of changes: by a thread for large zones, in order, and nothing that would lead a client astray.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ServerError } from '../../src/base/errors.js';
import { loadZone } from '../../src/load/load-zone.js';
import { zoneOfFileName } from '../../src/load/zone-files.js';
import { type ZoneObserver, ZoneSet } from '../../src/load/zone-set.js';
import { Journal } from '../../src/store/journal.js';
import type { Store } from '../../src/store/store.js';
import { ChangeRecorder } from '../../src/transfer/change-recorder.js';
import { diffZones } from '../../src/transfer/zone-diff.js';
import { nameText } from '../../src/wire/name-text.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { temporaryStore } from '../store/stores.js';
import { compileText, name } from '../support/zones.js';
import { Site, serialOf } from './replies.js';

const ORIGIN = 'zone.test.';
const APEX = name(ORIGIN);

function zoneText(serial: number, records: number, change = ''): string {
  const lines = Array.from({ length: records }, (_, i) => `m${i} 60 A 192.0.2.${i & 255}\n`);
  return `@ 60 SOA ns.other. hm.other. ${serial} 2 3 4 5\n@ 60 NS ns.other.\n${lines.join('')}${change}`;
}

type Setup = {
  site: Site;
  journal: Journal;
  recorder: ChangeRecorder;
  publish: (text: string) => void;
};

function setup(t: TestContext, change: { store?: Store; script?: URL } = {}): Setup {
  const site = new Site();
  const kept = temporaryStore(t);
  const store = change.store ?? kept;
  const journal = new Journal(kept);
  const { script } = change;
  const options = { store, journal, log: site.log, ...(script === undefined ? {} : { script }) };
  const recorder = new ChangeRecorder(options);
  t.after(() => recorder.stop());
  const publish = (text: string): void => {
    const { former, next } = site.publish(ORIGIN, text);
    recorder.record(APEX, former, next);
  };
  return { site, journal, recorder, publish };
}

const settle = (recorder: ChangeRecorder) => recorder.settled(APEX, 20_000) ?? Promise.resolve();

function counts(journal: Journal, serial: number): string[] | undefined {
  return journal
    .since(APEX, serial)
    ?.map(({ fromSerial, toSerial, removedCount, addedCount }) =>
      [fromSerial, toSerial, removedCount, addedCount].join(' '),
    );
}

for (const [size, records] of [
  ['small', 20],
  ['large', 20_000],
] as const) {
  test(`changes: the steps of a ${size} zone are kept in order, one by one`, async (t) => {
    const { journal, recorder, publish } = setup(t);
    for (let serial = 1; serial < 8; serial++) publish(zoneText(serial, records + serial));
    assert.ok(recorder.settled(APEX, 1) !== null);
    await settle(recorder);
    const steps = [1, 2, 3, 4, 5, 6].map((serial) => `${serial} ${serial + 1} 1 2`);
    assert.deepEqual(counts(journal, 1), steps);
    assert.equal(recorder.settled(APEX, 1), null);
  });
}

test('changes: of more versions than may wait the last become one step', async (t) => {
  const { journal, recorder, publish } = setup(t);
  for (let serial = 1; serial <= 30; serial++)
    publish(zoneText(serial, 5000, `x 60 A 192.0.2.${serial}\n`));
  await settle(recorder);
  const steps = counts(journal, 1) ?? [];
  assert.ok(steps.length < 15, `${steps.length}`);
  assert.match(steps.at(-1) ?? '', / 30 2 2$/);
});

test('changes: what cannot be a step breaks the chain, and the next begins another', async (t) => {
  const rows = [
    ['content under the same serial', zoneText(2, 20, 'x 60 A 192.0.2.1\n'), null],
    ['a serial that went back', zoneText(1, 21), null],
    ['the same again', `; the same\n${zoneText(2, 20)}`, ['1 2 1 1']],
    ['no more than the serial', zoneText(3, 20), ['1 2 1 1', '2 3 1 1']],
  ] as const;
  for (const [what, text, steps] of rows) {
    const { journal, recorder, publish } = setup(t);
    publish(zoneText(1, 20));
    publish(zoneText(2, 20));
    await settle(recorder);
    assert.deepEqual(counts(journal, 1), ['1 2 1 1'], what);
    publish(text);
    await settle(recorder);
    assert.deepEqual(counts(journal, 1) ?? null, steps, what);
  }
});

test('changes: a disk that is full is told once, and clients get whole zones until it is not', async (t) => {
  const real = temporaryStore(t);
  let isFull = true;
  const store: Store = {
    ...real,
    table: (table) => real.table(table),
    stats: () => real.stats(),
    close: () => real.close(),
    write: (work) => {
      if (isFull) throw new ServerError('STORE_FULL', 'the disk is full');
      work();
    },
  };
  const { site, journal, recorder, publish } = setup(t, { store });
  for (let serial = 1; serial < 4; serial++) {
    publish(zoneText(serial, 20));
    await settle(recorder);
  }
  assert.deepEqual(site.log.lines, ['error transfer.journal']);
  isFull = false;
  publish(zoneText(4, 20));
  await settle(recorder);
  assert.equal(journal.since(APEX, 2), null);
  assert.deepEqual(counts(journal, 3), ['3 4 1 1']);
});

test('changes: a thread that dies costs the steps that it had', async (t) => {
  const path = join(temporaryDirectory(t), 'thread.mjs');
  const text = "import { parentPort } from 'node:worker_threads';\n";
  writeFileSync(
    path,
    `${text}parentPort.on('message', () => { throw new Error('on purpose'); });\n`,
  );
  const { site, journal, recorder, publish } = setup(t, { script: pathToFileURL(path) });
  publish(zoneText(1, 20_000));
  publish(zoneText(2, 20_000));
  await settle(recorder);
  assert.equal(journal.since(APEX, 1), null);
  assert.match(site.log.texts[0] ?? '', /on purpose/);
});

test('changes: a comparison says so when it finds more than it may', () => {
  const held = (text: string) => ({ memory: compileText(ORIGIN, text), offset: 0 });
  const former = held(zoneText(1, 1000));
  const next = held(zoneText(2, 10));
  for (const pair of [
    [former, next],
    [next, former],
  ] as const) {
    assert.equal(diffZones(...pair, 10_000), 'too-large');
    assert.notEqual(diffZones(...pair, 100_000), 'too-large');
  }
  assert.equal(diffZones(former, former), 'same');
});

test('changes: a zone set tells of each version that it publishes, and of the one before', (t) => {
  const directory = temporaryDirectory(t);
  const site = new Site();
  const seen: string[] = [];
  const observer: ZoneObserver = {
    hold: (apex) => site.hold(nameText(apex, 0)),
    published: (apex, former, next) =>
      void seen.push(`${nameText(apex, 0)} ${serialOf(former)} ${serialOf(next)}`),
    set: () => {},
    removed: () => {},
  };
  const zones = new ZoneSet(site.store, { observer });
  const path = join(directory, 'zone.test.zone');
  const zone = zones.add(path, zoneOfFileName(path), true);
  const rules = { includeOutside: false, strict: false, originCertain: true };
  for (const text of [zoneText(1, 3), 'broken', zoneText(2, 3), zoneText(2, 3)]) {
    writeFileSync(path, text);
    zones.apply(zone, loadZone({ path, origin: APEX, root: directory, ...rules }), () => false);
  }
  assert.deepEqual(seen, ['zone.test. null 1', 'zone.test. 1 2']);
});
