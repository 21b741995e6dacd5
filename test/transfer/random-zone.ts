/**
 * Random zones and random next versions of them, as text and as the records that a transfer must have; made without
 * the program's parser. Must not know: transfers.
 */

import type { Random } from '../fuzz/random.js';
import { nameOctets } from '../peers/message.js';

type Rdata = { readonly text: string; readonly hex: string };
type Rrset = { ttl: number; readonly rdata: Map<string, Rdata> };

/** A version of a zone. */
export class RandomZone {
  readonly origin: string;
  readonly serial: number;
  /** By owner and type. */
  readonly rrsets: Map<string, Rrset>;

  constructor(origin: string, serial: number, rrsets: Map<string, Rrset>) {
    this.origin = origin;
    this.serial = serial;
    this.rrsets = rrsets;
  }

  /** Of a zone file. */
  get text(): string {
    const lines = [
      `$ORIGIN ${this.origin}`,
      `@ 3600 SOA ns.other. hm.other. ${this.serial} 2 3 4 5`,
    ];
    for (const [key, { ttl, rdata }] of this.rrsets) {
      const [owner = '', type = ''] = key.split(' ');
      for (const { text } of rdata.values()) lines.push(`${owner} ${ttl} ${type} ${text}`);
    }
    return `${lines.join('\n')}\n`;
  }

  /** As decoded messages have it. */
  get soa(): string {
    const numbers = [this.serial, 2, 3, 4, 5].map((number) => number.toString(16).padStart(8, '0'));
    const names = [nameHex('ns.other.'), nameHex('hm.other.')];
    return `${this.origin} 3600 IN SOA ${[...names, ...numbers].join('')}`;
  }

  /** As decoded messages have them, sorted, the SOA among them. */
  get records(): string[] {
    const records = [this.soa];
    for (const [key, { ttl, rdata }] of this.rrsets) {
      const [owner = '', type = ''] = key.split(' ');
      const name = absolute(owner, this.origin).toLowerCase();
      for (const { hex } of rdata.values()) records.push(`${name} ${ttl} IN ${type} ${hex}`);
    }
    return records.sort();
  }
}

function absolute(name: string, origin: string): string {
  if (name === '@') return origin;
  return name.endsWith('.') ? name : `${name}.${origin}`;
}

function nameHex(name: string): string {
  return nameOctets(name.toLowerCase()).toString('hex');
}

/** Types with RDATA of each kind of compression, and one that is not known. */
const TYPES = ['A', 'TXT', 'MX', 'PTR', 'SRV', 'TYPE65280'] as const;

function randomRdata(random: Random, type: string, origin: string): Rdata {
  const target = random(2) === 0 ? `n${random(20)}.sub` : `host${random(5)}.other.`;
  const number = random(1000);
  const four = number.toString(16).padStart(4, '0');
  const name = nameHex(absolute(target, origin));
  switch (type) {
    case 'A':
      return { text: `192.0.${number >> 8}.${number & 255}`, hex: `c000${four}` };
    case 'MX':
      return {
        text: `${number} host${number % 5}.other.`,
        hex: `${four}${nameHex(`host${number % 5}.other.`)}`,
      };
    case 'PTR':
      return { text: target, hex: name };
    case 'SRV':
      return {
        text: `${number} ${number} ${number} host.other.`,
        hex: `${four.repeat(3)}${nameHex('host.other.')}`,
      };
    case 'TYPE65280':
      return { text: `\\# 2 ${four}`, hex: four };
    default: {
      const text = String(number)
        .repeat(1 + random(60))
        .slice(0, 200);
      const length = text.length.toString(16).padStart(2, '0');
      return { text: `"${text}"`, hex: length + Buffer.from(text).toString('hex') };
    }
  }
}

function randomOwner(random: Random): string {
  const labels = ['n', 'N', 'deep.er.n', '*.n', 'below.cut.n'];
  return `${labels[random(labels.length)]}${random(20)}`;
}

function addSome(random: Random, origin: string, rrsets: Map<string, Rrset>, count: number): void {
  for (let i = 0; i < count; i++) {
    const type = TYPES[random(TYPES.length)] ?? 'A';
    // spelled in one way: an owner name has one spelling in a zone
    const owner = randomOwner(random).toLowerCase();
    const key = `${owner} ${type}`;
    const rrset = rrsets.get(key) ?? { ttl: 1 + random(90_000), rdata: new Map<string, Rdata>() };
    // now and then an RRset that is not small
    for (let n = random(10) === 0 ? 30 : 1 + random(3); n > 0; n--) {
      const rdata = randomRdata(random, type, origin);
      rrset.rdata.set(rdata.hex, rdata);
    }
    rrsets.set(key, rrset);
  }
}

/** A zone of about so many RRsets, with cuts, glue and names below them. */
export function randomZone(
  random: Random,
  origin: string,
  serial: number,
  size: number,
): RandomZone {
  const rrsets = new Map<string, Rrset>();
  const ns = { text: 'ns.other.', hex: nameHex('ns.other.') };
  for (const owner of ['@', 'cut.n1', 'cut.n2']) {
    rrsets.set(`${owner} NS`, { ttl: 300, rdata: new Map([[ns.hex, ns]]) });
  }
  addSome(random, origin, rrsets, size);
  return new RandomZone(origin, serial, rrsets);
}

/** A later version: records gone and come, whole RRsets, other TTLs. */
export function nextVersion(random: Random, zone: RandomZone, serial: number): RandomZone {
  const rrsets = new Map<string, Rrset>();
  for (const [key, { ttl, rdata }] of zone.rrsets) {
    const fate = key.endsWith(' NS') ? 9 : random(10);
    if (fate === 0) continue;
    const kept = new Map(rdata);
    const [first] = kept.keys();
    if (fate === 1 && kept.size > 1 && first !== undefined) kept.delete(first);
    rrsets.set(key, { ttl: fate === 2 ? ttl + 1 : ttl, rdata: kept });
  }
  addSome(random, zone.origin, rrsets, random(8));
  return new RandomZone(zone.origin, serial, rrsets);
}
