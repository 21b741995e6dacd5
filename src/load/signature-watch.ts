/**
 * When the signatures of zones that are served end. Time passes without a reload, so all zones are looked at again and
 * again; what has become of one is logged once. Must not know: signatures, who asks for totals.
 */
import { SIGNATURES_LOGGED_MAX, SIGNATURES_LOOK_MS } from '../base/limits.js';
import type { Log } from '../base/log.js';
import {
  isBefore,
  NEVER_EXPIRES,
  type SignatureState,
  signatureState,
  timeText,
} from '../dnssec/signature-time.js';
import { zoneFields, zoneText } from './zone.js';
import { counted } from './zone-log.js';
import type { RowId, ZoneRows } from './zone-rows.js';
import type { ZoneSet } from './zone-set.js';

/** Seconds since 1970. */
type Clock = () => number;

export type SignatureTotals = {
  /** Zones whose first signature ends within the days of warning, those expired not among them. */
  readonly expiring: number;
  readonly expired: number;
  /** Seconds since 1970 of the soonest end of all; 0 if no zone is signed. */
  readonly soonest: number;
};

export type SignatureWatchParts = {
  readonly zones: ZoneSet;
  readonly log: Log;
  /** Days before the end from which on a zone is told of. */
  readonly warningDays: () => number;
  readonly now?: Clock;
};

const systemSeconds: Clock = () => Math.floor(Date.now() / 1000);

/** What has been told of a zone. */
type Told = { readonly end: number; readonly state: SignatureState };

export class SignatureWatch {
  private readonly parts: SignatureWatchParts;
  private readonly now: Clock;
  private readonly told = new Map<RowId, Told>();
  private timer: NodeJS.Timeout | null = null;
  private isStopped = false;

  constructor(parts: SignatureWatchParts) {
    this.parts = parts;
    this.now = parts.now ?? systemSeconds;
  }

  /** Looks now, and from then on again and again. */
  start(): void {
    if (this.isStopped) return;
    this.look();
    this.timer = setInterval(() => this.look(), SIGNATURES_LOOK_MS).unref();
  }

  stop(): void {
    this.isStopped = true;
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** The end of a zone's signatures and what that means now; `null` of a zone without. */
  of(row: RowId): { readonly endSeconds: number; readonly state: SignatureState } | null {
    const endSeconds = this.parts.zones.rows.signaturesEnd[row]!;
    if (endSeconds === NEVER_EXPIRES) return null;
    return { endSeconds, state: signatureState(endSeconds, this.now(), this.parts.warningDays()) };
  }

  totals(): SignatureTotals {
    const totals = { expiring: 0, expired: 0, soonest: 0 };
    this.each((_row, { end, state }) => {
      if (state !== 'valid') totals[state]++;
      if (totals.soonest === 0 || isBefore(end, totals.soonest)) totals.soonest = end;
    });
    return totals;
  }

  /** Logs each zone that has come near its end, or past it, since the last look. */
  look(): void {
    let unsaid = 0;
    let said = 0;
    for (const row of this.told.keys()) {
      if (this.parts.zones.rows.signaturesEnd[row] === NEVER_EXPIRES) this.told.delete(row);
    }
    this.each((row, found) => {
      const former = this.told.get(row);
      if (found.state === 'valid') this.told.delete(row);
      else if (former?.end !== found.end || former.state !== found.state) {
        this.told.set(row, found);
        if (++said <= SIGNATURES_LOGGED_MAX) this.say(row, found);
        else unsaid++;
      }
    });
    if (unsaid === 0) return;
    const text = `signatures of ${counted(unsaid, 'more zone')} end soon, or have ended`;
    this.parts.log.warn('zone.signatures', { more: unsaid }, text);
  }

  private say(row: RowId, { end, state }: Told): void {
    const { zones, log } = this.parts;
    const zone = zones.at(row);
    const fields = { ...zoneFields(zone), expires: timeText(end), state };
    const name = zoneText(zone);
    if (state === 'expired') {
      const text = `${name}: signatures have expired, the first at ${timeText(end)}: validators refuse them`;
      log.error('zone.signatures', fields, text);
    } else {
      log.warn('zone.signatures', fields, `${name}: signatures expire from ${timeText(end)} on`);
    }
  }

  private each(take: (row: RowId, found: Told) => void): void {
    const { rows } = this.parts.zones;
    const nowSeconds = this.now();
    const warningDays = this.parts.warningDays();
    eachSigned(rows, (row, end) => {
      take(row, { end, state: signatureState(end, nowSeconds, warningDays) });
    });
  }
}

function eachSigned(rows: ZoneRows, take: (row: RowId, end: number) => void): void {
  for (let row = 0; row < rows.end; row++) {
    const end = rows.signaturesEnd[row]!;
    if (end !== NEVER_EXPIRES && rows.has(row)) take(row, end);
  }
}
