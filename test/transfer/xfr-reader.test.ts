/** Replies to AXFR and IXFR, right and wrong, as tables: what is handed on and what is refused (RFC 5936, RFC 1995). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RecordView } from '../../src/parse/record-sink.js';
import { XfrReader } from '../../src/transfer/xfr-reader.js';
import { nameText } from '../../src/wire/name-text.js';
import { readU32 } from '../../src/wire/octets.js';
import { rdataText } from '../../src/wire/rdata-text.js';
import { typeText } from '../../src/wire/rrtypes.js';
import { buildQuery } from '../peers/message.js';
import { expireOpt, type ReplyParts, recordsOf, replyTo } from '../support/xfr-messages.js';
import { name } from '../support/zones.js';

const ID = 0x1234;
const BOUNDS = { octetsMax: 1 << 20, recordsMax: 1000 };

const soa = (serial: number) => `@ 60 IN SOA ns hostmaster ${serial} 3600 600 86400 60`;
const a = (octet: number) => `a${octet} 60 IN A 192.0.2.${octet}`;

type Result = {
  readonly form: string | null;
  readonly isComplete: boolean;
  readonly serial: number;
  readonly expire: number | null;
  /** `+` or `-`, owner, type and data of each record that was handed on; the SOA as its serial. */
  readonly records: string[];
  readonly fault: string | null;
};

/** Reads messages of an answer to AXFR, or to IXFR from a serial. */
function read(
  messages: readonly Buffer[],
  ixfrFrom: number | null = null,
  bounds: typeof BOUNDS = BOUNDS,
): Result {
  const records: string[] = [];
  const text = ({ owner, type, rdata, rdataLength }: RecordView) =>
    `${nameText(owner, 0).replace('.example.', '')} ${typeText(type)} ` +
    rdataText(type, rdata, 0, rdataLength).replace('192.0.2.', '');
  const sink = {
    begin: (_form: string, { rdata, rdataLength }: RecordView) => {
      records.push(`SOA ${readU32(rdata, rdataLength - 20)}`);
    },
    record: (record: RecordView, isRemoved: boolean) => {
      records.push(`${isRemoved ? '-' : '+'}${text(record)}`);
    },
  };
  const question = { id: ID, apex: name('example.'), type: ixfrFrom === null ? 252 : 251 };
  const reader = new XfrReader(question, ixfrFrom ?? 0, sink, bounds);
  let fault: string | null = null;
  for (const message of messages) {
    fault ??= reader.take(message, message.length)?.text ?? null;
    if (reader.isComplete || fault !== null) break;
  }
  const { form, isComplete, serial, expireSeconds: expire } = reader;
  return { form, isComplete, serial, expire, records, fault };
}

function query(type: 'AXFR' | 'IXFR'): Buffer {
  return buildQuery({ name: 'example.', type, id: ID });
}

/** One message with records of a text. */
function message(text: string, parts: ReplyParts = {}, type: 'AXFR' | 'IXFR' = 'AXFR'): Buffer {
  return replyTo(query(type), { answers: recordsOf('example.', `${text}\n`), ...parts });
}

const lines = (...rows: string[]) => rows.join('\n');

test('axfr: a zone in one message, in many, and with one record each (RFC 5936 §2.2)', () => {
  const rows = [soa(7), a(1), a(2), soa(7)];
  const wanted = ['SOA 7', '+a1 A 1', '+a2 A 2'];
  const shapes = [
    [message(lines(...rows))],
    [message(lines(soa(7), a(1))), message(lines(a(2), soa(7)), { bare: true })],
    rows.map((row, i) => message(row, { bare: i > 0 })),
  ];
  for (const shape of shapes) {
    const { form, isComplete, records, fault } = read(shape);
    assert.deepEqual(
      { form, isComplete, records, fault },
      {
        form: 'axfr',
        isComplete: true,
        records: wanted,
        fault: null,
      },
    );
  }
});

type Row = readonly [
  what: string,
  from: number | null,
  text: string,
  form: string,
  records: string,
];

const GOOD: readonly Row[] = [
  ['axfr of an SOA alone', null, lines(soa(7), soa(7)), 'axfr', 'SOA 7'],
  ['ixfr, up to date', 7, soa(7), 'current', ''],
  ['ixfr, the primary is behind', 9, soa(7), 'current', ''],
  ['ixfr, the primary is behind across the wrap', 5, soa(4_294_967_290), 'current', ''],
  [
    'ixfr of one difference',
    6,
    lines(soa(7), soa(6), a(1), soa(7), a(2), soa(7)),
    'ixfr',
    'SOA 7,-a1 A 1,+a2 A 2',
  ],
  [
    'ixfr of two differences',
    5,
    lines(soa(7), soa(5), a(1), soa(6), a(2), soa(6), a(2), soa(7), a(3), soa(7)),
    'ixfr',
    'SOA 7,-a1 A 1,+a2 A 2,-a2 A 2,+a3 A 3',
  ],
  [
    'ixfr of a difference that only adds',
    6,
    lines(soa(7), soa(6), soa(7), a(2), soa(7)),
    'ixfr',
    'SOA 7,+a2 A 2',
  ],
  [
    'ixfr across the wrap',
    4_294_967_295,
    lines(soa(1), soa(4_294_967_295), a(1), soa(1), a(2), soa(1)),
    'ixfr',
    'SOA 1,-a1 A 1,+a2 A 2',
  ],
  [
    'ixfr answered with the whole zone',
    6,
    lines(soa(7), a(1), a(2), soa(7)),
    'axfr',
    'SOA 7,+a1 A 1,+a2 A 2',
  ],
];

for (const [what, from, text, form, records] of GOOD) {
  test(`transfer: ${what} is read (RFC 1995 §4)`, () => {
    const whole = message(text, {}, from === null ? 'AXFR' : 'IXFR');
    const rows = text.split('\n');
    const single = rows.map((row, i) =>
      message(row, { bare: i > 0 }, from === null ? 'AXFR' : 'IXFR'),
    );
    for (const shape of [[whole], single]) {
      const result = read(shape, from);
      assert.deepEqual(
        [result.form, result.isComplete, result.records.join(','), result.fault],
        [form, true, records, null],
      );
    }
  });
}

test('transfer: names are expanded in every type that may have them compressed (RFC 3597 §4)', () => {
  const pointer = Buffer.from('c00c', 'hex');
  const record = (type: number, rdata: Buffer) => {
    const head = Buffer.alloc(10);
    head.writeUInt16BE(type, 0);
    head.writeUInt16BE(1, 2);
    head.writeUInt16BE(rdata.length, 8);
    return Buffer.concat([pointer, head, rdata]);
  };
  const one = Buffer.concat([Buffer.from('\u0001x'), pointer]);
  const rows: readonly (readonly [type: number, rdata: Buffer, text: string])[] = [
    [2, one, 'NS x.example.'],
    [15, Buffer.concat([Buffer.from([0, 5]), one]), 'MX 5 x.example.'],
    [17, Buffer.concat([one, pointer]), 'RP x.example. example.'],
    [33, Buffer.concat([Buffer.from([0, 1, 0, 2, 0, 3]), one]), 'SRV 1 2 3 x.example.'],
    [
      35,
      Buffer.concat([Buffer.from([0, 1, 0, 2, 1, 0x75, 0, 0]), one]),
      'NAPTR 1 2 "u" "" "" x.example.',
    ],
    [30, Buffer.concat([one, Buffer.from([0x40])]), 'NXT x.example. A'],
  ];
  const [open] = recordsOf('example.', `${soa(7)}\n`);
  assert.ok(open !== undefined);
  for (const [type, rdata, text] of rows) {
    const reply = replyTo(query('AXFR'), { answers: [open, record(type, rdata), open] });
    const { records, fault } = read([reply]);
    assert.equal(fault, null, text);
    assert.deepEqual(records, ['SOA 7', `+example. ${text}`]);
  }
  for (const type of [36, 39, 64]) {
    const rdata = type === 39 ? one : Buffer.concat([Buffer.from([0, 1]), one]);
    const reply = replyTo(query('AXFR'), { answers: [open, record(type, rdata), open] });
    assert.match(read([reply]).fault ?? '', /is not valid/, `type ${type}`);
  }
});

const OTHER = (text: string) => recordsOf('example.', `${text}\n`)[0] ?? Buffer.alloc(0);

/** A message with one octet or word changed. */
function changed(at: number, value: number, text: string = lines(soa(7), a(1), soa(7))): Buffer {
  const octets = Buffer.from(message(text));
  octets.writeUInt16BE(value, at);
  return octets;
}

type Bad = readonly [what: string, from: number | null, messages: () => Buffer[], fault: RegExp];

const BAD: readonly Bad[] = [
  ['another id', null, () => [message(soa(7), { id: 7 })], /another id/],
  ['no reply', null, () => [message(soa(7), { flags: 0 })], /query instead of a reply/],
  ['another opcode', null, () => [message(soa(7), { flags: 0xa400 })], /another opcode/],
  ['REFUSED', null, () => [message('', { flags: 0x8405 })], /answers REFUSED/],
  ['a bare NOTAUTH', null, () => [message('', { flags: 0x8009, bare: true })], /answers NOTAUTH/],
  ['TC', null, () => [message(soa(7), { flags: 0x8600 })], /cut short/],
  ['no records', null, () => [message('')], /without records/],
  [
    'no question in the first',
    null,
    () => [message(soa(7), { bare: true })],
    /without the question/,
  ],
  ['another type asked', null, () => [message(soa(7), {}, 'IXFR')], /another question/],
  ['a header cut short', null, () => [message(soa(7)).subarray(0, 11)], /shorter than its header/],
  ['a record cut short', null, () => [message(soa(7)).subarray(0, -1)], /cut short/],
  ['more records than there are', null, () => [changed(6, 9)], /cut short/],
  ['no SOA first', null, () => [message(lines(a(1), soa(7)))], /first record is not the SOA/],
  ['the SOA of another zone', null, () => [otherZone()], /not in the zone/],
  [
    'a record out of zone',
    null,
    () => [message(lines(soa(7), 'x.test. 60 IN A 192.0.2.1', soa(7)))],
    /x\.test\. A: a record that is not in the zone/,
  ],
  [
    'another serial at the end',
    null,
    () => [message(lines(soa(7), a(1), soa(8)))],
    /began with serial 7 and ends with 8/,
  ],
  [
    'an SOA below the apex',
    null,
    () => [message(lines(soa(7), 'sub 60 IN SOA ns h 1 2 3 4 5', soa(7)))],
    /sub\.example\. SOA: an SOA that is not at the apex/,
  ],
  [
    'records behind the end',
    null,
    () => [message(lines(soa(7), a(1), soa(7), a(2)))],
    /behind the closing SOA/,
  ],
  [
    'another class',
    null,
    () => {
      const record = Buffer.from(OTHER(a(1)));
      record.writeUInt16BE(3, record.length - 12);
      return [message('', { answers: [OTHER(soa(7)), record] })];
    },
    /another class/,
  ],
  [
    'a type of questions',
    null,
    () => {
      const record = Buffer.from(OTHER(a(1)));
      record.writeUInt16BE(255, record.length - 14);
      return [message('', { answers: [OTHER(soa(7)), record] })];
    },
    /a type that no zone has/,
  ],
  [
    'data too short for the type',
    null,
    () => {
      const record = Buffer.from(OTHER(a(1)).subarray(0, -1));
      record.writeUInt16BE(3, record.length - 5);
      return [message('', { answers: [OTHER(soa(7)), record] })];
    },
    /a1\.example\. A: field 1 is not valid/,
  ],
  [
    'a pointer that leads forward',
    null,
    () => {
      const record = Buffer.concat([Buffer.from('c0ff', 'hex'), OTHER(a(1)).subarray(-14)]);
      return [message('', { answers: [OTHER(soa(7)), record] })];
    },
    /owner is no name/,
  ],
  [
    'differences from another serial',
    5,
    () => [message(lines(soa(7), soa(6), a(1), soa(7), soa(7)), {}, 'IXFR')],
    /began with serial 7 and ends with 6/,
  ],
  [
    'differences with a gap',
    5,
    () => [message(lines(soa(9), soa(5), soa(6), a(1), soa(7), soa(9), soa(9)), {}, 'IXFR')],
    /differences to 6 are followed by ones from 7/,
  ],
  [
    'too many octets',
    null,
    () => [message(lines(soa(7), ...Array.from({ length: 30 }, (_, i) => a(i))))],
    /more than 300 octets/,
  ],
];

function otherZone(): Buffer {
  const answers = recordsOf('other.', '@ 60 IN SOA a b 7 1 1 1 1\n');
  return replyTo(query('AXFR'), { answers });
}

for (const [what, from, messages, wanted] of BAD) {
  test(`transfer: ${what} is refused`, () => {
    const bounds = what === 'too many octets' ? { octetsMax: 300, recordsMax: 99 } : BOUNDS;
    const { fault } = read(messages(), from, bounds);
    assert.match(fault ?? 'no fault', wanted);
  });
}

test('transfer: too many records are refused', () => {
  const text = lines(soa(7), a(1), a(2), soa(7));
  const { fault } = read([message(text)], null, { octetsMax: 9999, recordsMax: 3 });
  assert.equal(fault, 'more than 3 records');
});

test('transfer: what the primary says of its own expiry is read (RFC 7314)', () => {
  const reply = message(lines(soa(7), a(1), soa(7)), { additionals: [expireOpt(4711)] });
  assert.equal(read([reply]).expire, 4711);
  assert.equal(read([message(lines(soa(7), soa(7)))]).expire, null);
});

test('transfer: no octets make the reader throw', () => {
  const whole = message(lines(soa(7), a(1), 'm 60 IN MX 5 a1', soa(7)));
  const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 });
  fc.assert(
    fc.property(edits, fc.nat(whole.length), (changes, length) => {
      const octets = Buffer.from(whole);
      for (const [at, value] of changes) octets[at] = value;
      const { fault, isComplete } = read([octets.subarray(0, length)]);
      assert.ok(fault === null || fault.length > 0);
      // A message that is cut cannot be the whole zone.
      assert.ok(!isComplete || length > 100);
    }),
    { numRuns: 2000 },
  );
});
