/**
 * The table of settings: one row each, from which the reader of settings, the command line, the dump of effective
 * settings and docs/CONFIG.md are made. Names are PowerDNS's where it has the same thing.
 * Must not know: where a value comes from, and who uses it.
 */
import { availableParallelism } from 'node:os';
import {
  GENERATE_STEPS_MAX,
  INCLUDE_DEPTH_MAX,
  NSEC3_ITERATIONS_DEFAULT,
  NSEC3_ITERATIONS_MAX,
  RESCAN_MS_DEFAULT,
  SERVER_ID_OCTETS_MAX,
  SETTING_SECONDS_MAX,
  SIGNATURE_WARNING_DAYS,
  SIGNATURE_WARNING_DAYS_MAX,
  UDP_OCTETS_DEFAULT,
  UDP_OCTETS_PLAIN,
  UDP_SLOT_OCTETS,
  UDP_WORKERS_MAX,
} from '../base/limits.js';
import { LOG_LEVELS } from '../base/log.js';
import { socketFolder, stateFolder } from './default-folders.js';
import type { SettingRow } from './setting-row.js';
import { SIGNING_SETTINGS } from './signing-settings.js';
import { TINYDNS_SETTINGS } from './tinydns-settings.js';
import { TRANSFER_SETTINGS } from './transfer-settings.js';
import {
  addressFault,
  endpointFault,
  fileNamePartFault,
  networkFault,
  sourceFault,
} from './value-checks.js';

/** PowerDNS's loglevel is a syslog level. */
const SYSLOG_LEVELS = {
  '0': 'error',
  '1': 'error',
  '2': 'error',
  '3': 'error',
  '4': 'warn',
  '5': 'info',
  '6': 'info',
  '7': 'debug',
  '8': 'debug',
  '9': 'debug',
};

const OPPOSITE = {
  '': 'no',
  yes: 'no',
  true: 'no',
  on: 'no',
  '1': 'no',
  no: 'yes',
  false: 'yes',
  off: 'yes',
  '0': 'yes',
};

export const SETTINGS = {
  // --- where settings come from
  'config-dir': {
    kind: 'path',
    default: '/etc/hotzone',
    startOnly: true,
    help: 'folder of pdns.conf; no file is read unless this or config-name is given',
  },
  'config-name': {
    kind: 'text',
    default: '',
    check: fileNamePartFault,
    startOnly: true,
    help: 'name of this instance: with x, the file is pdns-x.conf',
  },
  'include-dir': {
    kind: 'path',
    default: '',
    help: 'folder whose *.conf files are read after the main file, in the order of their names',
  },
  'ignore-unknown-settings': {
    kind: 'list',
    items: 'names',
    default: [],
    help: 'settings that are only warned of if they are unknown',
  },

  // --- zones
  launch: {
    kind: 'list',
    items: 'names',
    default: [],
    check: sourceFault,
    distinct: true,
    help: 'sources of zones besides zones-dir: bind, tinydns, tinydns:NAME; lmdb: the index',
  },
  index: {
    kind: 'choice',
    choices: ['memory', 'lmdb'],
    default: 'memory',
    startOnly: true,
    help: 'where zones are answered from: memory, or files beside the store that are mapped',
  },
  'warm-start': {
    kind: 'flag',
    default: true,
    startOnly: true,
    help: 'serve what was served before the start until the zone files have been looked at',
  },
  'zones-dir': {
    kind: 'list',
    items: 'paths',
    default: [],
    help: 'zone directories (NAME.zone, NAME.db, db.NAME in them) or files',
  },
  'bind-config': {
    kind: 'path',
    source: 'bind',
    needsLaunch: 'if any',
    default: '',
    help: 'named.conf whose zones are served',
  },
  'bind-check-interval': {
    kind: 'number',
    default: 0,
    min: 0,
    max: SETTING_SECONDS_MAX,
    unit: 'seconds',
    help: 'time between looks at the files of named.conf; 0: only events and rescans',
  },
  'bind-ignore-broken-records': {
    kind: 'flag',
    default: false,
    help: 'serve zones without their broken records, a warning each, instead of rejecting them',
  },
  ...TINYDNS_SETTINGS,
  strict: { kind: 'flag', default: false, help: 'reject a zone for a warning, too' },
  'signature-warning-days': {
    kind: 'number',
    default: SIGNATURE_WARNING_DAYS,
    min: 0,
    max: SIGNATURE_WARNING_DAYS_MAX,
    unit: 'days',
    atRunTime: true,
    help: 'tell of a zone so long before the first of its signatures expires',
  },
  'include-outside': {
    kind: 'flag',
    default: false,
    help: 'let $INCLUDE leave the zone directory',
  },
  'max-include-depth': {
    kind: 'number',
    default: INCLUDE_DEPTH_MAX,
    min: 0,
    max: INCLUDE_DEPTH_MAX,
    unit: 'files',
    help: 'nested $INCLUDE files; 0 forbids $INCLUDE',
  },
  'max-generate-steps': {
    kind: 'number',
    default: GENERATE_STEPS_MAX,
    min: 0,
    max: GENERATE_STEPS_MAX,
    unit: 'steps',
    help: 'records of one $GENERATE; 0: as many as the server can take',
  },
  'max-nsec3-iterations': {
    kind: 'number',
    default: NSEC3_ITERATIONS_DEFAULT,
    min: 0,
    max: NSEC3_ITERATIONS_MAX,
    unit: 'iterations',
    help: 'zones with more NSEC3 iterations are served without NSEC3 proofs, and a warning says so',
  },
  'allow-mass-removal': {
    kind: 'flag',
    default: false,
    help: 'stop serving zones even if most files vanish at once',
  },
  'rescan-interval': {
    kind: 'number',
    default: RESCAN_MS_DEFAULT / 1000,
    min: 0,
    max: SETTING_SECONDS_MAX,
    unit: 'seconds',
    fraction: true,
    help: 'time between full comparisons with the disk; 0 for none',
  },
  'state-dir': {
    kind: 'path',
    default: {
      says: '$STATE_DIRECTORY, else /var/lib/hotzone for root and ~/.local/state/hotzone for others',
      of: (environment) => stateFolder(environment),
    },
    help: 'folder of what has to survive a restart',
  },

  // --- answers
  any: {
    kind: 'choice',
    choices: ['full', 'minimal'],
    default: 'minimal',
    help: 'answer to ANY: all records, or one RRset (RFC 8482)',
  },
  'minimal-responses': {
    kind: 'choice',
    choices: ['yes', 'no-auth', 'no'],
    default: 'no-auth',
    help: 'leave out what the client did not ask for',
  },
  'edns-subnet-processing': {
    kind: 'flag',
    default: false,
    help: 'let resolvers say for which network they ask (RFC 7871), for records with a location',
  },
  'out-of-zone-answer': {
    kind: 'choice',
    choices: ['refuse', 'drop'],
    default: 'refuse',
    help: 'answer to questions outside of all zones; drop: none, as tinydns does',
  },
  'round-robin': {
    kind: 'flag',
    default: true,
    former: [{ name: 'no-shuffle', values: OPPOSITE }],
    help: 'turn the records of an RRset from answer to answer',
  },
  'version-string': {
    kind: 'text',
    default: 'hotzone',
    octetsMax: SERVER_ID_OCTETS_MAX,
    values: { full: 'hotzone', powerdns: 'hotzone', anonymous: '' },
    former: [{ name: 'version-bind' }],
    help: 'answer to version.bind; empty or anonymous to refuse',
  },
  'server-id': {
    kind: 'text',
    default: '',
    octetsMax: SERVER_ID_OCTETS_MAX,
    values: { disabled: '' },
    help: 'answer to id.server, hostname.bind and NSID; empty or disabled to refuse',
  },
  'udp-truncation-threshold': {
    kind: 'number',
    default: UDP_OCTETS_DEFAULT,
    min: UDP_OCTETS_PLAIN,
    max: UDP_SLOT_OCTETS,
    unit: 'octets',
    help: 'largest reply over UDP, whatever the client says',
  },

  // --- signing
  ...SIGNING_SETTINGS,

  // --- transfers
  ...TRANSFER_SETTINGS,

  // --- sockets
  'local-address': {
    kind: 'list',
    items: 'addresses',
    default: ['127.0.0.1'],
    check: endpointFault,
    help: 'addresses to answer on: A, A:PORT or [A]:PORT',
  },
  'local-port': {
    kind: 'number',
    default: 5300,
    min: 0,
    max: 65535,
    help: 'port of addresses without one; 0 takes any',
  },
  workers: {
    kind: 'number',
    default: {
      says: 'one for each core',
      of: () => Math.min(availableParallelism(), UDP_WORKERS_MAX),
    },
    min: 1,
    max: UDP_WORKERS_MAX,
    unit: 'threads',
    former: [{ name: 'receiver-threads' }],
    help: 'threads that answer over UDP, for each address',
  },
  'udp-engine': {
    kind: 'choice',
    choices: ['auto', 'batch', 'dgram'],
    default: 'auto',
    help: 'batches by worker threads (Linux, koffi), or one datagram at a time',
  },

  // --- control and log
  'socket-dir': {
    kind: 'path',
    default: {
      says: '/run/hotzone for root, else $XDG_RUNTIME_DIR/hotzone or /tmp/hotzone-UID',
      of: (environment) => socketFolder(environment),
    },
    help: 'folder of the control socket and the pid file',
  },
  'write-pid': { kind: 'flag', default: false, help: 'write a pid file into socket-dir' },
  'tcp-control-address': {
    kind: 'text',
    default: '',
    check: addressFault,
    help: 'address for control over TCP; empty: none',
  },
  'tcp-control-port': {
    kind: 'number',
    default: 53000,
    min: 0,
    max: 65535,
    help: 'port for control over TCP',
  },
  'tcp-control-secret': {
    kind: 'text',
    default: '',
    secret: true,
    help: 'what a client of control over TCP has to know',
  },
  'tcp-control-range': {
    kind: 'list',
    items: 'networks',
    default: [
      '127.0.0.0/8',
      '10.0.0.0/8',
      '192.168.0.0/16',
      '172.16.0.0/12',
      '::1/128',
      'fe80::/10',
    ],
    check: networkFault,
    help: 'where clients of control over TCP may come from',
  },
  'query-logging': {
    kind: 'flag',
    default: false,
    atRunTime: true,
    help: 'log every query',
  },
  'log-level': {
    kind: 'choice',
    choices: LOG_LEVELS,
    default: 'info',
    former: [{ name: 'loglevel', values: SYSLOG_LEVELS }],
    help: 'least level that is logged',
  },
} as const satisfies Record<string, SettingRow>;

export type SettingName = keyof typeof SETTINGS;

type NamesOf<Kind> = {
  [Name in SettingName]: (typeof SETTINGS)[Name]['kind'] extends Kind ? Name : never;
}[SettingName];

export type FlagName = NamesOf<'flag'>;
export type NumberName = NamesOf<'number'>;
export type TextName = NamesOf<'text' | 'choice' | 'path'>;
export type ListName = NamesOf<'list'>;

/** What `text` gives: one of the choices where there are choices. */
export type TextOf<Name extends TextName> = (typeof SETTINGS)[Name] extends {
  readonly choices: readonly (infer Choice)[];
}
  ? Choice
  : string;

export type NamedRow = SettingRow & { readonly name: SettingName };

const ROWS: readonly NamedRow[] = (Object.keys(SETTINGS) as SettingName[]).map((name) => ({
  name,
  ...SETTINGS[name],
}));

/** Every setting in the order of the table. */
export function settingRows(): readonly NamedRow[] {
  return ROWS;
}
