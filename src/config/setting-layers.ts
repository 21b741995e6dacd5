/**
 * The layers of settings that are no files: flags of the command line and environment variables.
 * Must not know: what values mean.
 */
import type { Environment } from './default-folders.js';
import { placeOutside, type SettingEntry } from './pdns-conf.js';
import { reasonWithoutEffect } from './pdns-settings.js';
import { meantSetting, nearestSetting, renamedSetting } from './setting-names.js';

const ENVIRONMENT_PREFIX = 'HOTZONE_';

/** @param flags by name without hyphens. */
export function flagEntries(flags: ReadonlyMap<string, string>): SettingEntry[] {
  return [...flags].map(([name, value]) => entryOutside(name, value, `--${name}`));
}

/**
 * Variables that name a setting, or nearly one. Others with the prefix are somebody else's: orchestrators make such
 * variables for every service. An empty variable is one that is not set.
 */
export function environmentEntries(environment: Environment): SettingEntry[] {
  const entries: SettingEntry[] = [];
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(ENVIRONMENT_PREFIX) || value === undefined || value === '') continue;
    const name = variable.slice(ENVIRONMENT_PREFIX.length).toLowerCase().replaceAll('_', '-');
    if (isOurs(name)) entries.push(entryOutside(name, value, variable));
  }
  return entries;
}

function isOurs(name: string): boolean {
  const known = meantSetting(name) !== null || renamedSetting(name) !== null;
  return known || reasonWithoutEffect(name) !== null || nearestSetting(name) !== null;
}

function entryOutside(name: string, value: string, source: string): SettingEntry {
  const at = placeOutside(source);
  return { name, value, append: false, at, valueAt: at };
}
