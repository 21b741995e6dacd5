/**
 * Keys for people and as JSON: the list with states and rollovers, and the records that a parent wants. Must not know:
 * commands, how keys are made.
 */
import type { SigningPolicy } from '../config/signing-policy.js';
import { algorithmText } from '../dnssec/algorithms.js';
import type { ZoneKey } from '../dnssec/key-folder.js';
import { dsRecord } from '../dnssec/key-plan.js';
import { type KeyTimes, stateOf, TIME_FIELDS, type TimeField } from '../dnssec/key-times.js';
import { type Rollover, roleOf, rolloversOf } from '../dnssec/rollover.js';
import type { KeyContext } from './key-context.js';

/** `2026-11-21 13:56:47`, in UTC as key files have it. */
export function utcText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

const HEADINGS = ['tag', 'role', 'algorithm', 'state', 'next'];

/** The table of a zone's keys, and what is going on with them. */
export function keyListText(context: KeyContext, keys: readonly ZoneKey[], now: number): string {
  const { zoneText, folder, policy } = context;
  if (keys.length === 0) return `${zoneText} has no keys in ${folder}\n`;
  const rows = keys.map((key) => [
    String(key.tag),
    roleOf(key, keys).toUpperCase(),
    algorithmText(key.algorithm),
    stateOf(key.times, now),
    nextText(key.times, now),
  ]);
  const widths = HEADINGS.map((heading, i) =>
    Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `${cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()}\n`;
  const notes = [
    ...rolloversOf(keys, now).map(rolloverText),
    ...keys.flatMap((key) => noteText(key, keys, policy, now)),
  ];
  return [line(HEADINGS), ...rows.map(line), ...notes.map((note) => `${note}\n`)].join('');
}

/** Where each time leads. */
const NEXT_STATES: Readonly<Record<TimeField, string>> = {
  Created: 'created',
  Publish: 'published',
  Activate: 'active',
  Revoke: 'revoked',
  Inactive: 'retired',
  Delete: 'removed',
  DSPublish: 'DS seen',
  SyncPublish: 'CDS published',
  SyncDelete: 'CDS removed',
};

/** `active at 2026-11-21 13:56:47` */
function nextText(times: KeyTimes, now: number): string {
  const coming = TIME_FIELDS.flatMap((field) => {
    const at = times[field];
    return at === undefined || at <= now ? [] : [{ field, at }];
  });
  const [next] = coming.sort((a, b) => a.at - b.at);
  return next === undefined ? '-' : `${NEXT_STATES[next.field]} at ${utcText(next.at)}`;
}

function rolloverText({ role, from, to, phase, until }: Rollover): string {
  const what = `rollover of ${role.toUpperCase()} ${from ?? '?'} to ${to}`;
  const end = until === null ? '' : utcText(until);
  switch (phase) {
    case 'publishing':
      return `${what}: the new key spreads until ${end}`;
    case 'wants-ds':
      return `${what}: add the DS of ${to} at the parent beside that of ${from}, then: hotzone key ds-seen`;
    case 'spreading-ds':
      return `${what}: the DS of ${to} spreads until ${end}; leave that of ${from} in place`;
    case 'retiring':
      return `${what}: the old key is on its way out until ${end}`;
    case 'drops-ds':
      return `${what}: the DS of ${from} can be taken from the parent; the old key leaves at ${end}`;
  }
}

function noteText(
  key: ZoneKey,
  keys: readonly ZoneKey[],
  policy: SigningPolicy,
  now: number,
): string[] {
  const { times, tag, isSep } = key;
  const notes: string[] = [];
  const role = roleOf(key, keys);
  const lifetime = policy.keys.find((spec) => spec.role === role)?.lifetime ?? null;
  const since = times.Activate ?? null;
  const state = stateOf(times, now);
  if (state === 'active' && lifetime !== null && since !== null && times.Inactive === undefined) {
    if (since + lifetime <= now) {
      notes.push(`key ${tag} is older than the policy allows: hotzone key rollover`);
    }
  }
  const isSyncedNow = times.SyncPublish !== undefined && times.SyncPublish <= now;
  if (isSep && state === 'active' && isSyncedNow && times.DSPublish === undefined) {
    notes.push(`key ${tag} waits for its DS at the parent, then: hotzone key ds-seen`);
  }
  const isGone = state === 'removed' && (times.SyncDelete ?? now + 1) <= now;
  if (isSep && isGone) notes.push(`the DS of key ${tag} can be taken from the parent`);
  if (key.secret === null) notes.push(`key ${tag} has no private key: it cannot sign`);
  return notes;
}

/** The same as plain data; times are RFC 3339 in UTC. */
export function keyListData(context: KeyContext, keys: readonly ZoneKey[], now: number): object {
  return {
    zone: context.zoneText,
    folder: context.folder,
    policy: context.policy.name,
    keys: keys.map((key) => keyData(key, keys, now)),
    rollovers: rolloversOf(keys, now).map(({ until, ...rest }) => ({
      ...rest,
      until: until === null ? null : isoText(until),
    })),
  };
}

function keyData(key: ZoneKey, keys: readonly ZoneKey[], now: number): object {
  const times = TIME_FIELDS.flatMap((field) => {
    const at = key.times[field];
    return at === undefined ? [] : [[field, isoText(at)] as const];
  });
  return {
    tag: key.tag,
    algorithm: key.algorithm,
    mnemonic: algorithmText(key.algorithm),
    role: roleOf(key, keys),
    state: stateOf(key.times, now),
    file: `${key.stem}.key`,
    times: Object.fromEntries(times),
  };
}

function isoText(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

// --- records for the parent -------------------------------------------------------------------------------------

export type ParentRecord = {
  readonly type: 'DS' | 'CDS' | 'CDNSKEY' | 'DNSKEY';
  readonly tag: number;
  readonly text: string;
};

/** DS, CDS, CDNSKEY and DNSKEY of the keys that the parent is to know. */
export function parentRecords(
  { zone, zoneText, policy }: KeyContext,
  keys: readonly ZoneKey[],
  digests: readonly number[],
  now: number,
): ParentRecord[] {
  const wanted = keys.filter(
    ({ isSep, times }) =>
      isSep && stateOf(times, now) !== 'removed' && (times.SyncDelete ?? now + 1) > now,
  );
  const types = digests.length > 0 ? digests : policy.cdsDigests;
  return wanted.flatMap(({ rdata, tag }): ParentRecord[] => {
    const base64 = Buffer.from(rdata.subarray(4)).toString('base64');
    const key = `${(rdata[0]! << 8) | rdata[1]!} ${rdata[2]} ${rdata[3]} ${base64}`;
    const ds = types.flatMap((type) => {
      const record = dsRecord(rdata, type, zone);
      if (record === null) return [];
      const digest = Buffer.from(record.subarray(4)).toString('hex').toUpperCase();
      return [`${tag} ${rdata[3]} ${type} ${digest}`];
    });
    const row = (type: ParentRecord['type'], data: string): ParentRecord => ({
      type,
      tag,
      text: `${zoneText} IN ${type} ${data}`,
    });
    return [
      ...ds.map((data) => row('DS', data)),
      ...ds.map((data) => row('CDS', data)),
      row('CDNSKEY', key),
      row('DNSKEY', key),
    ];
  });
}
