/**
 * NOTIFY of zones: by command, and by itself when a zone has a new serial (RFC 1996 §3). Whom: the servers that the
 * configuration names, and those that the zone's own NS records name (§2.1), whose addresses are taken from the zone
 * itself. Which serial each of them has acknowledged is remembered, so that a restart notifies only those who have
 * missed something. Must not know: commands, datagrams.
 */
import type { AccessList } from '../config/access-list.js';
import { addressOctets } from '../config/named-address.js';
import type { NotifyMode } from '../config/named-types.js';
import { notifySet, soaRdata } from '../index/notify-set.js';
import { NONE, type ZoneView } from '../index/zone-index.js';
import type { ZoneTable } from '../index/zone-table.js';
import { peerText, type ZonePeer } from '../load/configured-zone.js';
import { apexKey, type Zone } from '../load/zone.js';
import type { NotifySender } from '../transport/notify.js';
import { NameView, parseName } from '../wire/name.js';
import type { TransferRequest } from './server-control.js';

const DNS_PORT = 53;

/** Remembers which serial of a zone was acknowledged by whom (`peerText`). */
export type NotifyMemory = {
  get(apex: Uint8Array, target: string): number | null;
};

/** Whom to notify where the configuration does not say. */
export type NotifyRules = {
  readonly mode: NotifyMode;
  /** Of every zone. */
  readonly alsoNotify: readonly ZonePeer[];
  /** Name servers of zones elsewhere are not notified. */
  readonly onlyNotify: AccessList | null;
};

/** Signs a message with the key of that name; `null` if there is none. */
export type SignNotify = (message: Uint8Array, key: string) => Uint8Array | null;

export class ZoneNotifier {
  private readonly table: ZoneTable;
  private readonly sender: NotifySender;
  private readonly rules: NotifyRules;
  private readonly memory: NotifyMemory;
  private readonly sign: SignNotify;
  private readonly name = new NameView();
  /** Serial of the last NOTIFY of each zone. */
  private readonly notified = new Map<string, number>();

  /** @param table read between packets only */
  constructor(
    table: ZoneTable,
    sender: NotifySender,
    rules: NotifyRules,
    memory: NotifyMemory,
    sign: SignNotify,
  ) {
    this.table = table;
    this.sender = sender;
    this.rules = rules;
    this.memory = memory;
    this.sign = sign;
  }

  /** Of the last NOTIFY; 0 if there was none. */
  serialOf({ apex }: Zone): number {
    return apex === null ? 0 : (this.notified.get(apexKey(apex)) ?? 0);
  }

  /** Whom configuration and zone name, each once. */
  peersOf(zone: Zone): ZonePeer[] {
    return this.peersIn(zone, 'yes');
  }

  /** Notifies of what is served now those that have not acknowledged it, and are to be notified by itself. */
  notifyChanged(zone: Zone): void {
    const view = this.viewOf(zone);
    const { apex } = zone;
    if (view === null || apex === null) return;
    const { serial } = view;
    const peers = this.peersIn(zone, zone.rules.notify ?? this.rules.mode);
    const missing = peers.filter((peer) => this.memory.get(apex, peerText(peer)) !== serial);
    if (missing.length > 0) this.notify(zone, missing);
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
    const refused = peers.filter((peer) => !this.send(apex, view, peer));
    this.notified.set(apexKey(apex), view.serial);
    if (refused.length === 0) return { kind: 'queued' };
    return { kind: 'failed', text: `not queued for ${refused.map(peerText).join(', ')}, see log` };
  }

  private send(apex: Uint8Array, view: ZoneView, peer: ZonePeer): boolean {
    const { key } = peer;
    const sign = key === null ? null : (message: Uint8Array) => this.sign(message, key) ?? message;
    return this.sender.send(apex, view.serial, soaRdata(view), peer, sign);
  }

  private peersIn(zone: Zone, mode: NotifyMode): ZonePeer[] {
    if (mode === 'no' || (mode === 'primary-only' && zone.kind === 'secondary')) return [];
    const view = mode === 'explicit' ? null : this.viewOf(zone);
    const own = view === null ? [] : notifySet(view).filter((address) => this.isNotified(address));
    const peers = [
      ...zone.peers.alsoNotify,
      ...this.rules.alsoNotify,
      ...own.map((address) => ({ address, port: DNS_PORT, key: null })),
    ];
    return [...new Map(peers.reverse().map((peer) => [peerText(peer), peer])).values()].reverse();
  }

  private isNotified(address: string): boolean {
    const { onlyNotify } = this.rules;
    const octets = addressOctets(address);
    return onlyNotify === null || (octets !== null && onlyNotify.allows(octets, null));
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
