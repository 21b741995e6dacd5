/**
 * Signed requests and their replies, RFC 8945: what is accepted, each error with its reply, and that nothing that was
 * changed on the way is.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RCODE_FORMERR, RCODE_NOERROR, RCODE_NOTAUTH } from '../../src/wire/constants.js';
import {
  signTsigReply,
  type TsigVerdict,
  tsigRcode,
  tsigReplyOctets,
  tsigRequestOctets,
  verifyTsigRequest,
} from '../../src/wire/tsig.js';
import { macOctetsMin, type TsigKey, TsigKeyring } from '../../src/wire/tsig-key.js';
import { findTsig, readTime, readTsig } from '../../src/wire/tsig-record.js';
import { TsigVerifier } from '../../src/wire/tsig-stream.js';
import { seededRandom } from '../fuzz/random.js';
import { nameOctets } from '../peers/message.js';
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

const KEY = testKey('hmac-sha256');
const RING = new TsigKeyring([KEY]);
const BADSIG = 16;
const BADKEY = 17;
const BADTIME = 18;
const BADTRUNC = 22;
const FORMERR = null;

function verify(octets: Uint8Array, ring = RING, seconds = NOW): TsigVerdict | null {
  return verifyTsigRequest(octets, octets.length, tsigOffset(octets), ring, seconds);
}

/** As computed by dnspython: the MAC's first octets, and how many it has. */
const MACS: readonly (readonly [algorithm: TsigKey['algorithm'], octets: number, mac: string])[] = [
  ['hmac-md5', 16, '52a2a9486724771791ea681e4d9f3e52'],
  ['hmac-sha1', 20, '5ecf799e2509dde1810ea930333fa4d6'],
  ['hmac-sha224', 28, '942737a691952d257fc77119493b1679'],
  ['hmac-sha256', 32, 'b86bf170bd8a4318ba8babe7234dac36'],
  ['hmac-sha256-128', 16, '1470aae09a85a4217d7e91957a0eb7b4'],
  ['hmac-sha384', 48, 'a030517e8b189ff7347cf8eeac1f12ee'],
  ['hmac-sha384-192', 24, 'b90bb8c631da7473a80a62b02920c127'],
  ['hmac-sha512', 64, 'af0dd7897810912266a0d29b7c0facd2'],
  ['hmac-sha512-256', 32, '75ff9ea7bf84b2e833488b2c186a6b59'],
];
for (const [algorithm, octets, mac] of MACS) {
  test(`tsig: the MAC of a request in ${algorithm} is known, RFC 8945 §4.3`, () => {
    const made = signed(testKey(algorithm)).mac;
    assert.equal(made.length, octets);
    assert.equal(Buffer.from(made).toString('hex', 0, 16), mac);
  });
}

test('tsig: a signed request says who signed it and when, and is the old message before', () => {
  for (const algorithm of ALGORITHMS) {
    const key = testKey(algorithm);
    const { octets, mac } = signed(key);
    assert.equal(octets.length, query().length + tsigRequestOctets(key));
    assert.equal(octets.readUInt16BE(10), 1);
    const verdict = verify(octets, new TsigKeyring([key]));
    assert.equal(verdict?.error, 0);
    assert.equal(verdict.key, key);
    assert.deepEqual(verdict.record, {
      offset: query().length,
      keyName: Uint8Array.from(key.name),
      algorithm: Uint8Array.from(
        nameOctets(algorithm === 'hmac-md5' ? 'hmac-md5.sig-alg.reg.int' : algorithm),
      ),
      timeSigned: NOW,
      fudge: 300,
      mac: Uint8Array.from(mac),
      originalId: 0x1234,
      error: 0,
      other: new Uint8Array(0),
    });
  }
});

/** Octets of the TSIG record from its end: error and other length come last, the original ID before them. */
const ORIGINAL_ID_FROM_END = 6;
/** From the record's owner name to its class, TTL and RDLENGTH. */
const CLASS_AT = query().length + KEY.name.length + 2;

function changed(change: (octets: Buffer) => Uint8Array): Buffer {
  return Buffer.from(change(Buffer.from(signed(KEY).octets)));
}

function poked(at: number, value: number): Buffer {
  return changed((octets) => {
    octets.writeUInt8(value, at);
    return octets;
  });
}

/** A request whose MAC is cut or extended to so many octets, whole otherwise. */
function resized(key: TsigKey, octets: number): Buffer {
  const long = Buffer.concat([signed(key).mac, Buffer.alloc(octets)]);
  const message = Buffer.from(signed(key).octets);
  const offset = tsigOffset(message);
  const macAt = message.length - ORIGINAL_ID_FROM_END - key.macOctets;
  const after = message.subarray(message.length - ORIGINAL_ID_FROM_END);
  message.writeUInt16BE(octets, macAt - 2);
  const rdlength = offset + key.name.length + 8;
  message.writeUInt16BE(message.readUInt16BE(rdlength) + octets - key.macOctets, rdlength);
  return Buffer.concat([message.subarray(0, macAt), long.subarray(0, octets), after]);
}

const other = testKey('hmac-sha256', { secret: Buffer.from('another') });
const cut = testKey('hmac-sha256', { macOctets: 16 });
const sha1 = testKey('hmac-sha1');

type Row = readonly [
  what: string,
  error: number | null,
  octets: Uint8Array,
  keys?: readonly TsigKey[],
  seconds?: number,
];
const REQUESTS: readonly Row[] = [
  ['as it should be', 0, signed(KEY).octets],
  ['an OPT record', 0, signed(KEY, query({ edns: { size: 1232, dnssecOk: true } })).octets],
  ['signed 300 s ago', 0, signed(KEY).octets, [KEY], NOW + 300],
  ['signed in 300 s', 0, signed(KEY).octets, [KEY], NOW - 300],
  ['signed 301 s ago, §5.2.3', BADTIME, signed(KEY).octets, [KEY], NOW + 301],
  ['signed in 301 s', BADTIME, signed(KEY).octets, [KEY], NOW - 301],
  ['another secret, §5.2.2', BADSIG, signed(other).octets],
  ['another secret, long ago: MAC before time', BADSIG, signed(other).octets, [KEY], NOW + 999],
  ['no key', BADKEY, signed(KEY).octets, []],
  ['no key of this name', BADKEY, signed({ ...KEY, name: nameOctets('k') }).octets],
  ['no key of this algorithm, §5.2.1', BADKEY, signed(KEY).octets, [sha1]],
  ['one key of two algorithms', 0, signed(KEY).octets, [sha1, KEY]],
  ['an algorithm that nobody has', BADKEY, poked(CLASS_AT + 9, 0x78)],
  ['a MAC cut as the key is', 0, signed(cut).octets, [cut]],
  ['a whole MAC where less would do', 0, signed(KEY).octets, [cut]],
  ['a MAC cut more than the key, §5.2.4', BADTRUNC, signed(cut).octets],
  ['a cut MAC, long ago: time before truncation', BADTIME, signed(cut).octets, [KEY], NOW + 999],
  ['a cut MAC with another secret', BADSIG, resized(other, 16)],
  ['a MAC of less than half the digest, §5.2.2.1', FORMERR, resized(KEY, 15)],
  [
    'a MAC of less than ten octets',
    FORMERR,
    resized(testKey('hmac-md5'), 9),
    [testKey('hmac-md5')],
  ],
  ['a MAC of ten octets', BADTRUNC, resized(testKey('hmac-md5'), 10), [testKey('hmac-md5')]],
  ['a MAC longer than the digest', FORMERR, resized(KEY, 33)],
  ['no MAC', FORMERR, resized(KEY, 0)],
  ['no MAC and no key', BADKEY, resized(KEY, 0), []],
  ['a forwarder changed the ID, §5.5', 0, poked(0, 0x99)],
  ['the key in upper case', 0, poked(query().length + 1, 0x4b)],
  ['class IN, §4.2', FORMERR, poked(CLASS_AT + 1, 1)],
  ['a TTL, §4.2', FORMERR, poked(CLASS_AT + 5, 1)],
  ['octets after the record', FORMERR, changed((octets) => Buffer.concat([octets, Buffer.of(0)]))],
];
for (const [what, error, octets, keys, seconds] of REQUESTS) {
  test(`tsig: a request with ${what}`, () => {
    const verdict = verify(octets, keys === undefined ? RING : new TsigKeyring(keys), seconds);
    assert.equal(verdict === null ? null : verdict.error, error);
    const rcode = error === null ? RCODE_FORMERR : error === 0 ? RCODE_NOERROR : RCODE_NOTAUTH;
    assert.equal(tsigRcode(verdict), rcode);
  });
}

/** A reply to the request, with its TSIG record. */
function replyTo(verdict: TsigVerdict, seconds: number): Buffer {
  const message = withRoom(reply(), tsigReplyOctets(verdict));
  const length = signTsigReply(message, reply().length, verdict, seconds);
  assert.equal(length, message.length);
  return message;
}

type ReplyRow = readonly [
  name: string,
  request: Uint8Array,
  seconds: number,
  error: number,
  macOctets: number,
];
const REPLIES: readonly ReplyRow[] = [
  ['a good one', signed(KEY).octets, NOW + 5, 0, 32],
  ['BADSIG: not signed, §5.3.2', signed(other).octets, NOW + 5, BADSIG, 0],
  ['BADKEY: not signed', signed(testKey('hmac-sha512')).octets, NOW + 5, BADKEY, 0],
  ['BADTIME: signed, with our time, §5.2.3', signed(KEY).octets, NOW + 999, BADTIME, 32],
  ['BADTRUNC: signed', signed(cut).octets, NOW + 5, BADTRUNC, 32],
];
for (const [name, request, seconds, error, macOctets] of REPLIES) {
  test(`tsig: the reply to a request, ${name}`, () => {
    const verdict = verify(request, RING, seconds);
    assert.ok(verdict !== null);
    const octets = replyTo(verdict, seconds);
    const offset = findTsig(octets, octets.length);
    assert.equal(offset, reply().length);
    const record = readTsig(octets, offset, octets.length);
    assert.ok(record !== null);
    assert.deepEqual(record.keyName, verdict.record.keyName);
    assert.deepEqual(record.algorithm, verdict.record.algorithm);
    assert.deepEqual([record.error, record.mac.length, record.fudge], [error, macOctets, 300]);
    assert.equal(record.originalId, 0x1234);
    // the client's own time, so that it can verify the error
    assert.equal(record.timeSigned, error === BADTIME ? NOW : seconds);
    const ourTime = record.other.length === 6 ? readTime(record.other, 0) : null;
    assert.equal(ourTime, error === BADTIME ? seconds : null);
  });
}

test('tsig: a client believes the time of a signed BADTIME, and no errors of others', () => {
  const request = signed(KEY);
  const late = verify(request.octets, RING, NOW + 999);
  assert.ok(late !== null);
  const octets = replyTo(late, NOW + 999);
  const verifier = new TsigVerifier(KEY, request.mac);
  assert.equal(verifier.take(octets, octets.length, NOW), 'peer-error');
  assert.deepEqual([verifier.peerError, verifier.peerSeconds], [BADTIME, NOW + 999]);
  const forged = Buffer.from(octets);
  forged.writeUInt8(forged.readUInt8(forged.length - 1) ^ 1, forged.length - 1);
  const wary = new TsigVerifier(KEY, request.mac);
  assert.equal(wary.take(forged, forged.length, NOW), 'bad-mac');
  assert.deepEqual([wary.peerError, wary.peerSeconds], [0, null]);
});

/** Of a request: the bits that a MAC does not cover, which are those that may change on the way (§4.3.2, §4.3.3). */
function isFree(octets: Uint8Array, at: number, bit: number): boolean {
  if (at < 2) return true;
  const isName = at >= tsigOffset(octets) && at < CLASS_AT - 2;
  const isAlgorithm = at >= CLASS_AT + 8 && at < CLASS_AT + 8 + nameOctets('hmac-sha256').length;
  return (isName || isAlgorithm) && bit === 0x20 && /[a-z]/i.test(String.fromCharCode(octets[at]!));
}

test('tsig: a request with any bit flipped is not verified, but for its ID and the case of names', () => {
  for (const key of [KEY, cut]) {
    const { octets } = signed(key, query());
    const ring = new TsigKeyring([key]);
    for (let i = 0; i < 8 * octets.length; i++) {
      const at = i >> 3;
      const bit = 1 << (i & 7);
      const flipped = Buffer.from(octets);
      flipped.writeUInt8(flipped.readUInt8(at) ^ bit, at);
      const offset = tsigOffset(flipped);
      const isVerified = offset > 0 && verify(flipped, ring)?.error === 0;
      assert.equal(isVerified, isFree(octets, at, bit), `bit ${bit} of octet ${at}`);
    }
  }
});

test('tsig: a request of any other length is malformed', () => {
  const { octets } = signed(KEY);
  for (let length = 0; length < octets.length; length++) {
    const torn = octets.subarray(0, length);
    assert.equal(findTsig(torn, length) <= 0, true, `${length} octets`);
    const offset = query().length;
    assert.equal(verifyTsigRequest(torn, length, offset, RING, NOW), null, `${length} octets`);
  }
});

test('tsig: random octets are read without fault, and never verified', () => {
  const random = seededRandom(8945);
  const { octets } = signed(KEY);
  for (let i = 0; i < 5000; i++) {
    const garbled = Buffer.from(octets);
    for (let n = 1 + random(8); n > 0; n--) garbled.writeUInt8(random(256), 2 + random(30));
    for (let n = random(4); n > 0; n--) garbled.writeUInt8(random(256), 34 + random(40));
    const found = findTsig(garbled, garbled.length);
    assert.ok(found < garbled.length);
    const offset = found > 0 ? found : random(garbled.length);
    const isSame = garbled.equals(octets);
    assert.ok(isSame || verifyTsigRequest(garbled, garbled.length, offset, RING, NOW)?.error !== 0);
  }
});

/** The owner name of a TSIG record, in a message of 12 octets and the rest. */
const NAMES: readonly (readonly [what: string, hex: string, isRead: boolean])[] = [
  ['the root', '00', true],
  ['itself', 'c00c', false],
  ['a pointer onward', 'c020', false],
  ['a pointer into the header', 'c000', false],
  ['a pointer cut short', 'c0', false],
  ['a label of type 01', '41', false],
  ['255 octets', `${`3f${'61'.repeat(63)}`.repeat(3)}3d${'61'.repeat(61)}00`, true],
  ['256 octets', `${`3f${'61'.repeat(63)}`.repeat(3)}3e${'61'.repeat(62)}00`, false],
];
for (const [what, hex, isRead] of NAMES) {
  test(`tsig: a record of the name ${what} is ${isRead ? 'read' : 'malformed'}`, () => {
    const rdata = `000000${'00'.repeat(14)}`;
    const record = `${hex}00fa00ff000000000011${rdata}`;
    const octets = Buffer.from(`${'00'.repeat(11)}01${record}`, 'hex');
    assert.equal(readTsig(octets, 12, octets.length) !== null, isRead);
  });
}

test('tsig: keys are found by name in any case, and by algorithm; the first of two counts', () => {
  const ring = new TsigKeyring([KEY, sha1, other]);
  const upper = nameOctets('KEY.example.TEST');
  assert.equal(ring.find(upper, nameOctets('HMAC-sha256')), KEY);
  assert.equal(ring.find(upper, nameOctets('hmac-sha1')), sha1);
  assert.equal(ring.find(upper, nameOctets('hmac-sha512')), null);
  assert.equal(ring.find(nameOctets('example.test'), nameOctets('hmac-sha1')), null);
  assert.equal(ring.named(upper), KEY);
  assert.equal(ring.named(nameOctets('example.test')), null);
});

test('tsig: half of a digest is left at least, and ten octets, RFC 8945 §5.2.2.1', () => {
  assert.deepEqual(ALGORITHMS.map(macOctetsMin), [10, 10, 14, 16, 10, 24, 12, 32, 16]);
});
