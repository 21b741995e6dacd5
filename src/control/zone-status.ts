/**
 * A zone in words: PowerDNS's status line and extended status, the rows of our table, and the JSON form.
 * Must not know: commands, sockets.
 */
import { type Problem, problemLine } from '../base/problem.js';
import type { KeyFacts, SigningFacts } from '../load/signing-order.js';
import type { SecondaryStatus } from '../transfer/secondary-status.js';
import type { ZoneView } from './server-control.js';

/** Whether the last attempt to load the zone failed, be older data served or not. */
export function isRejected(zone: ZoneView): boolean {
  return zone.state === 'stale' || zone.state === 'failed';
}

/** A name with its final dot, as given otherwise. */
export function withDot(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

/** A name without its final dot; the root is `.`. */
export function withoutDot(name: string): string {
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name;
}

/** `2026-11-21 13:56:47 +0000`, in local time. */
function timeText(ms: number): string {
  const offset = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + offset * 60_000).toISOString();
  const minutes = Math.abs(offset);
  const zone = `${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${offset < 0 ? '-' : '+'}${zone}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Names of files may hold anything; a status is one line. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f]/g, '?');
}

/** What PowerDNS calls the status of a zone; one line. An error begins with a space, as it does there. */
export function statusText(zone: ZoneView): string {
  const at = ` error at ${timeText(zone.triedAt ?? 0)}`;
  if (isUntransferred(zone)) {
    const why = zone.transfer?.lastError ?? null;
    const text = `${at} no file found for new secondary domain '${zone.name}'. Has not been AXFR'd yet`;
    return oneLine(why === null ? text : `${text}: ${why}`);
  }
  if (zone.state === 'pending') return 'parsing into memory';
  if (zone.state === 'serving') return `parsed into memory at ${timeText(zone.loadedAt ?? 0)}`;
  const served =
    zone.loadedAt === null
      ? 'nothing is served'
      : `serial ${zone.serial} of ${timeText(zone.loadedAt)} is still served`;
  const reason = `${firstProblemText(zone) ?? 'unknown'}${countText(zone)}; ${served}`;
  return oneLine(`${at} parsing '${zone.name}' from file '${zone.path}': ${reason}`);
}

function isUntransferred(zone: ZoneView): boolean {
  const isMissing = (zone.files[0]?.ctimeMs ?? null) === null;
  return zone.kind === 'secondary' && zone.loadedAt === null && zone.triedAt !== null && isMissing;
}

function firstProblemText(zone: ZoneView): string | null {
  // why a zone is not fresh says more than that its file was not there
  const unfresh = zone.transfer?.lastError ?? null;
  if (unfresh !== null) return unfresh;
  const error = zone.problems.find(({ severity }) => severity === 'error');
  const signatures = signatureText(zone);
  if (error === undefined && signatures !== null) return signatures;
  const problem = error ?? zone.problems[0];
  return problem === undefined ? null : problemLine(problem);
}

function countText({ errorCount }: ZoneView): string {
  return errorCount > 1 ? ` (1 of ${errorCount} errors)` : '';
}

/** `zone: [rejected]<TAB>status` and a line feed. @param name the zone as it is to be shown */
export function statusLine(name: string, zone: ZoneView): string {
  return `${name}: ${isRejected(zone) ? '[rejected]' : ''}\t${statusText(zone)}\n`;
}

const KIND_TEXT = { primary: 'Primary', secondary: 'Secondary', native: 'Native' } as const;

/** All that PowerDNS tells about a zone, in its words. Nothing is polled here, so two of them are always 0. */
export function extendedStatusText(zone: ZoneView): string {
  const files = zone.files.length > 0 ? zone.files : [{ path: zone.path, ctimeMs: null }];
  const lines = [
    `${oneLine(zone.name)}: `,
    `\t Status: ${statusText(zone)}`,
    `\t Internal ID: ${zone.id}`,
    ...files.map(
      ({ path, ctimeMs }) => `\t On-disk file: ${oneLine(path)} (${secondsOf(ctimeMs)})`,
    ),
    `\t Kind: ${KIND_TEXT[zone.kind]}`,
    '\t Primaries: ',
    ...zone.primaries.map((primary) => `\t\t - ${withPort(primary)}`),
    '\t Also Notify: ',
    ...zone.alsoNotify.map((host) => `\t\t - ${host}`),
    ...membershipLines(zone),
    ...signingLines(zone),
    ...signatureLines(zone),
    `\t Number of records: ${zone.recordCount}`,
    `\t Loaded: ${zone.loadedAt === null ? 0 : 1}`,
    '\t Check now: 0',
    '\t Check interval: 0',
    `\t Last check: ${secondsOf(zone.triedAt)}`,
    `\t Last notified: ${zone.notifiedSerial}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** PowerDNS has no such lines: its bind backend has no catalogs. */
function membershipLines({ membership }: ZoneView): string[] {
  if (membership === null) return [];
  const { catalog, groups } = membership;
  return [`\t Catalog: ${oneLine(catalog)}`, ...groups.map((group) => `\t\t - ${oneLine(group)}`)];
}

/** PowerDNS has no such lines either: it tells of keys in pdnsutil. */
function signingLines({ signing }: ZoneView): string[] {
  if (signing === null) return [];
  const { policy, keys, signatures, dueAtMs } = signing;
  return [
    `\t Signed by policy: ${oneLine(policy)}`,
    `\t Signatures: ${signatures}`,
    `\t Signed again: ${secondsOf(dueAtMs)}`,
    '\t Keys: ',
    ...keys.map((key) => `\t\t - ${keyText(key)}`),
  ];
}

/** `13 12345 KSK active` */
function keyText({ algorithm, tag, signsKeys, signsZone, isSep, state }: KeyFacts): string {
  const role = signsKeys && signsZone ? 'CSK' : isSep ? 'KSK' : 'ZSK';
  return `${algorithm} ${tag} ${role} ${state}`;
}

/** PowerDNS has no such line: it signs for itself. */
function signatureLines({ signatures }: ZoneView): string[] {
  if (signatures === null) return [];
  return [`\t Signatures expire: ${timeText(signatures.endMs)} (${signatures.state})`];
}

/** What is wrong with the times of a zone's signatures; `null` if nothing is. */
function signatureText({ signatures }: ZoneView): string | null {
  if (signatures === null || signatures.state === 'valid') return null;
  const verb = signatures.state === 'expired' ? 'have expired' : 'expire';
  return `signatures ${verb} from ${timeText(signatures.endMs)} on`;
}

function secondsOf(ms: number | null): number {
  return ms === null ? 0 : Math.floor(ms / 1000);
}

function withPort(host: string): string {
  if (!host.includes(':')) return `${host}:53`;
  const isBareIp6 = !host.startsWith('[') && host.indexOf(':') !== host.lastIndexOf(':');
  return isBareIp6 ? `[${host}]:53` : host;
}

/** Headings of the table, and whether a column is aligned to the right. */
export const TABLE_COLUMNS: readonly (readonly [heading: string, isNumber: boolean])[] = [
  ['zone', false],
  ['kind', false],
  ['serial', true],
  ['records', true],
  ['loaded at', false],
  ['state', false],
  ['last problem', false],
];

/** The cells of a zone in that table; what does not apply is `-`. */
export function tableCells(zone: ZoneView): string[] {
  const { loadedAt } = zone;
  return [
    oneLine(zone.name),
    zone.kind,
    loadedAt === null ? '-' : String(zone.serial),
    loadedAt === null ? '-' : String(zone.recordCount),
    loadedAt === null ? '-' : timeText(loadedAt),
    zone.state,
    oneLine(firstProblemText(zone) ?? '-'),
  ];
}

/** A zone as the JSON mode tells it; times are RFC 3339 in UTC. */
export function zoneData(zone: ZoneView): object {
  return {
    name: zone.name,
    kind: zone.kind,
    state: zone.state,
    rejected: isRejected(zone),
    status: statusText(zone),
    id: zone.id,
    file: zone.path,
    files: zone.files.map(({ path, ctimeMs }) => ({ path, changedAt: isoText(ctimeMs) })),
    serial: zone.loadedAt === null ? null : zone.serial,
    records: zone.recordCount,
    loadedAt: isoText(zone.loadedAt),
    triedAt: isoText(zone.triedAt),
    errors: zone.errorCount,
    warnings: zone.warningCount,
    problems: zone.problems.map(problemData),
    primaries: zone.primaries,
    alsoNotify: zone.alsoNotify,
    notifiedSerial: zone.notifiedSerial,
    added: zone.isAdded,
    signatures: zone.signatures === null ? null : signatureData(zone.signatures),
    transfer: zone.transfer === null ? null : transferData(zone.transfer),
    catalog: zone.membership?.catalog ?? null,
    groups: zone.membership?.groups ?? [],
    signing: zone.signing === null ? null : signingData(zone.signing),
  };
}

function signingData({ policy, signatures, dueAtMs, expiresAtMs, keys }: SigningFacts): object {
  const times = { dueAt: isoText(dueAtMs), expiresAt: isoText(expiresAtMs) };
  return { policy, signatures, ...times, keys };
}

function signatureData({ endMs, state }: NonNullable<ZoneView['signatures']>): object {
  return { expiresAt: isoText(endMs), state };
}

function transferData(status: SecondaryStatus): object {
  const { refreshedAt, nextAt, expiresAt, ...rest } = status;
  return {
    ...rest,
    refreshedAt: isoText(refreshedAt),
    nextAt: isoText(nextAt),
    expiresAt: isoText(expiresAt),
  };
}

function isoText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function problemData({ text, ...rest }: Problem): object {
  return { ...rest, message: text };
}
