/**
 * Transfers of zones that were restored: AXFR from images where they lie (RFC 5936), IXFR from the version of an
 * earlier server to that of a file which changed while no server ran (RFC 1995), a catalog that is made (RFC 9432).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerInOrder, buildQuery } from '../peers/message.js';
import { askTcp } from '../peers/query.js';
import { followed } from '../transfer/replies.js';
import { recordsAt, serialAt } from './edited-zone.js';
import { WarmSite } from './warm-site.js';

const SMALL = 'a.test';
const LARGE = 'l.test';
const PATIENCE_MS = 15_000;

/** With a record of each kind of edit. */
function save(site: WarmSite, serial: number): void {
  for (const [zone, count] of [
    [SMALL, 60],
    [LARGE, 24_000],
  ] as const) {
    const padding = Array.from({ length: count }, (_, i) => `p${i} TXT "${'x'.repeat(180)}"\n`);
    padding[serial] = '';
    const more = `v${serial} TXT "come"\nsame A 192.0.2.${serial}\n`;
    site.zone(zone, serial, `v${serial}`, padding.join('') + more);
  }
}

/** Records of an IXFR since a serial. */
async function changesAt(port: number, zone: string, serial: number): Promise<string[]> {
  const query = buildQuery({ name: zone, type: 'IXFR', id: 1 });
  query.writeUInt16BE(1, 8);
  const soa = Buffer.alloc(12 + 22);
  soa.writeUInt16BE(0xc00c, 0);
  soa.writeUInt16BE(6, 2);
  soa.writeUInt16BE(1, 4);
  soa.writeUInt16BE(22, 10);
  soa.writeUInt32BE(serial, 14);
  const records: string[] = [];
  const isLast = (message: Buffer): boolean => {
    records.push(...answerInOrder(message));
    const ends = records.filter((record) => record === records[0]).length;
    const isWhole = records[1]?.includes(' IN SOA ') !== true;
    return records.length <= 1 || ends === (isWhole ? 2 : 3);
  };
  await askTcp({ port }, Buffer.concat([query, soa]), isLast, { timeoutMs: PATIENCE_MS });
  return records;
}

for (const index of ['memory', 'lmdb']) {
  test(`transfers of restored zones, index ${index}: AXFR is the same, IXFR goes on over restarts`, async (t) => {
    const site = new WarmSite(t, { index });
    save(site, 1);
    for (const zone of ['b.test', 'c.test']) site.zone(zone, 1, 'one');
    await site.start();
    await site.server?.loaded;
    const server = () => ({ port: site.port });
    const had = new Map<string, string[]>();
    for (const zone of [SMALL, LARGE]) had.set(zone, await recordsAt(server(), zone));
    await site.stop();
    // nothing has changed: the octets come from the files
    await site.start([SMALL, LARGE], { isHeld: true });
    for (const zone of [SMALL, LARGE]) {
      assert.deepEqual(await recordsAt(server(), zone), had.get(zone));
      assert.equal((await changesAt(site.port, zone, 1)).length, 1, 'nothing new');
    }
    await site.server?.loaded;
    await sleep(1500);
    for (const zone of [SMALL, LARGE]) {
      assert.deepEqual(await recordsAt(server(), zone), had.get(zone), 'also when they moved');
    }
    await site.stop();
    for (const serial of [2, 3]) {
      save(site, serial);
      await site.start();
      for (const zone of [SMALL, LARGE]) {
        await site.until(
          async () => (await serialAt(server(), zone)) === serial,
          `${zone} ${serial}`,
        );
        const now = await recordsAt(server(), zone);
        for (let since = 1; since < serial; since++) {
          const { form, records } = followed(
            since === 1 ? (had.get(zone) ?? []) : (had.get(`${zone} ${since}`) ?? []),
            await changesAt(site.port, zone, since),
          );
          assert.equal(form, 'ixfr', `${zone} since ${since}`);
          assert.deepEqual(records, now);
        }
        had.set(`${zone} ${serial}`, now);
      }
      await site.stop();
    }
    assert.deepEqual(site.takeFaults(), []);
  });
}

test('a catalog that is made has the same members and serial after a warm start, RFC 9432 §4', async (t) => {
  const site = new WarmSite(t, { index: 'lmdb' });
  for (const zone of ['a.test', 'b.test', 'c.test']) site.zone(zone, 1, 'one');
  const flags = { 'producer-catalog': 'catalog.test' };
  await site.start([], { flags });
  await site.server?.loaded;
  const server = () => ({ port: site.port });
  await site.until(async () => (await serialAt(server(), 'catalog.test')) > 0, 'a catalog');
  const members = async () => {
    const records = await recordsAt(server(), 'catalog.test');
    return records.filter((record) => record.includes(' IN PTR '));
  };
  await site.until(async () => (await members()).length === 3, 'three members');
  const serial = await serialAt(server(), 'catalog.test');
  await site.stop();
  await site.start([], { flags });
  await site.server?.loaded;
  await site.until(async () => (await serialAt(server(), 'catalog.test')) > 0, 'a catalog again');
  await sleep(300);
  assert.equal((await members()).length, 3);
  assert.equal(await serialAt(server(), 'catalog.test'), serial);
  await site.stop();
  site.remove('zones/a.test.zone');
  await site.start([], { flags });
  await site.until(async () => (await serialAt(server(), 'catalog.test')) > 0, 'a catalog at last');
  await site.until(async () => (await members()).length === 2, 'one has gone');
  assert.ok((await serialAt(server(), 'catalog.test')) > serial);
});
