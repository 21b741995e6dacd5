/**
 * BIND, NSD and Knot as secondaries of ours: they have the zone after AXFR and its next version after a signed IXFR.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Journal } from '../../src/store/journal.js';
import { ChangeRecorder } from '../../src/transfer/change-recorder.js';
import type { TsigKey } from '../../src/wire/tsig-key.js';
import { seededRandom } from '../fuzz/random.js';
import { answerInOrder, buildQuery, decodeMessage, nameOctets } from '../peers/message.js';
import { type Peer, type PeerKind, requirePeer, startPeer } from '../peers/peer.js';
import { askTcp, askUdp } from '../peers/query.js';
import { temporaryStore } from '../store/stores.js';
import { testKey } from '../support/tsig-messages.js';
import { name } from '../support/zones.js';
import { nextVersion, type RandomZone, randomZone } from './random-zone.js';
import { Site, zoneOf } from './replies.js';
import { serveTransfers } from './socket-server.js';

const ORIGIN = 'zone.test.';
const KEY: TsigKey = testKey('hmac-sha256', { name: nameOctets('key.test') });
const SECRET = Buffer.from(KEY.secret).toString('base64');
const STEP_MS = 100;
const STEPS_MAX = 100;

type SecondaryKind = Exclude<PeerKind, 'pdns'>;

/** What makes a server a secondary of the one on a port. */
const SETUPS: Readonly<Record<SecondaryKind, (port: number) => string>> = {
  named: (port) => `
key key.test { algorithm hmac-sha256; secret "${SECRET}"; };
zone "zone.test" {
  type secondary; file "secondary.zone"; min-refresh-time 1; allow-transfer { any; };
  primaries { 127.0.0.1 port ${port} key key.test; };
};
`,
  nsd: (port) => `
key:
  name: "key.test"
  algorithm: hmac-sha256
  secret: "${SECRET}"
zone:
  name: "zone.test"
  zonefile: "secondary.zone"
  min-refresh-time: 1
  request-xfr: 127.0.0.1@${port} key.test
  provide-xfr: 127.0.0.1 NOKEY
`,
  knot: (port) => `
key:
  - id: key.test
    algorithm: hmac-sha256
    secret: ${SECRET}
remote:
  - id: primary
    address: 127.0.0.1@${port}
    key: key.test
zone:
  - domain: zone.test
    master: primary
`,
};

async function hasSerial(peer: Peer, serial: number): Promise<void> {
  const query = buildQuery({ name: ORIGIN, type: 'SOA' });
  const wanted = serial.toString(16).padStart(8, '0');
  for (let step = 0; step < STEPS_MAX; step++) {
    const reply = await askUdp(peer, query, { timeoutMs: 500, retries: 0 });
    const [soa = ''] = reply === null ? [] : decodeMessage(reply).answer;
    if (soa.slice(-40, -32) === wanted) return;
    await sleep(STEP_MS);
  }
  assert.fail(`${peer.kind} never has serial ${serial}; its log ends: ${peer.log().slice(-2000)}`);
}

/** All records that a peer has. */
async function zoneAt(peer: Peer, { soa }: RandomZone): Promise<string[]> {
  const records: string[] = [];
  const isLast = (message: Buffer): boolean => {
    records.push(...answerInOrder(message));
    return records.length > 1 && records.at(-1) === soa;
  };
  await askTcp(peer, buildQuery({ name: ORIGIN, type: 'AXFR' }), isLast, { timeoutMs: 5000 });
  return zoneOf(records);
}

async function follow(t: TestContext, kind: SecondaryKind): Promise<void> {
  const random = seededRandom(11);
  const site = new Site();
  const store = temporaryStore(t);
  const recorder = new ChangeRecorder({ store, journal: new Journal(store), log: site.log });
  t.after(() => recorder.stop());
  const service = site.service({ changes: recorder });
  t.after(() => service.stop());
  const publish = ({ text }: RandomZone): void => {
    const { former, next } = site.publish(ORIGIN, text);
    recorder.record(name(ORIGIN), former, next);
  };
  const first = randomZone(random, ORIGIN, 1, 1500);
  const second = nextVersion(random, first, 2);
  // most of the zone stays, so that changes are less than all of it
  for (const [key, rrset] of first.rrsets) if (random(5) > 0) second.rrsets.set(key, rrset);
  publish(first);
  const port = await serveTransfers(t, service, [KEY]);
  const peer = await startPeer(kind, [], { more: SETUPS[kind](port) });
  t.after(() => peer.stop());
  await hasSerial(peer, 1);
  assert.deepEqual(await zoneAt(peer, first), first.records);
  publish(second);
  await hasSerial(peer, 2);
  assert.deepEqual(await zoneAt(peer, second), second.records);
  const texts = site.log.texts.filter((text) => / (?:axfr|ixfr) to serial/.test(text));
  assert.match(texts[0] ?? '', /axfr to serial 1/);
  assert.match(texts.at(-1) ?? '', /ixfr to serial 2/);
}

for (const kind of ['named', 'nsd', 'knot'] as const) {
  test(`transfers: ${kind} follows us by AXFR and IXFR`, { timeout: 90_000 }, async (t) => {
    if (requirePeer(t, kind)) await follow(t, kind);
  });
}
