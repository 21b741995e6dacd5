/**
 * Checks of a signed zone's keys (RFC 4034 §2.1). Must not know: signatures, chains.
 */
import { algorithmText, isSupported } from './algorithms.js';
import type { SignedZone } from './signed-zone.js';
import type { ZoneKey } from './zone-keys.js';

export function checkKeys({ keys, report }: SignedZone): void {
  for (const key of keys.all) {
    if (!key.isZoneKey) {
      report.report('DNSSEC_KEY_UNUSABLE', key.record, () => {
        return `${keyText(key)} may not sign the zone: its flags or its protocol forbid it`;
      });
    } else if (!isSupported(key.algorithm)) {
      report.report('DNSSEC_ALGORITHM_UNSUPPORTED', key.record, () => {
        return `${keyText(key)} has an algorithm whose signatures cannot be checked here`;
      });
    }
  }
}

/** Whether the octets of each key are one of its algorithm. */
export function checkKeyObjects({ keys, report }: SignedZone): void {
  for (const key of keys.all) {
    if (!key.isZoneKey || !isSupported(key.algorithm) || keys.object(key) !== null) continue;
    report.report('DNSSEC_KEY_UNUSABLE', key.record, () => {
      return `${keyText(key)} is not a public key of that algorithm`;
    });
  }
}

/** `key 12345 (ECDSAP256SHA256)`. */
export function keyText({ tag, algorithm }: Pick<ZoneKey, 'tag' | 'algorithm'>): string {
  return `key ${tag} (${algorithmText(algorithm)})`;
}
