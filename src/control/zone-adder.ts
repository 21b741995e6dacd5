/**
 * Adds zones by command, or as an autoprimary offers them: into the file that keeps them, then into the server, as if
 * the file had been edited. Must not know: the words of the command, the file's syntax.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { errorText } from '../base/errors.js';
import { type AddedZoneRow, isWritable, writeAddedZones } from '../load/added-zones.js';
import type { ConfigSource } from '../load/config-source.js';
import type { ZonePeer } from '../load/configured-zone.js';
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

  /** Whether there is such a zone, added or not. */
  isKnown(apex: Uint8Array): boolean {
    return this.added.rowOf(apex) !== null || this.zones.find(apex) !== null;
  }

  /** Zones that were added. */
  get count(): number {
    return this.added.count;
  }

  /** One at a time; resolves when the zone is on disk and known, though not loaded. */
  add(name: string, path: string): Promise<AddedRow> {
    const apex = nameFromText(name);
    if (apex === null) return Promise.resolve(failed(`'${name}' is not a domain name`));
    return this.inTurn(() => {
      const fault = faultOf(path);
      const zone = { name: apex, path, kind: 'native', primaries: [] } as const;
      return fault === null ? this.addNow(zone) : Promise.resolve(failed(fault));
    });
  }

  /** As `add`, a secondary zone, whose file need not be there. @returns why that could not be done, or null */
  async addSecondary(name: Uint8Array, path: string, primary: ZonePeer): Promise<string | null> {
    const result = await this.inTurn(async () => {
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      } catch (error) {
        return failed(errorText(error));
      }
      return this.addNow({ name, path, kind: 'secondary', primaries: [primary] });
    });
    return result.kind === 'failed' ? result.text : null;
  }

  private inTurn(work: () => Promise<AddedRow>): Promise<AddedRow> {
    const result = this.adding.then(work);
    this.adding = result.catch(() => {});
    return result;
  }

  private async addNow(zone: AddedZoneRow): Promise<AddedRow> {
    const { name: apex } = zone;
    if (this.isKnown(apex)) return { kind: 'known' };
    const former = [...this.added.all()].map((row) => {
      const { name, path, kind, peers } = this.zones.at(row);
      return { name: name.origin, path, kind, primaries: peers.primaries };
    });
    try {
      writeAddedZones(this.source.path, [...former, zone]);
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
