/** Serials that the server raises: over edits and restarts, by setting and by named.conf, RFC 1982 §3.2. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Site } from './site.js';

const ZONE = 'a.example';

async function site(
  t: TestContext,
  flags: Readonly<Record<string, string>>,
  more = '',
): Promise<Site> {
  const made = new Site(t, flags);
  made.zone(ZONE, 7, 'one');
  made.configure([ZONE], more);
  await made.start();
  return made;
}

test('increment: an edit without a new serial is served under one, and a restart changes nothing', async (t) => {
  const made = await site(t, { serial: 'increment' });
  assert.match((await made.run('zones-status')).text, /a\.example .*\b7\b/);
  made.zone(ZONE, 7, 'two');
  await made.until(ZONE, 'two');
  const raised = (await made.run('zones-status')).text;
  assert.match(raised, /\b8\b/);
  await made.stop();
  await made.start();
  await made.until(ZONE, 'two');
  assert.match((await made.run('zones-status')).text, /\b8\b/);
  await made.stop();
  made.zone(ZONE, 7, 'three');
  await made.start();
  await made.until(ZONE, 'three');
  assert.match((await made.run('zones-status')).text, /\b9\b/);
});

test('keep: an edit without a new serial is served, and told by status, log and counter', async (t) => {
  const made = await site(t, {});
  made.zone(ZONE, 7, 'two');
  await made.until(ZONE, 'two');
  assert.ok(made.lines.some(({ event }) => event === 'zone.serial'));
  assert.match((await made.run('show', 'zones-serial-not-raised')).text, /^1\b/);
  assert.match((await made.run('zones-status')).text, /SERIAL_NOT_RAISED|serial went from 7 to 7/);
  made.zone(ZONE, 8, 'three');
  await made.until(ZONE, 'three');
  assert.match((await made.run('show', 'zones-serial-not-raised')).text, /^0\b/);
});

test("named.conf's serial-update-method counts for its zone", async (t) => {
  const made = new Site(t);
  made.zone(ZONE, 7, 'one');
  made.zone('b.example', 7, 'one');
  const stanza = `zone "b.example" { type primary; file "b.example"; serial-update-method unixtime; };\n`;
  made.configure([ZONE], stanza);
  await made.start();
  await made.until('b.example', 'one');
  const status = (await made.run('zones-status')).text;
  assert.match(status, /a\.example .*\b7\b/);
  assert.doesNotMatch(status, /b\.example .*\b7\b/);
});
