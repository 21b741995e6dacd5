/**
 * One check of one secondary zone: its primaries are asked in turn whether they have a newer version (RFC 1034 §4.3.5,
 * RFC 1982), and the first that has is had it from. What is wrong with one of them leads to the next at once.
 * Must not know: when to check, who serves the zone.
 */
import { TRANSFER_PROGRESS_LOG_MS } from '../base/transfer-limits.js';
import { peerText, type ZonePeer } from '../load/configured-zone.js';
import { serialGrows } from '../wire/serial.js';
import type { TsigKey } from '../wire/tsig-key.js';
import type { SecondaryLog } from './secondary-log.js';
import type { SecondaryZone } from './secondary-zone.js';
import type { ProbeOrder, ProbeReply } from './soa-probe.js';
import { fault, type TransferFault } from './transfer-faults.js';
import type { TransferCost, TransferJob, TransferReply, TransferredZone } from './transfer-job.js';
import type { ZoneTransfers } from './transfer-threads.js';

export type CheckParts = {
  readonly log: SecondaryLog;
  readonly transfers: ZoneTransfers;
  readonly probe: (order: ProbeOrder) => Promise<ProbeReply>;
  /** The key of this name; null if there is none. */
  readonly keyNamed: (name: string) => TsigKey | null;
  /** Whether the zone is still one of ours. */
  readonly isOurs: (zone: SecondaryZone) => boolean;
  /** Null if it is not. */
  readonly jobOf: (zone: SecondaryZone, peer: ZonePeer, key: TsigKey | null) => TransferJob | null;
  /** Serves a version. @returns why it cannot be served, or null */
  readonly take: (
    zone: SecondaryZone,
    peer: ZonePeer,
    reply: TransferReply,
    given: TransferredZone,
  ) => TransferFault | null;
  readonly now: () => number;
};

export class ZoneCheck {
  private readonly parts: CheckParts;

  constructor(parts: CheckParts) {
    this.parts = parts;
  }

  /**
   * @param release is called when no primary is being asked any more, though a transfer may go on
   * @returns whether a primary confirmed or gave a version
   */
  async run(zone: SecondaryZone, release: () => void): Promise<boolean> {
    for (const peer of zone.order()) {
      const wrong = await this.ask(zone, peer, release);
      if (!this.parts.isOurs(zone)) return false;
      if (wrong === null) {
        zone.preferred = Math.max(0, zone.primaries.indexOf(peer));
        return true;
      }
      zone.lastFault = { primary: peerText(peer), fault: wrong };
    }
    return false;
  }

  private async ask(
    zone: SecondaryZone,
    peer: ZonePeer,
    release: () => void,
  ): Promise<TransferFault | null> {
    const { log, keyNamed, probe } = this.parts;
    const keyName = peer.key ?? null;
    const key = keyName === null ? null : keyNamed(keyName);
    if (keyName !== null && key === null) {
      return this.failed(zone, peer, fault('signature', `there is no key ${keyName}`));
    }
    if (zone.orderedFrom === null) {
      zone.activity = 'asking';
      const reply = await probe({ apex: zone.apex, primary: peer, key });
      if (!this.parts.isOurs(zone)) return null;
      if (reply.kind === 'fault') return this.failed(zone, peer, reply.fault);
      zone.serialThere = reply.serial;
      const wrong = this.compare(zone, peer, reply.serial);
      if (wrong !== null) return wrong;
      if (!this.wants(zone, reply.serial)) {
        zone.confirm(reply.expireSeconds, this.parts.now());
        log.current(zone, peer);
        return null;
      }
    }
    release();
    return this.transfer(zone, peer, key);
  }

  /** Whether a version is to be had, since its serial is greater or an operator or a lost file ask for it. */
  private wants({ held, isOrdered, wantsWhole }: SecondaryZone, serial: number): boolean {
    return held === null || isOrdered || wantsWhole || serialGrows(held.serial, serial);
  }

  /** A serial that went back is no news, and nothing that can be left at that. */
  private compare(zone: SecondaryZone, peer: ZonePeer, serial: number): TransferFault | null {
    const { held, isOrdered } = zone;
    if (held === null || isOrdered || held.serial === serial) return null;
    if (serialGrows(held.serial, serial)) return null;
    const text = `its serial ${serial} is lower than ours, ${held.serial}, which is kept`;
    return this.failed(zone, peer, fault('behind', text));
  }

  private async transfer(
    zone: SecondaryZone,
    peer: ZonePeer,
    key: TsigKey | null,
  ): Promise<TransferFault | null> {
    const { transfers, jobOf, isOurs, log, now, take } = this.parts;
    zone.activity = 'transferring';
    const reply = await new Promise<TransferReply>((settle) => {
      let loggedMs = 0;
      const progress = (cost: TransferCost) => {
        zone.progress = cost;
        if (cost.ms - loggedMs < TRANSFER_PROGRESS_LOG_MS) return;
        loggedMs = cost.ms;
        log.progress(zone, peer, cost);
      };
      const job = () => jobOf(zone, peer, key);
      transfers.begin({ job, primary: peerText(peer), progress, settle });
    });
    zone.progress = null;
    if (!isOurs(zone)) return null;
    const { outcome } = reply;
    if (outcome.kind === 'failed') return this.failed(zone, peer, outcome.fault, reply);
    zone.serialThere = outcome.serial;
    if (outcome.kind === 'current') {
      const wrong = this.compare(zone, peer, outcome.serial);
      if (wrong !== null) return wrong;
      zone.confirm(reply.expireSeconds, now());
      log.current(zone, peer);
      return null;
    }
    const wrong = take(zone, peer, reply, outcome);
    return wrong === null ? null : this.failed(zone, peer, wrong);
  }

  private failed(
    zone: SecondaryZone,
    peer: ZonePeer,
    wrong: TransferFault,
    reply: TransferReply | null = null,
  ): TransferFault {
    const problems = reply?.outcome.kind === 'failed' ? reply.outcome.problems : [];
    this.parts.log.failed(zone, peer, wrong, problems);
    return wrong;
  }
}
