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
  DIRECTIVE_ARGUMENT: { severity: 'error', help: 'the directive does not take this argument' },
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
