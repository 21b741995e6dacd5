/**
 * The table of problem codes: one row each, with BIND's choice of error or warning. Codes are stable: users grep for
 * them and suppress by them. docs/ERRORS.md is generated from this table. Must not know: where a code is used.
 */

type Row = { readonly severity: 'error' | 'warning'; readonly help: string };

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
  LOADER_FAILED: { severity: 'error', help: 'the loader stopped while it was loading this zone' },
  // --- tokens
  SYNTAX_PARENTHESIS: { severity: 'error', help: 'parentheses do not pair' },
  SYNTAX_QUOTE: { severity: 'error', help: 'a quoted string does not end on its line' },
  SYNTAX_QUOTED: { severity: 'error', help: 'a quoted string where a plain word is expected' },
  SYNTAX_ESCAPE: { severity: 'error', help: 'an escape is neither \\X nor \\DDD up to \\255' },
  SYNTAX_MISSING: { severity: 'error', help: 'the line ends where a field is expected' },
  SYNTAX_EXTRA: { severity: 'error', help: 'the line goes on after the last field' },
  // --- directives
  DIRECTIVE_UNKNOWN: { severity: 'error', help: 'no such directive' },
  INCLUDE_UNREADABLE: { severity: 'error', help: 'the included file cannot be read' },
  INCLUDE_CYCLE: { severity: 'error', help: 'the file includes itself, directly or not' },
  INCLUDE_DEPTH: { severity: 'error', help: 'includes are nested too deeply' },
  INCLUDE_OUTSIDE: {
    severity: 'error',
    help: "the included file is outside the zone's root directory",
  },
  GENERATE_RANGE: { severity: 'error', help: 'the range of $GENERATE is not start-stop[/step]' },
  GENERATE_TEMPLATE: { severity: 'error', help: 'a ${offset,width,base} of $GENERATE is wrong' },
  GENERATE_STEPS: { severity: 'error', help: '$GENERATE makes more records than are allowed' },
  // --- records
  OWNER_MISSING: { severity: 'error', help: 'the first record of a file has no owner name' },
  NAME_INVALID: { severity: 'error', help: 'not a domain name' },
  NAME_TOO_LONG: {
    severity: 'error',
    help: 'a name of more than 255 octets, or a label of more than 63',
  },
  TTL_INVALID: { severity: 'error', help: 'not a TTL' },
  TTL_MISSING: { severity: 'error', help: 'no TTL on the record, none before it, and no $TTL' },
  TTL_DEFAULTED: { severity: 'warning', help: "no TTL given: the SOA's minimum is used" },
  TTL_TOO_LARGE: { severity: 'warning', help: 'a TTL above 2147483647 counts as 0 (RFC 2181 §8)' },
  CLASS_MISMATCH: { severity: 'error', help: "the record's class is not the zone's" },
  TYPE_UNKNOWN: { severity: 'error', help: 'no such RR type' },
  TYPE_META: { severity: 'error', help: 'a type of questions and messages, not of zones' },
  // --- rdata, by field
  RDATA_ADDRESS: { severity: 'error', help: 'not an address' },
  RDATA_NUMBER: { severity: 'error', help: 'not a number, or out of its range' },
  RDATA_PERIOD: { severity: 'error', help: 'not a period of time' },
  RDATA_TIME: { severity: 'error', help: 'not a time (YYYYMMDDHHmmSS or seconds)' },
  RDATA_STRING: { severity: 'error', help: 'not a character string of at most 255 octets' },
  RDATA_HEX: { severity: 'error', help: 'not hexadecimal' },
  RDATA_BASE32: { severity: 'error', help: 'not base32hex' },
  RDATA_BASE64: { severity: 'error', help: 'not base64' },
  RDATA_TYPE: { severity: 'error', help: 'not an RR type' },
  RDATA_ALGORITHM: { severity: 'error', help: 'no such algorithm' },
  RDATA_LOCATION: { severity: 'error', help: 'not a location (RFC 1876)' },
  RDATA_PARAMETER: { severity: 'error', help: 'a wrong service parameter (RFC 9460)' },
  RDATA_VALUE: { severity: 'error', help: 'a field has a value that its type does not allow' },
  RDATA_LENGTH: {
    severity: 'error',
    help: 'the octets of \\# do not fit the stated length, or the RDATA is too long',
  },
  // --- the zone as a whole
  SOA_MISSING: { severity: 'error', help: 'the zone has no SOA at its apex' },
  SOA_DUPLICATE: { severity: 'error', help: 'the zone has more than one SOA' },
  SOA_NOT_AT_APEX: { severity: 'error', help: 'an SOA below the apex' },
  NS_MISSING: { severity: 'error', help: 'the zone has no NS at its apex' },
  NS_ALIAS: {
    severity: 'error',
    help: 'a name server of the zone is a CNAME, or below a DNAME (RFC 2181 §10.3)',
  },
  NS_ADDRESS_MISSING: {
    severity: 'error',
    help: 'a name server of the zone is in the zone and has no address there',
  },
  NS_WILDCARD: { severity: 'error', help: 'a delegation at a wildcard (RFC 4592 §4.2)' },
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
    help: 'a CNAME and other data at one name (RFC 1034 §3.6.2)',
  },
  RRSET_NOT_SINGLE: {
    severity: 'error',
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
    help: 'A, AAAA or MX at a name that is not a hostname (RFC 1123 §2.1)',
  },
  HOSTNAME_TARGET: {
    severity: 'error',
    help: 'a host or mailbox is named that can be none (RFC 1123 §2.1)',
  },
  WILDCARD_INSIDE: {
    severity: 'warning',
    help: 'a label * that is not the first matches only itself',
  },
  DS_AT_APEX: {
    severity: 'error',
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
} as const satisfies Record<string, Row>;

export type ProblemCode = keyof typeof PROBLEM_CODES;
