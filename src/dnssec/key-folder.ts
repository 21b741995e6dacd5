/**
 * A key directory: which files are whose, and a zone's keys with their secrets, times and roles. What cannot be read is
 * a problem with file and line. Writes key files whole, secrets for their owner's eyes only. Must not know: policies,
 * when a key is used, who asks.
 */

import type { KeyObject } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../base/errors.js';
import { type Problem, ProblemList, wholeFile } from '../base/problem.js';
import { replaceFiles } from '../base/replace-file.js';
import { type Source, sourceFromOctets } from '../base/source.js';
import { SourceSet } from '../parse/include.js';
import { ZoneFileParser } from '../parse/zonefile.js';
import { TYPE_DNSKEY } from '../wire/constants.js';
import { equalNames } from '../wire/name.js';
import {
  type KeyRoles,
  keyFileStem,
  keyFileZone,
  type PrivateKeyText,
  plainTag,
  privateKeyFileText,
  publicKeyFileText,
  readPrivateKey,
  readRoles,
} from './key-file.js';
import { KEY_FLAG_SEP } from './key-record.js';
import type { KeyTimes } from './key-times.js';

/** A key of a zone, as its files have it. */
export type ZoneKey = {
  /** Path of its files without `.key` or `.private`. */
  readonly stem: string;
  /** DNSKEY RDATA, without REVOKE. */
  readonly rdata: Uint8Array;
  readonly algorithm: number;
  /** Without REVOKE. */
  readonly tag: number;
  readonly isSep: boolean;
  /** What a `.state` file says; `null` without. */
  readonly roles: KeyRoles | null;
  readonly times: KeyTimes;
  /** `null` of a key whose secret is elsewhere: its DNSKEY can be published, and that is all. */
  readonly secret: KeyObject | null;
  /** See key-file.ts; never to be shown. */
  readonly secretLines: readonly string[];
};

export type FoundKeys = {
  readonly keys: readonly ZoneKey[];
  readonly problems: readonly Problem[];
};

/** Files for their owner's eyes only, and for everybody's. */
const PRIVATE_MODE = 0o600;
const PUBLIC_MODE = 0o644;
const OTHERS_MAY_READ = 0o044;

const TTL_LINE = Buffer.from('$TTL 3600\n');

/** Zone, algorithm and tag of the files of a key. */
const KEY_FILE = /^K(.+)\+(\d{3})\+(\d{5})\.(key|private|state)$/;

/** The text of the zone that a file of this name belongs to, lower case with final dot; `null` if it is no key's. */
export function zoneOfKeyFile(name: string): string | null {
  return KEY_FILE.exec(name)?.[1]?.toLowerCase() ?? null;
}

/** Key files of a folder, by their zone's text; empty if the folder cannot be read. */
export function keyFilesByZone(folder: string): ReadonlyMap<string, readonly string[]> {
  const byZone = new Map<string, string[]>();
  for (const name of namesIn(folder).sort()) {
    const zone = zoneOfKeyFile(name);
    if (zone === null) continue;
    const names = byZone.get(zone);
    if (names === undefined) byZone.set(zone, [name]);
    else names.push(name);
  }
  return byZone;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** All keys of a zone, those that left it long ago among them, by algorithm and tag. */
export function readZoneKeys(folder: string, zone: Uint8Array): FoundKeys {
  const problems = new ProblemList();
  const keys: ZoneKey[] = [];
  const text = keyFileZone(zone).toLowerCase();
  for (const name of namesIn(folder).sort()) {
    if (!name.endsWith('.key') || zoneOfKeyFile(name) !== text) continue;
    const key = readKey(join(folder, name.slice(0, -'.key'.length)), zone, problems);
    if (key !== null) keys.push(key);
  }
  return { keys, problems: problems.items };
}

function readKey(stem: string, zone: Uint8Array, problems: ProblemList): ZoneKey | null {
  const rdata = readPublic(`${stem}.key`, zone, problems);
  if (rdata === null) return null;
  const found = readSecret(`${stem}.private`, rdata, problems);
  if (found === 'faulty') return null;
  return {
    stem,
    rdata,
    algorithm: rdata[3]!,
    tag: plainTag(rdata),
    isSep: (rdata[1]! & KEY_FLAG_SEP) !== 0,
    roles: rolesAt(`${stem}.state`),
    times: found?.times ?? {},
    secret: found?.secret ?? null,
    secretLines: found?.secretLines ?? [],
  };
}

/** The DNSKEY of a `.key` file, which is master file text. */
function readPublic(path: string, zone: Uint8Array, problems: ProblemList): Uint8Array | null {
  const source = sourceAt(path, problems);
  if (source === null) return null;
  const found: Uint8Array[] = [];
  const sink = {
    record: (record: {
      readonly owner: Uint8Array;
      readonly ownerLength: number;
      readonly type: number;
      readonly rdata: Uint8Array;
      readonly rdataLength: number;
    }) => {
      const { owner, ownerLength, type, rdata, rdataLength } = record;
      const isOurs = ownerLength === zone.length && equalNames(owner, 0, zone, 0, ownerLength);
      if (isOurs && type === TYPE_DNSKEY) found.push(rdata.slice(0, rdataLength));
    },
  };
  const before = problems.errorCount;
  const sources = new SourceSet({ root: '/', outside: false, depth: 0 });
  const own = new ProblemList();
  new ZoneFileParser(sources, sink, own).parse(source, new Uint8Array(1));
  for (const { severity, line, text } of own.items) {
    if (severity !== 'error') continue;
    problems.add('KEY_UNREADABLE', { ...wholeFile(path), line: Math.max(1, line - 1) }, text);
  }
  const [rdata] = found;
  if (problems.errorCount > before) return null;
  if (rdata !== undefined && found.length === 1) return rdata;
  problems.add('KEY_UNREADABLE', wholeFile(path), 'not one DNSKEY record of the zone');
  return null;
}

function sourceAt(path: string, problems: ProblemList): Source | null {
  try {
    // the record hardly ever has a TTL, without which no zone takes one
    return sourceFromOctets(path, Buffer.concat([TTL_LINE, readFileSync(path)]));
  } catch (error) {
    problems.add('KEY_UNREADABLE', wholeFile(path), errorText(error));
    return null;
  }
}

/** `null`: there is no such file. */
function readSecret(
  path: string,
  rdata: Uint8Array,
  problems: ProblemList,
): PrivateKeyText | 'faulty' | null {
  let text: string;
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return null;
    if ((stats.mode & OTHERS_MAY_READ) !== 0) {
      const mode = (stats.mode & 0o777).toString(8);
      problems.add('KEY_EXPOSED', wholeFile(path), `others may read the private key: mode ${mode}`);
    }
    text = readFileSync(path, 'latin1');
  } catch (error) {
    problems.add('KEY_UNREADABLE', wholeFile(path), errorText(error));
    return 'faulty';
  }
  const read = readPrivateKey(text, rdata);
  if ('secret' in read) return read;
  problems.add('KEY_UNREADABLE', { ...wholeFile(path), line: read.line }, read.text);
  return 'faulty';
}

function rolesAt(path: string): KeyRoles | null {
  try {
    return readRoles(readFileSync(path, 'latin1'));
  } catch {
    return null;
  }
}

// --- writing --------------------------------------------------------------------------------------------------

/**
 * Writes both files of a key, secret first: a `.key` without its `.private` would be a key that cannot sign.
 * @throws the system's error
 */
export function writeKey(folder: string, zone: Uint8Array, key: WrittenKey): string {
  const stem = join(folder, keyFileStem(zone, key.rdata[3]!, plainTag(key.rdata)));
  const text = privateKeyFileText({ ...key, algorithm: key.rdata[3]! });
  replaceFiles([{ path: `${stem}.private`, octets: Buffer.from(text) }], PRIVATE_MODE);
  const publicText = publicKeyFileText(zone, key.rdata, key.times);
  replaceFiles([{ path: `${stem}.key`, octets: Buffer.from(publicText) }], PUBLIC_MODE);
  return stem;
}

export type WrittenKey = Pick<ZoneKey, 'rdata' | 'times' | 'secretLines'>;

/**
 * Gives a key other times; its `.state` stays as it is.
 * @throws the system's error
 */
export function setKeyTimes(zone: Uint8Array, key: ZoneKey, times: KeyTimes): void {
  const text = privateKeyFileText({ ...key, times });
  replaceFiles([{ path: `${key.stem}.private`, octets: Buffer.from(text) }], PRIVATE_MODE);
  const publicText = publicKeyFileText(zone, key.rdata, times);
  replaceFiles([{ path: `${key.stem}.key`, octets: Buffer.from(publicText) }], PUBLIC_MODE);
}

/**
 * Deletes all files of a key, the public one first.
 * @throws the system's error
 */
export function removeKeyFiles(stem: string): void {
  for (const ending of ['.key', '.private', '.state']) rmSync(`${stem}${ending}`, { force: true });
}
