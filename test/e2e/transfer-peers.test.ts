/**
 * The whole server with BIND, NSD, Knot and PowerDNS as its secondaries: AXFR at the start, NOTIFY after each edit,
 * IXFR where the other takes it, also after a hundred serials, all of it signed, BIND and Knot over IPv6. All must
 * have the same, record by record. RFC 5936, RFC 1995, RFC 1996, RFC 8945.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Peer, type PeerKind, type PeerPlace, startPeer } from '../peers/peer.js';
import { EDITS, EditedZone, recordsAt, untilSerial } from './edited-zone.js';
import { keyName, keyOf, NAMED_KEYS, PEERS } from './peer-keys.js';
import { SECONDARIES, TAKE_DIFFERENCES } from './peer-secondaries.js';
import { addressOf, installed, places, siteAt } from './peer-site.js';
import type { Site } from './site.js';

const ZONE = 'zone.test';
const SERIALS_MISSED = 100;
const PATIENCE_MS = 20_000;
const LOG_TAIL = 2000;

class Followed {
  readonly zone = new EditedZone(ZONE);
  readonly peers = new Map<PeerKind, Peer>();
  readonly site: Site;
  private readonly port: number;
  private readonly places: ReadonlyMap<PeerKind, PeerPlace>;

  constructor(site: Site, port: number, where: ReadonlyMap<PeerKind, PeerPlace>) {
    this.site = site;
    this.port = port;
    this.places = where;
  }

  /** Serves the zone, and starts all peers that are installed. */
  static async start(t: TestContext): Promise<Followed> {
    const kinds = await installed(t);
    const { site, port } = await siteAt(t);
    const followed = new Followed(site, port, await places(t, kinds));
    await followed.serve();
    await Promise.all(kinds.map((kind) => followed.startPeer(t, kind)));
    return followed;
  }

  private async serve(): Promise<void> {
    const targets = [...this.places].map(
      ([kind, { port }]) => `${addressOf(kind)} port ${port} key "${keyName(kind)}";`,
    );
    const keys = [...PEERS, 'test' as const].map((owner) => `key "${keyName(owner)}";`);
    const stanza =
      `zone "${ZONE}" { type primary; file "${ZONE}"; notify explicit;\n` +
      `allow-transfer { ${keys.join(' ')} }; also-notify { ${targets.join(' ')} }; };\n`;
    this.site.write(
      'named.conf',
      `${NAMED_KEYS}options { directory "${this.site.root}"; };\n${stanza}`,
    );
    this.save();
    await this.site.start();
  }

  save(): void {
    this.site.write(ZONE, this.zone.text);
  }

  async startPeer(t: TestContext, kind: PeerKind): Promise<void> {
    const place = this.places.get(kind);
    assert.ok(place !== undefined);
    const setup = SECONDARIES[kind](ZONE, { address: addressOf(kind), port: this.port });
    const peer = await startPeer(kind, [], { ...setup, place });
    t.after(() => peer.stop());
    this.peers.set(kind, peer);
  }

  /** Waits until all have the last version, and compares. */
  async areEqual(what: string): Promise<void> {
    const { zone, site } = this;
    const wanted = zone.wanted;
    await untilSerial(site, zone);
    assert.deepEqual(await recordsAt(site, ZONE, keyOf('test')), wanted, what);
    for (const [kind, peer] of this.peers) {
      await untilSerial(peer, zone, () => `${kind}: ${peer.log().slice(-LOG_TAIL)}`);
      assert.deepEqual(await recordsAt(peer, ZONE), wanted, `${kind}: ${what}`);
    }
  }

  /** Waits until NSD has the zone in its file, which it writes now and then; the others lose nothing. */
  async isWritten(): Promise<void> {
    const folder = this.places.get('nsd')?.folder;
    if (folder === undefined) return;
    const file = join(folder, 'copy.zone');
    const last = new RegExp(`\\b${this.zone.serial} 3600\\b`);
    const deadline = Date.now() + PATIENCE_MS;
    while (!existsSync(file) || !last.test(readFileSync(file, 'latin1'))) {
      assert.ok(Date.now() < deadline, 'NSD does not write its file');
      await sleep(50);
    }
  }

  /** Each that can has had IXFR since a line of the log, and nothing else. */
  tookDifferences(from: number): void {
    for (const kind of TAKE_DIFFERENCES) {
      const peer = this.peers.get(kind);
      if (peer === undefined) continue;
      const forms = [...new Set(this.formsTo(kind, from))];
      assert.deepEqual(forms, ['ixfr'], `${kind}: ${peer.log().slice(-LOG_TAIL)}`);
    }
  }

  /** Form of each transfer to a peer since a line of the log. */
  formsTo(kind: PeerKind, from = 0): unknown[] {
    return this.site.lines
      .slice(from)
      .filter(
        ({ event, fields }) => event === 'transfer.out' && fields['key'] === `${keyName(kind)}.`,
      )
      .map(({ fields }) => fields['form']);
  }
}

test('real secondaries: each has what is edited, told by NOTIFY, signed', {
  timeout: 120_000,
}, async (t) => {
  const followed = await Followed.start(t);
  await followed.areEqual('at the start');
  for (const kind of followed.peers.keys()) assert.equal(followed.formsTo(kind)[0], 'axfr', kind);
  for (const edit of EDITS) {
    const from = followed.site.lines.length;
    followed.zone.edit(edit);
    followed.save();
    await followed.areEqual(edit.what);
    followed.tookDifferences(from);
  }
  await followed.isWritten();
  await Promise.all([...followed.peers.values()].map((peer) => peer.stop()));
  for (let i = 0; i < SERIALS_MISSED; i++) {
    followed.zone.edit({ gone: ['t 60 IN TXT'], come: [`t 60 IN TXT "missed ${i}"`] });
    followed.save();
    await followed.site.until(ZONE, `missed ${i}`);
  }
  const from = followed.site.lines.length;
  await Promise.all([...followed.peers.keys()].map((kind) => followed.startPeer(t, kind)));
  await followed.areEqual(`after ${SERIALS_MISSED} serials`);
  followed.tookDifferences(from);
});
