/**
 * The settings files of an instance: pdns.conf or pdns-NAME.conf of the config-dir, then the *.conf files of its
 * include-dir. What cannot be read is a problem, and the others are read. Must not know: what the settings mean.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../base/errors.js';
import { SETTINGS_FILE_OCTETS_MAX, SETTINGS_FILES_MAX } from '../base/limits.js';
import type { ProblemList } from '../base/problem.js';
import { readSource } from '../base/source.js';
import { placeOutside, readPdnsConf, type SettingEntry, type SettingPlace } from './pdns-conf.js';

/** A folder and where it was named. */
type NamedFolder = { readonly path: string; readonly at: SettingPlace };

export type FileEntries = {
  /** In the order in which they count. */
  readonly entries: readonly SettingEntry[];
  /** What was read, or should have been. */
  readonly files: readonly string[];
};

const INCLUDE_DIR = 'include-dir';

/** @param includeDir what was named outside of the files; it counts instead of what they say. */
export function readSettingFiles(
  main: string,
  includeDir: NamedFolder | null,
  problems: ProblemList,
): FileEntries {
  const entries = readEntries(main, problems);
  const folder = includeDir ?? includeDirOf(entries);
  const files = folder === null ? [] : includedFiles(folder, problems);
  for (const file of files) {
    for (const entry of readEntries(file, problems)) {
      if (entry.name === INCLUDE_DIR) {
        problems.add('SETTING_IGNORED', entry.at, `${INCLUDE_DIR} counts in the main file only`);
      } else {
        entries.push(entry);
      }
    }
  }
  return { entries, files: [main, ...files] };
}

/** The main file of an instance; `name` is empty for the only one. */
export function mainFileOf(folder: string, name: string): string {
  return join(folder, name === '' ? 'pdns.conf' : `pdns-${name}.conf`);
}

function includeDirOf(entries: readonly SettingEntry[]): NamedFolder | null {
  const entry = entries.findLast(({ name }) => name === INCLUDE_DIR);
  return entry?.value ? { path: entry.value, at: entry.valueAt } : null;
}

/** Files that end in .conf and are not hidden, sorted without regard to letter case as PowerDNS sorts them. */
function includedFiles(folder: NamedFolder, problems: ProblemList): string[] {
  let names: string[];
  try {
    names = readdirSync(folder.path);
  } catch (error) {
    problems.add('SETTING_FILE', folder.at, `cannot read include-dir: ${errorText(error)}`);
    return [];
  }
  const confs = names.filter((name) => name.endsWith('.conf') && !name.startsWith('.'));
  if (confs.length > SETTINGS_FILES_MAX) {
    const what = `${confs.length} files are more than the ${SETTINGS_FILES_MAX} that are allowed`;
    problems.add('SETTING_FILE', folder.at, `include-dir ${folder.path}: ${what}`);
    return [];
  }
  const sorted = confs.map((name) => ({ name, key: name.toLowerCase() }));
  sorted.sort((a, b) => order(a.key, b.key) || order(a.name, b.name));
  return sorted.map(({ name }) => join(folder.path, name));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function readEntries(file: string, problems: ProblemList): SettingEntry[] {
  try {
    const stats = statSync(file);
    // Asked first, since opening a pipe waits for its writer.
    if (!stats.isFile()) throw new Error('not a regular file');
    if (stats.size > SETTINGS_FILE_OCTETS_MAX) {
      throw new Error(`larger than ${SETTINGS_FILE_OCTETS_MAX} octets`);
    }
    return readPdnsConf(readSource(file), problems);
  } catch (error) {
    problems.add('SETTING_FILE', placeOutside(file), `cannot read settings: ${errorText(error)}`);
    return [];
  }
}
