/**
 * The table of problem codes: one row each, with BIND's choice of error or warning. Codes are stable: users grep for
 * them and suppress by them. docs/ERRORS.md is generated from this table. Must not know: where a code is used.
 */
import { CONFIG_CODES } from './config-codes.js';
import { DNSSEC_CODES } from './dnssec-codes.js';
import type { ProblemRow } from './problem-row.js';

export const PROBLEM_CODES = {
  // --- files
  FILE_UNREADABLE: { severity: 'error', help: 'the file cannot be opened or read' },
  FILE_TOO_LARGE: { severity: 'error', help: 'the file is larger than one zone file may be' },
  FILE_CHANGED: { severity: 'error', help: 'the file changed while it was being read' },
  FILES_TOO_MANY: { severity: 'error', help: 'the zone is made of more files than are supported' },
  FILES_NONE: { severity: 'warning', help: 'the directory holds no zone file' },
  FINAL_NEWLINE_MISSING: {
    severity: 'warning',
    help: 'the last line has no newline: the file may have been cut short',
  },
  ZONE_DUPLICATE: { severity: 'error', help: 'another file defines the same zone and keeps it' },
  SERIAL_NOT_RAISED: { severity: 'warning', help: 'new content without a greater serial' },
  LOADER_FAILED: { severity: 'error', help: 'the loader stopped while it was loading this zone' },
  SECONDARY_EDITED: {
    severity: 'warning',
    help: 'somebody has edited the file of a secondary zone: what the primary has is served',
  },
  SECONDARY_EXPIRED: {
    severity: 'error',
    help: 'no primary has confirmed the secondary zone for so long that it may not be served',
  },
  // --- signing
  KEY_UNREADABLE: { severity: 'error', help: 'a key file of the zone cannot be read or used' },
  KEY_EXPOSED: { severity: 'warning', help: 'others than its owner may read a private key' },
  KEY_MISSING: { severity: 'error', help: 'the zone is to be signed and has no key that could' },
  ZONE_PRESIGNED: {
    severity: 'warning',
    help: 'the file is signed already: its signatures and chain are replaced by those made here',
  },
  PRESIGNED_KEYS: {
    severity: 'error',
    help: 'the file is signed by keys that are not here: signing it with others would break it',
  },
  SIGNATURES_UNKEPT: {
    severity: 'warning',
    help: 'signatures cannot be written to state-dir: the next load makes all of them anew',
  },
  TTL_ABOVE_POLICY: {
    severity: 'warning',
    help: 'a TTL is above max-zone-ttl of the policy: a rollover may be too fast for caches',
  },
  // --- tokens
  SYNTAX_PARENTHESIS: { severity: 'error', help: 'parentheses do not pair' },
  SYNTAX_QUOTE: {
    severity: 'error',
    spoils: 'record',
    help: 'a quoted string does not end on its line',
  },
  SYNTAX_QUOTED: {
    severity: 'error',
    spoils: 'record',
    help: 'a quoted string where a plain word is expected',
  },
  SYNTAX_ESCAPE: {
    severity: 'error',
    spoils: 'record',
    help: 'an escape is neither \\X nor \\DDD up to \\255',
  },
  SYNTAX_MISSING: {
    severity: 'error',
    spoils: 'record',
    help: 'the line ends where a field is expected',
  },
  SYNTAX_EXTRA: {
    severity: 'error',
    spoils: 'record',
    help: 'the line goes on after the last field',
  },
  // --- directives
  DIRECTIVE_UNKNOWN: { severity: 'error', help: 'no such directive' },
  INCLUDE_UNREADABLE: { severity: 'error', help: 'the included file cannot be read' },
  INCLUDE_CYCLE: { severity: 'error', help: 'the file includes itself, directly or not' },
  INCLUDE_DEPTH: { severity: 'error', help: 'includes are nested too deeply' },
  INCLUDE_OUTSIDE: {
    severity: 'error',
    help: "the included file is outside the zone's root directory",
  },
  GENERATE_RANGE: {
    severity: 'error',
    spoils: 'record',
    help: 'the range of $GENERATE is not start-stop[/step]',
  },
  GENERATE_TEMPLATE: {
    severity: 'error',
    spoils: 'record',
    help: 'a ${offset,width,base} of $GENERATE is wrong',
  },
  GENERATE_STEPS: {
    severity: 'error',
    spoils: 'record',
    help: '$GENERATE makes more records than are allowed',
  },
  // --- records
  OWNER_MISSING: {
    severity: 'error',
    spoils: 'record',
    help: 'no owner name, and none before it in the file that could be read',
  },
  NAME_INVALID: { severity: 'error', spoils: 'record', help: 'not a domain name' },
  NAME_TOO_LONG: {
    severity: 'error',
    spoils: 'record',
    help: 'a name of more than 255 octets, or a label of more than 63',
  },
  TTL_INVALID: { severity: 'error', spoils: 'record', help: 'not a TTL' },
  TTL_MISSING: {
    severity: 'error',
    spoils: 'record',
    help: 'no TTL on the record, none before it that could be read, and no $TTL',
  },
  TTL_DEFAULTED: { severity: 'warning', help: "no TTL given: the SOA's minimum is used" },
  TTL_TOO_LARGE: { severity: 'warning', help: 'a TTL above 2147483647 counts as 0 (RFC 2181 §8)' },
  CLASS_MISMATCH: {
    severity: 'error',
    spoils: 'record',
    help: "the record's class is not the zone's",
  },
  TYPE_UNKNOWN: { severity: 'error', spoils: 'record', help: 'no such RR type' },
  TYPE_META: {
    severity: 'error',
    spoils: 'record',
    help: 'a type of questions and messages, not of zones',
  },
  // --- rdata, by field
  RDATA_ADDRESS: { severity: 'error', spoils: 'record', help: 'not an address' },
  RDATA_NUMBER: { severity: 'error', spoils: 'record', help: 'not a number, or out of its range' },
  RDATA_PERIOD: { severity: 'error', spoils: 'record', help: 'not a period of time' },
  RDATA_TIME: {
    severity: 'error',
    spoils: 'record',
    help: 'not a time (YYYYMMDDHHmmSS or seconds)',
  },
  RDATA_STRING: {
    severity: 'error',
    spoils: 'record',
    help: 'not a character string of at most 255 octets',
  },
  RDATA_HEX: { severity: 'error', spoils: 'record', help: 'not hexadecimal' },
  RDATA_BASE32: { severity: 'error', spoils: 'record', help: 'not base32hex' },
  RDATA_BASE64: { severity: 'error', spoils: 'record', help: 'not base64' },
  RDATA_TYPE: { severity: 'error', spoils: 'record', help: 'not an RR type' },
  RDATA_ALGORITHM: { severity: 'error', spoils: 'record', help: 'no such algorithm' },
  RDATA_LOCATION: { severity: 'error', spoils: 'record', help: 'not a location (RFC 1876)' },
  RDATA_PARAMETER: {
    severity: 'error',
    spoils: 'record',
    help: 'a wrong service parameter (RFC 9460)',
  },
  RDATA_VALUE: {
    severity: 'error',
    spoils: 'record',
    help: 'a field has a value that its type does not allow',
  },
  RDATA_LENGTH: {
    severity: 'error',
    spoils: 'record',
    help: 'the octets of \\# do not fit the stated length, or the RDATA is too long',
  },
  // --- the zone as a whole
  SOA_MISSING: { severity: 'error', help: 'the zone has no SOA at its apex' },
  SOA_DUPLICATE: { severity: 'error', spoils: 'record', help: 'the zone has more than one SOA' },
  SOA_NOT_AT_APEX: { severity: 'error', spoils: 'record', help: 'an SOA below the apex' },
  NS_MISSING: { severity: 'error', help: 'the zone has no NS at its apex' },
  NS_ALIAS: {
    severity: 'error',
    spoils: 'nothing',
    help: 'a name server of the zone is a CNAME, or below a DNAME (RFC 2181 §10.3)',
  },
  NS_ADDRESS_MISSING: {
    severity: 'error',
    spoils: 'nothing',
    help: 'a name server of the zone is in the zone and has no address there',
  },
  NS_WILDCARD: {
    severity: 'error',
    spoils: 'record',
    help: 'a delegation at a wildcard (RFC 4592 §4.2)',
  },
  DELEGATION_ALIAS: {
    severity: 'warning',
    help: 'the name server of a delegation is a CNAME, or below a DNAME',
  },
  DELEGATION_ADDRESS_MISSING: {
    severity: 'warning',
    help: 'the name server of a delegation is in the zone and has no address there',
  },
  GLUE_MISSING: {
    severity: 'warning',
    help: 'the name server of a delegation is below a zone cut and the zone has no address for it',
  },
  OCCLUDED: {
    severity: 'warning',
    help: 'data that is never answered: a delegation or a DNAME hides it',
  },
  CNAME_OTHER_DATA: {
    severity: 'error',
    spoils: 'record',
    help: 'a CNAME and other data at one name (RFC 1034 §3.6.2)',
  },
  RRSET_NOT_SINGLE: {
    severity: 'error',
    spoils: 'record',
    help: 'more than one record of a type that allows one: CNAME, DNAME',
  },
  MX_ALIAS: {
    severity: 'warning',
    help: 'the target of an MX is a CNAME, or below a DNAME (RFC 2181 §10.3)',
  },
  MX_ADDRESS_MISSING: {
    severity: 'warning',
    help: 'the target of an MX is in the zone and has no address there',
  },
  SRV_ALIAS: {
    severity: 'warning',
    help: 'the target of an SRV is a CNAME, or below a DNAME (RFC 2782)',
  },
  SRV_ADDRESS_MISSING: {
    severity: 'warning',
    help: 'the target of an SRV is in the zone and has no address there',
  },
  TARGET_IS_ADDRESS: {
    severity: 'warning',
    help: 'an NS or MX names an address instead of a host',
  },
  HOSTNAME_OWNER: {
    severity: 'error',
    spoils: 'nothing',
    help: 'A, AAAA or MX at a name that is not a hostname (RFC 1123 §2.1)',
  },
  HOSTNAME_TARGET: {
    severity: 'error',
    spoils: 'nothing',
    help: 'a host or mailbox is named that can be none (RFC 1123 §2.1)',
  },
  WILDCARD_INSIDE: {
    severity: 'warning',
    help: 'a label * that is not the first matches only itself',
  },
  DS_AT_APEX: {
    severity: 'error',
    spoils: 'record',
    help: 'DS at the apex: it belongs into the parent zone (RFC 4035 §2.4)',
  },
  DS_WITHOUT_NS: {
    severity: 'warning',
    help: 'DS at a name that is no delegation (RFC 4035 §2.4)',
  },
  APEX_ONLY: { severity: 'warning', help: 'a type that means something at the apex only' },
  NSEC3PARAM_HASH: {
    severity: 'error',
    help: 'no NSEC3PARAM has a known hash algorithm (RFC 5155 §4.1.1)',
  },
  NSEC3_ITERATIONS: {
    severity: 'warning',
    help: 'more NSEC3 iterations than max-nsec3-iterations: no proofs are sent (RFC 9276 §3.2)',
  },
  SPF_WITHOUT_TXT: {
    severity: 'warning',
    help: 'an SPF record without a TXT that says the same (RFC 7208 §3.1)',
  },
  RRSET_LARGE: {
    severity: 'warning',
    help: 'an RRset of more records than BIND takes unless told otherwise',
  },
  OWNER_LARGE: {
    severity: 'warning',
    help: 'a name with more types than BIND takes unless told otherwise',
  },
  OUT_OF_ZONE: {
    severity: 'warning',
    help: 'the owner name is not in the zone; the record is left out',
  },
  RRSET_TOO_LARGE: { severity: 'error', help: 'the RRset has more records than are supported' },
  ZONE_TOO_LARGE: { severity: 'error', help: 'the zone does not fit an image' },
  DUPLICATE_RECORD: { severity: 'warning', help: 'the same record again; it is left out' },
  TTL_MISMATCH: {
    severity: 'warning',
    help: 'the TTLs of an RRset differ; the first counts (RFC 2181 §5.2)',
  },
  // --- signed zones, in a part of the table
  ...DNSSEC_CODES,
  // --- tinydns
  TINYDNS_LINE: { severity: 'error', spoils: 'record', help: 'no line of this dialect begins so' },
  TINYDNS_TYPE: { severity: 'error', spoils: 'record', help: 'a type that has lines of its own' },
  TINYDNS_TXT_EMPTY: { severity: 'error', spoils: 'record', help: 'a TXT without any string' },
  TINYDNS_ADDRESS: { severity: 'warning', help: 'no address; no address record is made' },
  TINYDNS_NAME_EMPTY: { severity: 'warning', help: 'an empty name counts as the root' },
  TINYDNS_NUMBER: { severity: 'warning', help: 'not a number: the default is used' },
  TINYDNS_RANGE: { severity: 'warning', help: 'too large for its field, loses upper bits' },
  TINYDNS_REST: { severity: 'warning', help: 'text after a value or the line is ignored' },
  TINYDNS_TIME: { severity: 'warning', help: 'not 16 lower-case hexadecimal digits' },
  TINYDNS_ESCAPE: { severity: 'warning', help: 'not up to three octal digits, 377 at most' },
  TINYDNS_CARRIAGE_RETURN: { severity: 'warning', help: 'CR LF: the CR is in the last field' },
  TINYDNS_WILDCARD: { severity: 'warning', help: 'not a zone, zone cut or host, but a wildcard' },
  TINYDNS_LOCATION_UNKNOWN: { severity: 'warning', help: 'no line defines the location' },
  TINYDNS_WILDCARD_PASSED: {
    severity: 'warning',
    help: 'a wildcard that reaches further in tinydns',
  },
  TINYDNS_ERRORS: { severity: 'error', help: 'too many errors to say which zones they are in' },
  TINYDNS_VARIANTS: { severity: 'error', help: 'a zone for too many locations' },
  TINYDNS_PREFIX: { severity: 'warning', help: 'a prefix that no client has, left out' },
  TINYDNS_PREFIX_INVALID: { severity: 'error', spoils: 'record', help: 'no address or prefix' },
  TINYDNS_PREFIX_TWICE: { severity: 'warning', help: 'an earlier line has the prefix and counts' },
  // --- tinydns's data.cdb, conversion, zones as JSON
  CDB_DAMAGED: { severity: 'error', help: 'not a constant database, or a damaged one' },
  CDB_ENTRY: { severity: 'error', spoils: 'record', help: 'no valid record, and no location' },
  CONVERT_TOO_LARGE: { severity: 'error', help: 'the output does not fit its format, or memory' },
  CONVERT_INEXPRESSIBLE: { severity: 'error', spoils: 'record', help: 'the format cannot say it' },
  CONVERT_NO_ZONE: { severity: 'error', spoils: 'record', help: 'no SOA at or above the owner' },
  CONVERT_ZONES: { severity: 'error', help: 'one file for several zones, or for none' },
  JSON_SYNTAX: { severity: 'error', help: 'not JSON (RFC 8259), or not a zone as JSON' },
  JSON_KEY: { severity: 'error', spoils: 'record', help: 'an unknown key, or the same one twice' },
  JSON_VALUE: { severity: 'error', spoils: 'record', help: 'a value of the wrong kind or form' },
  JSON_WORDS: { severity: 'warning', help: 'words without quotes are a character string each' },
  // --- configurations
  ...CONFIG_CODES,
} as const satisfies Record<string, ProblemRow>;

export type ProblemCode = keyof typeof PROBLEM_CODES;
