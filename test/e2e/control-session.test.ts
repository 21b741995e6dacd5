/**
 * A real server's control channel from the outside: the same session of commands through Debian's pdns_control and
 * through `hotzone control`, broken zones as an operator meets them, and two controllers at once.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { requirePeer } from '../peers/peer.js';
import { Site } from './site.js';
import { zoneFile } from './test-server.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
/** `hotzone control status` lists the zones, too; this client does not. */
const OUR_PDNS_CONTROL = fileURLToPath(new URL('../../src/pdns-control.js', import.meta.url));
const TIME = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}`;

/** Runs a program to its end. */
function run(program: string, args: readonly string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: 20_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, text: stdout + stderr });
    });
  });
}

/** A primary with someone to notify, a native zone, a broken one, and a secondary without data. */
async function startSite(t: TestContext): Promise<Site> {
  const site = new Site(t);
  for (const name of ['a.example', 'b.example', 'extra']) site.zone(name, 1, name);
  writeFileSync(site.path('broken.example'), 'nonsense\n');
  site.write(
    'named.conf',
    `options { directory "${site.root}"; };
    zone "a.example" { type master; file "a.example"; also-notify { 127.0.0.1 port 9; }; };
    zone "b.example" { type native; file "b.example"; };
    zone "broken.example" { type primary; file "broken.example"; };
    zone "s.example" { type slave; file "s.example"; masters { 127.0.0.1 port 9; }; };`,
  );
  await site.start();
  return site;
}

type Row = readonly [command: string, reply: RegExp, exitCode: 0 | 1];

/** What each command says of that site, in this order, and our client's exit code. */
const SESSION: readonly Row[] = [
  ['rping', /^PONG$/, 0],
  ['ping', /^PONG$/, 0],
  ['RPING', /^PONG$/, 0],
  ['version', /^\d+\.\d+\.\d+$/, 0],
  ['uptime', /^\d+ seconds$/, 0],
  ['help', /^bind-add-zone .*\nbind-domain-extended-status .*\n.*xfr-queue /s, 0],
  [
    'list-zones',
    /^a\.example\.\nb\.example\.\nbroken\.example\.\ns\.example\.\nAll zonecount: 4$/,
    0,
  ],
  ['list-zones master', /^a\.example\.\nbroken\.example\.\nMaster zonecount: 2$/, 0],
  ['list-zones slave', /^s\.example\.\nSlave zonecount: 1$/, 0],
  [
    'bind-domain-status a.example',
    new RegExp(`^a\\.example: \\tparsed into memory at ${TIME}$`),
    0,
  ],
  [
    'bind-domain-status A.Example. x.example',
    /^A\.Example\.: \tparsed .*\nx\.example no such domain$/,
    1,
  ],
  ['bind-domain-status a..b', /^a\.\.b no such domain: not a domain name$/, 1],
  [
    'bind-domain-extended-status b.example',
    /^b\.example: \n\t Status: parsed .*\n\t Kind: Native\n/s,
    0,
  ],
  [
    'bind-list-rejects',
    /^broken\.example\t error at .*broken\.example:1:1: error: .*\ns\.example\t error at .*not been|^broken/i,
    0,
  ],
  ['bind-reload-now a.example', new RegExp(`^a\\.example: \\tparsed into memory at ${TIME}$`), 0],
  ['bind-reload-now broken.example', /^broken\.example: \[rejected\]\t error at /, 1],
  ['bind-reload-now x.example', /^x\.example no such domain$/, 1],
  ['bind-reload-now', /^no domains reloaded$/, 1],
  ['reload', /^Ok$/, 0],
  ['rediscover', /^Ok Done parsing domains, 1 rejected, 0 new, 0 removed$/, 1],
  ['purge', /^0$/, 0],
  ['purge a.example$', /^0$/, 0],
  ['ccounts', /^negative queries: 0, queries: 0, packets: 0$/, 0],
  ['show udp-queries', /^\d+$/, 0],
  ['show no-such-key', /^Unknown$/, 1],
  ['show *', /^backend-queries=\d+,corrupt-packets=\d+,.*,uptime=\d+,/, 0],
  ['list', /^backend-queries=\d+,/, 0],
  ['set query-logging yes', /^done$/, 0],
  ['set query-logging no', /^done$/, 0],
  ['set local-port 53', /^This setting cannot be changed at runtime, or no such setting$/, 1],
  ['current-config diff', /^#.*\nbind-config=.*named\.conf\n/s, 0],
  ['notify a.example', /^Added a\.example to queue$/, 0],
  ['notify b.example', /^Failed to add b\.example to the queue - /, 1],
  ['notify-host b.example 127.0.0.1:9', /^Added to queue$/, 0],
  ['notify-host b.example nobody', /^Unable to convert 'nobody' to an IP address$/, 1],
  ['retrieve a.example', /^Zone 'a\.example\.' is not a secondary\/consumer zone/, 1],
  ['retrieve x.example', /^ Zone 'x\.example\.' unknown$/, 1],
  ['xfr-queue', /^(?:s\.example\. 127\.0\.0\.1:9)?$/, 0],
  ['flush', /^Ok$/, 0],
  ['qtypes', /^(?:[A-Z0-9]+\t\d+\n?)*$/, 0],
  ['respsizes', /^(?:\d+\t\d+\n?)*$/, 0],
  ['remotes', /^(?:127\.0\.0\.1\t\d+\n?)*$/, 0],
  ['status', /^\d+: 4 zones, \d+ records, 1 rejected(?:, 1 being loaded)?$/, 0],
  ['bind-add-zone a.example /tmp/x', /^Already loaded$/, 1],
  ['bind-add-zone n.example relative', /as the filename is not absolute\.$/, 1],
  ['nonsense', /^Unknown command: 'NONSENSE'$/, 1],
];

/** A time and a count move on from one client's session to the next. */
function steady(text: string): string {
  return text
    .replace(/\d+ seconds/, 'N seconds')
    .replace(/=\d+,/g, '=N,')
    .replace(new RegExp(TIME, 'g'), 'T');
}

test('every command: pdns_control and hotzone control print the same', async (t) => {
  if (!requirePeer(t, 'pdns_control')) return;
  const site = await startSite(t);
  const folder = site.path('socket');
  assert.equal(await site.see('a.example'), 'a.example');
  for (const [command, reply, exitCode] of SESSION) {
    const words = command.split(' ');
    const ours = words[0] === 'status' ? [OUR_PDNS_CONTROL] : [MAIN, 'control'];
    const own = await run(process.execPath, [...ours, '--socket-dir', folder, ...words]);
    const real = await run('pdns_control', ['--no-config', `--socket-dir=${folder}`, ...words]);
    const text = own.text.replace(/\n$/, '');
    assert.match(text, reply, command);
    assert.equal(own.code, exitCode, `${command}: ${text}`);
    assert.equal(steady(real.text.trimEnd()), steady(own.text.trimEnd()), command);
  }
});

const BREAKS: readonly (readonly [how: string, text: string | null, problem: RegExp])[] = [
  ['syntax', `${zoneFile(2, 'two')}x A ( 192.0.2.1\n`, /:6:5: error: .*SYNTAX_PARENTHESIS/],
  ['RDATA', `${zoneFile(2, 'two')}x A 192.0.2.999\n`, /:6:5: error: .*RDATA_ADDRESS/],
  ['SOA missing', 'x 60 A 192.0.2.1\n', /error: no SOA at a\.example\..*SOA_MISSING/],
  ['CNAME beside data', `${zoneFile(2, 'two')}t CNAME x\n`, /:5:1: error: .*CNAME_OTHER_DATA/],
  ['file deleted', null, /error: ENOENT/],
];

for (const [how, text, problem] of BREAKS) {
  test(`a live zone is broken (${how}): old data answer, and every command says so`, async (t) => {
    const site = await startSite(t);
    if (text === null) rmSync(site.path('a.example'));
    else site.write('a.example', text);
    const now = await site.run('bind-reload-now', 'a.example');
    assert.equal(now.code, 1);
    assert.match(now.text, problem);
    assert.equal(await site.see('a.example'), 'a.example');
    const rejects = await site.run('bind-list-rejects');
    assert.match(rejects.text, /^a\.example\t error at .*serial 1 of .* is still served/m);
    assert.match((await site.run('bind-domain-status', 'a.example')).text, /\[rejected\]\t error/);
    site.zone('a.example', 3, 'three');
    assert.equal((await site.run('bind-reload-now', 'a.example')).code, 0);
    assert.equal(await site.see('a.example'), 'three');
  });
}

test('a record that is out of zone costs itself, not the zone', async (t) => {
  const site = await startSite(t);
  site.write('a.example', `${zoneFile(2, 'two')}x.other.test. A 192.0.2.1\n`);
  const { code, text } = await site.run('bind-reload-now', 'a.example');
  assert.equal(code, 0, text);
  assert.equal(await site.see('a.example'), 'two');
  await site.logged('zone.problem', /:6:1: warning: x\.other\.test\. is not in the zone/);
});

test('two edits within a second are both served, of an included file, too', async (t) => {
  const site = await startSite(t);
  site.write('part', 't TXT "one"\n');
  site.write('b.example', `${zoneFile(2, 'x').split('t TXT')[0]}$INCLUDE part\n`);
  await site.until('b.example', 'one');
  site.write('part', 't TXT "two"\n');
  await site.until('b.example', 'two');
  site.write('part', 't TXT "ten"\n');
  await site.until('b.example', 'ten');
});

test('controllers do not wait for each other', async (t) => {
  const site = await startSite(t);
  const replies = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      site.run(...(i % 2 === 0 ? ['rping'] : ['bind-reload-now', 'a.example'])),
    ),
  );
  for (const [i, { code, text }] of replies.entries()) {
    assert.equal(code, 0, text);
    assert.match(text, i % 2 === 0 ? /^PONG\n$/ : /^a\.example: \tparsed/);
  }
});
