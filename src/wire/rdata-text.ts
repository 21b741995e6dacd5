/**
 * RDATA as presentation text, spelled as BIND 9.18 spells it on one line: absolute names, capital digests, a blank
 * after every 56 digits of hexadecimal or base64. One row per kind of field. RFC 1035 §5.1, RFC 3597 §5.
 * Must not know: zones, owner names.
 */
import { ip4Text, ip6Text } from './address-text.js';
import {
  ALGORITHMS,
  CERT_TYPES,
  DSYNC_SCHEMES,
  type Mnemonics,
  mnemonicText,
} from './mnemonics.js';
import { nameLength } from './name.js';
import { nameText } from './name-text.js';
import { readU16, readU32 } from './octets.js';
import * as kinds from './rrtypes.js';
import { type FieldKind, typeByCode, typeText } from './rrtypes.js';
import { quotedText } from './string-text.js';
import { svcParamsText } from './svc-params-text.js';

/** Digits of hexadecimal or base64 between two blanks. */
const GROUP_DIGITS = 56;

/** Valid RDATA being read: a field's printer takes its octets and moves `at`. */
type Reader = {
  readonly octets: Uint8Array;
  at: number;
  readonly end: number;
  /** Set by a printer whose octets have no typed text: an unknown version, family or relay type. */
  opaque: boolean;
};

/** Text of the field at `at`; `null` for an optional field that is left out. */
type FieldPrinter = (reader: Reader) => string | null;

function take(reader: Reader, length: number): Buffer {
  const at = reader.at;
  reader.at += length;
  return Buffer.from(reader.octets.buffer, reader.octets.byteOffset + at, length);
}

function takeU8(reader: Reader): number {
  return reader.octets[reader.at++]!;
}

function takeU16(reader: Reader): number {
  reader.at += 2;
  return readU16(reader.octets, reader.at - 2);
}

function takeU32(reader: Reader): number {
  reader.at += 4;
  return readU32(reader.octets, reader.at - 4);
}

function takeRest(reader: Reader): Buffer {
  return take(reader, reader.end - reader.at);
}

function takeName(reader: Reader): string {
  const text = nameText(reader.octets, reader.at);
  reader.at += nameLength(reader.octets, reader.at);
  return text;
}

/** Digits in groups with a blank between. */
function grouped(digits: string): string | null {
  if (digits === '') return null;
  let text = digits.slice(0, GROUP_DIGITS);
  for (let i = GROUP_DIGITS; i < digits.length; i += GROUP_DIGITS) {
    text += ` ${digits.slice(i, i + GROUP_DIGITS)}`;
  }
  return text;
}

function hexText(octets: Buffer): string {
  return octets.toString('hex').toUpperCase();
}

function printString(reader: Reader): string {
  return quotedText(take(reader, takeU8(reader)));
}

function printStrings(reader: Reader): string {
  const strings: string[] = [];
  while (reader.at < reader.end) strings.push(printString(reader));
  return strings.join(' ');
}

function printNames(reader: Reader): string | null {
  const names: string[] = [];
  while (reader.at < reader.end) names.push(takeName(reader));
  return names.length > 0 ? names.join(' ') : null;
}

/** Hexadecimal groups without leading zeros. */
function printLocator(reader: Reader): string {
  return Array.from({ length: 4 }, () => takeU16(reader).toString(16)).join(':');
}

function printEui(reader: Reader, count: number): string {
  return Array.from(take(reader, count), (octet) => octet.toString(16).padStart(2, '0')).join('-');
}

/** `YYYYMMDDHHmmSS` of the 32-bit time, which is the one nearest to now (RFC 4034 §3.1.5). */
function printTime(reader: Reader): string {
  const now = Math.floor(Date.now() / 1000);
  const time = now + ((takeU32(reader) - now) | 0);
  return new Date(time * 1000).toISOString().replace(/[-T:]|\..*/g, '');
}

function printBase32(reader: Reader): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUV';
  let text = '';
  let held = 0;
  let bits = 0;
  for (const octet of take(reader, takeU8(reader))) {
    held = (held << 8) | octet;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += digits[(held >>> bits) & 31]!;
    }
  }
  return bits === 0 ? text : text + digits[(held << (5 - bits)) & 31]!;
}

function printSalt(reader: Reader): string {
  const salt = take(reader, takeU8(reader));
  return salt.length === 0 ? '-' : hexText(salt);
}

/** Types whose bits are set in `octets`, the first bit standing for `base`. */
function bitTypes(octets: Uint8Array, base: number, types: string[]): void {
  for (const [index, octet] of octets.entries()) {
    for (let bit = 0; bit < 8; bit++) {
      if ((octet & (0x80 >>> bit)) !== 0) types.push(typeText(base + 8 * index + bit));
    }
  }
}

function printTypes(reader: Reader): string | null {
  const types: string[] = [];
  while (reader.at < reader.end) {
    const base = takeU8(reader) * 256;
    bitTypes(take(reader, takeU8(reader)), base, types);
  }
  return types.length > 0 ? types.join(' ') : null;
}

function printNxtTypes(reader: Reader): string | null {
  const types: string[] = [];
  bitTypes(takeRest(reader), 0, types);
  return types.length > 0 ? types.join(' ') : null;
}

/** Protocol and ports, all as numbers. */
function printWks(reader: Reader): string {
  const words = [takeU8(reader)];
  for (const [index, octet] of takeRest(reader).entries()) {
    for (let bit = 0; bit < 8; bit++) {
      if ((octet & (0x80 >>> bit)) !== 0) words.push(8 * index + bit);
    }
  }
  return words.join(' ');
}

function printApl(reader: Reader): string | null {
  const items: string[] = [];
  while (reader.at < reader.end) {
    const family = takeU16(reader);
    const prefix = takeU8(reader);
    const length = takeU8(reader);
    if (family !== 1 && family !== 2) reader.opaque = true;
    const address = new Uint8Array(family === 1 ? 4 : family === 2 ? 16 : 127);
    address.set(take(reader, length & 0x7f));
    const text = family === 1 ? ip4Text(address) : ip6Text(address);
    items.push(`${length >= 0x80 ? '!' : ''}${family}:${text}/${prefix}`);
  }
  return items.length > 0 ? items.join(' ') : null;
}

function gatewayText(reader: Reader, type: number): string {
  if (type === 0) return '.';
  if (type === 1) return ip4Text(take(reader, 4));
  return type === 2 ? ip6Text(take(reader, 16)) : takeName(reader);
}

function printIpsecGateway(reader: Reader): string {
  const type = takeU8(reader);
  const algorithm = takeU8(reader);
  return `${type} ${algorithm} ${gatewayText(reader, type)}`;
}

function printAmtRelay(reader: Reader): string {
  const octet = takeU8(reader);
  const type = octet & 0x7f;
  if (type > 3) {
    reader.opaque = true;
    return '';
  }
  return `${octet >>> 7} ${type} ${gatewayText(reader, type)}`;
}

/** The public key is one word: names may follow it (RFC 8005 §6). */
function printHip(reader: Reader): string {
  const tagLength = takeU8(reader);
  const algorithm = takeU8(reader);
  const keyLength = takeU16(reader);
  const tag = hexText(take(reader, tagLength));
  return `${algorithm} ${tag} ${take(reader, keyLength).toString('base64')}`;
}

function angleText(value: number, positive: string, negative: string): string {
  const angle = Math.abs(value - 2 ** 31);
  const seconds = ((angle % 60_000) / 1000).toFixed(3);
  const minutes = Math.floor(angle / 60_000) % 60;
  const letter = value >= 2 ** 31 ? positive : negative;
  return `${Math.floor(angle / 3_600_000)} ${minutes} ${seconds} ${letter}`;
}

/** Metres of mantissa and power of ten in centimetres; whole metres have no fraction, as BIND prints them. */
function sizeText(octet: number): string {
  const size = (octet >>> 4) * 10 ** (octet & 15);
  return (octet & 15) > 1 ? `${size / 100}m` : `${(size / 100).toFixed(2)}m`;
}

function printLocation(reader: Reader): string {
  if (reader.octets[reader.at] !== 0) {
    reader.opaque = true;
    return '';
  }
  const [, ...sizes] = take(reader, 4);
  const latitude = angleText(takeU32(reader), 'N', 'S');
  const longitude = angleText(takeU32(reader), 'E', 'W');
  const altitude = (takeU32(reader) - 10_000_000) / 100;
  return [latitude, longitude, `${altitude.toFixed(2)}m`, ...sizes.map(sizeText)].join(' ');
}

function printSvcParams(reader: Reader): string | null {
  const { octets, at, end } = reader;
  reader.at = end;
  return at === end ? null : svcParamsText(octets, at, end);
}

function printU8(reader: Reader): string {
  return String(takeU8(reader));
}

function printU16(reader: Reader): string {
  return String(takeU16(reader));
}

function printU32(reader: Reader): string {
  return String(takeU32(reader));
}

function printHex(reader: Reader): string | null {
  return grouped(hexText(takeRest(reader)));
}

function printBase64(reader: Reader): string | null {
  return grouped(takeRest(reader).toString('base64'));
}

function printText(reader: Reader): string {
  return quotedText(takeRest(reader));
}

function mnemonicU8(table: Mnemonics): FieldPrinter {
  return (reader) => mnemonicText(table, takeU8(reader));
}

/** One row per kind of field. */
const ROWS: readonly (readonly [FieldKind, FieldPrinter])[] = [
  [kinds.FIELD_U8, printU8],
  [kinds.FIELD_U16, printU16],
  [kinds.FIELD_U32, printU32],
  [kinds.FIELD_PERIOD, printU32],
  [kinds.FIELD_IP4, (reader) => ip4Text(take(reader, 4))],
  [kinds.FIELD_IP6, (reader) => ip6Text(take(reader, 16))],
  [kinds.FIELD_NAME, takeName],
  [kinds.FIELD_STRING, printString],
  [kinds.FIELD_STRINGS, printStrings],
  [kinds.FIELD_TEXT, printText],
  [kinds.FIELD_HEX, printHex],
  [kinds.FIELD_BASE64, printBase64],
  [kinds.FIELD_BASE64_EMPTY, printBase64],
  [kinds.FIELD_SALT, printSalt],
  [kinds.FIELD_BASE32, printBase32],
  [kinds.FIELD_TYPE, (reader) => typeText(takeU16(reader))],
  [kinds.FIELD_TYPES, printTypes],
  [kinds.FIELD_TIME, printTime],
  [kinds.FIELD_ALGORITHM, printU8],
  [kinds.FIELD_CERT_TYPE, (reader) => mnemonicText(CERT_TYPES, takeU16(reader))],
  [kinds.FIELD_EUI48, (reader) => printEui(reader, 6)],
  [kinds.FIELD_EUI64, (reader) => printEui(reader, 8)],
  [kinds.FIELD_LOCATOR64, printLocator],
  [kinds.FIELD_NSAP, (reader) => `0x${takeRest(reader).toString('hex')}`],
  [kinds.FIELD_LOC, printLocation],
  [kinds.FIELD_APL, printApl],
  [kinds.FIELD_SVC_PARAMS, printSvcParams],
  [kinds.FIELD_IPSEC_GATEWAY, printIpsecGateway],
  [kinds.FIELD_AMT_RELAY, printAmtRelay],
  [kinds.FIELD_HIP, printHip],
  [kinds.FIELD_NAMES, printNames],
  [kinds.FIELD_TAG, (reader) => take(reader, takeU8(reader)).toString('latin1')],
  [kinds.FIELD_STRING_OPTIONAL, (reader) => (reader.at < reader.end ? printString(reader) : null)],
  [kinds.FIELD_QUOTED, printText],
  [kinds.FIELD_TYPES_SOME, printTypes],
  [kinds.FIELD_NXT_TYPES, printNxtTypes],
  [kinds.FIELD_BASE64_DASH, (reader) => printBase64(reader) ?? '-'],
  [kinds.FIELD_WKS, printWks],
  [kinds.FIELD_KEY_FLAGS, printU16],
  [kinds.FIELD_KEY_PROTOCOL, printU8],
  [kinds.FIELD_DIGEST_TYPE, printU8],
  [kinds.FIELD_HASH, printU8],
  [kinds.FIELD_CERT_ALGORITHM, mnemonicU8(ALGORITHMS)],
  [kinds.FIELD_DSYNC_SCHEME, mnemonicU8(DSYNC_SCHEMES)],
];

/** By kind. */
const PRINTERS: FieldPrinter[] = [];
for (let kind = 0; kind < kinds.FIELD_KINDS; kind++) {
  PRINTERS.push(ROWS.find((row) => row[0] === kind)?.[1] ?? (() => null));
}

/**
 * Presentation text of `length` valid octets (see `checkRdata`) at `offset`; `\# length HEX` for a type without typed
 * fields, and for octets that have no typed text.
 */
export function rdataText(
  type: number,
  octets: Uint8Array,
  offset: number,
  length: number,
): string {
  const fields = typeByCode(type)?.fields;
  const reader: Reader = { octets, at: offset, end: offset + length, opaque: false };
  if (fields === undefined || fields === null) return genericText(reader);
  const words: string[] = [];
  for (const kind of fields) {
    const word = PRINTERS[kind]!(reader);
    if (word !== null) words.push(word);
  }
  if (!reader.opaque) return words.join(' ');
  reader.at = offset;
  return genericText(reader);
}

function genericText(reader: Reader): string {
  const length = reader.end - reader.at;
  const digits = printHex(reader);
  return digits === null ? `\\# ${length}` : `\\# ${length} ${digits}`;
}
