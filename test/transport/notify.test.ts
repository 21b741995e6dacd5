/** The sender of NOTIFY against secondaries that answer, refuse, say nothing or talk nonsense; time stands still. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { NotifySender } from '../../src/transport/notify.js';
import { type Endpoint, endpointText } from '../../src/transport/query-handler.js';
import { type LogLine, memoryLog } from '../e2e/test-server.js';
import { decodeMessage, nameOctets } from '../peers/message.js';
import { freePort } from '../peers/peer.js';
import { hasIpv6 } from '../suites/transport-suite.js';
import { name } from '../support/zones.js';
import { FakeSecondary, type Received, replyTo, StillClock } from './notify-secondary.js';

const APEX = name('example.test');
/** Longer than all tries of one message. */
const LONG_MS = 60_000;

type Scene = {
  readonly clock: StillClock;
  readonly lines: LogLine[];
  readonly sender: NotifySender;
  readonly secondary: FakeSecondary;
  readonly to: Endpoint;
};

async function scene(t: TestContext, address?: string): Promise<Scene> {
  const clock = new StillClock();
  const { log, lines } = memoryLog();
  const sender = new NotifySender(log, { clock });
  t.after(() => sender.stop());
  const secondary = await FakeSecondary.open(t, address);
  return { clock, lines, sender, secondary, to: secondary.endpoint };
}

/** Waits for what comes by a socket. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not happen');
    await setImmediate();
  }
}

/** The one message that has been sent since the last look. */
async function takeOne({ secondary, clock }: Scene): Promise<Received> {
  clock.advance(10);
  const [message, ...more] = await secondary.take();
  assert.ok(message !== undefined, 'nothing was sent');
  assert.equal(more.length, 0);
  return message;
}

/** Returns when all that was sent to the sender before has been read: replies come in order. */
async function settle(s: Scene): Promise<void> {
  const before = s.sender.waiting;
  s.sender.send(name('settled.test'), 1, null, s.to);
  s.clock.advance(10);
  const messages = await s.secondary.take();
  const last = messages.at(-1);
  assert.ok(last !== undefined);
  s.secondary.answer(last);
  await until(() => s.sender.waiting <= before);
}

function texts(lines: readonly LogLine[], level: string): string[] {
  return lines.filter((line) => line.level === level).map(({ text }) => text);
}

test('a NOTIFY is sent at once, and NOERROR ends it, RFC 1996 §4.8', async (t) => {
  const s = await scene(t);
  const soa = Buffer.concat([nameOctets('ns'), nameOctets('hm'), Buffer.alloc(20, 1)]);
  assert.equal(s.sender.send(APEX, 7, soa, s.to), true);
  assert.equal(s.sender.waiting, 1);
  const address = endpointText(s.to);
  assert.deepEqual(s.sender.pending(), [{ zone: 'example.test.', address }]);
  const message = await takeOne(s);
  const { opcode, flags, question, answer } = decodeMessage(message.octets);
  assert.deepEqual([opcode, flags, question], [4, ['aa'], ['example.test. IN SOA']]);
  assert.deepEqual(answer, [`example.test. 0 IN SOA ${soa.toString('hex')}`]);
  s.secondary.answer(message);
  await until(() => s.sender.waiting === 0);
  assert.deepEqual(s.sender.pending(), []);
  assert.deepEqual(texts(s.lines, 'debug'), [
    `NOTIFY of example.test. (serial 7) to ${address}: answered`,
  ]);
  s.clock.advance(LONG_MS);
  assert.deepEqual(await s.secondary.take(), []);
  assert.deepEqual(texts(s.lines, 'warn'), []);
});

test('ids are not in a row', async (t) => {
  const s = await scene(t);
  for (let i = 0; i < 10; i++) s.sender.send(name(`z${i}.test`), 1, null, s.to);
  s.clock.advance(0);
  const ids = (await s.secondary.take()).map(({ octets }) => octets.readUInt16BE(0));
  assert.equal(ids.length, 10);
  // By chance once in more runs than there will be.
  assert.ok(ids.some((id, i) => i > 0 && Math.abs(id - ids[i - 1]!) > 256));
});

test('without answer the same octets go out five times, at 0, 1, 3, 7 and 15 seconds', async (t) => {
  const s = await scene(t);
  s.sender.send(APEX, 9, null, s.to);
  const sentAt: number[] = [];
  const octets = new Set<string>();
  let endedAt = 0;
  for (let half = 0; half < 80; half++) {
    s.clock.advance(half === 0 ? 0 : 500);
    for (const message of await s.secondary.take()) {
      sentAt.push(half / 2);
      octets.add(message.octets.toString('hex'));
    }
    if (s.sender.waiting > 0) endedAt = half / 2 + 0.5;
  }
  assert.deepEqual(sentAt, [0, 1, 3, 7, 15]);
  assert.equal(octets.size, 1);
  assert.equal(endedAt, 31);
  const [line, ...more] = s.lines.filter(({ level }) => level === 'warn');
  assert.equal(more.length, 0);
  const address = endpointText(s.to);
  assert.equal(line?.event, 'notify.unanswered');
  assert.deepEqual(line.fields, { zone: 'example.test.', serial: 9, address, tries: 5 });
  assert.equal(line.text, `NOTIFY of example.test. (serial 9) to ${address}: no answer to 5 tries`);
  assert.equal(s.clock.size, 0);
});

test('a port that nobody listens on is no reply yet', async (t) => {
  const s = await scene(t);
  const port = await freePort();
  s.sender.send(APEX, 1, null, { address: '127.0.0.1', port });
  for (let i = 0; i < 30; i++) {
    s.clock.advance(1000);
    await s.secondary.take();
    assert.equal(s.sender.waiting, 1);
  }
  s.clock.advance(1000);
  assert.equal(s.sender.waiting, 0);
  assert.match(texts(s.lines, 'warn').join('\n'), /: no answer to 5 tries/);
});

/** Seconds at which a try is under way, its message resting, or waiting for the next step. */
for (const second of [0.5, 1.5, 2.5, 6.5, 14.5, 30.5]) {
  test(`a reply to the first try still counts after ${second} seconds`, async (t) => {
    const s = await scene(t);
    s.sender.send(APEX, 1, null, s.to);
    const first = await takeOne(s);
    s.clock.advance(second * 1000 - 10);
    await s.secondary.take();
    s.secondary.answer(first);
    await until(() => s.sender.waiting === 0);
    s.clock.advance(LONG_MS);
    assert.deepEqual(await s.secondary.take(), []);
    assert.deepEqual(texts(s.lines, 'warn'), []);
  });
}

const REFUSALS: readonly (readonly [rcode: number, text: string])[] = [
  [1, 'FORMERR'],
  [2, 'SERVFAIL'],
  [4, 'NOTIMP'],
  [5, 'REFUSED'],
  [9, 'NOTAUTH'],
  [15, 'RCODE15'],
];
for (const [rcode, text] of REFUSALS) {
  test(`${text} ends a NOTIFY with a warning`, async (t) => {
    const s = await scene(t);
    s.sender.send(APEX, 3, null, s.to);
    s.secondary.answer(await takeOne(s), rcode);
    await until(() => s.sender.waiting === 0);
    const [line] = s.lines;
    const address = endpointText(s.to);
    assert.deepEqual([line?.level, line?.event], ['warn', 'notify.refused']);
    assert.deepEqual(line?.fields, { zone: 'example.test.', serial: 3, address, rcode: text });
    assert.equal(
      line.text,
      `NOTIFY of example.test. (serial 3) to ${address}: answered with ${text}`,
    );
    s.clock.advance(LONG_MS);
    assert.deepEqual(await s.secondary.take(), []);
  });
}

const IGNORED: readonly (readonly [what: string, change: (reply: Buffer) => Buffer])[] = [
  ['another id', (reply) => patched(reply, 0, reply.readUInt16BE(0) ^ 1)],
  ['another zone', (reply) => patched(reply, 13, 0x7a7a)],
  ['another type', (reply) => patched(reply, reply.length - 4, 1)],
  ['a request', (reply) => patched(reply, 2, 0x2400)],
  ['a reply to a query', (reply) => patched(reply, 2, 0x8400)],
  ['another id and no question', (reply) => patched(bare(reply), 0, reply.readUInt16BE(0) ^ 1)],
  ['a torn question', (reply) => reply.subarray(0, 20)],
  ['a few octets', (reply) => reply.subarray(0, 3)],
  ['nothing', () => Buffer.alloc(0)],
];

function patched(octets: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(octets);
  copy.writeUInt16BE(value, at);
  return copy;
}

/** The header alone. */
function bare(reply: Buffer): Buffer {
  return patched(reply.subarray(0, 12), 4, 0);
}

for (const [what, change] of IGNORED) {
  test(`a reply with ${what} is ignored`, async (t) => {
    const s = await scene(t);
    s.sender.send(APEX, 1, null, s.to);
    const message = await takeOne(s);
    s.secondary.send(change(replyTo(message.octets)), message);
    await settle(s);
    assert.deepEqual(
      s.sender.pending().map(({ zone }) => zone),
      ['example.test.'],
    );
    s.secondary.answer(message);
    await until(() => s.sender.waiting === 0);
  });
}

test('a reply that spells the zone in other case is taken, RFC 4343', async (t) => {
  const s = await scene(t);
  s.sender.send(name('Example.TEST'), 1, null, s.to);
  const message = await takeOne(s);
  const reply = replyTo(message.octets);
  reply.write('eXAMPLE', 13);
  s.secondary.send(reply, message);
  await until(() => s.sender.waiting === 0);
});

test('a reply without question ends the NOTIFY that has its id', async (t) => {
  const s = await scene(t);
  s.sender.send(APEX, 1, null, s.to);
  await takeOne(s);
  s.sender.send(APEX, 2, null, s.to);
  s.sender.send(name('other.test'), 2, null, s.to);
  s.clock.advance(10);
  const [, message] = await s.secondary.take();
  assert.ok(message !== undefined);
  s.secondary.send(bare(replyTo(message.octets, 5)), message);
  await until(() => s.sender.waiting === 1);
  assert.match(texts(s.lines, 'warn').join(), /of other\.test\. .*serial 2.* REFUSED$/);
});

test('a reply from another port or address is ignored', async (t) => {
  const s = await scene(t);
  const others = [await FakeSecondary.open(t), await FakeSecondary.open(t, '127.0.0.2')];
  s.sender.send(APEX, 1, null, s.to);
  const message = await takeOne(s);
  const from = { ...message.from, address: '127.0.0.1' };
  for (const other of others) other.send(replyTo(message.octets), { octets: message.octets, from });
  await settle(s);
  assert.equal(s.sender.waiting, 1);
});

test('an IPv6 secondary is found however its address is spelled', async (t) => {
  if (!hasIpv6()) return t.skip('no IPv6 loopback address');
  const s = await scene(t, '::1');
  const { port } = s.to;
  s.sender.send(APEX, 1, null, { address: '0:0::0:1', port });
  s.sender.send(APEX, 2, null, { address: '::1', port });
  assert.deepEqual(s.sender.pending(), [{ zone: 'example.test.', address: `[::1]:${port}` }]);
  s.secondary.answer(await takeOne(s));
  await until(() => s.sender.waiting === 0);
});

test('a newer serial replaces what is queued', async (t) => {
  const s = await scene(t);
  s.sender.send(APEX, 1, null, s.to);
  s.sender.send(name('EXAMPLE.test'), 2, null, s.to);
  assert.equal(s.sender.waiting, 1);
  s.secondary.answer(await takeOne(s));
  await until(() => s.sender.waiting === 0);
  assert.match(texts(s.lines, 'debug').join(), /serial 2/);
});

for (const second of [0.5, 2.5, 14.5]) {
  test(`a newer serial replaces what was sent, after ${second} seconds`, async (t) => {
    const s = await scene(t);
    s.sender.send(APEX, 1, null, s.to);
    const first = await takeOne(s);
    s.clock.advance(second * 1000 - 10);
    await s.secondary.take();
    s.sender.send(APEX, 2, null, s.to);
    const newer = await takeOne(s);
    assert.equal(s.sender.waiting, 1);
    if (first.octets.readUInt16BE(0) !== newer.octets.readUInt16BE(0)) {
      s.secondary.answer(first);
      await settle(s);
      assert.equal(s.sender.waiting, 1);
    }
    s.clock.advance(LONG_MS);
    assert.equal((await s.secondary.take()).length, 4);
    assert.match(texts(s.lines, 'warn').join('\n'), /^NOTIFY .*serial 2.*no answer to 5 tries$/);
  });
}

test('zones and secondaries do not replace each other', async (t) => {
  const s = await scene(t);
  const other = await FakeSecondary.open(t);
  for (const to of [s.to, other.endpoint]) {
    for (const zone of ['a.test', 'b.test']) s.sender.send(name(zone), 1, null, to);
  }
  assert.equal(s.sender.waiting, 4);
  s.clock.advance(0);
  assert.equal((await s.secondary.take()).length, 2);
  assert.equal((await other.take()).length, 2);
});

const NO_TARGETS: readonly (readonly [address: string, port: number, reason: RegExp])[] = [
  ['', 53, /this is no address/],
  ['ns.example.test', 53, /this is no address/],
  ['192.0.2.256', 53, /this is no address/],
  ['192.0.2.1:53', 53, /this is no address/],
  ['[::1]', 53, /this is no address/],
  ['192.0.2.1', 0, /0 is no port/],
  ['192.0.2.1', 65536, /65536 is no port/],
  ['192.0.2.1', 5.5, /5.5 is no port/],
  ['192.0.2.1', Number.NaN, /NaN is no port/],
];
for (const [address, port, reason] of NO_TARGETS) {
  test(`nothing is queued for '${address}' port ${port}`, async (t) => {
    const { sender, lines } = await scene(t);
    assert.equal(sender.send(APEX, 1, null, { address, port }), false);
    assert.equal(sender.waiting, 0);
    assert.equal(lines[0]?.event, 'notify.dropped');
    assert.match(lines[0].text, reason);
  });
}

test('a stop in flight ends everything at once and says so', async (t) => {
  const s = await scene(t);
  for (let i = 0; i < 30; i++) s.sender.send(name(`z${i}.test`), 1, null, s.to);
  s.clock.advance(0);
  const sent = await s.secondary.take();
  assert.equal(sent.length, 10);
  for (const message of sent) s.secondary.answer(message);
  await s.sender.stop();
  assert.equal(s.sender.waiting, 0);
  assert.deepEqual(s.sender.pending(), []);
  assert.equal(s.clock.size, 0);
  assert.match(texts(s.lines, 'info').join(), /^\d+ NOTIFY messages were not answered/);
  assert.equal(s.sender.send(APEX, 1, null, s.to), false);
  await s.sender.stop();
  assert.deepEqual(await s.secondary.take(), []);
});

test('a stop without anything sent resolves', async (t) => {
  const { sender, lines } = await scene(t);
  await sender.stop();
  assert.deepEqual(lines, []);
});

test('a system that cannot send is no reply yet, and the warning tells why', async (t) => {
  const s = await scene(t);
  // A broadcast address: refused by the system for sockets that did not ask for it.
  s.sender.send(APEX, 1, null, { address: '255.255.255.255', port: 53 });
  for (let i = 0; i < 31; i++) {
    s.clock.advance(1000);
    await setImmediate();
  }
  assert.equal(s.sender.waiting, 0);
  assert.match(texts(s.lines, 'warn').join('\n'), /no answer to 5 tries \(send E\w+.*\)$/m);
});

test('a sender with something in flight does not keep a process', async (t) => {
  const secondary = await FakeSecondary.open(t);
  const module = new URL('../../src/transport/notify.js', import.meta.url).href;
  const program = `
    import { NotifySender } from '${module}';
    const log = { debugging: false, debug() {}, info() {}, warn() {}, error() {} };
    const sender = new NotifySender(log);
    sender.send(Uint8Array.of(0), 1, null, ${JSON.stringify(secondary.endpoint)});
    setTimeout(() => process.exitCode = sender.waiting, 100);
  `;
  const args = ['--input-type=module', '--eval', program];
  const { status, stderr } = spawnSync(process.execPath, args, { timeout: 20_000 });
  assert.equal(status, 1, stderr.toString());
  assert.equal((await secondary.take()).length, 1);
});
