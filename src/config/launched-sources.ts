/**
 * The items of the setting launch, and which settings have no effect because their source is not among them.
 * Must not know: what a source does, where settings come from.
 */
import { SETTINGS } from './options.js';
import { meantSetting } from './setting-names.js';
import type { SettingRow } from './setting-row.js';

/** A source of zones; `instance` is empty for one without a name. */
export type LaunchedSource = { readonly kind: string; readonly instance: string };

/** Of launch, but no source here: where answers come from, as PowerDNS has it. */
const INDEX_ITEMS: readonly string[] = ['lmdb'];

/** @param launch items that sourceFault lets pass */
export function launchedSources(launch: readonly string[]): LaunchedSource[] {
  const sources = launch.filter((item) => !INDEX_ITEMS.includes(item));
  return sources.map((item) => {
    const [kind = '', instance = ''] = item.split(':');
    return { kind, instance };
  });
}

/** Why the setting, as it is written, has no effect; `null` if it has one. */
export function idleReason(written: string, launch: readonly string[]): string | null {
  const meant = meantSetting(written);
  if (meant === null) return null;
  const { instance } = meant;
  const row: SettingRow = SETTINGS[meant.name];
  if (row.source === undefined) return null;
  const sources = launchedSources(launch);
  const own = sources.filter(({ kind }) => kind === row.source);
  if (instance !== '') {
    const isLaunched = own.some((source) => source.instance === instance);
    return isLaunched ? null : `launch does not name ${row.source}:${instance}`;
  }
  const isIdle =
    own.length === 0 &&
    (row.needsLaunch === true || (row.needsLaunch === 'if any' && sources.length > 0));
  return isIdle ? `launch does not name ${row.source}` : null;
}
