/**
 * Two whole servers, primary and secondary: AXFR at the start, NOTIFY and IXFR after an edit, keys, access lists, a
 * restart without a primary. RFC 5936, RFC 1995, RFC 1996, RFC 8945.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Site } from './site.js';
import { zoneFile } from './test-server.js';

const ZONE = 'a.example';
const KEY = 'key "k" { algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"; };\n';

/** So much that a difference is less than all of it. */
const MORE = Array.from({ length: 50 }, (_, i) => `h${i} A 192.0.2.${i}\n`).join('');

type Pair = { readonly primary: Site; readonly secondary: Site };

function options(site: Site): string {
  return `options { directory "${site.root}"; };\n`;
}

/** @param access of the primary's zone. @param withKey how the secondary names its primary's key */
async function pair(t: TestContext, access: string, withKey: string): Promise<Pair> {
  const primary = new Site(t);
  const secondary = new Site(t);
  primary.write(ZONE, zoneFile(1, 'one', MORE));
  const zone = `zone "${ZONE}" { type primary; file "${ZONE}"; ${access}`;
  primary.write('named.conf', `${KEY}${options(primary)}${zone} };\n`);
  await primary.start();
  const primaries = `primaries { 127.0.0.1 port ${primary.port}${withKey}; };`;
  const stanza = `zone "${ZONE}" { type secondary; file "copy"; ${primaries} };\n`;
  secondary.write('named.conf', `${KEY}${options(secondary)}${stanza}`);
  await secondary.start();
  const notified = `also-notify { 127.0.0.1 port ${secondary.port}${withKey}; };`;
  primary.write('named.conf', `${KEY}${options(primary)}${zone} ${notified} };\n`);
  await primary.logged('config.taken', /taken/);
  return { primary, secondary };
}

test('a zone is transferred, and an edit of it is told and transferred as a difference', async (t) => {
  const { primary, secondary } = await pair(t, '', '');
  await secondary.until(ZONE, 'one');
  primary.write(ZONE, zoneFile(2, 'two', MORE));
  await secondary.until(ZONE, 'two');
  await secondary.logged('transfer.received', /by IXFR/);
  const written = readFileSync(secondary.path('copy'), 'utf8');
  assert.match(written, /^; hotzone wrote this file.*\n/);
  assert.match(written, /two/);
});

test('only who has the key gets a zone that allow-transfer gives to the key', async (t) => {
  const { primary, secondary } = await pair(t, 'allow-transfer { key k; };', ' key k');
  await secondary.until(ZONE, 'one');
  primary.write(ZONE, zoneFile(2, 'two', MORE));
  await secondary.until(ZONE, 'two');
  const { secondary: stranger } = await pair(t, 'allow-transfer { key k; };', '');
  await stranger.logged('transfer.failed', /REFUSED/);
  assert.equal(await stranger.see(ZONE), 'SERVFAIL');
});

test('a secondary serves what it has after a restart, though no primary is there', async (t) => {
  const { primary, secondary } = await pair(t, '', '');
  await secondary.until(ZONE, 'one');
  await primary.stop();
  await secondary.stop();
  await secondary.start();
  assert.equal(await secondary.see(ZONE), 'one');
});

test('an edit of the file of a secondary is told, and not served', async (t) => {
  const { secondary } = await pair(t, '', '');
  await secondary.until(ZONE, 'one');
  writeFileSync(
    secondary.path('copy'),
    readFileSync(secondary.path('copy'), 'utf8').replace('one', 'mine'),
  );
  await secondary.until(ZONE, 'one');
  const status = (await secondary.run('zones-status')).text;
  await secondary.logged('transfer.edited', /copy/);
  assert.match(status, /a\.example/);
  assert.equal(await secondary.see(ZONE), 'one');
});

test('retrieve has the zone anew, and xfr-queue is empty afterwards', async (t) => {
  const { secondary } = await pair(t, '', '');
  await secondary.until(ZONE, 'one');
  const { code, text } = await secondary.run('retrieve', ZONE);
  assert.equal(code, 0, text);
  assert.match(text, /^Added retrieval request for 'a\.example' from primary 127\.0\.0\.1/);
});
