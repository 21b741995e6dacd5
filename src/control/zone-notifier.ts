/**
 * NOTIFY of a zone by command: to the servers that the configuration names and to those that the zone's own NS records
 * name (RFC 1996 §2.1), whose addresses are taken from the zone itself. Must not know: commands, datagrams.
 */

import { notifySet, soaRdata } from '../index/notify-set.js';
import { NONE, type ZoneView } from '../index/zone-index.js';
import type { ZoneTable } from '../index/zone-table.js';
import { peerText, type ZonePeer } from '../load/configured-zone.js';
import type { Zone } from '../load/zone.js';
import { apexKey } from '../load/zone.js';
import type { NotifySender } from '../transport/notify.js';
import { NameView, parseName } from '../wire/name.js';
import type { TransferRequest } from './server-control.js';

const DNS_PORT = 53;

export class ZoneNotifier {
  private readonly table: ZoneTable;
  private readonly sender: NotifySender;
  private readonly name = new NameView();
  /** Serial of the last NOTIFY of each zone. */
  private readonly notified = new Map<string, number>();

  /** @param table read between packets only */
  constructor(table: ZoneTable, sender: NotifySender) {
    this.table = table;
    this.sender = sender;
  }

  /** Of the last NOTIFY; 0 if there was none. */
  serialOf({ apex }: Zone): number {
    return apex === null ? 0 : (this.notified.get(apexKey(apex)) ?? 0);
  }

  /** Whom the configuration and the zone name, each once. */
  peersOf(zone: Zone): ZonePeer[] {
    const view = this.viewOf(zone);
    const own = view === null ? [] : notifySet(view);
    const peers = [
      ...zone.peers.alsoNotify,
      ...own.map((address) => ({ address, port: DNS_PORT, key: null })),
    ];
    return [...new Map(peers.map((peer) => [peerText(peer), peer])).values()];
  }

  notify(zone: Zone, peers: readonly ZonePeer[]): TransferRequest {
    const view = this.viewOf(zone);
    const { apex } = zone;
    if (view === null || apex === null) return { kind: 'failed', text: 'the zone is not served' };
    if (peers.length === 0) {
      return {
        kind: 'failed',
        text: 'no also-notify, and no address of another name server in it',
      };
    }
    const refused = peers.filter(
      (peer) => !this.sender.send(apex, view.serial, soaRdata(view), peer),
    );
    this.notified.set(apexKey(apex), view.serial);
    if (refused.length === 0) return { kind: 'queued' };
    return { kind: 'failed', text: `not queued for ${refused.map(peerText).join(', ')}, see log` };
  }

  /** What is served of a zone, to clients of no location; valid until something else is done. */
  private viewOf({ apex }: Zone): ZoneView | null {
    if (apex === null) return null;
    parseName(this.name, apex, 0, apex.length);
    this.table.begin();
    const slot = this.table.exact(this.name, 0);
    const view = slot === NONE ? null : this.table.view(slot);
    return view?.isHidden === true ? null : view;
  }
}
