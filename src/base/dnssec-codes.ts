/**
 * The part of the table of problem codes that is about signed zones. Errors are what dnssec-verify refuses; where a
 * zone is served, they are warnings: BIND, NSD and Knot serve it, too. docs/DNSSEC.md has the differences.
 * Must not know: where a code is used.
 */
import type { ProblemRow } from './problem-row.js';

export const DNSSEC_CODES = {
  DNSSEC_KEYS_MISSING: {
    severity: 'error',
    spoils: 'validation',
    help: 'signatures, but no DNSKEY at the apex (RFC 4035 §2.1)',
  },
  DNSSEC_UNSIGNED: { severity: 'warning', help: 'DNSKEY at the apex, but no signatures' },
  DNSSEC_KEY_UNUSABLE: {
    severity: 'warning',
    help: 'a DNSKEY that cannot sign the zone: by its flags or protocol, or it is no key (RFC 4034 §2.1)',
  },
  DNSSEC_ALGORITHM_UNSUPPORTED: {
    severity: 'warning',
    help: 'a DNSKEY of an algorithm whose signatures cannot be checked',
  },
  DNSSEC_ALGORITHM_UNUSED: {
    severity: 'warning',
    help: 'a DNSKEY of an algorithm that does not sign the DNSKEY RRset (RFC 6840 §5.11)',
  },
  DNSSEC_ENTRY_UNSIGNED: {
    severity: 'error',
    spoils: 'validation',
    help: 'no key with the SEP flag signs the DNSKEY RRset, and there are such keys (RFC 4034 §2.1.1)',
  },
  DNSSEC_CDS_MISMATCH: {
    severity: 'warning',
    help: 'a CDS or CDNSKEY of no key in the zone, or without its like of the other type (RFC 7344 §4)',
  },
  DNSSEC_CDS_ALGORITHM: {
    severity: 'error',
    spoils: 'validation',
    help: 'a CDS or CDNSKEY of an algorithm that no DNSKEY of the zone has (RFC 7344 §4)',
  },
  DNSSEC_CDS_DELETE: {
    severity: 'error',
    spoils: 'validation',
    help: 'CDS or CDNSKEY records that ask to delete the DS RRset and others (RFC 8078 §4)',
  },
  DNSSEC_SIGNATURE_MISSING: {
    severity: 'error',
    spoils: 'validation',
    help: 'an RRset without a signature by a key of the zone and of each algorithm (RFC 4035 §2.2)',
  },
  DNSSEC_SIGNATURE_NEEDLESS: {
    severity: 'warning',
    help: 'a signature of nothing, of glue, or of the NS of a delegation (RFC 4035 §2.2)',
  },
  DNSSEC_SIGNATURE_KEYLESS: {
    severity: 'warning',
    help: 'a signature by a key that is not in the zone',
  },
  DNSSEC_SIGNATURE_FIELDS: {
    severity: 'error',
    spoils: 'validation',
    help: 'a signature with a wrong signer, TTL, number of labels or period (RFC 4035 §2.2, §5.3.1)',
  },
  DNSSEC_SIGNATURE_BOGUS: {
    severity: 'error',
    spoils: 'validation',
    help: 'a signature that is not one of its RRset by its key, and none by the algorithm is',
  },
  DNSSEC_SIGNATURE_SPARE: {
    severity: 'warning',
    help: 'a wrong signature beside one that is right (RFC 4035 §5.3.3: validators try all)',
  },
  DNSSEC_SIGNATURE_EXPIRED: { severity: 'warning', help: 'signatures have expired' },
  DNSSEC_SIGNATURE_EXPIRES: { severity: 'warning', help: 'signatures will soon expire' },
  DNSSEC_SIGNATURE_EARLY: { severity: 'warning', help: 'signatures are not valid yet' },
  DNSSEC_DENIAL_MISSING: {
    severity: 'error',
    spoils: 'validation',
    help: 'a signed zone without NSEC and NSEC3',
  },
  DNSSEC_DENIAL_TWICE: { severity: 'warning', help: 'a zone with both NSEC and NSEC3' },
  DNSSEC_NSEC_MISSING: {
    severity: 'error',
    spoils: 'validation',
    help: 'a name without NSEC (RFC 4035 §2.3)',
  },
  DNSSEC_NSEC_NEEDLESS: {
    severity: 'error',
    spoils: 'validation',
    help: 'an NSEC that is no part of the chain, or a second one (RFC 4035 §2.3)',
  },
  DNSSEC_NSEC_NEXT: {
    severity: 'error',
    spoils: 'validation',
    help: 'an NSEC that does not name the next name of the zone (RFC 4034 §4.1.1)',
  },
  DNSSEC_NSEC_TYPES: {
    severity: 'error',
    spoils: 'validation',
    help: 'an NSEC whose types are not those of its owner (RFC 4034 §4.1.2)',
  },
  DNSSEC_NSEC3_PARAMETERS: {
    severity: 'error',
    spoils: 'validation',
    help: 'NSEC3 without NSEC3PARAM of the same parameters, or the other way round (RFC 5155 §4)',
  },
  DNSSEC_NSEC3_ITERATIONS: {
    severity: 'warning',
    help: 'more iterations of NSEC3 than validators compute (RFC 9276 §3.2)',
  },
  DNSSEC_NSEC3_MISSING: {
    severity: 'error',
    spoils: 'validation',
    help: 'a name without NSEC3, and not left out by opt-out (RFC 5155 §7.1)',
  },
  DNSSEC_NSEC3_NEEDLESS: {
    severity: 'error',
    spoils: 'validation',
    help: 'an NSEC3 that stands for no name of the zone',
  },
  DNSSEC_NSEC3_NEXT: {
    severity: 'error',
    spoils: 'validation',
    help: 'an NSEC3 that does not name the next hash (RFC 5155 §3.1.7)',
  },
  DNSSEC_NSEC3_TYPES: {
    severity: 'error',
    spoils: 'validation',
    help: 'an NSEC3 whose types are not those of its name (RFC 5155 §3.1.8)',
  },
  ZONEMD_MISMATCH: {
    severity: 'error',
    spoils: 'validation',
    help: "a ZONEMD that is not the zone's digest (RFC 8976 §4)",
  },
  ZONEMD_SPARE: {
    severity: 'warning',
    help: "a ZONEMD that is not the zone's digest, beside one that is",
  },
  ZONEMD_SERIAL: {
    severity: 'error',
    spoils: 'validation',
    help: 'a ZONEMD of another serial than the SOA has (RFC 8976 §4)',
  },
  ZONEMD_UNSUPPORTED: {
    severity: 'warning',
    help: 'a ZONEMD of a scheme or hash that cannot be checked',
  },
} as const satisfies Record<string, ProblemRow>;
