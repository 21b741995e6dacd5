/**
 * Commands of the control channel about zones: what is served, what is rejected and why, load it now. Replies about
 * all zones are made while they are sent. Must not know: how zones are loaded, sockets, the table of commands.
 */
import { setImmediate } from 'node:timers/promises';
import { SCAN_SLICE_MS } from '../base/limits.js';
import { nameFromText } from '../wire/name-text.js';
import { type Call, type Reply, type ReplyCode, textReply } from './control-reply.js';
import type { ServerControl, ZoneKind, ZoneView } from './server-control.js';
import {
  extendedStatusText,
  isRejected,
  statusLine,
  statusText,
  TABLE_COLUMNS,
  tableCells,
  withDot,
  withoutDot,
  zoneData,
} from './zone-status.js';

// --- which zones ----------------------------------------------------------------------------------------------

/** A zone that was asked for, and how it was written; `null` if it is not served here. */
type Asked = { readonly name: string; readonly zone: ZoneView | null };

function askedZones({ target, args }: Call): Asked[] {
  return args.map((name) => ({
    name,
    zone: nameFromText(name) === null ? null : target.zone(name),
  }));
}

function missingLine(name: string): string {
  const why = nameFromText(name) === null ? ': not a domain name' : '';
  return `${name} no such domain${why}\n`;
}

/** @param isGood what a zone that exists must be, for the command to have succeeded */
function codeOf(asked: readonly Asked[], isGood: (zone: ZoneView) => boolean): ReplyCode {
  let code: ReplyCode = 'OK';
  for (const { name, zone } of asked) {
    if (zone === null) return nameFromText(name) === null ? 'NAME_INVALID' : 'ZONE_UNKNOWN';
    if (!isGood(zone)) code = 'ZONE_REJECTED';
  }
  return code;
}

function askedData({ name, zone }: Asked): object {
  return zone === null ? { name: withoutDot(name), state: 'unknown' } : zoneData(zone);
}

/** Tells each zone that was asked for, or all; `none` if that is nothing. */
function tellZones(
  call: Call,
  tell: (name: string, zone: ZoneView) => string,
  none: string,
): Reply {
  const { target } = call;
  if (call.args.length > 0) return tellAsked(askedZones(call), tell, () => true);
  return {
    code: 'OK',
    text: function* () {
      let isEmpty = true;
      for (const zone of target.zones()) {
        isEmpty = false;
        yield tell(zone.name, zone);
      }
      if (isEmpty) yield none;
    },
    items: () => map(target.zones(), zoneData),
  };
}

function tellAsked(
  asked: readonly Asked[],
  tell: (name: string, zone: ZoneView) => string,
  isGood: (zone: ZoneView) => boolean,
): Reply {
  return {
    code: codeOf(asked, isGood),
    text: () =>
      map(asked, ({ name, zone }) => (zone === null ? missingLine(name) : tell(name, zone))),
    items: () => map(asked, askedData),
  };
}

function* map<T, U>(items: Iterable<T>, turn: (item: T) => U): Generator<U> {
  for (const item of items) yield turn(item);
}

function* filter<T>(items: Iterable<T>, wants: (item: T) => boolean): Generator<T> {
  for (const item of items) if (wants(item)) yield item;
}

/** Looks at every zone without being long in the way of queries. */
async function visitZones(target: ServerControl, visit: (zone: ZoneView) => void): Promise<void> {
  let since = performance.now();
  for (const zone of target.zones()) {
    visit(zone);
    if (performance.now() - since < SCAN_SLICE_MS) continue;
    await setImmediate();
    since = performance.now();
  }
}

// --- status ---------------------------------------------------------------------------------------------------

export function domainStatus(call: Call): Reply {
  return tellZones(call, statusLine, 'no domains passed');
}

export function extendedStatus(call: Call): Reply {
  return tellZones(call, (_name, zone) => extendedStatusText(zone), 'no domains passed\n');
}

export function listRejects({ target }: Call): Reply {
  const rejects = () => filter(target.zones(), isRejected);
  return {
    code: 'OK',
    text: () => map(rejects(), (zone) => `${zone.name}\t${statusText(zone)}\n`),
    items: () => map(rejects(), zoneData),
  };
}

/** Words for a kind, and what the count of its zones is called. Kinds that there are none of are understood, too. */
const KIND_WORDS: readonly {
  readonly words: readonly string[];
  readonly label: string;
  readonly kind: ZoneKind | null;
}[] = [
  { words: ['primary', 'master'], label: 'Master', kind: 'primary' },
  { words: ['secondary', 'slave'], label: 'Slave', kind: 'secondary' },
  { words: ['producer'], label: 'Producer', kind: null },
  { words: ['consumer'], label: 'Consumer', kind: null },
];
/** What any other word means to PowerDNS. */
const NATIVE = { label: 'Native', kind: 'native' } as const;

export function listZones({ target, args }: Call): Reply {
  const word = args[0]?.toLowerCase();
  const row = KIND_WORDS.find(({ words }) => word !== undefined && words.includes(word)) ?? NATIVE;
  // a file that has not yet said which zone it is has no name to list
  const wants = (zone: ZoneView) =>
    zone.name !== zone.path && (word === undefined || zone.kind === row.kind);
  return {
    code: 'OK',
    text: function* () {
      let count = 0;
      for (const zone of filter(target.zones(), wants)) {
        count++;
        yield `${withDot(zone.name)}\n`;
      }
      yield `${word === undefined ? 'All' : row.label} zonecount: ${count}`;
    },
    items: () => map(filter(target.zones(), wants), ({ name, kind }) => ({ name, kind })),
  };
}

type Totals = {
  zones: number;
  records: number;
  rejected: number;
  pending: number;
  /** Zones with signatures that have expired, or soon will. */
  signaturesExpired: number;
  signaturesExpiring: number;
};

function noTotals(): Totals {
  const signatures = { signaturesExpired: 0, signaturesExpiring: 0 };
  return { zones: 0, records: 0, rejected: 0, pending: 0, ...signatures };
}

function addToTotals(totals: Totals, zone: ZoneView): void {
  totals.zones++;
  totals.records += zone.recordCount;
  if (isRejected(zone)) totals.rejected++;
  if (zone.state === 'pending') totals.pending++;
  if (zone.signatures?.state === 'expired') totals.signaturesExpired++;
  if (zone.signatures?.state === 'expiring') totals.signaturesExpiring++;
}

function totalsText(totals: Totals): string {
  const { zones, records, rejected, pending, signaturesExpired, signaturesExpiring } = totals;
  const rest = [
    pending === 0 ? '' : `, ${pending} being loaded`,
    signaturesExpired === 0 ? '' : `, ${signaturesExpired} with expired signatures`,
    signaturesExpiring === 0 ? '' : `, ${signaturesExpiring} with signatures about to expire`,
  ];
  const text = `${process.pid}: ${zones} zones, ${records} records, ${rejected} rejected`;
  return `${text}${rest.join('')}`;
}

export async function serverStatus({ target }: Call): Promise<Reply> {
  const totals = noTotals();
  await visitZones(target, (zone) => addToTotals(totals, zone));
  const { version, startedAt } = target;
  const started = new Date(startedAt).toISOString();
  const data = { pid: process.pid, version, startedAt: started, ...totals };
  return { code: 'OK', text: totalsText(totals), data };
}

export async function zonesStatus(call: Call): Promise<Reply> {
  const { target, args } = call;
  const totals = noTotals();
  const widths = TABLE_COLUMNS.map(([heading]) => heading.length);
  const asked = askedZones(call);
  const widen = (zone: ZoneView) =>
    tableCells(zone).forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  await visitZones(target, (zone) => {
    addToTotals(totals, zone);
    if (args.length === 0) widen(zone);
  });
  for (const { zone } of asked) if (zone !== null) widen(zone);
  const row = (cells: readonly string[]) => rowText(cells, widths);
  const told = tellZones(call, (_name, zone) => row(tableCells(zone)), '');
  const { text } = told;
  return {
    ...told,
    text: function* () {
      yield `${totalsText(totals)}\n`;
      yield row(TABLE_COLUMNS.map(([heading]) => heading));
      yield* typeof text === 'string' ? [text] : text();
    },
  };
}

function rowText(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, i) => {
    const isNumber = TABLE_COLUMNS[i]?.[1] ?? false;
    return isNumber ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0);
  });
  return `${padded.join('  ').trimEnd()}\n`;
}

// --- loading --------------------------------------------------------------------------------------------------

export function reload({ target }: Call): Reply {
  target.reload();
  return textReply('OK', 'Ok');
}

export async function reloadNow(call: Call): Promise<Reply> {
  const { target, args, progress } = call;
  if (args.length === 0) return textReply('USAGE', 'no domains reloaded');
  const known = askedZones(call).filter(({ zone }) => zone !== null);
  const names = [...new Set(known.map(({ name }) => withoutDot(name).toLowerCase()))];
  const reloaded = await target.reloadNow(names, progress);
  const after = new Map(reloaded.map(({ name, zone }) => [name, zone]));
  const asked = args.map((name) => {
    const zone = after.get(withoutDot(name).toLowerCase()) ?? null;
    return { name, zone };
  });
  return tellAsked(asked, statusLine, (zone) => zone.state === 'serving');
}

export async function rediscover({ target, args }: Call): Promise<Reply> {
  if (args.some((arg) => arg !== '--force')) {
    return textReply('USAGE', 'Syntax: rediscover [--force]');
  }
  const found = await target.rediscover(args.length > 0);
  if (!found.ok) return textReply('FAILED', found.text);
  const { rejected, added, removed } = found;
  return {
    code: rejected > 0 ? 'ZONE_REJECTED' : 'OK',
    text: `Ok Done parsing domains, ${rejected} rejected, ${added} new, ${removed} removed`,
    data: { rejected, added, removed },
  };
}

export async function addZone({ target, args }: Call): Promise<Reply> {
  const [given, path] = args;
  if (given === undefined || path === undefined) {
    return textReply('USAGE', 'ERROR: Domain name and zone filename are required');
  }
  const name = withoutDot(given);
  const failed = `Unable to load zone ${name} from ${path}`;
  if (args.length > 2) {
    return textReply('USAGE', `${failed}: a file name with spaces cannot be given here`);
  }
  if (nameFromText(given) === null) {
    return textReply('NAME_INVALID', `${failed}: not a domain name`);
  }
  if (target.zone(given) !== null) return textReply('ZONE_KNOWN', 'Already loaded');
  if (!path.startsWith('/')) {
    return textReply('USAGE', `${failed} as the filename is not absolute.`);
  }
  const result = await target.addZone(given, path);
  if (result.kind === 'known') return textReply('ZONE_KNOWN', 'Already loaded');
  if (result.kind === 'failed') return textReply('FAILED', `${failed}: ${result.text}`);
  const data = zoneData(result.zone);
  if (!isRejected(result.zone)) {
    return { code: 'OK', text: `Loaded zone ${name} from ${path}`, data };
  }
  const text = `Added zone ${name} from ${path}, rejected:${statusText(result.zone)}`;
  return { code: 'ZONE_REJECTED', text, data };
}
