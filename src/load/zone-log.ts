/**
 * The log lines about zones: event names, fields and sentences. Must not know: how a zone is loaded or served.
 */
import { LOGGED_PROBLEMS_MAX } from '../base/limits.js';
import type { Log } from '../base/log.js';
import { type Problem, problemLine } from '../base/problem.js';
import { serialGrows } from '../wire/serial.js';
import { type Zone, zoneFields, zoneText } from './zone.js';
import type { Outcome } from './zone-set.js';

/**
 * Says what became of a load. A rejection that repeats the last one is not said again.
 * @param quietly whether a success without warnings is not worth a line
 */
export function logOutcome(
  log: Log,
  zone: Zone,
  outcome: Outcome,
  durationMs: number,
  quietly: boolean,
): void {
  if (outcome.kind === 'unchanged') {
    log.debug('zone.unchanged', zoneFields(zone), `${zoneText(zone)}: content unchanged`);
  } else if (outcome.kind === 'published') {
    const isQuiet = quietly && zone.warningCount === 0;
    // A line that nobody reads would cost as much as all else that is done here for a small zone.
    if (isQuiet && !log.debugging) return;
    logPublished(log, zone, outcome.formerSerial, durationMs, isQuiet ? 'debug' : 'info');
  } else if (outcome.again) {
    log.debug('zone.rejected', zoneFields(zone), `${zoneText(zone)}: still rejected`);
  } else {
    logRejected(log, zone);
  }
}

function logPublished(
  log: Log,
  zone: Zone,
  former: number | null,
  durationMs: number,
  level: 'debug' | 'info',
): void {
  const { serial, recordCount } = zone;
  const fields = { ...zoneFields(zone), serial, records: recordCount, ms: Math.round(durationMs) };
  const was = former === null ? '' : ` (was ${former})`;
  log[level](
    'zone.loaded',
    fields,
    `${zoneText(zone)}: serial ${serial}${was}, ${recordCount} records, ${fields.ms} ms`,
  );
  if (former !== null && !serialGrows(former, serial)) {
    log.warn(
      'zone.serial',
      { ...fields, former },
      `${zoneText(zone)}: new content, but the serial went from ${former} to ${serial}: secondaries will not follow`,
    );
  }
  logProblems(log, zone);
}

function logRejected(log: Log, zone: Zone): void {
  const { errorCount, state } = zone;
  const served =
    state === 'stale'
      ? `serial ${zone.serial} keeps being served`
      : 'it has never loaded (SERVFAIL)';
  const duplicate = zone.problems[0]?.code === 'ZONE_DUPLICATE';
  log.error(
    'zone.rejected',
    { ...zoneFields(zone), errors: errorCount, state },
    `${zoneText(zone)}: rejected with ${counted(errorCount, 'error')}${duplicate ? '' : `, ${served}`}`,
  );
  logProblems(log, zone);
}

function logProblems(log: Log, zone: Zone): void {
  // the serial has a line of its own
  const problems = zone.problems.filter(({ code }) => code !== 'SERIAL_NOT_RAISED');
  const errorsFirst = problems.sort((a, b) => rank(a) - rank(b));
  const shown = errorsFirst.slice(0, LOGGED_PROBLEMS_MAX);
  for (const problem of shown) logProblem(log, zone, problem);
  const told = shown.length + zone.problems.length - problems.length;
  const more = zone.errorCount + zone.warningCount - told;
  if (more > 0) {
    log.warn(
      'zone.problems',
      { ...zoneFields(zone), more },
      `${zone.path}: ${more} more, see hotzone check ${zone.path}`,
    );
  }
}

function logProblem(log: Log, zone: Zone, problem: Problem): void {
  const { line, column, code } = problem;
  const fields = { ...zoneFields(zone), file: problem.file, line, column, code };
  const text = problemLine(problem);
  if (problem.severity === 'error') log.error('zone.problem', fields, text);
  else log.warn('zone.problem', fields, text);
}

function rank(problem: Problem): number {
  return problem.severity === 'error' ? 0 : 1;
}

/** `1 error`, `2 errors`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
