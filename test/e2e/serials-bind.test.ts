/**
 * BIND follows a zone whose serials the server raises: over edits that leave the file's serial as it is, over restarts,
 * and over a file that is ahead. RFC 1982 §3.2.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freePort, type Peer, requirePeer, startPeer } from '../peers/peer.js';
import { EDITS, EditedZone, recordsAt, serialAt, untilSerial, withoutSoa } from './edited-zone.js';
import { Site } from './site.js';
import { temporaryDirectory } from './test-server.js';

const ZONE = 'raised.test';

/** What is done: the file's serial afterwards, and that which is served. */
type Step = {
  readonly what: string;
  readonly isDown?: boolean;
  readonly isRestart?: boolean;
  readonly own: number;
  readonly served: number;
  /** How BIND has it; nothing if there is nothing new. */
  readonly forms: readonly string[];
};

const STEPS: readonly Step[] = [
  { what: 'an edit', own: 7, served: 8, forms: ['ixfr'] },
  { what: 'another', own: 7, served: 9, forms: ['ixfr'] },
  { what: 'a restart', isRestart: true, own: 7, served: 9, forms: [] },
  { what: 'an edit while it is down', isDown: true, own: 7, served: 10, forms: ['ixfr'] },
  { what: 'an edit by somebody who raises the serial', own: 50, served: 50, forms: ['ixfr'] },
  { what: 'an edit by somebody who does not', own: 7, served: 51, forms: ['ixfr'] },
];

async function start(t: TestContext, zone: EditedZone): Promise<{ site: Site; peer: Peer }> {
  const port = await freePort();
  const place = { folder: temporaryDirectory(t), port: await freePort() };
  const site = new Site(t, { serial: 'increment', 'local-port': String(port) });
  site.write(ZONE, zone.text);
  site.write(
    'named.conf',
    `options { directory "${site.root}"; notify explicit;\n` +
      `also-notify { 127.0.0.1 port ${place.port}; }; };\n` +
      `zone "${ZONE}" { type primary; file "${ZONE}"; };\n`,
  );
  await site.start();
  const more =
    `zone "${ZONE}" { type secondary; file "copy"; min-refresh-time 1; min-retry-time 1;\n` +
    `allow-transfer { any; }; primaries { 127.0.0.1 port ${port}; }; };\n`;
  const peer = await startPeer('named', [], { place, more });
  t.after(() => peer.stop());
  await untilSerial(peer, { origin: ZONE, serial: 7 }, () => peer.log());
  return { site, peer };
}

test('increment: BIND follows edits that leave the serial as it is', {
  timeout: 90_000,
}, async (t) => {
  if (!requirePeer(t, 'named')) return;
  const zone = new EditedZone(ZONE);
  zone.serial = 7;
  const { site, peer } = await start(t, zone);
  for (const [i, { what, isDown, isRestart, own, served, forms }] of STEPS.entries()) {
    site.lines.length = 0;
    if (isDown === true || isRestart === true) await site.stop();
    if (isRestart !== true) {
      const { come = [] } = EDITS[0] ?? {};
      zone.edit({ come: come.map((line) => `s${i}.${line}`) });
      zone.serial = own;
      site.write(ZONE, zone.text);
    }
    if (isDown === true || isRestart === true) await site.start();
    await untilSerial(site, { origin: ZONE, serial: served }, () => what);
    await untilSerial(peer, { origin: ZONE, serial: served }, () => `${what}: ${peer.log()}`);
    const sent = site.lines.filter(({ event }) => event === 'transfer.out');
    const wanted = withoutSoa(zone.wanted);
    assert.deepEqual(
      sent.map(({ fields }) => fields['form']),
      forms,
      what,
    );
    assert.deepEqual(withoutSoa(await recordsAt(site, ZONE)), wanted, what);
    assert.deepEqual(withoutSoa(await recordsAt(peer, ZONE)), wanted, what);
  }
  assert.equal(await serialAt(peer, ZONE), 51);
});
