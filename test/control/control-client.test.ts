/**
 * Our client and PowerDNS's against our server, and our client against servers of other kinds: what is printed where,
 * and the exit code. Must not know: the octets between them.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ControlClientOptions, runControl } from '../../src/control/control-client.js';
import { type ControlConfig, runControlProgram } from '../../src/control/control-program.js';
import { requirePeer } from '../peers/peer.js';
import { fakeServer, fakeZone } from './control-fake.js';
import { startChannel, testFolder } from './control-sockets.js';

process.env['TZ'] = 'UTC';

const PROGRAM = fileURLToPath(new URL('../../src/pdns-control.js', import.meta.url));
const PARSED = 'parsed into memory at 2026-11-21 13:56:47 +0000';

type Printed = { readonly code: number | null; readonly out: string; readonly err: string };

/** Streams that keep what is written. */
function keptStreams(terminal = false) {
  const kept = { out: '', err: '' };
  const stdout = { write: (text: string) => (kept.out += text) };
  const stderr = { write: (text: string) => (kept.err += text) };
  return { kept, streams: { stdout, stderr, terminal } };
}

/** Runs our client as a function. @param line the command, cut at spaces */
async function control(
  path: string,
  line: string,
  options: Partial<ControlClientOptions> = {},
  terminal = false,
): Promise<Printed> {
  const { kept, streams } = keptStreams(terminal);
  const code = await runControl(
    line.split(' '),
    {
      endpoint: { kind: 'unix', path },
      timeoutMs: 7000,
      json: false,
      zonesWithStatus: false,
      ...options,
    },
    streams,
  );
  return { code, ...kept };
}

/** Runs a program to its end. */
async function run(command: string, args: readonly string[]): Promise<Printed> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

// --- our server -------------------------------------------------------------------------------------------------

const STALE = 'stale.example: [rejected]\t error at ';

test('the exit code says whether the command did what it was asked for', async (t) => {
  const { path } = await startChannel(t);
  const rows: readonly (readonly [line: string, code: number, out: RegExp, err: RegExp])[] = [
    ['rping', 0, /^PONG\n$/, /^$/],
    [
      'bind-reload-now a.example',
      0,
      new RegExp(`^a.example: \t${PARSED.replace('+', '\\+')}\n$`),
      /^$/,
    ],
    ['bind-reload-now stale.example', 1, new RegExp(`^${STALE.replace('[', '\\[')}.*\n$`), /^$/],
    ['bind-reload-now nosuch', 1, /^nosuch no such domain\n$/, /^$/],
    ['bind-domain-status a..b', 1, /^a\.\.b no such domain: not a domain name\n$/, /^$/],
    ['bind-list-rejects', 0, /^stale\.example\t/, /^$/],
    ['notify nosuch', 1, /^Failed to add nosuch to the queue/, /^$/],
    ['show nosuch', 1, /^$/, /^Unknown\n$/],
    ['bogus', 1, /^$/, /^Unknown command: 'BOGUS'\n$/],
    ['remotes', 0, /^$/, /^$/],
    ['', 2, /^$/, /^error: no command given/],
    ['notify a\nb', 2, /^$/, /^error: a command is one line\n$/],
    ['notify  a', 2, /^$/, /^error: .* empty or has spaces: ''\n$/],
  ];
  for (const [line, code, out, err] of rows) {
    const printed = await control(path, line);
    assert.equal(printed.code, code, line);
    assert.match(printed.out, out);
    assert.match(printed.err, err);
  }
});

test('one argument may be a whole line', async (t) => {
  const { path } = await startChannel(t);
  const { kept, streams } = keptStreams();
  const endpoint = { kind: 'unix', path } as const;
  const options = { endpoint, timeoutMs: 7000, json: false, zonesWithStatus: false };
  assert.equal(await runControl(['show udp-queries'], options, streams), 0);
  assert.equal(kept.out, '12\n');
});

test('a person sees progress, a program the JSON document, status the zones', async (t) => {
  const { path } = await startChannel(t);
  const seen = await control(path, 'bind-reload-now a.example', {}, true);
  assert.equal(seen.err, '# a.example loaded\n');
  const { out } = await control(path, 'bind-reload-now a.example', { json: true });
  const { ok, text } = JSON.parse(out);
  assert.deepEqual([ok, text], [true, `a.example: \t${PARSED}\n`]);
  const table = (await control(path, 'status', { zonesWithStatus: true })).out.split('\n');
  assert.equal(table[1]?.split(/ +/).slice(0, 3).join(' '), 'zone kind serial');
  assert.equal(table.length, 9);
  const line = await control(path, 'status');
  assert.equal(line.out, `${table[0]}\n`);
});

test('over TCP the client sends the secret, and says what is refused', async (t) => {
  const tcp = { address: '127.0.0.1', port: 0, secret: 'sss', range: ['127.0.0.0/8'] };
  const { channel } = await startChannel(t, { tcp });
  const port = Number(channel.endpoints[0]?.split(':')[1]);
  const endpoint = { kind: 'tcp', address: '127.0.0.1', port, secret: 'sss' } as const;
  assert.deepEqual(await control('', 'rping', { endpoint }), { code: 0, out: 'PONG\n', err: '' });
  const wrong = await control('', 'rping', { endpoint: { ...endpoint, secret: 'x' } });
  assert.deepEqual([wrong.code, wrong.out], [1, 'Wrong password\n']);
});

test('a command may take longer than the timeout while the server lives', async (t) => {
  const target = fakeServer([fakeZone('a.example')], {
    reloadNow: async (names, progress) => {
      for (let i = 0; i < 8; i++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        progress(`${i} of 8`);
      }
      return names.map((name) => ({ name, zone: fakeZone(name) }));
    },
  });
  const { path } = await startChannel(t, { target });
  const { code } = await control(path, 'bind-reload-now a.example', { timeoutMs: 500 });
  assert.equal(code, 0);
});

test('PowerDNS’s own client gets what it expects of each command', async (t) => {
  if (!requirePeer(t, 'pdns_control')) return;
  const { folder, target } = await startChannel(t);
  const rows: readonly (readonly [
    args: readonly string[],
    code: number,
    out: string,
    err: string,
  ])[] = [
    [['rping'], 0, 'PONG\n', ''],
    [['ping'], 0, 'PONG\n', ''],
    [['version'], 0, '1.2.3\n', ''],
    [['list'], 0, 'udp-queries=12,udp-answers=11,uptime=90,\n', ''],
    [['show', 'udp-queries'], 0, '12\n', ''],
    [['show', 'nosuch'], 1, '', 'Unknown\n'],
    [['bogus'], 1, '', "Unknown command: 'BOGUS'\n"],
    [['bind-reload-now', 'a.example'], 0, `a.example: \t${PARSED}\n\n`, ''],
    [['bind-domain-status', 'a..b'], 0, 'a..b no such domain: not a domain name\n\n', ''],
    [['list-zones', 'secondary'], 0, 's.example.\nSlave zonecount: 1\n', ''],
    [['notify', '*'], 0, 'Added 2 MASTER/SLAVE/PRODUCER/CONSUMER zones to queue\n', ''],
    [['retrieve', 'nosuch'], 0, " Zone 'nosuch.' unknown\n", ''],
    [
      ['xfr-queue'],
      0,
      's.example. 127.0.0.9\nbig.example. 127.0.0.9:5300 40000 records 1000000 octets 2 s\n\n',
      '',
    ],
    [['qtypes'], 0, 'SOA\t2\nAAAA\t1\n\n', ''],
    [['current-config', 'diff'], 0, 'launch=bind\n\n', ''],
    [['stop'], 0, 'Exiting\n', ''],
    [['quit'], 0, 'Exiting\n', ''],
  ];
  for (const [args, code, out, err] of rows) {
    const printed = await run('pdns_control', ['--no-config', `--socket-dir=${folder}`, ...args]);
    const stderr = printed.err.trim() === err.trim() ? err : printed.err;
    assert.deepEqual({ ...printed, err: stderr }, { code, out, err }, args.join(' '));
  }
  assert.deepEqual(target.calls, ['reloadNow a.example', 'quit', 'quit']);
});

// --- other servers ----------------------------------------------------------------------------------------------

/** A server that gives each request the next of these replies; `null` is silence. */
async function serveReplies(t: TestContext, replies: readonly (string | null)[]) {
  const path = join(testFolder(t), 'pdns.controlsocket');
  const requests: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', (chunk: Buffer) => {
      const reply = replies[requests.length] ?? null;
      requests.push(chunk.toString());
      if (reply !== null) socket.end(reply);
    });
  }).listen(path);
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { path, requests };
}

const FOREIGN = "Unknown command: 'JSON'";

test('a PowerDNS server is spoken to in its own way', async (t) => {
  const rows: readonly (readonly [line: string, asked: string, reply: string, Printed])[] = [
    ['rping', 'rping', 'PONG', { code: 0, out: 'PONG\n', err: '' }],
    ['list', 'SHOW *', 'a=1,', { code: 0, out: 'a=1,\n', err: '' }],
    ['stop', 'QUIT', 'Exiting', { code: 0, out: 'Exiting\n', err: '' }],
    ['show x', 'show x', 'Unknown', { code: 1, out: '', err: 'Unknown\n' }],
    ['xfr-queue', 'xfr-queue', '', { code: 0, out: '', err: '' }],
    [
      'status',
      'status',
      "Unknown command: 'STATUS'",
      { code: 1, out: '', err: "Unknown command: 'STATUS'\n" },
    ],
  ];
  for (const [line, asked, reply, printed] of rows) {
    const { path, requests } = await serveReplies(t, [FOREIGN, reply]);
    assert.deepEqual(await control(path, line, { zonesWithStatus: true }), printed, line);
    assert.equal(requests[1], `${asked}\n`);
  }
  const { path } = await serveReplies(t, [FOREIGN, 'PONG']);
  const { out } = await control(path, 'rping', { json: true });
  assert.deepEqual(JSON.parse(out), { ok: true, code: 'OK', text: 'PONG', data: null });
});

test('no answer is no success', async (t) => {
  const rows: readonly (readonly [reply: string | null, code: number, err: RegExp])[] = [
    [null, 2, /^error: no sign of life from .* for 0\.3 s\n$/],
    ['', 2, /^error: the connection ended before the reply was complete\n$/],
    ['Too many connections', 1, /^$/],
    [
      '{"ok":true,"code":"OK","te',
      2,
      /^error: the connection ended before the reply was complete\n$/,
    ],
    ['{"progress":"1 of 2"}\n', 2, /^error: the connection ended before the reply was complete\n$/],
    ['{"ok":1}\n', 2, /^error: the connection ended before/],
    ['{"progress":\n', 2, /^error: /],
  ];
  for (const [reply, code, err] of rows) {
    const { path } = await serveReplies(t, [reply]);
    const printed = await control(path, 'rping', { timeoutMs: 300 });
    assert.equal(printed.code, code, JSON.stringify(reply));
    assert.match(printed.err, err);
    assert.equal(printed.out, code === 1 ? `${reply}\n` : '');
  }
  const missing = await control(join(testFolder(t), 'none'), 'rping');
  assert.equal(missing.code, 2);
  assert.match(missing.err, /^error: cannot connect to .*none: .*ENOENT/);
});

// --- the program pdns_control -----------------------------------------------------------------------------------

test('the program takes PowerDNS’s options', async (t) => {
  const { folder } = await startChannel(t);
  const asked: (string | null)[][] = [];
  const readConfig = (dir: string | null, name: string | null): ControlConfig => {
    asked.push([dir, name]);
    if (dir === '/nowhere') throw new Error('/nowhere/pdns.conf: error: no such file');
    return { socketDir: dir === '/etc/dns' ? folder : '/none', tcpPort: 1, tcpSecret: 's' };
  };
  type Row = readonly [argv: readonly string[], code: number, out: RegExp, err: RegExp];
  const rows: readonly Row[] = [
    [[`--socket-dir=${folder}`, 'rping'], 0, /^PONG\n$/, /^$/],
    [['--socket-dir', folder, 'rping'], 0, /^PONG\n$/, /^$/],
    [['rping', '--config-dir=/etc/dns'], 0, /^PONG\n$/, /^$/],
    [
      ['--config-dir=/etc/dns', '--no-config', 'rping'],
      2,
      /^$/,
      /cannot connect to \/none\/pdns\./,
    ],
    [['--config-dir=/etc/dns', '--config-name=x', 'rping'], 2, /^$/, /pdns-x\.controlsocket: /],
    [['--config-dir=/nowhere', 'rping'], 2, /^$/, /^error: \/nowhere\/pdns\.conf: error: no such/],
    [[`--socket-dir=${folder}`, '--json', 'version'], 0, /^\{"ok":true,.*\}\n$/, /^$/],
    [[`--socket-dir=${folder}`, 'rediscover', '--force'], 0, /^Ok Done/, /^$/],
    [[`--socket-dir=${folder}`], 2, /^$/, /^error: no command given/],
    [['--remote-address=127.0.0.1', 'rping'], 2, /^$/, /cannot connect to 127\.0\.0\.1:1: /],
    [['--remote-address=localhost', 'rping'], 2, /^$/, /not an address: localhost/],
    [['--remote-address=::1', '--remote-port=0', 'rping'], 2, /^$/, /want 1 to 65535, not 0/],
    [['--timeout=soon', 'rping'], 2, /^$/, /want seconds, more than 0, not soon/],
    [['--bogus', 'rping'], 2, /^$/, /^error: .*'--bogus'/],
    [['--secret'], 2, /^$/, /^error: .*--secret/],
    [['--help'], 0, /--socket-dir=DIR/, /^$/],
    [['--version'], 0, /^9\.9\n$/, /^$/],
  ];
  const program = { name: 'pdns_control', version: '9.9', zonesWithStatus: false, readConfig };
  for (const [argv, code, out, err] of rows) {
    const { kept, streams } = keptStreams();
    const got = await runControlProgram(argv, program, streams);
    assert.equal(got, code, `${argv.join(' ')}: ${kept.err}`);
    assert.match(kept.out, out);
    assert.match(kept.err, err);
  }
  assert.deepEqual(asked.slice(2, 5), [
    ['/etc/dns', null],
    [null, null],
    ['/etc/dns', 'x'],
  ]);
});

test('the program runs, and its exit code is the command’s', async (t) => {
  const { folder } = await startChannel(t);
  const rows: readonly (readonly [command: string, printed: Printed])[] = [
    ['rping', { code: 0, out: 'PONG\n', err: '' }],
    ['show nosuch', { code: 1, out: '', err: 'Unknown\n' }],
  ];
  for (const [command, printed] of rows) {
    const args = [PROGRAM, '--no-config', `--socket-dir=${folder}`, ...command.split(' ')];
    assert.deepEqual(await run(process.execPath, args), printed);
  }
});
