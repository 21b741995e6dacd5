/**
 * A key in BIND's files: `Kzone.+alg+tag.private` with the secret and its times, `.key` with the DNSKEY record, and
 * `.state`, of which only the roles are read. Private-key-format v1.2 and v1.3. Secrets leave this file as opaque keys
 * of node:crypto only, and are in no problem's text. Must not know: zones, policies, where folders are.
 */
import {
  createPrivateKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { FOLD } from '../wire/name.js';
import { nameFromText, nameText } from '../wire/name-text.js';
import { algorithmText } from './algorithms.js';
import { KEY_AT, KEY_FLAG_REVOKE, KEY_PROTOCOL, keyTag } from './key-record.js';
import {
  type KeyTimes,
  TIME_FIELDS,
  type TimeField,
  timeDigits,
  timeFromDigits,
} from './key-times.js';

/** What a key may sign, if something else than its flags says so. */
export type KeyRoles = { readonly signsKeys: boolean; readonly signsZone: boolean };

/** The part of a `.private` file that can be told, and the secret that cannot. */
export type PrivateKeyText = {
  readonly algorithm: number;
  readonly times: KeyTimes;
  readonly secret: KeyObject;
  /** Lines of the secret as they stand, for a file that gets other times; never to be shown. */
  readonly secretLines: readonly string[];
};

/** Why a file cannot be used. */
export type KeyFault = { readonly line: number; readonly text: string };

const FORMAT = 'v1.3';
/** Octets of the secret of an algorithm with a single one; of the others the point is needed, too. */
const CURVES: Readonly<Record<number, { readonly crv: string; readonly octets: number }>> = {
  13: { crv: 'P-256', octets: 32 },
  14: { crv: 'P-384', octets: 48 },
};
const EDWARDS: Readonly<Record<number, { readonly crv: string; readonly octets: number }>> = {
  15: { crv: 'Ed25519', octets: 32 },
  16: { crv: 'Ed448', octets: 57 },
};
const RSA = new Set([5, 7, 8, 10]);

/** Members of a JWK by the lines of a `.private` file. */
const RSA_LINES: readonly (readonly [line: string, member: string])[] = [
  ['Modulus', 'n'],
  ['PublicExponent', 'e'],
  ['PrivateExponent', 'd'],
  ['Prime1', 'p'],
  ['Prime2', 'q'],
  ['Exponent1', 'dp'],
  ['Exponent2', 'dq'],
  ['Coefficient', 'qi'],
];
const SINGLE_LINE = 'PrivateKey';

/** `Kexample.com.+013+12345`, the name that a key's files share. */
export function keyFileStem(owner: Uint8Array, algorithm: number, tag: number): string {
  return `K${keyFileZone(owner)}+${String(algorithm).padStart(3, '0')}+${String(tag).padStart(5, '0')}`;
}

/** A zone as BIND has it in names of key files: lower case, final dot, `%2F` for what is no letter, digit, - or _. */
export function keyFileZone(owner: Uint8Array): string {
  let text = '';
  for (let at = 0; owner[at]! > 0; at += owner[at]! + 1) {
    for (let i = at + 1; i <= at + owner[at]!; i++) {
      const letter = String.fromCharCode(FOLD[owner[i]!]!);
      const hex = owner[i]!.toString(16).toUpperCase().padStart(2, '0');
      text += /[a-z0-9_-]/.test(letter) ? letter : `%${hex}`;
    }
    text += '.';
  }
  return text === '' ? '.' : text;
}

/** The zone that such a text names, wire octets; `null` if it names none. */
export function zoneOfKeyFileText(text: string): Uint8Array | null {
  const escaped = text.replace(/%([0-9A-F]{2})/gi, (_, hex: string) => {
    return `\\${String(Number.parseInt(hex, 16)).padStart(3, '0')}`;
  });
  return nameFromText(escaped);
}

/** The tag without REVOKE, by which a key's files are named and found. */
export function plainTag(rdata: Uint8Array): number {
  const copy = new Uint8Array(rdata);
  copy[1] = copy[1]! & ~KEY_FLAG_REVOKE;
  return keyTag(copy, 0, copy.length);
}

// --- reading --------------------------------------------------------------------------------------------------

type Line = { readonly number: number; readonly text: string; readonly value: string };

/**
 * Reads a `.private` file.
 * @param rdata of the DNSKEY that it belongs to
 */
export function readPrivateKey(text: string, rdata: Uint8Array): PrivateKeyText | KeyFault {
  const lines = new Map<string, Line>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) return { line: index + 1, text: "no 'Name: value'" };
    const name = line.slice(0, colon).trim();
    const known = lines.get(name);
    if (known !== undefined) {
      return { line: index + 1, text: `'${nameOf(name)}' stands already in line ${known.number}` };
    }
    lines.set(name, { number: index + 1, text: line, value: line.slice(colon + 1).trim() });
  }
  const fault = formatFault(lines) ?? algorithmFault(lines, rdata);
  if (fault !== null) return fault;
  const times = timesOf(lines);
  if ('text' in times) return times;
  const secret = secretOf(lines, rdata);
  if ('text' in secret) return secret;
  return { algorithm: rdata[3]!, times: times.times, ...secret };
}

/** A word of the file that is no secret. */
function nameOf(text: string): string {
  return /^[A-Za-z0-9-]{1,32}$/.test(text) ? text : '?';
}

function formatFault(lines: ReadonlyMap<string, Line>): KeyFault | null {
  const format = lines.get('Private-key-format');
  if (format === undefined) return { line: 1, text: "no 'Private-key-format'" };
  if (/^v1\.\d+$/.test(format.value)) return null;
  return { line: format.number, text: 'the format is not v1.2 or v1.3' };
}

function algorithmFault(lines: ReadonlyMap<string, Line>, rdata: Uint8Array): KeyFault | null {
  const line = lines.get('Algorithm');
  const number = Number(/^(\d+)(?:\s|$)/.exec(line?.value ?? '')?.[1] ?? Number.NaN);
  if (line === undefined || Number.isNaN(number)) {
    return { line: line?.number ?? 1, text: "no 'Algorithm' with a number" };
  }
  const own = rdata[3]!;
  if (number !== own) {
    const text = `algorithm ${number}, but the .key file has ${own}`;
    return { line: line.number, text };
  }
  if (RSA.has(own) || own in CURVES || own in EDWARDS) return null;
  return { line: line.number, text: `algorithm ${algorithmText(own)} cannot be used for signing` };
}

function timesOf(lines: ReadonlyMap<string, Line>): { readonly times: KeyTimes } | KeyFault {
  const times: { [Field in TimeField]?: number } = {};
  for (const field of TIME_FIELDS) {
    const line = lines.get(field);
    if (line === undefined) continue;
    const at = timeFromDigits(line.value);
    if (at === null) return { line: line.number, text: `'${field}' is not YYYYMMDDHHMMSS` };
    times[field] = at;
  }
  return { times };
}

function secretOf(
  lines: ReadonlyMap<string, Line>,
  rdata: Uint8Array,
): Pick<PrivateKeyText, 'secret' | 'secretLines'> | KeyFault {
  const stored = lines.get('Label') ?? lines.get('Engine');
  if (stored !== undefined) {
    return { line: stored.number, text: 'the key is in a hardware module, which is not supported' };
  }
  const wanted = RSA.has(rdata[3]!) ? RSA_LINES.map(([name]) => name) : [SINGLE_LINE];
  const found: Line[] = [];
  for (const name of wanted) {
    const line = lines.get(name);
    if (line === undefined) return { line: 1, text: `no '${name}'` };
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(line.value)) {
      return { line: line.number, text: `'${name}' is not base64` };
    }
    found.push(line);
  }
  const values = found.map(({ value }) => Buffer.from(value, 'base64'));
  const [first] = found;
  const secret = keyOf(rdata, values);
  if (secret === null) {
    return { line: first?.number ?? 1, text: 'the secret does not belong to the DNSKEY' };
  }
  return { secret, secretLines: found.map(({ text }) => text) };
}

/** The key of node:crypto; `null` if the parts are none, or belong to another DNSKEY. */
function keyOf(rdata: Uint8Array, values: readonly Buffer[]): KeyObject | null {
  const jwk = jwkOf(rdata, values);
  if (jwk === null) return null;
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    // what node:crypto says may hold a part of the secret
    return null;
  }
}

function jwkOf(rdata: Uint8Array, values: readonly Buffer[]): JsonWebKey | null {
  const algorithm = rdata[3]!;
  const publicKey = Buffer.from(rdata.subarray(KEY_AT));
  if (RSA.has(algorithm)) {
    const members = RSA_LINES.map(([, member], i) => [member, values[i]?.toString('base64url')]);
    const [modulus] = values;
    const isOurs = modulus !== undefined && publicKey.subarray(-modulus.length).equals(modulus);
    return isOurs ? { kty: 'RSA', ...Object.fromEntries(members) } : null;
  }
  const d = values[0] ?? Buffer.alloc(0);
  const edwards = EDWARDS[algorithm];
  if (edwards !== undefined) {
    if (d.length !== edwards.octets) return null;
    return {
      kty: 'OKP',
      crv: edwards.crv,
      d: d.toString('base64url'),
      x: publicKey.toString('base64url'),
    };
  }
  const curve = CURVES[algorithm];
  if (curve === undefined || d.length > curve.octets) return null;
  if (publicKey.length !== 2 * curve.octets) return null;
  // BIND leaves out leading zeros
  const whole = Buffer.concat([Buffer.alloc(curve.octets - d.length), d]);
  return {
    kty: 'EC',
    crv: curve.crv,
    d: whole.toString('base64url'),
    x: publicKey.subarray(0, curve.octets).toString('base64url'),
    y: publicKey.subarray(curve.octets).toString('base64url'),
  };
}

/** The roles that BIND's dnssec-policy has noted in a `.state` file; `null` if it says none. */
export function readRoles(text: string): KeyRoles | null {
  const role = (name: string): boolean | null => {
    const value = new RegExp(`^${name}:\\s*(yes|no)\\s*$`, 'm').exec(text)?.[1];
    return value === undefined ? null : value === 'yes';
  };
  const signsKeys = role('KSK');
  const signsZone = role('ZSK');
  return signsKeys === null || signsZone === null ? null : { signsKeys, signsZone };
}

// --- writing --------------------------------------------------------------------------------------------------

/** The text of a `.private` file. */
export function privateKeyFileText(
  key: Pick<PrivateKeyText, 'algorithm' | 'times' | 'secretLines'>,
): string {
  const lines = [
    `Private-key-format: ${FORMAT}`,
    `Algorithm: ${key.algorithm} (${algorithmText(key.algorithm)})`,
    ...key.secretLines,
    ...TIME_FIELDS.flatMap((field) => {
      const at = key.times[field];
      return at === undefined ? [] : [`${field}: ${timeDigits(at)}`];
    }),
  ];
  return `${lines.join('\n')}\n`;
}

/** The text of a `.key` file. @param rdata of the DNSKEY */
export function publicKeyFileText(owner: Uint8Array, rdata: Uint8Array, times: KeyTimes): string {
  const name = nameText(owner, 0);
  const flags = (rdata[0]! << 8) | rdata[1]!;
  const role = (flags & 1) === 1 ? 'key-signing' : 'zone-signing';
  const lines = [
    `; This is a ${role} key, keyid ${keyTag(rdata, 0, rdata.length)}, for ${name}`,
    ...TIME_FIELDS.flatMap((field) => {
      const at = times[field];
      return at === undefined ? [] : [`; ${field}: ${timeDigits(at)} (${clockText(at)})`];
    }),
    `${name} IN DNSKEY ${flags} ${rdata[2]} ${rdata[3]} ${base64Text(rdata.subarray(KEY_AT))}`,
  ];
  return `${lines.join('\n')}\n`;
}

function base64Text(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64');
}

/** `Sat Nov 21 19:51:02 2026` */
function clockText(seconds: number): string {
  const [day = '', date = '', month = '', year = '', time = ''] = new Date(seconds * 1000)
    .toUTCString()
    .replace(',', '')
    .split(' ');
  return `${day} ${month} ${date.replace(/^0/, ' ')} ${time} ${year}`;
}

/** A fresh pair: DNSKEY RDATA with these flags, and the lines of the secret. */
export function generateKey(
  algorithm: number,
  flags: number,
  rsaBits: number,
): { readonly rdata: Uint8Array; readonly secretLines: readonly string[] } {
  const { jwk, publicOctets } = generatePair(algorithm, rsaBits);
  const rdata = Buffer.concat([
    Buffer.from([flags >>> 8, flags & 0xff, KEY_PROTOCOL, algorithm]),
    publicOctets,
  ]);
  const member = (name: string): string =>
    Buffer.from(String(jwk[name]), 'base64url').toString('base64');
  const secretLines = RSA.has(algorithm)
    ? RSA_LINES.map(([line, name]) => `${line}: ${member(name)}`)
    : [`${SINGLE_LINE}: ${member('d')}`];
  return { rdata, secretLines };
}

function generatePair(
  algorithm: number,
  rsaBits: number,
): { readonly jwk: JsonWebKey; readonly publicOctets: Buffer } {
  const part = (jwk: JsonWebKey, name: string) => Buffer.from(String(jwk[name]), 'base64url');
  const curve = CURVES[algorithm];
  if (curve !== undefined) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve.crv });
    const jwk = privateKey.export({ format: 'jwk' });
    return { jwk, publicOctets: Buffer.concat([part(jwk, 'x'), part(jwk, 'y')]) };
  }
  if (algorithm in EDWARDS) {
    const { privateKey } =
      algorithm === 15 ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448');
    const jwk = privateKey.export({ format: 'jwk' });
    return { jwk, publicOctets: part(jwk, 'x') };
  }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: rsaBits });
  const jwk = privateKey.export({ format: 'jwk' });
  const exponent = part(jwk, 'e');
  // RFC 3110 §2: 65537 is what node:crypto takes, three octets
  return {
    jwk,
    publicOctets: Buffer.concat([Buffer.from([exponent.length]), exponent, part(jwk, 'n')]),
  };
}
