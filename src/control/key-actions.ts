/**
 * What commands do with the keys of a zone: make, set times, roll over, delete. All of it is in the key files, so it
 * works with or without a running server, which sees the change by itself. Must not know: the command line, how results
 * are shown.
 */
import { mkdirSync } from 'node:fs';
import { ServerError } from '../base/errors.js';
import { KEY_TAG_TRIES_MAX } from '../base/limits.js';
import { problemLine } from '../base/problem.js';
import type { KeyRole, KeySpec } from '../config/signing-policy.js';
import { algorithmText } from '../dnssec/algorithms.js';
import { generateKey, plainTag } from '../dnssec/key-file.js';
import {
  readZoneKeys,
  removeKeyFiles,
  setKeyTimes,
  writeKey,
  type ZoneKey,
} from '../dnssec/key-folder.js';
import { KEY_FLAG_SEP, KEY_FLAG_ZONE } from '../dnssec/key-record.js';
import { type KeyTimes, stateOf, useOf } from '../dnssec/key-times.js';
import {
  beginRollover,
  continueRollover,
  firstTimes,
  predecessorOf,
  retiredTimes,
  roleOf,
} from '../dnssec/rollover.js';
import type { KeyContext } from './key-context.js';

/** Keys that a command has made or changed, and what it has to say about that. */
export type KeyChange = { readonly tags: readonly number[]; readonly said: readonly string[] };

/** All keys of the zone. @throws ServerError if one cannot be read */
export function keysOf({ folder, zone }: KeyContext): readonly ZoneKey[] {
  const { keys, problems } = readZoneKeys(folder, zone);
  const fault = problems.find(({ severity }) => severity === 'error');
  if (fault !== undefined) throw new ServerError('KEY_UNREADABLE', problemLine(fault));
  return keys;
}

/** The key with a tag. @throws ServerError if there is none, or several */
export function keyByTag(keys: readonly ZoneKey[], tag: number): ZoneKey {
  const [key, ...more] = keys.filter((one) => one.tag === tag);
  if (key === undefined) throw new ServerError('KEY_UNKNOWN', `the zone has no key ${tag}`);
  if (more.length === 0) return key;
  throw new ServerError('KEY_AMBIGUOUS', `the zone has several keys ${tag}`);
}

// --- making -----------------------------------------------------------------------------------------------------

/** Times of a new key that are given rather than a policy's. */
export type GivenTimes = { readonly [Field in keyof KeyTimes]?: number | 'none' };

export type KeyWish = {
  /** `null`: what the policy wants and is not there. */
  readonly role: KeyRole | null;
  readonly algorithm: number | null;
  readonly bits: number | null;
  readonly times: GivenTimes;
};

/** Makes keys. */
export function generateKeys(context: KeyContext, wish: KeyWish, now: number): KeyChange {
  const { policy } = context;
  const keys = keysOf(context);
  const specs = wantedSpecs(context, keys, wish, now);
  const isFirst = !keys.some(({ times }) => useOf(times, now).isActive);
  const tags = specs.map((spec) => {
    const times = withGiven(firstTimes(spec.role, policy, now, isFirst), wish.times);
    return makeKey(context, spec, times);
  });
  if (tags.length > 0) return { tags, said: [] };
  return { tags, said: [`the zone has all keys that the policy ${policy.name} wants`] };
}

function wantedSpecs(
  { policy }: KeyContext,
  keys: readonly ZoneKey[],
  { role, algorithm, bits }: KeyWish,
  now: number,
): readonly KeySpec[] {
  const own = (spec: KeySpec): KeySpec => ({
    ...spec,
    algorithm: algorithm ?? spec.algorithm,
    bits: bits ?? spec.bits,
  });
  if (role !== null) {
    const [first] = policy.keys.length > 0 ? policy.keys : [];
    const spec = policy.keys.find((one) => one.role === role) ?? first;
    const base = spec ?? { role, algorithm: 13, bits: 2048, lifetime: null };
    return [{ ...own(base), role }];
  }
  const specs = policy.keys.map(own);
  return specs.filter(
    (spec) =>
      !keys.some(
        (key) =>
          key.algorithm === spec.algorithm &&
          key.isSep === (spec.role !== 'zsk') &&
          stateOf(key.times, now) !== 'removed',
      ),
  );
}

function withGiven(times: KeyTimes, given: GivenTimes): KeyTimes {
  const all = Object.entries({ ...times, ...given }).filter(([, at]) => at !== 'none');
  return Object.fromEntries(all);
}

/** @returns the tag of the new key */
function makeKey(context: KeyContext, spec: KeySpec, times: KeyTimes): number {
  const { folder, zone } = context;
  const flags = KEY_FLAG_ZONE | (spec.role === 'zsk' ? 0 : KEY_FLAG_SEP);
  const tags = new Set(keysOf(context).map(({ tag }) => tag));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (let tries = 0; tries < KEY_TAG_TRIES_MAX; tries++) {
    const { rdata, secretLines } = generateKey(spec.algorithm, flags, spec.bits);
    const tag = plainTag(rdata);
    if (tags.has(tag)) continue;
    writeKey(folder, zone, { rdata, times, secretLines });
    return tag;
  }
  throw new ServerError('KEY_TAGS', 'no key has a tag of its own');
}

// --- single keys ------------------------------------------------------------------------------------------------

/** Has a key sign from `at` on. */
export function activateKey(context: KeyContext, tag: number, at: number): KeyChange {
  const key = keyByTag(keysOf(context), tag);
  const { Inactive, Delete } = key.times;
  if ((Inactive ?? Number.POSITIVE_INFINITY) <= at || (Delete ?? Number.POSITIVE_INFINITY) <= at) {
    throw new ServerError('KEY_RETIRED', `key ${tag} is retired by then`);
  }
  const publish = Math.min(key.times.Publish ?? at, at);
  setKeyTimes(context.zone, key, { ...key.times, Publish: publish, Activate: at });
  return { tags: [tag], said: [] };
}

/** Has a key make no more signatures from `at` on; it leaves the zone when its signatures have left the caches. */
export function retireKey(context: KeyContext, tag: number, at: number, force: boolean): KeyChange {
  const keys = keysOf(context);
  const key = keyByTag(keys, tag);
  const role = roleOf(key, keys);
  const others = keys.filter(
    (other) =>
      other !== key &&
      other.algorithm === key.algorithm &&
      (role === 'zsk' || other.isSep) &&
      useOf(other.times, at).isActive,
  );
  if (others.length === 0 && !force) {
    const text = `no other key of algorithm ${algorithmText(key.algorithm)} signs by then`;
    throw new ServerError('KEY_LAST', `${text}: use rollover, or --force`);
  }
  setKeyTimes(context.zone, key, retiredTimes(role, key.times, context.policy, at));
  return { tags: [tag], said: [] };
}

/** Deletes the files of a key that is not in the zone. */
export function deleteKey(
  context: KeyContext,
  tag: number,
  now: number,
  force: boolean,
): KeyChange {
  const key = keyByTag(keysOf(context), tag);
  const state = stateOf(key.times, now);
  if (state !== 'generated' && state !== 'removed' && !force) {
    throw new ServerError('KEY_USED', `key ${tag} is ${state}: use retire first, or --force`);
  }
  removeKeyFiles(key.stem);
  return { tags: [tag], said: [`the files of key ${tag} are deleted`] };
}

/** Deletes the files of keys that left the zone so long ago as the policy says. */
export function purgeKeys(context: KeyContext, now: number): KeyChange {
  const { purgeKeys: after } = context.policy;
  if (after === null) return { tags: [], said: ['the policy keeps all keys'] };
  const old = keysOf(context).filter(
    ({ times }) => Math.max(times.Delete ?? now, times.SyncDelete ?? 0) + after <= now,
  );
  for (const { stem } of old) removeKeyFiles(stem);
  return { tags: old.map(({ tag }) => tag), said: [`${old.length} keys deleted`] };
}

// --- rollovers --------------------------------------------------------------------------------------------------

/** Begins a rollover of the zone's key of a role. */
export function startRollover(
  context: KeyContext,
  wished: KeyRole | null,
  tag: number | null,
  now: number,
): KeyChange {
  const { policy, zone } = context;
  const keys = keysOf(context);
  if (wished !== null) refuseSecond(keys, wished !== 'zsk', now);
  const key = rolledKey(keys, wished, tag, now);
  const role = roleOf(key, keys);
  refuseSecond(keys, key.isSep, now);
  const spec = policy.keys.find((one) => one.role === role);
  const { successor, predecessor } = beginRollover(role, key.times, policy, now);
  const bits = spec?.bits ?? 2048;
  const made = makeKey(
    context,
    { role, algorithm: key.algorithm, bits, lifetime: null },
    successor,
  );
  setKeyTimes(zone, key, predecessor);
  const said = [`key ${made} is to take over from key ${key.tag}`];
  return { tags: [key.tag, made], said };
}

/** One rollover of a kind at a time: the times of a second one would not know of the first. */
function refuseSecond(keys: readonly ZoneKey[], isSep: boolean, now: number): void {
  const waiting = keys.find((key) => key.isSep === isSep && isComing(key, now));
  if (waiting === undefined) return;
  throw new ServerError('ROLLOVER_RUNS', `key ${waiting.tag} is already to take over`);
}

function isComing({ times }: ZoneKey, now: number): boolean {
  return stateOf(times, now) === 'generated' || stateOf(times, now) === 'published';
}

function rolledKey(
  keys: readonly ZoneKey[],
  wished: KeyRole | null,
  tag: number | null,
  now: number,
): ZoneKey {
  const active = keys.filter(
    ({ times }) => useOf(times, now).isActive && times.Inactive === undefined,
  );
  const found = active.filter(
    (key) => (tag === null || key.tag === tag) && (wished === null || roleOf(key, keys) === wished),
  );
  const [key] = found;
  const what = wished === null ? 'key' : wished.toUpperCase();
  if (key === undefined) {
    const which = tag === null ? `no ${what} that is in use` : `no such ${what} in use: ${tag}`;
    throw new ServerError('KEY_UNKNOWN', `the zone has ${which}`);
  }
  if (found.length === 1) return key;
  const tags = found.map((one) => one.tag).join(', ');
  throw new ServerError(
    'KEY_AMBIGUOUS',
    `several keys are in use (${tags}): say which, by its tag`,
  );
}

/** The operator says that the parent has the DS of a key since `at`. */
export function dsSeen(
  context: KeyContext,
  tag: number | null,
  at: number,
  now: number,
): KeyChange {
  const keys = keysOf(context);
  const key = tag === null ? waitingForDs(keys, now) : keyByTag(keys, tag);
  if (key.times.DSPublish !== undefined) {
    throw new ServerError('DS_KNOWN', `the DS of key ${key.tag} has been seen already`);
  }
  const { zone, policy } = context;
  if (useOf(key.times, now).isActive) {
    setKeyTimes(zone, key, { ...key.times, DSPublish: at });
    return { tags: [key.tag], said: [`the parent has the DS of key ${key.tag}`] };
  }
  const before = predecessorOf(key, keys, now);
  const role = before === null ? roleOf(key, keys) : roleOf(before, keys);
  const next = continueRollover(role, key.times, before?.times ?? null, policy, Math.max(at, 0));
  setKeyTimes(zone, key, next.successor);
  if (before === null || next.predecessor === null) return { tags: [key.tag], said: [] };
  setKeyTimes(zone, before, next.predecessor);
  return { tags: [before.tag, key.tag], said: [] };
}

/** The key whose DS the operator can only mean: the one that is to take over, else the one in use. */
function waitingForDs(keys: readonly ZoneKey[], now: number): ZoneKey {
  const waiting = keys.filter(
    ({ isSep, times }) => isSep && times.SyncPublish !== undefined && times.DSPublish === undefined,
  );
  const coming = waiting.filter((key) => isComing(key, now));
  const meant = coming.length > 0 ? coming : waiting;
  const [key] = meant;
  if (key === undefined) throw new ServerError('KEY_UNKNOWN', 'no key waits for its DS');
  if (meant.length === 1) return key;
  const tags = meant.map((one) => one.tag).join(', ');
  throw new ServerError('KEY_AMBIGUOUS', `several keys wait for their DS (${tags}): say which`);
}
