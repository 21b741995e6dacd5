/**
 * Which serial a new version of a zone is served under: that of its file, or one that the server raises (RFC 1982
 * §3.2), by BIND's methods of serial-update-method. What was served before survives restarts, so that a file which has
 * not changed keeps the serial that it had. Must not know: how zones are served, where it is kept.
 */

import { serialGrows } from '../wire/serial.js';
import type { RowId } from './zone-rows.js';

/** `keep`: as the file says, be it right or wrong. */
export const SERIAL_METHODS = ['keep', 'increment', 'date', 'unixtime'] as const;
export type SerialMethod = (typeof SERIAL_METHODS)[number];

/** What a zone was served with last. */
export type ServedSerial = {
  readonly serial: number;
  /** Stands for the content of its files. */
  readonly print: string;
};

/** Remembers it. */
export type SerialMemory = {
  get(key: string): ServedSerial | null;
  /** @param isNew whether it is kept before it is served: if a crash cost it, the next version would have the same */
  put(key: string, served: ServedSerial, isNew: boolean): void;
};

/** The memory of those who need none. */
export const FORGETFUL: SerialMemory = { get: () => null, put: () => {} };

/** Serials of a day that `date` has room for. */
const DAY = 100;

/**
 * The serial for new content.
 * @param own that of the file
 * @param former that which was served last; `null` if nothing was
 * @param nowMs since 1970
 */
export function nextSerial(
  method: SerialMethod,
  own: number,
  former: number | null,
  nowMs: number,
): number {
  if (method === 'keep') return own;
  const wanted = wantedSerial(method, own, nowMs);
  if (former === null || serialGrows(former, wanted)) return wanted;
  return (former + 1) >>> 0;
}

/** What the method would have if nothing had been served before. An operator who is ahead of it stays ahead. */
function wantedSerial(method: SerialMethod, own: number, nowMs: number): number {
  if (method === 'increment') return own;
  const wanted = method === 'unixtime' ? Math.floor(nowMs / 1000) >>> 0 : dateOf(nowMs) * DAY;
  return serialGrows(wanted, own) ? own : wanted;
}

/** YYYYMMDD in UTC: servers in several places agree on it. */
function dateOf(nowMs: number): number {
  const date = new Date(nowMs);
  return date.getUTCFullYear() * 10000 + (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
}

/** Chooses serials, and remembers those that it has raised. */
export class SerialKeeper {
  readonly methodOf: (row: RowId) => SerialMethod;
  private readonly memory: () => SerialMemory;
  private readonly nowMs: () => number;

  constructor(
    methodOf: (row: RowId) => SerialMethod,
    memory: () => SerialMemory,
    nowMs: () => number = Date.now,
  ) {
    this.methodOf = methodOf;
    this.memory = memory;
    this.nowMs = nowMs;
  }

  /** A version is served again that was served before a restart: later ones go on from its serial. */
  resume(row: RowId, key: string, serial: number, print: string): void {
    if (this.methodOf(row) === 'keep') return;
    const memory = this.memory();
    if (memory.get(key) === null) memory.put(key, { serial, print }, false);
  }

  /** What a zone was served with last; `null` if that is not known. @param key the apex's */
  former(key: string): ServedSerial | null {
    return this.memory().get(key);
  }

  /** Remembers a serial that was chosen when the zone was signed. */
  signed(key: string, serial: number, print: string): void {
    const memory = this.memory();
    const former = memory.get(key);
    if (former?.serial === serial && former.print === print) return;
    memory.put(key, { serial, print }, true);
  }

  /**
   * The serial to serve a version under.
   * @param key the apex's
   * @param own the serial that the files have
   * @param print stands for their content
   */
  choose(row: RowId, key: string, own: number, print: string): number {
    const method = this.methodOf(row);
    if (method === 'keep') return own;
    const memory = this.memory();
    const former = memory.get(key);
    if (former !== null && former.print === print) return former.serial;
    const serial = nextSerial(method, own, former?.serial ?? null, this.nowMs());
    memory.put(key, { serial, print }, true);
    return serial;
  }
}
