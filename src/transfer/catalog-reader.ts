/**
 * Reads a catalog zone (RFC 9432 §4) as it is served: its members, with their groups and changes of ownership. There is
 * no partial trust: what the RFC calls broken makes the whole catalog broken, and all of it is told. Version 1, which
 * BIND had first, is read as BIND and PowerDNS read it: members only. Must not know: what becomes of the members.
 */
import { CATALOG_FAULTS_MAX, CATALOG_MEMBERS_MAX } from '../base/transfer-limits.js';
import type { ZoneImage } from '../index/image.js';
import { RECORD_HEAD_OCTETS } from '../index/image.js';
import { APEX, NONE, type NodeId, type RrsetId } from '../index/zone-index.js';
import { Slices } from '../load/rescan.js';
import { apexKey, apexText, octetsOf } from '../load/zone.js';
import { TYPE_PTR, TYPE_TXT } from '../wire/constants.js';
import { countLabels, nameLength } from '../wire/name.js';
import { nameText } from '../wire/name-text.js';
import { readU16 } from '../wire/octets.js';

/** A member zone. */
export type CatalogMember = {
  /** Of its node, lower case, one octet a character: a new one stands for a new beginning (RFC 9432 §5.6). */
  readonly label: string;
  readonly groups: readonly string[];
  /** Key of the catalog that may take the zone over; null if none may. */
  readonly newOwner: string | null;
};

/** What a catalog says; members by the keys of their apexes. */
export type CatalogContent = {
  readonly version: 1 | 2;
  readonly serial: number;
  readonly members: ReadonlyMap<string, CatalogMember>;
  /** Members that are left out, and why. */
  readonly remarks: readonly string[];
};

export type CatalogReading =
  | { readonly ok: true; readonly content: CatalogContent }
  /** At least one fault; of many the first. */
  | { readonly ok: false; readonly faults: readonly string[] };

/** Octets of an RDLENGTH. */
const LENGTH_OCTETS = 2;

const VERSIONS: Readonly<Record<string, 1 | 2>> = { '1': 1, '2': 2 };

/**
 * Reads a catalog, in slices: of many members it takes a while.
 * @param apex of the catalog zone
 * @param image a version of it, that stays
 */
export async function readCatalog(apex: Uint8Array, image: ZoneImage): Promise<CatalogReading> {
  const reader = new CatalogReader(apex, image);
  const slices = new Slices();
  for (let node = 0; node < image.nodeCount; node++) {
    reader.take(node);
    if (slices.isOver()) await slices.pause();
  }
  return reader.finish();
}

class CatalogReader {
  private readonly apex: Uint8Array;
  private readonly image: ZoneImage;
  private version: 1 | 2 | null = null;
  /** By apex key. */
  private readonly labels = new Map<string, string>();
  private readonly groups = new Map<string, string[]>();
  private readonly newOwners = new Map<string, string>();
  private readonly faults: string[] = [];
  /** Faults of properties, which are of version 2. */
  private readonly propertyFaults: string[] = [];
  private faultCount = 0;

  constructor(apex: Uint8Array, image: ZoneImage) {
    this.apex = apex;
    this.image = image;
  }

  take(node: NodeId): void {
    const { image } = this;
    if (node === APEX || image.nodeRrsetCount(node) === 0) return;
    const name = image.nodeName(node);
    const depth = countLabels(image.octets, name) - image.apexLabels;
    const first = this.label(name);
    if (depth === 1 && first === 'version') this.takeVersion(node);
    const second = this.next(name);
    if (depth === 2 && this.label(second) === 'zones') this.takeMember(node, first);
    const isOfMember = depth === 3 && this.label(this.next(second)) === 'zones';
    if (isOfMember && first === 'coo') this.takeNewOwner(node, this.label(second));
    if (isOfMember && first === 'group') this.takeGroups(node, this.label(second));
  }

  finish(): CatalogReading {
    if (this.version === null && this.faults.length === 0) {
      this.fault('it has no version: no TXT record at version.CATALOG');
    }
    if (this.version === 2) for (const text of this.propertyFaults) this.fault(text);
    if (this.labels.size > CATALOG_MEMBERS_MAX) {
      this.fault(`it has more than ${CATALOG_MEMBERS_MAX} members`);
    }
    const { version, faults, faultCount } = this;
    if (version === null || faults.length > 0) {
      const more = faultCount - faults.length;
      return { ok: false, faults: more > 0 ? [...faults, `and ${more} more`] : faults };
    }
    const own = apexKey(this.apex);
    const remarks = this.labels.has(own) ? ['it is a member of itself, which is ignored'] : [];
    const members = new Map<string, CatalogMember>();
    for (const [zone, label] of this.labels) {
      if (zone === own) continue;
      const newOwner = version === 2 ? (this.newOwners.get(label) ?? null) : null;
      const groups = version === 2 ? (this.groups.get(label) ?? NO_GROUPS) : NO_GROUPS;
      members.set(zone, { label, groups, newOwner });
    }
    return { ok: true, content: { version, serial: this.image.serial, members, remarks } };
  }

  // --- records

  /** RFC 9432 §4.2.1. */
  private takeVersion(node: NodeId): void {
    const rrset = this.image.nodeRrset(node, TYPE_TXT);
    if (rrset === NONE) return;
    const values = this.texts(rrset);
    const [value = ''] = values;
    this.version = VERSIONS[value] ?? null;
    if (values.length > 1) this.fault('it has more than one version');
    else if (this.version === null) this.fault(`its version is ${JSON.stringify(value)}, not 2`);
  }

  /** RFC 9432 §4.1. */
  private takeMember(node: NodeId, label: string): void {
    const rrset = this.image.nodeRrset(node, TYPE_PTR);
    if (rrset === NONE) return;
    if (this.image.rrsetCount(rrset) > 1) {
      this.fault(`${this.text(node)} has more than one PTR record`);
      return;
    }
    const zone = this.target(rrset);
    const other = this.labels.get(zone);
    if (other !== undefined) {
      const text = `${apexText(octetsOf(zone))} is a member twice: ${labelText(other)} and ${labelText(label)}`;
      this.fault(text);
      return;
    }
    this.labels.set(zone, label);
  }

  /** RFC 9432 §4.3.1. */
  private takeNewOwner(node: NodeId, label: string): void {
    const rrset = this.image.nodeRrset(node, TYPE_PTR);
    if (rrset === NONE) return;
    if (this.image.rrsetCount(rrset) > 1) {
      this.propertyFaults.push(`${this.text(node)} has more than one PTR record`);
      return;
    }
    this.newOwners.set(label, this.target(rrset));
  }

  /** RFC 9432 §4.3.2. */
  private takeGroups(node: NodeId, label: string): void {
    const rrset = this.image.nodeRrset(node, TYPE_TXT);
    if (rrset !== NONE) this.groups.set(label, this.texts(rrset));
  }

  private fault(text: string): void {
    if (this.faultCount++ < CATALOG_FAULTS_MAX) this.faults.push(text);
  }

  // --- octets

  /** The first label of a name, lower case. */
  private label(name: number): string {
    const { octets } = this.image;
    return Buffer.from(octets.subarray(name + 1, name + 1 + octets[name]!))
      .toString('latin1')
      .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  }

  /** The name without its first label. */
  private next(name: number): number {
    return name + 1 + this.image.octets[name]!;
  }

  private text(node: NodeId): string {
    return nameText(this.image.octets, this.image.nodeName(node));
  }

  /** Key of the name that the RRset's one PTR record has. */
  private target(rrset: RrsetId): string {
    const { octets } = this.image;
    const at = this.image.rrsetOffset(rrset) + RECORD_HEAD_OCTETS;
    return apexKey(octets.subarray(at, at + nameLength(octets, at)));
  }

  /** The text of each TXT record: its strings as one. */
  private texts(rrset: RrsetId): string[] {
    const { octets } = this.image;
    const texts: string[] = [];
    let at = this.image.rrsetOffset(rrset);
    for (let record = 0; record < this.image.rrsetCount(rrset); record++) {
      at += RECORD_HEAD_OCTETS;
      const end = at + readU16(octets, at - LENGTH_OCTETS);
      let text = '';
      for (; at < end; at += 1 + octets[at]!) {
        text += Buffer.from(octets.subarray(at + 1, at + 1 + octets[at]!)).toString('latin1');
      }
      texts.push(text);
    }
    return texts;
  }
}

const NO_GROUPS: readonly string[] = [];

/** A node's label for people. */
function labelText(label: string): string {
  return apexText(Buffer.from(`${String.fromCharCode(label.length)}${label}\0`, 'latin1'));
}
