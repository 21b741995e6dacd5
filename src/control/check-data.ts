/**
 * `hotzone check` of a tinydns file, `data` or data.cdb: each zone in it by itself, then the file as a whole.
 * Must not know: how problems are laid out.
 */
import type { Problem } from '../base/problem.js';
import type { Source } from '../base/source.js';
import { type DataRules, readDataFile } from '../load/tinydns-file.js';
import { DataZoneLoader } from '../load/tinydns-zone.js';
import { nameText } from '../wire/name-text.js';
import type { Zone } from '../zone/zone.js';
import type { CheckedZone } from './checked-zone.js';

export type DataCheckOptions = { readonly strict: boolean; readonly ignoreBroken: boolean };

/** A `data` as the server takes it unless told otherwise. */
const RULES: Omit<DataRules, 'strict' | 'ignoreBroken'> = {
  dialect: 'all',
  taiAdjust: 10,
  locations: true,
  asTinydns: false,
};

/** What is found of one zone. */
export type CheckedDataZone = {
  readonly checked: CheckedZone;
  /** As it is now for clients of no location; only until the next zone is asked for. `null` without one. */
  readonly present: () => Zone | null;
};

/** Reads a file. Gives its zones in the order of the text, the file itself last. */
export function* checkDataFile(
  path: string,
  options: DataCheckOptions,
  main: Source | null = null,
): Generator<CheckedDataZone> {
  const rules = { ...RULES, ...options };
  const file = readDataFile(path, rules, main);
  const sources = file.source === null ? [] : [file.source];
  if (file.zones !== null) {
    const loader = new DataZoneLoader(file, rules, Math.floor(Date.now() / 1000));
    for (let zone = 0; zone < file.zones.count; zone++) {
      const loaded = loader.load(zone, null);
      const { serial, recordCount, errorCount, warningCount } = loaded;
      const name = nameText(file.zones.apex(zone), 0);
      const problems = sorted(loaded.problems);
      const checked = {
        file: path,
        name,
        serial,
        recordCount,
        problems,
        errorCount,
        warningCount,
        sources,
      };
      yield { checked, present: () => loader.present(zone) };
    }
  }
  const { items, errorCount, warningCount } = file.problems;
  const checked = {
    file: path,
    name: null,
    zoneCount: file.zones?.count ?? 0,
    serial: null,
    recordCount: 0,
    problems: sorted(items),
    errorCount,
    warningCount,
    sources,
  };
  yield { checked, present: () => null };
}

function sorted(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}
