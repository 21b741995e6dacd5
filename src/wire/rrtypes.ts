/**
 * THE table of RR types: mnemonic, code, RDATA layout as a list of field kinds, and how the type behaves in answers.
 * A new type is one row here; a new kind of field is one row in each of parse/fields.ts (text to octets),
 * rdata-text.ts (octets to text) and rdata-check.ts (octets are valid). RFC 1035 §3.2.2, RFC 3597, IANA registry.
 * Must not know: text forms, zones, messages.
 */

// Kinds of RDATA fields. A kind is a value on the wire together with its presentation form.
/** 8-bit unsigned integer. */
export const FIELD_U8 = 1;
export const FIELD_U16 = 2;
export const FIELD_U32 = 3;
/** 32-bit count of seconds; text may use units (`1h30m`). Printed in seconds. */
export const FIELD_PERIOD = 4;
export const FIELD_IP4 = 5;
export const FIELD_IP6 = 6;
/** Uncompressed domain name; relative names are completed with the origin. */
export const FIELD_NAME = 7;
/** One character string: length octet and up to 255 octets (RFC 1035 §3.3). */
export const FIELD_STRING = 8;
/** One or more character strings up to the end. */
export const FIELD_STRINGS = 9;
/** Character string without length octet, to the end of the RDATA (CAA value, URI target). */
export const FIELD_TEXT = 10;
/** Octets to the end, in hexadecimal, blanks allowed between. */
export const FIELD_HEX = 11;
/** Octets to the end, in base64, blanks allowed between. */
export const FIELD_BASE64 = 12;
/** As FIELD_BASE64, and may be empty. */
export const FIELD_BASE64_EMPTY = 13;
/** Length octet and octets in hexadecimal, one word, `-` if empty (NSEC3 salt). */
export const FIELD_SALT = 14;
/** Length octet and octets in base32hex without padding (NSEC3 next hashed owner). */
export const FIELD_BASE32 = 15;
/** An RR type by mnemonic (RRSIG type covered). */
export const FIELD_TYPE = 16;
/** Type bitmap to the end, RFC 4034 §4.1.2; may be empty. */
export const FIELD_TYPES = 17;
/** 32-bit time, `YYYYMMDDHHmmSS` or seconds; printed in the former way (RFC 4034 §3.2). */
export const FIELD_TIME = 18;
/** 8-bit DNSSEC algorithm, number or mnemonic; printed as a number. Mnemonics are in mnemonics.ts. */
export const FIELD_ALGORITHM = 19;
/** 16-bit certificate type, number or mnemonic (CERT, RFC 4398 §2.1); printed as mnemonic where there is one. */
export const FIELD_CERT_TYPE = 20;
/** Six or eight octets as `xx-xx-…` (RFC 7043). */
export const FIELD_EUI48 = 21;
export const FIELD_EUI64 = 22;
/** 64 bits as four groups of hexadecimal digits with colons (NID, L64: RFC 6742). */
export const FIELD_LOCATOR64 = 23;
/** `0x` and hexadecimal digits, dots allowed (RFC 1706). */
export const FIELD_NSAP = 24;
/** LOC, RFC 1876. */
export const FIELD_LOC = 25;
/** APL items to the end, RFC 3123; may be empty. */
export const FIELD_APL = 26;
/** Service parameters to the end, RFC 9460 §2.1; sorted by key on the wire. */
export const FIELD_SVC_PARAMS = 27;
/** IPSECKEY: gateway type, algorithm, gateway (RFC 4025). The precedence is a FIELD_U8 before it. */
export const FIELD_IPSEC_GATEWAY = 28;
/** AMTRELAY: D bit, type, relay (RFC 8777). The precedence is a FIELD_U8 before it. */
export const FIELD_AMT_RELAY = 29;
/** HIP: lengths, algorithm, HIT, public key (RFC 8005); rendezvous servers follow as FIELD_NAMES. */
export const FIELD_HIP = 30;
/** Zero or more names to the end. */
export const FIELD_NAMES = 31;
/** Character string of a tag: letters and digits only, unquoted (CAA tag, RFC 8659 §4.1). */
export const FIELD_TAG = 32;
/** A character string that may be left out (ISDN subaddress). */
export const FIELD_STRING_OPTIONAL = 33;
/** As FIELD_TEXT, and must be quoted (URI target, RFC 7553 §4.4). */
export const FIELD_QUOTED = 34;
/** As FIELD_TYPES, and not empty (NSEC). */
export const FIELD_TYPES_SOME = 35;
/** Type bitmap of one window of at most 16 octets without header (NXT, RFC 2535 §5.2). */
export const FIELD_NXT_TYPES = 36;
/** As FIELD_BASE64_EMPTY, one word, `-` if empty (DOA). */
export const FIELD_BASE64_DASH = 37;
/** Protocol number and bitmap of ports (WKS, RFC 1035 §3.4.2). */
export const FIELD_WKS = 38;
/** 16-bit key flags, number or mnemonics joined by `|` (RFC 2535 §7.1). */
export const FIELD_KEY_FLAGS = 39;
/** 8-bit key protocol, number or mnemonic (RFC 2535 §7.1). */
export const FIELD_KEY_PROTOCOL = 40;
/** 8-bit digest type of a DS, number or mnemonic. */
export const FIELD_DIGEST_TYPE = 41;
/** 8-bit hash algorithm of NSEC3, number or mnemonic. */
export const FIELD_HASH = 42;
/** As FIELD_ALGORITHM, printed as mnemonic where there is one (CERT). */
export const FIELD_CERT_ALGORITHM = 43;
/** 8-bit scheme of DSYNC, number or mnemonic; printed as mnemonic where there is one (RFC 9859 §2.1). */
export const FIELD_DSYNC_SCHEME = 44;
/** One more than the greatest kind. */
export const FIELD_KINDS = 45;

export type FieldKind = number;

/** Which of a type's names the message writer may compress (RFC 3597 §4: only types of RFC 1035). */
export const COMPRESS_NONE = 0;
/** The RDATA is one name. */
export const COMPRESS_NAME = 1;
/** A 16-bit integer, then one name (MX). */
export const COMPRESS_U16_NAME = 2;
/** Two names, then the rest (SOA, MINFO). */
export const COMPRESS_TWO_NAMES = 3;

export type RrType = {
  readonly mnemonic: string;
  readonly code: number;
  /** Layout of the RDATA in order; `null`: no typed text form, `\#` only. */
  readonly fields: readonly FieldKind[] | null;
  /** One of COMPRESS_…. */
  readonly compress: number;
  /** Offset in the RDATA of the name whose addresses go into the additional section; -1 if there is none. */
  readonly target: number;
  /** A type of questions or messages (RFC 6895 §3.1): refused in zones. */
  readonly meta: boolean;
  /** An owner has at most one record of this type. */
  readonly single: boolean;
};

type RowOptions = Partial<Pick<RrType, 'compress' | 'target' | 'meta' | 'single'>>;

function row(
  mnemonic: string,
  code: number,
  fields: readonly FieldKind[] | null,
  options: RowOptions = {},
): RrType {
  return {
    mnemonic,
    code,
    fields,
    compress: options.compress ?? COMPRESS_NONE,
    target: options.target ?? -1,
    meta: options.meta ?? false,
    single: options.single ?? false,
  };
}

const DS_FIELDS = [FIELD_U16, FIELD_ALGORITHM, FIELD_DIGEST_TYPE, FIELD_HEX];
const KEY_FIELDS = [FIELD_KEY_FLAGS, FIELD_KEY_PROTOCOL, FIELD_ALGORITHM];
const SIG_FIELDS = [
  FIELD_TYPE,
  FIELD_ALGORITHM,
  FIELD_U8,
  FIELD_U32,
  FIELD_TIME,
  FIELD_TIME,
  FIELD_U16,
  FIELD_NAME,
  FIELD_BASE64,
];
const TLSA_FIELDS = [FIELD_U8, FIELD_U8, FIELD_U8, FIELD_HEX];
const SVCB_FIELDS = [FIELD_U16, FIELD_NAME, FIELD_SVC_PARAMS];

export const RR_TYPES: readonly RrType[] = [
  row('A', 1, [FIELD_IP4]),
  row('NS', 2, [FIELD_NAME], { compress: COMPRESS_NAME, target: 0 }),
  row('MD', 3, [FIELD_NAME], { compress: COMPRESS_NAME }),
  row('MF', 4, [FIELD_NAME], { compress: COMPRESS_NAME }),
  row('CNAME', 5, [FIELD_NAME], { compress: COMPRESS_NAME, single: true }),
  row(
    'SOA',
    6,
    [FIELD_NAME, FIELD_NAME, FIELD_U32, FIELD_PERIOD, FIELD_PERIOD, FIELD_PERIOD, FIELD_PERIOD],
    { compress: COMPRESS_TWO_NAMES, single: true },
  ),
  row('MB', 7, [FIELD_NAME], { compress: COMPRESS_NAME, target: 0 }),
  row('MG', 8, [FIELD_NAME], { compress: COMPRESS_NAME }),
  row('MR', 9, [FIELD_NAME], { compress: COMPRESS_NAME }),
  row('NULL', 10, null),
  row('WKS', 11, [FIELD_IP4, FIELD_WKS]),
  row('PTR', 12, [FIELD_NAME], { compress: COMPRESS_NAME }),
  row('HINFO', 13, [FIELD_STRING, FIELD_STRING]),
  row('MINFO', 14, [FIELD_NAME, FIELD_NAME], { compress: COMPRESS_TWO_NAMES }),
  row('MX', 15, [FIELD_U16, FIELD_NAME], { compress: COMPRESS_U16_NAME, target: 2 }),
  row('TXT', 16, [FIELD_STRINGS]),
  row('RP', 17, [FIELD_NAME, FIELD_NAME]),
  row('AFSDB', 18, [FIELD_U16, FIELD_NAME], { target: 2 }),
  row('X25', 19, [FIELD_STRING]),
  row('ISDN', 20, [FIELD_STRING, FIELD_STRING_OPTIONAL]),
  row('RT', 21, [FIELD_U16, FIELD_NAME], { target: 2 }),
  row('NSAP', 22, [FIELD_NSAP]),
  row('NSAP-PTR', 23, [FIELD_NAME]),
  row('SIG', 24, SIG_FIELDS),
  row('KEY', 25, [...KEY_FIELDS, FIELD_BASE64_EMPTY]),
  row('PX', 26, [FIELD_U16, FIELD_NAME, FIELD_NAME]),
  row('GPOS', 27, [FIELD_STRING, FIELD_STRING, FIELD_STRING]),
  row('AAAA', 28, [FIELD_IP6]),
  row('LOC', 29, [FIELD_LOC]),
  row('NXT', 30, [FIELD_NAME, FIELD_NXT_TYPES]),
  row('EID', 31, [FIELD_HEX]),
  row('NIMLOC', 32, [FIELD_HEX]),
  row('SRV', 33, [FIELD_U16, FIELD_U16, FIELD_U16, FIELD_NAME], { target: 6 }),
  row('ATMA', 34, null),
  row('NAPTR', 35, [FIELD_U16, FIELD_U16, FIELD_STRING, FIELD_STRING, FIELD_STRING, FIELD_NAME]),
  row('KX', 36, [FIELD_U16, FIELD_NAME], { target: 2 }),
  row('CERT', 37, [FIELD_CERT_TYPE, FIELD_U16, FIELD_CERT_ALGORITHM, FIELD_BASE64]),
  row('A6', 38, null),
  row('DNAME', 39, [FIELD_NAME], { single: true }),
  row('SINK', 40, [FIELD_U8, FIELD_U8, FIELD_U8, FIELD_BASE64_EMPTY]),
  row('OPT', 41, null, { meta: true }),
  row('APL', 42, [FIELD_APL]),
  row('DS', 43, DS_FIELDS),
  row('SSHFP', 44, [FIELD_U8, FIELD_U8, FIELD_HEX]),
  row('IPSECKEY', 45, [FIELD_U8, FIELD_IPSEC_GATEWAY, FIELD_BASE64]),
  row('RRSIG', 46, SIG_FIELDS),
  row('NSEC', 47, [FIELD_NAME, FIELD_TYPES_SOME]),
  row('DNSKEY', 48, [...KEY_FIELDS, FIELD_BASE64]),
  row('DHCID', 49, [FIELD_BASE64]),
  row('NSEC3', 50, [FIELD_HASH, FIELD_U8, FIELD_U16, FIELD_SALT, FIELD_BASE32, FIELD_TYPES]),
  row('NSEC3PARAM', 51, [FIELD_HASH, FIELD_U8, FIELD_U16, FIELD_SALT]),
  row('TLSA', 52, TLSA_FIELDS),
  row('SMIMEA', 53, TLSA_FIELDS),
  row('HIP', 55, [FIELD_HIP, FIELD_NAMES]),
  row('NINFO', 56, [FIELD_STRINGS]),
  row('RKEY', 57, [...KEY_FIELDS, FIELD_BASE64]),
  row('TALINK', 58, [FIELD_NAME, FIELD_NAME]),
  row('CDS', 59, DS_FIELDS),
  row('CDNSKEY', 60, [...KEY_FIELDS, FIELD_BASE64]),
  row('OPENPGPKEY', 61, [FIELD_BASE64]),
  row('CSYNC', 62, [FIELD_U32, FIELD_U16, FIELD_TYPES]),
  row('ZONEMD', 63, [FIELD_U32, FIELD_U8, FIELD_U8, FIELD_HEX]),
  row('SVCB', 64, SVCB_FIELDS, { target: 2 }),
  row('HTTPS', 65, SVCB_FIELDS, { target: 2 }),
  row('DSYNC', 66, [FIELD_TYPE, FIELD_DSYNC_SCHEME, FIELD_U16, FIELD_NAME]),
  row('SPF', 99, [FIELD_STRINGS]),
  row('UINFO', 100, null),
  row('UID', 101, null),
  row('GID', 102, null),
  row('UNSPEC', 103, null),
  row('NID', 104, [FIELD_U16, FIELD_LOCATOR64]),
  row('L32', 105, [FIELD_U16, FIELD_IP4]),
  row('L64', 106, [FIELD_U16, FIELD_LOCATOR64]),
  row('LP', 107, [FIELD_U16, FIELD_NAME], { target: 2 }),
  row('EUI48', 108, [FIELD_EUI48]),
  row('EUI64', 109, [FIELD_EUI64]),
  row('NXNAME', 128, null, { meta: true }),
  row('TKEY', 249, null, { meta: true }),
  row('TSIG', 250, null, { meta: true }),
  row('IXFR', 251, null, { meta: true }),
  row('AXFR', 252, null, { meta: true }),
  row('MAILB', 253, null, { meta: true }),
  row('MAILA', 254, null, { meta: true }),
  row('ANY', 255, null, { meta: true }),
  row('URI', 256, [FIELD_U16, FIELD_U16, FIELD_QUOTED]),
  row('CAA', 257, [FIELD_U8, FIELD_TAG, FIELD_TEXT]),
  row('AVC', 258, [FIELD_STRINGS]),
  row('DOA', 259, [FIELD_U32, FIELD_U32, FIELD_U8, FIELD_STRING, FIELD_BASE64_DASH]),
  row('AMTRELAY', 260, [FIELD_U8, FIELD_AMT_RELAY]),
  row('RESINFO', 261, [FIELD_STRINGS]),
  row('WALLET', 262, [FIELD_STRINGS]),
  row('TA', 32768, DS_FIELDS),
  row('DLV', 32769, DS_FIELDS),
];

// --- look-up by code and by mnemonic ------------------------------------------------------------------------

const BY_MNEMONIC = new Map<string, RrType>(RR_TYPES.map((type) => [type.mnemonic, type]));

/** Per code: how to compress and where the target is; dense so that the hot path needs no Map. */
export const TYPE_COMPRESS: Uint8Array = new Uint8Array(65536);
export const TYPE_TARGET: Int8Array = new Int8Array(65536).fill(-1);
/** Per code: index of the row in RR_TYPES; -1 for a type without row. */
const TYPE_ROW: Int16Array = new Int16Array(65536).fill(-1);
for (const [index, type] of RR_TYPES.entries()) {
  TYPE_ROW[type.code] = index;
  TYPE_COMPRESS[type.code] = type.compress;
  TYPE_TARGET[type.code] = type.target;
}

/** The row of a type, or `null` for a type that has none (RFC 3597). */
export function typeByCode(code: number): RrType | null {
  return RR_TYPES[TYPE_ROW[code]!] ?? null;
}

/** `TYPE65280` or the mnemonic. */
export function typeText(code: number): string {
  return typeByCode(code)?.mnemonic ?? `TYPE${code}`;
}

/** Code of a mnemonic or `TYPEnnn` in any case; -1 if it is neither. */
export function typeFromText(text: string): number {
  const upper = text.toUpperCase();
  const known = BY_MNEMONIC.get(upper);
  if (known !== undefined) return known.code;
  const digits = /^TYPE(\d{1,5})$/.exec(upper)?.[1];
  if (digits === undefined) return -1;
  const code = Number(digits);
  return code <= 65535 ? code : -1;
}

const SLOTS = 1024;
const SLOT_TYPE: Int32Array = new Int32Array(SLOTS).fill(-1);

function mnemonicHash(octets: Uint8Array, start: number, stop: number): number {
  let hash = stop - start;
  for (let i = start; i < stop; i++) hash = Math.imul(hash ^ (octets[i]! & 0xdf), 0x01000193);
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}

for (const [index, type] of RR_TYPES.entries()) {
  const octets = Buffer.from(type.mnemonic);
  let slot = mnemonicHash(octets, 0, octets.length);
  while (SLOT_TYPE[slot] !== -1) slot = (slot + 1) & (SLOTS - 1);
  SLOT_TYPE[slot] = index;
}

/** As `typeFromText`, on octets in place and without a string for known mnemonics. */
export function typeFromOctets(octets: Uint8Array, start: number, stop: number): number {
  let slot = mnemonicHash(octets, start, stop);
  for (;;) {
    const index = SLOT_TYPE[slot]!;
    if (index === -1) break;
    const type = RR_TYPES[index]!;
    if (sameMnemonic(type.mnemonic, octets, start, stop)) return type.code;
    slot = (slot + 1) & (SLOTS - 1);
  }
  if (stop - start < 5 || stop - start > 9) return -1;
  return typeFromText(Buffer.from(octets.subarray(start, stop)).toString('latin1'));
}

function sameMnemonic(mnemonic: string, octets: Uint8Array, start: number, stop: number): boolean {
  if (mnemonic.length !== stop - start) return false;
  for (let i = 0; i < mnemonic.length; i++) {
    const octet = octets[start + i]!;
    const upper = octet >= 97 && octet <= 122 ? octet - 32 : octet;
    if (upper !== mnemonic.charCodeAt(i)) return false;
  }
  return true;
}
