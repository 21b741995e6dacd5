/**
 * The service for other servers over sockets: beside BIND, to which the same messages are sent, and with dig and
 * nsupdate, which sign and verify.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { collectGarbage } from '../../src/base/garbage.js';
import type { Log } from '../../src/base/log.js';
import { startListeners, stopListeners } from '../../src/transport/listeners.js';
import { QueryLog } from '../../src/transport/query-log.js';
import { loadSystemCalls } from '../../src/transport/system-calls.js';
import { chooseUdpEngine } from '../../src/transport/udp-engine.js';
import { zoneTask } from '../../src/transport/zone-worker.js';
import { signTsigRequest } from '../../src/wire/tsig.js';
import type { TsigKey } from '../../src/wire/tsig-key.js';
import { findTsig, readTsig } from '../../src/wire/tsig-record.js';
import { OPTIONS } from '../engine/answers.js';
import { buildQuery, decodeMessage, type Query } from '../peers/message.js';
import { requirePeer, startPeer } from '../peers/peer.js';
import { askTcp, askUdp, type Server } from '../peers/query.js';
import { runPeerLater } from '../support/peer-tool.js';
import { KEY, NO_KEY, PeerZones, POOR_KEY, WRONG_KEY, ZONE_TEXT } from '../support/peer-zones.js';
import { withRoom } from '../support/tsig-messages.js';

const NO_LOG: Log = { debugging: false, debug() {}, info() {}, warn() {}, error() {} };
const ENGINE = { ...OPTIONS, defers: true };
const NOTIFY = 4 << 11;

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

const hasBatch = await loadSystemCalls().then(
  () => true,
  () => false,
);

/** Our server over real sockets, ended after the test. */
async function serve(t: TestContext, engine: 'batch' | 'dgram'): Promise<Server> {
  const zones = new PeerZones(ENGINE, NO_LOG, nowSeconds);
  const task = zoneTask(zones.store, ENGINE, new QueryLog().buffer);
  const startUdp = await chooseUdpEngine({ engine, workers: 1 }, task, NO_LOG);
  const where = { address: '127.0.0.1', port: 0 };
  const listeners = await startListeners([where], zones.handlers, NO_LOG, startUdp);
  t.after(() => stopListeners(listeners));
  const [udp] = listeners;
  assert.ok(udp !== undefined);
  return udp.endpoint;
}

function keyText(name: string, key: TsigKey): string {
  const secret = Buffer.from(key.secret).toString('base64');
  return `key "${name}" { algorithm hmac-sha256; secret "${secret}"; };\n`;
}

/** The zones of PeerZones, as far as BIND has such. */
async function serveBind(t: TestContext): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-service-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'zone');
  writeFileSync(file, ZONE_TEXT);
  const zone = (name: string, rest: string): string =>
    `zone "${name}" { type primary; file "${file}"; ${rest} };\n`;
  const more = [
    keyText('key.test', KEY),
    keyText('poor.test', POOR_KEY),
    zone('never.test', 'allow-transfer { none; };'),
    zone('closed.test', 'allow-query { key key.test; }; allow-transfer { key key.test; };'),
    zone('local.test', 'allow-query { 127.0.0.1; }; allow-transfer { 127.0.0.1; };'),
    `zone "second.test" { type secondary; primaries { 192.0.2.1; }; allow-notify { key key.test; }; };\n`,
  ].join('');
  const peer = await startPeer('named', [{ origin: 'open.test', file }], { minimal: true, more });
  t.after(() => peer.stop());
  return peer;
}

type Ask = Query & { readonly key?: TsigKey; readonly ahead?: number; readonly tcp?: boolean };

/** What is asked of both. */
const ROWS: readonly Ask[] = [
  { name: 'www.open.test', type: 'A', key: KEY },
  { name: 'www.open.test', type: 'A', key: KEY, edns: {}, tcp: true },
  { name: 'www.open.test', type: 'A', key: NO_KEY },
  { name: 'www.open.test', type: 'A', key: NO_KEY, edns: {} },
  { name: 'www.open.test', type: 'A', key: WRONG_KEY },
  { name: 'www.open.test', type: 'A', key: KEY, ahead: -1000 },
  { name: 'no.open.test', type: 'A', key: POOR_KEY },
  { name: 'big.open.test', type: 'TXT', key: KEY },
  { name: 'huge.open.test', type: 'TXT', key: KEY, edns: {} },
  { name: 'big.open.test', type: 'TXT', key: KEY, edns: {} },
  { name: 'www.closed.test', type: 'A' },
  { name: 'www.closed.test', type: 'A', edns: {} },
  { name: 'www.closed.test', type: 'A', key: KEY },
  { name: 'www.closed.test', type: 'A', key: POOR_KEY, edns: {} },
  { name: 'far.open.test', type: 'A' },
  { name: 'far.open.test', type: 'A', key: KEY },
  { name: 'www.local.test', type: 'A' },
  { name: 'open.test', type: 'AXFR' },
  { name: 'open.test', type: 'AXFR', edns: {} },
  { name: 'open.test', type: 'AXFR', key: KEY },
  { name: 'open.test', type: 'AXFR', class: 255, tcp: true },
  { name: 'never.test', type: 'AXFR', tcp: true },
  { name: 'never.test', type: 'AXFR', key: KEY, tcp: true },
  { name: 'never.test', type: 'AXFR', edns: {}, tcp: true },
  { name: 'no.test', type: 'AXFR', tcp: true },
  { name: 'no.test', type: 'AXFR', edns: {}, tcp: true },
  { name: 'www.open.test', type: 'AXFR', tcp: true },
  { name: 'open.test', type: 'AXFR', key: NO_KEY, tcp: true },
  { name: 'closed.test', type: 'AXFR', key: POOR_KEY, tcp: true },
  { name: 'open.test', type: 'IXFR' },
  { name: 'open.test', type: 'IXFR', tcp: true },
  { name: 'never.test', type: 'IXFR' },
  { name: 'no.test', type: 'IXFR' },
  { name: 'no.test', type: 'SOA', flags: NOTIFY },
  { name: 'no.test', type: 'SOA', flags: NOTIFY, key: KEY },
  { name: 'www.open.test', type: 'SOA', flags: NOTIFY },
  { name: 'second.test', type: 'SOA', flags: NOTIFY },
  { name: 'second.test', type: 'SOA', flags: NOTIFY | 0x500, key: KEY },
  { name: 'second.test', type: 'SOA', flags: NOTIFY, key: POOR_KEY },
  { name: 'second.test', type: 'SOA', flags: NOTIFY, key: NO_KEY },
  { name: 'second.test', type: 'SOA', flags: NOTIFY, key: KEY, edns: {}, tcp: true },
  { name: 'second.test', type: 'A', flags: NOTIFY },
  { name: 'no.test', type: 'A', flags: NOTIFY },
  { name: 'second.test', type: 'SOA', class: 3, flags: NOTIFY },
];

async function lineOf(server: Server, row: Ask): Promise<string> {
  const plain = buildQuery({ id: 0x4711, ...row });
  let octets: Buffer = plain;
  if (row.key !== undefined) {
    octets = withRoom(plain);
    const seconds = nowSeconds() + (row.ahead ?? 0);
    octets = octets.subarray(0, signTsigRequest(octets, plain.length, row.key, seconds).length);
  }
  const reply = row.tcp === true ? (await askTcp(server, octets))[0] : await askUdp(server, octets);
  assert.ok(reply !== null && reply !== undefined, 'an answer');
  const { rcode, flags, question, answer, authority, edns, ede } = decodeMessage(reply);
  const at = findTsig(reply, reply.length);
  const tsig = at === 0 ? null : readTsig(reply, at, reply.length);
  const signature =
    tsig === null ? '' : `tsig ${tsig.error} ${tsig.mac.length} ${tsig.other.length}`;
  const codes = ede.map(({ code }) => `ede${code}`);
  const sections = [question.length, answer.length, authority.length].join('/');
  return [rcode, ...flags, sections, edns === null ? '' : 'edns', ...codes, signature].join(' ');
}

test('service: the same messages get from us what they get from BIND', {
  timeout: 60_000,
}, async (t) => {
  if (!requirePeer(t, 'named')) return;
  const bind = await serveBind(t);
  const ours = await serve(t, 'dgram');
  for (const row of ROWS) {
    const { key, ...rest } = row;
    const what = JSON.stringify({ ...rest, key: key === undefined ? '' : `${key.name}` });
    assert.equal(await lineOf(ours, row), await lineOf(bind, row), what);
  }
});

test('service: a flood of signed queries takes no memory, and others are answered', {
  timeout: 60_000,
}, async (t) => {
  if (!hasBatch) return t.skip('no batches here');
  const server = await serve(t, 'batch');
  const plain = buildQuery({ name: 'www.open.test', type: 'A', id: 1 });
  const room = withRoom(plain);
  const signed = room.subarray(0, signTsigRequest(room, plain.length, KEY, nowSeconds()).length);
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  let replies = 0;
  socket.on('message', () => replies++);
  /** Sends so many, and now and then asks something else, which must be answered. */
  const flood = async (count: number): Promise<number> => {
    for (let i = 1; i <= count; i++) {
      socket.send(signed, server.port, '127.0.0.1');
      if (i % 500 > 0) continue;
      assert.ok((await askUdp(server, plain)) !== null, 'others are answered');
    }
    await setTimeout(100);
    collectGarbage();
    return process.memoryUsage().heapUsed + process.memoryUsage().external;
  };
  const before = await flood(2000);
  const after = await flood(10_000);
  assert.ok(replies > 100, `${replies} replies`);
  assert.ok(after - before < 2 << 20, `${after - before} octets more`);
});

const SECRET = Buffer.from(KEY.secret).toString('base64');
const OTHER = Buffer.from('guessed').toString('base64');

/** Arguments of dig, and what it prints; it verifies what it gets. */
const DIGS: readonly (readonly [args: string, said: RegExp])[] = [
  [`-y hmac-sha256:key.test:${SECRET} www.closed.test A`, /status: NOERROR[\s\S]*192\.0\.2\.2/],
  [
    `-y hmac-sha256:key.test:${SECRET} www.closed.test A +noedns`,
    /status: NOERROR[\s\S]*192\.0\.2\.2/,
  ],
  [
    `-y hmac-sha256:key.test:${SECRET} www.closed.test A +tcp`,
    /status: NOERROR[\s\S]*192\.0\.2\.2/,
  ],
  [
    `-y hmac-sha256:key.test:${SECRET} huge.closed.test TXT`,
    /retrying in TCP mode[\s\S]*ANSWER: 1,/,
  ],
  ['www.closed.test A', /status: REFUSED[\s\S]*EDE: 18 \(Prohibited\)/],
  [`-y hmac-sha256:poor.test:${SECRET} www.closed.test A`, /status: REFUSED/],
  [`-y hmac-sha256:nobody.test:${SECRET} www.open.test A`, /status: NOTAUTH[\s\S]*BADKEY/],
  [`-y hmac-sha256:key.test:${OTHER} www.open.test A`, /status: NOTAUTH[\s\S]*BADSIG/],
  [
    `-y hmac-sha256:key.test:${SECRET} second.test SOA +opcode=notify`,
    /opcode: NOTIFY, status: NOERROR[\s\S]*flags: qr aa/,
  ],
  ['never.test AXFR', /Transfer failed/],
];

for (const engine of ['dgram', 'batch'] as const) {
  test(`service: dig and nsupdate take what they get, UDP by ${engine}`, {
    timeout: 60_000,
  }, async (t) => {
    if (engine === 'batch' && !hasBatch) return t.skip('no batches here');
    const { port } = await serve(t, engine);
    const at = ['@127.0.0.1', '-p', `${port}`, '+tries=1', '+time=5'];
    for (const [args, said] of DIGS) {
      const run = await runPeerLater(t, 'dig', [...at, ...args.split(' ')]);
      if (run === null) return;
      const what = `${args}\n${run.stdout}${run.stderr}`;
      assert.match(run.stdout, said, what);
      const isWrong = /BAD(?:KEY|SIG)/.test(said.source);
      assert.equal(/verify|validated|unexpected/i.test(run.stdout + run.stderr), isWrong, what);
    }
    const update = `server 127.0.0.1 ${port}\nzone open.test\nupdate add x.open.test 60 A 192.0.2.9\nsend\n`;
    for (const key of [[], ['-y', `hmac-sha256:key.test:${SECRET}`]]) {
      const run = await runPeerLater(t, 'nsupdate', ['-t', '5', ...key], update);
      if (run === null) return;
      assert.match(run.stderr, /update failed: NOTIMP/);
    }
  });
}
