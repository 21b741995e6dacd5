/** The threads that receive zones: bounded in all and for each primary, fair, and replaced when they die. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { TRANSFER_PROGRESS_MS, TRANSFER_WARM_OCTETS_MIN } from '../../src/base/transfer-limits.js';
import { ZoneImage } from '../../src/index/image.js';
import { EXCHANGE_BOUNDS } from '../../src/transfer/tcp-exchange.js';
import type { TransferCost, TransferJob, TransferReply } from '../../src/transfer/transfer-job.js';
import { TransferThreads, type WantedTransfer } from '../../src/transfer/transfer-threads.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { FakePrimary, type Script } from '../support/fake-primary.js';
import { recordsOf, replyTo } from '../support/xfr-messages.js';
import { compileText, name } from '../support/zones.js';
import { ORIGIN, scriptOf, zoneText } from './secondary-scene.js';

const PATIENCE_MS = 15_000;

function jobs(t: TestContext, primary: FakePrimary): (index: number) => TransferJob {
  const folder = temporaryDirectory(t);
  return (index) => ({
    apex: name('example.'),
    path: join(folder, `${index}.zone`),
    primary: primary.peer,
    key: null,
    held: null,
    strict: false,
    ignoreBroken: false,
    nsec3IterationsMax: 100,
    exchange: { ...EXCHANGE_BOUNDS, firstMs: PATIENCE_MS },
    bounds: { octetsMax: 1 << 20, recordsMax: 1000 },
  });
}

function wanted(
  job: WantedTransfer['job'],
  settle: WantedTransfer['settle'],
  progress: WantedTransfer['progress'] = () => {},
): WantedTransfer {
  return { job, primary: 'x', progress, settle };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'it did not happen');
    await setTimeout(2);
  }
}

/** Answers when it is told to. */
function gated(): { readonly script: Script; open(): void } {
  const served = scriptOf({ serial: 7 });
  let isOpen = false;
  const tcp: Script['tcp'] = function* (query) {
    while (!isOpen) yield { waitMs: 2 };
    yield* served.tcp?.(query) ?? [];
  };
  return {
    script: { tcp },
    open: () => {
      isOpen = true;
    },
  };
}

test('threads: no more transfers at once than allowed, in all and from one primary', async (t) => {
  const slow = gated();
  const first = await FakePrimary.start(t, slow.script);
  const second = await FakePrimary.start(t, slow.script);
  const threads = new TransferThreads({ inAll: 3, perPrimary: 2, idleMs: 10 });
  t.after(() => threads.stop());
  const done: string[] = [];
  for (const [which, primary, count] of [
    ['a', first, 5],
    ['b', second, 2],
  ] as const) {
    const job = jobs(t, primary);
    for (let i = 0; i < count; i++) {
      const settle = ({ outcome }: TransferReply) => done.push(`${which} ${outcome.kind}`);
      threads.begin({ ...wanted(() => job(i), settle), primary: `${primary.peer.port}` });
    }
  }
  await until(() => first.open === 2 && second.open === 1);
  assert.equal(threads.threadCount, 3);
  await setTimeout(50);
  assert.deepEqual([first.asked.length, second.asked.length], [2, 1]);
  slow.open();
  await until(() => done.length === 7);
  assert.deepEqual(done.sort(), [...Array(5).fill('a zone'), ...Array(2).fill('b zone')]);
  await until(() => threads.threadCount === 0);
});

test('threads: of those that have received large zones one stays for the next', async (t) => {
  const padding = Array.from({ length: 100 }, (_, i) => `t${i} 60 IN TXT "${'x'.repeat(250)}"\n`);
  const soa = recordsOf(ORIGIN, '@ 60 IN SOA ns hostmaster 7 1000 100 10000 60\n');
  const first = recordsOf(ORIGIN, '@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n');
  const rest = recordsOf(ORIGIN, padding.join(''));
  const large = await FakePrimary.start(t, {
    *tcp(query) {
      yield { message: replyTo(query, { answers: [...soa, ...first] }) };
      for (let octets = 0; octets < TRANSFER_WARM_OCTETS_MIN; octets += 25_000) {
        yield { message: replyTo(query, { answers: rest, bare: true }) };
      }
      yield { message: replyTo(query, { answers: soa, bare: true }) };
    },
  });
  const small = await FakePrimary.start(t, scriptOf({ serial: 7 }));
  const threads = new TransferThreads({ idleMs: 10, warmMs: 2 * PATIENCE_MS });
  t.after(() => threads.stop());
  const received = (primary: FakePrimary, index: number) =>
    new Promise<string>((settle) => {
      const bounds = { octetsMax: 1 << 30, recordsMax: 1_000_000 };
      const job = { ...jobs(t, primary)(index), bounds };
      threads.begin({
        ...wanted(
          () => job,
          ({ outcome }) => settle(outcome.kind),
        ),
        primary: `${index}`,
      });
    });
  const pair = (primary: FakePrimary) => Promise.all([0, 1].map((i) => received(primary, i)));
  assert.deepEqual(await pair(small), ['zone', 'zone']);
  await until(() => threads.threadCount === 0);
  assert.deepEqual(await pair(large), ['zone', 'zone']);
  await until(() => threads.threadCount === 1);
  assert.equal(await received(small, 0), 'zone');
  await setTimeout(50);
  assert.equal(threads.threadCount, 1);
});

test('threads: what is not wanted any more when its turn comes is not had', async (t) => {
  const primary = await FakePrimary.start(t, scriptOf({ serial: 7 }));
  const threads = new TransferThreads();
  t.after(() => threads.stop());
  const reply = await new Promise<TransferReply>((settle) => {
    threads.begin(wanted(() => null, settle));
  });
  assert.equal(reply.outcome.kind, 'failed');
  assert.deepEqual([primary.asked.length, threads.threadCount], [0, 0]);
});

test('threads: differences are put onto the version in shared memory', async (t) => {
  const soa = (serial: number) => `@ 60 IN SOA ns hostmaster ${serial} 1000 100 10000 60\n`;
  const rows = `${soa(8)}${soa(7)}ns 60 IN A 192.0.2.1\n${soa(8)}ns 60 IN A 192.0.2.2\n${soa(8)}`;
  const answers = recordsOf(ORIGIN, rows);
  const primary = await FakePrimary.start(t, {
    tcp: (query) => [{ message: replyTo(query, { answers }) }],
  });
  const threads = new TransferThreads();
  t.after(() => threads.stop());
  const held = { serial: 7, base: { memory: compileText(ORIGIN, zoneText(7)), offset: 0 } };
  const job = { ...jobs(t, primary)(0), held, key: null };
  const { outcome } = await new Promise<TransferReply>((settle) => {
    threads.begin(wanted(() => job, settle));
  });
  assert.ok(outcome.kind === 'zone', JSON.stringify(outcome));
  const { form, image, recordCount } = outcome;
  assert.deepEqual([form, new ZoneImage(image).serial, recordCount], ['ixfr', 8, 3]);
});

test('threads: a transfer that takes long tells how far it has come', async (t) => {
  const soa = `@ 60 IN SOA ns hostmaster 7 1000 100 10000 60\n`;
  const parts = [`${soa}@ 60 IN NS ns\n`, 'ns 60 IN A 192.0.2.1\n', soa];
  const primary = await FakePrimary.start(t, {
    *tcp(query) {
      for (const [i, part] of parts.entries()) {
        yield { message: replyTo(query, { answers: recordsOf(ORIGIN, part), bare: i > 0 }) };
        yield { waitMs: 1.1 * TRANSFER_PROGRESS_MS };
      }
    },
  });
  const threads = new TransferThreads();
  t.after(() => threads.stop());
  const told: TransferCost[] = [];
  const { outcome } = await new Promise<TransferReply>((settle) => {
    const job = { ...jobs(t, primary)(0), key: null };
    threads.begin(
      wanted(
        () => job,
        settle,
        (cost) => told.push(cost),
      ),
    );
  });
  assert.equal(outcome.kind, 'zone');
  assert.deepEqual(
    told.map(({ messages, records }) => [messages, records]),
    [
      [1, 2],
      [2, 3],
    ],
  );
  assert.ok(told[0]!.octets > 0 && told[0]!.octets < told[1]!.octets);
  assert.ok(told[0]!.ms >= TRANSFER_PROGRESS_MS);
});

test('threads: one that dies costs its transfer, and the next has another', async (t) => {
  const primary = await FakePrimary.start(t, scriptOf({ serial: 7 }));
  const script = new URL('data:text/javascript,process.exit(3)');
  const broken = new TransferThreads({ script });
  t.after(() => broken.stop());
  const job = jobs(t, primary);
  for (let i = 0; i < 2; i++) {
    const { outcome } = await new Promise<TransferReply>((settle) => {
      broken.begin(wanted(() => job(i), settle));
    });
    assert.ok(outcome.kind === 'failed');
    assert.match(outcome.fault.text, /the transfer's thread stopped/);
  }
  assert.equal(broken.threadCount, 0);
});

test('threads: stopping does not wait for transfers', async (t) => {
  const primary = await FakePrimary.start(t, gated().script);
  const threads = new TransferThreads();
  const job = jobs(t, primary);
  threads.begin(
    wanted(
      () => job(0),
      () => assert.fail('a transfer that was stopped has no reply'),
    ),
  );
  await until(() => primary.open === 1);
  await threads.stop();
  await until(() => primary.open === 0);
});
