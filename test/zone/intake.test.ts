/**
 * Owner names that are taken in: each has one number and its first spelling, however many come between (RFC 4343), and
 * whenever somebody looks.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ColumnMemory, ownMemory, sharedMemory } from '../../src/base/columns.js';
import { nameText } from '../../src/wire/name-text.js';
import { Intake } from '../../src/zone/intake.js';
import { seededRandom } from '../fuzz/random.js';
import { name } from '../support/zones.js';

const APEX = 'example.';

/** Each record is its own number, as RDATA of four octets. */
function take(intake: Intake, owner: string, record: number): void {
  const octets = name(`${owner}.${APEX}`);
  const rdata = Buffer.alloc(4);
  rdata.writeUInt32BE(record);
  intake.record({
    ...{ owner: octets, ownerLength: octets.length, ownerRepeated: false, type: 1, ttl: 60 },
    ...{ rdata, rdataLength: 4, file: 0, offset: record },
  });
}

/** The owner of each record, and all owners in their order, as the intake has them. */
function seen({ names, records }: Intake): { owners: string[]; all: string[] } {
  const all = Array.from({ length: names.count }, (_, i) =>
    nameText(names.octets, names.offsets[i]!),
  );
  const owners = Array.from(records.owner.subarray(0, records.count), (owner) => all[owner] ?? '');
  return { owners, all };
}

type Row = readonly [what: string, records: number, names: number, memory: ColumnMemory];

const ROWS: readonly Row[] = [
  ['few names', 50, 3, ownMemory],
  ['few names many times', 20_000, 40, ownMemory],
  ['names that hardly repeat', 20_000, 200_000, ownMemory],
  ['names that repeat, in shared memory', 20_000, 8000, sharedMemory],
];

for (const [what, records, names, memory] of ROWS) {
  for (const lookEvery of [records, 777]) {
    test(`intake: ${what}, looked at each ${lookEvery} records`, () => {
      const random = seededRandom(records + names + lookEvery);
      const intake = new Intake(undefined, undefined, memory);
      for (const _round of ['new', 'used again']) {
        intake.begin(name(APEX));
        const first = new Map<string, string>([['', APEX]]);
        const wanted: string[] = [];
        for (let i = 0; i < records; i++) {
          const plain = `n${random(names)}${random(9) === 0 ? '.below' : ''}`;
          const spelled = random(2) === 0 ? plain : plain.toUpperCase();
          if (!first.has(plain)) first.set(plain, `${spelled}.${APEX}`);
          take(intake, spelled, i);
          wanted.push(first.get(plain) ?? '');
          if (i % lookEvery === 0) assert.equal(intake.names.count, first.size);
        }
        const { owners, all } = seen(intake);
        assert.deepEqual(all, [...first.values()]);
        assert.deepEqual(owners, wanted);
      }
    });
  }
}
