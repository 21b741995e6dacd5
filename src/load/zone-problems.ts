/**
 * Problems that only whoever knows all zones can see: a zone that another file holds, a serial that did not grow.
 * Must not know: what is served.
 */
import { fileProblem, type Problem } from '../base/problem.js';
import { apexText, type Zone } from './zone.js';

/** RFC 1982 §3.2: secondaries take a version only if its serial is greater. */
export function serialProblem(file: string, former: number, serial: number): Problem {
  return fileProblem(
    'SERIAL_NOT_RAISED',
    'warning',
    file,
    `new content, but the serial went from ${former} to ${serial}: secondaries will not follow`,
  );
}

/** @param holder the zone that keeps the apex */
export function duplicateProblem(zone: Zone, holder: Zone, apex: Uint8Array): Problem {
  return fileProblem(
    'ZONE_DUPLICATE',
    'error',
    zone.path,
    `${apexText(apex).toLowerCase()} is already defined by ${holder.path}, which is kept`,
  );
}

/** Whether two attempts have found the same. */
export function sameProblems(a: readonly Problem[], b: readonly Problem[]): boolean {
  return (
    a.length === b.length &&
    a.every((problem, i) => problem.text === b[i]?.text && problem.line === b[i]?.line)
  );
}
