/**
 * Validates a zone as read: what `hotzone check` does beyond a load. Must not know: how findings are reported.
 */
import { type VerifyOptions, verifyZone } from '../dnssec/check.js';
import type { VerifyProgress } from '../dnssec/verify-signatures.js';
import { locator, type ReadZone } from './load-zone.js';

/**
 * Takes its time: signatures, hashes, digests, times. Problems are added to those of the zone.
 * @param progress counts signatures while they are verified
 */
export async function validateZone(
  { zone, problems, sources }: ReadZone,
  options: VerifyOptions,
  progress: VerifyProgress,
): Promise<void> {
  if (zone !== null) await verifyZone(zone, problems, locator(sources), options, progress);
}
