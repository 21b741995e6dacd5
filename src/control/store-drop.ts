/**
 * `hotzone store drop`: has a server forget, while none has the store. Exit codes: 0 done, 1 nothing done, 2 called
 * wrongly. Must not know: the command line's syntax, how any table is kept.
 */
import { counted } from '../load/zone-log.js';
import { openExistingStore, type Store } from '../store/store.js';
import { printable } from './report-text.js';
import { removeUnreferred } from './store-compact.js';
import { wantedZones } from './store-ls.js';
import {
  EXIT_FAILED,
  EXIT_USAGE,
  onStore,
  type StoreFormat,
  type StorePlace,
  type StoreStreams,
  writeJson,
} from './store-place.js';
import { apexKey, STORE_TABLE, STORE_TABLES, type StoreTableName } from './store-tables.js';

export type StoreDropOptions = StorePlace & {
  /** As the user wrote them; none: all zones, if tables are named or all of them are meant. */
  readonly zones: readonly string[];
  /** None: images. */
  readonly tables: readonly StoreTableName[];
  readonly all: boolean;
  /** Whether the user has said that what is lost may be lost. */
  readonly yes: boolean;
  readonly format: StoreFormat;
};

/** What is forgotten of a table. */
type Dropped = { readonly name: StoreTableName; readonly zones: number };

/** Forgets. @returns the exit code */
export function runStoreDrop(options: StoreDropOptions, streams: StoreStreams): Promise<number> {
  const { zones, tables, all, yes } = options;
  const wanted = wantedZones(zones);
  const wrong =
    typeof wanted === 'string'
      ? wanted
      : zones.length === 0 && tables.length === 0 && !all
        ? 'say which zones or --table, or --all'
        : null;
  if (wrong !== null || typeof wanted === 'string') {
    streams.stderr.write(`error: ${printable(wrong ?? '')}\n`);
    return Promise.resolve(EXIT_USAGE);
  }
  const names = namesOf(tables, all);
  if (!yes && !refuseSilentLoss(names, streams)) return Promise.resolve(EXIT_USAGE);
  return onStore(options, streams, async (folder) => {
    const store = openExistingStore(folder);
    try {
      return drop(store, folder, names, wanted, options.format, streams);
    } finally {
      await store.close();
    }
  });
}

/** An image has the serial that it is served with: it goes with the memory of it. */
function namesOf(tables: readonly StoreTableName[], all: boolean): readonly StoreTableName[] {
  if (all) return STORE_TABLES;
  const named = new Set<StoreTableName>(tables.length === 0 ? ['images'] : tables);
  if (named.has('served')) named.add('images');
  return STORE_TABLES.filter((name) => named.has(name));
}

/** @returns whether nothing is lost; else that is told */
function refuseSilentLoss(names: readonly StoreTableName[], { stderr }: StoreStreams): boolean {
  const losses = names.flatMap((name) => {
    const { cost } = STORE_TABLE[name];
    return cost === null ? [] : [`  ${name}: ${cost}\n`];
  });
  if (losses.length === 0) return true;
  stderr.write(`error: nothing is dropped without --yes; what it costs each zone:\n`);
  for (const loss of losses) stderr.write(loss);
  return false;
}

function drop(
  store: Store,
  folder: string,
  names: readonly StoreTableName[],
  wanted: ReadonlyMap<string, string>,
  format: StoreFormat,
  streams: StoreStreams,
): number {
  const unknown = unknownZones(store, names, wanted);
  if (unknown.length > 0) {
    for (const zone of unknown) {
      streams.stderr.write(
        `error: nothing is kept of ${printable(zone)} in ${names.join(', ')}: nothing is dropped\n`,
      );
    }
    return EXIT_FAILED;
  }
  const isForgotten = (apex: Uint8Array): boolean => wanted.size === 0 || wanted.has(apexKey(apex));
  const dropped: Dropped[] = names.map((name) => ({
    name,
    zones: STORE_TABLE[name].forget(store, isForgotten),
  }));
  const removed = removeUnreferred(store, folder);
  if (format === 'json') {
    const zones = Object.fromEntries(dropped.map((one) => [one.name, one.zones]));
    writeJson(streams, { version: 1, dropped: zones, removed });
  } else {
    const counts = dropped.map((one) => `${one.name} of ${counted(one.zones, 'zone')}`).join(', ');
    streams.stdout.write(
      `dropped: ${counts}; ${counted(removed.files, 'image file')} removed, ` +
        `${removed.octets} octets\n`,
    );
  }
  return 0;
}

/** Zones that were asked for, and of which there is nothing. */
function unknownZones(
  store: Store,
  names: readonly StoreTableName[],
  wanted: ReadonlyMap<string, string>,
): string[] {
  if (wanted.size === 0) return [];
  const unknown = new Map(wanted);
  for (const name of names) {
    for (const { apex } of STORE_TABLE[name].rows(store)) unknown.delete(apexKey(apex));
  }
  return [...unknown.values()];
}
