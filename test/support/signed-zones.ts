/**
 * Signed zones for tests, made by BIND's and ldns's tools, and what these tools say of a zone. Zones are lines of one
 * record each, so that a test can break one record of them, and sign again what it has broken.
 */
import assert from 'node:assert/strict';
import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { sign } from '../../src/dnssec/algorithms.js';
import { keyTag } from '../../src/dnssec/key-record.js';
import {
  coveredType,
  RRSIG_ALGORITHM_AT,
  RRSIG_TAG_AT,
  rrsigHeadOctets,
  SignedOctets,
} from '../../src/dnssec/signed-octets.js';
import { TYPE_DNSKEY, TYPE_RRSIG } from '../../src/wire/constants.js';
import { readU16 } from '../../src/wire/octets.js';
import { findRrset, type Zone } from '../../src/zone/zone.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { runPeer } from './peer-tool.js';
import { readText } from './zones.js';

export const APEX = 'example.test';
/** Seconds at which all signatures of these zones are valid. */
export const NOW_SECONDS = 1_800_000_000;
const INCEPTION = '20200101000000';
/** ldns compares times as signed numbers: no later than 2038. */
const EXPIRATION = '20371201000000';

/** Every kind of name that a chain has: wildcards, empty non-terminals, delegations with and without DS, glue. */
export const PLAIN_ZONE = `$TTL 3600
@ SOA ns1 host 2026010101 3600 900 604800 300
@ NS ns1
@ NS ns2.other.test.
@ MX 10 mail
ns1 A 192.0.2.1
ns1 AAAA 2001:db8::1
mail A 192.0.2.2
www CNAME mail
WWW2 A 192.0.2.3
www2 A 192.0.2.4
*.wild TXT "wildcard"
*.wild MX 20 MAIL
a.b.c TXT "deep"
sub NS ns.sub
sub NS ns1
ns.sub A 192.0.2.10
secure NS ns.secure
secure DS 12345 13 2 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
ns.secure A 192.0.2.20
ent.cut NS ns1
x.y.insec NS ns1
dn DNAME mail
srv SRV 1 2 3 Mail
z HINFO "a" "b"
t TYPE65280 \\# 3 010203
t CAA 0 issue "ca.test"
`;

export type Signing = {
  /** As dnssec-keygen calls it; several are joined by `+`. */
  readonly algorithm: string;
  /** Whether one key signs everything. */
  readonly isSingleKey?: boolean;
  readonly signer: 'dnssec-signzone' | 'ldns-signzone';
  readonly denial: 'nsec' | 'nsec3' | 'opt-out';
  /** Further arguments of the signer. */
  readonly extra?: readonly string[];
};

/** A signed zone and what it was signed with. */
export type SignedText = {
  /** Absolute, one record each. */
  readonly lines: readonly string[];
  readonly keys: readonly TestKey[];
};

type TestKey = { readonly tag: number; readonly algorithm: number; readonly key: KeyObject };

/** A folder that goes when the test ends. */
export function temporaryFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'hotzone-signed-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Names of keys in a folder, two of each algorithm, without their endings; `null` without the tool. */
function makeKeys(t: TestContext, folder: string, signing: Signing): string[] | null {
  const roles = signing.isSingleKey === true ? [['-f', 'KSK']] : [['-f', 'KSK'], []];
  const names: string[] = [];
  for (const algorithm of signing.algorithm.split('+')) {
    const bits = algorithm.includes('RSA') ? ['-b', '2048'] : [];
    for (const flags of roles) {
      const args = ['-q', '-a', algorithm, ...bits, ...flags, '-K', folder, APEX];
      const run = runPeer(t, 'dnssec-keygen', args);
      if (run === null) return null;
      assert.equal(run.status, 0, run.stderr);
      names.push(run.stdout.trim());
    }
  }
  return names;
}

/** Signs a zone with new keys; `null` where a tool is missing, which skips the test. */
export function signText(t: TestContext, text: string, signing: Signing): SignedText | null {
  const folder = temporaryFolder(t);
  const keys = makeKeys(t, folder, signing);
  if (keys === null) return null;
  const isBind = signing.signer === 'dnssec-signzone';
  const published = keys.map((key) => readFileSync(join(folder, `${key}.key`), 'latin1'));
  writeFileSync(join(folder, 'plain'), text + (isBind ? published.join('') : ''), 'latin1');
  const args = isBind ? signzoneArguments(folder, signing) : ldnsArguments(folder, signing);
  const paths = keys.map((key) => join(folder, key));
  const run = runPeer(t, signing.signer, [
    ...args,
    ...(signing.extra ?? []),
    join(folder, 'plain'),
    ...(isBind ? paths.map((path) => `${path}.key`) : paths),
  ]);
  if (run === null) return null;
  assert.equal(run.status, 0, run.stderr);
  const zone = zoneOf(readFileSync(join(folder, 'signed'), 'latin1'));
  return { lines: [...zoneLines(zone)], keys: privateKeys(folder, zone) };
}

function signzoneArguments(folder: string, { denial }: Signing): string[] {
  const optOut = denial === 'opt-out' ? ['-A'] : [];
  const nsec3 = denial === 'nsec' ? [] : ['-3', 'aabb', '-H', '3', ...optOut];
  const times = ['-s', INCEPTION, '-e', EXPIRATION];
  return [
    '-q',
    '-d',
    folder,
    '-O',
    'full',
    '-o',
    APEX,
    ...times,
    '-f',
    join(folder, 'signed'),
    ...nsec3,
  ];
}

function ldnsArguments(folder: string, { denial }: Signing): string[] {
  const optOut = denial === 'opt-out' ? ['-p'] : [];
  const nsec3 = denial === 'nsec' ? [] : ['-n', '-s', 'aabb', '-t', '3', ...optOut];
  return ['-o', APEX, '-i', INCEPTION, '-e', EXPIRATION, '-f', join(folder, 'signed'), ...nsec3];
}

/** The zone of lines or a text, whatever is wrong with it. */
export function zoneOf(text: string): Zone {
  const { zone } = readText(APEX, text);
  assert.ok(zone !== null);
  return zone;
}

const CURVES: Readonly<Record<number, { kty: string; crv: string; octets: number }>> = {
  13: { kty: 'EC', crv: 'P-256', octets: 32 },
  14: { kty: 'EC', crv: 'P-384', octets: 48 },
  15: { kty: 'OKP', crv: 'Ed25519', octets: 32 },
  16: { kty: 'OKP', crv: 'Ed448', octets: 57 },
};

/** The private keys of the curves among a zone's keys, as BIND's files in a folder have them. */
function privateKeys(folder: string, zone: Zone): TestKey[] {
  const rrset = findRrset(zone, zone.apex, TYPE_DNSKEY);
  const found: TestKey[] = [];
  for (
    let record = zone.rrsetRecordFirst[rrset]!;
    record < zone.rrsetRecordFirst[rrset + 1]!;
    record++
  ) {
    const at = zone.recordRdata[record]!;
    const rdata = zone.rdata.slice(at, at + zone.recordLength[record]!);
    const algorithm = rdata[3]!;
    const curve = CURVES[algorithm];
    if (curve === undefined) continue;
    const tag = keyTag(rdata, 0, rdata.length);
    const ending = `+${String(algorithm).padStart(3, '0')}+${String(tag).padStart(5, '0')}.private`;
    const file = readdirSync(folder).find((name) => name.endsWith(ending)) ?? '';
    const secret =
      /^PrivateKey: (.*)$/m.exec(readFileSync(join(folder, file), 'latin1'))?.[1] ?? '';
    const point = Buffer.from(rdata.subarray(4));
    const jwk: JsonWebKey = {
      kty: curve.kty,
      crv: curve.crv,
      x: point.subarray(0, curve.octets).toString('base64url'),
      d: Buffer.from(secret, 'base64').toString('base64url'),
    };
    if (curve.kty === 'EC') jwk.y = point.subarray(curve.octets).toString('base64url');
    found.push({ tag, algorithm, key: createPrivateKey({ key: jwk, format: 'jwk' }) });
  }
  return found;
}

/** Signs again what the signatures among the lines cover, whatever it has become. */
export function signAgain({ lines, keys }: SignedText): string[] {
  const zone = zoneOf(lines.join('\n'));
  const signed = new SignedOctets();
  return lines.map((line) => (isType(line, 'RRSIG') ? signLine(zone, line, keys, signed) : line));
}

/** Whether a line is a record of a type. */
export function isType(line: string, type: string): boolean {
  return line.split(' ')[3] === type;
}

/** An RRSIG line with the signature that is right; as it is, if it covers nothing or its key is not at hand. */
function signLine(
  zone: Zone,
  line: string,
  keys: readonly TestKey[],
  signed: SignedOctets,
): string {
  const own = zoneOf(`@ 1 SOA . . 1 2 3 4 5\n${line}\n`);
  for (let rrset = 0; rrset < own.rrsetCount; rrset++) {
    if (own.rrsetType[rrset] !== TYPE_RRSIG) continue;
    const record = own.rrsetRecordFirst[rrset]!;
    const at = own.recordRdata[record]!;
    const owner = ownerLike(zone, own, own.rrsetOwner[rrset]!);
    const covered = owner < 0 ? -1 : findRrset(zone, owner, coveredType(own.rdata, at));
    const tag = readU16(own.rdata, at + RRSIG_TAG_AT);
    const algorithm = own.rdata[at + RRSIG_ALGORITHM_AT]!;
    const key = keys.find((one) => one.tag === tag && one.algorithm === algorithm);
    if (covered < 0 || key === undefined) return line;
    signed.fill(zone, covered, own.rdata, at);
    const octets = sign(algorithm, key.key, signed.signed);
    own.rdata.set(octets, at + rrsigHeadOctets(own.rdata, at));
    return [...zoneLines(own)].find((one) => isType(one, 'RRSIG')) ?? line;
  }
  return line;
}

/** The owner of one zone that has the name of another's. */
function ownerLike(zone: Zone, other: Zone, owner: number): number {
  const { octets, offsets, lengths, count } = zone.names;
  const length = other.names.lengths[owner]!;
  const start = other.names.offsets[owner]!;
  const text = Buffer.from(other.names.octets.subarray(start, start + length)).toString('latin1');
  for (let one = 0; one < count; one++) {
    if (lengths[one] !== length) continue;
    const own = Buffer.from(octets.subarray(offsets[one]!, offsets[one]! + length)).toString(
      'latin1',
    );
    if (own.toLowerCase() === text.toLowerCase()) return one;
  }
  return -1;
}

export type Verdict = 'good' | 'bad';

/** What dnssec-verify, ldns-verify-zone and kzonecheck say of a zone; `null` without them. */
export function verdictsOf(
  t: TestContext,
  lines: readonly string[],
  bindArguments: readonly string[] = [],
): {
  readonly bind: Verdict;
  readonly ldns: Verdict;
  readonly knot: Verdict;
  readonly said: string;
} | null {
  const path = join(temporaryFolder(t), 'zone');
  writeFileSync(path, `${lines.join('\n')}\n`, 'latin1');
  const bind = runPeer(t, 'dnssec-verify', ['-q', ...bindArguments, '-o', APEX, path]);
  const ldns = runPeer(t, 'ldns-verify-zone', ['-V1', path]);
  const knot = runPeer(t, 'kzonecheck', ['-d', 'on', '-t', String(NOW_SECONDS), '-o', APEX, path]);
  if (bind === null || ldns === null || knot === null) return null;
  return {
    bind: bind.status === 0 ? 'good' : 'bad',
    ldns: ldns.status === 0 ? 'good' : 'bad',
    knot: knot.status === 0 ? 'good' : 'bad',
    said: [bind, ldns, knot].map(({ stdout, stderr }) => `${stdout}${stderr}`).join(''),
  };
}
