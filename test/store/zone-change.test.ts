/**
 * Packed records and merged changes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { condense, recordEnd, recordRuns } from '../../src/store/zone-change.js';
import { serialGrows } from '../../src/wire/serial.js';
import { changeOf, packed, txt, txtChange } from './records.js';

const APEX = 'example.test';

test('a serial grows if the other is at most 2^31 - 1 ahead (RFC 1982 §3.2)', () => {
  const rows: [from: number, to: number, grows: boolean][] = [
    [1, 2, true],
    [1, 1, false],
    [2, 1, false],
    [0, 2 ** 31 - 1, true],
    [0, 2 ** 31, false],
    [0, 2 ** 31 + 1, false],
    [2 ** 32 - 1, 0, true],
    [2 ** 32 - 1, 2 ** 31 - 2, true],
    [2 ** 32 - 1, 2 ** 31 - 1, false],
    [2 ** 31 + 1, 0, true],
  ];
  for (const [from, to, grows] of rows) assert.equal(serialGrows(from, to), grows, `${from} ${to}`);
});

test('runs are whole records, as many as fit, and one that is larger by itself', () => {
  const small = txt('a.example.test 300 one');
  const large = packed('b.example.test', 300, 'TXT', new Uint8Array(500));
  const rows: [records: Buffer[], octetsMax: number, runs: number[]][] = [
    [[], 100, []],
    [[small], 1, [small.length]],
    [[small, small, small], 2 * small.length, [2 * small.length, small.length]],
    [[small, small, small], 2 * small.length - 1, [small.length, small.length, small.length]],
    [[small, large, small], 100, [small.length, large.length, small.length]],
    [[large, large], 100, [large.length, large.length]],
  ];
  for (const [records, octetsMax, runs] of rows) {
    const whole = Buffer.concat(records);
    const found = [...recordRuns(whole, octetsMax)];
    assert.deepEqual(
      found.map((run) => run.length),
      runs,
    );
    assert.deepEqual(Buffer.concat(found), whole);
  }
});

test('a record that reaches beyond its octets is a bug of whoever packed it', () => {
  const record = txt('a.example.test 300 one');
  assert.equal(recordEnd(record, 0), record.length);
  assert.throws(() => recordEnd(record.subarray(0, -1), 0), /packed records end/);
});

type Step = readonly [removed: readonly string[], added: readonly string[]];

const CONDENSED: readonly (readonly [what: string, steps: Step[], merged: Step])[] = [
  ['one step stays', [[['a 1 x'], ['b 1 x']]], [['a 1 x'], ['b 1 x']]],
  [
    'steps add up',
    [
      [['a 1 x'], []],
      [['b 1 x'], ['c 1 x']],
    ],
    [['a 1 x', 'b 1 x'], ['c 1 x']],
  ],
  [
    'added, then removed',
    [
      [[], ['a 1 x', 'b 1 x']],
      [['a 1 x'], []],
    ],
    [[], ['b 1 x']],
  ],
  [
    'removed, then added',
    [
      [['a 1 x'], ['b 1 x']],
      [[], ['a 1 x']],
    ],
    [[], ['b 1 x']],
  ],
  [
    'to and fro',
    [
      [['a 1 x'], ['a 1 y']],
      [['a 1 y'], ['a 1 x']],
      [['a 1 x'], ['a 1 z']],
    ],
    [['a 1 x'], ['a 1 z']],
  ],
  ['another TTL is another record', [[['a 1 x'], ['a 2 x']]], [['a 1 x'], ['a 2 x']]],
  [
    'other RDATA is another record',
    [
      [[], ['a 1 x']],
      [['a 1 X'], []],
    ],
    [['a 1 X'], ['a 1 x']],
  ],
  [
    "an owner's case does not matter",
    [
      [[], ['Www.A 1 x']],
      [['wWW.a 1 x'], []],
    ],
    [[], []],
  ],
];

for (const [what, steps, [removed, added]] of CONDENSED) {
  test(`condensing: ${what}`, () => {
    const changes = steps.map(([gone, come], i) => txtChange(APEX, [i + 1, i + 2], gone, come));
    assert.deepEqual(condense(changes), txtChange(APEX, [1, steps.length + 1], removed, added));
  });
}

test('condensing keeps the SOA of the first and of the last version, though others cancel', () => {
  const changes = [1, 2, 3].map((serial) => changeOf(APEX, [serial, serial + 1], [], []));
  assert.deepEqual(condense(changes), changeOf(APEX, [1, 4], [], []));
});
