/**
 * Packed records from presentation format, and changes between sets of them: the journal's input. Must not know:
 * the journal.
 */

import type { ZoneChange } from '../../src/store/zone-change.js';
import { writeU16, writeU32 } from '../../src/wire/octets.js';
import { typeFromText } from '../../src/wire/rrtypes.js';
import { name } from '../support/zones.js';

/** Packed record of an owner, TTL and type with RDATA of any octets. */
export function packed(owner: string, ttl: number, type: string, rdata: Uint8Array): Buffer {
  const fixed = new Uint8Array(10);
  writeU16(fixed, 0, typeFromText(type));
  writeU16(fixed, 2, 1);
  writeU32(fixed, 4, ttl);
  writeU16(fixed, 8, rdata.length);
  return Buffer.concat([name(owner), fixed, rdata]);
}

/** `owner ttl TXT text` as a packed record, one character string. */
export function txt(line: string): Buffer {
  const [owner = '', ttl = '', text = ''] = line.split(' ');
  const rdata = Buffer.concat([Uint8Array.of(text.length), Buffer.from(text)]);
  return packed(owner, Number(ttl), 'TXT', rdata);
}

/** The SOA of a zone with this serial. */
export function soa(apex: string, serial: number): Buffer {
  const numbers = new Uint8Array(20);
  writeU32(numbers, 0, serial);
  return packed(apex, 3600, 'SOA', Buffer.concat([name('ns'), name('root'), numbers]));
}

/** The change between two serials that takes and brings these records beside the SOA. */
export function changeOf(
  apex: string,
  serials: readonly [from: number, to: number],
  removed: readonly Uint8Array[],
  added: readonly Uint8Array[],
): ZoneChange {
  const [fromSerial, toSerial] = serials;
  return {
    fromSerial,
    toSerial,
    removed: Buffer.concat([soa(apex, fromSerial), ...removed]),
    added: Buffer.concat([soa(apex, toSerial), ...added]),
    removedCount: removed.length + 1,
    addedCount: added.length + 1,
  };
}

/** As `changeOf`, from lines that `txt` takes. */
export function txtChange(
  apex: string,
  serials: readonly [from: number, to: number],
  removed: readonly string[],
  added: readonly string[],
): ZoneChange {
  return changeOf(apex, serials, removed.map(txt), added.map(txt));
}
