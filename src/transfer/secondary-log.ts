/**
 * The log lines about secondary zones: event names, fields and sentences that say what to do. What repeats is said
 * once: of a zone until it changes, of a primary for a few zones until it answers again. Must not know: what is done.
 */
import { LOGGED_PROBLEMS_MAX, REPEATED_LOG_MS } from '../base/limits.js';
import { type Log, limitedWarning } from '../base/log.js';
import { type Problem, problemLine } from '../base/problem.js';
import { PRIMARY_FAILURES_LOGGED_MAX } from '../base/transfer-limits.js';
import { peerText, type ZonePeer } from '../load/configured-zone.js';
import { counted } from '../load/zone-log.js';
import type { SecondaryZone } from './secondary-zone.js';
import { faultText, type TransferFault } from './transfer-faults.js';
import type { TransferCost, TransferReply, TransferredZone } from './transfer-job.js';

export class SecondaryLog {
  private readonly log: Log;
  /** By primary: failures since it was last of use. */
  private readonly failures = new Map<string, number>();

  private readonly refused: ReturnType<typeof limitedWarning>;

  constructor(log: Log) {
    this.log = log;
    this.refused = limitedWarning(log, 'notify.refused', REPEATED_LOG_MS);
  }

  /** A primary was of no use. @param problems of the zone that it gave */
  failed(
    zone: SecondaryZone,
    peer: ZonePeer,
    wrong: TransferFault,
    problems: readonly Problem[] = [],
  ): void {
    const primary = peerText(peer);
    const count = (this.failures.get(primary) ?? 0) + 1;
    this.failures.set(primary, count);
    const isRepeated = zone.told?.get(primary) === wrong.text;
    zone.told = (zone.told ?? new Map()).set(primary, wrong.text);
    const isAboutZone = problems.length > 0 || wrong.code === 'behind';
    const isTold = !isRepeated && (isAboutZone || count <= PRIMARY_FAILURES_LOGGED_MAX);
    const fields = { zone: zone.text, primary, code: wrong.code };
    const isLast = !isAboutZone && count === PRIMARY_FAILURES_LOGGED_MAX;
    const more = isLast ? '; more of this kind is told for debugging only, until it answers' : '';
    const text = `${zone.text}: from ${primary}: ${faultText(wrong)}${more}`;
    this.log[isTold ? 'warn' : 'debug']('transfer.failed', fields, text);
    if (isTold) this.problems(zone, problems);
  }

  /** A transfer takes long. */
  progress(zone: SecondaryZone, peer: ZonePeer, cost: TransferCost): void {
    const { octets, records } = cost;
    const primary = peerText(peer);
    const seconds = Math.round(cost.ms / 1000);
    this.log.info(
      'transfer.progress',
      { zone: zone.text, primary, records, octets, ms: Math.round(cost.ms) },
      `${zone.text}: from ${primary}: ${counted(records, 'record')}, ` +
        `${counted(octets, 'octet')} so far, after ${seconds} s`,
    );
  }

  current(zone: SecondaryZone, peer: ZonePeer): void {
    this.failures.delete(peerText(peer));
    if (!this.log.debugging) return;
    const fields = { zone: zone.text, primary: peerText(peer), serial: zone.held?.serial ?? 0 };
    this.log.debug('transfer.current', fields, `${zone.text}: ${fields.primary} has nothing newer`);
  }

  /** @param former serial of the version before; null if there was none */
  received(
    zone: SecondaryZone,
    peer: ZonePeer,
    outcome: TransferredZone,
    { cost, fallback }: TransferReply,
    former: number | null,
  ): void {
    const primary = peerText(peer);
    this.failures.delete(primary);
    const { form, serial, recordCount, problems } = outcome;
    const { messages, octets, records } = cost;
    const ms = Math.round(cost.ms);
    const was = former === null ? '' : ` (was ${former})`;
    this.log.info(
      'transfer.received',
      { zone: zone.text, primary, kind: form, serial, messages, records, octets, ms },
      `${zone.text}: serial ${serial}${was} from ${primary} by ${form.toUpperCase()}, ` +
        `${counted(recordCount, 'record')}, ${counted(octets, 'octet')}, ${ms} ms`,
    );
    if (fallback !== null) {
      const text = `${zone.text}: had whole from ${primary} instead of its differences: ${fallback}`;
      this.log.info('transfer.whole', { zone: zone.text, primary }, text);
    }
    this.problems(zone, problems);
  }

  /** The same serial, and yet another zone. */
  altered(zone: SecondaryZone, peer: ZonePeer, serial: number): void {
    this.log.warn(
      'transfer.altered',
      { zone: zone.text, primary: peerText(peer), serial },
      `${zone.text}: ${peerText(peer)} has changed the zone under the same serial ${serial}: ` +
        'secondaries do not notice that; its serial must grow with each change',
    );
  }

  edited(zone: SecondaryZone, path: string): void {
    const kept = zone.held === null ? 'the zone is had from its primary' : 'it is not served';
    this.log.warn(
      'transfer.edited',
      { zone: zone.text, file: path },
      `${zone.text}: somebody has edited ${path}: ${kept}, and the next version from the primary ` +
        'takes its place; edit the zone on the primary instead',
    );
  }

  expired(zone: SecondaryZone): void {
    const { lastFault } = zone;
    const cause = lastFault === null ? '' : `; ${lastFault.primary}: ${faultText(lastFault.fault)}`;
    this.log.error(
      'transfer.expired',
      { zone: zone.text },
      `${zone.text}: expired, since no primary has confirmed it for too long (SERVFAIL)${cause}`,
    );
  }

  notified(zone: SecondaryZone, from: string, serial: number | null, isNews: boolean): void {
    if (!this.log.debugging) return;
    const told = serial === null ? '' : ` of serial ${serial}`;
    const what = isNews ? 'checks' : 'no news';
    const fields = { zone: zone.text, from, ...(serial === null ? {} : { serial }) };
    this.log.debug('notify.received', fields, `${zone.text}: NOTIFY${told} from ${from}: ${what}`);
  }

  /** A NOTIFY from somebody who is no primary of the zone. */
  stranger(zone: SecondaryZone, from: string): void {
    const text = `${zone.text}: NOTIFY from ${from}, which is none of its primaries: refused`;
    this.refused({ zone: zone.text, from }, `${text}; if it may, name it in allow-notify`);
  }

  private problems(zone: SecondaryZone, problems: readonly Problem[]): void {
    for (const problem of problems.slice(0, LOGGED_PROBLEMS_MAX)) {
      const fields = { zone: zone.text, code: problem.code };
      this.log.warn('transfer.problem', fields, problemLine(problem));
    }
    const more = problems.length - LOGGED_PROBLEMS_MAX;
    if (more > 0) {
      this.log.warn('transfer.problems', { zone: zone.text, more }, `${zone.text}: ${more} more`);
    }
  }
}
