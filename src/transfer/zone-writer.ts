/**
 * Writes the zone file of a secondary: text that any server loads, under a seal, in the place of the former file as a
 * whole. Must not know: where the zone comes from, who serves it.
 */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ZONE_FILE_OCTETS_MAX } from '../base/limits.js';
import { replaceFile } from '../base/replace-file.js';
import { stampOf } from '../base/source.js';
import { printOf } from '../load/file-print.js';
import type { LoadedFile } from '../load/load-zone.js';
import { claimedSeal, sealedText } from '../load/zone-seal.js';
import type { Zone } from '../zone/zone.js';
import { zoneFileText } from './zone-file-text.js';

const FILE_MODE = 0o644;

/** What `replaceFile` leaves behind if its process dies. */
const LEFTOVER = /^(.+)\.[0-9a-f]{12}\.tmp$/;

/**
 * @param origin where the zone is from, on one line
 * @returns the file as a load of it would have found it
 * @throws the system's error, or that the text is too large; the former file is as it was
 */
export function writeZoneFile(path: string, zone: Zone, origin: string): LoadedFile {
  const text = sealedText(zoneFileText(zone, ZONE_FILE_OCTETS_MAX), origin);
  if (text.length > ZONE_FILE_OCTETS_MAX) throw new Error('it would be too large to be read again');
  mkdirSync(dirname(path), { recursive: true });
  replaceFile(path, text, FILE_MODE);
  const stamp = stampOf(statSync(path));
  const source = { path, octets: text, length: text.length, stamp };
  return { path, stamp, print: printOf(source, claimedSeal(text, text.length)) };
}

/**
 * Removes what writers of these files have left behind that were killed.
 * @param paths absolute, of zone files
 * @returns how many there were; folders that cannot be read have none
 */
export function removeLeftovers(paths: Iterable<string>): number {
  const namesByFolder = new Map<string, Set<string>>();
  for (const path of paths) {
    const folder = dirname(path);
    const names = namesByFolder.get(folder) ?? new Set();
    namesByFolder.set(folder, names.add(basename(path)));
  }
  let removed = 0;
  for (const [folder, names] of namesByFolder) {
    for (const entry of entriesOf(folder)) {
      if (!names.has(LEFTOVER.exec(entry)?.[1] ?? '')) continue;
      rmSync(join(folder, entry), { force: true });
      removed++;
    }
  }
  return removed;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
