/**
 * tinydns files served whole: found in a zone directory, edited, broken, removed; clients of locations; records that
 * come and go with time.
 */
import assert from 'node:assert/strict';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { TestServer, temporaryDirectory } from './test-server.js';

function zone(apex: string, txt: string): string {
  return `.${apex}::ns.other\n't.${apex}:${txt}:60\n`;
}

async function serve(t: TestContext, files: Readonly<Record<string, string>>): Promise<TestServer> {
  const root = temporaryDirectory(t);
  const server = await TestServer.start(t, root);
  for (const [name, text] of Object.entries(files)) write(server, name, text);
  return server;
}

function write(server: TestServer, name: string, text: string): void {
  writeFileSync(server.path(`${name}.new`), text);
  renameSync(server.path(`${name}.new`), server.path(name));
}

test('data in a zone directory is served, and what it says after each save', async (t) => {
  const server = await serve(t, { data: zone('a.example', 'one') + zone('b.example', 'one') });
  await server.until('a.example', 'one');
  assert.equal(await server.see('b.example'), 'one');
  write(server, 'data', zone('a.example', 'two') + zone('b.example', 'one'));
  await server.until('a.example', 'two', 'one');
  write(
    server,
    'data',
    zone('a.example', 'two') + zone('b.example', 'one') + zone('c.example', 'one'),
  );
  await server.until('c.example', 'one', 'REFUSED');
  write(server, 'data', zone('a.example', 'two') + zone('c.example', 'one'));
  await server.until('b.example', 'REFUSED', 'one');
});

test('a bad line keeps its zone as it was, and no other', async (t) => {
  const server = await serve(t, { data: zone('a.example', 'one') + zone('b.example', 'one') });
  await server.until('b.example', 'one');
  const broken = ':x.a.example:0:x\n';
  write(server, 'data', zone('a.example', 'two') + zone('b.example', 'two') + broken);
  await server.until('b.example', 'two', 'one');
  assert.equal(await server.see('a.example'), 'one');
  await server.logged('zone.rejected', /^a\.example: rejected with 1 error, serial \d+ keeps/);
  await server.logged('zone.problem', /data:5:14: error: TYPE0 .* \[TYPE_META\]/);
  write(server, 'data', zone('a.example', 'two') + zone('b.example', 'two'));
  await server.until('a.example', 'two', 'one');
});

test('a file that is emptied, or gone with most of what is served, changes nothing', async (t) => {
  const server = await serve(t, { data: zone('a.example', 'one') });
  await server.until('a.example', 'one');
  write(server, 'data', '# nothing\n');
  await server.logged('data.removal_refused', /1 of 1 zone gone at once/);
  rmSync(server.path('data'));
  await server.logged('data.removal_refused', /is gone with 1 of 1 zone/);
  assert.equal(await server.see('a.example'), 'one');
});

test('a file that is gone takes its zones with it if others stay', async (t) => {
  const files = { data: zone('a.example', 'one'), 'other.tinydns': zone('b.example', 'one') };
  const server = await serve(t, { ...files, 'more.tinydns': zone('c.example', 'one') });
  for (const name of ['a.example', 'b.example', 'c.example']) await server.until(name, 'one');
  rmSync(server.path('data'));
  await server.until('a.example', 'REFUSED', 'one');
  assert.equal(await server.see('b.example'), 'one');
});

test('a zone that a zone file serves already is refused to data, and taken over when that file goes', async (t) => {
  const file = '$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns.other.\nt TXT file\n';
  const server = await serve(t, { 'a.example.zone': file, 'z.example.zone': file });
  await server.until('a.example', 'file');
  await server.until('z.example', 'file');
  write(server, 'data', zone('a.example', 'data') + zone('b.example', 'data'));
  await server.until('b.example', 'data', 'REFUSED');
  assert.equal(await server.see('a.example'), 'file');
  await server.logged('zone.problem', /ZONE_DUPLICATE/);
  rmSync(server.path('a.example.zone'));
  await server.until('a.example', 'data', 'file');
});

test('records for the clients of a location', async (t) => {
  const records = "'t.a.example:inside:60::in\n't.a.example:outside:60::ex\n.a.example::ns.other\n";
  const server = await serve(t, { data: `${records}%in:127.0.0.1\n%ex:\n` });
  await server.until('a.example', 'inside');
  write(server, 'data', `${records}%in:10\n%ex:\n`);
  await server.until('a.example', 'outside', 'inside');
  write(server, 'data', `${records}%in:127.0.0.0/8\n%ex:\n`);
  await server.until('a.example', 'inside', 'outside');
});

test('a record goes and another comes at a second, without any save', async (t) => {
  const at = Math.floor(Date.now() / 1000) + 2;
  const label = `4${(at + 10).toString(16).padStart(15, '0')}`;
  const data = `.a.example::ns.other\n't.a.example:before:0:${label}\n't.a.example:after:60:${label}\n`;
  const server = await serve(t, { data });
  await server.until('a.example', 'before', 'REFUSED');
  await server.until('a.example', 'after', 'before');
  assert.ok(Math.floor(Date.now() / 1000) > at);
});
