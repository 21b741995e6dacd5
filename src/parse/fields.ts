/**
 * RDATA from text: the table of field parsers, one row per kind of wire/rrtypes.ts, and `parseRdata`, which walks a
 * type's row or reads the generic form of RFC 3597 §5. Must not know: owner names, TTLs, classes, zones.
 */
import { MESSAGE_OCTETS_MAX } from '../base/limits.js';
import {
  ALGORITHMS,
  CERT_TYPES,
  DIGEST_TYPES,
  DSYNC_SCHEMES,
  KEY_FLAGS,
  KEY_PROTOCOLS,
  type Mnemonics,
  mnemonicValue,
  NSEC3_HASHES,
} from '../wire/mnemonics.js';
import { writeU16, writeU32 } from '../wire/octets.js';
import { checkRdata, checkValues } from '../wire/rdata-check.js';
import * as kinds from '../wire/rrtypes.js';
import { type FieldKind, typeByCode, typeFromOctets } from '../wire/rrtypes.js';
import { parseApl } from './apl.js';
import {
  parseBase32,
  parseBase64,
  parseBase64Dash,
  parseBase64Empty,
  parseHex,
  parseHexEmpty,
  parseNsap,
  parseSalt,
} from './encodings.js';
import { parseAmtRelay, parseHip, parseIpsecGateway } from './gateways.js';
import { TOKEN_END, TOKEN_WORD } from './lexer.js';
import { parseLocation } from './location.js';
import { parseName, parseNames } from './names.js';
import type { RdataContext } from './rdata-context.js';
import { scanHyphened, scanIp4, scanIp6, scanLocator } from './scan-address.js';
import { scanNumber, scanPeriod, scanTime } from './scan-number.js';
import {
  parseQuoted,
  parseString,
  parseStringOptional,
  parseStrings,
  parseTag,
  parseText,
} from './strings.js';
import { parseSvcParams } from './svc-params.js';
import { parseNxtTypes, parseTypes, parseTypesSome } from './type-bitmap.js';
import { parseWks } from './wks.js';
import { atEntryEnd, failField, nextWord } from './words.js';

type FieldParser = (ctx: RdataContext) => boolean;

const BACKSLASH = 0x5c;

// === hot path

/** Reads one number up to `max`; -1 with a problem reported if there is none. */
export function nextNumber(ctx: RdataContext, max: number): number {
  if (!nextWord(ctx, 'number')) return -1;
  const lexer = ctx.lexer;
  const value = scanNumber(lexer.octets, lexer.start, lexer.stop, max);
  if (value < 0) failField(ctx, 'RDATA_NUMBER', 'invalid number');
  return value;
}

function parseU8(ctx: RdataContext): boolean {
  const value = nextNumber(ctx, 0xff);
  if (value < 0) return false;
  ctx.out[ctx.length++] = value;
  return true;
}

function parseU16(ctx: RdataContext): boolean {
  const value = nextNumber(ctx, 0xffff);
  if (value < 0) return false;
  writeU16(ctx.out, ctx.length, value);
  ctx.length += 2;
  return true;
}

function parseU32(ctx: RdataContext): boolean {
  const value = nextNumber(ctx, 0xffff_ffff);
  if (value < 0) return false;
  writeU32(ctx.out, ctx.length, value);
  ctx.length += 4;
  return true;
}

function parsePeriod(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'period')) return false;
  const lexer = ctx.lexer;
  const value = scanPeriod(lexer.octets, lexer.start, lexer.stop);
  if (value < 0) return failField(ctx, 'RDATA_PERIOD', 'invalid period');
  writeU32(ctx.out, ctx.length, value);
  ctx.length += 4;
  return true;
}

function parseTime(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'time')) return false;
  const lexer = ctx.lexer;
  const value = scanTime(lexer.octets, lexer.start, lexer.stop);
  if (value < 0) return failField(ctx, 'RDATA_TIME', 'invalid time');
  writeU32(ctx.out, ctx.length, value);
  ctx.length += 4;
  return true;
}

function parseIp4(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'IPv4 address')) return false;
  const lexer = ctx.lexer;
  if (!scanIp4(lexer.octets, lexer.start, lexer.stop, ctx.out, ctx.length)) {
    return failField(ctx, 'RDATA_ADDRESS', 'invalid IPv4 address');
  }
  ctx.length += 4;
  return true;
}

function parseIp6(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'IPv6 address')) return false;
  const lexer = ctx.lexer;
  if (!scanIp6(lexer.octets, lexer.start, lexer.stop, ctx.out, ctx.length)) {
    return failField(ctx, 'RDATA_ADDRESS', 'invalid IPv6 address');
  }
  ctx.length += 16;
  return true;
}

/** An RR type by mnemonic or `TYPEnnn`, or its plain number (RRSIG, as BIND reads it). */
function parseType(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'RR type')) return false;
  const lexer = ctx.lexer;
  let type = typeFromOctets(lexer.octets, lexer.start, lexer.stop);
  if (type < 0) type = scanNumber(lexer.octets, lexer.start, lexer.stop, 0xffff);
  if (type < 0) return failField(ctx, 'RDATA_TYPE', 'unknown RR type');
  writeU16(ctx.out, ctx.length, type);
  ctx.length += 2;
  return true;
}

/** A number up to `max` or a name of `table`; -1 with a problem reported if it is neither. */
function nextValue(ctx: RdataContext, table: Mnemonics, max: number, field: string): number {
  if (!nextWord(ctx, field)) return -1;
  const lexer = ctx.lexer;
  const value = scanNumber(lexer.octets, lexer.start, lexer.stop, max);
  return value >= 0 ? value : valueOfMnemonic(ctx, table, field);
}

// === end of hot path

function valueOfMnemonic(ctx: RdataContext, table: Mnemonics, field: string): number {
  const { octets, start, stop } = ctx.lexer;
  const text = Buffer.from(octets.subarray(start, Math.min(stop, start + 64))).toString('latin1');
  const value = mnemonicValue(table, text);
  if (value < 0) failField(ctx, 'RDATA_ALGORITHM', `unknown ${field}`);
  return value;
}

function mnemonicU8(table: Mnemonics, field: string): FieldParser {
  return (ctx) => {
    const value = nextValue(ctx, table, 0xff, field);
    if (value < 0) return false;
    ctx.out[ctx.length++] = value;
    return true;
  };
}

function parseCertType(ctx: RdataContext): boolean {
  const value = nextValue(ctx, CERT_TYPES, 0xffff, 'certificate type');
  if (value < 0) return false;
  writeU16(ctx.out, ctx.length, value);
  ctx.length += 2;
  return true;
}

/** A number, or mnemonics joined by `|`. */
function parseKeyFlags(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'key flags')) return false;
  const { octets, start, stop } = ctx.lexer;
  let flags = scanNumber(octets, start, stop, 0xffff);
  if (flags < 0) {
    flags = 0;
    const text = Buffer.from(octets.subarray(start, Math.min(stop, start + 256))).toString(
      'latin1',
    );
    for (const word of text.split('|')) {
      const value = mnemonicValue(KEY_FLAGS, word);
      if (value < 0) return failField(ctx, 'RDATA_VALUE', 'unknown key flag');
      flags |= value;
    }
  }
  writeU16(ctx.out, ctx.length, flags);
  ctx.length += 2;
  return true;
}

function parseEui(ctx: RdataContext, count: number): boolean {
  if (!nextWord(ctx, 'EUI')) return false;
  const { octets, start, stop } = ctx.lexer;
  if (!scanHyphened(octets, start, stop, ctx.out, ctx.length, count)) {
    return failField(ctx, 'RDATA_ADDRESS', 'invalid EUI');
  }
  ctx.length += count;
  return true;
}

function parseLocator(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'locator')) return false;
  const { octets, start, stop } = ctx.lexer;
  if (!scanLocator(octets, start, stop, ctx.out, ctx.length)) {
    return failField(ctx, 'RDATA_ADDRESS', 'invalid locator');
  }
  ctx.length += 8;
  return true;
}

/** One row per kind of field. */
const ROWS: readonly (readonly [FieldKind, FieldParser])[] = [
  [kinds.FIELD_U8, parseU8],
  [kinds.FIELD_U16, parseU16],
  [kinds.FIELD_U32, parseU32],
  [kinds.FIELD_PERIOD, parsePeriod],
  [kinds.FIELD_IP4, parseIp4],
  [kinds.FIELD_IP6, parseIp6],
  [kinds.FIELD_NAME, parseName],
  [kinds.FIELD_STRING, parseString],
  [kinds.FIELD_STRINGS, parseStrings],
  [kinds.FIELD_TEXT, parseText],
  [kinds.FIELD_HEX, parseHex],
  [kinds.FIELD_BASE64, parseBase64],
  [kinds.FIELD_BASE64_EMPTY, parseBase64Empty],
  [kinds.FIELD_SALT, parseSalt],
  [kinds.FIELD_BASE32, parseBase32],
  [kinds.FIELD_TYPE, parseType],
  [kinds.FIELD_TYPES, parseTypes],
  [kinds.FIELD_TIME, parseTime],
  [kinds.FIELD_ALGORITHM, mnemonicU8(ALGORITHMS, 'algorithm')],
  [kinds.FIELD_CERT_TYPE, parseCertType],
  [kinds.FIELD_EUI48, (ctx) => parseEui(ctx, 6)],
  [kinds.FIELD_EUI64, (ctx) => parseEui(ctx, 8)],
  [kinds.FIELD_LOCATOR64, parseLocator],
  [kinds.FIELD_NSAP, parseNsap],
  [kinds.FIELD_LOC, parseLocation],
  [kinds.FIELD_APL, parseApl],
  [kinds.FIELD_SVC_PARAMS, parseSvcParams],
  [kinds.FIELD_IPSEC_GATEWAY, parseIpsecGateway],
  [kinds.FIELD_AMT_RELAY, parseAmtRelay],
  [kinds.FIELD_HIP, parseHip],
  [kinds.FIELD_NAMES, parseNames],
  [kinds.FIELD_TAG, parseTag],
  [kinds.FIELD_STRING_OPTIONAL, parseStringOptional],
  [kinds.FIELD_QUOTED, parseQuoted],
  [kinds.FIELD_TYPES_SOME, parseTypesSome],
  [kinds.FIELD_NXT_TYPES, parseNxtTypes],
  [kinds.FIELD_BASE64_DASH, parseBase64Dash],
  [kinds.FIELD_WKS, parseWks],
  [kinds.FIELD_KEY_FLAGS, parseKeyFlags],
  [kinds.FIELD_KEY_PROTOCOL, mnemonicU8(KEY_PROTOCOLS, 'key protocol')],
  [kinds.FIELD_DIGEST_TYPE, mnemonicU8(DIGEST_TYPES, 'digest type')],
  [kinds.FIELD_HASH, mnemonicU8(NSEC3_HASHES, 'hash algorithm')],
  [kinds.FIELD_CERT_ALGORITHM, mnemonicU8(ALGORITHMS, 'algorithm')],
  [kinds.FIELD_DSYNC_SCHEME, mnemonicU8(DSYNC_SCHEMES, 'scheme')],
];

/** By kind. */
const PARSERS: FieldParser[] = [];
for (let kind = 0; kind < kinds.FIELD_KINDS; kind++) {
  PARSERS.push(ROWS.find((row) => row[0] === kind)?.[1] ?? (() => false));
}

// === hot path

/**
 * Reads the RDATA of `ctx.type`, typed or generic, to the end of the entry. The lexer stands after the type; on true it
 * stands at TOKEN_END and `ctx.out` holds `ctx.length` octets that are valid for the type. On false exactly one
 * problem has been reported, and the caller skips the entry.
 */
export function parseRdata(ctx: RdataContext): boolean {
  ctx.length = 0;
  if (startsGeneric(ctx)) return parseGeneric(ctx);
  const row = typeByCode(ctx.type);
  const fields = row === null ? null : row.fields;
  if (fields === null) return failUntyped(ctx);
  const lexer = ctx.lexer;
  const first = lexer.at;
  for (let i = 0; i < fields.length; i++) if (!PARSERS[fields[i]!]!(ctx)) return false;
  if (lexer.kind !== TOKEN_END) {
    lexer.next();
    if (!atEntryEnd(ctx)) return false;
  }
  if (ctx.length > MESSAGE_OCTETS_MAX)
    return failRdata(ctx, first, 'more than 65535 octets', 'RDATA_LENGTH');
  const reason = checkValues(ctx.type, ctx.out, 0, ctx.length);
  return reason === null || failRdata(ctx, first, reason);
}

/** Whether the next token is the word `\#`; if so it has been read. Looks closer only where it might be. */
function startsGeneric(ctx: RdataContext): boolean {
  const lexer = ctx.lexer;
  const octets = lexer.octets;
  let at = lexer.at;
  while (octets[at]! === 0x20 || octets[at]! === 0x09) at++;
  lexer.at = at;
  const octet = octets[at]!;
  if (octet !== BACKSLASH && octet !== 0x28 && octet !== 0x3b && octet !== 0x0a) return false;
  return peekGeneric(ctx);
}

// === end of hot path

/** Reads one token; puts the lexer back where it was unless it is `\#`. */
function peekGeneric(ctx: RdataContext): boolean {
  const lexer = ctx.lexer;
  const { at, depth, openAt, octets } = lexer;
  const kind = lexer.next();
  const { start, stop } = lexer;
  const hash = stop - start === 2 && octets[start] === BACKSLASH && octets[start + 1] === 0x23;
  if (kind === TOKEN_WORD && hash) return true;
  lexer.at = at;
  lexer.depth = depth;
  lexer.openAt = openAt;
  lexer.kind = TOKEN_WORD;
  return false;
}

/** `\#`, a length, and that many octets in hexadecimal (RFC 3597 §5). */
function parseGeneric(ctx: RdataContext): boolean {
  const { start } = ctx.lexer;
  const length = nextNumber(ctx, MESSAGE_OCTETS_MAX);
  if (length < 0 || !parseHexEmpty(ctx)) return false;
  if (ctx.length !== length) {
    return failRdata(
      ctx,
      start,
      `${ctx.length} octets where ${length} are announced`,
      'RDATA_LENGTH',
    );
  }
  const reason = checkRdata(ctx.type, ctx.out, 0, ctx.length);
  return reason === null || failRdata(ctx, start, reason);
}

function failUntyped(ctx: RdataContext): false {
  ctx.lexer.next();
  return failField(ctx, 'RDATA_VALUE', 'only the form \\# of RFC 3597 is possible');
}

/** Reports a problem of the RDATA as a whole at its first octet. */
function failRdata(
  ctx: RdataContext,
  start: number,
  reason: string,
  code: 'RDATA_VALUE' | 'RDATA_LENGTH' = 'RDATA_VALUE',
): false {
  ctx.lexer.start = start;
  ctx.lexer.stop = start + 1;
  return failField(ctx, code, reason);
}
