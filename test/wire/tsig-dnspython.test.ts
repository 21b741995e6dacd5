/**
 * TSIG in both directions with dnspython: requests, replies and streams, in every algorithm (RFC 8945 §5, §6).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signTsigReply, verifyTsigRequest } from '../../src/wire/tsig.js';
import { TsigKeyring } from '../../src/wire/tsig-key.js';
import { TsigSigner, TsigVerifier } from '../../src/wire/tsig-stream.js';
import { runDnspython } from '../support/dnspython.js';
import {
  ALGORITHMS,
  NOW,
  query,
  reply,
  signed,
  testKey,
  tsigOffset,
  withRoom,
} from '../support/tsig-messages.js';

const KEYS = ALGORITHMS.map((algorithm) => testKey(algorithm));

/** Of a stream: its messages, and how often one is signed. */
const STREAMS: readonly (readonly [messages: number, every: number])[] = [
  [1, 1],
  [2, 1],
  [5, 1],
  [7, 3],
  [101, 99],
  [205, 99],
];

function unsignedOf(messages: number, every: number): number[] {
  return Array.from({ length: messages }, (_, i) => i).filter(
    (i) => i % every !== 0 && i !== messages - 1,
  );
}

function octetsOf(texts: readonly string[] | undefined): Buffer[] {
  return (texts ?? []).map((text) => Buffer.from(text, 'hex'));
}

test('tsig: requests of dnspython are verified', (t) => {
  const job = { op: 'sign', requestMac: null, multi: false, messages: [query()] } as const;
  const results = runDnspython(
    t,
    KEYS.map((key) => ({ ...job, key, seconds: NOW })),
  );
  if (results === null) return;
  for (const [i, key] of KEYS.entries()) {
    const [message = Buffer.alloc(0)] = octetsOf(results[i]);
    const offset = tsigOffset(message);
    assert.ok(offset > 0, key.algorithm);
    // its owner name is compressed: a label and a pointer
    assert.equal(message.readUInt8(offset + 4), 0xc0);
    const ring = new TsigKeyring([key]);
    const verdict = verifyTsigRequest(message, message.length, offset, ring, NOW + 300);
    assert.equal(verdict?.error, 0, key.algorithm);
    assert.equal(verdict?.key, key);
  }
});

test('tsig: dnspython verifies our requests', (t) => {
  const jobs = KEYS.map((key) => ({
    op: 'verify' as const,
    key,
    requestMac: null,
    multi: false,
    messages: [signed(key).octets],
    seconds: NOW - 300,
  }));
  const results = runDnspython(t, jobs);
  if (results === null) return;
  assert.deepEqual(
    results,
    KEYS.map(() => ['signed']),
  );
});

test('tsig: streams of dnspython are verified, RFC 8945 §5.3.1', (t) => {
  const cases = KEYS.flatMap((key) =>
    STREAMS.map(([messages, every]) => ({ key, messages, every })),
  );
  const jobs = cases.map(({ key, messages, every }) => ({
    op: 'sign' as const,
    key,
    requestMac: signed(key).mac,
    multi: true,
    messages: Array.from({ length: messages }, (_, i) => reply(i)),
    unsigned: unsignedOf(messages, every),
    seconds: NOW,
  }));
  const results = runDnspython(t, jobs);
  if (results === null) return;
  for (const [i, { key, messages, every }] of cases.entries()) {
    const what = `${key.algorithm}, ${messages} messages, every ${every}`;
    const verifier = new TsigVerifier(key, signed(key).mac);
    const stream = octetsOf(results[i]);
    assert.equal(stream.length, messages, what);
    for (const message of stream) {
      assert.equal(verifier.take(message, message.length, NOW), null, what);
    }
    assert.equal(verifier.finish(), null, what);
  }
});

test('tsig: dnspython verifies our replies and streams', (t) => {
  const cases = KEYS.flatMap((key) =>
    STREAMS.map(([messages, every]) => ({ key, messages, every })),
  );
  const jobs = cases.map(({ key, messages, every }) => {
    const request = signed(key);
    const { octets } = request;
    const ring = new TsigKeyring([key]);
    const verdict = verifyTsigRequest(octets, octets.length, tsigOffset(octets), ring, NOW);
    assert.ok(verdict !== null);
    const signer = new TsigSigner(verdict, every);
    return {
      op: 'verify' as const,
      key,
      requestMac: request.mac,
      multi: messages > 1,
      messages: Array.from({ length: messages }, (_, i) => {
        const message = withRoom(reply(i));
        const length = message.length - 512;
        const isLast = i === messages - 1;
        const end =
          messages === 1
            ? signTsigReply(message, length, verdict, NOW)
            : signer.sign(message, length, isLast, NOW);
        return message.subarray(0, end);
      }),
      seconds: NOW,
    };
  });
  const results = runDnspython(t, jobs);
  if (results === null) return;
  for (const [i, { key, messages, every }] of cases.entries()) {
    const unsigned = unsignedOf(messages, every);
    const expected = Array.from({ length: messages }, (_, j) =>
      unsigned.includes(j) ? 'unsigned' : 'signed',
    );
    assert.deepEqual(results[i], expected, `${key.algorithm}, ${messages}, every ${every}`);
  }
});
