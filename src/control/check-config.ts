/**
 * `hotzone serve --check-config`: reads settings and named.conf as a start would, tells all that is wrong, and starts
 * nothing. Must not know: the command line, how settings are read.
 */
import { errorText } from '../base/errors.js';
import { type Problem, problemLine } from '../base/problem.js';
import { readNamedConf } from '../config/named-conf.js';
import { gapTexts } from '../load/named-gaps.js';
import { counted } from '../load/zone-log.js';
import type { ServeOptions } from './serve.js';

/** Kept of a check: whoever asks wants all of them. */
const PROBLEMS_SHOWN_MAX = 10_000;

/**
 * @param settingProblems what reading the settings has found
 * @param write takes text for people
 * @returns whether the server would start with all that it was told
 */
export function checkConfig(
  options: ServeOptions,
  settingProblems: readonly Problem[],
  write: (text: string) => void,
): boolean {
  for (const problem of settingProblems) write(`${problemLine(problem)}\n`);
  const { bindConfig } = options;
  const conf = bindConfig === null ? null : readNamedConf(bindConfig, PROBLEMS_SHOWN_MAX);
  for (const problem of conf?.problems ?? []) write(`${problemLine(problem)}\n`);
  const gaps = conf === null ? [] : gapTexts(conf);
  for (const gap of gaps) write(`${bindConfig}: warning: ${gap}\n`);
  let errors = (conf?.errorCount ?? 0) + settingProblems.filter(isError).length;
  try {
    options.answering(conf);
  } catch (error) {
    write(`error: ${errorText(error)}\n`);
    errors++;
  }
  const own = settingProblems.length - settingProblems.filter(isError).length;
  const warnings = (conf?.warningCount ?? 0) + gaps.length + own;
  const zones = conf === null ? '' : `${counted(conf.zones.length, 'zone')}, `;
  write(`${zones}${counted(errors, 'error')}, ${counted(warnings, 'warning')}\n`);
  return errors === 0;
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}
