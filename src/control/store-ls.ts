/**
 * `hotzone store ls`: what a store holds, whether a server has it or not. Exit codes: 0 done, 1 something could not be
 * read, or a zone is not in there, 2 called wrongly. Must not know: the command line's syntax, what the rows mean.
 */
import { ServerError } from '../base/errors.js';
import { counted } from '../load/zone-log.js';
import { type ImageFile, imageFilesIn } from '../store/image-folder.js';
import { storePaths } from '../store/store-folder.js';
import { readStore, type StoreSnapshot } from '../store/store-snapshot.js';
import { nameFromText, nameText } from '../wire/name-text.js';
import { printable } from './report-text.js';
import {
  EXIT_FAILED,
  EXIT_USAGE,
  onStore,
  type StoreFormat,
  type StorePlace,
  type StoreStreams,
  writeJson,
} from './store-place.js';
import {
  apexKey,
  STORE_TABLE,
  STORE_TABLES,
  type StoreRow,
  type StoreTableName,
} from './store-tables.js';

export type StoreListOptions = StorePlace & {
  /** As the user wrote them; none: all. */
  readonly zones: readonly string[];
  /** None: images. */
  readonly tables: readonly StoreTableName[];
  readonly all: boolean;
  readonly format: StoreFormat;
};

/** A row and its zone as text. */
type Listed = { readonly zone: string; readonly fields: StoreRow['fields'] };
type Listing = { readonly name: StoreTableName; readonly rows: readonly Listed[] };

/** Prints what there is. @returns the exit code */
export function runStoreLs(options: StoreListOptions, streams: StoreStreams): Promise<number> {
  const wanted = wantedZones(options.zones);
  if (typeof wanted === 'string') {
    streams.stderr.write(`error: ${wanted}\n`);
    return Promise.resolve(EXIT_USAGE);
  }
  return onStore(options, streams, (folder) => list(folder, options, wanted, streams));
}

/** Keys of names, with the names; or what is wrong. Also for other commands. */
export function wantedZones(names: readonly string[]): ReadonlyMap<string, string> | string {
  const wanted = new Map<string, string>();
  for (const text of names) {
    const name = nameFromText(text);
    if (name === null) return `not a domain name: ${text}`;
    wanted.set(apexKey(name), text);
  }
  return wanted;
}

function list(
  folder: string,
  { tables, all, format }: StoreListOptions,
  wanted: ReadonlyMap<string, string>,
  streams: StoreStreams,
): number {
  const names = all ? STORE_TABLES : tables.length === 0 ? (['images'] as const) : tables;
  const needed = new Set<string>(names.flatMap((name) => STORE_TABLE[name].listed));
  const store = readStore(folder, (table) => needed.has(table));
  const missing = new Map(wanted);
  const listings = names.map((name) => ({ name, rows: rowsOf(store, name, wanted, missing) }));
  const files = imageFilesOf(folder);
  if (format === 'json') writeJson(streams, documentOf(store, files, listings));
  else writeText(streams, store, files, listings);
  for (const { text, at } of store.faults) {
    streams.stderr.write(`${storePaths(folder).data}:${at}: error: ${text}\n`);
  }
  for (const zone of missing.values()) {
    streams.stderr.write(`error: nothing is kept of ${printable(zone)} in ${names.join(', ')}\n`);
  }
  return store.faults.length + missing.size > 0 ? EXIT_FAILED : 0;
}

function rowsOf(
  store: StoreSnapshot,
  name: StoreTableName,
  wanted: ReadonlyMap<string, string>,
  missing: Map<string, string>,
): Listed[] {
  const rows: Listed[] = [];
  for (const { apex, fields } of STORE_TABLE[name].rows(store)) {
    const key = wanted.size === 0 ? '' : apexKey(apex);
    if (wanted.size > 0 && !wanted.has(key)) continue;
    missing.delete(key);
    rows.push({ zone: nameText(apex, 0), fields });
  }
  return rows.sort((a, b) => (a.zone < b.zone ? -1 : a.zone > b.zone ? 1 : 0));
}

function imageFilesOf(folder: string): readonly ImageFile[] {
  const { images } = storePaths(folder);
  try {
    return imageFilesIn(images);
  } catch (error) {
    throw new ServerError('STORE_UNAVAILABLE', `${images} cannot be read: ${error}`, error);
  }
}

function octetsOf(files: readonly { readonly octets: number }[]): number {
  return files.reduce((sum, { octets }) => sum + octets, 0);
}

// --- for programs

function documentOf(
  store: StoreSnapshot,
  files: readonly ImageFile[],
  listings: readonly Listing[],
): object {
  const { path, octets, liveOctets, rows } = store.stats();
  const { format, owner, asides, faults } = store;
  return {
    version: 1,
    path,
    format,
    process: owner === 0 ? null : owner,
    octets,
    liveOctets,
    rows,
    images: { files: files.length, octets: octetsOf(files) },
    asides,
    faults: faults.map(({ text, at }) => ({ offset: at, message: text })),
    tables: Object.fromEntries(
      listings.map(({ name, rows: listed }) => [
        name,
        listed.map(({ zone, fields }) => ({ zone, ...fields })),
      ]),
    ),
  };
}

// --- for people

function writeText(
  { stdout }: StoreStreams,
  store: StoreSnapshot,
  files: readonly ImageFile[],
  listings: readonly Listing[],
): void {
  const { path, octets, liveOctets, rows } = store.stats();
  const { format, owner, asides } = store;
  const held = Object.entries(rows).filter(([, count]) => count > 0);
  const lines = [
    `${path}: format ${format}, ${owner === 0 ? 'not in use' : `in use by process ${owner}`}`,
    `  ${octets} octets, ${liveOctets} of them in live pages`,
    `  rows: ${held.map(([name, count]) => `${name} ${count}`).join(', ') || 'none'}`,
    `  images: ${counted(files.length, 'file')}, ${octetsOf(files)} octets`,
    ...asides.map((aside) => `  set aside: ${aside.path}, ${aside.octets} octets`),
  ];
  for (const line of lines) stdout.write(`${printable(line)}\n`);
  for (const { name, rows: listed } of listings) writeTable(stdout, name, listed);
}

function writeTable(
  stdout: StoreStreams['stdout'],
  name: StoreTableName,
  rows: readonly Listed[],
): void {
  const { columns } = STORE_TABLE[name];
  const cells = rows.map(({ zone, fields }) => [
    zone,
    ...columns.map((column) => printable(String(fields[column] ?? '-'))),
  ]);
  const heads = ['ZONE', ...columns.map((column) => column.toUpperCase())];
  const widths = heads.map((head, i) =>
    cells.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), head.length),
  );
  stdout.write(`\n${name}: ${rows.length === 0 ? 'none' : rows.length}\n`);
  if (rows.length === 0) return;
  for (const row of [heads, ...cells]) {
    const line = row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
    stdout.write(`${line.trimEnd()}\n`);
  }
}
