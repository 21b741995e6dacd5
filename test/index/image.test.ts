/**
 * The memory image: the conformance suite, and what only an image promises.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileZone, ImageRoom } from '../../src/index/compile.js';
import { ZoneImage } from '../../src/index/image.js';
import { FindResult } from '../../src/index/zone-index.js';
import { NameView, parseName } from '../../src/wire/name.js';
import { runIndexSuite } from '../suites/index-suite.js';
import { runSignedSuite } from '../suites/signed-suite.js';
import { compileText, imageFromText, name, zoneFromText } from '../support/zones.js';

runIndexSuite('memory', imageFromText);
runSignedSuite('memory', imageFromText);

test('an image is the same octets wherever it was compiled', () => {
  const text = '@ 60 SOA ns hm 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n';
  const first = new Uint8Array(compileText('example.', text));
  const second = new Uint8Array(compileText('example.', text));
  assert.deepEqual(first, second);
});

test('a signed image is the same octets wherever it was compiled', () => {
  const zone = (apex: string, text: string) => zoneFromText(apex, text);
  for (const denial of ['@ NSEC a NS SOA\na NSEC @ A', '@ NSEC3PARAM 1 0 0 -']) {
    const text = `$TTL 60
@ SOA ns hm 1 2 3 4 5
@ NS ns.test.
@ RRSIG SOA 13 1 60 20380101000000 20260101000000 1 @ AAAA
a A 192.0.2.1
${denial}
0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 0 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A
`;
    const room = new ImageRoom(new SharedArrayBuffer(1 << 16));
    new Uint8Array(room.buffer).fill(0xff);
    compileZone(zone('other.', '@ 60 SOA ns hm 1 2 3 4 5\n@ 60 NS ns.test.\n'), room);
    assert.equal(compileZone(zone('example.', text), room), room.buffer);
    const alone = new Uint8Array(compileZone(zone('example.', text)));
    const packed = new Uint8Array(room.buffer, room.last, room.used - room.last);
    assert.ok(room.last > 0);
    assert.deepEqual(packed.slice(), alone.slice());
  }
});

test('a foreign buffer is no image', () => {
  assert.throws(() => new ZoneImage(new SharedArrayBuffer(64)), /not a zone image/);
});

test('every name of a large zone is found, and none beside it', () => {
  const lines = ['@ 60 SOA ns hm 1 2 3 4 5', '@ 60 NS ns', 'ns 60 A 192.0.2.1'];
  for (let i = 0; i < 20_000; i++) lines.push(`n${i}.d${i % 97} 60 A 192.0.2.1`);
  const image = imageFromText('example.', `${lines.join('\n')}\n`);
  const view = new NameView();
  const result = new FindResult();
  for (let i = 0; i < 20_000; i++) {
    for (const [text, label] of [
      [`N${i}.D${i % 97}.example.`, 0],
      [`x${i}.d${i % 97}.example.`, 1],
      [`n${i}.e${i}.example.`, 2],
    ] as const) {
      const octets = name(text);
      parseName(view, octets, 0, octets.length);
      image.find(view, 0, result);
      assert.equal(result.label, label, text);
    }
  }
});
