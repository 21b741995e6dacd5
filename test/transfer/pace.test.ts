/**
 * Transfers and the clients that they go to: slow ones, ones that go away, too many of them, and zones that are
 * replaced meanwhile.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Admission } from '../../src/transfer/admission.js';
import { OutFeeds } from '../../src/transfer/out-feeds.js';
import { decodeMessage } from '../peers/message.js';
import { MemoryReply, recordsOf, Site, transferQuery, zoneOf } from './replies.js';

const ORIGIN = 'zone.test.';
const RECORDS = 60_000;

function zoneText(serial: number): string {
  const lines = Array.from(
    { length: RECORDS },
    (_, i) => `m${i} 60 TXT "${serial} ${'x'.repeat(40)}"`,
  );
  return `@ 60 SOA ns.other. hm.other. ${serial} 2 3 4 5\n@ 60 NS ns.other.\n${lines.join('\n')}\n`;
}

/** Waits until something is so; the time is only a bound. */
async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !isSo(); i++) await sleep(5);
  assert.ok(isSo());
}

test('transfer: a slow client gets no more than it takes, and all in the end', async (t) => {
  const site = new Site();
  const service = site.service();
  t.after(() => service.stop());
  site.publish(ORIGIN, zoneText(1));
  const reply = new MemoryReply({ room: 3 });
  service.begin(transferQuery(ORIGIN, reply));
  await until(() => reply.messages.length === 3);
  // as many as were taken, whatever time goes by
  await sleep(100);
  assert.equal(reply.messages.length, 3);
  reply.read(10);
  await until(() => reply.messages.length === 13);
  reply.read(Number.POSITIVE_INFINITY);
  await reply.ended;
  assert.equal(zoneOf(recordsOf(reply.messages)).length, RECORDS + 2);
  assert.deepEqual(site.log.lines, ['info transfer.out']);
});

test('transfer: a zone that is replaced meanwhile goes on as it began', async (t) => {
  const site = new Site();
  const service = site.service();
  t.after(() => service.stop());
  site.publish(ORIGIN, zoneText(1));
  const reply = new MemoryReply({ room: 2 });
  service.begin(transferQuery(ORIGIN, reply));
  await until(() => reply.messages.length === 2);
  for (let serial = 2; serial < 5; serial++) site.publish(ORIGIN, zoneText(serial));
  await sleep(300);
  reply.read(Number.POSITIVE_INFINITY);
  await reply.ended;
  const records = recordsOf(reply.messages);
  const texts = new Set(
    records.filter((record) => record.includes(' TXT ')).map((r) => r.slice(-84)),
  );
  assert.equal(texts.size, 1);
  assert.equal(zoneOf(records).length, RECORDS + 2);
  const later = new MemoryReply();
  service.begin(transferQuery(ORIGIN, later));
  await later.ended;
  assert.notEqual(recordsOf(later.messages)[0], records[0]);
});

test('transfer: a client that goes away ends its own transfer only', async (t) => {
  const site = new Site();
  const service = site.service({ limits: { inAll: 1 } });
  t.after(() => service.stop());
  site.publish(ORIGIN, zoneText(1));
  const gone = new MemoryReply({ room: 2 });
  const next = new MemoryReply();
  service.begin(transferQuery(ORIGIN, gone));
  service.begin(transferQuery(ORIGIN, next));
  await until(() => gone.messages.length === 2);
  assert.equal(next.messages.length, 0);
  gone.close();
  await Promise.all([gone.ended, next.ended]);
  assert.equal(zoneOf(recordsOf(next.messages)).length, RECORDS + 2);
  assert.deepEqual(site.log.lines.sort(), ['info transfer.out', 'warn transfer.out.failed']);
  assert.match(site.log.texts.join('\n'), /client has closed/);
});

test('transfer: a client that takes nothing is given up', async (t) => {
  const site = new Site();
  const service = site.service({ stallMs: 20 });
  t.after(() => service.stop());
  site.publish(ORIGIN, zoneText(1));
  const reply = new MemoryReply({ room: 2 });
  service.begin(transferQuery(ORIGIN, reply));
  await reply.ended;
  assert.equal(reply.messages.length, 2);
  assert.match(site.log.texts[0] ?? '', /taken nothing/);
});

test('transfer: small zones are answered at once, however many large ones are under way', async (t) => {
  const site = new Site();
  const service = site.service({ limits: { inAll: 1, waiting: 0 } });
  t.after(() => service.stop());
  site.publish(ORIGIN, zoneText(1));
  site.publish('small.test.', '@ 60 SOA ns.other. hm.other. 1 2 3 4 5\n@ 60 NS ns.other.\n');
  const large = new MemoryReply({ room: 2 });
  const refused = new MemoryReply();
  const small = new MemoryReply();
  service.begin(transferQuery(ORIGIN, large));
  service.begin(transferQuery(ORIGIN, refused));
  service.begin(transferQuery('small.test.', small));
  assert.equal(recordsOf(small.messages).length, 3);
  await Promise.all([small.ended, refused.ended]);
  assert.equal(decodeMessage(refused.messages[0] ?? Buffer.alloc(0)).rcode, 5);
  large.close();
  await large.ended;
  assert.ok(site.log.lines.includes('warn transfer.out.refused'));
});

/** A thread's entry that dies of its first order. */
function failingScript(t: TestContext): URL {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-thread-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'thread.mjs');
  const text = "import { parentPort } from 'node:worker_threads';\n";
  writeFileSync(
    path,
    `${text}parentPort.on('message', () => { throw new Error('on purpose'); });\n`,
  );
  return pathToFileURL(path);
}

test('transfer: a thread that dies costs its transfers, which end with an error code', async (t) => {
  const site = new Site();
  const service = site.service({ feeds: new OutFeeds(failingScript(t)) });
  t.after(() => service.stop());
  site.publish(ORIGIN, zoneText(1));
  for (let round = 0; round < 2; round++) {
    const reply = new MemoryReply();
    service.begin(transferQuery(ORIGIN, reply));
    await reply.ended;
    assert.equal(decodeMessage(reply.messages[0] ?? Buffer.alloc(0)).rcode, 2);
  }
  assert.match(site.log.texts[1] ?? '', /on purpose/);
});

test('transfer: those who wait begin in order, as far as the limits of their clients allow', () => {
  const begun: string[] = [];
  const gone = new Set<string>();
  const admission = new Admission({ inAll: 3, perClient: 2, waiting: 4 });
  const enter = (who: string): boolean =>
    admission.enter({
      client: who.charAt(0),
      isGone: () => gone.has(who),
      begin: () => begun.push(who),
    });
  const taken = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1', 'c2', 'c3'].map(enter);
  assert.deepEqual(taken, [true, true, true, true, true, true, true, false]);
  assert.deepEqual(begun.splice(0), ['a1', 'a2', 'b1']);
  // who is gone makes room for another who waits
  gone.add('c1');
  assert.equal(enter('c4'), true);
  assert.equal(enter('c5'), false);
  const steps: readonly (readonly [leaves: string, begins: readonly string[]])[] = [
    ['b', ['b2']],
    ['b', ['c2']],
    ['a', ['a3']],
    ['a', ['c4']],
    ['a', []],
  ];
  for (const [leaves, begins] of steps) {
    admission.leave(leaves);
    assert.deepEqual(begun.splice(0), begins);
  }
});
