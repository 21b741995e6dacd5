/**
 * Semantic checks of a whole zone: THE table of rules, one row each, with BIND's choice of error or warning.
 * Must not know: text formats, how a zone is served.
 */
import type { ProblemList } from '../base/problem.js';
import type { Locate } from './builder.js';
import type { Zone } from './zone.js';

/** Applies every rule to a zone and reports what it finds. */
export function checkZone(_zone: Zone, _problems: ProblemList, _locate: Locate): void {}
