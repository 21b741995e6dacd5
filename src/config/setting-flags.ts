/**
 * Settings on the command line: `--name=value`, `--name value`, and for those that are yes or no `--name` and
 * `--no-name`. Former names, names of PowerDNS's settings without effect here, and misspelt ones of instances are
 * understood, too, so that the reader of settings can say so. Must not know: other options of the command line, values.
 */
import { SETTINGS, settingRows } from './options.js';
import { reasonWithoutEffect } from './pdns-settings.js';
import { isOfInstances, meantSetting, renamedSetting } from './setting-names.js';
import type { SettingRow } from './setting-row.js';

/** How an option is shown in the help. */
export type FlagHelp = { readonly flags: string; readonly text: string };

/** The options of all settings, in the order of the table. */
export function flagHelp(): FlagHelp[] {
  return settingRows().map((row) => ({ flags: flagsOf(row), text: helpOf(row) }));
}

function flagsOf(row: SettingRow & { readonly name: string }): string {
  if (row.kind === 'flag') return row.default ? `--no-${row.name}` : `--${row.name}`;
  return `--${row.name} <${VALUE_NAMES[row.kind]}>`;
}

const VALUE_NAMES = {
  number: 'number',
  text: 'text',
  choice: 'word',
  path: 'path',
  list: 'list',
} as const;

function helpOf(row: SettingRow): string {
  const choices = row.kind === 'choice' ? ` (${row.choices.join(', ')})` : '';
  const what = row.kind === 'flag' && row.default ? `do not ${row.help}` : `${row.help}${choices}`;
  const fallback = defaultText(row);
  return fallback === '' ? what : `${what} (default: ${fallback})`;
}

function defaultText(row: SettingRow): string {
  if (row.kind === 'flag') return '';
  if (row.kind === 'list') return row.default.join(',');
  return typeof row.default === 'object' ? row.default.says : String(row.default);
}

/** What of a command line are settings, by name, and the rest in its order. An empty text is one without a value. */
export function separateFlags(args: readonly string[]): {
  readonly flags: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
} {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') return { flags, rest: [...rest, ...args.slice(i)] };
    const [, given = '', value] = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    const [name, opposite] = nameOf(given);
    if (name === null) rest.push(arg);
    else if (opposite) flags.set(name, 'no');
    else if (value !== undefined) flags.set(name, value);
    else flags.set(name, takesValue(name) ? (args[++i] ?? '') : '');
  }
  return { flags, rest };
}

/** The name that is meant, and whether its opposite is. */
function nameOf(given: string): readonly [name: string | null, opposite: boolean] {
  if (isKnown(given)) return [given, false];
  const positive = given.startsWith('no-') ? given.slice(3) : '';
  const meant = meantSetting(positive);
  const isFlag = meant !== null && SETTINGS[meant.name].kind === 'flag';
  return isFlag ? [positive, true] : [null, false];
}

function isKnown(name: string): boolean {
  const known = meantSetting(name) !== null || renamedSetting(name) !== null;
  return known || reasonWithoutEffect(name) !== null || isOfInstances(name);
}

function takesValue(name: string): boolean {
  const known = (meantSetting(name) ?? renamedSetting(name))?.name;
  return known !== undefined && SETTINGS[known].kind !== 'flag';
}
