/**
 * The ZONEMD record of a zone that is signed here (RFC 8976 §2.2, §3). Must not know: how a zone is digested, keys.
 */
import { writeU32 } from '../wire/octets.js';
import type { Zone } from '../zone/zone.js';
import { ZONEMD_SIMPLE, zoneDigests } from './zone-digest.js';

const DIGEST_AT = 6;
/** Octets of a digest by hash algorithm, RFC 8976 §5.3. */
const DIGEST_OCTETS: ReadonlyMap<number, number> = new Map([
  [1, 48],
  [2, 64],
]);

/** Octets of its RDATA; the hash algorithm must be one of RFC 8976. */
export function zonemdOctets(algorithm: number): number {
  return DIGEST_AT + (DIGEST_OCTETS.get(algorithm) ?? 0);
}

/** Its RDATA; what the zone has of this type does not count. */
export function zonemdRecord(zone: Zone, algorithm: number, serial: number): Uint8Array {
  const rdata = new Uint8Array(zonemdOctets(algorithm));
  writeU32(rdata, 0, serial);
  rdata[4] = ZONEMD_SIMPLE;
  rdata[5] = algorithm;
  const [digest] = zoneDigests(zone, [algorithm]);
  if (digest !== undefined) rdata.set(digest, DIGEST_AT);
  return rdata;
}
