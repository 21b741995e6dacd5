/**
 * What hotzone finds in a signed zone of lines, as `hotzone check` looks for it.
 */
import type { Problem } from '../../src/base/problem.js';
import type { ProblemCode } from '../../src/base/problem-codes.js';
import { validateZone } from '../../src/load/validate-zone.js';
import { APEX, NOW_SECONDS } from './signed-zones.js';
import { readText } from './zones.js';

/** All problems of a text, signatures verified. */
export async function validateText(text: string, nowSeconds = NOW_SECONDS): Promise<Problem[]> {
  const read = readText(APEX, text, { validate: true });
  const options = { signatures: true, nowSeconds, warningDays: 3 };
  await validateZone(read, options, { done: 0, total: 0 });
  return read.problems.items;
}

/** The codes of all problems, each once, in alphabetical order. */
export async function validateLines(lines: readonly string[]): Promise<ProblemCode[]> {
  const problems = await validateText(`${lines.join('\n')}\n`);
  return [...new Set(problems.map(({ code }) => code))].sort();
}
