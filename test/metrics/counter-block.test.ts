/**
 * What is counted of a query, from its octets and those of the reply: statistics, types, sizes, clients; and that it
 * costs no memory.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { FAR_QTYPES_COUNTED, REMOTES_KEPT } from '../../src/base/limits.js';
import { Engine } from '../../src/engine/process.js';
import { CounterBlock, type Transport } from '../../src/metrics/counter-block.js';
import { SIZE_BUCKETS, sizeBucket } from '../../src/metrics/reply-sizes.js';
import { ring, statistics } from '../../src/metrics/statistics.js';
import { OPTIONS } from '../engine/answers.js';
import { buildQuery } from '../peers/message.js';
import { CLIENT, tableFromTexts } from '../support/zones.js';

const TEXT = `$TTL 60
@ SOA ns h 1 7200 900 1209600 300
@ NS ns
ns A 192.0.2.1
alias CNAME ns
sub NS ns.elsewhere.
long TXT ${'"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" '.repeat(12)}
`;

const engine = new Engine(tableFromTexts([{ origin: 'example', text: TEXT }]), OPTIONS);
const response = new Uint8Array(65535);

/** Answers and counts. @returns octets of the reply */
function ask(block: CounterBlock, request: Uint8Array): number {
  const length = engine.processQuery(request, request.length, response, false, CLIENT);
  block.add(request, request.length, response, length);
  return length;
}

/** The statistics of queries that are not 0, without octets. */
function moved(...blocks: readonly CounterBlock[]): string {
  return [...statistics(blocks)]
    .filter(
      ([name, value]) => value !== 0 && /-(?:queries|answers|packets|notifications)$/.test(name),
    )
    .map(([name, value]) => (value === 1 ? name : `${name}=${value}`))
    .join(' ');
}

const COOKIE = { code: 10, data: Buffer.alloc(8) };
const NSID = { code: 3, data: Buffer.alloc(0) };
const A = { name: 'ns.example', type: 'A' };
const ANSWERED = 'udp-answers udp-queries udp4-answers udp4-queries';
const WITH_DO = 'udp-answers udp-do-queries udp-queries udp4-answers udp4-queries';
const WITH_COOKIE = 'udp-answers udp-cookie-queries udp-queries udp4-answers udp4-queries';

/** One query, and what it moves. */
const QUERIES: readonly (readonly [what: string, request: Uint8Array, moved: string])[] = [
  ['a hit', buildQuery(A), ANSWERED],
  ['RD', buildQuery({ ...A, flags: 0x0100 }), `rd-queries ${ANSWERED}`],
  ['EDNS', buildQuery({ ...A, edns: {} }), ANSWERED],
  ['DO', buildQuery({ ...A, edns: { dnssecOk: true } }), WITH_DO],
  ['a cookie', buildQuery({ ...A, edns: { options: [COOKIE] } }), WITH_COOKIE],
  [
    'a cookie behind another option',
    buildQuery({ ...A, edns: { options: [NSID, COOKIE] } }),
    WITH_COOKIE,
  ],
  ['two cookies', buildQuery({ ...A, edns: { options: [COOKIE, COOKIE] } }), WITH_COOKIE],
  ['no cookie', buildQuery({ ...A, edns: { options: [NSID] } }), ANSWERED],
  [
    'octets of an OPT record behind the message',
    Buffer.concat([buildQuery(A), optOf({ dnssecOk: true })]),
    ANSWERED,
  ],
  ['no such name', buildQuery({ name: 'nope.example', type: 'A' }), `nxdomain-packets ${ANSWERED}`],
  ['no such type', buildQuery({ name: 'ns.example', type: 'MX' }), `noerror-packets ${ANSWERED}`],
  ['an alias', buildQuery({ name: 'alias.example', type: 'A' }), ANSWERED],
  ['a referral', buildQuery({ name: 'x.sub.example', type: 'A' }), ANSWERED],
  ['a foreign name', buildQuery({ name: 'elsewhere', type: 'A' }), `${ANSWERED} unauth-packets`],
  [
    'too long an answer',
    buildQuery({ name: 'long.example', type: 'TXT' }),
    `${ANSWERED} truncated-packets`,
  ],
  ['a version of EDNS that is none', buildQuery({ ...A, edns: { version: 1 } }), ANSWERED],
  [
    'NOTIFY',
    buildQuery({ ...A, flags: 0x2000 }),
    `incoming-notifications ${ANSWERED} notimp-packets`,
  ],
  ['UPDATE', buildQuery({ ...A, flags: 0x2800 }), `dnsupdate-queries ${ANSWERED} notimp-packets`],
  ['no question', Buffer.alloc(12), `corrupt-packets ${ANSWERED} formerr-packets`],
  [
    'a question cut short',
    buildQuery(A).subarray(0, 20),
    `corrupt-packets ${ANSWERED} formerr-packets`,
  ],
  ['a malformed message with DO', malformed(), `corrupt-packets ${ANSWERED} formerr-packets`],
  ['less than a header', Buffer.alloc(11), 'corrupt-packets'],
  ['nothing', Buffer.alloc(0), 'corrupt-packets'],
  ['an answer', buildQuery({ ...A, flags: 0x8000 }), 'corrupt-packets'],
];

function optOf(edns: { dnssecOk: boolean }): Buffer {
  return buildQuery({ ...A, edns }).subarray(buildQuery(A).length);
}

/** OPT is fine, a record behind it is missing. */
function malformed(): Buffer {
  const request = buildQuery({ ...A, edns: { dnssecOk: true } });
  request.writeUInt16BE(2, 10);
  return request;
}

for (const [what, request, expected] of QUERIES) {
  test(`counted: ${what}`, () => {
    const block = new CounterBlock('udp4');
    ask(block, request);
    assert.equal(moved(block), expected);
  });
}

test('a query that gets no reply is a query without answer', () => {
  const block = new CounterBlock('tcp6');
  const request = buildQuery(A);
  block.add(request, request.length, response, 0);
  assert.equal(moved(block), 'tcp-queries tcp6-queries');
});

test('transports are counted apart and together', () => {
  const transports: readonly Transport[] = ['udp4', 'udp6', 'tcp4', 'tcp6', 'udp6'];
  const blocks = transports.map((transport) => new CounterBlock(transport));
  const octets = blocks.map((block) => ask(block, buildQuery(A)))[0] ?? 0;
  const all = statistics(blocks);
  const rows: [name: string, count: number][] = [
    ['udp', 3],
    ['udp4', 1],
    ['udp6', 2],
    ['tcp', 2],
    ['tcp4', 1],
    ['tcp6', 1],
  ];
  for (const [name, count] of rows) {
    assert.equal(all.get(`${name}-queries`), count, name);
    assert.equal(all.get(`${name}-answers`), count, name);
    assert.equal(all.get(`${name}-answers-bytes`), count * octets, name);
  }
});

test('sizes of replies fall into the buckets of PowerDNS', () => {
  const rows: [octets: number, bucket: number][] = [
    [1, 20],
    [20, 20],
    [21, 40],
    [60, 60],
    [61, 80],
    [80, 80],
    [100, 100],
    [101, 150],
    [150, 150],
    [151, 200],
    [200, 200],
    [201, 400],
    [1232, 1400],
    [64_800, 64_800],
    [64_801, 65_535],
    [65_535, 65_535],
  ];
  for (const [octets, bucket] of rows) assert.equal(SIZE_BUCKETS[sizeBucket(octets)], bucket);
  for (let octets = 1; octets <= 65_535; octets++) {
    assert.equal(
      sizeBucket(octets),
      SIZE_BUCKETS.findIndex((most) => octets <= most),
    );
  }
});

test('types and sizes are told most often first, over all threads', () => {
  const blocks = [new CounterBlock('udp4'), new CounterBlock('tcp4')] as const;
  const types: [type: string, count: number][] = [
    ['A', 5],
    ['TYPE65280', 4],
    ['CAA', 3],
    ['ANY', 2],
    ['AXFR', 1],
  ];
  for (const [type, count] of types) {
    for (let i = 0; i < count; i++)
      ask(blocks[(i & 1) as 0 | 1], buildQuery({ name: 'elsewhere', type }));
  }
  assert.deepEqual(ring(blocks, 'qtypes'), types);
  ask(blocks[1], buildQuery({ name: 'long.example', type: 'TXT', edns: { size: 1232 } }));
  assert.deepEqual(ring(blocks, 'respsizes'), [
    ['40', 15],
    ['800', 1],
  ]);
});

test('types that no RFC knows share a counter once there are many of them', () => {
  const block = new CounterBlock('udp4');
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < FAR_QTYPES_COUNTED + 5; i++) {
      ask(block, buildQuery({ name: 'elsewhere', type: 60_000 + i }));
    }
  }
  const counts = ring([block], 'qtypes');
  assert.deepEqual(counts[0], ['other', 10]);
  assert.equal(counts.length, FAR_QTYPES_COUNTED + 1);
  assert.ok(counts.slice(1).every(([key, count]) => key.startsWith('TYPE600') && count === 2));
});

test('clients are remembered once asked for, and told most often first', () => {
  const four = new CounterBlock('udp4');
  const six = new CounterBlock('udp6');
  assert.equal(four.remotes.isOn(), false);
  four.remotes.turn(true);
  assert.equal(new CounterBlock('udp4', four.buffer).remotes.isOn(), true);
  four.remotes.turn(false);
  assert.equal(four.remotes.isOn(), false);
  for (let i = 0; i < 3; i++) four.remotes.add(Uint8Array.of(192, 0, 2, 200));
  four.remotes.add(Uint8Array.of(10, 0, 0, 1));
  for (let i = 0; i < 2; i++)
    six.remotes.add(Buffer.from('20010db8000000000000000000000001', 'hex'));
  assert.deepEqual(ring([four, six], 'remotes'), [
    ['192.0.2.200', 3],
    ['2001:db8::1', 2],
    ['10.0.0.1', 1],
  ]);
  assert.equal(statistics([four, six]).get('ring-remotes-size'), 6);
  assert.equal(statistics([four, six]).get('ring-remotes-capacity'), 2 * REMOTES_KEPT);
});

test('of very many clients the last are remembered', () => {
  const { remotes } = new CounterBlock('udp4');
  for (let i = 0; i < REMOTES_KEPT + 500; i++) remotes.add(Uint8Array.of(1, 0, i >> 8, i & 255));
  assert.equal(remotes.size(), REMOTES_KEPT);
  const seen = new Set<number>();
  remotes.forEach((address) => {
    seen.add(address.readUInt16BE(2));
  });
  // All but the one that would be overwritten next.
  assert.equal(seen.size, REMOTES_KEPT - 1);
  assert.equal(Math.min(...seen), 501);
  assert.equal(Math.max(...seen), REMOTES_KEPT + 499);
});

test('no address is half of one and half of another, read while it is written', async (t) => {
  const { buffer, remotes } = new CounterBlock('udp6');
  const writer = new Worker(new URL('./remote-writer.js', import.meta.url), { workerData: buffer });
  t.after(() => writer.terminate());
  let seen = 0;
  for (let round = 0; round < 1000 && seen < 200_000; round++) {
    remotes.forEach((address) => {
      seen++;
      assert.ok(
        address.every((octet) => octet === address[0]),
        address.toString('hex'),
      );
    });
    if (seen === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(seen > 0);
});

test('counting allocates nothing in steady state', () => {
  const child = fileURLToPath(new URL('./allocation.js', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', child], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const octetsPerQuery = Number(stdout);
  // The least object is 16 octets; what is left is noise of the runtime.
  assert.ok(octetsPerQuery < 4, `${octetsPerQuery} octets per query`);
});
