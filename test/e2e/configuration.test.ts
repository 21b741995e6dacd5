/** A server whose zones a named.conf names: reading, following, refusing, commands that change it. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Site } from './site.js';
import { zoneFile } from './test-server.js';

test('named.conf: zones whose files may be called anything, several in one file', async (t) => {
  const site = new Site(t);
  site.zone('data', 1, 'both');
  site.write(
    'named.conf',
    `options { directory "${site.root}"; };
    zone "a.example" { type master; file "data"; };
    zone "B.Example." IN { type native; file "data"; };
    zone "missing.example" { type primary; file "nothing"; };`,
  );
  await site.start();
  assert.equal(await site.see('a.example'), 'both');
  assert.equal(await site.see('b.example'), 'both');
  assert.equal(await site.see('missing.example'), 'SERVFAIL');
  site.zone('data', 2, 'both again');
  await site.until('a.example', 'both again');
  await site.until('b.example', 'both again');
});

test('named.conf: a configured zone stays when its file goes, and is told to be rejected', async (t) => {
  const site = new Site(t);
  site.zone('a.example', 1, 'one');
  site.configure(['a.example']);
  await site.start();
  rmSync(site.path('a.example'));
  await site.logged('zone.rejected', /a\.example: rejected with 1 error, serial 1 keeps/);
  assert.equal(await site.see('a.example'), 'one');
  const { code, text } = await site.run('bind-list-rejects');
  assert.equal(code, 0);
  assert.match(text, /^a\.example\t error at .*ENOENT.*serial 1 of .* is still served/);
  site.zone('a.example', 2, 'two');
  await site.until('a.example', 'two');
});

test('named.conf: an edit is followed, includes too, and applied as a difference', async (t) => {
  const site = new Site(t);
  for (const name of ['a', 'b', 'c', 'd']) site.zone(`${name}.example`, 1, name);
  mkdirSync(site.path('more'));
  site.configure(['a.example', 'b.example'], `include "${site.path('more')}/*.conf";\n`);
  await site.start();
  assert.equal(await site.see('c.example'), 'REFUSED');
  const stanza = (zone: string) => `zone "${zone}" { type primary; file "${zone}"; };\n`;
  site.write('more/c.conf', stanza('c.example'));
  await site.until('c.example', 'c');
  site.write('more/c.conf', stanza('d.example'));
  await site.until('d.example', 'd');
  await site.until('c.example', 'REFUSED');
  assert.equal(await site.see('a.example'), 'a');
});

test('named.conf: a broken edit changes nothing and is told', async (t) => {
  const site = new Site(t);
  site.zone('a.example', 1, 'one');
  site.zone('b.example', 1, 'two');
  site.configure(['a.example']);
  await site.start();
  site.configure(['a.example', 'b.example'], 'zone "c.example" { type primary; file "c" \n');
  await site.logged('config.refused', /not taken: .*named\.conf:\d+:\d+: error: .* stays in force/);
  assert.equal(await site.see('b.example'), 'REFUSED');
  assert.equal(await site.see('a.example'), 'one');
  const { code, text } = await site.run('rediscover');
  assert.equal(code, 1);
  assert.match(text, /named\.conf:\d+:\d+: error: /);
  site.configure(['a.example', 'b.example']);
  await site.until('b.example', 'two');
});

test('named.conf: more than half of the zones do not go at once unless forced', async (t) => {
  const site = new Site(t);
  const names = ['a.example', 'b.example', 'c.example'];
  for (const name of names) site.zone(name, 1, name);
  site.configure(names);
  await site.start();
  site.configure(['a.example']);
  await site.logged('config.refused', /2 of 3 zones would go at once/);
  assert.equal(await site.see('c.example'), 'c.example');
  assert.equal((await site.run('rediscover')).code, 1);
  const forced = await site.run('rediscover', '--force');
  assert.deepEqual(forced, {
    code: 0,
    text: 'Ok Done parsing domains, 0 rejected, 0 new, 2 removed\n',
  });
  assert.equal(await site.see('c.example'), 'REFUSED');
  assert.equal(await site.see('a.example'), 'a.example');
});

test('named.conf: another file for a zone is loaded, and the old version stays until it has', async (t) => {
  const site = new Site(t);
  site.zone('old', 1, 'old');
  site.zone('new', 2, 'new');
  const conf = (file: string) => `zone "a.example" { type primary; file "${site.path(file)}"; };\n`;
  site.write('named.conf', conf('old'));
  await site.start();
  site.write('named.conf', conf('nothing'));
  await site.logged('zone.rejected', /a\.example: rejected/);
  assert.equal(await site.see('a.example'), 'old');
  site.write('named.conf', conf('new'));
  await site.until('a.example', 'new');
});

test('bind-add-zone: survives a restart, is listed as added, and is not removed by rediscover', async (t) => {
  const site = new Site(t);
  site.zone('a.example', 1, 'one');
  site.zone('extra', 1, 'extra');
  site.configure(['a.example']);
  await site.start();
  const added = await site.run('bind-add-zone', 'added.example', site.path('extra'));
  assert.deepEqual(added, {
    code: 0,
    text: `Loaded zone added.example from ${site.path('extra')}\n`,
  });
  assert.equal(await site.see('added.example'), 'extra');
  assert.equal((await site.run('bind-add-zone', 'Added.Example.', site.path('extra'))).code, 1);
  assert.equal((await site.run('rediscover')).code, 0);
  assert.equal(await site.see('added.example'), 'extra');
  await site.stop();
  await site.start();
  assert.equal(await site.see('added.example'), 'extra');
  assert.match(
    readFileSync(site.path('state/added-zones.conf'), 'utf8'),
    /zone "added\.example\."/,
  );
  const missing = await site.run('bind-add-zone', 'other.example', site.path('nothing'));
  assert.equal(missing.code, 1);
  assert.match(missing.text, /ENOENT/);
});

test('bind-reload-now: obeyed at once, also for what looks half-written', async (t) => {
  const site = new Site(t, { 'rescan-interval': '0' });
  site.zone('a.example', 1, 'one');
  site.configure(['a.example']);
  await site.start();
  // The beginning of what was served: left alone for a second, unless the operator says that it is meant.
  writeFileSync(site.path('a.example'), zoneFile(1, 'one').split('t TXT')[0] ?? '');
  const { code, text } = await site.run('bind-reload-now', 'a.example');
  assert.equal(code, 0);
  assert.match(text, /^a\.example: \tparsed into memory at /);
  assert.equal(await site.see('a.example'), 'NXDOMAIN');
  writeFileSync(site.path('a.example'), 'nonsense\n');
  const broken = await site.run('bind-reload-now', 'a.example');
  assert.equal(broken.code, 1);
  assert.match(broken.text, /^a\.example: \[rejected\]\t error at .* is still served/);
});

test('bind-ignore-broken-records: the zone is served without them', async (t) => {
  const strict = new Site(t);
  const lenient = new Site(t, { 'bind-ignore-broken-records': 'yes' });
  for (const site of [strict, lenient]) {
    writeFileSync(site.path('a.example'), `${zoneFile(1, 'one')}bad A 192.0.2.999\n`);
    site.configure(['a.example']);
    await site.start();
  }
  assert.equal(await strict.see('a.example'), 'SERVFAIL');
  assert.equal(await lenient.see('a.example'), 'one');
  assert.ok(
    lenient.lines.some(({ level, text }) => level === 'warn' && /:6:7: warning:/.test(text)),
  );
});

test('reload: every zone is loaded anew, and answers go on', async (t) => {
  const site = new Site(t);
  const names = Array.from({ length: 40 }, (_, i) => `z${i}.example`);
  for (const name of names) site.zone(name, 1, name);
  site.configure(names);
  await site.start();
  assert.deepEqual(await site.run('reload'), { code: 0, text: 'Ok\n' });
  for (const name of names) assert.equal(await site.see(name), name);
  await site.run('bind-reload-now', ...names);
  const { text } = await site.run('list-zones');
  assert.match(text, /All zonecount: 40/);
});

test('$INCLUDE of a configured zone starts at the directory that named.conf says', async (t) => {
  const site = new Site(t);
  mkdirSync(site.path('zones'));
  site.write('part', 'included TXT "yes"\n');
  writeFileSync(site.path('zones/a'), `${zoneFile(1, 'one')}$INCLUDE part\n`);
  site.write(
    'named.conf',
    `options { directory "${site.root}"; };\nzone "a.example" { type primary; file "zones/a"; };\n`,
  );
  await site.start();
  assert.equal(await site.see('a.example'), 'one');
  site.write('part', 'included TXT "yes"\nt2 TXT "more"\n');
  await site.logged('zone.loaded', /a\.example: serial 1 \(was 1\)/);
});
