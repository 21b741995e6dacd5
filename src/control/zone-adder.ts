/**
 * Adds zones by command: into the file that keeps them, then into the server, as if the file had been edited.
 * Must not know: the words of the command, the file's syntax.
 */
import { existsSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { errorText } from '../base/errors.js';
import { isWritable, writeAddedZones } from '../load/added-zones.js';
import type { ConfigSource } from '../load/config-source.js';
import type { ConfiguredZones } from '../load/configured-zones.js';
import type { RowId } from '../load/zone-rows.js';
import type { ZoneSet } from '../load/zone-set.js';
import { nameFromText } from '../wire/name-text.js';

export type AddedRow =
  | { readonly kind: 'added'; readonly row: RowId }
  | { readonly kind: 'known' }
  | { readonly kind: 'failed'; readonly text: string };

export class ZoneAdder {
  readonly source: ConfigSource;
  private readonly zones: ZoneSet;
  private readonly added: ConfiguredZones;
  private adding: Promise<unknown> = Promise.resolve();

  constructor(zones: ZoneSet, source: ConfigSource, added: ConfiguredZones) {
    this.zones = zones;
    this.source = source;
    this.added = added;
  }

  /** Whether a command has added the zone of a row. */
  has(row: RowId): boolean {
    const { name, isConfigured } = this.zones.at(row);
    return isConfigured && this.added.rowOf(name.origin) === row;
  }

  /** Takes over what was added in former runs, if anything was. */
  async start(): Promise<void> {
    if (this.hasFile()) await this.source.start();
  }

  /** Whether anything was added, or should be there from former runs. */
  hasFile(): boolean {
    return this.added.count > 0 || existsSync(this.source.path);
  }

  /** One at a time; resolves when the zone is on disk and known, though not loaded. */
  add(name: string, path: string): Promise<AddedRow> {
    const result = this.adding.then(() => this.addNow(name, path));
    this.adding = result.catch(() => {});
    return result;
  }

  private async addNow(name: string, path: string): Promise<AddedRow> {
    const apex = nameFromText(name);
    if (apex === null) return failed(`'${name}' is not a domain name`);
    const fault = faultOf(path);
    if (fault !== null) return failed(fault);
    if (this.added.rowOf(apex) !== null || this.zones.find(apex) !== null) return { kind: 'known' };
    const former = [...this.added.all()].map((row) => {
      const zone = this.zones.at(row);
      return { name: zone.name.origin, path: zone.path };
    });
    try {
      writeAddedZones(this.source.path, [...former, { name: apex, path }]);
    } catch (error) {
      return failed(`it would not survive a restart: ${errorText(error)}`);
    }
    const reading = await this.source.read(true);
    const row = this.added.rowOf(apex);
    if (row !== null) return { kind: 'added', row };
    return failed(reading.ok ? 'it was not taken' : reading.text);
  }
}

function failed(text: string): AddedRow {
  return { kind: 'failed', text };
}

function faultOf(path: string): string | null {
  if (!isAbsolute(path)) return 'the filename is not absolute.';
  if (!isWritable(path)) return 'the filename has a control character in it';
  try {
    return statSync(path).isFile() ? null : 'not a regular file';
  } catch (error) {
    return errorText(error);
  }
}
