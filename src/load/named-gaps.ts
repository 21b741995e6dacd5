/**
 * Statements of a named.conf that are understood but not in force in this version: who relies on them must be told.
 * THE table, one row each; docs/NAMED-CONF.md has it, too. Must not know: who is told.
 */
import type { NamedConf, NamedOptions, NamedZone } from '../config/named-types.js';
import { counted } from './zone-log.js';

type Gap = {
  readonly statement: string;
  /** What happens instead. */
  readonly instead: string;
  readonly inZone: (zone: NamedZone) => boolean;
  readonly inOptions: (options: NamedOptions) => boolean;
};

const GAPS: readonly Gap[] = [
  {
    statement: 'check-names',
    instead: 'names that are no hostnames are warned of as by default',
    inZone: ({ checkNames }) => checkNames !== null,
    inOptions: ({ checkNamesPrimary, checkNamesSecondary }) =>
      checkNamesPrimary !== null || checkNamesSecondary !== null,
  },
];

/** A sentence for each statement that is relied on. */
export function gapTexts({ zones, options }: NamedConf): string[] {
  return GAPS.flatMap(({ statement, instead, inZone, inOptions }) => {
    const users = zones.filter(inZone);
    const [first] = users;
    if (first === undefined && !inOptions(options)) return [];
    const { file, line } = first?.place ?? { file: 'options', line: 0 };
    const where =
      first === undefined
        ? 'options'
        : `${counted(users.length, 'zone')}, first ${first.text} at ${file}:${line}`;
    return [`'${statement}' is not in force yet (${where}): ${instead}`];
  });
}
