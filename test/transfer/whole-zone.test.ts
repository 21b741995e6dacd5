/**
 * AXFR, RFC 5936: the records of a transfer are those of the zone, whatever the zone, in messages that are right.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HeldImage, openHeld } from '../../src/index/held-image.js';
import { diffZones } from '../../src/transfer/zone-diff.js';
import { seededRandom } from '../fuzz/random.js';
import { decodeMessage } from '../peers/message.js';
import { pretendSigned } from '../support/pretend-signed.js';
import { compileText, compileVariants, name, zoneFromText } from '../support/zones.js';
import { randomZone } from './random-zone.js';
import { MemoryReply, recordsOf, Site, transferQuery, zoneOf } from './replies.js';

const HEAD = '@ 60 SOA ns.other. hm.other. 7 2 3 4 5\n@ 60 NS ns.other.\n';

async function axfr(site: Site, origin: string, change = {}): Promise<Buffer[]> {
  const reply = new MemoryReply();
  const service = site.service();
  service.begin(transferQuery(origin, reply, change));
  await reply.ended;
  await service.stop();
  return reply.messages;
}

test('axfr: random zones arrive whole, SOA first and last, RFC 5936 §2.2', async () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = seededRandom(seed);
    const zone = randomZone(random, 'Zone.Test.', 1 + seed, random(120));
    const site = new Site();
    site.publish(zone.origin, zone.text);
    const records = recordsOf(await axfr(site, zone.origin));
    assert.equal(records[0]?.toLowerCase(), zone.soa.toLowerCase(), `seed ${seed}`);
    const wanted = zone.records.map((record) => record.replace('Zone.Test.', 'zone.test.')).sort();
    assert.deepEqual(zoneOf(records), wanted, `seed ${seed}`);
  }
});

test('axfr: a zone for the thread arrives whole in many messages of 16 KiB', async () => {
  const random = seededRandom(1);
  const zone = randomZone(random, 'zone.test.', 1, 300);
  const lines = Array.from({ length: 20_000 }, (_, i) => `m${i} 60 A 192.0.2.${i & 255}\n`);
  const site = new Site();
  site.publish('zone.test.', zone.text + lines.join(''));
  const messages = await axfr(site, 'zone.test.');
  assert.ok(messages.length > 20);
  for (const message of messages) assert.ok(message.length <= 16 << 10);
  const records = zoneOf(recordsOf(messages));
  assert.equal(records.length, zone.records.length + 20_000);
  assert.deepEqual(
    records.filter((record) => !/^m\d/.test(record)),
    zone.records,
  );
});

test('axfr: the header, the question and EDNS are as RFC 5936 §2.2 has them', async () => {
  const site = new Site();
  const lines = Array.from({ length: 3000 }, (_, i) => `m${i} 60 TXT "${'x'.repeat(i % 200)}"\n`);
  site.publish('zone.test.', HEAD + lines.join(''));
  const messages = (await axfr(site, 'zone.test.', { edns: true })).map(decodeMessage);
  assert.ok(messages.length > 3);
  for (const [index, message] of messages.entries()) {
    const isFirst = index === 0;
    assert.deepEqual(message.flags, ['qr', 'aa']);
    assert.deepEqual(message.question, isFirst ? ['zone.test. IN AXFR'] : []);
    assert.equal(message.edns !== null, isFirst);
    assert.deepEqual([message.authority, message.additional], [[], []]);
  }
});

test('axfr: a record larger than a usual message gets one of its own, and one that fits none ends it', async () => {
  const strings = (count: number) => `"${'y'.repeat(255)}" `.repeat(count);
  const site = new Site();
  site.publish(
    'zone.test.',
    `${HEAD}a 60 A 192.0.2.1\nb 60 TXT ${strings(200)}\nc 60 A 192.0.2.1\n`,
  );
  const whole = zoneOf(recordsOf(await axfr(site, 'zone.test.')));
  assert.equal(whole.length, 5);
  assert.equal(whole.filter((record) => record.length > 100_000).length, 1);

  // 65,535 octets of RDATA leave no room for anything else
  const rdata = `\\# 65535 ${'00'.repeat(65535)}`;
  site.publish('zone.test.', `${HEAD}a 60 A 192.0.2.1\nb 60 TYPE65280 ${rdata}\n`);
  const messages = await axfr(site, 'zone.test.');
  assert.equal(decodeMessage(messages.at(-1) ?? Buffer.alloc(0)).rcode, 2);
  assert.match(site.log.texts.at(-1) ?? '', /larger than a message/);
});

test('axfr: the root zone arrives whole', async () => {
  const site = new Site();
  site.publish('.', '@ 60 SOA a. b. 7 2 3 4 5\n@ 60 NS a.\na 60 A 192.0.2.1\nb 60 NS a.\n');
  assert.deepEqual(
    zoneOf(recordsOf(await axfr(site, '.'))).map((record) => record.replace(/ \S*$/, '')),
    ['. 60 IN NS', '. 60 IN SOA', 'a. 60 IN A', 'b. 60 IN NS'],
  );
});

const PLAIN = `$TTL 60
@ SOA ns h 7 2 3 4 5
@ NS ns
ns A 192.0.2.1
ns TXT "t"
cut NS ns
*.w TXT "w"
`;

test('axfr: of a signed zone every record is sent once, signatures and NSEC3 too, RFC 5155 §7.2.8', async () => {
  for (const kind of ['nsec', 'nsec3', 'opt-out'] as const) {
    const text = pretendSigned('zone.test.', PLAIN, kind);
    const site = new Site();
    site.publish('zone.test.', text);
    const sent = zoneOf(recordsOf(await axfr(site, 'zone.test.')));
    const { recordCount } = zoneFromText('zone.test.', text);
    assert.equal(sent.length, recordCount);
    assert.equal(new Set(sent).size, recordCount);
    for (const type of ['RRSIG', kind === 'nsec' ? 'NSEC' : 'NSEC3']) {
      const wanted = text.match(new RegExp(` \\d+ ${type} `, 'g'))?.length ?? 0;
      const found = sent.filter((line) => line.split(' ')[3] === type).length;
      assert.ok(found > 2);
      assert.equal(found, wanted);
    }
  }
});

test('differences of signed zones lead from one version to the other, RFC 1995 §4', () => {
  for (const kind of ['nsec', 'nsec3', 'opt-out'] as const) {
    const held = (text: string) => ({
      memory: compileText('zone.test.', pretendSigned('zone.test.', text, kind)),
      offset: 0,
    });
    const former = held(PLAIN);
    const next = held(`${PLAIN.replace('h 7 2', 'h 8 2')}more A 192.0.2.9\n`);
    const change = diffZones(former, next);
    assert.ok(typeof change === 'object');
    const count = (image: HeldImage) => openHeld(image).recordCount;
    assert.equal(count(former) - change.removedCount + change.addedCount, count(next));
    // the SOA, and what led to the name that is next in the chain; signatures here never change
    assert.equal(change.removedCount, 2);
    const back = diffZones(next, former);
    assert.ok(typeof back === 'object');
    assert.deepEqual(
      [back.removedCount, back.addedCount],
      [change.addedCount, change.removedCount],
    );
  }
});

test('axfr: what no query is answered from is transferred: glue, occluded names, wildcards, §3', async () => {
  const site = new Site();
  const text = `${HEAD}
cut 60 NS ns.cut
ns.cut 60 A 192.0.2.1
far.ns.cut 60 TXT "occluded"
d 60 DNAME other.
below.d 60 TXT "occluded, too"
*.w 60 A 192.0.2.2
`;
  site.publish('zone.test.', text);
  const owners = zoneOf(recordsOf(await axfr(site, 'zone.test.'))).map(
    (line) => line.split(' ')[0],
  );
  assert.deepEqual(owners.sort(), [
    '*.w.zone.test.',
    'below.d.zone.test.',
    'cut.zone.test.',
    'd.zone.test.',
    'far.ns.cut.zone.test.',
    'ns.cut.zone.test.',
    'zone.test.',
    'zone.test.',
  ]);
});

test('axfr: a client gets what it sees: its location, and TTLs that are counted', async () => {
  const now = Math.floor(Date.now() / 1000);
  const lines = (extra: string) => `${HEAD}a 60 A 192.0.2.1\n${extra}`;
  const cases = [
    { tinydns: true, ttls: ['100', '60'] },
    { tinydns: false, ttls: ['60', '60'] },
  ];
  for (const { tinydns, ttls } of cases) {
    const site = new Site();
    const ending = `a 60 A 192.0.2.2 ; ends ${now + 100}\n`;
    const rows = [
      [0, 0, lines(ending)],
      [5, 0, lines('b 60 A 192.0.2.3\n')],
    ] as const;
    site.publishImage(
      'zone.test.',
      compileVariants('zone.test.', rows, { baseSeconds: now, tinydns }),
    );
    const records = zoneOf(recordsOf(await axfr(site, 'zone.test.')));
    const own = records.filter((record) => record.startsWith('a.'));
    const seen = own.map((record) => Number(record.split(' ')[1])).sort((a, b) => b - a);
    assert.equal(own.length, 2);
    for (const [index, ttl] of ttls.entries()) {
      assert.ok(Math.abs((seen[index] ?? 0) - Number(ttl)) <= 5, `${tinydns}: ${seen}`);
    }
    assert.ok(!records.some((record) => record.startsWith('b.')));
  }
});

test('axfr: zones that are not there are refused by the right code', async () => {
  const site = new Site();
  site.store.set(name('pending.test.'), null);
  site.store.set(name('hidden.test.'), compileVariants('hidden.test.', [[5, 0, HEAD]]));
  site.publish('zone.test.', HEAD);
  const rows = [
    ['pending.test.', 2],
    ['hidden.test.', 9],
    ['none.test.', 9],
    ['sub.zone.test.', 9],
  ] as const;
  for (const [origin, rcode] of rows) {
    const messages = await axfr(site, origin);
    assert.equal(messages.length, 1, origin);
    const { rcode: seen, flags, answer } = decodeMessage(messages[0] ?? Buffer.alloc(0));
    assert.deepEqual({ seen, flags, answer }, { seen: rcode, flags: ['qr'], answer: [] }, origin);
  }
});
