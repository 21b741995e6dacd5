/**
 * What surrounds an answer: EDNS, sizes and truncation, NSID, class CH, the facts for counters, and that a query
 * leaves nothing behind: no octets beyond the reply, no memory.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Engine, type EngineOptions } from '../../src/engine/process.js';
import { ZoneImage } from '../../src/index/image.js';
import type { ZoneTable } from '../../src/index/zone-table.js';
import { buildQuery, decodeMessage, type Edns, type Message } from '../peers/message.js';
import { pretendSigned } from '../support/pretend-signed.js';
import { CLIENT, tableFromTexts } from '../support/zones.js';
import { OPTIONS, Subject } from './answers.js';
import { PEER_ZONES, type ZoneText } from './peers-zones.js';
import { variedTable } from './varied-table.js';

const HEAD = '$TTL 60\n@ SOA ns h 1 7200 900 1209600 300\n@ NS ns\nns A 192.0.2.1\n';

function many(count: number, row: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => `${row(i)}\n`).join('');
}

function text(octets: number): string {
  const pieces = Array.from({ length: Math.floor(octets / 200) }, () => `"${'t'.repeat(199)}"`);
  return `${pieces.join(' ')} "${'t'.repeat((octets % 200) - 1)}"`;
}

/** A reply to `tNNN TXT` has 12 octets of header, 18 of question, 12 of record head, and the RDATA. */
const SIZES = `${HEAD}
t470 TXT ${text(470)}
t471 TXT ${text(471)}
t1180 TXT ${text(1180)}
t5000 TXT ${text(5001)}
to5000 CNAME t5000
mx MX 1 host
${many(40, (i) => `host A 192.0.2.${i}`)}
${many(40, (i) => `glue A 192.0.2.${i}`)}
sub NS a.sub
sub NS b.sub
${many(20, (i) => `a.sub A 192.0.2.${i}`)}
${many(20, (i) => `b.sub A 192.0.2.${i}`)}
sib NS a.sub
sib NS b.sub
${many(40, (i) => `wide NS a-name-server-with-a-long-name-${i}.elsewhere.`)}
`;

const subject = new Subject([{ origin: 'example', text: SIZES }]);

type SizeRow = readonly [
  question: string,
  edns: Edns | undefined,
  overTcp: boolean,
  /** tc, answer, authority, additional. */
  expected: readonly [boolean, number, number, number],
  why: string,
];

const SIZE_ROWS: readonly SizeRow[] = [
  ['t470 TXT', undefined, false, [false, 1, 0, 0], 'RFC 1035 §4.2.1: 512 octets'],
  ['t471 TXT', undefined, false, [true, 0, 0, 0], 'RFC 2181 §9: whole RRsets or none, and TC'],
  ['t471 TXT', undefined, true, [false, 1, 0, 0], 'TCP has room'],
  ['t471 TXT', { size: 512 }, false, [true, 0, 0, 0], 'RFC 6891 §6.2.5: OPT takes room'],
  ['t471 TXT', { size: 0 }, false, [true, 0, 0, 0], 'RFC 6891 §6.2.3: below 512 is 512'],
  [
    't471 TXT',
    { size: 524 },
    false,
    [false, 1, 0, 0],
    'the client has room for the answer and OPT',
  ],
  ['t471 TXT', { size: 523 }, false, [true, 0, 0, 0], 'one octet less'],
  ['t1180 TXT', { size: 4096 }, false, [true, 0, 0, 0], 'the server has its own limit, 1232'],
  ['t5000 TXT', undefined, true, [false, 1, 0, 0], 'TCP'],
  [
    'to5000 TXT',
    { size: 4096 },
    false,
    [true, 1, 0, 0],
    'the CNAME stays, its target does not fit',
  ],
  ['mx MX', undefined, false, [false, 1, 0, 0], 'additional RRsets are left out whole, without TC'],
  ['mx MX', { size: 1232 }, false, [false, 1, 0, 40], 'or are there'],
  ['sub A', undefined, false, [true, 0, 2, 20], 'RFC 9471 §3: in-domain glue missing is TC'],
  ['sub A', { size: 1232 }, false, [false, 0, 2, 40], 'all glue'],
  ['sib A', undefined, false, [false, 0, 2, 20], 'RFC 9471 §3: other glue is optional'],
  ['wide A', undefined, false, [true, 0, 0, 0], 'a referral without its NS is none'],
  ['wide A', undefined, true, [false, 0, 40, 0], 'TCP'],
];

for (const [question, edns, overTcp, expected, why] of SIZE_ROWS) {
  const title = `${question} ${edns === undefined ? '' : `size ${edns.size}`} ${overTcp ? 'TCP' : ''}`;
  test(`truncation: ${title.trim()}: ${why}`, () => {
    const { flags, answer, authority, additional } = subject.ask(question, edns, overTcp);
    const counts = [answer.length, authority.length, additional.length];
    assert.deepEqual([flags.includes('tc'), ...counts], expected);
  });
}

test('no reply is longer than the client or the server allows, whatever the size', () => {
  for (let size = 512; size <= 1300; size += 7) {
    for (const question of ['sub A', 'mx MX', 'to5000 TXT', 'wide A', 't470 TXT', 'nope A']) {
      const { octets } = subject.ask(question, { size });
      assert.ok(octets <= Math.min(size, 1232), `${question} at ${size}: ${octets}`);
    }
  }
});

const KEEP: EngineOptions = {
  ...OPTIONS,
  version: 'hotzone 1',
  hostname: 'a.host',
  serverId: 'site-1',
};

function engineWith(options: Partial<EngineOptions> = {}): Engine {
  return new Engine(tableFromTexts([{ origin: 'example', text: HEAD }]), { ...KEEP, ...options });
}

function ask(engine: Engine, query: Parameters<typeof buildQuery>[0]): Message {
  const request = buildQuery(query);
  const response = new Uint8Array(65535);
  const length = engine.processQuery(request, request.length, response, false, CLIENT);
  assert.ok(response.subarray(length).every((octet) => octet === 0));
  return decodeMessage(response.subarray(0, length));
}

test('OPT comes back if and only if it was there, with our size, version 0 and DO: RFC 6891 §6.1.1', () => {
  const engine = engineWith({ udpOctetsMax: 1400 });
  assert.equal(ask(engine, { name: 'ns.example', type: 'A' }).edns, null);
  const edns = { size: 4096, dnssecOk: true };
  const reply = ask(engine, { name: 'ns.example', type: 'A', edns });
  assert.deepEqual(reply.edns, { size: 1400, version: 0, dnssecOk: true, options: [] });
  const plain = ask(engine, { name: 'ns.example', type: 'A', edns: {} });
  assert.equal(plain.edns?.dnssecOk, false);
});

test('NSID is told to who asks, if there is one: RFC 5001 §2.1', () => {
  const edns = { options: [{ code: 3, data: Buffer.alloc(0) }] };
  const query = { name: 'ns.example', type: 'A', edns };
  const told = ask(engineWith(), query).edns?.options ?? [];
  assert.deepEqual(
    told.map(({ code, data }) => [code, Buffer.from(data).toString()]),
    [[3, 'site-1']],
  );
  assert.deepEqual(ask(engineWith({ serverId: null }), query).edns?.options, []);
  assert.deepEqual(ask(engineWith(), { ...query, edns: {} }).edns?.options, []);
});

test('class CH tells what options allow: RFC 4892 §3', () => {
  const texts: [name: string, text: string][] = [
    ['version.bind', 'hotzone 1'],
    ['VERSION.Server', 'hotzone 1'],
    ['hostname.bind', 'a.host'],
    ['id.server', 'site-1'],
  ];
  const hidden = engineWith({ version: null, hostname: null, serverId: null });
  for (const [name, told] of texts) {
    for (const type of ['TXT', 'ANY']) {
      const { rcode, answer } = ask(engineWith(), { name, type, class: 3 });
      const length = told.length.toString(16).padStart(2, '0');
      const hex = `${length}${Buffer.from(told).toString('hex')}`;
      assert.deepEqual([rcode, answer], [0, [`${name.toLowerCase()}. 0 CH TXT ${hex}`]]);
    }
    assert.equal(ask(hidden, { name, type: 'TXT', class: 3 }).rcode, 5);
    assert.equal(ask(engineWith(), { name, type: 'A', class: 3 }).rcode, 5);
    assert.equal(ask(engineWith(), { name, type: 'TXT' }).rcode, 5);
  }
});

test('a signed query has no key here: NOTAUTH, RFC 8945 §5.2', () => {
  const plain = buildQuery({ name: 'ns.example', type: 'A' });
  plain.writeUInt16BE(1, 10);
  const request = Buffer.concat([plain, Buffer.from('01610000fa00ff000000000000', 'hex')]);
  const response = new Uint8Array(65535);
  const length = engineWith().processQuery(request, request.length, response, false, CLIENT);
  assert.equal(decodeMessage(response.subarray(0, length)).rcode, 9);
});

test('transfers are refused', () => {
  for (const type of ['AXFR', 'IXFR']) {
    assert.equal(ask(engineWith(), { name: 'example', type }).rcode, 5);
  }
});

test('a question outside of all zones can go without a reply, everything else gets one', () => {
  const rows: readonly (readonly [query: Parameters<typeof buildQuery>[0], rcode: number])[] = [
    [{ name: 'elsewhere', type: 'A' }, 5],
    [{ name: 'elsewhere', type: 'A', class: 255 }, 5],
    [{ name: '.', type: 'NS', edns: {} }, 5],
    [{ name: 'example', type: 'DS' }, 0],
    [{ name: 'nope.example', type: 'A' }, 3],
    [{ name: 'elsewhere', type: 'AXFR' }, 5],
    [{ name: 'elsewhere', type: 'A', class: 4 }, 5],
    [{ name: 'elsewhere', type: 'A', edns: { version: 1 } }, 16],
    [{ name: 'id.server', type: 'TXT', class: 3 }, 0],
    [{ name: 'nope.server', type: 'TXT', class: 3 }, 5],
  ];
  const engine = engineWith({ outsideDrop: true });
  const response = new Uint8Array(65535);
  for (const [i, [query, rcode]] of rows.entries()) {
    const request = buildQuery(query);
    assert.equal(ask(engineWith(), query).rcode, rcode, JSON.stringify(query));
    for (const overTcp of [false, true]) {
      const length = engine.processQuery(request, request.length, response, overTcp, CLIENT);
      assert.equal(length > 0, i > 2, JSON.stringify(query));
      if (length > 0) assert.equal(decodeMessage(response.subarray(0, length)).rcode, rcode);
    }
  }
});

test('facts of the last query', () => {
  const engine = engineWith();
  ask(engine, { name: 'nope.example', type: 'MX', flags: 0x0100, edns: { dnssecOk: true } });
  const { rcode, opcode, qtype, qclass, replyFlags, edns, dnssecOk, zone } = engine;
  assert.deepEqual([rcode, opcode, qtype, qclass, zone], [3, 0, 15, 1, 0]);
  assert.deepEqual([replyFlags, edns, dnssecOk], [0x8503, true, true]);
  ask(engine, { name: 'elsewhere', type: 'A' });
  assert.deepEqual([engine.rcode, engine.zone, engine.edns], [5, -1, false]);
});

function checkHeld(table: ZoneTable): void {
  const engine = new Engine(table, { ...OPTIONS, minimalResponses: 'no' });
  for (const name of ['over-cut.aliases.test', 'x.chain1.dnames.test', 'addresses.test']) {
    for (const type of ['A', 'MX', 'ANY']) ask(engine, { name, type, edns: { dnssecOk: true } });
  }
  const seen = new Set<unknown>([table]);
  const held: unknown[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof SharedArrayBuffer) held.push(value);
    } else if (value instanceof ZoneImage) held.push(value);
    else for (const inner of Object.values(value)) visit(inner);
  };
  visit(engine);
  assert.ok(seen.size > 10);
  assert.deepEqual(held, []);
}

test('nothing of a zone is held after a query: a replaced version can be freed', () => {
  checkHeld(tableFromTexts(PEER_ZONES));
  checkHeld(variedTable(PEER_ZONES));
  const sign = ({ origin, text }: ZoneText): ZoneText => ({
    origin,
    text: pretendSigned(`${origin}.`, text, 'nsec3'),
  });
  checkHeld(tableFromTexts(PEER_ZONES.map(sign)));
});

for (const zones of ['plain', 'varied', 'nsec', 'nsec3', 'opt-out']) {
  test(`queries allocate nothing in steady state: ${zones} zones`, () => {
    const child = fileURLToPath(new URL('./allocation.js', import.meta.url));
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', child, zones], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const octetsPerQuery = Number(stdout);
    // The least object is 16 octets; what is left is noise of the runtime, the same for ten times the queries.
    assert.ok(octetsPerQuery < 4, `${octetsPerQuery} octets per query`);
  });
}
