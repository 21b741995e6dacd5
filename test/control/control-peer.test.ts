/**
 * PowerDNS's server and ours, asked the same in raw octets: replies are equal, or a row says how they differ. Our
 * client and PowerDNS's server understand each other, too. Must not know: our commands’ code.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runControl } from '../../src/control/control-client.js';
import { controlSocketPath } from '../../src/control/control-socket.js';
import { freePort, programPath, requirePeer } from '../peers/peer.js';
import { fakeServer, fakeZone } from './control-fake.js';
import { ask, startChannel, testFolder } from './control-sockets.js';

const ZONE = '$TTL 300\n@ SOA ns1 hm 1 2h 15m 2w 5m\n NS ns1\nns1 A 192.0.2.1\n';
const START_TRIES = 100;

/** Runs pdns_server with zones a.example, b.example and s.example. @returns its control socket */
async function startPowerDns(t: TestContext): Promise<string> {
  const folder = testFolder(t);
  for (const name of ['a', 'b']) writeFileSync(join(folder, `${name}.zone`), ZONE);
  const named = join(folder, 'named.conf');
  writeFileSync(
    named,
    `zone "a.example" { type master; file "${join(folder, 'a.zone')}"; };\n` +
      `zone "b.example" { type native; file "${join(folder, 'b.zone')}"; };\n` +
      `zone "s.example" { type slave; file "${join(folder, 's.zone')}"; masters { 127.0.0.9; }; };\n`,
  );
  const settings = {
    'config-dir': folder,
    daemon: 'no',
    guardian: 'no',
    launch: 'bind',
    'bind-config': named,
    'local-address': '127.0.0.1',
    'local-port': await freePort(),
    'socket-dir': folder,
    'security-poll-suffix': '',
    'write-pid': 'no',
    'disable-syslog': 'yes',
    master: 'yes',
  };
  const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const server = spawn(programPath('pdns_server') ?? '', args, { stdio: 'ignore' });
  t.after(() => end(server));
  const path = controlSocketPath(folder, '');
  for (let i = 0; i < START_TRIES; i++) {
    if (server.exitCode !== null) break;
    const reply = await ask(path, 'list-zones\n').catch(() => '');
    if (reply.endsWith('All zonecount: 3')) return path;
    await sleep(100);
  }
  throw new Error('pdns_server does not answer');
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill('SIGKILL');
  await new Promise((resolve) => server.once('close', resolve));
}

const EQUAL: readonly string[] = [
  'rping',
  'RPing',
  ' rping ',
  'rping and more',
  '',
  '   ',
  'bogus a b',
  "a'b",
  'rping\tx',
  'bogusé',
  'show',
  'show a b',
  'show nope',
  'show nope*',
  'show UPTIME',
  'set',
  'set a',
  'set a b',
  'set a b c',
  'set query-logging no',
  'current-config bogus',
  'current-config diff x',
  'list-zones master',
  'list-zones slave',
  'list-zones primary x',
  'list-zones bogus',
  'notify',
  'notify a b',
  'notify-host',
  'notify-host a.example nope',
  'notify-host a.example 127.0.0.1',
  // before anything is asked for: PowerDNS takes it out again when it likes
  'xfr-queue',
  'retrieve',
  'retrieve a b c',
  'retrieve s.example nope',
  'retrieve s.example 127.0.0.3:5301',
  'retrieve a.example',
  'retrieve nosuch',
  'remotes',
  'bind-add-zone',
  'bind-add-zone x',
  'bind-add-zone x y',
  'bind-add-zone x /nosuch/missing',
  'bind-add-zone a.example /a',
  'bind-domain-status nosuch',
  'bind-domain-status a\tb',
  'bind-domain-extended-status nosuch.',
  'bind-reload-now',
  'bind-reload-now nosuch nosuch.',
  'rping\nversion',
  'purge a.example',
];

/** What differs from 4.7, and why. */
const DIFFERENT: readonly (readonly [line: string, theirs: RegExp, ours: RegExp, why: string])[] = [
  [
    'notify a.example',
    /^Added to queue$/,
    /^Added a\.example to queue$/,
    'names the zone, as later versions do',
  ],
  [
    'notify nosuch',
    /^Failed to add to the queue/,
    /^Failed to add nosuch to/,
    'names zone and reason',
  ],
  [
    'notify a..b',
    /^Failed to parse zone/,
    /^Failed to parse 'a\.\.b'/,
    'names it, as later versions do',
  ],
  ['ping', /^Unknown command: 'PING'$/, /^PONG$/, 'there without a guardian'],
  ['status', /^Unknown command/, /^\d+: /, 'there without a guardian'],
  ['list', /^Unknown command/, /^\w+-\w+=\d+,/, 'its client sends another command'],
  [
    'ccounts',
    /queries: \d+packets: \d+$/,
    /queries: 0, packets: 0$/,
    'has the comma, as later versions do',
  ],
  ['token-login', /^invalid number/, /^PKCS#11 support not compiled in$/, 'as without support'],
  [
    'bind-domain-status a.example',
    /^a\.example: \tparsed /,
    /^a\.example: \tparsed /,
    'other time',
  ],
];

/** A status without its times. */
const timeless = (text: string) =>
  text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}/g, 'TIME');

test('replies are PowerDNS’s, octet by octet', async (t) => {
  if (!requirePeer(t, 'pdns_server')) return;
  const theirs = await startPowerDns(t);
  const zones = [
    fakeZone('a.example', { kind: 'primary' }),
    fakeZone('b.example'),
    fakeZone('s.example', { kind: 'secondary', primaries: ['127.0.0.9'] }),
  ];
  const target = fakeServer(zones, { transferQueue: () => [] });
  const { path: ours } = await startChannel(t, { target });
  for (const line of EQUAL) {
    assert.equal(await ask(ours, `${line}\n`), await ask(theirs, `${line}\n`), line);
  }
  for (const [line, their, our, why] of DIFFERENT) {
    assert.match(await ask(theirs, `${line}\n`), their, `${line}: ${why}`);
    assert.match(await ask(ours, `${line}\n`), our, `${line}: ${why}`);
  }
  for (const line of ['bind-domain-status', 'bind-reload-now']) {
    const [our, their] = await Promise.all(
      [ours, theirs].map((path) => ask(path, `${line} a.example. b.example nosuch\n`)),
    );
    assert.equal(timeless(our ?? ''), timeless(their ?? ''), line);
  }
});

test('every command of PowerDNS’s help is in ours, and our client speaks to its server', async (t) => {
  if (!requirePeer(t, 'pdns_server')) return;
  const theirs = await startPowerDns(t);
  const { path: ours } = await startChannel(t);
  const namesOf = (help: string) => help.split('\n').map((line) => line.split(' ')[0] ?? '');
  const ourNames = new Set(namesOf(await ask(ours, 'help\n')));
  const theirNames = namesOf(await ask(theirs, 'help\n'));
  assert.ok(theirNames.length > 20);
  assert.deepEqual(
    theirNames.filter((name) => !ourNames.has(name)),
    [],
  );
  const rows: readonly (readonly [line: string, code: number, out: RegExp, err: RegExp])[] = [
    ['rping', 0, /^PONG\n$/, /^$/],
    ['list', 0, /^backend-queries=/, /^$/],
    ['show nope', 1, /^$/, /^Unknown\n$/],
    ['stop', 0, /^Exiting\n$/, /^$/],
  ];
  for (const [line, code, out, err] of rows) {
    const kept = { out: '', err: '' };
    const got = await runControl(
      line.split(' '),
      {
        endpoint: { kind: 'unix', path: theirs },
        timeoutMs: 7000,
        json: false,
        zonesWithStatus: true,
      },
      {
        stdout: { write: (text: string) => (kept.out += text) },
        stderr: { write: (text: string) => (kept.err += text) },
        terminal: false,
      },
    );
    assert.equal(got, code, line);
    assert.match(kept.out, out);
    assert.match(kept.err, err);
  }
});
