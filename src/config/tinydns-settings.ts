/**
 * Rows of the settings of the source tinydns, which may be launched more than once: tinydns-a-dbfile is the dbfile of
 * tinydns:a, see setting-names.ts. Must not know: tinydns data, and who uses the settings.
 */
import { TAI_ADJUST_SECONDS_MAX } from '../base/limits.js';
import type { SettingRow } from './setting-row.js';

export const TINYDNS_SETTINGS = {
  'tinydns-dbfile': {
    kind: 'path',
    source: 'tinydns',
    needsLaunch: true,
    default: 'data.cdb',
    help: 'data.cdb, or the data that it is made of',
  },
  'tinydns-dialect': {
    kind: 'choice',
    source: 'tinydns',
    choices: ['djb', 'debian', 'fefe', 'all'],
    default: 'all',
    help: 'which extensions of tinydns data are read',
  },
  'tinydns-tai-adjust': {
    kind: 'number',
    source: 'tinydns',
    default: 10,
    min: 0,
    max: TAI_ADJUST_SECONDS_MAX,
    unit: 'seconds',
    help: "what timestamps are ahead of Unix time: 10 with djb's programs; PowerDNS takes 11",
  },
  'tinydns-notify-on-startup': {
    kind: 'flag',
    source: 'tinydns',
    needsLaunch: true,
    default: false,
    help: 'send NOTIFY for every zone of tinydns data at the start',
  },
  'tinydns-ignore-bogus-records': {
    kind: 'flag',
    source: 'tinydns',
    default: false,
    help: 'serve tinydns data without its broken records, a warning each, instead of rejecting it',
  },
  'tinydns-locations': {
    kind: 'flag',
    source: 'tinydns',
    default: true,
    help: 'keep records of a location from clients elsewhere',
  },
  'tinydns-wildcards': {
    kind: 'choice',
    source: 'tinydns',
    choices: ['rfc4592', 'djb'],
    default: 'rfc4592',
    help: 'how wildcards of tinydns data match; djb: as tinydns does, also below existing names',
  },
} as const satisfies Record<string, SettingRow>;
