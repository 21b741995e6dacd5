/**
 * The journal: chains of changes, what starts a new one, bounds, what a restart keeps, and changes that go while they
 * are read.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  JOURNAL_CHANGES_MAX,
  JOURNAL_VALUE_OCTETS_MAX,
  JOURNAL_ZONE_OCTETS_MIN,
} from '../../src/base/transfer-limits.js';
import { Journal, type KeptChange } from '../../src/store/journal.js';
import { openStore } from '../../src/store/store.js';
import type { ZoneChange } from '../../src/store/zone-change.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { name } from '../support/zones.js';
import { changeOf, packed, txtChange } from './records.js';
import { temporaryStore } from './stores.js';

const TEXT = 'example.test';
const APEX = name(TEXT);

/** A change that takes one TXT and brings another. */
function step(from: number, to: number): ZoneChange {
  return txtChange(TEXT, [from, to], [`a.${TEXT} 300 v${from}`], [`a.${TEXT} 300 v${to}`]);
}

/** A change of about so many octets. */
function large(from: number, to: number, octets: number): ZoneChange {
  const records = Array.from({ length: Math.ceil(octets / 1000) }, (_, i) =>
    packed(`n${i}.${TEXT}`, 300, 'TXT', Buffer.alloc(970, to)),
  );
  return changeOf(TEXT, [from, to], [], records);
}

function whole(change: KeptChange): ZoneChange {
  const { fromSerial, toSerial, removedCount, addedCount } = change;
  const removed = Buffer.concat([...change.removed()]);
  const added = Buffer.concat([...change.added()]);
  assert.equal(change.octets, removed.length + added.length);
  return { fromSerial, toSerial, removed, added, removedCount, addedCount };
}

/** `from-to` of each change of the chain. */
function chain(journal: Journal, serial: number, apex = APEX): string | null {
  const changes = journal.since(apex, serial);
  return changes?.map(({ fromSerial, toSerial }) => `${fromSerial}-${toSerial}`).join(' ') ?? null;
}

test('a chain leads from each serial to the newest', (t) => {
  const journal = new Journal(temporaryStore(t));
  const steps = [step(1, 2), step(2, 5), step(5, 6)];
  assert.equal(journal.newest(APEX), null);
  assert.equal(chain(journal, 1), null);
  for (const change of steps) assert.ok(journal.append(APEX, change));
  assert.equal(journal.newest(APEX), 6);
  assert.deepEqual(journal.since(APEX, 1)?.map(whole), steps);
  const rows: [serial: number, chain: string | null][] = [
    [1, '1-2 2-5 5-6'],
    [2, '2-5 5-6'],
    [5, '5-6'],
    [6, ''],
    [3, null],
    [0, null],
    [7, null],
  ];
  for (const [serial, expected] of rows) assert.equal(chain(journal, serial), expected);
});

const CHAINS: readonly (readonly [
  what: string,
  serials: readonly (readonly [from: number, to: number])[],
  newest: number | null,
  oldest: number | null,
])[] = [
  [
    'steps that continue',
    [
      [1, 2],
      [2, 3],
    ],
    3,
    1,
  ],
  [
    'a gap starts a new chain',
    [
      [1, 2],
      [3, 4],
    ],
    4,
    3,
  ],
  [
    'a step from an older version starts a new chain',
    [
      [1, 2],
      [2, 3],
      [2, 4],
    ],
    4,
    2,
  ],
  [
    'a serial that stays drops all',
    [
      [1, 2],
      [2, 2],
    ],
    null,
    null,
  ],
  [
    'a serial that falls drops all',
    [
      [1, 2],
      [2, 1],
    ],
    null,
    null,
  ],
  [
    'a serial 2^31 ahead drops all',
    [
      [1, 2],
      [2, 2 + 2 ** 31],
    ],
    null,
    null,
  ],
  [
    'a serial wraps around',
    [
      [2 ** 32 - 2, 2 ** 32 - 1],
      [2 ** 32 - 1, 3],
    ],
    3,
    2 ** 32 - 2,
  ],
  [
    'after all was dropped a chain starts',
    [
      [1, 2],
      [2, 2],
      [2, 3],
    ],
    3,
    2,
  ],
];

for (const [what, serials, newest, oldest] of CHAINS) {
  test(`chains: ${what} (RFC 1982, RFC 1995 §4)`, (t) => {
    const store = temporaryStore(t);
    const journal = new Journal(store);
    for (const [from, to] of serials) journal.append(APEX, step(from, to));
    assert.equal(journal.newest(APEX), newest);
    if (oldest === null) assert.equal(store.stats().rows['journal-records'], 0);
    else assert.match(chain(journal, oldest) ?? '', new RegExp(`^${oldest}-(?:.*-)?${newest}$`));
  });
}

test('of a serial that came twice the later change is taken', (t) => {
  const journal = new Journal(temporaryStore(t));
  const turn = 2 ** 31 - 1;
  for (const [from, to] of [
    [5, 5 + turn],
    [5 + turn, 4],
    [4, 5],
    [5, 6],
  ] as const) {
    journal.append(APEX, step(from, to));
  }
  assert.equal(chain(journal, 5), '5-6');
});

test('zones do not mix, and the case of an apex does not matter', (t) => {
  const store = temporaryStore(t);
  const journal = new Journal(store);
  const zones = ['', 'test', 'a.test', 'b.a.test', 'aa.test', 'example.test', 'sub.example.test'];
  for (const [i, zone] of zones.entries()) {
    for (const serial of [10 * i + 1, 10 * i + 2]) {
      const apex = Buffer.from(name(`${zone.toUpperCase()}.`));
      journal.append(apex, step(serial, serial + 1));
      assert.deepEqual(
        apex,
        Buffer.from(name(`${zone.toUpperCase()}.`)),
        "the apex is the caller's",
      );
    }
  }
  journal.forget(name('test'));
  journal.forget(name('not.there'));
  for (const [i, zone] of zones.entries()) {
    const expected =
      zone === 'test' ? null : `${10 * i + 1}-${10 * i + 2} ${10 * i + 2}-${10 * i + 3}`;
    assert.equal(chain(journal, 10 * i + 1, name(`${zone}.`)), expected, zone);
  }
  for (const zone of zones) journal.forget(name(`${zone}.`));
  const { rows } = store.stats();
  assert.deepEqual(
    Object.values(rows).filter((count) => count > 0),
    [1],
    'the totals only',
  );
});

test('a restart keeps the journal and its numbers', async (t) => {
  const folder = temporaryDirectory(t);
  const steps = [step(1, 2), large(2, 3, 200_000), step(3, 4)];
  for (const change of steps) {
    const store = openStore(folder);
    assert.ok(new Journal(store).append(APEX, change));
    await store.close();
  }
  const store = openStore(folder);
  t.after(() => store.close());
  assert.deepEqual(new Journal(store).since(APEX, 1)?.map(whole), steps);
});

test('a large change is kept and read in parts of whole records', (t) => {
  const store = temporaryStore(t);
  const journal = new Journal(store);
  const longest = packed(`x.${TEXT}`, 300, 'TXT', new Uint8Array(65535));
  const change = changeOf(TEXT, [1, 2], [longest], [longest, longest]);
  const other = large(2, 3, 700_000);
  assert.ok(journal.append(APEX, change));
  assert.ok(journal.append(APEX, other));
  const changes = journal.since(APEX, 1) ?? [];
  assert.deepEqual(changes.map(whole), [change, other]);
  const parts = [...(changes[1]?.added() ?? [])];
  assert.ok(parts.length > 10);
  for (const part of parts) assert.ok(part.length <= JOURNAL_VALUE_OCTETS_MAX);
});

test("the oldest changes go when a zone's bound is reached, which grows with the zone", (t) => {
  const journal = new Journal(temporaryStore(t));
  const part = JOURNAL_ZONE_OCTETS_MIN / 4;
  for (let i = 1; i < 8; i++) assert.ok(journal.append(APEX, large(i, i + 1, part)));
  assert.equal(chain(journal, 5), '5-6 6-7 7-8');
  assert.equal(chain(journal, 4), null);
  const zoneOctets = 8 * part;
  for (let i = 8; i < 12; i++) assert.ok(journal.append(APEX, large(i, i + 1, part), zoneOctets));
  assert.equal(journal.since(APEX, 5)?.length, 7);
});

test('a change larger than the bound is not kept, nor is what is before it', (t) => {
  const store = temporaryStore(t);
  const journal = new Journal(store);
  assert.ok(journal.append(APEX, step(1, 2)));
  const tooLarge = large(2, 3, JOURNAL_ZONE_OCTETS_MIN + 1000);
  assert.equal(journal.append(APEX, tooLarge), false);
  assert.equal(journal.newest(APEX), null);
  assert.equal(store.stats().rows['journal-records'], 0);
  assert.ok(journal.append(APEX, tooLarge, 2 * JOURNAL_ZONE_OCTETS_MIN));
});

test('a zone keeps so many changes', (t) => {
  const store = temporaryStore(t);
  const journal = new Journal(store);
  store.write(() => {
    for (let i = 1; i <= JOURNAL_CHANGES_MAX + 3; i++) journal.append(APEX, step(i, i + 1));
  });
  assert.equal(journal.since(APEX, 4)?.length, JOURNAL_CHANGES_MAX);
  assert.equal(chain(journal, 3), null);
});

test('the oldest changes of all zones go when the bound of all is reached', (t) => {
  const journal = new Journal(temporaryStore(t), 100_000);
  const zones = ['one.test', 'two.test', 'three.test'].map(name);
  for (let i = 1; i <= 4; i++) {
    for (const zone of zones) assert.ok(journal.append(zone, large(i, i + 1, 18_000)));
  }
  // Five changes of 18 KB fit: the last three of the fourth round, and two of the third.
  const kept = zones.map((zone) =>
    [4, 3, 2].find((serial) => chain(journal, serial, zone) === null),
  );
  assert.deepEqual(kept, [3, 2, 2]);
  assert.equal(journal.append(zones[0] ?? APEX, large(5, 6, 101_000)), false);
});

test('changes of a write that fails are not kept, nor counted', (t) => {
  const store = temporaryStore(t);
  const journal = new Journal(store, 3 * 18_000);
  journal.append(APEX, large(1, 2, 17_000));
  const work = (): void => {
    for (let i = 2; i < 6; i++) journal.append(APEX, large(i, i + 1, 17_000));
    throw new RangeError('not today');
  };
  assert.throws(() => store.write(work), RangeError);
  assert.equal(chain(journal, 1), '1-2');
  journal.append(APEX, large(2, 3, 17_000));
  assert.equal(chain(journal, 1), '1-2 2-3');
});

test('a change that is dropped while it is read is an error, also if others took its place', (t) => {
  const journal = new Journal(temporaryStore(t));
  journal.append(APEX, large(1, 2, 200_000));
  const [change] = journal.since(APEX, 1) ?? [];
  assert.ok(change !== undefined);
  const parts = change.added()[Symbol.iterator]();
  assert.equal(parts.next().done, false);
  journal.forget(APEX);
  journal.append(APEX, large(1, 2, 200_000));
  assert.throws(() => parts.next(), { name: 'ServerError', code: 'JOURNAL_CHANGE_GONE' });
});

test('a condensed answer is given where it is smaller', (t) => {
  const journal = new Journal(temporaryStore(t));
  for (let i = 1; i < 10; i++) journal.append(APEX, step(i, i + 1));
  assert.deepEqual(journal.condensed(APEX, 1), step(1, 10));
  assert.deepEqual(journal.condensed(APEX, 8), step(8, 10));
  assert.equal(journal.condensed(APEX, 9), null, 'one change');
  assert.equal(journal.condensed(APEX, 10), null, 'current');
  assert.equal(journal.condensed(APEX, 11), null, 'not known');
  assert.equal(journal.since(APEX, 1)?.length, 9, 'the journal stays');
});
