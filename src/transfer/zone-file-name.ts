/**
 * Names of files of zones that the server itself keeps. Must not know: where they lie.
 */
import { createHash } from 'node:crypto';
import { FILE_NAME_OCTETS_MAX } from '../base/transfer-limits.js';
import { apexKey, apexText, octetsOf } from '../load/zone.js';

/** What is put behind a file's name while it is written. */
const ROOM_OCTETS = 32;

/** The same for all spellings of a name; a name may hold any octet, and a file name may not. */
export function zoneFileName(apex: Uint8Array): string {
  const text = apexText(octetsOf(apexKey(apex)));
  const name = text === '.' ? 'root' : encodeURIComponent(text);
  if (name.length + ROOM_OCTETS <= FILE_NAME_OCTETS_MAX) return `${name}.zone`;
  return `${createHash('sha256').update(apexKey(apex), 'latin1').digest('hex')}.zone`;
}
