/**
 * What a name in a settings file stands for: a setting, the same for one instance of a source, or one that has another
 * name here. Must not know: values, which instances are launched.
 *
 * As in PowerDNS, the instance stands behind the source: tinydns-a-dbfile is tinydns-dbfile of tinydns:a.
 */
import { assert } from '../base/errors.js';
import { nearestName } from './nearest-name.js';
import { type NamedRow, SETTINGS, type SettingName, settingRows } from './options.js';
import type { FormerName } from './setting-row.js';
import { hasInstances, instanceFault } from './value-checks.js';

/** A setting, and the instance that it is for: empty for every one. */
export type MeantSetting = { readonly name: SettingName; readonly instance: string };

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

/** A row that an instance can have for itself: its source, and what its name is behind it. */
type InstanceRow = { readonly row: NamedRow; readonly source: string; readonly rest: string };

const INSTANCE_ROWS: readonly InstanceRow[] = settingRows().flatMap((row) => {
  const { name, source } = row;
  if (source === undefined || !hasInstances(source)) return [];
  return [{ row, source, rest: name.slice(source.length + 1) }];
});

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** The setting that is written so, be it for an instance; `null` if there is none. */
export function meantSetting(written: string): MeantSetting | null {
  if (isSettingName(written)) return { name: written, instance: '' };
  for (const { row, source, rest } of INSTANCE_ROWS) {
    if (!written.startsWith(`${source}-`) || !written.endsWith(`-${rest}`)) continue;
    const instance = written.slice(source.length + 1, -rest.length - 1);
    if (instanceFault(instance) === null) return { name: row.name, instance };
  }
  return null;
}

/** How the setting is written for an instance; for every one if `instance` is empty. */
export function writtenName(name: SettingName, instance: string): string {
  if (instance === '') return name;
  const found = INSTANCE_ROWS.find(({ row }) => row.name === name);
  assert(found !== undefined, `${name} may be for an instance`);
  return `${found.source}-${instance}-${found.rest}`;
}

/** The settings that each instance of the source can have for itself. */
export function instanceRows(source: string): NamedRow[] {
  return INSTANCE_ROWS.filter((found) => found.source === source).map(({ row }) => row);
}

/** Whether the name begins as settings of a source with instances do. */
export function isOfInstances(written: string): boolean {
  return INSTANCE_ROWS.some(({ source }) => written.startsWith(`${source}-`));
}

/** The setting that a former name stands for, if it is one. */
export function renamedSetting(name: string): Renamed | null {
  return RENAMED.get(name) ?? null;
}

/** The setting, former name or setting of an instance that was probably meant. */
export function nearestSetting(name: string): string | null {
  return nearestName(name, [...KNOWN_NAMES, ...namesForInstancesOf(name)]);
}

/** The settings of every instance that the name could speak of: its hyphens may be the instance's own. */
function namesForInstancesOf(name: string): string[] {
  const written = name.toLowerCase();
  return INSTANCE_ROWS.flatMap(({ row, source }) => {
    if (!written.startsWith(`${source}-`)) return [];
    const words = written.slice(source.length + 1).split('-');
    return words
      .map((_, i) => words.slice(0, i).join('-'))
      .filter((instance) => instance !== '' && instanceFault(instance) === null)
      .map((instance) => writtenName(row.name, instance));
  });
}
