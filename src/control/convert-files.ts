/**
 * Where a conversion's files go: standard output, one file, or a file per zone in a folder. All of them are written, or
 * none. Must not know: what is in them.
 */
import { mkdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errorText } from '../base/errors.js';
import { replaceFiles } from '../base/replace-file.js';
import { zoneOfFileName } from '../load/zone-files.js';
import { equalNames } from '../wire/name.js';
import { nameText } from '../wire/name-text.js';
import type { OutputFile } from './convert-formats.js';

export const STDOUT = '-';
/** Others may read it: a server that reads it hardly runs as the user who made it. */
const OUTPUT_MODE = 0o644;
const ROOT_NAME = 'root';

/** Whether an output path is a folder: it ends in a slash, or is there. */
export function isFolder(path: string): boolean {
  return path.endsWith('/') || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Writes files.
 * @param output the file, or the folder if `suffix` is given
 * @param suffix of the names of zones, for a folder
 * @returns why they could not be written; `null` if they are
 */
export function writeFiles(
  files: readonly OutputFile[],
  output: string,
  suffix: string | null,
): string | null {
  try {
    if (suffix !== null) mkdirSync(output, { recursive: true });
    const named = files.map(({ apex, octets }) => {
      const isNamed = suffix !== null && apex !== null;
      return { path: isNamed ? join(output, zoneFileName(apex, suffix)) : output, octets };
    });
    replaceFiles(named, OUTPUT_MODE);
    return null;
  } catch (error) {
    return `cannot write ${output}: ${errorText(error)}`;
  }
}

/**
 * The name of a zone's file: `APEX.zone`, from which the server knows the zone. If it would take it for another zone,
 * because of octets that file names cannot have or of its own conventions, there is no dot in the name before the
 * suffix: then the server looks at the SOA.
 */
export function zoneFileName(apex: Uint8Array, suffix: string): string {
  if (apex.length === 1) return ROOT_NAME + suffix;
  const text = nameText(apex, 0).toLowerCase().slice(0, -1);
  const plain = text.replaceAll('/', '%2f') + suffix;
  const { origin, certain } = zoneOfFileName(basename(plain));
  const isRight =
    !certain || (origin.length === apex.length && equalNames(origin, 0, apex, 0, apex.length));
  return isRight ? plain : text.replaceAll('/', '%2f').replaceAll('.', '%2e') + suffix;
}
