/**
 * Signed streams, RFC 8945 §5.3.1: which messages are signed, and that none can be changed, dropped, doubled or moved.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TSIG_UNSIGNED_MAX } from '../../src/base/limits.js';
import { signTsigReply, verifyTsigRequest } from '../../src/wire/tsig.js';
import { type TsigKey, TsigKeyring } from '../../src/wire/tsig-key.js';
import { findTsig } from '../../src/wire/tsig-record.js';
import {
  TSIG_FAULT_TEXTS,
  type TsigFault,
  TsigSigner,
  TsigVerifier,
  tsigErrorText,
} from '../../src/wire/tsig-stream.js';
import { NOW, reply, signed, testKey, tsigOffset, withRoom } from '../support/tsig-messages.js';

const KEY = testKey('hmac-sha256');
const REQUEST = signed(KEY);

function verdictOf(key: TsigKey) {
  const { octets } = signed(key);
  const ring = new TsigKeyring([key]);
  const verdict = verifyTsigRequest(octets, octets.length, tsigOffset(octets), ring, NOW);
  assert.ok(verdict !== null);
  return verdict;
}

function stream(messages: number, every: number, key = KEY, seconds = NOW): Buffer[] {
  const signer = new TsigSigner(verdictOf(key), every);
  return Array.from({ length: messages }, (_, i) => {
    const message = withRoom(reply(i), signer.octets);
    const isLast = i === messages - 1;
    const length = signer.sign(message, message.length - signer.octets, isLast, seconds);
    return message.subarray(0, length);
  });
}

/** What is wrong with a reply, and with which of its messages; -1 for its end. */
function judge(
  messages: readonly Buffer[],
  key = KEY,
  seconds = NOW,
): { fault: TsigFault | null; at: number } {
  const verifier = new TsigVerifier(key, REQUEST.mac);
  for (const [at, message] of messages.entries()) {
    const fault = verifier.take(message, message.length, seconds);
    if (fault !== null) {
      assert.equal(verifier.finish(), fault);
      return { fault, at };
    }
  }
  return { fault: verifier.finish(), at: -1 };
}

/** Which messages are signed. */
const SIGNED: readonly (readonly [messages: number, every: number, signed: string])[] = [
  [1, 1, '0'],
  [1, 50, '0'],
  [2, 99, '0 1'],
  [4, 1, '0 1 2 3'],
  [8, 3, '0 3 6 7'],
  [201, 99, '0 99 198 200'],
];
for (const [messages, every, text] of SIGNED) {
  test(`tsig: of ${messages} messages those are signed that every ${every} asks for`, () => {
    const made = stream(messages, every);
    const found = made.flatMap((message, i) => (findTsig(message, message.length) > 0 ? [i] : []));
    assert.equal(found.join(' '), text);
    assert.deepEqual(judge(made), { fault: null, at: -1 });
  });
}

test('tsig: up to 99 messages between two signed ones may be unsigned, no more', () => {
  const verdict = verdictOf(KEY);
  assert.throws(() => new TsigSigner(verdict, TSIG_UNSIGNED_MAX + 1));
  assert.throws(() => new TsigSigner({ ...verdict, error: 16 }));
  // the signer leaves out less than clients must take, so the rest is plain
  const first = stream(2, 1).slice(0, 1);
  const plain = Array.from({ length: TSIG_UNSIGNED_MAX }, (_, i) => reply(i + 1));
  assert.deepEqual(judge([...first, ...plain]), { fault: 'unsigned', at: -1 });
  const onceMore = [...first, ...plain, reply(0)];
  assert.deepEqual(judge(onceMore), { fault: 'unsigned', at: TSIG_UNSIGNED_MAX + 1 });
});

const SEVEN = stream(7, 3);

function without(at: number): Buffer[] {
  return SEVEN.filter((_, i) => i !== at);
}

function swapped(at: number): Buffer[] {
  const [a, b] = [SEVEN[at]!, SEVEN[at + 1]!];
  return [...SEVEN.slice(0, at), b, a, ...SEVEN.slice(at + 2)];
}

const other = testKey('hmac-sha256', { secret: Buffer.from('another') });
const cut = testKey('hmac-sha256', { macOctets: 16 });
const late = stream(2, 1, KEY, NOW + 301);

type Row = readonly [
  what: string,
  messages: readonly Buffer[],
  fault: TsigFault | null,
  at: number,
  key?: TsigKey,
];
/** SEVEN is signed at 0, 3 and 6. */
const STREAMS: readonly Row[] = [
  ['that is whole', SEVEN, null, -1],
  ['of nothing', [], 'unsigned', -1],
  ['that begins without TSIG', [reply()], 'unsigned', 0],
  ['that ends without TSIG', SEVEN.slice(0, 6), 'unsigned', -1],
  ['whose first message is gone', without(0), 'unsigned', 0],
  ['whose second message is gone', without(1), 'bad-mac', 2],
  ['whose fourth message is gone', without(3), 'bad-mac', 5],
  ['of messages in another order', swapped(1), 'bad-mac', 3],
  ['with a message doubled', [...SEVEN.slice(0, 2), ...SEVEN.slice(1)], 'bad-mac', 4],
  ['with the first message again', [...SEVEN, ...SEVEN.slice(0, 1)], 'bad-mac', 7],
  ['of another key', stream(1, 1, testKey('hmac-sha1')), 'other-key', 0],
  ['of another secret', stream(2, 1, other), 'bad-mac', 0],
  ['signed at another time', late, 'bad-time', 0],
  ['cut less than the key', stream(1, 1), null, -1, cut],
  ['of torn messages', [SEVEN[0]!.subarray(0, 50)], 'malformed', 0],
];
for (const [what, messages, fault, at, key] of STREAMS) {
  test(`tsig: a stream ${what} is ${fault ?? 'verified'}`, () => {
    assert.deepEqual(judge(messages, key), { fault, at });
  });
}

test('tsig: a reply that is cut more than the key is refused, less is fine', () => {
  const verdict = { ...verdictOf(KEY), key: cut };
  const message = withRoom(reply());
  const length = signTsigReply(message, reply().length, verdict, NOW);
  assert.deepEqual(judge([message.subarray(0, length)]), { fault: 'short-mac', at: 0 });
  assert.deepEqual(judge([message.subarray(0, length)], cut), { fault: null, at: -1 });
});

test('tsig: a stream with any bit flipped is refused, but for IDs and the case of names', () => {
  const messages = stream(4, 3);
  let free = 0;
  for (const [index, message] of messages.entries()) {
    const isSigned = findTsig(message, message.length) > 0;
    for (let i = 0; i < 8 * message.length; i++) {
      const flipped = Buffer.from(message);
      flipped.writeUInt8(flipped.readUInt8(i >> 3) ^ (1 << (i & 7)), i >> 3);
      const all = messages.map((each, at) => (at === index ? flipped : each));
      if (judge(all).fault !== null) continue;
      free++;
      const isId = i < 16;
      const [now, before] = [flipped, message].map((each) => each.toString('latin1').toLowerCase());
      const isCase = now === before;
      assert.ok(isSigned && (isId || isCase), `bit ${i} of message ${index}`);
    }
  }
  const letters = 'keyexampletest'.length + 'hmacsha'.length;
  assert.equal(free, 2 * (16 + letters));
});

test('tsig: a peer that cannot sign says why, RFC 8945 §5.3.2', () => {
  const verdict = { ...verdictOf(KEY), error: 17, key: null };
  const message = withRoom(reply());
  const length = signTsigReply(message, reply().length, verdict, NOW);
  const verifier = new TsigVerifier(KEY, REQUEST.mac);
  assert.equal(verifier.take(message, length, NOW), 'peer-error');
  assert.equal(tsigErrorText(verifier.peerError), 'BADKEY');
  assert.equal(tsigErrorText(3), 'TSIG error 3');
  const plain = withRoom(reply());
  const plainLength = signTsigReply(plain, reply().length, { ...verdict, error: 0 }, NOW);
  const strict = new TsigVerifier(KEY, REQUEST.mac);
  assert.equal(strict.take(plain, plainLength, NOW), 'unsigned');
});

test('tsig: every fault has a text of its own', () => {
  const texts = Object.values(TSIG_FAULT_TEXTS);
  assert.equal(new Set(texts).size, texts.length);
});
