/**
 * The journal against a model: random edits of random zones, with restarts and small bounds. What it gives since an old
 * version turns the records of that into those of the newest, step by step and condensed (RFC 1995 §4).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Journal } from '../../src/store/journal.js';
import { openStore } from '../../src/store/store.js';
import { recordEnd, type ZoneChange } from '../../src/store/zone-change.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { type Random, seededRandom } from '../fuzz/random.js';
import { name } from '../support/zones.js';
import { soa, txt, txtChange } from './records.js';

/** All versions that a zone has had, newest last; records as lines. */
type Model = {
  readonly apex: string;
  readonly versions: { readonly serial: number; readonly lines: ReadonlySet<string> }[];
};

/** One side's packed records as a set of octets; a record must not be there twice. */
function recordSet(records: Uint8Array): Set<string> {
  const set = new Set<string>();
  for (let at = 0; at < records.length; ) {
    const end = recordEnd(records, at);
    const text = Buffer.from(records.subarray(at, end)).toString('latin1');
    assert.ok(!set.has(text));
    set.add(text);
    at = end;
  }
  return set;
}

function versionSet({ apex, versions }: Model, index: number): Set<string> {
  const version = versions[index];
  assert.ok(version !== undefined);
  const records = [soa(apex, version.serial), ...[...version.lines].map(txt)];
  return new Set(records.map((record) => record.toString('latin1')));
}

/** What a secondary does: each record that goes is there, and none that comes. */
function apply(set: Set<string>, change: ZoneChange): void {
  const removed = recordSet(change.removed);
  const added = recordSet(change.added);
  assert.deepEqual([removed.size, added.size], [change.removedCount, change.addedCount]);
  for (const record of removed) assert.ok(set.delete(record), 'removes what is there');
  for (const record of added) {
    assert.ok(!set.has(record), 'adds what is not there');
    set.add(record);
  }
}

function edit(random: Random, journal: Journal, model: Model): void {
  const last = model.versions.at(-1);
  assert.ok(last !== undefined);
  const lines = new Set(last.lines);
  for (let i = random(6); i >= 0; i--) {
    const line = `n${random(12)}.${model.apex} ${300 + random(2)} ${'v'.repeat(1 + random(200))}`;
    const gone = [...lines][random(lines.size + 1)];
    if (random(2) === 0 && gone !== undefined) lines.delete(gone);
    else lines.add(line);
  }
  const serial = (last.serial + (random(20) === 0 ? 2 ** 31 - 1 : 1 + random(3))) % 2 ** 32;
  const removed = [...last.lines].filter((line) => !lines.has(line));
  const added = [...lines].filter((line) => !last.lines.has(line));
  model.versions.push({ serial, lines });
  // Sometimes a version is missed, as by a server that was not running.
  if (random(15) === 0) return;
  journal.append(name(model.apex), txtChange(model.apex, [last.serial, serial], removed, added));
}

/** @returns how many old versions lead to the newest */
function check(journal: Journal, model: Model): number {
  const newest = model.versions.length - 1;
  const apex = name(model.apex);
  if (journal.newest(apex) !== model.versions[newest]?.serial) return 0;
  const expected = versionSet(model, newest);
  let known = 0;
  const seen = new Set<number>();
  for (let i = newest; i >= 0; i--) {
    const serial = model.versions[i]?.serial ?? 0;
    // After a wrap-around the latest version of a serial is meant.
    if (seen.has(serial)) continue;
    seen.add(serial);
    const changes = journal.since(apex, serial);
    if (changes === null) continue;
    known++;
    const stepped = versionSet(model, i);
    for (const change of changes) {
      const removed = Buffer.concat([...change.removed()]);
      const added = Buffer.concat([...change.added()]);
      apply(stepped, { ...change, removed, added });
    }
    assert.deepEqual(stepped, expected);
    const condensed = journal.condensed(apex, serial);
    if (condensed === null) continue;
    const merged = versionSet(model, i);
    apply(merged, condensed);
    assert.deepEqual(merged, expected);
  }
  return known;
}

test('what the journal gives turns any version that it knows into the newest', async (t) => {
  const folder = temporaryDirectory(t);
  const random = seededRandom(5);
  const models: Model[] = ['test', 'a.test', 'b.a.test'].map((apex, i) => ({
    apex,
    versions: [{ serial: 2 ** 32 - 10 + i, lines: new Set<string>() }],
  }));
  let known = 0;
  for (let restart = 0; restart < 5; restart++) {
    const store = openStore(folder);
    const journal = new Journal(store, 60_000);
    for (let i = 0; i < 40; i++) {
      const model = models[random(models.length)];
      assert.ok(model !== undefined);
      edit(random, journal, model);
      if (i % 8 === 0) for (const each of models) known += check(journal, each);
    }
    await store.close();
  }
  assert.ok(known > 300, `only ${known} versions were known`);
});
