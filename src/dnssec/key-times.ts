/**
 * When a key is what: the timing metadata of BIND's key files (dnssec-settime), their text, and what they mean at a
 * moment (RFC 7583 §3.1, RFC 5011 §2.1). All that a rollover has to remember is in them. Must not know: files, zones.
 */

/** As they are spelled in key files, in the order in which they are written. */
export const TIME_FIELDS = [
  'Created',
  'Publish',
  'Activate',
  'Revoke',
  'Inactive',
  'Delete',
  'DSPublish',
  'SyncPublish',
  'SyncDelete',
] as const;
export type TimeField = (typeof TIME_FIELDS)[number];

/** Seconds since 1970; what is not set is not there. */
export type KeyTimes = { readonly [Field in TimeField]?: number };

/** What a key is used for at a moment. */
export type KeyUse = {
  /** Its DNSKEY is in the zone. */
  readonly isPublished: boolean;
  /** It makes new signatures. */
  readonly isActive: boolean;
  /** Its DNSKEY has the REVOKE bit, RFC 5011 §2.1. */
  readonly isRevoked: boolean;
  /** CDS and CDNSKEY records ask the parent for its DS. */
  readonly isSynced: boolean;
};

/** Where a key is in its life, as RFC 7583 §3.1 and BIND's tools call it. */
export type KeyState = 'generated' | 'published' | 'active' | 'retired' | 'revoked' | 'removed';

/**
 * What the times say at `now`, by the rules of dnssec-signzone -S: a key without any is in use, as before there were
 * such times; one that is active is published, too; one whose time to be deleted has come is neither.
 * @param now seconds since 1970
 */
export function useOf(times: KeyTimes, now: number): KeyUse {
  const isPast = (field: TimeField): boolean => (times[field] ?? Number.POSITIVE_INFINITY) <= now;
  const isRemoved = isPast('Delete');
  const isBare = !TIME_FIELDS.some((field) => field !== 'Created' && times[field] !== undefined);
  const isBegun = isPast('Activate') || (isBare && times.Created === undefined);
  const isPublished = !isRemoved && (isPast('Publish') || isBegun);
  return {
    isPublished,
    isActive: !isRemoved && isBegun && !isPast('Inactive'),
    isRevoked: isPublished && isPast('Revoke'),
    // the parent may have to know a key for longer than the zone has it (RFC 7583 §3.3.2)
    isSynced:
      isPast('SyncPublish') && !isPast(times.SyncDelete === undefined ? 'Delete' : 'SyncDelete'),
  };
}

/** One word for where the key is. */
export function stateOf(times: KeyTimes, now: number): KeyState {
  const { isPublished, isActive, isRevoked } = useOf(times, now);
  if ((times.Delete ?? Number.POSITIVE_INFINITY) <= now) return 'removed';
  if (isRevoked) return 'revoked';
  if (isActive) return 'active';
  if ((times.Inactive ?? Number.POSITIVE_INFINITY) <= now) return 'retired';
  return isPublished ? 'published' : 'generated';
}

/** The first moment after `now` at which something changes; infinity if nothing will. */
export function nextChange(times: KeyTimes, now: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const field of TIME_FIELDS) {
    const at = times[field] ?? Number.NEGATIVE_INFINITY;
    if (at > now && at < next) next = at;
  }
  return next;
}

/** `YYYYMMDDHHMMSS` in UTC, as key files have it. */
export function timeDigits(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
}

/** The moment that such digits name, or `null` if they name none. */
export function timeFromDigits(text: string): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (parts === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map(Number);
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  return timeDigits(seconds) === text ? seconds : null;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  s: 1,
  mi: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  mo: 2_592_000,
  y: 31_536_000,
};

/**
 * A moment as dnssec-settime reads it: `now`, digits of a moment or of a day, `+30d`, `-1h`, `now+2w`; `none` for none.
 * @returns seconds since 1970, `none`, or `null` if the text says nothing of the kind
 */
export function timeFromWords(text: string, now: number): number | 'none' | null {
  if (text === 'none' || text === 'never') return 'none';
  if (text === 'now') return now;
  if (/^\d{14}$/.test(text)) return timeFromDigits(text);
  if (/^\d{8}$/.test(text)) return timeFromDigits(`${text}000000`);
  const parts = /^(?:now)?([+-])(\d{1,9})(s|mi|h|d|w|mo|y|)$/.exec(text);
  if (parts === null) return null;
  const seconds = Number(parts[2]) * (UNITS[parts[3] ?? ''] ?? 1);
  const at = parts[1] === '+' ? now + seconds : now - seconds;
  return at >= 0 ? at : null;
}
