/**
 * When a zone's signatures are valid (RFC 4034 §3.1.5): the soonest end, which is kept for a zone that is served, and a
 * check against a time. Must not know: clocks, whether signatures are right.
 */
import { TYPE_RRSIG } from '../wire/constants.js';
import { readU32 } from '../wire/octets.js';
import type { Zone } from '../zone/zone.js';
import type { ZoneReport } from '../zone/zone-report.js';
import { isBefore, NEVER_EXPIRES, signatureState, timeText } from './signature-time.js';
import { RRSIG_EXPIRATION_AT, RRSIG_INCEPTION_AT } from './signed-octets.js';

/** Seconds since 1970 at which the first of a zone's signatures ends, or NEVER_EXPIRES. */
export function soonestExpiry(zone: Zone): number {
  let soonest = NEVER_EXPIRES;
  for (let rrset = 0; rrset < zone.rrsetCount; rrset++) {
    if (zone.rrsetType[rrset] !== TYPE_RRSIG) continue;
    const end = zone.rrsetRecordFirst[rrset + 1]!;
    for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
      const ends = readU32(zone.rdata, zone.recordRdata[record]! + RRSIG_EXPIRATION_AT);
      if (soonest === NEVER_EXPIRES || isBefore(ends, soonest)) soonest = ends;
    }
  }
  return soonest;
}

/** How many signatures a time is wrong for, and the one that is the farthest off. */
class Tally {
  count = 0;
  record = -1;
  seconds = 0;

  add(record: number, seconds: number, isFarther: boolean): void {
    this.count++;
    if (this.record >= 0 && !isFarther) return;
    this.record = record;
    this.seconds = seconds;
  }
}

/**
 * Says once for the zone how many signatures have expired, are not valid yet, or will soon expire.
 * @param warningDays days before its end from which on a signature ends soon
 */
export function checkTimes(
  zone: Zone,
  report: ZoneReport,
  nowSeconds: number,
  warningDays: number,
): void {
  const expired = new Tally();
  const soon = new Tally();
  const early = new Tally();
  let total = 0;
  for (let rrset = 0; rrset < zone.rrsetCount; rrset++) {
    if (zone.rrsetType[rrset] !== TYPE_RRSIG) continue;
    const end = zone.rrsetRecordFirst[rrset + 1]!;
    for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
      const at = zone.recordRdata[record]!;
      const ends = readU32(zone.rdata, at + RRSIG_EXPIRATION_AT);
      const begins = readU32(zone.rdata, at + RRSIG_INCEPTION_AT);
      total++;
      const state = signatureState(ends, nowSeconds, warningDays);
      if (state === 'expired') expired.add(record, ends, isBefore(ends, expired.seconds));
      else if (state === 'expiring') soon.add(record, ends, isBefore(ends, soon.seconds));
      if (isBefore(nowSeconds, begins)) early.add(record, begins, isBefore(early.seconds, begins));
    }
  }
  if (expired.count > 0) {
    report.report('DNSSEC_SIGNATURE_EXPIRED', expired.record, () => {
      return `${counted(expired.count, total)} expired, the first at ${timeText(expired.seconds)}`;
    });
  }
  if (soon.count > 0) {
    report.report('DNSSEC_SIGNATURE_EXPIRES', soon.record, () => {
      const when = `within ${warningDays} days, the first at ${timeText(soon.seconds)}`;
      return `${soon.count} of ${total} signatures ${soon.count === 1 ? 'expires' : 'expire'} ${when}`;
    });
  }
  if (early.count > 0) {
    report.report('DNSSEC_SIGNATURE_EARLY', early.record, () => {
      const verb = early.count === 1 ? 'is' : 'are';
      const when = `not valid yet, the last from ${timeText(early.seconds)} on`;
      return `${early.count} of ${total} signatures ${verb} ${when}`;
    });
  }
}

function counted(count: number, total: number): string {
  return `${count} of ${total} signatures ${count === 1 ? 'has' : 'have'}`;
}
