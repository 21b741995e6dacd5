/**
 * Statements of a named.conf that are understood but not in force in this version: who relies on them must be told.
 * THE table, one row each; docs/NAMED-CONF.md has it, too. Must not know: who is told.
 */
import { matchesEverybody } from '../config/named-match.js';
import type { MatchList, NamedConf, NamedOptions, NamedZone } from '../config/named-types.js';
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
    statement: 'allow-query',
    instead: 'everybody is answered',
    inZone: ({ allowQuery }) => restricts(allowQuery),
    inOptions: ({ allowQuery }) => restricts(allowQuery),
  },
  {
    statement: 'allow-transfer',
    instead: 'transfers are refused to everybody',
    inZone: ({ allowTransfer }) => permitsSomebody(allowTransfer),
    inOptions: ({ allowTransfer }) => permitsSomebody(allowTransfer),
  },
  {
    statement: 'type secondary',
    instead: 'the file is served as it is, and never refreshed',
    inZone: ({ kind }) => kind === 'secondary',
    inOptions: () => false,
  },
  {
    statement: 'notify and also-notify',
    instead: 'NOTIFY is sent by command only',
    inZone: ({ notify, alsoNotify }) => notify === 'yes' || (alsoNotify ?? []).length > 0,
    inOptions: ({ notify, alsoNotify }) => notify === 'yes' || (alsoNotify ?? []).length > 0,
  },
  {
    statement: 'allow-notify',
    instead: 'NOTIFY from others is not answered',
    inZone: ({ allowNotify }) => permitsSomebody(allowNotify),
    inOptions: ({ allowNotify }) => permitsSomebody(allowNotify),
  },
  {
    statement: 'ixfr-from-differences',
    instead: 'there are no incremental transfers',
    inZone: ({ ixfrFromDifferences }) => ixfrFromDifferences === true,
    inOptions: ({ ixfrFromDifferences }) =>
      ixfrFromDifferences !== null && ixfrFromDifferences !== 'no',
  },
  {
    statement: 'check-names',
    instead: 'names that are no hostnames are warned of as by default',
    inZone: ({ checkNames }) => checkNames !== null,
    inOptions: ({ checkNamesPrimary, checkNamesSecondary }) =>
      checkNamesPrimary !== null || checkNamesSecondary !== null,
  },
];

function restricts(list: MatchList | null): boolean {
  return list !== null && !matchesEverybody(list);
}

function permitsSomebody(list: MatchList | null): boolean {
  return list?.some(({ kind, negated }) => kind !== 'none' && !negated) ?? false;
}

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
