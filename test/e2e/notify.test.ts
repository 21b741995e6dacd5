/**
 * NOTIFY of the whole server, by itself: for what is new or has changed, also while the server was down, and for
 * nothing else; again to who does not answer. RFC 1996 §3, §4.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasIpv6 } from '../suites/transport-suite.js';
import { NotifyTarget } from './notify-target.js';
import { Site } from './site.js';

const PATIENCE_MS = 15_000;
const ZONES_MANY = 300;

/** What named.conf says of targets, each with its address as it is written. */
function targetsText(targets: Readonly<Record<string, NotifyTarget>>): string {
  const items = Object.entries(targets).map(([address, { port }]) => `${address} port ${port};`);
  return `notify explicit; also-notify { ${items.join(' ')} };`;
}

function configure(site: Site, zones: readonly string[], options: string): void {
  const stanzas = zones.map((zone) => `zone "${zone}" { type primary; file "${zone}"; };\n`);
  site.write(
    'named.conf',
    `options { directory "${site.root}"; ${options} };\n${stanzas.join('')}`,
  );
}

/** Waits until nothing waits for an answer, so that it is known who has acknowledged what. */
async function acknowledged(site: Site, count: number): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  const answers = () => site.lines.filter(({ event }) => event === 'notify.answered').length;
  while (answers() < count) {
    assert.ok(Date.now() < deadline, `${answers()} of ${count} are acknowledged`);
    await sleep(5);
  }
  site.lines.length = 0;
}

/** Targets and their addresses as an operator may write them. */
async function targetAt(t: TestContext): Promise<Record<string, NotifyTarget>[]> {
  const four = { '127.0.0.1': await NotifyTarget.start(t) };
  return hasIpv6() ? [four, { '0:0::0001': await NotifyTarget.start(t, '::1') }] : [four];
}

describe('NOTIFY', { concurrency: 3 }, () => {
  test('goes out for zones that are new or have changed, at the start and later', async (t) => {
    for (const targets of await targetAt(t)) {
      const [target] = Object.values(targets);
      assert.ok(target !== undefined);
      const options = targetsText(targets);
      const site = new Site(t);
      for (const zone of ['a.test', 'b.test']) site.zone(zone, 1, 'one');
      configure(site, ['a.test', 'b.test'], options);
      await site.start();
      await acknowledged(site, 2);
      assert.deepEqual(await target.until('b.test. 1'), ['a.test. 1', 'b.test. 1']);
      await site.stop();
      // while it is down
      site.zone('b.test', 2, 'two');
      site.zone('c.test', 7, 'one');
      configure(site, ['a.test', 'b.test', 'c.test'], options);
      await site.start();
      await acknowledged(site, 2);
      assert.deepEqual(await target.until('c.test. 7'), ['b.test. 2', 'c.test. 7']);
      // while it runs
      site.zone('d.test', 9, 'one');
      configure(site, ['a.test', 'b.test', 'c.test', 'd.test'], options);
      await acknowledged(site, 1);
      assert.deepEqual(await target.until('d.test. 9'), ['d.test. 9']);
      site.zone('a.test', 2, 'two');
      await acknowledged(site, 1);
      assert.deepEqual(await target.until('a.test. 2'), ['a.test. 2']);
      await site.stop();
    }
  });

  test('is sent again, the same, to who is deaf, and at the next start; others do not wait', async (t) => {
    const target = await NotifyTarget.start(t);
    const other = await NotifyTarget.start(t);
    target.isDeaf = true;
    const site = new Site(t);
    site.zone('a.test', 1, 'one');
    const targets = `127.0.0.1 port ${target.port}; 127.0.0.1 port ${other.port};`;
    configure(site, ['a.test'], `notify explicit; also-notify { ${targets} };`);
    await site.start();
    const deadline = Date.now() + PATIENCE_MS;
    while (target.datagrams.length < 3) {
      assert.ok(Date.now() < deadline, `told ${target.told}`);
      await sleep(5);
    }
    assert.equal(new Set(target.datagrams.map((octets) => octets.toString('hex'))).size, 1);
    assert.deepEqual(await other.until('a.test. 1'), ['a.test. 1']);
    await target.until('a.test. 1');
    await site.stop();
    site.lines.length = 0;
    target.isDeaf = false;
    await site.start();
    await acknowledged(site, 1);
    assert.deepEqual(await target.until('a.test. 1'), ['a.test. 1']);
    site.zone('a.test', 2, 'two');
    await acknowledged(site, 2);
    assert.deepEqual(await target.until('a.test. 2'), ['a.test. 2']);
    assert.deepEqual(await other.until('a.test. 2'), ['a.test. 2']);
  });

  test('of many zones comes once for each, and a restart sends none', async (t) => {
    const target = await NotifyTarget.start(t);
    const site = new Site(t);
    const zones = Array.from({ length: ZONES_MANY }, (_, i) => `z${1000 + i}.test`);
    for (const zone of zones) site.zone(zone, 1, 'one');
    configure(site, zones, targetsText({ '127.0.0.1': target }));
    await site.start();
    await acknowledged(site, ZONES_MANY);
    assert.deepEqual(
      await target.until('z1000.test. 1'),
      zones.map((zone) => `${zone}. 1`),
    );
    for (const serial of [2, 3]) {
      await site.stop();
      await site.start();
      site.zone('z1000.test', serial, 'next');
      await acknowledged(site, 1);
      assert.deepEqual(await target.until(`z1000.test. ${serial}`), [`z1000.test. ${serial}`]);
    }
  });
});
