/**
 * The writer of transfers' records: what it compresses, and that a record goes in whole or not at all.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HeldImage, openHeld } from '../../src/index/held-image.js';
import { RecordWriter, TTL_AS_STORED } from '../../src/transfer/record-writer.js';
import { ZoneRecords } from '../../src/transfer/zone-records.js';
import { viewOfOctets } from '../../src/wire/octets.js';
import { answerInOrder, decodeMessage, nameOctets } from '../peers/message.js';
import { compileText } from '../support/zones.js';

const TEXT = `@ 60 SOA ns.Other. hm.other. 1 2 3 4 5
@ 60 NS ns.other.
@ 60 NS a.b.OTHER.
@ 60 MX 5 ns.other.
a 60 A 192.0.2.1
A.b 60 TXT "text"
x.a.b 60 PTR A.b
y 60 SRV 1 2 3 ns.other.
a.other 60 PTR ns.other.
`;

function heldZone(): HeldImage {
  return { memory: compileText('Zone.Test.', TEXT), offset: 0 };
}

function message(writer: RecordWriter, octets: Uint8Array): Buffer {
  return Buffer.from(octets.subarray(0, writer.finish(1, 0x8400, 0)));
}

test('record writer: whatever the limit, messages are whole records and all of them together the zone', () => {
  const octets = new Uint8Array(2048);
  const writer = new RecordWriter();
  const whole = new ZoneRecords(heldZone(), 0);
  writer.begin(octets, octets.length);
  assert.ok(whole.fill(writer));
  const wanted = answerInOrder(message(writer, octets));
  assert.equal(wanted.length, 10);
  for (let limit = 12; limit < 600; limit++) {
    const records: string[] = [];
    const source = new ZoneRecords(heldZone(), 0);
    for (let isDone = false; !isDone; ) {
      writer.begin(octets, limit);
      isDone = source.fill(writer);
      // what fits no message of this limit goes into a larger one, begun already
      if (writer.count === 0) {
        writer.limit = octets.length;
        isDone = source.fill(writer);
      } else {
        assert.ok(writer.position <= limit);
      }
      const part = message(writer, octets);
      decodeMessage(part);
      records.push(...answerInOrder(part));
    }
    assert.deepEqual(records, wanted, `limit ${limit}`);
  }
});

test('record writer: names are compressed whatever their case, in types of RFC 1035 only', () => {
  const octets = new Uint8Array(2048);
  const writer = new RecordWriter();
  writer.begin(octets, octets.length);
  const question = Buffer.concat([nameOctets('ZONE.test'), Buffer.from('00fc0001', 'hex')]);
  writer.writeQuestion(question, 0, question.length);
  assert.ok(new ZoneRecords(heldZone(), 0).fill(writer));
  const text = message(writer, octets).toString('latin1').toLowerCase();
  const counts = ['\x04zone', '\x05other', '\x02hm'].map((part) => text.split(part).length - 1);
  // other: in the first SOA, in SRV, which is not compressed, and as a label of an owner
  assert.deepEqual(counts, [1, 3, 1]);
});

test('record writer: names beyond the reach of pointers are written whole, and those before it reached', () => {
  const octets = new Uint8Array(65535);
  const lines = Array.from(
    { length: 60 },
    (_, i) => `n${i}.deep.name 60 TXT "${'x'.repeat(250)}" "${'y'.repeat(250)}"\n`,
  );
  const held = { memory: compileText('zone.test.', TEXT + lines.join('')), offset: 0 };
  const writer = new RecordWriter();
  writer.begin(octets, octets.length);
  const source = new ZoneRecords(held, 0);
  assert.ok(source.fill(writer));
  const length = writer.position;
  assert.ok(length > 0x4000);
  assert.equal(answerInOrder(message(writer, octets)).length, 70);
  // and once more the owner that stands out of reach
  const image = openHeld(held);
  let node = image.nodeCount - 1;
  while (image.nodeRrsetCount(node) === 0) node--;
  const at = image.rrsetOffset(image.nodeRrsetFirst(node));
  const view = viewOfOctets(image.octets);
  writer.setOwner(image.octets, view, image.nodeName(node));
  assert.ok(writer.writeRecord(image.octets, view, at, TTL_AS_STORED));
  const records = answerInOrder(message(writer, octets));
  assert.equal(records.length, 71);
  assert.equal(new Set(records).size, 69);
});
