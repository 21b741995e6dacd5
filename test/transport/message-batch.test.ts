/** Batches over a C library that does what a test tells it: errors that no test can have from a kernel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UDP_BATCH_MESSAGES, UDP_SLOT_OCTETS } from '../../src/base/limits.js';
import { DatagramSender, MessageBatch } from '../../src/transport/mmsg.js';
import { SystemCalls } from '../../src/transport/system-calls.js';

const EPERM = 1;
const EINTR = 4;
const EBADF = 9;
const EAGAIN = 11;
const ENOBUFS = 105;
const ECONNREFUSED = 111;

const HEADER_OCTETS = 64;

/** What a call returns; an error is a number below 0. */
type Script = readonly number[];

/** Batches over scripted calls; `sent` collects first header and count of each sendmmsg. */
function scripted(receives: Script, sends: Script = []) {
  const sent: string[] = [];
  const waiting = { receives: [...receives], sends: [...sends] };
  let errno = 0;
  let base = -1;
  const next = (script: number[]): number => {
    const result = script.shift();
    assert.ok(result !== undefined, 'one call more than expected');
    errno = result < 0 ? -result : 0;
    return result < 0 ? -1 : result;
  };
  const none = () => 0;
  const calls = new SystemCalls({
    socket: none,
    setsockopt: none,
    bind: none,
    getsockname: none,
    inet_pton: none,
    if_nametoindex: none,
    shutdown: none,
    mallopt: none,
    close: none,
    recvmmsg: () => next(waiting.receives),
    sendmmsg: (_fd, headers, count) => {
      if (base < 0) base = headers;
      sent.push(`${(headers - base) / HEADER_OCTETS}+${count}`);
      return next(waiting.sends);
    },
    errno: () => errno,
    addressOf: () => 0x7f00_1234_5000n,
  });
  const socket = { fd: 3, family: 6, withDestination: true } as const;
  const batch = new MessageBatch(calls, socket);
  const sender = new DatagramSender(calls, socket);
  return { batch, sender, sent, left: () => waiting.receives.length + waiting.sends.length };
}

/** Each send of ten replies: what it returns, and the calls as `first header+count`. */
const SENDS: readonly [what: string, sends: Script, calls: string, failed: number][] = [
  ['all at once', [10], '0+10', 0],
  ['in parts', [4, 1, 5], '0+10 4+6 5+5', 0],
  ['after a signal', [-EINTR, 10], '0+10 0+10', 0],
  ['but one', [2, -EPERM, 7], '0+10 2+8 3+7', 1],
  ['but the last', [9, -ENOBUFS], '0+10 9+1', 1],
  ['but two', [-ECONNREFUSED, -EPERM, 8], '0+10 1+9 2+8', 2],
  ['until there is no room', [3, -EAGAIN], '0+10 3+7', 7],
];

for (const [what, sends, calls, failed] of SENDS) {
  test(`ten replies are sent ${what}`, () => {
    const { batch, sent, left } = scripted([], sends);
    for (let slot = 0; slot < 10; slot++) batch.addReply(slot, slot, 12);
    assert.equal(batch.send(10), failed);
    assert.equal(sent.join(' '), calls);
    assert.equal(left(), 0);
    if (failed > 0) assert.ok(sends.includes(-batch.sendError));
  });
}

test('nothing to read, or a signal, is no datagram', () => {
  const { batch } = scripted([-EAGAIN, -EINTR, -ECONNREFUSED, 5]);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => batch.receive()),
    [0, 0, 0, 5],
  );
});

test('a socket that cannot be read is a bug', () => {
  assert.throws(() => scripted([-EBADF]).batch.receive(), /assertion failed/);
});

test('what does not fit is a bug, and not a fault of memory', () => {
  const { batch } = scripted([]);
  assert.throws(() => batch.addReply(0, 0, UDP_SLOT_OCTETS + 1), /assertion failed/);
  assert.throws(() => batch.addReply(UDP_BATCH_MESSAGES, 0, 12), /assertion failed/);
  assert.throws(() => batch.addReply(0, UDP_BATCH_MESSAGES, 12), /assertion failed/);
  for (const slots of [batch.requests, batch.replies]) {
    assert.equal(slots.length, UDP_BATCH_MESSAGES);
    assert.ok(slots.every((slot) => slot.length === UDP_SLOT_OCTETS));
  }
});

test('a single reply is sent at once, or the error is told', () => {
  const datagram = {
    request: new Uint8Array(12),
    name: new Uint8Array(28),
    control: new Uint8Array(40),
  };
  for (const [sends, error] of [
    [[1], 0],
    [[-EINTR, -EINTR, 1], 0],
    [[-EAGAIN], EAGAIN],
    [[-EINTR, -EPERM], EPERM],
  ] as const) {
    const { sender, sent, left } = scripted([], sends);
    assert.equal(sender.send(new Uint8Array(UDP_SLOT_OCTETS), datagram), error);
    assert.deepEqual([sent, left()], [sends.map(() => '0+1'), 0]);
  }
  const { sender } = scripted([]);
  assert.throws(() => sender.send(new Uint8Array(UDP_SLOT_OCTETS + 1), datagram), /fits/);
  const long = { ...datagram, control: new Uint8Array(65) };
  assert.throws(() => sender.send(new Uint8Array(12), long), /strides/);
});
