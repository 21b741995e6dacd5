/** The command as a process: exit codes, signals, what it says. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { askTcp, UdpClient } from './client.js';
import { temporaryDirectory, zoneFile } from './test-server.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

type Run = { child: ChildProcess; output: () => string; exit: Promise<number | null> };

function run(t: TestContext, ...args: string[]): Run {
  const own = temporaryDirectory(t);
  const env = { ...process.env, HOTZONE_SOCKET_DIR: own, HOTZONE_STATE_DIR: own };
  const child = spawn(process.execPath, [MAIN, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  t.after(() => child.kill('SIGKILL'));
  return { child, output: () => output, exit };
}

async function said(server: Run, pattern: RegExp): Promise<RegExpExecArray> {
  for (let i = 0; i < 1500; i++) {
    const match = pattern.exec(server.output());
    if (match !== null) return match;
    await setTimeout(10);
  }
  throw new Error(`never said ${pattern}: ${server.output()}`);
}

async function serving(t: TestContext, zones: string): Promise<{ server: Run; port: number }> {
  const server = run(t, 'serve', zones, '--local-port', '0');
  const port = Number((await said(server, /listening on 127\.0\.0\.1:(\d+)/))[1]);
  await said(server, /"event":"ready"/);
  return { server, port };
}

test('serves a directory, compares with the disk on HUP, and ends cleanly on TERM', async (t) => {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, 'zones'));
  writeFileSync(join(root, 'outside'), zoneFile(1, 'one'));
  linkSync(join(root, 'outside'), join(root, 'zones/a.example.zone'));
  writeFileSync(join(root, 'zones/b.example.zone'), 'nonsense\n');
  const { server, port } = await serving(t, join(root, 'zones'));
  await said(server, /b\.example: rejected with \d+ errors?, it has never loaded \(SERVFAIL\)/);
  await said(server, /serving 1 zone with 4 records, 1 rejected/);
  const client = new UdpClient(port);
  t.after(() => client.close());
  assert.deepEqual(await client.ask('t.a.example'), { rcode: 'NOERROR', txt: 'one' });
  assert.deepEqual(await askTcp(port, ['t.a.example', 't.b.example', 't.c.example']), [
    { rcode: 'NOERROR', txt: 'one' },
    { rcode: 'SERVFAIL', txt: null },
    { rcode: 'REFUSED', txt: null },
  ]);
  // Written through its other name, in a directory that is not watched: no event.
  writeFileSync(join(root, 'outside'), zoneFile(2, 'two'));
  server.child.kill('SIGHUP');
  await said(server, /serial 2 \(was 1\)/);
  const before = performance.now();
  server.child.kill('SIGTERM');
  assert.equal(await server.exit, 0);
  assert.ok(performance.now() - before < 2000);
  await said(server, /stopping: SIGTERM/);
});

test('what cannot be served or bound is exit code 1, and said', async (t) => {
  const root = temporaryDirectory(t);
  const missing = run(t, 'serve', join(root, 'nothing'));
  assert.equal(await missing.exit, 1);
  assert.match(missing.output(), /no zones at .*nothing: ENOENT/);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.after(() => taken.close());
  const address = taken.address();
  assert.ok(address !== null && typeof address === 'object');
  const second = run(t, 'serve', root, '--local-port', String(address.port));
  assert.equal(await second.exit, 1);
  assert.match(second.output(), /cannot listen on 127\.0\.0\.1:\d+ \((?:TCP|UDP)\): .*EADDRINUSE/);
});

test('a second server on the same control socket is refused, and the first goes on', async (t) => {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, 'zones'));
  writeFileSync(join(root, 'zones/a.example.zone'), zoneFile(1, 'one'));
  const args = ['serve', join(root, 'zones'), '--local-port', '0', '--socket-dir', root];
  const first = run(t, ...args);
  const port = Number((await said(first, /listening on 127\.0\.0\.1:(\d+)/))[1]);
  const second = run(t, ...args);
  assert.equal(await second.exit, 1);
  assert.match(second.output(), /another server uses the control socket .*pdns\.controlsocket/);
  assert.doesNotMatch(second.output(), /listening on/);
  const client = new UdpClient(port);
  t.after(() => client.close());
  assert.deepEqual(await client.ask('t.a.example'), { rcode: 'NOERROR', txt: 'one' });
});

test('wrong usage is exit code 2', async (t) => {
  const rows = [
    ['serve', '--local-port', '70000'],
    ['serve', '--local-address', 'localhost'],
    ['serve', '--any', 'some'],
    ['serve', '--rescan-interval', '-1'],
    ['serve', '--no-such-option'],
    ['no-such-command'],
  ];
  for (const args of rows) {
    const wrong = run(t, ...args);
    assert.equal(await wrong.exit, 2, args.join(' '));
    assert.match(wrong.output(), /error: /);
  }
});

test('help and version', async (t) => {
  const rows: [args: string[], output: RegExp][] = [
    [[], /Usage: hotzone .*serve/s],
    [['--help'], /Usage: hotzone .*serve/s],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['serve', '--help'], /--allow-mass-removal .*--local-address .*Signals:/s],
  ];
  for (const [args, output] of rows) {
    const help = run(t, ...args);
    assert.equal(await help.exit, 0);
    assert.match(help.output(), output);
  }
});
