/** UDP workers: the transport suite over them, and what only they can do or suffer. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ServerError } from '../../src/base/errors.js';
import {
  DEFERRED_BATCH_MAX,
  DEFERRED_OPEN_MAX,
  WORKER_RESTARTS_MAX,
} from '../../src/base/limits.js';
import type { Log } from '../../src/base/log.js';
import { QUERIES } from '../../src/metrics/counter-block.js';
import { ring, statistics } from '../../src/metrics/statistics.js';
import type { DeferredQuery } from '../../src/transport/deferred.js';
import type { Endpoint } from '../../src/transport/query-handler.js';
import { SpareWorkers } from '../../src/transport/spare-workers.js';
import {
  IP_PKTINFO,
  loadSystemCalls,
  SO_REUSEPORT,
  type SystemCalls,
} from '../../src/transport/system-calls.js';
import { startUdp } from '../../src/transport/udp.js';
import { WorkerPool } from '../../src/transport/worker-pool.js';
import type { WorkerTask } from '../../src/transport/zone-worker.js';
import { exchange, hasIpv6, idsOf, runUdpSuite } from '../suites/transport-suite.js';
import { ECHO, EXIT, echoLater, HANG, later, query, THROW } from '../support/echo.js';

const LOCAL: Endpoint = { address: '127.0.0.1', port: 0 };
const NO_LOG: Log = { debugging: false, debug() {}, info() {}, warn() {}, error() {} };

const ECHO_TASK: WorkerTask = {
  script: new URL('./echo-batch-worker.js', import.meta.url),
  begin: () => ({ data: null, transfer: [], end() {} }),
};

const calls = await loadSystemCalls().catch((error: ServerError) => error);

function start(
  where: Endpoint,
  workers: number,
  log: Log = NO_LOG,
  task = ECHO_TASK,
  defer = echoLater,
): Promise<WorkerPool> {
  if (calls instanceof ServerError) throw calls;
  const fallback = (endpoint: Endpoint) => startUdp(endpoint, ECHO, log);
  const spares = new SpareWorkers(task.script, 0);
  return WorkerPool.start(where, { calls, workers, task, spares, defer, fallback }, log);
}

function demand(what: number): Buffer {
  const octets = query(0);
  octets[2] = what;
  return octets;
}

/** One query from an address of its own choice to one that it is connected to, so that no other may answer. */
async function ask(t: TestContext, to: Endpoint, message: Buffer): Promise<Buffer | null> {
  const socket = createSocket(to.address.includes(':') ? 'udp6' : 'udp4');
  t.after(() => socket.close());
  await new Promise<void>((resolve) => socket.connect(to.port, to.address, resolve));
  const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve));
  socket.on('error', () => {});
  socket.send(message);
  return Promise.race([answer, setTimeout(2000, null, { ref: false })]);
}

function recordingLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const add = (event: string, _fields: unknown, text: string) => {
    lines.push(`${event}: ${text}`);
  };
  return { log: { debugging: true, debug: add, info: add, warn: add, error: add }, lines };
}

async function until(what: () => boolean, text: string): Promise<void> {
  for (let i = 0; i < 1000 && !what(); i++) await setTimeout(10);
  assert.ok(what(), text);
}

if (calls instanceof ServerError) {
  test('UDP by batch', (t) => t.skip(calls.message));
} else {
  for (const workers of [1, 3]) {
    runUdpSuite(async (where, { defer }, log) => start(where, workers, log, ECHO_TASK, defer));
  }
  testPool(calls);
}

function testPool(system: SystemCalls): void {
  test('an answer comes from the address that was asked, RFC 1123 §6.1.2', async (t) => {
    const four = await start({ address: '0.0.0.0', port: 0 }, 1);
    t.after(() => four.stop());
    for (const address of ['127.0.0.1', '127.0.0.7', '127.1.2.3']) {
      const answer = await ask(t, { address, port: four.endpoint.port }, query(9, 40));
      assert.deepEqual(answer, query(9, 40), address);
      const late = await ask(t, { address, port: four.endpoint.port }, later(9));
      assert.equal(late?.readUInt16BE(0), 9, address);
    }
    if (!hasIpv6()) return t.diagnostic('no IPv6 loopback address');
    const six = await start({ address: '::', port: four.endpoint.port }, 1);
    t.after(() => six.stop());
    const answer = await ask(t, { address: '::1', port: six.endpoint.port }, query(8, 40));
    assert.deepEqual(answer, query(8, 40));
    const late = await ask(t, { address: '::1', port: six.endpoint.port }, later(8));
    assert.equal(late?.readUInt16BE(0), 8);
    const answers = () => statistics([...four.blocks(), ...six.blocks()]);
    await until(() => answers().get('udp-answers') === 8, 'counted');
    assert.deepEqual([answers().get('udp4-answers'), answers().get('udp6-answers')], [6, 2]);
  });

  test('clients are spread over the workers, and all is counted', async (t) => {
    const pool = await start(LOCAL, 2);
    t.after(() => pool.stop());
    for (let i = 0; i < 40; i++) await exchange(t, pool.endpoint, [query(i), demand(0xff)], 1);
    const all = () => statistics(pool.blocks());
    await until(() => all().get('corrupt-packets') === 40, 'all requests counted');
    assert.deepEqual([all().get('udp4-answers'), all().get('udp-send-failures')], [40, 0]);
    const queries = pool.blocks().map((block) => block.count(QUERIES) > 0);
    assert.deepEqual(queries, [true, true, false], 'the last is for what is deferred');
  });

  test('a port that another program would share is refused', async () => {
    const fd = system.openSocket(4);
    system.setNumber(fd, SO_REUSEPORT, 1);
    system.setNumber(fd, IP_PKTINFO, 1);
    system.bind(fd, system.socketName(4, '127.0.0.1', 0));
    const taken = { address: '127.0.0.1', port: system.portOf(fd) };
    await assert.rejects(start(taken, 2), /bind EADDRINUSE/);
    system.close(fd);
    await (await start(taken, 2)).stop();
  });

  test('an address that is not ours is refused', async () => {
    await assert.rejects(start({ address: '192.0.2.1', port: 0 }, 1), /bind EADDRNOTAVAIL/);
  });

  for (const [name, octet, cause] of [
    ['throws', THROW, /worker replaced, it died: magic query/],
    ['ends', EXIT, /worker replaced, it died: it ended/],
  ] as const) {
    test(`a worker that ${name} is replaced, and what waits is answered`, async (t) => {
      const { log, lines } = recordingLog();
      const pool = await start(LOCAL, 1, log);
      t.after(() => pool.stop());
      await exchange(t, pool.endpoint, [query(4)], 1);
      await exchange(t, pool.endpoint, [demand(octet)], 0);
      assert.deepEqual(idsOf(await exchange(t, pool.endpoint, [query(5)], 1)), [5]);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', cause);
      assert.equal(pool.blocks().length, 2);
      await until(() => statistics(pool.blocks()).get('udp-answers') === 2, 'both threads counted');
    });
  }

  test('workers that keep dying make way for one socket in the main thread', async (t) => {
    const { log, lines } = recordingLog();
    const pool = await start(LOCAL, 2, log);
    t.after(() => pool.stop());
    for (const { remotes } of pool.blocks()) remotes.turn(true);
    await exchange(t, pool.endpoint, [query(4)], 1);
    for (let i = 0; i <= WORKER_RESTARTS_MAX; i++) {
      await until(() => lines.length === i, 'replaced');
      await exchange(t, pool.endpoint, [demand(THROW)], 0);
    }
    await until(() => lines.some((line) => line.startsWith('udp.fallback')), 'fallen back');
    await until(() => pool.blocks().length === 4, 'listening again');
    assert.deepEqual(idsOf(await exchange(t, pool.endpoint, [query(5)], 1)), [5]);
    assert.equal(statistics(pool.blocks()).get('udp-answers'), 2);
    assert.deepEqual(ring(pool.blocks(), 'remotes'), [['127.0.0.1', 2]]);
    await pool.stop();
    assert.equal(lines.length, WORKER_RESTARTS_MAX + 1);
    await (await start(pool.endpoint, 1)).stop();
  });

  test('what a worker deferred before it died is answered, and counts no longer', async (t) => {
    const open: DeferredQuery[] = [];
    const pool = await start(LOCAL, 1, NO_LOG, ECHO_TASK, (one) => open.push(one));
    t.after(() => pool.stop());
    const count = (name: string) => statistics(pool.blocks()).get(name) ?? 0;
    /** Defers until no more are taken, each time fewer than a batch may. */
    const fill = async () => {
      const dropped = count('overload-drops');
      for (let i = 0; count('overload-drops') === dropped; i++) {
        const some = Array.from({ length: DEFERRED_BATCH_MAX / 2 }, () => later(i));
        await exchange(t, pool.endpoint, some, 0);
      }
    };
    await fill();
    assert.equal(open.length, DEFERRED_OPEN_MAX);
    await exchange(t, pool.endpoint, [demand(EXIT)], 0);
    await exchange(t, pool.endpoint, [query(1)], 1);
    await fill();
    assert.equal(open.length, DEFERRED_OPEN_MAX, 'those of the dead one are still open');
    for (const { request, reply } of open) {
      reply.write(request);
      reply.end();
    }
    await fill();
    assert.equal(open.length, 2 * DEFERRED_OPEN_MAX);
    assert.equal(count('udp-answers'), DEFERRED_OPEN_MAX + 1);
  });

  test('a worker that cannot start is a clear error, and nothing stays open', async () => {
    const broken = { ...ECHO_TASK, script: new URL('./no-such-worker.js', import.meta.url) };
    await assert.rejects(start(LOCAL, 2, NO_LOG, broken), /a worker does not start: .*Cannot find/);
  });

  test('stop takes less than 300 ms, and little more if a worker is caught in a query', async (t) => {
    for (const [octet, limitMs] of [
      [0, 300],
      [HANG, 1000],
    ] as const) {
      const pool = await start(LOCAL, 2);
      const socket = createSocket('udp4');
      t.after(() => socket.close());
      socket.send(demand(octet), pool.endpoint.port, pool.endpoint.address);
      await setTimeout(30);
      const before = performance.now();
      await Promise.all([pool.stop(), pool.stop()]);
      const took = performance.now() - before;
      assert.ok(took < limitMs, `${took} ms`);
      await (await start(pool.endpoint, 1)).stop();
    }
  });
}
