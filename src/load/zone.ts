/**
 * One zone of the server and what has become of it, as those see it who may not change it.
 * Must not know: who decides what is served.
 */
import { basename } from 'node:path';
import { NAME_OCTETS_MAX } from '../base/limits.js';
import type { LogFields } from '../base/log.js';
import type { Problem } from '../base/problem.js';
import { FOLD } from '../wire/name.js';
import { nameText } from '../wire/name-text.js';
import { ZONE_KINDS, type ZoneKind, type ZonePeers, type ZoneRules } from './configured-zone.js';
import { type ZoneName, zoneOfFileName } from './zone-files.js';
import type { RowId, ZoneRows } from './zone-rows.js';

/**
 * - `pending`: not loaded yet
 * - `serving`: serves what its files say
 * - `stale`: serves its last good version, its files do not load
 * - `failed`: its files have never loaded
 */
const STATES = ['pending', 'serving', 'stale', 'failed'] as const;
export type ZoneState = (typeof STATES)[number];
/** Numbers of the states, as in the rows. */
export const PENDING = 0;
export const SERVING = 1;
export const STALE = 2;
export const FAILED = 3;

/** One zone file and what has become of it: a window over its row, which must not be kept when the zone is removed. */
export class Zone {
  readonly row: RowId;
  private readonly rows: ZoneRows;

  constructor(rows: ZoneRows, row: RowId) {
    this.rows = rows;
    this.row = row;
  }

  /** As the user would write it. */
  get path(): string {
    return this.rows.path[this.row] ?? '';
  }

  /** The zone that a configuration names, or else the one that the file's name stands for. */
  get name(): ZoneName {
    const key = this.rows.name[this.row] ?? null;
    if (key !== null) return { origin: octetsOf(key), certain: true };
    return zoneOfFileName(basename(this.path));
  }

  /** Whether a configuration names it; else it comes and goes with its file. */
  get isConfigured(): boolean {
    return (this.rows.name[this.row] ?? null) !== null;
  }

  get kind(): ZoneKind {
    return ZONE_KINDS[this.rows.kind[this.row]!] ?? 'native';
  }

  get peers(): ZonePeers {
    return this.rows.peersOf(this.row);
  }

  get rules(): ZoneRules {
    return this.rows.rulesOf(this.row);
  }

  /** The apex that this file holds, lower case; `null` while none is known, or if another file holds it. */
  get apex(): Uint8Array | null {
    const key = this.rows.apex[this.row] ?? null;
    return key === null ? null : octetsOf(key);
  }

  get state(): ZoneState {
    return STATES[this.rows.state[this.row]!] ?? 'pending';
  }

  /** Of what is served; 0 if nothing is. */
  get serial(): number {
    return this.rows.serial[this.row]!;
  }

  get recordCount(): number {
    return this.rows.recordCount[this.row]!;
  }

  /** Milliseconds since 1970 when the version served was read last; `null` if there is none. */
  get loadedAt(): number | null {
    return orNull(this.rows.loadedAt[this.row]!);
  }

  /** Milliseconds since 1970 of the last attempt; `null` before the first. */
  get triedAt(): number | null {
    return orNull(this.rows.triedAt[this.row]!);
  }

  /** Of the last attempt. */
  get problems(): readonly Problem[] {
    return this.rows.problemsOf(this.row);
  }

  get errorCount(): number {
    return this.rows.errorCount[this.row]!;
  }

  get warningCount(): number {
    return this.rows.warningCount[this.row]!;
  }

  get attempts(): number {
    return this.rows.attempts[this.row]!;
  }

  get failures(): number {
    return this.rows.failures[this.row]!;
  }
}

/** One for all calls. */
const scratch = Buffer.alloc(NAME_OCTETS_MAX);

/** The name of the zone for people: its apex without the final dot, or the file's path if that is not known. */
export function zoneText(zone: Zone): string {
  const { apex } = zone;
  if (apex !== null) return apexText(apex);
  const { origin, certain } = zone.name;
  return certain ? apexText(origin) : zone.path;
}

/** Fields that every log line about a zone has. */
export function zoneFields(zone: Zone): LogFields {
  return { zone: zoneText(zone), file: zone.path };
}

export function apexText(apex: Uint8Array): string {
  const text = nameText(apex, 0);
  return text.length > 1 ? text.slice(0, -1) : text;
}

/** The name's octets, case folded, as characters: a string that names one zone. */
export function apexKey(apex: Uint8Array): string {
  for (let i = 0; i < apex.length; i++) scratch[i] = FOLD[apex[i]!]!;
  return scratch.toString('latin1', 0, apex.length);
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** The apex that such a string names. */
export function octetsOf(key: string): Uint8Array {
  return Buffer.from(key, 'latin1');
}
