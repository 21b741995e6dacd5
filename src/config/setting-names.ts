/**
 * What a name in a settings file stands for: a setting, or one that has another name here. Must not know: values.
 */
import { nearestName } from './nearest-name.js';
import { SETTINGS, type SettingName, settingRows } from './options.js';
import type { FormerName } from './setting-row.js';

/** A setting, and the row of the name that was used for it. */
type Renamed = { readonly name: SettingName; readonly former: FormerName };

const RENAMED: ReadonlyMap<string, Renamed> = new Map(
  settingRows().flatMap(({ name, former = [] }) =>
    former.map((row) => [row.name, { name, former: row }] as const),
  ),
);

const KNOWN_NAMES: readonly string[] = [
  ...settingRows().map(({ name }) => name),
  ...RENAMED.keys(),
];

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** The setting that a former name stands for, if it is one. */
export function renamedSetting(name: string): Renamed | null {
  return RENAMED.get(name) ?? null;
}

/** The setting or former name that was probably meant. */
export function nearestSetting(name: string): string | null {
  return nearestName(name, KNOWN_NAMES);
}
