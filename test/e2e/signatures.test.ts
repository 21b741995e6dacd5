/** Signatures of zones that a server serves, as its operator hears of them: log, status, counters, setting. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Site } from './site.js';

const DAY_MS = 86_400_000;

/** A time as an RRSIG has it. */
function timeWord(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14);
}

function signedZone(name: string, endMs: number, txt: string): string {
  const times = `${timeWord(endMs)} ${timeWord(endMs - 40 * DAY_MS)}`;
  return (
    `$TTL 300\n@ SOA ns. h. 7 2 3 4 5\n@ NS ns.\nt TXT "${txt}"\n` +
    `@ DNSKEY 257 3 13 AAAA\n@ RRSIG SOA 13 2 300 ${times} 1 ${name}. AAAA\n`
  );
}

async function start(t: TestContext, ends: Readonly<Record<string, number>>): Promise<Site> {
  const site = new Site(t);
  for (const [name, end] of Object.entries(ends)) site.write(name, signedZone(name, end, 'one'));
  site.configure(Object.keys(ends));
  await site.start();
  return site;
}

test('signatures that have ended, or soon will, are told by log, status and counters', async (t) => {
  const now = Date.now();
  const site = await start(t, {
    'ended.example': now - DAY_MS,
    'ending.example': now + DAY_MS,
    'valid.example': now + 10 * DAY_MS,
  });
  assert.equal(await site.see('ended.example'), 'one');
  await site.logged('zone.signatures', /^ended\.example: signatures have expired, the first at /);
  await site.logged('zone.signatures', /^ending\.example: signatures expire from /);
  assert.ok(
    !site.lines.some(({ event, text }) => event === 'zone.signatures' && /^valid/.test(text)),
  );
  const status = (await site.run('zones-status')).text;
  assert.match(status, /, 1 with expired signatures, 1 with signatures about to expire\n/);
  assert.match(status, /ended\.example .*signatures have expired from /);
  assert.match((await site.run('show', 'zones-signatures-expired')).text, /^1\b/);
  assert.match((await site.run('show', 'zones-signatures-expiring')).text, /^1\b/);
  const soonest = String(Math.floor((now - DAY_MS) / 1000));
  assert.equal((await site.run('show', 'signatures-soonest-expiry')).text.trim(), soonest);
  assert.match(
    (await site.run('bind-domain-extended-status', 'ending.example')).text,
    /\n\t Signatures expire: \d{4}-.* \(expiring\)\n/,
  );
  assert.equal((await site.run('set', 'signature-warning-days', '20')).code, 0);
  assert.match((await site.run('show', 'zones-signatures-expiring')).text, /^2\b/);
});

test('a zone that is signed again is told of no longer', async (t) => {
  const name = 'a.example';
  const site = await start(t, { [name]: Date.now() - DAY_MS });
  assert.match((await site.run('status')).text, /1 with expired signatures/);
  site.write(name, signedZone(name, Date.now() + 30 * DAY_MS, 'two'));
  await site.until(name, 'two');
  assert.doesNotMatch((await site.run('status')).text, /signatures/);
});
