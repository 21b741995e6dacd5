/**
 * Every command: the octets of its plain reply, which are PowerDNS's where it has the command, and the code of its JSON
 * reply. Must not know: how the server behind it works.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeServer, fakeZone } from './control-fake.js';
import { ask, startChannel } from './control-sockets.js';

process.env['TZ'] = 'UTC';

const PARSED = 'parsed into memory at 2026-11-21 13:56:47 +0000';
const STALE =
  " error at 2026-11-21 13:57:47 +0000 parsing 'stale.example' from file '/zones/stale.zone': " +
  '/zones/stale.zone:5:7: error: invalid IPv4 address in A [RDATA_ADDRESS] (1 of 2 errors); ' +
  'serial 7 of 2026-11-21 13:56:47 +0000 is still served';
const NEVER =
  " error at 2026-11-21 13:57:47 +0000 parsing 'never.example' from file '/zones/never.zone': " +
  '/zones/never.zone: error: no such file [FILE_UNREADABLE]; nothing is served';
const UNTRANSFERRED =
  " error at 2026-11-21 13:57:47 +0000 no file found for new secondary domain 's.example'. " +
  "Has not been AXFR'd yet";
const EXTENDED_S =
  `s.example: \n\t Status: ${UNTRANSFERRED}\n\t Internal ID: 5\n\t On-disk file: /zones/s.zone (0)\n` +
  '\t Kind: Secondary\n\t Primaries: \n\t\t - 127.0.0.9:53\n\t\t - 192.0.2.7:5301\n' +
  '\t\t - [2001:db8::1]:53\n\t Also Notify: \n\t Number of records: 0\n\t Loaded: 0\n' +
  '\t Check now: 0\n\t Check interval: 0\n\t Last check: 1795269467\n\t Last notified: 0\n';
const EXTENDED_A =
  `a.example: \n\t Status: ${PARSED}\n\t Internal ID: 1\n\t On-disk file: /zones/a.zone (1795269347)\n` +
  '\t Kind: Primary\n\t Primaries: \n\t Also Notify: \n\t\t - 127.0.0.1\n' +
  '\t Number of records: 3\n\t Loaded: 1\n\t Check now: 0\n\t Check interval: 0\n' +
  '\t Last check: 1795269407\n\t Last notified: 7\n';

type Row = readonly [line: string, text: string, code: string];

const ROWS: readonly Row[] = [
  ['rping', 'PONG', 'OK'],
  ['RPing', 'PONG', 'OK'],
  ['  rping  \r', 'PONG', 'OK'],
  ['rping and more', 'PONG', 'OK'],
  ['ping', 'PONG', 'OK'],
  ['', 'Empty line', 'REQUEST_EMPTY'],
  ['   ', 'Empty line', 'REQUEST_EMPTY'],
  ['bogus a b', "Unknown command: 'BOGUS'", 'COMMAND_UNKNOWN'],
  ['rping\tx', "Unknown command: 'RPING\tX'", 'COMMAND_UNKNOWN'],
  ['bogusé\u0001', "Unknown command: 'BOGUSé\u0001'", 'COMMAND_UNKNOWN'],
  ["a'b", "Unknown command: 'A'B'", 'COMMAND_UNKNOWN'],
  ['rp\0ing', 'Request line with a NUL octet', 'REQUEST_INVALID'],
  ['version', '1.2.3', 'OK'],
  ['uptime', '1.5 minutes', 'OK'],
  ['status', `${process.pid}: 6 zones, 9 records, 3 rejected, 1 being loaded`, 'OK'],
  ['quit now', 'Exiting', 'OK'],
  ['stop', 'Exiting', 'OK'],
  ['cycle', 'ok', 'OK'],
  ['reload', 'Ok', 'OK'],
  ['rediscover', 'Ok Done parsing domains, 0 rejected, 1 new, 2 removed', 'OK'],
  ['rediscover --force', 'Ok Done parsing domains, 0 rejected, 1 new, 2 removed', 'OK'],
  ['rediscover --frce', 'Syntax: rediscover [--force]', 'USAGE'],
  ['purge', '0', 'OK'],
  ['purge a.example$', '0', 'OK'],
  ['purge $', '0', 'OK'],
  ['purge a..b$', "Failed to parse 'a..b$' as a name", 'NAME_INVALID'],
  ['ccounts', 'negative queries: 0, queries: 0, packets: 0', 'OK'],
  ['flush', 'Ok', 'OK'],
  ['list', 'udp-queries=12,udp-answers=11,uptime=90,', 'OK'],
  ['show *', 'udp-queries=12,udp-answers=11,uptime=90,', 'OK'],
  ['show  udp-queries ', '12', 'OK'],
  ['show UDP-QUERIES', 'Unknown', 'STATISTIC_UNKNOWN'],
  ['show udp-*', 'udp-queries=12,udp-answers=11,', 'OK'],
  ['show nope*', '', 'OK'],
  ['show', 'Wrong number of parameters', 'USAGE'],
  ['show a b', 'Wrong number of parameters', 'USAGE'],
  ['set query-logging yes', 'done', 'OK'],
  ['set a b', 'This setting cannot be changed at runtime, or no such setting', 'SETTING_UNKNOWN'],
  ['set a', 'Syntax: set variable value', 'USAGE'],
  ['set a b c', 'Syntax: set variable value', 'USAGE'],
  ['current-config', 'launch=bind\nprimary=no\n', 'OK'],
  ['current-config diff', 'launch=bind\n', 'OK'],
  ['current-config bogus', 'Syntax: current-config [diff]', 'USAGE'],
  ['current-config diff x', 'Syntax: current-config [diff]', 'USAGE'],
  ['qtypes', 'SOA\t2\nAAAA\t1\n', 'OK'],
  ['respsizes', '', 'OK'],
  ['remotes x', '', 'OK'],
  ['token-login a b c', 'PKCS#11 support not compiled in', 'UNSUPPORTED'],
  [
    'list-zones',
    'a.example.\nb.example.\nstale.example.\nnever.example.\ns.example.\nnew.example.\nAll zonecount: 6',
    'OK',
  ],
  ['list-zones master', 'a.example.\nstale.example.\nMaster zonecount: 2', 'OK'],
  ['list-zones Primary', 'a.example.\nstale.example.\nMaster zonecount: 2', 'OK'],
  ['list-zones slave', 's.example.\nSlave zonecount: 1', 'OK'],
  ['list-zones secondary x', 's.example.\nSlave zonecount: 1', 'OK'],
  ['list-zones bogus', 'b.example.\nnever.example.\nnew.example.\nNative zonecount: 3', 'OK'],
  ['list-zones producer', 'Producer zonecount: 0', 'OK'],
  ['notify', 'syntax: notify zone', 'USAGE'],
  ['notify a b', 'syntax: notify zone', 'USAGE'],
  ['notify a.example.', 'Added a.example to queue', 'OK'],
  ['notify *', 'Added 2 MASTER/SLAVE/PRODUCER/CONSUMER zones to queue', 'OK'],
  ['notify nosuch', 'Failed to add nosuch to the queue - no such zone', 'ZONE_UNKNOWN'],
  [
    'notify b.example',
    'Failed to add b.example to the queue - this zone notifies nobody',
    'ZONE_UNFIT',
  ],
  ['notify a..b', "Failed to parse 'a..b' as a valid zone name", 'NAME_INVALID'],
  ['notify-host a.example', 'syntax: notify-host zone ip', 'USAGE'],
  ['notify-host a.example 127.0.0.1', 'Added to queue', 'OK'],
  ['notify-host a.example 127.0.0.1:5301', 'Added to queue', 'OK'],
  ['notify-host a.example [::1]:5301', 'Added to queue', 'OK'],
  ['notify-host a.example ::1', 'Added to queue', 'OK'],
  ['notify-host a.example nope', "Unable to convert 'nope' to an IP address", 'ADDRESS_INVALID'],
  [
    'notify-host a.example 127.0.0.1:70000',
    "Unable to convert '127.0.0.1:70000' to an IP address",
    'ADDRESS_INVALID',
  ],
  ['notify-host a..b ::1', "Failed to parse 'a..b' as a valid zone name", 'NAME_INVALID'],
  ['retrieve', 'syntax: retrieve zone [ip]', 'USAGE'],
  ['retrieve a b c', 'syntax: retrieve zone [ip]', 'USAGE'],
  ['retrieve s.example', "Added retrieval request for 's.example' from primary 127.0.0.9", 'OK'],
  [
    'retrieve s.example. 127.0.0.3:5301',
    "Added retrieval request for 's.example' from primary 127.0.0.3:5301",
    'OK',
  ],
  ['retrieve s.example nope', 'Invalid primary address', 'ADDRESS_INVALID'],
  [
    'retrieve a.example',
    "Zone 'a.example.' is not a secondary/consumer zone (or has no primary defined)",
    'ZONE_UNFIT',
  ],
  ['retrieve nosuch', " Zone 'nosuch.' unknown", 'ZONE_UNKNOWN'],
  ['retrieve a..b', "Failed to parse 'a..b' as a valid zone name", 'NAME_INVALID'],
  [
    'xfr-queue',
    's.example. 127.0.0.9\nbig.example. 127.0.0.9:5300 40000 records 1000000 octets 2 s\n',
    'OK',
  ],
  ['bind-add-zone', 'ERROR: Domain name and zone filename are required', 'USAGE'],
  ['bind-add-zone x', 'ERROR: Domain name and zone filename are required', 'USAGE'],
  ['bind-add-zone x y', 'Unable to load zone x from y as the filename is not absolute.', 'USAGE'],
  [
    'bind-add-zone x. /missing',
    'Unable to load zone x from /missing: No such file or directory',
    'FAILED',
  ],
  [
    'bind-add-zone x /my zone',
    'Unable to load zone x from /my: a file name with spaces cannot be given here',
    'USAGE',
  ],
  ['bind-add-zone c.example /c.zone', 'Loaded zone c.example from /c.zone', 'OK'],
  ['bind-add-zone a.example /c.zone', 'Already loaded', 'ZONE_KNOWN'],
  [
    'bind-add-zone c..b /c.zone',
    'Unable to load zone c..b from /c.zone: not a domain name',
    'NAME_INVALID',
  ],
  [
    'bind-domain-status',
    `a.example: \t${PARSED}\nb.example: \t${PARSED}\nstale.example: [rejected]\t${STALE}\n` +
      `never.example: [rejected]\t${NEVER}\ns.example: [rejected]\t${UNTRANSFERRED}\n` +
      'new.example: \tparsing into memory\n',
    'OK',
  ],
  [
    'bind-domain-status A.example. nosuch. a..b b.example',
    `A.example.: \t${PARSED}\nnosuch. no such domain\n` +
      `a..b no such domain: not a domain name\nb.example: \t${PARSED}\n`,
    'ZONE_UNKNOWN',
  ],
  ['bind-domain-status stale.example', `stale.example: [rejected]\t${STALE}\n`, 'OK'],
  ['bind-domain-status a\tb', 'a\tb no such domain\n', 'ZONE_UNKNOWN'],
  [
    'bind-domain-extended-status s.example nosuch a.example',
    `${EXTENDED_S}nosuch no such domain\n${EXTENDED_A}`,
    'ZONE_UNKNOWN',
  ],
  [
    'bind-list-rejects',
    `stale.example\t${STALE}\nnever.example\t${NEVER}\ns.example\t${UNTRANSFERRED}\n`,
    'OK',
  ],
  ['bind-reload-now', 'no domains reloaded', 'USAGE'],
  ['bind-reload-now A.example.', `A.example.: \t${PARSED}\n`, 'OK'],
  [
    'bind-reload-now a.example stale.example b.example',
    `a.example: \t${PARSED}\nstale.example: [rejected]\t${STALE}\nb.example: \t${PARSED}\n`,
    'ZONE_REJECTED',
  ],
  [
    'bind-reload-now nosuch a..b b.example',
    `nosuch no such domain\na..b no such domain: not a domain name\nb.example: \t${PARSED}\n`,
    'ZONE_UNKNOWN',
  ],
  [
    'zones-status a.example stale.example s.example nosuch',
    `${process.pid}: 6 zones, 9 records, 3 rejected, 1 being loaded\n` +
      'zone           kind       serial  records  loaded at                  state    last problem\n' +
      'a.example      primary         7        3  2026-11-21 13:56:47 +0000  serving  -\n' +
      'stale.example  primary         7        3  2026-11-21 13:56:47 +0000  stale    ' +
      '/zones/stale.zone:5:7: error: invalid IPv4 address in A [RDATA_ADDRESS]\n' +
      's.example      secondary       -        -  -                          failed   ' +
      '/zones/s.zone: error: no such file [FILE_UNREADABLE]\n' +
      'nosuch no such domain\n',
    'ZONE_UNKNOWN',
  ],
];

test('each command replies in PowerDNS’s words, with the plain protocol and in JSON', async (t) => {
  const { path } = await startChannel(t);
  for (const [line, text, code] of ROWS) {
    assert.equal(await ask(path, `${line}\n`), text, line);
    const document = await ask(path, `json ${line}\n`);
    assert.equal(document.indexOf('\n'), document.length - 1, line);
    const { ok, ...reply } = JSON.parse(document);
    assert.deepEqual([ok, reply.code, reply.text], [code === 'OK', code, text], line);
    assert.ok('data' in reply, line);
  }
});

test('help has a line for each command, sorted, and the table above has a row for each', async (t) => {
  const { path } = await startChannel(t);
  const lines = (await ask(path, 'help\n')).split('\n');
  const names = lines.map((line) => /^[a-z-]+/.exec(line)?.[0] ?? '');
  assert.deepEqual(names, [...names].sort());
  assert.equal(
    lines.find((line) => line.startsWith('rping')),
    `${'rping'.padEnd(32)} answer PONG`,
  );
  const tested = new Set(ROWS.map(([line]) => line.trim().split(' ')[0]));
  assert.deepEqual(
    names.filter((name) => !tested.has(name)),
    ['help'],
  );
});

test('commands that change something do so, and are logged', async (t) => {
  const { path, target, log } = await startChannel(t);
  const rows: readonly (readonly [line: string, calls: readonly string[]])[] = [
    ['reload', ['reload']],
    ['rediscover', ['rediscover false']],
    ['rediscover --force', ['rediscover true']],
    ['cycle', ['rediscover false', 'reload']],
    ['set query-logging no', ['set query-logging no']],
    ['bind-add-zone c.example. /c', ['addZone c.example. /c']],
    ['bind-add-zone c.example c', []],
    ['bind-reload-now A.example. nosuch a..b a.example', ['reloadNow a.example']],
    ['notify-host a.example [::1]:53', ['notifyHost a.example [::1]:53']],
    ['quit', ['quit']],
    ['stop', ['quit']],
  ];
  for (const [line, calls] of rows) {
    target.calls.length = 0;
    log.lines.length = 0;
    await ask(path, `${line}\n`);
    assert.deepEqual(target.calls, calls, line);
    assert.deepEqual(log.lines, [`info control.command control: "${line}"`]);
  }
});

test('what the server refuses is a reply', async (t) => {
  const target = fakeServer([fakeZone('z.example')], {
    rediscover: async (force) =>
      force
        ? { ok: true, rejected: 3, added: 0, removed: 0 }
        : { ok: false, text: 'named.conf:3:1: error: no such statement' },
    notify: () => ({ kind: 'failed', text: 'no address for ns1' }),
    notifyAll: () => ({ queued: 1, total: 3 }),
    notifyHost: () => ({ kind: 'unfit' }),
    retrieve: () => ({ kind: 'failed', text: 'the queue is full' }),
    statistics: () => {
      throw new Error('counters lost');
    },
    addZone: async (name) => ({
      kind: 'added',
      zone: fakeZone(name, { state: 'failed', loadedAt: null, triedAt: 0 }),
    }),
  });
  const { path, log } = await startChannel(t, { target });
  const rows: readonly Row[] = [
    ['rediscover', 'named.conf:3:1: error: no such statement', 'FAILED'],
    ['cycle', 'named.conf:3:1: error: no such statement', 'FAILED'],
    [
      'rediscover --force',
      'Ok Done parsing domains, 3 rejected, 0 new, 0 removed',
      'ZONE_REJECTED',
    ],
    ['notify z.example', 'Failed to add z.example to the queue - no address for ns1', 'FAILED'],
    ['notify *', '1 out of 3 zones added to queue - see log', 'FAILED'],
    [
      'notify-host z.example ::1',
      'Failed to add z.example to the queue - this zone notifies nobody',
      'ZONE_UNFIT',
    ],
    ['retrieve z.example', "Failed to retrieve 'z.example': the queue is full", 'FAILED'],
    ['list', 'internal error: counters lost', 'INTERNAL'],
    [
      'bind-add-zone y.example /y',
      'Added zone y.example from /y, rejected: error at 1970-01-01 00:00:00 +0000 ' +
        "parsing 'y.example' from file '/zones/y.zone': unknown; nothing is served",
      'ZONE_REJECTED',
    ],
  ];
  for (const [line, text, code] of rows) {
    assert.equal(await ask(path, `${line}\n`), text, line);
    const reply = JSON.parse(await ask(path, `json ${line}\n`));
    assert.deepEqual([reply.ok, reply.code, reply.text], [false, code, text], line);
  }
  assert.ok(log.lines.includes('error control.failed list: counters lost'));
});

test('a server without zones says so', async (t) => {
  const { path } = await startChannel(t, { target: fakeServer([]) });
  assert.equal(await ask(path, 'bind-domain-status\n'), 'no domains passed');
  assert.equal(await ask(path, 'bind-domain-extended-status\n'), 'no domains passed\n');
  assert.equal(await ask(path, 'bind-list-rejects\n'), '');
  assert.equal(await ask(path, 'list-zones\n'), 'All zonecount: 0');
  assert.deepEqual(JSON.parse(await ask(path, 'json zones-status\n')).data, []);
});

test('times are local, uptimes short, names of files cannot break a line', async (t) => {
  const zone = fakeZone('a.example', { path: '/a\nb', files: [{ path: '/a\nb', ctimeMs: 0 }] });
  const rows: readonly (readonly [zone: string, seconds: number, time: string, up: RegExp])[] = [
    ['Asia/Kathmandu', 30, '2026-11-21 19:41:47 +0545', /^3\d seconds$/],
    ['America/St_Johns', 1512, '2026-11-21 10:26:47 -0330', /^25 minutes$/],
    ['UTC', 8316, '2026-11-21 13:56:47 +0000', /^2\.31 hours$/],
    ['UTC', 40 * 86_400, '2026-11-21 13:56:47 +0000', /^1\.32 months$/],
    ['UTC', 12.34 * 86_400, '2026-11-21 13:56:47 +0000', /^12\.3 days$/],
  ];
  t.after(() => {
    process.env['TZ'] = 'UTC';
  });
  for (const [timeZone, seconds, time, up] of rows) {
    process.env['TZ'] = timeZone;
    const target = fakeServer([zone], { startedAt: Date.now() - seconds * 1000 });
    const { path } = await startChannel(t, { target });
    assert.match(await ask(path, 'bind-domain-extended-status\n'), /On-disk file: \/a\?b \(0\)\n/);
    const status = await ask(path, 'bind-domain-status\n');
    assert.equal(status, `a.example: \tparsed into memory at ${time}\n`);
    assert.match(await ask(path, 'uptime\n'), up);
  }
});
