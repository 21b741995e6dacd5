/**
 * `hotzone serve --check-config`: reads settings and named.conf as a start would, looks whether tinydns data are there,
 * tells all that is wrong, and starts nothing. Must not know: the command line, how settings are read.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { errorText } from '../base/errors.js';
import { type Problem, problemLine } from '../base/problem.js';
import { readNamedConf } from '../config/named-conf.js';
import type { NamedConf } from '../config/named-types.js';
import { gapTexts } from '../load/named-gaps.js';
import { counted } from '../load/zone-log.js';
import type { ServeOptions } from './serve.js';
import type { ServedData } from './serve-settings.js';

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
  for (const fault of [...answeringFaults(options, conf), ...dataFaults(options.dataSources)]) {
    write(`error: ${fault}\n`);
    errors++;
  }
  const own = settingProblems.length - settingProblems.filter(isError).length;
  const warnings = (conf?.warningCount ?? 0) + gaps.length + own;
  const zones = conf === null ? '' : `${counted(conf.zones.length, 'zone')}, `;
  write(`${zones}${counted(errors, 'error')}, ${counted(warnings, 'warning')}\n`);
  return errors === 0;
}

function answeringFaults(options: ServeOptions, conf: NamedConf | null): string[] {
  try {
    options.answering(conf);
    return [];
  } catch (error) {
    return [errorText(error)];
  }
}

function dataFaults(sources: readonly ServedData[]): string[] {
  return sources.flatMap(({ path, instance }) => {
    try {
      if (!statSync(path).isFile()) throw new Error('not a regular file');
      accessSync(path, constants.R_OK);
      return [];
    } catch (error) {
      const source = instance === '' ? 'tinydns' : `tinydns:${instance}`;
      return [`${source}: cannot read ${path}: ${errorText(error)}`];
    }
  });
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}
