/**
 * The members of a catalog that were in force last, in a file: after a restart they are served even if the catalog is
 * broken meanwhile (RFC 9432 §5.1), and a member whose label has changed begins anew (§5.4). One line of JSON for each:
 * name, label, groups, new owner. Must not know: what is done with members.
 */
import { hash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { replaceFile } from '../base/replace-file.js';
import { Slices } from '../load/rescan.js';
import { apexKey, apexText, octetsOf } from '../load/zone.js';
import { isCode } from '../parse/include.js';
import { nameFromText } from '../wire/name-text.js';
import type { CatalogMember } from './catalog-reader.js';

const HEAD =
  '# Members of a catalog zone that were in force last. hotzone writes this file, and reads it at the start.\n';

export class CatalogMemory {
  private readonly path: string;
  private readonly log: Log;
  /** Hash of what is in the file, as far as that is known. */
  private written = '';

  constructor(path: string, log: Log) {
    this.path = path;
    this.log = log;
  }

  /** By apex key; none if there is no such file, or it says something else. */
  async read(): Promise<Map<string, CatalogMember>> {
    const members = new Map<string, CatalogMember>();
    let text = '';
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if (!isCode(error, 'ENOENT')) this.warn(`cannot be read: ${errorText(error)}`);
      return members;
    }
    const slices = new Slices();
    for (const [index, line] of text.split('\n').entries()) {
      if (line === '' || line.startsWith('#')) continue;
      const read = readLine(line);
      if (read === null) {
        this.warn(`line ${index + 1} is no member: the file is left alone`);
        return new Map();
      }
      members.set(read.key, read.member);
      if (slices.isOver()) await slices.pause();
    }
    this.written = hash('sha256', text);
    return members;
  }

  /** A file that cannot be written is told, and costs nothing but the memory. */
  async write(members: ReadonlyMap<string, CatalogMember>): Promise<void> {
    const slices = new Slices();
    const lines = [HEAD];
    for (const [key, { label, groups, newOwner }] of members) {
      const owner = newOwner === null ? null : apexText(octetsOf(newOwner));
      lines.push(`${JSON.stringify([apexText(octetsOf(key)), label, groups, owner])}\n`);
      if (slices.isOver()) await slices.pause();
    }
    const text = lines.join('');
    const print = hash('sha256', text);
    if (print === this.written) return;
    try {
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      replaceFile(this.path, Buffer.from(text), 0o600);
      this.written = print;
    } catch (error) {
      this.warn(`members are not remembered: ${errorText(error)}`);
    }
  }

  private warn(text: string): void {
    this.log.error('catalog.memory', { file: this.path }, `${this.path}: ${text}`);
  }
}

function readLine(line: string): { key: string; member: CatalogMember } | null {
  const [name, label, groups, owner] = fieldsOf(line);
  const apex = typeof name === 'string' ? nameFromText(name) : null;
  const newOwner = typeof owner === 'string' ? nameFromText(owner) : null;
  if (apex === null || typeof label !== 'string' || !Array.isArray(groups)) return null;
  if (!groups.every((group) => typeof group === 'string')) return null;
  const member = { label, groups, newOwner: newOwner === null ? null : apexKey(newOwner) };
  return { key: apexKey(apex), member };
}

function fieldsOf(line: string): unknown[] {
  try {
    const fields: unknown = JSON.parse(line);
    return Array.isArray(fields) ? fields : [];
  } catch {
    return [];
  }
}
