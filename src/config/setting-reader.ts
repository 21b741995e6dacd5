/**
 * Entries of files, environment and command line to values of settings, and what is wrong with them. A setting that
 * is wrong keeps the value that it had. Must not know: where entries come from, and which layer comes first.
 */
import type { ProblemList } from '../base/problem.js';
import type { Environment } from './default-folders.js';
import { SETTINGS } from './options.js';
import { placeText, type SettingEntry, type SettingPlace } from './pdns-conf.js';
import { reasonWithoutEffect } from './pdns-settings.js';
import {
  type MeantSetting,
  meantSetting,
  nearestSetting,
  renamedSetting,
  writtenName,
} from './setting-names.js';
import type { SettingRow } from './setting-row.js';
import {
  defaultValue,
  quoted,
  type SettingValue,
  scanValue,
  translated,
} from './setting-values.js';

/** A value, and where it comes from. */
export type HeldValue = { readonly value: SettingValue; readonly origin: string };

/** Takes entries layer by layer; the last one of a setting counts. */
export class SettingReader {
  /** By name as it is written, so that each instance has its own. */
  readonly given = new Map<string, HeldValue>();
  private readonly ignored = new Set<string>();
  private readonly environment: Environment;
  private readonly problems: ProblemList;

  constructor(environment: Environment, problems: ProblemList) {
    this.environment = environment;
    this.problems = problems;
  }

  /** Names that are no error if they are unknown, wherever that is said. */
  ignoreUnknown(entries: readonly SettingEntry[]): void {
    for (const { name, value } of entries) {
      if (name !== 'ignore-unknown-settings') continue;
      for (const item of (value ?? '').split(/[\s,]+/)) this.ignored.add(item);
    }
  }

  /** One layer: within it, a setting given twice is worth a warning. */
  takeAll(entries: readonly SettingEntry[]): void {
    const seen = new Map<string, SettingPlace>();
    for (const entry of entries) {
      const name = this.take(entry);
      if (name === null) continue;
      const before = seen.get(name);
      if (before !== undefined && !entry.append) {
        const what = `${name} counts as given here, not as in ${placeText(before)}`;
        this.problems.add('SETTING_TWICE', entry.at, what);
      }
      seen.set(name, entry.at);
    }
  }

  /** Returns the setting that it was, as it is written, or `null` for none. */
  private take(entry: SettingEntry): string | null {
    const meant = meantSetting(entry.name);
    if (meant !== null) return this.assign(meant, entry, entry.value);
    const renamed = renamedSetting(entry.name);
    if (renamed === null) {
      this.explain(entry);
      return null;
    }
    const { name, former } = renamed;
    const { values } = former;
    const text = values === undefined ? entry.value : translated(values, entry.value ?? '');
    const same = text === entry.value;
    const what = same ? `is called ${name} here` : `is read as ${name}=${text}`;
    this.problems.add('SETTING_RENAMED', entry.at, `${entry.name} ${what}`);
    return this.assign({ name, instance: '' }, entry, text);
  }

  /** Returns the setting as it is written. */
  private assign(meant: MeantSetting, entry: SettingEntry, text: string | null): string {
    const name = writtenName(meant.name, meant.instance);
    const row: SettingRow = SETTINGS[meant.name];
    if (text === null && row.kind !== 'flag') {
      this.problems.add('SETTING_SYNTAX', entry.at, `${name} needs a value: want ${name}=…`);
      return name;
    }
    if (entry.append && row.kind !== 'list') {
      const what = `+= is for lists, and ${name} is none: want ${name}=…`;
      this.problems.add('SETTING_SYNTAX', entry.at, what);
      return name;
    }
    const scanned = scanValue(row, text ?? '', this.environment);
    if ('fault' in scanned) {
      this.problems.add('SETTING_VALUE', entry.valueAt, `${name}: ${scanned.fault}`);
      return name;
    }
    const before = this.given.get(name)?.value ?? defaultValue(row, this.environment);
    const value =
      entry.append && typeof before === 'object' && typeof scanned.value === 'object'
        ? [...before, ...scanned.value]
        : scanned.value;
    const twice = row.kind === 'list' && row.distinct === true ? repeatedItem(value) : null;
    if (twice !== null) {
      this.problems.add('SETTING_VALUE', entry.valueAt, `${name}: ${twice} stands there twice`);
      return name;
    }
    this.given.set(name, { value, origin: placeText(entry.at) });
    return name;
  }

  /** Says of a name that is no setting why not. */
  private explain({ name, at }: SettingEntry): void {
    const reason = reasonWithoutEffect(name);
    if (reason !== null) {
      this.problems.add('SETTING_IGNORED', at, `${name} has no effect here: ${reason}`);
    } else if (this.ignored.has(name)) {
      this.problems.add('SETTING_IGNORED', at, `${name} is unknown, and to be ignored`);
    } else {
      const near = nearestSetting(name);
      const hint = near === null ? '' : `; did you mean ${near}?`;
      this.problems.add('SETTING_UNKNOWN', at, `no such setting: ${quoted(name)}${hint}`);
    }
  }
}

function repeatedItem(value: SettingValue): string | null {
  if (typeof value !== 'object') return null;
  return value.find((item, i) => value.indexOf(item) !== i) ?? null;
}
