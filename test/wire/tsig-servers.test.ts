/**
 * TSIG with real servers, RFC 8945: BIND verifies our requests in every algorithm and length of MAC, refuses as we do,
 * and its transfers are verified, as NSD's are. Both sign every message; dnspython's streams are in another test.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  signTsigReply,
  signTsigRequest,
  tsigReplyOctets,
  verifyTsigRequest,
} from '../../src/wire/tsig.js';
import {
  algorithmName,
  digestOctets,
  macOctetsMin,
  type TsigAlgorithm,
  type TsigKey,
  TsigKeyring,
} from '../../src/wire/tsig-key.js';
import { findTsig, readTsig, type TsigRecord } from '../../src/wire/tsig-record.js';
import { type TsigFault, TsigVerifier } from '../../src/wire/tsig-stream.js';
import { buildQuery, nameOctets } from '../peers/message.js';
import { type Peer, requirePeer, startPeer } from '../peers/peer.js';
import { askTcp, askUdp } from '../peers/query.js';
import { withRoom } from '../support/tsig-messages.js';

/** The algorithms that BIND knows; it has no names for those that are cut. */
const ALGORITHMS: readonly TsigAlgorithm[] = [
  'hmac-md5',
  'hmac-sha1',
  'hmac-sha224',
  'hmac-sha256',
  'hmac-sha384',
  'hmac-sha512',
];

/** Each algorithm whole and cut as far as may be; their names tell. */
const KEYS: readonly TsigKey[] = ALGORITHMS.flatMap((algorithm) =>
  [digestOctets(algorithm), macOctetsMin(algorithm)].map((macOctets) => ({
    name: nameOctets(`${algorithm}-${8 * macOctets}.test`),
    algorithm,
    secret: Buffer.from(`the secret of ${algorithm}`),
    macOctets,
  })),
);

const ORIGIN = 'signed.test';

function keyText(key: TsigKey): string {
  const name = `${key.algorithm}-${8 * key.macOctets}`;
  const secret = Buffer.from(key.secret).toString('base64');
  return `key "${name}.test" { algorithm ${name}; secret "${secret}"; };\n`;
}

function zoneText(records: number): string {
  const text = 'x'.repeat(250);
  const lines = Array.from({ length: records }, (_, i) => `n${i} TXT ${`"${text}" `.repeat(60)}\n`);
  return `$TTL 60\n@ SOA ns hm 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${lines.join('')}`;
}

/** A server of one zone with so many records of 15 KB, ended after the test. */
async function serve(
  t: TestContext,
  kind: 'named' | 'nsd',
  records: number,
  more: (file: string) => string,
): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-tsig-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'zone');
  writeFileSync(file, zoneText(records));
  // NSD's own zone stands in `more`, since its key does; the other says when it is ready
  const origin = kind === 'named' ? ORIGIN : 'ready.test';
  const peer = await startPeer(kind, [{ origin, file }], { more: more(file) });
  t.after(() => peer.stop());
  return peer;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function request(type: string, key: TsigKey, seconds = nowSeconds()) {
  const plain = buildQuery({ name: ORIGIN, type, id: 0x4711 });
  const octets = withRoom(plain);
  const { length, mac } = signTsigRequest(octets, plain.length, key, seconds);
  return { octets: octets.subarray(0, length), mac };
}

function tsigOf(octets: Buffer): TsigRecord | null {
  return readTsig(octets, findTsig(octets, octets.length), octets.length);
}

test('tsig: BIND verifies our requests and we its replies, whole and cut', {
  timeout: 60_000,
}, async (t) => {
  if (!requirePeer(t, 'named')) return;
  const peer = await serve(t, 'named', 1, () => KEYS.map(keyText).join(''));
  for (const key of KEYS) {
    const { octets, mac } = request('SOA', key);
    const reply = await askUdp(peer, octets);
    assert.ok(reply !== null);
    assert.equal(reply.readUInt8(3) & 15, 0);
    const verifier = new TsigVerifier(key, mac);
    const what = `${key.algorithm} in ${key.macOctets} octets`;
    assert.equal(verifier.take(reply, reply.length, nowSeconds()), null, what);
    assert.equal(verifier.finish(), null, what);
    assert.equal(tsigOf(reply)?.mac.length, key.macOctets, what);
  }
});

const KEY: TsigKey = KEYS[6]!;

type Refusal = readonly [
  what: string,
  error: number,
  fault: TsigFault,
  sign: Partial<TsigKey>,
  agoSeconds: number,
];
const REFUSALS: readonly Refusal[] = [
  ['an unknown key', 17, 'peer-error', { name: nameOctets('nobody.test') }, 0],
  [
    'an unknown algorithm of the key',
    17,
    'peer-error',
    { algorithm: 'hmac-sha1', macOctets: 20 },
    0,
  ],
  ['another secret', 16, 'peer-error', { secret: Buffer.from('another') }, 0],
  ['another secret, long ago', 16, 'peer-error', { secret: Buffer.from('another') }, 1000],
  ['an old time', 18, 'peer-error', {}, 1000],
  ['a time to come', 18, 'peer-error', {}, -1000],
  ['a MAC cut more than the key is', 22, 'peer-error', { macOctets: 16 }, 0],
];

test('tsig: BIND refuses with the same errors as we do, and signs the same of them', {
  timeout: 60_000,
}, async (t) => {
  if (!requirePeer(t, 'named')) return;
  const peer = await serve(t, 'named', 1, () => keyText(KEY));
  for (const [what, error, fault, sign, agoSeconds] of REFUSALS) {
    const seconds = nowSeconds();
    const key = { ...KEY, ...sign };
    const { octets, mac } = request('SOA', key, seconds - agoSeconds);
    const theirs = await askUdp(peer, octets);
    assert.ok(theirs !== null, what);
    assert.equal(theirs.readUInt8(3) & 15, 9, what);

    const offset = findTsig(octets, octets.length);
    const ring = new TsigKeyring([KEY]);
    const verdict = verifyTsigRequest(octets, octets.length, offset, ring, seconds);
    assert.ok(verdict !== null, what);
    const plain = Buffer.from(octets.subarray(0, offset));
    plain.writeUInt16BE(0x8009, 2);
    plain.writeUInt16BE(0, 10);
    const ours = withRoom(plain, tsigReplyOctets(verdict));
    signTsigReply(ours, plain.length, verdict, seconds);

    for (const reply of [theirs, ours]) {
      const record = tsigOf(reply);
      const isSigned = error >= 18;
      assert.equal(record?.error, error, what);
      assert.equal(record.mac.length > 0, isSigned, what);
      assert.equal(record.other.length, error === 18 ? 6 : 0, what);
      assert.equal(record.fudge, 300, what);
      assert.deepEqual(record.keyName, Uint8Array.from(key.name), what);
      assert.deepEqual(record.algorithm, Uint8Array.from(algorithmName(key.algorithm)), what);
      // what a reply is cut to is the server's choice: the key of the client demands no more here
      const verifier = new TsigVerifier(key, mac);
      assert.equal(verifier.take(reply, reply.length, seconds), fault, what);
      assert.equal(verifier.peerError, error, what);
      const drift = (verifier.peerSeconds ?? seconds) - seconds;
      assert.ok(Math.abs(drift) <= 5, `${what}: ${drift}`);
    }
  }
});

test('tsig: BIND, too, takes what was signed before its last request', {
  timeout: 60_000,
}, async (t) => {
  if (!requirePeer(t, 'named')) return;
  const peer = await serve(t, 'named', 1, () => keyText(KEY));
  for (const agoSeconds of [0, 60]) {
    const reply = await askUdp(peer, request('SOA', KEY, nowSeconds() - agoSeconds).octets);
    assert.equal((reply?.readUInt8(3) ?? 15) & 15, 0, `${agoSeconds}`);
  }
});

/** Messages of a transfer, up to the one that ends with the SOA, and what the verifier says. */
async function transfer(peer: Peer, key: TsigKey): Promise<{ signed: string; fault: unknown }> {
  const { octets, mac } = request('AXFR', key);
  const soa = Buffer.concat([Buffer.from('00060001', 'hex'), Buffer.from('0000003c', 'hex')]);
  const messages = await askTcp(
    peer,
    octets,
    (message, count) => message.includes(soa) && (count > 1 || message.readUInt16BE(6) < 2),
    { timeoutMs: 10_000 },
  );
  const verifier = new TsigVerifier(key, mac);
  const signed = messages.map((message) => {
    assert.equal(verifier.take(message, message.length, nowSeconds()), null);
    return findTsig(message, message.length) > 0 ? 's' : '-';
  });
  return { signed: signed.join(''), fault: verifier.finish() };
}

test('tsig: a transfer from BIND is verified; each of its messages is signed', {
  timeout: 60_000,
}, async (t) => {
  if (!requirePeer(t, 'named')) return;
  const peer = await serve(t, 'named', 30, () => keyText(KEY));
  const { signed, fault } = await transfer(peer, KEY);
  assert.match(signed, /^s{5,}$/);
  assert.equal(fault, null);
});

test('tsig: a transfer from NSD is verified; each of its messages is signed', {
  timeout: 60_000,
}, async (t) => {
  if (!requirePeer(t, 'nsd')) return;
  const secret = Buffer.from(KEY.secret).toString('base64');
  const peer = await serve(
    t,
    'nsd',
    30,
    (file) => `
key:
  name: "k.test"
  algorithm: ${KEY.algorithm}
  secret: "${secret}"
zone:
  name: "${ORIGIN}"
  zonefile: "${file}"
  provide-xfr: 127.0.0.1 k.test
`,
  );
  const { signed, fault } = await transfer(peer, { ...KEY, name: nameOctets('k.test') });
  assert.match(signed, /^s{5,}$/);
  assert.equal(fault, null);
});
