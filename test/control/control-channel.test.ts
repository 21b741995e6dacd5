/**
 * The control channel's server, octet by octet: what is a request, what is not, and clients that mean harm. Whatever
 * one does is bounded, answered or closed, and others are served meanwhile. Must not know: commands.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerError } from '../../src/base/errors.js';
import {
  CONTROL_LINGER_MS,
  CONTROL_PATH_OCTETS_MAX,
  CONTROL_REQUEST_OCTETS_MAX,
} from '../../src/base/limits.js';
import { startControlChannel } from '../../src/control/control-channel.js';
import { fakeServer, fakeZone, keptLog } from './control-fake.js';
import { ask, open, readAll, startChannel, testFolder } from './control-sockets.js';

const TCP = { address: '127.0.0.1', port: 0, secret: 'sss', range: ['127.0.0.0/30', '::1'] };

/** A promise and what settles it. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

// --- what is a request ------------------------------------------------------------------------------------------

test('a request is the first line, or what came before the end', async (t) => {
  const { path } = await startChannel(t);
  const rows: readonly (readonly [octets: string | Buffer, half: boolean, reply: string])[] = [
    ['rping\n', false, 'PONG'],
    ['rping\r\n', false, 'PONG'],
    ['rping\nversion\n', false, 'PONG'],
    ['rping\n\n\n\n', true, 'PONG'],
    ['rping', true, 'PONG'],
    ['', true, ''],
    ['\n', false, 'Empty line'],
    [Buffer.from('fffe80\n', 'hex'), true, "Unknown command: '\u{fffd}\u{fffd}\u{fffd}'"],
    [Buffer.from([...Buffer.alloc(64), 10]), false, 'Request line with a NUL octet'],
  ];
  for (const [octets, half, reply] of rows) {
    assert.equal(await ask(path, octets, half), reply, JSON.stringify(octets.toString()));
  }
});

test('a line may come in pieces', async (t) => {
  const { path } = await startChannel(t);
  const socket = open(path);
  const reply = readAll(socket);
  for (const piece of ['r', 'pi', 'ng', '\nver']) {
    socket.write(piece);
    await sleep(1);
  }
  assert.equal(await reply, 'PONG');
});

test('json and progress ask for more than the text, in any order and case', async (t) => {
  const { path } = await startChannel(t);
  const pong = '{"ok":true,"code":"OK","text":"PONG","data":null}\n';
  const rows: readonly (readonly [line: string, reply: string])[] = [
    ['json rping', pong],
    ['JSON json Rping', pong],
    ['progress rping', 'PONG'],
    ['json progress rping', pong],
    ['json', '{"ok":false,"code":"REQUEST_EMPTY","text":"Empty line","data":null}\n'],
    ['json version', '{"ok":true,"code":"OK","text":"1.2.3","data":{"version":"1.2.3"}}\n'],
  ];
  for (const [line, reply] of rows) assert.equal(await ask(path, `${line}\n`), reply, line);
  const reload = 'bind-reload-now b.example nosuch\n';
  const plain = await ask(path, reload);
  assert.equal(await ask(path, `progress ${reload}`), `# b.example loaded\n${plain}`);
  const [first = '', document = ''] = (await ask(path, `progress json ${reload}`)).split(/(?<=\n)/);
  assert.equal(first, '{"progress":"b.example loaded"}\n');
  const { ok, code, text, data } = JSON.parse(document);
  assert.deepEqual([ok, code, text], [false, 'ZONE_UNKNOWN', plain]);
  assert.deepEqual(data[1], { name: 'nosuch', state: 'unknown' });
  assert.deepEqual([data[0].name, data[0].loadedAt], ['b.example', '2026-11-21T13:56:47.000Z']);
});

test('the JSON form of a zone has its problems with their places', async (t) => {
  const { path } = await startChannel(t);
  const { data } = JSON.parse(await ask(path, 'json bind-list-rejects\n'));
  assert.deepEqual(
    data.map(({ name, state, serial }: Record<string, unknown>) => [name, state, serial]),
    [
      ['stale.example', 'stale', 7],
      ['never.example', 'failed', null],
      ['s.example', 'failed', null],
    ],
  );
  assert.deepEqual(data[0].problems[1], {
    code: 'RDATA_ADDRESS',
    severity: 'error',
    file: '/zones/stale.zone',
    line: 5,
    column: 7,
    length: 11,
    message: 'invalid IPv4 address in A',
  });
});

test('a long command holds up no other, and one that is asked about says that it runs', async (t) => {
  const loading = gate();
  const target = fakeServer([fakeZone('a.example')], {
    reloadNow: async (names) => {
      await loading.passed;
      return names.map((name) => ({ name, zone: null }));
    },
  });
  const { path } = await startChannel(t, { target });
  const slow = open(path);
  slow.write('progress bind-reload-now a.example\n');
  assert.equal(await ask(path, 'rping\n'), 'PONG');
  const [pulse] = await once(slow, 'data');
  assert.match(pulse.toString(), /^# running for \d+ s\n$/);
  const reply = readAll(slow);
  loading.open();
  assert.equal(await reply, 'a.example no such domain\n');
});

test('a status of a hundred thousand zones is sent while it is made', async (t) => {
  const zones = Array.from({ length: 100_000 }, (_, i) => fakeZone(`zone-${i}.example`));
  const { path } = await startChannel(t, { target: fakeServer(zones) });
  const slow = open(path);
  slow.write('json zones-status\n');
  await once(slow, 'readable');
  assert.equal(await ask(path, 'rping\n'), 'PONG');
  const { text, data } = JSON.parse(await readAll(slow));
  assert.equal(data.length, zones.length);
  assert.equal(text.split('\n').length, zones.length + 3);
});

// --- clients that mean harm -------------------------------------------------------------------------------------

test('a line without end is refused at its limit', async (t) => {
  const { path } = await startChannel(t);
  const fits = `rping ${'x'.repeat(CONTROL_REQUEST_OCTETS_MAX - 6)}`;
  assert.equal(await ask(path, `${fits}\n`), 'PONG');
  const text = `Request line too long, at most ${CONTROL_REQUEST_OCTETS_MAX} octets`;
  assert.equal(await ask(path, `${fits}x\n`), text);
  assert.equal(await ask(path, Buffer.alloc(2 << 20, 0x61)), text);
  assert.equal(await ask(path, 'rping\n'), 'PONG');
});

test('long lines together are bounded', async (t) => {
  const { path } = await startChannel(t, { limits: { requestsOctetsMax: 1 << 20 } });
  const first = open(path);
  first.write(Buffer.alloc(700_000, 0x61));
  const second = open(path);
  second.write(Buffer.alloc(700_000, 0x61));
  const refused = await Promise.race([readAll(first), readAll(second)]);
  assert.equal(refused, 'Too many long requests at once');
  assert.equal(await ask(path, 'rping\n'), 'PONG');
  first.destroy();
  second.destroy();
  const long = `rping ${'x'.repeat(500_000)}\n`;
  for (let i = 0; i < 100 && (await ask(path, long)) !== 'PONG'; i++) await sleep(10);
  assert.equal(await ask(path, long), 'PONG');
});

test('who says nothing, or nothing whole, is told and closed', async (t) => {
  const { path } = await startChannel(t, { limits: { idleMs: 50 } });
  const text = 'Timeout: no complete request line';
  assert.deepEqual(await Promise.all([ask(path, ''), ask(path, 'rpi')]), [text, text]);
});

test('a thousand connections keep nobody out', async (t) => {
  const { path } = await startChannel(t);
  const idle: Socket[] = [];
  const ends: Promise<string>[] = [];
  while (idle.length < 1000) {
    // fewer than the kernel queues for a server
    const burst = Array.from({ length: 100 }, () => open(path));
    ends.push(...burst.map((socket) => readAll(socket).catch(() => 'reset')));
    assert.equal(await ask(path, 'rping\n'), 'PONG');
    idle.push(...burst);
  }
  const text = 'Too many connections, and nothing was asked on this one';
  assert.deepEqual(new Set(await Promise.all(ends.slice(0, 900))), new Set([text]));
  for (const socket of idle) socket.destroy();
});

test('commands beyond the limit are refused while all others run', async (t) => {
  const loading = gate();
  const both = gate();
  let count = 0;
  const target = fakeServer(undefined, {
    reloadNow: async () => {
      count++;
      if (count === 2) both.open();
      await loading.passed;
      return [];
    },
  });
  const { path, log } = await startChannel(t, { target, limits: { clientsMax: 2 } });
  const reload = 'bind-reload-now b.example\n';
  const running = [ask(path, reload), ask(path, reload)];
  await both.passed;
  const text = 'Too many connections, at most 2 at once';
  assert.equal(await ask(path, 'rping\n'), text);
  assert.ok(log.lines.some((line) => line.startsWith(`warn control.refused control: ${text}`)));
  loading.open();
  assert.deepEqual(await Promise.all(running), Array(2).fill('b.example no such domain\n'));
  assert.equal(await ask(path, 'rping\n'), 'PONG');
});

test('a client that does not read is dropped, and holds up nobody', async (t) => {
  const zones = Array.from({ length: 20_000 }, (_, i) => fakeZone(`zone-${i}.example`));
  const { path, log } = await startChannel(t, {
    target: fakeServer(zones),
    limits: { unreadMs: 100 },
  });
  const deaf = open(path);
  deaf.write('bind-domain-extended-status\n');
  assert.equal(await ask(path, 'rping\n'), 'PONG');
  const dropped = /^warn control.refused .*does not read its reply/;
  while (!log.lines.some((line) => dropped.test(line))) await sleep(20);
  const reply = await readAll(deaf).catch(() => 'reset');
  assert.ok(reply.length < 2 << 20, `${reply.length} octets`);
});

test('a client that goes away in between is no matter', async (t) => {
  const { path, log } = await startChannel(t);
  for (const octets of ['', 'rpi', 'rping\n', 'bind-domain-status\n']) {
    const socket = open(path);
    socket.write(octets);
    await once(socket, 'connect');
    socket.destroy();
  }
  assert.equal(await ask(path, 'rping\n'), 'PONG');
  assert.deepEqual(
    log.lines.filter((line) => !line.startsWith('info')),
    [],
  );
});

test('a client that goes on sending gets its reply and is closed', async (t) => {
  const { path } = await startChannel(t);
  const socket = open(path);
  socket.write('rping\n');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const feed = setInterval(() => socket.write('rping\n'.repeat(1000)), 20);
  const chunks: string[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  socket.on('error', () => socket.destroy());
  const guard = setTimeout(() => socket.destroy(new Error('never closed')), 5 * CONTROL_LINGER_MS);
  await closed;
  clearInterval(feed);
  clearTimeout(guard);
  assert.deepEqual(chunks, ['PONG']);
  assert.ok(socket.errored === null || !/never closed/.test(socket.errored.message));
});

test('a reply that fails half-way is cut and logged, before that it says so', async (t) => {
  const failingAfter = (count: number) =>
    function* () {
      for (let i = 0; i < count; i++) yield fakeZone(`zone-${i}.example`);
      throw new Error('zones lost');
    };
  const late = await startChannel(t, { target: fakeServer([], { zones: failingAfter(5000) }) });
  const cut = await ask(late.path, 'json bind-domain-status\n').catch(() => 'reset');
  assert.doesNotMatch(cut, /\n/);
  assert.ok(late.log.lines.includes('error control.failed control: zones lost'));
  const early = await startChannel(t, { target: fakeServer([], { zones: failingAfter(1) }) });
  assert.equal(await ask(early.path, 'bind-domain-status\n'), 'internal error: zones lost');
});

// --- starting and stopping --------------------------------------------------------------------------------------

/** Starts a channel that must not start. @returns code and text of the error */
async function refusal(socketPath: string | null, tcp: typeof TCP | null = null) {
  const target = fakeServer();
  try {
    const channel = await startControlChannel({ socketPath, tcp }, target, keptLog());
    await channel.stop();
    return { code: '', message: '' };
  } catch (error) {
    assert.ok(error instanceof ServerError, String(error));
    return { code: error.code, message: error.message };
  }
}

test('the socket is its owner’s and group’s, in a directory made for it', async (t) => {
  const folder = join(testFolder(t), 'a', 'b');
  const path = join(folder, 'pdns.controlsocket');
  const channel = await startControlChannel(
    { socketPath: path, tcp: null },
    fakeServer(),
    keptLog(),
  );
  assert.deepEqual(channel.endpoints, [path]);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(lstatSync(path).mode & 0o777, 0o660);
  assert.deepEqual(readdirSync(folder), ['pdns.controlsocket']);
  await channel.stop();
  assert.deepEqual(readdirSync(folder), []);
});

test('a directory that is there keeps its mode', async (t) => {
  const folder = join(testFolder(t), 'run');
  mkdirSync(folder, { mode: 0o755 });
  const path = join(folder, 'pdns.controlsocket');
  assert.deepEqual(await refusal(path), { code: '', message: '' });
  assert.equal(statSync(folder).mode & 0o777, 0o755);
});

test('a live server is not replaced, a dead one’s file is, and a stop leaves alone what is not ours', async (t) => {
  const { channel, path } = await startChannel(t);
  const busy = await refusal(path);
  assert.equal(busy.code, 'CONTROL_SOCKET_IN_USE');
  assert.ok(busy.message.includes(path));
  assert.equal(await ask(path, 'rping\n'), 'PONG');
  await channel.stop();
  await makeDeadSocket(path);
  const again = await startControlChannel({ socketPath: path, tcp: null }, fakeServer(), keptLog());
  assert.equal(await ask(path, 'rping\n'), 'PONG');
  await makeDeadSocket(`${path}.other`);
  renameSync(`${path}.other`, path);
  await again.stop();
  assert.ok(existsSync(path));
});

/** Leaves a socket file behind, as a server does that was killed. */
async function makeDeadSocket(path: string): Promise<void> {
  const server = createServer().listen(`${path}.live`);
  await once(server, 'listening');
  renameSync(`${path}.live`, path);
  server.close();
  await once(server, 'close');
  assert.ok(lstatSync(path).isSocket());
}

test('what cannot be listened at is refused with the reason', async (t) => {
  const folder = testFolder(t);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const long = join(folder, 'x'.repeat(CONTROL_PATH_OCTETS_MAX));
  const rows: readonly (readonly [path: string, code: string, text: RegExp])[] = [
    [file, 'CONTROL_SOCKET_PATH', /file is there and is no socket/],
    [folder, 'CONTROL_SOCKET_PATH', /is there and is no socket/],
    [long, 'CONTROL_SOCKET_PATH', /has \d+ octets, and 107 at most/],
    [
      join(file, 'pdns.controlsocket'),
      'CONTROL_LISTEN_FAILED',
      /control socket .*file.*(ENOTDIR|EEXIST)/,
    ],
  ];
  for (const [path, code, text] of rows) {
    const refused = await refusal(path);
    assert.equal(refused.code, code, path);
    assert.match(refused.message, text);
  }
  assert.deepEqual(readdirSync(folder), ['file']);
});

test('a stop answers commands that run, and quit is answered before it happens', async (t) => {
  const target = fakeServer(undefined, { reloadNow: () => new Promise(() => {}) });
  const { channel, path } = await startChannel(t, { target });
  const running = open(path);
  running.write('bind-reload-now b.example\n');
  const idle = readAll(open(path)).catch(() => 'reset');
  assert.equal(await ask(path, 'quit\n'), 'Exiting');
  assert.deepEqual(target.calls, ['quit']);
  const reply = readAll(running);
  await channel.stop();
  assert.equal(await reply, 'the server stops');
  assert.match(await idle, /^$|reset/);
});

// --- TCP --------------------------------------------------------------------------------------------------------

function endpointOn(channel: { readonly endpoints: readonly string[] }): string {
  return channel.endpoints[0] ?? '';
}

test('over TCP the secret comes first, from allowed addresses', async (t) => {
  const { channel, log } = await startChannel(t, { tcp: TCP });
  const endpoint = endpointOn(channel);
  const rows: readonly (readonly [octets: string, half: boolean, reply: string])[] = [
    ['sss\nrping\n', false, 'PONG'],
    ['sss \r\njson rping\n', false, '{"ok":true,"code":"OK","text":"PONG","data":null}\n'],
    ['sss\nrping', true, 'PONG'],
    ['sss\n', true, ''],
    ['sss', true, ''],
    ['rping\n', false, 'Wrong password'],
    ['ssss\nrping\n', false, 'Wrong password'],
    ['\nrping\n', false, 'Wrong password'],
  ];
  for (const [octets, half, reply] of rows) {
    assert.equal(await ask(endpoint, octets, half), reply, JSON.stringify(octets));
  }
  assert.ok(log.lines.includes('warn control.refused control: wrong password from 127.0.0.1'));
});

test('addresses that are not allowed are turned away, IPv6 ones too', async (t: TestContext) => {
  const { channel } = await startChannel(t, { tcp: { ...TCP, range: ['192.0.2.0/24', '::1'] } });
  assert.equal(await ask(endpointOn(channel), 'sss\nrping\n'), 'Access denied to 127.0.0.1\n');
  const six = await startChannel(t, { tcp: { ...TCP, address: '::1' } });
  assert.equal(await ask(endpointOn(six.channel), 'sss\nrping\n'), 'PONG');
  const none = await startChannel(t, { tcp: { ...TCP, address: '::1', range: ['127.0.0.0/8'] } });
  assert.equal(await ask(endpointOn(none.channel), 'sss\nrping\n'), 'Access denied to ::1\n');
});

test('TCP without secret, with a wrong prefix or a taken port does not start', async (t) => {
  const taken: Socket[] = [];
  const server = createServer((socket) => taken.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const path = join(testFolder(t), 'pdns.controlsocket');
  const rows: readonly (readonly [tcp: typeof TCP, code: string, text: RegExp])[] = [
    [{ ...TCP, secret: '' }, 'CONTROL_TCP_INVALID', /tcp-control-secret/],
    [{ ...TCP, secret: 'two words' }, 'CONTROL_TCP_INVALID', /tcp-control-secret/],
    [{ ...TCP, range: ['127.0.0.0/33'] }, 'CONTROL_TCP_INVALID', /not a prefix: 127\.0\.0\.0\/33/],
    [{ ...TCP, range: ['localhost'] }, 'CONTROL_TCP_INVALID', /not a prefix: localhost/],
    [{ ...TCP, range: ['::1/x'] }, 'CONTROL_TCP_INVALID', /not a prefix: ::1\/x/],
    [{ ...TCP, port }, 'CONTROL_LISTEN_FAILED', /EADDRINUSE/],
  ];
  for (const [tcp, code, text] of rows) {
    const refused = await refusal(path, tcp);
    assert.equal(refused.code, code);
    assert.match(refused.message, text);
    assert.equal(existsSync(path), false);
  }
});
