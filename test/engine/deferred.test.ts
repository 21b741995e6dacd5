/**
 * What the engine answers and what it leaves to others: the same messages to an engine that defers and to one that does
 * not, and zones that not everybody may ask.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFERRED, Engine, type EngineOptions } from '../../src/engine/process.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import type { ZoneTable } from '../../src/index/zone-table.js';
import { buildQuery, decodeMessage, type Query } from '../peers/message.js';
import { signed, testKey } from '../support/tsig-messages.js';
import { CLIENT, compileText, name, tableIn } from '../support/zones.js';
import { OPTIONS, Subject } from './answers.js';

const HEAD = '$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n';
const ZONES: readonly (readonly [origin: string, text: string])[] = [
  [
    'open.test.',
    `${HEAD}www A 192.0.2.2
here CNAME www
far CNAME www.closed.test.
over DNAME closed.test.
back CNAME round.closed.test.
closed NS ns.closed
ns.closed A 192.0.2.3
mx MX 1 ns.closed.test.
`,
  ],
  [
    'closed.test.',
    `${HEAD}www A 192.0.2.4
here CNAME www
far CNAME www.open.test.
round CNAME www.open.test.
other CNAME www.other.test.
`,
  ],
  ['closed.open.test.', HEAD],
  ['other.test.', `${HEAD}www A 192.0.2.5\n`],
];
const CLOSED = ['closed.test.', 'closed.open.test.', 'other.test.', 'broken.test.'];

function openStore(): ZoneStore {
  const store = new ZoneStore();
  for (const apex of [...ZONES.map(([origin]) => origin), 'broken.test.']) {
    store.set(name(apex), null);
    assert.equal(store.restrict(name(apex), CLOSED.includes(apex)), true);
  }
  for (const [origin, text] of ZONES) store.set(name(origin), compileText(origin, text));
  return store;
}

const table: ZoneTable = tableIn(openStore());

/** A response code, or that the query is deferred. */
type Outcome = number | 'deferred';

const OPCODE = (opcode: number): number => opcode << 11;

function outcome(options: Partial<EngineOptions>, request: Uint8Array, overTcp: boolean): Outcome {
  const engine = new Engine(table, { ...OPTIONS, ...options });
  const response = new Uint8Array(65535);
  const length = engine.processQuery(request, request.length, response, overTcp, CLIENT);
  if (length === DEFERRED) return 'deferred';
  return decodeMessage(response.subarray(0, length)).rcode;
}

const KEY = testKey('hmac-sha256');

function twoQuestions(query: Query): Buffer {
  const octets = buildQuery(query);
  octets.writeUInt16BE(2, 4);
  return Buffer.concat([octets, octets.subarray(12)]);
}

type Row = readonly [
  what: string,
  request: Uint8Array,
  /** Of an engine that defers: over UDP, over TCP. */
  deferring: readonly [Outcome, Outcome],
  /** Of one that does not, over either. */
  plain: Outcome,
];

const SOA = { name: 'open.test', type: 'SOA' };
const NOTIFY = { ...SOA, flags: OPCODE(4) };

const ROWS: readonly Row[] = [
  ['a question', buildQuery({ name: 'www.open.test', type: 'A' }), [0, 0], 0],
  ['NOTIFY', buildQuery(NOTIFY), ['deferred', 'deferred'], 4],
  ['NOTIFY with OPT', buildQuery({ ...NOTIFY, edns: {} }), ['deferred', 'deferred'], 4],
  ['NOTIFY of another type', buildQuery({ ...NOTIFY, type: 'A' }), ['deferred', 'deferred'], 4],
  // as BIND: FORMERR with nothing but a header
  ['NOTIFY without question', buildQuery(NOTIFY).fill(0, 4, 6).subarray(0, 12), [1, 1], 4],
  ['NOTIFY with two questions', twoQuestions(NOTIFY), [1, 1], 4],
  ['NOTIFY that is cut', buildQuery(NOTIFY).subarray(0, -2), [1, 1], 4],
  ['UPDATE', buildQuery({ ...SOA, flags: OPCODE(5) }), [4, 4], 4],
  ['opcode 3', buildQuery({ ...SOA, flags: OPCODE(3) }), [4, 4], 4],
  ['opcode 3 of type AXFR', buildQuery({ ...SOA, type: 'AXFR', flags: OPCODE(3) }), [4, 4], 4],
  ['AXFR, RFC 5936 §4.2', buildQuery({ ...SOA, type: 'AXFR' }), [1, 'deferred'], 5],
  ['AXFR elsewhere', buildQuery({ name: 'no.test', type: 'AXFR' }), [1, 'deferred'], 5],
  ['AXFR in class ANY', buildQuery({ ...SOA, type: 'AXFR', class: 255 }), [1, 1], 5],
  ['AXFR in class CH', buildQuery({ ...SOA, type: 'AXFR', class: 3 }), [5, 5], 5],
  ['IXFR, RFC 1995 §2', buildQuery({ ...SOA, type: 'IXFR' }), ['deferred', 'deferred'], 5],
  ['MAILA', buildQuery({ ...SOA, type: 254 }), [4, 4], 4],
  ['a signed question', signed(KEY).octets, ['deferred', 'deferred'], 9],
  [
    'a signed question of class CH',
    signed(KEY, buildQuery({ ...SOA, class: 3 })).octets,
    ['deferred', 'deferred'],
    9,
  ],
  [
    'a signed UPDATE',
    signed(KEY, buildQuery({ ...SOA, flags: OPCODE(5) })).octets,
    ['deferred', 'deferred'],
    4,
  ],
  ['a signed question that is cut', signed(KEY).octets.subarray(0, -1), [1, 1], 1],
  ['BADVERS', buildQuery({ ...SOA, edns: { version: 1 } }), [16, 16], 16],
  [
    'BADVERS of a restricted zone',
    buildQuery({ name: 'closed.test', type: 'SOA', edns: { version: 1 } }),
    [16, 16],
    16,
  ],
  [
    'a restricted zone',
    buildQuery({ name: 'www.CLOSED.test', type: 'A' }),
    ['deferred', 'deferred'],
    0,
  ],
  [
    'what is not in a restricted zone',
    buildQuery({ name: 'no.closed.test', type: 'A', class: 255 }),
    ['deferred', 'deferred'],
    3,
  ],
  [
    'a restricted zone that never loaded',
    buildQuery({ name: 'broken.test', type: 'A' }),
    ['deferred', 'deferred'],
    2,
  ],
  ['class CH of its name', buildQuery({ name: 'closed.test', type: 'A', class: 3 }), [5, 5], 5],
  [
    'DS of a restricted zone, which the parent has',
    buildQuery({ name: 'closed.open.test', type: 'DS' }),
    [0, 0],
    0,
  ],
  [
    'a restricted zone below an open one',
    buildQuery({ name: 'closed.open.test', type: 'A' }),
    ['deferred', 'deferred'],
    0,
  ],
];

for (const [what, request, deferring, plain] of ROWS) {
  test(`deferred or not: ${what}`, () => {
    for (const [i, overTcp] of [false, true].entries()) {
      const over = overTcp ? 'TCP' : 'UDP';
      assert.equal(outcome({ defers: true }, request, overTcp), deferring[i], over);
      assert.equal(outcome({ defers: true, outsideDrop: true }, request, overTcp), deferring[i]);
      assert.equal(outcome({}, request, overTcp), plain, over);
    }
  });
}

/** Chains, which end where a restricted zone begins that the question did not fall into; for engines of both kinds. */
const CHAINS: readonly (readonly [question: string, ...names: string[]])[] = [
  ['here.open.test. A', 'here', 'www'],
  ['far.open.test. A', 'far'],
  ['www.over.open.test. A', 'over', 'www.over'],
  ['back.open.test. A', 'back'],
  ['mx.open.test. MX', 'mx'],
];
const CLOSED_CHAINS: typeof CHAINS = [
  ['here.closed.test. A', 'here.closed.test.', 'www.closed.test.'],
  ['far.closed.test. A', 'far.closed.test.', 'www'],
  ['other.closed.test. A', 'other.closed.test.'],
];

test('a chain of aliases does not lead into a restricted zone', () => {
  for (const [defers, rows] of [
    [true, CHAINS],
    [false, CHAINS],
    [false, CLOSED_CHAINS],
  ] as const) {
    const subject = new Subject({ origin: 'open.test', table }, { defers });
    for (const [question, ...names] of rows) {
      const [status, ...lines] = subject.lines(question);
      assert.equal(status, 'NOERROR aa', question);
      const owners = lines.map((line) => line.split(' ').slice(0, 2).join(' '));
      assert.deepEqual(
        owners,
        names.map((one) => `answer ${one}`),
        question,
      );
    }
  }
});

test('octets that are to stay free are free, and with none left the question still comes back', () => {
  const engine = new Engine(table, OPTIONS);
  const request = buildQuery({ name: 'www.open.test', type: 'A', edns: { size: 1232 } });
  const response = new Uint8Array(65535);
  const ask = (free: number): [octets: number, answers: number, truncated: boolean] => {
    engine.reservedOctets = free;
    const length = engine.processQuery(request, request.length, response, false, CLIENT);
    const { answer, flags, question, edns } = decodeMessage(response.subarray(0, length));
    assert.deepEqual([question.length, edns !== null], [1, true]);
    return [length, answer.length, flags.includes('tc')];
  };
  const [whole] = ask(0);
  const head = whole - 16;
  assert.deepEqual(ask(1232 - whole), [whole, 1, false]);
  assert.deepEqual(ask(1232 - whole + 1), [head, 0, true]);
  assert.deepEqual(ask(65535), [head, 0, true]);
});
