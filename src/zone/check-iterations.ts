/**
 * Says of a chain of NSEC3 that it takes more hashing than the server is told to do: it is served, but what does not
 * exist is denied without it (RFC 9276 §3.2). Must not know: text formats, how names are hashed.
 */
import type { ProblemList } from '../base/problem.js';
import { TYPE_NSEC3PARAM } from '../wire/constants.js';
import { readU16 } from '../wire/octets.js';
import type { Locate } from './builder.js';
import { findRrset, type Zone } from './zone.js';

/** In the RDATA of NSEC3PARAM, RFC 5155 §4.2. */
const ITERATIONS_OFFSET = 2;

/** Reports each NSEC3PARAM record of the apex with more iterations than `max`. */
export function checkIterations(
  zone: Zone,
  max: number,
  problems: ProblemList,
  locate: Locate,
): void {
  const rrset = findRrset(zone, zone.apex, TYPE_NSEC3PARAM);
  if (rrset < 0) return;
  const end = zone.rrsetRecordFirst[rrset + 1]!;
  for (let record = zone.rrsetRecordFirst[rrset]!; record < end; record++) {
    const iterations = readU16(zone.rdata, zone.recordRdata[record]! + ITERATIONS_OFFSET);
    if (iterations <= max) continue;
    const place = locate(zone.recordFile[record]!, zone.recordPosition[record]!);
    const text = `NSEC3 with ${iterations} iterations, more than ${max}: denials go without proof`;
    problems.add('NSEC3_ITERATIONS', { ...place, length: 1 }, text);
  }
}
