/** NOTIFY messages as octets, RFC 1996 §3 and §4; written ones are read by the tests' own strict decoder. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNotifyReply, writeNotify } from '../../src/wire/notify.js';
import { rcodeText } from '../../src/wire/rcode-text.js';
import { decodeMessage, nameOctets } from '../peers/message.js';

const APEX = nameOctets('Example.test');
const TIMES = Buffer.from('0000000500001c2000000384001275000000012c', 'hex');

function soa(mname: string): Buffer {
  return Buffer.concat([nameOctets(mname), nameOctets('hm.example.test'), TIMES]);
}

/** A name of `octets` octets. */
function longName(octets: number): Buffer {
  const labels: Buffer[] = [];
  let left = octets - 1;
  while (left > 0) {
    const label = Math.min(63, left - 1);
    labels.push(Buffer.of(label), Buffer.alloc(label, 0x61));
    left -= label + 1;
  }
  return Buffer.concat([...labels, Buffer.of(0)]);
}

test('a NOTIFY has opcode 4, AA and one question, RFC 1996 §3.6', () => {
  const message = decodeMessage(writeNotify(0xabcd, APEX, null));
  assert.deepEqual([message.id, message.opcode, message.rcode], [0xabcd, 4, 0]);
  assert.deepEqual(message.flags, ['aa']);
  assert.deepEqual(message.question, ['Example.test. IN SOA']);
  assert.deepEqual([message.answer, message.authority, message.additional], [[], [], []]);
});

test('a NOTIFY of the root carries the root as its question', () => {
  assert.deepEqual(decodeMessage(writeNotify(1, Uint8Array.of(0), null)).question, ['. IN SOA']);
});

test('the SOA goes into the answer section, RFC 1996 §3.7', () => {
  const rdata = soa('ns.example.test');
  const message = decodeMessage(writeNotify(1, APEX, rdata));
  assert.deepEqual(message.answer, [`example.test. 0 IN SOA ${rdata.toString('hex')}`]);
});

/** Header, two names, question's and record's fixed octets, the SOA's two names and five numbers. */
const LONG_SOAS: readonly (readonly [apexOctets: number, soaOctets: number, answers: number])[] = [
  [255, 229, 1],
  [255, 230, 0],
  [14, 470, 1],
  [14, 471, 0],
];
for (const [apexOctets, soaOctets, answers] of LONG_SOAS) {
  test(`an apex of ${apexOctets} and an SOA of ${soaOctets} octets stay within 512 octets`, () => {
    const mname = Math.min(255, soaOctets - 21);
    const names = [longName(mname), longName(soaOctets - 20 - mname)];
    const message = decodeMessage(
      writeNotify(1, longName(apexOctets), Buffer.concat([...names, TIMES])),
    );
    assert.equal(message.answer.length, answers);
    assert.ok(message.octets <= 512);
  });
}

/** The reply that accepts; rows change octets of it. */
const ACCEPTED = Buffer.concat([
  Buffer.from('1234a4000001000000000000', 'hex'),
  nameOctets('example.test'),
  Buffer.from('00060001', 'hex'),
]);

function changed(at: number, hex: string): Buffer {
  const octets = Buffer.from(ACCEPTED);
  octets.write(hex, at, 'hex');
  return octets;
}

test('a reply tells its id, rcode and apex, RFC 1996 §4.8', () => {
  const rows: [octets: Buffer, rcode: number][] = [
    [ACCEPTED, 0],
    [changed(2, 'a000'), 0],
    [changed(2, 'a185'), 5],
    [changed(2, 'a00f'), 15],
    [Buffer.concat([ACCEPTED, Buffer.from('trailing')]), 0],
  ];
  for (const [octets, rcode] of rows) {
    const reply = readNotifyReply(octets);
    assert.deepEqual([reply?.id, reply?.rcode], [0x1234, rcode]);
    assert.deepEqual(Buffer.from(reply?.apex ?? []), nameOctets('example.test'));
  }
});

test('a reply may be a header only, as NSD refuses', () => {
  const reply = readNotifyReply(Buffer.from('1234a4050000000000000000', 'hex'));
  assert.deepEqual(reply, { id: 0x1234, rcode: 5, apex: null });
});

const NO_REPLIES: readonly (readonly [what: string, octets: Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['a torn header', ACCEPTED.subarray(0, 11)],
  ['a header that lacks its question', ACCEPTED.subarray(0, 12)],
  ['a request', changed(2, '2400')],
  ['a reply to a query', changed(2, '8400')],
  ['a reply to an UPDATE', changed(2, 'a800')],
  ['two questions', changed(4, '0002')],
  ['a torn name', ACCEPTED.subarray(0, 20)],
  ['a torn question', ACCEPTED.subarray(0, ACCEPTED.length - 1)],
  ['a compressed name', changed(12, 'c00c')],
  ['another type', changed(ACCEPTED.length - 4, '0001')],
  ['another class', changed(ACCEPTED.length - 2, '0003')],
];
for (const [what, octets] of NO_REPLIES) {
  test(`${what} is no reply to a NOTIFY`, () => {
    assert.equal(readNotifyReply(octets), null);
  });
}

test('response codes have names, RFC 2136 §2.2', () => {
  assert.deepEqual([0, 4, 5, 9, 10, 11].map(rcodeText), [
    'NOERROR',
    'NOTIMP',
    'REFUSED',
    'NOTAUTH',
    'NOTZONE',
    'RCODE11',
  ]);
});
