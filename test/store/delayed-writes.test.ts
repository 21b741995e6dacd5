/**
 * Rows that are written later: what is notified and the state of secondary zones, read before and after they are on
 * disk, and commits that fail.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ServerError } from '../../src/base/errors.js';
import {
  STORE_DELAY_MS,
  STORE_DELAYED_ROWS,
  STORE_HURRY_MS,
} from '../../src/base/transfer-limits.js';
import { DelayedWrites } from '../../src/store/delayed-writes.js';
import { Notified } from '../../src/store/notified.js';
import { type SecondaryState, SecondaryStates } from '../../src/store/secondary-state.js';
import { openStore, type Store } from '../../src/store/store.js';
import { memoryLog, temporaryDirectory } from '../e2e/test-server.js';
import { name } from '../support/zones.js';
import { octets, temporaryStore } from './stores.js';

const STATE: SecondaryState = {
  serial: 2026112100,
  refreshedAt: 1_795_000_000_000,
  expiresAt: 1_796_000_000_000,
  nextAt: 1_795_000_900_000,
  primary: '192.0.2.1:53 key transfer.test.',
  failures: 3,
};

/** A store whose commits can be counted and made to fail. */
function watched(store: Store): {
  store: Store;
  commits: () => number;
  fail: (on: boolean) => void;
} {
  let commits = 0;
  let isFailing = false;
  const write = (work: () => void): void => {
    if (isFailing) throw new ServerError('STORE_FULL', 'the disk is full');
    commits++;
    store.write(work);
  };
  return {
    store: { ...store, table: (table) => store.table(table), stats: () => store.stats(), write },
    commits: () => commits,
    fail: (on) => {
      isFailing = on;
    },
  };
}

function useTimers(t: TestContext): () => void {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return () => t.mock.timers.tick(STORE_DELAY_MS);
}

test('rows are seen at once, and written by one commit a second', (t) => {
  const second = useTimers(t);
  const real = temporaryStore(t);
  const { store, commits } = watched(real);
  const writes = new DelayedWrites(store);
  for (let i = 0; i < 100; i++) writes.put('notified', octets(`k${i % 10}`), octets(String(i)));
  assert.deepEqual(Buffer.from(writes.get('notified', octets('k3')) ?? []).toString(), '93');
  assert.equal(real.stats().rows.notified, 0);
  second();
  assert.equal(commits(), 1);
  assert.equal(real.stats().rows.notified, 10);
  assert.deepEqual(Buffer.from(writes.get('notified', octets('k3')) ?? []).toString(), '93');
  second();
  assert.equal(commits(), 1, 'nothing waits');
  writes.put('notified', octets('k3'), null);
  assert.equal(writes.get('notified', octets('k3')), null);
  second();
  assert.equal(commits(), 2);
  assert.equal(real.stats().rows.notified, 9);
});

test('more rows than one commit takes are written second by second, or at once by close', (t) => {
  const second = useTimers(t);
  const real = temporaryStore(t);
  const { store, commits } = watched(real);
  const writes = new DelayedWrites(store);
  const fill = (): void => {
    for (let i = 0; i <= 2 * STORE_DELAYED_ROWS; i++) {
      writes.put('notified', octets(`k${i}`), octets(String(i)));
    }
  };
  fill();
  second();
  assert.deepEqual([commits(), real.stats().rows.notified], [1, STORE_DELAYED_ROWS]);
  second();
  second();
  assert.deepEqual([commits(), real.stats().rows.notified], [3, 2 * STORE_DELAYED_ROWS + 1]);
  fill();
  writes.close();
  assert.equal(commits(), 6);
  second();
  assert.equal(commits(), 6);
});

test('a commit that fails is logged once, and tried again with what is newest', (t) => {
  const second = useTimers(t);
  const real = temporaryStore(t);
  const { store, fail } = watched(real);
  const { log, lines } = memoryLog();
  const writes = new DelayedWrites(store, log);
  writes.put('notified', octets('a'), octets('1'));
  fail(true);
  second();
  writes.put('notified', octets('a'), octets('2'));
  second();
  assert.deepEqual(
    lines.map(({ level, event, text }) => [level, event, text]),
    [['error', 'store.failed', 'the disk is full']],
  );
  assert.equal(Buffer.from(writes.get('notified', octets('a')) ?? []).toString(), '2');
  assert.throws(() => writes.flush(), { code: 'STORE_FULL' });
  fail(false);
  second();
  assert.equal(Buffer.from(real.table('notified').get(octets('a')) ?? []).toString(), '2');
  fail(true);
  writes.put('notified', octets('b'), octets('3'));
  second();
  assert.equal(lines.length, 2, 'another failure is another line');
  assert.throws(() => writes.close(), { code: 'STORE_FULL' });
});

test('a row that should not be lost is on disk at once, and many of them soon, by one commit', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const real = temporaryStore(t);
  const { store, commits, fail } = watched(real);
  const { log, lines } = memoryLog();
  const writes = new DelayedWrites(store, log);
  const pass = (ms: number): void => {
    now += ms;
    t.mock.timers.tick(ms);
  };
  const stored = (): number => real.stats().rows.served;
  writes.put('notified', octets('late'), octets('0'));
  writes.putNow('served', octets('a'), octets('1'));
  assert.deepEqual([stored(), commits(), real.stats().rows.notified], [1, 1, 0]);
  for (let i = 0; i < 100; i++) writes.putNow('served', octets(`k${i}`), octets('1'));
  assert.deepEqual([stored(), commits()], [1, 1]);
  assert.equal(Buffer.from(writes.get('served', octets('k99')) ?? []).toString(), '1');
  pass(STORE_HURRY_MS);
  assert.deepEqual([stored(), commits()], [101, 2]);
  pass(STORE_HURRY_MS);
  writes.putNow('served', octets('b'), octets('1'));
  assert.deepEqual([stored(), commits()], [102, 3]);
  // what the disk does not take waits like any other row
  fail(true);
  pass(STORE_HURRY_MS);
  writes.putNow('served', octets('c'), octets('1'));
  assert.deepEqual([stored(), lines.length], [102, 1]);
  fail(false);
  pass(STORE_DELAY_MS);
  assert.equal(stored(), 103);
});

test('a range joins what is stored with what waits', (t) => {
  const writes = new DelayedWrites(temporaryStore(t));
  const put = (key: string, value: string | null): void =>
    writes.put('notified', octets(key), value === null ? null : octets(value));
  for (const key of ['a', 'b', 'c', 'd']) put(key, 'stored');
  writes.flush();
  put('b', 'waits');
  put('c', null);
  put('e', 'waits');
  const bound = (text?: string): Uint8Array | undefined => (text ? octets(text) : undefined);
  const range = (from?: string, to?: string): string =>
    [...writes.range('notified', bound(from), bound(to))]
      .map(({ key, value }) => `${Buffer.from(key)}=${Buffer.from(value)}`)
      .sort()
      .join(' ');
  assert.equal(range(), 'a=stored b=waits d=stored e=waits');
  assert.equal(range('b', 'e'), 'b=waits d=stored');
  assert.equal(range('e'), 'e=waits');
  writes.close();
});

test('serials that were notified, by zone and target, over a restart (RFC 1996)', async (t) => {
  const folder = temporaryDirectory(t);
  const [one, sub] = [name('one.test'), name('sub.one.test')];
  const first = openStore(folder);
  const writes = new DelayedWrites(first);
  const notified = new Notified(writes);
  assert.equal(notified.get(one, '192.0.2.1:53'), null);
  notified.set(one, '192.0.2.1:53', 7);
  notified.set(one, '[2001:db8::1]:53', 2 ** 32 - 1);
  notified.set(sub, '192.0.2.1:53', 0);
  writes.close();
  await first.close();

  const store = openStore(folder);
  const again = new DelayedWrites(store);
  const restarted = new Notified(again);
  assert.equal(restarted.get(name('ONE.test'), '192.0.2.1:53'), 7);
  assert.equal(restarted.get(one, '[2001:db8::1]:53'), 2 ** 32 - 1);
  assert.equal(restarted.get(sub, '192.0.2.1:53'), 0);
  assert.equal(restarted.get(one, '192.0.2.1:5353'), null);
  restarted.set(one, '198.51.100.1:53', 8);
  restarted.forget(one, (target) => target.startsWith('192.'));
  assert.equal(restarted.get(one, '192.0.2.1:53'), 7);
  assert.equal(restarted.get(one, '[2001:db8::1]:53'), null);
  assert.equal(restarted.get(one, '198.51.100.1:53'), null);
  restarted.forget(one);
  assert.equal(restarted.get(one, '192.0.2.1:53'), null);
  assert.equal(restarted.get(sub, '192.0.2.1:53'), 0);
  again.close();
  assert.equal(store.stats().rows.notified, 1);
  await store.close();
});

test('states of secondary zones, over a restart (RFC 1034 §4.3.5)', async (t) => {
  const folder = temporaryDirectory(t);
  const rows: [zone: string, state: SecondaryState][] = [
    ['one.test', STATE],
    ['.', { ...STATE, serial: 0, failures: 0 }],
    ['new.test', { ...STATE, serial: null, refreshedAt: 0, expiresAt: 0, primary: '' }],
  ];
  const first = openStore(folder);
  const writes = new DelayedWrites(first);
  const states = new SecondaryStates(writes);
  assert.equal(states.get(name('one.test')), null);
  for (const [zone, state] of rows) states.set(name(zone.toUpperCase()), state);
  states.set(name('gone.test'), STATE);
  for (const [zone, state] of rows) assert.deepEqual(states.get(name(zone)), state);
  states.forget(name('gone.test'));
  writes.close();
  await first.close();

  const store = openStore(folder);
  t.after(() => store.close());
  const all = [...new SecondaryStates(new DelayedWrites(store)).all()];
  const expected = new Map(
    rows.map(([zone, state]) => [Buffer.from(name(zone)).toString(), state]),
  );
  assert.deepEqual(
    new Map(all.map(([apex, state]) => [Buffer.from(apex).toString(), state])),
    expected,
  );
});
