/**
 * tinydns `data` looked at the plain way, record by record: which owner names have which types, for a client and at a
 * second. For tests that must know why an answer is as it is. Must not know: zones, answers.
 */
import { ProblemList } from '../../src/base/problem.js';
import { sourceFromOctets } from '../../src/base/source.js';
import { parseTinydns } from '../../src/parse/tinydns.js';

type ModelRecord = {
  readonly type: number;
  readonly isWildcard: boolean;
  /** -1 for everybody. */
  readonly location: number;
  readonly ttl: number;
  /** Unix second, NaN for none. */
  readonly time: number;
};

export type DataOwner = {
  readonly name: Buffer;
  readonly isWildcard: boolean;
  readonly type: number;
};

/** What is asked about, and from where. */
type Viewer = { readonly name: Uint8Array; readonly client: string | null };

const NO_TYPES: ReadonlySet<number> = new Set();
const NS = 2;
const SOA = 6;
/** 2^62 and djb's ten seconds. */
const LABEL_OF_1970 = (1n << 62n) + 10n;

export class DataModel {
  /** One for each record. */
  readonly owners: DataOwner[] = [];
  /** Of locations, by octets joined with dots; the first of its like counts. */
  readonly locations: Map<string, number> = new Map<string, number>();
  private readonly records = new Map<string, ModelRecord[]>();

  /** @param text what Debian's compiler takes, each character an octet */
  constructor(text: string) {
    const sink: Parameters<typeof parseTinydns>[1] = {
      record: (record) => this.take(record),
      location: (location, address, bits) => {
        const prefix = address.subarray(0, bits / 8).join('.');
        if (!this.locations.has(prefix)) this.locations.set(prefix, location);
      },
    };
    const source = sourceFromOctets('data', Buffer.from(text, 'latin1'));
    parseTinydns(source, sink, new ProblemList(), { dialect: 'debian', mtimeSeconds: 1 });
  }

  /** Whether the zone nearest to the name has an SOA but no NS. */
  isZoneWithoutServers(about: Viewer, second: number): boolean {
    const types = this.types(about, second).find((at) => at.has(NS) || at.has(SOA));
    return types !== undefined && !types.has(NS);
  }

  /** Whether the name has NS or SOA records. */
  isCut(about: Viewer, second: number): boolean {
    const [types = NO_TYPES] = this.types(about, second);
    return types.has(NS) || types.has(SOA);
  }

  /** Whether the name is at or below NS records, and in no zone. */
  isCutInNoZone(about: Viewer, second: number): boolean {
    const types = this.types(about, second);
    return types.some((at) => at.has(NS)) && !types.some((at) => at.has(SOA));
  }

  /** Types of the wildcard that tinydns answers from, the nearest above the name; none if the name exists. */
  wildcardTypes({ name, client }: Viewer, second: number): ReadonlySet<number> {
    const location = this.locationOf(client);
    for (const [i, suffix] of suffixes(name).entries()) {
      const plain = this.typesAt(suffix, false, location, second);
      const types = i === 0 ? plain : this.typesAt(suffix, true, location, second);
      if (types.size > 0) return i === 0 ? NO_TYPES : types;
      if (plain.has(NS)) break;
    }
    return NO_TYPES;
  }

  /** By label of the name, the whole of it first: types of what is left. */
  private types({ name, client }: Viewer, second: number): Set<number>[] {
    const location = this.locationOf(client);
    return suffixes(name).map((suffix) => this.typesAt(suffix, false, location, second));
  }

  private take(record: Parameters<Parameters<typeof parseTinydns>[1]['record']>[0]): void {
    const { type, isWildcard, location, ttl, timeHigh, timeLow } = record;
    const name = Buffer.from(record.owner.subarray(0, record.ownerLength));
    this.owners.push({ name, isWildcard, type });
    const label = (BigInt(timeHigh) << 32n) | BigInt(timeLow);
    const time = label === 0n ? Number.NaN : Number(label - LABEL_OF_1970);
    const key = keyOf(name);
    const list = this.records.get(key) ?? [];
    list.push({ type, isWildcard, location, ttl, time });
    this.records.set(key, list);
  }

  private locationOf(client: string | null): number {
    const octets = (client ?? '0.0.0.0').split('.');
    for (let count = octets.length; count >= 0; count--) {
      const found = this.locations.get(octets.slice(0, count).join('.'));
      if (found !== undefined) return found;
    }
    return 0;
  }

  private typesAt(key: string, isWildcard: boolean, location: number, second: number): Set<number> {
    const visible = (this.records.get(key) ?? []).filter((record) => {
      if (record.isWildcard !== isWildcard) return false;
      if (record.location !== -1 && record.location !== location) return false;
      if (Number.isNaN(record.time)) return true;
      return record.ttl === 0 ? second <= record.time : second > record.time;
    });
    return new Set(visible.map(({ type }) => type));
  }
}

function keyOf(name: Uint8Array): string {
  return Buffer.from(name).toString('latin1').toLowerCase();
}

/** The name and all names above it. */
function suffixes(name: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = 0; at < name.length; at += (name[at] ?? 0) + 1)
    found.push(keyOf(name.subarray(at)));
  return found;
}
