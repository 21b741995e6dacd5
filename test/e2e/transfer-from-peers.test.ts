/**
 * The whole server as secondary of BIND, NSD, Knot and PowerDNS: AXFR at the start, their NOTIFY after each edit, IXFR
 * where they make it, all of it signed, BIND and Knot over IPv6, and a restart of ours, which serves at once and keeps
 * its times. Both must have the same, record by record. RFC 5936, RFC 1995, RFC 1996, RFC 8945.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Peer, type PeerKind, type PeerPlace, startPeer } from '../peers/peer.js';
import { runPeer } from '../support/peer-tool.js';
import { EDITS, type Edit, EditedZone, recordsAt, untilSerial } from './edited-zone.js';
import { keyName, keyOf, NAMED_KEYS } from './peer-keys.js';
import { MAKE_DIFFERENCES, PRIMARIES } from './peer-primaries.js';
import { addressOf, installed, places, siteAt } from './peer-site.js';
import type { Site } from './site.js';

/** What zones-status has of a zone, as far as it matters here. */
type SecondaryRow = {
  readonly name: string;
  readonly transfer: { readonly nextAt: string; readonly expiresAt: string };
};

class Following {
  readonly zones = new Map<PeerKind, EditedZone>();
  readonly site: Site;
  private readonly peers = new Map<PeerKind, Peer>();
  private readonly places: ReadonlyMap<PeerKind, PeerPlace>;

  private constructor(site: Site, where: ReadonlyMap<PeerKind, PeerPlace>) {
    this.site = site;
    this.places = where;
  }

  /** Starts all peers that are installed, each with a zone of its own, and a secondary of them all. */
  static async start(t: TestContext): Promise<Following> {
    const where = await places(t, await installed(t));
    const { site, port } = await siteAt(t);
    const following = new Following(site, where);
    await Promise.all(
      [...where].map(async ([kind, place]) => {
        const zone = new EditedZone(`${kind}.test`);
        following.zones.set(kind, zone);
        following.save(kind);
        const file = following.fileAt(kind);
        const ours = { address: addressOf(kind), port };
        const setup = PRIMARIES[kind].setup(zone.origin, file, ours);
        const peer = await startPeer(kind, [], { ...setup, place });
        t.after(() => peer.stop());
        following.peers.set(kind, peer);
      }),
    );
    const stanzas = [...where].map(
      ([kind, place]) =>
        `zone "${kind}.test" { type secondary; file "copies/${kind}"; notify explicit;\n` +
        `allow-transfer { key "${keyName('test')}"; };\n` +
        `primaries { ${addressOf(kind)} port ${place.port} key "${keyName(kind)}"; }; };\n`,
    );
    const options = `options { directory "${site.root}"; };\n`;
    site.write('named.conf', `${NAMED_KEYS}${options}${stanzas.join('')}`);
    await site.start();
    return following;
  }

  /** Edits all zones, and has their primaries see it. */
  edit(edit: Edit): void {
    for (const [kind, zone] of this.zones) {
      zone.edit(edit);
      this.save(kind);
      const peer = this.peers.get(kind);
      assert.ok(peer !== undefined);
      PRIMARIES[kind].reload(peer);
    }
  }

  /** Waits until we have the last version of all zones, and compares; what is on disk loads in BIND. */
  async areEqual(t: TestContext, what: string): Promise<void> {
    const { site } = this;
    for (const [kind, zone] of this.zones) {
      const peer = this.peers.get(kind);
      assert.ok(peer !== undefined);
      await untilSerial(peer, zone, () => `${kind}: ${peer.log().slice(-2000)}`);
      await untilSerial(site, zone, () => JSON.stringify(site.lines.slice(-8)));
      const wanted = zone.wanted;
      assert.deepEqual(await recordsAt(peer, zone.origin, keyOf(kind)), wanted, `${kind}: ${what}`);
      assert.deepEqual(
        await recordsAt(site, zone.origin, keyOf('test')),
        wanted,
        `${kind}: ${what}`,
      );
      const args = [
        '20',
        'named-checkzone',
        '-i',
        'none',
        zone.origin,
        site.path(`copies/${kind}`),
      ];
      const run = runPeer(t, 'timeout', args);
      assert.match(run?.stdout ?? '', /\nOK/, kind);
    }
  }

  /** When each zone is to be asked for again, and when it expires. */
  async times(): Promise<unknown[]> {
    const { data } = (await this.site.json('zones-status')) as { data: SecondaryRow[] };
    return data.map(({ name, transfer: { nextAt, expiresAt } }) => ({ name, nextAt, expiresAt }));
  }

  /** From each that has them we have had differences since a line of the log, and nothing else. */
  tookDifferences(from: number): void {
    for (const kind of MAKE_DIFFERENCES) {
      const zone = `${kind}.test`;
      const lines = this.site.lines.slice(from).filter(({ fields }) => fields['zone'] === zone);
      const received = lines.filter(({ event }) => event === 'transfer.received');
      const forms = new Set(received.map(({ fields }) => fields['kind']));
      assert.deepEqual([...forms], this.zones.has(kind) ? ['ixfr'] : [], kind);
      const told = lines.filter(({ event }) => event === 'notify.received');
      assert.equal(told.length > 0, this.zones.has(kind), kind);
    }
  }

  private fileAt(kind: PeerKind): string {
    return join(this.places.get(kind)?.folder ?? '', 'own.zone');
  }

  private save(kind: PeerKind): void {
    writeFileSync(this.fileAt(kind), this.zones.get(kind)?.text ?? '');
  }
}

test('real primaries: we have what each has, told by its NOTIFY, signed, over a restart of ours', {
  timeout: 120_000,
}, async (t) => {
  const following = await Following.start(t);
  const { site } = following;
  await following.areEqual(t, 'at the start');
  for (const [i, edit] of EDITS.entries()) {
    if (i === 2) {
      const times = await following.times();
      await site.stop();
      await site.start();
      for (const { origin, wanted } of following.zones.values())
        assert.deepEqual(await recordsAt(site, origin, keyOf('test')), wanted, origin);
      assert.deepEqual(await following.times(), times);
    }
    // NSD and PowerDNS look at whole seconds of the file's time
    await sleep(1100);
    const from = site.lines.length;
    following.edit(edit);
    await following.areEqual(t, edit.what);
    following.tookDifferences(from);
  }
});
