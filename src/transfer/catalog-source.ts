/**
 * A catalog zone that is consumed (RFC 9432 §5): each version of it that can be read makes its members secondary zones,
 * with the catalog's own primaries. A broken one changes nothing. A name that is served already is left to whoever has
 * it, unless that is another catalog which gives it away (§4.3.1). A member whose label changes begins anew (§5.4).
 * Must not know: when a version comes, how members are transferred.
 */
import { mkdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { CATALOG_LOSS_UNASKED_MAX, CATALOG_REFUSALS_LOGGED_MAX } from '../base/transfer-limits.js';
import type { ZoneImage } from '../index/image.js';
import { type ConfiguredZone, NO_RULES, type ZonePeer } from '../load/configured-zone.js';
import type { ConfiguredZones } from '../load/configured-zones.js';
import { Slices } from '../load/rescan.js';
import { apexKey, apexText, octetsOf } from '../load/zone.js';
import { counted } from '../load/zone-log.js';
import type { RowId } from '../load/zone-rows.js';
import type { ZoneSet } from '../load/zone-set.js';
import { isCode } from '../parse/include.js';
import { CatalogMemory } from './catalog-memory.js';
import { type CatalogContent, type CatalogMember, readCatalog } from './catalog-reader.js';
import { zoneFileName } from './zone-file-name.js';

export type CatalogParts = {
  readonly zones: ZoneSet;
  /** The members, as zones. */
  readonly configured: ConfiguredZones;
  /** Folder of all catalogs' files. */
  readonly folder: string;
  /** Lets members go even if they are many. */
  readonly allowMassRemoval: boolean;
  /** All catalogs that are consumed. */
  readonly catalogs: () => readonly CatalogSource[];
  /** Zones have gone, and may come back at once: what is remembered of them shall be forgotten first. */
  readonly changed: () => Promise<void>;
  readonly log: Log;
};

/** What a version of a catalog asks for. */
type Plan = {
  readonly members: Map<string, CatalogMember>;
  /** Keys of members that begin anew. */
  readonly fresh: string[];
  /** Members that another catalog gives away, and which. */
  readonly takenOver: (readonly [key: string, former: CatalogSource])[];
  /** Keys of those that are left out, and why. */
  readonly refused: Map<string, string>;
};

/** Its calls must follow each other, also those of several catalogs: they give members to each other. */
export class CatalogSource {
  /** Of the catalog zone. */
  readonly apex: Uint8Array;
  readonly key: string;
  readonly text: string;
  private readonly parts: CatalogParts;
  private readonly memory: CatalogMemory;
  private readonly folder: string;
  /** In force, by apex key. */
  private members = new Map<string, CatalogMember>();
  private refused: ReadonlyMap<string, string> = new Map();
  /** The last that could be read. */
  private content: CatalogContent | null = null;
  /** What each kind of event said last, so that it is not said again. */
  private readonly told = new Map<string, string>();

  constructor(apex: Uint8Array, parts: CatalogParts) {
    this.apex = apex;
    this.key = apexKey(apex);
    this.text = apexText(apex);
    this.parts = parts;
    const name = zoneFileName(apex).replace(/\.zone$/, '');
    this.folder = join(parts.folder, name);
    this.memory = new CatalogMemory(join(parts.folder, `${name}.members`), parts.log);
  }

  /** The member with this key, if it is one. */
  member(key: string): CatalogMember | null {
    return this.members.get(key) ?? null;
  }

  /** Whether the zone of a row is one of the members. */
  owns(row: RowId): boolean {
    const { zones, configured } = this.parts;
    const { name } = zones.at(row);
    return configured.rowOf(name.origin) === row;
  }

  /** Whether a zone of this key was refused because somebody else has it. */
  refuses(key: string): boolean {
    return this.refused.has(key);
  }

  /** Takes up what was in force before a restart. */
  async restore(): Promise<void> {
    this.members = await this.memory.read();
    if (this.members.size === 0) return;
    const plan = await this.plan(this.members);
    this.tellRefused(plan.refused);
    await this.put(plan);
  }

  /** Takes a version of the catalog. */
  async take(image: ZoneImage): Promise<void> {
    const reading = await readCatalog(this.apex, image);
    if (!reading.ok) {
      const text = `broken, its members stay as they are: ${reading.faults.join('; ')}`;
      this.tell('error', 'catalog.broken', image.serial, text);
      return;
    }
    this.content = reading.content;
    await this.apply(false);
  }

  /** Takes the version at hand anew: primaries may be others, names may be free. @param force lets many members go */
  async apply(force: boolean): Promise<void> {
    const { content, parts } = this;
    if (content === null) return;
    const plan = await this.plan(content.members);
    const former = this.members.size;
    let removed = 0;
    for (const key of this.members.keys()) if (!plan.members.has(key)) removed++;
    const isMuch = removed * 2 > former && removed > CATALOG_LOSS_UNASKED_MAX;
    if (isMuch && !force && !parts.allowMassRemoval) {
      const text =
        `${removed} of ${counted(former, 'member')} would go at once: nothing is changed ` +
        '(rediscover --force or allow-mass-removal lets them go)';
      this.tell('error', 'catalog.refused', content.serial, text);
      return;
    }
    const added = plan.members.size - (former - removed);
    this.tellRefused(plan.refused);
    for (const text of content.remarks) {
      this.tell('warn', 'catalog.remark', content.serial, text);
    }
    await this.put(plan);
    if (added + removed + plan.fresh.length === 0) return;
    const { size } = plan.members;
    const fields = { catalog: this.text, serial: content.serial, members: size, added, removed };
    const text = `serial ${content.serial}, ${counted(size, 'member')}, ${added} new, ${removed} removed`;
    parts.log.info('catalog.taken', fields, `catalog ${this.text}: ${text}`);
  }

  // --- decisions

  private async plan(wanted: ReadonlyMap<string, CatalogMember>): Promise<Plan> {
    const plan: Plan = { members: new Map(), fresh: [], takenOver: [], refused: new Map() };
    const slices = new Slices();
    for (const [key, member] of wanted) {
      this.decide(plan, key, member);
      if (slices.isOver()) await slices.pause();
    }
    return plan;
  }

  private decide(plan: Plan, key: string, member: CatalogMember): void {
    const { zones, configured, catalogs } = this.parts;
    const known = this.members.get(key);
    const other = catalogs().find((one) => one !== this && one.member(key) !== null) ?? null;
    if (known === undefined && other !== null) {
      // RFC 9432 §5.2, §4.3.1: both must agree.
      if (other.newOwner(key) !== this.key) {
        plan.refused.set(key, `it is a member of ${other.text}`);
        return;
      }
      plan.takenOver.push([key, other]);
      if (other.member(key)?.label !== member.label) plan.fresh.push(key);
    } else {
      const apex = octetsOf(key);
      const holder = zones.find(apex);
      const own = configured.rowOf(apex);
      if (holder !== null && holder.row !== own) {
        plan.refused.set(key, `${holder.path} is it already`);
        return;
      }
      if (known !== undefined && known.label !== member.label) plan.fresh.push(key);
    }
    plan.members.set(key, member);
  }

  /** Key of the catalog that this one gives a member to, by its newest version. */
  private newOwner(key: string): string | null {
    return (this.content?.members.get(key) ?? this.members.get(key))?.newOwner ?? null;
  }

  // --- deeds

  private async put({ members, fresh, takenOver, refused }: Plan): Promise<void> {
    const { configured, changed } = this.parts;
    const former = this.members;
    this.members = members;
    this.refused = refused;
    this.makeFolder();
    const givers = new Set<CatalogSource>();
    for (const [key, giver] of takenOver) {
      giver.give(key, this);
      givers.add(giver);
    }
    for (const key of fresh) await this.forget(key);
    if (fresh.length > 0) await changed();
    await configured.apply(await this.wanted(), true);
    for (const key of former.keys()) if (!members.has(key)) await this.forget(key);
    await this.memory.write(members);
    for (const giver of givers) await giver.memory.write(giver.members);
  }

  private async wanted(): Promise<ConfiguredZone[]> {
    const primaries = this.primaries();
    const slices = new Slices();
    const wanted: ConfiguredZone[] = [];
    for (const key of this.members.keys()) {
      const name = octetsOf(key);
      const path = this.pathOf(name);
      wanted.push({ name, path, kind: 'secondary', primaries, alsoNotify: [], rules: NO_RULES });
      if (slices.isOver()) await slices.pause();
    }
    return wanted;
  }

  /** Members are had from where the catalog is had from. */
  private primaries(): readonly ZonePeer[] {
    const primaries = this.parts.zones.find(this.apex)?.peers.primaries ?? [];
    if (primaries.length === 0 && this.members.size > 0) {
      const text = 'the catalog zone has no primaries, so its members cannot be transferred';
      this.tell('warn', 'catalog.primaries', this.content?.serial ?? 0, text);
    }
    return primaries;
  }

  /** Gives a member to another catalog with what is served of it, and its file. */
  private give(key: string, taker: CatalogSource): void {
    const { log } = this.parts;
    const apex = octetsOf(key);
    const text = `${apexText(apex)} goes from catalog ${this.text} to ${taker.text}`;
    try {
      renameSync(this.pathOf(apex), taker.pathOf(apex));
    } catch (error) {
      if (!isCode(error, 'ENOENT')) taker.warnOfFile(apex, errorText(error));
    }
    this.members.delete(key);
    taker.parts.configured.takeOver(apex, this.parts.configured);
    log.info('catalog.owner', { zone: apexText(apex), from: this.text, to: taker.text }, text);
  }

  /** Lets a zone go, with its file and all that is remembered. */
  private async forget(key: string): Promise<void> {
    const apex = octetsOf(key);
    this.parts.configured.remove(apex);
    try {
      await rm(this.pathOf(apex), { force: true });
    } catch (error) {
      this.warnOfFile(apex, errorText(error));
    }
  }

  private makeFolder(): void {
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      this.tell('error', 'catalog.folder', 0, `no folder for its members: ${errorText(error)}`);
    }
  }

  private pathOf(apex: Uint8Array): string {
    return join(this.folder, zoneFileName(apex));
  }

  // --- words

  private warnOfFile(apex: Uint8Array, text: string): void {
    const zone = apexText(apex);
    const fields = { catalog: this.text, zone, file: this.pathOf(apex) };
    this.parts.log.error('catalog.file', fields, `catalog ${this.text}: file of ${zone}: ${text}`);
  }

  private tellRefused(refused: ReadonlyMap<string, string>): void {
    const news = [...refused].filter(([key, why]) => this.refused.get(key) !== why);
    for (const [key, why] of news.slice(0, CATALOG_REFUSALS_LOGGED_MAX)) {
      const zone = apexText(octetsOf(key));
      const text = `catalog ${this.text}: ${zone} is not taken: ${why}`;
      this.parts.log.error('catalog.clash', { catalog: this.text, zone }, text);
    }
    const more = news.length - CATALOG_REFUSALS_LOGGED_MAX;
    if (more <= 0) return;
    const text = `catalog ${this.text}: ${more} more are not taken, since they are served already`;
    this.parts.log.error('catalog.clash', { catalog: this.text, more }, text);
  }

  private tell(level: 'warn' | 'error', event: string, serial: number, text: string): void {
    const line = `${serial} ${text}`;
    if (line === this.told.get(event)) return;
    this.told.set(event, line);
    const fields = { catalog: this.text, serial };
    this.parts.log[level](event, fields, `catalog ${this.text}, serial ${serial}: ${text}`);
  }
}
