/**
 * The zones that are measured with, made once for a run below one directory, and the queries for each.
 * Must not know: any server.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manyQueries, mixedQueries, signedQueries, tldQueries } from './queries.js';

export type BenchZone = { readonly origin: string; readonly file: string };

/** What a server is to serve, and what it is asked. */
export type ZoneData = {
  /** Holds all the zones' files, and no other. */
  readonly directory: string;
  readonly zones: readonly BenchZone[];
  /** Lines for dnsperf. */
  readonly queries: string;
  /** Whether they are asked with the DO bit. */
  readonly dnssecOk?: boolean;
};

export type ZoneDataKind = 'mixed' | 'tld' | 'many' | 'nsec' | 'nsec3';

export type ZoneDataSizes = {
  readonly mixedRecords: number;
  readonly signedRecords: number;
  readonly tldRecords: number;
  readonly manyZones: number;
  readonly queries: number;
};

/** The sizes that the figures are about. */
export const FULL_SIZES: ZoneDataSizes = {
  mixedRecords: 117_000,
  signedRecords: 140_000,
  tldRecords: 1_000_000,
  manyZones: 100_000,
  queries: 100_000,
};

/** Enough to see that everything works. */
export const QUICK_SIZES: ZoneDataSizes = {
  mixedRecords: 117_000,
  signedRecords: 20_000,
  tldRecords: 200_000,
  manyZones: 10_000,
  queries: 100_000,
};

/** Makes what is asked for, each kind once. */
export class ZoneDataMaker {
  private readonly root: string;
  private readonly sizes: ZoneDataSizes;
  private readonly made = new Map<ZoneDataKind, ZoneData>();

  constructor(root: string, sizes: ZoneDataSizes) {
    this.root = root;
    this.sizes = sizes;
  }

  get(kind: ZoneDataKind): ZoneData {
    const known = this.made.get(kind);
    if (known !== undefined) return known;
    const data = this.make(kind);
    this.made.set(kind, data);
    return data;
  }

  private make(kind: ZoneDataKind): ZoneData {
    if (kind === 'many') return this.makeMany();
    return kind === 'nsec' || kind === 'nsec3' ? this.makeSigned(kind) : this.makeOne(kind);
  }

  /** A mixed zone with one key for everything, algorithm 13; NSEC3 as RFC 9276 §3.1 has it. */
  private makeSigned(kind: 'nsec' | 'nsec3'): ZoneData {
    const { signedRecords, queries } = this.sizes;
    const directory = join(this.root, kind);
    const work = join(this.root, `${kind}-keys`);
    const zone = { origin: `${kind}.test`, file: join(directory, `${kind}.test.zone`) };
    const plain = join(work, 'plain.zone');
    for (const folder of [directory, work]) mkdirSync(folder, { recursive: true });
    generate('mixed', plain, '--origin', zone.origin, '--records', String(signedRecords));
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    const keygen = ['-q', '-K', work, '-a', 'ECDSAP256SHA256', '-f', 'KSK', zone.origin];
    execFileSync('dnssec-keygen', keygen, { stdio: [...stdio] });
    const chain = kind === 'nsec3' ? ['-3', '-'] : [];
    const sign = ['-q', '-P', '-S', '-z', '-d', work, '-K', work, '-o', zone.origin, ...chain];
    execFileSync('dnssec-signzone', [...sign, '-f', zone.file, plain], { stdio: [...stdio] });
    const lines = signedQueries(readFileSync(plain, 'latin1'), zone.origin, queries);
    const path = this.writeQueries(kind, lines);
    return { directory, zones: [zone], queries: path, dnssecOk: true };
  }

  private makeOne(kind: 'mixed' | 'tld'): ZoneData {
    const { mixedRecords, tldRecords, queries } = this.sizes;
    const directory = join(this.root, kind);
    const zone = { origin: `${kind}.test`, file: join(directory, `${kind}.test.zone`) };
    mkdirSync(directory, { recursive: true });
    const records = kind === 'mixed' ? mixedRecords : tldRecords;
    generate(kind, zone.file, '--origin', zone.origin, '--records', String(records));
    const text = readFileSync(zone.file, 'latin1');
    const make = kind === 'mixed' ? mixedQueries : tldQueries;
    return {
      directory,
      zones: [zone],
      queries: this.writeQueries(kind, make(text, zone.origin, queries)),
    };
  }

  private makeMany(): ZoneData {
    const directory = join(this.root, 'many');
    const { manyZones, queries } = this.sizes;
    generate('many', directory, '--origin', 'many.test', '--zones', String(manyZones));
    const zones = readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.zone'))
      .sort()
      .map((path) => ({ origin: basename(path, '.zone'), file: join(directory, path) }));
    const origins = zones.map((zone) => zone.origin);
    return {
      directory,
      zones,
      queries: this.writeQueries('many', manyQueries(origins, queries)),
    };
  }

  private writeQueries(kind: ZoneDataKind, lines: readonly string[]): string {
    const path = join(this.root, `${kind}.queries`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  }
}

function generate(...args: string[]): void {
  const generator = fileURLToPath(new URL('./generate.js', import.meta.url));
  execFileSync(process.execPath, [generator, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The same single zone in a directory of its own, so that one server's edits are nobody else's. */
export function copyOfZone(data: ZoneData, directory: string): ZoneData {
  const [zone] = data.zones;
  if (zone === undefined) throw new Error('no zone to copy');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, basename(zone.file));
  copyFileSync(zone.file, file);
  return { ...data, directory: dirname(file), zones: [{ origin: zone.origin, file }] };
}
