/**
 * Zones that were added by command or by autoprimaries, kept in a file of named.conf's syntax that the server itself
 * writes, so that they survive a restart and an operator can see and edit them. The file is replaced as a whole, and is
 * on disk before the zone is told to be added. Must not know: commands, how a zone is loaded.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '../base/replace-file.js';
import { nameText } from '../wire/name-text.js';
import type { ConfiguredZone, ZonePeer } from './configured-zone.js';

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

/** What the file tells of a zone. */
export type AddedZoneRow = Pick<ConfiguredZone, 'name' | 'path' | 'kind' | 'primaries'>;

/**
 * Writes the file anew. Keys of primaries are told by name only.
 * @throws the system's error; the former file is as it was then
 */
export function writeAddedZones(path: string, zones: readonly AddedZoneRow[]): void {
  const stanzas = zones.map(stanzaOf);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  replaceFile(path, Buffer.from(HEAD + stanzas.join('')), 0o600);
}

function stanzaOf({ name, path, kind, primaries }: AddedZoneRow): string {
  const peers = primaries.length === 0 ? '' : ` primaries { ${primaries.map(peerOf).join(' ')} };`;
  return `zone ${quoted(nameText(name, 0))} { type ${kind}; file ${quoted(path)};${peers} };\n`;
}

function peerOf({ address, port, key }: ZonePeer): string {
  return `${address} port ${port}${key === null ? '' : ` key ${quoted(key)}`};`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
