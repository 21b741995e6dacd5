/**
 * The checks of signed zones, loaded with the first zone that they concern: a thread that has none to load would pay
 * for a score of modules at its start, as long as for a small zone directory. Must not know: the checks.
 */
import { createRequire } from 'node:module';
import type { ProblemList } from '../base/problem.js';
import type { checkSigned } from '../dnssec/check.js';
import type { soonestExpiry } from '../dnssec/signature-times.js';
import { TYPE_CDNSKEY, TYPE_CDS, TYPE_DNSKEY, TYPE_RRSIG, TYPE_ZONEMD } from '../wire/constants.js';
import type { Locate } from '../zone/builder.js';
import { findRrset, type Zone } from '../zone/zone.js';

/** Types of the apex that the checks look at. */
const APEX_TYPES: readonly number[] = [TYPE_DNSKEY, TYPE_CDS, TYPE_CDNSKEY, TYPE_ZONEMD];

// Modules at once and not later: a load has no place to wait in. Node has this from 20.19 on.
const load = createRequire(import.meta.url);
let checks: { readonly checkSigned: typeof checkSigned } | null = null;
let times: { readonly soonestExpiry: typeof soonestExpiry } | null = null;

/** Checks a zone that is signed, or has something at its apex that is made by signing. */
export function checkIfSigned(zone: Zone, problems: ProblemList, locate: Locate): void {
  const atApex = APEX_TYPES.some((type) => findRrset(zone, zone.apex, type) >= 0);
  if (!atApex && !hasSignatures(zone)) return;
  checks ??= load('../dnssec/check.js') as { checkSigned: typeof checkSigned };
  checks.checkSigned(zone, problems, locate);
}

/** Seconds since 1970 at which the first of a zone's signatures ends; 0 if it has none. */
export function signaturesEndOf(zone: Zone): number {
  if (!hasSignatures(zone)) return 0;
  times ??= load('../dnssec/signature-times.js') as { soonestExpiry: typeof soonestExpiry };
  return times.soonestExpiry(zone);
}

function hasSignatures({ rrsetType, rrsetCount }: Zone): boolean {
  return rrsetType.subarray(0, rrsetCount).includes(TYPE_RRSIG);
}
