/** How many NOTIFY messages go out at once, in what order, and what the log says of many; time stands still. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  NOTIFY_FAILURES_LOGGED_MAX,
  NOTIFY_IN_FLIGHT_MAX,
  NOTIFY_STEP_DATAGRAMS,
  NOTIFY_STEP_MS,
  NOTIFY_WAITING_MAX,
} from '../../src/base/limits.js';
import { NotifySender } from '../../src/transport/notify.js';
import { endpointText } from '../../src/transport/query-handler.js';
import { type LogLine, memoryLog } from '../e2e/test-server.js';
import { decodeMessage } from '../peers/message.js';
import { name } from '../support/zones.js';
import { FakeSecondary, StillClock } from './notify-secondary.js';

type Scene = {
  readonly clock: StillClock;
  readonly lines: LogLine[];
  readonly sender: NotifySender;
  readonly one: FakeSecondary;
  readonly two: FakeSecondary;
};

async function scene(t: TestContext): Promise<Scene> {
  const clock = new StillClock();
  const { log, lines } = memoryLog();
  const sender = new NotifySender(log, { clock });
  t.after(() => sender.stop());
  const [one, two] = [await FakeSecondary.open(t), await FakeSecondary.open(t)];
  return { clock, lines, sender, one, two };
}

function queue({ sender }: Scene, secondary: FakeSecondary, count: number): void {
  for (let i = 0; i < count; i++) {
    assert.ok(sender.send(name(`z${i}.test`), i, null, secondary.endpoint));
  }
}

test('a burst goes out by steps, and waits when too much is unanswered', async (t) => {
  const s = await scene(t);
  queue(s, s.one, 3 * NOTIFY_IN_FLIGHT_MAX);
  s.clock.advance(0);
  let count = (await s.one.take()).length;
  assert.equal(count, NOTIFY_STEP_DATAGRAMS);
  while (count < NOTIFY_IN_FLIGHT_MAX) {
    s.clock.advance(NOTIFY_STEP_MS - 1);
    assert.equal((await s.one.take()).length, 0);
    s.clock.advance(1);
    const sent = (await s.one.take()).length;
    assert.equal(sent, NOTIFY_STEP_DATAGRAMS);
    count += sent;
  }
  s.clock.advance(5 * NOTIFY_STEP_MS);
  assert.equal((await s.one.take()).length, 0);
});

test('every zone of a burst arrives once, in order, if it is answered', async (t) => {
  const s = await scene(t);
  const count = 1200;
  queue(s, s.one, count);
  const arrived: (string | undefined)[] = [];
  while (s.sender.waiting > 0) {
    for (const message of await s.one.take()) {
      arrived.push(decodeMessage(message.octets).question[0]);
      s.one.answer(message);
    }
    s.clock.advance(1);
  }
  assert.deepEqual(
    arrived,
    Array.from({ length: count }, (_, i) => `z${i}.test. IN SOA`),
  );
  assert.ok(s.clock.now() >= (count / NOTIFY_STEP_DATAGRAMS - 1) * NOTIFY_STEP_MS);
  assert.equal(s.clock.size, 0);
});

test('a silent secondary with much to come does not delay another', async (t) => {
  const s = await scene(t);
  queue(s, s.one, 1000);
  queue(s, s.two, 5);
  s.clock.advance(0);
  assert.equal((await s.two.take()).length, 5);
  assert.equal((await s.one.take()).length, NOTIFY_STEP_DATAGRAMS - 5);
});

test('all zones of a silent secondary are tried five times each, then given up', async (t) => {
  const s = await scene(t);
  const count = 250;
  queue(s, s.one, count);
  const tries = new Map<string, number>();
  while (s.sender.waiting > 0) {
    s.clock.advance(100);
    for (const { octets } of await s.one.take()) {
      const key = octets.toString('hex');
      tries.set(key, (tries.get(key) ?? 0) + 1);
    }
  }
  assert.equal(tries.size, count);
  assert.deepEqual([...new Set(tries.values())], [5]);
  const warnings = s.lines.filter(({ level }) => level === 'warn').map(({ text }) => text);
  assert.equal(warnings.length, NOTIFY_FAILURES_LOGGED_MAX + 1);
  const address = endpointText(s.one.endpoint);
  const more = count - NOTIFY_FAILURES_LOGGED_MAX;
  assert.equal(
    warnings.at(-1),
    `NOTIFY to ${address}: ${more} more zones were refused or not answered`,
  );
});

test('failures of a later time are logged one by one again', async (t) => {
  const s = await scene(t);
  for (let round = 0; round < 2; round++) {
    queue(s, s.one, NOTIFY_FAILURES_LOGGED_MAX);
    s.clock.advance(60_000);
  }
  assert.equal(s.lines.length, 2 * NOTIFY_FAILURES_LOGGED_MAX);
  assert.ok(s.lines.every(({ event }) => event === 'notify.unanswered'));
});

test('what does not fit the queue is refused, and one that waits can still be replaced', async (t) => {
  const s = await scene(t);
  const to = { address: '127.0.0.1', port: 9 };
  const apex = name('z000000.test');
  for (let i = 0; i < NOTIFY_WAITING_MAX; i++) {
    for (let digit = 0, rest = i; digit < 6; digit++, rest = Math.floor(rest / 10)) {
      apex[2 + digit] = 48 + (rest % 10);
    }
    if (!s.sender.send(apex, 1, null, to)) break;
  }
  assert.equal(s.sender.waiting, NOTIFY_WAITING_MAX);
  assert.equal(s.sender.send(name('one-more.test'), 1, null, to), false);
  assert.equal(s.sender.send(apex, 2, null, to), true);
  assert.equal(s.sender.waiting, NOTIFY_WAITING_MAX);
  assert.match(s.lines[0]?.text ?? '', /one-more\.test\..*262144 others are waiting/);
});
