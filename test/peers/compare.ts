/**
 * Compares two servers' answers to the same question. Must not know: which of them is right.
 */
import type { Message } from './message.js';

export type CompareOptions = {
  /** Leave out the authority section of answers that have records in the answer section (`minimal-responses`). */
  readonly ignorePositiveAuthority?: boolean;
  /** Leave out additional sections, which are at the server's choice. */
  readonly ignoreAdditional?: boolean;
  /** Flags to compare. */
  readonly flags?: readonly string[];
};

const FLAGS = ['qr', 'aa', 'tc', 'rd'];

/**
 * Differences as text, one each; empty if there are none. Sections are compared as sets with counts: a record that is
 * there twice differs from the same record once. A truncated answer's sections are not compared.
 */
export function compareAnswers(
  ours: Message,
  theirs: Message,
  options: CompareOptions = {},
): string[] {
  const found: string[] = [];
  if (ours.rcode !== theirs.rcode) found.push(`rcode: ${ours.rcode} / ${theirs.rcode}`);
  for (const flag of options.flags ?? FLAGS) {
    const [our, their] = [ours.flags.includes(flag), theirs.flags.includes(flag)];
    if (our !== their) found.push(`${flag}: ${our} / ${their}`);
  }
  if (ours.question.join() !== theirs.question.join()) {
    found.push(`question: ${ours.question.join()} / ${theirs.question.join()}`);
  }
  if (ours.flags.includes('tc') || theirs.flags.includes('tc')) return found;
  found.push(...sectionDifferences('answer', ours.answer, theirs.answer));
  const positive = ours.answer.length > 0 && theirs.answer.length > 0;
  if (!(positive && options.ignorePositiveAuthority === true)) {
    found.push(...sectionDifferences('authority', ours.authority, theirs.authority));
  }
  if (options.ignoreAdditional !== true) {
    found.push(...sectionDifferences('additional', ours.additional, theirs.additional));
  }
  return found;
}

function sectionDifferences(
  name: string,
  ours: readonly string[],
  theirs: readonly string[],
): string[] {
  return [
    ...without(ours, theirs).map((record) => `${name}: only ours: ${record}`),
    ...without(theirs, ours).map((record) => `${name}: only theirs: ${record}`),
  ];
}

/** Records of `a` that are left when each record of `b` has taken one equal away. */
function without(a: readonly string[], b: readonly string[]): string[] {
  const left = [...b];
  return a.filter((record) => {
    const at = left.indexOf(record);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}
