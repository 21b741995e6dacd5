/** Statistics beside those of PowerDNS: the same names in the same order, moved alike by the same queries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '../../src/base/log.js';
import { Engine } from '../../src/engine/process.js';
import { CounterBlock } from '../../src/metrics/counter-block.js';
import { readProcess } from '../../src/metrics/process-reading.js';
import { STATISTICS } from '../../src/metrics/statistic-table.js';
import { ring, statistics } from '../../src/metrics/statistics.js';
import { startListeners, stopListeners } from '../../src/transport/listeners.js';
import { OPTIONS } from '../engine/answers.js';
import { buildQuery, type Query } from '../peers/message.js';
import { requirePeer } from '../peers/peer.js';
import { askTcp, askUdp, type Server } from '../peers/query.js';
import { echoLater } from '../support/echo.js';
import { tableFromTexts } from '../support/zones.js';
import { startPowerDns } from './powerdns.js';

const NO_LOG: Log = { debugging: false, debug() {}, info() {}, warn() {}, error() {} };

/** Strings of lengths that bring a reply to either side of a bucket's end. */
const LENGTHS = [19, 20, 39, 40, 59, 60, 108, 109, 158, 159];
const ZONE = `$TTL 60
@ SOA ns h 1 7200 900 1209600 300
@ NS ns
ns A 192.0.2.1
alias CNAME ns
sub NS ns.elsewhere.test.
deep.empty TXT "x"
long TXT ${`"${'x'.repeat(99)}" `.repeat(9)}
${LENGTHS.map((length) => `s${length} TXT "${'x'.repeat(length)}"`).join('\n')}
`;

/** What both count alike. */
const QUERIES: readonly (Query & { readonly tcp?: boolean })[] = [
  { name: 'ns.a.test', type: 'A' },
  { name: 'NS.a.test', type: 'A', flags: 0x0100 },
  { name: 'ns.a.test', type: 'A', edns: { dnssecOk: true } },
  { name: 'ns.a.test', type: 'A', edns: { dnssecOk: true }, tcp: true },
  { name: 'ns.a.test', type: 'MX' },
  { name: 'empty.a.test', type: 'TXT' },
  { name: 'nope.a.test', type: 'AAAA' },
  { name: 'alias.a.test', type: 'A', tcp: true },
  { name: 'x.sub.a.test', type: 'A' },
  { name: 'elsewhere', type: 'A' },
  { name: 'elsewhere', type: 'TYPE65280' },
  { name: 'long.a.test', type: 'TXT' },
  { name: 'long.a.test', type: 'TXT', tcp: true },
  ...LENGTHS.map((length) => ({ name: `s${length}.a.test`, type: 'TXT' })),
];

/** Where ours is another number. All the rest that moves must be equal. */
const DIFFERENT: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^(?:backend-queries|.*cache-.*|.*latency)$/, 'has no cache, and reads no clock'],
  [/^(?:cpu-.*|fd-usage|real-memory-usage|.*-msec|uptime)$/, 'another process, another moment'],
  [/^udp6?-(?:in|noport|recvbuf|sndbuf)-?/, 'the whole machine, another moment'],
  [/-answers-bytes$/, 'has extended errors in its answers'],
  [/^ring-(?!remotes-)/, 'remembers clients only'],
  [/^ring-remotes-/, 'remembers clients of TCP, too, and each thread its own'],
  [/^open-tcp-connections$/, 'another moment'],
];

async function askAll(server: Server): Promise<void> {
  for (const { tcp = false, ...query } of QUERIES) {
    const reply = await (tcp ? askTcp : askUdp)(server, buildQuery(query));
    assert.ok(reply !== null, JSON.stringify(query));
  }
}

function pairsOf(text: string): [name: string, value: number][] {
  return text
    .split(',')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return [name, Number(value)];
    });
}

function byKey(rows: readonly (readonly [string, number])[]): string[] {
  return rows.map(([key, count]) => `${key} ${count}`).sort();
}

/** Lines of key, TAB and count. */
function linesOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.replace('\t', ' ')).sort();
}

test('statistics, types, sizes and clients beside those of PowerDNS', async (t) => {
  if (!requirePeer(t, 'pdns_server') || !requirePeer(t, 'pdns_control')) return;
  const peer = await startPowerDns(t, 'a.test', ZONE);
  const engine = new Engine(tableFromTexts([{ origin: 'a.test', text: ZONE }]), OPTIONS);
  const handler = engine.processQuery.bind(engine);
  const listeners = await startListeners(
    [{ address: '127.0.0.1', port: 0 }],
    { answer: handler, defer: echoLater },
    NO_LOG,
  );
  t.after(() => stopListeners(listeners));
  const blocks = listeners.flatMap((listener) => listener.blocks());
  for (const { remotes } of blocks) remotes.turn(true);
  await askAll({ port: peer.port });
  await askAll({ port: listeners[0]?.endpoint.port ?? 0 });

  const theirs = pairsOf(peer.control('show', '*'));
  const ours = statistics(blocks);
  const names = theirs.map(([name]) => name);
  assert.deepEqual([...ours.keys()].slice(0, names.length), names);
  const same = theirs.filter(([name]) => !DIFFERENT.some(([pattern]) => pattern.test(name)));
  assert.ok(same.filter(([, value]) => value > 0).length > 10);
  assert.deepEqual(
    same.map(([name]) => [name, ours.get(name)]),
    same,
  );

  assert.deepEqual(byKey(ring(blocks, 'qtypes')), linesOf(peer.control('qtypes')));
  const clients = ring(blocks, 'remotes');
  assert.deepEqual(clients, [['127.0.0.1', QUERIES.length]]);
  const overUdp = QUERIES.filter(({ tcp }) => tcp !== true).length;
  assert.deepEqual(linesOf(peer.control('remotes')), [`127.0.0.1 ${overUdp}`]);
});

test('sizes of replies fall into the same buckets as with PowerDNS', async (t) => {
  if (!requirePeer(t, 'pdns_server') || !requirePeer(t, 'pdns_control')) return;
  const peer = await startPowerDns(t, 'a.test', ZONE);
  const block = new CounterBlock('udp4');
  for (const length of LENGTHS) {
    const request = buildQuery({ name: `s${length}.a.test`, type: 'TXT' });
    const reply = await askUdp({ port: peer.port }, request);
    assert.ok(reply !== null);
    block.add(request, request.length, reply, reply.length);
  }
  const sizes = ring([block], 'respsizes');
  assert.ok(sizes.length >= 4, String(sizes));
  assert.deepEqual(byKey(sizes), linesOf(peer.control('respsizes')));
});

test('what means nothing here is 0, and its row says why', () => {
  const all = statistics([]);
  for (const row of STATISTICS) {
    if (!('absent' in row)) continue;
    assert.equal(all.get(row.name), 0);
    assert.ok(row.absent.length > 10, row.name);
  }
  assert.equal(all.size, STATISTICS.length, 'each name is there once');
});

test('the process and the machine are read', () => {
  const before = readProcess();
  assert.ok(before.residentOctets > 1 << 20);
  assert.ok(before.userMs > 0 && before.userMs < 10 * (performance.now() + 1000));
  const all = statistics([], {
    ...before,
    uptimeSeconds: 7,
    openFiles: 9,
    udp4: new Map([['NoPorts', 3]]),
    udp6: new Map([['InErrors', 4]]),
  });
  const rows: [name: string, value: number][] = [
    ['uptime', 7],
    ['fd-usage', 9],
    ['udp-noport-errors', 3],
    ['udp-in-errors', 0],
    ['udp6-in-errors', 4],
    ['real-memory-usage', before.residentOctets],
    ['user-msec', before.userMs],
    ['sys-msec', before.systemMs],
  ];
  for (const [name, value] of rows) assert.equal(all.get(name), value, name);
  if (process.platform !== 'linux') return;
  assert.ok(before.openFiles >= 3);
  assert.ok(before.udp4.has('RcvbufErrors') && before.udp4.has('InDatagrams'));
});
