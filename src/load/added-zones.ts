/**
 * Zones that were added by command, kept in a file of named.conf's syntax that the server itself writes, so that they
 * survive a restart and an operator can see and edit them. The file is replaced as a whole, and is on disk before the
 * zone is told to be added. Must not know: commands, how a zone is loaded.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '../base/replace-file.js';
import { nameText } from '../wire/name-text.js';
import type { ConfiguredZone } from './configured-zone.js';

const HEAD =
  '# Zones that were added while the server ran. hotzone writes this file, reads it at the start, and\n' +
  '# takes your changes over when you save it.\n';

/** What cannot stand in a quoted string of named.conf. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNQUOTABLE = /[\u0000-\u001f\u007f]/;

/** Whether a path can be written into the file. */
export function isWritable(path: string): boolean {
  return !UNQUOTABLE.test(path);
}

/**
 * Writes the file anew. A zone is told by name and file; all of them are native.
 * @throws the system's error; the former file is as it was then
 */
export function writeAddedZones(
  path: string,
  zones: readonly Pick<ConfiguredZone, 'name' | 'path'>[],
): void {
  const stanzas = zones.map(
    (zone) =>
      `zone ${quoted(nameText(zone.name, 0))} { type native; file ${quoted(zone.path)}; };\n`,
  );
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  replaceFile(path, Buffer.from(HEAD + stanzas.join('')), 0o600);
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
