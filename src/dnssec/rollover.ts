/**
 * Rollovers as times of keys (RFC 7583 §3.2.1, §3.3.2, RFC 6781 §4.1): a ZSK is published before it signs; a KSK takes
 * over once the parent has had its DS beside the old one for long enough; a key that is both is published at once, and
 * takes over then, too. Nothing is remembered but the times in the key files, from which the phase is told.
 * Must not know: files, the parent, commands.
 */
import type { KeyRole, SigningPolicy } from '../config/signing-policy.js';
import type { ZoneKey } from './key-folder.js';
import { type KeyTimes, stateOf, useOf } from './key-times.js';

/** What rollovers have to know of a key. */
export type RolloverKey = Pick<ZoneKey, 'algorithm' | 'tag' | 'isSep' | 'roles' | 'times'>;

/** The role of a key among the zone's others; `null` of a key that is on its way out, or not in use. */
export function roleOf(key: RolloverKey, keys: readonly RolloverKey[]): KeyRole {
  if (key.roles !== null) {
    if (key.roles.signsKeys) return key.roles.signsZone ? 'csk' : 'ksk';
    return 'zsk';
  }
  if (!key.isSep) return 'zsk';
  const hasZsk = keys.some(
    ({ algorithm, isSep, times }) =>
      algorithm === key.algorithm && !isSep && times.Inactive === undefined,
  );
  return hasZsk ? 'ksk' : 'csk';
}

// --- how long things take (RFC 7583) ----------------------------------------------------------------------------

/** Ipub: until all caches have a new DNSKEY. */
function publishSeconds({ dnskeyTtl, zonePropagationDelay, publishSafety }: SigningPolicy): number {
  return dnskeyTtl + zonePropagationDelay + publishSafety;
}

/** Iret of a ZSK: until its signatures have been made anew, and have left all caches. */
export function retireZoneSeconds(policy: SigningPolicy): number {
  const { signaturesValidity, signaturesRefresh, maxZoneTtl } = policy;
  const resign = signaturesValidity - signaturesRefresh;
  return resign + maxZoneTtl + policy.zonePropagationDelay + policy.retireSafety;
}

/** Until all caches have lost a DNSKEY that is not in the zone any more. */
export function retireKeySeconds(policy: SigningPolicy): number {
  return policy.dnskeyTtl + policy.zonePropagationDelay + policy.retireSafety;
}

/** From the moment when a DS is seen at the parent until all caches have it. */
function dsSeconds({ parentDsTtl, parentPropagationDelay, retireSafety }: SigningPolicy): number {
  return parentDsTtl + parentPropagationDelay + retireSafety;
}

/**
 * Times of a zone's first key of a role: it signs at once, and the parent is told when no cache has unsigned data.
 * @param isFirst whether the zone has had no key so far
 */
export function firstTimes(
  role: KeyRole,
  policy: SigningPolicy,
  now: number,
  isFirst: boolean,
): KeyTimes {
  const base = { Created: now, Publish: now, Activate: now };
  if (role === 'zsk') return base;
  const unsigned = policy.maxZoneTtl + policy.zonePropagationDelay + policy.publishSafety;
  const wait = Math.max(publishSeconds(policy), isFirst ? unsigned : 0);
  return { ...base, SyncPublish: now + wait };
}

// --- rollovers --------------------------------------------------------------------------------------------------

/** What becomes of two keys. */
export type RolloverTimes = { readonly successor: KeyTimes; readonly predecessor: KeyTimes };

/** Begins a rollover of a key that is in use. */
export function beginRollover(
  role: KeyRole,
  predecessor: KeyTimes,
  policy: SigningPolicy,
  now: number,
): RolloverTimes {
  if (role === 'zsk') {
    const activate = now + publishSeconds(policy);
    return {
      successor: { Created: now, Publish: now, Activate: activate },
      predecessor: {
        ...predecessor,
        Inactive: activate,
        Delete: activate + retireZoneSeconds(policy),
      },
    };
  }
  if (role === 'ksk') return { successor: { Created: now, SyncPublish: now }, predecessor };
  const sync = now + publishSeconds(policy);
  return { successor: { Created: now, Publish: now, SyncPublish: sync }, predecessor };
}

/** Goes on with a rollover whose new DS was seen at the parent. */
export function continueRollover(
  role: KeyRole,
  successor: KeyTimes,
  predecessor: KeyTimes | null,
  policy: SigningPolicy,
  seen: number,
): { readonly successor: KeyTimes; readonly predecessor: KeyTimes | null } {
  const published = (successor.Publish ?? seen) + (role === 'csk' ? publishSeconds(policy) : 0);
  const swap = Math.max(seen + dsSeconds(policy), role === 'csk' ? published : 0);
  const next = {
    ...successor,
    DSPublish: seen,
    Publish: successor.Publish ?? swap,
    Activate: swap,
  };
  if (predecessor === null) return { successor: next, predecessor };
  const leaves = role === 'csk' ? swap + retireZoneSeconds(policy) : swap;
  return {
    successor: next,
    predecessor: {
      ...predecessor,
      Inactive: swap,
      Delete: leaves,
      SyncDelete: swap + retireKeySeconds(policy),
    },
  };
}

/** Times of a key that is to retire without a successor being made. */
export function retiredTimes(
  role: KeyRole,
  times: KeyTimes,
  policy: SigningPolicy,
  at: number,
): KeyTimes {
  const wait = role === 'ksk' ? retireKeySeconds(policy) : retireZoneSeconds(policy);
  const retired = { ...times, Inactive: at, Delete: at + wait };
  return role === 'zsk' ? retired : { ...retired, SyncDelete: at };
}

// --- phases -----------------------------------------------------------------------------------------------------

export type RolloverPhase =
  /** The new DNSKEY is on its way into caches. */
  | 'publishing'
  /** The operator is to bring the new DS to the parent, and to say when it is there. */
  | 'wants-ds'
  /** The new DS is on its way into caches. */
  | 'spreading-ds'
  /** The old key, its signatures or its DS are on their way out of caches. */
  | 'retiring'
  /** The old DS can be taken from the parent. */
  | 'drops-ds';

export type Rollover = {
  readonly role: KeyRole;
  /** Tags of the old key, if there is one, and the new one. */
  readonly from: number | null;
  readonly to: number;
  readonly phase: RolloverPhase;
  /** Seconds since 1970 when the phase ends by itself; `null` if the operator has to end it. */
  readonly until: number | null;
};

/** The rollovers that are under way at `now`. */
export function rolloversOf(keys: readonly RolloverKey[], now: number): Rollover[] {
  return keys.flatMap((key) => {
    const rollover = rolloverTo(key, keys, now);
    return rollover === null ? [] : [rollover];
  });
}

/** The key that `successor` takes over from: the one before it of its role that is in use, or was last. */
export function predecessorOf<Key extends RolloverKey>(
  successor: Key,
  keys: readonly Key[],
  now: number,
): Key | null {
  const created = successor.times.Created ?? 0;
  const candidates = keys.filter(
    (key) =>
      key !== successor &&
      key.isSep === successor.isSep &&
      (key.times.Created ?? 0) <= created &&
      key.times.Activate !== undefined &&
      key.times.Activate <= now &&
      (key.times.Inactive === undefined || key.times.Inactive === successor.times.Activate),
  );
  return candidates.sort((a, b) => (b.times.Created ?? 0) - (a.times.Created ?? 0))[0] ?? null;
}

function rolloverTo(key: RolloverKey, keys: readonly RolloverKey[], now: number): Rollover | null {
  const { times, tag, isSep } = key;
  const state = stateOf(times, now);
  if (state === 'removed' || state === 'retired' || state === 'revoked') return null;
  const before = predecessorOf(key, keys, now);
  const role = isSep ? roleOf(before ?? key, keys) : 'zsk';
  const about = { role, from: before?.tag ?? null, to: tag };
  if (isSep && times.SyncPublish !== undefined && times.DSPublish === undefined) {
    if (before === null || times.Activate !== undefined) return null;
    if (times.SyncPublish > now) return { ...about, phase: 'publishing', until: times.SyncPublish };
    return { ...about, phase: 'wants-ds', until: null };
  }
  if (times.Activate !== undefined && times.Activate > now) {
    if (before === null) return null;
    return { ...about, phase: isSep ? 'spreading-ds' : 'publishing', until: times.Activate };
  }
  if (before === null || before.times.Inactive === undefined) return null;
  const ends = Math.max(before.times.SyncDelete ?? 0, before.times.Delete ?? 0);
  if (ends > now) {
    const isDropped = before.times.SyncDelete !== undefined && !useOf(before.times, now).isSynced;
    return { ...about, phase: isDropped ? 'drops-ds' : 'retiring', until: ends };
  }
  return null;
}
