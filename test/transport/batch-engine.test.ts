/** Which engine runs, and what the log says about it; zones reach the workers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PACKED_IMAGE_OCTETS_MAX } from '../../src/base/limits.js';
import type { EngineOptions } from '../../src/engine/process.js';
import { CONTROL_EPOCH } from '../../src/index/table-layout.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import { QueryLog } from '../../src/transport/query-log.js';
import { loadSystemCalls } from '../../src/transport/system-calls.js';
import { chooseUdpEngine, type UdpEngine } from '../../src/transport/udp-engine.js';
import type { WorkerStatus } from '../../src/transport/worker-status.js';
import { type WorkerTask, zoneTask } from '../../src/transport/zone-worker.js';
import { UdpClient } from '../e2e/client.js';
import { memoryLog, temporaryDirectory, zoneFile } from '../e2e/test-server.js';
import { ECHO } from '../support/echo.js';
import { compileText, name } from '../support/zones.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** Has koffi looked for in vain. */
const WITHOUT_KOFFI = dataUrl(
  `import Module from 'node:module';
   const find = Module._resolveFilename;
   Module._resolveFilename = function (request, ...rest) {
     if (request === 'koffi') throw new Error("Cannot find package 'koffi'");
     return find.call(this, request, ...rest);
   };`,
);

const ENGINE: EngineOptions = {
  anyFull: false,
  roundRobin: false,
  minimalResponses: 'yes',
  udpOctetsMax: 1232,
  version: null,
  hostname: null,
  serverId: null,
  clientSubnet: false,
  outsideDrop: false,
  defers: false,
};

const obstacle = await loadSystemCalls().then(
  () => null,
  (error: Error) => error.message,
);

function dataUrl(script: string): string {
  return `data:text/javascript,${encodeURIComponent(script)}`;
}

/** Runs `serve` on one zone without koffi; returns what it says up to `pattern` or its end. */
async function serveWithoutKoffi(t: TestContext, pattern: RegExp, ...flags: string[]) {
  const root = temporaryDirectory(t);
  const zones = join(root, 'zones');
  mkdirSync(zones);
  writeFileSync(join(zones, 'a.example.zone'), zoneFile(1, 'one'));
  const own = ['--local-port', '0', '--socket-dir', root, '--state-dir', root];
  const args = ['--import', WITHOUT_KOFFI, MAIN, 'serve', zones, ...own, ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  for (let i = 0; i < 1500 && !pattern.test(output) && child.exitCode === null; i++) {
    await setTimeout(10);
  }
  return { output: () => output, exit };
}

async function engineLine(engine: UdpEngine): Promise<string> {
  const { log, lines } = memoryLog();
  await chooseUdpEngine(
    { engine, workers: 2 },
    zoneTask(new ZoneStore(), ENGINE, new QueryLog().buffer),
    log,
  );
  assert.deepEqual(
    lines.map((line) => line.event),
    ['udp.engine'],
  );
  return lines[0]?.text ?? '';
}

test('the log says which engine runs, and why', async (t) => {
  assert.equal(await engineLine('dgram'), 'UDP by dgram: asked for');
  if (obstacle !== null) return t.skip(obstacle);
  assert.equal(await engineLine('auto'), 'UDP by batch: 2 workers for each address');
  assert.equal(await engineLine('batch'), 'UDP by batch: 2 workers for each address, asked for');
});

test('without koffi the server answers by dgram, and says so', async (t) => {
  const { output } = await serveWithoutKoffi(t, /"event":"ready"/);
  assert.match(output(), /UDP by dgram: koffi does not load: Cannot find package 'koffi'/);
  const client = new UdpClient(Number(/listening on 127\.0\.0\.1:(\d+)/.exec(output())?.[1]));
  t.after(() => client.close());
  assert.deepEqual(await client.ask('t.a.example'), { rcode: 'NOERROR', txt: 'one' });
});

test('without koffi, asking for batches is an error', async (t) => {
  const { output, exit } = await serveWithoutKoffi(t, /BATCH_UNAVAILABLE/, '--udp-engine', 'batch');
  assert.equal(await exit, 1);
  assert.match(output(), /no UDP by batch: koffi does not load: Cannot find package 'koffi'/);
});

test('workers see what is published, and confirm it when idle', async (t) => {
  if (obstacle !== null) return t.skip(obstacle);
  const store = new ZoneStore();
  const apex = name('a.example');
  const statuses: WorkerStatus[] = [];
  const inner = zoneTask(store, ENGINE, new QueryLog().buffer);
  const task: WorkerTask = {
    script: inner.script,
    begin: (status) => {
      statuses.push(status);
      return inner.begin(status);
    },
  };
  const { log } = memoryLog();
  const start = await chooseUdpEngine({ engine: 'batch', workers: 2 }, task, log);
  const pool = await start({ address: '127.0.0.1', port: 0 }, ECHO, log);
  t.after(() => pool.stop());
  const ask = async () => {
    // A socket of its own each time, so that either worker may be asked.
    const client = new UdpClient(pool.endpoint.port);
    const answer = await client.ask('t.a.example');
    client.close();
    return answer?.txt ?? answer?.rcode;
  };
  assert.equal(await ask(), 'REFUSED');
  store.set(apex, null);
  assert.equal(await ask(), 'SERVFAIL');
  // Too large for a segment with others: each version is made known, and the one before given up.
  const strings = Array.from({ length: 200 }, () => `"${'x'.repeat(250)}"`).join(' ');
  const records = Math.ceil(PACKED_IMAGE_OCTETS_MAX / (200 * 250)) + 1;
  const padding = Array.from({ length: records }, (_, i) => `p${i} TXT ${strings}\n`).join('');
  for (let version = 1; version <= 5; version++) {
    store.set(apex, compileText('a.example', zoneFile(version, `${version}`, padding)));
    for (let i = 0; i < 5; i++) assert.equal(await ask(), `${version}`);
  }
  const epoch = Atomics.load(new Int32Array(store.control), CONTROL_EPOCH);
  assert.ok(epoch >= 4);
  const seen = () => statuses.map((status) => status.seen());
  for (let i = 0; i < 200 && seen().some((one) => one < epoch); i++) await setTimeout(10);
  assert.deepEqual(seen(), [epoch, epoch]);
  store.remove(apex);
  assert.equal(await ask(), 'REFUSED');
});
