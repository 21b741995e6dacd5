/** Serials that the server raises: RFC 1982 §3.2, and the methods of BIND's serial-update-method. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZoneImage } from '../../src/index/image.js';
import { setImageSerial } from '../../src/index/image-serial.js';
import { nextSerial, SerialKeeper, type ServedSerial } from '../../src/load/serials.js';
import { readU32 } from '../../src/wire/octets.js';
import { serialGrows } from '../../src/wire/serial.js';
import { compileText } from '../support/zones.js';

/** 2026-11-21 12:00 UTC */
const NOW = Date.UTC(2026, 10, 21, 12);
const TODAY = 2026112100;

const ROWS: readonly (readonly [
  method: Parameters<typeof nextSerial>[0],
  own: number,
  former: number | null,
  expected: number,
])[] = [
  ['keep', 5, 9, 5],
  ['keep', 5, null, 5],
  ['increment', 5, null, 5],
  ['increment', 5, 5, 6],
  ['increment', 5, 9, 10],
  ['increment', 12, 9, 12],
  ['increment', 0, 0xffff_ffff, 0],
  ['increment', 0xffff_ffff, 0xffff_ffff, 0],
  ['date', 5, null, TODAY],
  ['date', 5, TODAY, TODAY + 1],
  ['date', TODAY + 7, TODAY, TODAY + 7],
  ['date', 5, TODAY + 150, TODAY + 151],
  ['unixtime', 5, null, NOW / 1000],
  ['unixtime', 5, NOW / 1000, NOW / 1000 + 1],
  ['unixtime', 5, NOW / 1000 - 60, NOW / 1000],
  ['unixtime', TODAY, null, TODAY],
];

for (const [method, own, former, expected] of ROWS) {
  test(`${method}: file ${own}, served ${former}: ${expected}`, () => {
    assert.equal(nextSerial(method, own, former, NOW), expected);
  });
}

test('whatever the method raises is newer, RFC 1982 §3.2', () => {
  for (const former of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff, TODAY]) {
    for (const method of ['increment', 'date', 'unixtime'] as const) {
      for (const own of [0, 7, former, 0xffff_ffff]) {
        assert.ok(serialGrows(former, nextSerial(method, own, former, NOW)), `${method} ${former}`);
      }
    }
  }
});

test('the same content keeps its serial, also after a restart; other content gets the next', () => {
  const kept = new Map<string, ServedSerial>();
  const raised: number[] = [];
  const memory = {
    get: (key: string) => kept.get(key) ?? null,
    put: (key: string, served: ServedSerial, isRaised: boolean) => {
      kept.set(key, served);
      if (isRaised) raised.push(served.serial);
    },
  };
  const keeper = () =>
    new SerialKeeper(
      () => 'increment',
      () => memory,
      () => NOW,
    );
  assert.equal(keeper().choose(0, 'a', 5, 'one'), 5);
  assert.equal(keeper().choose(0, 'a', 5, 'two'), 6);
  assert.equal(keeper().choose(0, 'a', 5, 'two'), 6);
  assert.equal(keeper().choose(0, 'a', 5, 'one'), 7);
  assert.equal(keeper().choose(1, 'b', 5, 'one'), 5);
  assert.equal(
    new SerialKeeper(
      () => 'keep',
      () => memory,
    ).choose(0, 'a', 2, 'three'),
    2,
  );
  assert.deepEqual(raised, [5, 6, 7, 5], 'each is on disk before it is served');
});

test('an image has the serial that it is given, in its header and in its SOA', () => {
  const buffer = compileText('e', '@ 60 SOA m. r. 5 2 3 4 60\n@ 60 NS ns\nns 60 A 192.0.2.1\n');
  setImageSerial(buffer, 0, 0xfedcba98);
  const image = new ZoneImage(buffer);
  assert.equal(image.serial, 0xfedcba98);
  const end = image.rrsetOffset(image.soa) + image.rrsetLength(image.soa);
  assert.equal(readU32(image.octets, end - 20), 0xfedcba98);
});
