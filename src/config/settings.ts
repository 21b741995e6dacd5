/**
 * The settings of a running server, and how they come about: defaults, then files, then the environment, then flags
 * of the command line; the later one counts. Never throws: what is wrong is a problem, and the setting keeps the value
 * that it had. Must not know: what the settings do.
 */
import { assert } from '../base/errors.js';
import { type Problem, ProblemList } from '../base/problem.js';
import { currentConfig } from './current-config.js';
import type { Environment } from './default-folders.js';
import { idleReason, type LaunchedSource, launchedSources } from './launched-sources.js';
import {
  type FlagName,
  type ListName,
  type NumberName,
  SETTINGS,
  type SettingName,
  settingRows,
  type TextName,
  type TextOf,
} from './options.js';
import { placeOutside, type SettingEntry } from './pdns-conf.js';
import { type FileEntries, mainFileOf, readSettingFiles } from './setting-files.js';
import { environmentEntries, flagEntries } from './setting-layers.js';
import { instanceRows, isSettingName, writtenName } from './setting-names.js';
import { type HeldValue, SettingReader } from './setting-reader.js';
import type { SettingRow } from './setting-row.js';
import { defaultValue, type SettingValue, scanValue } from './setting-values.js';

const DEFAULT = 'default';

/** The value of every setting. */
export class Settings {
  /** By name as it is written; of instances only what was given. */
  private readonly held: Map<string, HeldValue>;
  private readonly environment: Environment;

  /** @param given what is not left at its default, by name as it is written. */
  constructor(given: ReadonlyMap<string, HeldValue>, environment: Environment) {
    this.environment = environment;
    this.held = new Map<string, HeldValue>(
      settingRows().map((row) => [
        row.name,
        { value: defaultValue(row, environment), origin: DEFAULT },
      ]),
    );
    for (const [name, value] of given) this.held.set(name, value);
  }

  /** @param instance of the source that the setting is about: what it was not given itself, it has from the others. */
  flag(name: FlagName, instance = ''): boolean {
    const value = this.value(name, instance);
    assert(typeof value === 'boolean', `${name} is a flag`);
    return value;
  }

  /** @param instance as in `flag` */
  number(name: NumberName, instance = ''): number {
    const value = this.value(name, instance);
    assert(typeof value === 'number', `${name} is a number`);
    return value;
  }

  /** @param instance as in `flag` */
  text<Name extends TextName>(name: Name, instance = ''): TextOf<Name> {
    const value = this.value(name, instance);
    assert(typeof value === 'string', `${name} is a text`);
    return value as TextOf<Name>;
  }

  list(name: ListName): readonly string[] {
    const value = this.value(name, '');
    assert(typeof value === 'object', `${name} is a list`);
    return value;
  }

  /** The sources of zones besides zones-dir. */
  launched(): readonly LaunchedSource[] {
    return launchedSources(this.list('launch'));
  }

  /** Whether launch has this item. */
  launches(item: string): boolean {
    return this.list('launch').includes(item);
  }

  /** Whether somebody has given it, be it with the value of the default. */
  isSet(name: SettingName): boolean {
    return this.origin(name) !== DEFAULT;
  }

  /** `default`, `FILE:LINE`, `--FLAG`, the name of a variable, or `set at run time`. */
  origin(name: SettingName): string {
    return this.holding(name, '').origin;
  }

  /** Changes a setting that may change at run time. Returns false for any other, and for what is no value of it. */
  set(name: string, text: string): boolean {
    if (!isSettingName(name)) return false;
    const row: SettingRow = SETTINGS[name];
    if (row.atRunTime !== true) return false;
    const scanned = scanValue(row, text, this.environment);
    if ('fault' in scanned) return false;
    this.held.set(name, { value: scanned.value, origin: 'set at run time' });
    return true;
  }

  /** All settings as a settings file, or only those that were given. Secrets are not shown. */
  currentConfig(changedOnly: boolean): string {
    const plain = settingRows().map((row) => ({ row, instance: '' }));
    const own = this.launched()
      .filter(({ instance }) => instance !== '')
      .flatMap(({ kind, instance }) => instanceRows(kind).map((row) => ({ row, instance })));
    const shown = [...plain, ...own].map(({ row, instance }) => {
      const name = writtenName(row.name, instance);
      const changed = (this.held.get(name)?.origin ?? DEFAULT) !== DEFAULT;
      return { name, row, value: this.value(row.name, instance), changed };
    });
    return currentConfig(shown, changedOnly);
  }

  private value(name: SettingName, instance: string): SettingValue {
    return this.holding(name, instance).value;
  }

  private holding(name: SettingName, instance: string): HeldValue {
    const held = this.held.get(writtenName(name, instance)) ?? this.held.get(name);
    assert(held !== undefined, `${name} has a value`);
    return held;
  }
}

export type SettingsRead = {
  readonly settings: Settings;
  readonly problems: readonly Problem[];
  /** Of the problems; the server should not start unless it is 0. */
  readonly errorCount: number;
  /** The settings files, in the order in which they were read. */
  readonly files: readonly string[];
};

/**
 * Reads all settings.
 * @param input.flags by name without hyphens, only those given; an empty text is a flag without a value
 */
export function readSettings(input: {
  readonly flags: ReadonlyMap<string, string>;
  readonly environment: Environment;
}): SettingsRead {
  const { environment } = input;
  const problems = new ProblemList();
  const outside = [environmentEntries(environment), flagEntries(input.flags)];
  const { entries, files } = readFilesNamedBy(outside, environment, problems);
  const reader = new SettingReader(environment, problems);
  reader.ignoreUnknown([...entries, ...outside.flat()]);
  reader.takeAll(entries.filter((entry) => !isMisplaced(entry, problems)));
  for (const layer of outside) reader.takeAll(layer);
  const settings = new Settings(reader.given, environment);
  for (const { name, at } of [...entries, ...outside.flat()]) {
    const reason = idleReason(name, settings.list('launch'));
    if (reason !== null) problems.add('SETTING_IGNORED', at, `${name} has no effect: ${reason}`);
  }
  return {
    settings,
    problems: problems.items,
    errorCount: problems.errorCount,
    files,
  };
}

/** Environment and command line are read first to know the files; what is wrong with them is said later. */
function readFilesNamedBy(
  outside: readonly (readonly SettingEntry[])[],
  environment: Environment,
  problems: ProblemList,
): FileEntries {
  const reader = new SettingReader(environment, new ProblemList());
  for (const layer of outside) reader.takeAll(layer);
  const settings = new Settings(reader.given, environment);
  const at = placeOutside(settings.origin('include-dir'));
  const includeDir = settings.isSet('include-dir')
    ? { path: settings.text('include-dir'), at }
    : null;
  if (settings.isSet('config-dir') || settings.isSet('config-name')) {
    const main = mainFileOf(settings.text('config-dir'), settings.text('config-name'));
    return readSettingFiles(main, includeDir, problems);
  }
  if (includeDir !== null) {
    const what = 'include-dir has no effect without config-dir or config-name';
    problems.add('SETTING_IGNORED', at, what);
  }
  return { entries: [], files: [] };
}

/** Settings that say which files are read cannot be in one of them. */
function isMisplaced(entry: SettingEntry, problems: ProblemList): boolean {
  const row: SettingRow | null = isSettingName(entry.name) ? SETTINGS[entry.name] : null;
  if (row?.startOnly !== true) return false;
  const what = `${entry.name} counts on the command line and in the environment only`;
  problems.add('SETTING_IGNORED', entry.at, what);
  return true;
}
