/**
 * The schedule of all secondary zones (RFC 1034 §4.3.5, RFC 1996 §3, RFC 7314): when each is checked and when it
 * expires, and what is remembered of it. All times stand in one heap, with one timer. Checks are bounded in number, the
 * others wait, so a start with many zones is spread by itself.
 * Must not know: messages, sockets, how a zone is received, what its file may say.
 */
import { errorText } from '../base/errors.js';
import { REPEATED_LOG_MS } from '../base/limits.js';
import { limitedWarning } from '../base/log.js';
import {
  NOTIFIED_PAUSE_MS,
  SECONDARY_CLOCK_MS,
  TRANSFER_RECORDS_MAX,
} from '../base/transfer-limits.js';
import { peerText, type ZonePeer } from '../load/configured-zone.js';
import { isSealedPrint, samePrint } from '../load/file-print.js';
import { apexKey, octetsOf, type Zone } from '../load/zone.js';
import type { RowId } from '../load/zone-rows.js';
import { addressOctets } from '../transport/address-octets.js';
import type { NotifyClock } from '../transport/notify.js';
import { ip4Text, ip6Text } from '../wire/address-text.js';
import { RCODE_NOERROR, RCODE_NOTAUTH, RCODE_REFUSED } from '../wire/constants.js';
import { serialGrows } from '../wire/serial.js';
import type { TsigKey } from '../wire/tsig-key.js';
import { CheckQueue } from './check-queue.js';
import { DueHeap } from './due-heap.js';
import { expiredProblem, SecondaryFiles } from './secondary-files.js';
import { SecondaryLog } from './secondary-log.js';
import type { RetrieveRequest, SecondaryOptions, SecondaryParts } from './secondary-parts.js';
import {
  type QueuedTransfer,
  queuedOf,
  type SecondaryStatus,
  statusOf,
} from './secondary-status.js';
import { SecondaryZone } from './secondary-zone.js';
import { probeSoa } from './soa-probe.js';
import { EXCHANGE_BOUNDS, type ExchangeBounds } from './tcp-exchange.js';
import { fault, type TransferFault } from './transfer-faults.js';
import type { TransferJob, TransferReply, TransferredZone } from './transfer-job.js';
import { TransferThreads, type ZoneTransfers } from './transfer-threads.js';
import { ZoneCheck } from './zone-check.js';
import { removeLeftovers } from './zone-writer.js';

const SYSTEM_CLOCK: NotifyClock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};

export class Secondaries {
  private readonly parts: SecondaryParts;
  private readonly clock: NotifyClock;
  private readonly chance: () => number;
  private readonly exchange: ExchangeBounds;
  private readonly log: SecondaryLog;
  private readonly forgetful: ReturnType<typeof limitedWarning>;
  private readonly transfers: ZoneTransfers;
  private readonly check: ZoneCheck;
  private readonly zonesByKey = new Map<string, SecondaryZone>();
  private readonly heap = new DueHeap<SecondaryZone>();
  private readonly checks = new CheckQueue((zone, release) => this.run(zone, release));
  private cancelTimer: () => void = () => {};
  /** Zones whose folders may have what a killed process has left. */
  private unswept: SecondaryZone[] = [];
  private isStopped = false;

  constructor(parts: SecondaryParts, options: SecondaryOptions = {}) {
    this.parts = parts;
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.chance = options.chance ?? Math.random;
    this.exchange = { ...EXCHANGE_BOUNDS, ...options.exchange };
    this.log = new SecondaryLog(parts.log);
    this.forgetful = limitedWarning(parts.log, 'store.failed', REPEATED_LOG_MS);
    this.transfers = options.transfers ?? new TransferThreads();
    this.check = new ZoneCheck({
      log: this.log,
      transfers: this.transfers,
      probe: options.probe ?? probeSoa,
      keyNamed: parts.keyNamed,
      isOurs: (zone) => !this.isStopped && this.isOurs(zone),
      jobOf: (zone, peer, key) => this.jobOf(zone, peer, key),
      take: (zone, peer, reply, given) => this.take(zone, peer, reply, given),
      now: () => this.clock.now(),
    });
    parts.loads.gate = new SecondaryFiles(this.log, {
      zoneOf: ({ row }) => this.zoneOf(row),
      now: () => this.clock.now(),
      tried: (zone, isUrgent) => this.tried(zone, isUrgent),
    });
  }

  /** Brings the schedule in step with the zone set, whose zones or their primaries have changed. */
  sync(): void {
    const { zones, loads } = this.parts;
    const former = new Set(this.zonesByKey.values());
    for (const zone of zones.all()) {
      if (zone.kind !== 'secondary') continue;
      const known = this.zoneOf(zone.row);
      former.delete(known);
      this.follow(known, zone);
      // Its file was loaded as that of a zone of another kind.
      if (zone.attempts > 0 && !known.isTried) loads.order(zone.row);
    }
    for (const zone of former) this.drop(zone);
    this.sweep();
    this.arm();
  }

  /**
   * Takes a NOTIFY (RFC 1996 §3.11) that an access list permits, if there is one for the zone.
   * @param serial that is told; null if none is
   * @returns the response code: REFUSED where only primaries may notify, NOTAUTH for what is no secondary zone
   */
  notified(apex: Uint8Array, from: Uint8Array, serial: number | null): number {
    const zone = this.zonesByKey.get(apexKey(apex));
    if (zone === undefined) return RCODE_NOTAUTH;
    const sender = zone.primaries.findIndex((peer) =>
      sameOctets(addressOctets(peer.address), from),
    );
    const fromText = from.length === 4 ? ip4Text(from) : ip6Text(from);
    if (sender < 0 && !this.parts.isNotifyJudged(apex)) {
      this.log.stranger(zone, fromText);
      return RCODE_REFUSED;
    }
    const { held } = zone;
    const isNews = held === null || serial === null || serialGrows(held.serial, serial);
    this.log.notified(zone, fromText, serial, isNews);
    if (!isNews) return RCODE_NOERROR;
    if (sender >= 0) zone.preferred = sender;
    if (zone.activity === 'asking' || zone.activity === 'transferring') noteAgain(zone, serial);
    else this.want(zone);
    return RCODE_NOERROR;
  }

  /** Has a zone anew, whatever its serial. @param from whom; null for its primaries in turn */
  retrieve(apex: Uint8Array, from: ZonePeer | null = null): RetrieveRequest {
    const zone = this.zonesByKey.get(apexKey(apex));
    if (zone === undefined) {
      return { kind: this.parts.zones.find(apex) === null ? 'unknown' : 'unfit' };
    }
    const primary = from ?? zone.primaries[zone.preferred];
    if (primary === undefined) return { kind: 'unfit' };
    // A primary that the configuration knows has its key there.
    const known = zone.primaries.find((peer) => peerText(peer) === peerText(primary));
    zone.isOrdered = true;
    zone.isTried = true;
    zone.orderedFrom = from === null ? null : (known ?? from);
    if (zone.activity === 'idle') this.enqueue(zone, true);
    else zone.again = zone.activity !== 'queued';
    return { kind: 'queued', primary: peerText(primary) };
  }

  /** Zones that are being checked or transferred, or wait for it. */
  queue(): readonly QueuedTransfer[] {
    const busy = [...this.zonesByKey.values()].filter(({ activity }) => activity !== 'idle');
    return busy.map(queuedOf);
  }

  /** Null for what is no secondary zone. */
  status(apex: Uint8Array): SecondaryStatus | null {
    const zone = this.zonesByKey.get(apexKey(apex));
    return zone === undefined ? null : statusOf(zone);
  }

  /** Ends all that is under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.checks.clear();
    this.cancelTimer();
    await this.transfers.stop();
  }

  // --- zones

  private zoneOf(row: RowId): SecondaryZone {
    const key = this.parts.zones.rows.name[row] ?? '';
    const known = this.zonesByKey.get(key);
    if (known !== undefined) {
      known.row = row;
      return known;
    }
    const zone = new SecondaryZone(octetsOf(key), row);
    zone.primaries = this.parts.zones.at(row).peers.primaries;
    this.zonesByKey.set(key, zone);
    this.unswept.push(zone);
    const state = this.remember(() => this.parts.memory?.get(zone.apex) ?? null);
    if (state !== null) zone.restore(state);
    return zone;
  }

  /** Takes over the primaries that the configuration names now. */
  private follow(zone: SecondaryZone, { peers }: Zone): void {
    const { primaries } = peers;
    if (primariesText(primaries) === primariesText(zone.primaries)) return;
    zone.primaries = primaries;
    zone.preferred = 0;
    this.want(zone);
  }

  private drop(zone: SecondaryZone): void {
    this.zonesByKey.delete(zone.key);
    this.heap.remove(zone);
    this.remember(() => this.parts.memory?.forget(zone.apex));
    // A zone of another kind now: what its file says counts again.
    if (this.hasRow(zone) && zone.held === null) this.parts.loads.order(zone.row);
  }

  /** Removes temporary files, but for those that are being written. */
  private sweep(): void {
    const zones = this.unswept.filter(
      (zone) => this.isOurs(zone) && zone.activity !== 'transferring',
    );
    removeLeftovers(zones.map((zone) => this.parts.zones.at(zone.row).path));
    this.unswept = [];
  }

  private isOurs(zone: SecondaryZone): boolean {
    return this.hasRow(zone) && this.zonesByKey.get(zone.key) === zone;
  }

  private hasRow({ row, key }: SecondaryZone): boolean {
    const { rows } = this.parts.zones;
    return rows.has(row) && rows.name[row] === key;
  }

  private remember<T>(work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      this.forgetful({}, `what is known of secondary zones: ${errorText(error)}`);
      return null;
    }
  }

  private keep(zone: SecondaryZone): void {
    this.remember(() => this.parts.memory?.set(zone.apex, zone.state()));
  }

  // --- schedule

  /** The zone's file has been tried. */
  private tried(zone: SecondaryZone, isUrgent: boolean): void {
    zone.isTried = true;
    if (isUrgent || zone.isWanted) zone.nextAt = Math.min(zone.nextAt, this.clock.now());
    this.schedule(zone);
  }

  /** Checks a zone as soon as that may be. */
  private want(zone: SecondaryZone): void {
    const at = Math.max(this.clock.now(), zone.checkedAt + NOTIFIED_PAUSE_MS);
    if (zone.isTried) zone.nextAt = Math.min(zone.nextAt, at);
    zone.isWanted = true;
    this.schedule(zone);
  }

  private schedule(zone: SecondaryZone): void {
    zone.dueAt = zone.nextDue();
    if (zone.dueAt === Number.POSITIVE_INFINITY) this.heap.remove(zone);
    else this.heap.put(zone);
    if (zone.heapAt <= 0) this.arm();
  }

  private arm(): void {
    this.cancelTimer();
    const { first } = this.heap;
    if (first === null || this.isStopped) return;
    const wait = Math.min(Math.max(0, first.dueAt - this.clock.now()), SECONDARY_CLOCK_MS);
    this.cancelTimer = this.clock.after(wait, () => this.runDue());
  }

  private runDue(): void {
    const now = this.clock.now();
    for (let zone = this.heap.first; zone !== null && zone.dueAt <= now; zone = this.heap.first) {
      this.heap.remove(zone);
      if (!this.isOurs(zone)) continue;
      if (zone.held !== null && zone.expiresAt <= now) this.expire(zone);
      if (zone.activity === 'idle' && zone.nextAt <= now) this.enqueue(zone, zone.isWanted);
      else this.schedule(zone);
    }
    this.arm();
  }

  private expire(zone: SecondaryZone): void {
    zone.expire();
    zone.nextAt = Math.min(zone.nextAt, this.clock.now());
    const served = this.parts.zones.at(zone.row);
    this.parts.zones.expire(served, expiredProblem(served.path));
    this.log.expired(zone);
    this.keep(zone);
  }

  private enqueue(zone: SecondaryZone, isUrgent: boolean): void {
    zone.activity = 'queued';
    zone.isWanted = false;
    this.schedule(zone);
    this.checks.push(zone, isUrgent);
  }

  private async run(zone: SecondaryZone, release: () => void): Promise<void> {
    if (!this.isOurs(zone)) return;
    const isGood = await this.check.run(zone, release).catch((error: unknown) => {
      const text = `${zone.text}: the check failed: ${errorText(error)}`;
      this.parts.log.error('transfer.internal', { zone: zone.text }, text);
      return false;
    });
    if (!this.isStopped && this.isOurs(zone)) this.conclude(zone, isGood);
  }

  private conclude(zone: SecondaryZone, isGood: boolean): void {
    const now = this.clock.now();
    const { again, notifiedSerial, held } = zone;
    zone.activity = 'idle';
    zone.checkedAt = now;
    zone.again = false;
    zone.isWanted = false;
    zone.notifiedSerial = null;
    if (!again) {
      zone.isOrdered = false;
      zone.orderedFrom = null;
    }
    if (isGood) zone.succeed(now, this.chance());
    else zone.fail(now, this.chance());
    this.keep(zone);
    const isStillNews =
      held === null || notifiedSerial === null || serialGrows(held.serial, notifiedSerial);
    if (again && (zone.isOrdered || isStillNews)) this.want(zone);
    else this.schedule(zone);
  }

  // --- transfers

  private jobOf(zone: SecondaryZone, primary: ZonePeer, key: TsigKey | null): TransferJob | null {
    const { rules, zones } = this.parts;
    if (!this.isOurs(zone)) return null;
    const isWhole = zone.isOrdered || zone.wantsWhole || zone.held === null;
    const base = isWhole ? null : this.parts.held(zone.apex);
    return {
      apex: zone.apex,
      path: zones.at(zone.row).path,
      primary,
      key,
      held: base === null || zone.held === null ? null : { serial: zone.held.serial, base },
      strict: rules.strict,
      ignoreBroken: rules.ignoreBroken,
      nsec3IterationsMax: rules.nsec3IterationsMax,
      exchange: this.exchange,
      bounds: { octetsMax: rules.octetsMax, recordsMax: TRANSFER_RECORDS_MAX },
    };
  }

  private take(
    zone: SecondaryZone,
    peer: ZonePeer,
    reply: TransferReply,
    given: TransferredZone,
  ): TransferFault | null {
    const { zones, loads } = this.parts;
    const { serial, image, file, recordCount, problems, warningCount, times, signaturesEnd } =
      given;
    const former = zone.held?.serial ?? null;
    const formerPrint = zones.rows.print[zone.row]!;
    const isAltered =
      former === serial && isSealedPrint(formerPrint) && !samePrint(formerPrint, file.print);
    const result = {
      ...{ apex: zone.apex, image, imageAt: 0, serial, recordCount },
      ...{ problems, errorCount: 0, warningCount, signaturesEnd, files: [file] },
    };
    const outcome = loads.take(zone.row, result, reply.cost.ms, true);
    if (outcome.kind === 'rejected') {
      return fault('internal', 'another file serves this zone, and it is kept');
    }
    zone.holdTransferred(serial, times, reply.expireSeconds, this.clock.now());
    this.log.received(zone, peer, given, reply, former);
    if (isAltered) this.log.altered(zone, peer, serial);
    return null;
  }
}

/** What is told during a check is looked at after it; without a serial, whatever it finds. */
function noteAgain(zone: SecondaryZone, serial: number | null): void {
  const former = zone.again ? zone.notifiedSerial : serial;
  const isLess = former !== null && serial !== null && serialGrows(serial, former);
  zone.notifiedSerial = former === null || isLess ? former : serial;
  zone.again = true;
}

function primariesText(primaries: readonly ZonePeer[]): string {
  return primaries.map((peer) => `${peerText(peer)} ${peer.key ?? ''}`).join('\n');
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
