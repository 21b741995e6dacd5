/**
 * What a store keeps, one row for each kind that a person may ask for or drop: how it is listed, and what dropping it
 * costs. Must not know: how it is printed, who owns the store.
 */
import { crc32 } from 'node:zlib';
import { type FileStamp, sameStamp } from '../base/source.js';
import { JOURNAL_FORGET_RUN } from '../base/transfer-limits.js';
import { programVersion } from '../base/version.js';
import { stampAt } from '../load/tracked-zone.js';
import { DelayedWrites } from '../store/delayed-writes.js';
import { type ImagePart, ImageParts, type StoredZone } from '../store/image-parts.js';
import { Journal } from '../store/journal.js';
import { Notified } from '../store/notified.js';
import { SecondaryStates } from '../store/secondary-state.js';
import { ServedSerials } from '../store/served-serials.js';
import type { Store, TableName } from '../store/store.js';
import { keyOf } from '../store/store-keys.js';

export const STORE_TABLES = ['images', 'journal', 'notified', 'secondaries', 'served'] as const;
export type StoreTableName = (typeof STORE_TABLES)[number];

/** What is listed of one thing, by the name of its column. */
export type StoreRow = {
  /** Wire octets, lower case. */
  readonly apex: Uint8Array;
  readonly fields: Readonly<Record<string, string | number | null>>;
};

export type StoreTable = {
  /** Those of the store that it is made of. */
  readonly tables: readonly TableName[];
  /** Those without which it cannot be listed. */
  readonly listed: readonly TableName[];
  readonly columns: readonly string[];
  rows(store: Store): Iterable<StoreRow>;
  /** What it costs to forget a zone's, for an operator; null: nothing but time. */
  readonly cost: string | null;
  /** Forgets zones; @returns how many had something */
  forget(store: Store, isForgotten: (apex: Uint8Array) => boolean): number;
};

export const STORE_TABLE: Readonly<Record<StoreTableName, StoreTable>> = {
  images: {
    tables: ['images'],
    listed: ['images'],
    columns: ['serial', 'records', 'octets', 'read', 'state', 'image', 'offset', 'file'],
    rows: imageRows,
    cost: null,
    forget: forgetImages,
  },
  journal: {
    tables: [
      'journal-zones',
      'journal-changes',
      'journal-records',
      'journal-order',
      'journal-totals',
    ],
    listed: ['journal-zones', 'journal-changes'],
    columns: ['from', 'to', 'removed', 'added', 'octets'],
    rows: journalRows,
    cost: 'secondaries get the whole zone (AXFR) until there are new changes',
    forget: forgetJournal,
  },
  notified: {
    tables: ['notified'],
    listed: ['notified'],
    columns: ['secondary', 'serial'],
    rows: notifiedRows,
    cost: 'all its secondaries are notified at the next start',
    forget: (store, isForgotten) => forgetRows(store, 'notified', isForgotten),
  },
  secondaries: {
    tables: ['secondaries'],
    listed: ['secondaries'],
    columns: ['serial', 'refreshed', 'expires', 'next', 'failures', 'primary'],
    rows: secondaryRows,
    cost: 'the next start asks its primaries at once, and serves it even if it had expired',
    forget: (store, isForgotten) => forgetRows(store, 'secondaries', isForgotten),
  },
  served: {
    tables: ['served'],
    listed: ['served'],
    columns: ['serial'],
    rows: servedRows,
    cost: 'a serial that the server has raised goes back to the one in the file, which secondaries do not follow',
    forget: (store, isForgotten) => forgetRows(store, 'served', isForgotten),
  },
};

/** Zones' octets are the same if these are. */
export function apexKey(apex: Uint8Array): string {
  return Buffer.from(keyOf(apex)).toString('latin1');
}

// --- images

function* imageRows(store: Store): Generator<StoreRow> {
  const program = crc32(programVersion());
  for (const part of new ImageParts(store).all().parts) {
    for (const zone of part.zones()) {
      const { apex, serial, recordCount, octets, offset, readAt, files } = zone;
      const fields = {
        serial,
        records: recordCount,
        octets,
        read: timeText(readAt),
        state: stateOf(zone, part.program === program),
        image: part.file,
        offset,
        file: files[0]?.path ?? null,
      };
      yield { apex, fields };
    }
  }
}

/** What the next start makes of an image: only of one that is current it does not read the files. */
function stateOf({ isCurrent, files }: StoredZone, isOurs: boolean): string {
  const now = files.map(({ path }) => stampAt(path));
  // whoever asks may not see what the server sees
  if (now.includes(undefined)) return 'unseen';
  if ((now[0] ?? null) === null) return 'gone';
  if (!isCurrent) return 'stale';
  if (!files.every(({ stamp }, i) => isSame(stamp, now[i] ?? null))) return 'changed';
  return isOurs ? 'current' : 'older';
}

function isSame(a: FileStamp | null, b: FileStamp | null): boolean {
  return a === null || b === null ? a === b : sameStamp(a, b);
}

/** The octets of their images stay where they are. */
function forgetImages(store: Store, isForgotten: (apex: Uint8Array) => boolean): number {
  const parts = new ImageParts(store);
  const changed: ImagePart[] = [];
  let count = 0;
  for (const part of parts.all().parts) {
    const kept = [...part.zones()].filter(({ apex }) => !isForgotten(apex));
    if (kept.length === part.count) continue;
    count += part.count - kept.length;
    const { file, part: number, from, to, checksum, program } = part;
    changed.push({ file, part: number, from, to, checksum, program, zones: kept });
  }
  if (changed.length > 0) parts.put(changed);
  return count;
}

// --- what is known of zones

function* journalRows(store: Store): Generator<StoreRow> {
  for (const { apex, changes } of new Journal(store).all()) {
    for (const { fromSerial, toSerial, removedCount, addedCount, octets } of changes) {
      const counts = { removed: removedCount, added: addedCount, octets };
      yield { apex, fields: { from: fromSerial, to: toSerial, ...counts } };
    }
  }
}

function forgetJournal(store: Store, isForgotten: (apex: Uint8Array) => boolean): number {
  const journal = new Journal(store);
  const apexes: Uint8Array[] = [];
  for (const { key } of store.table('journal-zones').range()) {
    if (isForgotten(key)) apexes.push(key);
  }
  for (let at = 0; at < apexes.length; at += JOURNAL_FORGET_RUN) {
    store.write(() => {
      for (const apex of apexes.slice(at, at + JOURNAL_FORGET_RUN)) journal.forget(apex);
    });
  }
  return apexes.length;
}

function* notifiedRows(store: Store): Generator<StoreRow> {
  for (const { apex, target, serial } of new Notified(new DelayedWrites(store)).all()) {
    yield { apex, fields: { secondary: target, serial } };
  }
}

function* secondaryRows(store: Store): Generator<StoreRow> {
  for (const [apex, state] of new SecondaryStates(new DelayedWrites(store)).all()) {
    const { serial, refreshedAt, expiresAt, nextAt, failures, primary } = state;
    const times = {
      refreshed: timeText(refreshedAt),
      expires: timeText(expiresAt),
      next: timeText(nextAt),
    };
    yield { apex, fields: { serial, ...times, failures, primary } };
  }
}

function* servedRows(store: Store): Generator<StoreRow> {
  for (const { apex, serial } of new ServedSerials(new DelayedWrites(store)).all()) {
    yield { apex, fields: { serial } };
  }
}

/** Of a table whose keys begin with an apex. */
function forgetRows(
  store: Store,
  name: TableName,
  isForgotten: (apex: Uint8Array) => boolean,
): number {
  const table = store.table(name);
  const gone = [...table.range()].map(({ key }) => key).filter(isForgotten);
  store.write(() => {
    for (const key of gone) table.remove(key);
  });
  return new Set(gone.map(apexKey)).size;
}

/** Of milliseconds since 1970; null for never. */
function timeText(ms: number): string | null {
  const date = new Date(ms);
  return ms === 0 || Number.isNaN(date.getTime()) ? null : date.toISOString();
}
