/**
 * The journal: differences between versions of zones, for answers to IXFR (RFC 1995). Of each zone it holds a chain of
 * changes, each from the serial where the one before ended; the oldest go when a bound is reached. Changes get numbers
 * that are never given twice, so that who reads slowly notices that a change is gone.
 *
 *     journal-zones     apex -> changes 4, octets 8, newest serial 4
 *     journal-changes   apex, number 8 -> serial from 4 and to 4; records, octets and parts, 4 each, of either side
 *     journal-records   number 8, side 1 (0 goes, 1 comes), part 4 -> packed records, a run of whole ones
 *     journal-order     number 8 -> apex
 *     journal-totals    0 -> octets of all zones 8, next number 8
 *
 * Must not know: zones, sockets, and which version is served.
 */
import { assert, ServerError } from '../base/errors.js';
import {
  CONDENSE_OCTETS_MAX,
  JOURNAL_CHANGES_MAX,
  JOURNAL_OCTETS_MAX,
  JOURNAL_VALUE_OCTETS_MAX,
  JOURNAL_ZONE_OCTETS_MIN,
} from '../base/transfer-limits.js';
import { readU32, writeU32 } from '../wire/octets.js';
import { serialGrows } from '../wire/serial.js';
import type { Store, Table } from './store.js';
import { afterName, keyOf, readU64, writeU64 } from './store-keys.js';
import { condense, recordRuns, type ZoneChange } from './zone-change.js';

/** One side of a change as it is kept. */
type KeptSide = { readonly count: number; readonly octets: number; readonly parts: number };

/** A change whose records are read when they are asked for. */
export type KeptChange = {
  readonly fromSerial: number;
  readonly toSerial: number;
  /** Records, the SOA included. */
  readonly removedCount: number;
  readonly addedCount: number;
  /** Octets of packed records, both sides. */
  readonly octets: number;
  /**
   * Packed records in runs of whole records, the SOA first: 64 KiB or one record.
   * @throws ServerError JOURNAL_CHANGE_GONE if the change was dropped since, or what the store throws
   */
  removed(): Iterable<Uint8Array>;
  added(): Iterable<Uint8Array>;
};

type ZoneRow = { readonly changes: number; readonly octets: number; readonly newest: number };
type Totals = { readonly octets: number; readonly next: number };
type ChangeRow = {
  readonly number: number;
  readonly fromSerial: number;
  readonly toSerial: number;
  readonly removed: KeptSide;
  readonly added: KeptSide;
};

const TOTALS_KEY = Uint8Array.of(0);
const REMOVED = 0;
const ADDED = 1;

/** Throws what the store throws. An apex is a name in wire form, of any case. */
export class Journal {
  private readonly store: Store;
  private readonly octetsMax: number;
  private readonly zones: Table;
  private readonly changes: Table;
  private readonly records: Table;
  private readonly order: Table;
  private readonly totals: Table;

  /** @param octetsMax of all zones' changes */
  constructor(store: Store, octetsMax: number = JOURNAL_OCTETS_MAX) {
    this.store = store;
    this.octetsMax = octetsMax;
    this.zones = store.table('journal-zones');
    this.changes = store.table('journal-changes');
    this.records = store.table('journal-records');
    this.order = store.table('journal-order');
    this.totals = store.table('journal-totals');
  }

  /**
   * Keeps a change of a zone. What was kept goes first if the change does not begin where that ends. A change whose
   * serial does not grow (RFC 1982), or that is larger than a bound, is not kept, nor is anything before it. Many calls
   * within one `Store.write` are one commit.
   * @param zoneOctets of the zone's records: a chain longer than the zone itself is worse than AXFR
   * @returns whether the change is kept
   */
  append(apex: Uint8Array, change: ZoneChange, zoneOctets = 0): boolean {
    const octets = change.removed.length + change.added.length;
    const zoneMax = Math.max(zoneOctets, JOURNAL_ZONE_OCTETS_MIN);
    const isKept =
      serialGrows(change.fromSerial, change.toSerial) &&
      octets <= Math.min(zoneMax, this.octetsMax);
    this.store.write(() => {
      if (!isKept || this.newest(apex) !== change.fromSerial) this.forget(apex);
      if (!isKept) return;
      this.add(keyOf(apex), change, octets);
      this.dropOldestOf(keyOf(apex), zoneMax);
      this.dropOldestOfAll();
    });
    return isKept;
  }

  /** The serial that the chain leads to; null if nothing is kept. If it is not the served one, forget the chain. */
  newest(apex: Uint8Array): number | null {
    return this.zone(keyOf(apex))?.newest ?? null;
  }

  /** The changes that lead from `serial` to the newest version, none if it is that; null if it is not known. */
  since(apex: Uint8Array, serial: number): readonly KeptChange[] | null {
    return this.chain(keyOf(apex), serial)?.map((row) => this.kept(row)) ?? null;
  }

  /**
   * The changes since `serial` as one; null if it is not known or current, if that is not smaller than the changes
   * one by one, or if they are too large to be merged in memory.
   */
  condensed(apex: Uint8Array, serial: number): ZoneChange | null {
    const chain = this.since(apex, serial) ?? [];
    const octets = chain.reduce((sum, change) => sum + change.octets, 0);
    if (chain.length < 2 || octets > CONDENSE_OCTETS_MAX) return null;
    const merged = condense(
      chain.map(({ fromSerial, toSerial, removedCount, addedCount, removed, added }) => ({
        fromSerial,
        toSerial,
        removedCount,
        addedCount,
        removed: Buffer.concat([...removed()]),
        added: Buffer.concat([...added()]),
      })),
    );
    return merged.removed.length + merged.added.length < octets ? merged : null;
  }

  /** All zones that have changes, and those, the oldest first; the apex is in lower case. */
  *all(): Generator<{ readonly apex: Uint8Array; readonly changes: readonly KeptChange[] }> {
    for (const { key } of this.zones.range()) {
      yield { apex: key, changes: [...this.rowsOf(key)].map((row) => this.kept(row)) };
    }
  }

  /** Drops all changes of a zone. */
  forget(apex: Uint8Array): void {
    const key = keyOf(apex);
    if (this.zone(key) === null) return;
    this.store.write(() => {
      for (const row of [...this.rowsOf(key)]) this.drop(key, row);
      this.zones.remove(key);
    });
  }

  private add(apex: Uint8Array, change: ZoneChange, octets: number): void {
    const { octets: all, next } = this.readTotals();
    const zone = this.zone(apex);
    const row = new Uint8Array(32);
    const removedParts = this.putRecords(next, REMOVED, change.removed);
    const addedParts = this.putRecords(next, ADDED, change.added);
    const { fromSerial, toSerial, removed, added, removedCount, addedCount } = change;
    const sides = [
      removedCount,
      removed.length,
      removedParts,
      addedCount,
      added.length,
      addedParts,
    ];
    for (const [i, value] of [fromSerial, toSerial, ...sides].entries()) {
      writeU32(row, 4 * i, value);
    }
    this.changes.put(numbered(apex, next), row);
    this.order.put(numbered(NOTHING, next), apex);
    this.writeTotals({ octets: all + octets, next: next + 1 });
    this.writeZone(apex, {
      changes: (zone?.changes ?? 0) + 1,
      octets: (zone?.octets ?? 0) + octets,
      newest: toSerial,
    });
  }

  /** @returns the number of parts */
  private putRecords(number: number, side: number, records: Uint8Array): number {
    let parts = 0;
    for (const run of recordRuns(records, JOURNAL_VALUE_OCTETS_MAX)) {
      this.records.put(partKey(number, side, parts++), run);
    }
    return parts;
  }

  private dropOldestOf(apex: Uint8Array, octetsMax: number): void {
    for (;;) {
      const zone = this.zone(apex);
      if (zone === null) return;
      if (zone.octets <= octetsMax && zone.changes <= JOURNAL_CHANGES_MAX) return;
      this.dropFirst(apex);
    }
  }

  private dropOldestOfAll(): void {
    while (this.readTotals().octets > this.octetsMax) {
      const [oldest] = this.order.range({ limit: 1 });
      if (oldest === undefined) return;
      this.dropFirst(oldest.value);
    }
  }

  private dropFirst(apex: Uint8Array): void {
    const [first] = this.changes.range({ from: apex, to: afterName(apex), limit: 1 });
    assert(first !== undefined, 'a zone of the journal has a change');
    this.drop(apex, changeRow(apex, first.key, first.value));
  }

  /** The zone's row goes with its last change. */
  private drop(apex: Uint8Array, row: ChangeRow): void {
    const octets = row.removed.octets + row.added.octets;
    for (let i = 0; i < row.removed.parts; i++) {
      this.records.remove(partKey(row.number, REMOVED, i));
    }
    for (let i = 0; i < row.added.parts; i++) this.records.remove(partKey(row.number, ADDED, i));
    this.changes.remove(numbered(apex, row.number));
    this.order.remove(numbered(NOTHING, row.number));
    const totals = this.readTotals();
    this.writeTotals({ ...totals, octets: totals.octets - octets });
    const zone = this.zone(apex);
    if (zone === null || zone.changes === 1) this.zones.remove(apex);
    else {
      this.writeZone(apex, {
        ...zone,
        changes: zone.changes - 1,
        octets: zone.octets - octets,
      });
    }
  }

  private chain(apex: Uint8Array, serial: number): ChangeRow[] | null {
    const zone = this.zone(apex);
    if (zone === null) return null;
    const rows: ChangeRow[] = [];
    if (zone.newest === serial) return rows;
    // From the newest on: after a wrap-around an old change may begin with the same serial.
    for (const row of this.rowsOf(apex, true)) {
      rows.unshift(row);
      if (row.fromSerial === serial) return rows;
    }
    return null;
  }

  private *rowsOf(apex: Uint8Array, reverse = false): Generator<ChangeRow> {
    for (const { key, value } of this.changes.range({
      from: apex,
      to: afterName(apex),
      reverse,
    })) {
      yield changeRow(apex, key, value);
    }
  }

  private kept({ number, fromSerial, toSerial, removed, added }: ChangeRow): KeptChange {
    return {
      fromSerial,
      toSerial,
      removedCount: removed.count,
      addedCount: added.count,
      octets: removed.octets + added.octets,
      removed: () => this.parts(number, REMOVED, removed.parts),
      added: () => this.parts(number, ADDED, added.parts),
    };
  }

  /** Each part is read by itself: a slow client must not keep LMDB from using pages again. */
  private *parts(number: number, side: number, count: number): Generator<Uint8Array> {
    for (let i = 0; i < count; i++) {
      const records = this.records.get(partKey(number, side, i));
      if (records === null) {
        throw new ServerError('JOURNAL_CHANGE_GONE', 'the change was dropped while it was read');
      }
      yield records;
    }
  }

  private zone(apex: Uint8Array): ZoneRow | null {
    const row = this.zones.get(apex);
    if (row === null) return null;
    return { changes: readU32(row, 0), octets: readU64(row, 4), newest: readU32(row, 12) };
  }

  private writeZone(apex: Uint8Array, { changes, octets, newest }: ZoneRow): void {
    const row = new Uint8Array(16);
    writeU32(row, 0, changes);
    writeU64(row, 4, octets);
    writeU32(row, 12, newest);
    this.zones.put(apex, row);
  }

  private readTotals(): Totals {
    const row = this.totals.get(TOTALS_KEY);
    return row === null
      ? { octets: 0, next: 0 }
      : { octets: readU64(row, 0), next: readU64(row, 8) };
  }

  private writeTotals({ octets, next }: Totals): void {
    const row = new Uint8Array(16);
    writeU64(row, 0, octets);
    writeU64(row, 8, next);
    this.totals.put(TOTALS_KEY, row);
  }
}

const NOTHING = new Uint8Array(0);

function numbered(before: Uint8Array, number: number): Uint8Array {
  const key = new Uint8Array(before.length + 8);
  key.set(before);
  writeU64(key, before.length, number);
  return key;
}

function partKey(number: number, side: number, part: number): Uint8Array {
  const key = new Uint8Array(13);
  writeU64(key, 0, number);
  key[8] = side;
  writeU32(key, 9, part);
  return key;
}

function changeRow(apex: Uint8Array, key: Uint8Array, row: Uint8Array): ChangeRow {
  return {
    number: readU64(key, apex.length),
    fromSerial: readU32(row, 0),
    toSerial: readU32(row, 4),
    removed: keptSide(row, 8),
    added: keptSide(row, 20),
  };
}

function keptSide(row: Uint8Array, at: number): KeptSide {
  return { count: readU32(row, at), octets: readU32(row, at + 4), parts: readU32(row, at + 8) };
}
