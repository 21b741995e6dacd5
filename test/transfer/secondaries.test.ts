/** Secondary zones over weeks: refresh, retry, expiry, NOTIFY, restarts and edited files, on a clock that is moved. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROBES_MAX } from '../../src/base/transfer-limits.js';
import { FakePrimary, type Script } from '../support/fake-primary.js';
import { testKey } from '../support/tsig-messages.js';
import { signReplies } from '../support/xfr-messages.js';
import { name } from '../support/zones.js';
import {
  ORIGIN,
  Remembered,
  SecondaryScene,
  type Serving,
  scriptOf,
  zoneText,
} from './secondary-scene.js';

const APEX = name(ORIGIN);
const FROM = Uint8Array.of(127, 0, 0, 1);

async function serving(t: Parameters<typeof FakePrimary.start>[0], state: Serving) {
  return FakePrimary.start(t, scriptOf(state));
}

test('secondary: a zone without file is had at once, and served', async (t) => {
  const primary = await serving(t, { serial: 7 });
  const scene = await SecondaryScene.start(t, [primary.peer]);
  await scene.idle();
  assert.equal(scene.serial(), 7);
  assert.deepEqual(primary.asked, ['udp 6', 'tcp 252']);
  assert.equal(scene.zones.find(APEX)?.state, 'serving');
  const { state, serial, lastError, nextAt, expiresAt } = scene.status();
  assert.deepEqual([state, serial, lastError], ['serving', 7, null]);
  assert.deepEqual([scene.secondsTo(nextAt), scene.secondsTo(expiresAt)], [1000, 10_000]);
  assert.equal(scene.memory.get(APEX)?.serial, 7);
  assert.match(
    scene.told('transfer.received')[0] ?? '',
    /^example: serial 7 from 127\.0\.0\.1:\d+ by AXFR, 3 records/,
  );
});

test('secondary: chance takes up to three quarters off the first wait, and a quarter off others', async (t) => {
  const primary = await serving(t, { serial: 7 });
  const scene = await SecondaryScene.start(t, [primary.peer], { chance: () => 1 });
  await scene.idle();
  assert.equal(scene.secondsTo(scene.status().nextAt), 250);
  scene.advance(250);
  await scene.idle();
  assert.equal(scene.secondsTo(scene.status().nextAt), 750);
});

test('secondary: a zone is confirmed at each refresh, and had anew when its serial grows', async (t) => {
  const state: Serving = { serial: 4_294_967_295 };
  const primary = await serving(t, state);
  const scene = await SecondaryScene.start(t, [primary.peer]);
  await scene.idle();
  scene.advance(999);
  assert.equal(primary.asked.length, 2);
  scene.advance(1);
  await scene.idle();
  assert.deepEqual(primary.asked.slice(2), ['udp 6']);
  assert.equal(scene.secondsTo(scene.status().expiresAt), 10_000);
  // RFC 1982: 2 is greater than 2^32 - 1
  state.serial = 2;
  scene.advance(1000);
  await scene.idle();
  assert.equal(scene.serial(), 2);
});

test('secondary: retries grow apart, the zone expires, and comes back by itself', async (t) => {
  const state: Serving = { serial: 7 };
  const primary = await serving(t, state);
  const scene = await SecondaryScene.start(t, [primary.peer]);
  await scene.idle();
  state.rcode = 5;
  const waits: number[] = [];
  scene.advance(1000);
  for (let i = 0; i < 5; i++) {
    await scene.idle();
    waits.push(scene.secondsTo(scene.status().nextAt));
    scene.advance(waits.at(-1) ?? 0);
  }
  assert.deepEqual(waits, [100, 200, 400, 800, 1000]);
  assert.match(scene.status().lastError ?? '', /answers REFUSED; does the primary have this zone/);
  // What repeats is said once.
  assert.equal(scene.told('transfer.failed').length, 1);
  for (let i = 0; i < 8 && scene.status().state === 'serving'; i++) {
    await scene.idle();
    scene.advance(1000);
  }
  await scene.idle();
  assert.equal(scene.serial(), null);
  assert.equal(scene.status().state, 'expired');
  assert.deepEqual(
    scene.zones.find(APEX)?.problems.map(({ code }) => code),
    ['SECONDARY_EXPIRED'],
  );
  assert.match(
    scene.told('transfer.expired')[0] ?? '',
    /expired, since no primary has confirmed it.*REFUSED/,
  );
  delete state.rcode;
  scene.advance(600);
  await scene.idle();
  assert.equal(scene.serial(), 7);
  assert.equal(scene.zones.find(APEX)?.state, 'serving');
});

test('secondary: a zone that is larger than allowed is told, and not served', async (t) => {
  const primary = await serving(t, { serial: 7 });
  const scene = await SecondaryScene.start(t, [primary.peer], { octetsMax: 100 });
  await scene.idle();
  assert.equal(scene.serial(), null);
  assert.match(
    scene.told('transfer.failed')[0] ?? '',
    /more than 100 octets; .*xfr-max-received-mbytes/,
  );
});

test('secondary: of several primaries the next is asked at once, and then kept', async (t) => {
  const bad: Serving = { serial: 9, rcode: 9 };
  const first = await serving(t, bad);
  const second = await serving(t, { serial: 7 });
  const scene = await SecondaryScene.start(t, [first.peer, second.peer]);
  await scene.idle();
  assert.equal(scene.serial(), 7);
  assert.equal(scene.status().failures, 0);
  scene.advance(1000);
  await scene.idle();
  assert.deepEqual(first.asked, ['udp 6']);
  assert.deepEqual(second.asked, ['udp 6', 'tcp 252', 'udp 6']);
});

test('secondary: what each of several primaries has wrong is told once', async (t) => {
  const states: Serving[] = [
    { serial: 7, rcode: 5 },
    { serial: 7, rcode: 9 },
  ];
  const primaries = await Promise.all(states.map((state) => serving(t, state)));
  const peers = primaries.map(({ peer }) => peer);
  const scene = await SecondaryScene.start(t, peers);
  for (let i = 0; i < 4; i++) {
    await scene.idle();
    scene.advance(600);
  }
  await scene.idle();
  assert.ok(scene.status().failures >= 4);
  const told = scene.told('transfer.failed');
  assert.equal(told.length, 2);
  assert.match(told.join('\n'), /answers REFUSED.*\n.*answers NOTAUTH/);
});

type Odd = readonly [what: string, state: Serving, told: RegExp];

const ODD: readonly Odd[] = [
  ['answers SERVFAIL', { serial: 8, rcode: 2 }, /SERVFAIL; does the primary have this zone/],
  ['answers NOTAUTH', { serial: 8, rcode: 9 }, /NOTAUTH; does the primary/],
  [
    'is lame',
    { serial: 8, isLame: true },
    /without authority; the primary does not serve this zone itself/,
  ],
  ['is mute', { serial: 8, isMute: true }, /no reply within 0\.3 s; is the primary up/],
  [
    'has a lower serial',
    { serial: 6 },
    /its serial 6 is lower than ours, 7, which is kept; a serial must grow/,
  ],
  [
    'has a zone with errors',
    { serial: 8, more: 'a 1 IN CNAME b\na 1 IN A 192.0.2.2\n' },
    /serial 8 has 1 errors.*the former version is kept/,
  ],
];

for (const [what, change, wanted] of ODD) {
  test(`secondary: a primary that ${what} is told with what to do, the zone stays`, async (t) => {
    const state: Serving = { serial: 7 };
    const primary = await serving(t, state);
    const scene = await SecondaryScene.start(t, [primary.peer]);
    await scene.idle();
    Object.assign(state, change);
    scene.advance(1000);
    await scene.idle();
    assert.equal(scene.serial(), 7);
    assert.equal(scene.status().failures, 1);
    assert.match(scene.told('transfer.failed').join('\n'), wanted);
    assert.match(scene.status().lastError ?? '', wanted);
  });
}

test('secondary: what the primary says of its own expiry counts (RFC 7314)', async (t) => {
  const state: Serving = { serial: 7, expireSeconds: 5000 };
  const primary = await serving(t, state);
  const scene = await SecondaryScene.start(t, [primary.peer]);
  await scene.idle();
  assert.equal(scene.secondsTo(scene.status().expiresAt), 5000);
  // An older time does not take away from the timer, and a later one not add to what the SOA says.
  for (const [told, wanted] of [
    [100, 4000],
    [4500, 4500],
    [99_999, 10_000],
  ] as const) {
    state.expireSeconds = told;
    scene.advance(1000);
    await scene.idle();
    assert.equal(scene.secondsTo(scene.status().expiresAt), wanted);
  }
});

test('notify: a check is made at once if there is news, and one at a time (RFC 1996 §3.11)', async (t) => {
  const state: Serving = { serial: 7 };
  const primary = await serving(t, state);
  const scene = await SecondaryScene.start(t, [primary.peer]);
  await scene.idle();
  const { secondaries } = scene;
  assert.equal(secondaries.notified(name('other.'), FROM, 8), 9);
  assert.equal(secondaries.notified(APEX, FROM, 7), 0);
  assert.equal(secondaries.notified(APEX, FROM, 6), 0);
  scene.advance(1);
  assert.equal(primary.asked.length, 2);
  state.serial = 8;
  for (let i = 0; i < 5; i++) assert.equal(secondaries.notified(APEX, FROM, 8), 0);
  scene.advance(0);
  for (let i = 0; i < 5; i++) assert.equal(secondaries.notified(APEX, FROM, 8), 0);
  await scene.idle();
  assert.equal(scene.serial(), 8);
  scene.advance(1);
  await scene.idle();
  assert.deepEqual(primary.asked.slice(2), ['udp 6', 'tcp 251']);
});

test('notify: what is told during a check is looked at after it, forged ones at most each second', async (t) => {
  const state: Serving = { serial: 7 };
  const primary = await serving(t, state);
  const scene = await SecondaryScene.start(t, [primary.peer]);
  await scene.idle();
  scene.advance(10);
  const { secondaries } = scene;
  secondaries.notified(APEX, FROM, null);
  scene.advance(0);
  assert.equal(scene.status().activity, 'asking');
  secondaries.notified(APEX, FROM, 9);
  await scene.idle();
  assert.equal(primary.asked.length, 3);
  scene.advance(0.999);
  assert.equal(scene.status().activity, 'idle');
  scene.advance(0.001);
  await scene.idle();
  assert.equal(primary.asked.length, 4);
});

test('notify: strangers are refused and told, unless an access list has judged them', async (t) => {
  const state: Serving = { serial: 7 };
  const primary = await serving(t, state);
  const stranger = Uint8Array.of(192, 0, 2, 1);
  for (const isNotifyJudged of [false, true]) {
    const scene = await SecondaryScene.start(t, [primary.peer], { isNotifyJudged });
    await scene.idle();
    scene.advance(10);
    const count = primary.asked.length;
    assert.equal(scene.secondaries.notified(APEX, stranger, null), isNotifyJudged ? 0 : 5);
    scene.advance(1);
    await scene.idle();
    assert.equal(primary.asked.length, count + (isNotifyJudged ? 1 : 0));
    const told = scene.told('notify.refused');
    assert.equal(told.length, isNotifyJudged ? 0 : 1);
    if (!isNotifyJudged)
      assert.match(told[0] ?? '', /192\.0\.2\.1, which is none of its primaries/);
  }
});

test('secondary: a primary with a key is asked with it, and one whose key is gone is told', async (t) => {
  const state: Serving = { serial: 7 };
  const plain = scriptOf(state);
  const key = testKey('hmac-sha256');
  const sign = (query: Buffer, reply: Uint8Array | null): Uint8Array | null =>
    signReplies(query, key, [Buffer.from(reply ?? [])])[0] ?? null;
  const script: Script = {
    udp: (query) => sign(query, plain.udp?.(query) ?? null),
    tcp: (query) =>
      [...(plain.tcp?.(query) ?? [])].map((step) =>
        typeof step === 'object' && 'message' in step
          ? { message: sign(query, step.message) ?? step.message }
          : step,
      ),
  };
  const primary = await FakePrimary.start(t, script, 'k.test');
  const scene = await SecondaryScene.start(t, [primary.peer], { keys: { 'k.test': key } });
  await scene.idle();
  assert.equal(scene.serial(), 7);
  const without = await SecondaryScene.start(t, [primary.peer]);
  await without.idle();
  assert.equal(without.serial(), null);
  assert.match(without.told('transfer.failed')[0] ?? '', /there is no key k\.test/);
});

test('retrieve: a zone is had whatever its serial; a change under the same serial is told', async (t) => {
  const state: Serving = { serial: 7 };
  const primary = await serving(t, state);
  const scene = await SecondaryScene.start(t, [primary.peer]);
  await scene.idle();
  const { secondaries } = scene;
  assert.deepEqual(secondaries.retrieve(name('other.')), { kind: 'unknown' });
  const queued = { kind: 'queued', primary: `127.0.0.1:${primary.peer.port}` };
  state.more = 'x 60 IN A 192.0.2.9\n';
  assert.deepEqual(secondaries.retrieve(APEX), queued);
  await scene.idle();
  assert.equal(scene.zones.find(APEX)?.recordCount, 4);
  assert.match(scene.told('transfer.altered')[0] ?? '', /changed the zone under the same serial 7/);
  state.serial = 5;
  assert.deepEqual(secondaries.retrieve(APEX, primary.peer), queued);
  const queue = secondaries.queue().map(({ zone, primary }) => ({ zone, primary }));
  assert.deepEqual(queue, [{ zone: 'example', primary: queued.primary }]);
  await scene.idle();
  assert.equal(scene.serial(), 5);
});

test('secondary: after a restart the file is served, and nobody asked before it is time', async (t) => {
  const primary = await serving(t, { serial: 7 });
  const former = await SecondaryScene.start(t, [primary.peer]);
  await former.idle();
  await former.end();
  const { folder, memory } = former;
  const startMs = former.now() + 400_000;
  const scene = await SecondaryScene.start(t, [primary.peer], { folder, memory, startMs });
  assert.equal(scene.serial(), 7);
  assert.equal(primary.asked.length, 2);
  assert.equal(scene.secondsTo(scene.status().nextAt), 600);
  assert.equal(scene.secondsTo(scene.status().expiresAt), 9600);
  scene.advance(600);
  await scene.idle();
  assert.deepEqual(primary.asked.slice(2), ['udp 6']);
});

test('secondary: what expired before a restart is not served after it', async (t) => {
  const state: Serving = { serial: 7 };
  const primary = await serving(t, state);
  const former = await SecondaryScene.start(t, [primary.peer]);
  await former.idle();
  await former.end();
  state.isMute = true;
  const { folder, memory } = former;
  const startMs = former.now() + 20_000_000;
  const scene = await SecondaryScene.start(t, [primary.peer], { folder, memory, startMs });
  assert.equal(scene.serial(), null);
  assert.equal(scene.status().state, 'expired');
  await scene.idle();
  state.isMute = false;
  scene.advance(600);
  await scene.idle();
  assert.equal(scene.serial(), 7);
});

test('secondary: a store that fails is told, and the zones go on', async (t) => {
  const primary = await serving(t, { serial: 7 });
  const memory = new Remembered();
  const fail = (): never => {
    throw new Error('the disk is full');
  };
  Object.assign(memory, { get: fail, set: fail, forget: fail });
  const scene = await SecondaryScene.start(t, [primary.peer], { memory });
  await scene.idle();
  assert.equal(scene.serial(), 7);
  assert.match(scene.told('store.failed')[0] ?? '', /secondary zones: the disk is full/);
  await scene.follow([], []);
  assert.equal(scene.serial(), undefined);
});

test('secondary: the file of another server is served at the first start, and checked at once', async (t) => {
  const primary = await serving(t, { serial: 7 });
  const scene = await SecondaryScene.start(t, []);
  writeFileSync(scene.path(), zoneText(6));
  await scene.end();
  const again = await SecondaryScene.start(t, [primary.peer], { folder: scene.folder });
  assert.equal(again.told('transfer.edited').length, 0);
  await again.idle();
  assert.deepEqual(primary.asked, ['udp 6', 'tcp 251']);
  assert.equal(again.serial(), 7);
});

test('secondary: an edit is told and not served, neither while it runs nor at the next start', async (t) => {
  const state: Serving = { serial: 7 };
  const primary = await serving(t, state);
  const former = await SecondaryScene.start(t, [primary.peer]);
  await former.idle();
  const edited = `${readFileSync(former.path(), 'utf8')}evil 60 IN A 192.0.2.66\n`;
  writeFileSync(former.path(), edited);
  const row = former.zones.find(APEX)?.row ?? -1;
  await former.reloader.loadNow(row);
  assert.equal(former.zones.find(APEX)?.recordCount, 3);
  assert.equal(former.zones.find(APEX)?.state, 'serving');
  assert.deepEqual(
    former.zones.find(APEX)?.problems.map(({ code }) => code),
    ['SECONDARY_EDITED'],
  );
  assert.match(former.told('transfer.edited')[0] ?? '', /somebody has edited .*it is not served/);
  await former.end();
  state.isMute = true;
  const { folder, memory } = former;
  const scene = await SecondaryScene.start(t, [primary.peer], { folder, memory });
  assert.equal(scene.serial(), null);
  assert.match(scene.told('transfer.edited')[0] ?? '', /the zone is had from its primary/);
  assert.equal(readFileSync(scene.path(), 'utf8'), edited);
  await scene.idle();
  state.isMute = false;
  scene.advance(600);
  await scene.idle();
  assert.equal(scene.serial(), 7);
  assert.equal(scene.zones.find(APEX)?.recordCount, 3);
  assert.deepEqual(scene.zones.find(APEX)?.problems, []);
});

test('secondary: its own file is no news to the watcher, an edit is', async (t) => {
  const state: Serving = { serial: 7 };
  const primary = await serving(t, state);
  const scene = await SecondaryScene.start(t, [primary.peer]);
  await scene.idle();
  state.serial = 8;
  scene.advance(1000);
  await scene.idle();
  const zone = scene.zones.find(APEX);
  const attempts = zone?.attempts;
  // Each of our own two writes has had its events by the time that an edit after them has.
  writeFileSync(scene.path(), zoneText(9));
  await scene.until(() => scene.told('transfer.edited').length > 0, 'the edit is not seen');
  assert.equal(scene.told('transfer.edited').length, 1);
  assert.deepEqual([zone?.attempts, scene.serial()], [(attempts ?? 0) + 1, 8]);
});

test('secondary: a file that is lost is had again, while the zone is served', async (t) => {
  const primary = await serving(t, { serial: 7 });
  const scene = await SecondaryScene.start(t, [primary.peer]);
  await scene.idle();
  rmSync(scene.path());
  await scene.reloader.loadNow(scene.zones.find(APEX)?.row ?? -1);
  assert.equal(scene.serial(), 7);
  scene.advance(0);
  await scene.idle();
  assert.ok(existsSync(scene.path()));
  assert.equal(scene.zones.find(APEX)?.state, 'serving');
});

test('secondary: zones that the configuration drops are forgotten, new primaries are asked at once', async (t) => {
  const primary = await serving(t, { serial: 7 });
  const other = await serving(t, { serial: 9 });
  const scene = await SecondaryScene.start(t, [primary.peer]);
  await scene.idle();
  scene.advance(10);
  await scene.follow([other.peer], [ORIGIN]);
  scene.advance(0);
  await scene.idle();
  assert.equal(scene.serial(), 9);
  await scene.follow([other.peer], []);
  assert.equal(scene.serial(), undefined);
  assert.equal(scene.memory.states.size, 0);
  assert.equal(scene.secondaries.status(APEX), null);
  assert.equal(scene.secondaries.notified(APEX, FROM, 10), 9);
});

test('secondary: a zone of another kind becomes one, and one becomes a zone of another kind', async (t) => {
  const primary = await serving(t, { serial: 7 });
  const scene = await SecondaryScene.start(t, []);
  writeFileSync(scene.path(), zoneText(6));
  await scene.follow([], [ORIGIN], 'native');
  await scene.reloader.loadNow(scene.zones.find(APEX)?.row ?? -1);
  assert.equal(scene.serial(), 6);
  await scene.follow([primary.peer], [ORIGIN]);
  await scene.until(() => scene.status().serial === 6, 'its file is not looked at');
  scene.advance(0);
  await scene.idle();
  assert.equal(scene.serial(), 7);
  await scene.follow([], [ORIGIN], 'native');
  assert.equal(scene.secondaries.status(APEX), null);
  assert.equal(scene.serial(), 7);
});

test('secondary: what a killed process has left beside its files is removed, and nothing else', async (t) => {
  const primary = await serving(t, { serial: 7 });
  const folder = (await SecondaryScene.start(t, [], { origins: [] })).folder;
  const left = 'example.zone.0123456789ab.tmp';
  const others = [
    'example.zone.tmp',
    'other.zone.0123456789ab.tmp',
    'example.zone.0123456789AB.tmp',
  ];
  for (const file of [left, ...others]) writeFileSync(join(folder, file), 'x');
  const scene = await SecondaryScene.start(t, [primary.peer], { folder });
  await scene.idle();
  assert.deepEqual(readdirSync(folder).sort(), ['example.zone', ...others].sort());
});

test('secondary: 10,000 zones do not ask all at once', async (t) => {
  const origins = Array.from({ length: 10_000 }, (_, i) => `z${i}.`);
  let now = 0;
  let most = 0;
  let asked = 0;
  const scene = await SecondaryScene.start(t, [{ address: '127.0.0.1', port: 1, key: null }], {
    origins,
    probe: async () => {
      asked++;
      most = Math.max(most, ++now);
      await new Promise(setImmediate);
      now--;
      return { kind: 'fault', fault: { code: 'timeout', text: 'no reply', rcode: null } };
    },
  });
  await scene.idle();
  assert.equal(asked, 10_000);
  assert.equal(most, PROBES_MAX);
  // One primary that is dead is one thing to say, not ten thousand.
  assert.ok(scene.told('transfer.failed').length <= 5);
});
