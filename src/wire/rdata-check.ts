/**
 * Whether octets are valid RDATA of a type: the table of field checks, one row per kind, and the rules that tie the
 * fields of one type together. RFC 3597 §5 for `\#` of known types; the RFC of each type for its rule.
 * Must not know: text forms, zones.
 */
import { LABEL_OCTETS_MAX, NAME_OCTETS_MAX } from '../base/limits.js';
import { countLabels } from './name.js';
import { readU16 } from './octets.js';
import * as kinds from './rrtypes.js';
import { type FieldKind, typeByCode, typeFromText } from './rrtypes.js';
import { checkSvcParams } from './svc-params.js';

/** Offset after the field at `at`, or -1 if the octets before `end` are not such a field. */
type FieldCheck = (octets: Uint8Array, at: number, end: number) => number;

function fixed(size: number): FieldCheck {
  return (_octets, at, end) => (at + size <= end ? at + size : -1);
}

/** Offset after the uncompressed name at `at`; -1 if it is none. */
function checkName(octets: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && i - at < NAME_OCTETS_MAX) {
    const length = octets[i]!;
    if (length === 0) return i + 1;
    if (length > LABEL_OCTETS_MAX) return -1;
    i += length + 1;
  }
  return -1;
}

function checkNames(octets: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i >= 0 && i < end) i = checkName(octets, i, end);
  return i;
}

/** Length octet, then that many octets. */
function checkString(octets: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const next = at + 1 + octets[at]!;
  return next <= end ? next : -1;
}

function checkStrings(octets: Uint8Array, at: number, end: number): number {
  let i = checkString(octets, at, end);
  while (i >= 0 && i < end) i = checkString(octets, i, end);
  return i;
}

function checkStringOptional(octets: Uint8Array, at: number, end: number): number {
  return at === end ? at : checkString(octets, at, end);
}

function rest(_octets: Uint8Array, _at: number, end: number): number {
  return end;
}

function restSome(_octets: Uint8Array, at: number, end: number): number {
  return at < end ? end : -1;
}

/** A string that is not empty. */
function checkStringSome(octets: Uint8Array, at: number, end: number): number {
  return octets[at] === 0 ? -1 : checkString(octets, at, end);
}

/** Windows ascend, have 1 … 32 octets, and the last octet of each is not zero (RFC 4034 §4.1.2). */
function checkTypes(octets: Uint8Array, at: number, end: number): number {
  let before = -1;
  let i = at;
  while (i < end) {
    if (end - i < 3) return -1;
    const window = octets[i]!;
    const length = octets[i + 1]!;
    if (window <= before || length < 1 || length > 32 || i + 2 + length > end) return -1;
    if (octets[i + 1 + length]! === 0) return -1;
    before = window;
    i += 2 + length;
  }
  return i;
}

function checkTypesSome(octets: Uint8Array, at: number, end: number): number {
  return at < end ? checkTypes(octets, at, end) : -1;
}

/** One window of at most 16 octets; bit 0 would announce another format (RFC 2535 §5.2). */
function checkNxtTypes(octets: Uint8Array, at: number, end: number): number {
  const length = end - at;
  if (length === 0) return end;
  return length <= 16 && (octets[at]! & 0x80) === 0 && octets[end - 1]! !== 0 ? end : -1;
}

function checkTag(octets: Uint8Array, at: number, end: number): number {
  const next = checkStringSome(octets, at, end);
  for (let i = at + 1; i < next; i++) {
    const octet = octets[i]!;
    const isDigit = octet >= 0x30 && octet <= 0x39;
    if (!isDigit && !((octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a)) return -1;
  }
  return next;
}

/** No trailing zero octets in the bitmap of ports. */
function checkWks(octets: Uint8Array, at: number, end: number): number {
  if (end - at < 1 || end - at > 1 + 65536 / 8) return -1;
  return end - at > 1 && octets[end - 1] === 0 ? -1 : end;
}

/** Versions other than 0 are opaque. Sizes have decimal mantissa and exponent, angles their ranges (RFC 1876 §2). */
function checkLocation(octets: Uint8Array, at: number, end: number): number {
  if (at < end && octets[at] !== 0) return end;
  if (end - at !== 16) return -1;
  for (let i = at + 1; i < at + 4; i++) {
    if (octets[i]! >>> 4 > 9 || (octets[i]! & 15) > 9) return -1;
  }
  const latitude = readU16(octets, at + 4) * 65536 + readU16(octets, at + 6);
  const longitude = readU16(octets, at + 8) * 65536 + readU16(octets, at + 10);
  if (Math.abs(latitude - 2 ** 31) > 90 * 3_600_000) return -1;
  return Math.abs(longitude - 2 ** 31) > 180 * 3_600_000 ? -1 : end;
}

/** Items whose address part fits the family, if that is known, without trailing zero octets (RFC 3123 §4). */
function checkApl(octets: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end) {
    if (end - i < 4) return -1;
    const family = readU16(octets, i);
    const size = family === 1 ? 4 : family === 2 ? 16 : 127;
    const length = octets[i + 3]! & 0x7f;
    if (length > size || (size < 127 && octets[i + 2]! > size * 8)) return -1;
    if (i + 4 + length > end || (length > 0 && octets[i + 3 + length] === 0)) return -1;
    i += 4 + length;
  }
  return i;
}

/** Offset after a gateway of the given type at `at`. */
function checkGateway(type: number, octets: Uint8Array, at: number, end: number): number {
  if (type === 3) return checkName(octets, at, end);
  const size = type === 0 ? 0 : type === 1 ? 4 : type === 2 ? 16 : -1;
  return size >= 0 && at + size <= end ? at + size : -1;
}

function checkIpsecGateway(octets: Uint8Array, at: number, end: number): number {
  return at + 2 <= end ? checkGateway(octets[at]!, octets, at + 2, end) : -1;
}

/** Relays of unknown type are opaque (RFC 8777 §4.2.4). */
function checkAmtRelay(octets: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const type = octets[at]! & 0x7f;
  return type > 3 ? end : checkGateway(type, octets, at + 1, end);
}

function checkHip(octets: Uint8Array, at: number, end: number): number {
  if (end - at < 4) return -1;
  const tagLength = octets[at]!;
  const keyLength = readU16(octets, at + 2);
  if (tagLength === 0 || keyLength === 0) return -1;
  const next = at + 4 + tagLength + keyLength;
  return next <= end ? next : -1;
}

/** One row per kind of field. */
const ROWS: readonly (readonly [FieldKind, FieldCheck])[] = [
  [kinds.FIELD_U8, fixed(1)],
  [kinds.FIELD_U16, fixed(2)],
  [kinds.FIELD_U32, fixed(4)],
  [kinds.FIELD_PERIOD, fixed(4)],
  [kinds.FIELD_IP4, fixed(4)],
  [kinds.FIELD_IP6, fixed(16)],
  [kinds.FIELD_NAME, checkName],
  [kinds.FIELD_STRING, checkString],
  [kinds.FIELD_STRINGS, checkStrings],
  [kinds.FIELD_TEXT, rest],
  [kinds.FIELD_HEX, restSome],
  [kinds.FIELD_BASE64, restSome],
  [kinds.FIELD_BASE64_EMPTY, rest],
  [kinds.FIELD_SALT, checkString],
  [kinds.FIELD_BASE32, checkStringSome],
  [kinds.FIELD_TYPE, fixed(2)],
  [kinds.FIELD_TYPES, checkTypes],
  [kinds.FIELD_TIME, fixed(4)],
  [kinds.FIELD_ALGORITHM, fixed(1)],
  [kinds.FIELD_CERT_TYPE, fixed(2)],
  [kinds.FIELD_EUI48, fixed(6)],
  [kinds.FIELD_EUI64, fixed(8)],
  [kinds.FIELD_LOCATOR64, fixed(8)],
  [kinds.FIELD_NSAP, restSome],
  [kinds.FIELD_LOC, checkLocation],
  [kinds.FIELD_APL, checkApl],
  [kinds.FIELD_SVC_PARAMS, rest],
  [kinds.FIELD_IPSEC_GATEWAY, checkIpsecGateway],
  [kinds.FIELD_AMT_RELAY, checkAmtRelay],
  [kinds.FIELD_HIP, checkHip],
  [kinds.FIELD_NAMES, checkNames],
  [kinds.FIELD_TAG, checkTag],
  [kinds.FIELD_STRING_OPTIONAL, checkStringOptional],
  [kinds.FIELD_QUOTED, rest],
  [kinds.FIELD_TYPES_SOME, checkTypesSome],
  [kinds.FIELD_NXT_TYPES, checkNxtTypes],
  [kinds.FIELD_BASE64_DASH, rest],
  [kinds.FIELD_WKS, checkWks],
  [kinds.FIELD_KEY_FLAGS, fixed(2)],
  [kinds.FIELD_KEY_PROTOCOL, fixed(1)],
  [kinds.FIELD_DIGEST_TYPE, fixed(1)],
  [kinds.FIELD_HASH, fixed(1)],
  [kinds.FIELD_CERT_ALGORITHM, fixed(1)],
  [kinds.FIELD_DSYNC_SCHEME, fixed(1)],
];

/** By kind. */
const CHECKS: FieldCheck[] = [];
for (let kind = 0; kind < kinds.FIELD_KINDS; kind++) {
  CHECKS.push(ROWS.find((row) => row[0] === kind)?.[1] ?? (() => -1));
}

/** What is wrong with RDATA whose fields are each valid, or `null`. */
type Rule = (octets: Uint8Array, offset: number, length: number) => string | null;

/** Octets of a digest must be what its type number says; -1 if the number says nothing. */
function digestRule(typeAt: number, digestAt: number, sizes: readonly number[], min: number): Rule {
  return (octets, offset, length) => {
    const size = sizes[octets[offset + typeAt]!] ?? -1;
    const actual = length - digestAt;
    if (size >= 0 ? actual === size : actual >= min) return null;
    return `digest of ${actual} octets where its type asks for ${size >= 0 ? size : min}`;
  };
}

/** RFC 2535 §3.1.2: the two top bits of the flags say that there is no key. */
function keyRule(octets: Uint8Array, offset: number, length: number): string | null {
  const none = (octets[offset]! & 0xc0) === 0xc0;
  if (none) return length === 4 ? null : 'key where the flags say there is none';
  return length > 4 ? null : 'key missing';
}

/** RFC 5155 §11: hash 1 is SHA-1, 20 octets. */
function nsec3Rule(octets: Uint8Array, offset: number): string | null {
  const hashAt = offset + 5 + octets[offset + 4]!;
  if (octets[offset] !== 1 || octets[hashAt] === 20) return null;
  return 'hashed owner name of other than 20 octets';
}

/** RFC 4034 §3.1.3: the owner is the signer's name or below it, so it has no fewer labels. */
function rrsigRule(octets: Uint8Array, offset: number): string | null {
  return octets[offset + 3]! >= countLabels(octets, offset + 18)
    ? null
    : 'fewer labels than the signer name has';
}

/** BIND: all flags of an RKEY are reserved. */
function rkeyRule(octets: Uint8Array, offset: number): string | null {
  return readU16(octets, offset) === 0 ? null : 'flags other than 0';
}

/** RFC 1183 §3.1: at least four digits. */
function x25Rule(octets: Uint8Array, offset: number, length: number): string | null {
  for (let i = offset + 1; i < offset + length; i++) {
    if (octets[i]! < 0x30 || octets[i]! > 0x39) return 'address with other than digits';
  }
  return length > 4 ? null : 'address of less than four digits';
}

function svcRule(octets: Uint8Array, offset: number, length: number): string | null {
  const params = checkName(octets, offset + 2, offset + length);
  return checkSvcParams(octets, params, offset + length);
}

/** RFC 3403 §4.1: the substitution expression is empty or `!ere!replacement!flags`, its groups exist. */
function naptrRule(octets: Uint8Array, offset: number, length: number): string | null {
  const services = checkString(octets, offset + 4, offset + length);
  const expression = checkString(octets, services, offset + length);
  return validExpression(octets, expression + 1, expression + 1 + octets[expression]!)
    ? null
    : 'invalid substitution expression';
}

function validExpression(octets: Uint8Array, at: number, end: number): boolean {
  if (at === end) return true;
  const text = Buffer.from(octets.subarray(at, end)).toString('latin1');
  const delimiter = text[0]!;
  if (/[0-9i\\\0]/.test(delimiter)) return false;
  const parts: string[] = [''];
  for (let i = 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\\' && i + 1 < text.length) parts[parts.length - 1] += char + text[++i];
    else if (char === delimiter) parts.push('');
    else parts[parts.length - 1] += char;
  }
  const [pattern = '', replacement = '', flags = ''] = parts;
  if (parts.length !== 3 || !/^i*$/.test(flags)) return false;
  const groups = countGroups(pattern);
  const used = [...replacement.matchAll(/\\(\d)/g)].map((match) => Number(match[1]));
  return groups >= 0 && used.every((group) => group >= 1 && group <= groups);
}

/** An empty branch, a repetition of nothing, a brace without its numbers, an open bracket. */
const EXPRESSION_FAULT = /^$|^[|*+?{]|[(|][|*+?{]|\|(?:\)|$)|\{(?!\d+(?:,\d*)?\})|\[/;

/** Groups of a POSIX extended regular expression; -1 if it is none. */
function countGroups(pattern: string): number {
  const bare = pattern.replace(/\\./gs, '').replace(/\[\^?\]?[^\]]*\]/g, '');
  if (EXPRESSION_FAULT.test(bare)) return -1;
  let depth = 0;
  let groups = 0;
  for (const char of bare) {
    if (char === '(') {
      depth++;
      groups++;
    } else if (char === ')' && depth > 0) depth--;
  }
  return depth === 0 ? groups : -1;
}

const DS_RULE = digestRule(3, 4, [-1, 20, 32, -1, 48], 1);

const RULES: readonly (readonly [string, Rule])[] = [
  ['X25', x25Rule],
  ['KEY', keyRule],
  ['NAPTR', naptrRule],
  ['DS', DS_RULE],
  ['CDS', DS_RULE],
  ['TA', DS_RULE],
  ['DLV', DS_RULE],
  ['SSHFP', digestRule(1, 2, [-1, 20, 32], 1)],
  ['RRSIG', rrsigRule],
  ['NSEC3', nsec3Rule],
  ['RKEY', rkeyRule],
  ['ZONEMD', digestRule(5, 6, [-1, 48, 64], 12)],
  ['SVCB', svcRule],
  ['HTTPS', svcRule],
];

/** Index in RULES by type code; -1 for the types without a rule. */
const RULE_INDEX: Int8Array = new Int8Array(65536).fill(-1);
for (const [index, [mnemonic]] of RULES.entries()) RULE_INDEX[typeFromText(mnemonic)] = index;

/**
 * What ties the fields of one type together: digest lengths, key flags, parameters that need each other. The fields
 * themselves are known to be valid.
 * @returns null, or a short reason.
 */
export function checkValues(
  type: number,
  octets: Uint8Array,
  offset: number,
  length: number,
): string | null {
  const index = RULE_INDEX[type]!;
  return index < 0 ? null : RULES[index]![1](octets, offset, length);
}

/**
 * Whether `length` octets at `offset` are valid RDATA of the type, all names uncompressed. Any octets are valid for a
 * type without typed fields.
 * @returns null, or a short reason.
 */
export function checkRdata(
  type: number,
  octets: Uint8Array,
  offset: number,
  length: number,
): string | null {
  const fields = typeByCode(type)?.fields;
  if (fields === undefined || fields === null) return null;
  const end = offset + length;
  let at = offset;
  for (let i = 0; i < fields.length; i++) {
    at = CHECKS[fields[i]!]!(octets, at, end);
    if (at < 0) return `field ${i + 1} is not valid`;
  }
  if (at !== end) return `${end - at} octets too many`;
  return checkValues(type, octets, offset, length);
}
