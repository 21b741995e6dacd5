/**
 * IXFR, RFC 1995: what is sent turns the records that a client has into those of the newest version; and which answer
 * a client gets.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Journal } from '../../src/store/journal.js';
import { ChangeRecorder } from '../../src/transfer/change-recorder.js';
import type { TransferQuery } from '../../src/transfer/seams.js';
import type { TransferOutService } from '../../src/transfer/transfer-out.js';
import { seededRandom } from '../fuzz/random.js';
import { temporaryStore } from '../store/stores.js';
import { compileVariants, name } from '../support/zones.js';
import { nextVersion, type RandomZone, randomZone } from './random-zone.js';
import { followed, MemoryReply, recordsOf, Site, transferQuery } from './replies.js';

const ORIGIN = 'zone.test.';

/** A site that remembers what changes. */
class ChangingSite extends Site {
  readonly recorder: ChangeRecorder;
  readonly journal: Journal;
  readonly transfers: TransferOutService;

  constructor(t: TestContext) {
    super();
    const store = temporaryStore(t);
    this.journal = new Journal(store);
    this.recorder = new ChangeRecorder({ store, journal: this.journal, log: this.log });
    this.transfers = this.service({ changes: this.recorder });
    t.after(() => this.transfers.stop());
    t.after(() => this.recorder.stop());
  }

  change(text: string): void {
    const { former, next } = this.publish(ORIGIN, text);
    this.recorder.record(name(ORIGIN), former, next);
  }

  async ask(serial: number, change: Partial<TransferQuery> = {}): Promise<Buffer[]> {
    const reply = new MemoryReply();
    const query = { kind: 'ixfr', serial, reply, ...change } as const;
    this.transfers.begin(transferQuery(ORIGIN, reply, query));
    await (query.reply as MemoryReply).ended;
    return (query.reply as MemoryReply).messages;
  }
}

test('ixfr: random changes lead from every version to the newest, RFC 1995 §4', async (t) => {
  const forms = { axfr: 0, ixfr: 0, soa: 0 };
  for (let seed = 0; seed < 25; seed++) {
    const random = seededRandom(seed);
    const site = new ChangingSite(t);
    // serials that pass zero
    let serial = seed % 2 === 0 ? 1 : 0xffff_fffe;
    const versions: RandomZone[] = [randomZone(random, ORIGIN, serial, 40 + random(200))];
    site.change(versions[0]?.text ?? '');
    for (let step = 1 + random(5); step > 0; step--) {
      serial = (serial + 1 + random(3)) >>> 0;
      const former = versions.at(-1);
      assert.ok(former !== undefined);
      const next = nextVersion(random, former, serial);
      versions.push(next);
      site.change(next.text);
      if (random(2) === 0) await site.recorder.settled(name(ORIGIN), 1000);
    }
    for (const version of versions) {
      const records = recordsOf(await site.ask(version.serial));
      const { form, records: now } = followed(version.records, records);
      assert.deepEqual(now, versions.at(-1)?.records, `seed ${seed}, serial ${version.serial}`);
      forms[form as keyof typeof forms]++;
    }
  }
  // each must have been seen to be tested
  assert.ok(forms.ixfr > 20 && forms.soa >= 25, JSON.stringify(forms));
});

const HEAD = (serial: number) =>
  `@ 60 SOA ns.other. hm.other. ${serial} 2 3 4 5\n@ 60 NS ns.other.\n`;
const MANY = Array.from({ length: 200 }, (_, i) => `m${i} 60 TXT "${'x'.repeat(40)}"\n`).join('');

/** Versions that are published, what is asked, and the form of the answer with its count of records. */
type Row = readonly [
  what: string,
  versions: readonly string[],
  serial: number,
  form: string,
  records: number,
];

const ROWS: readonly Row[] = [
  [
    'one line changed',
    [`${HEAD(1)}${MANY}a 60 A 192.0.2.1\n`, `${HEAD(2)}${MANY}a 60 A 192.0.2.2\n`],
    1,
    'ixfr',
    6,
  ],
  ['only the serial', [HEAD(1) + MANY, HEAD(2) + MANY], 1, 'ixfr', 4],
  ['the client is up to date', [HEAD(1) + MANY, HEAD(2) + MANY], 2, 'soa', 1],
  ['the client is ahead', [HEAD(1) + MANY, HEAD(2) + MANY], 3, 'soa', 1],
  ['half of all serials away', [HEAD(1) + MANY, HEAD(2) + MANY], 2 + 2 ** 31, 'soa', 1],
  ['a serial that never was', [HEAD(1) + MANY, HEAD(3) + MANY], 2, 'axfr', 203],
  [
    'two steps as one',
    [`${HEAD(1)}${MANY}`, `${HEAD(2)}${MANY}a 60 A 192.0.2.1\n`, HEAD(3) + MANY],
    1,
    'ixfr',
    4,
  ],
  ['changes larger than the zone', [HEAD(1) + MANY, HEAD(2)], 1, 'axfr', 3],
  [
    'the same serial, other records',
    [HEAD(1) + MANY, HEAD(2) + MANY, `${HEAD(2)}${MANY}a 60 A 192.0.2.1\n`],
    1,
    'axfr',
    204,
  ],
  [
    'the same serial, the same records',
    [HEAD(1) + MANY, HEAD(2) + MANY, `; edited\n${HEAD(2)}${MANY}`],
    1,
    'ixfr',
    4,
  ],
  ['a serial that went back', [HEAD(5) + MANY, HEAD(6) + MANY, HEAD(4) + MANY], 3, 'axfr', 203],
  [
    'back, and forth again',
    [HEAD(5) + MANY, HEAD(4) + MANY, HEAD(5) + MANY, HEAD(6) + MANY],
    5,
    'ixfr',
    4,
  ],
  [
    'another TTL',
    [
      `${HEAD(1)}${MANY}a 60 A 192.0.2.1\na 60 A 192.0.2.2\n`,
      `${HEAD(2)}${MANY}a 61 A 192.0.2.1\na 61 A 192.0.2.2\n`,
    ],
    1,
    'ixfr',
    8,
  ],
  [
    'owner names in another case',
    [`${HEAD(1)}${MANY}aa 60 A 192.0.2.1\n`, `${HEAD(2)}${MANY}AA 60 A 192.0.2.1\n`],
    1,
    'ixfr',
    4,
  ],
  [
    'records in another order',
    [
      `${HEAD(1)}${MANY}a 60 A 192.0.2.1\na 60 A 192.0.2.2\n`,
      `${HEAD(2)}a 60 A 192.0.2.2\na 60 A 192.0.2.1\n${MANY}`,
    ],
    1,
    'ixfr',
    4,
  ],
];

test('ixfr: the answer fits what the client has', async (t) => {
  for (const [what, versions, serial, form, count] of ROWS) {
    const site = new ChangingSite(t);
    for (const text of versions) site.change(text);
    const records = recordsOf(await site.ask(serial >>> 0));
    const isWhole = records[1]?.includes(' IN SOA ') !== true;
    const seen = records.length === 1 ? 'soa' : isWhole ? 'axfr' : 'ixfr';
    assert.deepEqual([seen, records.length], [form, count], what);
  }
});

test('ixfr: without a store the whole zone is sent, unless the client has it', async () => {
  const site = new Site();
  site.publish(ORIGIN, HEAD(2) + MANY);
  for (const [serial, count] of [
    [1, 203],
    [2, 1],
  ] as const) {
    const reply = new MemoryReply();
    const service = site.service();
    service.begin(transferQuery(ORIGIN, reply, { kind: 'ixfr', serial }));
    await reply.ended;
    assert.equal(recordsOf(reply.messages).length, count);
  }
});

test('ixfr: a zone that depends on the client is sent whole', async (t) => {
  const site = new ChangingSite(t);
  for (const serial of [1, 2]) {
    const rows = [
      [0, 0, HEAD(serial) + MANY],
      [7, 0, HEAD(serial)],
    ] as const;
    const { former, next } = site.publishImage(ORIGIN, compileVariants(ORIGIN, rows));
    site.recorder.record(name(ORIGIN), former, next);
  }
  assert.equal(recordsOf(await site.ask(1)).length, 203);
});

test('ixfr: over UDP all changes in one message, or the SOA alone, RFC 1995 §2', async (t) => {
  const site = new ChangingSite(t);
  site.change(`${HEAD(1)}${MANY}a 60 A 192.0.2.1\n`);
  site.change(`${HEAD(2)}${MANY}a 60 A 192.0.2.2\n`);
  const long = `b 60 TXT "${'y'.repeat(250)}" "${'y'.repeat(250)}"\n`;
  site.change(`${HEAD(3)}${MANY}a 60 A 192.0.2.2\n${long}`);
  const rows = [
    ['fits', 2, true, 5],
    ['does not fit 512 octets', 2, false, 1],
    ['up to date', 3, false, 1],
    ['whole zone', 9_999_999, false, 1],
    ['unknown', 0, true, 1],
  ] as const;
  for (const [what, serial, edns, count] of rows) {
    const octetsMax = edns ? 1232 : 512;
    const reply = new MemoryReply({ overTcp: false, octetsMax });
    const messages = await site.ask(serial, { reply, edns });
    assert.equal(messages.length, 1, what);
    assert.equal(recordsOf(messages).length, count, what);
  }
});
